"""The Fréchet distance between two sets of features."""

import math

import torch
from torch import Tensor

from wgan_helpers.gans._generated import Array, same_dimension, samples_of


def frechet_distance(x: Array, y: Array) -> Tensor:
    r"""Squared 2-Wasserstein distance of the Gaussians fitted to two samples: the FID of given features.

    .. math:: |\mu_x - \mu_y|^2 + \mathrm{Tr}\bigl( C_x + C_y - 2\, (C_x^{1/2} C_y\, C_x^{1/2})^{1/2} \bigr)

    With :math:`C_x = A^T A` and :math:`C_y = B^T B` for centred samples A and B over :math:`\sqrt{n - 1}`, the last
    trace is the sum of the singular values of :math:`A B^T`. So no covariance is formed and no root of one is
    taken: singular ones (n <= d) do no harm, and two equal samples are at 1e-15 and not 1e-8 of their variance.

    **Biased upwards in small samples**, by about 1/n times a constant that depends on the law: compare only
    distances of equal n and m, and :math:`n \gg d` (10,000 or more is usual for 2048 features).

    Parameters
    ----------
    x : (..., n, d)
        Features, n >= 2; leading axes are a population, and broadcast with those of ``y``.
    y : (..., m, d)
        Features of the other sample, m >= 2.

    Returns
    -------
    (...)
        Distances, in the squared unit of the data; never negative. float64, not differentiable.

    Raises
    ------
    TypeError, ValueError
        If the samples do not fit together, are not finite, have fewer than two points, or are too large to be
        squared.

    References
    ----------
    Dowson and Landau 1982 (the formula); Heusel et al. 2017, "GANs trained by a two time-scale update rule converge
    to a local Nash equilibrium"; Chong and Forsyth 2020, "Effectively unbiased FID and Inception Score" (the bias).
    """
    x, y = samples_of(x, "x", at_least=2).double(), samples_of(y, "y", at_least=2).double()
    same_dimension(x, y)
    mean_x, mean_y = x.mean(dim=-2), y.mean(dim=-2)
    root_x, root_y = _root(x - mean_x.unsqueeze(-2)), _root(y - mean_y.unsqueeze(-2))
    overlap = torch.linalg.svdvals(root_x @ root_y.mT).sum(dim=-1)
    spread = root_x.square().sum(dim=(-2, -1)) + root_y.square().sum(dim=(-2, -1))
    distance = ((mean_x - mean_y).square().sum(dim=-1) + spread - 2 * overlap).clamp(min=0)
    if not distance.isfinite().all():
        raise ValueError("the Fréchet distance, a square, overflows: use a larger unit")
    return distance


def _root(centred: Tensor) -> Tensor:
    """R with RᵀR the unbiased covariance, of at most d rows."""
    n, d = centred.shape[-2:]
    rows = torch.linalg.qr(centred, mode="r").R if n > d else centred
    return rows / math.sqrt(n - 1)
