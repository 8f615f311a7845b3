"""Section 7.2 at length, recorded: each loss with many settings, on ring, grid and triangles and on pictures."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from wgan_helpers import gans, recorded
from wgan_helpers.lessons.loss_judges import DATA, ByManifold
from wgan_helpers.lessons.loss_settings import BASE, LOSSES
from wgan_helpers.lessons.loss_study import AT_ONCE, measure

#: What is recorded of each data set: how many settings of each loss, and what they share.
STUDIES: Final[Mapping[str, tuple[int, gans.Config]]] = MappingProxyType(
    {
        "ring": (100, replace(BASE, steps=2000)),
        "grid": (100, replace(BASE, steps=2000)),
        "triangles": (16, replace(BASE, steps=4000, hidden=128, latent=8)),
        "digits": (32, replace(BASE, steps=1000, hidden=64)),
        "faces": (16, replace(BASE, steps=500, hidden=64)),
    }
)


def recordable(device: str = "cpu", steps: int | None = None) -> dict[str, recorded.Run]:
    """The study at length, to be recorded: for each data set and loss, ``"mm"`` for the ring, else ``"digits-mm"``.

    Parameters
    ----------
    device : str
        Where to train.
    steps : int
        Of each generator, if not those of :data:`STUDIES`.
    """
    return {
        name: _run(data, loss, count, base if steps is None else replace(base, steps=steps), device)
        for data, (count, base) in STUDIES.items()
        for name, loss in names(data).items()
    }


def names(data: str) -> dict[str, str]:
    """The losses of the study of ``data`` by the names of their runs."""
    return {loss if data == "ring" else f"{data}-{loss}": loss for loss in LOSSES}


def _run(data: str, loss: str, count: int, base: gans.Config, device: str) -> recorded.Run:
    judge = DATA[data]
    about: dict[str, Any] = {"data": data, "settings": count, "base": asdict(base)}
    if isinstance(judge, ByManifold):
        about["tolerance"] = judge.tolerance

    def run(checkpoint: Path) -> recorded.Rows:
        for number in [*range(AT_ONCE, count, AT_ONCE), count]:
            rows = rows_of(measure((loss,), data, number, base, database=checkpoint, device=device))
            yield from rows[-(number % AT_ONCE or AT_ONCE) :]
        return None

    return recorded.Run(about, count - 1, run)


def rows_of(frame: pd.DataFrame) -> list[recorded.Row]:
    """What :func:`.loss_study.measure` found of a loss, as rows of a record; its step is the number of the setting."""
    numbers = frame.astype({"finite": int}).select_dtypes("number")
    seconds = frame["seconds"].cumsum()
    return numbers.assign(step=frame["setting"], seconds=seconds).drop(columns="setting").to_dict("records")


def of_record(record: recorded.Recorded, data: str = "ring") -> pd.DataFrame:
    """What was recorded of a data set, as :func:`measure` returns it.

    Raises
    ------
    ValueError
        If nothing was recorded of it.
    """
    losses = names(data)
    frame = record.frame[record.frame["method"].isin(losses)].dropna(axis="columns", how="all")
    if frame.empty:
        raise ValueError(f"nothing is recorded of {data!r}: python -m wgan_helpers.record losses")
    frame = frame.rename(columns={"step": "setting"}).assign(
        loss=frame["method"].map(losses), data=data, finite=frame["finite"].astype(bool)
    )
    return (
        frame.drop(columns="method")
        .iloc[np.lexsort((frame["setting"], frame["loss"].map(LOSSES.index)))]
        .reset_index(drop=True)
    )
