"""What a live figure and a player share: controls, one picture, and what a saved notebook keeps of them."""

import base64
import contextlib
from typing import Any, Final

import ipywidgets as widgets

from wgan_helpers.ui.controls import Control
from wgan_helpers.ui.drawing import Drawing

_FIRST_PICTURE: Final = 2.0  # seconds that showing the widget waits for a picture to save beside it


class Pictured(widgets.VBox):
    """A widget with controls and a picture that follows them."""

    _controls: dict[str, Control]
    _drawing: Drawing

    @property
    def values(self) -> dict[str, Any]:
        """The present setting of every control."""
        return {name: control.widget.value for name, control in self._controls.items()}

    @property
    def png(self) -> bytes:
        """The picture that is shown, as a PNG file; empty before the first."""
        return self._drawing.png

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until there is a picture, and nothing that would soon be another.

        Raises
        ------
        TimeoutError
            If there is none after ``timeout`` seconds.
        """
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live widget, and the picture for readers who have no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        with contextlib.suppress(TimeoutError):
            self.settle(_FIRST_PICTURE)
        if self.png:
            bundle["image/png"] = base64.b64encode(self.png).decode()
        return bundle
