"""From files to squares of one size, in threads: whatever the format, in colour, broken ones left out."""

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps

from wgan_helpers.images.cache import Stored
from wgan_helpers.images.pictures import shuffled

_BLOCK: Final = 256  # pictures in memory at once
_CALLER: Final = 7  # frames from a warning up to whoever called images.load
_CELEBA: Final = (178, 218)  # pixels
# The side of what is kept of CelebA's aligned faces: the head with its hair and chin. The other usual crop, 108, cuts
# both off; with all 178 there is much background, which the pixel distance counts like the face.
_CELEBA_CROP: Final = 148


class Encoded(NamedTuple):
    """A picture before it is decoded: what to call it, its file or content, its label or -1."""

    title: str
    file: Path | BytesIO
    label: int = -1


def blocks(
    fetch: Callable[[np.ndarray], list[Encoded]], count: int, size: int, n: int | None, seed: int, what: str
) -> Iterator[Stored]:
    """Decode pictures until there are enough, some at a time, with a progress bar if it takes long.

    Parameters
    ----------
    fetch : callable
        Gives the pictures with some numbers.
    count : int
        How many there are.
    size : int
        Height and width of the result, in pixels.
    n : int, optional
        How many to draw at random; all, in their order, if not given.
    seed : int
        For that draw.
    what : str
        What they are, in the plural, for messages.

    Yields
    ------
    Stored
        ``(k, 3, size, size)`` and the labels ``(k,)``.

    Raises
    ------
    ValueError
        If no picture can be read, or fewer than ``n``.

    Warns
    -----
    UserWarning
        How many pictures cannot be read, and which was the first.
    """
    from tqdm.auto import tqdm

    generator = torch.Generator().manual_seed(seed)
    order = np.arange(count) if n is None else shuffled(count, n, generator, what)
    wanted = count if n is None else n
    broken: list[str] = []
    seen = 0
    with (
        ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool,
        tqdm(total=wanted, desc=f"decoding {what}", unit="", delay=1) as bar,
    ):
        while (missing := wanted - seen + len(broken)) and seen < count:
            encoded = fetch(order[seen : seen + min(_BLOCK, missing)])
            tried = list(pool.map(partial(_attempt, size=size), encoded))
            seen += len(encoded)
            pairs = zip(encoded, tried, strict=True)
            broken += [f"{one.title} ({found})" for one, found in pairs if isinstance(found, str)]
            good = [i for i, found in enumerate(tried) if not isinstance(found, str)]
            bar.update(len(good))
            if good:
                yield Stored(np.stack([tried[i] for i in good]), np.array([encoded[i].label for i in good]))
    _account_for(broken, seen, n, what)


def _account_for(broken: list[str], seen: int, n: int | None, what: str) -> None:
    readable = seen - len(broken)
    if not readable:
        raise ValueError(f"none of the {seen} {what} can be read, the first: {broken[0]}")
    if n is not None and readable < n:
        raise ValueError(f"n must be at most {readable}, the number of {what} that can be read, got {n}")
    if broken:
        warnings.warn(
            f"left out {len(broken)} of {seen} {what} that cannot be read, the first: {broken[0]}", stacklevel=_CALLER
        )


def _attempt(encoded: Encoded, size: int) -> np.ndarray | str:
    """The picture, or in words why not."""
    try:
        return square(encoded.file, size)
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        return (str(error) or type(error).__name__).splitlines()[0]


def square(file: Path | BytesIO, size: int) -> np.ndarray:
    """Decode one picture: upright, in colour, over white, its central square at another size.

    Aligned faces of CelebA, 178 × 218, are first cropped to their central 148 × 148.

    Parameters
    ----------
    file : Path or BytesIO
        In any format that Pillow reads; of several frames, the first.
    size : int
        Height and width of the result, in pixels; bicubic with antialiasing.

    Returns
    -------
    (3, size, size) uint8
    """
    with Image.open(file) as opened:
        aligned = opened.size == _CELEBA
        if not aligned:
            opened.draft(None, (2 * size, 2 * size))  # a large JPEG decodes much faster at a half, a quarter, an eighth
        upright = ImageOps.exif_transpose(opened)
    side = _CELEBA_CROP if aligned else min(upright.size)
    left, top = ((length - side) // 2 for length in upright.size)
    central = _in_colour(upright).crop((left, top, left + side, top + side))
    return np.asarray(central.resize((size, size), Image.Resampling.BICUBIC)).transpose(2, 0, 1)


def _in_colour(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits; Pillow itself would cut them off at 255
        levels = np.asarray(picture).clip(0, 65535) / 257
        picture = Image.fromarray(levels.round().astype(np.uint8))
    if picture.mode == "F":
        raise ValueError("floating-point levels do not say which is white")
    if picture.has_transparency_data:
        over = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    return picture.convert("RGB")
