"""A set of pictures that can be sampled from, as if it were a law."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from wgan_helpers import _checks

_NAMES = ("digits",)


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures, and the law that draws from them.

    Attributes
    ----------
    pixels : (n, c, h, w) float32
        Brightness in [0, 1].
    name : str
        What they show, for the title of a figure.
    source : str
        Where they come from.
    """

    pixels: Tensor
    name: str
    source: str

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def flat(self) -> Tensor:
        """The pictures as points, ``(n, c·h·w)``."""
        return self.pixels.flatten(1)

    @property
    def dim(self) -> int:
        """Number of values of one picture, ``c·h·w``."""
        return self.pixels[0].numel()

    @cached_property
    def mean(self) -> Tensor:
        """The mean picture as a point, ``(c·h·w,)`` float64."""
        return self.flat.double().mean(dim=0)

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
        if _checks.integer(n, "n") > len(self):
            raise ValueError(f"n must be at most {len(self)}, the number of {self.name}, got {n}")
        chosen = torch.randperm(len(self), generator=generator)[:n]
        return self.flat[chosen].to(device, dtype)


def load(name: str, size: int | None = None, n: int | None = None, seed: int = 0) -> Pictures:
    """Load a set of pictures.

    Parameters
    ----------
    name : str
        ``"digits"``: 1797 handwritten digits, 8 × 8, grey.
    size : int, optional
        Height and width in pixels; as they are stored if not given.
    n : int, optional
        How many, drawn at random without replacement; all if not given.
    seed : int
        For that draw.

    Returns
    -------
    Pictures

    Raises
    ------
    ValueError
        If the name is unknown, ``size`` or ``n`` is not positive, or ``n`` is more than there are.
    """
    _checks.one_of(name, "pictures", _NAMES)
    from sklearn.datasets import load_digits

    # stored as 0 to 16
    pixels = torch.from_numpy(load_digits().images).float().unsqueeze(1) / 16
    if size is not None:
        side = (_checks.integer(size, "size"),) * 2
        pixels = torch.nn.functional.interpolate(pixels, side, mode="bilinear", antialias=True)
    pictures = Pictures(pixels, "digits", "UCI optical recognition of handwritten digits, through scikit-learn")
    if n is None:
        return pictures
    drawn = pictures.sample(n, torch.Generator().manual_seed(seed))
    return Pictures(drawn.reshape(-1, *pixels.shape[1:]), pictures.name, pictures.source)


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
