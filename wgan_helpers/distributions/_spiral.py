r"""How far points of the plane are from the spiral :math:`\gamma(t) = (t \cos t, t \sin t)`, exactly.

Seen from a point p with polar coordinates :math:`(\rho, \varphi)`, and with :math:`s = t - \varphi`,

.. math:: |\gamma(t) - p|^2 = t^2 + \rho^2 - 2 \rho t \cos s, \qquad
    \tfrac12 \tfrac{d}{dt} |\gamma(t) - p|^2 = F(t) = t - \rho \cos s + \rho t \sin s.

Where the distance has a minimum between the curve's ends, :math:`\cos s \ge 0`: else F = 0 would ask for
:math:`\rho \sin s < -1`, which makes the second derivative negative. And F = 0 where
:math:`\cos s / t - \sin s = 1 / \rho`, whose left side rises until :math:`\tan s = -(t + 1/t)` and falls from there:
the minimum is where it falls. So each turn has one candidate at most, in an interval where F changes sign once.
"""

import math
from typing import Final

import torch
from torch import Tensor

START: Final = 1.5 * math.pi
END: Final = 4.5 * math.pi
_BISECTIONS: Final = 5  # to within a tenth
_NEWTON_STEPS: Final = 4  # from there to rounding


def distance_to_spiral(points: Tensor) -> Tensor:
    """Distance of ``(..., 2)`` to the spiral from ``START`` to ``END``, ``(...)``."""
    radius, angle = points.norm(dim=-1), torch.atan2(points[..., 1], points[..., 0]).remainder(2 * math.pi)
    nearest = torch.minimum(*(_distance_to(points, torch.full_like(radius, end)) for end in (START, END)))
    for turn in range(3):
        t = _nearest_of_turn(radius, angle + 2 * math.pi * turn)
        nearest = torch.minimum(nearest, _distance_to(points, t))
    return nearest


def _distance_to(points: Tensor, t: Tensor) -> Tensor:
    return (points - t.unsqueeze(-1) * torch.stack([t.cos(), t.sin()], dim=-1)).norm(dim=-1)


def _nearest_of_turn(radius: Tensor, angle: Tensor) -> Tensor:
    """The ``t`` near ``angle`` where F changes sign, or the end of the interval towards which the distance falls."""
    low = angle - math.pi / 2
    for _ in range(2):  # the fixed point tan s = −(t + 1/t)
        low = low.clamp(min=START)
        low = angle - torch.atan(low + 1 / low)
    low, high = low.clamp(START, END), (angle + math.pi / 2).clamp(START, END)
    first, rising = low, _slope(radius, angle, low)[0] >= 0
    for _ in range(_BISECTIONS):
        t = (low + high) / 2
        beyond = _slope(radius, angle, t)[0] > 0
        low, high = torch.where(beyond, low, t), torch.where(beyond, t, high)
    t = (low + high) / 2
    for _ in range(_NEWTON_STEPS):
        slope, curvature = _slope(radius, angle, t)
        t = torch.clamp(t - slope / curvature, low, high)
    return torch.where(rising, first, t)


def _slope(radius: Tensor, angle: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """F and its derivative."""
    along, across = radius * (t - angle).cos(), radius * (t - angle).sin()
    return t - along + t * across, 1 + 2 * across + t * along
