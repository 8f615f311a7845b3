"""Notebook 02, the original motivations."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wgan_helpers import ui
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.ui import Check

_OPTIMAL = """\
def optimal_discriminator(p, q):
    return p / (p + q)
"""
_JENSEN_SHANNON = """\
def jensen_shannon(p, q):
    middle = (p + q) / 2
    # xlogy(0, anything) is 0, which is the limit of p log p
    kl_p = torch.xlogy(p, p / middle).sum()
    kl_q = torch.xlogy(q, q / middle).sum()
    return (kl_p + kl_q) / 2
"""
_SLOPE = """\
def saturating_slope(score):
    # d/ds log(1 - sigmoid(s)): 1/(1 - D) times -D(1 - D), so the factor 1 - D cancels
    return -torch.sigmoid(score)
"""


def optimal_discriminator() -> ui.Exercise:
    """The best discriminator of two laws, from their densities."""
    p, q = torch.tensor([0.1, 0.4, 0.2, 0.0]), torch.tensor([0.3, 0.1, 0.2, 0.5])
    right = p / (p + q)

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(p, q), value)

    checks = [
        *is_a_function("optimal_discriminator(p, q)", lambda f: f(p, q)),
        Check(
            "one value for each point",
            lambda f: torch.as_tensor(f(p, q)).shape == p.shape,
            "D* has a value at every point: nothing is summed over the points.",
        ),
        Check(
            "it says how real a point is",
            lambda f: not gives(1 - right)(f),
            "this is the probability of being <i>generated</i>: p belongs on top, the density of real points.",
        ),
        Check(
            "it is a probability",
            lambda f: not gives(p / q)(f),
            "this is the odds p/q. They are D/(1 − D); solve for D.",
        ),
        Check(
            "not the score",
            lambda f: not gives((p / q).log())(f),
            "this is the best <i>score</i>, log p/q: D* is its sigmoid.",
        ),
        Check(
            "the point's own density decides",
            lambda f: not gives(p / (p + q).sum())(f),
            "divide by p + q at the same point, not by their sum over all points.",
        ),
        Check(
            "½ where both are equally likely",
            lambda f: abs(float(f(p, q)[2]) - 0.5) < 1e-4,
            lambda f: f"where p = q = 0.2 nobody can tell: D* = 1/2 there, yours is {float(f(p, q)[2]):.3f}.",
        ),
        Check("it maximises V", gives(right), "maximise p log D + q log(1 − D) over D, at every point by itself."),
    ]
    return ui.exercise("optimal_discriminator", checks, solution=_OPTIMAL)


def jensen_shannon() -> ui.Exercise:
    """The divergence of two laws on a grid."""
    p, q = torch.tensor([0.5, 0.3, 0.2]).double(), torch.tensor([0.1, 0.3, 0.6]).double()
    left, right = torch.tensor([1.0, 0.0]).double(), torch.tensor([0.0, 1.0]).double()
    middle = (p + q) / 2
    kl = {"p|m": (p * (p / middle).log()).sum(), "q|m": (q * (q / middle).log()).sum()}
    kl |= {"p|q": (p * (p / q).log()).sum(), "q|p": (q * (q / p).log()).sum()}
    wanted = (kl["p|m"] + kl["q|m"]) / 2

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(p, q), value)

    checks = [
        *is_a_function("jensen_shannon(p, q)", lambda f: f(p, q)),
        Check("one number", lambda f: torch.as_tensor(f(p, q)).shape == (), "sum over the points of the grid."),
        Check(
            "both go to the middle",
            lambda f: not any(gives(value)(f) for value in (kl["p|q"], (kl["p|q"] + kl["q|p"]) / 2)),
            "this compares p and q directly, which is infinite where one is 0: compare each with (p + q)/2.",
        ),
        Check(
            "both laws count",
            lambda f: not gives(kl["p|m"])(f) and not gives(kl["q|m"])(f),
            "only one of the two is compared with the middle.",
        ),
        Check("their mean", lambda f: not gives(2 * wanted)(f), "half of the sum of both."),
        Check("in nats", lambda f: not gives(wanted / math.log(2))(f), "this is in bits: take the natural logarithm."),
        Check("it is the divergence", gives(wanted), "JS = ½ KL(p | m) + ½ KL(q | m) with m = (p + q)/2."),
        Check(
            "also where a law is 0",
            lambda f: close(f(left, right), torch.tensor(math.log(2))),
            lambda f: (
                f"with all mass on different points it is log 2 = 0.693, yours is {float(f(left, right)):.3f}. "
                "0 log 0 counts as 0: torch.xlogy knows."
            ),
        ),
    ]
    return ui.exercise("jensen_shannon", checks, solution=_JENSEN_SHANNON)


def saturating_slope() -> ui.Exercise:
    """How the saturating loss answers to the score of a generated point."""
    score = torch.tensor([-20.0, -2.0, 0.5, 3.0])
    d = torch.sigmoid(score)

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(score), value)

    checks = [
        *is_a_function("saturating_slope(score)", lambda f: f(score)),
        Check(
            "one value for each score", lambda f: torch.as_tensor(f(score)).shape == score.shape, "nothing is summed."
        ),
        Check(
            "a derivative, not the loss",
            lambda f: not gives((1 - d).log())(f),
            "this is the loss itself: differentiate it by s.",
        ),
        Check("the sign", lambda f: not gives(d)(f), "the loss falls as the score rises: the derivative is negative."),
        Check(
            "by the score",
            lambda f: not gives(-1 / (1 - d))(f),
            "this is the derivative by D. The chain rule asks for the sigmoid's derivative, D(1 − D), as well.",
        ),
        Check(
            "of the loss, not of D",
            lambda f: not gives(d * (1 - d))(f) and not gives(-d * (1 - d))(f),
            "D(1 − D) is the derivative of D alone: the logarithm's, −1/(1 − D), is missing.",
        ),
        Check(
            "of this loss",
            lambda f: not gives(d - 1)(f),
            "−(1 − D) is the derivative of −log D, the loss that does not saturate.",
        ),
        Check("it is right", gives(-d), "d/ds log(1 − σ(s)) = −σ(s)."),
    ]
    return ui.exercise("saturating_slope", checks, solution=_SLOPE)
