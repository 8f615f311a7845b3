"""§5.1, Figure 6: the dimension from which on the mean beats a real batch, for every batch size."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

import pandas as pd

from wgan_helpers import _checks, ui
from wgan_helpers.distributions import Gaussian, Law
from wgan_helpers.lessons import batches, monte_carlo
from wgan_helpers.lessons.false_minima import FAMILIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZES: Final = (2, 4, 8, 16, 32, 64, 128, 256, 512)
_HIGHEST: Final = 4096


def dimension(n: int, law: Callable[[int], Law] = Gaussian, repetitions: int = 100, *, seed: int = 0) -> int:
    """The first dimension in which a batch of means is closer to a minibatch than a fresh batch is.

    Doubling finds a dimension where the mean wins, bisection the first one: the advantage of the mean
    grows with the dimension.

    Parameters
    ----------
    n : int
        Batch size.
    law : callable
        Makes the law of a given dimension: ``Gaussian``, ``UniformCube``.
    repetitions : int
        Independent minibatches for each dimension that is tried. With few, the answer may be off by one
        or two.
    seed : int
        For the samples.

    Raises
    ------
    ValueError
        If a fresh batch still wins in dimension 4096.
    """
    below, above = 0, 1
    while not _mean_wins(law(above), n, repetitions, seed):
        below, above = above, 2 * above
        if above > _HIGHEST:
            raise ValueError(f"a fresh batch of {n} still wins in dimension {below}: choose a smaller n")
    while above - below > 1:
        middle = (below + above) // 2
        if _mean_wins(law(middle), n, repetitions, seed):
            above = middle
        else:
            below = middle
    return above


def _mean_wins(law: Law, n: int, repetitions: int, seed: int) -> bool:
    frame = batches.compare(law, n, range(repetitions), ("fresh", "mean"), seed)
    means = frame.groupby("batch")["w1"].mean()
    return bool(means["mean"] < means["fresh"])


def measure(
    sizes: Sequence[int] = SIZES,
    law: Callable[[int], Law] = Gaussian,
    repetitions: int = 100,
    *,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """:func:`dimension` for several batch sizes.

    Parameters
    ----------
    sizes : sequence of int
        Batch sizes n.
    law, repetitions, seed
        As for :func:`dimension`.
    progress : bool
        Whether to show a bar; an interrupt keeps the rows so far.
    executor : concurrent.futures.Executor, optional
        Where to compute.

    Returns
    -------
    DataFrame
        One row per size: ``law, n, repetitions, seed, crossover``.
    """
    _checks.integer(repetitions, "repetitions")
    tasks = [(_checks.integer(n, "sizes"), law, repetitions, seed) for n in sizes]
    return monte_carlo.collect(_row, tasks, executor, progress)


def _row(n: int, law: Callable[[int], Law], repetitions: int, seed: int) -> pd.DataFrame:
    found = dimension(n, law, repetitions, seed=seed)
    row = {"law": law(1).name, "n": n, "repetitions": repetitions, "seed": seed, "crossover": found}
    return pd.DataFrame([row])


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw what :func:`measure` returned: above the line a collapsed generator has the lower loss."""
    ax = ui.axes(ax)
    top = max(40, 1.1 * frame["crossover"].max())
    ax.plot(frame["n"], frame["crossover"], "o-", color=ui.PALETTE["blue"])
    ax.fill_between(frame["n"], frame["crossover"], top, color=ui.PALETTE["orange"], alpha=0.2, linewidth=0)
    ax.text(0.04, 0.9, "the mean batch has the lower loss", transform=ax.transAxes)
    ax.text(0.96, 0.06, "the real batch has the lower loss", transform=ax.transAxes, ha="right")
    ui.log_axis(ax, "x", frame["n"])
    ax.margins(x=0.03)
    ax.set_ylim(0, top)
    ax.set_xlabel("batch size n (points)")
    ax.set_ylabel("crossover dimension d")
    ax.set_title(f"{frame['law'].iloc[0]}, {frame['repetitions'].iloc[0]} repetitions for each dimension tried")
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """The crossover dimension as a function of the batch size, live."""
    controls = {
        "law": ui.menu("law", FAMILIES, Gaussian),
        "largest": ui.slider("largest batch n", SIZES[2:], 256, unit="points"),
        "repetitions": ui.slider("repetitions", [10, 20, 50, 100], 20),
    }

    def compute(law: Callable[[int], Law], largest: int, repetitions: int) -> Iterator[ui.Step]:
        return monte_carlo.steps(_row, [(n, law, repetitions, seed) for n in SIZES if n <= largest])

    return ui.LiveFigure(compute, plot, controls)
