r"""§4.1: what a gradient penalty λ makes of W₁, even when its critic is the best one.

The critic maximises :math:`E - λ\, \mathbb{E} (|\nabla D| - 1)^2`, where :math:`E = \mathbb{E} D(x) - \mathbb{E} D(y)`
is the estimate, and the penalty is taken between independent pairs of points. A slope above 1 is dear, not forbidden.

**The law.** Of all multiples of the best 1-Lipschitz critic, whose slope is 1, the one of slope :math:`1 + W/2λ` is the
best, and then :math:`E = W + W^2/2λ` (:func:`.critic_estimates.penalised`).

**The ceiling.** Other critics may do better, as the penalty does not know the plan: it asks for a slope of 1 between
*all* pairs, most of which are further apart than the plan's. Let c be the distance of a pair and a the mean slope
between them. Then :math:`E \le \mathbb{E}\, c a`; and if no multiple of the critic is better than itself,
:math:`E \ge 2λ\, \mathbb{E} (a^2 - a)`. With root mean squares as norms, all a with
:math:`2λ\, \mathbb{E} (a^2 - a) \le \mathbb{E}\, c a` are a ball around :math:`b = \tfrac12 + c/4λ`, so that

.. math:: E \le \mathbb{E}\, c b + \lVert c \rVert \lVert b \rVert \approx \mathbb{E}\, c + \mathbb{E}\, c^2 / 2λ ,

the law with the mean distance of all pairs in the place of W₁.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import torch

from wgan_helpers import _checks, gans, transport, ui
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.critic_estimates import penalised, unpenalised
from wgan_helpers.lessons.estimators import BASE, Pair, samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PENALTIES: Final = (0.1, 1.0, 10.0, 100.0)
#: A small critic that learns slowly enough to come to rest.
SMALL: Final = replace(BASE, hidden=32, objective="wgan-gp")
_LOOKS: Final = 10  # of one training: the last two make the estimate, as the penalised points are new at every step


def ceiling(pair: Pair, penalty: float) -> float:
    """What no critic can say, whatever its network, once its own size is the best for this gradient penalty.

    Parameters
    ----------
    pair : Pair
        The samples.
    penalty : float
        Its weight λ, positive.

    Returns
    -------
    float
        The bound of this module's head, in the unit of the data: at least the mean distance of all pairs.
    """
    cost = transport.pairwise_distance(*pair).double()
    factor = 0.5 + cost / (4 * _checks.positive(penalty, "penalty"))
    return float((cost * factor).mean() + cost.square().mean().sqrt() * factor.square().mean().sqrt())


def measure(
    penalties: Sequence[float] = PENALTIES,
    steps: int = 1000,
    base: gans.Config = SMALL,
    *,
    seed: int = 0,
    repetitions: int = 1,
    progress: bool = False,
    executor: Executor | None = None,
    **sampled: Any,
) -> pd.DataFrame:
    """What gradient penalties of several weights say of W₁, and what the law says that they should.

    Parameters
    ----------
    penalties : sequence of float
        The weights λ; their critics train side by side.
    steps : int
        Of each.
    base : Config
        All other settings.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``; each repetition has samples and weights of its own.
    **sampled
        As for :func:`.samples`: ``data, n, d, size, shift, scale``.

    Returns
    -------
    DataFrame
        One row per λ, repetition and moment: the arguments of :func:`.samples` that were given, ``penalty, repetition,
        step, estimate, exact, law, ceiling, undone``. ``undone`` is the W₁ of which the law would give this estimate.
    """
    for penalty in penalties:
        _checks.positive(penalty, "penalty")
    _checks.integer(steps, "steps")
    tasks = [
        (tuple(penalties), steps, base, 1000 * seed + repetition, repetition, sampled)
        for repetition in range(_checks.integer(repetitions, "repetitions"))
    ]
    return monte_carlo.collect(_train, tasks, executor, progress)


def _train(*setting: Any) -> pd.DataFrame:
    *_, frame = train(*setting)
    return frame


def train(
    penalties: Sequence[float],
    steps: int,
    base: gans.Config,
    seed: int,
    repetition: int,
    sampled: Mapping[str, Any],
) -> Iterator[pd.DataFrame]:
    """Train a critic with each penalty; yield all rows so far, ten times after the first, which is before any step."""
    pair = samples(**sampled, seed=seed)
    exact = float(transport.wasserstein1(*pair))
    critic = gans.Critic([replace(base, penalty=each, seed=seed) for each in penalties], pair.x.shape[1])
    x, y = (points.expand(len(penalties), -1, -1) for points in pair)
    each = {"penalty": penalties, "law": [penalised(exact, one) for one in penalties]}
    each |= {"ceiling": [ceiling(pair, one) for one in penalties]}
    frames: list[pd.DataFrame] = []
    for step in sorted({round(steps * look / _LOOKS) for look in range(_LOOKS + 1)}):
        for _ in range(step - (frames[-1]["step"].iloc[0] if frames else 0)):
            critic.step(x, y)
        with torch.no_grad():
            estimate = (critic.network(x) - critic.network(y)).mean(dim=(-2, -1)).tolist()
        undone = [unpenalised(e, one) for e, one in zip(estimate, penalties, strict=True)]
        about = {**sampled, "repetition": repetition, "step": step, "exact": exact}
        frames.append(pd.DataFrame({**about, **each, "estimate": estimate, "undone": undone}))
        yield pd.concat(frames, ignore_index=True)


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the estimates of :func:`measure` over the exact distance against λ, between law and ceiling.

    With twice their standard error, where there are repetitions; each is the mean of the last two looks.
    """
    ax = ui.axes(ax)
    share = frame[["law", "ceiling", "estimate", "undone"]].div(frame["exact"], axis=0)
    share = share.assign(penalty=frame["penalty"], repetition=frame["repetition"], step=frame["step"])
    for column, dash, label in (("law", "--", "the law $W + W^2/2λ$"), ("ceiling", ":", "ceiling: all pairs")):
        line = share.groupby("penalty")[column].mean()
        ax.plot(line.index, line, dash, color="black", label=label)
    last = share[share["step"] > 0.85 * share["step"].max()]  # nothing before the first step
    for column, color, marker, label in (
        ("estimate", "red", "o", "estimate"),
        ("undone", "blue", "s", "estimate, the law undone"),
    ):
        each = last.groupby(["penalty", "repetition"])[column].mean().reset_index()
        dots = monte_carlo.mean_and_error(each, ["penalty"], column)
        error = 2 * dots["sem"].fillna(0)
        ax.errorbar(dots["penalty"], dots["mean"], error, fmt=marker, color=ui.PALETTE[color], label=label)
    ax.axhline(1, color="black", linewidth=1.2, label="exact $W_1$")
    ui.log_axis(ax, "x", sorted(frame["penalty"].unique()))
    highest = max(4, 1.3 * share["ceiling"].max())
    ui.log_axis(ax, "y", [tick for tick in (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000) if tick < highest])
    ax.set(xlabel="penalty λ (unit of the data)", ylabel="estimate / exact $W_1$", ylim=(0.1, highest))
    ax.legend(loc="upper right")
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """The law, live: λ from 0.1 to 100 side by side, as the data's scale and distance change."""
    controls = {
        "shift": ui.slider("distance of the means", [0, 1, 2, 5, 10, 20], 5),
        "d": ui.slider("dimension d", [2, 5, 10, 20, 50, 200], 2),
        "scale": ui.slider("data's scale", [0.1, 0.3, 1, 3, 10], 1),
        "n": ui.slider("points n", [32, 64, 128, 256], 128),
    }

    def compute(**sampled: Any) -> Iterator[ui.Step]:
        frames = train(PENALTIES, 600, SMALL, seed, 0, {"data": "Gaussian", **sampled})
        for done, frame in enumerate(frames, start=1):
            yield ui.Step(frame, done, _LOOKS + 1)

    def draw(frame: pd.DataFrame, ax: "Axes") -> None:
        plot(frame, ax)
        ax.set_title(f"$W_1$ = {frame['exact'].iloc[0]:.3g}, after {frame['step'].max()} steps")

    return ui.LiveFigure(compute, draw, controls, size=(8.6, 4.8))
