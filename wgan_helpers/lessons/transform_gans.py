r"""§5.2 and §6, Figures 7 and 9: GANs trained by the c-transform and by the (c, ε)-transform.

With the c-transform each generated picture y is pulled, with unit force, towards one real picture of the minibatch,
:math:`x_j` with the least :math:`c(y, x_j) - φ(x_j)`; another one each time. It rests where these pulls cancel: at a
geometric median of its partners, an average, as a centroid of k-means is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd
from torch import Tensor

from wgan_helpers import _checks, gans, images, ui
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.likeness import REFERENCES, Likeness, Parts, parts, references
from wgan_helpers.lessons.picture_gans import (
    DATA,
    LARGE,
    SMALL,
    VARIANTS,
    WGAN_GP,
    C,
    Run,
    pictures_of,
    settings_of,
)

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Setting = tuple[str, float]
Task = tuple[str, float, str, gans.Config, int, int, range, str]

_JUDGED: Final = 500  # generated pictures
_JUDGED_LIVE: Final = 100  # so that a step of the player stays short
_SHOWN: Final = 64
_EVERY: Final = 20  # generator steps from one judgement to the next in the player


def measure(
    settings: Sequence[Setting] = ((WGAN_GP, 0.0), (C, 0.0)),
    data: str = "digits",
    base: gans.Config = SMALL,
    every: int | None = None,
    *,
    seed: int = 0,
    repetitions: int = 3,
    device: str = "cpu",
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """How like centroids of k-means the pictures of each GAN are as it trains, with k = n of its minibatches.

    Parameters
    ----------
    settings : sequence of (str, float)
        Names of :data:`VARIANTS`, each with its ε (0 where it has none) in the unit of the data: brightness from 0 to
        1 in each pixel.
    data : str
        A name of :data:`DATA`.
    base : Config
        All settings that they share.
    every : int, optional
        Generator steps from one row to the next; a quarter of the run if not given.
    device : str
        Where to train: ``"cpu"``, ``"cuda"`` or ``"mps"``.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``. The repetitions of perceptrons train side by side.

    Returns
    -------
    DataFrame
        One row per setting, repetition and step: ``variant, epsilon, data, batch, steps, repetition, seed, step``, then
        the fields of :class:`.Likeness`; before them one for each of :data:`.REFERENCES`, ``epsilon`` and ``steps`` 0.

    Raises
    ------
    ValueError
        If a name is unknown, or a variant with an ε is given none.
    """
    tasks = _tasks(settings, data, base, every, seed, repetitions, device)
    found = monte_carlo.collect(_rows, tasks, executor, progress)
    known = references(pictures_of(data), base.batch)
    about = {"epsilon": 0.0, "data": data, "batch": base.batch, "steps": 0, "repetition": 0, "seed": 0, "step": 0}
    return pd.concat([known.assign(**about)[found.columns], found], ignore_index=True)


def _tasks(
    settings: Sequence[Setting],
    data: str,
    base: gans.Config,
    every: int | None,
    seed: int,
    repetitions: int,
    device: str = "cpu",
) -> list[Task]:
    """What trains side by side, checked."""
    _checks.one_of(data, "data", DATA)
    _checks.integer(repetitions, "repetitions")
    every = max(1, base.steps // 4) if every is None else _checks.integer(every, "every")
    for setting in settings:
        settings_of(*setting)
    together = repetitions if base.generator == base.critic == "mlp" else 1
    return [
        (variant, float(epsilon), data, base, every, seed, block, device)
        for variant, epsilon in settings
        for block in monte_carlo.blocks(repetitions, together)
    ]


def _rows(*task: Any) -> pd.DataFrame:
    return _train(*task)[0]


@lru_cache(maxsize=16)
def _train(
    variant: str, epsilon: float, data: str, base: gans.Config, every: int, seed: int, repetitions: range, device: str
) -> tuple[pd.DataFrame, Tensor]:
    """The rows of these repetitions, and pictures ``(n, d)`` of the first at the end."""
    run = Run.of(variant, epsilon, data, base, [1000 * seed + repetition for repetition in repetitions], device)
    about = {"variant": variant, "epsilon": epsilon, "data": data, "batch": base.batch, "steps": base.steps}
    rows = []
    for step in range(1, base.steps + 1):
        run.step()
        if step % every == 0 or step == base.steps:
            for repetition, config, found in zip(repetitions, run.game.configs, run.judge(_JUDGED), strict=True):
                which = {"repetition": repetition, "seed": config.seed, "step": step}
                rows.append(about | which | found._asdict())
    return pd.DataFrame(rows), run.sample(_SHOWN)[0]


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw what :func:`measure` found: mean paths over the seeds, every seed at its end, and the references.

    Real pictures are at the top right. Like centroids is below, all one picture on the left.
    """
    ax = ui.axes(ax)
    trained = frame[~frame["variant"].isin(REFERENCES)]
    for place, (setting, group) in enumerate(trained.groupby(["variant", "epsilon"], sort=False)):
        colour, marker, dash = _LOOKS[place % len(_LOOKS)]
        last, path = group[group["step"] == group["steps"]], group.groupby("step")[["spread", "ratio"]].mean()
        ax.plot(path["spread"], path["ratio"], dash, color=ui.PALETTE[colour], linewidth=1)
        label = f"{_name(*setting)}: {last['sharpness'].mean():.2f}"
        ax.plot(last["spread"], last["ratio"], marker, color=ui.PALETTE[colour], alpha=0.8, label=label)
    known = frame[frame["variant"].isin(REFERENCES)]
    _mark_references(ax, known, [f"{row.variant}: {row.sharpness:.2f}" for row in known.itertuples()])
    ax.set_xlabel("mean distance between two pictures (real = 1)")
    ax.set_xlim(-0.05, 1.05 * max(1, frame["spread"].max()))
    ax.set_ylim(min(0.2, frame["ratio"].min()), 1.05 * max(1, frame["ratio"].max()))
    ax.set_ylabel("distance to centroid : to real picture")
    ax.legend(loc="lower left", fontsize=9, title="sharpness, real = 1", title_fontsize=9, alignment="left")
    first = trained.iloc[0]
    ax.set_title(
        f"{first['data']}, n = k = {first['batch']}, {first['steps']} steps, {trained['seed'].nunique()} seeds"
    )
    return ax


