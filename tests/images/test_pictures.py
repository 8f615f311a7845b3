"""Pictures as a law: what is loaded, what is drawn from it."""

import copy
import io
import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from wgan_helpers import images
from wgan_helpers.distributions import Law


def numbered(n, **others):
    """Pictures of 2 × 3 in colour, their level is their number."""
    stored = np.arange(n, dtype=np.uint8)[:, None, None, None] * np.ones((1, 3, 2, 3), np.uint8)
    return images.Pictures(stored, "numbers", "here", **others)


def test_digits_are_1797_grey_pictures_of_8_by_8_in_zero_to_one():
    digits = images.load("digits")
    assert digits.pixels.shape == (1797, 1, 8, 8)
    assert (digits.pixels.min(), digits.pixels.max()) == (0, 1)
    assert (digits.dim, digits.name) == (64, "digits")
    torch.testing.assert_close(digits.flat[5].reshape(1, 8, 8), digits.pixels[5])


def test_digits_are_those_of_scikit_learn_bit_for_bit():
    data = load_digits()
    expected = torch.from_numpy(data.images).float().unsqueeze(1) / 16
    digits = images.load("digits")
    assert torch.equal(digits.pixels, expected)
    assert torch.equal(digits.flat, expected.flatten(1))
    assert torch.equal(digits.mean, expected.flatten(1).double().mean(dim=0))
    assert torch.equal(digits.labels, torch.from_numpy(data.target))
    larger = torch.nn.functional.interpolate(expected, (12, 12), mode="bilinear", antialias=True)
    assert torch.equal(images.load("digits", size=12).pixels, larger)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_drawn_of_digits_follows_from_the_seed_alone(dtype):
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(3))[:20]
    expected = torch.from_numpy(load_digits().images).float()[order] / 16
    drawn = images.load("digits").sample(20, torch.Generator().manual_seed(3), dtype)
    assert torch.equal(drawn, expected.flatten(1).to(dtype))
    assert torch.equal(images.load("digits", n=20, seed=3).pixels, expected.unsqueeze(1))


def test_levels_become_brightness_by_the_level_of_white():
    assert numbered(256).pixels[255].eq(1).all()
    assert numbered(17, white=16).pixels[:, 0, 0, 0].tolist() == [level / 16 for level in range(17)]
    assert (numbered(3).dim, numbered(3).shape) == (18, (3, 2, 3))


def test_pictures_are_a_law():
    law = numbered(5)
    assert isinstance(law, Law)
    assert law in {law}
    assert law not in {numbered(5)}


def test_the_mean_of_many_chunks_is_the_mean():
    pixels = np.random.default_rng(0).integers(0, 256, (300, 3, 100, 100), dtype=np.uint8)
    expected = pixels.reshape(300, -1).astype(np.float64).mean(axis=0) / 255
    np.testing.assert_allclose(images.Pictures(pixels, "noise", "here").mean, expected, rtol=1e-13)


def test_labels_and_factors_stay_with_their_pictures():
    taken = numbered(9, labels=torch.arange(9), factors=np.arange(9.0)).take([4, 1])
    assert (taken.stored[:, 0, 0, 0].tolist(), taken.labels.tolist(), taken.factors.tolist()) == (
        [4, 1],
        [4, 1],
        [4, 1],
    )
    digits = images.load("digits", n=50)
    shown = {label: digits.take(np.flatnonzero(digits.labels == label)).mean for label in (0, 1)}
    assert shown[0][28] < 0.2 < shown[1][28]  # a zero is hollow


def test_pictures_travel_to_other_processes():
    there = pickle.loads(pickle.dumps(numbered(4, labels=torch.arange(4))))
    assert torch.equal(there.pixels, numbered(4).pixels)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pictures: pickle.loads(pickle.dumps(pictures))])
def test_a_copy_of_pictures_on_disk_draws_the_same(copied):
    faces = images.load("faces", size=16, n=60)
    drawn = [each.sample(3, torch.Generator().manual_seed(1)) for each in (faces, copied(faces))]
    assert torch.equal(*drawn)
    assert torch.equal(faces.mean, copied(faces).mean)


def test_a_mask_takes_those_that_it_names():
    pictures = numbered(5, labels=torch.tensor([3, 1, 3, 2, 3]))
    threes = pictures.take(pictures.labels == 3)
    assert threes.labels.tolist() == [3, 3, 3]
    assert torch.equal(threes.pixels, pictures.pixels[[0, 2, 4]])


