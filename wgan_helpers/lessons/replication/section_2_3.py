"""Sections 2 and 3: divergences, the optimal discriminator, duality, and the two errors."""

from collections.abc import Callable
from typing import Final

import torch
from scipy.optimize import linear_sum_assignment

from wgan_helpers import transport
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import (
    divergences,
    estimation_error,
    monte_carlo,
    moving_generator,
    optimal_discriminator,
    vanishing_gradients,
)
from wgan_helpers.lessons.replication.claim import Claim, Estimate, Range, Statement
from wgan_helpers.lessons.replication.numbers import mean

_SEEN: Final = "02_original_motivations"


def _slope(divergence: str, theta: float) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        frame = divergences.measure([theta]).set_index("divergence")
        return Estimate(float(frame.loc[divergence, "gradient"]))

    return measured


def _best_value(seed: int) -> Estimate:
    real, fake = optimal_discriminator.REAL, optimal_discriminator.generated(1.0)
    x = torch.linspace(-8, 8, 1601, dtype=torch.float64)
    judged = optimal_discriminator.judge((real.density(x) / fake.density(x)).log()[None], real, fake)
    return Estimate(float(judged.estimate) / optimal_discriminator.true_divergence(real, fake))


def _seen_after(steps: int) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        frame = optimal_discriminator.measure(steps=(steps,), seed=seed)
        missing = optimal_discriminator.missing(frame, ["step"]).iloc[0]
        return Estimate(1 - missing["missing"], missing["error"])

    return measured


def _missed_from_scratch(seed: int) -> Estimate:
    seen = _seen_after(5)(seed)
    return Estimate(1 - seen.value, seen.error)


def _missed_behind(speed: float) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        frame = moving_generator.measure((5,), (speed,), seed=seed)
        missing = optimal_discriminator.missing(frame, ["speed"]).iloc[0]
        return Estimate(missing["missing"], missing["error"])

    return measured


def _left(loss: str, std: float) -> Callable[[int], Estimate]:
    """What is left of the generator's gradient after 500 steps of the discriminator."""

    def measured(seed: int) -> Estimate:
        frame = vanishing_gradients.measure((std,), seed=seed)
        size = frame[frame["loss"] == loss].pivot(index="repetition", columns="step", values="gradient").abs()
        return mean(size[500] / size.max(axis=1))

    return measured


def _dual_over_primal(dim: int) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        x, y = Gaussian(dim).sample(128, monte_carlo.generator(seed, dim)).split(64)
        f, g = transport.kantorovich_potentials(x, y)
        cost = torch.cdist(x.double(), y.double()).numpy()
        return Estimate(float(f.mean() + g.mean()) / float(cost[linear_sum_assignment(cost)].mean()))

    return measured


def _error(column: str, dim: int) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        frame = estimation_error.measure(dim=dim, repetitions=200, seed=seed)
        found = mean(frame[column] / frame["true"])
        return Estimate(abs(found.value), found.error)

    return measured


CLAIMS: Final = (
    Claim(
        "js-is-flat",
        "2.3",
        Statement(
            "The Jensen–Shannon divergence is maximal whenever the supports are disjoint: it is uninformative there.",
            "derivative of JS by the distance θ of two lines",
            Range(-1e-6, 1e-6),
            {f"θ = {theta:g}": _slope("Jensen–Shannon", theta) for theta in (0.1, 1.0)},
        ),
        "JS is maximised whenever the two distributions have disjoint supports",
        "JS = log 2 wherever the lines do not meet. Any blur on both sides mends it, as far as it reaches.",
        _SEEN,
        1,
    ),
    Claim(
        "w1-is-smooth",
        "2.3",
        Statement(
            "W₁ decreases smoothly as the supports converge to each other.",
            "derivative of W₁ by the distance θ of two lines",
            Range(0.999, 1.001),
            {f"θ = {theta:g}": _slope("W₁", theta) for theta in (0.1, 1.0)},
        ),
        "decreases smoothly",
        "W₁ = θ between the laws. Between minibatches it is another matter: section 5.",
        _SEEN,
        1,
    ),
    Claim(
        "best-discriminator-gives-js",
        "2.2",
        Statement(
            "With the best discriminator the vanilla GAN's value is that of the Jensen–Shannon divergence.",
            "(log 2 − loss / 2) / JS",
            Range(0.97, 1.03),
            {"D* itself": _best_value, "trained for 1000 steps": _seen_after(1000)},
        ),
        "induces the minimisation of JS",
        "max V = 2 JS − log 4; a small network comes within a few per cent, in one dimension.",
        _SEEN,
        2,
    ),
    Claim(
        "not-optimal-in-practice",
        "2.2",
        Statement(
            "The discriminator is not optimal after each update of the generator.",
            "share of JS that the discriminator's loss does not see",
            Range(low=0.1),
            {
                "5 steps from scratch": _missed_from_scratch,
                "5 steps for each of a generator that moves by 0.01": _missed_behind(0.01),
                "the same, 0.05": _missed_behind(0.05),
            },
        ),
        "This is not the case in practice",
        "True by nearly everything from scratch. One that only has to follow, in one dimension, misses 2 to 9 %.",
        _SEEN,
        2,
    ),
    Claim(
        "gradients-vanish",
        "2.3",
        Statement(
            "An accurate discriminator makes the generator's gradients vanish.",
            "gradient after 500 steps of the discriminator, over the largest on the way",
            Range(high=0.01),
            {
                "saturating loss, lines": _left("saturating", 0.0),
                "saturating loss, lines with a blur of 0.2": _left("saturating", 0.2),
                "non-saturating loss, lines": _left("non-saturating", 0.0),
            },
        ),
        "∇V → 0 as D → D*",
        "Only for disjoint or thin supports, and only for the saturating loss; that of the loss in use grows instead.",
        _SEEN,
        3,
    ),
    Claim(
        "duality",
        "3",
        Statement(
            "The loss equals W₁ of the minibatches if the optimal discriminator is learned exactly.",
            "dual value of exact potentials / W₁ of SciPy's assignment",
            Range(1 - 1e-5, 1 + 1e-5),
            {f"Gaussian, d = {dim}, n = 64": _dual_over_primal(dim) for dim in (2, 50)},
        ),
        "This approximation becomes an equality",
        "Kantorovich's duality.",
        "03_estimating_w1",
        1,
    ),
    Claim(
        "two-errors",
        "3",
        Statement(
            "There are two errors: the critic is not optimal, and the sample is finite.",
            "mean error / true W₁",
            Range(low=0.05),
            {
                "critic, 20 steps, d = 2": _error("from_critic", 2),
                "sample, n = 64, d = 2": _error("from_sample", 2),
                "sample, n = 64, d = 50": _error("from_sample", 50),
            },
        ),
        "two sources of error",
        "They have opposite signs and may cancel. At d = 50 nearly all of the error is the sample's.",
        "03_estimating_w1",
        3,
    ),
)
