"""Pictures as a law: what is loaded, what is drawn from it."""

import pytest
import torch

from wgan_helpers import images


def test_digits_are_1797_grey_pictures_of_8_by_8_in_zero_to_one():
    digits = images.load("digits")
    assert digits.pixels.shape == (1797, 1, 8, 8)
    assert (digits.pixels.min(), digits.pixels.max()) == (0, 1)
    assert (digits.dim, digits.name) == (64, "digits")
    torch.testing.assert_close(digits.flat[5].reshape(1, 8, 8), digits.pixels[5])


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
    ],
)
def test_bad_requests_are_refused_in_one_line(arguments, error, says):
    with pytest.raises(error, match=says):
        images.load(**arguments)
