"""Derivatives by hand against PyTorch's graph."""

import pytest
import torch
from torch import Tensor

from wgan_helpers.gans import OBJECTIVES, Objective, _derivatives
from wgan_helpers.gans.objectives import gradient_penalty, lipschitz_penalty

OF_SCORES = {name: o for name, o in OBJECTIVES.items() if o.reads == "scores"}


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("objective", OF_SCORES.values(), ids=OF_SCORES)
@pytest.mark.parametrize("models", [(), (3,)])
def test_by_scores(objective: Objective, models):
    real, fake = 2 * normal(*models, 5).requires_grad_(), 2 * normal(*models, 4, seed=1).requires_grad_()
    expected = torch.autograd.grad(objective.losses(real, fake).critic.sum(), (real, fake))
    found = _derivatives.by_scores(objective.losses, (real.detach(), fake.detach()))
    torch.testing.assert_close(found, torch.cat(expected, dim=-1).unsqueeze(-1))


@pytest.mark.parametrize("objective", OF_SCORES.values(), ids=OF_SCORES)
@pytest.mark.parametrize("models", [(), (3,)])
def test_by_generated(objective: Objective, models):
    fake = 2 * normal(*models, 5).requires_grad_()
    (expected,) = torch.autograd.grad(objective.losses(fake.detach(), fake).generator.sum(), fake)
    found = _derivatives.by_generated(objective.losses, fake.detach())
    torch.testing.assert_close(found, expected.unsqueeze(-1))


@pytest.mark.parametrize("penalty", [gradient_penalty, lipschitz_penalty])
@pytest.mark.parametrize("weight", [0.1, torch.tensor([0.1, 10.0, 0.0], dtype=torch.float64)], ids=["one", "of each"])
def test_by_gradient(penalty, weight):
    gradient = normal(3, 6, 2).requires_grad_()
    (expected,) = torch.autograd.grad((weight * penalty(gradient)).sum(), gradient)
    found = _derivatives.by_gradient(penalty, gradient.detach(), weight)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("penalty", [gradient_penalty, lipschitz_penalty])
def test_where_the_slope_is_zero_it_has_no_direction(penalty):
    assert _derivatives.by_gradient(penalty, torch.zeros(4, 2), 10.0).equal(torch.zeros(4, 2))


def test_the_others_are_left_to_the_graph():
    for objective in (o for o in OBJECTIVES.values() if o.reads != "scores"):
        assert _derivatives.by_scores(objective.losses, (torch.ones(2), torch.ones(2))) is None
        assert _derivatives.by_generated(objective.losses, torch.ones(2)) is None
