r"""After the paper: critics scored where the true W₁ and the best critic are known (Korotin, Kolesov, Burnaev 2022).

Between a uniform law and its points drawn into funnels the true distance is known, and at each generated point the
slope of the best critic: the direction in which it should be sent. Minibatches know neither in high dimension.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from wgan_helpers import _checks, gans, transport, ui
from wgan_helpers.distributions import Funnels
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What is scored: the settings of a critic, or ``None`` for exact transport between minibatches.
METHODS: Final[Mapping[str, Mapping[str, Any] | None]] = MappingProxyType(
    {
        "gradient penalty": {"objective": "wgan-gp", "penalty": 10.0},
        "Lipschitz penalty": {"objective": "wgan-lp", "penalty": 10.0},
        "1-Lipschitz critic": {"objective": "wgan", "critic": "lipschitz"},
        "spectral norms": {"objective": "wgan", "critic": "spectral"},
        "c-transform": {"objective": "c-transform"},
        "minibatch W₁": None,
    }
)
DIMS: Final = (2, 4, 8, 16, 32, 64, 128)
#: What the critics share.
BASE: Final = gans.Config(hidden=128, depth=2, batch=256, lr_critic=1e-3, beta1=0.0, beta2=0.9)
STEPS: Final = 500
_JUDGED: Final = 1024  # points
_LOOKS: Final = {
    "gradient penalty": ("orange", "o"),
    "Lipschitz penalty": ("brown", "v"),
    "1-Lipschitz critic": ("blue", "s"),
    "spectral norms": ("sky", "D"),
    "c-transform": ("green", "^"),
    "minibatch W₁": ("red", "X"),
}
_SCORES: Final = {"ratio": "estimate / true $W_1$", "cosine": "cosine with the true direction"}


def measure(
    methods: Sequence[str] = tuple(METHODS),
    dims: Sequence[int] = DIMS,
    funnels: int = 4,
    steps: int = STEPS,
    *,
    seed: int = 0,
    repetitions: int = 1,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Train each critic on fresh minibatches, then score its estimate and the direction that it gives.

    Parameters
    ----------
    methods : sequence of str
        Names of :data:`METHODS`.
    dims : sequence of int
        Dimensions of the laws.
    funnels : int
        Of :class:`.Funnels`.
    steps : int
        Of each critic.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``; each repetition has a pair of laws of its own.

    Returns
    -------
    DataFrame
        One row per dimension, method and repetition: ``dim, method, funnels, steps, repetition, seed, estimate, true,
        ratio, cosine``. The estimate is that on 1024 fresh points of each law; the cosine is the mean over the
        generated ones.
    """
    for method in methods:
        _checks.one_of(method, "method", METHODS)
    _checks.integer(repetitions, "repetitions")
    tasks = [
        (method, _checks.integer(dim, "dims"), funnels, steps, repetition, seed)
        for dim in dims
        for method in methods
        for repetition in range(repetitions)
    ]
    return monte_carlo.collect(_score, tasks, executor, progress)


def _score(method: str, dim: int, funnels: int, steps: int, repetition: int, seed: int) -> pd.DataFrame:
    law = Funnels(dim, funnels, seed=1000 * seed + repetition)
    generator = monte_carlo.generator(seed, dim, repetition)
    true = law.distance(20_000, generator).mean
    critic = _trained(method, law, steps, generator)
    real, fake = (each.sample(_JUDGED, generator) for each in (law.uniform, law))
    estimate, direction = judge(critic, real, fake)
    cosine = float(cosine_similarity(direction, law.slope(fake), dim=-1).mean())
    settings = {"dim": dim, "method": method, "funnels": funnels, "steps": steps if critic else 0}
    about = {"repetition": repetition, "seed": seed}
    return pd.DataFrame(
        [settings | about | {"estimate": estimate, "true": true, "ratio": estimate / true, "cosine": cosine}]
    )


def _trained(method: str, law: Funnels, steps: int, generator: torch.Generator) -> gans.Critic | None:
    differs = METHODS[method]
    if differs is None:
        return None
    critic = gans.Critic(replace(BASE, seed=law.seed, **differs), law.dim)
    for _ in range(_checks.integer(steps, "steps")):
        _step(critic, law, generator)
    return critic


def _step(critic: gans.Critic, law: Funnels, generator: torch.Generator) -> None:
    critic.step(law.uniform.sample(BASE.batch, generator), law.sample(BASE.batch, generator))


def judge(critic: gans.Critic | None, real: Tensor, fake: Tensor) -> tuple[float, Tensor]:
    """What a critic, or ``None`` for exact transport, says of W₁; where it sends each fake point, ``(m, d)``."""
    at = fake.detach().requires_grad_()
    if critic is None:
        value = transport.wasserstein1(real, at)
    elif critic.objective.reads == "potential":
        value = critic.losses(critic.outputs(real).squeeze(-1), transport.pairwise_distance(at, real)).generator
    else:
        value = critic.outputs(real).mean() - critic.outputs(at).mean()
    (gradient,) = torch.autograd.grad(value, at)
    return float(value.detach()), -gradient


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, score: str = "ratio") -> "Axes":
    """Draw what :func:`measure` found against the dimension: ``"ratio"`` or ``"cosine"``, mean and twice its error."""
    ax = ui.axes(ax)
    label = _SCORES[_checks.one_of(score, "score", _SCORES)]
    for method, group in frame.groupby("method", sort=False):
        line = monte_carlo.mean_and_error(group, ["dim"], score)
        color, marker = _LOOKS[str(method)]
        ui.band(ax, line["dim"], line["mean"], 2 * line["sem"].fillna(0), color=color, marker=marker, label=method)
    ui.log_axis(ax, "x", sorted(frame["dim"].unique()))
    if score == "ratio":
        ui.log_axis(ax, "y", [0.25, 0.5, 1, 2, 4, 8, 16])
    ax.axhline(1, color=ui.PALETTE["grey"], linewidth=3, zorder=0)
    ax.set_xlabel("dimension d")
    ax.set_ylabel(label)
    ax.set_title(f"{frame['funnels'].iloc[0]} funnels, {frame['steps'].max()} critic steps")
    ax.legend(fontsize=9)
    return ax


