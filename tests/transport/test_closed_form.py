import math
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import ot
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from wgan_helpers.transport import (
    bernoulli_biased_pair,
    bernoulli_expected_gradient,
    bernoulli_expected_w1,
    bernoulli_gradient_bias,
    bernoulli_minimiser,
    bernoulli_w1,
)

probability = st.floats(0, 1)
size = st.integers(1, 40)
maybe_size = st.none() | size


def binomial(n: int, theta: Fraction) -> list[Fraction]:
    return [comb(n, k) * theta**k * (1 - theta) ** (n - k) for k in range(n + 1)]


def enumerated_loss(theta: Fraction, theta_star: Fraction, n: int, m: int | None) -> Fraction:
    """The expected distance from every outcome of the draws, in rational arithmetic."""
    target = [(p, Fraction(k, n)) for k, p in enumerate(binomial(n, theta_star))]
    generator = [(Fraction(1), theta)]
    if m is not None:
        generator = [(p, Fraction(ones, m)) for ones, p in enumerate(binomial(m, theta))]
    return sum(p * q * abs(x - y) for (p, x), (q, y) in product(target, generator))


def enumerated_gradient(theta: Fraction, theta_star: Fraction, n: int) -> Fraction:
    def sign(x: Fraction) -> int:
        return (x > 0) - (x < 0)

    return sum(p * sign(theta - Fraction(k, n)) for k, p in enumerate(binomial(n, theta_star)))


PERCENT = [Fraction(k, 100) for k in (0, 7, 20, 30, 50, 60, 85, 99, 100)]


# the expected loss


