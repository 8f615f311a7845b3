"""Section 6: regularisation, the pictures of Figure 9, and the distance of pixels."""

from collections.abc import Callable
from typing import Final

import pandas as pd

from wgan_helpers.lessons import batches, blur, centroids, duality, pixel_distance, regularisation
from wgan_helpers.lessons.picture_gans import C_EPS, DEBIASED
from wgan_helpers.lessons.replication.claim import Claim, Estimate, Range, Statement
from wgan_helpers.lessons.replication.likeness import (
    LIKE_CENTROIDS,
    SPREAD,
    recorded_place,
    recorded_spread,
    trained_place,
    trained_spread,
)
from wgan_helpers.lessons.replication.numbers import exponent, mean, ratio

_SEEN: Final = "06_wasserstein_itself"
_LARGE: Final = 1000.0
_SIXTH: Final = 0.3


def _limit(column: str, limit: str, epsilon: float) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        row = blur.measure(duality.samples(64, seed=seed), [epsilon]).iloc[0]
        return Estimate(float(row[column] / row[limit]))

    return measured


def _divergences(sizes: tuple[int, ...], seed: int) -> pd.DataFrame:
    return regularisation.measure(sizes=sizes, epsilons=(0.0, _LARGE), repetitions=20, seed=seed)


def _at_250(seed: int) -> Estimate:
    found = _divergences((250,), seed).pivot(index="repetition", columns="epsilon", values="divergence")
    return ratio(found[_LARGE], found[0.0])


def _rate(seed: int) -> Estimate:
    frame = _divergences((50, 250), seed)
    return exponent(frame[frame["epsilon"] == _LARGE], "divergence")


def _wrong_person(strength: float) -> Callable[[int], Estimate]:
    return lambda seed: mean(pixel_distance.measure((strength,), ("pixels",), n=100, seed=seed)["wrong"].astype(float))


def _light_over_smile(seed: int) -> Estimate:
    faces = batches.pictures("faces", 64)
    known = [centroids.measure(faces, seed=3 * seed + start).set_index("factor")["known"] for start in range(3)]
    return ratio(*(pd.Series([each[factor] for each in known]) for factor in ("light_azimuth", "smile")))


CLAIMS: Final = (
    Claim(
        "sinkhorn-limits",
        "6",
        Statement(
            "The Sinkhorn divergence (Cuturi 2013) converges to the MMD as ε → ∞.",
            "value at ε = 1000 / half the energy distance, a squared MMD",
            Range(0.95, 1.05),
            {"not debiased, as in Cuturi 2013": _limit("plain", "half_energy", _LARGE)},
        ),
        "for ε → ∞, it converges to the MMD",
        "Only the debiased divergence does (Feydy et al. 2018); the other ends at E|x − y|, least for a single point.",
        _SEEN,
        1,
        1.0,
        Statement(
            "The debiased divergence leads from W₁ to the MMD.",
            "value / limit",
            Range(0.95, 1.05),
            {
                "debiased, ε = 1000, over the MMD": _limit("debiased", "half_energy", _LARGE),
                "debiased, ε = 0.01, over W₁": _limit("debiased", "w1", 0.01),
            },
        ),
    ),
    Claim(
        "sinkhorn-sample-complexity",
        "6, Figure 8",
        Statement(
            "For high ε the divergence of two samples is close to 0 at n = 250, contrary to W₁.",
            "divergence at ε = 1000 / W₁, n = 250",
            Range(high=0.05),
            {"cube, d = 50": _at_250},
        ),
        "already close to 0 (curves, no number)",
        "The debiased divergence; any other would stay near E|x − y|.",
        _SEEN,
        2,
    ),
    Claim(
        "sinkhorn-rate",
        "6",
        Statement(
            "As ε → ∞ the error is O(n^(−1/2)).",
            "s, where the divergence of two samples of one law decays like n^−s from n = 50 to 250",
            Range(low=0.5),
            {"cube, d = 50, ε = 1000": _rate},
        ),
        "O(n^(−1/2))",
        "A bound for any two laws; between samples of one law it decays twice as fast, like 1/n.",
        _SEEN,
        2,
        0.5,
    ),
    Claim(
        "entropic-k-means",
        "6, Figure 9",
        Statement(
            "With the (c, ε)-transform, even for high ε, the generator converges to a k-means-like law: several blurs.",
            SPREAD,
            Range(low=0.3),
            {
                "digits, ε = 1000, 600 steps": trained_spread(C_EPS, _LARGE),
                "the same, ε = 0.3, a sixth of the distances": trained_spread(C_EPS, _SIXTH),
                "the same, debiased": trained_spread(DEBIASED, _SIXTH),
            },
            {
                f"{data}, ε = 1000, 5000 steps": recorded_spread("c-eps-transform-1000", data)
                for data in ("digits", "faces")
            },
        ),
        "keeps converging into a k-means-like distribution",
        "If debiased, and ε a sixth of the distances. Not debiased, all pictures become one: nearly the mean of all.",
        _SEEN,
        4,
    ),
    Claim(
        "entropic-stays-poor",
        "6, Figure 9",
        Statement(
            "Without problems of sample complexity the performance remains poor: averages instead of pictures.",
            LIKE_CENTROIDS,
            Range(high=0.5),
            {
                "digits, ε = 1000, 600 steps": trained_place(C_EPS, _LARGE),
                "the same, debiased": trained_place(DEBIASED, _LARGE),
            },
            {
                "digits, ε = 1000, 5000 steps": recorded_place("c-eps-transform-1000"),
                "debiased, 5000 steps": recorded_place("c-eps-debiased-1000"),
                "faces, ε = 1000, 5000 steps": recorded_place("c-eps-transform-1000", "faces"),
                "faces, debiased, 5000 steps": recorded_place("c-eps-debiased-1000", "faces"),
            },
        ),
        "remains poor",
        "Not debiased, the loss wants all points in one place. Debiased, it gives digits; faces are noisy, still poor.",
        _SEEN,
        4,
    ),
    Claim(
        "pixels-and-light",
        "6",
        Statement(
            "Pixelwise metrics take the same person in different light for dissimilar.",
            "share of people whose nearest picture is another person's",
            Range(low=0.5),
            {f"drawn faces, light of strength {strength:g}": _wrong_person(strength) for strength in (0.4, 0.8)},
        ),
        "would consider them dissimilar (no measurement)",
        "Light moves thousands of pixels, a face's features a few dozen.",
        _SEEN,
        5,
    ),
    Claim(
        "pixels-and-centroids",
        "6",
        Statement(
            "The pixelwise metric is also a reason for the specific centroids that k-means finds.",
            "variance between clusters: share of the light's direction / of the smile",
            Range(low=2),
            {"10,000 drawn faces, k = 64": _light_over_smile},
        ),
        "also a reason for the specific centroids",
        "k-means sorts by skin, hair and light; a smile is about as invisible to it as chance.",
        _SEEN,
        5,
    ),
)
