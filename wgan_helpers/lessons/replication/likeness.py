"""How like k-means the pictures of a GAN are, for the claims about Figures 7 and 9."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import pandas as pd

from wgan_helpers.lessons import likeness, transform_gans, transform_recorded
from wgan_helpers.lessons.picture_gans import LARGE, SMALL, pictures_of
from wgan_helpers.lessons.replication.claim import Estimate
from wgan_helpers.lessons.replication.numbers import mean, record

LIKE_CENTROIDS: Final = "place of the pictures between another run of k-means (0) and real pictures (1)"
SPREAD: Final = "mean distance between two generated pictures / between two real ones"


@lru_cache(8)
def _trained(variant: str, epsilon: float, seed: int) -> pd.DataFrame:
    frame = transform_gans.measure([(variant, epsilon)], every=SMALL.steps, seed=seed)
    return frame[(frame["variant"] == variant) & (frame["step"] == SMALL.steps)]


def _place(ratios: pd.Series, k: int, data: str = "digits") -> Estimate:
    """Where the ratio of :func:`.likeness.likeness` stands between those of k-means and of real pictures."""
    known = likeness.references(pictures_of(data), k).set_index("variant")["ratio"]
    centroids, real = known["k-means, another start"], known["real pictures"]
    return mean((ratios - centroids) / (real - centroids))


def trained_place(variant: str, epsilon: float) -> Callable[[int], Estimate]:
    """:data:`LIKE_CENTROIDS` of a GAN that trains now."""
    return lambda seed: _place(_trained(variant, epsilon, seed)["ratio"], SMALL.batch)


def trained_spread(variant: str, epsilon: float) -> Callable[[int], Estimate]:
    """:data:`SPREAD` of a GAN that trains now."""
    return lambda seed: mean(_trained(variant, epsilon, seed)["spread"])


def _recorded(setting: str, data: str, column: str) -> pd.Series | None:
    found, name = record("fig7"), transform_recorded.name_of(setting, data)
    if found is None or name not in found.about:
        return None
    return found.frame.loc[found.frame["method"] == name, column]


def recorded_place(setting: str, data: str = "digits") -> Callable[[], Estimate | None]:
    """:data:`LIKE_CENTROIDS` of a recorded one."""
    return lambda: None if (found := _recorded(setting, data, "ratio")) is None else _place(found, LARGE.batch, data)


def recorded_spread(setting: str, data: str = "digits") -> Callable[[], Estimate | None]:
    """:data:`SPREAD` of a recorded one."""
    return lambda: None if (spreads := _recorded(setting, data, "spread")) is None else mean(spreads)
