r"""The true distance of two laws of a kind.

Where one law is the other one moved and scaled, :math:`y = sx + b` with :math:`s \ge 0`, moving every point
that way is optimal. For s ≠ 1 the map is a scaling about a fixed point c, it costs
:math:`|1 - s|\, \mathbb{E}|X - c|`, and the 1-Lipschitz critic :math:`|x - c|` attains just that in the dual;
for s = 1 a linear critic along b does.
"""

import math

import torch

from wgan_helpers.distributions.law import Law
from wgan_helpers.distributions.simple import Bernoulli, Gaussian, ParallelLines, UniformCube

_KNOWN = "two Gaussians, Bernoullis or ParallelLines, two UniformCubes of equal side or in one dimension"


def wasserstein1(p: Law, q: Law) -> float:
    r"""True :math:`W_1(p, q)` for the Euclidean ground cost, where a formula is known.

    ===================  ================================================================================
    Bernoulli            :math:`|\theta - \theta'|`
    ParallelLines        :math:`|\theta - \theta'|`
    Gaussian             :math:`\mathbb{E}\,|(m - m') + (\sigma - \sigma') Z|` with :math:`Z \sim N(0, I)`
    UniformCube          :math:`\sqrt d\, |low - low'|` at equal side; in one dimension
                         :math:`\int_0^1 |(1 - u)(low - low') + u\,(high - high')|\, du`
    any law and itself   0
    ===================  ================================================================================

    Parameters
    ----------
    p, q : Law
        Two laws of one kind in the same dimension.

    Returns
    -------
    float
        Distance, in the unit of the data; exact to rounding.

    Raises
    ------
    ValueError
        If the dimensions differ or no formula is known for the two.
    """
    if p.dim != q.dim:
        raise ValueError(f"p and q must have the same dimension, got {p.dim} and {q.dim}")
    match p, q:
        case Bernoulli(), Bernoulli():
            return abs(p.theta - q.theta)
        case ParallelLines(), ParallelLines():
            return abs(p.theta - q.theta)
        case Gaussian(), Gaussian():
            return _mean_norm(math.dist(p.centre, q.centre), abs(p.std - q.std), p.dim)
        case UniformCube(), UniformCube() if p.dim == 1:
            return _mean_absolute(p.low - q.low, p.high - q.high)
        case UniformCube(), UniformCube() if math.isclose(p.high - p.low, q.high - q.low):
            return math.sqrt(p.dim) * abs(p.mean[0] - q.mean[0]).item()
    if p == q:
        return 0.0
    raise ValueError(f"no formula for {p.name} and {q.name}: known are {_KNOWN}, and any law and itself")


def _mean_norm(shift: float, std: float, dim: int) -> float:
    r"""E|v + σZ| for |v| = ``shift``, without the confluent hypergeometric series, which overflows.

    From :math:`\sqrt s = \frac{1}{2\sqrt\pi} \int_0^\infty (1 - e^{-ts})\, t^{-3/2} dt` at s = |v + σZ|², whose
    Laplace transform is known. In log t the integrand is analytic and dies off on both sides like
    :math:`e^{-|\log t|/2}`: the trapezoidal rule is exact to rounding.
    """
    unit = math.hypot(shift, std * math.sqrt(dim))
    if std == 0 or unit == 0:
        return unit
    step = 0.1
    log_t = step * torch.arange(-900, 901, dtype=torch.float64)
    t = log_t.exp()
    spread, offset = (std / unit) ** 2, (shift / unit) ** 2
    log_laplace = -dim / 2 * torch.log1p(2 * spread * t) - offset * t / (1 + 2 * spread * t)
    integral = (-torch.expm1(log_laplace) * (-log_t / 2).exp()).sum() * step
    return unit * float(integral) / (2 * math.sqrt(math.pi))


def _mean_absolute(start: float, end: float) -> float:
    """Mean of |x| along the straight line from ``start`` to ``end``."""
    if start * end >= 0:
        return abs(start + end) / 2
    return (start**2 + end**2) / (2 * abs(start - end))