@pytest.mark.parametrize("n", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("m", [None, 1, 2, 3, 7, 10])
def test_the_expected_loss_is_that_of_every_outcome_weighed(n, m):
    theta = np.array([float(t) for t in PERCENT])
    ours = bernoulli_expected_w1(theta, theta[:, None], n, m)
    exact = [[float(enumerated_loss(t, star, n, m)) for t in PERCENT] for star in PERCENT]
    np.testing.assert_allclose(ours, exact, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("theta", "theta_star", "n", "m"), [(0.45, 0.3, 8, None), (0.45, 0.3, 8, 5), (0.9, 0.95, 3, 3)]
)
def test_the_expected_loss_is_the_mean_of_transport_between_sampled_minibatches(theta, theta_star, n, m):
    repetitions, points = 4000, np.array([0.0, 1.0])
    random = np.random.default_rng(0)
    k = random.binomial(n, theta_star, repetitions) / n
    q = np.full(repetitions, theta) if m is None else random.binomial(m, theta, repetitions) / m
    found = ot.wasserstein_1d(
        np.tile(points[:, None], repetitions),
        np.tile(points[:, None], repetitions),
        np.stack([1 - k, k]),
        np.stack([1 - q, q]),
        p=1,
    )
    standard_error = found.std() / math.sqrt(repetitions)
    assert float(bernoulli_expected_w1(theta, theta_star, n, m)) == pytest.approx(found.mean(), abs=4 * standard_error)


@pytest.mark.parametrize("n", [1, 7, 100, 10**4, 10**6])
def test_at_the_target_the_loss_is_de_moivre_s_mean_deviation(n):
    # E|k - nθ| = 2 (j + 1) C(n, j + 1) θ^(j+1) (1 - θ)^(n-j), j = ⌊nθ⌋ (de Moivre 1730)
    theta, j = 0.31, math.floor(n * 0.31)
    log_choose = math.lgamma(n + 1) - math.lgamma(j + 2) - math.lgamma(n - j)
    log_mean = log_choose + (j + 1) * math.log(theta) + (n - j) * math.log1p(-theta)
    de_moivre = 2 * (j + 1) * math.exp(log_mean) / n
    assert float(bernoulli_expected_w1(theta, theta, n)) == pytest.approx(de_moivre, rel=1e-8)


@pytest.mark.parametrize(("n", "m"), [(10**6, 10**6), (10**6, 1), (1, 10**6), (10**5, 10**6)])
def test_large_minibatches_give_the_loss_of_their_gaussian_limit(n, m):
    theta, star = 0.3, 0.3
    if min(n, m) == 1:
        limit = 2 * 0.3 * 0.7  # |k - 0.3| for one draw k against a mean that is known
    else:
        limit = math.sqrt(2 / math.pi * 0.21 * (1 / n + 1 / m))
    assert float(bernoulli_expected_w1(theta, star, n, m)) == pytest.approx(limit, rel=1e-5)


@settings(deadline=None)
@given(probability, probability, size, maybe_size)
def test_minibatches_only_add_to_the_distance(theta, theta_star, n, m):
    true = float(bernoulli_w1(theta, theta_star))
    exact = float(bernoulli_expected_w1(theta, theta_star, n))
    assert true == abs(theta - theta_star)
    assert true - 1e-13 <= exact <= 1
    if m is not None:
        assert exact - 1e-13 <= float(bernoulli_expected_w1(theta, theta_star, n, m)) <= 1 + 1e-13


@settings(deadline=None)
@given(probability, probability, size, maybe_size)
def test_to_swap_zeros_and_ones_changes_nothing(theta, theta_star, n, m):
    ours = bernoulli_expected_w1(theta, theta_star, n, m)
    assert torch.allclose(ours, bernoulli_expected_w1(1 - theta, 1 - theta_star, n, m), rtol=1e-9, atol=1e-13)


@settings(deadline=None)
@given(probability, probability, size, size)
@example(theta=2.3e-308, theta_star=0.5, n=4, m=4)
def test_to_swap_target_and_generator_changes_nothing(theta, theta_star, n, m):
    ours = bernoulli_expected_w1(theta, theta_star, n, m)
    assert torch.allclose(ours, bernoulli_expected_w1(theta_star, theta, m, n), rtol=1e-9, atol=1e-13)


# the expected gradient


@pytest.mark.parametrize("n", [1, 2, 5, 10, 20])
def test_the_expected_gradient_is_that_of_every_outcome_weighed_with_ties(n):
    # at n = 10 and 20 most of these θ are ties; as floats, n θ is beside the integer
    theta = np.array([float(t) for t in PERCENT])
    ours = bernoulli_expected_gradient(theta, theta[:, None], n)
    exact = [[float(enumerated_gradient(t, star, n)) for t in PERCENT] for star in PERCENT]
    np.testing.assert_allclose(ours, exact, atol=1e-14)


@pytest.mark.parametrize("n", [3, 10, 49, 1000, 10**6])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tie_is_a_tie_however_theta_was_rounded(n, dtype):
    k = torch.arange(n + 1)[:: max(1, n // 97)]
    theta = (k.double() / n).to(dtype)
    ours = bernoulli_expected_gradient(theta, 0.4, n)
    below_and_above = [bernoulli_expected_gradient((theta.double() + s / (2 * n)).clip(0, 1), 0.4, n) for s in (-1, 1)]
    inside = (k > 0) & (k < n)
    assert torch.allclose(ours[inside], sum(below_and_above)[inside] / 2, atol=1e-9), "a tie is half way"


def test_point_one_plus_point_two_is_three_tenths():
    assert bernoulli_expected_gradient(0.1 + 0.2, 0.2, 10) == bernoulli_expected_gradient(0.3, 0.2, 10)
    assert bernoulli_gradient_bias(0.1 + 0.2, 0.3, 10) == bernoulli_expected_gradient(0.3, 0.3, 10)


@settings(deadline=None)
@given(st.floats(0.01, 0.99), probability, size, size)
def test_with_both_sampled_the_gradient_is_the_slope_of_the_loss(theta, theta_star, n, m):
    step = 1e-4
    up, down = (bernoulli_expected_w1(theta + s * step, theta_star, n, m) for s in (1, -1))
    slope = (up - down) / (2 * step)
    assert torch.allclose(bernoulli_expected_gradient(theta, theta_star, n, m), slope, atol=1e-4)


@settings(deadline=None)
@given(probability, size, st.integers(0, 39), st.floats(0.05, 0.95))
def test_between_ties_the_gradient_is_the_slope_of_the_loss(theta_star, n, k, fraction):
    theta, step = (k % n + fraction) / n, 1e-3 / n
    up, down = (bernoulli_expected_w1(theta + s * step, theta_star, n) for s in (1, -1))
    slope = (up - down) / (2 * step)
    assert torch.allclose(bernoulli_expected_gradient(theta, theta_star, n), slope, atol=1e-9)


@settings(deadline=None)
@given(probability, size, maybe_size)
def test_the_expected_loss_is_convex(theta_star, n, m):
    gradient = bernoulli_expected_gradient(np.linspace(0, 1, 101), theta_star, n, m)
    assert (gradient.diff() >= -1e-12).all()
    assert (gradient.abs() <= 1 + 1e-12).all()


def test_with_equal_sizes_the_gradient_compares_two_counts():
    # E ∇ = P(k <= l') - P(k > l') with l' ~ Bin(n - 1, θ)
    theta, star, n = Fraction(2, 5), Fraction(3, 10), 6
    pairs = product(enumerate(binomial(n, star)), enumerate(binomial(n - 1, theta)))
    exact = sum(p * q * (1 if k <= ones else -1) for (k, p), (ones, q) in pairs)
    assert float(bernoulli_expected_gradient(0.4, 0.3, n, n)) == pytest.approx(float(exact), rel=1e-12)


# the bias


@pytest.mark.parametrize("n", [1, 2, 3, 4, 10, 100, 10**4, 10**6])
def test_the_biased_pair_bears_out_the_theorem(n):
    theta, theta_star = bernoulli_biased_pair(n)
    bias = float(bernoulli_gradient_bias(theta, theta_star, n))
    assert 0 < theta_star < theta < 1
    assert abs(bias) >= 2 * math.exp(-2)
    assert bias == pytest.approx(-2 * math.exp(-n * math.log1p(1 / n)), rel=1e-8)


def test_a_larger_minibatch_does_not_help_in_the_worst_case():
    for n in (1, 10, 1000):
        theta_star = 1 - 1e-4 / n
        bias = float(bernoulli_gradient_bias((1 + theta_star) / 2, theta_star, n))
        assert -2 < bias < -1.999


@settings(deadline=None)
@given(probability, probability, size, maybe_size)
def test_the_bias_is_against_the_true_gradient_and_at_most_two(theta, theta_star, n, m):
    bias = float(bernoulli_gradient_bias(theta, theta_star, n, m))
    assert abs(bias) <= 2 + 1e-12
    if abs(theta - theta_star) > 1e-12:
        assert bias * (theta - theta_star) <= 1e-12


def test_for_a_fixed_pair_the_bias_vanishes():
    biases = [abs(float(bernoulli_gradient_bias(0.4, 0.3, n))) for n in (10, 100, 1000)]
    assert biases[0] > 0.3 and biases[1] < 0.1 and biases[2] < 1e-10


# the minimiser


@pytest.mark.parametrize("theta_star", [0.03, 0.3, 0.5, 0.77, 0.9])
@pytest.mark.parametrize("n", [1, 2, 5, 6, 25])
@pytest.mark.parametrize("m", [None, 1, 4, 25])
def test_no_theta_has_a_lower_expected_loss_than_the_minimiser(theta_star, n, m):
    minimiser = bernoulli_minimiser(theta_star, n, m)
    grid = np.union1d(np.linspace(0, 1, 1001), np.arange(n + 1) / n)
    lowest = bernoulli_expected_w1(grid, theta_star, n, m).min()
    assert 0 <= minimiser <= 1
    assert bernoulli_expected_w1(minimiser, theta_star, n, m) <= lowest + 1e-14


# the golden numbers are minima of the enumerated loss
@pytest.mark.parametrize(("n", "expected"), [(5, 0.24843), (10, 0.27757), (50, 0.29591), (200, 0.29899)])
def test_with_both_sampled_the_minimum_is_off_the_target(n, expected):
    def loss(theta: float) -> float:
        k, ones = (np.array([comb(n, j) * t**j * (1 - t) ** (n - j) for j in range(n + 1)]) for t in (0.3, theta))
        return k @ np.abs(np.subtract.outer(np.arange(n + 1), np.arange(n + 1))) @ ones / n

    ours = float(bernoulli_minimiser(0.3, n, n))
    assert ours == pytest.approx(expected, abs=6e-6)
    assert ours == pytest.approx(minimize_scalar(loss, bounds=(0.2, 0.35), options={"xatol": 1e-9}).x, abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 5, 20, 300])
def test_the_generator_collapses_when_most_minibatches_hold_no_one(n):
    threshold = 1 - 2 ** (-1 / n)
    for m in (None, n, n + 3):
        assert bernoulli_minimiser(threshold * 0.999, n, m) == 0
        assert bernoulli_minimiser(min(1, threshold * 1.001), n, m) > 0
        assert bernoulli_minimiser(1 - threshold * 0.999, n, m) == 1


def test_a_smaller_sample_of_the_generator_collapses_sooner():
    theta_star = 0.15  # above 1 - 2^(-1/5) = .129
    assert bernoulli_minimiser(theta_star, 5) > 0 and bernoulli_minimiser(theta_star, 5, 5) > 0
    assert bernoulli_minimiser(theta_star, 5, 3) == 0


@pytest.mark.parametrize("n", [1, 3, 99, 999_999])
def test_where_an_interval_minimises_its_midpoint_is_returned(n):
    low, high = (n - 1) / (2 * n), (n + 1) / (2 * n)
    loss = bernoulli_expected_w1(np.array([low, 0.5, high]), 0.5, n)
    assert torch.allclose(loss, loss[0], rtol=1e-9)
    assert bernoulli_minimiser(0.5, n) == 0.5


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 6), (6, 1)])
def test_where_every_theta_minimises_the_midpoint_is_returned(n, m):
    loss = bernoulli_expected_w1(np.linspace(0, 1, 11), 0.5, n, m)
    assert torch.allclose(loss, torch.full((11,), 0.5, dtype=torch.float64))
    assert bernoulli_minimiser(0.5, n, m) == 0.5


