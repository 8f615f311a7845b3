"""Recorded runs: killed and resumed they give the same; what is read is what was written; what is wrong is said."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wgan_helpers import gans, images, record, recorded
from wgan_helpers.lessons import training_recorded

SHEET = np.linspace(0, 1, 4 * 5 * 3).reshape(4, 5, 3)


def walk(steps: int = 6, ends_at: int | None = None, factor: float = 3.0) -> recorded.Run:
    """Powers of a factor, one each step, kept in the checkpoint; with an interruption, if wanted."""

    def rows(checkpoint: Path):
        start = int(checkpoint.read_text()) if checkpoint.exists() else 0
        for step in range(start, steps + 1):
            checkpoint.write_text(str(step))
            yield {"step": step, "seconds": 0.5 * step, "value": factor**step / 7}
            if step == ends_at:
                raise KeyboardInterrupt
        return SHEET

    return recorded.Run({"factor": factor, "steps": steps}, steps, rows)


def contents(folder: Path) -> dict[str, object]:
    """All files, without what differs from one time to the next."""
    found: dict[str, object] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".json":
            about = json.loads(path.read_text())
            found[path.name] = {name: about[name] for name in about if name not in ("date", "seconds", "command")}
        elif path.suffix == ".csv":
            found[path.name] = pd.read_csv(path).drop(columns="seconds").to_csv()
        else:
            found[path.name] = path.read_bytes()
    return found


@pytest.mark.parametrize("ends_at", range(7))
def test_a_run_that_was_interrupted_gives_the_same_files(ends_at, tmp_path):
    record.record({"walk": walk()}, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        record.record({"walk": walk(ends_at=ends_at)}, tmp_path / "cut")
    record.record({"walk": walk()}, tmp_path / "cut")
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    assert set(contents(tmp_path / "cut")) == {"walk.csv", "walk.json", "walk.png"}


SMALL_RUN = """
import os, signal, sys
from wgan_helpers import record
from wgan_helpers.gans import training
from wgan_helpers.lessons import training_recorded
training_recorded._EVERY, training._SAVED_EVERY = 1, 0.0
training_recorded._SOURCE = training_recorded._SOURCE | {"n": 2000}
run = record.runs_of("fig3", size=8, steps=4)["c-transform"]
def dying(checkpoint, rows=run.rows):
    result = yield from counted(rows(checkpoint))
    return result
def counted(rows):
    while True:
        try:
            row = next(rows)
        except StopIteration as end:
            return end.value
        yield row
        if row["step"] == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
object.__setattr__(run, "rows", dying)
record.record({"c-transform": run}, __import__("pathlib").Path(sys.argv[1]))
"""


def small_run(folder: Path, killed_at: int) -> int:
    """Figure 3's run, small, in a process that is killed after the row of a step; its return code."""
    return subprocess.run([sys.executable, "-c", SMALL_RUN, str(folder), str(killed_at)], check=False).returncode


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_training_that_was_killed_twice_gives_the_same_files(tmp_path):
    assert small_run(tmp_path / "whole", -1) == 0
    assert small_run(tmp_path / "cut", 1) == -signal.SIGKILL
    assert (tmp_path / "cut" / "c-transform.checkpoint").exists()
    assert small_run(tmp_path / "cut", 3) == -signal.SIGKILL
    assert small_run(tmp_path / "cut", -1) == 0
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    assert recorded.load("fig3", tmp_path / "cut").frame["step"].tolist() == [0, 1, 2, 3, 4]


def test_what_is_recorded_is_not_computed_again(tmp_path, capsys):
    record.record({"walk": walk()}, tmp_path)
    before = (tmp_path / "walk.json").read_bytes()
    record.record({"walk": replace(walk(), rows=None)}, tmp_path)
    assert "walk: recorded already" in capsys.readouterr().out
    assert (tmp_path / "walk.json").read_bytes() == before


def test_other_settings_need_another_folder(tmp_path):
    record.record({"walk": walk()}, tmp_path)
    with pytest.raises(
        ValueError, match=r"walk\.json was recorded with other settings: give another folder with --out"
    ):
        record.record({"walk": walk(factor=2.0)}, tmp_path)


def test_what_is_loaded_is_what_was_written(tmp_path):
    runs = {"fast": walk(factor=5.0), "slow": walk(factor=2.0), "still": replace(walk(), rows=without_a_sheet)}
    record.record(runs, tmp_path, command="make it so")
    found = recorded.load("steps", tmp_path)
    for method, factor in (("fast", 5.0), ("slow", 2.0)):
        rows = found.frame[found.frame["method"] == method]
        np.testing.assert_allclose(rows["value"], [factor**step / 7 for step in range(7)], rtol=1e-5)
        assert found.about[method]["settings"] == {"factor": factor, "steps": 6}
        np.testing.assert_allclose(found.sheets[method], SHEET, atol=1 / 255)
    assert set(found.sheets) == {"fast", "slow"}
    assert found.about["still"]["seconds"] == 60
    assert found.line.endswith(", make it so")
    assert "1 min" in found.line
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True, cwd=Path(__file__).parent).strip()
    assert found.about["fast"]["commit"].startswith(commit)
    assert f"commit {commit[:10]}" in found.line
    assert found.about["fast"]["machine"]["name"] in found.line


