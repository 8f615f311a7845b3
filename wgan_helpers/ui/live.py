"""The live figure: controls, a computation off the main thread, one picture that follows."""

import atexit
import base64
import gc
import html
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as widgets
import numpy as np

from wgan_helpers.ui import cells
from wgan_helpers.ui.controls import Control
from wgan_helpers.ui.picture import Picture
from wgan_helpers.ui.worker import NewestWins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg

_DPI = 110
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.9, 0.15, 0.6, 0.5  # margins in inches: room for labels and a title of two lines
_BUSY_AFTER = 0.2  # seconds: shorter work would only make the status line flicker
_FIRST_PICTURE = 2.0  # seconds that showing the widget waits for a picture to save beside it
_BESIDE, _BELOW = 0.52, 0.35  # inches from the axes to their labels
_TICKS = 6  # per axis: five intervals
_GARBAGE = 60_000  # objects: some five pictures' worth
# One line, however narrow the page: a second one would push the picture down
_STATUS = (
    '<div role="status" style="display: flex; white-space: nowrap">'
    '<span style="overflow: hidden; text-overflow: ellipsis">{shown}</span>&nbsp; <i>({progress})</i></div>'
)
# matplotlib's text layout keeps state between calls that two threads must not share
_drawing = threading.Lock()
_alive: "weakref.WeakSet[LiveFigure]" = weakref.WeakSet()


class Step(NamedTuple):
    """What a computation has so far: ``done`` of ``total`` parts of it."""

    result: Any
    done: int
    total: int


class LiveFigure(widgets.VBox):
    """A picture that follows its controls.

    A worker thread computes and draws, always for the newest setting: what it was too slow for is
    dropped, nothing queues. The figure is kept and redrawn, and pyplot never learns of it. An exception
    is shown as one line in place of the picture, and the next setting is tried as if nothing had been.

    Parameters
    ----------
    compute : callable
        ``compute(**values)`` returns the result, or is a generator of :class:`Step`: coarse first, then
        refined. It should yield often, since a newer setting or Stop takes effect between two steps.
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
        self._controls = dict(controls)
        self._panels = panels
        self._canvas, self._margins = _canvas(size)
        self._axes: list[Axes] = []
        self._worker: NewestWins[_Request] = NewestWins(self._follow)
        self.error: Exception | None = None

        width, height = (f"{side * _DPI:.0f}px" for side in size)
        self._picture = Picture()
        # as high as a picture, so that the page below does not jump when one takes the other's place
        self._message = widgets.HTML(layout={"display": "none", "min_height": height, "margin": "0"})
        self._status = widgets.HTML(layout={"max_width": width})
        self._stop = _button("Stop", "stop computing, keep what there is", self._worker.stop)
        self._stop.disabled = True
        buttons = [self._stop]
        if any(control.paper is not None for control in self._controls.values()):
            buttons.insert(0, _button("Paper's setting", "set every control to the paper's value", self._set_to_paper))
        inputs = [control.widget for control in self._controls.values()]
        super().__init__(
            [
                widgets.Box(inputs, layout={"flex_flow": "row wrap"}),
                widgets.HBox(buttons),
                self._status,
                widgets.VBox([self._picture, self._message], layout={"width": "100%", "max_width": width}),
            ]
        )
        self.add_class("wgan-live")
        for widget in inputs:
            widget.observe(self._on_change, names="value")
        cells.adopt(self)
        _alive.add(self)
        self._on_change()

    @property
    def values(self) -> dict[str, Any]:
        """The present setting of every control."""
        return {name: control.widget.value for name, control in self._controls.items()}

    @property
    def png(self) -> bytes:
        """The picture that is shown, as a PNG file; empty before the first."""
        return self._picture.value

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
        for widget in _family(self):
            widgets.Widget.close(widget)

    def _on_change(self, _: object = None) -> None:
        shown = (control.shown for control in self._controls.values())
        self._worker.submit(_Request(self.values, " · ".join(shown)))

    def _set_to_paper(self) -> None:
        for control in self._controls.values():
            if control.paper is not None:
                control.widget.value = control.paper

    def _follow(self, request: "_Request", outdated: Callable[[], bool]) -> None:
        """Compute and draw one setting: the worker's whole job."""
        started = time.perf_counter()
        shown = html.escape(request.shown)
        busy = threading.Timer(_BUSY_AFTER, self._say, [shown, "working …", True])
        busy.start()
        try:
            for step in _steps(self._compute(**request.values)):
                self._show(step.result, request.shown)
                if step.done < step.total:
                    self._say(shown, f"{step.done} of {step.total} …", busy=True)
                # a setting's first picture is always shown, so that a slow figure follows too
                if outdated():
                    break
            ending = "done" if step.done == step.total else f"stopped at {step.done} of {step.total}"
            ending = f"{ending}, {time.perf_counter() - started:.2f} s"
            self.error = None
        except Exception as error:
            ending = "this setting failed, choose another"
            self.error = error
            self._show_error(error)
        busy.cancel()
        busy.join()
        self._say(shown, ending, busy=False)
        # what the next picture need not wait for
        with _drawing:
            if not self._axes:  # there are some still, if the setting failed
                self._make_axes()
        _collect_garbage()

    def _make_axes(self) -> None:
        """Empty axes with their ticks, a third of a picture's time."""
        figure = self._canvas.figure
        self._axes = list(figure.subplots(1, self._panels, squeeze=False)[0])
        figure.subplots_adjust(**self._margins)
        for ax in self._axes:
            _, _, width, height = ax.get_position().bounds * np.tile(figure.get_size_inches(), 2)
            # in a fixed place: to keep clear of the ticks, a label would have them all laid out once more
            ax.xaxis.set_label_coords(0.5, -_BELOW / height)
            ax.yaxis.set_label_coords(-_BESIDE / width, 0.5)
            for axis in (ax.xaxis, ax.yaxis):
                axis.get_major_ticks(_TICKS)

    def _show(self, result: Any, setting: str) -> None:
        with _drawing:
            if not self._axes:
                self._make_axes()
            axes, self._axes = self._axes, []
            try:
                self._draw(result, axes if self._panels > 1 else axes[0])
                _thin_ticks(axes)
                png = _png(self._canvas)
            finally:
                for old in self._canvas.figure.axes:  # figure.clear() would clean each of them first
                    self._canvas.figure.delaxes(old)
        with self._picture.hold_sync():  # one message to the browser
            self._picture.alt = f"Figure for {setting}"
            self._picture.value = png
        self._message.layout.display = "none"
        self._picture.layout.display = None

    def _show_error(self, error: Exception) -> None:
        line = html.escape(f"{type(error).__name__}: {error}".splitlines()[0])
        self._message.value = f'<p role="alert" class="wgan-error"><b>{line}</b></p>'
        self._picture.layout.display = "none"
        self._message.layout.display = None

    def _say(self, shown: str, progress: str, busy: bool) -> None:
        self._status.value = _STATUS.format(shown=shown, progress=progress)
        self._stop.disabled = not busy

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The live widget, and the picture for readers who have no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        self._worker.wait(_FIRST_PICTURE)
        if self.png:
            bundle["image/png"] = base64.b64encode(self.png).decode()
        return bundle


