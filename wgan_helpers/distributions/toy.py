"""Toy laws in the plane, as in the ``gan_toy.py`` of WGAN-GP. Frozen dataclasses: equal settings are equal laws.

References
----------
Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, "Improved training of Wasserstein GANs".
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from wgan_helpers import _checks
from wgan_helpers.distributions._noise import Noise
from wgan_helpers.distributions._spiral import END, START, distance_to_spiral
from wgan_helpers.distributions.law import Sampled


@dataclass(frozen=True)
class GaussianRing(Sampled):
    """Equal Gaussians, evenly on a circle; all lengths are divided by ``scale``.

    Parameters
    ----------
    modes : int
        How many.
    radius, std : float
        Of the circle and of each mode's coordinates, before the division.
    scale : float
        1.414 there: with ``radius`` = 2 each coordinate has variance 1.
    """

    dim: ClassVar[int] = 2
    modes: int = 8
    radius: float = 2.0
    std: float = 0.02
    scale: float = 1.414

    def __post_init__(self) -> None:
        _checks.integer(self.modes, "modes")
        _checks.length(self.radius, "radius")
        _checks.number(self.std, "std", 0, _checks.LARGEST)
        _checks.length(self.scale, "scale")

    @property
    def name(self) -> str:
        """Short label for plots."""
        return f"ring of {self.modes} Gaussians"

    @cached_property
    def centres(self) -> Tensor:
        """Centres of the modes ``(modes, 2)``, after the division, counter-clockwise from the right."""
        angle = 2 * math.pi * torch.arange(self.modes, dtype=torch.float64) / self.modes
        return self.radius / self.scale * torch.stack([angle.cos(), angle.sin()], dim=-1)

    @property
    def mode_std(self) -> float:
        """Standard deviation of each mode's coordinates, after the division."""
        return self.std / self.scale

    @property
    def mean(self) -> Tensor:
        """The circle's centre; for one mode, that mode's."""
        return self.centres.mean(dim=0)

    def nearest_mode(self, x: Tensor) -> Tensor:
        """Which mode's centre is nearest to each point of ``(..., 2)``: ``(...)`` int64, as in ``centres``."""
        points = _in_the_plane(x)
        angle = torch.atan2(points[..., 1], points[..., 0])  # all centres are as far from the middle
        return (angle * self.modes / (2 * math.pi)).nan_to_num().round().long() % self.modes

    def distance_to_manifold(self, x: Tensor) -> Tensor:
        """Distance to the nearest centre, ``(..., 2)`` to ``(...)``, float64 in the unit of the data."""
        points = _in_the_plane(x)
        return (points - self.centres.to(x.device)[self.nearest_mode(points)]).norm(dim=-1)

    def _points(self, noise: Noise) -> Tensor:
        return noise.choice(self.centres) + self.mode_std * noise.normal(2)


@dataclass(frozen=True)
class GaussianGrid(Sampled):
    """Equal Gaussians on a square grid around the origin; all lengths are divided by ``scale``.

    Parameters
    ----------
    side : int
        Modes along each side.
    spacing, std : float
        Between neighbours, and of each mode's coordinates, before the division.
    scale : float
        2.828 there: with ``side`` = 5 and ``spacing`` = 2 each coordinate has variance 1.
    """

    dim: ClassVar[int] = 2
    side: int = 5
    spacing: float = 2.0
    std: float = 0.05
    scale: float = 2.828

    def __post_init__(self) -> None:
        _checks.integer(self.side, "side")
        _checks.length(self.spacing, "spacing")
        _checks.number(self.std, "std", 0, _checks.LARGEST)
        _checks.length(self.scale, "scale")

    @property
    def name(self) -> str:
        """Short label for plots."""
        return f"grid of {self.side**2} Gaussians"

    @cached_property
    def centres(self) -> Tensor:
        """Centres of the modes ``(side², 2)``, after the division."""
        along = torch.arange(self.side, dtype=torch.float64) - (self.side - 1) / 2
        return self.spacing / self.scale * torch.cartesian_prod(along, along)

    @property
    def mode_std(self) -> float:
        """Standard deviation of each mode's coordinates, after the division."""
        return self.std / self.scale

    @property
    def mean(self) -> Tensor:
        """The origin."""
        return torch.zeros(2, dtype=torch.float64)

    def nearest_mode(self, x: Tensor) -> Tensor:
        """Which mode's centre is nearest to each point of ``(..., 2)``: ``(...)`` int64, as in ``centres``."""
        along = _in_the_plane(x) * self.scale / self.spacing + (self.side - 1) / 2
        row, column = along.nan_to_num().round().clamp(0, self.side - 1).long().unbind(dim=-1)
        return row * self.side + column

    def distance_to_manifold(self, x: Tensor) -> Tensor:
        """Distance to the nearest centre, ``(..., 2)`` to ``(...)``, float64 in the unit of the data."""
        points = _in_the_plane(x)
        return (points - self.centres.to(x.device)[self.nearest_mode(points)]).norm(dim=-1)

    def _points(self, noise: Noise) -> Tensor:
        return noise.choice(self.centres) + self.mode_std * noise.normal(2)


@dataclass(frozen=True)
class SwissRoll(Sampled):
    r"""A spiral of one and a half turns in the plane, with Gaussian noise.

    .. math:: \bigl( (t \cos t, t \sin t) + \text{noise} \cdot Z \bigr) / \text{scale}, \qquad
        t \sim U[\tfrac32\pi, \tfrac92\pi], \quad Z \sim N(0, I_2)

    Parameters
    ----------
    noise : float
        Standard deviation of each coordinate, before the division.
    scale : float
        7.5 there: each coordinate then has a standard deviation near 0.9.
    """

    name: ClassVar[str] = "Swiss roll"
    dim: ClassVar[int] = 2
    noise: float = 0.25
    scale: float = 7.5

    def __post_init__(self) -> None:
        _checks.number(self.noise, "noise", 0, _checks.LARGEST)
        _checks.length(self.scale, "scale")

    @property
    def mean(self) -> Tensor:
        r"""Exact mean ``(2,)``.

        With antiderivatives :math:`t \sin t + \cos t` of :math:`t \cos t` and :math:`\sin t - t \cos t` of
        :math:`t \sin t`, over the interval's length 3π: :math:`(6\pi, 2) / (3\pi)`.
        """
        return torch.tensor([2.0, 2 / (3 * math.pi)], dtype=torch.float64) / self.scale

    def distance_to_manifold(self, x: Tensor) -> Tensor:
        """Distance to the spiral without its noise, ``(..., 2)`` to ``(...)``, float64 in the unit of the data.

        Exact to rounding: no polyline stands in for the curve.
        """
        return distance_to_spiral(_in_the_plane(x) * self.scale) / self.scale

    def _points(self, noise: Noise) -> Tensor:
        angle = START + (END - START) * noise.uniform(1)
        spiral = angle * torch.cat([angle.cos(), angle.sin()], dim=-1)
        return (spiral + self.noise * noise.normal(2)) / self.scale


def _in_the_plane(x: Tensor) -> Tensor:
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(f"points must have shape (..., 2), got {tuple(x.shape)}")
    return x.double()
