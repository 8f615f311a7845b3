"""The energy distance, against numbers worked out by hand, Gaussians and SciPy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wgan_helpers.transport import energy_distance

SEEDS = st.integers(0, 2**31)


def points(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_of_two_diracs_is_twice_their_distance():
    assert energy_distance(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])).item() == 10


def test_counts_pairs_of_a_point_with_itself():
    x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0]])
    assert energy_distance(x, y).item() == 0.5  # 2 · ½ − ½ − 0


@settings(deadline=None)
@given(SEEDS, st.integers(1, 30), st.integers(1, 30))
def test_on_the_line_it_is_that_of_scipy(seed, n, m):
    x, y = points(n, 1, seed=seed), points(m, 1, seed=seed + 1)
    expected = stats.energy_distance(x.flatten().numpy(), y.flatten().numpy()) ** 2  # SciPy gives the root
    assert energy_distance(x, y).item() == pytest.approx(expected, abs=1e-12)


def test_with_weights_it_is_that_of_scipy():
    x, y = points(9, 1), points(5, 1, seed=1)
    a, b = (torch.linspace(0, 1, k, dtype=torch.float64) / (k / 2) for k in (9, 5))
    expected = stats.energy_distance(x.flatten().numpy(), y.flatten().numpy(), a.numpy(), b.numpy()) ** 2
    assert energy_distance(x, y, a, b).item() == pytest.approx(expected, abs=1e-12)


def test_of_shifted_gaussians():
    # E|X − Y| of N(0, 1) and N(μ, 1) is that of |N(μ, 2)|; on two samples of 4000 within four standard errors
    mean = 1.5
    folded = 2 / math.sqrt(math.pi) * math.exp(-(mean**2) / 4) + mean * math.erf(mean / 2)
    x, y = points(4000, 1), points(4000, 1, seed=1) + mean
    assert energy_distance(x, y).item() == pytest.approx(2 * folded - 4 / math.sqrt(math.pi), abs=0.1)


@settings(deadline=None)
@given(SEEDS)
def test_is_zero_for_the_same_points_in_any_order_positive_for_others_and_symmetric(seed):
    x, y = points(12, 3, seed=seed), points(8, 3, seed=seed + 1)
    assert energy_distance(x, x.flip(0)).item() == pytest.approx(0, abs=1e-14)
    assert energy_distance(x, y).item() > 0
    torch.testing.assert_close(energy_distance(x, y), energy_distance(y, x))


def test_float32_keeps_its_digits_where_three_large_numbers_cancel():
    x, y = points(200, 50) + 100, points(200, 50, seed=1) + 100
    single = energy_distance(x.float(), y.float())
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), energy_distance(x, y), rtol=1e-4, atol=0)


def test_a_batch_equals_a_loop_and_numpy_equals_torch():
    x, y = points(3, 6, 2), points(3, 4, 2, seed=1)
    together = energy_distance(x, y)
    torch.testing.assert_close(together, torch.stack([energy_distance(*one) for one in zip(x, y, strict=True)]))
    torch.testing.assert_close(together, energy_distance(x.numpy(), y.numpy()))


def test_its_gradient_is_that_of_finite_differences():
    x, y = points(5, 3).requires_grad_(), points(4, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(energy_distance, (x, y))


def test_its_gradient_where_points_coincide_is_finite():
    x = torch.zeros(3, 2, requires_grad=True)
    energy_distance(x, torch.zeros(3, 2)).backward()
    assert torch.equal(x.grad, torch.zeros(3, 2))


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), torch.zeros(0, 2, dtype=torch.float64), points(2, 2).float()])
def test_samples_that_do_not_fit_are_refused(bad):
    with pytest.raises((TypeError, ValueError)):
        energy_distance(points(4, 2), bad)
