r"""§3: the two errors of an estimate of W₁, and the bias of the second.

The true distance is known: N(0, I) against the same law moved by ``shift``. An estimate goes wrong twice:

.. math:: \text{value} - W_1(p, q) = \underbrace{\text{value} - W_1(p_n, q_n)}_{\text{critic not optimal, } \le 0}
          + \underbrace{W_1(p_n, q_n) - W_1(p, q)}_{\text{finite sample, } \ge 0 \text{ on average}}

The critic here is a potential g on the n points of one sample, paired with its c-transform, and climbs the dual
objective step by step from g = 0.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, transport, ui
from wgan_helpers.distributions import Gaussian, wasserstein1
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHIFTS: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
_FIRST_STEP: Final = 0.05  # of the critic, as a share of the mean cost


def measure(
    dim: int = 2,
    n: int = 64,
    steps: int = 20,
    shift: float = 1.0,
    repetitions: int = 20,
    *,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """The true distance, the sample distance, and the critic's value after some steps.

    Parameters
    ----------
    dim : int
        Dimension d of the two Gaussians.
    n : int
        Points in each sample.
    steps : int
        Steps of the critic; 0 leaves it at g = 0, whose value is the mean distance to the nearest point.
    shift : float
        Distance of the means, which is the true W₁.
    repetitions : int
        Independent pairs of samples.
    seed : int
        The same seed gives the same rows, however they are computed.
    progress : bool
        Whether to show a bar; an interrupt keeps the rows so far.
    executor : concurrent.futures.Executor, optional
        Where to compute.

    Returns
    -------
    DataFrame
        One row per pair of samples: ``dim, n, steps, shift, repetition, seed, true, sample, critic``, and
        the two errors ``from_sample`` and ``from_critic``, all in the unit of the data.
    """
    _checks.integer(n, "n")
    _checks.integer(steps, "steps", minimum=0)
    _checks.number(shift, "shift")
    _checks.integer(seed, "seed", minimum=0)
    tasks = [(dim, n, steps, shift, block, seed) for block in monte_carlo.blocks(repetitions)]
    return monte_carlo.collect(_errors, tasks, executor, progress)


def _errors(dim: int, n: int, steps: int, shift: float, repetitions: range, seed: int) -> pd.DataFrame:
    p, q, x, y = _shifted(dim, n, shift, repetitions, seed)
    frame = pd.DataFrame(
        {
            "dim": dim,
            "n": n,
            "steps": steps,
            "shift": shift,
            "repetition": repetitions,
            "seed": seed,
            "true": wasserstein1(p, q),
            "sample": transport.wasserstein1(x, y),
            "critic": critic_value(transport.pairwise_distance(x, y), steps),
        }
    )
    return frame.assign(
        from_sample=frame["sample"] - frame["true"],
        from_critic=frame["critic"] - frame["sample"],
    )


def _shifted(
    dim: int, n: int, shift: float, repetitions: range, seed: int
) -> tuple[Gaussian, Gaussian, Tensor, Tensor]:
    """The two laws and their samples ``(len(repetitions), n, dim)``; another shift moves the same points."""
    centre = torch.zeros(_checks.integer(dim, "dim"))
    centre[0] = shift
    p, q = Gaussian(dim), Gaussian(dim, mean=centre)
    drawn = torch.stack([p.sample(2 * n, monte_carlo.generator(seed, dim, n, r)) for r in repetitions])
    return p, q, drawn[:, :n], drawn[:, n:] + centre


def critic_value(cost: Tensor, steps: int) -> Tensor:
    r"""The dual value after ``steps`` of ascent from g = 0, for each problem.

    .. math:: F(g) = \tfrac1n \sum_i \min_j (c_{ij} - g_j) + \tfrac1m \sum_j g_j \le W_1

    F is concave. Its gradient in g_j is 1/m less the share of points x that choose j: who is chosen too often
    becomes dearer. Each step adds that gradient, times m and a length that falls evenly to zero.

    Parameters
    ----------
    cost : (..., n, m)
        Ground cost.
    steps : int
        How many.

    Returns
    -------
    (...)
        The best value on the way, in the unit of the cost: never more than W₁.
    """
    n, m = cost.shape[-2:]
    g = torch.zeros_like(cost[..., 0, :])
    one = torch.full_like(cost[..., 0], m / n)
    length = _FIRST_STEP * float(cost.mean())
    best = torch.full_like(g[..., 0], -torch.inf)
    for step in range(steps + 1):
        chosen = (cost - g.unsqueeze(-2)).min(dim=-1)
        best = torch.maximum(best, chosen.values.mean(dim=-1) + g.mean(dim=-1))
        gradient = 1 - torch.zeros_like(g).scatter_add_(-1, chosen.indices, one)
        g = g + length * (1 - step / max(steps, 1)) * gradient
    return best


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the two errors and their sum as bars, with twice their standard error."""
    ax = ui.axes(ax)
    bars = {
        "finite sample": ("from_sample", "orange"),
        "critic not optimal": ("from_critic", "green"),
        "both together": ("total", "blue"),
    }
    frame = frame.assign(total=frame["critic"] - frame["true"])
    for label, (column, colour) in bars.items():
        mean, error = frame[column].mean(), 2 * frame[column].sem() if len(frame) > 1 else 0.0
        ax.bar(f"{label}\n{mean:+.3f}", mean, yerr=error, capsize=6, color=ui.PALETTE[colour])
    ax.axhline(0, color=ui.PALETTE["grey"], linewidth=1)
    largest = max(1.0, 1.2 * frame[["from_sample", "from_critic", "total"]].abs().mean().max())
    ax.set_ylim(-largest, largest)
    ax.grid(axis="x", visible=False)
    first = frame.iloc[0]
    ax.set_ylabel("error of the estimate (unit of the data)")
    ax.set_title(
        f"true $W_1$ = {first['true']:g}, estimate {frame['critic'].mean():.3f}: {len(frame)} repetitions, ± 2 SE"
    )
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """The two errors of §3, live: what moves the critic's, what the sample's."""
    controls = {
        "dim": ui.slider("dimension d", [1, 2, 3, 5, 10, 20, 50], 2),
        "n": ui.slider("sample size n", [4, 8, 16, 32, 64, 128, 256], 64, unit="points"),
        "steps": ui.slider("steps of the critic", [0, 1, 2, 5, 10, 20, 50, 100, 200], 5),
        "shift": ui.slider("true distance", SHIFTS, 1.0),
    }

    def compute(dim: int, n: int, steps: int, shift: float) -> Iterator[ui.Step]:
        return monte_carlo.steps(_errors, [(dim, n, steps, shift, block, seed) for block in monte_carlo.rounds(20)])

    return ui.LiveFigure(compute, plot, controls)


