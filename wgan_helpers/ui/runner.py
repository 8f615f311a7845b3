"""A process that is advanced in a thread of its own, and what may happen to it between two advances."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

from wgan_helpers.ui import interrupts

State = Literal["playing", "paused", "finished", "failed"]
Change = Callable[..., Any]
_LOOK_UP = 0.05  # seconds: the longest wait while playing, since an interrupt of the kernel wakes no thread


class Audience(NamedTuple):
    """Who watches a runner, all called in the runner's thread.

    ``told`` is also called by whoever tells the runner to do something.
    """

    ready: Callable[[], bool]  # whether a view would be drawn at once
    look: Callable[[Any], None]  # takes a view of the process, which rests meanwhile
    failed: Callable[[Exception], None]  # the process ended so
    told: Callable[[], None]  # the state may have changed


class Runner:
    """Starts a process, advances it while it plays, and changes it between two advances.

    The thread lives only while there is something to do. An exception ends the process; whatever is asked
    for next starts another.

    Parameters
    ----------
    start, advance, change : callable
        As for :class:`wgan_helpers.ui.Player`.
    audience : Audience
        Looks at the process whenever it is ready to, and in any case after the last thing that was done.
    """

    def __init__(
        self, start: Change, advance: Callable[[Any], bool], change: Change | None, audience: Audience
    ) -> None:
        self._start, self._advance, self._change, self._audience = start, advance, change, audience
        self._process: Any = None
        self._values: dict[str, Any] = {}  # what the controls show
        self._applied: dict[str, Any] = {}  # what the process was started with or changed to
        self._restart = self._moved = False
        self._tasks: deque[Callable[[Any], object]] = deque()
        self._unseen = self._urgent = False
        self._playing = self._finished = self._closed = self._running = False
        self._speed, self._due, self._interrupts = math.inf, 0.0, 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self.error: Exception | None = None
        interrupts.watch()

    @property
    def state(self) -> State:
        """What a reader should know."""
        if self.error is not None:
            return "failed"
        if self._playing:
            return "playing"
        return "finished" if self._finished else "paused"

    def play(self) -> None:
        """Go on until the process ends, or :meth:`pause`."""
        with self._changed:
            self._playing, self._finished = True, False
            self._interrupts = interrupts.count()
            self._wake()
        self._audience.told()

    def pause(self) -> None:
        """End playing after the present advance."""
        with self._changed:
            self._playing = False
            self._changed.notify_all()
        self._audience.told()

    def reset(self, values: dict[str, Any]) -> None:
        """Start anew; what was to be done to the former process is forgotten."""
        with self._changed:
            self._values, self._restart = values, True
            self._tasks.clear()
            self._wake()

    def set(self, values: dict[str, Any]) -> None:
        """Let the process go on with other values."""
        with self._changed:
            self._values, self._moved = values, True
            self._wake()

    def do(self, task: Callable[[Any], object]) -> None:
        """Call ``task(process)`` once, when its turn comes."""
        with self._changed:
            self._tasks.append(task)
            self._wake()

    def pace(self, speed: float) -> None:
        """Advance at most ``speed`` times per second."""
        with self._changed:
            self._speed, self._due = speed, 0.0
            self._changed.notify_all()

    def fail(self, error: Exception, process: Any) -> bool:
        """End ``process`` because of ``error``; ``False`` if another one has taken its place."""
        with self._changed:
            if process is not self._process:
                return False
            self._process, self.error = None, error
            self._playing = self._unseen = False
            self._tasks.clear()
        self._audience.told()
        return True

    def close(self) -> None:
        """End after the present advance, for good."""
        with self._changed:
            self._closed, self._playing = True, False
            self._changed.notify_all()

    def halt(self, timeout: float) -> None:
        """End for good, and wait so many seconds at most for the thread to be gone."""
        self.close()
        if self._thread is not None:
            self._thread.join(timeout)

    def wait(self, timeout: float) -> bool:
        """Block until nothing is left to do; ``False`` if ``timeout`` seconds ran out first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout)

    def _wake(self) -> None:
        self._changed.notify_all()
        if not self._running and not self._closed:
            self._running = True
            self._thread = threading.Thread(target=self._run, name="player", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception as error:
                self.fail(error, self._process)
                self._audience.failed(error)

    def _next(self) -> Callable[[], None] | None:
        """What to do now; waits for the time of the next advance; ``None`` if there is nothing to do."""
        with self._changed:
            while not self._closed:
                self._heed_interrupt()
                if (job := self._due_job()) is not None:
                    return job
                if not self._playing:
                    break
                self._changed.wait(min(_LOOK_UP, self._due - time.monotonic()))
            self._running = False
            self._changed.notify_all()
            return None

    def _heed_interrupt(self) -> None:
        if self._playing and self._interrupts != interrupts.count():
            self._playing = False
            self._audience.told()

    def _due_job(self) -> Callable[[], None] | None:
        process, more = self._process, bool(self._tasks) or self._playing
        if self._restart or (process is None and (self._moved or more)):
            return self._do_start
        if self._moved:
            return partial(self._do_change, process)
        if self._unseen and (self._urgent or not more or self._audience.ready()):
            return partial(self._do_look, process)
        if self._tasks:
            return partial(self._do_task, process, self._tasks.popleft())
        if self._playing and time.monotonic() >= self._due:
            return partial(self._do_advance, process)
        return None

    def _do_start(self) -> None:
        with self._changed:
            self._restart = self._moved = self._unseen = False
            self._process, values = None, dict(self._values)
        self._adopt(_returned("start", self._start(**values)), values)

    def _do_change(self, process: Any) -> None:
        with self._changed:
            self._moved, values = False, dict(self._values)
        changed = {name for name, value in values.items() if value != self._applied.get(name)}
        if self._change is None:
            self._do_start()
        elif changed:
            self._adopt(_returned("change", self._change(process, changed, **values)), values)

    def _adopt(self, process: Any, values: dict[str, Any]) -> None:
        with self._changed:
            self._process, self._applied, self.error = process, values, None
            self._finished, self._unseen, self._urgent = False, True, True
        self._audience.told()

    def _do_task(self, process: Any, task: Callable[[Any], object]) -> None:
        task(process)
        with self._changed:
            self._finished, self._urgent = False, True
            self._unseen = self._process is process

    def _do_advance(self, process: Any) -> None:
        self._due = time.monotonic() + 1 / self._speed
        more = _returned("advance", self._advance(process))
        with self._changed:
            self._unseen = self._process is process
            if more or not self._unseen:
                return
            self._playing, self._finished = False, True
        self._audience.told()

    def _do_look(self, process: Any) -> None:
        with self._changed:
            self._unseen = self._urgent = False
        self._audience.look(process)


def _returned(name: str, result: Any) -> Any:
    """``result``, unless its ``return`` was forgotten."""
    if result is None:
        wanted = "whether there is more to do" if name == "advance" else "the process to go on with"
        raise TypeError(f"{name} must return {wanted}, got None")
    return result
