"""How many dimensions a sample fills."""

import pytest
import torch

from wgan_helpers import images
from wgan_helpers.distributions import Gaussian, UniformCube
from wgan_helpers.lessons import intrinsic_dimension


@pytest.mark.parametrize("d", [1, 2, 5])
def test_a_law_that_fills_its_space_has_its_dimension(d):
    x = UniformCube(d).sample(4000, torch.Generator().manual_seed(d))
    assert intrinsic_dimension.two_nearest_neighbours(x) == pytest.approx(d, rel=0.08)


def test_a_plane_in_a_large_space_has_two_dimensions():
    generator = torch.Generator().manual_seed(0)
    plane = UniformCube(2).sample(3000, generator) @ torch.randn(2, 100, generator=generator)
    assert intrinsic_dimension.two_nearest_neighbours(plane) == pytest.approx(2, rel=0.08)


@pytest.mark.parametrize("dim", [3, 50])  # in high dimension two equal points have a distance of rounding errors
def test_points_that_come_twice_count_once(dim):
    x = UniformCube(dim).sample(1000, torch.Generator().manual_seed(1))
    doubled = torch.cat([x, x[:500]])
    assert intrinsic_dimension.two_nearest_neighbours(doubled) == intrinsic_dimension.two_nearest_neighbours(x)


def test_digits_fill_few_dimensions_and_so_the_mean_loses_there():
    row = intrinsic_dimension.measure([images.load("digits")]).iloc[0]
    assert 5 < row["intrinsic"] < 12
    assert row["ratio"] - 2 * row["error"] > 1


def test_the_mean_wins_where_the_dimension_is_high():
    frame = intrinsic_dimension.measure([Gaussian(4), Gaussian(64)])
    assert frame["ratio"].iloc[0] > 1 > frame["ratio"].iloc[1]
    assert frame["intrinsic"].is_monotonic_increasing


def test_every_law_is_drawn():
    frame = intrinsic_dimension.measure([Gaussian(2), Gaussian(4), images.load("digits")], n=8, points=200)
    labels = [text.get_text() for text in intrinsic_dimension.plot(frame).get_legend().get_texts()]
    assert labels == ["Gaussians (± 2 SE)", "digits, d = 64"]


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="x must have at least 3 different points, got 1"):
        intrinsic_dimension.two_nearest_neighbours(torch.zeros(5, 2))
