r"""§6, Figure 8: regularisation cures the sample complexity, step by step from W₁ to half the energy distance.

:math:`S_\varepsilon` is the debiased Sinkhorn divergence. ε = 0 stands for W₁ here.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, transport, ui
from wgan_helpers.distributions import Law, UniformCube
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER_DIM: Final = 50
SIZES: Final = (10, 50, 100, 250, 500, 1000)
EPSILONS: Final = (0.0, 0.1, 1.0, 10.0, 100.0, 1000.0)
_COLOURS: Final = ("blue", "sky", "green", "orange", "red", "purple")
_MARKERS: Final = "os^vDP"


def measure(
    law: Law | None = None,
    sizes: Sequence[int] = SIZES,
    epsilons: Sequence[float] = EPSILONS,
    repetitions: int = 10,
    *,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Sinkhorn divergence between two samples of the same law, for several sizes and ε.

    Parameters
    ----------
    law : Law
        What to sample; the paper's, uniform on the cube [0, 1]^50, if not given.
    sizes : sequence of int
        Sample sizes n.
    epsilons : sequence of float
        Regularisations, in the unit of the data; 0 is W₁.
    repetitions : int
        Independent pairs of samples for each size; the paper has 100.
    seed : int
        The same seed gives the same rows, however they are computed.
    progress : bool
        Whether to show a bar; an interrupt keeps the rows so far.
    executor : concurrent.futures.Executor, optional
        Where to compute.

    Returns
    -------
    DataFrame
        One row per pair of samples and ε: ``law, dim, n, epsilon, repetition, seed, divergence``.
    """
    law = UniformCube(PAPER_DIM) if law is None else law
    _checks.integer(seed, "seed", minimum=0)
    if not sizes or not epsilons:
        raise ValueError("sizes and epsilons must each name at least one value")
    if min(epsilons) < 0:
        raise ValueError(f"epsilons must not be negative, got {min(epsilons):g}")
    tasks = [
        (law, _checks.integer(n, "sizes"), tuple(epsilons), block, seed)
        for n in sizes
        for block in monte_carlo.blocks(repetitions)
    ]
    return monte_carlo.collect(_pairs, tasks, executor, progress)


def _pairs(law: Law, n: int, epsilons: tuple[float, ...], repetitions: range, seed: int) -> pd.DataFrame:
    drawn = torch.stack([law.sample(2 * n, monte_carlo.generator(seed, n, r)) for r in repetitions])
    values = divergences(drawn[:, :n], drawn[:, n:], epsilons)
    return pd.DataFrame(
        {
            "law": law.name,
            "dim": law.dim,
            "n": n,
            "epsilon": np.repeat(epsilons, len(repetitions)),
            "repetition": np.tile(repetitions, len(epsilons)),
            "seed": seed,
            "divergence": values.flatten().numpy(),
        }
    )


def divergences(x: Tensor, y: Tensor, epsilons: Sequence[float], debiased: bool = True) -> Tensor:
    """Sinkhorn divergence, or the entropic cost, for each ε (W₁ for 0): shape ``(len(epsilons), ...)``."""
    positive = [epsilon for epsilon in epsilons if epsilon > 0]
    regularised = transport.sinkhorn_divergence if debiased else transport.entropic_cost
    found = dict(zip(positive, regularised(x, y, positive), strict=True)) if positive else {}
    return torch.stack([found[e] if e > 0 else transport.wasserstein1(x, y) for e in epsilons])


def slopes(frame: pd.DataFrame) -> pd.Series:
    """Measured exponent s in S ∝ n^s for each ε: least squares through the logarithms of the means."""
    mean = monte_carlo.mean_and_error(frame, ["epsilon", "n"], "divergence")
    fits = {e: np.polyfit(np.log(g["n"]), np.log(g["mean"]), 1)[0] for e, g in mean.groupby("epsilon")}
    return pd.Series(fits, name="slope").rename_axis("epsilon")


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the mean divergence against the sample size, one line per ε (Figure 8)."""
    ax = ui.axes(ax)
    mean = monte_carlo.mean_and_error(frame, ["epsilon", "n"], "divergence")
    several = mean["n"].nunique() > 1
    found = slopes(frame) if several else {}
    for (epsilon, group), colour, marker in zip(mean.groupby("epsilon"), _COLOURS, _MARKERS, strict=False):
        name = "$W_1$" if epsilon == 0 else f"ε = {epsilon:g}"
        label = f"{name}: $n^{{{found[epsilon]:.2f}}}$" if several else name
        ui.band(ax, group["n"], group["mean"], 2 * group["sem"], color=colour, marker=marker, label=label)
    dim = frame["dim"].iloc[0]
    if several:
        _plot_rates(mean, dim, ax)
    ui.log_axis(ax, "x", sorted(mean["n"].unique()))
    ticks = (1e-4, 1e-3, 0.01, 0.1, 1, 10, 100)
    ui.log_axis(ax, "y", [tick for tick in ticks if mean["mean"].min() / 3 <= tick <= 3 * mean["mean"].max()])
    ax.set_xlabel("sample size n (points)")
    ax.set_ylabel("debiased divergence (unit of the data)")
    repetitions = frame["repetition"].nunique()
    ax.set_title(f"{frame['law'].iloc[0]}, d = {dim}, {repetitions} repetitions")
    ax.legend(loc="lower left", ncols=2)
    return ax


def _plot_rates(mean: pd.DataFrame, dim: int, ax: "Axes") -> None:
    """The two rates of the paper, from the first point of the smallest and of the largest ε on."""
    n = np.sort(mean["n"].unique())
    first = mean[mean["n"] == n[0]].sort_values("epsilon")["mean"]
    rates = {f"$n^{{-1/d}}$, d = {dim}": (first.iloc[0], -1 / dim, "--"), "$n^{-1/2}$": (first.iloc[-1], -0.5, ":")}
    for label, (start, rate, dashes) in rates.items():
        ax.plot(n, start * (n / n[0]) ** rate, dashes, color=ui.PALETTE["grey"], linewidth=1.5, label=label)


def explore(seed: int = 0) -> ui.LiveFigure:
    """Figure 8, live: what ε does to the sample complexity."""
    controls = {
        "dim": ui.slider("dimension d", [1, 2, 3, 5, 10, 20, 50, 100], PAPER_DIM, paper=PAPER_DIM),
        "largest": ui.slider("largest sample n", SIZES[2:], 250, unit="points", paper=1000),
        "repetitions": ui.slider("repetitions", [2, 5, 10, 20, 50, 100], 5, paper=100),
    }

    def compute(dim: int, largest: int, repetitions: int) -> Iterator[ui.Step]:
        law, sizes = UniformCube(dim), [n for n in SIZES if n <= largest]
        tasks = [(law, n, EPSILONS, block, seed) for block in monte_carlo.rounds(repetitions) for n in sizes]
        return monte_carlo.steps(_pairs, tasks)

    return ui.LiveFigure(compute, plot, controls)
