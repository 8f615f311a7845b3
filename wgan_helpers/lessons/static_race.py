"""§4.1, Figure 1 live: all methods train side by side on two samples that stay."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from wgan_helpers import transport, ui
from wgan_helpers.lessons import potentials
from wgan_helpers.lessons.critic_estimates import penalised
from wgan_helpers.lessons.estimators import METHODS, SMALL, Estimator, samples
from wgan_helpers.lessons.static_estimation import LOOKS, NEAR, draw_truth, moments, truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_STEPS: Final = 3000


class _Race:
    """The methods, as far as they are, on one pair of samples."""

    def __init__(self, shown: str, settings: Mapping[str, Any], **sampled: Any) -> None:
        self.shown = shown
        self.pair = samples(**sampled)
        base = replace(SMALL, **settings)
        self.estimators = {name: Estimator(name, self.pair, base) for name in METHODS}
        self.truth = truth(self.pair)
        self.potentials = transport.kantorovich_potentials(*self.pair)
        self._moments = moments(_STEPS)
        self.rows: list[tuple[float, ...]] = []
        self.look()

    def advance(self) -> bool:
        """One step of the method that is behind: as little as can be waited for."""
        *_, last = self.estimators.values()
        if last.steps >= _STEPS:  # Play asks again
            return False
        behind = min(self.estimators.values(), key=lambda each: each.steps)
        behind.step()
        if behind is last and last.steps == self._moments[len(self.rows)]:
            self.look()
        return last.steps < _STEPS

    def look(self) -> None:
        self.rows.append(tuple(each.estimate for each in self.estimators.values()))

    def view(self) -> "_View":
        steps = np.array(self._moments[: len(self.rows)])
        shares = np.array(self.rows) / self.truth["exact"]
        scatter = potentials.beside_exact(self.estimators[self.shown], self.potentials)
        penalty = self.estimators["wgan-gp"].config.penalty
        return _View(steps, shares, self.truth, penalty, self.shown, scatter)


class _View(NamedTuple):
    steps: np.ndarray  # (looks,)
    shares: np.ndarray  # (looks, methods), of the exact distance
    truth: Mapping[str, float]
    penalty: float
    shown: str
    scatter: pd.DataFrame


def explore(seed: int = 0) -> ui.Player:
    """Figure 1, live: eight methods on the same two samples; the picture on the right is of one of them.

    Parameters
    ----------
    seed : int
        Of the samples and the weights.
    """
    controls = {
        "data": ui.menu("data", ["Gaussian", "faces"], "Gaussian"),
        "d": ui.slider("dimension d (Gaussian)", [2, 5, 10, 20, 50, 200], 10),
        "n": ui.slider("points n", [32, 64, 128, 256, 500], 128, paper=500),
        "scale": ui.slider("data's scale", [0.1, 0.3, 1, 3, 10, 255], 1),
        "penalty": ui.slider("penalty λ", [0.1, 1, 10, 100], 10),
        "epsilon": ui.slider("ε", [0.01, 0.1, 1, 10], 0.1),
        "lr_critic": ui.slider("learning rate", [1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 1e-1], SMALL.lr_critic),
        "shown": ui.menu("potential of", {method.label: name for name, method in METHODS.items()}, "c-transform"),
    }

    def dimension(_: object = None) -> None:
        controls["d"].widget.disabled = controls["data"].widget.value != "Gaussian"

    controls["data"].widget.observe(dimension, names="value")

    def start(
        shown: str, penalty: float, epsilon: float, lr_critic: float, data: str, d: int, n: int, scale: float
    ) -> _Race:
        settings = {"penalty": penalty, "epsilon": epsilon, "lr_critic": lr_critic, "seed": seed}
        return _Race(shown, settings, data=data, d=d, n=n, scale=scale, seed=seed)

    def change(race: _Race, names: set[str], **values: Any) -> _Race:
        if names != {"shown"}:
            return start(**values)
        race.shown = values["shown"]
        return race

    return ui.Player(
        start,
        _Race.advance,
        _Race.view,
        _draw,
        controls,
        change=change,
        describe=_describe,
        panels=3,
        size=(11.0, 4.4),
    )


def _describe(view: _View) -> str:
    law = penalised(view.truth["exact"], view.penalty) / view.truth["exact"]
    return (
        f"step {view.steps[-1]} of {_STEPS} · exact W₁ {view.truth['exact']:.4g} · φ ≡ 0 says "
        f"{view.truth['nearest'] / view.truth['exact']:.0%} of it, the best critic of this λ {law:.0%}"
    )


def _draw(view: _View, panels: "Sequence[Axes]") -> None:
    curves, table, scatter = panels
    for name, share in zip(METHODS, view.shares.T, strict=True):
        color, dash = LOOKS[name]
        curves.plot(view.steps, share, color=ui.PALETTE[color], linestyle=dash)
        curves.plot(view.steps[-1:], share[-1:], "o", color=ui.PALETTE[color], markersize=4, clip_on=False)
    draw_truth(curves, view.truth["nearest"] / view.truth["exact"], _STEPS, view.shares)
    curves.set_title("estimates")
    _draw_table(view, table)
    potentials.draw(view.scatter, scatter, METHODS[view.shown].label)
    scatter.legend(loc="upper left", markerscale=2)


def _draw_table(view: _View, ax: "Axes") -> None:
    """The key of the curves, with what each says now, and since when that has been near."""
    ax.set(xlim=(0, 1), ylim=(len(METHODS) + 3, -1))
    ax.axis("off")
    ax.text(0.66, -0.4, "now", ha="right", fontsize=10)
    ax.text(0.92, -0.4, f"within {NEAR:.0%}", ha="right", fontsize=10)
    for row, (name, share) in enumerate(zip(METHODS, view.shares.T, strict=True)):
        color, dash = LOOKS[name]
        ax.plot([-0.18, -0.04], [row + 0.35] * 2, color=ui.PALETTE[color], linestyle=dash, clip_on=False)
        ax.text(0.0, row + 0.5, METHODS[name].label, fontsize=10)
        ax.text(0.66, row + 0.5, f"{share[-1]:.1%}", ha="right", fontsize=10)
        away = np.flatnonzero(np.abs(share - 1) > NEAR)
        since = view.steps[away[-1] + 1] if len(away) and away[-1] + 1 < len(share) else None
        near = "no" if since is None and len(away) else f"since {0 if since is None else since}"
        ax.text(0.92, row + 0.5, near, ha="right", fontsize=10)
    lines = (("exact $W_1$", "-", 1.2), ("φ ≡ 0: nearest neighbour", ":", 2.0))
    for row, (label, dash, width) in enumerate(lines, start=len(METHODS)):
        ax.plot([-0.18, -0.04], [row + 0.85] * 2, dash, color="black", linewidth=width, clip_on=False)
        ax.text(0.0, row + 1.0, label, fontsize=10)
