"""Notebook 03, estimating W₁."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wgan_helpers import transport, ui
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.ui import Check

_SOLUTION = """\
def c_transform(cost, g):
    # g belongs to the columns: for each x, the dearest f that no y forbids
    return (cost - g).amin(dim=1)
"""


def c_transform() -> ui.Exercise:
    """One c-transform."""
    generator = torch.Generator().manual_seed(0)
    cost = torch.rand(4, 6, generator=generator) + 0.5
    g = torch.randn(6, generator=generator)
    right = transport.c_transform(cost, g)

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(cost, g), value)

    checks = [
        *is_a_function("c_transform(cost, g)", lambda f: f(cost, g)),
        Check(
            "one value for each x",
            lambda f: torch.as_tensor(f(cost, g)).shape == (4,),
            lambda f: (
                f"cost is (4, 6), so the potential on x has shape (4,); yours is "
                f"{tuple(torch.as_tensor(f(cost, g)).shape)}. The minimum runs over j."
            ),
        ),
        Check(
            "g is subtracted",
            lambda f: not gives((cost + g).amin(dim=1))(f),
            "you added g: f_i + g_j ≤ c_ij asks for f_i ≤ c_ij − g_j.",
        ),
        Check(
            "the smallest, not the largest",
            lambda f: not gives((cost - g).amax(dim=1))(f),
            "with the maximum, f_i + g_j ≤ c_ij is broken for every other j.",
        ),
        Check("g is used", lambda f: not gives(cost.amin(dim=1))(f), "the result ignores g."),
        Check(
            "admissible",
            lambda f: bool((torch.as_tensor(f(cost, g))[:, None] + g <= cost + 1e-5).all()),
            "somewhere f_i + g_j is larger than c_ij.",
        ),
        Check("the largest that is admissible", gives(right), "a larger f would still be admissible."),
    ]
    return ui.exercise("c_transform", checks, solution=_SOLUTION)
