"""Section 7: what a Lipschitz critic does, and whether the loss matters."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final

import numpy as np
import pandas as pd

from wgan_helpers import gans
from wgan_helpers.lessons import lipschitz, loss_recorded, loss_statistics, loss_study
from wgan_helpers.lessons.loss_settings import LOSSES
from wgan_helpers.lessons.replication.claim import Claim, Estimate, Range, Statement
from wgan_helpers.lessons.replication.numbers import bootstrap, difference, record
from wgan_helpers.recorded import Recorded

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


Scores = dict[str, np.ndarray]  # of all settings of each loss, or of all seeds; more is better


@lru_cache(2)
def _scores(seed: int) -> Scores:
    """F1 of 32 random settings of two losses, 1000 steps on the ring."""
    return _by_loss(loss_study.measure(("ns", "wgan-gp"), count=32, seed=seed))


def _recorded_scores(data: str) -> Scores | None:
    """The same of all losses at length, or one over the Fréchet distance, if there is a record of all of them."""
    return _of_all(record("losses"), data)


def _again() -> Scores | None:
    """F1 of the best setting of each loss on the ring, with 50 other seeds."""
    return _of_all(record("losses-best"), "ring")


def _of_all(found: Recorded | None, data: str) -> Scores | None:
    if found is None or not set(loss_recorded.names(data)) <= set(found.about):
        return None
    return _by_loss(loss_recorded.of_record(found, data))


def _by_loss(frame: pd.DataFrame) -> Scores:
    score = loss_statistics.score_of(frame)
    better = 1 / frame[score] if score == "frechet" else frame[score]
    return {str(loss): group.to_numpy() for loss, group in better.groupby(frame["loss"])}


def _drawn(scores: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return generator.choice(scores, len(scores))


def _vanilla_beside(scores: Scores, of_many: Callable[[np.ndarray], float] = np.max) -> Estimate:
    def ratio(draw: Callable[[np.ndarray], np.ndarray]) -> float:
        ns, penalty = (float(of_many(draw(scores[loss]))) for loss in ("ns", "wgan-gp"))
        if penalty == 0:  # two that fail are alike
            return math.inf if ns else 1.0
        return ns / penalty

    return bootstrap(lambda g: ratio(partial(_drawn, generator=g)), ratio(lambda values: values))


def _median_over_best(loss: str, scores: Scores) -> Estimate:
    own = scores[loss]
    return bootstrap(lambda g: float(np.median(_drawn(own, g))) / own.max(), float(np.median(own) / own.max()))


def _sensitivity(loss: str) -> Callable[[int], Estimate]:
    return lambda seed: _median_over_best(loss, _scores(seed))


def _wins() -> Estimate | None:
    """The share of the recorded studies that the loss which wins most of them wins."""
    again, studies = _again(), [scores for data in loss_recorded.STUDIES if (scores := _recorded_scores(data))]
    if again is None or len(studies) < 2:
        return None

    def share(draw: Callable[[np.ndarray], np.ndarray]) -> float:
        winners = [max(scores, key=lambda loss: draw(scores[loss]).max()) for scores in studies]
        winners.append(max(again, key=lambda loss: draw(again[loss]).mean()))
        return float(pd.Series(winners).value_counts(normalize=True).max())

    return bootstrap(lambda g: share(partial(_drawn, generator=g)), share(lambda scores: scores))


def _if_recorded(
    scores: Callable[[], Scores | None], judge: Callable[[Scores], Estimate]
) -> Callable[[], Estimate | None]:
    return lambda: None if (found := scores()) is None else judge(found)


_ring, _grid, _triangles, _digits, _faces = (partial(_recorded_scores, data) for data in loss_recorded.STUDIES)


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
            "best of the non-saturating GAN / best of WGAN-GP; F1 on known manifolds, else 1 / Fréchet distance",
            Range(low=0.8),
            {"ring, 32 random settings, 1000 steps": lambda seed: _vanilla_beside(_scores(seed))},
            {
                "ring, 100 random settings, 2000 steps": _if_recorded(_ring, _vanilla_beside),
                "ring, the best of these with 50 other seeds, mean": _if_recorded(
                    _again, partial(_vanilla_beside, of_many=np.mean)
                ),
                "grid, 100 random settings, 2000 steps": _if_recorded(_grid, _vanilla_beside),
                "triangles, 16 random settings, 4000 steps": _if_recorded(_triangles, _vanilla_beside),
                "digits, 32 random settings, 1000 steps": _if_recorded(_digits, _vanilla_beside),
                "faces, 16 random settings, 500 steps": _if_recorded(_faces, _vanilla_beside),
            },
        ),
        "comparable or better (Lucic et al. 2017)",
        "At length, one seed each puts it ahead in the plane; with other seeds, on triangles and digits, it is behind.",
        _SEEN,
        6,
    ),
    Claim(
        "sensitive",
        "7.2",
        Statement(
            "GANs are very sensitive to their hyperparameters.",
            "median score over random settings / best score; F1 on known manifolds, else 1 / Fréchet distance",
            Range(high=0.5),
            {f"ring, {loss}, 32 settings": _sensitivity(loss) for loss in ("ns", "wgan-gp")},
            {
                f"{data}, {loss}": _if_recorded(scores, partial(_median_over_best, loss))
                for data, scores in (("ring", _ring), ("grid", _grid), ("digits", _digits), ("faces", _faces))
                for loss in LOSSES
            },
        ),
        "very sensitive",
        "From ranges so wide that most settings fail. On pictures some are bad in all of them, which is not sensitive.",
        _SEEN,
        6,
    ),
    Claim(
        "no-loss-wins",
        "7.2",
        Statement(
            "No single loss consistently outperforms the others.",
            "share of the recorded studies that the loss which wins most of them wins",
            Range(high=0.95),
            {},
            {"ring, ring again with 50 other seeds, grid, triangles, digits, faces": _wins},
        ),
        "no single loss",
        "WGAN-GP wins three of six studies, two by a hair; LSGAN, the non-saturating GAN and DRAGAN win one each.",
        _SEEN,
        6,
    ),
)
