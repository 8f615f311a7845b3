"""The study of losses: its settings, its resumable results, its scale-out, its statistics."""

import os
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from wgan_helpers import gans, record, recorded
from wgan_helpers.lessons import (
    loss_judges,
    loss_recorded,
    loss_settings,
    loss_statistics,
    loss_study,
    monte_carlo,
    results,
)

LOSSES = ("ns", "wgan-gp")
SHORT = {"losses": LOSSES, "count": 4, "base": replace(loss_settings.BASE, hidden=8, batch=16, steps=3)}


# settings


@pytest.mark.parametrize("loss", loss_settings.LOSSES)
def test_settings_are_in_the_ranges_of_the_study(loss):
    default, *drawn = loss_settings.settings(loss, 200)
    assert (default.lr_critic, default.beta1, default.critic_steps) == loss_settings._DEFAULTS[loss][:3]
    assert all(c.objective == loss and c.lr_critic == c.lr_generator for c in (default, *drawn))
    rates, betas = (np.array([getattr(c, name) for c in drawn]) for name in ("lr_critic", "beta1"))
    assert 1e-5 < rates.min() < 2e-5 and 5e-3 < rates.max() < 1e-2
    assert abs(np.log10(rates).mean() + 3.5) < 0.25  # uniform in the logarithm
    assert 0 <= betas.min() and betas.max() < 1 and abs(betas.mean() - 0.5) < 0.1
    assert {c.critic_steps for c in drawn} == {1, 5}
    assert len({c.seed for c in drawn}) == len(drawn)


@pytest.mark.parametrize(
    ("loss", "name", "low", "high"),
    [
        ("wgan-gp", "penalty", 0.1, 100),
        ("dragan", "penalty", 0.1, 100),
        ("wgan", "clip", 1e-3, 1),
        ("began", "balance_rate", 1e-4, 1e-2),
        ("began", "diversity", 0, 1),
    ],
)
def test_what_a_loss_has_alone(loss, name, low, high):
    drawn = [getattr(c, name) for c in loss_settings.settings(loss, 100)[1:]]
    assert low <= min(drawn) and max(drawn) <= high and len(set(drawn)) == 99
    others = {getattr(c, name) for c in loss_settings.settings("ns", 100)}
    assert others == {getattr(loss_settings.BASE, name)}


def test_fewer_settings_are_the_first_of_more_and_a_seed_changes_them():
    assert loss_settings.settings("wgan", 5) == loss_settings.settings("wgan", 9)[:5]
    assert loss_settings.settings("wgan", 5, seed=1)[1:] != loss_settings.settings("wgan", 5)[1:]


# the study


def test_a_row_for_each_loss_and_setting():
    frame = loss_study.measure(**SHORT, data="Swiss roll")
    assert frame[["loss", "setting"]].to_numpy().tolist() == [[loss, i] for loss in LOSSES for i in range(4)]
    assert frame["key"].is_unique and frame["finite"].all()
    assert frame[["precision", "recall", "f1"]].stack().between(0, 1).all()
    both = frame["precision"] + frame["recall"]
    harmonic = (2 * frame["precision"] * frame["recall"] / both.where(both > 0)).fillna(0)
    np.testing.assert_allclose(frame["f1"], harmonic)


def test_a_setting_trains_as_it_would_alone():
    frame = loss_study.measure(**SHORT, data="Swiss roll")
    config = loss_settings.settings("wgan-gp", 4, SHORT["base"])[2]
    *_, last = gans.train(config, loss_judges.DATA["Swiss roll"].source)
    alone = gans.metrics.precision_recall(
        last.sample(2000), loss_judges.DATA["Swiss roll"].source, loss_judges.DATA["Swiss roll"].tolerance
    )
    row = frame[(frame["loss"] == "wgan-gp") & (frame["setting"] == 2)].iloc[0]
    assert row["precision"] == pytest.approx(alone.precision.item(), abs=0.01)