def measure_bias(
    dim: int = 10,
    n: int = 64,
    shifts: Sequence[float] = SHIFTS,
    repetitions: int = 20,
    *,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """The expected sample distance against the true one: an unbiased estimator would lie on the diagonal.

    Parameters
    ----------
    dim, n, repetitions, seed, progress, executor
        As for :func:`measure`.
    shifts : sequence of float
        The true distances.

    Returns
    -------
    DataFrame
        One row per pair of samples: ``dim, n, repetition, seed, true, sample``.
    """
    _checks.integer(repetitions, "repetitions")
    tasks = [(dim, _checks.integer(n, "n"), shift, range(repetitions), seed) for shift in shifts]
    return monte_carlo.collect(_distances, tasks, executor, progress)


def _distances(dim: int, n: int, shift: float, repetitions: range, seed: int) -> pd.DataFrame:
    p, q, x, y = _shifted(dim, n, shift, repetitions, seed)
    columns = {"dim": dim, "n": n, "repetition": repetitions, "seed": seed, "true": wasserstein1(p, q)}
    return pd.DataFrame(columns | {"sample": transport.wasserstein1(x, y)})


def plot_bias(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw what :func:`measure_bias` returned, with twice the standard error, and the diagonal."""
    ax = ui.axes(ax)
    mean = monte_carlo.mean_and_error(frame, ["true"], "sample")
    ax.plot(mean["true"], mean["true"], "--", color=ui.PALETTE["grey"], label="unbiased")
    label = "expected sample distance (± 2 SE)"
    ui.band(ax, mean["true"], mean["mean"], 2 * mean["sem"], color="blue", marker="o", label=label)
    ax.fill_between(mean["true"], mean["true"], mean["mean"], color=ui.PALETTE["orange"], alpha=0.2, label="bias")
    ax.set_ylim(0, max(6.0, 1.1 * mean["mean"].max()))
    ax.set_xlabel("true $W_1(p, q)$ (unit of the data)")
    ax.set_ylabel("$E\\,W_1(p_n, q_n)$ (unit of the data)")
    ax.set_title(
        f"Gaussians, d = {frame['dim'].iloc[0]}, n = {frame['n'].iloc[0]}, {frame['repetition'].nunique()} repetitions"
    )
    ax.legend(loc="upper left")
    return ax


def explore_bias(seed: int = 0) -> ui.LiveFigure:
    """The bias of the sample distance, live."""
    controls = {
        "dim": ui.slider("dimension d", [1, 2, 3, 5, 10, 20, 50, 100], 10),
        "n": ui.slider("sample size n", [2, 4, 8, 16, 32, 64, 128, 256], 64, unit="points"),
    }

    def compute(dim: int, n: int) -> Iterator[ui.Step]:
        tasks = [(dim, n, block, seed) for block in monte_carlo.rounds(20)]
        return monte_carlo.steps(_all_shifts, tasks)

    return ui.LiveFigure(compute, plot_bias, controls)


def _all_shifts(dim: int, n: int, repetitions: range, seed: int) -> pd.DataFrame:
    return pd.concat([_distances(dim, n, shift, repetitions, seed) for shift in SHIFTS], ignore_index=True)
