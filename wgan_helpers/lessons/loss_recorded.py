"""Section 7.2 at length: 100 settings of each loss, recorded."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from wgan_helpers import recorded
from wgan_helpers.lessons.loss_settings import BASE, LOSSES
from wgan_helpers.lessons.loss_study import AT_ONCE, DATA, measure


def recordable(steps: int = 2000) -> dict[str, recorded.Run]:
    """The study at full length, to be recorded: 100 settings of each loss on the ring.

    Parameters
    ----------
    steps : int
        Of each generator.
    """
    base, data, count = replace(BASE, steps=steps), "ring", 100
    about = {"data": data, "settings": count, "base": asdict(base), "tolerance": DATA[data].tolerance}

    def rows_of(loss: str) -> Callable[[Path], recorded.Rows]:
        def rows(checkpoint: Path) -> recorded.Rows:
            for number in [*range(AT_ONCE, count, AT_ONCE), count]:
                frame = measure((loss,), data, number, base, database=checkpoint)
                numbers = (
                    frame.astype({"finite": int})
                    .select_dtypes("number")
                    .assign(step=frame["setting"], seconds=frame["seconds"].cumsum())
                )
                yield from numbers.drop(columns="setting").iloc[-(number % AT_ONCE or AT_ONCE) :].to_dict("records")
            return None

        return rows

    return {loss: recorded.Run(about, count - 1, rows_of(loss)) for loss in LOSSES}


def of_record(record: recorded.Recorded) -> pd.DataFrame:
    """What was recorded, as :func:`measure` returns it."""
    data = next(iter(record.about.values()))["settings"]["data"]
    frame = record.frame.rename(columns={"method": "loss", "step": "setting"}).assign(data=data)
    order = frame["loss"].map(LOSSES.index)
    return (
        frame.assign(finite=frame["finite"].astype(bool))
        .iloc[np.lexsort((frame["setting"], order))]
        .reset_index(drop=True)
    )
