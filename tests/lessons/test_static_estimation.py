"""Figure 1: rows, who comes near when, what is recorded."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wgan_helpers import record
from wgan_helpers.lessons import static_estimation as figure1
from wgan_helpers.lessons.estimators import BASE, METHODS

SMALL = replace(BASE, hidden=16, depth=2)
DATA = {"data": "Gaussian", "n": 32, "d": 5}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return figure1.measure(steps=40, base=SMALL, repetitions=2, **DATA)


def test_there_is_a_row_for_each_method_pair_and_moment(frame):
    moments = figure1.moments(40)
    assert len(frame) == len(METHODS) * 2 * len(moments)
    assert sorted(frame["step"].unique()) == moments
    assert not frame.isna().any(axis=None)
    assert (frame["nearest"] <= frame["exact"]).all()


def test_all_methods_are_given_the_same_samples(frame):
    assert (frame.groupby("repetition")["exact"].nunique() == 1).all()
    assert frame["exact"].nunique() == 2


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(frame):
    again = figure1.measure(["wgan-gp"], 40, SMALL, repetitions=2, **DATA)
    first = frame[frame["method"] == "wgan-gp"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), first.drop(columns="seconds"))
    other = figure1.measure(["wgan-gp"], 40, SMALL, repetitions=2, seed=1, **DATA)
    assert not set(other["exact"]) & set(again["exact"])


def test_the_c_transform_is_nearer_after_a_step_than_critics_after_forty(frame):
    share = (frame["estimate"] / frame["exact"] - 1).abs()
    first = share[(frame["method"] == "c-transform") & (frame["step"] == 1)].max()
    critics = frame["method"].isin(["wgan-gp", "wgan-lp", "lipschitz", "spectral", "clipping"])
    assert first < share[critics & (frame["step"] == 40)].min()


def test_rates_are_tried_one_by_one():
    frame = figure1.measure(["c-transform"], 10, SMALL, rates=[1e-4, 1e-2], **DATA)
    last = frame[frame["step"] == 10].set_index("rate")["estimate"]
    assert last[1e-2] > last[1e-4]


@pytest.mark.parametrize("steps", [1, 2, 7, 100, 12345])
def test_moments_go_from_the_start_to_the_end(steps):
    moments = figure1.moments(steps)
    assert moments == sorted(set(moments))
    assert (moments[0], moments[-1]) == (0, steps)


def rows(method: str, repetition: int, shares: list[float]) -> pd.DataFrame:
    steps = np.arange(len(shares))
    about = {"method": method, "rate": 1.0, "repetition": repetition, "step": steps, "seconds": steps / 10}
    return pd.DataFrame({**about, "estimate": 2 * np.array(shares), "exact": 2.0})


def test_to_come_near_is_not_to_stay():
    frame = pd.concat(
        [
            rows("passes", 0, [0.9, 0.96, 1.06, 1.2]),
            rows("settles", 0, [0.9, 1.0, 0.9, 0.96, 1.04]),
            rows("settles", 1, [0.1, 0.2, 0.3, 0.4, 0.5]),
            rows("is there", 0, [1.0, 1.0]),
        ]
    )
    table = figure1.reached(frame).droplevel("rate")
    assert table.loc["passes", "first"] == 1
    assert np.isnan(table.loc["passes", "stays"])
    assert table.loc["passes", "settled"] == 0
    assert table.loc["settles", ["first", "stays", "seconds", "settled"]].tolist() == [1, 3, 0.3, 1]
    assert table.loc["settles", "last"] == pytest.approx(0.77)
    assert table.loc["is there", ["first", "stays"]].tolist() == [0, 0]
    assert figure1.reached(frame, within=0.25).droplevel("rate").loc["passes", "stays"] == 0


def test_the_picture_shows_the_means_and_the_truth(frame):
    ax = figure1.plot(frame)
    lines = {line.get_label(): line for line in ax.lines}
    share = frame.assign(share=frame["estimate"] / frame["exact"])
    for method, group in share.groupby("method"):
        shown = lines[METHODS[method].label].get_ydata()
        np.testing.assert_allclose(shown, group.groupby("step")["share"].mean())
    nearest = next(line for label, line in lines.items() if "nearest" in label)
    np.testing.assert_allclose(nearest.get_ydata(), (frame["nearest"] / frame["exact"]).mean())


def test_an_unknown_method_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'clipping'"):
        figure1.measure(["clip"])


def test_what_is_recorded_goes_on_as_if_it_had_not_been_interrupted(tmp_path, monkeypatch):
    monkeypatch.setattr(figure1, "_SAVED_EVERY", 0.0)
    monkeypatch.setattr(figure1, "_BETWEEN_SAVINGS", 3)
    run = figure1.recordable(size=8, steps=30)["wgan-gp"]
    whole = {row["step"]: row["estimate"] for row in run.rows(tmp_path / "whole")}
    found = {}
    for row in run.rows(tmp_path / "parts"):
        found[row["step"]] = row["estimate"]
        if row["step"] >= 10:
            break
    later = {row["step"]: row["estimate"] for row in run.rows(tmp_path / "parts")}
    assert min(later) > 5  # it did not start anew
    assert found | later == whole
    assert max(whole) == run.steps == 30


def test_a_checkpoint_of_another_method_is_refused(tmp_path):
    runs = figure1.recordable(size=8, steps=2)
    list(runs["wgan-gp"].rows(tmp_path / "it"))
    with pytest.raises(ValueError, match="is of a run with objective"):
        list(runs["wgan-lp"].rows(tmp_path / "it"))


def test_every_method_is_recorded_under_the_figure_s_name():
    runs = record.runs_of("fig1", steps=1)
    assert set(runs) == {*METHODS, figure1.WIDE}
    assert runs[figure1.WIDE].settings["config"] == {**runs["wgan-gp"].settings["config"], "hidden": 256}
    assert figure1.RECORDED["wgan-gp"] == 100_000  # the paper's number
