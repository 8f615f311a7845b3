"""One pool of threads for compiled kernels, which release the interpreter lock, and memory that each thread keeps."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

_KEPT_BYTES = 2**25  # that a thread keeps for its next block
_kept = threading.local()


def in_blocks(solve: Callable[[slice], None], count: int, size: int, few: int | None = None) -> None:
    """Solve ``count`` problems in even blocks of ``size`` at most, as many for each core.

    This thread and the pool's take the next one as they get free; for a ``few`` (default: one block) it
    wakes up no other.
    """
    cores, blocks = _cores(), -(-count // size)
    if count > (size if few is None else few):
        blocks = min(count, -(-blocks // cores) * cores)
    starts = [count * block // blocks for block in range(blocks)]
    waiting = [slice(*ends) for ends in reversed([*pairwise([*starts, count])])]

    def work() -> None:
        while waiting:
            try:
                block = waiting.pop()
            except IndexError:  # another thread took the last one
                return
            solve(block)

    helpers = [_pool().submit(work) for _ in range(min(len(waiting), cores) - 1)]
    try:
        work()
    finally:
        waiting.clear()  # after an error, Ctrl-C among them, nothing new begins
        for helper in helpers:
            if not helper.cancel():
                helper.result()


def room(size: int) -> np.ndarray:
    """Memory of ``size`` bytes, the same for each block of a thread: new pages are slow to come by."""
    memory = getattr(_kept, "memory", None)
    if memory is None or memory.size < size:
        memory = np.empty(size + 64, np.uint8)
        memory = memory[-memory.ctypes.data % 64 :]  # whole cache lines
        if size <= _KEPT_BYTES:
            _kept.memory = memory
    return memory[:size]


_threads: ThreadPoolExecutor | None = None
_lock = threading.Lock()


def _pool() -> ThreadPoolExecutor:
    global _threads
    with _lock:
        if _threads is None:
            _threads = ThreadPoolExecutor(max(1, _cores() - 1), thread_name_prefix="transport")
        return _threads


def _forget_pool() -> None:
    """A child process inherits the pool but not its threads, and perhaps a locked lock."""
    global _threads, _lock
    _threads, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
