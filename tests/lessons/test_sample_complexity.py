"""Figure 4: the numbers, and what is drawn of them."""

import numpy as np
import pytest

from wgan_helpers.distributions import Gaussian, UniformCube
from wgan_helpers.lessons import sample_complexity

# an independent implementation, 100 repetitions in float64: mean, standard error
REFERENCE = {10: (2.5946, 0.0060), 50: (2.4264, 0.0024), 100: (2.3631, 0.0014), 250: (2.2878, 0.0008)}


def test_figure_4_agrees_with_an_independent_implementation():
    frame = sample_complexity.measure(sizes=tuple(REFERENCE), repetitions=100)
    ours = frame.groupby("n")["w1"].agg(["mean", "sem"])
    for n, (mean, error) in REFERENCE.items():
        assert abs(ours.loc[n, "mean"] - mean) < 4 * np.hypot(ours.loc[n, "sem"], error)


@pytest.mark.parametrize(("law", "expected"), [(UniformCube(1), 1 / 3), (Gaussian(1), 2 / np.pi**0.5)])
def test_for_single_points_it_is_the_mean_distance_of_two_draws(law, expected):
    w1 = sample_complexity.measure(law, sizes=(1,), repetitions=4000)["w1"]
    assert abs(w1.mean() - expected) < 4 * w1.sem()


def test_decay_is_slower_in_higher_dimension():
    slopes = [sample_complexity.slope(sample_complexity.measure(UniformCube(d), repetitions=10)) for d in (1, 5, 50)]
    assert slopes[0] < slopes[1] < slopes[2] < 0
    assert slopes[0] == pytest.approx(-0.5, abs=0.08)


def test_every_parameter_is_a_column():
    frame = sample_complexity.measure(Gaussian(2), sizes=(3, 5), repetitions=4, seed=7)
    assert list(frame.columns) == ["law", "dim", "n", "repetition", "seed", "w1"]
    assert len(frame) == 8
    assert set(frame["seed"]) == {7}


def test_the_picture_shows_the_means():
    frame = sample_complexity.measure(Gaussian(2), sizes=(3, 5), repetitions=4)
    ax = sample_complexity.plot(frame)
    line = ax.get_lines()[0]
    np.testing.assert_allclose(line.get_ydata(), frame.groupby("n")["w1"].mean())
    assert ax.get_xlabel() == "sample size n (points)"


@pytest.mark.parametrize(
    ("setting", "error", "says"),
    [
        ({"repetitions": 0}, ValueError, "repetitions must be at least 1, got 0"),
        ({"sizes": (10, 0)}, ValueError, "sizes must be at least 1, got 0"),
        ({"sizes": (2.5,)}, TypeError, "sizes must be an integer, got 2.5"),
        ({"sizes": ()}, ValueError, "sizes is empty"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
    ],
)
def test_bad_settings_are_refused_in_one_line(setting, error, says):
    with pytest.raises(error, match=says):
        sample_complexity.measure(**setting)
