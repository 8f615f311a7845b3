r"""What a critic says of the W₁ of a minibatch, and what it is: the same points for both.

With a gradient penalty λ the best critic is not 1-Lipschitz. Of all multiples s f* of the best 1-Lipschitz critic, the
one that maximises :math:`s W - λ (s - 1)^2` has the slope :math:`s = 1 + W/2λ`, so that the estimate is

.. math:: E = W + \frac{W^2}{2λ} , \qquad W = -λ + \sqrt{λ^2 + 2 λ E} .
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, gans, images, transport
from wgan_helpers.gans.objectives import between
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.transport.cost import distances

#: What is compared: the settings in which they differ. The paper's ε is 1000; in brightness from 0 to 255 that is 3.9.
METHODS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "wgan-gp": {"objective": "wgan-gp", "penalty": 10.0},
        "c-transform": {"objective": "c-transform"},
        "c-eps-transform-0.1": {"objective": "c-eps-transform", "epsilon": 0.1},
        "c-eps-transform-3.9": {"objective": "c-eps-transform", "epsilon": 1000 / 255},
        "c-eps-transform-1000": {"objective": "c-eps-transform", "epsilon": 1000.0},
        "wgan": {"objective": "wgan", "clip": 0.01},
        "wgan-lp": {"objective": "wgan-lp", "penalty": 10.0},
    }
)


class Comparison(NamedTuple):
    """The critic's ``estimate``, the ``exact`` W₁ in the same unit, and the critic's mean ``slope``; ``(...)`` each."""

    estimate: Tensor
    exact: Tensor
    slope: Tensor


def compare(snapshot: gans.Snapshot, config: gans.Config, real: Tensor, fake: Tensor) -> Comparison:
    """What a critic says of two minibatches, and their exact W₁.

    The slope is that at points between real and generated ones, where a gradient penalty asks for 1.

    Parameters
    ----------
    snapshot : Snapshot
        Of one GAN, or of a population.
    config : Config
        Of any of its models: the objective, and ε where it has one.
    real : (n, d)
        A minibatch, the same for all models.
    fake : (..., n, d)
        A minibatch of each model.
    """
    objective, own = gans.OBJECTIVES[config.objective], _of_each(fake)
    if objective.reads == "potential":
        soft = (config.epsilon,) if config.objective == "c-eps-transform" else ()
        losses = objective.losses(snapshot.critic(real), distances(fake, real.expand_as(fake)), *soft)
    else:
        losses = objective.losses(snapshot.critic(real), own(snapshot.critic, fake))
    middle = between(real, fake, torch.linspace(0, 1, len(real), device=real.device)[:, None])
    slope = torch.linalg.vector_norm(own(snapshot.critic_gradient, middle), dim=-1).mean(dim=-1)
    return Comparison(objective.estimate(losses), transport.wasserstein1(fake, real.expand_as(fake)), slope)


def _of_each(fake: Tensor) -> Callable[[Callable[[Tensor], Tensor], Tensor], Tensor]:
    """How to ask each model about points of its own, when all are asked about the same."""
    if fake.ndim == 2:
        return lambda ask, points: ask(points)
    models = torch.arange(len(fake))
    return lambda ask, points: ask(points.flatten(0, 1)).unflatten(1, points.shape[:2])[models, models]


@lru_cache(maxsize=32)
def between_real(source: images.Pictures, n: int, pairs: int = 10, seed: int = 0) -> tuple[float, float]:
    """W₁ between two minibatches of n real pictures: mean over so many pairs, and its standard error."""
    drawn = torch.stack([source.sample(2 * n, monte_carlo.generator(seed, pair)) for pair in range(pairs)])
    exact = transport.wasserstein1(drawn[:, :n], drawn[:, n:])
    return float(exact.mean()), float(exact.std()) / math.sqrt(pairs)


def penalised(w1: float, penalty: float) -> float:
    """What the best critic with the gradient penalty λ says where the distance is ``w1``: larger, by the law above."""
    return w1 + w1**2 / (2 * _checks.positive(penalty, "penalty"))


def unpenalised(estimate: Any, penalty: Any) -> Any:
    """The distance of which the best critic with the gradient penalty λ says ``estimate``; NaN where none is that."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.square(penalty) + 2 * penalty * estimate) - penalty


def corrected(frame: pd.DataFrame) -> pd.Series:
    """For rows with ``objective, penalty, estimate``: the estimate without what λ adds; NaN where there is no λ."""
    held = frame["objective"].map(lambda name: gans.OBJECTIVES[name].penalty is not None)
    return unpenalised(frame["estimate"], frame["penalty"]).where(held)
