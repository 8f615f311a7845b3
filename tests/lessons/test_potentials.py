"""Critics beside the exact Kantorovich potential."""

from dataclasses import replace

import matplotlib
import numpy as np
import pandas as pd
import pytest

from wgan_helpers import transport
from wgan_helpers.lessons import potentials
from wgan_helpers.lessons.estimators import BASE, Estimator, samples

SMALL = replace(BASE, hidden=32)
DATA = {"data": "Gaussian", "n": 64, "d": 10}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return potentials.measure(("c-transform", "wgan-gp"), 400, SMALL, **DATA)


def test_there_is_a_row_for_each_point(frame):
    assert len(frame) == 2 * 2 * 64
    assert (frame.groupby(["method", "sample"]).size() == 64).all()


def test_both_have_mean_zero_and_the_exact_one_is_worth_the_distance(frame):
    one = frame[frame["method"] == "wgan-gp"]
    np.testing.assert_allclose(one[["exact", "critic"]].mean(), 0, atol=1e-5)
    high, low = one[one["sample"] == "x"], one[one["sample"] == "y"]
    worth = high["exact"].mean() - low["exact"].mean()
    assert worth == pytest.approx(float(transport.wasserstein1(*samples(**DATA))), rel=1e-5)


def test_what_is_worth_more_is_nearer_point_by_point(frame):
    found = {name: potentials.correlation(group) for name, group in frame.groupby("method")}
    assert found["c-transform"] > 0.85 > found["wgan-gp"] > 0.2


def test_that_the_samples_differ_does_not_count():
    x = pd.DataFrame({"sample": "x", "exact": [10.0, 11.0, 12.0], "critic": [12.0, 11.0, 10.0]})
    y = x.assign(sample="y", exact=x["exact"] - 20, critic=x["critic"] - 20)
    assert potentials.correlation(pd.concat([x, y])) == pytest.approx(-1)
    assert np.isnan(potentials.correlation(x.assign(critic=1.0)))


def test_the_exact_potential_lies_on_the_line():
    pair = samples(**DATA)
    exact = transport.kantorovich_potentials(*pair)
    estimator = Estimator("c-transform", pair, SMALL)
    estimator.potentials = lambda: (exact[0] + 5, exact[1] - 5)  # another constant
    found = potentials.beside_exact(estimator, exact)
    np.testing.assert_allclose(found["critic"], found["exact"], atol=1e-5)


def test_there_is_a_panel_for_each_method(frame):
    figure = potentials.plot(frame)
    titles = [ax.get_title(loc=matplotlib.rcParams["axes.titlelocation"]) for ax in figure.axes if ax.lines]
    assert [title.split(":")[0] for title in titles] == ["c-transform", "gradient penalty"]
