"""Decoded pictures on disk: written once, complete or not at all, then memory-mapped.

A file holds two arrays in NumPy's format, one after the other: the pixels, and a label for each picture.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import numpy as np

from wgan_helpers import _files

_FORMAT: Final = 1  # another number makes all files of before unknown
_HEADER: Final = 128  # bytes before the pixels: NumPy leaves room in there for the number of pictures to grow
_DAY: Final = 86400.0  # seconds


class Stored(NamedTuple):
    """Pictures as levels from 0 to 255, ``(n, c, h, w)`` uint8 on disk, and their labels ``(n,)``, -1 for none."""

    pixels: np.ndarray
    labels: np.ndarray


def folder() -> Path:
    """Where the files are; all of them may be deleted at any time."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    # the standard says that a relative path counts as none
    home = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return home / "wgan_helpers"


def remember(key: Iterable[object], blocks: Callable[[], Iterable[Stored]]) -> Stored:
    """What ``blocks`` gives, from disk if it is there.

    Parameters
    ----------
    key : iterable
        Everything that the pixels depend on; its parts must print the same in every session.
    blocks : callable
        Gives the pictures in colour, some at a time; called only where there is no complete file.

    Returns
    -------
    Stored
        All pictures, with one channel if none of them has colour; the pixels are memory-mapped.

    Raises
    ------
    OSError
        If the disk is full or must not be written to.
    """
    digest = sha256(repr((_FORMAT, *key)).encode()).hexdigest()
    path = folder() / f"{digest[:32]}.pixels"
    if (found := _read(path)) is not None:
        return found
    fresh = blocks()
    try:
        with _replacing(path) as file:
            _write(file, fresh)
    except OSError as error:
        if error.errno is None:  # not from the disk
            raise
        raise OSError(
            f"cannot keep decoded pictures in {path.parent} ({error.strerror}): "
            "set XDG_CACHE_HOME to a folder with room"
        ) from error
    written = _read(path)
    assert written is not None  # it was complete before it got its name
    return written


def _read(path: Path) -> Stored | None:
    """What a file holds; None without a file, and for one that is cut short or otherwise not ours."""
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            shape, _, _ = np.lib.format.read_array_header_1_0(file)
            file.seek(_HEADER + math.prod(shape))
            labels = np.lib.format.read_array(file)
            complete = len(labels) == shape[0] and not file.read(1)
    except (OSError, ValueError):
        return None
    return Stored(np.memmap(path, np.uint8, "r", _HEADER, shape), labels) if complete else None


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """:func:`_files.replacing` in a folder that is made, and swept, if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f"*{_files.UNFINISHED}"):  # by a process that was killed
        if time.time() - left.stat().st_mtime > _DAY:
            left.unlink(missing_ok=True)
    with _files.replacing(path) as file:
        yield file


def _write(file: BinaryIO, blocks: Iterable[Stored]) -> None:
    file.seek(_HEADER)
    labels, colours, size = [], False, (0, 0)
    for pixels, numbers in blocks:
        file.write(np.ascontiguousarray(pixels).data)
        labels.append(numbers)
        colours = colours or bool((pixels != pixels[:, :1]).any())
        size = pixels.shape[2:]
    joined = np.concatenate(labels).astype(np.int64)
    shape = (len(joined), 3 if colours else 1, *size)
    if not colours:
        _keep_one_channel(file, len(joined), math.prod(size))
    file.seek(_HEADER + math.prod(shape))
    file.truncate()
    np.lib.format.write_array(file, joined)
    file.seek(0)
    file.write(_header(shape))


def _keep_one_channel(file: BinaryIO, n: int, area: int) -> None:
    """Move the first of three channels of each picture forward, in place: it is written where all was read."""
    step = max(1, 2**22 // area)
    for start in range(0, n, step):
        file.seek(_HEADER + 3 * area * start)
        read = np.frombuffer(file.read(3 * area * min(step, n - start)), np.uint8)
        file.seek(_HEADER + area * start)
        file.write(read.reshape(-1, 3, area)[:, 0].tobytes())


def _header(shape: tuple[int, ...]) -> bytes:
    buffer = BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    if buffer.tell() != _HEADER:
        raise ValueError(f"pictures of this shape do not fit the format of the cache: {shape}")
    return buffer.getvalue()
