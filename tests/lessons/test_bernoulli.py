"""Theorem 5.1.1, exactly."""

import numpy as np
import pytest

from wgan_helpers.lessons import bernoulli


def test_the_expected_loss_has_another_minimum_than_the_true_one():
    frame = bernoulli.measure(0.3, 5)
    assert frame["minimiser"].iloc[0] == pytest.approx(0.2)
    lowest = frame.loc[frame["expected_loss"].idxmin(), "theta"]
    assert lowest == pytest.approx(0.2, abs=1e-9)
    assert frame.loc[frame["true_loss"].idxmin(), "theta"] == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize("both_sampled", [False, True])
def test_the_expected_gradient_is_the_slope_of_the_expected_loss(both_sampled):
    frame = bernoulli.measure(0.4, 7, both_sampled=both_sampled, points=2001)
    middle = (frame["expected_gradient"].to_numpy()[1:] + frame["expected_gradient"].to_numpy()[:-1]) / 2
    slope = np.diff(frame["expected_loss"]) / np.diff(frame["theta"])
    # the exact generator's gradient is a staircase: away from its seven steps the two agree
    assert np.mean(np.abs(slope - middle) < 1e-3) > 0.98


def test_the_loss_is_biased_upwards_everywhere():
    for both_sampled in (False, True):
        frame = bernoulli.measure(0.3, 8, both_sampled=both_sampled)
        assert (frame["expected_loss"] >= frame["true_loss"] - 1e-12).all()


def test_there_is_a_bad_pair_for_every_minibatch_size():
    frame = bernoulli.measure_bias(sizes=(*range(1, 200), 10**3, 10**4, 10**6))
    assert (frame["biased_pair"] >= bernoulli.PAPER_BOUND).all()


def test_at_a_fixed_target_the_worst_bias_tends_to_one():
    frame = bernoulli.measure_bias(0.3, sizes=(1001, 10**5 + 1))
    assert frame["fixed_target"].iloc[-1] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("theta_star", [0.0, 1.0])
def test_targets_at_the_ends_are_no_trouble(theta_star):
    assert np.isfinite(bernoulli.measure(theta_star, 3).to_numpy(float)).all()
    assert np.isfinite(bernoulli.measure_bias(theta_star)["fixed_target"]).all()


def test_the_pictures_show_loss_and_gradient():
    frame = bernoulli.measure(0.3, 5)
    for quantity in ("loss", "gradient"):
        ax = bernoulli.plot(frame, quantity=quantity)
        drawn = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
        np.testing.assert_allclose(drawn[f"expected sample {quantity}"], frame[f"expected_{quantity}"])


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"theta_star": 1.5}, r"theta_star must be in \[0, 1\], got 1.5"),
        ({"n": 0}, "n must be at least 1, got 0"),
        ({"points": 1}, "points must be at least 2, got 1"),
    ],
)
def test_bad_settings_are_refused_in_one_line(setting, says):
    with pytest.raises(ValueError, match=says):
        bernoulli.measure(**setting)


def test_an_unknown_quantity_names_the_nearest():
    with pytest.raises(ValueError, match="unknown quantity 'gradiant': did you mean 'gradient'"):
        bernoulli.plot(bernoulli.measure(), quantity="gradiant")
