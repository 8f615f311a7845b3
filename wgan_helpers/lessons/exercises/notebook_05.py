"""Notebook 05, finite samples."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wgan_helpers import ui
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import batches, bernoulli, false_minima, monte_carlo
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.transport import bernoulli_gradient_bias
from wgan_helpers.ui import Check

_MEAN_BATCH = """\
def mean_batch_loss(x, mean):
    # one point on the other side, so there is one plan: everything goes there
    return torch.linalg.vector_norm(x - mean, dim=1).mean()
"""
_CROSSOVER = """\
def mean_wins(dim, n=64, repetitions=200):
    law = distributions.Gaussian(dim)
    x, y = law.sample(2 * repetitions * n).reshape(2, repetitions, n, dim)
    return (x - law.mean).norm(dim=-1).mean() < transport.wasserstein1(x, y).mean()

crossover_64 = 1
while not mean_wins(crossover_64):
    crossover_64 += 1
"""
_BIAS = """\
def estimate_bias(theta, theta_star, n, repetitions, generator):
    minibatches = (torch.rand(repetitions, n, generator=generator) < theta_star).double()
    share_of_ones = minibatches.mean(dim=1)
    # W1 = |share - theta|, so its gradient in theta is the sign of theta - share: one for each minibatch
    sample_gradient = torch.sign(theta - share_of_ones)
    true_gradient = 1.0 if theta > theta_star else -1.0
    return float(sample_gradient.mean()) - true_gradient
