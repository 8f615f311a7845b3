"""Hair: behind the head, on top of it, and over the forehead."""

import torch
from torch import Tensor

from wgan_helpers.images.faces import colours
from wgan_helpers.images.faces.canvas import Canvas
from wgan_helpers.images.faces.factors import Factors
from wgan_helpers.images.faces.head import CROWN, distance, eye_height


def _grown(f: Factors) -> Tensor:
    """Zero for who has too little hair for it to have a length."""
    return ((f.hair_amount - 0.5) * 4).clamp(0, 1)


def _volume(f: Factors) -> Tensor:
    return (0.25 + 0.75 * f.hair_volume) * _grown(f)


def _parts(f: Factors, canvas: Canvas, end: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How far a pixel is on the way to the side, the top, and the ``end`` of the hair below; 1 on the outline."""
    volume = _volume(f)
    curly = f.curl * volume * canvas.resolves(20)
    turn = f.strands[:, 0] * 6.283
    ripple = (canvas.q * 21 + turn + 2 * canvas.p.abs()).sin_().mul_(0.030 * curly)
    wide = f.face_width + volume * (0.02 + 0.07 * f.hair_length.sqrt() + 0.03 * f.curl) + ripple
    top = CROWN + volume * 0.15 + (canvas.p * 21 + turn * 2).sin_().mul_(0.030 * curly)
    below = (end + 0.18 - canvas.q).clamp_(min=0).div_(0.18)
    above = canvas.q.clamp(min=0).div_(top)
    # fuller than an ellipse
    above.mul_(above.square().mul_(0.22).add_(0.78))
    return canvas.p / wide, above, below


def _end(f: Factors) -> Tensor:
    """Height at which the hair ends."""
    return 0.17 - 1.17 * f.hair_length * _grown(f)


def _lay(canvas: Canvas, colour: Tensor, parts: tuple[Tensor, Tensor, Tensor], within: Tensor) -> None:
    """Paint hair and round it."""
    side, above, below = parts
    canvas.paint(colour, within)
    flatter = side.square().add_(above.square()).clamp_(max=1).mul_(0.4).add_(0.55)
    canvas.shape(side.clamp(-1, 1).mul_(flatter), above.sub(below * 0.4).clamp_(-1, 1).mul_(flatter), 0.45, within)


def strands(canvas: Canvas, f: Factors) -> Tensor:
    """Colour of the hair ``(n, 3, h, w)``, in lines that run from the parting, or in curls."""
    turns = f.strands * 6.283
    along = (canvas.p - 0.25 * f.parting * f.face_width) / (1.25 + canvas.q.clamp(-1, 0.9))
    straight = (along * 31 + turns[:, 1]).sin_().mul_(0.5 * canvas.resolves(25))
    straight.add_((along * 67 + turns[:, 2] + straight * 2).sin_().mul_(0.5 * canvas.resolves(50)))
    rings = (canvas.p * 29 + turns[:, 2] + 3 * (canvas.q * 14 + turns[:, 3]).sin_()).sin_()
    rings.add_((canvas.q * 27 + turns[:, 1] + 3 * (canvas.p * 12 + turns[:, 2]).sin_()).sin_()).mul_(
        canvas.resolves(40)
    )
    brightness = straight.lerp_(rings.mul_(0.6), f.curl).mul_(0.22).add_(1)
    return colours.hair(f) * brightness.unsqueeze(1)


def paint_back(canvas: Canvas, f: Factors, colour: Tensor) -> None:
    """What is seen behind neck and ears."""
    end = _end(f)
    parts = _parts(f, canvas, end)
    side, above, below = parts
    length = side.square().add_(above.square()).add_(below.square()).sqrt_().sub_(1)
    _lay(canvas, colour * 0.72, parts, canvas.inside(length.mul_(0.5)).mul_(_grown(f)))


def paint_bun(canvas: Canvas, f: Factors) -> None:
    """A ball of hair on the crown."""
    crown = canvas.crop(-0.75, 0.75, 0.4, 1)
    size = 0.19 * f.bun * _grown(f)
    right = (crown.p - 0.12 * f.parting) / (size + 1e-3)
    up = (crown.q - CROWN - 0.12 * _volume(f) - size * 0.55) / (size + 1e-3)
    cover = crown.inside((right.square().add_(up.square()).sqrt_() - 1) * size)
    cover.mul_((f.bun * 4).clamp(max=1) * _grown(f))
    crown.paint(strands(crown, f), cover)
    crown.shape(right.clamp_(-1, 1) * 0.8, up.clamp_(-1, 1) * 0.8, 0.45, cover)


def paint_front(canvas: Canvas, f: Factors, colour: Tensor) -> None:
    """From the hairline up, down the temples, and over the forehead as a fringe."""
    parts = _parts(f, canvas, _end(f).clamp(min=-0.62))
    side, above, below = parts
    outline = side.square().add_(above.square()).add_(below.square()).sqrt_().sub_(1).mul_(0.5)
    behind = _hairline(canvas, f)
    skull = distance(f, canvas.p, canvas.q)
    outline = skull.lerp(outline, _grown(f))
    cover = canvas.inside(torch.maximum(outline, behind), 0.012)
    shadow = canvas.inside(behind - 0.05, 0.10).mul_(canvas.inside(skull))
    full = (f.hair_amount * 1.6).clamp(max=1)
    canvas.darken(shadow.mul_(0.20 * full * _grown(f)))
    _lay(canvas, colour, parts, cover.mul_(full))


def _hairline(canvas: Canvas, f: Factors) -> Tensor:
    """Distance to the edge of the hair on the skin; negative above it."""
    across = (canvas.u - 0.35 * f.parting * f.face_width * (1 - 0.7 * f.fringe)) / f.face_width
    rim = (canvas.u / f.face_width).abs_()
    steep = 0.30 + 1.5 * f.hair_length * _grown(f)
    bangs = (canvas.u * 44 + f.strands[:, 3] * 6.283).sin_().mul_(0.014 * f.fringe * canvas.resolves(44))
    top = eye_height(f) + 0.42 + 0.08 * f.hairline - 0.20 * f.fringe
    edge = top - 0.10 * across.square_() * (1 - f.fringe) + bangs
    square = rim.square()
    fourth = square.square()
    # the line is steep at the temples: the distance to it is shorter than the height
    slope = fourth.mul(rim).mul_(6 * steep / f.face_width)
    return (edge - canvas.v).sub_(fourth.mul_(square).mul_(steep)).mul_(slope.square_().add_(1).rsqrt_())
