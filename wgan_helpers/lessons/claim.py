r"""§1, the claim in one picture: real faces that fade away come nearer to a minibatch of real faces.

Each face goes the share t of its way to the mean face m:

.. math:: x_t = (1 - t)\, x + t\, m, \qquad W_1(p, p_t) = t \; \mathbb E \lVert x - m \rVert .

The true distance is exact: to move every face back costs this much, and the 1-Lipschitz function
:math:`\lVert x - m \rVert` tells that no plan costs less.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, images, recorded, transport, ui
from wgan_helpers.lessons import batches, monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHARES: Final = tuple(round(0.05 * stop, 2) for stop in range(21))
#: The pictures that are known here, and their size; ``None`` is the only one there is.
SIZES: Final = {"faces": 32, "digits": None}
_SHOWN: Final = 16


def measure(
    data: str = "faces",
    shares: Sequence[float] = SHARES,
    n: int = 64,
    *,
    seed: int = 0,
    repetitions: int = 20,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """W₁ between a minibatch of real pictures and one of faded ones, and between their laws.

    Parameters
    ----------
    data : str
        ``"faces"`` (drawn, 32 × 32 pixels) or ``"digits"`` (8 × 8).
    shares : sequence of float
        Shares t of the way to the mean picture, in [0, 1]: 0 is real pictures, 1 is the mean picture alone.
    n : int
        Pictures of each minibatch.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``. A repetition has the same minibatches for all shares.

    Returns
    -------
    DataFrame
        One row per share and repetition: ``data, n, share, repetition, minibatch, true``; distances in the unit of
        brightness, over all pixels and colours of a picture.
    """
    _checks.one_of(data, "data", SIZES)
    for share in shares:
        _checks.number(share, "share", 0, 1)
    _checks.integer(n, "n")
    at_once = max(1, batches.VALUES_AT_ONCE // (2 * n * batches.pictures(data, SIZES[data]).dim))
    tasks = [(data, tuple(shares), n, seed, block) for block in monte_carlo.blocks(repetitions, min(10, at_once))]
    return monte_carlo.collect(_compare, tasks, executor, progress)


def _compare(data: str, shares: Sequence[float], n: int, seed: int, repetitions: range) -> pd.DataFrame:
    pairs = [_pair(data, n, seed, repetition) for repetition in repetitions]
    real, other = (torch.stack(side) for side in zip(*pairs, strict=True))
    mean = batches.pictures(data, SIZES[data]).mean
    parts = [
        pd.DataFrame(
            {
                "share": share,
                "repetition": repetitions,
                "minibatch": transport.wasserstein1(faded(other, mean, share), real),
                "true": share * radius(data),
            }
        )
        for share in shares
    ]
    return pd.concat(parts, ignore_index=True).assign(data=data, n=n)


def _pair(data: str, n: int, seed: int, repetition: int) -> tuple[Tensor, Tensor]:
    """A minibatch of real pictures and another, ``(n, d)`` each."""
    law = batches.pictures(data, SIZES[data])
    drawn = law.sample(2 * n, monte_carlo.generator(seed, n, law.dim, repetition))
    return drawn[:n], drawn[n:]


def faded(x: Tensor, mean: Tensor, share: float) -> Tensor:
    """The pictures ``x`` ``(..., d)`` after the given share of their way to the ``mean`` ``(d,)``."""
    return torch.lerp(x, mean.to(x), share)


@cache
def radius(data: str) -> float:
    """The mean distance of all pictures to the mean picture, E|x − m|, in the unit of brightness."""
    law = batches.pictures(data, SIZES[data])
    mean = law.mean.double()
    far = [torch.linalg.vector_norm(block.flatten(1).double() - mean, dim=1) for block in law.blocks()]
    return float(torch.cat(far).mean())


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, share: float | None = None) -> "Axes":
    """Draw what a minibatch says of faded pictures, and what is true; one ``share`` is marked."""
    ax = ui.axes(ax)
    line = monte_carlo.mean_and_error(frame, ["share"], "minibatch")
    true = frame.groupby("share")["true"].first()
    ui.band(
        ax,
        line["share"],
        line["mean"],
        2 * line["sem"].fillna(0),
        color="red",
        label=f"$W_1$ of minibatches, n = {frame['n'].iloc[0]}",
    )
    ax.plot(true.index, true, color=ui.PALETTE["blue"], linestyle="--", label="true $W_1$ of the laws")
    if share is not None:
        at = int(np.abs(line["share"] - share).argmin())
        ax.plot(share, line["mean"][at], "o", color=ui.PALETTE["red"], markersize=9)
        ax.plot(share, true.iloc[at], "s", color=ui.PALETTE["blue"], markersize=9, clip_on=False)
        ax.axvline(share, color=ui.PALETTE["grey"], linewidth=1)
        ax.set_title(f"$W_1$: minibatch {line['mean'][at]:.2f}, true {true.iloc[at]:.2f}")
    ax.set(xlim=(-0.03, 1.03), ylim=(0, 1.45 * max(line["mean"].max(), true.max())))
    ax.set(xlabel="t: share of the way to the mean picture", ylabel="$W_1$ to real pictures (brightness)")
    ax.legend(loc="upper left", fontsize=9)
    return ax


def plot_critics(record: recorded.Recorded, methods: Sequence[str] = ("wgan-gp", "c-transform")) -> "Figure":
    """What two critics said of W₁ at the end of training, above what their generators made.

    Parameters
    ----------
    record : Recorded
        That of Figure 3: ``record.load("fig3")``.
    methods : sequence of str
        Those to compare.
    """
    import matplotlib.pyplot as plt

    # both need networks, which the first picture does not wait for
    from wgan_helpers.lessons import training_estimation, training_recorded

    end = training_estimation.summary(training_recorded.curves(record))
    figure, panels = plt.subplots(1, 1 + len(methods), figsize=(11, 4.2), layout="constrained")
    for ax, name in zip(panels, ["real", *methods], strict=True):
        sheet = record.sheets[name]
        ax.imshow(sheet[: len(sheet) // 2, : len(sheet) // 2])
        ax.set_axis_off()
        ax.set_title(name)
        if name in end.index:
            ax.set_title(
                f"{name}: its critic\nsays {end.loc[name, 'estimate']:.2f}, exact {end.loc[name, 'exact']:.2f}"
            )
    return figure


class _Shown(NamedTuple):
    frame: pd.DataFrame
    real: np.ndarray
    generated: np.ndarray
    share: float


def explore(data: str = "faces", n: int = 64, seed: int = 0) -> ui.LiveFigure:
    """Let real pictures fade, and watch what a minibatch and what the truth says of it, live.

    Parameters
    ----------
    data, n, seed
        As for :func:`measure`.
    """
    _checks.one_of(data, "data", SIZES)
    _checks.integer(n, "n")
    controls = {"share": ui.slider("fade them: t", SHARES, 0)}
    waiting, frames = monte_carlo.rounds(20), list[pd.DataFrame]()  # the curve is measured once for all t

    def compute(share: float) -> Iterator[ui.Step]:
        law, total = batches.pictures(data, SIZES[data]), len(waiting) + len(frames)
        real, other = (side[:_SHOWN] for side in _pair(data, n, seed, 0))
        left, middle = _sheet(real, law.shape), _sheet(faded(other, law.mean, share), law.shape)
        if frames:
            yield ui.Step(_Shown(pd.concat(frames), left, middle, share), len(frames), total)
        while waiting:
            frames.append(_compare(data, SHARES, n, seed, waiting.pop(0)))
            yield ui.Step(_Shown(pd.concat(frames), left, middle, share), len(frames), total)

    return ui.LiveFigure(compute, _draw, controls, panels=3, size=(11.0, 4.2))


def _sheet(points: Tensor, shape: Sequence[int]) -> np.ndarray:
    return images.sheet(points.unflatten(1, tuple(shape)).clamp(0, 1))


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    real, generated, curve = panels
    titles = "real", f"generated, t = {shown.share:g}"
    for ax, sheet, title in zip((real, generated), (shown.real, shown.generated), titles, strict=True):
        ax.imshow(sheet, cmap="gray", vmin=0, vmax=1)
        ax.set_axis_off()
        ax.set_title(title)
    plot(shown.frame, curve, shown.share)
    curve.set_ylabel("")  # there is no room
    curve.legend(loc="upper left", fontsize=9, title="unit of brightness", title_fontsize=9, alignment="left")
