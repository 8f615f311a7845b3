"""The verdicts in one picture, and the paper's numbers beside ours."""

from textwrap import fill, shorten
from typing import TYPE_CHECKING, Final

import pandas as pd

from wgan_helpers import ui
from wgan_helpers.lessons.replication.claim import CONDITIONS, HOLDS, INEXACT, NOT, SECTIONS, UNMEASURED, VERDICTS
from wgan_helpers.lessons.replication.claims import CLAIMS
from wgan_helpers.lessons.replication.measuring import stored, verdicts
from wgan_helpers.lessons.replication.report import estimates

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = {HOLDS: "green", CONDITIONS: "orange", INEXACT: "purple", NOT: "red", UNMEASURED: "grey"}
_MARKERS: Final = {"default": "o", "recorded": "s"}
_WIDE: Final = 14  # claims, of which the numbers can be written as well
_ALL: Final = "all"


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, title: str = "") -> "Axes":
    """Draw each claim's verdict: a full dot for a setting in which it is shown, a hollow one where it is not.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`measure` or :func:`stored`, for some claims or all.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    title : str
        What was chosen.
    """
    found = verdicts(frame)
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=(11, 1 + 0.24 * len(found)), layout="constrained")[1]
    own = frame[(frame["statement"] == "paper") & frame["value"].notna()]
    left = max(4, own["claim"].value_counts().max()) if len(own) else 4  # where the words begin
    for y, (name, verdict) in enumerate(found.items()):
        rows = own[own["claim"] == name]
        colour = ui.PALETTE[_COLOURS[verdict]]
        for x, row in enumerate(rows.itertuples()):
            face = colour if row.shown else "white"
            ax.plot(x, y, _MARKERS[row.scale], color=colour, markerfacecolor=face, markersize=7)
        claim = CLAIMS[str(name)]
        says = f"§{claim.place.split(',')[0]}  {claim.name}: {claim.statement.says}"
        ax.text(left, y, verdict, fontsize=7.5, va="center", color=colour)
        if len(found) <= _WIDE:
            numbers = fill(" · ".join(estimates(rows)), 150, max_lines=2)
            ax.text(left + 5.5, y - 0.08, fill(says, 140, max_lines=1), fontsize=7.5, va="bottom")
            ax.text(left + 5.5, y - 0.04, numbers, fontsize=6, va="top", color=ui.PALETTE["grey"])
        else:
            ax.text(left + 5.5, y, says, fontsize=7.5, va="center")
    _finish(ax, found, title, left)
    return ax


def _finish(ax: "Axes", found: pd.Series, title: str, left: float) -> None:
    ax.set(xlim=(-0.6, left + 30), ylim=(max(len(found), 6) - 0.4, -0.8), xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[["bottom", "left"]].set_visible(False)
    if not len(found):
        ax.text(0, 0, "no claim")
    for verdict in VERDICTS:
        ax.plot([], [], "o", color=ui.PALETTE[_COLOURS[verdict]], label=f"{verdict} ({(found == verdict).sum()})")
    ax.plot([], [], "o", color="black", markerfacecolor="white", label="not shown in this setting")
    ax.plot([], [], "s", color="black", label="recorded run")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=4, fontsize=8)
    ax.set_title(title or "a dot for each setting")


def plot_numbers(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw the paper's number beside ours, with twice its standard error, where the paper gives one."""
    ax = ui.axes(ax)
    own = frame[(frame["statement"] == "paper") & frame["claim"].map(lambda name: CLAIMS[name].paper_value is not None)]
    for y, row in enumerate(own.itertuples()):
        ax.plot(CLAIMS[row.claim].paper_value or 0.0, y, "x", color="black", markersize=9, markeredgewidth=2)
        colour = ui.PALETTE["green" if row.shown else "red"]
        error = 0.0 if pd.isna(row.error) else 2 * row.error
        ax.errorbar(row.value, y, xerr=error, fmt="o", color=colour, markerfacecolor=colour if row.shown else "white")
    ax.plot([], [], "x", color="black", label="paper")
    ax.plot([], [], "o", color=ui.PALETTE["green"], label="ours (± 2 SE), claim shown")
    ax.plot([], [], "o", color=ui.PALETTE["red"], markerfacecolor="white", label="ours, not shown")
    ax.set_yticks(range(len(own)), [f"{row.claim}: {shorten(row.setting, 34)}" for row in own.itertuples()])
    ax.tick_params(axis="y", labelsize=8)
    ax.set(xlabel="the claim's own number", ylim=(len(own) - 0.4, -0.6), title="where the paper gives a number")
    ax.legend(loc="center right")
    return ax


def explore() -> ui.LiveFigure:
    """The stored verdicts, by section of the paper and by verdict."""
    sections = {_ALL: _ALL} | {f"{number}: {title}": number for number, title in SECTIONS.items()}
    controls = {
        "section": ui.menu("section", sections, "5"),
        "verdict": ui.menu("verdict", [_ALL, *VERDICTS], _ALL),
    }
    frame = stored()
    found = verdicts(frame)

    def compute(section: str, verdict: str) -> tuple[pd.DataFrame, str]:
        names = [
            name for name in found.index if section in (_ALL, CLAIMS[name].section) and verdict in (_ALL, found[name])
        ]
        return frame[frame["claim"].isin(names)], f"section {section}, verdict {verdict}: {len(names)} claims"

    return ui.LiveFigure(compute, lambda chosen, ax: plot(chosen[0], ax, chosen[1]), controls, size=(11, 6.5))
