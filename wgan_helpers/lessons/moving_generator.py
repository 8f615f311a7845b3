"""§2.2: the optimal discriminator assumption as a GAN meets it: the discriminator follows a generator that moves."""

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

import pandas as pd

from wgan_helpers import _checks, ui
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.critics import Critics
from wgan_helpers.lessons.optimal_discriminator import REAL, generated, missing, rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_START, _WAY, _PARTS = 2.0, 1.0, 10  # of the generator, and how often the discriminator is judged
_BEFORE: Final = 200  # steps of the discriminator
_LOOKS: Final = (("blue", "-"), ("red", "--"), ("green", "-."), ("purple", ":"))


def measure(
    critic_steps: Sequence[int] = (1, 5, 20),
    speeds: Sequence[float] = (0.01, 0.05),
    *,
    seed: int = 0,
    repetitions: int = 8,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """How near a discriminator stays to the optimal one, while the generator passes from θ = 2 to 1.

    Parameters
    ----------
    critic_steps : sequence of int
        For each step of the generator. Before the first, the discriminator has trained for 200.
    speeds : sequence of float
        By how much a step of the generator moves θ, 0.1 at most.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        As that of :func:`.optimal_discriminator.measure`, with ``critic_steps, speed``; ``step`` counts those of the
        generator, and there are rows for the last of every tenth of its way.
    """
    for k in critic_steps:
        _checks.integer(k, "critic_steps")
    for speed in speeds:
        _checks.number(speed, "speed", minimum=1e-3, maximum=_WAY / _PARTS)
    tasks = [(k, speed, seed, repetitions) for speed in speeds for k in critic_steps]
    return monte_carlo.collect(_pass, tasks, executor, progress)


def _pass(critic_steps: int, speed: float, seed: int, repetitions: int) -> pd.DataFrame:
    critics = Critics("ns", 1, seed, repetitions)
    for _ in range(_BEFORE):
        critics.step(REAL, generated(_START))
    moves = round(_WAY / speed)
    frames = []
    for step in range(1, moves + 1):
        theta = _START - _WAY * step / moves
        for _ in range(critic_steps):
            critics.step(REAL, generated(theta))
        if _PARTS * step // moves > _PARTS * (step - 1) // moves:
            about = {"critic_steps": critic_steps, "speed": speed, "theta": theta, "step": step}
            frames.append(rows(critics, generated(theta), about, seed))
    return pd.concat(frames, ignore_index=True)


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the share of the divergence that is missed along the way, mean over the seeds with twice its error."""
    ax = ui.axes(ax)
    table = missing(frame, ["speed", "critic_steps"]).reset_index()
    for (speed, line), (color, dash) in zip(table.groupby("speed"), _LOOKS, strict=False):
        label = f"θ moves by {speed:g} a step"
        share, error = 100 * line["missing"], 200 * line["error"].fillna(0)
        ui.band(ax, line["critic_steps"], share, error, color=color, linestyle=dash, marker="o", label=label)
    ui.log_axis(ax, "x", sorted(frame["critic_steps"].unique()))
    ax.set(xlabel="steps of the discriminator for each of the generator", ylabel="missing of JS (%)")
    ax.set_ylim(bottom=0)
    ax.set_title(f"mean of {frame['repetition'].nunique()} seeds, with 2 SE")
    ax.legend(loc="upper right")
    return ax
