"""A canvas that lays out and rasterises a text once: the text of a picture is mostly that of the last."""

from collections import OrderedDict
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg

_MOST = 256  # texts that a figure keeps: those of some five pictures, about 1 MB
_Heights = tuple[float | None, float | None, float | None]
_Glyph = tuple[np.ndarray, int, int, float]  # its coverage, where it lies, and the angle


class Canvas(FigureCanvasAgg):
    """A canvas that draws what matplotlib's own does, pixel for pixel, in less time."""

    def get_renderer(self) -> "_Renderer":
        renderer = super().get_renderer()
        if not isinstance(renderer, _Renderer):
            self.renderer = renderer = _Renderer(renderer.width, renderer.height, renderer.dpi)
        return renderer


class _Renderer(RendererAgg):
    """Keeps the glyphs of each text: the same text in the same place is those glyphs once more."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self._texts: OrderedDict[tuple[Any, ...], list[_Glyph]] = OrderedDict()
        self._heights: dict[int, _Heights] = {}
        self._settings = ""

    def clear(self) -> None:
        """Start a new picture, and with other settings of fonts a new memory."""
        super().clear()
        names = [name for name in mpl.rcParams if name.startswith(("font.", "mathtext.", "text."))]
        settings = repr([mpl.rcParams[name] for name in names])  # lists in it may change in place
        if settings != self._settings:
            self._settings = settings
            self._texts.clear()
            self._heights.clear()

    def _get_font_height_metrics(self, prop: Any) -> "_Heights":
        """Ascent, descent and line gap of a font, in pixels: matplotlib asks here, or else reads the file each time."""
        key = hash(prop)
        if key not in self._heights:
            self._heights[key] = _heights(self._prepare_font(prop), prop.get_size_in_points() * self.dpi / 72)
        return self._heights[key]

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        agg: Any = getattr(self, "_renderer", None)
        if not hasattr(agg, "draw_text_image"):  # not the matplotlib that we know: it draws by itself
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        # the place too, since matplotlib sets glyphs between pixels; colour and clipping come with each drawing
        key = (s, hash(prop), x, y, angle, ismath, gc.get_antialiased(), _shaping(mtext))
        if key in self._texts:
            self._texts.move_to_end(key)
            for glyph in self._texts[key]:
                agg.draw_text_image(*glyph, gc)
            return
        self._renderer = recorder = _Recorder(agg)
        try:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        finally:
            self._renderer = agg
        if recorder.glyphs and recorder.only_glyphs:
            self._texts[key] = recorder.glyphs
            if len(self._texts) > _MOST:
                self._texts.popitem(last=False)


class _Recorder:
    """Takes Agg's place while a text is drawn: passes everything on and keeps the glyphs."""

    def __init__(self, agg: Any) -> None:
        self._agg = agg
        self.glyphs: list[_Glyph] = []
        self.only_glyphs = True

    def draw_text_image(self, image: Any, x: int, y: int, angle: float, gc: Any) -> None:
        self.glyphs.append((np.array(image), x, y, angle))
        self._agg.draw_text_image(image, x, y, angle, gc)

    def __getattr__(self, name: str) -> Any:
        self.only_glyphs = False  # the bar of a fraction, say
        return getattr(self._agg, name)


def _heights(font: Any, size: float) -> _Heights:
    """Of a font of so many pixels, from the first table that has them."""
    unit = size / font.get_sfnt_table("head")["unitsPerEm"]
    if (table := font.get_sfnt_table("OS/2")) is not None:
        return table["sTypoAscender"] * unit, -table["sTypoDescender"] * unit, table["sTypoLineGap"] * unit
    if (table := font.get_sfnt_table("hhea")) is not None:
        return table["ascent"] * unit, -table["descent"] * unit, table["lineGap"] * unit
    return None, None, None


def _shaping(mtext: Any) -> tuple[Any, ...]:
    """What else chooses the glyphs, from matplotlib 3.11 on."""
    return (mtext.get_fontfeatures(), mtext.get_language()) if hasattr(mtext, "get_fontfeatures") else ()
