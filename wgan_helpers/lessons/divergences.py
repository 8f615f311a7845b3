r"""§2.3: four divergences between two parallel lines that approach each other, and their slopes.

The lines of Arjovsky et al. stand at 0 and at θ in the plane. Each is blurred across by a normal law of standard
deviation s. Along the lines both laws agree, so every divergence is that of N(0, s²) and N(θ, s²); s = 0 are the lines
themselves. As both laws have one shape, Kullback–Leibler is the same in both directions.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, ui

if TYPE_CHECKING:
    from matplotlib.axes import Axes

THETAS: Final = tuple(np.round(np.linspace(-1, 1, 201), 2).tolist())
#: Blurs that are worth a look, from none to one that hides the gap.
STDS: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_DISJOINT: Final = 75.0  # standard deviations: from here on, what the laws share is below 1e-300
_NODES: Final = torch.arange(0, 9.0001, 0.005, dtype=torch.float64)  # of the integrals: see `_mean`


class Divergence(NamedTuple):
    """A divergence and its derivative by θ, of the shape of θ; NaN where there is no derivative."""

    value: Tensor
    gradient: Tensor


def jensen_shannon(theta: Tensor, std: float) -> Divergence:
    r"""Jensen–Shannon divergence, in nats, to ten digits: also of :math:`\log 2 - JS` and of a tiny derivative.

    With :math:`\delta = \theta / s`, and :math:`y \sim N(0, 1)` measured from the middle between the two laws,

    .. math:: \log 2 - JS = e^{-\delta^2/8}\, E\, e^{-\delta y/2} \log(1 + e^{\delta y}), \qquad
              JS' = \frac{\delta}{2 s}\, e^{-\delta^2/8}\, E\, \frac{1}{2 \cosh(\delta y / 2)} .

    The second is :math:`\frac{\delta}{2 s}\, E_{x \sim N(\theta, s^2)} D^*(x)`, by Stein's lemma.
    """
    if std == 0:
        return Divergence(_off_zero(theta, math.log(2)), _off_zero(theta, 0.0, math.nan))
    delta = (theta / std).clamp(-_DISJOINT, _DISJOINT)
    tilt = (delta.unsqueeze(-1) * _NODES).abs()
    logarithm = torch.log1p((-tilt).exp())
    both_signs_of_y = ((-tilt / 2).exp() * (tilt + logarithm) + (tilt / 2).exp() * logarithm) / 2
    overlap = (-delta.square() / 8).exp()
    gradient = theta / (2 * std**2) * overlap * _mean(1 / (2 * torch.cosh(tilt / 2)))
    gradient = torch.where(delta.abs() < _DISJOINT, gradient, 0.0)
    return Divergence(math.log(2) - overlap * _mean(both_signs_of_y), gradient)


def kullback_leibler(theta: Tensor, std: float) -> Divergence:
    r"""Kullback–Leibler divergence :math:`\theta^2 / 2 s^2`, in nats: infinite between lines."""
    if std == 0:
        return Divergence(_off_zero(theta, math.inf), torch.full_like(theta, math.nan))
    return Divergence(theta.square() / (2 * std**2), theta / std**2)


def total_variation(theta: Tensor, std: float) -> Divergence:
    r"""The most by which the probability of an event differs, :math:`\mathrm{erf}(|\theta| / 2 \sqrt 2 s)`."""
    if std == 0:
        return Divergence(_off_zero(theta, 1.0), _off_zero(theta, 0.0, math.nan))
    density = (-theta.square() / (8 * std**2)).exp() / (math.sqrt(2 * math.pi) * std)
    return Divergence(torch.erf(theta.abs() / (2 * math.sqrt(2) * std)), _sign(theta) * density)


def wasserstein1(theta: Tensor, std: float) -> Divergence:
    """W₁, in the unit of the data: the blur does not matter."""
    return Divergence(theta.abs(), _sign(theta))


DIVERGENCES: Final[Mapping[str, Callable[[Tensor, float], Divergence]]] = MappingProxyType(
    {
        "Kullback–Leibler": kullback_leibler,
        "total variation": total_variation,
        "Jensen–Shannon": jensen_shannon,
        "W₁": wasserstein1,
    }
)
_LOOKS: Final[Mapping[str, dict[str, Any]]] = MappingProxyType(
    {
        "Kullback–Leibler": {"color": ui.PALETTE["purple"], "linestyle": (0, (4, 1.5, 1, 1.5, 1, 1.5))},
        "total variation": {"color": ui.PALETTE["green"], "linestyle": "-."},
        "Jensen–Shannon": {"color": ui.PALETTE["red"], "linestyle": "--"},
        "W₁": {"color": ui.PALETTE["blue"], "linestyle": "-"},
    }
)


def _off_zero(theta: Tensor, elsewhere: float, at_zero: float = 0.0) -> Tensor:
    return torch.where(theta == 0, at_zero, torch.full_like(theta, elsewhere))


def _sign(theta: Tensor) -> Tensor:
    """The derivative of |θ|, which has none at 0."""
    return torch.where(theta == 0, math.nan, theta.sign())


def _mean(values: Tensor) -> Tensor:
    r"""Mean over y ~ N(0, 1) of an even function, given at the nodes ``(..., nodes)``.

    The integrands have poles at a distance of π/δ from the real line, so the trapezoidal rule with nodes h apart errs
    by exp(−2π²/δh), which is 1e-22 at δ = 75.
    """
    weights = (-_NODES.square() / 2).exp()
    weights[0] /= 2
    return (values * weights).sum(dim=-1) / weights.sum()


def measure(thetas: Sequence[float] = THETAS, std: float = 0.0) -> pd.DataFrame:
    """Each divergence and its derivative by θ: exact, so without seed or repetitions.

    Parameters
    ----------
    thetas : sequence of float
        Where the second line stands.
    std : float
        Blur s of both, in the unit of the data; 0 for lines.

    Returns
    -------
    DataFrame
        One row per divergence and θ: ``std, divergence, theta, value, gradient``. W₁ is in the unit of the data, the
        logarithmic ones in nats; ``gradient`` is NaN where there is none.
    """
    _checks.number(std, "std", minimum=0)
    at = torch.tensor([_checks.number(theta, "theta") for theta in thetas], dtype=torch.float64)
    parts = [
        pd.DataFrame({"std": std, "divergence": name, "theta": at, "value": found.value, "gradient": found.gradient})
        for name, found in ((name, divergence(at, std)) for name, divergence in DIVERGENCES.items())
    ]
    return pd.concat(parts, ignore_index=True)


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, column: str = "value", theta: float | None = None) -> "Axes":
    """Draw a ``column`` of what :func:`measure` returned, ``"value"`` or ``"gradient"``; ``theta`` is marked."""
    ax = ui.axes(ax)
    _checks.one_of(column, "column", _LIMITS)
    low, high = _LIMITS[column]
    for name, group in frame.groupby("divergence", sort=False):
        look, at, values = _LOOKS[str(name)], group["theta"], group[column]
        alone = (at == 0) & (group["std"] == 0) & (name != "W₁")  # the lines are one, and nowhere near is like it
        ax.plot(at, values.where(values.between(low, high) & ~alone), label=name, **look)
        marked = alone | np.isclose(at, math.nan if theta is None else theta)
        ax.plot(at[marked], values.where(values.between(low, high))[marked], "o", color=look["color"])
    if theta is not None:
        ax.vlines(theta, low - 0.05, high, color=ui.PALETTE["grey"], linewidth=1)
    ax.set(xlabel="θ (unit of the data)", ylabel="derivative by θ" if column == "gradient" else "divergence")
    ax.set_ylim(low - 0.05, high + 0.05 + (0.4 if column == "value" else 0))  # room for a legend
    return ax


_LIMITS: Final = {"value": (0.0, 1.5), "gradient": (-3.0, 3.0)}


class _Shown(NamedTuple):
    frame: pd.DataFrame
    theta: float
    std: float


def explore() -> ui.LiveFigure:
    """Two lines that move and blur, live: which divergence notices, and which has a slope."""
    controls = {
        "theta": ui.slider("θ: where line 2 stands", np.round(np.arange(-1, 1.01, 0.05), 2).tolist(), 0.5),
        "std": ui.slider("blur s (0: lines)", STDS, 0.0),
    }

    def compute(theta: float, std: float) -> _Shown:
        return _Shown(measure(THETAS, std), theta, std)

    return ui.LiveFigure(compute, _draw, controls, panels=3, size=(12.0, 4.2))


def _draw(shown: _Shown, panels: "Sequence[Axes]") -> None:
    laws, values, gradients = panels
    _draw_laws(shown, laws)
    plot(shown.frame, values, "value", shown.theta)
    plot(shown.frame, gradients, "gradient", shown.theta)
    lines = shown.std == 0
    values.set_title("divergence" + ("; KL = ∞ unless θ = 0" if lines else ""))
    gradients.set_title("its derivative by θ" + ("; KL has none" if lines else ""))
    values.legend(loc="upper center", ncols=2, columnspacing=0.6, handlelength=3.2, fontsize=9)
    for ax in panels[1:]:
        ax.set_ylabel("")  # the titles say it


def _draw_laws(shown: _Shown, ax: "Axes") -> None:
    """Both laws as points in the plane, the same ones for every setting."""
    generator = torch.Generator().manual_seed(0)
    noise, height = torch.randn(2, 400, generator=generator), torch.rand(2, 400, generator=generator)
    for i, (name, place, color) in enumerate((("$p^*$", 0.0, "grey"), ("$p_θ$", shown.theta, "orange"))):
        ax.plot(place + shown.std * noise[i], height[i], ".", color=ui.PALETTE[color], markersize=3)
        ax.text(place, 1.03 + 0.09 * i, name, color=ui.PALETTE[color], ha="center", fontsize=12)
    ax.set(xlim=(-2, 2), ylim=(0, 1.25), xlabel="across (unit of the data)", ylabel="along")
    ax.set_yticks([0, 0.5, 1])
    ax.set_title(f"θ = {shown.theta:g}, s = {shown.std:g}")
