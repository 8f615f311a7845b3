r"""§7.2: does the loss even matter? Seven losses, each with many random settings, on laws whose manifold is known.

After Lucic et al. (2018): every loss is given as many settings, drawn from the same wide ranges, and is judged by
precision and recall against the manifold. What one reports depends on how many settings one tried.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from wgan_helpers import _checks, gans, ui
from wgan_helpers.lessons import monte_carlo, results
from wgan_helpers.lessons.loss_judges import DATA, PLANE, SAMPLES
from wgan_helpers.lessons.loss_settings import BASE, LOSSES, settings
from wgan_helpers.lessons.loss_statistics import SCORES, best_of, score_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


#: Models in one task.
AT_ONCE: Final = 16


def measure(
    losses: Sequence[str] = LOSSES,
    data: str = "ring",
    count: int = 16,
    base: gans.Config = BASE,
    *,
    seed: int = 0,
    database: str | PathLike[str] | None = None,
    device: str = "cpu",
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Train every loss with each of its settings, and judge what was learnt.

    Parameters
    ----------
    losses : sequence of str
        Of :data:`LOSSES`.
    data : str
        Of :data:`.loss_judges.DATA`.
    count : int
        Settings of each loss: :func:`.loss_settings.settings`.
    base : Config
        What they share.
    seed : int
        Of the settings.
    database : path, optional
        A file that keeps each result as soon as it is there. The same call goes on where it was stopped or killed.
    device : str
        Where each worker trains: ``"cpu"``, ``"cuda"`` or ``"mps"``.
    progress, executor
        As for every lesson's ``measure``; a Dask client spreads the work over machines.

    Returns
    -------
    DataFrame
        One row per loss and setting, in their order: ``key, data, loss, setting``, the fields of the configuration
        (its ``precision`` as ``arithmetic``), and ``finite, precision, recall, f1, seconds``, or, of pictures,
        ``frechet`` in place of the three. A model that diverged scores 0, or the distance of black pictures.
    """
    _checks.one_of(data, "data", DATA)
    configs = [config for loss in losses for config in settings(loss, count, base, seed)]
    return train(configs, data, database=database, device=device, progress=progress, executor=executor)


def train(
    configs: Sequence[gans.Config],
    data: str,
    *,
    database: str | PathLike[str] | None = None,
    device: str = "cpu",
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """As :func:`measure`, of any configurations; those of a loss are numbered from 0."""
    if not configs:
        raise ValueError("there is nothing to measure: no loss, or no configuration, is given")
    wanted = _wanted(configs, data)
    store = None if database is None else results.Results(database)
    known = store.keys() if store else set()
    tasks = [(data, part, device) for part in _parts([model for model in wanted if model.key not in known], AT_ONCE)]
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


def _wanted(configs: Sequence[gans.Config], data: str) -> list[_Model]:
    numbers: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)
    return [_Model(results.key(data, asdict(c)), next(numbers[c.objective]), c) for c in configs]


def _parts(models: Sequence[_Model], size: int) -> list[list[_Model]]:
    """Models that train side by side, so many at most; of all losses in turn, so that none is behind."""
    groups: dict[tuple[str, int], list[_Model]] = {}
    for model in models:
        groups.setdefault((model.config.objective, model.config.critic_steps), []).append(model)
    parts = [[group[i : i + size] for i in range(0, len(group), size)] for group in groups.values()]
    return [part for of_all in itertools.zip_longest(*parts) for part in of_all if part is not None]


def _in_order(frame: pd.DataFrame, wanted: Sequence[_Model]) -> pd.DataFrame:
    place = {model.key: number for number, model in enumerate(wanted)}
    chosen = frame[frame["key"].isin(place)].dropna(axis="columns", how="all")  # scores of other data
    chosen = chosen.sort_values("key", key=lambda keys: keys.map(place), ignore_index=True)
    return chosen.astype({"decay": bool, "finite": bool})  # SQLite has numbers only


def _train(data: str, part: Sequence[_Model], device: str) -> pd.DataFrame:
    steps = part[0].config.steps
    *_, last = gans.train_population([model.config for model in part], DATA[data].source, device=device, every=steps)
    return _judge(data, part, last).assign(seconds=last.seconds / len(part))


def _judge(data: str, part: Sequence[_Model], snapshot: gans.Snapshot) -> pd.DataFrame:
    judge = DATA[data]
    samples = snapshot.sample(SAMPLES).cpu()
    finite = samples.isfinite().flatten(1).all(dim=1) & snapshot.finite.cpu()
    scores = {name: worst.repeat(len(part)) for name, worst in judge.diverged().items()}
    if finite.any():
        for name, found in judge(samples[finite]).items():
            scores[name][finite] = found.double()
    rows = [
        {"key": model.key, "data": data, "loss": model.config.objective, "setting": model.setting}
        | _fields(model.config)
        | {"finite": bool(fine)}
        for model, fine in zip(part, finite, strict=True)
    ]
    return pd.DataFrame(rows).assign(**{name: values.tolist() for name, values in scores.items()})


