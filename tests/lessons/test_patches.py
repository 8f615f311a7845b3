"""Patches are cut out of their pictures; whose batch is nearest depends on their side."""

import matplotlib.pyplot as plt
import pytest
import torch

from wgan_helpers import images
from wgan_helpers.lessons import batches, patches

DIGITS = images.load("digits")


@pytest.fixture(scope="module")
def faces():
    frame = patches.measure(images.load("faces", size=32, n=3000), (2, 8, 32), repetitions=4)
    mean = frame.groupby(["side", "batch"])["w1"].mean().unstack("batch")
    return mean.div(mean["fresh"], axis=0)


def test_patches_are_cut_out_of_their_picture():
    pictures = torch.arange(2 * 3 * 5 * 6).reshape(2, 3, 5, 6).float()
    found = patches.draw(pictures, 2, 7, torch.Generator().manual_seed(0)).unflatten(1, (3, 2, 2))
    assert found.shape == (14, 3, 2, 2)
    for patch, picture in zip(found, pictures.repeat_interleave(7, dim=0), strict=True):
        top, left = divmod(int(patch[0, 0, 0] - picture[0, 0, 0]), 6)
        torch.testing.assert_close(patch, picture[:, top : top + 2, left : left + 2])


def test_every_place_has_its_turn():
    pictures = torch.arange(12.0).reshape(1, 1, 3, 4)
    corners = patches.draw(pictures, 2, 500, torch.Generator().manual_seed(0))[:, 0]
    assert set(corners.tolist()) == {0.0, 1.0, 2.0, 4.0, 5.0, 6.0}


def test_the_largest_patch_is_the_picture():
    pictures = torch.rand(5, 3, 4, 4)
    torch.testing.assert_close(patches.draw(pictures, 4, 1), pictures.flatten(1))
    assert patches.sides((3, 32, 32)) == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
    assert patches.sides((1, 8, 8))[-1] == 8


def test_among_small_patches_real_faces_beat_the_mean_face_and_the_centroids(faces):
    assert faces.loc[2, "mean"] > 1.5
    assert faces.loc[2, "k-means"] > 1.05


def test_among_whole_faces_and_large_patches_the_centroids_win(faces):
    assert faces.loc[32, "k-means"] < 0.9
    assert faces.loc[8, "k-means"] < 0.95
    assert faces.loc[32, "mean"] < faces.loc[8, "mean"] < faces.loc[2, "mean"]


def test_patches_have_a_false_minimum_of_their_own(faces):
    assert (faces["patch k-means"] < 0.97).all()


def test_centroids_carry_the_mass_of_their_clusters():
    points = torch.cat([torch.zeros(90, 2), torch.rand(10, 2, generator=torch.Generator().manual_seed(0))])
    centroids, mass = batches.weighted_centroids(points, 5)
    assert mass.sum().item() == pytest.approx(1)
    assert mass.max() >= 0.9
    torch.testing.assert_close((mass[:, None] * centroids.double()).sum(dim=0), points.double().mean(dim=0))


def test_more_patches_set_real_pictures_further_apart_from_the_mean():
    few, many = (patches.measure(DIGITS, (4,), each, kinds=("fresh", "mean"), repetitions=5) for each in (1, 8))
    share = [f.groupby("batch")["w1"].mean() for f in (few, many)]
    assert share[1]["mean"] / share[1]["fresh"] > 1.2 * share[0]["mean"] / share[0]["fresh"]


def test_a_row_for_each_side_kind_and_repetition():
    frame = patches.measure(DIGITS, (2, 8), each=3, n=5, repetitions=2, kinds=("fresh", "mean"))
    assert len(frame) == 8
    assert set(frame["points"]) == {15, 5}  # of a whole picture there is one patch
    assert frame.equals(patches.measure(DIGITS, (2, 8), each=3, n=5, repetitions=2, kinds=("fresh", "mean")))


def test_the_pictures_follow():
    frame = patches.measure(DIGITS, (2, 8), n=8, repetitions=3)
    ax = patches.plot(frame)
    assert ax.get_xlabel() == "side of the patch (pixels)"
    plt.close(ax.figure)
    figure = patches.explore()
    figure._controls["pictures"].widget.value = ("digits", None)
    figure._controls["repetitions"].widget.value = 2
    figure.settle()
    assert figure.error is None
    figure.close()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"sizes": (9,)}, "side must be at most 8, that of a picture, got 9"),
        ({"sizes": (0,)}, "side must be at least 1"),
        ({"each": 0}, "patches of each picture must be at least 1"),
        ({"kinds": ("freshh",)}, "did you mean 'fresh'"),
    ],
)
def test_bad_input_is_refused_in_one_line(settings, line):
    with pytest.raises(ValueError, match=line):
        patches.measure(DIGITS, **{"sizes": (2,), **settings})