def without_a_sheet(_: Path):
    yield {"step": 6, "seconds": 60.0, "value": 1.0}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: (path / "walk.csv").write_bytes((path / "walk.csv").read_bytes()[:-30]), r"walk\.csv .* damaged"),
        (lambda path: (path / "walk.csv").write_bytes((path / "walk.csv").read_bytes()[:-1]), r"walk\.csv .* damaged"),
        (lambda path: (path / "walk.csv").unlink(), r"walk\.csv .* is missing"),
        (lambda path: (path / "walk.png").write_bytes(b"\x89PNG"), r"walk\.png .* damaged"),
        (lambda path: (path / "walk.png").unlink(), r"walk\.png .* is missing"),
        (lambda path: (path / "walk.json").write_text("{"), r"walk\.json .* damaged"),
        (lambda path: (path / "walk.json").write_text("{}"), r"walk\.json .* damaged"),
        (lambda path: (path / "walk.json").unlink(), "holds no record: make one with python -m wgan_helpers.record"),
    ],
)
def test_a_damaged_record_is_said_in_one_line(damage, words, tmp_path):
    record.record({"walk": walk()}, tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=words) as refusal:
        recorded.load("fig3", tmp_path)
    assert "\n" not in str(refusal.value)
    assert "python -m wgan_helpers.record" in str(refusal.value)


def test_so_is_one_that_should_be_gone_on_with(tmp_path):
    (tmp_path / "walk.json").write_text("{")
    with pytest.raises(ValueError, match=r"walk\.json .* is damaged .*: delete walk\.json and make it again"):
        record.record({"walk": walk()}, tmp_path)


def test_an_unknown_record_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"unknown record 'fig33': did you mean 'fig3'\?"):
        recorded.load("fig33")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fig3", "--only", "wgan_gp"], "did you mean 'wgan-gp'?"),
        (["fig3", "--size", "7"], "size must be in [8, 1024]"),
        (["fig3", "--steps", "0"], "steps must be at least 1"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(arguments, words, tmp_path, capsys):
    assert record.main([*arguments, "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_an_unknown_figure_and_an_option_that_it_does_not_have_are_refused():
    with pytest.raises(ValueError, match="unknown figure 'fig33': did you mean 'fig3'"):
        record.runs_of("fig33")
    with pytest.raises(ValueError, match="unknown option of fig3 'seize': did you mean 'size'"):
        record.runs_of("fig3", seize=8)


def test_the_time_left_is_told(tmp_path, capsys, monkeypatch):
    clock = count(0, 60)  # a minute for each look at it
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    record.record({"walk": walk()}, tmp_path)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "walk (1 of 1): step 0 of 6, ? min left"
    assert told[1:] == [f"walk (1 of 1): step {step} of 6, {6 - step} min left" for step in range(1, 7)]


COMMITTED = [(figure, method) for figure in recorded.figures() for method in recorded.load(figure).about]


@pytest.mark.parametrize("figure", recorded.figures())
def test_the_command_would_make_what_is_committed(figure):
    runs, about = record.runs_of(figure), recorded.load(figure).about
    assert set(about) <= set(runs)
    for method, made in about.items():
        assert made["settings"] == json.loads(json.dumps(runs[method].settings))
        assert "with changes" not in made["commit"]


@pytest.mark.parametrize("method", [method for figure, method in COMMITTED if figure == "fig3" and method != "real"])
def test_a_committed_configuration_still_trains(method):
    settings = recorded.load("fig3").about[method]["settings"]
    config = gans.Config(**settings["config"] | {"steps": 10})
    *_, last = gans.train(config, images.load(**settings["source"]))
    assert last.step == 10
    assert last.finite


@pytest.mark.parametrize("method", [method for figure, method in COMMITTED if figure == "fig1"])
def test_a_committed_estimator_still_trains(method, tmp_path):
    *_, last = record.runs_of("fig1", steps=10)[method].rows(tmp_path / "checkpoint")
    assert last["step"] == 10
    assert np.isfinite(last["estimate"])
    assert last["exact"] == pytest.approx(recorded.load("fig1").frame["exact"].iloc[0], rel=1e-4)


@pytest.mark.parametrize("method", [method for figure, method in COMMITTED if figure == "fig7"])
def test_a_committed_gan_of_pictures_still_trains(method, tmp_path):
    made = recorded.load("fig7")
    run = record.runs_of("fig7", seeds=2, steps=10)[method]
    record.record({method: run}, tmp_path)
    again = recorded.load("fig7", tmp_path)
    rows = again.frame.to_dict("records")
    assert again.sheets[method].shape == made.sheets[method].shape
    assert [row["step"] for row in rows] == [0, 1]
    assert all(row["ratio"] > 0 and row["spread"] > 0 for row in rows)


def test_real_pictures_are_nearer_to_real_ones_than_an_untrained_generator_is():
    found = recorded.load("fig3")
    real = found.frame[found.frame["method"] == training_recorded.REAL].iloc[0]
    start = found.frame[found.frame["step"] == 0]
    assert real["frechet"] < 0.05 * start["frechet"].max()