def _fields(config: gans.Config) -> dict[str, Any]:
    fields = asdict(config)
    return fields | {"arithmetic": fields.pop("precision")}  # a score has that name


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, score: str | None = None) -> "Axes":
    """Draw the scores of all settings for each loss: every one a dot, the default a diamond, the median a line."""
    ax, score = ui.axes(ax), _checks.one_of(score or score_of(frame), "score", SCORES)
    losses = list(dict.fromkeys(frame["loss"]))
    for place, loss in enumerate(losses):
        scores = frame.loc[frame["loss"] == loss, ["setting", score]]
        across = place + 0.3 * np.random.default_rng(place).uniform(-1, 1, len(scores))
        ax.plot(across, scores[score], "o", color=ui.PALETTE[COLOURS[loss]], markersize=4, alpha=0.6)
        ax.hlines(scores[score].median(), place - 0.4, place + 0.4, color="black", linewidth=2)
        default = scores.loc[scores["setting"] == 0, score].to_numpy()
        ax.plot(np.full(len(default), place), default, "D", color="black", markersize=6, fillstyle="none")
    ax.set_xticks(range(len(losses)), losses)
    score_axis(ax, score)
    ax.set_ylabel(SCORES[score])
    ax.set_title(f"{frame['data'].iloc[0]}: {frame.groupby('loss').size().max()} settings of each loss")
    return ax


def plot_budget(frame: pd.DataFrame, ax: "Axes | None" = None, score: str | None = None) -> "Axes":
    """Draw the best score against the budget, with the interval of :func:`best_of`."""
    ax, score = ui.axes(ax), score or score_of(frame)
    found = best_of(frame, score=score)
    for place, (loss, of_loss) in enumerate(found.groupby("loss", sort=False)):
        aside = of_loss["budget"] * 1.05 ** (place - 3)  # so that the bars stand side by side
        low, high = of_loss["mean"] - of_loss["low"], of_loss["high"] - of_loss["mean"]
        look: dict[str, Any] = {
            "marker": _MARKERS[str(loss)],
            "color": ui.PALETTE[COLOURS[str(loss)]],
            "label": str(loss),
        }
        ax.errorbar(aside, of_loss["mean"], [low, high], elinewidth=1, **look)
    ui.log_axis(ax, "x", sorted(set(found["budget"])))
    score_axis(ax, score)
    ax.set_xlabel("budget (random settings tried)")
    ax.set_ylabel(f"best {SCORES[score].split(' (')[0]}: mean, 95 % of draws")
    ax.legend(ncols=2)
    return ax


def score_axis(ax: "Axes", score: str) -> None:
    """From 0 to 1, or logarithmic for Fréchet distances."""
    if score == "frechet":
        ax.set_yscale("log")
    else:
        ax.set_ylim(-0.03, 1.03)


#: Of each loss in all figures.
COLOURS: Final = dict(zip(LOSSES, ("grey", "red", "purple", "orange", "blue", "green", "brown"), strict=True))
_MARKERS: Final = dict(zip(LOSSES, "osD^v<>", strict=True))


def explore(seed: int = 0) -> ui.LiveFigure:
    """A small study, live: what is trained once is kept while the figure lives."""
    controls = {
        "data": ui.menu("data", PLANE, "ring"),
        "count": ui.slider("settings of each loss", [2, 4, 8, 16, 32, 100], 4, paper=100),
        "steps": ui.slider("generator steps", [100, 200, 500, 1000, 2000], 200),
        "score": ui.menu("score", {"F1": "f1", "precision": "precision", "recall": "recall"}, "f1"),
    }
    known: dict[str, pd.DataFrame] = {}

    def compute(data: str, count: int, steps: int, score: str) -> Iterator[ui.Step]:
        base = replace(BASE, steps=steps)
        wanted = _wanted([config for loss in LOSSES for config in settings(loss, count, base, seed)], data)
        parts = _parts([model for model in wanted if model.key not in known], AT_ONCE)
        total, done = len(parts) * -(-steps // _LOOK), 0

        def shown() -> tuple[pd.DataFrame, str]:
            there = [known[model.key] for model in wanted if model.key in known]
            return (_in_order(pd.concat(there), wanted) if there else pd.DataFrame()), score

        result = shown()
        yield ui.Step(result, done, total)
        for part in parts:
            for snapshot in gans.train_population([m.config for m in part], DATA[data].source, every=_LOOK):
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
