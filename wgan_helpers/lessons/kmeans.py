r"""§5.2: k free points that minimise the distance to minibatches settle at the centroids of k-means.

Canas and Rosasco (2012): among all laws on k points, the centroids of k-means, weighted by their cells, are the
closest to p* in W₂. The paper asks what minibatches, W₁ and equal weights leave of that. Here k points move
freely, with no critic in between, and we measure whether they end near the centroids or near a real sample.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, images, transport, ui
from wgan_helpers.distributions import Gaussian, GaussianRing, Law
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.batches import kmeans_batch
from wgan_helpers.lessons.particles import LOSSES, descend, is_entropic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PER_CENTROID: Final = 200  # points that k-means sees: the reference should be good
_FRESH: Final = 20  # real samples that the points are compared with


def measure(
    law: Law | None = None,
    losses: Sequence[str] = ("W₁", "W₂", "entropic, debiased"),
    epsilon: float = 1.0,
    k: int = 16,
    n: int = 16,
    steps: int = 500,
    *,
    seed: int = 0,
    repetitions: int = 3,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Where k free points end: their W₁ to the centroids of k-means, and to real samples.

    Parameters
    ----------
    law : Law
        Where the minibatches come from; a Gaussian in the plane if not given.
    losses : sequence of str
        Names of :data:`.particles.LOSSES`.
    epsilon : float
        Regularisation for the entropic losses, in the unit of the data.
    k : int
        Free points, and centroids.
    n : int
        Points of each minibatch; the paper has n = k in mind.
    steps : int
        Of gradient descent.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        One row per loss and repetition: ``law, dim, k, n, loss, epsilon, steps, repetition, seed``, where ε is 0
        for a loss that has none; then the W₁ of the points ``to_centroids`` and their mean W₁ ``to_samples`` of
        k points; and for comparison, of one k-means to another from other starting points,
        ``between_centroids``, and of one sample to another, ``between_samples``.
    """
    law = Gaussian(2) if law is None else law
    _checks.integer(repetitions, "repetitions")
    tasks = [
        (law, loss, epsilon if is_entropic(loss) else 0.0, k, n, steps, r, seed)
        for loss in losses
        for r in range(repetitions)
    ]
    return monte_carlo.collect(_final, tasks, executor, progress)


def _final(law: Law, loss: str, epsilon: float, k: int, n: int, steps: int, repetition: int, seed: int) -> pd.DataFrame:
    *_, last = descend(law, loss, epsilon, k, n, steps, seed + 1000 * repetition)
    row = {"law": law.name, "dim": law.dim, "k": k, "n": n, "loss": loss, "epsilon": epsilon, "steps": steps}
    return pd.DataFrame([row | {"repetition": repetition, "seed": seed} | _distances(law, last.x, seed)])


def _distances(law: Law, x: Tensor, seed: int) -> dict[str, float]:
    k = len(x)
    drawn = torch.stack([law.sample(2 * k, monte_carlo.generator(seed, k, r)) for r in range(_FRESH)])
    first, second = drawn[:, :k], drawn[:, k:]
    centroids, others = (kmeans_batch(law, k, s, _PER_CENTROID) for s in (seed, seed + 1))
    return {
        "to_centroids": float(transport.wasserstein1(x, centroids)),
        "between_centroids": float(transport.wasserstein1(others, centroids)),
        "to_samples": float(transport.wasserstein1(x.expand_as(first), first).mean()),
        "between_samples": float(transport.wasserstein1(first, second).mean()),
    }


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw what :func:`measure` found: for each loss, the distance to the centroids beside that to samples."""
    ax = ui.axes(ax)
    means = frame.groupby("loss", sort=False)[["to_centroids", "to_samples"]].mean()
    for offset, (column, label, colour) in enumerate(
        [("to_centroids", "to the centroids of k-means", "green"), ("to_samples", "to a real sample", "blue")]
    ):
        places = [place + 0.4 * offset - 0.2 for place in range(len(means))]
        bars = ax.bar(places, means[column], width=0.38, color=ui.PALETTE[colour], label=label)
        ax.bar_label(bars, fmt="%.2f")
    between = frame["between_samples"].mean()
    ax.axhline(between, color=ui.PALETTE["blue"], linestyle="--", label="one real sample to another")
    ax.axhline(
        frame["between_centroids"].mean(), color=ui.PALETTE["green"], linestyle=":", label="one k-means to another"
    )
    ax.set_xticks(range(len(means)), means.index)
    ax.set_ylim(0, 1.7 * max(between, means.to_numpy().max()))
    ax.set_ylabel("$W_1$ of the free points (unit of the data)")
    ax.grid(axis="x", visible=False)
    ax.legend(loc="upper right")
    return ax


class _Shown(NamedTuple):
    law: Law
    x: Tensor
    centroids: Tensor
    frame: pd.DataFrame
    step: int


def explore(seed: int = 0) -> ui.LiveFigure:
    """Free points on their way, live: to the centroids or to real samples."""
    laws: dict[str, Law] = {
        "Gaussian": Gaussian(2),
        "ring": GaussianRing(std=0.2),
        "digits": images.load("digits"),
    }
    controls = {
        "law": ui.menu("law", laws, laws["digits"]),
        "loss": ui.menu("loss", LOSSES.keys(), "W₁", paper="W₁"),
        "k": ui.slider("free points k", [4, 9, 16, 25, 36, 64], 16),
        "n": ui.slider("minibatch n", [4, 9, 16, 25, 36, 64, 144, 256], 16, unit="points"),
        "epsilon": ui.slider("ε of entropic losses", [0.1, 0.3, 1, 3, 10, 100, 1000], 1),
    }

    def compute(law: Law, loss: str, k: int, n: int, epsilon: float) -> Iterator[ui.Step]:
        steps, centroids = 300, kmeans_batch(law, k, seed, _PER_CENTROID)
        for step, x in descend(law, loss, epsilon, k, n, steps, seed):
            if step % 20 == 0:
                frame = pd.DataFrame([{"loss": loss} | _distances(law, x, seed)])
                yield ui.Step(_Shown(law, x, centroids, frame, step), step, steps)

    return ui.LiveFigure(compute, _draw, controls, panels=3, size=(9.6, 4.0))


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    left, middle, right = panels
    for ax, points, title in ((left, shown.x, f"free points, step {shown.step}"), (middle, shown.centroids, "k-means")):
        if isinstance(shown.law, images.Pictures):
            pixels = points.reshape(-1, *shown.law.shape)
            ax.imshow(images.sheet(pixels), cmap="gray", vmin=0, vmax=1)
            ax.set_axis_off()
        else:
            cloud = shown.law.sample(500, torch.Generator().manual_seed(0))
            ax.plot(*cloud.T, ".", color=ui.PALETTE["grey"], alpha=0.3, markersize=4)
            ax.plot(*points.T, "o", color=ui.PALETTE["red" if ax is left else "green"])
            ax.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[-2, 0, 2], yticks=[-2, 0, 2], aspect="equal")
            ax.set_xlabel("unit of the data")
        ax.set_title(title)
    plot(shown.frame, right)
    right.set_ylabel("")
    unit = "brightness" if isinstance(shown.law, images.Pictures) else "unit of the data"
    right.set_title(f"distance $W_1$ ({unit})")
    right.legend(loc="upper center", fontsize=8)
