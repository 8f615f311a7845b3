"""The live figure: controls, a computation off the main thread, one picture that follows."""

import html
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, NamedTuple

import ipywidgets as widgets

from wgan_helpers.ui import alive, cells
from wgan_helpers.ui.controls import Control, button, close_family, paper_button
from wgan_helpers.ui.drawing import Drawing
from wgan_helpers.ui.pictured import Pictured
from wgan_helpers.ui.worker import NewestWins

_BUSY_AFTER = 0.2  # seconds: shorter work would only make the status line flicker
_LAST_STEP = 2.0  # seconds that the end of Python waits for work to end
# One line, however narrow the page: a second one would push the picture down
_STATUS = (
    '<div role="status" style="display: flex; white-space: nowrap">'
    '<span style="overflow: hidden; text-overflow: ellipsis">{shown}</span>&nbsp; <i>({progress})</i></div>'
)


class Step(NamedTuple):
    """What a computation has so far: ``done`` of ``total`` parts of it; the same ``result`` is not drawn again."""

    result: Any
    done: int
    total: int


class LiveFigure(Pictured):
    """A picture that follows its controls.

    A worker thread computes and draws, always for the newest setting: what it was too slow for is
    dropped, nothing queues. The figure is kept and redrawn, and pyplot never learns of it. An exception
    is shown as one line in place of the picture, and the next setting is tried as if nothing had been.

    Parameters
    ----------
    compute : callable
        ``compute(**values)`` returns the result, or is a generator of :class:`Step`: coarse first, then
        refined. It should yield often, since a newer setting or Stop takes effect between two steps.
        What was yielded must not change afterwards: it is drawn once more where the picture is saved.
    draw : callable
        ``draw(result, axes)`` draws on the axes, which are empty: one ``Axes``, or a list of them if there
        are several panels.
    controls : mapping of str to Control
        The keyword arguments of ``compute``.
    panels : int
        How many axes stand side by side.
    size : (float, float)
        Width and height of the picture in inches, at 110 pixels each.
    """

    def __init__(
        self,
        compute: Callable[..., Any],
        draw: Callable[[Any, Any], object],
        controls: Mapping[str, Control],
        *,
        panels: int = 1,
        size: tuple[float, float] = (7.6, 4.2),
    ) -> None:
        self._compute = compute
        self._draw = draw
        drawing = Drawing(panels, size)
        self._worker: NewestWins[_Request] = NewestWins(self._follow)
        self.error: Exception | None = None

        self._status = widgets.HTML(layout={"max_width": drawing.width})
        self._stop = button("Stop", "stop computing, keep what there is", self._worker.stop)
        self._stop.disabled = True
        rows = [
            widgets.Box([control.widget for control in controls.values()], layout={"flex_flow": "row wrap"}),
            widgets.HBox([*paper_button(controls), self._stop]),
            self._status,
            drawing.box,
        ]
        super().__init__(dict(controls), drawing, rows)
        self.add_class("wgan-live")
        cells.adopt(self)
        alive.register(self)
        self._on_change()

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until the picture is final for the present setting.

        Raises
        ------
        TimeoutError
            If it is not after ``timeout`` seconds.
        """
        if not self._worker.wait(timeout):
            raise TimeoutError(f"the figure was still being computed after {timeout:g} s")

    def close(self) -> None:
        """Stop computing and take the figure, with its controls, off the page."""
        self._worker.close()
        close_family(self)

    def halt(self) -> None:
        """Stop computing for good, and wait a moment for that."""
        self._worker.halt(_LAST_STEP)

    def _on_change(self, _: object = None) -> None:
        shown = (control.shown for control in self._controls.values())
        self._worker.submit(_Request(self.values, " · ".join(shown)))

    def _follow(self, request: "_Request", outdated: Callable[[], bool]) -> None:
        """Compute and draw one setting: the worker's whole job."""
        started = time.perf_counter()
        shown = html.escape(request.shown)
        busy = threading.Timer(_BUSY_AFTER, self._say, [shown, "working …", True])
        busy.start()
        drawn: Any = self  # no result yet
        try:
            for step in _steps(self._compute(**request.values)):
                if drawn is not self and outdated():  # before the picture is drawn, which takes long too
                    break
                if step.result is not drawn:
                    drawn = step.result
                    self._drawing.show(self._draw, drawn, f"Figure for {request.shown}")
                done, total = step.done, step.total
                if done < total:
                    self._say(shown, f"{done} of {total} …", busy=True)
                # a setting's first picture is always shown, so that a slow figure follows too
                if outdated():
                    break
            ending = "done" if done == total else f"stopped at {done} of {total}"
            ending = f"{ending}, {time.perf_counter() - started:.2f} s"
            self.error = None
        except Exception as error:
            ending = "this setting failed, choose another"
            self.error = error
            self._drawing.show_error(error)
        busy.cancel()
        busy.join()
        self._drawing.rest()
        self._say(shown, ending, busy=False)

    def _say(self, shown: str, progress: str, busy: bool) -> None:
        self._status.value = _STATUS.format(shown=shown, progress=progress)
        self._stop.disabled = not busy


class _Request(NamedTuple):
    values: dict[str, Any]
    shown: str


def _steps(result: Any) -> Iterator[Step]:
    """A generator's steps as they come; anything else is one step that is done."""
    if not isinstance(result, Generator):
        yield Step(result, 1, 1)
        return
    count = 0
    for count, step in enumerate(result, start=1):
        yield step
    if count == 0:
        raise ValueError("the computation yielded no step to draw")