@pytest.mark.parametrize(
    ("chosen", "error", "words"),
    [
        (np.ones(3, bool), ValueError, r"chosen says yes or no to \(3,\) pictures, there are 5"),
        ([0.5, 1.5], TypeError, "chosen must be integers or bool, got float64"),
    ],
)
def test_what_chooses_no_pictures_is_refused(chosen, error, words):
    with pytest.raises(error, match=words):
        numbered(5).take(chosen)


@pytest.mark.parametrize(
    ("stored", "error", "words"),
    [
        (np.zeros((5, 8, 8), np.uint8), ValueError, r"stored must be \(n, c, h, w\), got shape \(5, 8, 8\)"),
        (torch.zeros(5, 1, 8, 8, dtype=torch.int64), TypeError, "stored must be uint8 levels or .* got int64"),
        (np.zeros((5, 1, 8, 8), np.uint16), TypeError, "stored must be uint8 levels or .* got uint16"),
    ],
)
def test_what_is_no_set_of_pictures_is_refused(stored, error, words):
    with pytest.raises(error, match=words):
        images.Pictures(stored, "numbers", "here")


def test_a_grid_is_a_sheet_of_the_first():
    pictures = numbered(30)
    np.testing.assert_array_equal(pictures.grid(7, columns=3), images.sheet(pictures.pixels[:7], columns=3))
    with pytest.raises(ValueError, match="n must be at most 30, the number of numbers, got 31"):
        pictures.grid(31)


def test_a_notebook_shows_one_line_and_the_first_pictures():
    digits = images.load("digits")
    assert repr(digits).startswith("Pictures: digits, 1797 of 1×8×8, UCI")
    shown = Image.open(io.BytesIO(digits._repr_png_()))
    assert shown.size == (6 * (8 * 9 - 1), 6 * (3 * 9 - 1))
    np.testing.assert_allclose(np.asarray(shown)[::6, ::6] / 255, digits.grid(24, columns=8), atol=0.002)
    named = images.Pictures(np.zeros((1, 3, 64, 64), np.uint8), "<b>", "here")._repr_html_()
    assert "&lt;b&gt;" in named
    assert "<b>" not in named


def test_the_mean_is_the_mean_of_all_pictures():
    digits = images.load("digits", n=100)
    torch.testing.assert_close(digits.mean, digits.flat.double().sum(dim=0) / 100)


def test_a_sample_holds_no_picture_twice():
    numbered = images.Pictures(torch.arange(50.0).reshape(50, 1, 1, 1), "numbers", "here")
    drawn = numbered.sample(50, torch.Generator().manual_seed(0)).flatten()
    assert sorted(drawn.tolist()) == list(range(50))
    assert drawn.tolist() != list(range(50))


def test_the_same_seed_draws_the_same_pictures():
    first, again, other = (images.load("digits", n=9, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.pixels, again.pixels)
    assert not torch.equal(first.pixels, other.pixels)


def test_another_size_keeps_the_brightness():
    small, large = images.load("digits"), images.load("digits", size=16)
    assert large.pixels.shape == (1797, 1, 16, 16)
    assert 0 <= large.pixels.min() <= large.pixels.max() <= 1
    torch.testing.assert_close(large.pixels.mean(), small.pixels.mean(), rtol=0.01, atol=0)


def test_a_sheet_shows_every_picture_where_it_belongs():
    pixels = torch.rand(5, 1, 2, 3)
    sheet = images.sheet(pixels, columns=2)
    assert sheet.shape == (3 * 3 - 1, 2 * 4 - 1)
    assert (sheet[3:5, 4:7] == pixels[3, 0].numpy()).all()
    assert (sheet[:, 3] == 1).all()
    assert (sheet[6:, 4:] == 1).all()


def test_a_sheet_of_colours_has_them_last():
    assert images.sheet(torch.rand(4, 3, 2, 2)).shape == (5, 5, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"name": "digit"}, ValueError, "unknown pictures 'digit': did you mean 'digits'"),
        ({"name": "digits", "size": 0}, ValueError, "size must be at least 1, got 0"),
        ({"name": "digits", "n": 0}, ValueError, "n must be at least 1, got 0"),
        ({"name": "digits", "n": 1798}, ValueError, "n must be at most 1797, the number of digits, got 1798"),
        ({"name": "digits", "n": 1.5}, TypeError, "n must be an integer, got 1.5"),
        ({"name": "digits", "n": 5, "seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"name": "cifar-10"}, ValueError, "unknown pictures 'cifar-10': did you mean 'cifar10'"),
        ({"name": "celeba", "size": 0}, ValueError, "size must be at least 1, got 0"),
    ],
)
def test_bad_requests_are_refused_in_one_line(arguments, error, says):
    with pytest.raises(error, match=says):
        images.load(**arguments)
