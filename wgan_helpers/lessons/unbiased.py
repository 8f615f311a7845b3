r"""After the paper: a distance whose minibatch gradient is right on average (Bellemare et al. 2017).

The energy distance :math:`2\,E|x - y| - E|x - x'| - E|y - y'|` is made of means over *pairs* of points. Over the pairs
of a minibatch, a point with itself left out, each has the right expectation (a U-statistic), and so has the gradient:
the generator that minimises the minibatch loss is the one that minimises the distance. With a point and itself
counted (a V-statistic, :func:`.transport.energy_distance`) a little of the bias is back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, transport, ui
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def energy_u(x: Tensor, y: Tensor) -> Tensor:
    r"""Energy distance of two samples without bias.

    .. math:: \frac{2}{nm} \sum_{ij} |x_i - y_j| - \frac{1}{n(n-1)} \sum_{i \ne i'} |x_i - x_{i'}|
              - \frac{1}{m(m-1)} \sum_{j \ne j'} |y_j - y_{j'}|

    Parameters
    ----------
    x : (n, d) or (b, n, d)
        First sample, or a batch of them; two points or more.
    y : (m, d) or (b, m, d)
        Second sample.

    Returns
    -------
    () or (b,)
        In the unit of the data; negative by chance where the laws are near.
    """
    across = transport.pairwise_distance(x, y).mean(dim=(-2, -1))
    return 2 * across - _mean_of_pairs(x) - _mean_of_pairs(y)


def _mean_of_pairs(x: Tensor) -> Tensor:
    n = _checks.integer(x.shape[-2], "points of a sample", minimum=2)
    return transport.pairwise_distance(x, x).sum(dim=(-2, -1)) / (n * (n - 1))


LOSSES: Final[Mapping[str, Callable[[Tensor, Tensor], Tensor]]] = MappingProxyType(
    {
        "W₁": transport.wasserstein1,
        "energy, V-statistic": transport.energy_distance,
        "energy, U-statistic": energy_u,
    }
)
_LOOKS: Final = {
    "W₁": ("red", "-"),
    "energy, V-statistic": ("orange", "--"),
    "energy, U-statistic": ("blue", "-"),
}
SIZES: Final = tuple(np.round(np.arange(0, 1.55, 0.1), 1).tolist())


def measure(
    dim: int = 50,
    n: int = 64,
    sizes: Sequence[float] = SIZES,
    *,
    seed: int = 0,
    repetitions: int = 20,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Minibatch losses of a generator σ z, with z and the real points from N(0, I), against its size σ.

    Parameters
    ----------
    dim : int
        Dimension d.
    n : int
        Points of either minibatch, at least 2.
    sizes : sequence of float
        The generator's σ; 1 is right, 0 is collapse.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``; all sizes and losses meet the same minibatches.

    Returns
    -------
    DataFrame
        One row per loss, size and repetition: ``dim, n, loss, size, repetition, seed, value``.
    """
    _checks.integer(dim, "dim")
    _checks.integer(n, "n", minimum=2)
    tasks = [(dim, n, tuple(sizes), each, seed) for each in monte_carlo.blocks(repetitions)]
    return monte_carlo.collect(_losses, tasks, executor, progress)


def _losses(dim: int, n: int, sizes: Sequence[float], repetitions: range, seed: int) -> pd.DataFrame:
    law = Gaussian(dim)
    samples = torch.stack([law.sample(2 * n, monte_carlo.generator(seed, n, dim, r)) for r in repetitions])
    real, noise = samples.split(n, dim=1)
    frames = [
        pd.DataFrame({"loss": loss, "size": size, "repetition": repetitions, "value": value(size * noise, real)})
        for loss, value in LOSSES.items()
        for size in sizes
    ]
    return pd.concat(frames, ignore_index=True).assign(dim=dim, n=n, seed=seed)


def minimisers(frame: pd.DataFrame) -> pd.Series:
    """The size with the least mean loss, by loss: where a parabola through the lowest three sizes has its vertex."""
    mean = frame.groupby(["loss", "size"])["value"].mean().unstack("size")
    return pd.Series({loss: _vertex(mean.loc[loss]) for loss in LOSSES}, name="minimiser")


