r"""§3: the distance as a plan, as a pair of potentials, and as the value of a critic.

.. math:: W_1(p, q) = \min_P \langle P, C \rangle
                    = \max_{\lVert f \rVert_L \le 1} \mathbb{E}_p f - \mathbb{E}_q f

The plan and the optimal critic are two sides of one problem: along every pair that the plan matches, the critic
falls with slope 1.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, transport, ui
from wgan_helpers.distributions import Gaussian, GaussianRing
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_REACH: Final = 3.0  # the plane is drawn from −3 to 3
_GRID: Final = 61


class Pair(NamedTuple):
    """Two samples in the plane, each ``(n, 2)``."""

    x: Tensor
    y: Tensor


def samples(n: int = 12, shift: float = 1.0, seed: int = 0) -> Pair:
    """``n`` points of a ring of eight Gaussians, and ``n`` of a Gaussian moved to the right by ``shift``."""
    generator = monte_carlo.generator(seed, _checks.integer(n, "n"))
    ring = GaussianRing(std=0.2).sample(n, generator, dtype=torch.float64)
    blob = Gaussian(2, mean=(_checks.number(shift, "shift"), 0.0), std=0.5).sample(n, generator, dtype=torch.float64)
    return Pair(ring, blob)


class Critic(NamedTuple):
    r"""A candidate critic in the plane: a ramp in direction ``angle``, in degrees, that is flat beyond ``kink``.

    .. math:: f(z) = s \cdot \min(u \cdot z, \; k), \qquad u = (\cos \text{angle}, \sin \text{angle})

    Its Lipschitz constant is the slope s.
    """

    angle: float
    slope: float
    kink: float

    def __call__(self, z: Tensor) -> Tensor:
        """Value at points ``(n, 2)``: shape ``(n,)``."""
        angle = torch.deg2rad(torch.tensor(self.angle, dtype=z.dtype))
        direction = torch.stack([angle.cos(), angle.sin()])
        return self.slope * (z @ direction).clamp(max=self.kink)


def measure(pair: Pair, critic: Critic) -> pd.DataFrame:
    """What a critic is worth, before and after c-transforms, beside the exact distance.

    A c-transform replaces the critic's values on one sample by the largest that its values on the other allow:
    f ← (−f(y))^c on x, then f ← on y. Each can only raise the dual value of a 1-Lipschitz critic, and makes an
    admissible critic of one that is too steep.

    Parameters
    ----------
    pair : Pair
        The two samples.
    critic : Critic
        The candidate.

    Returns
    -------
    DataFrame
        One row per step: ``step, value, admissible``; ``value`` is E_x f − E_y f in the unit of the data.
    """
    cost = transport.pairwise_distance(*pair)
    f, g = critic(pair.x), -critic(pair.y)
    rows = [("critic", f, g)]
    f = transport.c_transform(cost, g)
    rows.append(("c-transform", f, g))
    g = transport.c_transform(cost.T, f)
    rows.append(("and back", f, g))
    rows.append(("exact", *transport.kantorovich_potentials(*pair)))
    return pd.DataFrame(
        {
            "step": [step for step, _, _ in rows],
            "value": [float(f.mean() + g.mean()) for _, f, g in rows],
            "admissible": [bool((f[:, None] + g <= cost + 1e-9).all()) for _, f, g in rows],
        }
    )


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw what :func:`measure` returned as bars; hatched is what no 1-Lipschitz critic can be worth."""
    ax = ui.axes(ax)
    exact = frame.set_index("step").loc["exact", "value"]
    colours = [ui.PALETTE[colour] for colour in ("orange", "sky", "green", "blue")]
    bars = ax.bar(frame["step"], frame["value"], color=colours)
    for bar, admissible in zip(bars, frame["admissible"], strict=True):
        if not admissible:
            bar.set(hatch="//", alpha=0.5)
    ax.bar_label(bars, fmt="%.3f")
    ax.axhline(exact, color=ui.PALETTE["blue"], linestyle="--")
    ax.axhline(0, color=ui.PALETTE["grey"], linewidth=1)
    ax.set_ylim(min(-0.5, 1.3 * frame["value"].min()), max(2.0, 1.2 * frame["value"].max()))
    ax.set_ylabel("dual value (unit of the data)")
    ax.grid(axis="x", visible=False)
    allowed = frame["admissible"].iloc[0]
    ax.set_title("1-Lipschitz on the samples" if allowed else "too steep: not 1-Lipschitz on the samples")
    return ax


