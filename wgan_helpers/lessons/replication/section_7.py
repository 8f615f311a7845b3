"""Section 7: what a Lipschitz critic does, and whether the loss matters."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final

import numpy as np
import pandas as pd

from wgan_helpers import gans
from wgan_helpers.lessons import lipschitz, loss_study
from wgan_helpers.lessons.loss_settings import LOSSES
from wgan_helpers.lessons.replication.claim import Claim, Estimate, Range, Statement
from wgan_helpers.lessons.replication.numbers import bootstrap, difference, record

_SEEN: Final = "07_space_of_gans"
_PAIRS: Final = {
    "Figure 10": ("wgan-lipschitz-critic", "wgan-gp"),
    "Figure 11": ("non-saturating-lipschitz-critic", "non-saturating-plain-critic"),
}


@lru_cache(4)
def _trained(variant: str, seed: int) -> pd.DataFrame:
    """The end of training, a row for each of eight seeds."""
    return lipschitz.measure([variant], every=lipschitz.SMALL.steps, seed=seed).groupby("repetition").last()


def _gain(figure: str, column: str) -> Callable[[int], Estimate]:
    """What the Lipschitz critic, the second of a figure's variants, adds."""
    other, held = lipschitz.FIGURES[figure]
    return lambda seed: difference(_trained(held, seed)[column], _trained(other, seed)[column])


def _recorded_gain(figure: str, column: str) -> Callable[[], Estimate | None]:
    def found() -> Estimate | None:
        if (fig11 := record("fig11")) is None:
            return None
        values = fig11.frame.set_index("method")[column]
        return difference(*(values.loc[name] for name in _PAIRS[figure]))

    return found


def _bound(seed: int) -> Estimate:
    config = replace(lipschitz.SMALL, **lipschitz.VARIANTS["non-saturating, Lipschitz critic"], steps=200, seed=seed)
    *_, snapshot = gans.train(config, lipschitz.RING)
    return Estimate(float(snapshot.lipschitz_bound()))


@lru_cache(2)
def _scores(seed: int) -> dict[str, np.ndarray]:
    """F1 of 16 random settings of two losses, 1000 steps on the ring."""
    return _by_loss(loss_study.measure(("ns", "wgan-gp"), seed=seed))


def _recorded_scores() -> dict[str, np.ndarray] | None:
    """The same of 100 settings of each of the seven losses, on the ring, if they are recorded."""
    found = record("losses")
    return None if found is None else _by_loss(found.frame[found.frame["method"].isin(LOSSES)], "method")


def _by_loss(frame: pd.DataFrame, column: str = "loss") -> dict[str, np.ndarray]:
    return {str(loss): group["f1"].to_numpy() for loss, group in frame.groupby(column)}


