"""Notebook 00, start here."""

import torch

from wgan_helpers import ui
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.ui import Check

_SOLUTION = """\
def point_distance(x, y):
    return (x - y).square().sum().sqrt()
"""


def point_distance() -> ui.Exercise:
    """How an exercise works."""
    x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 6.0, 3.0])
    checks = [
        *is_a_function("point_distance(x, y)", lambda f: f(x, y)),
        Check("it returns one number", lambda f: torch.as_tensor(f(x, y)).numel() == 1, "sum over the coordinates."),
        Check("not its square", lambda f: not close(f(x, y), torch.tensor(25.0)), "take the square root."),
        Check(
            "it is the distance",
            lambda f: close(f(x, y), torch.tensor(5.0)),
            lambda f: f"from (1, 2, 3) to (4, 6, 3) it is 5, yours is {float(f(x, y)):g}.",
        ),
    ]
    return ui.exercise("point_distance", checks, solution=_SOLUTION)
