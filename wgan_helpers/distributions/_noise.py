"""Random numbers for the laws: all from one generator, delivered where they are wanted."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from wgan_helpers import _checks

Device = torch.device | str | int | None


@dataclass(frozen=True)
class Noise:
    """What a sample of ``n`` points is made from."""

    n: int
    generator: Generator | None
    dtype: torch.dtype
    device: Device

    def __post_init__(self) -> None:
        _checks.integer(self.n, "n")
        if not isinstance(self.generator, Generator | None):
            raise TypeError(f"generator must be a torch.Generator or None, got {_checks.shown(self.generator)}")
        if not (isinstance(self.dtype, torch.dtype) and self.dtype.is_floating_point):
            raise TypeError(f"dtype must be a floating-point type of torch, got {_checks.shown(self.dtype)}")

    def uniform(self, columns: int) -> Tensor:
        """Independent numbers on [0, 1), ``(n, columns)``."""
        shape = (self.n, columns)
        return self._deliver(torch.rand(shape, generator=self.generator, dtype=self.dtype, device=self._source))

    def normal(self, columns: int) -> Tensor:
        """Independent standard normal numbers, ``(n, columns)``."""
        shape = (self.n, columns)
        return self._deliver(torch.randn(shape, generator=self.generator, dtype=self.dtype, device=self._source))

    def bernoulli(self, theta: float) -> Tensor:
        """Independent zeros and ones, ``(n, 1)``."""
        blank = torch.empty((self.n, 1), dtype=self.dtype, device=self._source)
        return self._deliver(blank.bernoulli_(theta, generator=self.generator))

    def choice(self, rows: Tensor) -> Tensor:
        """Independent draws among the rows of ``(modes, d)``, ``(n, d)``."""
        drawn = torch.randint(len(rows), (self.n,), generator=self.generator, device=self._source)
        return self._deliver(rows.to(drawn.device, self.dtype)[drawn])

    @property
    def _source(self) -> Device:
        """A generator draws on its own device only; what it drew is moved afterwards."""
        return self.device if self.generator is None else self.generator.device

    def _deliver(self, drawn: Tensor) -> Tensor:
        return drawn if self.device is None else drawn.to(self.device)
