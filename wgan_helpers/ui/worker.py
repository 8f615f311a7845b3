"""A background worker that always takes the newest request and drops the ones it was too slow for."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from wgan_helpers.ui import interrupts

Request = TypeVar("Request")


class NewestWins(Generic[Request]):
    """Calls ``work(request, outdated)`` off the calling thread, one call at a time.

    Requests never queue: while one is worked on, only the newest that arrives meanwhile is kept.
    ``outdated()`` tells the work that a newer request waits, that :meth:`stop` was called, or that the kernel
    was interrupted; the work should then return when it conveniently can. The thread lives only while there
    is work, so a forgotten worker costs nothing.

    Parameters
    ----------
    work : callable
        Takes the request and ``outdated``. It must handle its own exceptions.
    """

    def __init__(self, work: Callable[[Request, Callable[[], bool]], None]) -> None:
        self._work = work
        self._waiting: list[Request] = []
        self._running = False
        self._stopped = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._interrupts = 0
        self._changed = threading.Condition()
        interrupts.watch()

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self._running

    def submit(self, request: Request) -> None:
        """Ask for ``request``; whatever waited is forgotten."""
        with self._changed:
            if self._closed:
                return
            self._waiting = [request]
            self._stopped = False
            if not self._running:
                self._running = True
                self._thread = threading.Thread(target=self._run, name="live-figure", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the work at its next opportunity; what waits is begun, so that the newest request is answered."""
        with self._changed:
            self._stopped = True

    def close(self) -> None:
        """Stop for good: later requests are ignored."""
        with self._changed:
            self._closed = True
            self._waiting = []
        self.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing is left to do; ``False`` if ``timeout`` seconds ran out first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout)

    def halt(self, timeout: float) -> None:
        """Stop for good, and wait so many seconds at most for the thread to be gone."""
        self.close()
        if self._thread is not None:
            self._thread.join(timeout)

    def _outdated(self) -> bool:
        return self._stopped or bool(self._waiting) or interrupts.count() != self._interrupts

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._running = False
                    self._changed.notify_all()
                    return
                request = self._waiting.pop()
                self._interrupts = interrupts.count()
            self._work(request, self._outdated)
