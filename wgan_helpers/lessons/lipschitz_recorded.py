"""Figures 10 and 11 with networks of 64 units and 2000 steps, recorded: a row for each seed, after its last step."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from wgan_helpers import recorded
from wgan_helpers.lessons.lipschitz import LARGE, VARIANTS, measure

_COLUMNS = ["modes", "share", "wide_share"]


def recordable(seeds: int = 8) -> dict[str, recorded.Run]:
    """What is recorded for Figures 10 and 11: all four variants on the ring.

    Parameters
    ----------
    seeds : int
        Of each variant; they train side by side.
    """

    def rows_of(variant: str) -> Callable[[Path], recorded.Rows]:
        def rows(_: Path) -> recorded.Rows:
            began = time.perf_counter()
            frame = measure([variant], LARGE, LARGE.steps, repetitions=seeds)
            last = frame[frame["step"] == LARGE.steps].set_index("repetition")[_COLUMNS]
            seconds = time.perf_counter() - began
            for repetition, row in last.iterrows():
                yield {"step": int(repetition), "seconds": seconds} | row.to_dict()
            return None

        return rows

    return {
        # a name is that of a file
        variant.lower().replace(", ", "-").replace(" ", "-"): recorded.Run(
            {"base": asdict(LARGE), "variant": dict(differs), "seeds": seeds}, seeds - 1, rows_of(variant)
        )
        for variant, differs in VARIANTS.items()
    }
