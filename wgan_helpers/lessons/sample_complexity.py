r"""§5.1, Figure 4: the distance between two samples of one law decays extremely slowly.

For two samples p_n, p̃_n of the same law the true distance is zero, yet in dimension d the sample distance
E W₁(p_n, p̃_n) decays only like n^(−1/d) (d ≥ 3).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import torch

from wgan_helpers import _checks, transport, ui
from wgan_helpers.distributions import Gaussian, Law, UniformCube
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER_DIM: Final = 50
PAPER_SIZES: Final = (10, 50, 100, 250, 500, 1000)
_LAWS: Final = {"uniform on the cube": UniformCube, "Gaussian": Gaussian}


def measure(
    law: Law | None = None,
    sizes: Sequence[int] = PAPER_SIZES,
    repetitions: int = 100,
    *,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Exact W₁ between two samples of the same law, for several sample sizes.

    Parameters
    ----------
    law : Law
        What to sample; the paper's, uniform on the cube [0, 1]^50, if not given.
    sizes : sequence of int
        Sample sizes n.
    repetitions : int
        Independent pairs of samples for each size.
    seed : int
        The same seed gives the same rows, however they are computed.
    progress : bool
        Whether to show a bar; an interrupt keeps the rows so far.
    executor : concurrent.futures.Executor, optional
        Where to compute.

    Returns
    -------
    DataFrame
        One row per pair of samples: ``law, dim, n, repetition, seed, w1``.
    """
    law = UniformCube(PAPER_DIM) if law is None else law
    _checks.integer(seed, "seed", minimum=0)
    if not sizes:
        raise ValueError("sizes is empty: name at least one sample size")
    tasks = [
        (law, _checks.integer(n, "sizes"), block, seed) for n in sizes for block in monte_carlo.blocks(repetitions)
    ]
    return monte_carlo.collect(_pairs, tasks, executor, progress)


def _pairs(law: Law, n: int, repetitions: range, seed: int) -> pd.DataFrame:
    """One row per repetition, the distances solved as one batch."""
    samples = torch.stack([law.sample(2 * n, monte_carlo.generator(seed, n, r)) for r in repetitions])
    w1 = transport.wasserstein1(samples[:, :n], samples[:, n:])
    columns = {"law": law.name, "dim": law.dim, "n": n, "repetition": repetitions, "seed": seed, "w1": w1.numpy()}
    return pd.DataFrame(columns)


def slope(frame: pd.DataFrame) -> float:
    """Measured exponent s in W₁ ∝ n^s: a least-squares line through the logarithms of the means."""
    mean = monte_carlo.mean_and_error(frame, ["n"], "w1")
    return float(np.polyfit(np.log(mean["n"]), np.log(mean["mean"]), 1)[0])


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the mean distance, with twice its standard error, against the sample size.

    Parameters
    ----------
    frame : DataFrame
        What :func:`measure` returned, for one law.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    """
    ax = ui.axes(ax)
    mean = monte_carlo.mean_and_error(frame, ["n"], "w1")
    dim, repetitions = frame["dim"].iloc[0], frame["repetition"].nunique()
    ui.band(ax, mean["n"], mean["mean"], 2 * mean["sem"], color="blue", marker="o", label="sample distance (± 2 SE)")
    if len(mean) > 1:
        last = mean.iloc[-1]
        theory = last["mean"] * (mean["n"] / last["n"]) ** (-1 / dim)
        label = f"$n^{{-1/d}}$ (exponent {-1 / dim:.3f}; measured {slope(frame):.3f})"
        ax.plot(mean["n"], theory, "--", color=ui.PALETTE["orange"], label=label)
    ax.axhline(0, color=ui.PALETTE["grey"], linewidth=3, label="true distance: 0")
    ui.log_axis(ax, "x", mean["n"])
    ax.set_ylim(bottom=-0.04 * mean["mean"].max())
    ax.set_xlabel("sample size n (points)")
    ax.set_ylabel("$W_1(p_n, \\tilde p_n)$ (unit of the data)")
    ax.set_title(f"{frame['law'].iloc[0]}, d = {dim}, {repetitions} repetitions")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 0.05))
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """Figure 4, live: what the dimension does to the decay."""
    dims = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200]
    controls = {
        "law": ui.menu("law", _LAWS, UniformCube, paper=UniformCube),
        "dim": ui.slider("dimension d", dims, PAPER_DIM, paper=PAPER_DIM),
        "largest": ui.slider("largest sample n", PAPER_SIZES[1:], 1000, unit="points", paper=1000),
        "repetitions": ui.slider("repetitions", [2, 5, 10, 20, 50, 100], 20, paper=100),
    }

    def compute(law: type[UniformCube] | type[Gaussian], dim: int, largest: int, repetitions: int) -> Iterator[ui.Step]:
        sizes = [n for n in PAPER_SIZES if n <= largest]
        tasks = [(law(dim), sizes, block, seed) for block in monte_carlo.rounds(repetitions)]
        return monte_carlo.steps(_sizes, tasks)

    return ui.LiveFigure(compute, plot, controls)


def _sizes(law: Law, sizes: Sequence[int], repetitions: range, seed: int) -> pd.DataFrame:
    return pd.concat([_pairs(law, n, repetitions, seed) for n in sizes], ignore_index=True)
