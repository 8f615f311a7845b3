"""The live figure, driven without a browser; tests/browser drives it in one."""

import io
import threading
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from wgan_helpers import ui
from wgan_helpers.ui import cells
from wgan_helpers.ui.drawing import Drawing


def controls(stops=(1, 2, 3, 4)):
    return {"n": ui.slider("batch size n", stops, 2, unit="points", paper=4), "kind": ui.menu("kind", ["a", "b"], "a")}


def bar(result, ax):
    ax.bar([0], [result])
    ax.set_ylim(0, 10)


def live(compute, draw=bar, **options):
    figure = ui.LiveFigure(compute, draw, controls(), **options)
    figure.settle(20)
    return figure


def move(figure, **values):
    for name, value in values.items():
        figure._controls[name].widget.value = value


def pixels(figure):
    return np.asarray(Image.open(io.BytesIO(figure.png)))


def status(figure):
    return figure._status.value


def test_the_picture_belongs_to_the_last_of_many_rapid_moves():
    direct = live(lambda n, kind: n)
    move(direct, n=3)
    direct.settle()
    hammered = live(lambda n, kind: (time.sleep(0.01), n)[1])
    for n in (1, 4, 2, 1, 4, 3):
        move(hammered, n=n)
    hammered.settle()
    assert "batch size n = 3 points · kind = a" in status(hammered)
    assert (pixels(hammered) == pixels(direct)).all()


def test_the_status_names_a_setting_that_is_the_first_of_its_list():
    figure = ui.LiveFigure(lambda n: n, bar, {"n": ui.slider("batch size n", [0, 1], 0)})
    figure.settle()
    assert "batch size n = 0" in status(figure)


def test_another_setting_gives_another_picture():
    figure = live(lambda n, kind: n)
    before = pixels(figure)
    move(figure, n=4)
    figure.settle()
    assert (pixels(figure) != before).any()


def test_a_slow_computation_drops_settings_instead_of_queueing_them():
    asked = []

    def compute(n, kind):
        asked.append(n)
        time.sleep(0.2)
        return n

    figure = live(compute)
    asked.clear()
    for n in (1, 3, 1, 3, 1, 3, 4):
        move(figure, n=n)
    figure.settle()
    assert len(asked) <= 2
    assert asked[-1] == 4


def test_refinement_ends_when_a_newer_setting_waits():
    steps = []

    def compute(n, kind):
        for done in range(1, 51):
            steps.append(n)
            time.sleep(0.01)
            yield ui.Step(n, done, 50)

    figure = live(compute)
    steps.clear()
    move(figure, n=1)
    time.sleep(0.1)
    move(figure, n=3)
    figure.settle()
    assert 0 < steps.count(1) < 50
    assert steps.count(3) == 50


def test_stop_keeps_the_picture_so_far_and_says_how_far():
    def compute(n, kind):
        for done in range(1, 1001):
            time.sleep(0.01)
            yield ui.Step(done, done, 1000)

    figure = ui.LiveFigure(compute, bar, controls())
    while not figure.png:
        time.sleep(0.01)
    assert not figure._stop.disabled
    figure._stop.click()
    figure.settle(20)
    assert "stopped at" in status(figure)
    assert figure._stop.disabled
    assert figure.png


@pytest.mark.parametrize("where", ["compute", "draw"])
def test_an_exception_is_one_line_in_place_of_the_picture_and_the_next_setting_works(where):
    def fail(n, *_):
        if n == 3:
            raise ValueError("n must not be 3 <b>\nsecond line")
        return n

    compute = (lambda n, kind: fail(n)) if where == "compute" else (lambda n, kind: n)
    draw = bar if where == "compute" else (lambda n, ax: bar(fail(n), ax))
    figure = live(compute, draw)
    move(figure, n=3)
    figure.settle()
    message = figure._drawing.message
    assert "ValueError: n must not be 3 &lt;b&gt;" in message.value
    assert "second line" not in message.value
    assert figure._drawing.picture.layout.display == "none"
    assert isinstance(figure.error, ValueError)
    move(figure, n=1)
    figure.settle()
    assert figure._drawing.message.layout.display == "none"
    assert figure._drawing.picture.layout.display is None
    assert figure.error is None


def test_an_exception_during_refinement_is_shown_too():
    def compute(n, kind):
        yield ui.Step(1, 1, 2)
        raise RuntimeError("the second step failed")

    figure = live(compute)
    assert "RuntimeError: the second step failed" in figure._drawing.message.value


