"""Where training stands: copies of the networks, and what the players last lost."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import Generator, Tensor, nn

from wgan_helpers import _checks, networks
from wgan_helpers.gans._generated import Array
from wgan_helpers.gans.objectives import Losses

if TYPE_CHECKING:
    from wgan_helpers.gans.game import Game


class _Pair(NamedTuple):
    """Generator and critic of the models ``places`` of a population; of one model alone, ``None``."""

    generator: nn.Module
    critic: nn.Module
    latent: int
    dim: int
    places: Sequence[int] | None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Training at one step. For a population every tensor has a leading axis ``(models, ...)``.

    Attributes
    ----------
    step, steps : int
        Generator steps done, and to do in all.
    losses : Losses
        ``critic`` (with its penalty) and ``generator``, ``()``; NaN before a player's first step.
    estimate : ()
        What the critic's last loss says of the divergence that it estimates: for the Wasserstein objectives W₁, in the
        unit of the data; for mm, ns and dragan Jensen–Shannon, in nats; NaN for the others.
    finite : ()
        Whether all weights are finite numbers: not those of a model whose training diverged.
    seconds, seconds_left : float
        Of training so far, and till its end at the same speed.
    """

    step: int
    steps: int
    losses: Losses
    estimate: Tensor
    finite: Tensor
    seconds: float
    _pairs: tuple[_Pair, ...] = field(repr=False)

    @classmethod
    def of(cls, game: "Game", seconds: float = 0.0) -> "Snapshot":
        """A copy of where the game stands."""
        places = None if game.models is None else range(game.models)
        pair = _Pair(_frozen(game.generator), _frozen(game.critic), game.config.latent, game.dim, places)
        values = game.losses, game.estimate, game.finite
        return cls(game.steps, game.config.steps, *values, seconds, (pair,))

    @property
    def seconds_left(self) -> float:
        return self.seconds * (self.steps - self.step) / self.step if self.step else float("nan")

    @torch.no_grad()
    def sample(self, n: int, generator: Generator | None = None) -> Tensor:
        """``n`` generated points of each model, ``(n, d)``.

        All models are given the same latent points; unless a generator is given, the same ones every time, so that a
        picture of the samples changes only as the networks do.
        """
        _checks.integer(n, "n")
        start = None if generator is None else generator.get_state()

        def made(pair: _Pair) -> Tensor:
            device = next(pair.generator.parameters()).device
            latent_generator = Generator(device).manual_seed(0) if generator is None else generator
            if start is not None:
                latent_generator.set_state(start)
            latent = torch.randn(n, pair.latent, generator=latent_generator, device=device)
            return pair.generator(_for_models(latent, pair))

        return self._gather(made)

    @torch.no_grad()
    def critic(self, x: Array) -> Tensor:
        """What the critic says of the points ``x`` ``(n, d)``: ``(n,)``."""
        return self._gather(lambda pair: pair.critic(_points(x, pair)).squeeze(-1))

    @torch.enable_grad()
    def critic_gradient(self, x: Array) -> Tensor:
        """The critic's gradient at the points ``x`` ``(n, d)``: ``(n, d)``."""

        def gradient(pair: _Pair) -> Tensor:
            at = _points(x, pair).clone().requires_grad_()
            return torch.autograd.grad(pair.critic(at).sum(), at)[0]

        return self._gather(gradient)

    def lipschitz_bound(self) -> Tensor:
        """A constant that the critic's slope never exceeds, ``()`` in float64 on the CPU: :func:`.lipschitz_bound`.

        Infinite for an autoencoder, of which none is known.
        """
        return self._gather(
            lambda pair: (
                torch.full(_models(pair), torch.inf, dtype=torch.float64)
                if isinstance(pair.critic, networks.Autoencoder)
                else networks.lipschitz_bound(cast(networks.MLP, copy.deepcopy(pair.critic).cpu()))
            )
        )

    def _gather(self, of_pair: Callable[[_Pair], Tensor]) -> Tensor:
        found = [of_pair(pair) for pair in self._pairs]
        return found[0] if len(found) == 1 else _in_order(found, self._pairs)


def merge(snapshots: Sequence[Snapshot], places: Sequence[Sequence[int]], seconds: float) -> Snapshot:
    """One snapshot of a population that trains in several parts, each of the models at these ``places`` of it."""
    pairs = tuple(s._pairs[0]._replace(places=where) for s, where in zip(snapshots, places, strict=True))

    def joined(of: Callable[[Snapshot], Tensor]) -> Tensor:
        return _in_order([of(snapshot) for snapshot in snapshots], pairs)

    losses = Losses(joined(lambda s: s.losses.critic), joined(lambda s: s.losses.generator))
    first = snapshots[0]
    values = losses, joined(lambda s: s.estimate), joined(lambda s: s.finite)
    return Snapshot(first.step, first.steps, *values, seconds, pairs)


def _in_order(found: Sequence[Tensor], pairs: Sequence[_Pair]) -> Tensor:
    places = torch.tensor([place for pair in pairs for place in pair.places or ()], device=found[0].device)
    return torch.cat(list(found))[places.argsort()]


def _points(x: Array, pair: _Pair) -> Tensor:
    """Points of the data's space, as the critic takes them."""
    given = x.detach() if isinstance(x, Tensor) else torch.tensor(x)
    if given.ndim != 2 or given.shape[1] != pair.dim:
        raise ValueError(f"x must be points (n, {pair.dim}), got shape {tuple(given.shape)}")
    return _for_models(given.to(next(pair.critic.parameters())), pair)


def _for_models(x: Tensor, pair: _Pair) -> Tensor:
    """The same points for each model."""
    return x.expand(*_models(pair), *x.shape)


def _models(pair: _Pair) -> tuple[int, ...]:
    return () if pair.places is None else (len(pair.places),)


def _frozen(network: nn.Module) -> nn.Module:
    """A copy that does not train, and normalises batches by what it has learnt."""
    return copy.deepcopy(network).requires_grad_(False).eval()
