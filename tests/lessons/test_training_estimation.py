"""Figures 2 and 3, and the gradient penalty's law: estimates, rows, pictures, the race."""

import math
import time
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from wgan_helpers import gans, images, networks, transport
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import critic_estimates, training_estimation, training_recorded
from wgan_helpers.lessons.training_race import Race

TINY = replace(training_estimation.SMALL, hidden=16, batch=16, steps=6)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return training_estimation.measure(base=TINY, every=3, repetitions=2)


def minibatches(snapshot: gans.Snapshot, n: int = 16):
    digits = training_estimation.pictures("digits")
    return digits.sample(n, torch.Generator().manual_seed(1)), snapshot.sample(n, torch.Generator().manual_seed(2))


@pytest.mark.parametrize("method", critic_estimates.METHODS)
def test_the_estimate_is_what_its_formula_says(method):
    config = replace(TINY, **critic_estimates.METHODS[method])
    *_, snapshot = gans.train(config, training_estimation.pictures("digits"))
    real, fake = minibatches(snapshot)
    phi, cost = snapshot.critic(real), torch.cdist(fake.double(), real.double())
    if method == "c-transform":
        wanted = phi.mean() + (cost - phi).amin(dim=1).mean()
    elif method.startswith("c-eps"):
        soft = ((phi - cost) / config.epsilon).exp().mean(dim=1).log()
        wanted = phi.mean() - config.epsilon * soft.mean()
    else:
        wanted = phi.mean() - snapshot.critic(fake).mean()
    found = critic_estimates.compare(snapshot, config, real, fake)
    assert float(found.estimate) == pytest.approx(float(wanted), rel=1e-3, abs=1e-5)
    assert float(found.exact) == pytest.approx(float(transport.wasserstein1(fake, real)))


