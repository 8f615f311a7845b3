"""Every live figure and player of the course, moved as fast as it goes."""

import contextlib
import random
import time

import psutil
import pytest

from wgan_helpers import lessons, ui

EXPLORED = [name for name in lessons.__all__ if hasattr(getattr(lessons, name), "explore")]
MOVES = 200
MOST = 40  # MB; a figure that is kept for each move would be 200 or more


@pytest.mark.parametrize("name", EXPLORED)
def test_two_hundred_rapid_moves_leave_it_working_and_take_no_memory(name):
    figure, chance = getattr(lessons, name).explore(), random.Random(0)
    try:
        end(figure)
        hammer(figure, chance)  # what is computed once is computed now
        before = memory()
        for _ in range(3):
            hammer(figure, chance)
            grown, before = memory() - before, memory()
            if grown < MOST:
                break
        assert grown < MOST
        assert figure.png
    finally:
        figure.close()


def hammer(figure, chance):
    if isinstance(figure, ui.Player):
        figure.play()
    for _ in range(MOVES):
        control = chance.choice(list(figure._controls.values())).widget
        if not control.disabled:
            control.value = chance.choice([stop[1] if isinstance(stop, tuple) else stop for stop in control.options])
        time.sleep(chance.uniform(0, 0.01))
    end(figure)
    # some settings do not go together, and are refused
    assert figure.error is None or isinstance(figure.error, ValueError)


def end(figure):
    """Pause it, or stop it, as a reader would who has waited for long enough."""
    if isinstance(figure, ui.Player):
        figure.pause()
    else:
        with contextlib.suppress(TimeoutError):
            figure.settle(2)
        figure._worker.stop()
    figure.settle(60)


def memory():
    return psutil.Process().memory_info().rss / 1e6
