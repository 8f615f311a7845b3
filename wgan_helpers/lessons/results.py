"""Results of a long study in a database file: a killed study goes on where it was, and nothing is done twice."""

import hashlib
import json
import sqlite3
from collections.abc import Hashable, Iterator, Mapping
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from sqlite_utils import Database

_TABLE: Final = "results"
_KEY: Final = "key"


class Results:
    """Rows in an SQLite file, each once.

    Parameters
    ----------
    path : path
        The file; it is made with the first rows.

    Raises
    ------
    ValueError
        If there is a file that is no database.
    OSError
        If it cannot be opened; later, if it cannot be read or written.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = Path(path)
        self.keys()

    def keys(self) -> set[str]:
        """Of all rows."""
        return {row[_KEY] for row in self._rows()}

    def add(self, frame: pd.DataFrame) -> None:
        """Keep these rows, all or none; those whose ``key`` is there stay as they are."""
        rows = [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
        with self._opened() as database, database.conn:
            database[_TABLE].insert_all(rows, pk=_KEY, ignore=True, alter=True)  # type: ignore[union-attr]

    def frame(self, keys: set[str] | None = None) -> pd.DataFrame:
        """All rows, or those with these keys, in the order in which they came."""
        return pd.DataFrame([row for row in self._rows() if keys is None or row[_KEY] in keys])

    def _rows(self) -> list[dict[str, Any]]:
        with self._opened() as database:
            table = database[_TABLE]
            return list(table.rows) if table.exists() else []

    @contextmanager
    def _opened(self) -> "Iterator[Database]":
        from sqlite_utils import Database

        try:
            with closing(Database(self._path)) as database:
                database.conn.execute("PRAGMA busy_timeout = 60000")  # another study may be writing
                yield database
        except sqlite3.OperationalError as error:
            raise OSError(f"the database {self._path} could not be read or written: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{self._path} is not a database: give another path, or delete it") from error


def key(*parts: Mapping[str, Hashable] | str) -> str:
    """A short name of a result, the same for the same settings."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:20]


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's, NaN as nothing."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
