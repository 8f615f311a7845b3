r"""The three batches that §5.1 compares with a fresh minibatch of real points.

*fresh*: another minibatch, what a perfect generator gives; *mean*: the mean, n times; *k-means*: the n
centroids of k-means, each with the mass 1/n.
"""

import threading
import warnings
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import images, transport
from wgan_helpers.distributions import Law
from wgan_helpers.lessons import monte_carlo

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

KINDS: Final = ("fresh", "mean", "k-means")
LOOKS: Final = {
    "fresh": {"color": "blue", "marker": "o"},
    "mean": {"color": "orange", "marker": "s"},
    "k-means": {"color": "green", "marker": "^"},
}
_POINTS_PER_CENTROID: Final = 20
_AT_ONCE: Final = 100  # pictures
#: Coordinates of points that are drawn together, so that large minibatches of pictures need little memory.
VALUES_AT_ONCE: Final = 2**21
_SMALL: Final = 16  # pixels: larger pictures are clustered at this size
# scikit-learn sets the threads of BLAS for the whole process while it fits: two fits at once can hang it
_one_fit = threading.Lock()


@cache
def pictures(name: str, size: int | None = None) -> images.Pictures:
    """:func:`.images.load`, once: the same set of pictures has the same centroids."""
    return images.load(name, size)


def mean_batch_w1(x: Tensor, mean: Tensor) -> Tensor:
    """W₁ between the samples ``x`` ``(..., n, d)`` and the point ``mean`` ``(d,)``: shape ``(...)``.

    Against one point there is only one plan, so the distance is the mean distance to that point.
    """
    return torch.linalg.vector_norm(x - mean.to(x), dim=-1).mean(dim=-1)


@lru_cache(maxsize=64)
def kmeans_batch(law: Law, n: int, seed: int = 0, per_centroid: int = _POINTS_PER_CENTROID) -> Tensor:
    """The ``n`` centroids of k-means on ``law``, ``(n, d)``.

    Lloyd's algorithm in scikit-learn, ``init="random"``, one start, at most 25 iterations, on 20 points per
    centroid unless another number is given, or on all pictures of a set. How close to a minibatch the
    centroids come depends on this choice, so it is fixed for the whole course.
    """
    if isinstance(law, images.Pictures) and max(law.shape[1:]) > _SMALL:
        return _means(law, clusters(law, n, seed), n)
    if isinstance(law, images.Pictures):
        points = law.sample(len(law), monte_carlo.generator(seed, n, law.dim))
    else:
        points = law.sample(per_centroid * n, monte_carlo.generator(seed, n, law.dim, monte_carlo.APART))
    return torch.from_numpy(_fit(points, n, seed).cluster_centers_)


def weighted_centroids(points: Tensor, k: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Centroids of points ``(n, d)``, at most k, ``(k, d)``; and the share of the points that each has, ``(k,)``."""
    fitted = _fit(points, k, seed)
    mass = torch.bincount(torch.from_numpy(fitted.labels_).long(), minlength=k).double() / len(points)
    return torch.from_numpy(fitted.cluster_centers_)[mass > 0], mass[mass > 0]


@lru_cache(maxsize=64)
def clusters(pictures: images.Pictures, k: int, seed: int = 0) -> Tensor:
    """The cluster of every picture, ``(len(pictures),)``: found by k-means on pictures of 16 × 16 pixels.

    k-means sees what is coarse: on drawn faces of 64 × 64 the sum of squared distances to the centroids is as
    small as that of k-means on all pixels (``benchmarks/fig5.py``), in a tenth of the time.
    """
    return torch.from_numpy(_fit(_small(pictures), k, seed).labels_).long()


@lru_cache(maxsize=1)
def _small(pictures: images.Pictures) -> Tensor:
    """The pictures at 16 × 16 pixels, as points."""
    side = min(_SMALL, *pictures.shape[1:])
    shrink = torch.nn.functional.adaptive_avg_pool2d
    return torch.cat([shrink(block, side).flatten(1) for block in pictures.blocks()])


def _means(pictures: images.Pictures, labels: Tensor, k: int) -> Tensor:
    """The mean picture of each cluster, ``(k, c·h·w)``."""
    total = torch.zeros(k, pictures.dim)
    for block, cluster in zip(pictures.blocks(_AT_ONCE), labels.split(_AT_ONCE), strict=True):
        total.index_add_(0, cluster, block.flatten(1))
    return total / torch.bincount(labels, minlength=k).clamp(min=1)[:, None]


def _fit(points: Tensor, k: int, seed: int) -> "KMeans":
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # a law with fewer values than centroids (Bernoulli): a centroid that comes twice does no harm
        warnings.simplefilter("ignore", ConvergenceWarning)
        with _one_fit:
            return KMeans(k, init="random", n_init=1, max_iter=25, random_state=seed).fit(points.numpy())


def compare(law: Law, n: int, repetitions: range, kinds: Sequence[str], seed: int) -> pd.DataFrame:
    """W₁ of each kind of batch to the same fresh minibatches: one row per kind and repetition.

    Columns: ``law, dim, n, batch, repetition, seed, w1``.
    """
    at_once = max(1, VALUES_AT_ONCE // (2 * n * law.dim))
    parts = [repetitions[first : first + at_once] for first in range(0, len(repetitions), at_once)]
    w1 = torch.cat([_distances(law, n, part, kinds, seed) for part in parts], dim=1)
    return pd.DataFrame(
        {
            "law": law.name,
            "dim": law.dim,
            "n": n,
            "batch": np.repeat(kinds, len(repetitions)),
            "repetition": np.tile(repetitions, len(kinds)),
            "seed": seed,
            "w1": w1.flatten().numpy(),
        }
    )


def _distances(law: Law, n: int, repetitions: range, kinds: Sequence[str], seed: int) -> Tensor:
    """W₁ to the same minibatches, ``(len(kinds), len(repetitions))`` float64."""
    samples = torch.stack([law.sample(2 * n, monte_carlo.generator(seed, n, law.dim, r)) for r in repetitions])
    target = samples[:, :n]
    distances = {
        "fresh": lambda: transport.wasserstein1(samples[:, n:], target),
        "mean": lambda: mean_batch_w1(target, law.mean),
        "k-means": lambda: transport.wasserstein1(kmeans_batch(law, n, seed).expand_as(target), target),
    }
    return torch.stack([distances[kind]().double() for kind in kinds])
