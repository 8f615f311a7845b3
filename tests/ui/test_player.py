"""The player, driven without a browser; tests/browser drives it in one."""

import io
import threading
import time

import numpy as np
import pytest
from PIL import Image

from wgan_helpers import ui
from wgan_helpers.ui import interrupts

END = 5


class Counter:
    """A process that counts its steps, and lets a test wait for them."""

    def __init__(self, n):
        self.n, self.steps, self.points = n, 0, []


def start(n):
    return Counter(n)


def advance(process):
    time.sleep(0.001)
    process.steps += 1
    return True


def until_the_end(process):
    advance(process)
    return process.steps < END


def view(process):
    return process.steps


def draw(steps, ax):
    ax.bar([0], [steps])
    ax.set(xlim=(-1, 1), ylim=(0, 10))


def player(start=start, advance=advance, view=view, draw=draw, **options):
    made = ui.Player(start, advance, view, draw, {"n": ui.slider("batch size n", [1, 2, 3], 1)}, **options)
    made.settle(20)
    return made


def set_n(made, value):
    made._controls["n"].widget.value = value


def button(made, description):
    return next(b for b in made.children[1].children if b.description == description)


def pixels(made):
    return np.asarray(Image.open(io.BytesIO(made.png)))


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def process_of(made):
    return made._runner._process


def threads():
    return [thread for thread in threading.enumerate() if thread.name in ("player", "live-figure")]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    ui.settle(20)
    wait_for(lambda: not threads())


def test_it_starts_paused_with_a_picture_of_the_state_before_any_step():
    made = player()
    assert made.state == "paused"
    assert process_of(made).steps == 0
    assert made.png.startswith(b"\x89PNG")


def test_playing_advances_and_the_last_picture_is_of_the_state_at_the_pause():
    seen = []
    made = player(draw=lambda steps, ax: seen.append(steps) or draw(steps, ax))
    made.play()
    wait_for(lambda: process_of(made).steps > 20)
    made.pause()
    made.settle(20)
    assert seen[-1] == process_of(made).steps
    assert made.state == "paused"


def test_the_picture_says_in_words_what_it_is():
    made = player(describe=lambda steps: f"step {steps}")
    assert made._drawing.picture.alt == "Figure for batch size n = 1 · step 0"


def test_nothing_advances_after_a_pause():
    made = player()
    made.play()
    wait_for(lambda: process_of(made).steps > 5)
    made.pause()
    made.settle(20)
    steps = process_of(made).steps
    assert not threads()
    time.sleep(0.05)
    assert process_of(made).steps == steps


def test_one_button_plays_and_pauses_and_says_what_it_would_do():
    made = player()
    toggle = button(made, "Play")
    toggle.click()
    assert (made.state, toggle.description, toggle.icon) == ("playing", "Pause", "pause")
    toggle.click()
    assert (made.state, toggle.description, toggle.icon) == ("paused", "Play", "play")


def test_a_process_that_ends_says_so_and_shows_its_end():
    made = player(advance=until_the_end, describe=lambda steps: f"step {steps}")
    made.play()
    made.settle(20)
    assert made.state == "finished"
    assert "finished" in made._state.value
    assert f"step {END}" in made._text.value
    assert button(made, "Play")


def test_training_never_waits_for_a_picture():
    release = threading.Event()
    slow = threading.Event()

    def wait(steps, ax):
        if steps:
            slow.set()
            assert release.wait(20)

    made = player(draw=wait)
    made.play()
    assert slow.wait(20)
    before = process_of(made).steps
    wait_for(lambda: process_of(made).steps > before + 50)
    release.set()
    made.pause()
    made.settle(20)


def test_a_view_is_taken_only_when_one_can_be_drawn_or_nothing_else_is_left_to_do():
    viewed, drawn = [], []
    made = player(
        view=lambda process: viewed.append(process.steps) or process.steps,
        draw=lambda steps, ax: drawn.append(steps) or time.sleep(0.02),
    )
    made.play()
    wait_for(lambda: len(drawn) > 5)
    made.pause()
    made.settle(20)
    assert len(viewed) <= len(drawn) + 1


def test_reset_starts_anew_with_the_same_setting():
    made = player(advance=until_the_end)
    set_n(made, 3)
    made.play()
    made.settle(20)
    button(made, "Reset").click()
    made.settle(20)
    assert (made.state, process_of(made).steps, process_of(made).n) == ("paused", 0, 3)


def test_an_action_pauses_and_happens_once_for_each_click():
    def step(process):
        process.steps += 100

    made = player(actions={"Critic step": step})
    made.play()
    wait_for(lambda: process_of(made).steps > 3)
    for _ in range(3):
        button(made, "Critic step").click()
    made.settle(20)
    assert made.state == "paused"
    assert 303 < process_of(made).steps < 400


def test_without_change_a_control_starts_anew():
    made = player()
    made.play()
    wait_for(lambda: process_of(made).steps > 3)
    first = process_of(made)
    set_n(made, 2)
    wait_for(lambda: process_of(made) not in (first, None))
    assert made.state == "playing"
    made.pause()
    assert process_of(made).n == 2


