r"""§4.1: what the c-transform says before it has learnt anything.

.. math:: φ \equiv 0: \qquad \frac1n \sum_i 0 + \frac1m \sum_j \min_i c_{ij} ,

the mean distance of a point of y to the nearest of x. In high dimension all distances are nearly equal, so that to
match every point with its nearest is hardly cheaper than to match each with one of its own, which is W₁.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import torch

from wgan_helpers import _checks, transport, ui
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DIMS: Final = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
_N: Final = 500


def measure(
    dims: Sequence[int] = DIMS,
    n: int = _N,
    *,
    seed: int = 0,
    repetitions: int = 5,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """The estimate of φ ≡ 0 between two samples of N(0, I), and the exact distance.

    Parameters
    ----------
    dims : sequence of int
        Dimensions d.
    n : int
        Points of each sample.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        One row per dimension and repetition: ``n, d, repetition, exact, nearest, share``; distances in the unit of the
        data, ``share`` is ``nearest / exact``.
    """
    for dim in dims:
        _checks.integer(dim, "d")
    _checks.integer(n, "n")
    tasks = [(dim, n, seed, each) for dim in dims for each in monte_carlo.blocks(repetitions)]
    return monte_carlo.collect(_compare, tasks, executor, progress)


def _compare(d: int, n: int, seed: int, repetitions: range) -> pd.DataFrame:
    law = Gaussian(d)
    drawn = [law.sample(2 * n, monte_carlo.generator(seed, n, d, r)) for r in repetitions]
    x, y = torch.stack(drawn).split(n, dim=1)
    nearest = transport.pairwise_distance(x, y).amin(dim=1).mean(dim=1)
    exact = transport.wasserstein1(x, y)
    rows = {"repetition": repetitions, "exact": exact, "nearest": nearest, "share": nearest / exact}
    return pd.DataFrame({"n": n, "d": d, **rows})


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw which share of W₁ the c-transform has before its first step, mean and twice its standard error."""
    ax = ui.axes(ax)
    line = monte_carlo.mean_and_error(frame, ["d"], "share")
    ui.band(
        ax,
        line["d"],
        100 * line["mean"],
        200 * line["sem"].fillna(0),
        color="blue",
        marker="o",
        label="$φ ≡ 0$: nearest neighbour",
    )
    ax.axhline(100, color="black", linewidth=1.2, label="exact $W_1$")
    ui.log_axis(ax, "x", (1, 2, 5, 10, 50, 200, 1000))
    ax.set(xlabel="dimension d", ylabel="estimate / exact $W_1$ (%)", ylim=(0, 109))
    ax.set_title(f"two samples of N(0, I), n = {frame['n'].iloc[0]}: {frame['repetition'].nunique()} pairs, 2 SE")
    ax.legend(loc="lower right")
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """The head start of the c-transform in every dimension, live."""
    controls = {"n": ui.slider("points n", [8, 16, 32, 64, 128, 250, 500], 64, paper=500)}

    def compute(n: int) -> Iterator[ui.Step]:
        rounds: list[Any] = [(2, 10, 50), tuple(d for d in DIMS if d not in (2, 10, 50))]
        tasks = [(dims, n, seed, each) for each in monte_carlo.rounds(8) for dims in rounds]
        return monte_carlo.steps(_compare_all, tasks)

    return ui.LiveFigure(compute, plot, controls)


def _compare_all(dims: Sequence[int], n: int, seed: int, repetitions: range) -> pd.DataFrame:
    return pd.concat([_compare(d, n, seed, repetitions) for d in dims], ignore_index=True)