@settings(deadline=None, max_examples=40)
@given(probability, size, maybe_size)
def test_the_minimiser_of_the_swapped_target_is_the_swapped_minimiser(theta_star, n, m):
    ours, swapped = bernoulli_minimiser(theta_star, n, m), bernoulli_minimiser(1 - theta_star, n, m)
    # compared by their losses: beside a flat minimum the place is soft
    losses = bernoulli_expected_w1(torch.stack([ours, 1 - swapped]), theta_star, n, m)
    assert losses[0] == pytest.approx(losses[1].item(), abs=1e-12)


@pytest.mark.parametrize("m", [None, 10**6])
def test_the_minimum_finds_the_target_as_the_minibatch_grows(m):
    assert bernoulli_minimiser(0.3, 10**6, m) == pytest.approx(0.3, abs=1e-6)


# what comes in and what comes out


def test_shapes_broadcast_and_come_back_in_float64():
    theta, theta_star = torch.linspace(0, 1, 5), np.linspace(0, 1, 3)[:, None]
    for m in (None, 4):
        for function in (bernoulli_expected_w1, bernoulli_expected_gradient, bernoulli_gradient_bias):
            out = function(theta, theta_star, 6, m)
            assert out.shape == (3, 5) and out.dtype == torch.float64
            one_by_one = [[function(t, s, 6, m) for t in theta] for s in theta_star.flatten()]
            assert torch.allclose(out, torch.tensor(one_by_one).double(), atol=1e-15)
        assert bernoulli_minimiser(theta_star, 6, m).shape == (3, 1)
        assert bernoulli_expected_w1(theta, np.full((1, 1), 0.3), 6, m).shape == (1, 5)
        assert bernoulli_expected_w1(1, 0, 6, m).shape == ()
    assert bernoulli_w1(theta, theta_star).shape == (3, 5)


