"""§6: free points that minimise a distance to minibatches, without any network.

The points are the generator: nothing stands between them and the loss. What they do is what the loss wants.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, transport, ui
from wgan_helpers.distributions import Gaussian, Law
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Loss = Callable[[Tensor, Tensor, float], Tensor]

LOSSES: Final[dict[str, Loss]] = {
    "W₁": lambda x, y, epsilon: transport.wasserstein1(x, y),
    "W₂": lambda x, y, epsilon: transport.wasserstein2(x, y),
    "entropic, not debiased": lambda x, y, epsilon: transport.entropic_cost(x, y, epsilon),
    "entropic, debiased": lambda x, y, epsilon: transport.sinkhorn_divergence(x, y, epsilon),
    "energy distance": lambda x, y, epsilon: transport.energy_distance(x, y),
}
_FIRST_STEP: Final = 0.2  # as a share of the law's mean radius
_FREE: Final = 64


def is_entropic(loss: str) -> bool:
    """Whether a loss of :data:`LOSSES` depends on ε."""
    return loss.startswith("entropic")


class Moment(NamedTuple):
    """Where the points are: ``x`` ``(k, d)`` after ``step`` steps."""

    step: int
    x: Tensor


def descend(
    law: Law, loss: str, epsilon: float, k: int = _FREE, n: int = _FREE, steps: int = 300, seed: int = 0
) -> Iterator[Moment]:
    """Stochastic gradient descent of ``k`` free points on ``loss`` to fresh minibatches of ``n``.

    The points start as a real sample of the law, where a perfect generator would leave them. A point's step is
    the gradient for its mass, times a length that falls evenly from a fifth of the law's mean radius to zero.

    Parameters
    ----------
    law : Law
        Where the minibatches come from.
    loss : str
        A name of :data:`LOSSES`.
    epsilon : float
        Regularisation for the entropic losses, in the unit of the data.
    k, n : int
        Free points, and points of each minibatch.
    steps : int
        How many.
    seed : int
        For all samples.

    Yields
    ------
    Moment
        One before the first step, and one after each.
    """
    distance = LOSSES[_checks.one_of(loss, "loss", LOSSES)]
    generator = monte_carlo.generator(seed, law.dim, n)
    length = _FIRST_STEP * mean_radius(law.sample(1024, generator), law)
    x = law.sample(_checks.integer(k, "k"), generator)
    yield Moment(0, x)
    for step in range(_checks.integer(steps, "steps")):
        free = x.detach().requires_grad_()  # not x itself, which may be drawn meanwhile
        value = distance(free, law.sample(n, generator), epsilon)
        (gradient,) = torch.autograd.grad(value, free)
        x = (x - length * (1 - step / steps) * k * gradient).detach()
        yield Moment(step + 1, x)


def mean_radius(x: Tensor, law: Law) -> float:
    """Mean distance of the points to the mean of the law: 0 for points that have collapsed onto it."""
    return float(torch.linalg.vector_norm(x - law.mean, dim=-1).mean())


def measure(
    settings: Sequence[tuple[str, float]] = (
        ("W₁", 0.0),
        ("entropic, not debiased", 1.0),
        ("entropic, not debiased", 1000.0),
        ("entropic, debiased", 1.0),
        ("entropic, debiased", 1000.0),
        ("energy distance", 0.0),
    ),
    dim: int = 50,
    steps: int = 300,
    *,
    seed: int = 0,
    repetitions: int = 3,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """How far 64 free points spread that minimise each loss to minibatches of 64 of a Gaussian.

    Parameters
    ----------
    settings : sequence of (str, float)
        Losses of :data:`LOSSES`, each with its ε (0 where it has none).
    dim : int
        Dimension d.
    steps : int
        Of gradient descent.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        One row per loss and repetition: ``dim, loss, epsilon, steps, repetition, seed, spread``; the last is the
        mean radius of the points over the true one: 1 is right, 0 is collapse onto the mean.
    """
    tasks = [(dim, loss, epsilon, steps, r, seed) for loss, epsilon in settings for r in range(repetitions)]
    return monte_carlo.collect(_final, tasks, executor, progress)


def _final(dim: int, loss: str, epsilon: float, steps: int, repetition: int, seed: int) -> pd.DataFrame:
    law = Gaussian(dim)
    *_, last = descend(law, loss, epsilon, steps=steps, seed=seed + 1000 * repetition)
    row = {"dim": dim, "loss": loss, "epsilon": epsilon, "steps": steps, "repetition": repetition, "seed": seed}
    return pd.DataFrame([row | {"spread": mean_radius(last.x, law) / _true_radius(law)}])


def _true_radius(law: Law) -> float:
    return mean_radius(law.sample(4096, torch.Generator().manual_seed(0)), law)


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the spread that :func:`measure` found, one bar per loss, with every repetition as a dot."""
    ax = ui.axes(ax)
    for name, group in frame.groupby(["loss", "epsilon"], sort=False):
        label = name[0] if name[1] == 0 else f"{name[0]}\nε = {name[1]:g}"
        colour = "red" if "not" in name[0] else "blue"
        ax.barh(label, group["spread"].mean(), color=ui.PALETTE[colour], alpha=0.7)
        ax.plot(group["spread"], [label] * len(group), "o", color="black", markersize=4)
    ax.axvline(1, color=ui.PALETTE["grey"], linestyle="--")
    ax.set_xlabel("spread of the points (true law = 1)")
    ax.grid(axis="y", visible=False)
    ax.invert_yaxis()  # the first on top
    ax.set_title(f"64 free points, Gaussian, d = {frame['dim'].iloc[0]}, after {frame['steps'].iloc[0]} steps")
    return ax


