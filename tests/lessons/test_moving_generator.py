"""A discriminator that follows a generator: near the optimal one, or left behind."""

import numpy as np
import pytest

from wgan_helpers.lessons import moving_generator, optimal_discriminator


@pytest.fixture(scope="module")
def frame():
    return moving_generator.measure((1, 5), (0.02, 0.1), repetitions=3)


def test_it_is_judged_ten_times_along_the_way(frame):
    each = frame.groupby(["speed", "critic_steps"])
    assert each["step"].nunique().eq(10).all()
    assert each["step"].max().tolist() == [50, 50, 10, 10]
    assert frame["theta"].min() == pytest.approx(1)
    assert frame["theta"].max() == pytest.approx(1.9)


def test_a_discriminator_follows_a_slow_generator_and_loses_a_fast_one(frame):
    share = optimal_discriminator.missing(frame, ["speed", "critic_steps"])["missing"]
    assert share[0.02, 5] < share[0.02, 1] < share[0.1, 1]
    assert share[0.02, 5] < 0.1
    assert share[0.1, 1] > 0.2


def test_no_discriminator_sees_more_than_the_divergence(frame):
    assert (frame["estimate"] < frame["divergence"]).all()


def test_the_picture_shows_the_means(frame):
    share = optimal_discriminator.missing(frame, ["speed", "critic_steps"])["missing"]
    lines = moving_generator.plot(frame).lines
    np.testing.assert_allclose(lines[0].get_ydata(), 100 * share[0.02])
    np.testing.assert_allclose(lines[1].get_ydata(), 100 * share[0.1])


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match=r"speed must be in \[0.001, 0.1\]"):
        moving_generator.measure(speeds=(2.0,))
    with pytest.raises(ValueError, match="critic_steps must be at least 1"):
        moving_generator.measure((0,))
