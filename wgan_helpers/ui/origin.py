"""Which call made a widget, written as the code that makes it again."""

import inspect
import json
import sys
from types import FrameType
from typing import Any, NamedTuple

_OURS = __name__.rpartition(".")[0]


class Origin(NamedTuple):
    """A call and the line that imports what it needs; both are empty where no function made the widget."""

    imports: str
    call: str

    @property
    def name(self) -> str:
        """The function's name alone."""
        return self.call.partition("(")[0].rpartition(".")[2]


def of_caller() -> Origin:
    """The function outside of this package that is making a widget, with those arguments that are not its defaults."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _module(frame).startswith(_OURS):
        frame = frame.f_back
    if frame is None:
        return Origin("", "")
    name, module = frame.f_code.co_name, _module(frame)
    function = inspect.unwrap(frame.f_globals.get(name, of_caller))
    if getattr(function, "__code__", None) is not frame.f_code:  # a cell, or a function inside of another
        return Origin("", "")
    call = f"{name}({arguments(_given(function, frame))})"
    if module == "__main__":
        return Origin("", call)
    *package, parent, last = ["", *module.split(".")]
    source = ".".join(filter(None, package))
    if source:
        return Origin(f"from {source} import {parent}", f"{parent}.{last}.{call}")
    return Origin(f"import {module}", f"{module}.{call}")


def arguments(values: dict[str, Any]) -> str:
    """``values`` as keyword arguments."""
    return ", ".join(f"{name}={_literal(value)}" for name, value in values.items())


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _given(function: Any, frame: FrameType) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters
    values = {name: (frame.f_locals[name], parameter.default) for name, parameter in parameters.items()}
    return {name: value for name, (value, default) in values.items() if _literal(value) != _literal(default)}


def _literal(value: Any) -> str:
    """``value`` as Python code: a number of NumPy as a number, a text in double quotes."""
    plain = value.item() if hasattr(value, "item") else value
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, str) else repr(plain)
