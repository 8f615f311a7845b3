"""Notebook 04, approximating the optimal discriminator."""

from collections.abc import Callable
from typing import Any

import torch

from wgan_helpers import ui
from wgan_helpers.lessons.critic_estimates import penalised
from wgan_helpers.lessons.exercises.compare import is_a_function
from wgan_helpers.ui import Check

_PENALTY = """\
def penalty_that_misleads(w1, factor):
    # E = W + W²/(2λ) = factor · W: divide by W, and solve for λ
    return w1 / (2 * (factor - 1))
"""


def penalty_that_misleads() -> ui.Exercise:
    """The λ with which the gradient penalty's estimate is so many times what it should be."""
    cases = [(1.0, 10.0), (6.0, 4.0), (0.5, 1.5)]

    def gives(formula: Callable[[float, float], float]) -> Callable[[Any], bool]:
        return lambda f: all(abs(float(f(w1, factor)) - formula(w1, factor)) < 1e-4 for w1, factor in cases)

    def what_is_off(f: Any) -> str:
        penalty = float(f(1.0, 10.0))
        return f"for W = 1 your λ is {penalty:.4g}, with which E = {penalised(1.0, penalty):.4g} and not 10."

    checks = [
        *is_a_function("penalty_that_misleads(w1, factor)", lambda f: f(1.0, 10.0)),
        Check("one number", lambda f: torch.as_tensor(f(1.0, 10.0)).numel() == 1, "λ is one number."),
        Check("a penalty", lambda f: all(float(f(*case)) > 0 for case in cases), "λ must be positive."),
        Check(
            "it depends on W",
            lambda f: float(f(1.0, 10.0)) != float(f(2.0, 10.0)),
            "the result ignores <code>w1</code>: the same λ is harmless for a small distance and not for a large one.",
        ),
        Check(
            "it falls with the factor",
            lambda f: float(f(1.0, 10.0)) < float(f(1.0, 4.0)),
            "a weaker penalty lets the critic be steeper: the farther off, the smaller λ.",
        ),
        Check(
            "E is factor · W, not factor · W too much",
            lambda f: not gives(lambda w1, factor: w1 / (2 * factor))(f),
            "you set W²/2λ = factor · W. But that is what λ <i>adds</i>: E is W + W²/2λ.",
        ),
        Check(
            "the 2 in 2λ",
            lambda f: not gives(lambda w1, factor: w1 / (factor - 1))(f),
            "what λ adds is W²/2λ, not W²/λ.",
        ),
        Check("E = factor · W", gives(lambda w1, factor: w1 / (2 * (factor - 1))), what_is_off),
    ]
    return ui.exercise("penalty_that_misleads", checks, solution=_PENALTY)