def test_paper_setting_sets_every_control_that_has_one():
    figure = live(lambda n, kind: n)
    move(figure, n=1, kind="b")
    next(b for b in figure.children[1].children if getattr(b, "description", "") == "Paper's setting").click()
    figure.settle()
    assert figure.values == {"n": 4, "kind": "b"}
    assert "n = 4 points · kind = b" in status(figure)


def test_no_figure_is_left_open_in_pyplot():
    plt.close("all")
    figure = live(lambda n, kind: n)
    for n in (1, 2, 3, 4):
        move(figure, n=n)
        figure.settle()
    assert plt.get_fignums() == []


def test_what_one_draw_added_is_gone_in_the_next():
    sizes = []

    def draw(n, ax):
        ax.figure.colorbar(ax.imshow([[0, n]]))
        sizes.append(len(ax.figure.axes))

    figure = live(lambda n, kind: n, draw)
    for n in (1, 3, 1, 3):
        move(figure, n=n)
        figure.settle()
    assert set(sizes) == {2}


def test_the_picture_after_a_failure_is_the_one_before_it():
    def compute(n, kind):
        if n == 2:
            raise ValueError("n must not be 2")
        return n

    figure = live(compute)
    pictures = []
    for n in (1, 2, 2, 1):
        move(figure, n=n)
        figure.settle()
        pictures.append(figure.png)
    assert pictures[0] == pictures[-1]
    assert len(figure._drawing._canvas.figure.axes) == 1


def test_several_panels_reach_the_drawing_as_a_list():
    seen = []
    live(lambda n, kind: n, lambda n, axes: seen.append(len(axes)), panels=3)
    assert seen == [3]


def test_the_saved_notebook_has_a_picture_for_readers_without_a_kernel():
    bundle = live(lambda n, kind: n)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/png"].startswith("iVBORw0KGgo")


def test_a_closed_figure_computes_no_more():
    asked = []
    figure = live(lambda n, kind: asked.append(n) or n)
    widget = figure._controls["n"].widget
    figure.close()
    asked.clear()
    widget.value = 1
    figure.settle()
    assert asked == []


def test_settle_says_when_a_figure_is_too_slow():
    figure = ui.LiveFigure(lambda n, kind: (time.sleep(0.5), n)[1], bar, controls())
    with pytest.raises(TimeoutError, match=r"still being computed after 0.05 s"):
        figure.settle(0.05)
    ui.settle(20)
    assert figure.png


def test_a_computation_without_a_step_is_an_error_not_an_empty_picture():
    figure = live(lambda n, kind: (step for step in ()))
    assert "yielded no step" in figure._drawing.message.value


class Thing:
    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True


def test_running_a_cell_again_closes_what_its_last_run_made(monkeypatch):
    running = iter([("cell", "run 1"), ("cell", "run 1"), ("other", "run 2"), ("cell", "run 3")])
    monkeypatch.setattr(cells, "_running_cell", lambda: next(running))
    monkeypatch.setattr(cells, "_owned", {})
    first, second, other, again = (Thing() for _ in range(4))
    for thing in (first, second, other):
        cells.adopt(thing)
    assert not first.closed
    cells.adopt(again)
    assert (first.closed, second.closed, other.closed, again.closed) == (True, True, False, False)


@pytest.mark.parametrize(("value", "paper"), [(7, None), (1, 7)])
def test_a_slider_refuses_a_value_that_is_not_among_its_stops(value, paper):
    with pytest.raises(ValueError, match=r"'d' must be one of \[1, 2\], got 7"):
        ui.slider("d", [1, 2], value, paper=paper)


def test_the_same_result_again_counts_and_is_not_drawn_again():
    drawn, result = [], object()

    def compute(n):
        for done in (1, 2, 3):
            yield ui.Step(result, done, 3)

    figure = ui.LiveFigure(compute, lambda seen, ax: drawn.append(seen), {"n": ui.slider("n", [1, 2], 1)})
    figure.settle()
    assert drawn == [result]
    figure._controls["n"].widget.value = 2
    figure.settle()
    assert drawn == [result, result]
    figure.close()


def test_pictures_do_not_disturb_what_another_thread_makes(monkeypatch):
    # gc.get_objects() would: a tuple in the making then fails with SystemError, here some 20 times
    monkeypatch.setattr("wgan_helpers.ui.drawing._COLLECT_AFTER", 0)
    drawing = Drawing(1, (2.0, 2.0))
    drawing.show(bar, 1, "a bar")
    ended = threading.Event()

    def rest():
        while not ended.is_set():
            drawing.rest()

    resting = threading.Thread(target=rest)
    resting.start()
    try:
        for _ in range(2000):
            tuple([[] for _ in range(100)] for _ in range(30))
    finally:
        ended.set()
        resting.join()
