"""§7.1, Figures 10 and 11: is it the Lipschitz critic that helps, rather than the loss? On the ring of 8 Gaussians."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, gans, ui
from wgan_helpers.distributions import GaussianRing
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What is compared: the settings in which they differ.
VARIANTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "WGAN-GP": {"objective": "wgan-gp", "penalty": 0.1},
        "WGAN, Lipschitz critic": {"objective": "wgan", "critic": "lipschitz"},
        "non-saturating, plain critic": {"objective": "ns"},
        "non-saturating, Lipschitz critic": {"objective": "ns", "critic": "lipschitz"},
    }
)
FIGURES: Final = MappingProxyType({"Figure 10": tuple(VARIANTS)[:2], "Figure 11": tuple(VARIANTS)[2:]})
#: Small networks, so that many seeds train at once in front of the reader.
SMALL: Final = gans.Config(hidden=32, batch=64, steps=1000, critic_steps=3, lr_critic=2e-3, lr_generator=2e-3)
#: Twice as wide and as long, and a better critic.
LARGE: Final = gans.Config(hidden=64, batch=128, steps=2000)

RING: Final = GaussianRing()
_LOOKS: Final = dict(zip(VARIANTS, [("orange", "--"), ("blue", "-"), ("red", ":"), ("green", "-.")], strict=True))
_COLUMNS, _SPACING = 4, 4.2  # of the rings in a picture
_JUDGED: Final = 2500  # samples
_SHOWN: Final = 300
_NEAR, _WIDE = 3.0, 10.0  # standard deviations of a mode


def measure(
    variants: Sequence[str] = tuple(VARIANTS),
    base: gans.Config = SMALL,
    every: int | None = None,
    *,
    seed: int = 0,
    repetitions: int = 8,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """How many modes each variant covers, and how well, as it trains.

    Parameters
    ----------
    variants : sequence of str
        Names of :data:`VARIANTS`.
    base : Config
        All settings that they share.
    every : int, optional
        Generator steps from one row to the next; a tenth of the run if not given.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``; the repetitions of a variant train side by side.

    Returns
    -------
    DataFrame
        One row per variant, repetition and step: ``variant, objective, critic, hidden, batch, steps, critic_steps,
        repetition, seed, step, modes, share, wide_share``. A mode is covered by 20 of 2500 samples within 3 standard
        deviations; the shares are of all samples within 3 and 10 of the nearest mode.
    """
    for name in variants:
        _checks.one_of(name, "variant", VARIANTS)
    _checks.integer(repetitions, "repetitions")
    every = max(1, base.steps // 10) if every is None else _checks.integer(every, "every")
    tasks = [(name, base, every, seed, repetitions) for name in variants]
    return monte_carlo.collect(_train, tasks, executor, progress)


def _train(variant: str, base: gans.Config, every: int, seed: int, repetitions: int) -> pd.DataFrame:
    configs = _configs(variant, base, seed, repetitions)
    settings = asdict(configs[0])
    shown = {name: settings[name] for name in ("objective", "critic", "hidden", "batch", "steps", "critic_steps")}
    rows = []
    for snapshot in gans.train_population(configs, RING, every=every):
        judged = _judge(snapshot.sample(_JUDGED))
        for repetition in range(repetitions):
            of_model = {name: float(values[repetition]) for name, values in judged.items()}
            about = {"repetition": repetition, "seed": configs[repetition].seed, "step": snapshot.step}
            rows.append({"variant": variant, **shown, **about, **of_model})
    return pd.DataFrame(rows)


def _configs(variant: str, base: gans.Config, seed: int, repetitions: int) -> list[gans.Config]:
    return [replace(base, **VARIANTS[variant], seed=1000 * seed + repetition) for repetition in range(repetitions)]


def _judge(samples: Tensor) -> dict[str, Tensor]:
    """Modes and shares ``(models,)`` of samples ``(models, n, 2)``."""
    return {
        "modes": gans.metrics.modes_covered(samples, RING, _NEAR),
        "share": gans.metrics.share_near_modes(samples, RING, _NEAR),
        "wide_share": gans.metrics.share_near_modes(samples, RING, _WIDE),
    }


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """What :func:`measure` found at the end of training, one row per variant.

    Returns
    -------
    DataFrame
        Index ``variant``; ``seeds``, ``all_modes`` (how many seeds covered all 8), ``modes`` and ``modes_error``,
        ``share`` and ``share_error``: means and their standard errors over the seeds.
    """
    last = frame[frame["step"] == frame["steps"]].groupby("variant", sort=False)
    return pd.DataFrame(
        {
            "seeds": last["modes"].count(),
            "all_modes": last["modes"].agg(lambda modes: int((modes == RING.modes).sum())),
            "modes": last["modes"].mean(),
            "modes_error": last["modes"].sem(),
            "share": last["share"].mean(),
            "share_error": last["share"].sem(),
        }
    )


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, column: str = "modes") -> "Axes":
    """Draw the modes that :func:`measure` counted, mean over the seeds with twice its standard error.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`measure`.
    column : str
        ``"modes"``, ``"share"`` or ``"wide_share"``.
    """
    ax = ui.axes(ax)
    _checks.one_of(column, "column", _LABELS)
    for variant, group in frame.groupby("variant", sort=False):
        line = monte_carlo.mean_and_error(group, ["step"], column)
        color, dash = _LOOKS[str(variant)]
        ui.band(ax, line["step"], line["mean"], 2 * line["sem"].fillna(0), color=color, linestyle=dash, label=variant)
    ax.set_xlabel("generator steps")
    ax.set_ylabel(_LABELS[column])
    ax.set_ylim(0, 8.3 if column == "modes" else 1)
    first = frame.iloc[0]
    ax.set_title(f"{frame['repetition'].nunique()} seeds, {first['hidden']} units, n = {first['batch']}")
    ax.legend(loc="lower right")
    return ax


_LABELS: Final = {
    "modes": "modes covered, of 8",
    "share": "share of samples within 3σ of a mode",
    "wide_share": "share of samples within 10σ of a mode",
}


class _Contest:
    """Two variants, trained step by step, and how they did so far."""

    def __init__(self, variants: Sequence[str], base: gans.Config, seed: int, repetitions: int) -> None:
        self.games = {name: gans.Game(_configs(name, base, seed, repetitions), RING) for name in variants}
        self.steps: list[int] = []
        self.modes: dict[str, list[np.ndarray]] = {name: [] for name in variants}
        self.judge()

    def advance(self) -> bool:
        """One generator step of the variant that is behind: half as long to wait for a pause as for both."""
        min(self.games.values(), key=lambda game: game.steps).step()
        *_, last = self.games.values()
        over = last.steps >= last.config.steps
        if all(game.steps == last.steps for game in self.games.values()) and (last.steps % 20 == 0 or over):
            self.judge()
        return not over

    def judge(self) -> None:
        self.steps.append(next(iter(self.games.values())).steps)
        for name, game in self.games.items():
            modes = gans.metrics.modes_covered(game.snapshot().sample(_JUDGED), RING, _NEAR)
            self.modes[name].append(modes.numpy())


class _Shown(NamedTuple):
    steps: list[int]
    total: int
    modes: dict[str, np.ndarray]  # (judgements, seeds)
    samples: dict[str, Tensor]  # (seeds, n, 2)


def explore(seed: int = 0, repetitions: int = 8) -> ui.Player:
    """Figures 10 and 11, live: eight seeds of each variant train side by side.

    Parameters
    ----------
    seed, repetitions : int
        Of the first model, and how many.
    """
    controls = {
        "figure": ui.menu(
            "compare", {"Figure 10: two WGANs": "Figure 10", "Figure 11: non-saturating": "Figure 11"}, "Figure 11"
        ),
        "hidden": ui.slider("units of each layer", [8, 16, 32, 64], SMALL.hidden),
        "batch": ui.slider("batch size n", [16, 32, 64, 128, 256], SMALL.batch, unit="points"),
        "critic_steps": ui.slider("critic steps", [1, 2, 3, 5, 10], SMALL.critic_steps),
    }

    def start(figure: str, hidden: int, batch: int, critic_steps: int) -> _Contest:
        base = replace(SMALL, hidden=hidden, batch=batch, critic_steps=critic_steps)
        return _Contest(FIGURES[figure], base, seed, repetitions)

    def view(contest: _Contest) -> _Shown:
        modes = {name: np.stack(counts) for name, counts in contest.modes.items()}
        samples = {name: game.snapshot().sample(_SHOWN) for name, game in contest.games.items()}
        first = next(iter(contest.games.values()))
        return _Shown([*contest.steps], first.config.steps, modes, samples)

    return ui.Player(start, _Contest.advance, view, _draw, controls, describe=_describe, panels=2, size=(11.0, 4.8))


def _describe(shown: _Shown) -> str:
    reached = ", ".join(f"{counts[-1].mean():.1f} ({name})" for name, counts in shown.modes.items())
    return f"step {shown.steps[-1]} of {shown.total} · modes covered: {reached}"


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    rings, curve = panels
    for place, (name, samples) in enumerate(shown.samples.items()):
        color, dash = _LOOKS[name]
        _draw_rings(rings, samples, name, ui.PALETTE[color], place)
        counts = shown.modes[name]
        error = counts.std(axis=1, ddof=1) / np.sqrt(counts.shape[1]) if counts.shape[1] > 1 else 0
        ui.band(curve, shown.steps, counts.mean(axis=1), 2 * error, color=color, linestyle=dash, label=name)
    rings.set(xticks=[], yticks=[], aspect="equal")
    rings.axis("off")
    curve.set(xlim=(0, 1.02 * shown.total), ylim=(0, 8.3), xlabel="generator steps", ylabel="modes covered, of 8")
    curve.set_title(f"mean of {len(samples)} seeds, with 2 SE")
    curve.legend(loc="lower right")


def _draw_rings(ax: "Axes", samples: Tensor, name: str, color: str, place: int) -> None:
    """The samples of each seed on a ring of its own, four rings in a row; variants one below the other."""
    index = torch.arange(len(samples))
    below = place * (-(-len(samples) // _COLUMNS) * _SPACING + 1.2)
    corner = torch.stack([_SPACING * (index % _COLUMNS), -_SPACING * (index // _COLUMNS) - below], dim=-1)[:, None]
    ax.plot(*(RING.centres.float() + corner).flatten(0, 1).T, "o", color=ui.PALETTE["grey"], alpha=0.35, markersize=3)
    ax.plot(*(samples.clamp(-1.9, 1.9) + corner).flatten(0, 1).T, ".", color=color, markersize=1.5, alpha=0.6)
    ax.text(-1.5, 1.8 - below, f"{name}: one ring for each seed", color=color, fontsize=10)