def plot_plane(pair: Pair, values: Tensor, ax: "Axes | None" = None, plan: Tensor | None = None) -> "Axes":
    """Draw a function on the plane as colour, the samples on it, and the plan's pairs as lines.

    Parameters
    ----------
    pair : Pair
        The two samples.
    values : (61, 61)
        The function on :func:`plane`, reshaped.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    plan : (n, n), optional
        Mass moved from x to y.
    """
    ax = ui.axes(ax)
    edge = _REACH * _GRID / (_GRID - 1)  # a value stands for the middle of its cell
    extent = (-edge, edge, -edge, edge)
    ax.imshow(values.numpy(), extent=extent, origin="lower", cmap="cividis", alpha=0.6, interpolation="bilinear")
    low, high = np.floor(float(values.min())), np.ceil(float(values.max()))
    levels = np.arange(low, high + 0.1, 0.5)
    along = np.linspace(-_REACH, _REACH, _GRID)
    ax.contour(along, along, values.numpy(), levels, colors="white", linewidths=0.6, linestyles="solid")
    if plan is not None:
        for i, j in plan.nonzero().tolist():
            ends = torch.stack([pair.x[i], pair.y[j]])
            ax.plot(*ends.T, color="black", linewidth=1)
    ax.plot(*pair.x.T, "o", color=ui.PALETTE["blue"], markeredgecolor="white", label="x, n points")
    ax.plot(*pair.y.T, "s", color=ui.PALETTE["red"], markeredgecolor="white", label="y, n points")
    ax.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    ax.set(xlabel="first coordinate (unit of the data)", ylabel="second coordinate")
    ax.grid(visible=False)
    ax.legend(loc="lower left")
    return ax


def plane() -> Tensor:
    """The points ``(61², 2)`` on which functions of the plane are drawn, row by row."""
    along = torch.linspace(-_REACH, _REACH, _GRID, dtype=torch.float64)
    rows, columns = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([columns, rows], dim=-1).reshape(-1, 2)


def optimal_critic(pair: Pair, z: Tensor) -> Tensor:
    """The optimal critic at the points ``z`` ``(k, 2)``: the largest 1-Lipschitz function that is −g on y."""
    _, g = transport.kantorovich_potentials(*pair)
    return transport.c_transform(transport.pairwise_distance(z, pair.y), g)


def explore(seed: int = 0) -> ui.LiveFigure:
    """The plan and the optimal critic of two samples, live."""
    controls = {
        "n": ui.slider("points n", [2, 4, 8, 12, 20, 32, 64], 12),
        "shift": ui.slider("shift of y", np.round(np.arange(-2, 2.01, 0.1), 1).tolist(), 1.0),
        "seed": ui.slider("draw", range(20), seed),
    }

    def compute(n: int, shift: float, seed: int) -> dict[str, Any]:
        pair = samples(n, shift, seed)
        values = optimal_critic(pair, plane()).reshape(_GRID, _GRID)
        return {"pair": pair, "values": values, "plan": transport.optimal_plan(*pair)}

    def draw(result: dict[str, Any], ax: "Axes") -> None:
        plot_plane(ax=ax, **result)
        ax.set_title(
            f"$W_1$ = {float(transport.wasserstein1(*result['pair'])):.3f}: lines are the plan, colour the critic"
        )

    return ui.LiveFigure(compute, draw, controls, size=(6.4, 6.0))


def explore_critic(seed: int = 0) -> ui.LiveFigure:
    """A critic of one's own against the exact distance, live."""
    tenths = np.round(np.arange(-2, 2.01, 0.1), 1).tolist()
    controls = {
        "angle": ui.slider("direction", range(-180, 181, 15), 0, unit="°"),
        "slope": ui.slider("slope s", np.round(np.arange(0, 1.51, 0.05), 2).tolist(), 0.5),
        "kink": ui.slider("kink k", tenths, 2.0),
        "shift": ui.slider("shift of y", tenths, 1.0),
    }

    def compute(angle: float, slope: float, kink: float, shift: float) -> dict[str, Any]:
        pair, critic = samples(32, shift, seed), Critic(angle, slope, kink)
        return {"pair": pair, "values": critic(plane()).reshape(_GRID, _GRID), "frame": measure(pair, critic)}

    def draw(result: dict[str, Any], panels: "Sequence[Axes]") -> None:
        plot_plane(result["pair"], result["values"], panels[0])
        panels[0].set_title("your critic: bright is high, lines every 0.5")
        plot(result["frame"], panels[1])

    return ui.LiveFigure(compute, draw, controls, panels=2, size=(9.6, 4.6))
