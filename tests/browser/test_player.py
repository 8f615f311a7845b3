"""What every player promises, on a small one of our own: in JupyterLab, with real clicks and a real interrupt."""

import re
import time
from statistics import median

import pytest

pytestmark = pytest.mark.browser

SETUP = """
import threading, time
import numpy as np
from wgan_helpers import ui

ui.use_style()
advanced = []   # when

class Walk:
    def __init__(self, scale):
        self.scale, self.steps, self.points, self.random = scale, 0, [], np.random.default_rng(0)
        self.x = np.zeros((50, 2))

def advance(walk):
    time.sleep(0.004)
    walk.steps += 1
    walk.x = 0.98 * walk.x + 0.03 * walk.scale * walk.random.normal(size=walk.x.shape)
    advanced.append(time.time())
    return walk.steps != 3000

def jump(walk):
    walk.x = walk.x + 0.5

def view(walk):
    return walk.steps, walk.x.copy(), list(walk.points)

def draw(view, ax):
    _, x, points = view
    ax.plot(*x.T, "o")
    if points:
        ax.plot(*np.array(points).T, "s", color="black")
    ax.set(xlim=(-1, 1), ylim=(-1, 1), xlabel="x", ylabel="y", title="A random walk")

def change(walk, names, scale):
    if scale == 9:
        raise ValueError("the scale must not be 9")
    walk.scale = scale
    return walk

def threads():
    return sum(thread.name in ("player", "live-figure") for thread in threading.enumerate())
"""
PLAYER = """
made = ui.Player(
    Walk, advance, view, draw, {"scale": ui.slider("scale of a step σ", range(1, 10), 2, paper=1)},
    change=change,
    actions={"Critic step": advance, "Generator step": jump},
    describe=lambda view: f"step {view[0]}",
    code=lambda scale: f"walk = Walk(scale={scale})\\nwhile advance(walk):\\n    pass",
    on_draw=lambda walk, points: walk.points.extend(points.tolist()),
)
made
"""
STEPS = "made._runner._process.steps"
SLOW = """
def slow(n):
    for done in range(1, 1001):
        yield ui.Step(n, done, 1000)
        time.sleep(0.02)

ui.LiveFigure(slow, lambda n, ax: ax.bar([0], [n]), {"n": ui.slider("n", [1, 2], 1)})
"""


@pytest.fixture(scope="module")
def own(scratch):
    return scratch("player.ipynb", SETUP, PLAYER)


@pytest.fixture
def player(own):
    """The player at its first step, paused, at full speed, with σ = 2."""
    own.python("made.pause(); made.reset(); made._speed.index = 4; made._controls['scale'].widget.value = 2")
    (player,) = own.players()
    player.settle()
    assert player.status() == "paused"
    return player


def steps(own):
    return int(own.python("", STEPS))


def wait_for(own, expression, seconds=30):
    """Wait until ``expression`` is true in the kernel."""
    deadline = time.monotonic() + seconds
    while own.python("", f"bool({expression})") != "True":
        assert time.monotonic() < deadline, expression
        time.sleep(0.01)


def wait_for_steps(own, number):
    wait_for(own, f"{STEPS} >= {number}")


def test_it_stands_paused_with_a_picture_and_play_makes_it_run(own, player, screenshots):
    assert steps(own) == 0
    still = player.pixels()
    player.root.screenshot(path=screenshots / "player_paused.png")
    player.button("Play").click()
    player.wait_for("playing")
    wait_for_steps(own, 20)
    player.root.screenshot(path=screenshots / "player_playing.png")
    player.button("Pause").click()
    assert player.settle() == "paused"
    assert player.pixels() != still
    assert player.root.get_by_text(f"step {steps(own)}", exact=True).is_visible()


def test_pause_takes_effect_within_a_fifth_of_a_second(own, player):
    late = []
    for _ in range(5):
        player.button("Play").click()
        wait_for_steps(own, steps(own) + 20)
        player.button("Pause").click()
        clicked = time.time()
        player.wait_for("paused")
        time.sleep(0.5)
        late.append(float(own.python("", "advanced[-1]")) - clicked)
    print("last advance after the click, in s:", [f"{seconds:.3f}" for seconds in late])
    assert median(late) < 0.2
    assert max(late) < 0.4