def test_a_model_that_diverged_scores_nothing():
    models = loss_study._wanted(loss_settings.settings("ns", 2, SHORT["base"]), "ring")
    game = gans.Game([m.config for m in models], loss_judges.DATA["ring"].source)
    game.generator.biases[-1].data[1] = float("nan")
    frame = loss_study._judge("ring", models, game.snapshot())
    assert frame["finite"].tolist() == [True, False]
    assert frame.loc[1, ["precision", "recall", "f1"]].tolist() == [0, 0, 0]


def test_triangles_with_a_little_noise_are_right_and_the_mean_picture_is_not():
    judge = loss_judges.DATA["triangles"]
    noise = torch.Generator().manual_seed(1)
    real = judge.source.sample(400, torch.Generator().manual_seed(3))
    noisy = real + 0.1 * torch.randn(real.shape, generator=noise)
    mean = judge.source.mean.float().expand_as(real)
    scores = judge(torch.stack([real, noisy, mean]))
    assert scores["precision"][0] == 1 and scores["recall"][0] > 0.9
    assert scores["precision"][1] > 0.9 and scores["precision"][2] == 0


@pytest.mark.parametrize("data", ["digits", "faces"])
def test_pictures_are_judged_by_their_distance_to_real_ones(data):
    judge = loss_judges.DATA[data]
    real, other = (judge.source.sample(1500, torch.Generator().manual_seed(seed)) for seed in (0, 3))
    worse = 0.5 * real + 0.5 * other  # two in one
    (near, far) = judge(torch.stack([other, worse]))["frechet"].tolist()
    assert 0 < near < far / 3
    models = loss_study._wanted(loss_settings.settings("ns", 2, SHORT["base"]), data)
    game = gans.Game([m.config for m in models], judge.source)
    next(game.generator.parameters()).data[1] = float("nan")
    frame = loss_study._judge(data, models, game.snapshot())
    assert frame.loc[0, "frechet"] > far
    assert frame.loc[1, "frechet"] == judge(torch.zeros(1, 2000, judge.source.dim))["frechet"].item() > far


def test_of_frechet_distances_the_least_is_best():
    scores = {"frechet": [3.0, 1.0, 9.0], "finite": [True, True, False]}
    frame = pd.DataFrame({"loss": "ns", "data": "digits", "setting": range(3), **scores})
    assert loss_statistics.summary(frame).loc["ns", ["default", "best"]].tolist() == [3, 1]
    found = loss_statistics.best_of(frame, budgets=(1, 50)).set_index("budget")
    assert found.loc[1, "high"] == 9 and found.loc[50, "mean"] == 1
    figure, (left, right) = plt.subplots(1, 2)
    loss_study.plot(frame, left)
    loss_study.plot_budget(frame, right)
    figure.canvas.draw()
    assert left.get_yscale() == right.get_yscale() == "log"


def test_a_study_that_was_killed_goes_on_where_it_was(tmp_path, monkeypatch):
    path, trained = tmp_path / "study.db", []
    train = loss_study._train

    def killed(data, part, device):
        if trained:
            raise SystemExit
        trained.extend(part)
        return train(data, part, device)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(loss_study, "_train", killed)
        loss_study.measure(**SHORT, database=path)
    first = results.Results(path).frame()
    assert 0 < len(first) == len(trained) < 8

    again = []
    monkeypatch.setattr(
        loss_study, "_train", lambda data, part, device: again.extend(part) or train(data, part, device)
    )
    frame = loss_study.measure(**SHORT, database=path)
    assert {m.key for m in again}.isdisjoint(m.key for m in trained)
    assert len(frame) == 8 == len(results.Results(path).frame())
    at_once = loss_study.measure(**SHORT)
    pd.testing.assert_frame_equal(frame.drop(columns="seconds"), at_once.drop(columns="seconds"), rtol=1e-5)


