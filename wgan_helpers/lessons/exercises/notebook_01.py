"""Notebook 01, introduction."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wgan_helpers import ui
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.ui import Check

_SOLUTION = """\
def true_distance(x, mean, t):
    return t * (x - mean).norm(dim=1).mean()
"""


def true_distance() -> ui.Exercise:
    """How far faded pictures are from real ones."""
    x = torch.tensor([[3.0, 4.0], [-3.0, -4.0], [0.0, 1.0], [0.0, -1.0]]) + 7
    mean, far = x.mean(dim=0), (x - x.mean(dim=0)).norm(dim=1)

    def gives(value: Tensor, t: float = 0.5) -> Callable[[Any], bool]:
        return lambda f: close(f(x, mean, t), value)

    checks = [
        *is_a_function("true_distance(x, mean, t)", lambda f: f(x, mean, 0.5)),
        Check(
            "it returns one number",
            lambda f: torch.as_tensor(f(x, mean, 0.5)).numel() == 1,
            "take the mean over the pictures: each has the mass 1/n.",
        ),
        Check("0 for pictures that did not fade", gives(torch.tensor(0.0), 0.0), "at t = 0 nothing has to move."),
        Check("the mean, not the sum", lambda f: not gives(far.sum() / 2)(f), "each picture has the mass 1/n, not 1."),
        Check(
            "a distance, not its square",
            lambda f: not (gives(far.square().mean() / 2)(f) or gives(far.square().mean() / 4)(f)),
            "the root over the coordinates is missing: $W_1$ counts distances, not their squares.",
        ),
        Check(
            "distances first, then their mean",
            lambda f: not gives(torch.tensor(0.0))(f),
            "the pictures' differences from their mean cancel: take the length of each before the mean.",
        ),
        Check(
            "right",
            lambda f: gives(0.5 * far.mean())(f) and gives(0.2 * far.mean(), 0.2)(f),
            lambda f: f"for the four points of the check and t = 0.5 it is 1.5, yours is {float(f(x, mean, 0.5)):g}.",
        ),
    ]
    return ui.exercise("true_distance", checks, solution=_SOLUTION)
