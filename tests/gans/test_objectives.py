"""The eleven objectives: the bugs that most implementations have, values by hand, gradients by finite differences."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, tensor

from wgan_helpers import transport
from wgan_helpers.gans import OBJECTIVES, Losses
from wgan_helpers.gans.objectives import between, gradient_penalty, lipschitz_penalty, near_data

LN2, LN3 = math.log(2), math.log(3)
of_scores = pytest.mark.parametrize("name", [name for name, o in OBJECTIVES.items() if o.reads == "scores"])
of_potential = pytest.mark.parametrize("name", ["c-transform", "c-eps-transform"])
penalties = pytest.mark.parametrize("penalty", [gradient_penalty, lipschitz_penalty])


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def losses(name: str, first: Tensor, second: Tensor) -> Losses:
    more = {"began": (tensor(0.3),), "c-eps-transform": (0.7,)}.get(name, ())
    return OBJECTIVES[name].losses(first, second, *more)


# the bugs that most implementations have; fakes that are not detached are in test_game


def test_the_penalty_takes_the_norm_of_each_sample_s_gradient():
    slopes_5_and_1 = tensor([[3.0, 4.0], [0.0, 1.0]])
    assert gradient_penalty(slopes_5_and_1) == (5 - 1) ** 2 / 2  # the norm of the batch, √26, would give 16.8
    assert lipschitz_penalty(slopes_5_and_1) == 8.0


@penalties
def test_the_penalty_has_a_finite_gradient_where_the_slope_is_zero(penalty):
    slope = torch.zeros(3, 2, requires_grad=True)
    penalty(slope).backward()
    assert slope.grad is not None and slope.grad.isfinite().all()


def test_a_slope_below_1_costs_the_gradient_penalty_only():
    slope = tensor([[0.6, 0.0]])
    assert gradient_penalty(slope).item() == pytest.approx(0.16)
    assert lipschitz_penalty(slope) == 0


# values by hand


def test_the_eleven():
    assert list(OBJECTIVES) == (
        "mm ns lsgan wgan wgan-gp wgan-lp dragan began sngan c-transform c-eps-transform".split()
    )


@pytest.mark.parametrize(
    ("name", "real", "fake", "critic", "generator"),
    [
        # σ(0) = 1/2, σ(ln 3) = 3/4: the critic loses the mean of -ln 1/2 and -ln 3/4 on either side
        ("mm", [0, LN3], [0, -LN3], 3 * LN2 - LN3, (LN3 - 3 * LN2) / 2),
        ("ns", [0, LN3], [0, -LN3], 3 * LN2 - LN3, 3 * LN2 / 2),
        ("dragan", [0, LN3], [0, -LN3], 3 * LN2 - LN3, 3 * LN2 / 2),
        ("lsgan", [1, 3], [0, 3], 1 + 9 / 4, (1 + 4) / 4),
        ("wgan", [1, 3], [0, 3], 1.5 - 2, -1.5),
        ("wgan-gp", [1, 3], [0, 3], 1.5 - 2, -1.5),
        ("wgan-lp", [1, 3], [0, 3], 1.5 - 2, -1.5),
        ("sngan", [2, 0], [-2, 0.5], 0.5 + 0.75, 0.75),
        ("began", [1, 3], [2, 4], 2 - 0.3 * 3, 3),
    ],
)
def test_losses_by_hand(name, real, fake, critic, generator):
    found = losses(name, tensor(real, dtype=torch.float64), tensor(fake, dtype=torch.float64))
    assert found.critic.item() == pytest.approx(critic)
    assert found.generator.item() == pytest.approx(generator)


def test_the_c_transform_by_hand():
    cost = tensor([[1.0, 3.0], [2.0, 2.0]])  # from generated points at 1 and 2 to real ones at 0 and 4
    potential = tensor([0.0, 1.0])
    # φ^c = (min(1 - 0, 3 - 1), min(2 - 0, 2 - 1)) = (1, 1)
    assert losses("c-transform", potential, cost) == (-1.5, 1.5)


def test_the_c_eps_transform_by_hand():
    cost, potential = tensor([[1.0, 3.0], [2.0, 2.0]]), tensor([0.0, 1.0])
    soft = [-0.7 * math.log((math.exp((0 - a) / 0.7) + math.exp((1 - b) / 0.7)) / 2) for a, b in cost.tolist()]
    found = losses("c-eps-transform", potential, cost)
    assert found.generator.item() == pytest.approx(0.5 + sum(soft) / 2)
    assert found.critic == -found.generator


def test_points_between_real_and_generated_ones():
    real, fake = tensor([[0.0, 0.0], [1.0, 1.0]]), tensor([[4.0, 8.0], [2.0, 3.0]])
    assert between(real, fake, tensor([[0.25], [1.0]])).tolist() == [[1, 2], [2, 3]]


def test_dragan_s_points_are_near_real_ones():
    real = tensor([[0.0, 2.0], [4.0, 2.0]])  # standard deviation of all four numbers: √(8 / 3)
    uniform = tensor([[0.5, 0.25, 0.0], [0.0, 0.5, 0.5]])
    moved = near_data(real, torch.full((2, 2), torch.nan), uniform)
    torch.testing.assert_close(moved, tensor([[0.5 * 0.25 * math.sqrt(8 / 3) / 2, 2.0], [4.0, 2.0]]))


@pytest.mark.parametrize("name", ["mm", "ns", "dragan"])
def test_jensen_shannon_is_0_for_an_undecided_critic_and_ln_2_for_a_sure_one(name):
    estimate = OBJECTIVES[name].estimate
    undecided, sure = torch.zeros(4), torch.full((4,), 1000.0)
    assert estimate(losses(name, undecided, undecided)).item() == pytest.approx(0)
    assert estimate(losses(name, sure, -sure)).item() == pytest.approx(LN2)


@pytest.mark.parametrize("name", ["wgan", "wgan-gp", "wgan-lp"])
def test_w1_is_estimated_by_the_gap_of_the_means(name):
    assert OBJECTIVES[name].estimate(losses(name, tensor([1.0, 3.0]), tensor([0.0, 3.0]))) == 0.5


@pytest.mark.parametrize("name", ["lsgan", "began", "sngan"])
def test_the_others_estimate_nothing(name):
    assert OBJECTIVES[name].estimate(losses(name, torch.ones(3), torch.ones(3))).isnan()


# finite differences


@of_scores
def test_gradients_equal_finite_differences(name):
    scores = normal(2, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda s: tuple(losses(name, s[0], s[1])), scores)


@of_potential
def test_gradients_of_the_transforms_equal_finite_differences(name):
    x, y, potential = normal(5, 3), normal(4, 3, seed=1), normal(5, seed=2)

    def both(y: Tensor, potential: Tensor) -> tuple[Tensor, ...]:
        return tuple(losses(name, potential, transport.pairwise_distance(y, x)))

    assert torch.autograd.gradcheck(both, (y.requires_grad_(), potential.requires_grad_()))


@penalties
def test_gradients_of_the_penalties_equal_finite_differences(penalty):
    assert torch.autograd.gradcheck(penalty, normal(6, 3).requires_grad_())


# invariants

numbers = st.floats(-5, 5)
scores = st.lists(numbers, min_size=3, max_size=3).map(tensor)


@pytest.mark.parametrize("name", ["wgan", "c-transform", "c-eps-transform"])
@given(scores, st.lists(scores, min_size=3, max_size=3), numbers)
def test_a_potential_is_known_up_to_a_constant(name, first, rows, constant):
    second = rows[0] if name == "wgan" else torch.stack(rows).abs()
    shifted = second + constant if name == "wgan" else second
    a, b = losses(name, first, second).critic, losses(name, first + constant, shifted).critic
    torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


@given(scores, st.lists(scores, min_size=3, max_size=3))
def test_the_soft_transform_exceeds_the_hard_one_by_at_most_eps_ln_n(potential, rows):
    cost = torch.stack(rows).abs()
    soft, hard = (losses(name, potential, cost).generator for name in ("c-eps-transform", "c-transform"))
    assert -1e-5 <= soft - hard <= 0.7 * LN3 + 1e-5


@pytest.mark.parametrize("name", OBJECTIVES)
def test_models_side_by_side_lose_what_each_loses_alone(name):
    first, second = normal(3, 4), normal(3, 4, seed=1)
    if OBJECTIVES[name].reads == "potential":
        second = normal(3, 5, 4, seed=1).abs()
    together = losses(name, first, second)
    alone = [losses(name, a, b) for a, b in zip(first, second, strict=True)]
    torch.testing.assert_close(together.critic, torch.stack([each.critic for each in alone]))
    torch.testing.assert_close(together.generator, torch.stack([each.generator for each in alone]))
