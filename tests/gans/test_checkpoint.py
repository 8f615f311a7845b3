"""Checkpoints: going on bit for bit, whole or not at all, and what is refused."""

import errno
import os
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from wgan_helpers import images
from wgan_helpers.distributions import Gaussian, GaussianRing
from wgan_helpers.gans import OBJECTIVES, Config, DivergedError, Game, Snapshot, train
from wgan_helpers.gans.checkpoint import Saver

RING = GaussianRing()
SMALL = Config(hidden=8, depth=2, batch=16, critic_steps=2, steps=12)


def stop_after(steps: int, config: Config, source, path: Path) -> None:
    run = train(config, source, every=1, checkpoint=path)
    assert [snapshot.step for snapshot in islice(run, steps + 1)][-1] == steps
    run.close()


def same(a: Snapshot, b: Snapshot, source) -> bool:
    x = source.sample(9, torch.Generator().manual_seed(0))
    return (
        a.sample(20).equal(b.sample(20))
        and a.critic(x).equal(b.critic(x))
        and a.losses == b.losses
        and torch.equal(a.estimate.nan_to_num(), b.estimate.nan_to_num())
    )


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_interrupted_run_goes_on_bit_for_bit(objective, tmp_path):
    config = replace(SMALL, objective=objective)
    stop_after(5, config, RING, tmp_path / "run.pt")
    rest = list(train(config, RING, every=1, checkpoint=tmp_path / "run.pt"))
    whole = list(train(config, RING, every=1))
    assert [snapshot.step for snapshot in rest] == list(range(5, 13))
    assert all(same(a, b, RING) for a, b in zip(rest, whole[5:], strict=True))


@pytest.mark.parametrize(("objective", "critic"), [("wgan-gp", "conv"), ("sngan", "conv"), ("ns", "lipschitz-conv")])
def test_so_does_one_of_pictures(objective, critic, tmp_path):
    digits = images.load("digits")
    config = replace(SMALL, objective=objective, critic=critic, generator="conv", steps=4)
    stop_after(2, config, digits, tmp_path / "run.pt")
    *_, a = train(config, digits, checkpoint=tmp_path / "run.pt")
    *_, b = train(config, digits)
    assert same(a, b, digits)


def test_a_run_interrupted_within_a_step_goes_on_bit_for_bit(tmp_path, monkeypatch):
    path, improve_critic = tmp_path / "run.pt", Game._improve_critic

    def interrupted(game: Game, times: int) -> None:
        improve_critic(game, times)
        if game.steps >= 6:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Game, "_improve_critic", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(train(SMALL, RING, checkpoint=path))
    *_, a = train(SMALL, RING, checkpoint=path)
    *_, b = train(SMALL, RING)
    assert same(a, b, RING)


def test_seconds_go_on_too(tmp_path):
    stop_after(5, SMALL, RING, tmp_path / "run.pt")
    assert next(train(SMALL, RING, checkpoint=tmp_path / "run.pt")).seconds > 0


def test_a_run_that_was_finished_is_there_at_once(tmp_path):
    *_, end = train(SMALL, RING, checkpoint=tmp_path / "run.pt")
    (again,) = train(SMALL, RING, checkpoint=str(tmp_path / "run.pt"))
    assert again.step == 12
    assert same(again, end, RING)


def test_it_is_saved_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr("wgan_helpers.gans.training._SAVED_EVERY", 0.0)
    run = train(SMALL, RING, every=1, checkpoint=tmp_path / "run.pt")
    for _ in islice(run, 8):
        pass
    steps = torch.load(tmp_path / "run.pt", weights_only=True)["game"]["steps"]
    assert steps == 7
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_configuration_with_numbers_of_numpy_can_be_saved(tmp_path):
    config = replace(SMALL, lr_critic=np.float64(1e-3), seed=np.int64(2))
    stop_after(2, config, RING, tmp_path / "run.pt")
    assert next(train(config, RING, checkpoint=tmp_path / "run.pt")).step == 2


