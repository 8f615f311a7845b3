"""Critics alone: several seeds side by side, trained against laws that are given step by step.

The generator rests, or moves as the lesson says: so the critic that would be best is known at every step.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Protocol, cast

import torch
from torch import Generator, Tensor

from wgan_helpers import _checks, gans, networks
from wgan_helpers.lessons import monte_carlo

RATE: Final = 1e-3  # of Adam; its momenta are those of the paper's WGAN-GP
BATCH: Final = 128
_HIDDEN: Final = 32


class Source(Protocol):
    """What can be drawn from."""

    def sample(self, n: int, generator: Generator | None = None) -> Tensor:
        """Draw ``n`` points, ``(n, d)``."""


@dataclass(frozen=True)
class Lines:
    """Uniform on the segment from (theta, 0) to (theta, 1), blurred across by a normal law of ``std``."""

    theta: float
    std: float = 0.0

    def sample(self, n: int, generator: Generator | None = None) -> Tensor:
        """Draw ``n`` points, ``(n, 2)``."""
        across = self.theta + self.std * torch.randn(n, 1, generator=generator)
        return torch.cat([across, torch.rand(n, 1, generator=generator)], dim=1)


@dataclass(frozen=True)
class Bumps:
    """An even mixture of normal laws of one standard deviation, on the line."""

    dim: ClassVar[int] = 1
    centres: tuple[float, ...]
    std: float

    def density(self, x: Tensor) -> Tensor:
        """At the points ``x``, of any shape."""
        z = (x.unsqueeze(-1) - torch.tensor(self.centres, dtype=x.dtype)) / self.std
        return ((-z.square() / 2).exp() / (math.sqrt(2 * math.pi) * self.std)).mean(dim=-1)

    def sample(self, n: int, generator: Generator | None = None) -> Tensor:
        """Draw ``n`` points, ``(n, 1)``."""
        which = torch.randint(len(self.centres), (n, 1), generator=generator)
        return torch.tensor(self.centres)[which] + self.std * torch.randn(n, 1, generator=generator)


class Critics:
    """Critics of several seeds, with their optimiser and their randomness.

    Parameters
    ----------
    objective : str
        ``"mm"`` or ``"ns"``, which train the same discriminator, or ``"wgan"``, which trains a 1-Lipschitz critic.
    dim : int
        Dimension d of the points.
    seed, repetitions : int
        Each repetition has weights and minibatches of its own.
    rate : float
        Adam's learning rate.

    Attributes
    ----------
    network : MLP
        From points ``(repetitions, n, d)`` to scores ``(repetitions, n, 1)``.
    steps : int
        So far.
    """

    def __init__(self, objective: str, dim: int, seed: int = 0, repetitions: int = 8, rate: float = RATE) -> None:
        _checks.one_of(objective, "objective", ("mm", "ns", "wgan"))
        self._randomness: Sequence[Generator] = [
            monte_carlo.generator(seed, r) for r in range(_checks.integer(repetitions, "repetitions"))
        ]
        kind = "lipschitz" if objective == "wgan" else "mlp"
        base = gans.Config(objective=objective, critic=kind, hidden=_HIDDEN, lr_critic=_checks.positive(rate, "rate"))
        self._critic = gans.Critic([replace(base, seed=g.initial_seed()) for g in self._randomness], dim)
        self.network = cast(networks.MLP, self._critic.network)
        self.steps = 0

    def step(self, real: Source, fake: Source) -> None:
        """One step of the optimiser, on fresh minibatches."""
        points = (torch.stack([law.sample(BATCH, g) for g in self._randomness]) for law in (real, fake))
        self._critic.step(*points)
        self.steps += 1

    @torch.no_grad()
    def scores(self, x: Tensor) -> Tensor:
        """Of points ``(n, d)``: ``(repetitions, n)``."""
        return self.network(self._for_each(x)).squeeze(-1)

    @torch.no_grad()
    def gradients(self, x: Tensor) -> Tensor:
        """Of the scores at points ``(n, d)``: ``(repetitions, n, d)``."""
        return self.network.input_gradient(self._for_each(x))

    def _for_each(self, x: Tensor) -> Tensor:
        return x.expand(len(self._randomness), *x.shape)
