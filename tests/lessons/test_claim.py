"""Faces that fade: what a minibatch says of them, and what is true."""

import numpy as np
import pytest
import torch

from wgan_helpers import record as recorded_run
from wgan_helpers import transport
from wgan_helpers.lessons import batches, claim, training_estimation, training_recorded


@pytest.mark.parametrize("share", [0.0, 0.35, 1.0])
def test_the_true_distance_is_that_between_all_pictures_and_all_faded_ones(share):
    law = batches.pictures("digits", None)
    every = torch.cat([block.flatten(1) for block in law.blocks()]).double()
    exact = float(transport.wasserstein1(claim.faded(every, law.mean, share), every))
    assert share * claim.radius("digits") == pytest.approx(exact, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("n", [16, 64, 256])
def test_faces_that_fade_half_way_are_nearer_to_a_minibatch_than_real_ones(n):
    frame = claim.measure(shares=(0, 0.5), n=n, repetitions=4)
    wide = frame.pivot(index="repetition", columns="share", values="minibatch")
    assert (wide[0.5] < 0.95 * wide[0.0]).all()
    assert (frame["true"] == frame["share"] * claim.radius("faces")).all()


def test_at_the_end_of_the_way_stands_the_mean_picture():
    law, n = batches.pictures("digits", None), 20
    found = claim.measure("digits", (1,), n, repetitions=3)["minibatch"]
    real = torch.stack([claim._pair("digits", n, 0, repetition)[0] for repetition in range(3)])
    np.testing.assert_allclose(found, batches.mean_batch_w1(real, law.mean), rtol=1e-5)


def test_the_two_minibatches_have_no_picture_in_common():
    one, two = claim._pair("digits", 300, 0, 0)
    assert torch.cdist(one, two).min() > 0


def test_the_same_seed_gives_the_same_rows_wherever_they_begin():
    frame = claim.measure("digits", (0.2, 0.4), 10, repetitions=12)
    assert frame.equals(claim.measure("digits", (0.2, 0.4), 10, repetitions=12))
    assert len(frame) == 24
    again = claim.measure("digits", (0.4,), 10, repetitions=12)["minibatch"]
    np.testing.assert_allclose(again, frame.loc[frame["share"] == 0.4, "minibatch"])


def test_the_picture_shows_the_means_the_truth_and_the_marked_share():
    frame = claim.measure("digits", (0, 0.5, 1), 10, repetitions=3)
    ax = claim.plot(frame, share=0.5)
    means = frame.groupby("share")[["minibatch", "true"]].mean()
    np.testing.assert_allclose(ax.lines[0].get_ydata(), means["minibatch"])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), means["true"])
    assert [float(line.get_ydata()[0]) for line in ax.lines[2:4]] == pytest.approx([*means.loc[0.5]])


def test_the_live_figure_measures_its_curve_once_and_follows(monkeypatch):
    compare, asked = claim._compare, []
    monkeypatch.setattr(claim, "_compare", lambda *settings: asked.append(settings) or compare(*settings))
    figure = claim.explore("digits", n=16)
    figure.settle()
    before, count = figure.png, len(asked)
    figure.at(share=0.5).settle()
    assert figure.error is None
    assert figure.png != before
    assert len(asked) == count > 1
    assert sum(len(settings[-1]) for settings in asked) == 20
    figure.close()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"data": "faeces"}, "unknown data 'faeces': did you mean 'faces'"),
        ({"shares": (1.1,)}, r"share must be in \[0, 1\], got 1.1"),
        ({"n": 0}, "n must be at least 1, got 0"),
    ],
)
def test_bad_arguments_are_refused(arguments, line):
    with pytest.raises(ValueError, match=line):
        claim.measure(**arguments)


def test_the_critics_say_what_was_recorded():
    record = recorded_run.load("fig3")
    figure = claim.plot_critics(record)
    titles = [ax.get_title() for ax in figure.axes]
    summary = training_estimation.summary(training_recorded.curves(record))
    assert titles[0] == "real"
    for title, name in zip(titles[1:], ("wgan-gp", "c-transform"), strict=True):
        estimate, exact = summary.loc[name, ["estimate", "exact"]]
        assert title == f"{name}: its critic\nsays {estimate:.2f}, exact {exact:.2f}"
