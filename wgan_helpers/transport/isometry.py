"""Two samples in as few coordinates as they need."""

import torch
from torch import Tensor

from wgan_helpers.transport._samples import Array, two_samples


def fewer_coordinates(x: Array, y: Array) -> tuple[Tensor, Tensor]:
    r"""The same points, centred, along the principal axes of both samples together: all distances stay.

    n + m points lie in a subspace of dimension n + m − 1 at most, whatever the number d of their coordinates. So for
    :math:`d \gg n + m` whatever depends on distances alone can be computed with fewer: the ground cost, W₁, plans and
    potentials.

    So can a network: ``x W`` is ``x' (Q^T W)`` with the axes Q, up to a constant for the bias. Its slope is the same if
    W has no part across the points, which no output shows; random weights have one. Plain gradient descent then takes
    the same path. Adam, which treats each coordinate by itself, takes another: to train, turn both samples at random.

    Parameters
    ----------
    x : (n, d) or (b, n, d)
        First sample, in the unit of the data.
    y : (m, d) or (b, m, d)
        Second sample.

    Returns
    -------
    x : (n, k) or (b, n, k)
        With k = min(d, n + m − 1), in the same unit; the axes in the order of the variance along them.
    y : (m, k) or (b, m, k)

    Raises
    ------
    TypeError, ValueError
        If the samples do not fit together or are not finite.
    """
    x, y = two_samples(x, y)
    points = torch.cat([x, y], dim=-2).double()
    centred = points - points.mean(dim=-2, keepdim=True)
    if points.shape[-1] > points.shape[-2]:  # first into any basis of their span: much less work than to find the axes
        centred = torch.linalg.qr(centred.mT, mode="r").R.mT
    axes = torch.linalg.eigh(centred.mT @ centred).eigenvectors.flip(-1)
    k = max(1, min(points.shape[-1], points.shape[-2] - 1))
    along = (centred @ axes[..., :k]).to(x.dtype)
    n, m = x.shape[-2], y.shape[-2]
    return along.narrow(-2, 0, n).contiguous(), along.narrow(-2, n, m).contiguous()
