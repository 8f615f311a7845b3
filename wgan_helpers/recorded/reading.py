"""A recorded run as an object."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wgan_helpers import _checks

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FOLDER: Final = Path(__file__).parent
COMMAND: Final = "python -m wgan_helpers.record"


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a long run gave.

    Attributes
    ----------
    figure : str
        Its name: ``"fig3"``.
    frame : DataFrame
        A row for each moment that was measured: ``method, step, seconds`` and what the figure is about.
    sheets : mapping of str to (h, w, 3) array
        For each method that has one a sheet of pictures, in [0, 1].
    about : mapping of str to mapping
        For each method its ``settings``, and ``machine, seconds, date, commit, command, versions``.
    """

    figure: str
    frame: "pd.DataFrame"
    sheets: "Mapping[str, np.ndarray]"
    about: Mapping[str, Mapping[str, Any]]

    @property
    def line(self) -> str:
        """What a figure says when it shows a record: machine, time, date, commit, command."""
        about = list(self.about.values())
        machines = [f"{a['machine']['name']}, threads {a['machine']['threads']}" for a in about]
        minutes = f"{sum(a['seconds'] for a in about) / 60:.0f} min"
        dates, commits = sorted({a["date"][:10] for a in about}), [a["commit"][:10] for a in about]
        commands = [a["command"].partition(" --only ")[0] for a in about]
        parts = [*_distinct(machines), minutes, " to ".join(dates[:1] + dates[1:][-1:])]
        return f"recorded: {', '.join([*parts, 'commit ' + ' and '.join(_distinct(commits)), *_distinct(commands)])}"


def figures() -> list[str]:
    """Names of the figures of which there is a record."""
    return sorted({path.parent.name for path in FOLDER.glob("*/*.json")})


def load(figure: str, folder: Path | None = None) -> Recorded:
    """Read what was recorded of a figure.

    Parameters
    ----------
    figure : str
        ``"fig3"``; :func:`figures` knows all.
    folder : Path, optional
        Where it is; in the package, if not given.

    Raises
    ------
    ValueError
        In one line, if there is no such record, or a file of it is missing or damaged.
    """
    import pandas as pd

    if folder is None:
        folder = FOLDER / _checks.one_of(figure, "record", figures())
    about, frames, sheets = {}, [], {}
    for path in sorted(folder.glob("*.json")):
        method = path.stem
        with said(path):
            about[method] = json.loads(path.read_text(encoding="utf-8"))
            rows, has_sheet = about[method]["rows"], about[method]["sheet"]
        with said(path.with_suffix(".csv")):
            frames.append(_table(path.with_suffix(".csv"), rows).assign(method=method))
        if has_sheet:
            with said(path.with_suffix(".png")):
                sheets[method] = _sheet(path.with_suffix(".png"))
    if not about:
        raise ValueError(f"{folder} holds no record: make one with {COMMAND} {figure} --out {folder}")
    frame = pd.concat(frames, ignore_index=True)
    return Recorded(figure, frame[["method", *frame.columns.drop("method")]], sheets, about)


@contextmanager
def said(path: Path) -> Iterator[None]:
    """What goes wrong with a file, in one line that helps."""
    try:
        yield
    except Exception as error:
        wrong = "is missing" if isinstance(error, FileNotFoundError) else f"is damaged ({error})"
        again = f"delete {path.stem}.json and make it again with {COMMAND} {path.parent.name} --only {path.stem}"
        raise ValueError(f"{path.name} of the record {path.parent.name} {wrong}: {again}") from error


def _table(path: Path, rows: int) -> "pd.DataFrame":
    import pandas as pd

    text = path.read_text(encoding="utf-8")
    table = pd.read_csv(StringIO(text))
    if len(table) != rows or not text.endswith("\n"):
        raise ValueError(f"it should have {rows} rows")
    return table


def _sheet(path: Path) -> "np.ndarray":
    import numpy as np
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.float32) / 255


def _distinct(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))