_LOOKS: Final = (
    ("red", "o", "-"),
    ("blue", "s", "--"),
    ("green", "^", ":"),
    ("orange", "v", "-."),
    ("purple", "p", "-."),
    ("sky", "X", ":"),
)


def _name(variant: str, epsilon: float) -> str:
    return f"{variant}, ε = {epsilon:g}" if epsilon else variant


def _mark_references(ax: "Axes", known: pd.DataFrame, names: Iterable[str]) -> None:
    """Where in the plane of spread and ratio what is not trained lies."""
    for name, x, y in zip(names, known["spread"], known["ratio"], strict=True):
        ax.plot(x, y, "D", color="black", markersize=5)
        side = "right" if x > 0.6 else "left"
        ax.annotate(name, (x, y), (0, 6), textcoords="offset points", ha=side, fontsize=8)


def plot_pictures(
    settings: Sequence[Setting] = ((WGAN_GP, 0.0), (C, 0.0)),
    data: str = "digits",
    base: gans.Config = SMALL,
    *,
    seed: int = 0,
    repetitions: int = 3,
) -> "Figure":
    """Show real pictures, the centroids, and what the first GAN of each setting of :func:`measure` generates.

    A setting that :func:`measure` has not trained here before is trained now.
    """
    generated = {
        _name(*setting): sheet(setting, data, base, seed=seed, repetitions=repetitions) for setting in settings
    }
    return plot_sheets(generated, data, base.batch)


def sheet(
    setting: Setting,
    data: str,
    base: gans.Config,
    every: int | None = None,
    *,
    seed: int = 0,
    repetitions: int = 3,
    device: str = "cpu",
) -> "np.ndarray":
    """64 pictures in the end of the first GAN that :func:`measure` trains, as :func:`.images.sheet` lays them out.

    It is trained now, if :func:`measure` has not trained it here with the same arguments.
    """
    task, *_ = _tasks([setting], data, base, every, seed, repetitions, device)
    return _laid_out(_train(*task)[1], pictures_of(data))


