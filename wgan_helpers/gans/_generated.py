"""What every metric asks of generated samples, checked in one place."""

from typing import Protocol

import numpy as np
import torch
from torch import Generator, Tensor

from wgan_helpers import _checks

Array = Tensor | np.ndarray


class Source(Protocol):
    """What can be drawn from: a law, or pictures."""

    @property
    def dim(self) -> int:
        """Dimension d of the space."""

    def sample(self, n: int, generator: Generator | None = None) -> Tensor:
        """Draw ``n`` points, ``(n, d)``."""


def samples_of(samples: Array, name: str = "samples", at_least: int = 1) -> Tensor:
    """``samples`` as a tensor ``(..., n, d)`` of float32 or float64, without gradient.

    Raises
    ------
    TypeError, ValueError
        If they are no floating-point tensor or array, have fewer axes, n < ``at_least``, or values that are not
        finite.
    """
    if isinstance(samples, np.ndarray):
        samples = torch.from_numpy(samples.copy())
    if not (isinstance(samples, Tensor) and samples.is_floating_point()):
        kind = samples.dtype if isinstance(samples, Tensor) else type(samples).__name__
        raise TypeError(f"{name} must be a floating-point tensor or array, got {kind}")
    if samples.ndim < 2 or 0 in samples.shape:
        raise ValueError(f"{name} must be (..., n, d) and not empty, got shape {tuple(samples.shape)}")
    if samples.shape[-2] < at_least:
        raise ValueError(f"{name} must have at least {at_least} points, got {samples.shape[-2]}")
    if not _checks.has_float64(samples.device):  # which metrics are given in
        samples = samples.cpu()
    wide = samples.detach() if samples.dtype == torch.float64 else samples.detach().float()
    return _checks.finite(wide, name)


def samples_for(samples: Array, law: Source) -> Tensor:
    """:func:`samples_of` that are as wide as those of ``law``."""
    if not (hasattr(law, "dim") and callable(getattr(law, "sample", None))):
        raise TypeError(f"law must be a law or pictures, with dim and sample, got {type(law).__name__}")
    checked = samples_of(samples)
    if checked.shape[-1] != law.dim:
        raise ValueError(f"samples have {_coordinates(checked.shape[-1])}, the law has {law.dim}")
    return checked


def same_dimension(x: Tensor, y: Tensor, names: tuple[str, str] = ("x", "y")) -> None:
    """Refuse samples of two dimensions or on two devices."""
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(f"{names[0]} have {_coordinates(x.shape[-1])}, {names[1]} have {y.shape[-1]}")
    if x.device != y.device:
        raise ValueError(f"{names[0]} are on {x.device}, {names[1]} on {y.device}: move one")


def _coordinates(d: int) -> str:
    return f"{d} coordinate{'s' if d > 1 else ''}"
