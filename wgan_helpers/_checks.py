"""Checks of what a caller hands in: each raises one line that says what was wrong and what would do."""

import math
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch import Tensor, device

_SHOWN: Final = 80  # characters of a value in an error
LARGEST: Final = 1e15  # of a coordinate: one over another, and some hundred times that, is finite in single precision


def shown(value: Any) -> str:
    """``value`` as Python writes it, in one short line."""
    line = " ".join(repr(value).split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 2]} …"


def integer(value: Any, name: str, minimum: int = 1) -> int:
    """``value`` as an ``int`` of at least ``minimum``."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {shown(value)}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")
    return int(value)


def number(value: Any, name: str, minimum: float = -math.inf, maximum: float = math.inf) -> float:
    """``value`` as a finite ``float`` in ``[minimum, maximum]``."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    checked = float(value)
    if not math.isfinite(checked):
        raise ValueError(f"{name} must be finite, got {value}")
    if not minimum <= checked <= maximum:
        raise ValueError(f"{name} must be in [{minimum:g}, {maximum:g}], got {value}")
    return checked


def positive(value: Any, name: str) -> float:
    """``value`` as a finite ``float`` above zero."""
    checked = number(value, name)
    if checked <= 0:
        raise ValueError(f"{name} must be positive, got {value}")
    return checked


def length(value: Any, name: str) -> float:
    """``value`` as a positive number from which single precision makes no infinity."""
    return number(positive(value, name), name, 1 / LARGEST, LARGEST)


def one_of(value: Any, name: str, known: Iterable[str]) -> str:
    """``value`` if it is among the ``known`` names; else an error that suggests the nearest."""
    names = list(known)
    if value in names:
        return str(value)
    near = get_close_matches(str(value), names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ValueError(f"unknown {name} {shown(value)}: {hint}known are {', '.join(map(repr, names))}")


def finite(points: "Tensor", name: str) -> "Tensor":
    """``points`` ``(..., d)`` if all are finite; else an error that counts those which are not."""
    good = points.isfinite().all(dim=-1)
    if not good.all():
        found = "NaN" if points.isnan().any() else "infinity"
        raise ValueError(f"{name} must be finite, got {found} in {int((~good).sum())} of {good.numel()} points")
    return points


def has_float64(where: "device") -> bool:
    """Whether tensors there can be float64: on Apple's GPUs they cannot."""
    return where.type != "mps"
