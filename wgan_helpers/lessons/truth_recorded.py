"""Critics against a known distance, at length: d = 2 to 128, five pairs of laws each, recorded."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from wgan_helpers import recorded
from wgan_helpers.lessons.ground_truth import BASE, DIMS, METHODS, STEPS, measure

#: Names of files.
NAMES: Final = {method: method.removesuffix(" W₁").replace(" ", "-").lower() for method in METHODS}
_REPETITIONS: Final = 5
_FUNNELS: Final = 4


def recordable(steps: int = STEPS) -> dict[str, recorded.Run]:
    """All methods in every dimension, to be recorded.

    Parameters
    ----------
    steps : int
        Of each critic.
    """
    cells = [(seed, dim) for seed in range(_REPETITIONS) for dim in DIMS]

    def rows_of(method: str) -> Callable[[Path], recorded.Rows]:
        def rows(checkpoint: Path) -> recorded.Rows:
            done, seconds = json.loads(checkpoint.read_text()) if checkpoint.exists() else (0, 0.0)
            for step, (seed, dim) in enumerate(cells[done:], start=done):
                began = time.perf_counter()
                row = measure((method,), (dim,), _FUNNELS, steps, seed=seed).iloc[0]
                seconds += time.perf_counter() - began
                found = {name: float(row[name]) for name in ("estimate", "true", "ratio", "cosine")}
                yield {"step": step, "seconds": seconds, "dim": dim, "repetition": seed, "steps": row["steps"], **found}
                checkpoint.write_text(json.dumps([step + 1, seconds]))
            return None

        return rows

    def about(method: str) -> dict[str, object]:
        differs = METHODS[method]
        config = None if differs is None else asdict(replace(BASE, **differs))
        shared = {"dims": DIMS, "funnels": _FUNNELS, "steps": steps, "repetitions": _REPETITIONS}
        return {"method": method, "config": config, **shared}

    return {name: recorded.Run(about(method), len(cells) - 1, rows_of(method)) for method, name in NAMES.items()}


def of_record(record: recorded.Recorded) -> pd.DataFrame:
    """What was recorded, as :func:`.ground_truth.measure` returns it."""
    named = {name: method for method, name in NAMES.items()}
    frame = record.frame.assign(method=record.frame["method"].map(named), funnels=_FUNNELS)
    order = frame["method"].map([*METHODS].index)
    return frame.iloc[np.lexsort((frame["step"], order))].drop(columns="step").reset_index(drop=True)
