"""The player: something that runs, to be played, paused, stepped and reset, and one picture that follows."""

import html
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import ipywidgets as widgets

from wgan_helpers.ui import alive, cells
from wgan_helpers.ui.controls import Control, button, close_family, paper_button, speed_control
from wgan_helpers.ui.drawing import Drawing, error_line
from wgan_helpers.ui.pictured import Pictured
from wgan_helpers.ui.runner import Audience, Change, Runner, State
from wgan_helpers.ui.worker import NewestWins

_FRAME = 0.05  # seconds from one picture to the next: more would not be seen, and would queue on its way
_LAST_STEP = 2.0  # seconds that the end of Python waits for work to end
_WRAP = {"flex_flow": "row wrap"}
# One line, however narrow the page: a second one would push the picture down
_LINE = '<div style="white-space: nowrap; overflow: hidden; text-overflow: ellipsis">{}</div>'


class Player(Pictured):
    """Something that runs, with a picture that follows.

    One thread advances the process and does to it what buttons and controls ask for; another one draws.
    Neither waits for the other: a view of the process is taken when the last picture is done. An exception is
    shown as one line in place of the picture; Reset, Play and any control start anew.

    Parameters
    ----------
    start : callable
        ``start(**values)`` makes the process for the values of the controls.
    advance : callable
        ``advance(process)`` does a short unit of work, 50 ms at most, for Pause to take effect at once;
        it returns whether there is more to do. Play asks it again after the end.
    view : callable
        ``view(process)`` returns a copy of what is to be drawn, since the process goes on meanwhile.
    draw : callable
        ``draw(view, axes)`` draws on the axes, which are empty: one ``Axes``, or a list of them if there
        are several panels.
    controls : mapping of str to Control
        The keyword arguments of ``start``.
    change : callable, optional
        ``change(process, names, **values)`` returns the process to go on with, the same one or another,
        where the controls in the set ``names`` have new values. Without it, each change starts anew.
    actions : mapping of str to callable, optional
        A button for each, which pauses and calls ``action(process)`` once.
    describe : callable, optional
        ``describe(view)`` returns a few words for the status line: ``"step 120"``.
    speeds : sequence of float
        Advances per second to choose from, ``inf`` for full speed; it starts at the last one.
    code : callable, optional
        ``code(**values)`` returns Python code that does the same, to be shown on demand.
    on_draw : callable, optional
        ``on_draw(process, points)`` takes what a reader draws on the first axes with the pointer: an array
        ``(k, 2)``, in the units of the axes.
    autoplay : bool
        Whether to play from the beginning, rather than to wait for Play.
    panels : int
        How many axes stand side by side.
    size : (float, float)
        Width and height of the picture in inches, at 110 pixels each.
    """

    def __init__(
        self,
        start: Callable[..., Any],
        advance: Callable[[Any], bool],
        view: Callable[[Any], Any],
        draw: Callable[[Any, Any], object],
        controls: Mapping[str, Control],
        *,
        change: Change | None = None,
        actions: Mapping[str, Callable[[Any], object]] | None = None,
        describe: Callable[[Any], str] | None = None,
        speeds: Sequence[float] = (1, 3, 10, 30, math.inf),
        code: Callable[..., str] | None = None,
        on_draw: Callable[[Any, Any], object] | None = None,
        autoplay: bool = False,
        panels: int = 1,
        size: tuple[float, float] = (7.6, 4.2),
    ) -> None:
        self._view, self._draw, self._describe, self._code = view, draw, describe, code
        drawing = Drawing(panels, size)
        self._painter: NewestWins[_Scene | Exception] = NewestWins(self._paint)
        self._next_picture = 0.0
        audience = Audience(self._ready, self._look, self._painter.submit, self._tell)
        self._runner = Runner(start, advance, change, audience)
        self._telling = threading.Lock()
        super().__init__(dict(controls), drawing, self._rows(controls, drawing, actions or {}, speeds))
        self.add_class("wgan-player")
        if on_draw is not None:
            self._let_draw(on_draw)
        cells.adopt(self)
        alive.register(self)
        self._runner.pace(self._speed.value)
        self.reset()
        if autoplay:
            self.play()

    @property
    def state(self) -> State:
        """``"playing"``, ``"paused"``, ``"finished"`` or ``"failed"``."""
        return self._runner.state

    @property
    def error(self) -> Exception | None:
        """What the process failed with, until it starts anew."""
        return self._runner.error

    def play(self) -> None:
        """Advance until the process ends, or :meth:`pause`."""
        self._runner.play()

    def pause(self) -> None:
        """Rest after the present advance."""
        self._runner.pause()

    def reset(self) -> None:
        """Start anew with the same setting; what plays goes on playing."""
        self._runner.reset(self.values)

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until the picture is final; while playing, until there is one.

        Raises
        ------
        TimeoutError
            If it is not after ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while not self._runner.wait(_FRAME) or not self._painter.wait(_FRAME):
            if self.state == "playing" and self.png:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the player had no picture to show after {timeout:g} s")

    def close(self) -> None:
        """End the process and take the player, with its controls, off the page."""
        self._runner.close()
        self._painter.close()
        close_family(self)

    def halt(self) -> None:
        """End the process for good, and wait a moment for that."""
        self._runner.halt(_LAST_STEP)
        self._painter.halt(_LAST_STEP)

    def _rows(
        self,
        controls: Mapping[str, Control],
        drawing: Drawing,
        actions: Mapping[str, Callable[[Any], object]],
        speeds: Sequence[float],
    ) -> list[widgets.Widget]:
        """Controls, buttons, status, picture, code."""
        self._toggle = button("Play", "", self._play_or_pause, width="90px")
        restart = button("Reset", "start anew with the same setting", self.reset)
        steps = [
            button(name, "pause, and do this once", partial(self._act, action)) for name, action in actions.items()
        ]
        self._speed = speed_control(speeds)
        self._speed.observe(lambda change: self._runner.pace(change["new"]), names="value")
        self._shows_code = widgets.ToggleButton(
            description="Show the code", tooltip="Python code that does the same", layout={"width": "auto"}
        )
        self._shows_code.observe(self._show_code, names="value")
        self._listing = widgets.HTML(layout={"display": "none", "max_width": drawing.width})
        self._state = widgets.HTML(layout={"flex": "0 0 auto", "min_width": "5em"})
        self._text = widgets.HTML(layout={"flex": "1 1 0", "min_width": "0"})
        row = [self._toggle, restart, *steps, *[self._speed] * (len(speeds) > 1)]
        row += [*paper_button(controls), *[self._shows_code] * (self._code is not None)]
        return [
            widgets.Box([control.widget for control in controls.values()], layout=_WRAP),
            widgets.Box(row, layout=_WRAP),
            widgets.HBox([self._state, self._text], layout={"max_width": drawing.width}),
            drawing.box,
            self._listing,
        ]

    def _play_or_pause(self) -> None:
        if self.state == "playing":
            self.pause()
        else:
            self.play()

    def _act(self, action: Callable[[Any], object]) -> None:
        self.pause()
        self._runner.do(action)

    def _on_change(self, _: object = None) -> None:
        self._runner.set(self.values)
        self._show_code()

    def _show_code(self, _: object = None) -> None:
        if self._code is None:
            return
        if self._shows_code.value:
            self._listing.value = _listed(self._code, self.values)
        self._listing.layout.display = None if self._shows_code.value else "none"

    def _let_draw(self, on_draw: Callable[[Any, Any], object]) -> None:
        """Hand on what the pointer draws."""

        def take(_: object, content: dict[str, Any], __: object) -> None:
            points = self._drawing.data(content["points"])
            if len(points):
                self._runner.do(lambda process: on_draw(process, points))

        self._drawing.picture.drawable = True
        self._drawing.picture.on_msg(take)

    def _tell(self) -> None:
        """Show the state."""
        with self._telling:  # the last to come reads the newest
            state = self.state
            playing = state == "playing"
            with self._toggle.hold_sync():
                self._toggle.description, self._toggle.icon = ("Pause", "pause") if playing else ("Play", "play")
                self._toggle.tooltip = "rest, and keep what there is" if playing else "go on until Pause, or the end"
            self._state.value = f'<span role="status"><b>{state}</b></span>'

    def _ready(self) -> bool:
        return self._painter.idle and time.monotonic() >= self._next_picture

    def _look(self, process: Any) -> None:
        setting = " · ".join(control.shown for control in self._controls.values())
        self._painter.submit(_Scene(self._view(process), process, setting))

    def _paint(self, scene: "_Scene | Exception", _: object) -> None:
        """Draw one view, or the line of an error: the painter's whole job."""
        began, processor = time.monotonic(), time.thread_time()
        if isinstance(scene, Exception):
            self._show_error(scene)
        else:
            try:
                text = "" if self._describe is None else self._describe(scene.view)
                alt = " · ".join(filter(None, [scene.setting, text]))
                self._drawing.show(self._draw, scene.view, f"Figure for {alt}")
                self._text.value = _LINE.format(html.escape(text))
            except Exception as error:
                if self._runner.fail(error, scene.process):
                    self._show_error(error)
        self._drawing.rest()
        # as much of the processor is for the process: Python runs one thread at a time, and drawing is Python
        self._next_picture = max(began + _FRAME, time.monotonic() + time.thread_time() - processor)

    def _show_error(self, error: Exception) -> None:
        self._text.value = _LINE.format("Reset, or another setting, starts anew")
        self._drawing.show_error(error)


class _Scene(NamedTuple):
    view: Any
    process: Any
    setting: str


def _listed(code: Callable[..., str], values: dict[str, Any]) -> str:
    try:
        return f'<pre style="overflow-x: auto; user-select: text">{html.escape(code(**values))}</pre>'
    except Exception as error:
        return error_line(error)
