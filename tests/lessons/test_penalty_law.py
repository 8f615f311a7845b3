"""The gradient penalty's law and its ceiling."""

import numpy as np
import pytest
import torch

from wgan_helpers import gans, transport
from wgan_helpers.lessons import penalty_law
from wgan_helpers.lessons.critic_estimates import penalised
from wgan_helpers.lessons.estimators import Pair, samples
from wgan_helpers.lessons.penalty_law import SMALL, ceiling

MOVED = {"data": "Gaussian", "n": 64, "d": 2}


@pytest.fixture(scope="module")
def frame():
    return penalty_law.measure((0.1, 1.0, 10.0), 600, repetitions=2, shift=5.0, **MOVED)


def last(frame):
    return frame[frame["step"] == frame["step"].max()]


def test_of_two_samples_far_apart_the_law_says_what_the_critic_will_say(frame):
    end = frame[frame["step"] >= 400].groupby("penalty").mean(numeric_only=True)
    np.testing.assert_allclose(end["estimate"], end["law"], rtol=0.04)
    np.testing.assert_allclose(end["undone"], end["exact"], rtol=0.04)
    assert (end["law"] / end["exact"]).max() > 20  # and it says a lot


@pytest.mark.parametrize("distance", [1.0, 30.0])
@pytest.mark.parametrize("penalty", [0.1, 10.0])
def test_of_two_points_law_and_ceiling_are_one(distance, penalty):
    pair = Pair(torch.zeros(3, 2), torch.tensor([[distance, 0.0]]).expand(3, 2))
    assert ceiling(pair, penalty) == pytest.approx(penalised(distance, penalty))


def test_the_ceiling_is_above_the_law_and_the_mean_distance():
    pair = samples("Gaussian", n=50, d=10)
    exact = float(transport.wasserstein1(*pair))
    mean = float(transport.pairwise_distance(*pair).mean())
    for penalty in (0.1, 1.0, 100.0):
        assert ceiling(pair, penalty) > max(penalised(exact, penalty), mean)
    assert ceiling(pair, 1e6) == pytest.approx(mean, rel=0.02)


def test_between_samples_of_one_law_the_estimate_passes_the_exact_distance_and_the_law_but_not_the_ceiling():
    sampled = {"data": "Gaussian", "n": 32, "d": 5}
    end = last(penalty_law.measure((1.0,), 3000, gans.Config(objective="wgan-gp", lr_critic=2e-3), **sampled))
    assert (end["estimate"] > end["exact"]).all()
    assert (end["estimate"] > end["law"]).all()
    assert (end["estimate"] < end["ceiling"]).all()


def test_scale_and_penalty_are_one_knob():
    """E(sx, sλ) = s E(x, λ): what counts is λ over the distance."""
    frame = penalty_law.measure((1.0, 10.0), 0 + 10, **MOVED)
    larger = penalty_law.measure((10.0, 100.0), 10, scale=10.0, **MOVED)
    for column in ("law", "ceiling", "exact"):
        np.testing.assert_allclose(10 * frame[column], larger[column], rtol=1e-5)


def test_rows_begin_before_the_first_step(frame):
    assert sorted(frame["step"].unique()) == list(range(0, 601, 60))
    assert len(frame) == 11 * 3 * 2


def test_the_picture_shows_law_and_dots_also_before_anything_is_learnt(frame):
    ax = penalty_law.plot(frame)
    law = next(line for line in ax.lines if "law" in line.get_label())
    wanted = frame.assign(share=frame["law"] / frame["exact"]).groupby("penalty")["share"].mean()
    np.testing.assert_allclose(law.get_ydata(), wanted)
    assert penalty_law.plot(frame[frame["step"] == 0]).lines


def test_the_live_figure_settles():
    figure = penalty_law.explore()
    figure._controls["d"].widget.value = 50
    figure.settle()
    assert figure.error is None
    assert figure.png.startswith(b"\x89PNG")
    figure.close()


@pytest.mark.parametrize("penalty", [0.0, -1.0])
def test_a_penalty_that_is_none_is_refused(penalty):
    with pytest.raises(ValueError, match="penalty must be positive"):
        penalty_law.measure((penalty,))
    assert SMALL.objective == "wgan-gp"
