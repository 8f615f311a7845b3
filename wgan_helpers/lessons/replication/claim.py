"""What a claim is, and the one rule that gives its verdict.

A claim says that a number lies in a range, in one setting or in several. It is *shown* in a setting if the whole of
number ± 2 standard errors lies in the range. Verdicts follow, in this order:

- shown in every setting: it **holds**;
- if there is a corrected statement, shown in every setting of its own: **paper's text inexact**;
- shown in some settings and not in others: it **holds under conditions**;
- shown in none: **not reproduced**.

A number that was computed exactly has the error 0. One that comes from a single run has none: it counts as it is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, isnan, nan
from typing import Final, NamedTuple

HOLDS: Final = "holds"
CONDITIONS: Final = "holds under conditions"
INEXACT: Final = "paper's text inexact"
NOT: Final = "not reproduced"
UNMEASURED: Final = "not measured"
VERDICTS: Final = (HOLDS, CONDITIONS, INEXACT, NOT, UNMEASURED)

#: The sections of the paper that make claims, by their titles.
SECTIONS: Final[Mapping[str, str]] = {
    "1": "Introduction",
    "2": "Original motivations for Wasserstein GAN",
    "3": "Estimation of W₁ in WGANs",
    "4": "Approximation of the optimal discriminator",
    "5": "Finite sample approximation of W₁",
    "6": "Fundamental issues of the Wasserstein distance",
    "7": "WGAN-GP in the space of GANs",
    "8": "Conclusions",
}


class Estimate(NamedTuple):
    """A number and its standard error: 0 if it is exact, NaN if it comes from one run."""

    value: float
    error: float = 0.0


ONE_RUN: Final = nan


class Range(NamedTuple):
    """Where a number must lie for the claim to be true; open at both ends."""

    low: float = -inf
    high: float = inf

    def shows(self, estimate: Estimate) -> bool:
        """Whether the number lies inside, with twice its standard error on either side."""
        margin = 0.0 if isnan(estimate.error) else 2 * estimate.error
        return self.low < estimate.value - margin and estimate.value + margin < self.high

    def __str__(self) -> str:
        if self.low == -inf:
            return f"< {self.high:.6g}"
        return f"> {self.low:.6g}" if self.high == inf else f"{self.low:.6g} to {self.high:.6g}"


@dataclass(frozen=True)
class Statement:
    """A sentence, and the number by which it is judged.

    Attributes
    ----------
    says : str
        One sentence.
    number : str
        What is measured, in words.
    true : Range
        Where the number is if the sentence is true.
    settings : mapping of str to callable
        For each setting a function of a seed that measures the number, in seconds.
    recorded : mapping of str to callable
        The same of long runs that were recorded; ``None`` where there is no such record.
    """

    says: str
    number: str
    true: Range
    settings: Mapping[str, Callable[[int], Estimate]] = field(default_factory=dict)
    recorded: Mapping[str, Callable[[], Estimate | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A claim of the paper.

    Attributes
    ----------
    name : str
        Short, for files and menus.
    place : str
        Where the paper makes it: ``"5.1, Figure 6"``.
    statement : Statement
        What it says.
    paper : str
        The paper's number, or its words.
    why : str
        One line: why it is as it was found.
    notebook, part : str, int
        Where the live figure is: the name of the notebook, and the number of its section.
    paper_value : float, optional
        The paper's value of the number, where it gives one.
    instead : Statement, optional
        What would be right, where the paper's words are not.
    """

    name: str
    place: str
    statement: Statement
    paper: str
    why: str
    notebook: str
    part: int
    paper_value: float | None = None
    instead: Statement | None = None

    @property
    def section(self) -> str:
        """The paper's section: one of :data:`SECTIONS`."""
        return self.place[0]

    @property
    def statements(self) -> dict[str, Statement]:
        """``paper``, and ``instead`` if there is one."""
        return {"paper": self.statement} | ({"instead": self.instead} if self.instead else {})


def verdict(shown: Iterable[bool], shown_instead: Iterable[bool] = ()) -> str:
    """The verdict, from whether the claim, and the corrected one, is shown in each setting."""
    shown, shown_instead = list(shown), list(shown_instead)
    if not shown:
        return UNMEASURED
    if all(shown):
        return HOLDS
    if shown_instead and all(shown_instead):
        return INEXACT
    return CONDITIONS if any(shown) else NOT
