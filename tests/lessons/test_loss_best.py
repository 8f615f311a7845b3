"""The best settings with other seeds."""

from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from wgan_helpers import gans, record, recorded
from wgan_helpers.lessons import loss_best, loss_recorded, loss_settings, loss_study

SHORT = replace(loss_settings.BASE, hidden=8, batch=16, steps=3)


def test_the_best_setting_of_each_loss_is_that_of_the_highest_score_and_of_the_least_distance():
    frame = pd.DataFrame({"loss": ["ns"] * 3 + ["mm"] * 3, "setting": [0, 1, 2] * 2, "f1": [0, 0.7, 0.2, 0.9, 0, 0]})
    count, base = loss_recorded.STUDIES["ring"]
    best = loss_best.best_of_study(frame)
    assert best == {loss: loss_settings.settings(loss, count, base)[k] for loss, k in (("mm", 0), ("ns", 1))}
    digits = loss_best.best_of_study(frame.rename(columns={"f1": "frechet"}), "digits")
    assert digits["ns"] == loss_settings.settings("ns", *loss_recorded.STUDIES["digits"])[0]


def test_other_seeds_give_other_models_of_the_same_setting():
    config = loss_settings.settings("ns", 3, SHORT)[2]
    frame = loss_best.measure([config], "Swiss roll", repetitions=3)
    assert frame["setting"].tolist() == [0, 1, 2]
    assert (frame["lr_critic"] == config.lr_critic).all()
    assert frame["seed"].is_unique and config.seed not in set(frame["seed"])
    alone = loss_study.train([replace(config, seed=int(frame.loc[1, "seed"]))], "Swiss roll")
    for score in ("precision", "recall"):
        assert frame.loc[1, score] == pytest.approx(alone.loc[0, score], abs=0.01)


def test_what_is_recorded_goes_by_the_recorded_study():
    runs = record.runs_of("losses-best")
    study = loss_recorded.of_record(recorded.load("losses"))
    for loss, run in runs.items():
        best = study[study["loss"] == loss].sort_values("f1").iloc[-1]
        config = gans.Config(**run.settings["config"])
        assert config.lr_critic == pytest.approx(best["lr_critic"], rel=1e-5)
        assert config.seed == best["seed"]


def test_the_plot_says_what_it_shows():
    config = loss_settings.settings("ns", 1, SHORT)[0]
    frame = loss_best.measure([config], "Swiss roll", repetitions=2)
    ax = loss_best.plot(frame, frame)
    assert "2 other seeds" in ax.get_title()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["ns"]
    plt.close(ax.figure)


def test_no_seeds_are_refused():
    with pytest.raises(ValueError, match="repetitions must be at least 1"):
        loss_best.measure([SHORT], repetitions=0)
