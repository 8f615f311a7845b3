"""The head: where its pixels lie, its outline, skin, ears and neck."""

import math

import torch
from torch import Tensor

from wgan_helpers.images.faces import colours
from wgan_helpers.images.faces.canvas import Canvas, bell
from wgan_helpers.images.faces.factors import Factors

SCALE = 1.18  # of a head of ordinary size to the picture
CROWN = 0.62  # from the middle of the head to its top
NECK = -0.45  # the head leans about this height
TURN, NOD = 0.36, 0.30  # how far the front of the head lies before its rim


def blank(f: Factors, size: int) -> Canvas:
    """An empty canvas that knows where its pixels lie on the heads ``f``, given as planes."""
    ticks = (torch.arange(size, device=f.yaw.device, dtype=torch.float32) + 0.5) * (2 / size) - 1
    scale = SCALE * f.zoom
    x = (ticks.reshape(1, 1, size) - f.shift_x) / scale
    y = (ticks.flip(0).reshape(1, size, 1) - f.shift_y) / scale
    lean = torch.deg2rad(f.roll)
    p = x * lean.cos() - (y - NECK) * lean.sin()
    q = x * lean.sin() + (y - NECK) * lean.cos() + NECK
    front = (1 - radius(f, p, q)).clamp_(min=0)
    u = p - front * (TURN * torch.deg2rad(f.yaw).sin())
    v = q - front * (NOD * torch.deg2rad(f.pitch).sin())
    shape = (len(f), 1, size, size)
    albedo, slope, gloss = (ticks.new_zeros(len(f), channels, size, size) for channels in (3, 2, 1))
    x, y = (place.expand(len(f), size, size) for place in (x, y))
    return Canvas(albedo, slope, gloss.reshape(shape), x, y, p, q, u, v, pixel=2 / size / scale)