def test_a_population_says_what_each_of_its_models_would_say():
    configs = [replace(TINY, seed=seed) for seed in range(3)]
    digits = training_estimation.pictures("digits")
    *_, together = gans.train_population(configs, digits)
    real, fakes = minibatches(together)
    found = critic_estimates.compare(together, configs[0], real, fakes)
    for model, config in enumerate(configs):
        *_, alone = gans.train(config, digits)
        wanted = critic_estimates.compare(alone, config, real, minibatches(alone)[1])
        for values, value in zip(found, wanted, strict=True):
            torch.testing.assert_close(values[model], value, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("objective", ["c-transform", "c-eps-transform"])
def test_no_potential_says_more_than_the_transport_costs(objective, frame):
    """Duality: whatever the potential, the c-transform's estimate is at most W₁."""
    rows = frame[frame["objective"] == objective]
    if objective == "c-transform":
        assert (rows["estimate"] <= rows["exact"] * (1 + 1e-5)).all()
    else:  # the soft minimum is larger than the minimum, and the mean cost bounds both
        assert (rows["estimate"] > 0).all()


def test_if_all_generated_pictures_are_one_any_soft_potential_knows_w1():
    """Then W₁ is the mean distance, and for a large ε so is the estimate, whatever the critic says."""
    digits = training_estimation.pictures("digits")
    config = replace(TINY, objective="c-eps-transform", epsilon=1e4)
    snapshot = next(gans.train(config, digits))
    real = digits.sample(16, torch.Generator().manual_seed(1))
    found = critic_estimates.compare(snapshot, config, real, torch.zeros_like(real) + digits.mean.float())
    assert float(found.estimate) == pytest.approx(float(found.exact), rel=1e-3)


@pytest.mark.parametrize("penalty", [0.1, 1.0, 10.0])
def test_a_trained_critic_obeys_the_law_of_the_gradient_penalty(penalty):
    """Two Gaussians, shifted by 5: the best critic is linear, of the slope 1 + W/2λ."""
    shift, law = torch.tensor([5.0, 0.0]), Gaussian(2)
    critic = networks.MLP(2, 1, 32, generators=torch.Generator().manual_seed(0))
    adam = torch.optim.Adam(critic.parameters(), lr=5e-3, betas=(0.5, 0.9))
    generator, gaps = torch.Generator().manual_seed(3), []
    for _ in range(600):
        fake = law.sample(256, generator).float()
        real = fake + shift  # the same points: all sampling error cancels
        at = torch.lerp(real, fake[torch.randperm(256, generator=generator)], torch.rand(256, 1, generator=generator))
        (slope,) = torch.autograd.grad(critic(at.requires_grad_()).sum(), at, create_graph=True)
        gap = critic(real).mean() - critic(fake).mean()
        loss = penalty * gans.objectives.gradient_penalty(slope) - gap
        adam.zero_grad()
        loss.backward()
        adam.step()
        gaps.append(float(gap.detach()))
    assert np.mean(gaps[-200:]) == pytest.approx(critic_estimates.penalised(5.0, penalty), rel=0.05)


def test_the_law_and_its_inverse():
    for penalty in (0.04, 1.0, 10.0):
        for w1 in (0.0, 0.9, 10.0):
            assert critic_estimates.unpenalised(critic_estimates.penalised(w1, penalty), penalty) == pytest.approx(w1)
    assert math.isnan(critic_estimates.unpenalised(-6.0, 10.0))
    # brightness from 0 to 255 with λ is brightness from 0 to 1 with λ/255
    grey, unit = critic_estimates.penalised(255 * 0.9, 10.0), critic_estimates.penalised(0.9, 10.0 / 255)
    assert grey == pytest.approx(255 * unit)
    with pytest.raises(ValueError, match="penalty must be positive"):
        critic_estimates.penalised(1.0, 0.0)


def test_there_is_a_row_for_each_method_moment_and_seed(frame):
    assert len(frame) == 4 * 3 * 2
    assert set(frame["method"]) == set(training_estimation.SHOWN)
    assert sorted(frame["step"].unique()) == [0, 3, 6]
    assert frame["corrected"].notna().eq(frame["objective"] == "wgan-gp").all()
    assert (frame["exact"] > 0).all()
    start = frame[frame["step"] == 0].groupby("repetition")["exact"]
    assert (start.std() < 1e-6).all()  # all methods start from the same generator


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(frame):
    methods = {"c-transform": critic_estimates.METHODS["c-transform"]}
    again = training_estimation.measure(methods, base=TINY, every=3, repetitions=2)
    pd.testing.assert_frame_equal(again, frame[frame["method"] == "c-transform"].reset_index(drop=True))
    other = training_estimation.measure(methods, base=TINY, every=3, repetitions=2, seed=1)
    assert not np.isclose(other["exact"], again["exact"]).any()


def test_the_summary_is_of_the_end():
    rows = [("a", r, step, 2.0 + r, 4.0, 9.0 if step < 80 else 1.0) for r in (0, 1) for step in (0, 79, 80, 100)]
    frame = pd.DataFrame(rows, columns=["method", "repetition", "step", "estimate", "exact", "quality"])
    line = training_estimation.summary(frame.assign(slope=1.0, corrected=np.nan)).loc["a"]
    assert line["quality"] == 1.0
    assert line["ratio"] == pytest.approx((0.5 + 0.75) / 2)
    assert line["ratio_error"] == pytest.approx(0.125)
    assert line["error"] == pytest.approx((0.5 + 0.25) / 2)


def test_the_c_transform_knows_the_minibatch_better_and_makes_worse_pictures():
    methods = {name: critic_estimates.METHODS[name] for name in ("wgan-gp", "c-transform", "c-eps-transform-3.9")}
    table = training_estimation.summary(training_estimation.measure(methods, every=25, repetitions=2, seed=7))
    assert table.loc["c-transform", "error"] < 0.3 * table.loc["wgan-gp", "error"]
    assert table.loc["c-eps-transform-3.9", "error"] < 0.03
    assert table.loc["wgan-gp", "quality"] < 0.8 * table.loc["c-transform", "quality"]
    assert table.loc["c-transform", "quality"] < table.loc["c-eps-transform-3.9", "quality"]


def test_the_picture_shows_the_means(frame):
    ax = training_estimation.plot(frame, real=1.8)
    lines = {line.get_label(): line for line in ax.lines}
    assert ax.get_yscale() == "log"
    for method, group in frame.groupby("method"):
        wanted = group.groupby("step")["estimate"].mean()
        np.testing.assert_allclose(lines[method].get_ydata(), wanted.where(wanted > 0))
    corrected = frame[frame["method"] == "wgan-gp"].groupby("step")["corrected"].mean()
    np.testing.assert_allclose(lines["wgan-gp, without what λ adds"].get_ydata(), corrected.where(corrected > 0))
    plt.close(ax.figure)


def test_the_paradox_shows_error_and_quality(frame):
    ax = training_estimation.plot_paradox(frame, real=0.5)
    table = training_estimation.summary(frame)
    for line in ax.lines[1:]:
        row = table.loc[line.get_label()]
        assert (line.get_xdata()[0], line.get_ydata()[0]) == (row["error"], row["quality"])
    plt.close(ax.figure)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="unknown data 'digit': did you mean 'digits'"):
        training_estimation.measure(data="digit")
    with pytest.raises(ValueError, match="repetitions must be at least 1"):
        training_estimation.measure(repetitions=0)
    with pytest.raises(ValueError, match="unknown objective 'wgan-gq': did you mean 'wgan-gp'"):
        training_estimation.measure({"mine": {"objective": "wgan-gq"}})


