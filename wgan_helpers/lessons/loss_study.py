r"""§7.2: does the loss even matter? Seven losses, each with many random settings, on laws whose manifold is known.

After Lucic et al. (2018): every loss is given as many settings, drawn from the same wide ranges, and is judged by
precision and recall against the manifold. What one reports depends on how many settings one tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import torch

from wgan_helpers import _checks, gans, ui
from wgan_helpers.distributions import GaussianGrid, GaussianRing, HasManifold, SwissRoll, Triangles
from wgan_helpers.lessons import monte_carlo, results
from wgan_helpers.lessons.loss_settings import BASE, LOSSES, settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Judged:
    """A law, and how near to its manifold a generated point counts as right, in the unit of the data."""

    law: HasManifold
    tolerance: float


_RING, _GRID, _ROLL = GaussianRing(), GaussianGrid(), SwissRoll()
#: Three standard deviations of the law's own noise; for pictures, the brightness that the study allows.
DATA: Final[Mapping[str, Judged]] = MappingProxyType(
    {
        "ring": Judged(_RING, 3 * _RING.mode_std),
        "grid": Judged(_GRID, 3 * _GRID.mode_std),
        "Swiss roll": Judged(_ROLL, 3 * _ROLL.noise / _ROLL.scale),
        "triangles": Judged(Triangles(), 2.0),
    }
)
_SAMPLES: Final = 2000
#: Models in one task.
AT_ONCE: Final = 16
_SCORES: Final = {
    "f1": "F1 (harmonic mean of precision and recall)",
    "precision": "precision (share of generated points)",
    "recall": "recall (share of real points)",
}


def measure(
    losses: Sequence[str] = LOSSES,
    data: str = "ring",
    count: int = 16,
    base: gans.Config = BASE,
    *,
    seed: int = 0,
    database: str | PathLike[str] | None = None,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Train every loss with each of its settings, and judge what was learnt.

    Parameters
    ----------
    losses : sequence of str
        Of :data:`LOSSES`.
    data : str
        Of :data:`DATA`.
    count : int
        Settings of each loss: :func:`.loss_settings.settings`.
    base : Config
        What they share.
    seed : int
        Of the settings.
    database : path, optional
        A file that keeps each result as soon as it is there. The same call goes on where it was stopped or killed.
    progress, executor
        As for every lesson's ``measure``; a Dask client spreads the work over machines.

    Returns
    -------
    DataFrame
        One row per loss and setting, in their order: ``key, data, loss, setting``, the fields of the configuration,
        and ``finite, precision, recall, f1, seconds``. A model that diverged scores 0.
    """
    _checks.one_of(data, "data", DATA)
    wanted = _wanted(losses, data, count, base, seed)
    store = None if database is None else results.Results(database)
    known = store.keys() if store else set()
    tasks = [(data, part) for part in _parts([model for model in wanted if model.key not in known], AT_ONCE)]
    frame = (
        monte_carlo.collect(_train, tasks, executor, progress, store.add if store else None)
        if tasks
        else pd.DataFrame()
    )
    return _in_order(store.frame() if store else frame, wanted)


class _Model(NamedTuple):
    key: str
    setting: int
    config: gans.Config


def _wanted(losses: Sequence[str], data: str, count: int, base: gans.Config, seed: int) -> list[_Model]:
    return [
        _Model(results.key(data, asdict(config)), number, config)
        for loss in losses
        for number, config in enumerate(settings(loss, count, base, seed))
    ]


def _parts(models: Sequence[_Model], size: int) -> list[list[_Model]]:
    """Models that train side by side, so many at most; of all losses in turn, so that none is behind."""
    groups: dict[tuple[str, int], list[_Model]] = {}
    for model in models:
        groups.setdefault((model.config.objective, model.config.critic_steps), []).append(model)
    parts = [[group[i : i + size] for i in range(0, len(group), size)] for group in groups.values()]
    return [part for of_all in zip_longest(*parts) for part in of_all if part is not None]


def _in_order(frame: pd.DataFrame, wanted: Sequence[_Model]) -> pd.DataFrame:
    place = {model.key: number for number, model in enumerate(wanted)}
    chosen = frame[frame["key"].isin(place)]
    chosen = chosen.sort_values("key", key=lambda keys: keys.map(place), ignore_index=True)
    return chosen.astype({"decay": bool, "finite": bool})  # SQLite has numbers only


