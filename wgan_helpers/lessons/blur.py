r"""§6: from W₁ to half the energy distance along ε; the plan blurs on the way.

Both limits of the debiased divergence are distances between laws. The plain entropic cost ends at the mean
distance E|x − y|, which a single point minimises.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import transport, ui
from wgan_helpers.lessons.duality import Pair, samples
from wgan_helpers.lessons.regularisation import divergences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SWEEP: Final = tuple(float(f"{epsilon:.3g}") for epsilon in np.logspace(-2, 3, 31))


def measure(pair: Pair, epsilons: Sequence[float] = SWEEP) -> pd.DataFrame:
    """The debiased and the plain cost of two samples along ε, with their limits.

    Returns
    -------
    DataFrame
        One row per ε: ``epsilon, debiased, plain``, and the limits ``w1`` (ε → 0, of both), ``half_energy`` (ε → ∞,
        debiased) and ``mean_distance`` (ε → ∞, plain), all in the unit of the data.
    """
    x, y = pair
    return pd.DataFrame(
        {
            "epsilon": epsilons,
            "debiased": divergences(x, y, epsilons),
            "plain": divergences(x, y, epsilons, debiased=False),
            "w1": float(transport.wasserstein1(x, y)),
            "half_energy": float(transport.energy_distance(x, y)) / 2,
            "mean_distance": float(transport.pairwise_distance(x, y).mean()),
        }
    )


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, epsilon: float | None = None) -> "Axes":
    """Draw what :func:`measure` returned; ``epsilon`` is marked."""
    ax = ui.axes(ax)
    limits = frame.iloc[0]
    ax.plot(frame["epsilon"], frame["plain"], color=ui.PALETTE["red"], label="not debiased")
    ax.plot(frame["epsilon"], frame["debiased"], color=ui.PALETTE["blue"], label="debiased, $S_ε$")
    ends = {"w1": "$W_1$", "half_energy": "½ energy distance", "mean_distance": "E|x − y|"}
    for column, label in ends.items():
        ax.axhline(limits[column], color=ui.PALETTE["grey"], linestyle=":")
        ax.text(frame["epsilon"].max(), limits[column], label, ha="right", va="bottom", fontsize=10)
    if epsilon is not None:
        ax.axvline(epsilon, color=ui.PALETTE["grey"], linewidth=1)
    ui.log_axis(ax, "x", (0.01, 0.1, 1, 10, 100, 1000))
    ax.set_ylim(0, 1.4 * frame[["plain", "mean_distance"]].max().max())
    ax.set_xlabel("ε (unit of the data)")
    ax.set_ylabel("value (unit of the data)")
    ax.legend(loc="upper left")
    return ax


class _Shown(NamedTuple):
    pair: Pair
    epsilon: float
    plan: Tensor
    curve: pd.DataFrame


def explore(seed: int = 0) -> ui.LiveFigure:
    """From W₁ to the energy distance, live: the plan blurs as ε grows."""
    controls = {
        "epsilon": ui.slider("ε", SWEEP, 0.1),
        "shift": ui.slider("shift of y", np.round(np.arange(-2, 2.01, 0.25), 2).tolist(), 1.0),
        "seed": ui.slider("draw", range(20), seed),
    }

    def compute(epsilon: float, shift: float, seed: int) -> _Shown:
        pair = samples(16, shift, seed)
        return _Shown(pair, epsilon, transport.entropic_plan(*pair, epsilon), measure(pair))

    def draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
        _draw_plan(shown, panels[0])
        plot(shown.curve, panels[1], shown.epsilon)
        debiased = np.interp(shown.epsilon, shown.curve["epsilon"], shown.curve["debiased"])
        panels[1].set_title(f"$S_ε$ = {debiased:.3f}")

    return ui.LiveFigure(compute, draw, controls, panels=2, size=(9.6, 4.4))


def _draw_plan(shown: _Shown, ax: "Axes") -> None:
    """Lines from x to y, the darker the more mass goes that way."""
    from matplotlib.collections import LineCollection

    share = shown.plan / shown.plan.sum(dim=1, keepdim=True)
    i, j = (share > 0.01).nonzero(as_tuple=True)
    ends = torch.stack([shown.pair.x[i], shown.pair.y[j]], dim=1)
    colours = np.zeros((len(i), 4))
    colours[:, 3] = share[i, j].clamp(max=1).numpy()
    ax.add_collection(LineCollection(list(ends.numpy()), colors=colours, linewidths=1.2))
    ax.plot(*shown.pair.x.T, "o", color=ui.PALETTE["blue"], label="x")
    ax.plot(*shown.pair.y.T, "s", color=ui.PALETTE["red"], label="y")
    ax.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    ax.set(xlabel="first coordinate (unit of the data)", ylabel="second coordinate")
    ax.set_title(f"plan at ε = {shown.epsilon:g}")
    ax.legend(loc="lower left")
