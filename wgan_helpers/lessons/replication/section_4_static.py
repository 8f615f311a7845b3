"""Section 4.1, Figure 1: critics as estimators of W₁ between two samples that stay."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from wgan_helpers.lessons import estimators, static_estimation
from wgan_helpers.lessons.replication.claim import ONE_RUN, Claim, Estimate, Range, Statement
from wgan_helpers.lessons.replication.numbers import mean, ratio, record

_SEEN: Final = "04_optimal_discriminator"
_STEPS: Final = 300


@lru_cache(2)
def _race(seed: int) -> pd.DataFrame:
    """c-transform and gradient penalty on the small samples of notebook 04."""
    methods = ["c-transform", "wgan-gp"]
    gaussian: dict[str, Any] = {"data": "Gaussian", "n": 128, "d": 10}
    return static_estimation.measure(methods, _STEPS, estimators.SMALL, seed=seed, repetitions=5, **gaussian)


def _ends(frame: pd.DataFrame, method: str) -> pd.Series:
    """Last estimate over the exact distance, for each repetition."""
    last = frame[frame["method"] == method].groupby("repetition").last()
    return last["estimate"] / last["exact"]


def _errors(seed: int) -> Estimate:
    return ratio((1 - _ends(_race(seed), "wgan-gp")).abs(), (1 - _ends(_race(seed), "c-transform")).abs())


def _recorded_errors(penalty: str) -> Callable[[], Estimate | None]:
    def found() -> Estimate | None:
        if (fig1 := record("fig1")) is None:
            return None
        errors = [abs(1 - _ends(fig1.frame, method).iloc[0]) for method in (penalty, "c-transform")]
        return Estimate(errors[0] / errors[1], ONE_RUN)

    return found


def _arrival(curve: pd.DataFrame) -> float:
    """The first step at which a method is near the exact distance; the last one if it never is."""
    near = (curve["estimate"] / curve["exact"] - 1).abs() < static_estimation.NEAR
    return float(curve["step"][near].min() if near.any() else curve["step"].max())


def _arrivals(frame: pd.DataFrame, penalty: str) -> Estimate:
    def steps(method: str) -> pd.Series:
        curves = frame[frame["method"] == method].groupby("repetition")
        return pd.Series([_arrival(curve) for _, curve in curves])

    return mean(steps("c-transform") / steps(penalty))


def _recorded_arrivals(penalty: str) -> Callable[[], Estimate | None]:
    return lambda: _arrivals(fig1.frame, penalty) if (fig1 := record("fig1")) else None


def _penalty_ends(hidden: int) -> Callable[[int], Estimate]:
    base = replace(estimators.BASE, hidden=hidden)
    sampled: dict[str, Any] = {"data": "Gaussian", "n": 64, "d": 20}

    def measured(seed: int) -> Estimate:
        frame = static_estimation.measure(["wgan-gp"], 2000, base, seed=seed, repetitions=3, **sampled)
        return mean(_ends(frame, "wgan-gp"))

    return measured


def _recorded_ends(method: str) -> Callable[[], Estimate | None]:
    return lambda: Estimate(_ends(fig1.frame, method).iloc[0], ONE_RUN) if (fig1 := record("fig1")) else None


CLAIMS: Final = (
    Claim(
        "c-transform-is-better",
        "4.1, Figure 1",
        Statement(
            "The c-transform estimates W₁ of two samples much better than the gradient penalty.",
            "error of the gradient penalty / error of the c-transform, at the end",
            Range(low=2),
            {"Gaussian, d = 10, n = 128, 300 steps": _errors},
            {
                "faces, n = 500, 64 units": _recorded_errors("wgan-gp"),
                "faces, n = 500, 256 units": _recorded_errors(static_estimation.WIDE),
            },
        ),
        "a much better estimation of W₁ (curves, no number)",
        "Its minimum runs over the sample itself; in high dimension it is nearly right before it has learnt anything.",
        _SEEN,
        2,
    ),
    Claim(
        "c-transform-is-faster",
        "4.1, Figure 1",
        Statement(
            "The c-transform converges in a fraction of the iterations of the gradient penalty.",
            "steps to within 5 % / steps that the gradient penalty takes, or was given if it never comes there",
            Range(high=0.1),
            {"Gaussian, d = 10, n = 128": lambda seed: _arrivals(_race(seed), "wgan-gp")},
            {"faces, n = 500, 256 units": _recorded_arrivals(static_estimation.WIDE)},
        ),
        "a fraction of iterations",
        "About ten steps; the gradient penalty takes hundreds or thousands, or never comes there.",
        _SEEN,
        2,
    ),
    Claim(
        "penalty-converges",
        "4.1, Figure 1",
        Statement(
            "With enough steps (around 100,000) the gradient penalty gives a satisfying approximation of W₁.",
            "estimate / W₁ at the end",
            Range(0.95, 1.05),
            {f"Gaussian, d = 20, n = 64, {hidden} units, 2000 steps": _penalty_ends(hidden) for hidden in (16, 64)},
            {
                "faces, 64 units, 100,000 steps": _recorded_ends("wgan-gp"),
                "faces, 256 units, 20,000 steps": _recorded_ends(static_estimation.WIDE),
            },
        ),
        "around 100k optimisation steps (after Pinetz et al. 2019)",
        "It does not converge to W₁: a narrow network ends below, a wide one passes W₁ on its way to W + W²/2λ.",
        _SEEN,
        4,
    ),
)
