"""How the losses change with the critic's scores and slopes, by hand.

For small networks the graph of these few operations takes as long as a layer.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import relu

from wgan_helpers.gans import objectives


class _ByHand(NamedTuple):
    """Of sums over the points: the critic's loss by scores of real and of generated ones; the generator's by these."""

    critic: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
    generator: Callable[[Tensor], Tensor]


def _surprise(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return torch.sigmoid(real).sub_(1), torch.sigmoid(fake)


_BY_SCORES: Final[Mapping[object, _ByHand]] = MappingProxyType(
    {
        objectives.minimax: _ByHand(_surprise, lambda fake: torch.sigmoid(fake).neg_()),
        objectives.non_saturating: _ByHand(_surprise, lambda fake: torch.sigmoid(fake).sub_(1)),
        objectives.least_squares: _ByHand(lambda real, fake: (real - 1, fake), lambda fake: fake - 1),
        objectives.wasserstein: _ByHand(
            lambda real, fake: (torch.full_like(real, -1), torch.ones_like(fake)),
            lambda fake: torch.full_like(fake, -1),
        ),
        objectives.hinge: _ByHand(
            lambda real, fake: ((real < 1).to(real.dtype).neg_(), (fake > -1).to(fake.dtype)),
            lambda fake: torch.full_like(fake, -1),
        ),
    }
)
_FLAT: Final = 1e-30  # a slope below it has no direction
_BY_SLOPE: Final[Mapping[object, Callable[[Tensor], Tensor]]] = MappingProxyType(
    {
        objectives.gradient_penalty: lambda slope: 2 * (slope - 1),
        objectives.lipschitz_penalty: lambda slope: 2 * relu(slope - 1),
    }
)


def by_scores(losses: Callable[..., objectives.Losses], scores: Sequence[Tensor]) -> Tensor | None:
    """Of the critic's loss by its scores of real and of generated points ``(..., n)``: ``(..., 2n, 1)``.

    ``None`` if nobody has worked it out by hand.
    """
    if (by_hand := _BY_SCORES.get(losses)) is None:
        return None
    return torch.cat([each / each.shape[-1] for each in by_hand.critic(*scores)], dim=-1).unsqueeze(-1)


def by_generated(losses: Callable[..., objectives.Losses], scores: Tensor) -> Tensor | None:
    """The same of the generator's loss, by the scores of generated points alone: ``(..., n, 1)``."""
    if (by_hand := _BY_SCORES.get(losses)) is None:
        return None
    return (by_hand.generator(scores) / scores.shape[-1]).unsqueeze(-1)


def by_gradient(penalty: Callable[[Tensor], Tensor], gradient: Tensor, weight: float | Tensor) -> Tensor:
    """Of the penalty, times its weight ``()`` or ``(models,)``, by the critic's gradient ``(..., n, d)``."""
    slope = torch.linalg.vector_norm(gradient, dim=-1, keepdim=True)
    if isinstance(weight, Tensor):
        weight = weight[:, None, None]
    factor = _BY_SLOPE[penalty](slope).div_(slope.clamp_min_(_FLAT)).mul_(weight / slope.shape[-2])
    return gradient * factor
