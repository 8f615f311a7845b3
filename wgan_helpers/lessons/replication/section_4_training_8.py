"""Sections 4.2 and 8: what critics in training know of W₁, Figures 2 and 3, and what follows for the pictures."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from wgan_helpers.lessons import critic_estimates, training_estimation, training_recorded
from wgan_helpers.lessons.replication.claim import ONE_RUN, Claim, Estimate, Range, Statement
from wgan_helpers.lessons.replication.numbers import mean, ratio, record

_SEEN: Final = "04_optimal_discriminator"
_METHODS: Final[Mapping[str, Mapping[str, Any]]] = {
    **{name: training_estimation.SHOWN[name] for name in ("wgan-gp", "c-transform", "wgan")},
    "λ = 0.04": {"objective": "wgan-gp", "penalty": 0.04},
}


@lru_cache(8)
def _ended(method: str, seed: int) -> pd.DataFrame:
    """Means over the last fifth of training on digits, a row for each repetition."""
    frame = training_estimation.measure({method: _METHODS[method]}, seed=seed, repetitions=4)
    return _last_fifth(frame).groupby("repetition")[["estimate", "exact", "quality"]].mean()


def _last_fifth(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["step"] >= 0.8 * frame["step"].max()]


def _recorded_end(method: str) -> pd.Series | None:
    """The same of the recorded faces, one run."""
    if (fig3 := record("fig3")) is None:
        return None
    if method == training_recorded.REAL:
        return fig3.frame.set_index("method").loc[method]
    curves = training_recorded.curves(fig3)
    return _last_fifth(curves[curves["method"] == method])[["estimate", "exact", "quality"]].mean()


def _trained(method: str) -> Callable[[int], Estimate]:
    """The critic's estimate over the exact W₁ of the same minibatch."""
    return lambda seed: ratio(_ended(method, seed)["estimate"], _ended(method, seed)["exact"])


def _recorded_trained(method: str) -> Callable[[], Estimate | None]:
    def found() -> Estimate | None:
        end = _recorded_end(method)
        return None if end is None else Estimate(end["estimate"] / end["exact"], ONE_RUN)

    return found


def _off(ratio: Estimate) -> Estimate:
    """The factor by which a ratio is off, either way."""
    return ratio if ratio.value >= 1 else Estimate(1 / ratio.value, ratio.error / ratio.value**2)


_OFF: Final = Statement(
    "The loss of WGAN-GP is not a meaningful approximation of W₁ in training.",
    "factor between the critic's estimate and the exact W₁ of the minibatch, the larger over the smaller",
    Range(low=1.25),
    {
        "digits, λ = 10": lambda seed: _off(_trained("wgan-gp")(seed)),
        "digits, λ = 0.04": lambda seed: _off(_trained("λ = 0.04")(seed)),
    },
    {"faces, λ = 10": lambda: _off(found) if (found := _recorded_trained("wgan-gp")()) else None},
)


def _compared(column: str, method: str, reference: str) -> Callable[[int], Estimate]:
    """One method over another: their Fréchet distance, ``quality``, or the ``exact`` W₁ to a minibatch."""
    return lambda seed: ratio(_ended(method, seed)[column], _ended(reference, seed)[column])


def _recorded_compared(column: str, method: str, reference: str) -> Callable[[], Estimate | None]:
    def found() -> Estimate | None:
        end, other = _recorded_end(method), _recorded_end(reference)
        return None if end is None or other is None else Estimate(end[column] / other[column], ONE_RUN)

    return found


def _nearer_than_real(seed: int) -> Estimate:
    pictures = training_estimation.pictures("digits")
    real, error = critic_estimates.between_real(pictures, training_estimation.SMALL.batch, pairs=50, seed=seed)
    exact = mean(_ended("c-transform", seed)["exact"])
    relative = (exact.error / exact.value) ** 2 + (error / real) ** 2
    return Estimate(exact.value / real, exact.value / real * relative**0.5)


CLAIMS: Final = (
    Claim(
        "penalty-orders-of-magnitude",
        "4.2, Figure 2",
        replace(
            _OFF,
            says="In training the gradient penalty's estimate is many orders of magnitude away from the actual W₁.",
            true=Range(low=100),
        ),
        "many orders of magnitude",
        "It is off, by far less. λ and the unit of brightness make one order of magnitude; clipped weights make three.",
        _SEEN,
        5,
    ),
    Claim("penalty-is-not-w1", "4.2", _OFF, "poor approximation", "It says how steep its critic may be.", _SEEN, 5),
    Claim(
        "c-transform-in-training",
        "4.2, Figure 2",
        Statement(
            "In training the c-transform approximates W₁ of the minibatches very accurately.",
            "estimate / exact W₁ of the minibatch",
            Range(0.9, 1.1),
            {"digits": _trained("c-transform")},
            {"faces": _recorded_trained("c-transform")},
        ),
        "very accurately",
        "Yes; and it is no estimate of W₁ between the laws, of which most of this number knows nothing.",
        _SEEN,
        5,
    ),
    Claim(
        "paradox",
        "4.2, Figure 3",
        Statement(
            "The c-transform's pictures are worse than those of WGAN-GP, in spite of the better approximation.",
            "Fréchet distance of the c-transform's pictures / that of WGAN-GP's",
            Range(low=1),
            {"digits, pixels": _compared("quality", "c-transform", "wgan-gp")},
            {"faces, features": _recorded_compared("quality", "c-transform", "wgan-gp")},
        ),
        "very blurry (pictures, no number)",
        "The same number of steps for both. Blurred pictures are nearer to a minibatch than sharp ones.",
        _SEEN,
        7,
    ),
    Claim(
        "because-it-fails",
        "8",
        Statement(
            "Generators are good because the critic does not approximate W₁ well.",
            "Fréchet distance of a worse approximation / that of the c-transform",
            Range(high=1),
            {
                "WGAN-GP, digits": _compared("quality", "wgan-gp", "c-transform"),
                "clipped weights, digits": _compared("quality", "wgan", "c-transform"),
            },
            {
                "WGAN-GP, faces": _recorded_compared("quality", "wgan-gp", "c-transform"),
                "clipped weights, faces": _recorded_compared("quality", "wgan", "c-transform"),
            },
        ),
        "precisely because it does not approximate the Wasserstein distance well",
        "A bad estimate is not enough: the clipped critic has the worst one, and worse digits than the c-transform.",
        _SEEN,
        7,
    ),
    Claim(
        "false-minimum-in-training",
        "8",
        Statement(
            "Accurate approximation meets false minima that are significant in practice.",
            "exact W₁ of c-transform's pictures to a minibatch / W₁ between two real minibatches",
            Range(high=1),
            {"digits, 300 steps": _nearer_than_real},
            {"faces, 1500 steps": _recorded_compared("exact", "c-transform", training_recorded.REAL)},
        ),
        "exhibits problems such as 'false' global minima",
        "Its faces are nearer to real ones than real ones are. Digits fill fewer dimensions, and the run is short.",
        _SEEN,
        7,
    ),
    Claim(
        "no-minimiser",
        "8",
        Statement(
            "WGANs should not be thought of as Wasserstein distance minimisers.",
            "exact W₁ to a minibatch of WGAN-GP's pictures / of the c-transform's",
            Range(low=1),
            {"digits, 300 steps": _compared("exact", "wgan-gp", "c-transform")},
            {"faces, 1500 steps": _recorded_compared("exact", "wgan-gp", "c-transform")},
        ),
        "should not be thought of as Wasserstein distance minimisers",
        "Who does minimise the minibatch W₁ gets much lower, and worse pictures.",
        _SEEN,
        7,
    ),
)
