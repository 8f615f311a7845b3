"""What a lesson gives to be recorded."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

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


def last_of_each(
    measure: "Callable[[], pd.DataFrame]",
    columns: Sequence[str],
    sheet: "Callable[[], np.ndarray | None]" = lambda: None,
) -> Callable[[Path], Rows]:
    """What many seeds that train side by side gave in the end, as :attr:`Run.rows`: a row for each seed.

    Parameters
    ----------
    measure : callable
        Returns a frame with the columns ``repetition`` and ``step``. It is not resumed, but starts anew.
    columns : sequence of str
        What is recorded of it. A row's ``step`` is the repetition's number.
    sheet : callable, optional
        Asked last: the sheet of pictures.
    """

    def rows(_: Path) -> Rows:
        began = time.perf_counter()
        frame = measure()
        seconds = time.perf_counter() - began
        last = frame[frame["step"] == frame["step"].max()].set_index("repetition")[[*columns]]
        for repetition, row in last.iterrows():
            yield {"step": int(repetition), "seconds": seconds} | row.to_dict()
        return sheet()

    return rows
