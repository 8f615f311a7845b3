"""The generator's gradient while the critic trains: what vanishes, what grows, what stays."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import logsigmoid

from wgan_helpers import gans, networks
from wgan_helpers.lessons import divergences, vanishing_gradients
from wgan_helpers.lessons.critics import Critics, Lines

TIMES = (5, 50, 300)


@pytest.fixture(scope="module")
def frame():
    return vanishing_gradients.measure((0.0, 0.5), steps=TIMES, repetitions=3)


@pytest.fixture(scope="module")
def sizes(frame):
    return frame.groupby(["std", "loss", "step"])["gradient"].mean()


def test_between_lines_the_saturating_gradient_vanishes(sizes):
    assert sizes[0.0, "saturating", 50] > 0.05
    assert abs(sizes[0.0, "saturating", 300]) < 1e-3 * sizes[0.0, "saturating", 50]


def test_the_non_saturating_one_grows_instead(sizes):
    assert sizes[0.0, "non-saturating", 300] > 5 * sizes[0.0, "non-saturating", 50]
    assert sizes[0.0, "non-saturating", 300] > 5


def test_that_of_a_lipschitz_critic_settles_at_the_slope_of_w1(sizes):
    for std in (0.0, 0.5):
        assert sizes[std, "Wasserstein", 300] == pytest.approx(1, abs=0.05)
        assert sizes[std, "Wasserstein", 300] <= 1 + 1e-5


def test_where_the_laws_overlap_nothing_vanishes_and_all_near_their_limits(frame, sizes):
    limits = frame[frame["std"] == 0.5].groupby("loss")["limit"].first()
    for loss, limit in limits.items():
        assert sizes[0.5, loss, 300] == pytest.approx(limit, rel=0.2)


def test_after_five_steps_no_loss_has_much_to_say(sizes):
    assert (sizes.xs(5, level="step").abs() < 0.3).all()


@pytest.mark.parametrize("std", [0.2, 0.5])
def test_limits_are_the_derivatives_under_the_optimal_discriminator(std):
    theta = 1.0
    x = torch.linspace(theta - 10 * std, theta + 10 * std, 20_001, dtype=torch.float64)
    weight = torch.exp(-(((x - theta) / std) ** 2) / 2)
    score, slope = (theta**2 - 2 * theta * x) / (2 * std**2), -theta / std**2  # log p*/pθ, and by x
    limits = vanishing_gradients.limits(theta, std)
    for name in ("saturating", "non-saturating"):
        mean = (vanishing_gradients.LOSSES[name].slope(score) * slope * weight).sum() / weight.sum()
        assert limits[name] == pytest.approx(float(mean), rel=1e-6)
    at = torch.tensor(theta, dtype=torch.float64)
    assert limits["saturating"] == pytest.approx(2 * float(divergences.jensen_shannon(at, std).gradient))


def test_slopes_are_the_derivatives_of_the_losses():
    scores = torch.linspace(-5, 5, 11, dtype=torch.float64, requires_grad=True)
    losses = {
        "saturating": (1 - torch.sigmoid(scores)).log(),
        "non-saturating": -logsigmoid(scores),
        "Wasserstein": -scores,
    }
    for name, loss in losses.items():
        (gradient,) = torch.autograd.grad(loss.sum(), scores, retain_graph=True)
        torch.testing.assert_close(vanishing_gradients.LOSSES[name].slope(scores.detach()), gradient)


@pytest.mark.parametrize(
    ("loss", "objective"), [("saturating", "mm"), ("non-saturating", "ns"), ("Wasserstein", "wgan")]
)
def test_gradients_are_those_that_the_games_objectives_pass_on(loss, objective):
    critics = Critics(vanishing_gradients.LOSSES[loss].objective, 2, repetitions=2)
    for _ in range(10):
        critics.step(Lines(0.0), Lines(1.0))
    points = Lines(1.0).sample(64, torch.Generator().manual_seed(0))
    shift = torch.zeros(2, requires_grad=True)
    scores = critics.network((points + shift).expand(2, -1, -1)).squeeze(-1)
    wanted = torch.autograd.grad(gans.OBJECTIVES[objective].losses(scores, scores).generator[1], shift)[0][0]
    slope = vanishing_gradients.LOSSES[loss].slope(critics.scores(points))
    found = (slope * critics.gradients(points)[..., 0]).mean(dim=-1)[1]
    torch.testing.assert_close(found, wanted)


def test_the_critic_of_the_wasserstein_loss_is_certified():
    critics = Critics("wgan", 2, repetitions=2)
    for _ in range(20):
        critics.step(Lines(0.0), Lines(1.0))
    assert (networks.lipschitz_bound(critics.network) <= 1 + 1e-5).all()


def test_lines_stand_where_they_should():
    x = Lines(0.7, 0.1).sample(20_000, torch.Generator().manual_seed(0))
    assert x.shape == (20_000, 2)
    assert float(x[:, 0].mean()) == pytest.approx(0.7, abs=0.005)
    assert float(x[:, 0].std()) == pytest.approx(0.1, abs=0.005)
    assert (x[:, 1] >= 0).all() and (x[:, 1] <= 1).all()
    assert (Lines(0.7).sample(5)[:, 0] == 0.7).all()


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    settings = {"stds": (0.0,), "steps": (3,), "repetitions": 2}
    one, same = (vanishing_gradients.measure(**settings) for _ in range(2))
    pd.testing.assert_frame_equal(one, same)
    other = vanishing_gradients.measure(**settings, seed=1)
    assert not np.isin(other["gradient"], one["gradient"]).any()


def test_the_picture_shows_the_medians(frame):
    ax = vanishing_gradients.plot(frame)
    lines = {line.get_label(): line for line in ax.lines}
    for loss in vanishing_gradients.LOSSES:
        group = frame[(frame["loss"] == loss) & (frame["std"] == 0)]
        wanted = group["gradient"].abs().groupby(group["step"]).median()
        np.testing.assert_allclose(lines[loss].get_ydata(), wanted)


def test_the_live_figure_goes_to_the_end(monkeypatch):
    monkeypatch.setattr(vanishing_gradients, "STEPS", (1, 2, 5))
    figure = vanishing_gradients.explore(repetitions=2)
    figure.settle()
    assert figure.error is None
    assert figure.png.startswith(b"\x89PNG")
    figure.close()


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="std must be in"):
        vanishing_gradients.measure((-0.1,))
    with pytest.raises(ValueError, match="step must be at least 1"):
        vanishing_gradients.measure(steps=(0,))
