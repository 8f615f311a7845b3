"""Interrupts are counted, and do what they did before; tests/browser sends real ones to a kernel."""

import asyncio
import signal
from types import SimpleNamespace

import IPython
import pytest

from wgan_helpers.ui import interrupts
from wgan_helpers.ui.worker import NewestWins


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    monkeypatch.setattr(interrupts, "_watching", False)
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


class Shell:
    """What the kernel does to the signal around each cell."""

    def __init__(self):
        self.kernel, self.before_each = SimpleNamespace(), []
        self.events = SimpleNamespace(register=lambda _, call: self.before_each.append(call))

    def run(self, cell):
        between = signal.signal(signal.SIGINT, signal.default_int_handler)
        for call in self.before_each:
            call(None)
        try:
            cell()
        finally:
            signal.signal(signal.SIGINT, between)


def interrupt():
    before = interrupts.count()
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        return interrupts.count() - before, "raised"
    return interrupts.count() - before, "ignored"


def test_every_interrupt_counts_and_only_a_running_cell_is_ended_by_it(monkeypatch):
    shell, seen = Shell(), []
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)

    def note():
        seen.append(interrupt())

    async def session():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        shell.run(lambda: (interrupts.watch(), note()))
        await asyncio.sleep(0)
        note()
        shell.run(note)
        note()
        shell.run(interrupts.watch)
        note()

    asyncio.run(session())
    assert seen == [(1, "raised"), (1, "ignored"), (1, "raised"), (1, "ignored"), (1, "ignored")]


def test_it_waits_for_the_end_of_a_cell_that_lets_the_loop_run(monkeypatch):
    shell, seen = Shell(), []
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(interrupts, "_AGAIN", 0.001)

    async def session():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        interrupts.watch()
        await asyncio.sleep(0.02)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            await asyncio.sleep(0.001)
        seen.append(interrupt())

    asyncio.run(asyncio.wait_for(session(), 10))
    assert seen == [(1, "ignored")]


def test_outside_of_a_notebook_nothing_is_touched():
    before = signal.getsignal(signal.SIGINT)
    interrupts.watch()
    assert signal.getsignal(signal.SIGINT) is before


def test_work_in_the_background_is_outdated_by_an_interrupt(monkeypatch):
    noticed = []

    def work(request, outdated):
        noticed.append(outdated())
        monkeypatch.setattr(interrupts, "_count", interrupts.count() + 1)
        noticed.append(outdated())

    worker = NewestWins(work)
    for _ in range(2):
        worker.submit(1)
        assert worker.wait(10)
    assert noticed == [False, True, False, True]