def test_in_a_race_all_take_the_same_steps_and_each_critic_as_many_as_it_should():
    race = Race(("wgan-gp", "c-transform"), training_estimation.pictures("digits"), TINY, every=2)
    advances = 1
    while race.advance():
        advances += 1
    assert advances == 2 * TINY.steps * (TINY.critic_steps + 1)
    assert [game.steps for game in race.games.values()] == [6, 6]
    assert race.frame()["step"].tolist() == [0, 0, 2, 2, 4, 4, 6, 6]
    whole = gans.Game(replace(TINY, objective="wgan-gp"), training_estimation.pictures("digits"))
    for _ in range(6):
        whole.step()
    assert whole.snapshot().sample(5).shape == race.games["wgan-gp"].snapshot().sample(5).shape


def test_other_settings_reach_all_games_of_a_race():
    race = Race(("wgan-gp", "c-eps-transform"), training_estimation.pictures("digits"), TINY)
    before = race.real
    race.change(penalty=0.04, epsilon=4.0, batch=64, critic_steps=1)
    assert {game.config.penalty for game in race.games.values()} == {0.04}
    assert race.games["c-eps-transform"].config.epsilon == 4.0
    assert race.real < before  # larger minibatches of real pictures are nearer to one another


@pytest.mark.parametrize("data", ["digits", "faces"])
def test_the_race_is_drawn_and_goes_on_with_other_settings(data):
    player = training_estimation.explore()
    player._controls["data"].widget.value = data
    player.settle()
    player.play()
    deadline = time.monotonic() + 60
    while player._runner._process.games["wgan"].steps < 6 and time.monotonic() < deadline:
        time.sleep(0.05)
    games = player._runner._process.games
    player._controls["penalty"].widget.value = 0.04
    player.pause()
    player.settle()
    assert player.error is None
    assert player.png.startswith(b"\x89PNG")
    assert player._runner._process.games is games
    assert games["wgan-gp"].config.penalty == 0.04
    player.close()


def test_better_faces_have_a_smaller_distance_in_features():
    faces = images.load("faces", size=16, n=4000)
    quality = training_recorded.Quality(faces)
    real = faces.sample(300, torch.Generator().manual_seed(9))
    noisy = (real + 0.2 * torch.randn(real.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
    blurred = torch.nn.functional.avg_pool2d(real.unflatten(1, faces.shape), 5, 1, 2).flatten(1)
    assert quality(real) < 0.1 * min(quality(noisy), quality(blurred), quality(faces.mean.float().expand(300, -1)))


def test_an_estimate_below_zero_is_seen_on_the_log_scale(frame):
    step = sorted(frame["step"].unique())[1]
    sunk = frame.assign(estimate=frame["estimate"].where((frame["method"] != "wgan") | (frame["step"] != step), -1.0))
    triangles = [line for line in training_estimation.plot(sunk).lines if line.get_marker() == "v"]
    drawn = {float(x) for line in triangles for x in line.get_xdata()}
    means = sunk.groupby(["method", "step"])["estimate"].mean()
    assert drawn == {float(at) for _, at in means[means <= 0].index}
    assert step in drawn
