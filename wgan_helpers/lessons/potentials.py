"""§4.1: what a critic has learnt, beside the exact Kantorovich potentials, point by point."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import torch

from wgan_helpers import _checks, gans, transport, ui
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.estimators import BASE, METHODS, Estimator, samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Those that are worth a picture of their own.
SHOWN: Final = ("c-transform", "c-eps-transform", "wgan-gp", "wgan-lp", "lipschitz", "spectral")


def measure(
    methods: Sequence[str] = SHOWN,
    steps: int = 1000,
    base: gans.Config = BASE,
    *,
    seed: int = 0,
    repetitions: int = 1,
    progress: bool = False,
    executor: Executor | None = None,
    **sampled: Any,
) -> pd.DataFrame:
    """Each method's potential and an exact one, at every point of both samples.

    Parameters
    ----------
    methods : sequence of str
        Names of :data:`.METHODS`.
    steps : int
        Of each.
    base : Config
        All settings that they share.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``.
    **sampled
        As for :func:`.samples`.

    Returns
    -------
    DataFrame
        One row per method, repetition and point: ``method, repetition, step, sample`` (``"x"`` or ``"y"``), ``exact,
        critic``, in the unit of the data; :func:`beside_exact` says how they are aligned.
    """
    for name in methods:
        _checks.one_of(name, "method", METHODS)
    _checks.integer(steps, "steps")
    runs = range(_checks.integer(repetitions, "repetitions"))
    tasks = [(name, steps, replace(base, seed=1000 * seed + r), sampled, r) for name in methods for r in runs]
    return monte_carlo.collect(_train, tasks, executor, progress)


def _train(method: str, steps: int, base: gans.Config, sampled: dict[str, Any], repetition: int) -> pd.DataFrame:
    pair = samples(**sampled, seed=base.seed)
    estimator = Estimator(method, pair, base)
    estimator.step(steps)
    found = beside_exact(estimator, transport.kantorovich_potentials(*pair))
    return found.assign(method=method, repetition=repetition, step=steps)


def beside_exact(estimator: Estimator, exact: tuple[torch.Tensor, torch.Tensor]) -> pd.DataFrame:
    r"""A method's critic and an exact one, u = f on x and u = −g on y, at every point of both samples.

    Only differences of a critic count, so that both are moved to mean 0 over all points. The sign is that of the
    objective: high on x. The exact one is one of many: every point's value may move by some slack, which is small
    where n is large.

    Parameters
    ----------
    estimator : Estimator
        As it is now.
    exact : (n,) and (m,)
        Of :func:`.kantorovich_potentials`.

    Returns
    -------
    DataFrame
        ``sample, exact, critic``, one row per point.
    """
    columns = {}
    for name, (f, g) in (("exact", exact), ("critic", estimator.potentials())):
        u = torch.cat([f, -g])
        columns[name] = (u - u.mean()).numpy()
    n, m = (len(potential) for potential in exact)
    return pd.DataFrame({"sample": ["x"] * n + ["y"] * m, **columns})


def correlation(frame: pd.DataFrame) -> float:
    """Of critic and exact potential within each sample: that x is high and y low does not count."""
    within = frame[["critic", "exact"]] - frame.groupby("sample")[["critic", "exact"]].transform("mean")
    if not (within.std() > 0).all():
        return float("nan")
    return float(np.corrcoef(within["critic"], within["exact"])[0, 1])


def draw(frame: pd.DataFrame, ax: "Axes", title: str) -> None:
    """One method's potential against the exact one, a dot for each point; on the line, they are equal."""
    for name, color, marker in (("x", "blue", "o"), ("y", "red", "^")):
        points = frame[frame["sample"] == name]
        ax.plot(points["exact"], points["critic"], marker, color=ui.PALETTE[color], markersize=3, alpha=0.5, label=name)
    low, high = frame["exact"].min(), frame["exact"].max()
    ax.plot([low, high], [low, high], color="black", linewidth=1.2, label="equal")
    ax.set(xlabel="exact potential (unit of the data)", ylabel="critic")
    ax.set_title(f"{title}: r = {correlation(frame):.2f}", fontsize=11)


def plot(frame: pd.DataFrame, figure: "Figure | None" = None) -> "Figure":
    """Draw a panel for each method of :func:`measure`, all with the same axes; r is :func:`correlation`."""
    import matplotlib.pyplot as plt

    methods = list(frame["method"].unique())
    columns = min(3, len(methods))
    rows = -(-len(methods) // columns)
    figure = plt.figure(figsize=(3.4 * columns, 3.0 * rows), layout="constrained") if figure is None else figure
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flatten()
    for ax, method in zip(panels, methods, strict=False):
        draw(frame[frame["method"] == method], ax, METHODS[str(method)].label)
        ax.label_outer()
    panels[0].legend(loc="upper left", markerscale=2)
    for ax in panels[len(methods) :]:
        ax.axis("off")
    return figure
