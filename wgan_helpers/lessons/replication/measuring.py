"""Measuring claims, storing what was found, and judging it."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from itertools import groupby
from math import nan
from pathlib import Path
from typing import Any

import pandas as pd

from wgan_helpers import _checks, recorded
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.replication.claim import Claim, Estimate, verdict
from wgan_helpers.lessons.replication.claims import CLAIMS

_COLUMNS = ["claim", "statement", "scale", "setting", "value", "error", "shown"]


def measure(
    names: Sequence[str] = tuple(CLAIMS),
    *,
    seed: int = 0,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Measure claims anew, on a scale of seconds each, and add what is recorded of long runs.

    Parameters
    ----------
    names : sequence of str
        Of :data:`CLAIMS`.
    seed, progress, executor
        As for every lesson's ``measure``. Claims of one section of a notebook are one task: they share measurements.

    Returns
    -------
    DataFrame
        One row per claim, statement and setting: ``claim, statement`` (``"paper"``, or ``"instead"`` for what would be
        right), ``scale`` (``"default"`` or ``"recorded"``), ``setting, value, error, shown``. The error is 0 for a
        number that is exact, NaN for that of one run; the value is NaN where there is no record yet.
    """
    for name in names:
        _checks.one_of(name, "claim", CLAIMS)
    _checks.integer(seed, "seed", minimum=0)
    places = sorted(names, key=_figure_of)
    tasks = [(tuple(part), seed) for _, part in groupby(places, key=_figure_of)]
    return _in_order(monte_carlo.collect(_measure, tasks, executor, progress), names)


def _figure_of(name: str) -> tuple[str, int]:
    return CLAIMS[name].notebook, CLAIMS[name].part


def _measure(names: Sequence[str], seed: int) -> pd.DataFrame:
    rows = [row for name in names for row in (*_measured(CLAIMS[name], seed), *_recorded(CLAIMS[name]))]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _measured(claim: Claim, seed: int) -> Iterator[dict[str, Any]]:
    for which, statement in claim.statements.items():
        for setting, found in statement.settings.items():
            yield _row(claim, which, "default", setting, found(seed))


def _recorded(claim: Claim) -> Iterator[dict[str, Any]]:
    for which, statement in claim.statements.items():
        for setting, found in statement.recorded.items():
            yield _row(claim, which, "recorded", setting, found() or Estimate(nan, nan))


def _row(claim: Claim, which: str, scale: str, setting: str, found: Estimate) -> dict[str, Any]:
    about = {"claim": claim.name, "statement": which, "scale": scale, "setting": setting}
    shown = claim.statements[which].true.shows(found)
    return about | {"value": float(found.value), "error": float(found.error), "shown": shown}


def _in_order(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    place = {name: number for number, name in enumerate(names)}
    return frame.sort_values("claim", key=lambda claims: claims.map(place), kind="stable", ignore_index=True)


def recordable(seed: int = 0) -> dict[str, recorded.Run]:
    """What ``make replication`` stores: of each claim a row for each setting, in their order.

    Parameters
    ----------
    seed : int
        Of all measurements.
    """
    runs = {}
    for name, claim in CLAIMS.items():
        settings = [setting for statement in claim.statements.values() for setting in statement.settings]
        if settings:
            about = {"seed": seed, "settings": settings}
            runs[name] = recorded.Run(about, len(settings) - 1, _rows_of(claim, seed))
    return runs


def _rows_of(claim: Claim, seed: int) -> Callable[[Path], recorded.Rows]:
    def rows(_: Path) -> recorded.Rows:
        began = time.perf_counter()
        for step, row in enumerate(_measured(claim, seed)):
            found = {name: row[name] for name in ("value", "error")}
            yield {"step": step, "seconds": time.perf_counter() - began} | found
        return None

    return rows


def stored(folder: Path | None = None) -> pd.DataFrame:
    """What was measured and stored, and what is recorded of long runs, as :func:`measure` returns it.

    Parameters
    ----------
    folder : Path, optional
        Of the record; in the package, if not given.

    Raises
    ------
    ValueError
        If a claim has changed since.
    """
    found = recorded.load("replication", folder)
    expected = recordable()
    rows: list[dict[str, Any]] = []
    for name, claim in CLAIMS.items():
        if name in expected:
            if found.about.get(name, {}).get("settings") != expected[name].settings:
                raise ValueError(f"the claim {name!r} has changed since it was measured: make replication")
            values = found.frame[found.frame["method"] == name].sort_values("step")
            rows += _labelled(claim, values)
        rows += _recorded(claim)
    return pd.DataFrame(rows, columns=_COLUMNS)


def _labelled(claim: Claim, values: pd.DataFrame) -> Iterator[dict[str, Any]]:
    labels = [(which, setting) for which, statement in claim.statements.items() for setting in statement.settings]
    for (which, setting), value, error in zip(labels, values["value"], values["error"], strict=True):
        yield _row(claim, which, "default", setting, Estimate(value, error))


def verdicts(frame: pd.DataFrame) -> pd.Series:
    """The verdict on each claim of a frame of :func:`measure`, by its name."""
    measured = frame[frame["value"].notna()]

    def shown(name: str, which: str) -> list[bool]:
        return measured.loc[(measured["claim"] == name) & (measured["statement"] == which), "shown"].tolist()

    names = frame["claim"].drop_duplicates()
    found = [verdict(shown(name, "paper"), shown(name, "instead")) for name in names]
    return pd.Series(found, index=pd.Index(names, name="claim"), name="verdict")