def test_more_settings_add_to_a_study(tmp_path):
    path = tmp_path / "study.db"
    few = loss_study.measure(**{**SHORT, "count": 2}, database=path)
    many = loss_study.measure(**SHORT, database=path)
    pd.testing.assert_frame_equal(many[many["setting"] < 2].reset_index(drop=True), few)
    other = loss_study.measure(**{**SHORT, "count": 2}, data="grid", database=path)
    assert len(other) == 4 and set(other["key"]).isdisjoint(many["key"])


def test_one_database_serves_data_with_other_scores(tmp_path):
    path = tmp_path / "study.db"
    pictures = loss_study.measure(**SHORT, data="digits", database=path)
    plane = loss_study.measure(**SHORT, database=path)
    assert loss_statistics.score_of(pictures) == "frechet" and loss_statistics.score_of(plane) == "f1"
    assert loss_statistics.summary(plane)["best"].notna().all()
    assert loss_study.measure(**SHORT, data="digits", database=path).equals(pictures)
    assert plane["precision"].between(0, 1).all() and (plane["arithmetic"] == "float32").all()


def test_two_studies_at_once_share_a_database(tmp_path):
    path = tmp_path / "study.db"
    with ThreadPoolExecutor(2) as pool:
        frames = list(pool.map(lambda _: loss_study.measure(**SHORT, database=path), range(2)))
    assert frames[0].equals(frames[1]) and len(results.Results(path).frame()) == 8


