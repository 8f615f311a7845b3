"""What the study of losses says: a loss at its best, by the budget, and what it depends on."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from wgan_helpers import _checks

#: What is judged, and what it is called on an axis.
SCORES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "f1": "F1 (harmonic mean of precision and recall)",
        "precision": "precision (share of generated points)",
        "recall": "recall (share of real points)",
        "frechet": "Fréchet distance (to real pictures)",
    }
)


def score_of(frame: pd.DataFrame) -> str:
    """What :func:`.loss_study.measure` judged by, first of all: ``"f1"`` or ``"frechet"``."""
    return "frechet" if "frechet" in frame else "f1"


def summary(frame: pd.DataFrame, score: str | None = None) -> pd.DataFrame:
    """What :func:`.loss_study.measure` found, one row per loss.

    Returns
    -------
    DataFrame
        Index ``loss``; ``settings``, how many; ``default``, ``median`` and ``best`` score; ``diverged``, the share of
        settings whose weights were no longer finite.
    """
    score, groups = score or score_of(frame), frame.groupby("loss", sort=False)
    return pd.DataFrame(
        {
            "settings": groups.size(),
            "default": frame[frame["setting"] == 0].set_index("loss")[score],
            "median": groups[score].median(),
            "best": groups[score].min() if score == "frechet" else groups[score].max(),
            "diverged": 1 - groups["finite"].mean(),
        }
    )


def best_of(
    frame: pd.DataFrame, budgets: Sequence[int] = (), score: str | None = None, *, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """The best score that one finds with a budget of so many random settings.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`.loss_study.measure`.
    budgets : sequence of int
        How many settings one tries; powers of two up to all, if none is given.
    score : str, optional
        One of :data:`SCORES`; :func:`score_of` if not given. Of Fréchet distances the best is the least.
    draws : int
        Bootstrap draws: so many settings from those that were measured, with replacement.

    Returns
    -------
    DataFrame
        One row per loss and budget: ``loss, budget, mean, low, high``; the last two hold 95 % of the draws.
    """
    score = _checks.one_of(score or score_of(frame), "score", SCORES)
    best = np.min if score == "frechet" else np.max
    draw = np.random.default_rng(seed)
    rows = []
    for loss, group in frame.groupby("loss", sort=False):
        scores = group[score].to_numpy()
        for budget in budgets or [2**k for k in range(len(scores).bit_length())]:
            found = best(draw.choice(scores, (draws, _checks.integer(budget, "budget"))), axis=1)
            low, high = np.quantile(found, [0.025, 0.975])
            rows.append({"loss": loss, "budget": budget, "mean": found.mean(), "low": low, "high": high})
    return pd.DataFrame(rows)


def sensitivity(frame: pd.DataFrame, score: str | None = None) -> pd.DataFrame:
    """Spearman's rank correlation of the score with each setting that was drawn: index ``loss``, NaN where it was not.

    A column for the learning rate, ``beta1``, ``critic_steps`` and for what some losses have alone.
    """
    score = score or score_of(frame)
    drawn = ["lr_critic", "beta1", "critic_steps", "penalty", "clip", "diversity", "balance_rate"]
    of_loss = {
        loss: group[[*drawn, score]].loc[:, lambda g: g.nunique() > 1].corr("spearman").get(score, pd.Series())
        for loss, group in frame.groupby("loss", sort=False)
    }
    return pd.DataFrame(of_loss).T.reindex(columns=drawn).rename(columns={"lr_critic": "learning rate"})
