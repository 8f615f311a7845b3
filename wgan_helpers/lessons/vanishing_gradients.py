"""§2.3: the generator's gradient while the discriminator trains, for the saturating loss and two others.

The generator rests: it puts its points on a line at θ, real ones stand at 0. Its gradient is the derivative of its loss
by θ, through what the critic of the moment says of its points.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, ui
from wgan_helpers.lessons import divergences, monte_carlo
from wgan_helpers.lessons.critics import RATE, Critics, Lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Steps of the critic after which the generator's gradient is taken.
STEPS: Final = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 400, 500)
_JUDGED: Final = 1024  # generated points


class Loss(NamedTuple):
    """A generator's loss: which critic it needs, and its derivative by the score of a point."""

    objective: str
    slope: Callable[[Tensor], Tensor]


LOSSES: Final[Mapping[str, Loss]] = MappingProxyType(
    {
        "saturating": Loss("mm", lambda scores: -torch.sigmoid(scores)),
        "non-saturating": Loss("mm", lambda scores: -torch.sigmoid(-scores)),
        "Wasserstein": Loss("wgan", lambda scores: -torch.ones_like(scores)),
    }
)
_LOOKS: Final = {"saturating": ("red", "--"), "non-saturating": ("orange", "-."), "Wasserstein": ("blue", "-")}


def limits(theta: float, std: float) -> dict[str, float]:
    r"""The derivative of each loss by θ under the best critic there is.

    Saturating: that of :math:`2\,JS`. Non-saturating: that of :math:`KL(p_\theta | p^*) - 2\,JS` (Arjovsky, Bottou
    2017, theorem 2.5), which does not exist between lines: NaN. Wasserstein: that of :math:`W_1`.
    """
    at = torch.tensor(theta, dtype=torch.float64)
    js = 2 * float(divergences.jensen_shannon(at, std).gradient)
    kl = float(divergences.kullback_leibler(at, std).gradient)
    w1 = float(divergences.wasserstein1(at, std).gradient)
    return {"saturating": js, "non-saturating": kl - js, "Wasserstein": w1}