def test_no_result_is_lost_or_doubled_when_a_worker_of_a_cluster_is_killed(tmp_path):
    from distributed import Client, LocalCluster

    setting = {**SHORT, "count": 24, "base": replace(SHORT["base"], steps=400)}
    with (
        LocalCluster(n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        pids = client.run(os.getpid)

        def kill_one():
            time.sleep(1.0)
            os.kill(next(iter(pids.values())), signal.SIGKILL)

        killer = threading.Thread(target=kill_one)
        killer.start()
        frame = loss_study.measure(**setting, executor=client, database=tmp_path / "study.db")
        assert not killer.is_alive()  # so it struck in mid-run
    assert len(frame) == 48 and frame["key"].is_unique
    assert len(results.Results(tmp_path / "study.db").frame()) == 48


def where(_):
    from distributed import get_worker

    return pd.DataFrame({"worker": [get_worker().name]})


def test_an_executor_with_resources_trains_on_those_workers_only():
    from distributed import Client, Scheduler, SpecCluster, Worker

    bare = {"cls": Worker, "options": {"nthreads": 1}}
    with_gpu = {"cls": Worker, "options": {"nthreads": 1, "resources": {"GPU": 1}}}
    scheduler = {"cls": Scheduler, "options": {"dashboard": False, "port": 0}}
    with (
        SpecCluster(workers={"bare": bare, "with GPU": with_gpu}, scheduler=scheduler) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        gpus = client.get_executor(resources={"GPU": 1})
        frame = monte_carlo.collect(where, [(i,) for i in range(8)], gpus)
        assert set(frame["worker"]) == {"with GPU"}
        there = loss_study.measure(**SHORT, executor=gpus)
    pd.testing.assert_frame_equal(there.drop(columns="seconds"), loss_study.measure(**SHORT).drop(columns="seconds"))


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="device 'gpu' is not to be had here: 'cpu' always is"):
        loss_study.measure(**SHORT, device="gpu")


def test_what_is_recorded_is_the_study(tmp_path):
    runs = record.runs_of("losses", steps=2)
    assert list(runs)[:7] == list(loss_settings.LOSSES) and len(runs) == len(loss_recorded.STUDIES) * 7
    record.record({loss: runs[loss] for loss in ("wgan", "ns")}, tmp_path)
    frame = loss_recorded.of_record(recorded.load("losses", tmp_path))
    base = replace(loss_settings.BASE, steps=2)
    expected = loss_study.measure(("ns", "wgan"), count=100, base=base)
    assert frame["loss"].tolist() == expected["loss"].tolist() and frame["setting"].tolist() == [
        *range(100),
        *range(100),
    ]
    for name in ("precision", "recall", "f1", "lr_critic", "clip"):
        np.testing.assert_allclose(frame[name], expected[name], rtol=1e-4)
    assert loss_statistics.summary(frame)["settings"].tolist() == [100, 100]


# the database


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and longer than its header would be " * 4)
    with pytest.raises(ValueError, match=r"notes\.txt is not a database: give another path, or delete it"):
        loss_study.measure(**SHORT, database=path)


def test_a_database_that_cannot_be_opened_is_an_error_in_words(tmp_path):
    with pytest.raises(OSError, match="could not be read or written: unable to open"):
        loss_study.measure(**SHORT, database=tmp_path / "missing" / "study.db")


def test_rows_are_added_all_or_none(tmp_path):
    store = results.Results(tmp_path / "study.db")
    store.add(pd.DataFrame({"key": ["a", "b"], "f1": [0.5, float("nan")]}))
    store.add(pd.DataFrame({"key": ["b", "c"], "f1": [0.9, 0.1], "more": [1, 2]}))
    frame = store.frame()
    assert frame["key"].tolist() == ["a", "b", "c"]
    assert frame["f1"].isna().tolist() == [False, True, False]
    assert store.frame({"c"})["more"].tolist() == [2]
    assert sqlite3.connect(tmp_path / "study.db").execute("SELECT count(*) FROM results").fetchone() == (3,)


# statistics


def test_the_best_of_a_budget_is_the_expected_maximum_of_so_many_draws():
    frame = pd.DataFrame({"loss": "ns", "f1": np.arange(1, 5) / 4})
    found = loss_statistics.best_of(frame, budgets=(1, 3), draws=20_000).set_index("budget")
    expected = {k: sum(((i / 4) ** k - ((i - 1) / 4) ** k) * i / 4 for i in range(1, 5)) for k in (1, 3)}
    assert found["mean"].to_dict() == pytest.approx(expected, abs=0.01)
    assert found.loc[1, ["low", "high"]].tolist() == [0.25, 1.0]


def test_budgets_are_powers_of_two_up_to_all():
    frame = pd.DataFrame({"loss": "ns", "f1": np.linspace(0, 1, 20)})
    assert loss_statistics.best_of(frame)["budget"].tolist() == [1, 2, 4, 8, 16]


def test_sensitivity_is_a_rank_correlation_with_what_was_drawn():
    drawn = pd.DataFrame([vars(c) for c in loss_settings.settings("wgan", 30)])
    frame = drawn.assign(loss="wgan", f1=drawn["lr_critic"] ** 3)
    found = loss_statistics.sensitivity(frame).loc["wgan"]
    assert found["learning rate"] == pytest.approx(1)
    assert found[["penalty", "diversity"]].isna().all() and found["clip"] == pytest.approx(0, abs=0.5)


def test_plots_say_what_they_show():
    frame = loss_study.measure(**SHORT)
    figure, (left, right) = plt.subplots(1, 2)
    loss_study.plot(frame, left, "recall")
    loss_study.plot_budget(frame, right)
    assert "recall" in left.get_ylabel() and "4 settings" in left.get_title()
    assert [label.get_text() for label in left.get_xticklabels()] == list(LOSSES)
    assert "budget" in right.get_xlabel()
    plt.close(figure)


def test_the_figure_lives_and_keeps_what_it_trained():
    figure = loss_study.explore()
    try:
        figure._controls["count"].widget.value = 2
        figure._controls["steps"].widget.value = 100
        figure.settle(120)
        assert figure.error is None and figure.png
        before = time.monotonic()
        figure._controls["score"].widget.value = "recall"
        figure.settle(5)
        assert time.monotonic() - before < 5 and figure.error is None
    finally:
        figure.close()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"losses": ("wgan-gl",)}, "did you mean 'wgan-gp'"),
        ({"data": "rings"}, "did you mean 'ring'"),
        ({"count": 0}, "count must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_bad_input(settings, line):
    with pytest.raises(ValueError, match=line):
        loss_study.measure(**{**SHORT, **settings})
