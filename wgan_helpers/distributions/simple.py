"""Laws whose distance to another of their kind is known. Frozen dataclasses: equal settings are equal laws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from wgan_helpers import _checks
from wgan_helpers.distributions._noise import Noise
from wgan_helpers.distributions.law import Sampled


@dataclass(frozen=True)
class UniformCube(Sampled):
    r"""Uniform on the cube :math:`[low, high]^{dim}`; the paper's Figure 4 has ``dim`` = 50."""

    name: ClassVar[str] = "uniform on the cube"
    dim: int
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        _checks.integer(self.dim, "dim")
        low, high = (
            _checks.number(getattr(self, end), end, -_checks.LARGEST, _checks.LARGEST) for end in ("low", "high")
        )
        if low >= high:
            raise ValueError(f"high must be above low = {self.low:g}, got {self.high:g}")

    @property
    def mean(self) -> Tensor:
        """The cube's centre."""
        return torch.full((self.dim,), (self.low + self.high) / 2, dtype=torch.float64)

    def _points(self, noise: Noise) -> Tensor:
        return self.low + (self.high - self.low) * noise.uniform(self.dim)


@dataclass(frozen=True, init=False)
class Gaussian(Sampled):
    """Normal with independent coordinates of one standard deviation.

    Parameters
    ----------
    dim : int
        Dimension d.
    mean : float or (d,)
        One number for every coordinate, or a vector.
    std : float
        Standard deviation of each coordinate; 0 puts all mass on the mean.
    """

    name: ClassVar[str] = "Gaussian"
    dim: int
    std: float
    centre: tuple[float, ...]

    def __init__(self, dim: int, mean: float | Sequence[float] | Tensor = 0.0, std: float = 1.0) -> None:
        dim, most = _checks.integer(dim, "dim"), _checks.LARGEST
        vector = torch.as_tensor(mean, dtype=torch.float64)
        if vector.shape not in ((), (dim,)):
            raise ValueError(f"mean must be one number or have shape ({dim},), got {tuple(vector.shape)}")
        centre = tuple(
            _checks.number(value, "mean", -_checks.LARGEST, _checks.LARGEST) for value in vector.expand(dim).tolist()
        )
        # `mean` itself is the tensor that every law has; dataclasses cannot give one name both meanings
        object.__setattr__(self, "dim", dim)
        object.__setattr__(self, "std", _checks.number(std, "std", 0, most))
        object.__setattr__(self, "centre", centre)

    @property
    def mean(self) -> Tensor:
        """Exact mean ``(d,)``."""
        return torch.tensor(self.centre, dtype=torch.float64)

    def _points(self, noise: Noise) -> Tensor:
        normal = noise.normal(self.dim)
        return self.mean.to(normal) + self.std * normal


@dataclass(frozen=True)
class Bernoulli(Sampled):
    """One with probability ``theta``, else zero."""

    name: ClassVar[str] = "Bernoulli"
    dim: ClassVar[int] = 1
    theta: float

    def __post_init__(self) -> None:
        _checks.number(self.theta, "theta", minimum=0, maximum=1)

    @property
    def mean(self) -> Tensor:
        """Exact mean ``(1,)``."""
        return torch.tensor([self.theta], dtype=torch.float64)

    def _points(self, noise: Noise) -> Tensor:
        return noise.bernoulli(self.theta)


@dataclass(frozen=True)
class ParallelLines(Sampled):
    """Uniform on the segment from (theta, 0) to (theta, 1) in the plane.

    References
    ----------
    Arjovsky, Chintala, Bottou 2017, "Wasserstein GAN", example 1.
    """

    name: ClassVar[str] = "parallel lines"
    dim: ClassVar[int] = 2
    theta: float

    def __post_init__(self) -> None:
        _checks.number(self.theta, "theta", -_checks.LARGEST, _checks.LARGEST)

    @property
    def mean(self) -> Tensor:
        """The segment's midpoint."""
        return torch.tensor([self.theta, 0.5], dtype=torch.float64)

    def _points(self, noise: Noise) -> Tensor:
        height = noise.uniform(1)
        return torch.cat([torch.full_like(height, self.theta), height], dim=-1)
