"""One look for the whole course: colour-blind safe, readable on a projector and in greyscale."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# seaborn's "colorblind", after Okabe and Ito; some are alike in greyscale, so lines differ in marker or dash too
PALETTE: Final = {
    "blue": "#0173b2",
    "orange": "#de8f05",
    "green": "#029e73",
    "red": "#d55e00",
    "purple": "#cc78bc",
    "brown": "#ca9161",
    "sky": "#56b4e9",
    "grey": "#6f6f6f",
}

_STYLE: Final[dict[Any, Any]] = {
    "figure.facecolor": "white",
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "font.size": 11,
    "text.hinting": "none",  # a tenth of a picture's time, and hardly to be seen
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # a fixed place: to look for a free one, all ticks are laid out twice
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "legend.fontsize": 10,
}


def use_style() -> None:
    """Set matplotlib's defaults to the course's look, for the rest of the session."""
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(_STYLE)
    mpl.rcParams["axes.prop_cycle"] = cycler(color=list(PALETTE.values()))


def axes(ax: "Axes | None") -> "Axes":
    """``ax``, or the axes of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1]


def band(ax: "Axes", x: Any, y: Any, half_width: Any, *, color: str, **line: Any) -> None:
    """A line with an error band of ``y ± half_width``; ``color`` is a name of the palette."""
    ax.plot(x, y, color=PALETTE[color], **line)
    ax.fill_between(x, y - half_width, y + half_width, color=PALETTE[color], alpha=0.25, linewidth=0)


def log_axis(ax: "Axes", name: Literal["x", "y"], ticks: Iterable[float]) -> None:
    """Make the x or y axis logarithmic; it names the given ``ticks`` in plain numbers, and no others."""
    shown = list(ticks)
    from matplotlib.ticker import NullLocator

    ax.set(**{f"{name}scale": "log"})
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_minor_locator(NullLocator())
    axis.set_ticks(shown, [f"{tick:g}" for tick in shown])
