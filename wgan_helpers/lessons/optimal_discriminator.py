r"""§2.2: the optimal discriminator in closed form against trained ones, and the assumption that they agree.

.. math:: D^*(x) = \frac{p^*(x)}{p^*(x) + p_\theta(x)}

Real points come from two bumps on the line, generated ones from a normal law at θ. For any D the discriminator's loss L
gives :math:`\log 2 - L/2 \le JS(p^*, p_\theta)`, with equality for :math:`D^*` only.
"""

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import softplus

from wgan_helpers import _checks, ui
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.critics import RATE, Bumps, Critics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Steps of the discriminator after which it is judged.
STEPS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_GRID: Final = torch.linspace(-8, 8, 1601, dtype=torch.float64)  # the trapezoidal rule is exact to 1e-9 on it
_SPACING: Final = float(_GRID[1] - _GRID[0])
_LONGEST: Final = 1000  # training of a discriminator
_USUAL: Final = 5  # critic steps for each step of the generator: as many as a GAN takes at most


REAL: Final = Bumps((-1.5, 1.5), 0.5)


def generated(theta: float) -> Bumps:
    """The law of the generator: normal at θ."""
    return Bumps((theta,), 0.7)


def optimal(x: Tensor, real: Bumps, fake: Bumps) -> Tensor:
    """The optimal discriminator at ``x``."""
    p, q = real.density(x), fake.density(x)
    return p / (p + q)


def true_divergence(real: Bumps, fake: Bumps) -> float:
    """Jensen–Shannon divergence of the two, in nats."""
    p, q = real.density(_GRID), fake.density(_GRID)
    middle = (p + q) / 2
    return float((torch.xlogy(p, p / middle) + torch.xlogy(q, q / middle)).sum()) * _SPACING / 2


class Judgement(NamedTuple):
    r"""How good discriminators are, ``(repetitions,)`` each, over the laws themselves: no sampling error.

    Attributes
    ----------
    error : Tensor
        :math:`E |D - D^*|` over the even mixture of both laws.
    estimate : Tensor
        :math:`\log 2 - L/2` in nats, what D's loss says of the divergence.
    """

    error: Tensor
    estimate: Tensor


def judge(scores: Tensor, real: Bumps, fake: Bumps) -> Judgement:
    """Judge discriminators by their ``scores`` ``(repetitions, 1601)`` on the grid."""
    p, q = real.density(_GRID), fake.density(_GRID)
    scores = scores.double()
    distance = (torch.sigmoid(scores) - optimal(_GRID, real, fake)).abs()
    loss = ((p * softplus(-scores) + q * softplus(scores)).sum(dim=-1)) * _SPACING
    return Judgement((distance * (p + q) / 2).sum(dim=-1) * _SPACING, math.log(2) - loss / 2)


