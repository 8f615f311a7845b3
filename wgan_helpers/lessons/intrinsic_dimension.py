r"""§5.1: it is the intrinsic dimension that decides whether the mean beats a real batch.

Digits have 64 pixels and faces 12,288, yet both fill far fewer dimensions. The two-nearest-neighbours estimator
(Facco et al. 2017) reads how many from the ratio of the distances to the second and to the first neighbour: around a
point of a d-dimensional set it follows a Pareto law with exponent d.

.. math:: \hat d = \Big( \frac1n \sum_i \log \frac{r_2(x_i)}{r_1(x_i)} \Big)^{-1}
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, transport, ui
from wgan_helpers.distributions import Law
from wgan_helpers.lessons import batches, monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def two_nearest_neighbours(x: Tensor) -> float:
    """The intrinsic dimension of a sample.

    Parameters
    ----------
    x : (n, d)
        At least three different points; of points that come twice one is kept. The estimate falls short where n is
        small for the dimension: 500 points of a Gaussian in 64 dimensions give about 37.

    Raises
    ------
    ValueError
        If fewer than three different points are left.
    """
    _, first_of_equals = np.unique(x.detach().cpu().numpy(), axis=0, return_index=True)
    x = x[np.sort(first_of_equals)]
    # in parts, since pictures have many coordinates
    parts = x.split(100)
    distance = torch.cat([torch.cat([transport.pairwise_distance(a, b) for b in parts], dim=1) for a in parts])
    # those too near to tell apart are one as well
    new = ~(distance == 0).tril(-1).any(dim=1)
    if new.sum() < 3:
        raise ValueError(f"x must have at least 3 different points, got {new.sum()}")
    distance = distance[new][:, new].fill_diagonal_(torch.inf)
    first, second = distance.topk(2, largest=False).values.double().T
    return float(1 / (second / first).log().mean())


def measure(
    laws: Sequence[Law],
    n: int = 64,
    points: int = 500,
    repetitions: int = 10,
    *,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Intrinsic dimension of each law, and how the mean batch does against a real one.

    Parameters
    ----------
    laws : sequence of Law
        Gaussians of several dimensions, pictures.
    n : int
        Points in every batch.
    points : int
        From which the dimension is estimated.
    repetitions : int
        Independent minibatches.
    seed, progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        One row per law: ``law, dim, n, points, repetitions, seed, intrinsic``, then the W₁ of the mean batch over
        that of a fresh one, ``ratio``, and its standard error ``error``: below 1 the mean wins.
    """
    _checks.integer(points, "points", minimum=3)
    tasks = [(law, n, points, _checks.integer(repetitions, "repetitions"), seed) for law in laws]
    return monte_carlo.collect(_row, tasks, executor, progress)


def _row(law: Law, n: int, points: int, repetitions: int, seed: int) -> pd.DataFrame:
    # few at once, since pictures have many coordinates
    few = monte_carlo.blocks(repetitions, 2)
    frame = pd.concat([batches.compare(law, n, block, ("fresh", "mean"), seed) for block in few])
    w1 = frame.pivot(index="repetition", columns="batch", values="w1")
    ratio, error = monte_carlo.ratio_and_error(w1["mean"], w1["fresh"])
    found = two_nearest_neighbours(law.sample(points, monte_carlo.generator(seed, points)))
    row = {"law": law.name, "dim": law.dim, "n": n, "points": points, "repetitions": repetitions, "seed": seed}
    return pd.DataFrame([row | {"intrinsic": found, "ratio": ratio, "error": error}])


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the advantage of the mean against the intrinsic dimension: Gaussians as a line, other laws as points."""
    ax = ui.axes(ax)
    gauss = frame["law"] == "Gaussian"
    known = frame[gauss].sort_values("intrinsic")
    label = "Gaussians (± 2 SE)"
    ui.band(ax, known["intrinsic"], known["ratio"], 2 * known["error"], color="grey", marker="o", label=label)
    looks = zip(("blue", "orange", "green", "red"), "s^Dv", strict=True)
    for row, (colour, marker) in zip(frame[~gauss].itertuples(), looks, strict=False):
        ax.errorbar(row.intrinsic, row.ratio, 2 * row.error, color=ui.PALETTE[colour], capsize=4)
        label = f"{row.law}, d = {row.dim}"
        ax.plot(row.intrinsic, row.ratio, marker, markersize=9, color=ui.PALETTE[colour], label=label)
    ax.axhline(1, color=ui.PALETTE["grey"], linestyle="--")
    ui.log_axis(ax, "x", (1, 2, 5, 10, 20, 50, 100))
    ax.set_xlabel("intrinsic dimension, estimated")
    ax.set_ylabel("$W_1$ of the mean batch, fresh batch = 1")
    ax.set_title(f"n = {frame['n'].iloc[0]}, {frame['repetitions'].iloc[0]} repetitions; below 1 the mean wins")
    ax.legend(loc="upper right")
    return ax
