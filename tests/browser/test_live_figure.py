"""What every live figure promises, on small figures of our own."""

import re

import psutil
import pytest

pytestmark = pytest.mark.browser

SETUP = """
import time
from wgan_helpers import ui

def draw(result, ax):
    ax.bar([0], [result])
    ax.set_ylim(0, 10)

def controls():
    return {"n": ui.slider("batch size n", range(1, 8), 2, unit="points", paper=7), "kind": ui.menu("kind", "ab", "a")}
"""
QUICK = """
def quick(n, kind):
    if n == 3:
        raise ValueError("n must not be 3")
    return n + (kind == "b") / 2

ui.LiveFigure(quick, draw, controls())
"""
SLOW = """
def slow(n, kind):
    steps = 200 if n == 7 else 1
    for done in range(1, steps + 1):
        yield ui.Step(n * done / steps, done, steps)
        time.sleep(0.1)

ui.LiveFigure(slow, draw, controls())
"""
# thirty keys between n = 5 and n = 7, away from the setting that fails
TO_AND_FRO = ["ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowLeft", "ArrowRight", "ArrowRight"] * 5


@pytest.fixture(scope="module")
def own(scratch):
    return scratch("figures.ipynb", SETUP, QUICK, SLOW)


@pytest.fixture
def quick(own):
    """The figure that answers at once, at n = 1."""
    figure = own.figures()[0]
    figure.control("kind").set("Home")
    figure.control("batch size n").set("Home")
    return figure


@pytest.fixture
def slow(own):
    """The figure that takes 20 s where n is 7, at n = 1."""
    figure = own.figures()[1]
    figure.control("batch size n").set("Home")
    return figure


def test_the_picture_stays_and_nothing_jumps_during_thirty_rapid_moves(quick):
    slider = quick.control("batch size n")
    slider.set("End")
    quick.watch()
    slider.press(*TO_AND_FRO, held=30)  # a quick hand, not all within the time of one picture
    quick.settle()
    seen = quick.watched()
    assert seen["violations"] == []
    assert seen["pictures"] > 1


def test_one_move_gives_one_picture_also_when_the_cell_ran_three_times(own):
    for _ in range(3):
        own.run_cell(1)
    assert len(own.figures()) == 2
    figure = own.figures()[0]
    assert own.page.locator(".wgan-live img").count() == 2
    figure.watch()
    figure.control("batch size n").set("Home")
    assert figure.watched()["pictures"] == 1


def test_an_exception_is_one_readable_line_and_the_next_setting_works(quick):
    slider = quick.control("batch size n")
    good = quick.pixels()
    slider.press("ArrowRight", "ArrowRight")
    assert "this setting failed" in quick.settle()
    error = quick.root.locator(".wgan-error")
    assert error.inner_text() == "ValueError: n must not be 3"
    assert not quick.root.locator("img").is_visible()
    status, pixels = slider.set("Home")
    assert status.startswith("batch size n = 1 points · kind = a (done")
    assert pixels == good
    assert not error.is_visible()


def test_the_page_does_not_jump_where_an_error_takes_the_place_of_the_picture(quick):
    quick.watch()
    quick.control("batch size n").press("ArrowRight", "ArrowRight")
    quick.settle()
    assert [line for line in quick.watched()["violations"] if "height" in line] == []


def test_stop_ends_slow_work_and_keeps_the_picture(slow):
    slow.control("batch size n").press("End")
    slow.page.wait_for_function("figure => / of 200 …/.test(wgan.status(figure))", arg=slow.root.element_handle())
    slow.button("Stop").click()
    status = slow.settle()
    assert re.fullmatch(r"batch size n = 7 points · kind = a \(stopped at \d+ of 200, \d+\.\d\d s\)", status)
    assert slow.button("Stop").is_disabled()
    assert slow.pixels() != 0


def test_a_newer_setting_does_not_wait_for_slow_work(slow):
    slider = slow.control("batch size n")
    slider.press("End")
    slow.page.wait_for_function("figure => / of 200 …/.test(wgan.status(figure))", arg=slow.root.element_handle())
    assert slider.set("Home")[0].startswith("batch size n = 1 points · kind = a (done")


def test_two_hundred_rapid_moves_take_no_memory(own, quick):
    kernel = psutil.Process(int(own.python("import os", "os.getpid()")))
    slider = quick.control("batch size n")
    slider.press("End", *TO_AND_FRO)  # caches fill
    quick.settle()
    before = kernel.memory_info().rss
    for _ in range(7):
        slider.press(*TO_AND_FRO)
    quick.settle()
    assert (kernel.memory_info().rss - before) / 1e6 < 30


def test_a_figure_works_on_when_the_page_is_loaded_again(own):
    own.reload()
    own.page.locator(".wgan-live").nth(1).wait_for()
    own.settle()
    slider = own.figures()[0].control("batch size n")
    (first, small), (second, large) = slider.set("Home"), slider.set("End")
    assert first.startswith("batch size n = 1 points")
    assert second.startswith("batch size n = 7 points")
    assert small != large


def test_figures_work_after_an_interrupt(own, slow):
    slow.control("batch size n").press("End")
    own.page.evaluate("() => { wgan.kernel.requestExecute({code: 'import time; time.sleep(300)'}) }")
    own.page.wait_for_function("wgan.kernel.status === 'busy'")
    own.page.evaluate("wgan.kernel.interrupt()")
    own.page.wait_for_function("wgan.kernel.status === 'idle'")
    assert slow.control("batch size n").set("Home")[0].startswith("batch size n = 1 points · kind = a (done")
    assert own.figures()[0].control("kind").set("End")[0].endswith(" s)")


def test_a_restart_in_the_middle_of_work_leaves_a_notebook_that_runs(own, slow):
    slow.control("batch size n").press("End")
    slow.page.wait_for_function("figure => / of 200 …/.test(wgan.status(figure))", arg=slow.root.element_handle())
    own.page.evaluate("wgan.kernel.restart()")
    own.wait_until_ready()
    own.run_all()
    assert len(own.figures()) == 2
    figure = own.figures()[1]
    assert figure.status().startswith("batch size n = 2 points · kind = a (done")
    assert figure.control("batch size n").set("Home")[0].startswith("batch size n = 1 points")


def test_all_that_left_the_console_clean(own):
    assert own.complaints == []
