"""Section 7.2: was the best of 100 settings good, or lucky? Each loss's best setting again, with 50 other seeds."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from wgan_helpers import _checks, gans, recorded, ui
from wgan_helpers.lessons import loss_study
from wgan_helpers.lessons.loss_recorded import STUDIES, of_record, rows_of
from wgan_helpers.lessons.loss_settings import LOSSES, settings
from wgan_helpers.lessons.loss_statistics import SCORES, score_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SEEDS: Final = 50
_FIRST: Final = 10_000  # the study has no such seeds


def measure(
    configs: Sequence[gans.Config],
    data: str = "ring",
    *,
    repetitions: int = _SEEDS,
    device: str = "cpu",
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Train each configuration with other seeds.

    Parameters
    ----------
    configs : sequence of Config
        One of each loss.
    data : str
        Of :data:`.loss_judges.DATA`.
    repetitions : int
        Seeds.
    device, progress, executor
        As for :func:`.loss_study.measure`.

    Returns
    -------
    DataFrame
        One row per loss and seed: what :func:`.loss_study.measure` returns, ``setting`` being the number of the seed.
    """
    again = [each for config in configs for each in reseeded(config, repetitions)]
    return loss_study.train(again, data, device=device, progress=progress, executor=executor)


def reseeded(config: gans.Config, repetitions: int = _SEEDS) -> list[gans.Config]:
    """The same configuration with seeds of which the study has none."""
    return [replace(config, seed=_FIRST + r) for r in range(_checks.integer(repetitions, "repetitions"))]


def best_of_study(frame: pd.DataFrame, data: str = "ring") -> dict[str, gans.Config]:
    """The setting of each loss that the recorded study of ``data`` found to be the best."""
    count, base = STUDIES[data]
    score = score_of(frame)
    better = frame[score] if score != "frechet" else -frame[score]
    best = frame.loc[better.groupby(frame["loss"]).idxmax()].set_index("loss")["setting"]
    return {loss: settings(loss, count, base)[int(best[loss])] for loss in LOSSES if loss in best}


def recordable(device: str = "cpu") -> dict[str, recorded.Run]:
    """The best settings on the ring with 50 seeds, to be recorded after the study itself.

    Parameters
    ----------
    device : str
        Where to train.
    """
    best = best_of_study(of_record(recorded.load("losses")))
    return {loss: _run(config, device) for loss, config in best.items()}


def _run(config: gans.Config, device: str) -> recorded.Run:
    def rows(checkpoint: Path) -> recorded.Rows:
        yield from rows_of(loss_study.train(reseeded(config), "ring", database=checkpoint, device=device))
        return None

    return recorded.Run({"data": "ring", "seeds": _SEEDS, "config": asdict(config)}, _SEEDS - 1, rows)


def plot(frame: pd.DataFrame, study: pd.DataFrame | None = None, ax: "Axes | None" = None) -> "Axes":
    """Draw the scores of all seeds of each loss, the median as a line; the study's own best as a star."""
    ax, score = ui.axes(ax), score_of(frame)
    losses = list(dict.fromkeys(frame["loss"]))
    for place, loss in enumerate(losses):
        scores = frame.loc[frame["loss"] == loss, score]
        across = place + 0.3 * np.random.default_rng(place).uniform(-1, 1, len(scores))
        ax.plot(across, scores, "o", color=ui.PALETTE[loss_study.COLOURS[str(loss)]], markersize=4, alpha=0.6)
        ax.hlines(scores.median(), place - 0.4, place + 0.4, color="black", linewidth=2)
        if study is not None:
            found = study.loc[study["loss"] == loss, score]
            best = found.min() if score == "frechet" else found.max()
            ax.plot(place, best, "*", color="black", markersize=11, fillstyle="none")
    ax.set_xticks(range(len(losses)), losses)
    loss_study.score_axis(ax, score)
    ax.set_ylabel(SCORES[score])
    ax.set_title(f"{frame['data'].iloc[0]}: the best setting of each loss, {frame['setting'].nunique()} other seeds")
    return ax
