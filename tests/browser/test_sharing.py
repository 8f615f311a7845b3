"""The buttons below a picture in JupyterLab: pasted code reopens it, a click downloads it."""

import re
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SETUP = """
from wgan_helpers import lessons, ui
ui.use_style()
"""
LIVE = "lessons.blur.explore(seed=3)"
PLAYER = "lessons.optimal_discriminator.explore(repetitions=2)"
FAILING = """
def fail(n):
    if n == 2:
        raise ValueError("n must not be 2")
    return n

ui.LiveFigure(fail, lambda n, ax: ax.bar([0], [n]), {"n": ui.slider("n", [1, 2], 1)})
"""


@pytest.fixture(scope="module")
def own(scratch):
    made = scratch("sharing.ipynb", SETUP, LIVE, PLAYER, FAILING, "# pasted")
    made.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return made


def code(figure):
    """What the field shows that the share button opens."""
    share = figure.button("share")
    if share.get_attribute("aria-expanded") != "true":
        share.click()
    field = figure.root.get_by_label("code that reopens this figure")
    field.wait_for()
    return field


def reads(field, call):
    """Wait until the field shows this call below the import; all that it shows."""
    expect(field).to_have_value(re.compile(f"\n{re.escape(call)}$"))
    return field.input_value()


def paste(own, text):
    """Run ``text`` in the last cell."""
    own.run_cell(4, text)
    return own.cell(4)


def download(figure, kind, folder):
    with figure.page.expect_download() as started:
        figure.button(kind).click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file


def test_the_code_of_a_live_figure_follows_its_controls_and_reopens_it(own, screenshots):
    figure = own.figure_in(1)
    field = code(figure)
    reads(field, "lessons.blur.explore(seed=3)")
    figure.control("ε").set("End")
    figure.control("shift of y").set("Home")
    text = reads(field, "lessons.blur.explore(seed=3).at(epsilon=1000.0, shift=-2.0)")
    figure.root.screenshot(path=screenshots / "sharing_live.png")
    paste(own, text)
    again = own.figure_in(4)
    assert again.setting() == figure.setting()
    assert again.pixels() == figure.pixels()


def test_the_code_of_a_player_reopens_it(own, screenshots):
    player = own.players()[0]
    slider = player.control("θ: generated points")
    slider.set("Home")
    field = code(player)
    text = reads(field, "lessons.optimal_discriminator.explore(repetitions=2).at(theta=-3.0)")
    player.root.screenshot(path=screenshots / "sharing_player.png")
    paste(own, text)
    again = own.players()[-1]
    assert again.control("θ: generated points").index == slider.index == 0
    again.settle()
    assert again.pixels() == player.pixels()


def test_copy_puts_the_code_on_the_clipboard(own):
    figure = own.figure_in(1)
    field = code(figure)
    figure.root.get_by_title("copy the code").click()
    figure.root.get_by_text("copied").wait_for()
    assert own.page.evaluate("navigator.clipboard.readText()") == field.input_value()


def test_copy_works_on_a_page_that_came_over_http(own):
    figure = own.figure_in(1)
    field = code(figure)
    own.page.evaluate("navigator.clipboard.writeText('')")
    own.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    figure.root.get_by_title("copy the code").click()
    own.page.evaluate("delete navigator.clipboard")
    assert own.page.evaluate("navigator.clipboard.readText()") == field.input_value()


def test_the_code_is_put_away_by_the_same_button(own):
    figure = own.figure_in(1)
    field = code(figure)
    figure.button("share").click()
    field.wait_for(state="detached")


def test_a_download_is_the_picture(own, tmp_path):
    figure = own.figure_in(1)
    figure.control("ε").set("Home")
    svg, png = download(figure, "SVG", tmp_path), download(figure, "PNG", tmp_path)
    assert svg.name == "lessons.blur.explore-seed=3-epsilon=0.01-shift=-2.0.svg"
    assert ElementTree.parse(svg).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    with Image.open(png) as picture:
        assert picture.size == (2 * 1056, 2 * 484)
    # the browser draws the file as well
    shown = own.page.context.new_page()
    shown.goto(svg.as_uri())
    shown.close()


def test_a_player_is_downloaded_while_it_plays(own, tmp_path):
    player = own.players()[0]
    player.button("Play").click()
    player.wait_for("playing")
    file = download(player, "PNG", tmp_path)
    player.button("Pause").click()
    player.settle()
    with Image.open(file) as picture:
        assert picture.width == 2 * 1144


def test_where_there_is_no_picture_a_line_says_so_and_goes_with_the_next(own, tmp_path):
    figure = own.figure_in(3)
    figure.control("n").press("End")
    figure.settle()
    figure.button("SVG").click()
    line = figure.root.get_by_text("there is no picture to save")
    line.wait_for()
    figure.control("n").set("Home")
    assert download(figure, "SVG", tmp_path).stat().st_size > 1000
    assert line.count() == 0


def test_it_works_when_the_page_is_loaded_again_and_downloads_once(own, tmp_path):
    own.reload()
    own.settle()
    downloads = []
    own.page.on("download", lambda file: downloads.append(file))
    assert download(own.figure_in(1), "SVG", tmp_path).exists()
    own.page.wait_for_timeout(500)
    assert len(downloads) == 1


def test_all_that_left_the_console_clean(own):
    assert own.complaints == []
