"""The canvas that keeps its text draws what matplotlib's own draws."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from PIL import Image

from wgan_helpers.lessons import bernoulli, blur, duality, pixel_distance, regularised_minima
from wgan_helpers.ui import lettering

SIZES = [(7.6, 4.2), (9.6, 3.2)]
LESSONS = {
    bernoulli.explore_bias: "theta_star",
    blur.explore: "epsilon",
    duality.explore: "shift",
    pixel_distance.explore_pair: "azimuth",
    regularised_minima.explore: "dim",
}


def canvases(size=SIZES[0], dpi=110):
    return [canvas(Figure(figsize=size, dpi=dpi)) for canvas in (FigureCanvasAgg, lettering.Canvas)]


def pixels(canvas, draw, *setting):
    """What a picture of its own shows: the canvas is used again, as a live figure does."""
    canvas.figure.clear()
    draw(canvas.figure, *setting)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def everything(figure, value, color="C0"):
    """Text of every kind: formulas, fractions, turned, of two lines, cut off, without antialiasing, over pictures."""
    left, right = figure.subplots(1, 2)
    left.plot([0, 1, 2 + value], label=r"$\frac{a}{b}$ and $n^{-1/d}$")
    left.set(title=f"two lines\nvalue {value}", ylabel=r"$W_1(p_n, \tilde p_n)$", xlabel="ε, θ* and ±")
    left.legend()
    right.tick_params(rotation=30)
    right.plot([3, 1, value])
    right.text(1, 2, "turned", rotation=45, color=color, alpha=0.5)
    right.text(0.3, 2, "sharp", antialiased=False, bbox={"facecolor": color})
    right.text(0.5, 1, "cut off" * 10, clip_on=True, color=color, weight="bold", family="serif")


def counted(monkeypatch):
    """The texts that matplotlib had to lay out, as a list that grows."""
    texts, draw_text = [], RendererAgg.draw_text
    monkeypatch.setattr(RendererAgg, "draw_text", lambda *args: (texts.append(args[4]), draw_text(*args))[1])
    return texts


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("hinting", ["none", "default"])
def test_pictures_are_those_of_matplotlib_pixel_for_pixel(size, hinting):
    with mpl.rc_context({"text.hinting": hinting}):
        plain, keeps = canvases(size)
        for setting in [(0,), (1,), (0,), (2.5, "C1"), (1, "C2")]:
            assert (pixels(keeps, everything, *setting) == pixels(plain, everything, *setting)).all()


@pytest.mark.parametrize(
    "explore", LESSONS, ids=lambda explore: f"{explore.__module__.split('.')[-1]}.{explore.__name__}"
)
def test_pictures_of_a_lesson_are_those_of_matplotlib(explore, monkeypatch):
    def walk():
        figure = explore()
        slider = figure._controls[LESSONS[explore]].widget
        start, pictures = slider.index, []
        for index in (start, start - 1, start):
            slider.index = index
            figure.settle()
            pictures.append(np.asarray(Image.open(io.BytesIO(figure.png))))
        figure.close()
        return np.stack(pictures)

    keeps = walk()
    monkeypatch.setattr(lettering._Renderer, "draw_text", RendererAgg.draw_text)
    assert (keeps == walk()).all()


def test_text_that_stays_is_laid_out_once(monkeypatch):
    _, keeps = canvases()
    laid_out = counted(monkeypatch)
    for value in (1, 2, 1):
        pixels(keeps, lambda figure, value: [figure.text(0.1, y, s) for y, s in ((0.1, "stays"), (0.5, value))], value)
    assert laid_out == ["stays", "1", "2"]


def test_another_colour_needs_no_other_layout_but_another_place_font_or_angle_does(monkeypatch):
    _, keeps = canvases()
    laid_out = counted(monkeypatch)
    same = [{}, {"color": "red"}, {"alpha": 0.5}]
    other = [{"x": 0.2004}, {"size": 20}, {"style": "italic"}, {"rotation": 10}, {"antialiased": False}]
    if hasattr(Text, "set_language"):  # since matplotlib 3.11
        other += [{"language": "tr"}, {"fontfeatures": ["-kern"]}]
    for look in same + other:
        pixels(keeps, lambda figure, look: figure.text(**{"x": 0.2, "y": 0.2, "s": "a text"} | look), look)
    assert len(laid_out) == 1 + len(other)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Title", {"text.hinting": "default"}),
        ("Title", {"font.sans-serif": ["DejaVu Serif"]}),
        ("$x_i$", {"mathtext.fontset": "stix"}),
    ],
)
def test_a_change_of_matplotlibs_settings_shows(text, change):
    def title(figure):
        figure.text(0.2, 0.2, text, size=15)

    plain, keeps = canvases()
    with mpl.rc_context({"text.hinting": "none"}):
        before, _ = pixels(keeps, title), pixels(plain, title)  # matplotlib keeps the extents of text itself
        with mpl.rc_context(change):
            after = pixels(keeps, title)
            assert (after == pixels(plain, title)).all()
            assert (after != before).any()


def test_another_resolution_shows():
    plain, keeps = canvases()
    for dpi in (110, 80):
        for canvas in (plain, keeps):
            canvas.figure.set_dpi(dpi)
        assert (pixels(keeps, everything, 1) == pixels(plain, everything, 1)).all()


def test_memory_is_bounded_and_keeps_what_was_drawn_last(monkeypatch):
    _, keeps = canvases((1, 1))
    laid_out = counted(monkeypatch)
    for value in range(2 * lettering._MOST):
        pixels(keeps, lambda figure, value: [figure.text(0, 0, s) for s in ("stays", value)], value)
    assert len(keeps.renderer._texts) == lettering._MOST
    assert laid_out.count("stays") == 1


def as_outlines(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
    RendererBase.draw_text(self, gc, x, y, s, prop, angle, ismath, mtext)


def past_agg(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
    self.bound(np.full((9, 9), 200, np.uint8), round(x), round(y), 0, gc)


@pytest.mark.parametrize("draw_text", [as_outlines, past_agg])
def test_a_matplotlib_that_draws_text_in_another_way_is_left_to_it(draw_text, monkeypatch):
    bind = RendererAgg._update_methods
    monkeypatch.setattr(
        RendererAgg,
        "_update_methods",
        lambda self: (bind(self), setattr(self, "bound", self._renderer.draw_text_image)),
    )
    monkeypatch.setattr(RendererAgg, "draw_text", draw_text)
    plain, keeps = canvases()
    for value in (1, 2, 1):
        assert (pixels(keeps, everything, value) == pixels(plain, everything, value)).all()
    assert not keeps.renderer._texts


@pytest.mark.parametrize("agg", [object(), None])
def test_a_matplotlib_without_the_method_for_glyphs_draws_by_itself(agg, monkeypatch):
    drawn = []
    monkeypatch.setattr(RendererAgg, "draw_text", lambda self, *args: drawn.append((self._renderer, args[3])))
    renderer = canvases()[1].get_renderer()
    renderer._renderer = agg
    renderer.draw_text(renderer.new_gc(), 1, 1, "text", FontProperties(), 0)
    assert drawn == [(agg, "text")]


def test_a_text_that_fails_is_not_kept(monkeypatch):
    plain, keeps = canvases()
    draw_text = RendererAgg.draw_text

    def fail(self, gc, x, y, s, *rest):
        draw_text(self, gc, x, y, s[:3], *rest)
        raise MemoryError

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(RendererAgg, "draw_text", fail)
        pixels(keeps, everything, 1)
    assert (pixels(keeps, everything, 1) == pixels(plain, everything, 1)).all()
