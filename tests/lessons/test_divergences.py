"""Four divergences of two blurred lines: against quadrature, sampling, inequalities and difference quotients."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from wgan_helpers import distributions, transport
from wgan_helpers.lessons import divergences

thetas = st.floats(-3, 3).filter(lambda theta: abs(theta) > 1e-6)
stds = st.floats(0.05, 2)


def at(name, theta, std):
    found = divergences.DIVERGENCES[name](torch.tensor(theta, dtype=torch.float64), std)
    return float(found.value), float(found.gradient)


def integral(f, theta, std):
    ends = sorted((0.0, theta))
    return quad(f, ends[0] - 12 * std, ends[1] + 12 * std, points=[0, theta / 2, theta], limit=500, epsabs=1e-13)[0]


def jensen_shannon_by_quadrature(theta, std):
    def integrand(x):
        p, q = norm.pdf(x, 0, std), norm.pdf(x, theta, std)
        middle = (p + q) / 2
        return sum(density * math.log(density / middle) for density in (p, q) if density > 0) / 2

    return integral(integrand, theta, std)


@pytest.mark.parametrize(("theta", "std"), [(0.5, 0.5), (0.5, 0.1), (-0.3, 1.0), (0.01, 0.5), (1.0, 0.2), (2.0, 0.3)])
def test_jensen_shannon_and_its_derivative_are_those_of_quadrature(theta, std):
    value, gradient = at("Jensen–Shannon", theta, std)
    assert value == pytest.approx(jensen_shannon_by_quadrature(theta, std), abs=1e-11)
    # by Stein's lemma: θ/2s² times the mean of D* over generated points
    shared = integral(
        lambda x: norm.pdf(x, 0, std) * norm.pdf(x, theta, std) / (norm.pdf(x, 0, std) + norm.pdf(x, theta, std)),
        theta,
        std,
    )
    assert gradient == pytest.approx(theta / (2 * std**2) * shared, rel=1e-7, abs=1e-12)


def test_jensen_shannon_is_that_of_samples():
    theta, std = 0.6, 0.4
    x = norm.rvs(0, std, size=(2, 200_000), random_state=0) + np.array([[0], [theta]])
    p, q = norm.pdf(x, 0, std), norm.pdf(x, theta, std)
    logs = np.log(np.stack([p[0], q[1]]) / ((p + q) / 2))
    assert at("Jensen–Shannon", theta, std)[0] == pytest.approx(logs.mean(), abs=4 * logs.std() / math.sqrt(logs.size))


def test_a_tiny_slope_is_still_right_to_many_digits():
    # for δ = θ/s → ∞, JS' → √(2π)/4s e^(−δ²/8)
    _, gradient = at("Jensen–Shannon", 1.0, 1 / 60)
    assert gradient == pytest.approx(60 * math.sqrt(2 * math.pi) / 4 * math.exp(-450), rel=5e-3)
    assert gradient > 0


@given(theta=thetas, std=stds)
def test_derivatives_are_difference_quotients(theta, std):
    h = 1e-5 * min(std, abs(theta))
    for name in divergences.DIVERGENCES:
        quotient = (at(name, theta + h, std)[0] - at(name, theta - h, std)[0]) / (2 * h)
        gradient = at(name, theta, std)[1]
        assert gradient == pytest.approx(quotient, rel=1e-4, abs=1e-9 / h * 1e-5)


@given(theta=thetas, std=stds)
def test_divergences_are_even_and_bounded_as_they_should_be(theta, std):
    js, tv, kl = (at(name, theta, std)[0] for name in ("Jensen–Shannon", "total variation", "Kullback–Leibler"))
    for name in divergences.DIVERGENCES:
        value, gradient = at(name, theta, std)
        mirrored, opposite = at(name, -theta, std)
        assert (mirrored, opposite) == pytest.approx((value, -gradient))
    assert -1e-15 < js <= math.log(2)
    assert tv <= math.sqrt(kl / 2) + 1e-12  # Pinsker
    assert tv**2 / 2 - 1e-12 <= js <= math.log(2) * tv + 1e-12  # Lin 1991
    assert js <= kl / 4 + 1e-12


@given(theta=thetas, std=stds, scale=st.floats(0.1, 10))
def test_only_w1_knows_the_unit(theta, std, scale):
    for name in divergences.DIVERGENCES:
        factor = scale if name == "W₁" else 1
        assert at(name, scale * theta, scale * std)[0] == pytest.approx(factor * at(name, theta, std)[0], rel=1e-9)


@pytest.mark.parametrize("theta", [-1.0, 0.01, 2.5])
def test_between_lines_only_w1_has_a_slope(theta):
    assert at("Jensen–Shannon", theta, 0) == (pytest.approx(math.log(2)), 0)
    assert at("total variation", theta, 0) == (1, 0)
    assert at("W₁", theta, 0) == (abs(theta), math.copysign(1, theta))
    value, gradient = at("Kullback–Leibler", theta, 0)
    assert value == math.inf
    assert math.isnan(gradient)


def test_lines_are_the_limit_of_little_blur():
    for name in ("Jensen–Shannon", "total variation", "W₁"):
        assert at(name, 0.5, 1e-4) == pytest.approx(at(name, 0.5, 0))
    assert at("Jensen–Shannon", 1.0, 1e-100) == pytest.approx(at("Jensen–Shannon", 1.0, 0))


def test_a_line_and_itself_are_alike_and_there_w1_has_no_slope():
    for name in divergences.DIVERGENCES:
        for std in (0.0, 0.5):
            assert at(name, 0.0, std)[0] == pytest.approx(0, abs=1e-15)
    assert math.isnan(at("W₁", 0.0, 0.5)[1])
    assert at("Jensen–Shannon", 0.0, 0.5)[1] == 0


def test_w1_is_that_of_the_package_and_of_samples():
    lines = [distributions.ParallelLines(theta) for theta in (0.0, 0.7)]
    assert at("W₁", 0.7, 0)[0] == pytest.approx(distributions.wasserstein1(*lines))
    points = [line.sample(2000, torch.Generator().manual_seed(i)) for i, line in enumerate(lines)]
    assert float(transport.wasserstein1(*points)) == pytest.approx(0.7, abs=0.02)


def test_rows_and_picture_hold_what_the_functions_say():
    frame = divergences.measure([-0.5, 0.0, 0.5], 0.2)
    assert len(frame) == 3 * len(divergences.DIVERGENCES)
    row = frame[(frame["divergence"] == "Jensen–Shannon") & (frame["theta"] == 0.5)].iloc[0]
    assert (row["value"], row["gradient"]) == at("Jensen–Shannon", 0.5, 0.2)
    ax = divergences.plot(frame)
    line = next(line for line in ax.lines if line.get_label() == "total variation")
    np.testing.assert_allclose(line.get_ydata(), frame.loc[frame["divergence"] == "total variation", "value"])


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match=r"std must be in \[0, inf\], got -1"):
        divergences.measure([0.5], -1)
    with pytest.raises(ValueError, match="theta must be finite"):
        divergences.measure([math.nan])
    with pytest.raises(ValueError, match="unknown column 'values': did you mean 'value'"):
        divergences.plot(divergences.measure([0.5]), column="values")


def test_the_picture_follows_the_blur():
    figure = divergences.explore()
    figure.settle()
    before = figure.png
    figure._controls["std"].widget.value = 0.2
    figure.settle()
    assert figure.error is None
    assert figure.png != before
    figure.close()