EVERY_FUNCTION = [
    lambda theta, n, m: bernoulli_expected_w1(theta, 0.5, n, m),
    lambda theta, n, m: bernoulli_expected_w1(0.5, theta, n, m),
    lambda theta, n, m: bernoulli_expected_gradient(theta, 0.5, n, m),
    lambda theta, n, m: bernoulli_gradient_bias(theta, 0.5, n, m),
    lambda theta, n, m: bernoulli_minimiser(theta, n, m),
]


@pytest.mark.parametrize("function", EVERY_FUNCTION)
@pytest.mark.parametrize(
    ("theta", "n", "m", "message"),
    [
        (1.2, 3, None, r"theta(_star)? must be in \[0, 1\], got 1.2"),
        (np.array([0.1, -0.5]), 3, None, r"theta(_star)? must be in \[0, 1\], got -0.5"),
        (torch.tensor([0.1, math.nan]), 3, None, r"theta(_star)? must be in \[0, 1\], got nan"),
        ("half", 3, None, "theta(_star)? must be a number or an array of numbers, got 'half'"),
        (True, 3, None, "theta(_star)? must be a number or an array of numbers, got True"),
        (0.5, 0, None, "n must be at least 1, got 0"),
        (0.5, 2.0, None, "n must be an integer, got 2.0"),
        (0.5, 3, -1, "m must be at least 1, got -1"),
        (0.5, 3, "n", "m must be an integer, got 'n'"),
    ],
)
def test_bad_input_is_refused_in_one_line(function, theta, n, m, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        function(theta, n, m)


def test_no_minibatch_has_no_biased_pair():
    with pytest.raises(ValueError, match=r"^n must be at least 1, got 0$"):
        bernoulli_biased_pair(0)
