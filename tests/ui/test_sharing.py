"""What is passed on of a live figure or a player: the code that reopens it, and its picture as a file."""

import io
import os
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from wgan_helpers import lessons, ui


class Law:
    """A value of a menu that no code can write."""


def draw(values, ax):
    if values["n"] == 4:
        raise ValueError("n must not be 4")
    ax.bar([0, 1], [values["n"], values["epsilon"]])
    ax.set(ylim=(0, 5), title=str(values["law"] is Law))


def figure(compute=dict, draw=draw):
    controls = {
        "n": ui.slider("points n", [1, 2, 4], 2),
        "epsilon": ui.slider("ε", np.round(np.arange(0, 1, 0.1), 1), 0.3),
        "law": ui.menu("law", {"Gaussian": Law, "cube": dict}, Law),
    }
    made = ui.LiveFigure(compute, draw, controls)
    made.settle(20)
    return made


def pixels(file):
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


_SAMPLED = 'bernoulli.explore().at(both_sampled="sampled too (a GAN)")'
# the call, controls to move, and the code that is to be seen
REOPENED = {
    "blur": (lessons.blur.explore, {}, {"epsilon": 1, "shift": -0.5}, "blur.explore().at(epsilon=1.0, shift=-0.5)"),
    "its seed is a control too": (lessons.blur.explore, {"seed": 3}, {}, "blur.explore(seed=3)"),
    "another function": (lessons.duality.explore_critic, {"seed": 2}, {}, "duality.explore_critic(seed=2)"),
    "a menu": (lessons.bernoulli.explore, {}, {"both_sampled": True}, _SAMPLED),
    "a player": (
        lessons.optimal_discriminator.explore,
        {"seed": np.int64(1), "repetitions": 2},
        {"theta": -1.5},
        "optimal_discriminator.explore(seed=1, repetitions=2).at(theta=-1.5)",
    ),
}


@pytest.mark.parametrize("name", REOPENED)
def test_the_code_reopens_a_lesson_where_it_is(name):
    explore, arguments, moves, expected = REOPENED[name]
    given = explore(**arguments).at(**moves)
    given.settle()
    assert given.code == f"from wgan_helpers import lessons\nlessons.{expected}"
    imports, call = given.code.splitlines()
    names = {}
    exec(imports, names)
    again = eval(call, names)
    again.settle()
    assert again.values == given.values
    assert again.png == given.png
    given.close()
    again.close()


def test_a_control_that_is_moved_back_is_not_in_the_code():
    made = lessons.blur.explore().at(epsilon=1)
    assert made.at(epsilon=0.1).code.endswith("lessons.blur.explore()")
    made.close()


def test_a_figure_that_no_function_made_has_only_its_setting():
    names = {"ui": ui}
    exec("made = ui.LiveFigure(lambda n: n, lambda n, ax: None, {'n': ui.slider('n', [1, 2], 1)})", names)
    assert names["made"].at(n=2).code == ".at(n=2)"


def test_numbers_are_found_up_to_their_rounding():
    assert figure().at(epsilon=0.1 + 0.2, n=1.0).values == {"n": 1, "epsilon": 0.3, "law": Law}


def test_an_option_of_a_menu_is_found_by_its_name_and_by_its_value():
    assert figure().at(law="cube").values == figure().at(law=dict).values == {"n": 2, "epsilon": 0.3, "law": dict}


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"n": 1, "epsilom": 0.3}, "unknown control 'epsilom': did you mean 'epsilon'?"),
        ({"n": 1, "epsilon": 0.34}, "epsilon has no stop at 0.34, the nearest is 0.3"),
        ({"n": 1, "law": "Gaussien"}, "unknown law 'Gaussien': did you mean 'Gaussian'?"),
    ],
)
def test_what_a_figure_does_not_have_is_refused_and_nothing_moves(values, line):
    made = figure()
    with pytest.raises(ValueError, match=f"^{line}"):
        made.at(**values)
    assert made.values["n"] == 2


def test_a_slider_refuses_a_word():
    with pytest.raises(TypeError, match="n must be a number, got 'many'"):
        figure().at(n="many")


def test_several_controls_change_at_once_and_follow_afterwards():
    asked = []
    made = figure(lambda **values: asked.append(values) or values)
    asked.clear()
    made.at(n=1, epsilon=0.9, law="cube")
    made.settle()
    assert asked == [{"n": 1, "epsilon": 0.9, "law": dict}]
    made._controls["n"].widget.value = 2
    made.settle()
    assert [values["n"] for values in asked] == [1, 2]


