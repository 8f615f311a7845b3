"""A kernel that is interrupted at random moments goes on: each figure answers the next move."""

import random
import time

import pytest
from jupyter_client import KernelManager

pytestmark = pytest.mark.notebooks
SHOW = """
import random
from wgan_helpers import lessons, ui
figures = [getattr(lessons, name).explore() for name in ("bernoulli", "loss_study", "lipschitz", "playground")]
chance = random.Random(0)

def move(figure):
    control = chance.choice(list(figure._controls.values())).widget
    stops = [stop[1] if isinstance(stop, tuple) else stop for stop in control.options]
    if not control.disabled:
        control.value = chance.choice(stops)

def drive(moves):
    for figure in figures[2:]:
        figure.play()
    for _ in range(moves):
        for figure in figures:
            move(figure)
        figures[0].settle()
"""
LOOK = """
for figure in figures[2:]:
    figure.pause()
    figure.reset()
for figure in figures:
    move(figure)
figures[1]._worker.stop()
ui.settle(60)
wrong = [figure.error for figure in figures if not isinstance(figure.error, (ValueError, type(None)))]
assert wrong == []  # some settings do not go together, and are refused with a ValueError
assert all(figure.png for figure in figures)
figures[0]._controls["theta_star"].widget.value = 0.3
figures[0].settle()
before = figures[0].png
figures[0]._controls["theta_star"].widget.value = 0.9
figures[0].settle()
assert figures[0].png != before
"""


@pytest.fixture
def kernel(root):
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(root / "notebooks"))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(60)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_interrupts_at_random_moments_leave_figures_that_work(kernel):
    manager, client = kernel

    def run(code):
        reply = client.execute_interactive(code, output_hook=lambda _: None, timeout=120)["content"]
        return reply.get("ename", ""), reply.get("evalue", "")

    assert run(SHOW) == ("", "")
    assert run(LOOK) == ("", "")
    chance, interrupted = random.Random(0), 0
    for _ in range(12):
        request = client.execute("drive(1000)")
        time.sleep(chance.uniform(0.05, 0.8))
        manager.interrupt_kernel()
        if chance.random() < 0.3:
            manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=60)
        while reply["parent_header"]["msg_id"] != request:
            reply = client.get_shell_msg(timeout=60)
        interrupted += reply["content"].get("ename") == "KeyboardInterrupt"
        assert run(LOOK) == ("", "")
    assert interrupted > 6