def _train(data: str, part: Sequence[_Model]) -> pd.DataFrame:
    steps = part[0].config.steps
    *_, last = gans.train_population([model.config for model in part], DATA[data].law, every=steps)
    return _judge(data, part, last).assign(seconds=last.seconds / len(part))


def _judge(data: str, part: Sequence[_Model], snapshot: gans.Snapshot) -> pd.DataFrame:
    law, tolerance = DATA[data].law, DATA[data].tolerance
    samples = snapshot.sample(_SAMPLES)
    finite = samples.isfinite().flatten(1).all(dim=1) & snapshot.finite
    scores = torch.zeros(len(part), 3, dtype=torch.float64)
    if finite.any():
        generator = monte_carlo.generator(0)
        found = gans.metrics.precision_recall(samples[finite], law, tolerance, generator=generator)
        scores[finite] = torch.stack(found, dim=-1)
    rows = [
        {"key": model.key, "data": data, "loss": model.config.objective, "setting": model.setting}
        | asdict(model.config)
        | {"finite": bool(fine), **dict(zip(("precision", "recall", "f1"), score, strict=True))}
        for model, fine, score in zip(part, finite, scores.tolist(), strict=True)
    ]
    return pd.DataFrame(rows)


def summary(frame: pd.DataFrame, score: str = "f1") -> pd.DataFrame:
    """What :func:`measure` found, one row per loss.

    Returns
    -------
    DataFrame
        Index ``loss``; ``settings``, how many; ``default``, ``median`` and ``best`` score; ``diverged``, the share of
        settings whose weights were no longer finite.
    """
    groups = frame.groupby("loss", sort=False)
    return pd.DataFrame(
        {
            "settings": groups.size(),
            "default": frame[frame["setting"] == 0].set_index("loss")[score],
            "median": groups[score].median(),
            "best": groups[score].max(),
            "diverged": 1 - groups["finite"].mean(),
        }
    )


def best_of(
    frame: pd.DataFrame, budgets: Sequence[int] = (), score: str = "f1", *, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """The best score that one finds with a budget of so many random settings.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`measure`.
    budgets : sequence of int
        How many settings one tries; powers of two up to all, if none is given.
    score : str
        ``"f1"``, ``"precision"`` or ``"recall"``.
    draws : int
        Bootstrap draws: so many settings from those that were measured, with replacement.

    Returns
    -------
    DataFrame
        One row per loss and budget: ``loss, budget, mean, low, high``; the last two hold 95 % of the draws.
    """
    _checks.one_of(score, "score", _SCORES)
    draw = np.random.default_rng(seed)
    rows = []
    for loss, group in frame.groupby("loss", sort=False):
        scores = group[score].to_numpy()
        for budget in budgets or [2**k for k in range(len(scores).bit_length())]:
            found = draw.choice(scores, (draws, _checks.integer(budget, "budget"))).max(axis=1)
            low, high = np.quantile(found, [0.025, 0.975])
            rows.append({"loss": loss, "budget": budget, "mean": found.mean(), "low": low, "high": high})
    return pd.DataFrame(rows)


def sensitivity(frame: pd.DataFrame, score: str = "f1") -> pd.DataFrame:
    """Spearman's rank correlation of the score with each setting that was drawn: index ``loss``, NaN where it was not.

    A column for the learning rate, ``beta1``, ``critic_steps`` and for what some losses have alone.
    """
    drawn = ["lr_critic", "beta1", "critic_steps", "penalty", "clip", "diversity", "balance_rate"]
    of_loss = {
        loss: group[[*drawn, score]].loc[:, lambda g: g.nunique() > 1].corr("spearman").get(score, pd.Series())
        for loss, group in frame.groupby("loss", sort=False)
    }
    return pd.DataFrame(of_loss).T.reindex(columns=drawn).rename(columns={"lr_critic": "learning rate"})


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, score: str = "f1") -> "Axes":
    """Draw the scores of all settings for each loss: every one a dot, the default a diamond, the median a line."""
    ax = ui.axes(ax)
    losses = list(dict.fromkeys(frame["loss"]))
    for place, loss in enumerate(losses):
        scores = frame.loc[frame["loss"] == loss, ["setting", score]]
        across = place + 0.3 * np.random.default_rng(place).uniform(-1, 1, len(scores))
        ax.plot(across, scores[score], "o", color=ui.PALETTE[_COLOURS[loss]], markersize=4, alpha=0.6)
        ax.hlines(scores[score].median(), place - 0.4, place + 0.4, color="black", linewidth=2)
        ax.plot(place, scores.loc[scores["setting"] == 0, score], "D", color="black", markersize=6, fillstyle="none")
    ax.set_xticks(range(len(losses)), losses)
    ax.set_ylim(-0.03, 1.03)
    ax.set_ylabel(_SCORES[_checks.one_of(score, "score", _SCORES)])
    ax.set_title(f"{frame['data'].iloc[0]}: {frame.groupby('loss').size().max()} settings of each loss")
    return ax


