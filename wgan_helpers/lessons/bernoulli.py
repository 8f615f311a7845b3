r"""§5.1, Theorem 5.1.1: minibatches bend the Wasserstein loss, exactly and without sampling.

Both laws are Bernoulli: the target has θ*, the generator θ. The true distance is |θ − θ*|, with its minimum
at θ*. A minibatch of n sees k ones, k ~ Bin(n, θ*); its expected loss E|k/n − θ| has another slope and
another minimum, a median of k/n.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from wgan_helpers import _checks, transport, ui

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER_BOUND: Final = 2 * np.exp(-2)
_SIZES: Final = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 500, 1000)


def measure(theta_star: float = 0.3, n: int = 5, *, both_sampled: bool = False, points: int = 401) -> pd.DataFrame:
    """Expected sample loss and gradient beside the true ones, over the generator's θ: exact.

    Parameters
    ----------
    theta_star : float
        The target's probability of a one.
    n : int
        Size of the minibatch.
    both_sampled : bool
        Whether the generator is seen through a minibatch of ``n`` too, as in a GAN; the theorem has it exact.
    points : int
        How many values of θ, evenly from 0 to 1.

    Returns
    -------
    DataFrame
        One row per θ: ``theta_star, n, both_sampled, theta, true_loss, expected_loss, true_gradient,
        expected_gradient, minimiser``; the last is the θ that minimises the expected loss.
    """
    theta = np.linspace(0, 1, _checks.integer(points, "points", minimum=2))
    m = n if both_sampled else None
    return pd.DataFrame(
        {
            "theta_star": theta_star,
            "n": n,
            "both_sampled": both_sampled,
            "theta": theta,
            "true_loss": transport.bernoulli_w1(theta, theta_star),
            "expected_loss": transport.bernoulli_expected_w1(theta, theta_star, n, m),
            "true_gradient": np.sign(theta - theta_star),
            "expected_gradient": transport.bernoulli_expected_gradient(theta, theta_star, n, m),
            "minimiser": float(transport.bernoulli_minimiser(theta_star, n, m)),
        }
    )


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, quantity: str = "loss") -> "Axes":
    """Draw the expected sample loss, or its gradient, against θ.

    Parameters
    ----------
    frame : DataFrame
        What :func:`measure` returned.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    quantity : {"loss", "gradient"}
        Which of the two.
    """
    _checks.one_of(quantity, "quantity", ("loss", "gradient"))
    ax = ui.axes(ax)
    theta, first = frame["theta"], frame.iloc[0]
    true, expected = frame[f"true_{quantity}"], frame[f"expected_{quantity}"]
    ax.plot(theta, true, "--", color=ui.PALETTE["grey"], label=f"true {quantity}")
    ax.plot(theta, expected, color=ui.PALETTE["blue"], label=f"expected sample {quantity}")
    # as high as the lines, below the legend
    ax.axvline(first["theta_star"], ymax=0.65, color=ui.PALETTE["grey"], linestyle=":")
    ax.axvline(first["minimiser"], ymax=0.65, color=ui.PALETTE["red"], linestyle=":")
    if quantity == "loss":
        lowest = np.interp(first["minimiser"], theta, expected)
        label = f"its minimum, at {first['minimiser']:.3f}"
        ax.plot(first["minimiser"], lowest, "o", color=ui.PALETTE["red"], label=label)
        ax.set_ylabel("loss (probability)")
        ax.set_ylim(-0.02, 1.5 * expected.max())  # room for the legend above the lines
        ax.legend(loc="upper center")
    else:
        ax.fill_between(theta, true, expected, color=ui.PALETTE["orange"], alpha=0.3, label="bias")
        ax.set_ylabel("gradient (per unit of θ)")
        ax.set_ylim(-1.1, 2.3)
        ax.set_yticks([-1, -0.5, 0, 0.5, 1])
        ax.legend(loc="upper left")
    ax.set_xlabel("generator's θ (probability)")
    ax.set_title(f"θ* = {first['theta_star']:g}, n = {first['n']}")
    return ax


def explore() -> ui.LiveFigure:
    """Theorem 5.1.1, live: the loss and its gradient as minibatches see them."""
    generators = {"exact (the theorem)": False, "sampled too (a GAN)": True}
    controls: dict[str, ui.Control] = {
        "theta_star": ui.slider("target θ*", np.round(np.arange(0, 1.005, 0.01), 2).tolist(), 0.3),
        "n": ui.slider("minibatch n", _SIZES, 5, unit="samples"),
        "both_sampled": ui.menu("generator", generators, False, paper=False),
    }

    def draw(frame: pd.DataFrame, panels: "Sequence[Axes]") -> None:
        plot(frame, panels[0], "loss")
        plot(frame, panels[1], "gradient")

    return ui.LiveFigure(measure, draw, controls, panels=2, size=(9.6, 4.2))


def measure_bias(theta_star: float = 0.3, sizes: Sequence[int] = _SIZES) -> pd.DataFrame:
    """A bias of the sample gradient for each minibatch size, as large as the theorem says or larger.

    Parameters
    ----------
    theta_star : float
        A fixed target.
    sizes : sequence of int
        Minibatch sizes n.

    Returns
    -------
    DataFrame
        One row per size: ``theta_star, n, biased_pair`` (a pair that proves the theorem, another for each n; not
        the worst, since pairs come as near to 2 as one likes) and ``fixed_target`` (the supremum over θ for this θ*).
    """
    rows: list[dict[str, Any]] = []
    for n in sizes:
        pair = transport.bernoulli_gradient_bias(*transport.bernoulli_biased_pair(n), n)
        # the bias is largest next to θ*, on the side where more of the binomial lies against it
        beside = theta_star + np.array([-1e-9, 1e-9])
        beside = beside[(beside >= 0) & (beside <= 1)]
        fixed = transport.bernoulli_gradient_bias(beside, theta_star, n)
        rows.append(
            {
                "theta_star": theta_star,
                "n": n,
                "biased_pair": float(pair.abs()),
                "fixed_target": float(fixed.abs().max()),
            }
        )
    return pd.DataFrame(rows)


def plot_bias(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw what :func:`measure_bias` returned, with the theorem's bound 2e⁻²."""
    ax = ui.axes(ax)
    ax.plot(frame["n"], frame["biased_pair"], "o-", color=ui.PALETTE["blue"], label="a pair (θ, θ*) chosen for each n")
    label = f"fixed target θ* = {frame['theta_star'].iloc[0]:g}, worst θ"
    ax.plot(frame["n"], frame["fixed_target"], "s", color=ui.PALETTE["orange"], label=label)
    ax.axhline(PAPER_BOUND, color=ui.PALETTE["grey"], linewidth=3, label="the theorem's bound $2e^{-2}$")
    ui.log_axis(ax, "x", [n for n in (1, 2, 5, 10, 50, 100, 500, 1000) if n <= frame["n"].max()])
    ax.set_ylim(0, 2.05)
    ax.set_xlabel("minibatch size n (samples)")
    ax.set_ylabel("bias of the sample gradient")
    ax.set_title("the bias stays, however large the minibatch")
    ax.legend(loc="upper right")
    return ax


def explore_bias() -> ui.LiveFigure:
    """The first part of the theorem, live: more samples do not cure the gradient."""
    stops = np.round(np.arange(0.01, 1, 0.01), 2).tolist()
    return ui.LiveFigure(measure_bias, plot_bias, {"theta_star": ui.slider("target θ*", stops, 0.3)})