def test_a_setting_changes_while_the_process_goes_on():
    heard = []

    def change(process, names, n):
        heard.append((names, n))
        process.n = n
        return process

    made = player(change=change)
    first = process_of(made)
    made.play()
    wait_for(lambda: first.steps > 3)
    set_n(made, 2)
    wait_for(lambda: first.n == 2)
    assert made.state == "playing"
    made.pause()
    made.settle(20)
    assert process_of(made) is first
    assert heard == [({"n"}, 2)]


def test_many_quick_changes_collapse_to_the_newest():
    heard, begun, release = [], threading.Event(), threading.Event()

    def change(process, names, n):
        heard.append(n)
        begun.set()
        assert release.wait(20)
        return process

    made = player(change=change)
    set_n(made, 2)
    assert begun.wait(20)
    for n in (1, 2, 1, 2, 1, 3):
        set_n(made, n)
    release.set()
    made.settle(20)
    assert heard == [2, 3]


def test_a_setting_that_came_back_before_it_took_effect_is_no_change():
    heard, begun, release = [], threading.Event(), threading.Event()

    def hold(process):
        begun.set()
        assert release.wait(20)

    made = player(change=lambda process, names, n: heard.append(n), actions={"hold": hold})
    button(made, "hold").click()
    assert begun.wait(20)
    set_n(made, 2)
    set_n(made, 1)
    release.set()
    made.settle(20)
    assert heard == []


def fail(where, *_):
    raise ValueError(f"{where} failed <b>\nsecond line")


@pytest.mark.parametrize("where", ["start", "advance", "view", "draw", "describe", "change", "action"])
def test_an_exception_is_one_line_in_place_of_the_picture_and_reset_works(where):
    broken = False

    def part(name, good):
        def call(*arguments, **values):
            if broken and name == where:
                fail(name)
            return good(*arguments, **values)

        return call

    made = ui.Player(
        part("start", start),
        part("advance", advance),
        part("view", view),
        part("draw", draw),
        {"n": ui.slider("batch size n", [1, 2, 3], 1)},
        change=part("change", lambda process, names, n: process),
        actions={"Critic step": part("action", advance)},
        describe=part("describe", str),
    )
    made.settle(20)
    good = pixels(made)
    broken = True
    made.play()
    {
        "start": made.reset,
        "change": lambda: set_n(made, 2),
        "action": button(made, "Critic step").click,
    }.get(where, lambda: None)()
    wait_for(lambda: made.state == "failed")
    made.settle(20)
    message = made._drawing.message
    assert f"ValueError: {where} failed &lt;b&gt;" in message.value
    assert "second line" not in message.value
    assert made._drawing.picture.layout.display == "none"
    assert "failed" in made._state.value
    assert button(made, "Play")
    broken = False
    button(made, "Reset").click()
    made.settle(20)
    assert (made.state, made.error, message.layout.display) == ("paused", None, "none")
    assert (pixels(made) == good).all()


@pytest.mark.parametrize("name", ["start", "advance", "change"])
def test_a_forgotten_return_is_said(name):
    made = player(**{name: lambda *_, **__: None})
    made.settle(20)
    if name == "advance":
        made.play()
    else:
        set_n(made, 2)
    wait_for(lambda: made.state == "failed")
    made.settle(20)
    assert f"TypeError: {name} must return" in made._drawing.message.value


@pytest.mark.parametrize("speeds", [(), (0, 1), (-1,)])
def test_a_speed_that_is_none_is_refused(speeds):
    with pytest.raises(ValueError, match=r"speeds must be positive, and at least one, got \["):
        player(speeds=speeds)


@pytest.mark.parametrize("how", ["Play", "a control", "an action"])
def test_after_a_failure_whatever_is_asked_for_starts_anew(how):
    def once(process):
        if process is first:
            fail("advance")
        return until_the_end(process)

    first = None
    made = player(advance=once, change=lambda process, names, n: process, actions={"Critic step": advance})
    first = process_of(made)
    made.play()
    wait_for(lambda: made.state == "failed")
    made.settle(20)
    {
        "Play": button(made, "Play").click,
        "a control": lambda: set_n(made, 2),
        "an action": button(made, "Critic step").click,
    }[how]()
    made.settle(20)
    assert made.error is None
    assert process_of(made).steps == {"Play": END, "a control": 0, "an action": 1}[how]


def test_slow_motion_keeps_to_its_speed_and_pauses_at_once():
    made = player(speeds=(1, 1000))
    made._speed.value = 1
    made.play()
    wait_for(lambda: process_of(made).steps == 1)
    began = time.monotonic()
    wait_for(lambda: process_of(made).steps == 2)
    assert time.monotonic() - began > 0.5
    made.pause()
    began = time.monotonic()
    made.settle(20)
    assert time.monotonic() - began < 0.8


