"""What a live figure and a player share: controls, one picture, and what is kept or passed on of them."""

import base64
import contextlib
import os
import re
from pathlib import Path
from typing import Any, Final, Self

import ipywidgets as widgets

from wgan_helpers import _checks
from wgan_helpers.ui import origin
from wgan_helpers.ui.controls import Control
from wgan_helpers.ui.drawing import Drawing
from wgan_helpers.ui.sharing import TYPES, Sharing

_FIRST_PICTURE: Final = 2.0  # seconds that showing the widget waits for a picture to save beside it


class Pictured(widgets.VBox):
    """A widget with controls and a picture that follows them.

    Parameters
    ----------
    controls : dict of str to Control
    drawing : Drawing
    rows : list of Widget
        All that is shown, from top to bottom; how to share it comes below.
    """

    def __init__(self, controls: dict[str, Control], drawing: Drawing, rows: list[widgets.Widget]) -> None:
        self._controls, self._drawing = controls, drawing
        self._origin, self._first = origin.of_caller(), self._settings
        self._sharing = Sharing(lambda kind: (f"{self._name}.{kind}", drawing.file(kind)), drawing.width)
        self._sharing.observe(self._write_code, names="shows")
        super().__init__([*rows, self._sharing])
        for control in controls.values():
            control.widget.observe(self._on_change, names="value")
            control.widget.observe(self._write_code, names="value")

    @property
    def values(self) -> dict[str, Any]:
        """The present setting of every control."""
        return {name: control.widget.value for name, control in self._controls.items()}

    @property
    def png(self) -> bytes:
        """The picture that is shown, as a PNG file; empty before the first."""
        return self._drawing.png

    @property
    def code(self) -> str:
        """Python code that opens it anew with the present setting of its controls."""
        moved = origin.arguments(self._moved)
        return f"{self._origin.imports}\n{self._origin.call}{f'.at({moved})' * bool(moved)}".strip()

    def at(self, **values: Any) -> Self:
        """Set some controls at once: a slider to one of its stops, a menu to the name or the value of an option.

        Raises
        ------
        ValueError
            For an unknown control, or a value that it does not have; nothing is set then.
        """
        indices = {}
        for name, value in values.items():
            _checks.one_of(name, "control", self._controls)
            indices[name] = self._controls[name].find(name, value)
        chosen = [(self._controls[name].widget, index) for name, index in indices.items()]
        for widget, _ in chosen:  # one change of all, not one after the other
            widget.unobserve(self._on_change, names="value")
        for widget, index in chosen:
            widget.index = index
        for widget, _ in chosen:
            widget.observe(self._on_change, names="value")
        self._on_change()
        return self

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, as soon as it is final for the present setting.

        Parameters
        ----------
        path : path
            Its suffix chooses the format: ``.svg`` and ``.pdf`` stay sharp at any size, ``.png`` has twice the pixels
            of the page.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            For another suffix, or if there is no picture, because the setting failed.
        OSError
            If the file cannot be written.
        """
        file = Path(path)
        kind = file.suffix.lower().removeprefix(".")
        if kind not in TYPES:
            raise ValueError(f"a picture is saved as .svg, .png or .pdf, got {str(path)!r}")
        self.settle()
        content = self._drawing.file(kind)
        try:
            file.write_bytes(content)
        except OSError as error:
            raise OSError(f"cannot write {str(path)!r}: {error.strerror}") from None
        return file

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until there is a picture, and nothing that would soon be another.

        Raises
        ------
        TimeoutError
            If there is none after ``timeout`` seconds.
        """
        raise NotImplementedError

    @property
    def _settings(self) -> dict[str, Any]:
        """What :meth:`at` takes to set every control as it is."""
        return {name: control.setting for name, control in self._controls.items()}

    @property
    def _moved(self) -> dict[str, Any]:
        return {name: value for name, value in self._settings.items() if value != self._first[name]}

    @property
    def _name(self) -> str:
        """A file's name that says what the picture shows."""
        words = [self._origin.call.removesuffix("()") or "figure"]
        words += [f"{name}={value}" for name, value in self._moved.items()]
        return re.sub(r"[^\w.=-]+", "-", " ".join(words)).strip("-")

    def _on_change(self, _: object = None) -> None:
        """Let the picture follow the controls."""
        raise NotImplementedError

    def _write_code(self, _: object = None) -> None:
        if self._sharing.shows:
            self._sharing.code = self.code

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live widget, and the picture for readers who have no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        with contextlib.suppress(TimeoutError):
            self.settle(_FIRST_PICTURE)
        if self.png:
            bundle["image/png"] = base64.b64encode(self.png).decode()
        return bundle
