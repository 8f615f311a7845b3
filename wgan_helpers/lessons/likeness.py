r"""§5.2: whether pictures look like centroids of k-means, like real pictures, or like neither.

The number is a ratio of two distances: to the nearest of k centroids, and to the nearest of many real pictures that
no network has seen. A centroid is an average, and lies where no real picture does. Alone the ratio can be fooled,
since the mean of all pictures is near a centroid too: with it come how sharp the pictures are, and how much they vary.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from wgan_helpers import _checks, transport
from wgan_helpers.images import Pictures
from wgan_helpers.lessons import batches

#: What generated pictures are compared with.
REFERENCES: Final = ("real pictures", "k-means, another start", "real pictures, blurred", "mean picture")
_USED: Final = 4000  # pictures of a set: enough for k-means, and that of more would make a reader wait
_JUDGED: Final = 500
_PAIRED: Final = 200  # pictures: their pairs say within a hundredth how far two are apart
_LAPLACE: Final = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))


class Likeness(NamedTuple):
    """What :func:`likeness` found.

    Attributes
    ----------
    to_centroid, to_real : float
        Mean distance to the nearest centroid and to the nearest real picture, in the unit of the data.
    ratio : float
        The first over the second.
    sharpness, spread : float
        Relative to the real pictures, for which they are 1: of :func:`sharpness`, and of the mean distance between
        two pictures (of the first 200); 0 if all are one.
    cells : int
        How many of the centroids are the nearest one of some picture.
    """

    to_centroid: float
    to_real: float
    ratio: float
    sharpness: float
    spread: float
    cells: int


def likeness(generated: Tensor, real: Tensor, centroids: Tensor, shape: Sequence[int]) -> Likeness:
    r"""How like the centroids of k-means pictures are.

    .. math:: \text{ratio} = \frac{\sum_i \min_j \lVert y_i - c_j \rVert_2}{\sum_i \min_j \lVert y_i - x_j \rVert_2}

    Its value for real pictures depends on how many centroids and real pictures there are: compare with that of real
    pictures which are neither among ``real`` nor among those that the centroids are of.

    Parameters
    ----------
    generated : (n, d)
        Flattened pictures, brightness in [0, 1], at least 2.
    real : (N, d)
        Real pictures, at least 2; none that the centroids or the generator have seen.
    centroids : (k, d)
        Of other real pictures; as many as a minibatch has points, in the paper.
    shape : (c, h, w)
        Of one picture, at least 4 × 4.

    Returns
    -------
    Likeness

    Raises
    ------
    ValueError
        If the pictures do not fit the shape or one another, are not finite, or give no scale to compare with.
    """
    given = {"generated": generated, "real": real, "centroids": centroids}
    y, x, c = (_flattened(points, name, shape) for name, points in given.items())
    to_centroids = transport.pairwise_distance(y, c)
    near, near_real = (
        float(distances.amin(dim=1).mean()) for distances in (to_centroids, transport.pairwise_distance(y, x))
    )
    if near_real == 0:
        raise ValueError("the generated pictures are among the real ones: hold others out")
    sharp, apart = sharpness(x, shape), _mean_distance(x)
    if sharp == 0 or apart == 0:
        raise ValueError("the real pictures must differ, and from pixel to pixel too")
    cells = len(to_centroids.argmin(dim=1).unique())
    return Likeness(near, near_real, near / near_real, sharpness(y, shape) / sharp, _mean_distance(y) / apart, cells)


def sharpness(x: Tensor, shape: Sequence[int]) -> float:
    """Mean over the pictures ``(n, d)`` of the variance, over the pixels, of what Laplace's filter makes of their grey.

    References
    ----------
    Tolstikhin, Bousquet, Gelly, Schölkopf 2018, "Wasserstein auto-encoders", and their code.
    """
    grey = _flattened(x, "x", shape, at_least=1).reshape(-1, *shape).mean(dim=1, keepdim=True)
    return float(
        functional.conv2d(grey, grey.new_tensor(_LAPLACE)[None, None]).flatten(1).var(dim=1, correction=0).mean()
    )


def _flattened(x: Tensor, name: str, shape: Sequence[int], at_least: int = 2) -> Tensor:
    dim = math.prod(shape)
    if len(shape) != 3 or min(shape[1:]) < 4:
        raise ValueError(f"shape must be (channels, height, width) of at least 4 × 4 pixels, got {tuple(shape)}")
    if x.ndim != 2 or x.shape[1] != dim or len(x) < at_least:
        raise ValueError(f"{name} must be at least {at_least} flattened pictures (n, {dim}), got {tuple(x.shape)}")
    return _checks.finite(x.detach().float(), name)


def _mean_distance(x: Tensor) -> float:
    return float(functional.pdist(x[:_PAIRED]).mean())


class Parts(NamedTuple):
    """A set of pictures in three parts that share none: to train on, to compare with, to be judged as unseen.

    ``centroids`` ``(k, d)`` are of the first.
    """

    train: Pictures
    real: Tensor
    unseen: Tensor
    centroids: Tensor

    def judge(self, generated: Tensor) -> Likeness:
        """:func:`likeness` of generated pictures ``(n, d)``."""
        return likeness(generated, self.real, self.centroids, self.train.shape)


@lru_cache(maxsize=8)
def parts(pictures: Pictures, k: int) -> Parts:
    """Six tenths to train on, with their ``k`` centroids, two to compare with, two unseen; of at most 4000 pictures.

    Raises
    ------
    ValueError
        If ``k`` is more than six tenths of them.
    """
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))[:_USED]
    fifth = len(order) // 5
    _checks.integer(k, "k")
    if k > len(order) - 2 * fifth:
        raise ValueError(f"k must be at most {len(order) - 2 * fifth}, the {pictures.name} to train on, got {k}")
    train, real, unseen = (pictures.take(part) for part in order.split([len(order) - 2 * fifth, fifth, fifth]))
    return Parts(train, real.flat, unseen.flat[:_JUDGED], batches.kmeans_batch(train, k).float())


@lru_cache(maxsize=8)
def references(pictures: Pictures, k: int) -> pd.DataFrame:
    """The :class:`Likeness` of what nobody has to train: one row for each of :data:`REFERENCES`, column ``variant``.

    Blurring takes the mean of 3 × 3 pixels. k-means from another start is of the same pictures as the centroids.
    """
    known = parts(pictures, k)
    shape = known.train.shape
    padded = functional.pad(known.unseen.reshape(-1, *shape), (1, 1, 1, 1), mode="replicate")
    shown = (
        known.unseen,
        batches.kmeans_batch(known.train, k, seed=1).float(),
        functional.avg_pool2d(padded, 3, stride=1).flatten(1),
        known.train.mean.float().expand(2, -1),
    )
    rows = [{"variant": name} | known.judge(x)._asdict() for name, x in zip(REFERENCES, shown, strict=True)]
    return pd.DataFrame(rows)
