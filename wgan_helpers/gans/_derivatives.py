"""How the critic's loss changes with its scores and slopes, by hand.

For small networks the graph of these few operations takes as long as a layer.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import relu

from wgan_helpers.gans import objectives

_BY_SCORES: Final[Mapping[object, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]]] = MappingProxyType(
    {
        objectives.minimax: lambda real, fake: (torch.sigmoid(real).sub_(1), torch.sigmoid(fake)),
        objectives.non_saturating: lambda real, fake: (torch.sigmoid(real).sub_(1), torch.sigmoid(fake)),
        objectives.least_squares: lambda real, fake: (real - 1, fake),
        objectives.wasserstein: lambda real, fake: (torch.full_like(real, -1), torch.ones_like(fake)),
        objectives.hinge: lambda real, fake: ((real < 1).to(real.dtype).neg_(), (fake > -1).to(fake.dtype)),
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
    return torch.cat([each.div_(each.shape[-1]) for each in by_hand(*scores)], dim=-1).unsqueeze(-1)


def by_gradient(penalty: Callable[[Tensor], Tensor], gradient: Tensor, weight: float | Tensor) -> Tensor:
    """Of the penalty, times its weight ``()`` or ``(models,)``, by the critic's gradient ``(..., n, d)``."""
    slope = torch.linalg.vector_norm(gradient, dim=-1, keepdim=True)
    if isinstance(weight, Tensor):
        weight = weight[:, None, None]
    factor = _BY_SLOPE[penalty](slope).div_(slope.clamp_min_(_FLAT)).mul_(weight / slope.shape[-2])
    return gradient * factor