class _Points(NamedTuple):
    """Where critics between two laws are judged, and what they should say."""

    true: float
    real: Tensor
    fake: Tensor
    slope: Tensor

    def row(self, method: str, critic: gans.Critic | None, step: int = 0) -> dict[str, Any]:
        estimate, direction = judge(critic, self.real, self.fake)
        cosine = float(cosine_similarity(direction, self.slope, dim=-1).mean())
        return {"method": method, "step": step, "ratio": estimate / self.true, "cosine": cosine}


class _Race:
    """All critics between one pair of laws, side by side."""

    def __init__(self, law: Funnels, base: gans.Config, seed: int) -> None:
        self.law, self.critics = law, _critics(law, base)
        self.points, first = _start(law, replace(base, penalty=BASE.penalty, lr_critic=BASE.lr_critic), seed)
        self.rows = [*first]
        self.generators = {name: monte_carlo.generator(seed, 1) for name in self.critics}
        self.step = 0

    def advance(self) -> None:
        """One step of each critic."""
        self.step += 1
        for name, critic in self.critics.items():
            _step(critic, self.law, self.generators[name])
            if self.step % _LOOK == 0:
                self.rows.append(self.points.row(name, critic, self.step))


_LIVE: Final = 200  # steps of each critic
_LOOK: Final = 10  # steps from one judgement to the next


@lru_cache(maxsize=32)
def _start(law: Funnels, base: gans.Config, seed: int) -> tuple[_Points, tuple[dict[str, Any], ...]]:
    """The points, and what is said of them before any step: kept, so that to start anew takes no time."""
    drawn = monte_carlo.generator(seed, 2)  # one for both: no fake point is a real one that was moved
    real, fake = (each.sample(_JUDGED, drawn) for each in (law.uniform, law))
    true = law.distance(4_000, monte_carlo.generator(seed)).mean  # to 1 %: the race should start at once
    points = _Points(true, real, fake, law.slope(fake))
    rows = [points.row(name, critic) for name, critic in _critics(law, base).items()]
    return points, (*rows, points.row("minibatch W₁", None))


def _critics(law: Funnels, base: gans.Config) -> dict[str, gans.Critic]:
    """All critics, untrained; how strong their penalty is, the reader says."""
    return {
        name: gans.Critic(replace(base, **{**differs, "penalty": base.penalty}), law.dim)
        for name, differs in METHODS.items()
        if differs is not None
    }


def explore(seed: int = 0) -> ui.LiveFigure:
    """Critics on their way to the true distance and the true direction, live."""
    controls = {
        "dim": ui.slider("dimension d", DIMS, 64),
        "funnels": ui.slider("funnels", [1, 4, 16, 64], 4),
        "penalty": ui.slider("penalty λ", [0.1, 1, 10, 100], 10),
        "lr_critic": ui.slider("learning rate", [1e-4, 3e-4, 1e-3, 3e-3], 1e-3),
    }

    def compute(dim: int, funnels: int, penalty: float, lr_critic: float) -> Iterator[ui.Step]:
        base = replace(BASE, lr_critic=lr_critic, penalty=penalty, seed=seed)
        race = _Race(Funnels(dim, funnels, seed=seed), base, seed)
        yield ui.Step(pd.DataFrame(race.rows), 0, _LIVE)
        for step in range(1, _LIVE + 1):
            race.advance()
            if step % _LOOK == 0:
                yield ui.Step(pd.DataFrame(race.rows), step, _LIVE)

    return ui.LiveFigure(compute, _draw, controls, panels=2, size=(11.0, 4.4))


def _draw(frame: pd.DataFrame, panels: "Sequence[Axes]") -> None:
    for ax, score in zip(panels, _SCORES, strict=True):
        for method, group in frame.groupby("method", sort=False):
            color, marker = _LOOKS[str(method)]
            if method == "minibatch W₁":
                ax.axhline(group[score].iloc[0], color=ui.PALETTE[color], linestyle=":", label=method)
            else:
                look: dict[str, Any] = {"color": ui.PALETTE[color], "marker": marker, "markevery": 4}
                ax.plot(group["step"], group[score], label=method, **look)
        ax.axhline(1, color=ui.PALETTE["grey"], linewidth=3, zorder=0)
        ax.set(xlim=(0, _LIVE), xlabel="critic steps", ylabel=_SCORES[score])
    panels[0].set_ylim(0, max(2.0, 1.1 * frame["ratio"].clip(upper=12).max()))
    panels[1].set(ylim=(-1.5, 1.05), yticks=(-1, -0.5, 0, 0.5, 1))  # below is room for the legend
    panels[1].legend(loc="lower right", fontsize=9)
