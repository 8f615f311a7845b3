"""One picture on the page: drawn by matplotlib, replaced at once, or by the line of an error."""

import gc
import html
import io
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from wgan_helpers.ui.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.transforms import BboxBase, Transform

_DPI = 110
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.9, 0.15, 0.6, 0.5  # margins in inches: room for labels and a title of two lines
_BESIDE, _BELOW = 0.52, 0.35  # inches from the axes to their labels
_TICKS = 6  # per axis: five intervals
_COLLECT_AFTER = 5  # collections of younger objects, of 7000 each: some three pictures; Python itself waits for 10
_SLOW_COLLECTION = 0.03  # seconds to look through what is alive: some 100,000 objects
# matplotlib's text layout keeps state between calls that two threads must not share
_turn = threading.Lock()


class Drawing:
    """A picture that is drawn again and again, and the line of an error that may take its place.

    The figure is kept, and pyplot never learns of it. One thread at a time may call :meth:`show`,
    :meth:`show_error` and :meth:`rest`.

    Parameters
    ----------
    panels : int
        How many axes stand side by side.
    size : (float, float)
        Width and height of the picture in inches, at 110 pixels each.
    """

    def __init__(self, panels: int, size: tuple[float, float]) -> None:
        self._panels = panels
        self._size = size
        self._canvas, self._margins = _canvas(size)
        self._axes: list[Axes] = []
        self._shown: tuple[Callable[[Any, Any], object], Any] | None = None
        self._place: tuple[Transform, BboxBase] | None = None
        self.width, height = (f"{side * _DPI:.0f}px" for side in size)
        self.picture = Picture()
        # as high as a picture, so that the page below does not jump when one takes the other's place
        self.message = widgets.HTML(layout={"display": "none", "min_height": height, "margin": "0"})
        self.box = widgets.VBox([self.picture, self.message], layout={"width": "100%", "max_width": self.width})

    @property
    def png(self) -> bytes:
        """The picture that is shown, as a PNG file; empty before the first."""
        return self.picture.value

    def show(self, draw: Callable[[Any, Any], object], result: Any, alt: str) -> None:
        """Show what ``draw(result, axes)`` draws; ``alt`` says in words what it is."""
        with _turn:
            self._make_axes()
            axes, self._axes, self._shown = self._axes, [], None
            try:
                self._draw(draw, result, axes)
                png = _png(self._canvas)
                self._place = axes[0].transData.inverted(), axes[0].bbox.frozen()
            finally:
                for old in self._canvas.figure.axes:  # figure.clear() would clean each of them first
                    self._canvas.figure.delaxes(old)
            self._shown = draw, result
        with self.picture.hold_sync():  # one message to the browser
            self.picture.alt = alt
            self.picture.value = png
        self.message.value, self.message.layout.display = "", "none"
        self.picture.layout.display = None

    def show_error(self, error: Exception) -> None:
        """Show the first line of ``error`` in place of the picture."""
        self._shown = None
        self.message.value = error_line(error)
        self.picture.layout.display = "none"
        self.message.layout.display = None

    def file(self, kind: str) -> bytes:
        """The picture that is shown, drawn once more as an ``"svg"``, ``"pdf"`` or ``"png"`` of twice the pixels.

        Raises
        ------
        ValueError
            If none is shown.
        """
        with _turn:
            if self._shown is None:
                raise ValueError("there is no picture to save: choose a setting that gives one")
            canvas, _ = _canvas(self._size)
            self._draw(*self._shown, self._new_axes(canvas))
            content = io.BytesIO()
            # without a date: the same picture is the same file
            undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
            canvas.figure.savefig(content, format=kind, dpi=2 * _DPI, metadata=undated)
        return content.getvalue()

    def rest(self) -> None:
        """Do what the next picture need not wait for."""
        with _turn:
            self._make_axes()
        _collect_garbage()

    def data(self, fractions: Any) -> np.ndarray:
        """Where positions in the picture lie in the data of its first axes.

        Parameters
        ----------
        fractions : (k, 2)
            Of the picture's width from the left, and of its height from the top.

        Returns
        -------
        (m, 2) array of float
            Those that are inside of the axes, in the units of the axes.
        """
        place, (width, height) = self._place, self._canvas.get_width_height()
        if place is None:
            return np.empty((0, 2))
        to_data, box = place
        across, down = np.asarray(fractions, dtype=float).reshape(-1, 2).T
        x, y = across * width, (1 - down) * height
        inside = (box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)
        return np.asarray(to_data.transform(np.column_stack([x, y])[inside]))

    def _make_axes(self) -> None:
        """Empty axes with their ticks, a third of a picture's time, unless there are some."""
        if not self._axes:
            self._axes = self._new_axes(self._canvas)

    def _new_axes(self, canvas: "FigureCanvasAgg") -> list["Axes"]:
        figure = canvas.figure
        axes = list(figure.subplots(1, self._panels, squeeze=False)[0])
        figure.subplots_adjust(**self._margins)
        for ax in axes:
            _, _, width, height = ax.get_position().bounds * np.tile(figure.get_size_inches(), 2)
            # in a fixed place: to keep clear of the ticks, a label would have them all laid out once more
            ax.xaxis.set_label_coords(0.5, -_BELOW / height)
            ax.yaxis.set_label_coords(-_BESIDE / width, 0.5)
            for axis in (ax.xaxis, ax.yaxis):
                axis.get_major_ticks(_TICKS)
        return axes

    def _draw(self, draw: Callable[[Any, Any], object], result: Any, axes: list["Axes"]) -> None:
        draw(result, axes if self._panels > 1 else axes[0])
        _thin_ticks(axes)


def error_line(error: Exception) -> str:
    """The first line of ``error``, as HTML."""
    line = html.escape(f"{type(error).__name__}: {error}".splitlines()[0])
    return f'<p role="alert" class="wgan-error"><b>{line}</b></p>'


def picture(draw: Callable[[Any], object], size: tuple[float, float] = (6.0, 3.6)) -> bytes:
    """What ``draw(axes)`` draws, as a PNG file."""
    canvas, margins = _canvas(size)
    with _turn:
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
    """Collect what pictures left before Python does so in the midst of one, which would hold it up by 0.1 s.

    What is left is not counted by ``gc.get_objects``: it would take hold of a tuple that another thread is just making
    from a generator, and Python then raises ``SystemError`` there.
    """
    if gc.get_count()[2] < _COLLECT_AFTER:
        return
    began = time.thread_time()
    gc.collect()
    if time.thread_time() - began > _SLOW_COLLECTION:  # modules that were loaded meanwhile: they stay
        gc.freeze()


def _png(canvas: "FigureCanvasAgg") -> bytes:
    """The figure as a PNG file."""
    from wgan_helpers.ui.encoding import png_file

    canvas.draw()
    return png_file(canvas.buffer_rgba())
