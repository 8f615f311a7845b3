"""Notebook 00, start here."""

import torch
from torch import Tensor

from wgan_helpers import ui
from wgan_helpers.lessons.exercises.compare import close
from wgan_helpers.ui import Check


def _point_distance(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).square().sum().sqrt()


def point_distance() -> ui.Exercise:
    """How an exercise works."""
    x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 6.0, 3.0])
    checks = [
        Check("it is a function", callable, "write a function <code>point_distance(x, y)</code>."),
        Check("it returns something", lambda f: f(x, y) is not None, "a <code>return</code> is missing."),
        Check("it returns one number", lambda f: torch.as_tensor(f(x, y)).numel() == 1, "sum over the coordinates."),
        Check("not its square", lambda f: not close(f(x, y), torch.tensor(25.0)), "take the square root."),
        Check(
            "it is the distance",
            lambda f: close(f(x, y), torch.tensor(5.0)),
            lambda f: f"from (1, 2, 3) to (4, 6, 3) it is 5, yours is {float(f(x, y)):g}.",
        ),
    ]
    return ui.exercise("point_distance", checks, solution=_point_distance)
