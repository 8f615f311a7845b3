"""How like centroids of k-means pictures are: by hand, for what needs no training, and for bad input."""

import pytest
import torch

from wgan_helpers import images
from wgan_helpers.lessons.likeness import REFERENCES, likeness, parts, references, sharpness

SHAPE = (1, 4, 4)


@pytest.fixture(scope="module")
def digits():
    return images.load("digits")


@pytest.fixture(scope="module")
def known(digits):
    return references(digits, 64).set_index("variant")


def picture(*first: float) -> torch.Tensor:
    """A picture of 4 × 4 pixels that begins with these."""
    return torch.tensor([*first, *(16 - len(first)) * [0.0]])


def test_the_ratio_is_that_of_the_distances():
    generated = torch.stack([picture(0.5), picture(0.0, 0.5)])
    centroids = torch.stack([picture(0.4), picture(0.0, 0.0, 1.0)])
    real = torch.stack([picture(0.7), picture(0.0, 0.3)])
    found = likeness(generated, real, centroids, SHAPE)
    to_second = (0.4**2 + 0.5**2) ** 0.5
    assert found.to_centroid == pytest.approx((0.1 + to_second) / 2)
    assert found.to_real == pytest.approx((0.2 + 0.2) / 2)
    assert found.ratio == pytest.approx(found.to_centroid / found.to_real)
    assert found.spread == pytest.approx(0.5**0.5 / (0.7**2 + 0.3**2) ** 0.5)
    assert found.cells == 1


def test_centroids_are_more_like_centroids_than_blurred_and_those_than_real_pictures(known):
    real, another, blurred, mean = REFERENCES
    assert known.loc[another, "ratio"] < 0.8 * known.loc[blurred, "ratio"] < 0.8 * known.loc[real, "ratio"]
    assert known.loc[mean, "ratio"] < known.loc[real, "ratio"]  # which is why the ratio does not come alone


def test_the_centroids_themselves_have_ratio_0_and_fill_all_cells(digits):
    found = (known := parts(digits, 16)).judge(known.centroids)
    assert found.ratio == pytest.approx(0, abs=1e-3)
    assert found.cells == 16


def test_real_pictures_are_as_sharp_and_as_far_apart_as_real_ones(known):
    assert known.loc["real pictures", ["sharpness", "spread"]].tolist() == pytest.approx([1, 1], abs=0.05)


def test_averages_are_less_sharp_and_less_varied(known):
    averages = known.loc[list(REFERENCES[1:])]
    assert (averages["sharpness"] < 0.8).all()
    assert (averages["spread"] < 0.95).all()
    assert known.loc["mean picture", "spread"] == 0
    assert known.loc["mean picture", "cells"] == 1


def test_a_ramp_has_no_sharpness_and_twice_the_contrast_four_times_as_much():
    ramp = torch.arange(25.0).reshape(1, 25) / 25
    assert sharpness(ramp, (1, 5, 5)) == pytest.approx(0, abs=1e-10)
    noise = torch.rand(4, 75, generator=torch.Generator().manual_seed(0)) / 2
    assert sharpness(2 * noise, (3, 5, 5)) == pytest.approx(4 * sharpness(noise, (3, 5, 5)))


def test_sharpness_is_the_variance_of_laplaces_filter():
    dot = torch.zeros(1, 5, 5)
    dot[0, 2, 2] = 1.0
    answers = torch.tensor([0, 1, 0, 1, -4, 1, 0, 1, 0.0])
    assert sharpness(dot.flatten(1), (1, 5, 5)) == pytest.approx(float(answers.var(correction=0)))


def test_the_parts_share_no_picture(digits):
    marked = images.Pictures(torch.arange(100.0).reshape(100, 1, 1, 1).expand(-1, 1, 4, 4) / 100, "numbers", "here")
    known = parts(marked, 4)
    numbers = [(x[:, 0] * 100).round().int().tolist() for x in (known.train.flat, known.real, known.unseen)]
    assert [len(part) for part in numbers] == [60, 20, 20]
    assert sorted(number for part in numbers for number in part) == list(range(100))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"generated": torch.rand(5, 8)}, r"generated must be at least 2 flattened pictures \(n, 16\), got \(5, 8\)"),
        ({"generated": torch.rand(1, 16)}, "generated must be at least 2"),
        ({"real": torch.rand(4, 1, 4, 4)}, "real must be at least 2 flattened pictures"),
        ({"centroids": torch.full((2, 16), torch.nan)}, "centroids must be finite, got NaN in 2 of 2"),
        ({"shape": (16,)}, "shape must be"),
        ({"shape": (16, 1, 1)}, "at least 4 × 4"),
        ({"generated": torch.zeros(2, 16), "real": torch.zeros(2, 16)}, "among the real ones"),
        ({"real": torch.full((4, 16), 0.5)}, "the real pictures must differ"),
    ],
)
def test_bad_input_is_refused_in_one_line(changes, says):
    good = {"generated": torch.rand(5, 16), "real": torch.rand(4, 16), "centroids": torch.rand(2, 16), "shape": SHAPE}
    with pytest.raises(ValueError, match=says):
        likeness(**good | changes)


def test_more_centroids_than_pictures_to_train_on_are_refused(digits):
    with pytest.raises(ValueError, match="k must be at most 1079, the digits to train on, got 5000"):
        parts(digits, 5000)
