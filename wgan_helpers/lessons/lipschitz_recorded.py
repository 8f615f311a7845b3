"""Figures 10 and 11 with networks of 64 units and 2000 steps, recorded: a row for each seed, after its last step."""

from dataclasses import asdict
from functools import partial

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
    return {
        # a name is that of a file
        variant.lower().replace(", ", "-").replace(" ", "-"): recorded.Run(
            {"base": asdict(LARGE), "variant": dict(differs), "seeds": seeds},
            seeds - 1,
            recorded.last_of_each(partial(measure, [variant], LARGE, LARGE.steps, repetitions=seeds), _COLUMNS),
        )
        for variant, differs in VARIANTS.items()
    }