class _Request(NamedTuple):
    values: dict[str, Any]
    shown: str


def settle(timeout: float = 60.0) -> None:
    """Wait until every live figure shows its final picture."""
    deadline = time.monotonic() + timeout
    for figure in list(_alive):
        figure.settle(max(0.0, deadline - time.monotonic()))


@atexit.register
def _stop_all() -> None:
    """Let no thread compute while Python ends, which would abort it."""
    for figure in list(_alive):
        figure._worker.close()
        figure._worker.wait(2.0)


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


def picture(draw: Callable[[Any], object], size: tuple[float, float] = (6.0, 3.6)) -> bytes:
    """What ``draw(axes)`` draws, as a PNG file."""
    canvas, margins = _canvas(size)
    with _drawing:
        axes = canvas.figure.subplots()
        canvas.figure.subplots_adjust(**margins)
        draw(axes)
        return _png(canvas)


def _canvas(size: tuple[float, float]) -> tuple["FigureCanvasAgg", dict[str, float]]:
    """A figure of its own, since pyplot would keep it and show it a second time; and the margins of its axes."""
    from matplotlib.figure import Figure

    from wgan_helpers.ui.lettering import Canvas

    width, height = size
    margins = {"left": _LEFT / width, "bottom": _BOTTOM / height}
    margins |= {"right": 1 - _RIGHT / width, "top": 1 - _TOP / height}
    return Canvas(Figure(figsize=size, dpi=_DPI)), margins


def _thin_ticks(axes: Iterable["Axes"]) -> None:
    """At most five intervals where matplotlib chooses the ticks: drawing them takes most of a picture's time."""
    from matplotlib.ticker import AutoLocator

    for axis in (axis for ax in axes for axis in (ax.xaxis, ax.yaxis)):
        if isinstance(locator := axis.get_major_locator(), AutoLocator):
            locator.set_params(nbins=_TICKS - 1)


def _collect_garbage() -> None:
    """Collect what pictures left before Python does so in the midst of one, which would hold it up by 0.1 s."""
    if len(gc.get_objects(2)) > _GARBAGE:
        gc.collect()
        if len(gc.get_objects(2)) > _GARBAGE:  # modules that were loaded meanwhile: they stay
            gc.freeze()


def _button(description: str, tooltip: str, action: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=description, tooltip=tooltip)
    button.on_click(lambda _: action())
    return button


def _png(canvas: "FigureCanvasAgg") -> bytes:
    """The figure as a PNG file."""
    from wgan_helpers.ui.encoding import png_file

    canvas.draw()
    return png_file(canvas.buffer_rgba())


def _family(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """``widget`` and all that it contains."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _family(child)
