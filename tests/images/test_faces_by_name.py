"""Drawn faces as a set of pictures."""

import pytest
import torch

from wgan_helpers import images
from wgan_helpers.images import faces, loading


@pytest.fixture
def few():
    return images.load("faces", size=16, n=20, seed=1)


def test_every_picture_is_what_its_factors_draw(few):
    chosen = few.take([3, 17])
    drawn = faces.draw(chosen.factors, 16)
    assert (chosen.pixels - drawn).abs().max() <= 0.5 / 255 + 1e-6


def test_they_say_what_they_are(few):
    assert repr(few) == "Pictures: faces, 20 of 3×16×16, drawn by wgan_helpers.images.faces"
    assert few.dim == 768


def test_the_second_time_nothing_is_drawn(few, monkeypatch):
    monkeypatch.setattr(loading.faces, "draw", lambda *_: pytest.fail("drawn again"))
    assert torch.equal(images.load("faces", size=16, n=20, seed=1).pixels, few.pixels)


def test_another_renderer_draws_anew(few, monkeypatch):
    monkeypatch.setattr(loading, "_renderer", lambda: "another")
    monkeypatch.setattr(loading.faces, "draw", lambda factors, size: torch.zeros(len(factors), 3, size, size))
    assert images.load("faces", size=16, n=20, seed=1).pixels.max() == 0


def test_another_seed_gives_other_faces(few):
    assert not torch.equal(images.load("faces", size=16, n=20, seed=2).pixels, few.pixels)


def test_fewer_faces_are_the_first_of_many(few):
    assert torch.equal(images.load("faces", size=16, n=5, seed=1).pixels, few.pixels[:5])


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"n": 0}, "n must be at least 1, got 0"),
        ({"size": 0}, "size must be at least 1, got 0"),
        ({"size": 4}, "size must be in"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(setting, says):
    with pytest.raises(ValueError, match=says):
        images.load("faces", **{"n": 2, "size": 16} | setting)