def test_nothing_jumps_and_the_picture_never_blanks_while_it_plays(own, player):
    player.watch()
    player.button("Play").click()
    wait_for_steps(own, 100)
    player.control("scale of a step σ").press("ArrowRight", "ArrowRight", "ArrowLeft")
    player.button("Pause").click()
    player.settle()
    seen = player.watched()
    print(f"{seen['pictures']} pictures in {steps(own)} steps")
    assert seen["violations"] == []
    assert seen["pictures"] > 3


def test_an_action_pauses_and_is_done_once_for_each_click(own, player):
    player.button("Play").click()
    wait_for_steps(own, 10)
    player.button("Generator step").click()
    player.settle()
    before, picture = steps(own), player.pixels()
    for _ in range(3):
        player.button("Critic step").click()
    assert player.settle() == "paused"
    assert steps(own) == before + 3
    assert player.pixels() != picture


def test_reset_gives_the_first_picture_again(own, player):
    first = player.pixels()
    player.button("Play").click()
    wait_for_steps(own, 30)
    player.button("Pause").click()
    player.button("Reset").click()
    player.settle()
    assert steps(own) == 0
    assert player.pixels() == first


def test_a_setting_changes_while_it_plays(own, player):
    player.button("Play").click()
    wait_for_steps(own, 10)
    player.control("scale of a step σ").press("ArrowRight", "ArrowRight", "ArrowRight")
    wait_for(own, "made._runner._process.scale == 5")
    assert player.status() == "playing"
    assert steps(own) > 10
    player.button("Pause").click()
    player.settle()


def test_the_keyboard_alone_plays_pauses_and_slows_down(own, player):
    player.button("Play").focus()
    own.page.keyboard.press("Enter")
    player.wait_for("playing")
    own.page.keyboard.press("Space")
    player.wait_for("paused")
    player.control("speed").press("Home")
    player.button("Play").focus()
    own.page.keyboard.press("Enter")
    before = steps(own)
    time.sleep(2.5)
    player.button("Pause").press("Enter")
    player.settle()
    assert 0 < steps(own) - before < 6


def test_an_exception_is_one_line_and_the_player_works_on(own, player, screenshots):
    player.watch()
    slider = player.control("scale of a step σ")
    slider.press("End")
    assert player.settle() == "failed"
    assert player.root.locator(".wgan-error").inner_text() == "ValueError: the scale must not be 9"
    player.root.screenshot(path=screenshots / "player_failed.png")
    slider.press("Home")
    assert player.settle() == "paused"
    assert not player.root.locator(".wgan-error").is_visible()
    assert [line for line in player.watched()["violations"] if "height" in line] == []


def test_the_end_is_said(own, player):
    own.python(f"{STEPS} = 2990")
    player.button("Play").click()
    assert player.settle() == "finished"
    assert steps(own) == 3000


def test_the_code_follows_the_controls(own, player, screenshots):
    toggle = player.button("Show the code")
    toggle.click()
    listing = player.root.locator("pre")
    listing.get_by_text("scale=2").wait_for()
    player.control("scale of a step σ").press("ArrowRight")
    listing.get_by_text("scale=3").wait_for()
    player.root.screenshot(path=screenshots / "player_code.png")
    toggle.click()
    listing.wait_for(state="hidden")


def place(player, x, y):
    """Where a point of the axes is on the page."""
    box = player.root.locator("img").bounding_box()
    left, right, bottom, top = 0.9 / 7.6, 1 - 0.15 / 7.6, 0.6 / 4.2, 1 - 0.5 / 4.2
    across, up = left + (x + 1) / 2 * (right - left), bottom + (y + 1) / 2 * (top - bottom)
    return box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"]


def drawn(own):
    return eval(own.python("", "np.round(made._runner._process.points, 2).tolist()"))


def test_the_mouse_draws_where_it_goes_also_while_paused(own, player, screenshots):
    player.root.scroll_into_view_if_needed()
    before = player.pixels()
    mouse = own.page.mouse
    mouse.move(*place(player, -0.5, 0.5))
    mouse.down()
    mouse.move(*place(player, 0.5, 0.5), steps=10)
    mouse.move(*place(player, 0.5, 3.0), steps=10)  # and out of the picture
    mouse.up()
    mouse.move(*place(player, 0.0, -0.9), steps=5)  # no longer pressed
    player.settle()
    points = drawn(own)
    assert points[0] == pytest.approx([-0.5, 0.5], abs=0.02)
    assert any(point == pytest.approx([0.5, 0.5], abs=0.02) for point in points)
    assert len(points) > 10
    assert all(0.48 <= y <= 1 for _, y in points)
    assert player.pixels() != before
    assert player.root.locator("img").evaluate("image => getComputedStyle(image).cursor") == "crosshair"
    player.root.screenshot(path=screenshots / "player_drawn.png")


