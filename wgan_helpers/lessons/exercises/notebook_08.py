"""Notebook 08, conclusions."""

from math import inf
from typing import Any, Final

from wgan_helpers import ui
from wgan_helpers.lessons.exercises.compare import is_a_function
from wgan_helpers.ui import Check

_SOLUTION = """\
def verdict(found, low, high):
    shown = [low < value - 2 * error and value + 2 * error < high for value, error in found]
    if all(shown):
        return "holds"
    return "holds under conditions" if any(shown) else "not reproduced"
"""
_SURE: Final = [(0.95, 0.005), (0.80, 0.01)]
_MIXED: Final = [(0.95, 0.005), (1.20, 0.01)]
_WRONG: Final = [(1.30, 0.005), (1.20, 0.01)]
_VERDICTS: Final = ("holds", "holds under conditions", "not reproduced")


def verdict_rule() -> ui.Exercise:
    """The verdict on a claim, from its numbers and their standard errors."""

    def says(f: Any, found: list[tuple[float, float]], low: float = -inf, high: float = 1.0) -> Any:
        return f(found, low, high)

    checks = [
        *is_a_function("verdict(found, low, high)", lambda f: says(f, _SURE)),
        Check("one of the verdicts", lambda f: says(f, _SURE) in _VERDICTS, f"return one of {', '.join(_VERDICTS)}."),
        Check("shown everywhere", lambda f: says(f, _SURE) == "holds", "0.95 ± 0.005 and 0.80 ± 0.01 are below 1."),
        Check(
            "shown nowhere",
            lambda f: says(f, _WRONG) == "not reproduced",
            "1.30 ± 0.005 and 1.20 ± 0.01 are not below 1: the claim is shown in no setting.",
        ),
        Check(
            "shown in one of two",
            lambda f: says(f, _MIXED) == "holds under conditions" == says(f, _MIXED[::-1]),
            "0.95 is below 1, and 1.20 is not: look at every setting, in any order.",
        ),
        Check(
            "the error counts",
            lambda f: says(f, [(0.95, 0.1)]) != "holds",
            "0.95 ± 0.1 is no proof of a number below 1: the standard error has to be used.",
        ),
        Check(
            "twice the error",
            lambda f: says(f, [(0.95, 0.04)]) != "holds",
            "0.95 ± 0.04: one standard error is exceeded in a third of all measurements. Take two.",
        ),
        Check(
            "it may be shown",
            lambda f: says(f, [(0.95, 0.02)]) == "holds",
            "0.95 ± 0.02 is below 1 by more than two standard errors.",
        ),
        Check(
            "the lower end",
            lambda f: says(f, [(0.95, 0.001)], 0.96, 1.04) == "not reproduced",
            "0.95 is not between 0.96 and 1.04: the range has two ends.",
        ),
    ]
    return ui.exercise("verdict", checks, solution=_SOLUTION)
