"""§4.2, Figures 2 and 3: what critics in training say of W₁, and what the generators make meanwhile."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from wgan_helpers import _checks, gans, images, ui
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.critic_estimates import METHODS, compare, corrected
from wgan_helpers.lessons.training_race import Race

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Small perceptrons, so that several methods train in front of the reader.
SMALL: Final = gans.Config(
    hidden=64, latent=16, batch=64, steps=300, critic_steps=5, lr_critic=2e-3, lr_generator=2e-3, beta1=0.0
)
#: Of :data:`.METHODS`, what is shown unless asked for.
SHOWN: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {name: METHODS[name] for name in ("wgan-gp", "c-transform", "c-eps-transform-3.9", "wgan")}
)
_LOOKS: Final = {
    "wgan-gp": ("red", "-"),
    "c-transform": ("blue", "--"),
    "c-eps-transform-0.1": ("sky", (0, (5, 1, 1, 1))),
    "c-eps-transform-3.9": ("green", "-."),
    "c-eps-transform-1000": ("purple", (0, (1, 1))),
    "c-eps-transform": ("sky", "-."),
    "wgan": ("brown", ":"),
    "wgan-lp": ("orange", (0, (3, 1, 1, 1, 1, 1))),
}
_PICTURES: Final = {"digits": ("digits", 8, 1797), "faces": ("faces", 16, 4000)}  # name, size, how many
_JUDGED: Final = 500  # pictures
_LAST: Final = 0.8  # of the run: from here on its end is averaged
_RACING: Final = ("wgan-gp", "c-transform", "c-eps-transform", "wgan")
_LONGEST: Final = 1000  # steps in front of the reader
_SIDE: Final = 6  # pictures along a side of a sheet


@lru_cache(maxsize=2)
def pictures(data: str) -> images.Pictures:
    """The small pictures that are trained on: ``"digits"``, 8 × 8, or ``"faces"``, 16 × 16 in colour."""
    name, size, n = _PICTURES[_checks.one_of(data, "data", _PICTURES)]
    return images.load(name, size=size, n=n)


def measure(
    methods: Mapping[str, Mapping[str, Any]] = SHOWN,
    data: str = "digits",
    base: gans.Config = SMALL,
    every: int | None = None,
    *,
    seed: int = 0,
    repetitions: int = 3,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """What each method's critic says of W₁ as it trains, what it is, and how good the pictures are.

    Parameters
    ----------
    methods : mapping of str to mapping
        Names, and the settings in which they differ, as in :data:`.METHODS`.
    data : {"digits", "faces"}
        Of :func:`pictures`.
    base : Config
        All settings that they share.
    every : int, optional
        Generator steps from one row to the next; a thirtieth of the run if not given.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``; the repetitions of a method train side by side.

    Returns
    -------
    DataFrame
        One row per method, step and repetition: ``method, objective, data, n, critic_steps, penalty, epsilon, clip,
        steps, step, repetition, seed``; of a fresh minibatch of n pictures the critic's ``estimate`` and the ``exact``
        W₁, both in units of brightness, the critic's mean ``slope``, and the estimate without what λ adds,
        ``corrected``; and ``quality``, the Fréchet distance of 500 pictures to the real ones, in pixels: the ruler
        of W₁ itself, so that it does not favour those that have another one.
    """
    _checks.integer(repetitions, "repetitions")
    every = max(1, base.steps // 30) if every is None else _checks.integer(every, "every")
    source = pictures(data)
    tasks = [
        (name, replace(base, **differs), data, source, every, seed, repetitions) for name, differs in methods.items()
    ]
    return monte_carlo.collect(_train, tasks, executor, progress)


def _train(
    method: str, config: gans.Config, data: str, source: images.Pictures, every: int, seed: int, repetitions: int
) -> pd.DataFrame:
    seeds = [1000 * seed + repetition for repetition in range(repetitions)]
    fields = ("objective", "critic_steps", "penalty", "epsilon", "clip", "steps")
    about = {"method": method, "data": data, "n": config.batch} | {name: getattr(config, name) for name in fields}
    frames = []
    for snapshot in gans.train_population([replace(config, seed=s) for s in seeds], source, every=every):
        generator = monte_carlo.generator(seed, snapshot.step)
        real, fake = source.sample(config.batch, generator), snapshot.sample(config.batch, generator)
        values = compare(snapshot, config, real, fake)._asdict()
        values["quality"] = gans.metrics.frechet_distance(snapshot.sample(_JUDGED), source.flat)
        rows = {**about, "step": snapshot.step, "repetition": range(repetitions), "seed": seeds, **values}
        frames.append(pd.DataFrame(rows))
    frame = pd.concat(frames, ignore_index=True)
    return frame.assign(corrected=corrected(frame))


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """The end of training, means over the last fifth of each run, one row per method.

    Returns
    -------
    DataFrame
        Index ``method``; ``estimate, exact, slope, corrected, quality`` as in :func:`measure`; ``ratio``, of the
        estimate to the exact W₁; ``ratio_error, quality_error``, standard errors over the repetitions; ``error``, the
        mean of ``|estimate - exact| / exact``.
    """
    end = frame[frame["step"] >= _LAST * frame.groupby("method")["step"].transform("max")]
    end = end.assign(error=(end["estimate"] - end["exact"]).abs() / end["exact"], ratio=end["estimate"] / end["exact"])
    columns = ["estimate", "exact", "slope", "corrected", "quality", "ratio", "error"]
    each = end.groupby(["method", "repetition"], sort=False)[columns].mean().groupby("method", sort=False)
    return each.mean().assign(ratio_error=each["ratio"].sem(), quality_error=each["quality"].sem())


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, real: float | None = None) -> "Axes":
    """Figure 2: each critic's estimate, and the exact W₁ of the same minibatches, on a log scale.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`measure`. Lines are means over the repetitions, with twice their standard error, and triangles at
        the foot where they are 0 or less; the grey band holds the exact W₁ of all methods.
    real : float, optional
        W₁ between two minibatches of real pictures, for a line.
    """
    ax = ui.axes(ax)
    if real is not None:
        ax.axhline(real, color="black", linewidth=1, linestyle=(0, (6, 3)), label="exact $W_1$, real to real")
    exact = frame.groupby("step")["exact"].agg(["min", "max"])
    label = "exact $W_1$, all methods"
    ax.fill_between(exact.index, exact["min"], exact["max"], color="black", alpha=0.25, label=label)
    for method, (color, dash) in _looks(frame["method"].unique()).items():
        group = frame[frame["method"] == method]
        line = monte_carlo.mean_and_error(group, ["step"], "estimate")
        mean, error = line["mean"].where(line["mean"] > 0), 2 * line["sem"].fillna(0)
        ui.band(ax, line["step"], mean, error, color=color, linestyle=dash, label=method)
        below = line.loc[line["mean"] <= 0, "step"]
        if len(below):  # there is no place for them on a log scale
            foot = ax.plot(below, np.zeros(len(below)), "v", color=ui.PALETTE[color], markersize=5)[0]
            foot.set(transform=ax.get_xaxis_transform(), clip_on=False)
        seen = group.groupby("step")["corrected"].mean()
        if seen.notna().any():
            label = f"{method}, without what λ adds"
            ax.plot(seen.index, seen.where(seen > 0), color=ui.PALETTE[color], linewidth=0.9, label=label)
    lowest = frame.groupby(["method", "step"])["estimate"].mean()
    ax.set_ylim(bottom=lowest[lowest > 0].min() / 2)  # an error band may reach below 0
    ax.set(yscale="log", xlabel="generator steps", ylabel="$W_1$ of a minibatch (brightness)")
    ax.set_title(f"{frame['data'].iloc[0]}, n = {frame['n'].iloc[0]}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    return ax


def plot_paradox(frame: pd.DataFrame, ax: "Axes | None" = None, real: float | None = None) -> "Axes":
    """The error of each estimate at the end of training against the Fréchet distance of the pictures.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`measure`.
    real : float, optional
        The Fréchet distance of as many real pictures, for a line.
    """
    ax = ui.axes(ax)
    if real is not None:
        ax.axhline(real, color="black", linewidth=1, linestyle=(0, (6, 3)), label="real pictures")
    table = summary(frame)
    for (method, (color, _)), marker in zip(_looks(table.index).items(), "osD^vPX", strict=False):
        row = table.loc[method]
        ax.plot(row["error"], row["quality"], marker, color=ui.PALETTE[color], markersize=10, label=method)
    ax.set(xscale="log", xlabel="relative error of the estimate, |estimate − exact| / exact")
    ax.set_ylabel("Fréchet distance to real pictures")
    ax.set_ylim(0, 1.1 * table["quality"].max())
    ax.set_title("to the left: better estimates; down: better pictures")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    return ax


def _looks(methods: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """A colour and a line style for each method, known or not."""
    others = list(_LOOKS.values())
    return {name: _LOOKS.get(name, others[place % len(others)]) for place, name in enumerate(methods)}


class _Shown(NamedTuple):
    frame: pd.DataFrame
    sheets: dict[str, np.ndarray]
    real: float


def explore(seed: int = 0) -> ui.Player:
    """Figures 2 and 3, live: four GANs train side by side; settings change while they do, other pictures start anew.

    Parameters
    ----------
    seed : int
        Of all games.
    """
    controls = {
        "data": ui.menu("pictures", {"digits, 8 × 8": "digits", "faces, 16 × 16": "faces"}, "digits"),
        "penalty": ui.slider("penalty λ of wgan-gp", [0.04, 0.1, 1, 10, 100], 10, paper=10),
        "batch": ui.slider("minibatch n", [16, 32, 64, 128, 256], SMALL.batch, unit="pictures", paper=64),
        "critic_steps": ui.slider("critic steps", [1, 2, 5, 10], SMALL.critic_steps),
        "epsilon": ui.slider("ε of c-eps-transform", [0.01, 0.1, 0.3, 1, 4, 1000], 4, paper=1000),
    }

    def start(data: str, **settings: Any) -> Race:
        return Race(_RACING, pictures(data), replace(SMALL, steps=_LONGEST, decay=False, seed=seed, **settings))

    def change(race: Race, names: set[str], data: str, **settings: Any) -> Race:
        if "data" in names:
            return start(data, **settings)
        race.change(**settings)
        return race

    def view(race: Race) -> _Shown:
        shape = race.source.shape
        made = {name: game.snapshot().sample(_SIDE**2) for name, game in race.games.items()}
        sheets = {name: images.sheet(points.clamp(0, 1).unflatten(1, shape)) for name, points in made.items()}
        return _Shown(race.frame(), sheets, race.real)

    return ui.Player(
        start, Race.advance, view, _draw, controls, change=change, describe=_describe, panels=2, size=(11.0, 5.0)
    )


def _describe(shown: _Shown) -> str:
    last = shown.frame.tail(len(shown.sheets)).set_index("method")
    ratios = ", ".join(f"{name} {row['estimate'] / row['exact'] + 0.0:.3g}" for name, row in last.iterrows())
    return f"step {last['step'].iloc[0]} of {_LONGEST} · estimate / exact W₁: {ratios}"


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    curves, samples = panels
    plot(shown.frame, curves, shown.real)
    curves.set(xlim=(0, max(50, 1.02 * shown.frame["step"].max())), ylim=(1e-5, 300))
    curves.legend(loc="upper center", ncols=2, fontsize=8)
    for place, (name, sheet) in enumerate(shown.sheets.items()):
        height, width = sheet.shape[:2]
        left, top = (place % 2) * 1.1, (place // 2) * 1.25
        samples.imshow(sheet, cmap="gray", vmin=0, vmax=1, extent=(left, left + 1, top + height / width, top))
        samples.text(left, top - 0.03, name, color=ui.PALETTE[_LOOKS[name][0]], fontsize=11)
    samples.set(xlim=(0, 2.1), ylim=(2.25, -0.15))
    samples.set_axis_off()
