"""§6: Figure 8, the blur, the false minima under regularisation."""

import numpy as np
import pytest
import torch

from wgan_helpers import transport
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import blur, duality, regularisation, regularised_minima

# an independent implementation, d = 50, 100 repetitions: mean, standard error
REFERENCE = {(50, 0.1): (2.2894, 0.0021), (50, 1.0): (0.28599, 0.00078), (100, 10.0): (0.03335, 0.00028)}


def test_figure_8_agrees_with_an_independent_implementation():
    frame = regularisation.measure(sizes=(50, 100), epsilons=(0.1, 1.0, 10.0), repetitions=50)
    ours = frame.groupby(["n", "epsilon"])["divergence"].agg(["mean", "sem"])
    for cell, (mean, error) in REFERENCE.items():
        assert abs(ours.loc[cell, "mean"] - mean) < 4 * np.hypot(ours.loc[cell, "sem"], error)


def test_the_decay_is_slow_for_small_and_fast_for_large_regularisation():
    found = regularisation.slopes(regularisation.measure(sizes=(25, 50, 100), epsilons=(0.0, 0.1, 100.0)))
    assert found[0.0] == pytest.approx(-0.04, abs=0.02)
    assert found[100.0] == pytest.approx(-1, abs=0.1)
    assert found[0.0] > found[0.1] > found[100.0]


def test_epsilon_zero_is_the_exact_distance_and_the_order_is_the_callers():
    x, y = torch.randn(2, 3, 10, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = regularisation.divergences(x, y, (1.0, 0.0, 10.0))
    assert values.shape == (3, 3)
    torch.testing.assert_close(values[1], transport.wasserstein1(x, y))
    torch.testing.assert_close(values[2], transport.sinkhorn_divergence(x, y, 10.0), rtol=1e-5, atol=1e-8)


def test_the_sweep_leads_from_w1_to_its_limits():
    frame = blur.measure(duality.samples(12), (1e-3, 0.1, 1.0, 1e4))
    first, last = frame.iloc[0], frame.iloc[-1]
    assert first["debiased"] == pytest.approx(first["w1"], rel=0.01)
    assert first["plain"] == pytest.approx(first["w1"], rel=0.01)
    assert last["debiased"] == pytest.approx(last["half_energy"], rel=1e-3)
    assert last["plain"] == pytest.approx(last["mean_distance"], rel=1e-3)
    assert frame["plain"].is_monotonic_increasing
    assert frame["debiased"].is_monotonic_decreasing


def test_debiasing_removes_the_false_minima_at_large_epsilon_and_nothing_else_does():
    def losses(debiased):
        frame = regularised_minima.measure(Gaussian(50), 64, (0.0, 1000.0), debiased=debiased)
        mean = frame.groupby(["epsilon", "batch"])["loss"].mean().unstack()
        return mean.div(mean["fresh"], axis=0)

    debiased, plain = losses(True), losses(False)
    assert debiased.loc[0.0, "mean"] < 1
    assert debiased.loc[0.0, "k-means"] < 1
    assert debiased.loc[1000.0, "mean"] > 2
    assert debiased.loc[1000.0, "k-means"] > 1.5
    assert (plain[["mean", "k-means"]] < 1).all(axis=None)


def test_the_pictures_show_the_means():
    frame = regularisation.measure(Gaussian(3), sizes=(8, 16), epsilons=(0.0, 1.0), repetitions=3)
    lines = regularisation.plot(frame).get_lines()
    assert lines[1].get_ydata() == pytest.approx(
        frame[frame["epsilon"] == 1].groupby("n")["divergence"].mean().tolist()
    )
    sweep = blur.measure(duality.samples(6), (0.1, 1.0))
    assert blur.plot(sweep).get_lines()[1].get_ydata() == pytest.approx(sweep["debiased"].tolist())
    minima = regularised_minima.measure(Gaussian(2), 8, (0.0, 1.0), repetitions=2)
    np.testing.assert_allclose(regularised_minima.plot(minima).get_lines()[0].get_ydata(), 1)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"epsilons": ()}, "sizes and epsilons must each name at least one value"),
        ({"sizes": ()}, "sizes and epsilons must each name at least one value"),
        ({"repetitions": 0}, "repetitions must be at least 1"),
        ({"epsilons": (-1.0,)}, "epsilons must not be negative, got -1"),
    ],
)
def test_bad_settings_are_refused_in_one_line(setting, says):
    with pytest.raises(ValueError, match=says):
        regularisation.measure(**({"sizes": (4,), "repetitions": 1} | setting))
