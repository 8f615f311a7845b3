r"""After the paper: the false minimum, looked at through patches (Elnekave and Weiss 2025).

A convolutional critic adds up what it thinks of patches, so it compares the law of *patches*, not that of pictures. A
patch has few dimensions and a picture has many patches: here the batches of §5.1 meet a fresh minibatch once more, with
:math:`W_1` between patches drawn from both.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor

from wgan_helpers import _checks, images, transport, ui
from wgan_helpers.lessons import batches, monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What is compared with a minibatch: another one, the mean picture, centroids of pictures, and centroids of patches.
KINDS: Final = ("fresh", "mean", "k-means", "patch k-means")
LOOKS: Final = {**batches.LOOKS, "patch k-means": {"color": "purple", "marker": "D"}}
_PER_CENTROID: Final = 20  # patches
_SHOWN: Final = 1280  # pictures that k-means has its patches from, at most: for the memory
_N: Final = 64
_BEHIND: Final = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # a label, on a line


def sides(shape: Sequence[int]) -> list[int]:
    """Sides of patches worth looking at, the whole picture last."""
    whole = min(shape[1:])
    return [side for side in (1, 2, 3, 4, 6, 8, 12, 16, 24) if side < whole] + [whole]


def draw(pictures: Tensor, side: int, each: int, generator: Generator | None = None) -> Tensor:
    """Patches at random places, as many of each picture.

    Parameters
    ----------
    pictures : (n, c, h, w)
        Any.
    side : int
        Height and width of a patch, at most those of a picture.
    each : int
        Patches of each picture; of a whole one there is only one, which then comes so many times.
    generator : torch.Generator
        For the places.

    Returns
    -------
    (n · each, c · side · side)
        Patches as points.
    """
    n, _, height, width = pictures.shape
    _checks.integer(side, "side")
    if side > min(height, width):
        raise ValueError(f"side must be at most {min(height, width)}, that of a picture, got {side}")
    shape = (n, _checks.integer(each, "patches of each picture"))
    top, left = (torch.randint(size - side + 1, shape, generator=generator) for size in (height, width))
    step = torch.arange(side)
    rows, columns = (start[..., None] + step for start in (top, left))
    which = torch.arange(n)[:, None, None, None]
    found = pictures[which, :, rows[..., :, None], columns[..., None, :]]  # (n, each, side, side, c)
    return found.movedim(-1, 2).flatten(2).flatten(0, 1)


def measure(
    pictures: images.Pictures,
    sizes: Sequence[int] | None = None,
    each: int = 4,
    n: int = _N,
    *,
    kinds: Sequence[str] = KINDS,
    seed: int = 0,
    repetitions: int = 20,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """W₁ between patches of each kind of batch and patches of a fresh minibatch.

    Parameters
    ----------
    pictures : Pictures
        Where the minibatches come from.
    sizes : sequence of int, optional
        Sides of the patches; :func:`sides` of the pictures if not given.
    each : int
        Patches of each picture; of a whole picture one.
    n : int
        Pictures of every batch, and number of centroids of pictures. Of patches there are as many centroids as patches,
        each with the mass of its cluster: an even share for each would be far off where most patches are alike.
    kinds : sequence of str
        Of :data:`KINDS`.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``; all kinds meet the same patches.

    Returns
    -------
    DataFrame
        One row per side, kind and repetition: ``law, side, dim, points, batch, repetition, seed, w1``.
    """
    for kind in kinds:
        _checks.one_of(kind, "kind of batch", KINDS)
    _checks.integer(n, "n")
    every = sides(pictures.shape) if sizes is None else sizes
    tasks = [
        (pictures, side, each, n, block, tuple(kinds), seed)
        for side in every
        for block in monte_carlo.blocks(repetitions)
    ]
    return monte_carlo.collect(_compare, tasks, executor, progress)


def _compare(
    law: images.Pictures, side: int, each: int, n: int, repetitions: range, kinds: Sequence[str], seed: int
) -> pd.DataFrame:
    whole = side == min(law.shape[1:])
    rows: list[dict[str, Any]] = []
    for repetition in repetitions:
        generator = monte_carlo.generator(seed, side, n, repetition)
        target = draw(_sample(law, n, generator), side, 1 if whole else each, generator)
        about = {"law": law.name, "side": side, "dim": target.shape[1], "points": len(target)}
        for kind in kinds:
            patches, mass = _patches(law, kind, side, 1 if whole else each, n, generator, seed)
            w1 = float(transport.wasserstein1(patches, target, mass))
            rows.append(about | {"batch": kind, "repetition": repetition, "seed": seed, "w1": w1})
    return pd.DataFrame(rows)


def _sample(law: images.Pictures, n: int, generator: Generator) -> Tensor:
    return law.sample(n, generator).unflatten(1, law.shape)


def _patches(
    law: images.Pictures, kind: str, side: int, each: int, n: int, generator: Generator, seed: int
) -> tuple[Tensor, Tensor | None]:
    """As many patches as the minibatch gives, of a batch of this kind; and their masses, if they are not even."""
    if kind == "patch k-means":
        return _centroids(law, side, n * each, seed)
    return draw(_batch(law, kind, n, generator, seed), side, each, generator), None


def _batch(law: images.Pictures, kind: str, n: int, generator: Generator, seed: int) -> Tensor:
    if kind == "fresh":
        return _sample(law, n, generator)
    if kind == "mean":
        return law.mean.float().expand(n, -1).unflatten(1, law.shape)
    return batches.kmeans_batch(law, n, seed).float().unflatten(1, law.shape)


@lru_cache(maxsize=64)
def _centroids(law: images.Pictures, side: int, k: int, seed: int) -> tuple[Tensor, Tensor]:
    """The centroids of k-means on patches, ``(k, c · side · side)``, and their masses."""
    generator = monte_carlo.generator(seed, side, k, monte_carlo.APART)
    shown = min(len(law), _PER_CENTROID * k, _SHOWN)
    each = -(-_PER_CENTROID * k // shown)
    return batches.weighted_centroids(draw(_sample(law, shown, generator), side, each, generator), k, seed)


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw W₁ of each kind of batch, that of a fresh one being 1, against the side of the patch."""
    ax = ui.axes(ax)
    fresh = frame[frame["batch"] == "fresh"].set_index(["side", "repetition"])["w1"]
    for kind, group in frame.groupby("batch", sort=False):
        found = []
        for side, one in group.set_index(["side", "repetition"])["w1"].groupby(level="side"):
            found.append((side, *monte_carlo.ratio_and_error(one, fresh.loc[one.index])))
        at, mean, error = np.array(found).T
        look = LOOKS[str(kind)]
        ui.band(ax, at, mean, 2 * np.nan_to_num(error), label=f"{kind} batch", **look)
    ax.axhline(1, color=ui.PALETTE["grey"], linewidth=3, zorder=0)
    ui.log_axis(ax, "x", sorted(frame["side"].unique()))
    first, repetitions = frame.iloc[0], frame["repetition"].nunique()
    ax.set(xlabel="side of the patch (pixels)", ylabel="$W_1$, fresh batch = 1")
    ax.set_ylim(0, max(1.6, 1.05 * ax.get_ylim()[1]))
    ax.set_title(f"{first['law']}, {frame['points'].max()} patches, {repetitions} repetitions")
    ax.legend(loc="upper right")
    return ax