def plot_budget(frame: pd.DataFrame, ax: "Axes | None" = None, score: str = "f1") -> "Axes":
    """Draw the best score against the budget, with the interval of :func:`best_of`."""
    ax = ui.axes(ax)
    found = best_of(frame, score=score)
    for place, (loss, of_loss) in enumerate(found.groupby("loss", sort=False)):
        aside = of_loss["budget"] * 1.05 ** (place - 3)  # so that the bars stand side by side
        low, high = of_loss["mean"] - of_loss["low"], of_loss["high"] - of_loss["mean"]
        look: dict[str, Any] = {
            "marker": _MARKERS[str(loss)],
            "color": ui.PALETTE[_COLOURS[str(loss)]],
            "label": str(loss),
        }
        ax.errorbar(aside, of_loss["mean"], [low, high], elinewidth=1, **look)
    ui.log_axis(ax, "x", sorted(set(found["budget"])))
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel("budget (random settings tried)")
    ax.set_ylabel(f"best {score.replace('f1', 'F1')}: mean, 95 % of draws")
    ax.legend(ncols=2)
    return ax


_COLOURS: Final = dict(zip(LOSSES, ("grey", "red", "purple", "orange", "blue", "green", "brown"), strict=True))
_MARKERS: Final = dict(zip(LOSSES, "osD^v<>", strict=True))


def explore(seed: int = 0) -> ui.LiveFigure:
    """A small study, live: what is trained once is kept while the figure lives."""
    controls = {
        "data": ui.menu("data", [name for name, judged in DATA.items() if judged.law.dim == 2], "ring"),
        "count": ui.slider("settings of each loss", [2, 4, 8, 16, 32, 100], 4, paper=100),
        "steps": ui.slider("generator steps", [100, 200, 500, 1000, 2000], 200),
        "score": ui.menu("score", {"F1": "f1", "precision": "precision", "recall": "recall"}, "f1"),
    }
    known: dict[str, pd.DataFrame] = {}

    def compute(data: str, count: int, steps: int, score: str) -> Iterator[ui.Step]:
        wanted = _wanted(LOSSES, data, count, replace(BASE, steps=steps), seed)
        parts = _parts([model for model in wanted if model.key not in known], AT_ONCE)
        total, done = len(parts) * -(-steps // _LOOK), 0

        def shown() -> tuple[pd.DataFrame, str]:
            there = [known[model.key] for model in wanted if model.key in known]
            return (_in_order(pd.concat(there), wanted) if there else pd.DataFrame()), score

        result = shown()
        yield ui.Step(result, done, total)
        for part in parts:
            for snapshot in gans.train_population([m.config for m in part], DATA[data].law, every=_LOOK):
                if 0 < snapshot.step < steps:
                    done += 1
                    yield ui.Step(result, done, total)
            frame = _judge(data, part, snapshot)
            known.update((str(key), row) for key, row in frame.groupby("key"))
            result, done = shown(), done + 1
            yield ui.Step(result, done, total)

    return ui.LiveFigure(compute, _draw, controls, panels=2, size=(11.0, 4.2))


_LOOK: Final = 5  # generator steps after which Stop takes effect


def _draw(result: tuple[pd.DataFrame, str], panels: "Sequence[Axes]") -> None:
    frame, score = result
    if frame.empty:
        panels[0].set_title("the first models are training")
        return
    plot(frame, panels[0], score)
    plot_budget(frame, panels[1], score)
