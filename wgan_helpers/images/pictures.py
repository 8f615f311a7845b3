"""A set of pictures that can be sampled from, as if it were a law."""

import base64
import html
import math
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from wgan_helpers import _checks

_CHUNK: Final = 2**20  # values that are summed at once, so that the mean of a large set needs little memory
_THUMBNAILS: Final = 24


@dataclass(frozen=True, eq=False, repr=False)
class Pictures:
    """Pictures, and the law that draws from them.

    What is stored may be larger than the memory: only what is drawn becomes floating-point numbers.

    Attributes
    ----------
    stored : (n, c, h, w) uint8 or float
        Levels from 0, black, to ``white``, memory-mapped for a set that was decoded to disk; or brightness itself.
    name : str
        What they show, for the title of a figure.
    source : str
        Where they come from.
    white : int
        The level of white, where levels are stored.
    labels : (n,) int64, optional
        The class of each picture.
    factors : object that can be indexed, optional
        What each picture was drawn from.
    """

    stored: np.ndarray | Tensor
    name: str
    source: str
    white: int = 255
    labels: Tensor | None = None
    factors: Any = None

    def __post_init__(self) -> None:
        if len(self.stored.shape) != 4:
            raise ValueError(f"stored must be (n, c, h, w), got shape {tuple(self.stored.shape)}")
        dtype = np.asarray(self.stored[:0]).dtype
        if dtype != np.uint8 and not np.issubdtype(dtype, np.floating):
            raise TypeError(f"stored must be uint8 levels or floating-point brightness, got {dtype}")

    def __len__(self) -> int:
        return len(self.stored)

    @property
    def pixels(self) -> Tensor:
        """Brightness in [0, 1], ``(n, c, h, w)`` float32: all of them, four times what is stored."""
        return self._brightness(self.stored)

    @property
    def flat(self) -> Tensor:
        """The pictures as points, ``(n, c·h·w)``: as large as ``pixels``."""
        return self.pixels.flatten(1)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one picture, ``(c, h, w)``."""
        channels, height, width = self.stored.shape[1:]
        return channels, height, width

    @property
    def dim(self) -> int:
        """Number of values of one picture, ``c·h·w``."""
        return math.prod(self.shape)

    @cached_property
    def mean(self) -> Tensor:
        """The mean picture as a point, ``(c·h·w,)`` float64."""
        total, step = np.zeros(self.dim), max(1, _CHUNK // self.dim)
        for start in range(0, len(self), step):
            levels = np.asarray(self.stored[start : start + step])
            total += levels.reshape(len(levels), -1).sum(axis=0, dtype=np.float64)
            self._forget()
        return torch.from_numpy(total / self._scale / len(self))

    def sample(
        self,
        n: int,
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | int | None = None,
    ) -> Tensor:
        """``n`` different pictures as points, ``(n, c·h·w)``.

        Drawn without replacement: two halves of one sample share no picture, as two minibatches from the
        law behind the pictures would not either.

        Raises
        ------
        ValueError
            If there are fewer than ``n`` pictures.
        """
        chosen = shuffled(len(self), n, generator, self.name)[:n]
        if device is None and generator is not None:
            device = generator.device
        drawn = self._brightness(self.stored[chosen])
        self._forget()
        return drawn.flatten(1).to(device, dtype)

    def take(self, chosen: Sequence[int] | np.ndarray | Tensor) -> "Pictures":
        """The pictures with these numbers, in this order, as a set in memory; labels and factors go along.

        Parameters
        ----------
        chosen : (m,) integers or (n,) bool
            Numbers of pictures, or which of all.

        Raises
        ------
        TypeError, ValueError
            If it is neither.
        """
        index = np.asarray(chosen)
        if index.dtype == bool:
            if index.shape != (len(self),):
                raise ValueError(f"chosen says yes or no to {index.shape} pictures, there are {len(self)}")
            index = index.nonzero()[0]
        elif index.size and not np.issubdtype(index.dtype, np.integer):
            raise TypeError(f"chosen must be integers or bool, got {index.dtype}")
        index = index.astype(np.int64)
        labels = None if self.labels is None else self.labels[torch.from_numpy(index)]
        factors = None if self.factors is None else self.factors[index]
        return Pictures(self.stored[index], self.name, self.source, self.white, labels, factors)

    def blocks(self, n: int = 100) -> Iterator[Tensor]:
        """The pixels of ``n`` pictures at a time, ``(n, c, h, w)``, for a set that is larger than the memory."""
        for start in range(0, len(self), n):
            yield self._brightness(self.stored[start : start + n])
            self._forget()

    def grid(self, n: int = _THUMBNAILS, columns: int | None = None) -> np.ndarray:
        """The first ``n`` pictures side by side; :func:`sheet` says how.

        Raises
        ------
        ValueError
            If there are fewer than ``n`` pictures.
        """
        return sheet(self._brightness(self.stored[: _at_most(len(self), n, self.name)]), columns)

    @property
    def _scale(self) -> int:
        return self.white if np.asarray(self.stored[:0]).dtype == np.uint8 else 1

    def _brightness(self, stored: np.ndarray | Tensor) -> Tensor:
        return torch.from_numpy(np.asarray(stored).astype(np.float32)).div_(self._scale)

    def _forget(self) -> None:
        """Give back the memory of what was read of a file: the system keeps it, as long as there is room."""
        file = getattr(self.stored, "_mmap", None)  # none of a set that was copied or sent to another process
        if file is not None and hasattr(mmap, "MADV_DONTNEED"):
            file.madvise(mmap.MADV_DONTNEED)

    def __repr__(self) -> str:
        return f"Pictures: {self.name}, {len(self)} of {'×'.join(map(str, self.shape))}, {self.source}"

    def _repr_png_(self) -> bytes:
        """What a notebook shows: the first pictures, the small ones enlarged."""
        from PIL import Image

        joined = self.grid(min(len(self), _THUMBNAILS), columns=8)
        zoom = max(1, 48 // self.shape[1])
        large = joined.clip(0, 1).repeat(zoom, axis=0).repeat(zoom, axis=1)
        buffer = BytesIO()
        Image.fromarray((large * 255).round().astype(np.uint8)).save(buffer, "PNG")
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        encoded = base64.b64encode(self._repr_png_()).decode()
        caption = html.escape(repr(self))
        return f'<p>{caption}</p><img alt="{caption}" src="data:image/png;base64,{encoded}">'


def shuffled(count: int, n: int, generator: torch.Generator | None, name: str) -> np.ndarray:
    """The numbers from 0 to ``count - 1`` in random order, ``(count,)``, of which the caller takes ``n``.

    Raises
    ------
    ValueError
        If ``n`` is not between 1 and ``count``, which is the number of ``name``.
    """
    _at_most(count, n, name)
    # a generator draws on its own device only
    device = None if generator is None else generator.device
    return torch.randperm(count, generator=generator, device=device).cpu().numpy()


def _at_most(count: int, n: int, name: str) -> int:
    if _checks.integer(n, "n") > count:
        raise ValueError(f"n must be at most {count}, the number of {name}, got {n}")
    return n


def sheet(pixels: Tensor, columns: int | None = None) -> np.ndarray:
    """Pictures side by side, as one.

    Parameters
    ----------
    pixels : (n, c, h, w)
        Brightness in [0, 1].
    columns : int, optional
        How many in a row; as near to a square as they go if not given.

    Returns
    -------
    array (rows · (h + 1) - 1, columns · (w + 1) - 1) for one channel, with a last axis of ``c`` for more
        Ready for ``imshow``; between pictures lies a white line of one pixel.
    """
    n, channels, height, width = pixels.shape
    columns = math.ceil(math.sqrt(n)) if columns is None else _checks.integer(columns, "columns")
    rows = math.ceil(n / columns)
    white = pixels.new_ones(rows * columns, channels, height + 1, width + 1)
    white[:n, :, :height, :width] = pixels
    tiles = white.reshape(rows, columns, channels, height + 1, width + 1).permute(0, 3, 1, 4, 2)
    joined = tiles.reshape(rows * (height + 1), columns * (width + 1), channels)[:-1, :-1]
    return joined.squeeze(-1).numpy()
