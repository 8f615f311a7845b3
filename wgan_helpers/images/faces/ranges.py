"""What values a factor takes, and how often."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Law = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Range:
    """The values that a factor takes, and how often.

    Attributes
    ----------
    group : str
        One of identity, expression, pose, clothes, background, light.
    low, high : float
        Least and greatest value.
    says : str
        What it means, with its unit.
    width : int
        Numbers per face; 1 is stored as ``(n,)``.
    law : callable
        From uniform on [0, 1] to the factor's law on [0, 1].
    """

    group: str
    low: float
    high: float
    says: str
    width: int
    law: Law

    @property
    def names(self) -> tuple[str, ...]:
        """What is added to the factor's name in :attr:`Factors.COLUMNS`."""
        return ("",) if self.width == 1 else tuple(f"[{i}]" for i in range(self.width))

    def check(self, values: Tensor, name: str) -> None:
        """Refuse values that are not in the range."""
        wrong = ~((values >= self.low) & (values <= self.high))  # also for NaN
        if wrong.any():
            raise ValueError(f"{name} must be in [{self.low:g}, {self.high:g}], got {values[wrong][0].item():g}")


def uniform(unit: Tensor) -> Tensor:
    """All values as often."""
    return unit


def bell(unit: Tensor) -> Tensor:
    """Normal about the middle, the range two and a half standard deviations to either side."""
    return (0.5 + 0.2 * torch.special.ndtri(unit)).clamp(0, 1)


def mostly_low(unit: Tensor) -> Tensor:
    """A third on average."""
    return unit**2


def mostly_high(unit: Tensor) -> Tensor:
    """Two thirds on average."""
    return 1 - unit**2


def sometimes(share: float, least: float = 0.3) -> Law:
    """Zero, but for a ``share`` of the faces: there at least ``least``."""

    def law(unit: Tensor) -> Tensor:
        return torch.where(unit < share, least + (1 - least) * unit / share, 0.0)

    return law


def often(share: float) -> Law:
    """One for a ``share`` of the faces, anything below for the others."""

    def law(unit: Tensor) -> Tensor:
        return (unit / (1 - share)).clamp(max=1)

    return law


def declare_in(group: str) -> Callable[..., Any]:
    """To declare the factors of one group."""

    def declare(low: float, high: float, says: str, law: Law = uniform, width: int = 1) -> Any:
        return dataclasses.field(metadata={"range": Range(group, low, high, says, width, law)})

    return declare
