r"""After the paper: what the gradient penalty computes is congested transport (Milne and Nachman 2022).

A road that many use is slow. Let r be the law of the points at which the critic's slope is penalised. Of all flows w
that carry the generated law to the real one, the best pays for length and for crowding,

.. math:: \min_w \int |w| + \frac{|w|^2}{4 λ r} , \qquad E = \int |w| + \frac{|w|^2}{2 λ r} ,

and E is what the best penalised critic says of W₁ (:mod:`.congested_grid`). As :math:`\int |w| \ge W_1` and
:math:`\int |w|^2 / r \ge (\int |w|)^2`, this E is never below the law :math:`W_1 + W_1^2 / 2λ` of :mod:`.penalty_law`,
and meets it where each road is used in proportion to its width. For λ → ∞ all go straight: W₁.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, gans, networks, ui
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.congested_grid import Blobs, Flow, roads, solve
from wgan_helpers.lessons.critic_estimates import penalised

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AROUND: Final = tuple((1.2 * float(np.cos(a)), 1.2 * float(np.sin(a))) for a in np.arange(8) * np.pi / 4)
#: Real and generated laws.
LAYOUTS: Final = MappingProxyType(
    {
        "a long way and a short one": (Blobs(((0.0, -1.0), (1.0, 1.0))), Blobs(((-1.0, -1.0), (-1.0, 1.0)))),
        "two ways of one length": (Blobs(((1.0, -0.8), (1.0, 0.8))), Blobs(((-1.0, -0.8), (-1.0, 0.8)))),
        "from the middle to a ring": (Blobs(_AROUND), Blobs(((0.0, 0.0),))),
    }
)
PENALTIES: Final = (0.1, 1.0, 10.0)
_EVERY: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_FREE: Final = 1000.0  # λ with which nobody leaves the straight way: the length is W₁ to 0.1 %
_JUDGED: Final = 8192  # points
#: A critic for two dimensions; its learning rate falls to a tenth.
CRITIC: Final = gans.Config(objective="wgan-gp", hidden=64, depth=3, batch=256, lr_critic=2e-3, beta1=0.0, beta2=0.9)


@lru_cache(maxsize=64)
def congested(layout: str, penalty: float) -> Flow:
    """The congested flow of a layout of :data:`LAYOUTS`, and the best critic."""
    return solve(roads(*LAYOUTS[_checks.one_of(layout, "layout", LAYOUTS)]), penalty)


def straight(layout: str) -> float:
    """W₁ of a layout, in the unit of the data."""
    return congested(layout, _FREE).length


def measure(
    layout: str = "a long way and a short one",
    penalties: Sequence[float] = PENALTIES,
    steps: int = 600,
    base: gans.Config = CRITIC,
    *,
    seed: int = 0,
    repetitions: int = 1,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """What trained critics say, beside congested transport and the law of the penalty.

    Parameters
    ----------
    layout : str
        One of :data:`LAYOUTS`.
    penalties : sequence of float
        The weights λ; their critics train side by side, on fresh minibatches.
    steps : int
        Of each.
    base : Config
        All other settings: the objective is ``"wgan-gp"`` or ``"wgan-lp"``.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        One row per λ and repetition: ``layout, objective, penalty, steps, repetition, seed, w1, law, congested,
        estimate``, and the objectives, with the penalty, that the best and the trained critic reach: ``most,
        reached``. The trained critic is judged on 8192 fresh points.
    """
    _checks.one_of(layout, "layout", LAYOUTS)
    _checks.one_of(base.objective, "objective", ("wgan-gp", "wgan-lp"))
    for penalty in penalties:
        _checks.positive(penalty, "penalty")
    _checks.integer(steps, "steps")
    tasks = [
        (layout, tuple(penalties), steps, base, repetition, seed)
        for repetition in range(_checks.integer(repetitions, "repetitions"))
    ]
    return monte_carlo.collect(_compare, tasks, executor, progress)


def _compare(
    layout: str, penalties: Sequence[float], steps: int, base: gans.Config, repetition: int, seed: int
) -> pd.DataFrame:
    generator = monte_carlo.generator(seed, repetition)
    critic = _trained(layout, penalties, steps, replace(base, seed=1000 * seed + repetition), generator)
    said, reached = _judged(critic, layout, torch.tensor(penalties), generator)
    flows, w1 = [congested(layout, penalty) for penalty in penalties], straight(layout)
    about = {"layout": layout, "objective": base.objective, "penalty": penalties, "steps": steps}
    known = {"w1": w1, "law": [penalised(w1, penalty) for penalty in penalties]}
    best = {"congested": [flow.estimate for flow in flows], "most": [flow.upper for flow in flows]}
    own = {"repetition": repetition, "seed": seed, "estimate": said, "reached": reached}
    return pd.DataFrame({**about, **own, **known, **best})


def _trained(
    layout: str, penalties: Sequence[float], steps: int, base: gans.Config, generator: torch.Generator
) -> gans.Critic:
    each = [replace(base, penalty=penalty) for penalty in penalties]
    critic = gans.Critic(each, 2)
    for step in range(steps):
        critic.set([replace(config, lr_critic=base.lr_critic * (1 - 0.9 * step / steps)) for config in each])
        x, y = (law.sample(base.batch, generator).expand(len(each), -1, -1) for law in LAYOUTS[layout])
        critic.step(x, y)
    return critic


def _judged(
    critic: gans.Critic, layout: str, penalties: Tensor, generator: torch.Generator
) -> tuple[list[float], list[float]]:
    """What each critic says of fresh points, and its objective there."""
    x, y = (law.sample(_JUDGED, generator).expand(len(penalties), -1, -1) for law in LAYOUTS[layout])
    estimate = (critic.outputs(x) - critic.outputs(y)).detach().mean(dim=(-2, -1))
    between = torch.lerp(x, y, torch.rand(_JUDGED, 1, generator=generator))
    penalty = critic.objective.penalty
    if penalty is None:
        raise ValueError(f"{critic.config.objective} has no penalty")
    with torch.no_grad():
        slope = cast(networks.MLP, critic.network).input_gradient(between)
    return estimate.tolist(), (estimate - penalties * penalty(slope)).tolist()


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw what the critics of :func:`measure` say over W₁ against λ, beside congested transport and the law."""
    ax = ui.axes(ax)
    w1 = frame["w1"].iloc[0]
    known = frame.groupby("penalty")[["law", "congested"]].first() / w1
    ax.plot(known.index, known["congested"], color=ui.PALETTE["blue"], marker="s", label="congested transport")
    ax.plot(known.index, known["law"], "--", color="black", label="the law $W + W^2/2λ$")
    share = frame.assign(share=frame["estimate"] / w1)
    dots = monte_carlo.mean_and_error(share, ["penalty"], "share")
    error = 2 * dots["sem"].fillna(0)
    ax.errorbar(dots["penalty"], dots["mean"], error, fmt="o", color=ui.PALETTE["red"], label="trained critic")
    _over_w1(ax, sorted(frame["penalty"].unique()), float(known.max(axis=None)))
    ax.set_title(f"{frame['layout'].iloc[0]}, $W_1$ = {w1:.3g}, {frame['steps'].iloc[0]} steps")
    ax.legend(loc="upper right")
    return ax


