"""The optimal discriminator, and trained ones on their way to it."""

import math
import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.integrate import quad

from wgan_helpers.lessons import critics, monte_carlo, optimal_discriminator
from wgan_helpers.lessons.optimal_discriminator import REAL, generated, judge, optimal, true_divergence

GRID = optimal_discriminator._GRID


@pytest.fixture(scope="module")
def frame():
    return optimal_discriminator.measure((1.0,), (0, 5, 300), repetitions=3)


def density(law, x):
    return float(law.density(torch.tensor(x, dtype=torch.float64)))


@pytest.mark.parametrize("theta", [-3.0, 0.0, 1.0])
def test_the_true_divergence_is_that_of_quadrature(theta):
    fake = generated(theta)

    def integrand(x):
        p, q = density(REAL, x), density(fake, x)
        return sum(each * math.log(2 * each / (p + q)) for each in (p, q) if each > 0) / 2

    assert true_divergence(REAL, fake) == pytest.approx(quad(integrand, -8, 8, limit=300)[0], abs=1e-7)


def test_bumps_are_drawn_from_their_density():
    law = critics.Bumps((-1.0, 2.0), 0.3)
    x = law.sample(100_000, monte_carlo.generator(0)).flatten()
    share = (x < 0.5).double().mean()
    assert float(share) == pytest.approx(0.5, abs=0.01)
    assert float(x.mean()) == pytest.approx(0.5, abs=0.02)
    edges = np.linspace(-2, 3, 21)
    counts, _ = np.histogram(x.numpy(), edges)
    expected = [quad(lambda at: density(law, at), *pair)[0] for pair in pairwise(edges)]
    np.testing.assert_allclose(counts / len(x), expected, atol=0.006)


def test_the_optimal_discriminator_is_judged_optimal():
    fake = generated(1.0)
    best = optimal(GRID, REAL, fake)
    error, estimate = judge(torch.logit(best, eps=1e-15)[None], REAL, fake)
    assert float(error) == pytest.approx(0, abs=1e-9)
    assert float(estimate) == pytest.approx(true_divergence(REAL, fake), abs=1e-7)


def test_no_score_sees_more_than_the_divergence():
    fake = generated(1.0)
    best = torch.logit(optimal(GRID, REAL, fake), eps=1e-9)
    changes = torch.randn(50, len(GRID), generator=monte_carlo.generator(1), dtype=torch.float64)
    estimates = judge(best + 0.3 * changes, REAL, fake).estimate
    assert (estimates < true_divergence(REAL, fake)).all()


def test_a_discriminator_that_knows_nothing_sees_nothing():
    error, estimate = judge(torch.zeros(1, len(GRID)), REAL, generated(-3.0))
    assert float(estimate) == pytest.approx(0, abs=1e-6)
    assert float(error) > 0.3


def test_trained_discriminators_approach_the_optimal_one(frame):
    mean = frame.groupby("step")[["error", "estimate"]].mean()
    assert mean["error"][300] < 0.15 * mean["error"][0]
    share = optimal_discriminator.missing(frame, ["step"])["missing"]
    assert share[5] > 0.8  # five steps from scratch see hardly anything
    assert share[300] < 0.05
    assert (frame["estimate"] < frame["divergence"]).all()


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(frame):
    again = optimal_discriminator.measure((1.0,), (0, 5), repetitions=3)
    pd.testing.assert_frame_equal(again, frame[frame["step"] < 300].reset_index(drop=True))
    other = optimal_discriminator.measure((1.0,), (5,), repetitions=3, seed=1)
    assert not np.isin(other["estimate"], again["estimate"]).any()


def test_a_repetition_does_not_depend_on_the_others(frame):
    one = optimal_discriminator.measure((1.0,), (5,), repetitions=1)
    first = frame[(frame["step"] == 5) & (frame["repetition"] == 0)]
    assert one["estimate"].item() == pytest.approx(first["estimate"].item(), abs=1e-5)


def test_what_is_missing_is_a_mean_over_seeds_with_its_error():
    rows = [(r, estimate, 0.5) for r, estimate in enumerate((0.5, 0.4, 0.3))]
    frame = pd.DataFrame(rows, columns=["repetition", "estimate", "divergence"]).assign(step=1)
    line = optimal_discriminator.missing(frame, ["step"]).loc[1]
    assert line["missing"] == pytest.approx(0.2)
    assert line["error"] == pytest.approx(0.2 / math.sqrt(3))


def test_the_picture_shows_the_means(frame):
    ax = optimal_discriminator.plot(frame)
    share = optimal_discriminator.missing(frame[frame["step"] > 0], ["step"])["missing"]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 100 * share)


def test_moving_the_generator_keeps_the_discriminator_and_another_rate_starts_anew():
    player = optimal_discriminator.explore(repetitions=2)
    player.settle()
    player.play()
    deadline = time.monotonic() + 30
    while player._runner._process.critics.steps < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    player.pause()
    player.settle()
    network = player._runner._process.critics.network
    player._controls["theta"].widget.value = -2.0
    player.settle()
    assert player._runner._process.critics.network is network
    assert player._runner._process.theta == -2.0
    player._controls["rate"].widget.value = 1e-2
    player.settle()
    assert player._runner._process.critics.steps == 0
    assert player.error is None
    assert player.png.startswith(b"\x89PNG")
    player.close()


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="unknown objective 'wgan-gp': did you mean 'wgan'"):
        critics.Critics("wgan-gp", 1)
    with pytest.raises(ValueError, match="rate must be positive"):
        critics.Critics("ns", 1, rate=0.0)
    with pytest.raises(ValueError, match="repetitions must be at least 1"):
        optimal_discriminator.measure(repetitions=0)
