r"""§5.1, Figures 5 and 6: in high dimension a batch of means beats a batch of real samples.

Where the expected distance :math:`\mathbb{E}\,W_1` to a minibatch is not the smallest for another minibatch,
a perfect generator has a higher loss than a degenerate one. :mod:`.batches` says what is compared.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from torch import Tensor

from wgan_helpers import _checks, images, ui
from wgan_helpers.distributions import Gaussian, Law, UniformCube
from wgan_helpers.lessons import batches, monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DIMS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
PAPER_FACES: Final = {"fresh": 51.40, "mean": 48.73, "k-means": 40.15}  # CelebA, 64 × 64, Figure 5
FAMILIES: Final = {"Gaussian": Gaussian, "uniform on the cube": UniformCube}


def measure(
    laws: Law | Sequence[Law],
    n: int = 64,
    repetitions: int = 20,
    *,
    kinds: Sequence[str] = batches.KINDS,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """W₁ of each kind of batch to a fresh minibatch, for one law or several.

    Parameters
    ----------
    laws : Law or sequence of Law
        What to sample: for Figure 6 Gaussians of growing dimension, for Figure 5 pictures.
    n : int
        Points in every batch, and number of centroids.
    repetitions : int
        Independent minibatches for each law; all kinds meet the same ones.
    kinds : sequence of {"fresh", "mean", "k-means"}
        Which to compare.
    seed : int
        The same seed gives the same rows, however they are computed.
    progress : bool
        Whether to show a bar; an interrupt keeps the rows so far.
    executor : concurrent.futures.Executor, optional
        Where to compute.

    Returns
    -------
    DataFrame
        One row per minibatch and kind: ``law, dim, n, batch, repetition, seed, w1``.
    """
    _checks.integer(n, "n")
    _checks.integer(seed, "seed", minimum=0)
    for kind in kinds:
        _checks.one_of(kind, "kind of batch", batches.KINDS)
    several = [laws] if isinstance(laws, Law) else laws
    tasks = [(law, n, block, kinds, seed) for law in several for block in monte_carlo.blocks(repetitions)]
    return monte_carlo.collect(batches.compare, tasks, executor, progress)


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, relative: bool = False) -> "Axes":
    """Draw W₁ of each kind of batch against the dimension (Figure 6).

    Parameters
    ----------
    frame : DataFrame
        What :func:`measure` returned for laws of several dimensions.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    relative : bool
        Whether to divide by the mean distance of a fresh batch: below 1 stands what beats it.
    """
    return _plot(frame, _of_kinds(frame), ui.axes(ax), relative)


def _of_kinds(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Mean and error of W₁ by dimension, for each kind of batch."""
    summary = monte_carlo.mean_and_error(frame, ["batch", "dim"], "w1").set_index("dim")
    return {kind: summary[summary["batch"] == kind] for kind in batches.LOOKS}


def _plot(frame: pd.DataFrame, of_kind: dict[str, pd.DataFrame], ax: "Axes", relative: bool) -> "Axes":
    for kind, look in batches.LOOKS.items():
        mean = of_kind[kind]
        scale = of_kind["fresh"]["mean"].loc[mean.index] if relative else 1.0
        ui.band(ax, mean.index, mean["mean"] / scale, 2 * mean["sem"] / scale, label=f"{kind} batch", **look)
    ui.log_axis(ax, "x", [dim for dim in (1, 4, 16, 64, 256, 1000) if dim <= frame["dim"].max()])
    ax.set_xlabel("dimension d")
    if relative:
        ax.set_ylabel("$W_1$, fresh batch = 1")
    else:
        low, high = frame["w1"].min(), frame["w1"].max()
        ui.log_axis(ax, "y", [tick for tick in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100) if low <= tick <= high])
        ax.set_ylabel("$W_1$ to a minibatch (unit of the data)")
        ax.legend(loc="upper left")
    repetitions = frame["repetition"].nunique()
    ax.set_title(f"{frame['law'].iloc[0]}, n = {frame['n'].iloc[0]}, {repetitions} repetitions")
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """Figure 6, live: from which dimension on the mean beats a real batch."""
    controls = {
        "law": ui.menu("law", FAMILIES, Gaussian, paper=Gaussian),
        "n": ui.slider("batch size n", [2, 4, 8, 16, 32, 64, 128, 256], 64, unit="points"),
        "largest": ui.slider("largest dimension d", DIMS[2:], 1000),
        "repetitions": ui.slider("repetitions", [2, 5, 10, 20, 50], 10),
    }

    def compute(law: Callable[[int], Law], n: int, largest: int, repetitions: int) -> Iterator[ui.Step]:
        laws = [law(dim) for dim in DIMS if dim <= largest]
        blocks = monte_carlo.rounds(repetitions, first=1)
        quick = [(laws, n, block, ("fresh", "mean"), seed) for block in blocks]
        centroids = [([one], n, range(repetitions), ("k-means",), seed) for one in laws]
        return monte_carlo.steps(_compare_all, [*quick, *centroids])

    def draw(frame: pd.DataFrame, panels: "Sequence[Axes]") -> None:
        of_kind = _of_kinds(frame)
        for ax, relative in zip(panels, (False, True), strict=True):
            _plot(frame, of_kind, ax, relative)

    return ui.LiveFigure(compute, draw, controls, panels=2, size=(9.6, 4.2))


def _compare_all(laws: Sequence[Law], *settings: Any) -> pd.DataFrame:
    return pd.concat([batches.compare(law, *settings) for law in laws], ignore_index=True)