def test_a_saved_svg_is_a_drawing_of_the_size_of_the_page_with_curves_not_pixels(tmp_path):
    made = figure()
    assert made.save(tmp_path / "a.svg") == tmp_path / "a.svg"
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert [root.get(side) for side in ("width", "height")] == ["547.2pt", "302.4pt"]  # 7.6 by 4.2 inches
    assert len(root.findall(".//{http://www.w3.org/2000/svg}path")) > 20
    assert root.findall(".//{http://www.w3.org/2000/svg}image") == []


def test_a_saved_png_is_the_same_picture_with_twice_the_pixels(tmp_path):
    made = figure()
    made.save(tmp_path / "a.png")
    small, large = (pixels(file).astype(float) for file in (made.png, (tmp_path / "a.png").read_bytes()))
    assert large.shape == (2 * small.shape[0], 2 * small.shape[1], 3)
    halved = large.reshape(small.shape[0], 2, small.shape[1], 2, 3).mean(axis=(1, 3))
    assert np.abs(halved - small).mean() < 2


def test_a_saved_pdf_is_one(tmp_path):
    assert figure().save(str(tmp_path / "a.PDF")).read_bytes().startswith(b"%PDF-")


def test_what_is_saved_is_of_the_present_setting_and_the_same_each_time(tmp_path):
    made = figure()
    before = made.save(tmp_path / "a.svg").read_bytes()
    assert made.at(n=1).save(tmp_path / "b.svg").read_bytes() != before
    shown = made.png
    assert made.at(n=2).save(tmp_path / "c.svg").read_bytes().count(b"<path") == before.count(b"<path")
    made.at(n=1).settle()
    assert made.png == shown


def test_nothing_is_drawn_twice_unless_it_is_asked_for(tmp_path):
    drawn = []
    made = figure(draw=lambda values, ax: drawn.append(values))
    made.at(n=1).settle()
    assert len(drawn) == 2
    made.save(tmp_path / "a.svg")
    assert len(drawn) == 3


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^a picture is saved as \.svg, \.png or \.pdf, got '.*a\.gif'$"):
        figure().save(tmp_path / "a.gif")


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(OSError, match=r"^cannot write '.*none/a\.svg': No such file or directory$"):
        figure().save(tmp_path / "none" / "a.svg")


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_one_clear_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match=r"^cannot write '.*a\.svg': Permission denied$"):
        figure().save(tmp_path / "a.svg")


def test_a_setting_that_failed_has_no_picture_to_save(tmp_path):
    made = figure().at(n=4)
    with pytest.raises(ValueError, match="there is no picture to save"):
        made.save(tmp_path / "a.svg")
    assert made.at(n=1).save(tmp_path / "a.svg").exists()


class Browser:
    """What a page would get."""

    def __init__(self, made, monkeypatch):
        self.sharing, self.got = made._sharing, []
        monkeypatch.setattr(self.sharing, "send", lambda content, buffers=(): self.got.append((content, *buffers)))

    def click(self, kind):
        self.sharing._answer(None, {"save": kind, "view": 7}, None)
        return self.got[-1]


def test_a_click_gives_the_view_that_asked_a_named_file(monkeypatch):
    page = Browser(lessons.blur.explore(seed=1).at(epsilon=1), monkeypatch)
    lessons.blur.explore()
    ui.settle()
    content, file = page.click("svg")
    assert content == {"view": 7, "name": "lessons.blur.explore-seed=1-epsilon=1.0.svg", "type": "image/svg+xml"}
    assert ElementTree.fromstring(file).tag.endswith("svg")
    content, file = page.click("png")
    assert content["type"] == "image/png"
    assert pixels(file).std() > 0


def test_a_click_where_there_is_no_picture_gives_a_line(monkeypatch):
    made = figure().at(n=4)
    made.settle()
    (content,) = Browser(made, monkeypatch).click("svg")
    assert content["error"].startswith("ValueError: there is no picture to save")


MADE = {
    "a live figure": figure,
    "a player": lambda: ui.Player(dict, bool, dict, lambda values, ax: None, {"n": ui.slider("n", [1, 2], 2)}),
}


@pytest.mark.parametrize("name", MADE)
def test_the_code_follows_the_controls_while_it_is_shown_and_costs_nothing_else(name, monkeypatch):
    made = MADE[name]()
    written = []
    monkeypatch.setattr(type(made), "code", property(lambda self: written.append(1) or str(self.values["n"])))
    made.at(n=1)
    assert written == []
    made._sharing.shows = True
    assert made._sharing.code == "1"
    made._controls["n"].widget.value = 2
    assert made._sharing.code == "2"
    made._sharing.shows = False
    made.at(n=1)
    assert made._sharing.code == "2"
    made.close()