"""


def mean_batch_loss() -> ui.Exercise:
    """The loss of a batch of means, in closed form."""
    x = Gaussian(7).sample(20, torch.Generator().manual_seed(3)) + 2.0
    mean = torch.linspace(0.5, 2.5, 7)
    right = batches.mean_batch_w1

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda answer: close(answer(x, mean), value)

    distances = torch.linalg.vector_norm(x - mean, dim=-1)
    checks = [
        *is_a_function("mean_batch_loss(x, mean)", lambda f: f(x, mean)),
        Check(
            "it returns one number",
            lambda f: torch.as_tensor(f(x, mean)).numel() == 1,
            lambda f: f"it has shape {tuple(torch.as_tensor(f(x, mean)).shape)}; the loss is one number for the batch.",
        ),
        Check(
            "distances, not their squares",
            lambda f: not gives(distances.square().mean())(f),
            "you averaged squared distances: that is W₂², the ground cost of W₁ is the distance itself.",
        ),
        Check(
            "normalised",
            lambda f: not gives(distances.sum())(f),
            "you summed over the batch; each point carries the mass 1/n.",
        ),
        Check(
            "every point moves by itself",
            lambda f: not gives(torch.linalg.vector_norm(x.mean(dim=0) - mean))(f),
            "you averaged the points before you took the distance: then points on opposite sides cancel.",
        ),
        Check(
            "the mean is used",
            lambda f: not close(f(x, mean), f(x, mean + 1)),
            "the result does not change with <code>mean</code>.",
        ),
        Check(
            "it is the loss",
            lambda f: gives(right(x, mean))(f),
            lambda f: f"here it should be {right(x, mean):.4f}, yours is {float(f(x, mean)):.4f}.",
        ),
    ]
    return ui.exercise("mean_batch_loss", checks, solution=_MEAN_BATCH)


def crossover_dimension(n: int = 64) -> ui.Exercise:
    """The dimension from which on the mean beats a real batch."""

    def advantage(dim: int) -> tuple[float, float]:
        """How much closer the mean is than a fresh batch, and the standard error of that."""
        frame = false_minima.measure(Gaussian(dim), n, 200, kinds=("fresh", "mean"), seed=1)
        paired = frame.pivot(index="repetition", columns="batch", values="w1")
        gain = paired["fresh"] - paired["mean"]
        return float(gain.mean()), float(gain.sem())

    def mean_wins(dim: int) -> bool:
        gain, error = advantage(dim)
        return gain > -3 * error

    checks = [
        Check("it is a whole number", lambda d: isinstance(d, int), "give the dimension as a whole number."),
        Check("it is a dimension", lambda d: 1 <= d <= 1000, "look between 1 and 1000."),
        Check(
            "the mean wins there",
            lambda d: mean_wins(d) or mean_wins(d + 1),  # a loop with few repetitions may be off by one
            lambda d: f"too low: at d = {d} a fresh batch is still closer, by {-advantage(d)[0]:.3f}.",
        ),
        Check(
            "and not yet a little below",
            lambda d: d <= 2 or not mean_wins(d - 2),
            lambda d: f"too high: at d = {d - 2} the mean already wins, by {advantage(d - 2)[0]:.3f}.",
        ),
    ]

    def expected() -> bytes:
        laws = [Gaussian(dim) for dim in false_minima.DIMS if dim <= 128]
        frame = false_minima.measure(laws, n, 20, kinds=("fresh", "mean"))
        return ui.picture(lambda ax: false_minima.plot(frame, ax, relative=True))

    return ui.exercise("crossover_64", checks, solution=_CROSSOVER, expected=expected)


def gradient_bias() -> ui.Exercise:
    """The bias of Theorem 5.1.1, found by experiment."""
    repetitions = 4000
    usual = (0.45, 0.3, 5)  # θ, θ*, n: every common mistake gives another number here

    def run(f: Callable[..., Any], *setting: float) -> float:
        return float(f(*(setting or usual), repetitions, monte_carlo.generator(0)))

    def error(f: Callable[..., Any], *setting: float) -> float:
        return abs(run(f, *setting) - float(bernoulli_gradient_bias(*(setting or usual))))

    def matters(f: Callable[..., Any], *setting: float) -> bool:
        return abs(run(f) - run(f, *setting)) > tolerance

    # four standard errors of a mean of ±1
    tolerance = 4 / repetitions**0.5
    checks = [
        *is_a_function(
            "estimate_bias(theta, theta_star, n, repetitions, generator)",
            lambda f: f(*usual, 100, monte_carlo.generator(0)),
        ),
        Check(
            "it returns one number",
            lambda f: torch.as_tensor(f(*usual, 100, monte_carlo.generator(0))).numel() == 1,
            "average the gradients of all minibatches into one number.",
        ),
        Check(
            "the true gradient is subtracted",
            lambda f: abs(run(f) - float(bernoulli_gradient_bias(*usual)) - 1) > tolerance,
            "this is the expected sample gradient; its bias is the difference to the true gradient, sign(θ − θ*).",
        ),
        Check(
            "each minibatch has its own gradient",
            lambda f: abs(run(f)) > tolerance,
            "you find no bias: take the sign for every minibatch first, and average after that.",
        ),
        Check(
            "the sign of the gradient",
            lambda f: abs(run(f) + float(bernoulli_gradient_bias(*usual)) + 2) > tolerance,
            "the gradient of |k/n − θ| in θ is the sign of θ − k/n, not of k/n − θ.",
        ),
        Check(
            "every argument is used",
            lambda f: matters(f, 0.65, 0.3, 5) and matters(f, 0.45, 0.1, 5) and matters(f, 0.45, 0.3, 50),
            "the result ignores θ, θ* or n.",
        ),
        Check(
            "it finds the bias",
            lambda f: error(f) < tolerance,
            lambda f: f"at θ = {usual[0]}, θ* = {usual[1]}, n = {usual[2]} you are {error(f):.3f} from the exact bias.",
        ),
        Check(
            "also where θ is below θ*",
            lambda f: error(f, 0.55, 0.6, 9) < tolerance,
            "below θ* the true gradient is −1.",
        ),
    ]

    def expected() -> bytes:
        return ui.picture(lambda ax: bernoulli.plot(bernoulli.measure(0.3, 5), ax, "gradient"))

    return ui.exercise("estimate_bias", checks, solution=_BIAS, expected=expected)