class _Shown(NamedTuple):
    x: Tensor
    sample: Tensor
    spread: list[float]
    title: str


def explore(seed: int = 0) -> ui.LiveFigure:
    """Debiased or not, live: where free points go when nothing but the loss moves them."""
    controls = {
        "loss": ui.menu("loss", LOSSES.keys(), "entropic, not debiased"),
        "epsilon": ui.slider("ε of entropic losses", [0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 1000], 1000, paper=1000),
        "dim": ui.slider("dimension d", [2, 5, 10, 20, 50], 2),
    }

    def compute(loss: str, epsilon: float, dim: int) -> Iterator[ui.Step]:
        law, steps = Gaussian(dim), 200
        sample, radius = law.sample(_FREE, monte_carlo.generator(seed)), _true_radius(law)
        title = f"{loss}, ε = {epsilon:g}" if is_entropic(loss) else loss
        spread: list[float] = []
        for step, x in descend(law, loss, epsilon, steps=steps, seed=seed):
            spread.append(mean_radius(x, law) / radius)
            if step % 10 == 0:
                yield ui.Step(_Shown(x, sample, spread.copy(), f"d = {dim}, {title}"), step, steps)

    return ui.LiveFigure(compute, _draw, controls, panels=2, size=(9.6, 4.4))


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    plane, curve = panels
    plane.plot(*shown.sample[:, :2].T, "o", color=ui.PALETTE["grey"], alpha=0.5, label="a real minibatch")
    plane.plot(*shown.x[:, :2].T, "o", color=ui.PALETTE["red"], label="free points")
    plane.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), xlabel="first coordinate", ylabel="second coordinate")
    plane.set_title(shown.title)
    plane.legend(loc="upper left")
    curve.plot(shown.spread, color=ui.PALETTE["red"])
    curve.axhline(1, color=ui.PALETTE["grey"], linestyle="--", label="the true law")
    curve.set(xlim=(0, 200), ylim=(0, 1.3), xlabel="steps", ylabel="spread of the free points")
    curve.set_title(f"spread {shown.spread[-1]:.2f} after {len(shown.spread) - 1} steps")
    curve.legend(loc="upper right")
