"""Figures 7 and 9 with larger networks and 5000 steps, recorded: a row for each seed, after its last step."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pandas as pd

from wgan_helpers import _checks, recorded
from wgan_helpers.lessons.likeness import references
from wgan_helpers.lessons.picture_gans import C_EPS, DATA, DEBIASED, LARGE, WGAN_GP, C, pictures_of, settings_of
from wgan_helpers.lessons.transform_gans import Setting, measure, plot_sheets, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: By the names of their files; ε is in units of brightness.
SETTINGS: Final[Mapping[str, Setting]] = MappingProxyType(
    {
        "wgan-gp": (WGAN_GP, 0.0),
        "c-transform": (C, 0.0),
        "c-eps-transform-0.1": (C_EPS, 0.1),
        "c-eps-transform-1000": (C_EPS, 1000.0),
        "c-eps-debiased-1000": (DEBIASED, 1000.0),
    }
)
_COLUMNS: Final = ["ratio", "sharpness", "spread"]


def recordable(device: str = "cpu", seeds: int = 3, steps: int = LARGE.steps) -> dict[str, recorded.Run]:
    """What is recorded for Figures 7 and 9: for digits and faces, a GAN for each of :data:`SETTINGS`.

    Parameters
    ----------
    device : str
        Where to train.
    seeds : int
        Of each; they train side by side.
    steps : int
        Of each generator.
    """
    base = replace(LARGE, steps=_checks.integer(steps, "steps"))
    return {
        name_of(name, data): recorded.Run(
            {"base": asdict(base), "variant": setting[0], **settings_of(*setting), "data": data, "seeds": seeds},
            seeds - 1,
            recorded.last_of_each(
                partial(measure, [setting], data, base, base.steps, repetitions=seeds, device=device),
                _COLUMNS,
                partial(sheet, setting, data, base, base.steps, repetitions=seeds, device=device),
            ),
        )
        for data in DATA
        for name, setting in SETTINGS.items()
    }


def name_of(setting: str, data: str) -> str:
    """The name of the record for one of :data:`SETTINGS` on ``data``."""
    return setting if data == "digits" else f"{data}-{setting}"


def plot(record: recorded.Recorded, data: str, settings: Iterable[str] = tuple(SETTINGS)) -> "Figure":
    """Show what the first GAN of each of the settings made of ``data``, as :func:`.plot_sheets`."""
    return plot_sheets({name: record.sheets[name_of(name, data)] for name in settings}, data, LARGE.batch)


def summary(record: recorded.Recorded, data: str) -> pd.DataFrame:
    """What was recorded of ``data``, means over the seeds, below what the same says of :data:`.REFERENCES`.

    Returns
    -------
    DataFrame
        Index: the reference or the name of the setting; ``ratio, sharpness, spread`` as in :class:`.Likeness`.
    """
    known = references(pictures_of(data), LARGE.batch).set_index("variant")[_COLUMNS]
    means = record.frame.groupby("method")[_COLUMNS].mean()
    names = {name_of(setting, data): setting for setting in SETTINGS}
    found = means.loc[[name for name in names if name in means.index]].rename(index=names)
    return pd.concat([known, found]).rename_axis(None)
