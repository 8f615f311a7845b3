"""Notebook 07, the space of GANs."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from wgan_helpers import gans, networks, ui
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.ui import Check

_BJORCK = """\
def bjorck_step(W):
    return 1.5 * W - 0.5 * W @ W.T @ W
"""
_LOSS = """\
def generator_loss(scores):
    # -log sigmoid(s) = log(1 + exp(-s)), which is finite for every s
    return torch.nn.functional.softplus(-scores).mean()
"""
_BEST = """\
def best_of(scores, k):
    # the best of k draws is at most the i-th smallest with probability (i/N)^k
    ordered, N = scores.sort().values, len(scores)
    below = (torch.arange(N + 1, dtype=scores.dtype) / N) ** k
    return (ordered * (below[1:] - below[:-1])).sum()
"""


def bjorck_step() -> ui.Exercise:
    """One Björck step towards an orthonormal matrix."""
    start = networks.bjorck(torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    weight = 0.8 * start
    right = networks.bjorck(weight)

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(weight), value)

    checks = [
        *is_a_function("bjorck_step(W)", lambda f: f(weight)),
        Check(
            "a matrix of the same shape",
            lambda f: torch.as_tensor(f(weight)).shape == weight.shape,
            "W is (6, 4): W Wᵀ W is too, but W Wᵀ is (6, 6).",
        ),
        Check(
            "the signs",
            lambda f: not gives(1.5 * weight + 0.5 * weight @ weight.T @ weight)(f),
            "the cubic term is subtracted: it holds the large singular values back.",
        ),
        Check("it does something", lambda f: not gives(weight)(f), "it returns W as it was."),
        Check(
            "no singular value above 1",
            lambda f: float(torch.linalg.matrix_norm(torch.as_tensor(f(weight)), ord=2)) <= 1 + 1e-6,
            "σ = 0.8 has become larger than 1: the factors must be 3/2 and 1/2.",
        ),
        Check("σ becomes 1.5 σ − 0.5 σ³", gives(right), "the factors are 3/2 and 1/2."),
    ]
    return ui.exercise("bjorck_step", checks, solution=_BJORCK)


def generator_loss() -> ui.Exercise:
    """The loss that does not saturate, from the critic's scores."""
    scores = torch.tensor([-2.0, -0.5, 0.0, 3.0])
    right = gans.OBJECTIVES["ns"].losses(scores, scores).generator

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(scores), value)

    checks = [
        *is_a_function("generator_loss(scores)", lambda f: f(scores)),
        Check("one number", lambda f: torch.as_tensor(f(scores)).shape == (), "take the mean over the points."),
        Check("the sign", lambda f: not gives(-right)(f), "this is minimised, so it is −log D."),
        Check(
            "not the saturating one",
            lambda f: not gives(-softplus(scores).mean())(f),
            "this is log(1 − D), whose gradient vanishes where D is sure. The other one is −log D.",
        ),
        Check(
            "not the critic's",
            lambda f: not gives(softplus(scores).mean())(f),
            "this is −log(1 − D), what the critic minimises on generated points.",
        ),
        Check("−log D", gives(right), "D is the sigmoid of the score: the loss is the mean of −log D."),
        Check(
            "finite where D is sure",
            lambda f: bool(torch.isfinite(torch.as_tensor(f(torch.tensor([-200.0, 200.0]))))),
            "at a score of −200, sigmoid is 0 in float32 and its logarithm −∞: use softplus(−s) or logsigmoid(s).",
        ),
    ]
    return ui.exercise("generator_loss", checks, solution=_LOSS)


def best_of() -> ui.Exercise:
    """The expected best score that a budget of k random settings finds."""
    scores = torch.tensor([0.1, 0.9, 0.0, 0.4, 0.2], dtype=torch.float64)
    below = (torch.arange(6, dtype=torch.float64) / 5)[:, None] ** torch.tensor([1.0, 3.0])
    _, right = (scores.sort().values[:, None] * below.diff(dim=0)).sum(dim=0)

    def near(f: Any, k: int, value: Tensor) -> bool:
        """As near as 100,000 simulated draws come."""
        return abs(float(f(scores, k)) - float(value)) < 0.01

    checks = [
        *is_a_function("best_of(scores, k)", lambda f: f(scores, 3)),
        Check(
            "one number", lambda f: torch.as_tensor(f(scores, 3)).shape == (), "one expected score, not one for each."
        ),
        Check(
            "a budget of 1",
            lambda f: near(f, 1, scores.mean()),
            "the best of one random setting is, on average, the mean.",
        ),
        Check(
            "no more than the best",
            lambda f: float(f(scores, 1000)) <= float(scores.max()) + 1e-9,
            "no budget finds more than the best setting has.",
        ),
        Check(
            "not the best k",
            lambda f: not near(f, 3, scores.sort().values[-3:].mean()),
            "this is the mean of the three best. One tries three at random, and keeps the best of those.",
        ),
        Check(
            "it depends on the budget",
            lambda f: not near(f, 3, scores.max()),
            "this is the best of all. With a budget of 3 one finds it only sometimes.",
        ),
        Check(
            "the expected maximum", lambda f: near(f, 3, right), "the best of k is at most s if all k are at most s."
        ),
    ]
    return ui.exercise("best_of", checks, solution=_BEST)
