"""The random settings of Lucic et al. (2018): seven losses, and the wide ranges that each is drawn from."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from wgan_helpers import _checks, gans

#: The losses of the study; its ``wgan`` is the one with clipped weights.
LOSSES: Final = ("mm", "ns", "lsgan", "wgan", "wgan-gp", "dragan", "began")
#: What all settings share.
BASE: Final = gans.Config(hidden=32, batch=64, steps=1000, decay=False)


def settings(loss: str, count: int = 100, base: gans.Config = BASE, seed: int = 0) -> list[gans.Config]:
    """Random settings of a loss, from the wide ranges of the study; the first one is the study's default.

    ============== ==================================== ==================
    setting        range                                of
    ============== ==================================== ==================
    learning rate  10^U(−5, −2), the same for both      all
    β₁             U(0, 1)                              all
    critic steps   1 or 5                               all
    penalty λ      10^U(−1, 2)                          wgan-gp, dragan
    clip           10^U(−3, 0)                          wgan
    γ, λ_k         U(0, 1), 10^U(−4, −2)                began
    ============== ==================================== ==================

    The study draws batch normalisation as well; these networks have none.

    Parameters
    ----------
    loss : str
        One of :data:`LOSSES`.
    count : int
        How many.
    base : Config
        All that is not drawn.
    seed : int
        The first of fewer or more settings are the same.

    References
    ----------
    Lucic et al. 2018, "Are GANs created equal?", tables 5 and 6.
    """
    _checks.one_of(loss, "loss", LOSSES)
    _checks.integer(count, "count")
    draw = np.random.default_rng([_checks.integer(seed, "seed", minimum=0), LOSSES.index(loss)])
    rate, beta1, steps, own = _DEFAULTS[loss]
    configs = [replace(base, objective=loss, **_rates(rate), beta1=beta1, critic_steps=steps, **own)]
    for model in range(1, count):
        numbers = draw.random(5)
        common = _rates(_logarithmic(numbers[0], -5, -2)) | {
            "beta1": numbers[1],
            "critic_steps": int(draw.choice([1, 5])),
        }
        configs.append(replace(base, objective=loss, seed=1000 * seed + model, **common, **_own(loss, numbers[3:])))
    return configs


#: Learning rate, β₁, critic steps and what else the loss has: the authors' own, as the study gives them.
_DEFAULTS: Final[Mapping[str, tuple[float, float, int, dict[str, Any]]]] = MappingProxyType(
    {
        "mm": (5e-5, 0.0, 1, {}),
        "ns": (5e-5, 0.0, 1, {}),
        "lsgan": (2e-4, 0.5, 1, {}),
        "wgan": (5e-5, 0.5, 5, {"clip": 0.01}),
        "wgan-gp": (1e-4, 0.5, 5, {"penalty": 10.0}),
        "dragan": (1e-4, 0.5, 1, {"penalty": 10.0}),
        "began": (1e-4, 0.5, 5, {}),
    }
)


def _own(loss: str, uniform: np.ndarray) -> dict[str, Any]:
    if loss in ("wgan-gp", "dragan"):
        return {"penalty": _logarithmic(uniform[0], -1, 2)}
    if loss == "wgan":
        return {"clip": _logarithmic(uniform[0], -3, 0)}
    if loss == "began":
        return {"diversity": float(uniform[0]), "balance_rate": _logarithmic(uniform[1], -4, -2)}
    return {}


def _rates(rate: float) -> dict[str, Any]:
    return {"lr_critic": rate, "lr_generator": rate}


def _logarithmic(uniform: float, low: float, high: float) -> float:
    return float(10 ** (low + (high - low) * uniform))