class _Shown(NamedTuple):
    frame: pd.DataFrame
    sheets: dict[str, Tensor]


def explore(seed: int = 0) -> ui.LiveFigure:
    """The batches of Figure 5 cut into patches, live: when the real one wins."""
    controls = {
        "pictures": ui.menu("pictures", {"faces 32 × 32": ("faces", 32), "digits": ("digits", None)}, ("faces", 32)),
        "side": ui.slider("side of the patch", [1, 2, 3, 4, 6, 8, 12, 16, 32], 8, unit="pixels"),
        "each": ui.slider("patches of each picture", [1, 2, 4, 8], 4),
        "repetitions": ui.slider("repetitions", [2, 5, 10, 20, 50], 10),
    }

    def compute(pictures: tuple[str, int | None], side: int, each: int, repetitions: int) -> Iterator[ui.Step]:
        law = batches.pictures(*pictures)
        side = min(side, *law.shape[1:])
        rounds = monte_carlo.rounds(repetitions, first=1)
        # the centroids take longest, so they come last
        parts = [(block, kinds) for kinds in (KINDS[:2], KINDS[2:3], KINDS[3:]) for block in rounds]
        tasks = [(law, side, each, _N, block, kinds, seed) for block, kinds in parts]
        sheets: dict[str, Tensor] = {}
        for step in monte_carlo.steps(_compare, tasks):
            for kind in parts[step.done - 1][1]:
                if kind not in sheets:
                    sheets = sheets | {kind: _sheet(law, kind, side, each, seed)}
            yield step._replace(result=_Shown(step.result, sheets))

    return ui.LiveFigure(compute, _draw, controls, panels=5, size=(11.0, 3.0))


def _sheet(law: images.Pictures, kind: str, side: int, each: int, seed: int) -> Tensor:
    """Some of the patches of a batch of this kind, as pictures."""
    each = 1 if side == min(law.shape[1:]) else each
    patches, _ = _patches(law, kind, side, each, _N, monte_carlo.generator(seed), seed)
    return patches[::each].unflatten(1, (law.shape[0], side, side))


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    mean = shown.frame.groupby("batch")["w1"].mean()
    for ax, kind in zip(panels, KINDS, strict=False):
        ax.set_axis_off()
        ax.set_title(f"{kind}: …" if kind not in shown.sheets else f"{kind}: {mean[kind]:.2f}", fontsize=10)
        if kind in shown.sheets:
            ax.imshow(images.sheet(shown.sheets[kind]), cmap="gray", vmin=0, vmax=1)
    ax, first = panels[-1], shown.frame.iloc[0]
    for place, kind in enumerate(KINDS):
        if kind in mean:
            share = mean[kind] / mean["fresh"]
            ax.barh(place + 0.15, share, height=0.4, color=ui.PALETTE[LOOKS[kind]["color"]])
            ax.text(0, place - 0.25, f"{kind} {share:.2f}", va="center", fontsize=9, bbox=_BEHIND)
    ax.axvline(1, color=ui.PALETTE["grey"], linestyle="--", zorder=0)
    ax.set(xlim=(0, 2), ylim=(len(KINDS) - 0.5, -0.6), yticks=[], xlabel="$W_1$, fresh batch = 1")
    ax.set_title(f"{first['points']} patches, d = {first['dim']}", fontsize=10)
