"""Decoded pictures on disk: all or nothing, and larger than memory."""

import errno
import os
import tracemalloc

import numpy as np
import pytest
import torch

from wgan_helpers.images import Pictures, cache


def block(n, start=0, colour=1):
    """Pictures of 2 × 5 whose first level is their number."""
    pixels = np.zeros((n, 3, 2, 5), np.uint8)
    pixels[:, :, 0, 0] = np.arange(start, start + n)[:, None]
    pixels[:, 2] += np.uint8(colour)
    return cache.Stored(pixels, np.arange(start, start + n))


def never():
    raise AssertionError("decoded again")


def test_what_was_written_is_read():
    written = cache.remember(("a",), lambda: [block(3), block(200, 3)])
    read = cache.remember(("a",), never)
    expected = np.concatenate([block(3).pixels, block(200, 3).pixels])
    for stored in (written, read):
        np.testing.assert_array_equal(stored.pixels, expected)
        np.testing.assert_array_equal(stored.labels, np.arange(203))
        assert isinstance(stored.pixels, np.memmap)


def test_other_keys_have_other_files():
    cache.remember(("a", 1), lambda: [block(1)])
    assert len(cache.remember(("a", 2), lambda: [block(2)]).pixels) == 2
    assert len(cache.remember(("a", 1), never).pixels) == 1


@pytest.mark.parametrize("n", [1, 7, 200])
def test_pictures_without_colour_keep_one_channel(n, monkeypatch):
    stored = cache.remember(("grey", n), lambda: [block(n, colour=0)])
    np.testing.assert_array_equal(stored.pixels, block(n, colour=0).pixels[:, :1])
    np.testing.assert_array_equal(stored.labels, np.arange(n))


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[:300], lambda b: b[:50], lambda b: b"", lambda b: b + b"x"]
)
def test_a_file_of_another_length_is_made_anew(cache_folder, damage):
    cache.remember(("a",), lambda: [block(30)])
    (file,) = cache_folder.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    calls = []
    again = cache.remember(("a",), lambda: calls.append(1) or [block(30)])
    assert calls == [1]
    np.testing.assert_array_equal(again.pixels, block(30).pixels)
    cache.remember(("a",), never)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError("broken"), MemoryError])
def test_interrupted_writing_leaves_nothing(cache_folder, stop):
    def blocks():
        yield block(30)
        raise stop

    with pytest.raises(type(stop) if isinstance(stop, Exception) else stop):
        cache.remember(("a",), blocks)
    assert not list(cache_folder.iterdir())


def test_what_a_killed_process_left_is_never_read_and_goes_after_a_day(cache_folder):
    cache_folder.mkdir(parents=True)
    for name, time in (("new.part", None), ("old.part", (0, 0))):
        (cache_folder / name).write_bytes(b"half")
        os.utime(cache_folder / name, time)
    cache.remember(("a",), lambda: [block(1)])
    assert {file.name for file in cache_folder.glob("*.part")} == {"new.part"}


def test_a_full_disk_is_told_in_one_line(monkeypatch, cache_folder):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"cannot keep .* \(No space left on device\): set XDG_CACHE_HOME to"):
        cache.remember(("a",), lambda: [block(1)])
    assert not list(cache_folder.iterdir())


def test_the_cache_is_where_the_standard_says(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache.folder() == tmp_path / ".cache" / "wgan_helpers"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.folder() == tmp_path / ".cache" / "wgan_helpers"


def test_a_large_set_needs_little_memory():
    # 20,000 × 3 × 64 × 64: 246 MB stored, 983 MB as numbers
    row = np.random.default_rng(0).integers(0, 256, (100, 3, 64, 64), dtype=np.uint8)
    tracemalloc.start()
    stored = cache.remember(("large",), lambda: (cache.Stored(row, np.zeros(100, int)) for _ in range(200)))
    pictures = Pictures(stored.pixels, "large", "here")
    batch = pictures.sample(64, torch.Generator().manual_seed(0))
    mean = pictures.mean
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(pictures.stored, np.memmap)
    assert batch.shape == (64, 12288)
    np.testing.assert_allclose(mean, row.reshape(100, -1).mean(axis=0) / 255, rtol=1e-12)
    assert peak < 40e6
