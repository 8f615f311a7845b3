"""A folder of pictures as they come: every format and size, some of them broken."""

import os
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from wgan_helpers import images
from wgan_helpers.images import decoding

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "my pictures"
    made.mkdir()
    return made


def plain(path, colour=RED, size=(20, 20)):
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def halves(first, second, size=(40, 40)):
    """The upper half in one colour, the lower in another."""
    picture = Image.new("RGB", size, first)
    picture.paste(second, (0, size[1] // 2, *size))
    return picture


def test_pictures_below_the_folder_come_in_the_order_of_their_names(folder):
    for number, name in enumerate(["b.png", "a.bmp", "below/c.webp", "d.JPG", "e.gif", "f.tif"]):
        plain(folder / name, (40 * number, 0, 0), (30 + number, 50))
    (folder / "notes.txt").write_text("not a picture")
    plain(folder / ".hidden.png")
    found = images.load(folder, size=8)
    assert (found.shape, len(found), found.name) == ((3, 8, 8), 6, "my pictures")
    torch.testing.assert_close(
        found.pixels[:, 0, 4, 4] * 255, torch.tensor([40.0, 0, 80, 120, 160, 200]), atol=3, rtol=0
    )
    assert found.source == f"6 of 6 files in {folder}"


def test_a_string_with_a_slash_is_a_folder_and_the_size_is_64(folder):
    plain(folder / "a.png")
    assert images.load(f"{folder}/").shape == (3, 64, 64)


def test_the_central_square_is_kept(folder):
    wide = Image.new("RGB", (90, 30), RED)
    wide.paste(BLUE, (30, 0, 60, 30))
    wide.save(folder / "wide.png")
    assert (images.load(folder, size=10).stored[0].transpose(1, 2, 0) == BLUE).all()


def test_smaller_is_the_mean_of_what_was_there_not_every_tenth_pixel(folder):
    stripes = np.zeros((200, 200), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(folder / "stripes.png")
    assert np.ptp(images.load(folder, size=20).stored) < 10
    assert images.load(folder, size=20).pixels.mean().item() == pytest.approx(0.5, abs=0.01)


def test_aligned_faces_of_celeba_lose_their_margins(folder):
    picture = Image.new("RGB", (178, 218), RED)
    picture.paste(BLUE, (15, 35, 163, 183))
    picture.save(folder / "000001.png")
    assert (images.load(folder, size=37).stored[0].transpose(1, 2, 0) == BLUE).all()


def test_a_photograph_is_turned_upright(folder):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    halves(RED, BLUE).save(folder / "a.jpg", exif=exif, quality=95)
    top = images.load(folder, size=4).stored[0, :, 0, 0]
    assert top[2] > 200 > 50 > top[0]


def test_16_bits_become_8_by_their_high_bits(folder):
    Image.fromarray(np.full((9, 9), 257 * 77, np.uint16)).save(folder / "a.png")
    assert (images.load(folder, size=5).stored == 77).all()


def test_what_is_transparent_is_white(folder):
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.save(folder / "palette.png", transparency=1)
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(folder / "rgba.png")
    Image.new("LA", (8, 8), (0, 51)).save(folder / "grey.png")
    stored = images.load(folder, size=4).stored
    assert stored[:, 0, 0, 0].tolist() == [204, 255, 255]


def test_grey_pictures_have_one_channel_unless_one_has_colour(folder):
    Image.new("L", (8, 8), 10).save(folder / "a.png")
    Image.new("RGB", (8, 8), (20, 20, 20)).save(folder / "b.png")
    assert images.load(folder, size=4).stored[:, :, 0, 0].tolist() == [[10], [20]]
    plain(folder / "c.png")
    assert images.load(folder, size=4).stored[:, :, 0, 0].tolist() == [[10] * 3, [20] * 3, [255, 0, 0]]


def test_a_line_of_pixels_is_a_picture(folder):
    plain(folder / "a.png", size=(1, 1000))
    assert (images.load(folder, size=6).stored[0].transpose(1, 2, 0) == RED).all()


def test_broken_files_are_left_out_and_counted(folder):
    plain(folder / "good.png")
    halves(RED, BLUE, (300, 300)).save(folder / "cut.jpg")
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:900])
    (folder / "text.jpg").write_text("this is a text")
    (folder / "nothing.png").write_bytes(b"")
    (folder / "link.png").symlink_to(folder / "nowhere.png")
    with pytest.warns(
        UserWarning, match=r"^left out 4 of 5 pictures in .*pictures that .*, the first: cut.jpg \("
    ) as given:
        found = images.load(folder, size=4)
    assert [warning.filename for warning in given] == [__file__]
    assert "\n" not in str(given[0].message)
    assert (len(found), found.source) == (1, f"1 of 5 files in {folder}")


def test_levels_without_a_white_are_not_guessed(folder):
    Image.fromarray(np.ones((4, 4), np.float32)).save(folder / "a.tif")
    with pytest.raises(ValueError, match="floating-point levels"):
        images.load(folder)


def test_a_draw_has_as_many_pictures_as_asked_although_some_are_broken(folder):
    for number in range(20):
        plain(folder / f"{number:02}.png", (number, 0, 1))
    for number in range(0, 20, 2):
        (folder / f"{number:02}.png").write_bytes(b"broken")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn, again, other = (images.load(folder, 4, n=5, seed=seed) for seed in (0, 0, 1))
        every = images.load(folder, 4, n=10)
    levels = drawn.stored[:, 0, 0, 0].tolist()
    assert len(set(levels)) == 5
    assert all(level % 2 for level in levels)
    assert levels == again.stored[:, 0, 0, 0].tolist() != other.stored[:, 0, 0, 0].tolist()
    assert sorted(every.stored[:, 0, 0, 0].tolist()) == list(range(1, 20, 2))
    with pytest.raises(ValueError, match=r"n must be at most 10, .* that can be read, got 20"):
        images.load(folder, 4, n=20)
    with pytest.raises(ValueError, match=r"n must be at most 20, the number of pictures in .*, got 21"):
        images.load(folder, 4, n=21)


def test_pictures_are_decoded_once_until_a_file_changes(folder, monkeypatch):
    plain(folder / "a.png")
    calls, real = [], decoding.square
    monkeypatch.setattr(decoding, "square", lambda *given: calls.append(given) or real(*given))
    images.load(folder, size=4)
    images.load(folder, size=4)
    assert len(calls) == 1
    plain(folder / "a.png", BLUE)
    os.utime(folder / "a.png", ns=(1, 1))
    assert images.load(folder, size=4).stored[0, 2, 0, 0] == 255
    images.load(folder, size=5)
    plain(folder / "b.png")
    assert len(images.load(folder, size=4)) == 2
    assert len(calls) == 1 + 1 + 1 + 2


def test_many_pictures_keep_their_order_in_threads(folder):
    for number in range(600):
        plain(folder / f"{number:03}.png", (number % 256, number // 256, 7), (2, 2))
    stored = images.load(folder, size=1).stored[:, :, 0, 0].astype(int)
    assert (stored[:, 0] + 256 * stored[:, 1] == np.arange(600)).all()


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda path: None, FileNotFoundError, "^there is no folder .*set$"),
        (lambda path: path.mkdir(), ValueError, "^there are no pictures in .*set or below"),
        (lambda path: path.write_text(""), NotADirectoryError, "^.*set is a file: give the folder"),
    ],
)
def test_a_folder_without_pictures_is_refused_in_one_line(tmp_path, make, error, says):
    make(tmp_path / "set")
    with pytest.raises(error, match=says) as raised:
        images.load(tmp_path / "set")
    assert "\n" not in str(raised.value)


def test_a_folder_of_broken_files_only_is_refused(folder, cache_folder):
    (folder / "a.jpg").write_text("text")
    with pytest.raises(ValueError, match=r"none of the 1 pictures in .* can be read, the first: a.jpg"):
        images.load(folder)
    assert not list(cache_folder.iterdir())
