"""The energy distance over pairs is right on average; W₁ of minibatches is not."""

from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy.stats import binom

from wgan_helpers import transport
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import unbiased


def test_of_three_points_and_two_it_is_what_one_counts():
    x, y = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[0.0], [4.0]])
    assert unbiased.energy_u(x, y).item() == pytest.approx(2 * (0 + 4 + 1 + 3 + 3 + 1) / 6 - (1 + 3 + 2) / 3 - 4)


def test_it_is_the_v_statistic_without_the_points_and_themselves():
    x, y = Gaussian(5).sample(40, torch.Generator().manual_seed(0)).split(20)
    within = sum(transport.pairwise_distance(each, each).mean() for each in (x, y))
    torch.testing.assert_close(unbiased.energy_u(x, y), transport.energy_distance(x, y) - within / 19)


@pytest.mark.parametrize("theta_star", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("n", [2, 5])
def test_expected_losses_of_coins_are_sums_over_all_throws(theta_star, n):
    frame = unbiased.measure_coin(theta_star, n, points=5)
    for theta, (loss, value) in product(frame["theta"].unique(), unbiased.LOSSES.items()):
        mean = 0.0
        for ones, real in product(range(n + 1), repeat=2):
            x, y = (torch.tensor([[1.0]] * k + [[0.0]] * (n - k), dtype=torch.float64) for k in (ones, real))
            mean += binom.pmf(ones, n, theta) * binom.pmf(real, n, theta_star) * float(value(x, y))
        row = frame[(frame["loss"] == loss) & (frame["theta"] == theta)]
        assert row["value"].item() == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("theta_star", [0.1, 0.3, 0.5, 0.9])
def test_the_minimisers_of_coins_are_where_the_losses_are_least(theta_star):
    frame = unbiased.measure_coin(theta_star, 5, points=2001)
    for _, group in frame.groupby("loss"):
        lowest = group.loc[group["value"].idxmin(), "theta"]
        assert lowest == pytest.approx(group["minimiser"].iloc[0], abs=1e-3)
    assert frame[frame["loss"] == "energy, U-statistic"]["minimiser"].iloc[0] == theta_star


def test_in_high_dimension_w1_wants_a_small_generator_and_the_energy_distance_the_right_one():
    found = unbiased.minimisers(unbiased.measure(50, 64, repetitions=20))
    assert 0.2 < found["W₁"] < 0.4
    assert found["energy, V-statistic"] == pytest.approx(0.97, abs=0.02)
    assert found["energy, U-statistic"] == pytest.approx(1, abs=0.02)


def test_between_minibatches_of_one_law_it_is_zero_on_average_and_nothing_else_is():
    frame = unbiased.measure(10, 8, (1.0,), repetitions=200)
    at = frame.groupby("loss")["value"].agg(["mean", "sem"])
    assert abs(at.loc["energy, U-statistic", "mean"]) < 3 * at.loc["energy, U-statistic", "sem"]
    for loss in ("W₁", "energy, V-statistic"):
        assert at.loc[loss, "mean"] > 20 * at.loc[loss, "sem"]


def test_all_losses_meet_the_same_minibatches_and_a_seed_fixes_them():
    frame = unbiased.measure(3, 4, (0.5, 1.0), repetitions=3)
    assert len(frame) == 3 * 2 * 3
    assert frame.equals(unbiased.measure(3, 4, (0.5, 1.0), repetitions=3))
    assert frame.groupby(["loss", "size"])["value"].nunique().eq(3).all()


def test_the_pictures_show_the_losses():
    frame = unbiased.measure(2, 8, repetitions=4)
    ax = unbiased.plot(frame)
    w1 = frame[frame["loss"] == "W₁"].groupby("size")["value"].mean()
    np.testing.assert_allclose(ax.lines[0].get_ydata(), w1 / w1.iloc[0])
    plt.close(ax.figure)
    coin = unbiased.measure_coin()
    ax = unbiased.plot_coin(coin)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), coin[coin["loss"] == "W₁"]["value"])
    plt.close(ax.figure)


@pytest.mark.parametrize("explore", [unbiased.explore, unbiased.explore_coin])
def test_the_live_figures_follow(explore):
    figure = explore()
    figure._controls["n"].widget.value = 2
    figure.settle()
    assert figure.error is None
    assert figure.png.startswith(b"\x89PNG")
    figure.close()


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: unbiased.measure(50, 1), "n must be at least 2"),
        (lambda: unbiased.measure(0), "dim must be at least 1"),
        (lambda: unbiased.measure_coin(1.5), r"theta_star must be in \[0, 1\]"),
        (lambda: unbiased.energy_u(torch.zeros(1, 2), torch.zeros(3, 2)), "points of a sample must be at least 2"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, line):
    with pytest.raises(ValueError, match=line):
        call()
