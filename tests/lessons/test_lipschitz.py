"""Figures 10 and 11: rows, the summary, the live contest."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from wgan_helpers.lessons import lipschitz

TINY = replace(lipschitz.SMALL, hidden=16, batch=16, steps=60, lr_generator=1e-2, lr_critic=1e-2)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return lipschitz.measure(base=TINY, every=30, repetitions=3)


def test_there_is_a_row_for_each_variant_seed_and_moment(frame):
    assert len(frame) == 4 * 3 * 3
    assert set(frame["variant"]) == set(lipschitz.VARIANTS)
    assert sorted(frame["step"].unique()) == [0, 30, 60]
    assert frame["modes"].between(0, 8).all()
    assert (frame["share"] <= frame["wide_share"]).all()


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(frame):
    names = ["WGAN-GP"]
    again = lipschitz.measure(names, TINY, 30, repetitions=3)
    pd.testing.assert_frame_equal(again, frame[frame["variant"] == "WGAN-GP"].reset_index(drop=True))
    other = lipschitz.measure(names, TINY, 30, repetitions=3, seed=1)
    assert not np.array_equal(other["wide_share"], again["wide_share"])
    assert not set(other["seed"]) & set(again["seed"])


def test_variants_differ_in_objective_and_critic_only(frame):
    settings = frame.groupby("variant")[["hidden", "batch", "steps", "critic_steps"]].nunique()
    assert (settings == 1).all(axis=None)
    critics = frame.groupby("variant")["critic"].first()
    assert all((critic == "lipschitz") == ("Lipschitz" in variant) for variant, critic in critics.items())


def test_the_summary_is_of_the_last_step():
    last = [("a", 0, 8, 0.5), ("a", 1, 6, 0.7)]
    rows = [(*row, 20, 20) for row in last] + [(variant, seed, 0, 0.0, 0, 20) for variant, seed, *_ in last]
    frame = pd.DataFrame(rows, columns=["variant", "repetition", "modes", "share", "step", "steps"])
    line = lipschitz.summary(frame).loc["a"]
    assert line.to_dict() == pytest.approx(
        {"seeds": 2, "all_modes": 1, "modes": 7, "modes_error": 1, "share": 0.6, "share_error": 0.1}
    )


def test_a_lipschitz_critic_covers_more_modes_for_the_non_saturating_gan():
    base = replace(lipschitz.SMALL, steps=600)
    names = lipschitz.FIGURES["Figure 11"]
    modes = lipschitz.summary(lipschitz.measure(names, base, repetitions=4, seed=3))["modes"]
    assert modes[names[1]] > modes[names[0]] + 1


def test_the_picture_shows_the_means(frame):
    ax = lipschitz.plot(frame)
    lines = {line.get_label(): line for line in ax.lines}
    for variant, group in frame.groupby("variant"):
        np.testing.assert_allclose(lines[variant].get_ydata(), group.groupby("step")["modes"].mean())


def test_an_unknown_variant_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'WGAN-GP'"):
        lipschitz.measure(["WGAN GP"])


def test_the_contest_plays_to_its_end(monkeypatch):
    monkeypatch.setattr(lipschitz, "SMALL", TINY)
    player = lipschitz.explore(repetitions=2)
    player.play()
    deadline = time.monotonic() + 60
    while player.state == "playing" and time.monotonic() < deadline:
        time.sleep(0.02)
    player.settle()
    assert (player.state, player.error) == ("finished", None)
    assert player.png.startswith(b"\x89PNG")
    player.close()


def test_what_is_drawn_of_each_seed_are_its_own_samples():
    contest = lipschitz._Contest(lipschitz.FIGURES["Figure 10"], TINY, seed=0, repetitions=2)
    first = [game.snapshot().sample(5) for game in contest.games.values()]
    while contest.advance():
        pass
    last = [game.snapshot().sample(5) for game in contest.games.values()]
    assert contest.steps == [0, 20, 40, 60]
    for before, after in zip(first, last, strict=True):
        assert before.shape == (2, 5, 2)
        assert not torch.equal(before, after)
        assert not torch.equal(after[0], after[1])