def test_a_finger_draws_and_does_not_scroll(own, player):
    player.root.scroll_into_view_if_needed()
    touch = own.page.context.new_cdp_session(own.page)

    def send(kind, *points):
        spots = [dict(zip("xy", place(player, *point), strict=True)) for point in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    send("touchStart", (0.0, 0.5))
    for y in (0.3, 0.1, -0.1, -0.3, -0.5):
        send("touchMove", (0.0, y))
    send("touchEnd")
    player.settle()
    points = drawn(own)
    assert points[0] == pytest.approx([0, 0.5], abs=0.02)
    assert points[-1] == pytest.approx([0, -0.5], abs=0.02)


def test_hammering_everything_leaves_a_player_that_works(own, player):
    names = ["Play", "Pause", "Reset", "Critic step", "Generator step", "Show the code", "Paper's setting"]
    buttons = "([player, names]) => names.forEach(name => [...player.querySelectorAll('button')]"
    buttons += ".filter(button => button.textContent.trim() === name).forEach(button => button.click()))"
    slider, speed = player.control("scale of a step σ"), player.control("speed")
    for _ in range(6):
        own.page.evaluate(buttons, [player.root.element_handle(), names * 5])
        slider.press("Home", "ArrowRight", "ArrowRight", "ArrowLeft")
        speed.press("Home", "ArrowRight", "End")
    own.python("made.pause()")
    assert player.settle() == "paused"
    assert own.errors() == []
    before = steps(own)
    player.button("Critic step").click()
    player.settle()
    assert steps(own) == before + 1


INTERRUPTED = {
    "no cell": None,
    "a cell": "import time; time.sleep(300)",
    "a cell that goes on": "try: time.sleep(300)\nexcept KeyboardInterrupt: pass",
    "a cell that awaits": "import asyncio; await asyncio.sleep(300)",
}


@pytest.mark.parametrize("running", INTERRUPTED)
def test_an_interrupt_pauses_it_whatever_runs(own, player, running):
    code = INTERRUPTED[running]
    player.button("Play").click()
    wait_for_steps(own, 5)
    if code is not None:
        own.page.evaluate("code => { wgan.kernel.requestExecute({code}) }", code)
        own.page.wait_for_function("wgan.kernel.status === 'busy'")
        time.sleep(0.3)
    own.command("notebook:interrupt-kernel")
    player.wait_for("paused")
    if "await" not in running:  # ipykernel says that such a cell is over only when the next one begins
        own.page.wait_for_function("wgan.kernel.status === 'idle'")
    player.settle()
    before = steps(own)
    player.button("Play").click()
    wait_for_steps(own, before + 5)
    assert player.status() == "playing"


def test_the_saved_output_has_a_picture(own, player):
    outputs = own.page.evaluate("wgan.panel.content.widgets[1].model.outputs.toJSON()")
    (data,) = [output["data"] for output in outputs if "data" in output]
    assert data["image/png"].startswith("iVBORw0KGgo")


def test_running_the_cell_again_leaves_one_player_and_no_thread(own, player):
    for _ in range(3):
        player.button("Play").click()
        wait_for_steps(own, 5)
        own.run_cell(1)
        (player,) = own.players()
    player.settle()
    wait_for(own, "threads() == 0")
    count = own.python("", "len(advanced)")
    time.sleep(0.3)
    assert own.python("", "len(advanced)") == count


def test_a_player_works_on_when_the_page_is_loaded_again(own, player):
    own.reload()
    own.page.locator(".wgan-player img[src]").wait_for()
    (player,) = own.players()
    player.button("Play").click()
    wait_for_steps(own, 10)
    player.button("Pause").click()
    assert player.settle() == "paused"


def test_an_interrupt_ends_what_a_live_figure_computes(own):
    own.page.evaluate("source => wgan.edit(1, source)", SLOW)
    own.start_cell(1)
    (figure,) = own.figures()
    own.page.wait_for_function("figure => / of 1000 …/.test(wgan.status(figure))", arg=figure.root.element_handle())
    own.command("notebook:interrupt-kernel")
    assert re.search(r"stopped at \d+ of 1000", figure.settle())


def test_all_that_left_the_console_clean(own):
    assert own.complaints == []
