"""What a law is, and what all laws share."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Protocol, runtime_checkable

import torch
from torch import Generator, Tensor

from wgan_helpers.distributions._noise import Device, Noise


@runtime_checkable
class Law(Hashable, Protocol):
    """What every law has; :meth:`Gaussian.sample` says what ``sample`` means."""

    @property
    def dim(self) -> int:
        """Dimension d of the space."""

    @property
    def mean(self) -> Tensor:
        """Exact mean ``(d,)``, float64 on the CPU, in the unit of the data."""

    @property
    def name(self) -> str:
        """Short label for plots."""

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: Device = None,
    ) -> Tensor:
        """Draw ``n`` independent points, ``(n, d)``."""


@runtime_checkable
class HasModes(Law, Protocol):
    """A law that is a mixture of equal Gaussians, far enough from each other to be told apart."""

    @property
    def centres(self) -> Tensor:
        """Centres of the modes ``(modes, d)``, float64 on the CPU, in the unit of the data."""

    @property
    def mode_std(self) -> float:
        """Standard deviation of each mode's coordinates."""

    def nearest_mode(self, x: Tensor) -> Tensor:
        """Which mode's centre is nearest to each point of ``(..., d)``: ``(...)`` int64."""


@runtime_checkable
class HasManifold(Law, Protocol):
    """A law that adds noise to points of a known set, its manifold."""

    def distance_to_manifold(self, x: Tensor) -> Tensor:
        """Distance of each point of ``(..., d)`` to the manifold, ``(...)`` float64, in the unit of the data."""


class Sampled(ABC):
    """A law that says in :meth:`_points` how noise becomes points."""

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: Device = None,
    ) -> Tensor:
        """Draw independent points.

        Parameters
        ----------
        n : int
            How many.
        generator : Generator, optional
            The only source of randomness: the same seed draws the same sample. ``None`` is torch's own.
        dtype : torch.dtype
            A floating-point type.
        device : torch.device or str, optional
            Where the sample goes; where the generator lives unless given.

        Returns
        -------
        (n, d)
            Sample, in the unit of the data.

        Raises
        ------
        TypeError, ValueError
            If ``n`` is no integer of at least 1, ``generator`` no torch.Generator, or ``dtype`` no
            floating-point type.
        """
        return self._points(Noise(n, generator, dtype, device))

    @abstractmethod
    def _points(self, noise: Noise) -> Tensor:
        """The sample ``(n, d)`` that this noise makes."""
