r"""What a critic says of the W₁ of a minibatch, and what it is: the same points for both.

With a gradient penalty λ the best critic is not 1-Lipschitz. Of all multiples s f* of the best 1-Lipschitz critic, the
one that maximises :math:`s W - λ (s - 1)^2` has the slope :math:`s = 1 + W/2λ`, so that the estimate is

.. math:: E = W + \frac{W^2}{2λ} , \qquad W = -λ + \sqrt{λ^2 + 2 λ E} .
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from wgan_helpers import gans, transport
from wgan_helpers.gans.objectives import between
from wgan_helpers.transport.cost import distances


class Comparison(NamedTuple):
    """One minibatch: the critic's ``estimate``, the ``exact`` W₁ in the same unit, and the critic's mean ``slope``."""

    estimate: float
    exact: float
    slope: float


def compare(snapshot: gans.Snapshot, config: gans.Config, real: Tensor, fake: Tensor) -> Comparison:
    """What the critic of one GAN says of two minibatches ``(n, d)``, and their exact W₁.

    The slope is that at points between real and generated ones, where a gradient penalty asks for 1.
    """
    middle = between(real, fake, torch.linspace(0, 1, len(real), device=real.device)[:, None])
    slope = torch.linalg.vector_norm(snapshot.critic_gradient(middle), dim=-1).mean()
    exact = transport.wasserstein1(fake, real)
    return Comparison(estimate(snapshot, config, real, fake), float(exact), float(slope))


def estimate(snapshot: gans.Snapshot, config: gans.Config, real: Tensor, fake: Tensor) -> float:
    """The divergence of two minibatches ``(n, d)``, as the critic's loss estimates it: without its penalty."""
    objective = gans.OBJECTIVES[config.objective]
    if objective.reads == "potential":
        soft = (config.epsilon,) if config.objective == "c-eps-transform" else ()
        losses = objective.losses(snapshot.critic(real), distances(fake, real), *soft)
    else:
        losses = objective.losses(snapshot.critic(real), snapshot.critic(fake))
    return float(objective.estimate(losses))


def penalised(w1: float, penalty: float) -> float:
    """What the best critic with a gradient penalty says of this W₁."""
    return w1 + w1**2 / (2 * penalty)


def unpenalised(estimate: float, penalty: float) -> float:
    """The W₁ of which the best critic with a gradient penalty says this; NaN if it cannot say so."""
    inside = penalty**2 + 2 * penalty * estimate
    return -penalty + math.sqrt(inside) if inside >= 0 else math.nan