def test_a_player_of_one_speed_keeps_to_it_and_has_no_control_for_it():
    made = player(speeds=(0.001,))
    assert made._speed not in made.children[1].children
    made.play()
    wait_for(lambda: process_of(made).steps == 1)
    time.sleep(0.1)
    assert process_of(made).steps == 1
    made.pause()


def test_full_speed_does_not_wait_for_a_slow_motion_step():
    made = player(speeds=(0.001, 1000))
    made._speed.value = 0.001
    made.play()
    wait_for(lambda: process_of(made).steps == 1)
    made._speed.value = 1000
    wait_for(lambda: process_of(made).steps > 5)
    made.pause()


def test_the_code_is_shown_on_demand_and_follows_the_controls():
    made = player(code=lambda n: f"train(n={n})  # <full>")
    assert made._listing.layout.display == "none"
    button(made, "Show the code").value = True
    assert "train(n=1)  # &lt;full&gt;" in made._listing.value
    set_n(made, 3)
    assert "train(n=3)" in made._listing.value
    button(made, "Show the code").value = False
    assert made._listing.layout.display == "none"


def pointer(made, *points):
    made._drawing.picture._handle_custom_msg({"points": [list(point) for point in points]}, [])


def test_what_the_pointer_draws_arrives_in_the_units_of_the_axes():
    made = player(on_draw=lambda process, points: process.points.extend(points.tolist()))
    assert made._drawing.picture.drawable
    pointer(made, (0.0, 0.0), (0.5, 0.5), (2.0, 0.5))
    made.settle(20)
    ((x, y),) = process_of(made).points
    # margins of 0.9 and 0.15 inches beside, 0.6 below and 0.5 above, of 7.6 by 4.2
    assert x == pytest.approx(-1 + 2 * (3.8 - 0.9) / 6.55)
    assert y == pytest.approx(10 * (2.1 - 0.6) / 3.1)


def test_drawing_follows_at_once_also_while_paused():
    seen = []

    def paint(points, ax):
        seen.append(len(points))
        ax.set(xscale="log", xlim=(1, 100))

    made = player(
        view=lambda process: list(process.points),
        draw=paint,
        on_draw=lambda process, points: process.points.extend(points.tolist()),
    )
    for _ in range(4):
        pointer(made, ((0.9 + 6.55 / 2) / 7.6, 0.5))
    made.settle(20)
    assert seen[-1] == 4
    assert made.state == "paused"
    assert process_of(made).points[0][0] == pytest.approx(10)


def test_an_interrupt_pauses_what_plays_but_not_what_is_played_afterwards(monkeypatch):
    made = player()
    made.play()
    wait_for(lambda: process_of(made).steps > 3)
    monkeypatch.setattr(interrupts, "_count", interrupts.count() + 1)
    made.settle(20)
    assert made.state == "paused"
    assert button(made, "Play")
    made.play()
    before = process_of(made).steps
    wait_for(lambda: process_of(made).steps > before + 5)
    made.pause()


def test_an_interrupt_ends_slow_motion_too(monkeypatch):
    made = player(speeds=(0.001,))
    made.play()
    wait_for(lambda: process_of(made).steps == 1)
    monkeypatch.setattr(interrupts, "_count", interrupts.count() + 1)
    wait_for(lambda: made.state == "paused")


def test_a_closed_player_advances_no_more_and_has_no_thread():
    made = player()
    made.play()
    wait_for(lambda: process_of(made).steps > 3)
    process = process_of(made)
    made.close()
    wait_for(lambda: not threads())
    steps = process.steps
    made.play()
    made.reset()
    assert not threads()
    assert process.steps == steps


def test_the_saved_notebook_has_a_picture_also_of_a_player_that_plays():
    made = ui.Player(lambda: Counter(1), advance, view, draw, {}, autoplay=True)
    bundle = made._repr_mimebundle_()
    assert made.state == "playing"
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/png"].startswith("iVBORw0KGgo")
    made.pause()


def test_settle_waits_for_the_last_picture_of_a_paused_player_only():
    made = ui.Player(lambda: time.sleep(0.5), advance, view, draw, {})
    with pytest.raises(TimeoutError, match=r"no picture to show after 0.05 s"):
        made.settle(0.05)
    ui.settle(20)


def test_hammering_every_button_and_control_leaves_a_player_that_works():
    made = player(
        actions={"Critic step": advance},
        change=lambda process, names, n: process,
        on_draw=lambda process, points: process.points.extend(points),
        code=lambda n: f"train(n={n})",
        autoplay=True,
    )
    random = np.random.default_rng(0)
    for _ in range(300):
        row = made.children[1].children
        chosen = row[random.integers(3)]
        chosen.click()
        set_n(made, int(random.integers(1, 4)))
        made._speed.index = int(random.integers(5))
        made._shows_code.value = not made._shows_code.value
        pointer(made, random.random(2))
    made.pause()
    made.settle(20)
    assert (made.state, made.error) == ("paused", None)
    button(made, "Critic step").click()
    made.settle(20)
    assert made._drawing.picture.layout.display is None
