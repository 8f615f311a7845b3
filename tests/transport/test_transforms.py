"""The c-transform and its soft version."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wgan_helpers.transport import c_transform, soft_c_transform

SEEDS = st.integers(0, 2**31)


def problem(n=7, m=5, seed=0, batch=()):
    generator = torch.Generator().manual_seed(seed)
    cost = torch.rand(*batch, n, m, generator=generator, dtype=torch.float64)
    return cost, torch.randn(*batch, m, generator=generator, dtype=torch.float64)


def test_c_transform_is_the_least_cost_minus_potential():
    cost, g = torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([0.0, 1.5])
    assert c_transform(cost, g).tolist() == [0.5, -1.5]


@settings(deadline=None)
@given(SEEDS)
def test_c_transform_is_feasible_and_tight(seed):
    cost, g = problem(seed=seed)
    slack = cost - c_transform(cost, g)[:, None] - g
    assert slack.min() >= -1e-15
    torch.testing.assert_close(slack.amin(dim=1), torch.zeros(7, dtype=torch.float64))


def test_soft_c_transform_of_one_point_is_the_c_transform():
    cost, g = problem(m=1)
    torch.testing.assert_close(soft_c_transform(cost, g, 0.3), c_transform(cost, g))


def test_soft_c_transform_of_equal_costs_is_a_log_sum():
    cost, g = torch.full((1, 2), 2.0, dtype=torch.float64), torch.tensor([0.0, math.log(3)], dtype=torch.float64)
    assert soft_c_transform(cost, g, 1.0).item() == pytest.approx(2 - math.log(2))  # ½ (1 + 3) = 2
    log_b = torch.tensor([0.75, 0.25], dtype=torch.float64).log()
    assert soft_c_transform(cost, g, 1.0, log_b).item() == pytest.approx(2 - math.log(1.5))


@settings(deadline=None)
@given(SEEDS, st.floats(1e-3, 1e3))
def test_soft_c_transform_is_above_the_hard_one_by_at_most_epsilon_log_m(seed, epsilon):
    cost, g = problem(seed=seed)
    excess = soft_c_transform(cost, g, epsilon) - c_transform(cost, g)
    assert -1e-12 * epsilon <= excess.min()
    assert excess.max() <= epsilon * math.log(5) * (1 + 1e-12)


def test_its_limits_are_the_c_transform_and_the_mean():
    cost, g = problem()
    torch.testing.assert_close(soft_c_transform(cost, g, 1e-9), c_transform(cost, g), atol=1e-8, rtol=0)
    torch.testing.assert_close(soft_c_transform(cost, g, 1e7), (cost - g).mean(dim=1), atol=1e-6, rtol=0)


def test_it_gives_the_rows_of_the_plan_their_mass():
    cost, g = problem()
    b = torch.tensor([0.1, 0.2, 0.3, 0.4, 0], dtype=torch.float64)
    f = soft_c_transform(cost, g, 0.2, b.log())
    density = ((f[:, None] + g - cost) / 0.2).exp()
    torch.testing.assert_close(density @ b, torch.ones(7, dtype=torch.float64))


def test_points_without_mass_are_left_out():
    cost, g = problem(m=3)
    log_b = torch.tensor([0.5, 0.5, 0], dtype=torch.float64).log()
    torch.testing.assert_close(soft_c_transform(cost, g, 0.1, log_b), soft_c_transform(cost[:, :2], g[:2], 0.1))


@pytest.mark.parametrize("transform", [c_transform, lambda cost, g: soft_c_transform(cost, g, 0.1)])
def test_a_batch_equals_a_loop(transform):
    cost, g = problem(batch=(3,))
    torch.testing.assert_close(transform(cost, g), torch.stack([transform(*one) for one in zip(cost, g, strict=True)]))


def test_it_is_differentiable():
    cost, g = problem(n=3, m=2)
    log_b = torch.tensor([0.3, 0.7], dtype=torch.float64).log()
    leaves = cost.requires_grad_(), g.requires_grad_()
    assert torch.autograd.gradcheck(lambda c, p: soft_c_transform(c, p, 0.5, log_b), leaves)


@pytest.mark.parametrize("shape", [(4,), (7, 5), ()])
def test_shapes_that_do_not_fit_are_refused(shape):
    cost, _ = problem()
    for transform in (c_transform, lambda cost, g: soft_c_transform(cost, g, 1.0)):
        with pytest.raises(ValueError, match=r"cost \(\.\.\., n, m\) and g"):
            transform(cost, torch.zeros(shape, dtype=torch.float64))
    with pytest.raises(ValueError, match="log_b"):
        soft_c_transform(cost, torch.zeros(5), 1.0, torch.zeros(shape))


@pytest.mark.parametrize("epsilon", [0, -1.0, math.nan, math.inf])
def test_epsilon_must_be_positive(epsilon):
    with pytest.raises(ValueError, match="epsilon"):
        soft_c_transform(*problem(), epsilon)