@pytest.mark.parametrize(
    ("config", "source", "words"),
    [
        (replace(SMALL, penalty=10), RING, "of a run with penalty = 0.1, this one has 10.0"),
        (replace(SMALL, seed=1), RING, "of a run with seed = 0, this one has 1"),
        (replace(SMALL, hidden=16), RING, "of a run with hidden = 8, this one has 16"),
        (SMALL, Gaussian(dim=2), "of a run with source = "),
        (SMALL, Gaussian(dim=3), "dimension 2, .*dimension 3"),
        (SMALL, GaussianRing(std=0.1), "of a run with source = "),
        (SMALL, GaussianRing(std=0.0201), "of a run with source = "),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(config, source, words, tmp_path):
    stop_after(2, SMALL, RING, tmp_path / "run.pt")
    with pytest.raises(ValueError, match=words) as refusal:
        train(config, source, checkpoint=tmp_path / "run.pt")
    assert str(refusal.value).endswith("give the run a checkpoint of its own")


POINTS = torch.rand(100, 2, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("other", [2 * POINTS, -POINTS, POINTS.flip(1)])
def test_other_points_are_another_source(other, tmp_path):
    stop_after(2, SMALL, POINTS, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="source"):
        train(SMALL, other, checkpoint=tmp_path / "run.pt")


class Trap:
    def __reduce__(self):
        return os.mkdir, ("sprung",)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None, "cut", "list", "trap"])
def test_what_is_not_a_whole_checkpoint_is_refused_and_left_alone(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "run.pt"
    stop_after(2, SMALL, RING, path)
    whole = path.read_bytes()
    if content == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif content == "list":
        torch.save([1, 2], path)
    elif content == "trap":
        torch.save({"about": Trap(), "game": {}, "seconds": 0.0}, path)
    elif content is None:
        torch.save({"about": {}}, path)
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"run\.pt is not a checkpoint, or only part of one: give another path, or"):
        train(SMALL, RING, checkpoint=path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_folder_that_is_not_there_is_noticed_before_training(tmp_path):
    with pytest.raises(OSError, match=r"checkpoint .*run\.pt could not be written: No such file or directory"):
        train(SMALL, RING, checkpoint=tmp_path / "missing" / "run.pt")


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(OSError, match="could not be read: Is a directory"):
        train(SMALL, RING, checkpoint=tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="may write everywhere")
def test_a_folder_that_may_not_be_written_is_noticed_before_training(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match="could not be written: Permission denied"):
        train(SMALL, RING, checkpoint=tmp_path / "run.pt")


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_with_a_full_disk_the_old_file_stays_whole_and_nothing_else_is_left(failing, tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    stop_after(2, SMALL, RING, path)
    before = path.read_bytes()

    def full(*_) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run = train(SMALL, RING, every=1, checkpoint=path)
    next(run), next(run)
    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match=r"checkpoint .*run\.pt could not be written: No space left on device"):
        run.close()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_file_written_in_part_never_takes_the_place_of_the_old_one(tmp_path, monkeypatch):
    path, game = tmp_path / "run.pt", Game(SMALL, RING)
    saver = Saver(path, game, 0.0)
    before = path.read_bytes()

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        saver.save(1.0)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_diverged_run_leaves_the_last_good_checkpoint(tmp_path):
    config = replace(SMALL, lr_critic=1e30, lr_generator=1e30)
    with pytest.raises(DivergedError):
        list(train(config, RING, checkpoint=tmp_path / "run.pt"))
    assert next(train(config, RING, checkpoint=tmp_path / "run.pt")).finite


def test_a_state_is_a_copy():
    game = Game(replace(SMALL, objective="sngan"), RING)
    game.step()
    state = game.state()
    game.step()
    end = game.snapshot()
    game.load(state)
    assert game.steps == 1
    game.step()
    assert same(game.snapshot(), end, RING)
