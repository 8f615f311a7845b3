"""Notebook 09, what came after."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wgan_helpers import transport, ui
from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.lessons.unbiased import energy_u
from wgan_helpers.ui import Check

_LINE = """\
def line_estimate(real, fake, roads, h, penalty):
    # what has to cross the border to the right of each cell, times the length of a cell
    w = h * (real - fake).cumsum(dim=0).abs()
    return (w + w**2 / (2 * penalty * roads)).sum()
"""
_ENERGY = """\
def unbiased_energy(x, y):
    n, m = len(x), len(y)
    across = torch.cdist(x, y).mean()
    # a point is at distance 0 from itself: the sum has n(n-1) other terms
    within = torch.cdist(x, x).sum() / (n * (n - 1)) + torch.cdist(y, y).sum() / (m * (m - 1))
    return 2 * across - within
"""


def line_estimate() -> ui.Exercise:
    """What the best penalised critic says of two laws on a line."""
    generator = torch.Generator().manual_seed(4)
    drawn = torch.rand(3, 12, generator=generator, dtype=torch.float64) + 0.2
    real, fake, roads = drawn / drawn.sum(dim=1, keepdim=True)
    h, penalty = 0.5, 0.3
    flow = h * (real - fake).cumsum(dim=0)

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(real, fake, roads, h, penalty), value)

    def estimate(w: Tensor, factor: float = 2.0) -> Tensor:
        return (w.abs() + w**2 / (factor * penalty * roads)).sum()

    checks = [
        *is_a_function("line_estimate(real, fake, roads, h, penalty)", lambda f: f(real, fake, roads, h, penalty)),
        Check(
            "one number",
            lambda f: torch.as_tensor(f(real, fake, roads, h, penalty)).numel() == 1,
            "sum over the cells: the estimate is one number.",
        ),
        Check(
            "what flows adds up",
            lambda f: not gives(estimate(h * (real - fake)))(f),
            "real − fake is what a cell lacks. What crosses its border is what all cells up to it lack: cumulate.",
        ),
        Check(
            "length has no sign",
            lambda f: not gives((flow + flow**2 / (2 * penalty * roads)).sum())(f),
            "mass that goes left costs as much as mass that goes right: take the absolute value.",
        ),
        Check(
            "the length of a cell",
            lambda f: not gives(estimate(flow / h))(f),
            "h is missing: the flow is mass times length.",
        ),
        Check("congestion", lambda f: not gives(flow.abs().sum())(f), "that is W₁: nothing is paid for crowding yet."),
        Check(
            "each road has its width",
            lambda f: not gives((flow.abs() + flow**2 / (2 * penalty)).sum())(f),
            "the width of the road is missing: divide by <code>roads</code>, cell by cell.",
        ),
        Check(
            "the estimate, not the objective",
            lambda f: not gives(estimate(flow, 4.0))(f),
            "with 4λ you have what the critic maximises, the penalty taken off. Its estimate has 2λ.",
        ),
        Check("|w| + w²/2λr", gives(estimate(flow)), "w is the cumulated flow times h; sum |w| + w²/(2λr)."),
    ]
    return ui.exercise("line_estimate", checks, solution=_LINE)


def unbiased_energy() -> ui.Exercise:
    """The energy distance of two minibatches without bias."""
    x, y = Gaussian(3).sample(12, torch.Generator().manual_seed(0)).double().split((7, 5))
    right = energy_u(x, y)
    across = transport.pairwise_distance(x, y).mean()

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(x, y), value)

    checks = [
        *is_a_function("unbiased_energy(x, y)", lambda f: f(x, y)),
        Check(
            "one number",
            lambda f: torch.as_tensor(f(x, y)).numel() == 1,
            "take means over the pairs: the distance is one number.",
        ),
        Check(
            "the points among themselves",
            lambda f: not (gives(across)(f) or gives(2 * across)(f)),
            "that is least for a single point: the mean distances within x and within y are missing.",
        ),
        Check("2 E|x − y|", lambda f: not gives(right - across)(f), "the mean distance between x and y counts twice."),
        Check(
            "no point with itself",
            lambda f: not gives(transport.energy_distance(x, y))(f),
            "a point and itself are counted, with distance 0: divide by n(n − 1), not by n².",
        ),
        Check(
            "each pair as often as it is counted",
            lambda f: not gives(2 * right - 2 * across)(f),
            "each pair counts once among n(n − 1)/2, or twice among n(n − 1): what is within is twice too large.",
        ),
        Check("distances, not squares", lambda f: not gives(_squared(x, y))(f), "take distances, not their squares."),
        Check(
            "right",
            gives(right),
            lambda f: f"on the points of the check it is {right:.4f}, yours {float(f(x, y)):.4f}.",
        ),
    ]
    return ui.exercise("unbiased_energy", checks, solution=_ENERGY)


def _squared(x: Tensor, y: Tensor) -> Tensor:
    across, within_x, within_y = (torch.cdist(a, b).square() for a, b in ((x, y), (x, x), (y, y)))
    return 2 * across.mean() - sum(each.sum() / (len(each) * (len(each) - 1)) for each in (within_x, within_y))
