"""All widgets that work in the background: to wait for, and to end before Python does."""

import atexit
import time
import weakref
from typing import Protocol


class Working(Protocol):
    """A widget with threads of its own."""

    def settle(self, timeout: float = 60.0) -> None: ...

    def halt(self) -> None:
        """End all work for good, and wait a moment for it to have ended."""


_alive: "weakref.WeakSet[Working]" = weakref.WeakSet()


def register(widget: Working) -> None:
    """Count ``widget`` among them, for as long as it is used."""
    _alive.add(widget)


def settle(timeout: float = 60.0) -> None:
    """Wait until every live figure, and every player that is not playing, shows its final picture."""
    deadline = time.monotonic() + timeout
    for widget in list(_alive):
        widget.settle(max(0.0, deadline - time.monotonic()))


@atexit.register
def _halt_all() -> None:
    """Let no thread compute while Python ends, which would abort it."""
    for widget in list(_alive):
        widget.halt()
