"""What φ ≡ 0 says of W₁, by dimension."""

import numpy as np
import pytest

from wgan_helpers.lessons import head_start


def test_of_two_points_it_is_exact():
    frame = head_start.measure((1, 7), n=1)
    np.testing.assert_allclose(frame["share"], 1, rtol=1e-6)


def test_it_is_never_more_than_the_distance_and_grows_with_the_dimension():
    frame = head_start.measure((1, 2, 10, 100, 1000), n=128)
    assert (frame["share"] <= 1 + 1e-6).all()
    share = frame.groupby("d")["share"].mean()
    assert (share.diff().dropna() > 0).all()
    assert share[2] < 0.75
    assert share[1000] > 0.98


def test_the_same_seed_gives_the_same_rows_and_each_pair_its_own():
    one, two = (head_start.measure((3,), n=20, repetitions=12, seed=seed) for seed in (0, 0))
    assert one.equals(two)
    assert one["exact"].nunique() == 12


def test_the_picture_shows_the_means():
    frame = head_start.measure((2, 5), n=30)
    ax = head_start.plot(frame)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 100 * frame.groupby("d")["share"].mean())


def test_the_live_figure_follows():
    figure = head_start.explore()
    figure._controls["n"].widget.value = 16
    figure.settle()
    assert figure.error is None
    figure.close()


def test_bad_numbers_are_refused():
    with pytest.raises(ValueError, match="d must be at least 1"):
        head_start.measure((0,))
