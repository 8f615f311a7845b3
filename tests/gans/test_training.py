"""The loop: snapshots on the way, the same run from the same seed, a diverged one, and that it learns at all."""

from dataclasses import replace

import pytest
import torch

from wgan_helpers.distributions import Gaussian, GaussianRing
from wgan_helpers.gans import Config, DivergedError, Game, Snapshot, train, train_population
from wgan_helpers.gans.metrics import modes_covered

RING = GaussianRing()
SMALL = Config(hidden=8, depth=2, batch=16, critic_steps=2, steps=12)
both = pytest.mark.parametrize("many", [False, True], ids=["alone", "population"])


def start(config: Config, many: bool, **options):
    return train_population([config, config], RING, **options) if many else train(config, RING, **options)


def same(a: Snapshot, b: Snapshot) -> bool:
    return a.sample(20).equal(b.sample(20)) and a.losses == b.losses and a.estimate.equal(b.estimate)


@both
@pytest.mark.parametrize(("every", "steps"), [(1, [*range(13)]), (5, [0, 5, 10, 12]), (6, [0, 6, 12]), (99, [0, 12])])
def test_snapshots_come_at_the_start_then_every_so_often_and_at_the_end(every, steps, many):
    assert [snapshot.step for snapshot in start(SMALL, many, every=every)] == steps


def test_a_run_shows_a_hundred_snapshots_unless_told_otherwise():
    config = Config(hidden=2, depth=1, batch=2, critic_steps=1, steps=300)
    assert [snapshot.step for snapshot in train(config, RING)] == list(range(0, 301, 3))


def test_the_same_settings_give_the_same_run():
    for a, b in zip(train(SMALL, RING), train(SMALL, RING), strict=True):
        assert a.step == 0 or same(a, b)
    other = replace(SMALL, seed=1)
    *_, c = train(other, RING)
    assert not same(a, c)


def test_no_randomness_but_the_seed_s():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(train(SMALL, RING))
    assert torch.get_rng_state().equal(before)


def test_nothing_trains_until_the_next_snapshot_is_asked_for():
    run = train(SMALL, RING, every=4)
    assert next(run).step == 0
    paused = next(run)
    assert paused.step == 4
    assert next(run).step == 8
    run.close()
    assert list(run) == []


def test_a_game_stepped_by_hand_is_the_run():
    game = Game(SMALL, RING)
    for _ in range(SMALL.steps):
        game.step()
    *_, end = train(SMALL, RING)
    assert same(game.snapshot(), end)


def test_seconds_pass_and_run_out():
    snapshots = list(train(SMALL, RING, every=4))
    seconds = [snapshot.seconds for snapshot in snapshots]
    assert seconds[0] == 0
    assert seconds == sorted(set(seconds))
    assert snapshots[0].seconds_left != snapshots[0].seconds_left  # nobody knows yet
    assert snapshots[1].seconds_left == pytest.approx(snapshots[1].seconds * 8 / 4)
    assert snapshots[-1].seconds_left == 0


@both
def test_the_bar_shows_steps_and_the_time_left(many, capsys):
    list(start(SMALL, many, progress=True))
    shown = capsys.readouterr().err
    assert "12/12" in shown and "step/s" in shown and "100%" in shown
    list(start(SMALL, many))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("objective", ["wgan-gp", "ns", "c-transform"])
def test_a_diverged_run_says_at_which_step_and_what_to_change(objective):
    config = Config(
        objective=objective, hidden=8, batch=16, critic_steps=1, steps=50, lr_critic=1e30, lr_generator=1e30
    )
    steps = []
    with pytest.raises(DivergedError) as stop:
        for snapshot in train(config, RING, every=1):
            steps.append(snapshot.step)
    words = str(stop.value)
    assert words.startswith(f"training diverged at step {steps[-1] + 1}: the ")
    assert "'s loss is " in words and "than 1e+30" in words
    assert (" or penalty than 0.1" in words) == (objective == "wgan-gp")


@pytest.mark.parametrize("bad", [0, -1, 2.5])
@both
def test_an_interval_is_a_positive_integer(bad, many):
    with pytest.raises((TypeError, ValueError), match="every must be"):
        start(SMALL, many, every=bad)


def test_settings_and_source_are_refused_at_once_not_at_the_first_snapshot():
    with pytest.raises(TypeError, match="config must be one Config, got list; train_population takes many"):
        train([SMALL], RING)
    with pytest.raises(ValueError, match="batch must be at most 15"):
        train(SMALL, torch.zeros(15, 2))


def test_points_are_a_source_as_tensors_and_as_arrays():
    points = RING.sample(100, torch.Generator().manual_seed(0))
    *_, a = train(SMALL, points)
    *_, b = train(SMALL, points.numpy())
    assert same(a, b)


def test_in_one_dimension_and_in_many():
    for dim in (1, 30):
        *_, end = train(SMALL, Gaussian(dim=dim))
        assert end.sample(7).shape == (7, dim)


def test_every_mode_of_a_ring_is_found():
    config = Config(objective="ns", critic="lipschitz", batch=64, critic_steps=2, steps=1200)
    first, *_, end = train(config, RING, every=1200)
    assert modes_covered(first.sample(2500), RING) == 0
    assert modes_covered(end.sample(2500), RING) >= 6