def _vertex(curve: pd.Series) -> float:
    at, value = curve.index.to_numpy(float), curve.to_numpy(float)
    lowest = int(value.argmin())
    if lowest in (0, len(at) - 1):
        return float(at[lowest])
    near = slice(lowest - 1, lowest + 2)
    bend, slope, _ = np.polyfit(at[near] - at[lowest], value[near], 2)
    return float(at[lowest] - slope / (2 * bend))


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw each mean loss of :func:`measure` against σ, over that of a generator that has collapsed."""
    ax = ui.axes(ax)
    best = minimisers(frame)
    for loss, group in frame.groupby("loss", sort=False):
        line = monte_carlo.mean_and_error(group, ["size"], "value")
        collapsed = line.loc[line["size"].idxmin(), "mean"]
        color, dash = _LOOKS[str(loss)]
        share, error = line["mean"] / collapsed, 2 * line["sem"].fillna(0) / collapsed
        ui.band(ax, line["size"], share, error, color=color, linestyle=dash, label=f"{loss}: least at {best[loss]:.2f}")
        ax.plot(best[loss], np.interp(best[loss], line["size"], share), "o", color=ui.PALETTE[color])
    ax.axvline(1, ymax=0.7, color=ui.PALETTE["grey"], linestyle=":")
    ax.set(xlabel="size σ of the generator (the real law has 1)", ylabel="loss, collapsed = 1", ylim=(-0.1, 2.0))
    first, repetitions = frame.iloc[0], frame["repetition"].nunique()
    ax.set_title(f"d = {first['dim']}, minibatches of {first['n']}, {repetitions} pairs")
    ax.legend(loc="upper left")
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """The size that each minibatch loss prefers, live."""
    controls = {
        "dim": ui.slider("dimension d", [1, 2, 5, 10, 20, 50, 100], 50),
        "n": ui.slider("minibatch n", [2, 4, 8, 16, 32, 64, 128], 64, unit="points"),
    }

    def compute(dim: int, n: int) -> Iterator[ui.Step]:
        return monte_carlo.steps(_losses, [(dim, n, SIZES, each, seed) for each in monte_carlo.rounds(40, first=4)])

    return ui.LiveFigure(compute, plot, controls)


def measure_coin(theta_star: float = 0.3, n: int = 5, *, points: int = 201) -> pd.DataFrame:
    r"""Expected minibatch losses between two coins, both sampled ``n`` times: exact.

    Of l ones of n and k of n the energy distance is :math:`2 (l/n - k/n)^2`, with a point and itself counted; so that
    its expectation is :math:`2 (θ - θ^*)^2`, the energy distance of the coins, plus :math:`2θ(1 - θ)/n +
    2θ^*(1 - θ^*)/n`. The U-statistic is without the last two.

    Parameters
    ----------
    theta_star : float
        The target's probability of a one.
    n : int
        Size of both minibatches, at least 2.
    points : int
        How many values of θ, evenly from 0 to 1.

    Returns
    -------
    DataFrame
        One row per loss and θ: ``theta_star, n, loss, theta, value, minimiser``.
    """
    _checks.integer(n, "n", minimum=2)
    theta = np.linspace(0, 1, _checks.integer(points, "points", minimum=2))
    w1 = transport.bernoulli_expected_w1(theta, theta_star, n, n).numpy()
    true = 2 * (theta - theta_star) ** 2
    bias = 2 * (theta * (1 - theta) + theta_star * (1 - theta_star)) / n
    least_v = float(np.clip((theta_star - 1 / (2 * n)) / (1 - 1 / n), 0, 1))
    found: dict[str, tuple[Any, float]] = {
        "W₁": (w1, float(transport.bernoulli_minimiser(theta_star, n, n))),
        "energy, V-statistic": (true + bias, least_v),
        "energy, U-statistic": (true, theta_star),
    }
    about = {"theta_star": theta_star, "n": n}
    frames = [
        pd.DataFrame({**about, "loss": loss, "theta": theta, "value": value, "minimiser": least})
        for loss, (value, least) in found.items()
    ]
    return pd.concat(frames, ignore_index=True)


def plot_coin(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the expected losses of :func:`measure_coin` against θ, each with its minimum."""
    ax = ui.axes(ax)
    for loss, group in frame.groupby("loss", sort=False):
        color, dash = _LOOKS[str(loss)]
        least = group["minimiser"].iloc[0]
        label = f"{loss}: least at {least:.3f}"
        ax.plot(group["theta"], group["value"], dash, color=ui.PALETTE[color], label=label)
        ax.plot(least, np.interp(least, group["theta"], group["value"]), "o", color=ui.PALETTE[color])
    first = frame.iloc[0]
    ax.axvline(first["theta_star"], ymax=0.65, color=ui.PALETTE["grey"], linestyle=":")
    ax.set(xlabel="generator's θ (probability)", ylabel="expected minibatch loss")
    ax.set_ylim(-0.03, 1.5 * frame["value"].max())  # room for the legend above the lines
    ax.set_title(f"θ* = {first['theta_star']:g}, both coins thrown n = {first['n']} times")
    ax.legend(loc="upper center")
    return ax


def explore_coin() -> ui.LiveFigure:
    """Two coins again, live: what the energy distance makes of them."""
    controls = {
        "theta_star": ui.slider("target θ*", np.round(np.arange(0, 1.005, 0.01), 2).tolist(), 0.3),
        "n": ui.slider("minibatch n", [2, 3, 5, 7, 10, 20, 50, 100], 5, unit="samples"),
    }
    return ui.LiveFigure(measure_coin, plot_coin, controls)
