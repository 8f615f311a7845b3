"""§6: the false minima of §5.1 when the loss is regularised: which are still there."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from wgan_helpers import _checks, ui
from wgan_helpers.distributions import Gaussian, Law
from wgan_helpers.lessons import batches, monte_carlo
from wgan_helpers.lessons.regularisation import EPSILONS, PAPER_DIM, divergences

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def measure(
    law: Law | None = None,
    n: int = 64,
    epsilons: Sequence[float] = EPSILONS,
    repetitions: int = 5,
    *,
    debiased: bool = True,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """The three batches of §5.1 under the regularised loss.

    Parameters
    ----------
    law : Law
        What to sample; a Gaussian in dimension 50 if not given.
    n : int
        Points in every batch.
    epsilons : sequence of float
        Regularisations, in the unit of the data; 0 is W₁.
    repetitions, seed, progress, executor
        As for every lesson's ``measure``.
    debiased : bool
        Sinkhorn divergence, or the entropic cost.

    Returns
    -------
    DataFrame
        One row per minibatch, kind and ε: ``law, dim, n, batch, debiased, epsilon, repetition, seed, loss``.
    """
    law = Gaussian(PAPER_DIM) if law is None else law
    _checks.integer(repetitions, "repetitions")
    tasks = [(law, n, tuple(epsilons), debiased, r, seed) for r in range(repetitions)]
    return monte_carlo.collect(_batches, tasks, executor, progress)


def _batches(law: Law, n: int, epsilons: tuple[float, ...], debiased: bool, repetition: int, seed: int) -> pd.DataFrame:
    target, fresh = law.sample(2 * n, monte_carlo.generator(seed, n, law.dim, repetition)).split(n)
    mean = law.mean.to(target).expand(n, -1)
    kinds = {"fresh": fresh, "mean": mean, "k-means": batches.kmeans_batch(law, n, seed)}
    values = divergences(torch.stack(list(kinds.values())), target.expand(3, -1, -1), epsilons, debiased)
    return pd.DataFrame(
        {
            "law": law.name,
            "dim": law.dim,
            "n": n,
            "batch": np.tile(list(kinds), len(epsilons)),
            "debiased": debiased,
            "epsilon": np.repeat(epsilons, len(kinds)),
            "repetition": repetition,
            "seed": seed,
            "loss": values.flatten().numpy(),
        }
    )


def relative(frame: pd.DataFrame) -> pd.DataFrame:
    """The mean loss of each kind of batch over that of a fresh one, for each ε: below 1 it is a false minimum.

    Returns
    -------
    DataFrame
        ``epsilon, batch, ratio, error``; the last is the standard error of the ratio.
    """
    losses = frame.pivot(index=["epsilon", "repetition"], columns="batch", values="loss")
    rows = [
        (epsilon, kind, *monte_carlo.ratio_and_error(group[kind], group["fresh"]))
        for kind in batches.KINDS
        for epsilon, group in losses.groupby("epsilon")
    ]
    return pd.DataFrame(rows, columns=["epsilon", "batch", "ratio", "error"])


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw what :func:`relative` says of the rows of :func:`measure`, with twice the standard error."""
    ax = ui.axes(ax)
    ratios = relative(frame)
    epsilons = np.sort(ratios["epsilon"].unique())
    for kind, group in ratios.groupby("batch"):
        line = group.sort_values("epsilon")
        ui.band(ax, range(len(line)), line["ratio"], 2 * line["error"], label=f"{kind} batch", **batches.LOOKS[kind])
    ax.set_xticks(range(len(epsilons)), ["$W_1$" if e == 0 else f"{e:g}" for e in epsilons])
    ui.log_axis(ax, "y", (0.1, 0.3, 0.5, 1, 2, 3, 5, 10, 30, 100))
    ax.set_ylim(min(0.5, ratios["ratio"].min() / 1.2), max(2, 1.2 * ratios["ratio"].max()))
    ax.set_xlabel("ε (unit of the data)")
    ax.set_ylabel("loss, fresh batch = 1")
    first = frame.iloc[0]
    name = "debiased" if first["debiased"] else "not debiased"
    repetitions = frame["repetition"].nunique()
    ax.set_title(f"{first['law']}, d = {first['dim']}, n = {first['n']}, {name}, {repetitions} repetitions")
    ax.legend(loc="upper left")
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """The false minima under regularisation, live."""
    controls = {
        "dim": ui.slider("dimension d", [2, 5, 10, 20, 50, 100, 200], PAPER_DIM),
        "n": ui.slider("batch size n", [8, 16, 32, 64, 128], 64, unit="points"),
        "debiased": ui.menu("loss", {"debiased": True, "not debiased": False}, True),
    }

    def compute(dim: int, n: int, debiased: bool) -> Iterator[ui.Step]:
        return monte_carlo.steps(_batches, [(Gaussian(dim), n, EPSILONS, debiased, r, seed) for r in range(5)])

    return ui.LiveFigure(compute, plot, controls)
