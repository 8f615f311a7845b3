"""How often the kernel was interrupted, for work in the background to end as well.

A signal reaches the main thread alone, and work in other threads would go on. While a message is handled,
ipykernel has SIGINT raise ``KeyboardInterrupt``; between two messages, it ignores it. Both handlers are
replaced by one that counts first and then does as before.
"""

import asyncio
import signal
import threading
from dataclasses import dataclass
from types import FrameType
from typing import Any

_AGAIN = 0.1  # seconds

_count = 0
_watching = False


def count() -> int:
    """How often, since the first :func:`watch`."""
    return _count


def watch() -> None:
    """See to it that interrupts are counted. Outside a notebook, or off its main thread, this does nothing."""
    global _watching
    try:
        from IPython import get_ipython

        loop = asyncio.get_running_loop()
    except (ImportError, RuntimeError):
        return
    shell = get_ipython()
    if not hasattr(shell, "kernel") or threading.current_thread() is not threading.main_thread():
        return
    _count_too()
    if not _watching:
        _watching = True
        shell.events.register("pre_run_cell", _count_too)
        loop.call_soon(_count_between_messages, loop)


@dataclass(frozen=True)
class _Counting:
    """A handler of the signal that counts and does what ``previous`` did."""

    previous: Any

    def __call__(self, number: int, frame: FrameType | None) -> None:
        # no lock and no message: it may stand in the midst of either
        global _count
        _count += 1
        if callable(self.previous):
            self.previous(number, frame)


def _count_too(_: object = None) -> None:
    """For as long as the present handler would stay: until the end of the cell, if one runs."""
    present = signal.getsignal(signal.SIGINT)
    if present is not None and not isinstance(present, _Counting):
        signal.signal(signal.SIGINT, _Counting(present))


def _count_between_messages(loop: asyncio.AbstractEventLoop) -> None:
    """For good: ipykernel puts it back after each message. But wait for the end of the cell that runs."""
    present = signal.getsignal(signal.SIGINT)
    if present is signal.SIG_IGN:
        _count_too()
    elif not (isinstance(present, _Counting) and present.previous is signal.SIG_IGN):
        loop.call_later(_AGAIN, _count_between_messages, loop)
