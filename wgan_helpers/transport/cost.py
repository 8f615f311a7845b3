"""The ground cost: what it takes to move a unit of mass from one point to another."""

import math

import torch
from torch import Tensor

from wgan_helpers import _checks
from wgan_helpers.transport._samples import Array, two_samples

_DIRECT_DIMENSION = 25  # up to here, differences are as fast as a matrix product, and exact


def pairwise_distance(x: Array, y: Array) -> Tensor:
    r"""Euclidean distances, the paper's ground cost.

    .. math:: c_{ij} = \lVert x_i - y_j \rVert_2

    Parameters
    ----------
    x : (n, d) or (b, n, d)
        First sample, in the unit of the data.
    y : (m, d) or (b, m, d)
        Second sample.

    Returns
    -------
    (n, m) or (b, n, m)
        Distances in the unit of the data, differentiable in both samples; where two points coincide the
        gradient is zero.

    Raises
    ------
    TypeError, ValueError
        If the samples do not fit together or are not finite.
    """
    return scaled_distances(*two_samples(x, y))


def scaled_distances(x: Tensor, y: Tensor) -> Tensor:
    """:func:`distances` whose squares neither over- nor underflow, whatever the unit."""
    unit = unit_of(x, y)
    return distances(x / unit, y / unit) * unit


def unit_of(x: Tensor, y: Tensor) -> float:
    """A power of two, by which to divide is exact, near the largest number of both."""
    largest = max(float(x.detach().abs().max()), float(y.detach().abs().max()))
    most = 127 if x.dtype == torch.float32 else 1000
    return math.ldexp(1.0, min(max(math.frexp(largest)[1], -1000), most))


def distances(x: Tensor, y: Tensor) -> Tensor:
    """:func:`pairwise_distance` of samples that were checked before."""
    if x.dtype == torch.float64 or x.shape[-1] <= _DIRECT_DIMENSION or not _checks.has_float64(x.device):
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    # |x|² + |y|² − 2xy cancels for near pairs: in float32 it would be wrong in the third digit
    centre = (x.detach().mean(dim=-2, keepdim=True) + y.detach().mean(dim=-2, keepdim=True)).double() / 2
    double = torch.cdist(x.double() - centre, y.double() - centre, compute_mode="use_mm_for_euclid_dist")
    return double.to(x.dtype)


def matched_distances(x: Tensor, y: Tensor) -> Tensor:
    """Distances ``(..., n)`` of ``x_i`` to ``y_i``, differentiable; zero gradient where they coincide."""
    return torch.linalg.vector_norm(x - y, dim=-1)
