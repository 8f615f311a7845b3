"""Sections 1, 5.1 and 5.2: batches that beat real ones, Figures 5 and 6, and k-means, Figure 7."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd
import torch

from wgan_helpers import transport
from wgan_helpers.distributions import Gaussian, Law, UniformCube
from wgan_helpers.lessons import batches, false_minima, kmeans, monte_carlo
from wgan_helpers.lessons.picture_gans import WGAN_GP, C
from wgan_helpers.lessons.replication.claim import Claim, Estimate, Range, Statement
from wgan_helpers.lessons.replication.likeness import LIKE_CENTROIDS, recorded_place, trained_place
from wgan_helpers.lessons.replication.numbers import mean, ratio

_SEEN: Final = "05_finite_samples"
_PAPER: Final = false_minima.PAPER_FACES
_FITS: Final = 8
_FACES, _DIGITS = "faces, 64 × 64", "digits, 8 × 8"
_FAMILIES: Final[Mapping[str, Callable[[int], Law]]] = {"Gaussian": Gaussian, "uniform on the cube": UniformCube}
_PICTURES: Final = {_FACES: ("faces", 64), _DIGITS: ("digits", None)}


def _law(name: str) -> Law:
    """Loaded when it is needed."""
    if name in _PICTURES:
        return batches.pictures(*_PICTURES[name])
    family, dim = name.rsplit(", d = ", 1)
    return _FAMILIES[family](int(dim))


def _against_fresh(kind: str, law: str) -> Callable[[int], Estimate]:
    """W₁ of a kind of batch to a minibatch, over that of a fresh batch."""

    def measured(seed: int) -> Estimate:
        w1 = false_minima.measure(_law(law), kinds=("fresh", kind), seed=seed).pivot(
            index="repetition", columns="batch", values="w1"
        )
        return ratio(w1[kind], w1["fresh"])

    return measured


def _drawn_centroids(law: str, n: int = 64, repetitions: int = 50) -> Callable[[int], Estimate]:
    """The same of a generator whose output is a centroid, drawn anew for each point of its batch."""

    def measured(seed: int) -> Estimate:
        source = _law(law)
        centroids = batches.kmeans_batch(source, n, seed)
        found = []
        for repetition in range(repetitions):
            generator = monte_carlo.generator(seed, n, repetition)
            target, fresh = source.sample(2 * n, generator).split(n)
            drawn = centroids[torch.randint(n, (n,), generator=generator)]
            found.append([float(transport.wasserstein1(x.to(target), target)) for x in (drawn, fresh)])
        return ratio(*(pd.Series(column) for column in np.transpose(found)))

    return measured


def _over_fits(measured: Callable[[int], Estimate]) -> Callable[[int], Estimate]:
    """The mean over several fits of k-means to new points: they differ by more than the minibatches of one fit."""
    return lambda seed: mean(pd.Series([measured(fit).value for fit in range(_FITS * seed, _FITS * (seed + 1))]))


def _nearest_points(weighted: bool) -> Callable[[int], Estimate]:
    """W₂ of 16 centroids to a large sample, over that of the same centroids with the weights of their cells."""

    def measured(seed: int) -> Estimate:
        law = Gaussian(2)
        centroids = batches.kmeans_batch(law, 16, seed)
        x = law.sample(960, monte_carlo.generator(seed)).double()
        centroids = centroids.to(x)
        # with these weights every point may go to the nearest centroid
        of_cells = torch.cdist(x, centroids).amin(dim=1).square().mean().sqrt()
        if weighted:
            points = law.sample(16, monte_carlo.generator(seed, 1)).double()
            return Estimate(float(of_cells / torch.cdist(x, points).amin(dim=1).square().mean().sqrt()))
        equal = transport.wasserstein2(centroids.repeat_interleave(60, dim=0), x)  # 60 × 1/960 = 1/16
        return Estimate(float(equal / of_cells))

    return measured


def _ends_at_centroids(law: str) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        frame = kmeans.measure(_law(law), ("W₁",), steps=300, seed=seed)
        return ratio(frame["to_centroids"], frame["to_samples"])

    return measured


_RATIO: Final = "W₁ of {} to a minibatch / W₁ of fresh samples to it, n = 64"

CLAIMS: Final = (
    Claim(
        "centroid-generator",
        "1",
        Statement(
            "A generator that outputs k-means centroids has a lower loss than the best possible generator.",
            _RATIO.format("centroids drawn at random"),
            Range(high=1),
            {law: _over_fits(_drawn_centroids(law)) for law in ("Gaussian, d = 2", "Gaussian, d = 50")}
            | {_FACES: _drawn_centroids(_FACES)},
        ),
        "a lower loss than the best possible generator",
        "A generator draws each point anew, so centroids come twice or never. In high dimension it still wins.",
        _SEEN,
        4,
    ),
    Claim(
        "mean-batch",
        "5.1, Figure 6",
        Statement(
            "In sufficiently high dimension a batch of means is closer to a minibatch than another sample is.",
            _RATIO.format("the mean"),
            Range(high=1),
            {law: _against_fresh("mean", law) for law in ("Gaussian, d = 1000", "uniform on the cube, d = 1000")},
        ),
        "smaller (curves, no number)",
        "√2 at best: two points are that much farther from each other than from the mean. From d = 17 on at n = 64.",
        _SEEN,
        3,
    ),
    Claim(
        "centroid-batch",
        "5.1, Figure 6",
        Statement(
            "In sufficiently high dimension a batch of k-means centroids is closer than another sample, too.",
            _RATIO.format("k-means centroids"),
            Range(high=1),
            {
                law: _over_fits(_against_fresh("k-means", law))
                for law in ("Gaussian, d = 50", "Gaussian, d = 1000", "uniform on the cube, d = 50")
            },
        ),
        "smaller",
        "They are averages that still cover the law.",
        _SEEN,
        3,
    ),
    Claim(
        "mean-picture",
        "5.1, Figure 5",
        Statement(
            "A batch of real pictures is farther from a minibatch than the mean picture repeated.",
            _RATIO.format("the mean picture"),
            Range(high=1),
            {law: _against_fresh("mean", law) for law in (_FACES, _DIGITS)},
        ),
        "CelebA: 48.73 / 51.40",
        "What counts is how many dimensions the pictures fill: digits fill about 8. Our faces are drawn.",
        _SEEN,
        4,
        _PAPER["mean"] / _PAPER["fresh"],
    ),
    Claim(
        "centroid-pictures",
        "5.1, Figure 5",
        Statement(
            "A batch of real pictures is farther from a minibatch than k-means centroids.",
            _RATIO.format("k-means centroids"),
            Range(high=1),
            {law: _against_fresh("k-means", law) for law in (_FACES, _DIGITS)},
        ),
        "CelebA: 40.15 / 51.40",
        "All centroids at once; for centroids drawn at random see section 1.",
        _SEEN,
        4,
        _PAPER["k-means"] / _PAPER["fresh"],
    ),
    Claim(
        "canas-rosasco",
        "5.2",
        Statement(
            "The law on the k-means centroids, as the paper writes it, has the smallest W₂ of all laws on k points.",
            "W₂ of centroids with equal weights / with the weights of their cells",
            Range(high=1),
            {"Gaussian, d = 2, k = 16": _nearest_points(weighted=False)},
        ),
        "p^k = Σ δ(x_i), arg min W₂(p, p*)",
        "The theorem has each centroid weighted by its cell; a minibatch has equal weights.",
        _SEEN,
        5,
        None,
        Statement(
            "With the weights of their cells, centroids are nearer than other points.",
            "W₂ of weighted centroids / of weighted samples",
            Range(high=1),
            {"Gaussian, d = 2, k = 16": _nearest_points(weighted=True)},
        ),
    ),
    Claim(
        "free-points",
        "5.2",
        Statement(
            "A minibatch with the smallest possible loss is one of k-means centroids, also for W₁ and minibatches.",
            "W₁ of free points that minimised the loss to centroids / to samples, k = n = 16",
            Range(high=1),
            {law: _ends_at_centroids(law) for law in (_DIGITS, "Gaussian, d = 2")},
        ),
        "left as a possible objective for further study",
        "Free points end nearer to centroids than to samples: on digits by far, in the plane by little.",
        _SEEN,
        5,
    ),
    Claim(
        "looks-like-k-means",
        "5.2, Figure 7",
        Statement(
            "The output of a WGAN trained with the c-transform looks very similar to k-means.",
            LIKE_CENTROIDS,
            Range(high=0.5),
            {"digits, 600 steps": trained_place(C, 0.0)},
            {
                "digits, 5000 steps": recorded_place("c-transform"),
                "faces of 16 × 16, 5000 steps": recorded_place("c-transform", "faces"),
            },
        ),
        "very similar (pictures, no number)",
        "The c-transform pulls each picture to one real picture of each minibatch: it rests at an average.",
        _SEEN,
        6,
    ),
    Claim(
        "penalty-is-no-k-means",
        "5.2",
        Statement(
            "WGAN-GP generates much better: its output does not look like k-means.",
            LIKE_CENTROIDS,
            Range(low=0.5),
            {"digits, 600 steps": trained_place(WGAN_GP, 0.0)},
            {
                "digits, 5000 steps": recorded_place("wgan-gp"),
                "faces of 16 × 16, 5000 steps": recorded_place("wgan-gp", "faces"),
            },
        ),
        "much worse generative performance than WGAN-GP (of the c-transform)",
        "Its critic is no function of pixel distances to a minibatch.",
        _SEEN,
        6,
    ),
)
