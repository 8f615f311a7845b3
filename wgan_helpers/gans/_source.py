"""What a generator is to imitate: checked once, then drawn from."""

from typing import Any, Final

import numpy as np
import torch
from torch import Generator, Tensor

from wgan_helpers.distributions import Empirical
from wgan_helpers.images import Pictures

_PROBE: Final = 1000  # points


class Source:
    """A law, pictures, or points.

    Parameters
    ----------
    source : law, Pictures, or (N, d) tensor or array
        Points of a law are independent, so several minibatches are drawn at once.
    batch : int
        Points of a minibatch.

    Raises
    ------
    TypeError, ValueError
        If it is none of them, has fewer points than a minibatch, or numbers that are not finite.
    """

    def __init__(self, source: Any, batch: int) -> None:
        if isinstance(source, Tensor | np.ndarray):
            source = Empirical(torch.as_tensor(source))
            _enough(len(source.points), batch, "points; distributions.Empirical draws from few with replacement")
        if not (hasattr(source, "sample") and hasattr(source, "dim")):
            raise TypeError(f"source must be a law, pictures or points (N, d), got {type(source).__name__}")
        if isinstance(source, Pictures):
            _enough(len(source), batch, "pictures")
        self._source, self._batch = source, batch
        self.dim: int = source.dim
        self.shape = source.shape if isinstance(source, Pictures) else None
        self.name: str = source.name
        probe = source.sample(min(_PROBE, len(source)) if isinstance(source, Pictures) else _PROBE, Generator())
        if probe.shape[-1] != self.dim:
            raise ValueError(f"source says that its dimension is {self.dim}, and draws points of {probe.shape[-1]}")
        if wrong := int((~torch.isfinite(probe)).any(dim=-1).sum()):
            raise ValueError(f"source draws points that are not finite: {wrong} of {len(probe)}")

    def sample(self, batches: int, generator: Generator) -> Tensor:
        """So many minibatches, one after the other: ``(batches * batch, d)``."""
        if isinstance(self._source, Pictures):  # within a minibatch all are different
            drawn = [self._source.sample(self._batch, generator) for _ in range(batches)]
            return drawn[0] if batches == 1 else torch.cat(drawn)
        return self._source.sample(batches * self._batch, generator)


def _enough(count: int, batch: int, what: str) -> None:
    if batch > count:
        raise ValueError(f"batch must be at most {count}, the number of {what}, got {batch}")
