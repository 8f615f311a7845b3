"""What a lesson gives to be recorded."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

Row: TypeAlias = dict[str, float]
Rows: TypeAlias = "Generator[Row, None, np.ndarray | None]"


@dataclass(frozen=True)
class Run:
    """One method of a figure: a long computation that can be interrupted.

    Attributes
    ----------
    settings : mapping
        All that decides the result, in what JSON has: the same settings give the same rows.
    steps : int
        The ``step`` of the last row.
    rows : callable
        ``rows(checkpoint)`` goes on from the file of that path, if there is one, saves to it on the way, and yields a
        row from time to time: the ``step``, the ``seconds`` that were computed so far, and what was found. After an
        interruption it may yield a row again. In the end it returns a sheet of pictures, ``(h, w, 3)`` in [0, 1], or
        ``None``.
    """

    settings: Mapping[str, Any]
    steps: int
    rows: Callable[[Path], Rows]
