"""§5.2 and §6: free points go where the loss wants them."""

import time

import pytest

from wgan_helpers import images
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import kmeans, particles

PLAIN, DEBIASED = "entropic, not debiased", "entropic, debiased"


@pytest.fixture(scope="module")
def spread():
    settings = [("W₁", 0.0), (PLAIN, 1.0), (PLAIN, 1000.0), (DEBIASED, 1000.0), ("energy distance", 0.0)]
    frame = particles.measure(settings, dim=50, steps=200, repetitions=2)
    return frame.groupby(["loss", "epsilon"])["spread"].mean()


def test_without_debiasing_the_points_collapse(spread):
    assert spread[PLAIN, 1.0] < 0.05
    assert spread[PLAIN, 1000.0] < 0.05


def test_with_debiasing_and_large_epsilon_they_keep_their_spread(spread):
    assert spread[DEBIASED, 1000.0] == pytest.approx(1, abs=0.05)
    assert spread["energy distance", 0.0] == pytest.approx(1, abs=0.05)


def test_w1_shrinks_them_in_high_dimension(spread):
    assert 0.2 < spread["W₁", 0.0] < 0.5


def test_the_points_start_as_a_real_sample():
    first = next(particles.descend(Gaussian(50), "W₁", 0.0))
    assert first.step == 0
    assert particles.mean_radius(first.x, Gaussian(50)) == pytest.approx(50**0.5, rel=0.05)


def test_every_step_is_told():
    steps = [moment.step for moment in particles.descend(Gaussian(2), "energy distance", 0.0, k=4, n=8, steps=5)]
    assert steps == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("loss", ["W₁", "W₂"])
def test_on_digits_free_points_end_near_the_centroids_and_far_from_real_digits(loss):
    found = kmeans.measure(images.load("digits"), [loss], steps=300, repetitions=2).mean(numeric_only=True)
    assert found["to_centroids"] < 0.5 * found["to_samples"]
    assert found["to_samples"] < found["between_samples"]


def test_the_distances_are_those_of_the_points():
    digits = images.load("digits")
    frame = kmeans.measure(digits, ["W₁"], steps=1, k=9, n=9, repetitions=1)
    # after one short step the points are still nearly the real sample that they started as
    assert frame["to_samples"].iloc[0] == pytest.approx(frame["between_samples"].iloc[0], rel=0.15)


def test_the_pictures_show_the_measurements():
    frame = particles.measure([("W₁", 0.0)], dim=2, steps=3, repetitions=2)
    assert particles.plot(frame).patches[0].get_width() == pytest.approx(frame["spread"].mean())
    where = kmeans.measure(Gaussian(2), ["W₁", "W₂"], steps=2, repetitions=1)
    heights = [bar.get_height() for bar in kmeans.plot(where).patches]
    assert heights == pytest.approx([*where["to_centroids"], *where["to_samples"]])


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"loss": "w1"}, "unknown loss 'w1': .*known are 'W₁'"),
        ({"k": 0}, "k must be at least 1"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"loss": DEBIASED, "epsilon": 0.0}, "epsilon must be positive"),
    ],
)
def test_bad_settings_are_refused_in_one_line(setting, says):
    with pytest.raises(ValueError, match=says):
        list(particles.descend(Gaussian(2), **({"loss": "W₁", "epsilon": 1.0, "steps": 2} | setting)))


@pytest.mark.parametrize("lesson", [particles, kmeans])
def test_its_picture_can_be_saved_while_it_computes(lesson):
    figure = lesson.explore()
    while not figure.png:
        time.sleep(0.05)
    for _ in range(5):
        assert figure._drawing.file("svg").startswith(b"<?xml")
    assert figure.error is None
    figure.close()
