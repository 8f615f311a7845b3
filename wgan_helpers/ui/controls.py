"""Controls with a label, a unit, a keyboard path, and a memory of the paper's setting."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

import ipywidgets as widgets

from wgan_helpers import _checks

_LAYOUT = {"flex": "1 1 400px", "max_width": "520px"}  # two columns on a page of usual width
_STYLE = {"description_width": "170px"}


class Control(NamedTuple):
    """A widget whose ``value`` feeds a live figure, and the value that the paper used (or ``None``)."""

    widget: widgets.SelectionSlider | widgets.Dropdown
    paper: Any = None

    @property
    def shown(self) -> str:
        """Label and present setting, as a reader sees them."""
        # not `widget.label`, which stays empty for the first option until it is chosen anew
        return f"{self.widget.description} = {self.widget.options[self.widget.index][0]}"

    @property
    def setting(self) -> Any:
        """What :meth:`find` knows the present setting by: the name of a menu's option, the value of a slider."""
        name, value = self.widget.options[self.widget.index]
        return name if isinstance(self.widget, widgets.Dropdown) else value

    def find(self, name: str, wanted: Any) -> int:
        """The index of a menu's option with this name or value, or of a slider's stop.

        Raises
        ------
        ValueError
            If there is none; the line names the control ``name``, and what would do.
        """
        names, stops = zip(*self.widget.options, strict=True)
        for index, stop in enumerate(stops):
            if _same(stop, wanted):
                return index
        if isinstance(self.widget, widgets.Dropdown):
            return names.index(_checks.one_of(wanted, name, names))
        nearest = min(stops, key=lambda stop: abs(stop - _checks.number(wanted, name)))
        raise ValueError(f"{name} has no stop at {wanted}, the nearest is {nearest}")


def slider(label: str, values: Iterable[float], value: float, *, unit: str = "", paper: float | None = None) -> Control:
    """A slider over the listed ``values``; arrow keys move it by one.

    Parameters
    ----------
    label : str
        What is set, in the field's words and symbol: ``"dimension d"``.
    values : iterable of float
        The stops, in order. List what is worth looking at: logarithmic steps for a dimension.
    value : float
        Where it starts; must be one of ``values``.
    unit : str
        Written behind the number.
    paper : float, optional
        The paper's setting, one of ``values``, for the button of that name.
    """
    stops = list(values)
    _listed(label, stops, value, paper)
    options = [(f"{stop:g} {unit}".rstrip(), stop) for stop in stops]
    widget = widgets.SelectionSlider(
        options=options, value=value, description=label, style=_STYLE, layout=_LAYOUT, continuous_update=True
    )
    return Control(widget, paper)


def menu(label: str, options: Iterable[str] | Mapping[str, Any], value: Any, *, paper: Any = None) -> Control:
    """A drop-down list of names, or of names that stand for values."""
    named = dict(options) if isinstance(options, Mapping) else {name: name for name in options}
    _listed(label, list(named.values()), value, paper)
    pairs = list(named.items())
    widget = widgets.Dropdown(options=pairs, value=value, description=label, style=_STYLE, layout=_LAYOUT)
    return Control(widget, paper)


def speed_control(speeds: Sequence[float]) -> widgets.SelectionSlider:
    """A short slider over steps per second, at the last of ``speeds``; ``inf`` is full speed."""
    if not speeds or min(speeds) <= 0:
        raise ValueError(f"speeds must be positive, and at least one, got {list(speeds)}")
    return widgets.SelectionSlider(
        options=[("full" if math.isinf(speed) else f"{speed:g} per s", speed) for speed in speeds],
        value=speeds[-1],
        description="speed",
        tooltip="steps per second",
        style={"description_width": "45px"},
        layout={"width": "200px"},
    )


def paper_button(controls: Mapping[str, Control]) -> list[widgets.Button]:
    """A button that sets all of ``controls`` to the paper's values, if any of them has one."""
    marked = [control for control in controls.values() if control.paper is not None]

    def set_to_paper() -> None:
        for control in marked:
            control.widget.value = control.paper

    return [button("Paper's setting", "set every control to the paper's value", set_to_paper)] if marked else []


def button(description: str, tooltip: str, action: Callable[[], object], *, width: str = "auto") -> widgets.Button:
    """A button that calls ``action``, as wide as what it says unless given a ``width``."""
    made = widgets.Button(description=description, tooltip=tooltip, layout={"width": width})
    made.on_click(lambda _: action())
    return made


def close_family(widget: widgets.Widget) -> None:
    """Take ``widget`` and all that it contains off the page."""
    for member in list(_family(widget)):
        widgets.Widget.close(member)


def _family(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _family(child)


def _same(stop: Any, wanted: Any) -> bool:
    """Whether both are the same value, numbers up to their rounding."""
    if all(isinstance(value, Real) and not isinstance(value, bool) for value in (stop, wanted)):
        return math.isclose(stop, wanted, rel_tol=1e-9, abs_tol=1e-12)
    return type(stop) is type(wanted) and bool(stop == wanted)


def _listed(label: str, stops: list[Any], value: Any, paper: Any) -> None:
    for name, wanted in (("value", value), ("paper", paper)):
        if wanted is not None and wanted not in stops:
            raise ValueError(f"{name} of {label!r} must be one of {stops}, got {wanted!r}")