def pictures_of(
    pictures: images.Pictures, n: int, seed: int = 0, kinds: Sequence[str] = batches.KINDS
) -> dict[str, Tensor]:
    """One batch of each kind as pictures ``(n, c, h, w)``, for Figure 5."""
    points = {
        "fresh": lambda: pictures.sample(n, monte_carlo.generator(seed, n)),
        "mean": lambda: pictures.mean.float().expand(n, -1),
        "k-means": lambda: batches.kmeans_batch(pictures, n, seed),
    }
    return {kind: points[kind]().reshape(n, *pictures.shape) for kind in kinds}


def plot_pictures(frame: pd.DataFrame, shown: dict[str, Tensor], panels: "Sequence[Axes]") -> None:
    """Draw one batch of each kind, with the expected W₁ of that kind to a minibatch and its standard error (Figure 5).

    Parameters
    ----------
    frame : DataFrame
        What :func:`measure` returned for one set of pictures.
    shown : dict of str to (n, c, h, w)
        What :func:`pictures_of` returned for it; a kind that is not there yet stays empty.
    panels : sequence of four Axes
        Where to draw: the batches, and their distances beside the paper's.
    """
    summary = monte_carlo.mean_and_error(frame, ["batch"], "w1").set_index("batch")
    digits = 2 if summary["mean"].max() > 10 else 3
    for ax, kind in zip(panels, batches.KINDS, strict=False):
        ax.set_axis_off()
        if kind not in shown:
            ax.set_title(f"{kind}: …", fontsize=10)
            continue
        ax.imshow(images.sheet(shown[kind]), cmap="gray", vmin=0, vmax=1)
        mean, error = summary.loc[kind, ["mean", "sem"]]
        known = "" if np.isnan(error) else f" ± {error:.{digits}f}"  # not of a single minibatch
        ax.set_title(f"{kind}: {mean:.{digits}f}{known}", fontsize=10)
    _plot_beside_the_paper(summary["mean"], panels[-1])


def _plot_beside_the_paper(mean: pd.Series, ax: "Axes") -> None:
    """Each kind's W₁ over that of a fresh batch: ours, and the paper's on CelebA."""
    paper = pd.Series(PAPER_FACES)
    for row, kind in enumerate(batches.KINDS):
        colour = ui.PALETTE[batches.LOOKS[kind]["color"]]
        for place, values, dark in ((row - 0.2, mean, 1.0), (row + 0.2, paper, 0.4)):
            if kind not in values:
                continue
            share = values[kind] / values["fresh"]
            ax.barh(place, share, height=0.36, color=colour, alpha=dark)
            ax.text(0.04, place, f"{share:.2f} {'here' if dark == 1 else 'paper'}", va="center", fontsize=9)
    ax.axvline(1, color=ui.PALETTE["grey"], linestyle="--")
    ax.set(xlim=(0, 1.35), yticks=[])
    ax.invert_yaxis()
    ax.set_xlabel("$W_1$, fresh batch = 1")
    ax.set_title("beside the paper", fontsize=10)


def plot_spread(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the distribution of W₁ over the minibatches for each kind of batch: how much of the order is luck."""
    import seaborn as sns

    ax = ui.axes(ax)
    palette = {kind: ui.PALETTE[look["color"]] for kind, look in batches.LOOKS.items()}
    style = {"palette": palette, "inner": "point", "linewidth": 1, "legend": False}
    sns.violinplot(frame, x="w1", y="batch", hue="batch", ax=ax, **style)
    ax.set_xlabel("$W_1$ to a minibatch (unit of the data)")
    ax.set_ylabel("batch")
    ax.set_title(f"{frame['law'].iloc[0]}, n = {frame['n'].iloc[0]}, {frame['repetition'].nunique()} minibatches")
    return ax


def explore_pictures(seed: int = 0) -> ui.LiveFigure:
    """Figure 5, live: three batches of pictures and their distances to a fresh minibatch."""
    sets = {f"faces {size} × {size}": ("faces", size) for size in (16, 32, 64)}
    controls = {
        "pictures": ui.menu("pictures", sets | {"digits": ("digits", None)}, ("faces", 64)),
        "n": ui.slider("batch size n", [4, 9, 16, 25, 36, 49, 64, 81, 100, 144], 64, unit="pictures"),
        "repetitions": ui.slider("repetitions", [2, 5, 10, 20, 50, 100], 20),
    }

    def compute(pictures: tuple[str, int | None], n: int, repetitions: int) -> Iterator[ui.Step]:
        law = batches.pictures(*pictures)
        rounds = monte_carlo.rounds(repetitions, first=1)
        # the centroids take longest, so they come last
        parts = [(block, kinds) for kinds in (batches.KINDS[:2], batches.KINDS[2:]) for block in rounds]
        tasks = [(law, n, block, kinds, seed) for block, kinds in parts]
        shown: dict[str, Tensor] = {}
        for step in monte_carlo.steps(batches.compare, tasks):
            kinds = parts[step.done - 1][1]
            if not set(kinds) <= set(shown):
                shown = shown | pictures_of(law, n, seed, kinds)
            yield step._replace(result=(step.result, shown))

    def draw(result: tuple[pd.DataFrame, dict[str, Tensor]], panels: "Sequence[Axes]") -> None:
        plot_pictures(*result, panels)

    return ui.LiveFigure(compute, draw, controls, panels=4, size=(9.6, 3.2))
