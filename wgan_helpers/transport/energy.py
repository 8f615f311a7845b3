"""The energy distance: what the Sinkhorn divergence becomes, up to a factor of two, as ε grows."""

import torch
from torch import Tensor

from wgan_helpers.transport._samples import Array, two_samples, weights
from wgan_helpers.transport.cost import scaled_distances


def energy_distance(x: Array, y: Array, a: Array | None = None, b: Array | None = None) -> Tensor:
    r"""Energy distance between two samples (the V-statistic), a squared maximum mean discrepancy.

    .. math:: 2\, \mathbb{E} \lVert x - y \rVert - \mathbb{E} \lVert x - x' \rVert - \mathbb{E} \lVert y - y' \rVert

    where ``x'`` is an independent copy of ``x``: pairs of a point with itself count. It is zero only if the two
    samples have the same mass at every point, and twice the Sinkhorn divergence of ε → ∞.

    Parameters
    ----------
    x : (n, d) or (b, n, d)
        First sample, or a batch of them; float32 or float64.
    y : (m, d) or (b, m, d)
        Second sample.
    a, b : (n,) or (b, n) and (m,) or (b, m), optional
        Weights, non-negative, summing to one; uniform if not given. Not differentiated.

    Returns
    -------
    () or (b,)
        Energy distances, in the unit of the data, differentiable in the points. Computed in float64, as three
        large numbers nearly cancel.

    Raises
    ------
    TypeError, ValueError
        If samples or weights do not fit together, are not finite or not normalised.

    References
    ----------
    Székely and Rizzo 2013; Feydy et al. 2019 (as the limit of Sinkhorn divergences).
    """
    x, y = two_samples(x, y)
    a_mass, b_mass = weights(a, x, "a"), weights(b, y, "b")
    points_x, points_y = x.double(), y.double()
    across = _mean_distance(points_x, points_y, a_mass, b_mass)
    within = _mean_distance(points_x, points_x, a_mass, a_mass) + _mean_distance(points_y, points_y, b_mass, b_mass)
    return (2 * across - within).to(x.dtype)


def _mean_distance(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    if x.ndim == 3:  # one after the other: a batch of distance matrices may not fit in memory
        return torch.stack([_mean_distance(*problem) for problem in zip(x, y, a, b, strict=True)])
    return a @ scaled_distances(x, y) @ b