def _drawn(scores: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return generator.choice(scores, len(scores))


def _vanilla_beside(scores: dict[str, np.ndarray]) -> Estimate:
    ns, penalty = scores["ns"], scores["wgan-gp"]
    return bootstrap(lambda g: _drawn(ns, g).max() - _drawn(penalty, g).max(), ns.max() - penalty.max())


def _median_over_best(loss: str, scores: dict[str, np.ndarray]) -> Estimate:
    own = scores[loss]
    return bootstrap(lambda g: float(np.median(_drawn(own, g))) / own.max(), float(np.median(own) / own.max()))


def _sensitivity(loss: str) -> Callable[[int], Estimate]:
    return lambda seed: _median_over_best(loss, _scores(seed))


def _leads(scores: dict[str, np.ndarray], draws: int = 500) -> Estimate:
    """How often the loss that is best most often is best in a bootstrap draw of the whole study."""
    generator = np.random.default_rng(0)
    best = [max(scores, key=lambda loss: _drawn(scores[loss], generator).max()) for _ in range(draws)]
    share = float(pd.Series(best).value_counts(normalize=True).iloc[0])
    return Estimate(share, (share * (1 - share) / draws) ** 0.5)


def _of_record(
    judge: Callable[[dict[str, np.ndarray]], Estimate], needs: tuple[str, ...]
) -> Callable[[], Estimate | None]:
    def found() -> Estimate | None:
        scores = _recorded_scores()
        return None if scores is None or not set(needs) <= set(scores) else judge(scores)

    return found


CLAIMS: Final = (
    Claim(
        "lipschitz-helps-wgan",
        "7.1, Figure 10",
        Statement(
            "A provably 1-Lipschitz critic improves a WGAN, compared with the gradient penalty.",
            "with the Lipschitz critic − with the gradient penalty, ring of 8 Gaussians",
            Range(low=0),
            {
                "modes covered, 32 units": _gain("Figure 10", "modes"),
                "share within 3σ, 32 units": _gain("Figure 10", "share"),
            },
            {
                "modes covered, 64 units": _recorded_gain("Figure 10", "modes"),
                "share within 3σ, 64 units": _recorded_gain("Figure 10", "share"),
            },
        ),
        "an improved performance (pictures, no number)",
        "With larger networks both cover all modes, and the Lipschitz critic brings more samples near them.",
        _SEEN,
        4,
    ),
    Claim(
        "lipschitz-helps-vanilla",
        "7.1, Figure 11",
        Statement(
            "It improves the non-saturating GAN as well, whose divergence has no connection to the slope.",
            "modes covered with the Lipschitz critic − with the plain one, ring of 8 Gaussians",
            Range(low=0),
            {"32 units, 1000 steps": _gain("Figure 11", "modes")},
            {"64 units, 2000 steps": _recorded_gain("Figure 11", "modes")},
        ),
        "an improved performance (pictures, no number)",
        "A smooth critic leads to modes that are not yet found. The share near a mode alone rewards collapse.",
        _SEEN,
        3,
    ),
    Claim(
        "provably-lipschitz",
        "7.1",
        Statement(
            "The critic of Anil et al. (2018) is provably 1-Lipschitz.",
            "product of the layers' largest singular values after 200 steps",
            Range(high=1.0001),
            {"ring of 8 Gaussians": _bound},
        ),
        "provably",
        "Orthonormal weights, and activations that only sort. The bound is computed, up to rounding.",
        _SEEN,
        2,
        1.0,
    ),
    Claim(
        "vanilla-is-comparable",
        "7.2",
        Statement(
            "With the right hyperparameters the vanilla GAN is comparable to WGAN-GP, or better.",
            "best F1 of the non-saturating GAN − best F1 of WGAN-GP, ring of 8 Gaussians",
            Range(low=-0.1),
            {"16 random settings, 1000 steps": lambda seed: _vanilla_beside(_scores(seed))},
            {"100 random settings, 2000 steps": _of_record(_vanilla_beside, ("ns", "wgan-gp"))},
        ),
        "comparable or better (Lucic et al. 2017)",
        "In a short run on the ring the penalty is slower; how much depends on the number of steps and of settings.",
        _SEEN,
        6,
    ),
    Claim(
        "sensitive",
        "7.2",
        Statement(
            "GANs are very sensitive to their hyperparameters.",
            "median F1 over random settings / best F1",
            Range(high=0.5),
            {f"{loss}, 16 settings": _sensitivity(loss) for loss in ("ns", "wgan-gp")},
            {f"{loss}, 100 settings": _of_record(partial(_median_over_best, loss), (loss,)) for loss in LOSSES},
        ),
        "very sensitive",
        "From ranges so wide that most settings fail.",
        _SEEN,
        6,
    ),
    Claim(
        "no-loss-wins",
        "7.2",
        Statement(
            "No single loss consistently outperforms the others.",
            "how often the leading loss has the best F1, if the study is repeated (bootstrap)",
            Range(high=0.95),
            {},
            {"seven losses, 100 settings": _of_record(_leads, LOSSES)},
        ),
        "no single loss",
        "One law only; over four data sets in the original study.",
        _SEEN,
        6,
    ),
)
