"""The random numbers of each model, so that a model draws the same alone and among others."""

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor


def available(device: torch.device | str) -> torch.device:
    """The device, checked to be there."""
    try:
        return Generator(device).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device {str(device)!r} is not to be had here: 'cpu' always is") from error


class Randomness:
    """A stream of random numbers for each of the models side by side.

    Parameters
    ----------
    seeds : sequence of int
        One per model.
    device : torch.device or str
        Where the numbers are drawn.
    alone : bool
        Whether there is one model, whose tensors have no leading axis.

    Raises
    ------
    ValueError
        If the device is not there.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device | str, *, alone: bool) -> None:
        self.device = available(device)
        self.generators = [Generator(self.device).manual_seed(seed) for seed in seeds]
        self._alone = alone

    def each(self, draw: Callable[[Generator], Tensor]) -> Tensor:
        """One drawing from every stream."""
        drawn = [draw(generator) for generator in self.generators]
        return drawn[0] if self._alone else torch.stack(drawn)

    def normal(self, n: int, d: int) -> Tensor:
        """Independent standard normal numbers, ``(..., n, d)``."""
        return self.each(lambda generator: torch.randn(n, d, generator=generator, device=self.device))

    def uniform(self, n: int, d: int) -> Tensor:
        """Independent numbers on [0, 1), ``(..., n, d)``."""
        return self.each(lambda generator: torch.rand(n, d, generator=generator, device=self.device))

    def shuffled(self, points: Tensor) -> Tensor:
        """Points ``(..., n, d)`` in a random order, another one for each model."""
        return points.take_along_dim(self.uniform(points.shape[-2], 1).argsort(dim=-2), dim=-2)

    def state(self) -> list[Tensor]:
        """Where each stream is."""
        return [generator.get_state() for generator in self.generators]

    def load(self, state: Sequence[Tensor]) -> None:
        """Go on where :meth:`state` was taken."""
        for generator, saved in zip(self.generators, state, strict=True):
            generator.set_state(saved.cpu())