def measure(
    stds: Sequence[float] = (0.0, 0.2),
    theta: float = 1.0,
    steps: Sequence[int] = STEPS,
    *,
    rate: float = RATE,
    seed: int = 0,
    repetitions: int = 8,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """The generator's gradient after each number of the critic's steps.

    Parameters
    ----------
    stds : sequence of float
        Blurs of both lines; 0 for lines.
    theta : float
        Where the generated line stands.
    steps : sequence of int
        Of the critic, after which the gradient is taken.
    rate : float
        The critic's learning rate.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        One row per blur, loss, step and repetition: ``theta, std, rate, loss, step, repetition, seed, gradient,
        limit``; the last as :func:`limits`.
    """
    _checks.number(theta, "theta")
    for std in stds:
        _checks.number(std, "std", minimum=0)
    for step in steps:
        _checks.integer(step, "step")
    tasks = [(theta, std, tuple(steps), rate, seed, repetitions) for std in stds]
    return monte_carlo.collect(_train, tasks, executor, progress)


def _train(*setting: Any) -> pd.DataFrame:
    *_, moment = train(*setting)
    return moment.frame


class Moment(NamedTuple):
    """Training so far: all rows, and the discriminators as they are."""

    frame: pd.DataFrame
    discriminators: Critics


def train(theta: float, std: float, steps: Sequence[int], rate: float, seed: int, repetitions: int) -> Iterator[Moment]:
    """Train a critic of each kind; yield after every one of ``steps``."""
    real, fake = Lines(0.0, std), Lines(theta, std)
    critics = {name: Critics(name, 2, seed, repetitions, rate) for name in ("mm", "wgan")}
    points = fake.sample(_JUDGED, monte_carlo.generator(seed))
    best, frames = limits(theta, std), []
    for step in range(1, max(steps) + 1):
        for each in critics.values():
            each.step(real, fake)
        if step not in steps:
            continue
        for name, loss in LOSSES.items():
            of_loss = critics[loss.objective]
            scores, across = of_loss.scores(points), of_loss.gradients(points)[..., 0]
            gradient = (loss.slope(scores).double() * across).mean(dim=-1)
            about = {"theta": theta, "std": std, "rate": rate, "loss": name, "step": step, "seed": seed}
            rows = {**about, "repetition": range(repetitions), "gradient": gradient, "limit": best[name]}
            frames.append(pd.DataFrame(rows))
        yield Moment(pd.concat(frames, ignore_index=True), critics["mm"])


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the gradients of :func:`measure` at its first blur: median, and the range of all seeds."""
    ax = ui.axes(ax)
    first = frame[frame["std"] == frame["std"].iloc[0]]
    for name, group in first.groupby("loss", sort=False):
        color, dash = _LOOKS[str(name)]
        size = group.assign(size=group["gradient"].abs()).groupby("step")["size"].agg(["median", "min", "max"])
        ax.plot(size.index, size["median"], color=ui.PALETTE[color], linestyle=dash, label=name)
        ax.fill_between(size.index, size["min"], size["max"], color=ui.PALETTE[color], alpha=0.25, linewidth=0)
        ax.axhline(abs(group["limit"].iloc[0]), color=ui.PALETTE[color], linestyle=":", linewidth=1.2)
    ui.log_axis(ax, "x", (1, 5, 20, 100, 500))
    ax.set(yscale="log", xlim=(1, 600), ylim=(1e-8, 1e4))
    ax.set_yticks([1e-8, 1e-6, 1e-4, 1e-2, 1, 100], ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1", "100"])
    ax.minorticks_off()
    ax.set(xlabel="steps of the critic", ylabel="|derivative of G's loss by θ|")
    ax.set_title(f"{first['repetition'].nunique()} seeds: median, range; dotted: the best critic")
    ax.legend(loc="upper left", ncols=3, columnspacing=1)
    return ax


class _Shown(NamedTuple):
    frame: pd.DataFrame
    across: Tensor
    probability: Tensor  # (seeds, places)
    theta: float
    std: float


def explore(seed: int = 0, repetitions: int = 8) -> ui.LiveFigure:
    """What is left of the generator's gradient as the critic gets better, live.

    Parameters
    ----------
    seed, repetitions : int
        Of the critics, and how many train side by side.
    """
    controls = {
        "theta": ui.slider("θ: generated line", [0.1, 0.2, 0.5, 1.0, 1.5, 2.0], 1.0),
        "std": ui.slider("blur s (0: lines)", divergences.STDS, 0.0),
        "rate": ui.slider("critic's learning rate", [3e-4, RATE, 3e-3, 1e-2], RATE),
    }
    across = torch.linspace(-2, 3, 251)
    middle = torch.stack([across, torch.full_like(across, 0.5)], dim=1)

    def compute(theta: float, std: float, rate: float) -> Iterator[ui.Step]:
        moments = train(theta, std, STEPS, rate, seed, repetitions)
        for done, (frame, discriminators) in enumerate(moments, start=1):
            probability = torch.sigmoid(discriminators.scores(middle))
            yield ui.Step(_Shown(frame, across, probability, theta, std), done, len(STEPS))

    return ui.LiveFigure(compute, _draw, controls, panels=2, size=(10.4, 4.4))


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    profile, sizes = panels
    colors = {"real": "grey", "generated": "orange"}
    for (label, color), place in zip(colors.items(), (0.0, shown.theta), strict=True):
        half = max(2 * shown.std, 0.015)
        profile.axvspan(
            place - half, place + half, 0, 0.8, color=ui.PALETTE[color], alpha=0.4, linewidth=0, label=label
        )
    each = shown.probability.T
    profile.plot(shown.across, each, color=ui.PALETTE["red"], linewidth=1, label=["D", *[None] * (each.shape[1] - 1)])
    profile.set(xlim=(-2, 3), ylim=(0, 1.25), xlabel="across (unit of the data)", ylabel="D at half height")
    profile.set_yticks([0, 0.5, 1])
    profile.legend(loc="upper right", ncols=3, columnspacing=1)
    profile.set_title(f"D after {shown.frame['step'].max()} steps; θ = {shown.theta:g}, s = {shown.std:g}")
    plot(shown.frame, sizes)