def _parts(f: Factors, p: Tensor, q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How far a pixel is on the way to the side, to the crown, and to the chin; 1 on the outline."""
    below = q.clamp(max=0).div_(-f.face_height)
    above = q.clamp(min=0).div_(CROWN)
    taper = below.square().clamp_(max=1.4).mul_(-0.40 + 0.26 * f.jaw).add_(1)
    return p / (taper * f.face_width), above, below


def radius(f: Factors, p: Tensor, q: Tensor) -> Tensor:
    """Squared distance from the middle of the head: 0 there, 1 on the outline."""
    side, above, below = _parts(f, p, q)
    return side.square_().add_(above.square_()).add_(below.square_())


def distance(f: Factors, p: Tensor, q: Tensor) -> Tensor:
    """To the outline, negative inside; right near the outline."""
    return (radius(f, p, q).sqrt_() - 1) * f.face_width


def paint_skin(canvas: Canvas, f: Factors) -> None:
    """The head, bare and without a face, round as an egg that is flatter in front."""
    side, above, below = _parts(f, canvas.p, canvas.q)
    up = above.sub_(below)
    square = side.square().add_(up.square())
    cover = canvas.inside((square.sqrt() - 1) * f.face_width)
    canvas.paint(colours.skin(f), cover)
    flatter = square.clamp_(max=1).mul_(0.28).add_(0.69)
    canvas.shape(side.mul_(flatter), up.mul_(flatter), 0.22, cover)


def paint_neck(canvas: Canvas, f: Factors) -> None:
    """Neck and chest, in the shadow that the head throws."""
    lower = canvas.crop(-0.95, 0.95, -1, 0)
    half = 0.56 * f.face_width + 0.25 * (-(lower.y + 0.62)).clamp_(min=0)
    chest = torch.maximum((lower.y + 0.66).add_(0.45 * lower.x.square()), lower.x.abs() - 0.6)
    neck = torch.maximum(lower.x.abs() - half, lower.y + 0.2)
    cover = lower.inside(torch.minimum(neck, chest))
    azimuth, elevation = torch.deg2rad(f.light_azimuth), torch.deg2rad(f.light_elevation)
    lower.paint(colours.skin(f), cover)
    lower.shape((lower.x / half).clamp_(-1, 1) * 0.8, torch.zeros_like(lower.x), 0.15, cover)
    reach = 0.16
    from_head = distance(f, lower.p + reach * azimuth.sin(), lower.q + 0.06 + reach * elevation.sin())
    lower.darken(lower.inside(from_head, 0.12).mul_(cover).mul_(0.25 + 0.30 * f.light_strength))


def paint_ears(canvas: Canvas, f: Factors) -> None:
    """To the side of the head: turned away, an ear hides behind it."""
    band = canvas.crop(-0.85, 0.85, -0.55, 0.35)
    back = 0.16 * torch.deg2rad(f.yaw).sin()
    size = 0.8 + 0.4 * f.ear_size
    sides = (band.p + back).abs_().sub_(f.face_width * 0.99)
    height = band.q + (0.02 - NOD * 0.1 * torch.deg2rad(f.pitch).sin())
    across, up = sides / (0.075 * size), height / (0.135 * size)
    square = across.square().add_(up.square())
    cover = band.inside((square.sqrt() - 1) * (0.075 * size))
    band.paint(colours.skin(f) * colours.flat((0.97, 0.90, 0.88), f.yaw), cover)
    band.shape(across.clamp_(-1, 1) * band.p.sign() * 0.5, up.clamp_(-1, 1) * 0.4, 0.15, cover)
    band.darken(bell(sides - 0.015, height, 0.025 * size, 0.06 * size).mul_(cover).mul_(0.35))
    ring = 0.020 + 0.022 * f.earrings
    drop = height + 0.135 * size + ring
    jewel = band.inside((sides - 0.02).square_().add_(drop.square_()).sqrt_().sub_(ring))
    jewel.mul_((f.earrings * 4).clamp(max=1))
    band.paint(colours.flat((0.93, 0.80, 0.42), f.yaw), jewel)


def sculpt_eyes(eyes: Canvas, f: Factors) -> None:
    """Sockets, and the ridge over them."""
    across, height = eyes.u.abs().sub_(eye_spacing(f)), eyes.v - eye_height(f)
    _raise(eyes, across, height - 0.015, 0.085, 0.060, -0.050, mirrored=True)
    _raise(eyes, across, height.sub_(0.15), 0.13, 0.05, 0.020, mirrored=True)


def sculpt_cheeks(cheeks: Canvas, f: Factors) -> None:
    """Cheekbones, on the head only: they are near its outline."""
    skin = cheeks.inside(distance(f, cheeks.p, cheeks.q) + 0.03, 0.06)
    across, height = cheeks.u.abs().sub_(f.face_width * 0.58), cheeks.v - (eye_height(f) - 0.17)
    _raise(cheeks, across, height, 0.11, 0.10, skin.mul_(0.02 + 0.05 * f.cheekbones), mirrored=True)


def sculpt_mouth(mouth: Canvas, f: Factors) -> None:
    """The lower lip and the chin."""
    _raise(mouth, mouth.u, mouth.v - (mouth_height(f) - 0.035), 0.10, 0.028, 0.012)
    _raise(mouth, mouth.u, mouth.v - (0.14 - f.face_height), 0.085, 0.055, 0.030)


def sculpt_nose(nose: Canvas, f: Factors) -> None:
    """A ridge that rises slowly from the brows to the tip and falls steeply to the lip."""
    tip = nose_tip(f)
    height = nose.v - tip
    length = torch.where(height > 0, 0.75 * (eye_height(f) - tip), 0.041)
    # wider towards the wings
    width = height.div(-0.12).add_(0.6).clamp_(0, 1).mul_(0.55).add_(1).mul_(0.030 + 0.022 * f.nose_width)
    _raise(nose, nose.u, height, width, length, 0.035 + 0.030 * f.nose_bridge)


def _raise(
    canvas: Canvas,
    x: Tensor,
    y: Tensor,
    width: float | Tensor,
    height: float | Tensor,
    rise: float | Tensor,
    mirrored: bool = False,
) -> None:
    """Turn the normals as a bump does: they lean down its slope, which is that of a bell about the origin."""
    hill = bell(x, y, width, height).mul_(rise)
    right = (x * hill).div_(width**2)
    canvas.slope[:, 0].add_(right.mul_(canvas.u.sign()) if mirrored else right)
    canvas.slope[:, 1].add_(hill.mul_(y).div_(height**2))


def eye_spacing(f: Factors) -> Tensor:
    """From the middle of the face to that of an eye: follows the width of the face."""
    return f.face_width * (0.40 + 0.06 * f.eye_spacing)


def eye_height(f: Factors) -> Tensor:
    """Of the middle of the eyes."""
    return f.eye_height + 0.02


def nose_tip(f: Factors) -> Tensor:
    """Height of the tip of the nose."""
    return eye_height(f) - f.face_height * (0.34 + 0.10 * f.nose_length)


def mouth_height(f: Factors) -> Tensor:
    """Between the tip of the nose and the chin."""
    return nose_tip(f) * 0.52 - f.face_height * 0.48 + f.mouth_height * 0.7 + 0.015


def direction(f: Factors) -> tuple[Tensor, Tensor, Tensor]:
    """Towards the light: to the right, up, to the viewer."""
    azimuth, elevation = (angle * (math.pi / 180) for angle in (f.light_azimuth, f.light_elevation))
    return azimuth.sin() * elevation.cos(), elevation.sin(), azimuth.cos() * elevation.cos()