def _over_w1(ax: "Axes", penalties: Sequence[float], highest: float) -> None:
    ui.log_axis(ax, "x", penalties)
    ui.log_axis(ax, "y", [tick for tick in (1, 3, 10, 30, 100, 300) if tick < 1.5 * highest])
    ax.axhline(1, color=ui.PALETTE["grey"], linewidth=3, zorder=0)
    ax.set(xlabel="penalty λ (unit of the data)", ylabel="estimate / $W_1$")


class _Shown(NamedTuple):
    layout: str
    penalty: float
    curve: dict[float, float]


def explore() -> ui.LiveFigure:
    """Roads, and who uses them, live: from straight ways to crowds that give way."""
    controls: dict[str, ui.Control] = {
        "layout": ui.menu("laws", list(LAYOUTS), "a long way and a short one"),
        "penalty": ui.slider("penalty λ", _EVERY, 1.0),
    }

    def compute(layout: str, penalty: float) -> Iterator[ui.Step]:
        others = [each for each in _EVERY if each != penalty]
        curve: dict[float, float] = {}
        for done, each in enumerate([penalty, _FREE, *others], start=1):
            estimate = congested(layout, each).estimate
            if each != _FREE:
                curve = dict(sorted((curve | {each: estimate}).items()))
            yield ui.Step(_Shown(layout, penalty, curve), done, len(others) + 2)

    return ui.LiveFigure(compute, _draw, controls, panels=3, size=(12.0, 4.2))


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    problem, flow = roads(*LAYOUTS[shown.layout]), congested(shown.layout, shown.penalty)
    w1 = straight(shown.layout)
    _map(panels[0], problem.penalised, "where slopes are penalised", shown.layout)
    _map(panels[1], np.hypot(*flow.flow), f"flow, λ = {shown.penalty:g}: length {flow.length:.3g}", shown.layout)
    ax, at = panels[2], np.array(list(shown.curve))
    ax.plot(at, np.array(list(shown.curve.values())) / w1, color=ui.PALETTE["blue"], label="congested")
    ax.plot(at, [penalised(w1, each) / w1 for each in at], "--", color="black", label="$W + W^2/2λ$")
    ax.plot(shown.penalty, flow.estimate / w1, "o", color=ui.PALETTE["blue"], markersize=9)
    _over_w1(ax, (0.01, 0.1, 1, 10, 100), penalised(w1, _EVERY[0]) / w1)
    ax.set(xlim=(0.008, 120))
    ax.set_title(f"$W_1$ = {w1:.3g}, estimate {flow.estimate:.3g}")
    ax.legend(loc="upper right")


def _map(ax: "Axes", mass: np.ndarray, title: str, layout: str) -> None:
    ax.imshow(mass.T, origin="lower", extent=(-2, 2, -2, 2), cmap="Blues", interpolation="bilinear")
    for law, colour, label in zip(LAYOUTS[layout], ("green", "orange"), ("real", "generated"), strict=True):
        across, up = zip(*law.centres, strict=True)
        ax.plot(across, up, "o", color=ui.PALETTE[colour], label=label)
    ax.set(xlim=(-2, 2), ylim=(-2, 2), xticks=(-2, 0, 2), yticks=(-2, 0, 2), xlabel="$x_1$", ylabel="$x_2$")
    ax.grid(visible=False)
    ax.set_title(title, fontsize=10)
    ax.legend(loc="lower right", fontsize=9)