def plot_sheets(generated: "Mapping[str, np.ndarray]", data: str, k: int) -> "Figure":
    """Show sheets of generated pictures beside real ones and their k centroids: five of eight rows."""
    import matplotlib.pyplot as plt

    known = parts(pictures_of(data), k)
    beside = {"real pictures": known.real, "k-means centroids": known.centroids}
    shown = {name: _laid_out(x[:_SHOWN], known.train) for name, x in beside.items()} | {**generated}
    figure, panels = plt.subplots(1, len(shown), figsize=(2.6 * len(shown), 1.9), layout="constrained")
    for ax, (title, pictures) in zip(panels, shown.items(), strict=True):
        _draw_sheet(ax, pictures[: len(pictures) * 5 // 8], title)
    return figure


def _laid_out(x: Tensor, pictures: images.Pictures) -> "np.ndarray":
    return images.sheet(x.reshape(-1, *pictures.shape))


def _draw_sheet(ax: "Axes", pictures: "np.ndarray", title: str) -> None:
    ax.imshow(pictures, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    ax.set_title(title, fontsize=10)


class _Shown(NamedTuple):
    step: int
    parts: Parts
    generated: Tensor
    path: list[Likeness]
    references: pd.DataFrame


def explore(variant: str = C, epsilon: float = 1000.0, seed: int = 0) -> ui.Player:
    """Figures 7 and 9, live: a GAN trains beside the centroids of k-means.

    Parameters
    ----------
    variant, epsilon : str, float
        Where the controls start: a name of :data:`.VARIANTS`, a stop of the slider.
    seed : int
        Of the networks and all samples.
    """
    controls = {
        "data": ui.menu("data", DATA.keys(), "digits"),
        "variant": ui.menu("trained by", VARIANTS.keys(), variant),
        "epsilon": ui.slider("ε", [0.03, 0.1, 0.3, 1, 3, 10, 100, 1000], epsilon, paper=1000),
        "n": ui.slider("minibatch n, centroids k", [16, 36, 64, 100, 144], 64, paper=64),
    }

    def heed(_: object = None) -> None:
        controls["epsilon"].widget.disabled = VARIANTS[controls["variant"].widget.value] != "c-eps-transform"

    controls["variant"].widget.observe(heed, names="value")
    heed()

    runs: dict[str, Run] = {}  # one of each data, so that a look at the others costs no training

    def start(data: str, variant: str, epsilon: float, n: int) -> Run:
        runs.clear()
        return begin(data, variant, epsilon, n)

    def begin(data: str, variant: str, epsilon: float, n: int) -> Run:
        base = replace(SMALL, batch=n, steps=LARGE.steps, decay=False, lr_critic=1e-3, lr_generator=1e-3)
        runs[data] = Run.of(variant, epsilon, data, base, [seed])
        runs[data].judge(_JUDGED_LIVE)
        return runs[data]

    def change(_: Run, names: set[str], data: str, variant: str, epsilon: float, n: int) -> Run:
        if data not in runs:
            return begin(data, variant, epsilon, n)
        runs[data].change(variant, epsilon, n)
        if not runs[data].path:  # it was of another n
            runs[data].judge(_JUDGED_LIVE)
        return runs[data]

    return ui.Player(
        start, _advance, _view, _draw, controls, change=change, describe=_describe, panels=4, size=(13.0, 3.7)
    )


def _advance(run: Run) -> bool:
    run.step()
    if run.game.steps % _EVERY == 0:
        run.judge(_JUDGED_LIVE)
    return run.game.steps < run.game.config.steps


def _view(run: Run) -> _Shown:
    known = references(run.pictures, len(run.parts.centroids))
    return _Shown(run.game.steps, run.parts, run.sample(_SHOWN)[0], [first for first, *_ in run.path], known)


def _describe(shown: _Shown) -> str:
    last = shown.path[-1]
    return (
        f"step {shown.step} · to centroid : to real {last.ratio:.2f} · sharpness {last.sharpness:.2f} · "
        f"spread {last.spread:.2f} · {last.cells} of {len(shown.parts.centroids)} cells"
    )


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    sheets = {"generated": shown.generated, "k-means centroids": shown.parts.centroids, "real": shown.parts.real}
    for ax, (title, x) in zip(panels, sheets.items(), strict=False):
        _draw_sheet(ax, _laid_out(x[:_SHOWN], shown.parts.train), title)
    plane, path = panels[-1], shown.path
    _mark_references(plane, shown.references, shown.references["variant"])
    plane.plot([each.spread for each in path], [each.ratio for each in path], color=ui.PALETTE["red"], linewidth=1)
    plane.plot(path[-1].spread, path[-1].ratio, "o", color=ui.PALETTE["red"])
    plane.set(xlim=(-0.05, 1.2), ylim=(0.3, 1.2), xlabel="spread (real = 1)")
    plane.set_title("to centroid : to real picture", fontsize=10)
