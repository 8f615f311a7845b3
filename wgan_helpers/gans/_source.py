"""What a generator is to imitate: checked once, then drawn from."""

from typing import Any, cast

import numpy as np
import torch
from torch import Generator, Tensor

from wgan_helpers.distributions import Empirical
from wgan_helpers.images import Pictures

_PROBE, _PROBE_NUMBERS = 1000, 4_000_000  # at most so many points and coordinates are looked at
_PROJECTED = 100_000  # coordinates


class Source:
    """A law, pictures, or points.

    Parameters
    ----------
    source : law, Pictures, or (N, d) tensor or array
        Points of a law are independent, so several minibatches are drawn at once.
    batch : int
        Points of the largest minibatch.

    Raises
    ------
    TypeError, ValueError
        If it is none of them, has fewer points than a minibatch, or numbers that are not finite.
    """

    def __init__(self, source: Any, batch: int) -> None:
        self._count: int | None = None
        if isinstance(source, Tensor | np.ndarray):
            source = Empirical(cast(Tensor, source))
            self._count = len(source.points)
        if isinstance(source, Pictures):
            self._count = len(source)
        if isinstance(source, type) or not (hasattr(source, "sample") and hasattr(source, "dim")):
            found = f"the class {source.__name__}" if isinstance(source, type) else type(source).__name__
            raise TypeError(f"source must be a law, pictures or points (N, d), got {found}")
        self._source = source
        self.must_fill(batch)
        self.dim: int = source.dim
        self.shape = source.shape if isinstance(source, Pictures) else None
        points = min(_PROBE, self._count or _PROBE, max(1, _PROBE_NUMBERS // self.dim))
        probe = source.sample(points, Generator())
        if probe.shape[-1] != self.dim:
            raise ValueError(f"source says that its dimension is {self.dim}, and draws points of {probe.shape[-1]}")
        if wrong := int((~torch.isfinite(probe)).any(dim=-1).sum()):
            raise ValueError(f"source draws points that are not finite: {wrong} of {len(probe)}")
        # same-named laws of other parameters, and as many other points, are another source
        name = getattr(source, "name", type(source).__name__)
        numbers = probe.flatten()[:_PROJECTED].cpu().double()
        direction = torch.arange(len(numbers), dtype=torch.float64).sin()
        moments = f"mean square {probe.square().mean():.4g}, projection {(numbers * direction).mean():.6g}"
        self.about = f"{name} (dimension {self.dim}, {moments})"

    def must_fill(self, batch: int) -> None:
        """Refuse minibatches larger than the data."""
        if self._count is not None and batch > self._count:
            what = "pictures" if isinstance(self._source, Pictures) else "points"
            raise ValueError(f"batch must be at most {self._count}, the number of {what}, got {batch}")

    def sample(self, batches: int, batch: int, generator: Generator) -> Tensor:
        """So many minibatches, one after the other: ``(batches * batch, d)``."""
        dtype = torch.get_default_dtype()
        if isinstance(self._source, Pictures):  # within a minibatch all are different
            drawn = [self._source.sample(batch, generator).to(dtype) for _ in range(batches)]
            return drawn[0] if batches == 1 else torch.cat(drawn)
        return self._source.sample(batches * batch, generator).to(dtype)
