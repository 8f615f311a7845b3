"""The law of points that are given: a reader's drawing, a data set of one's own."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wgan_helpers import _checks
from wgan_helpers.distributions._noise import Noise
from wgan_helpers.distributions.law import Sampled


@dataclass(frozen=True, eq=False, repr=False)
class Empirical(Sampled):
    """Each of the points given, drawn with replacement and equal weight, with Gaussian noise if wanted.

    Two such laws are equal only if they are the same object: to compare their points is the caller's business.

    Parameters
    ----------
    points : (n, d) tensor or array
        In the unit of the data. Kept as a copy, float64 on the CPU.
    jitter : float
        Standard deviation of the noise on each coordinate of each draw, in the same unit.

    Raises
    ------
    TypeError, ValueError
        If ``points`` are no numbers, not ``(n, d)`` with n, d >= 1 or not finite, or ``jitter`` is negative.
    """

    points: Tensor
    jitter: float = 0.0

    def __post_init__(self) -> None:
        _checks.number(self.jitter, "jitter", minimum=0)
        given = torch.from_numpy(self.points.copy()) if isinstance(self.points, np.ndarray) else self.points
        if not isinstance(given, Tensor) or given.is_complex():
            raise TypeError(f"points must be a real torch tensor or NumPy array, got {type(given).__name__}")
        if given.ndim != 2 or 0 in given.shape:
            raise ValueError(f"points must be (n, d) with n and d at least 1, got shape {tuple(given.shape)}")
        kept = given.detach().to("cpu", torch.float64, copy=True)
        object.__setattr__(self, "points", _checks.finite(kept, "points"))

    @property
    def dim(self) -> int:
        """Dimension d of the space."""
        return self.points.shape[1]

    @property
    def name(self) -> str:
        """Short label for plots."""
        return f"{len(self.points)} given point{'s' if len(self.points) > 1 else ''}"

    @property
    def mean(self) -> Tensor:
        """Mean of the points, exact whatever the jitter."""
        return self.points.mean(dim=0)

    def _points(self, noise: Noise) -> Tensor:
        drawn = noise.choice(self.points)
        return drawn + self.jitter * noise.normal(self.dim) if self.jitter else drawn

    def __repr__(self) -> str:
        return f"Empirical({self.name} in dimension {self.dim}, jitter={self.jitter:g})"