def measure(
    thetas: Sequence[float] = (1.0,),
    steps: Sequence[int] = STEPS,
    *,
    seed: int = 0,
    repetitions: int = 8,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """How near a discriminator that starts from scratch comes to the optimal one, while the generator rests.

    Parameters
    ----------
    thetas : sequence of float
        Where the generated points are.
    steps : sequence of int
        Of the discriminator, after which it is judged.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        One row per θ, step and repetition: ``theta, step, repetition, seed, error, estimate, divergence``; the
        last is the true one. See :class:`Judgement`.
    """
    for step in steps:
        _checks.integer(step, "step", minimum=0)
    tasks = [(_checks.number(theta, "theta"), tuple(steps), seed, repetitions) for theta in thetas]
    return monte_carlo.collect(_rest, tasks, executor, progress)


def _rest(theta: float, steps: Sequence[int], seed: int, repetitions: int) -> pd.DataFrame:
    critics, fake = Critics("ns", 1, seed, repetitions), generated(theta)
    frames = []
    for step in range(max(steps) + 1):
        if step in steps:
            frames.append(rows(critics, fake, {"theta": theta, "step": step}, seed))
        critics.step(REAL, fake)
    return pd.concat(frames, ignore_index=True)


def rows(critics: Critics, fake: Bumps, about: dict[str, float], seed: int) -> pd.DataFrame:
    """One row per repetition: what ``about`` says, and how good its discriminator is."""
    judged = judge(critics.scores(_GRID.float()[:, None]), REAL, fake)
    values = {"error": judged.error, "estimate": judged.estimate, "divergence": true_divergence(REAL, fake)}
    return pd.DataFrame({**about, "repetition": range(len(judged.error)), "seed": seed, **values})


def missing(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Which share of the true divergence the discriminator's loss does not see, mean and error over the repetitions.

    Returns
    -------
    DataFrame
        One row per group ``by``: ``missing`` and ``error``, its standard error; 0 is the optimal discriminator.
    """
    share = frame.assign(missing=1 - frame["estimate"] / frame["divergence"])
    each = share.groupby([*by, "repetition"], sort=False)["missing"].mean()  # along the way, if there is one
    return each.groupby(by, sort=False).agg(missing="mean", error="sem")


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the share of the divergence that is missed after each number of steps, of :func:`measure`."""
    ax = ui.axes(ax)
    looks = (("red", "-"), ("blue", "--"), ("green", "-."), ("purple", ":"))
    table = missing(frame[frame["step"] > 0], ["theta", "step"]).reset_index()
    for (theta, line), (color, dash) in zip(table.groupby("theta"), looks, strict=False):
        ui.band(
            ax,
            line["step"],
            100 * line["missing"],
            200 * line["error"],
            color=color,
            linestyle=dash,
            label=f"θ = {theta:g}",
        )
    ax.axvspan(1, _USUAL, color=ui.PALETTE["grey"], alpha=0.2, linewidth=0, label=f"1 to {_USUAL} steps")
    ui.log_axis(ax, "x", (1, 5, 20, 100, 1000))
    ax.set(xlabel="steps of the discriminator from scratch", ylabel="missing of JS (%)", ylim=(0, 118))
    ax.set_title(f"mean of {frame['repetition'].nunique()} seeds, with 2 SE")
    ax.legend(loc="upper right")
    return ax


class _Training:
    """Discriminators in training, the law of the generator, and how they did so far."""

    def __init__(self, theta: float, rate: float, seed: int, repetitions: int) -> None:
        self.theta, self.critics = theta, Critics("ns", 1, seed, repetitions, rate)
        self.steps: list[int] = []
        self.estimates: list[Tensor] = []
        self.look()

    def advance(self) -> bool:
        """A few steps of the discriminators: one at first, more later on."""
        for _ in range(1 if self.critics.steps < 20 else 5):
            self.critics.step(REAL, generated(self.theta))
        self.look()
        return self.critics.steps < _LONGEST

    def look(self) -> None:
        """Judge the discriminators as they are."""
        self.scores = self.critics.scores(_GRID.float()[:, None])
        judged = judge(self.scores, REAL, generated(self.theta))
        self.error = float(judged.error.mean())
        self.steps.append(self.critics.steps)
        self.estimates.append(judged.estimate)


class _Shown(NamedTuple):
    theta: float
    scores: Tensor
    error: float
    true: float
    steps: list[int]
    estimates: Tensor  # (looks, seeds)


def explore(seed: int = 0, repetitions: int = 4) -> ui.Player:
    """The discriminator on its way to the optimal one, live; θ can be moved meanwhile.

    Parameters
    ----------
    seed, repetitions : int
        Of the discriminators, and how many train side by side.
    """
    controls = {
        "theta": ui.slider("θ: generated points", np.round(np.arange(-3, 3.1, 0.5), 2).tolist(), 1.0),
        "rate": ui.slider("learning rate", [1e-4, 3e-4, RATE, 3e-3, 1e-2], RATE),
    }

    def start(theta: float, rate: float) -> _Training:
        return _Training(theta, rate, seed, repetitions)

    def change(training: _Training, names: set[str], theta: float, rate: float) -> _Training:
        if names != {"theta"}:
            return start(theta, rate)
        training.theta = theta  # the generator moved: the discriminator is what it was
        training.look()
        return training

    def view(training: _Training) -> _Shown:
        true, estimates = true_divergence(REAL, generated(training.theta)), torch.stack(training.estimates)
        return _Shown(training.theta, training.scores, training.error, true, [*training.steps], estimates)

    return ui.Player(
        start, _Training.advance, view, _draw, controls, change=change, describe=_describe, panels=2, size=(10.4, 4.4)
    )


def _describe(shown: _Shown) -> str:
    found = float(shown.estimates[-1].mean())
    return f"step {shown.steps[-1]} · E|D − D*| {shown.error:.3f} · JS {shown.true:.3f}, by D {found:.3f} nats"


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    curves, divergence = panels
    x, fake = _GRID[300:-300], generated(shown.theta)
    for law, color, label in ((REAL, "grey", "$p^*$"), (fake, "orange", "$p_θ$")):
        curves.fill_between(x, law.density(x), color=ui.PALETTE[color], alpha=0.35, linewidth=0, label=label)
    each = torch.sigmoid(shown.scores)[:, 300:-300]
    curves.plot(
        x, each.T, color=ui.PALETTE["red"], linewidth=1, label=["D, one line a seed", *[None] * (len(each) - 1)]
    )
    curves.plot(x, optimal(x, REAL, fake), "--", color="black", label="optimal $D^*$")
    curves.set(xlim=(-5, 5), ylim=(0, 1.45), xlabel="x (unit of the data)", ylabel="D; densities")
    curves.set_yticks([0, 0.5, 1])
    curves.legend(loc="upper center", ncols=2)
    curves.set_title(f"after {shown.steps[-1]} steps: E|D − D*| = {shown.error:.3f}")
    mean, spread = shown.estimates.mean(dim=1), shown.estimates.std(dim=1)
    divergence.axhline(shown.true, linestyle="--", color="black", label="true JS")
    ui.band(divergence, shown.steps, mean, 2 * spread / math.sqrt(len(each)), color="red", label="by D: log 2 − L/2")
    divergence.axvspan(1, _USUAL, color=ui.PALETTE["grey"], alpha=0.2, linewidth=0, label=f"1 to {_USUAL} steps")
    ui.log_axis(divergence, "x", (1, 5, 20, 100, 1000))
    divergence.set(xlim=(1, 1.3 * _LONGEST), ylim=(-0.1, 0.95))
    divergence.set_title("what its loss says of the divergence")
    divergence.set(xlabel="steps of the discriminator", ylabel="divergence (nats)")
    divergence.legend(loc="upper right", ncols=3, columnspacing=1, fontsize=9)
