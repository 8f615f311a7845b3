"""§7: any objective against any critic on any points of the plane, played step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from wgan_helpers import gans, transport, ui
from wgan_helpers.distributions import Empirical, GaussianGrid, GaussianRing, Law, SwissRoll

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWN: Final = "points that you draw"
SOURCES: Final[Mapping[str, Law]] = MappingProxyType(
    {"ring of 8 Gaussians": GaussianRing(), "grid of 25 Gaussians": GaussianGrid(), "Swiss roll": SwissRoll()}
)
#: Settings of a game that change while it runs, and where their controls start.
LIVE: Final = ("critic_steps", "lr_critic", "lr_generator", "penalty", "clip", "epsilon")
_DEFAULT: Final = gans.Config(hidden=32, batch=64, steps=10**9, decay=False)  # it ends when the reader wants

_RATES: Final = (1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2)
_HALF: Final = 2.0  # of the plane's side
_PIXELS, _ARROWS = 40, 11  # along a side: of the critic's height map, and of its gradients
_SHOWN: Final = 400
_COMPARED: Final = 256  # points of each side for the exact W₁
_REMEMBERED: Final = 300  # points of a curve; more are thinned out
_JITTER: Final = 0.03
_W: Final = ((-1.5, 1.0), (-0.75, -1.0), (0.0, 0.5), (0.75, -1.0), (1.5, 1.0))  # what is drawn before anyone draws


class _Curves:
    """What happened so far, in a bounded number of points."""

    def __init__(self) -> None:
        self.every = 5
        self.rows: list[tuple[float, ...]] = []

    def add(self, step: int, row: tuple[float, ...]) -> None:
        self.rows.append((step, *row))
        if len(self.rows) > _REMEMBERED:
            del self.rows[1::2]
            self.every *= 2


class _Play:
    """A game, the law that it is to imitate, and its curves."""

    def __init__(self, config: gans.Config, law: Law, models: int) -> None:
        self.law = law
        self.game = gans.Game([replace(config, seed=seed) for seed in range(models)], law)
        self.curves = _Curves()
        self._taken = 0  # steps of the critic since the generator's last
        self._generator = torch.Generator().manual_seed(0)
        self.look(always=True)

    def advance(self) -> bool:
        """One step of whose turn it is: the critic's several times, then the generator's."""
        if self._taken < self.game.config.critic_steps:
            self.game.critic_step()
            self._taken += 1
        else:
            self.game.generator_step()
            self._taken = 0
            self.look()
        return True

    def critic_step(self) -> None:
        self.game.critic_step()
        self.look(always=True)

    def generator_step(self) -> None:
        self.game.generator_step()
        self.look(always=True)

    def look(self, *, always: bool = False) -> None:
        """Measure, now and then; means over the models."""
        if not always and self.game.steps % self.curves.every:
            return
        fake = self.game.snapshot().sample(_COMPARED)
        real = self.law.sample(_COMPARED, self._generator).expand_as(fake)
        exact = transport.wasserstein1(fake, real)
        values = (*self.game.losses, self.game.estimate, exact)
        self.curves.add(self.game.steps, tuple(float(value.mean()) for value in values))


class _View(NamedTuple):
    real: Tensor  # (n, 2)
    fake: Tensor  # (models, n, 2)
    height: Tensor  # (pixels, pixels), of the first model
    arrows: Tensor  # (arrows², 2)
    slope: float
    bound: float
    curves: np.ndarray  # (times, 5): step, losses of critic and generator, estimate, exact W₁
    estimates: str | None
    step: int


def explore() -> ui.Player:
    """A laboratory: choose objective, critic and points, play, pause, step either player, change what you like.

    Draw with the mouse on the left picture to make points of your own.
    """
    drawn: list[np.ndarray] = []
    controls = _controls()

    def law(data: str) -> Law:
        return _of_drawing(drawn) if data == DRAWN else SOURCES[data]

    def start(data: str, models: int, **settings: Any) -> _Play:
        return _Play(replace(_DEFAULT, **settings), law(data), models)

    def change(play: _Play, names: set[str], data: str, models: int, **settings: Any) -> _Play:
        if names <= {*LIVE, "data", "objective"}:
            try:
                play.game.change(**{name: settings[name] for name in names if name != "data"})
            except ValueError:  # another kind of critic
                return start(data, models, **settings)
            play.law = law(data)
            play.game.feed(play.law)
            return play
        return start(data, models, **settings)

    def draw_points(play: _Play, points: np.ndarray) -> None:
        drawn.append(points)
        controls["data"].widget.value = DRAWN
        play.law = law(DRAWN)
        play.game.feed(play.law)

    def clear(play: _Play) -> None:
        drawn.clear()
        if controls["data"].widget.value == DRAWN:
            play.law = law(DRAWN)
            play.game.feed(play.law)

    return ui.Player(
        start,
        _Play.advance,
        _view,
        _draw,
        controls,
        change=change,
        actions={"Critic step": _Play.critic_step, "Generator step": _Play.generator_step, "Clear drawing": clear},
        describe=_describe,
        code=code,
        on_draw=draw_points,
        panels=3,
        size=(11.0, 4.0),
    )


def _controls() -> dict[str, ui.Control]:
    start = _DEFAULT
    controls = {
        "objective": ui.menu("objective", gans.OBJECTIVES.keys(), start.objective),
        "critic": ui.menu("critic", {"plain": "mlp", "1-Lipschitz": "lipschitz"}, start.critic),
        "data": ui.menu("data", [*SOURCES, DRAWN], next(iter(SOURCES))),
        "models": ui.slider("seeds at once", [1, 4, 9], 1),
        "hidden": ui.slider("units of each layer", [8, 16, 32, 64, 128], start.hidden),
        "critic_steps": ui.slider("critic steps", [1, 2, 5, 10], start.critic_steps),
        "lr_critic": ui.slider("critic's learning rate", _RATES, start.lr_critic),
        "lr_generator": ui.slider("generator's learning rate", _RATES, start.lr_generator),
        "penalty": ui.slider("penalty λ", [0, 0.01, 0.1, 1, 10, 100], start.penalty),
        "clip": ui.slider("clipping", [0.001, 0.01, 0.03, 0.1, 0.3], start.clip),
        "epsilon": ui.slider("ε of c-eps-transform", [0.001, 0.01, 0.1, 1, 10], start.epsilon),
    }

    def enable(_: object = None) -> None:
        """Only what the objective heeds can be moved."""
        name, held = controls["objective"].widget.value, controls["critic"].widget.value == "lipschitz"
        objective = gans.OBJECTIVES[name]
        controls["penalty"].widget.disabled = objective.penalty is None
        controls["clip"].widget.disabled = held or objective.control != "clip"
        controls["epsilon"].widget.disabled = name != "c-eps-transform"

    for name in ("objective", "critic"):
        controls[name].widget.observe(enable, names="value")
    enable()
    return controls


def _of_drawing(drawn: Sequence[np.ndarray]) -> Law:
    if drawn:
        return Empirical(torch.from_numpy(np.concatenate(drawn)), jitter=_JITTER)
    corners = torch.tensor(_W)
    along = torch.linspace(0, 1, 50)[:, None]
    return Empirical(torch.cat([torch.lerp(a, b, along) for a, b in pairwise(corners)]), _JITTER)


def _grid(side: int) -> Tensor:
    """Points ``(side², 2)`` of the plane, row by row from below."""
    along = (torch.arange(side) + 0.5) * (2 * _HALF / side) - _HALF
    return torch.cartesian_prod(along, along).flip(-1)


def _view(play: _Play) -> _View:
    snapshot = play.game.snapshot()
    arrows = snapshot.critic_gradient(_grid(_ARROWS))
    return _View(
        play.law.sample(_SHOWN, torch.Generator().manual_seed(1)),
        snapshot.sample(_SHOWN),
        snapshot.critic(_grid(_PIXELS))[0].reshape(_PIXELS, _PIXELS),
        arrows[0],
        float(torch.linalg.vector_norm(arrows, dim=-1).max()),
        float(snapshot.lipschitz_bound().max()),
        np.array(play.curves.rows).reshape(-1, 5),
        play.game.objective.estimates,
        snapshot.step,
    )


def _describe(view: _View) -> str:
    bound = f"{view.bound:.3g}" if np.isfinite(view.bound) else "unknown"
    exact = f" · exact W₁ {view.curves[-1, 4]:.3f}" if len(view.curves) else ""
    return f"step {view.step}{exact} · the critic's largest slope here {view.slope:.3g}, its bound {bound}"


def _draw(view: _View, panels: "Sequence[Axes]") -> None:
    plane, losses, distance = panels
    (_draw_plane if len(view.fake) == 1 else _draw_seeds)(plane, view)
    step, critic, generator, estimate, exact = view.curves.T
    losses.plot(step, critic, color=ui.PALETTE["blue"], label="critic, with penalty")
    losses.plot(step, generator, color=ui.PALETTE["red"], linestyle="--", label="generator")
    losses.set(xlabel="generator steps", ylabel="loss")
    distance.plot(step, exact, color="black", label=f"exact W₁ of {_COMPARED} points")
    if view.estimates is not None:
        label = f"critic's estimate: {view.estimates}"
        distance.plot(step, estimate, color=ui.PALETTE["blue"], linestyle="--", label=label)
    distance.set(xlabel="generator steps", ylabel="distance")
    distance.set_ylim(bottom=min(0, *estimate[np.isfinite(estimate)], 0))
    for ax in (losses, distance):
        low, high = ax.get_ylim()
        ax.set(xlim=(0, max(10, 1.02 * view.step)), ylim=(low, high + 0.25 * (high - low)))  # room for the legend
        ax.legend(loc="upper right")


def _draw_plane(ax: "Axes", view: _View) -> None:
    box = (-_HALF, _HALF, -_HALF, _HALF)
    ax.imshow(view.height.numpy(), origin="lower", extent=box, cmap="BrBG", alpha=0.6, interpolation="bilinear")
    ax.quiver(*_grid(_ARROWS).numpy().T, *view.arrows.numpy().T, color=ui.PALETTE["grey"], width=0.004)
    ax.plot(*view.real.T, "o", color="black", markersize=2, alpha=0.5, label="data")
    ax.plot(*view.fake[0].T, "o", color=ui.PALETTE["red"], markersize=2, alpha=0.7, label="generated")
    ax.set(xlim=box[:2], ylim=box[2:], xlabel="$x_1$", ylabel="$x_2$", title="critic: green is higher")
    ax.grid(visible=False)
    ax.legend(loc="upper right", markerscale=2, frameon=True)


def _draw_seeds(ax: "Axes", view: _View) -> None:
    side = round(len(view.fake) ** 0.5)
    width = 2 * _HALF / side
    for model, fake in enumerate(view.fake):
        corner = torch.tensor([(model % side + 0.5) * width - _HALF, _HALF - (model // side + 0.5) * width])
        for points, color in ((view.real, "black"), (fake, ui.PALETTE["red"])):
            ax.plot(*(points.clamp(-_HALF, _HALF) / side + corner).T, ".", color=color, markersize=1.5, alpha=0.6)
    ax.set(xlim=(-_HALF, _HALF), ylim=(-_HALF, _HALF), xticks=[], yticks=[], title=f"{len(view.fake)} seeds")
    ax.grid(visible=False)


def code(data: str, models: int, **settings: Any) -> str:
    """Python that trains with these settings, without the playground."""
    changed = {name: value for name, value in settings.items() if value != getattr(gans.Config(), name)}
    fields = "".join(f"    {name}={value!r},\n" for name, value in changed.items())
    if data == DRAWN:
        laws, law = "Empirical", "Empirical(points, jitter=0.03)  # points: a tensor (N, 2)"
    else:
        laws, law = type(SOURCES[data]).__name__, f"{type(SOURCES[data]).__name__}()"
    many = models > 1
    call = (
        "gans.train_population([replace(config, seed=seed) for seed in range(models)], law)"
        if many
        else "gans.train(config, law)"
    )
    return (
        ("from dataclasses import replace\n\n" if many else "")
        + f"from wgan_helpers import gans\nfrom wgan_helpers.distributions import {laws}\n\n"
        + f"law = {law}\nconfig = gans.Config(\n{fields}    batch=64,\n    decay=False,\n)\n"
        + (f"models = {models}\n" if many else "")
        + f"for snapshot in {call}:\n    print(snapshot.step, snapshot.estimate)\n"
    )
