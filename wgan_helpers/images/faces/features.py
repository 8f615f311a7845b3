"""What a face has on it: eyes, brows, nose, mouth, beard, glasses."""

import torch
from torch import Tensor

from wgan_helpers.images.faces import colours
from wgan_helpers.images.faces.canvas import Canvas, bell
from wgan_helpers.images.faces.factors import Factors
from wgan_helpers.images.faces.head import direction, distance, eye_height, eye_spacing, mouth_height, nose_tip


def paint_cheeks(face: Canvas, f: Factors) -> None:
    """The colour of the cheeks, and the folds around the mouth."""
    tip, mouth = nose_tip(f), mouth_height(f)
    across = face.u.abs()
    cheek = bell(across - 0.56 * f.face_width, face.v - (tip + 0.02), 0.10, 0.09)
    face.paint(colours.skin(f) * colours.flat((1.0, 0.66, 0.62), f.yaw), cheek.mul_(0.12 + 0.5 * f.blush))
    # from the wings of the nose around the corners of the mouth
    corner = 0.075 + 0.16 * (tip + 0.02 - face.v).clamp_(min=0) / (tip - mouth + 0.05) * (1 + 0.25 * f.smile)
    fold = face.inside(across.sub_(corner).abs_().sub_(0.004), 0.03)
    face.darken(fold.mul_(bell(face.v - (tip + mouth) / 2, face.v * 0, 0.07, 1)).mul_(0.42 * f.lines))


def paint_furrows(eyes: Canvas, f: Factors) -> None:
    """What age writes on the forehead and below the eyes."""
    eye = eye_height(f)
    furrows = (eyes.v * 70 - 4 * eyes.u.square()).sin_().clamp_(min=0)
    furrows.mul_(bell(eyes.u, eyes.v - (eye + 0.29), 0.16, 0.045)).mul_(0.22 * eyes.resolves(70))
    bags = bell(eyes.u.abs().sub_(eye_spacing(f)), eyes.v - (eye - 0.085), 0.06, 0.016)
    eyes.darken(furrows.add_(bags.mul_(0.2)).mul_(f.lines))


def paint_freckles(face: Canvas, f: Factors) -> None:
    """Dots across nose and cheeks."""
    tip = nose_tip(f)
    dots = (face.u * 50 + (face.v * 23).sin()).sin_().mul_((face.v * 54 + 1.5 * (face.u * 21).sin()).sin_())
    dots.sub_(0.45).clamp_(min=0).mul_(bell(face.u, face.v - (tip + 0.06), 0.26, 0.09))
    brown = colours.skin(f) * colours.flat((0.72, 0.58, 0.50), f.yaw)
    face.paint(brown, dots.mul_(1.6 * f.freckles * face.resolves(47)))


def paint_nose(face: Canvas, f: Factors) -> None:
    """Nostrils, and the soft shadows below and beside it; light does the rest."""
    tip = nose_tip(f)
    half = 0.045 + 0.030 * f.nose_width
    across, down = face.u.abs(), face.v - tip
    to_right, up, _ = direction(f)
    face.darken(bell(across - half * 0.55, down + 0.040, 0.016, 0.010).mul_(0.50))
    face.darken(bell(across - half * 1.12, down + 0.012, 0.010, 0.022).mul_(0.25))
    face.darken(bell(face.u, down + 0.058, half * 0.9, 0.020).mul_(0.14 + 0.18 * f.light_strength * up.clamp(min=0)))
    thrown = bell(face.u + to_right * 0.085, down - 0.02 + 0.05 * up, half * 0.8, 0.060)
    face.darken(thrown.mul_(0.45 * f.light_strength * to_right.abs()))


def paint_eyes(face: Canvas, f: Factors) -> None:
    """Both at once: the face is symmetric, but for where they look."""
    side = face.u.sign()
    dx = face.u.abs().sub_(eye_spacing(f))
    dy = face.v - eye_height(f) - dx * torch.deg2rad(f.eye_tilt).tan()
    half = 0.078 + 0.026 * f.eye_size
    tall = half * (0.42 + 0.28 * f.eye_roundness) * (0.05 + 1.15 * f.eye_openness.sqrt())
    arc = (dx / half).square_().neg_().add_(1)
    upper, lower = arc * tall * 1.08, arc * tall * -0.80
    skin = colours.skin(f)
    face.darken(bell(dx + 0.02, dy - 0.03, 0.10, 0.055).mul_(0.17))
    above, below = dy - upper, lower - dy
    opened = face.inside(torch.maximum(above, below), 0.008)
    face.paint(colours.flat((0.91, 0.90, 0.89), f.yaw), opened)
    face.slope.mul_((1 - 0.5 * opened).unsqueeze(1))
    face.gloss.mul_((1 - opened).unsqueeze(1))
    _paint_iris(face, f, dx - side * f.gaze_x * half * 0.38, dy - f.gaze_y * 0.020, opened, half, side)
    near = (dx.abs() - half * 1.04) * 0.5
    # the lid throws a shadow on the eye; lashes; the fold of the lid
    face.darken(face.inside((above + 0.012).abs_().sub_(0.010), 0.012).mul_(opened).mul_(0.40))
    lash = face.inside(torch.maximum((above - 0.004).abs_().sub_(0.008), near), 0.010)
    face.paint(skin * 0.22, lash.mul_(0.88))
    rim = face.inside(torch.maximum(below.abs_().sub_(0.004), near), 0.010)
    face.darken(rim.mul_(0.30))
    fold = face.inside(torch.maximum((above - 0.034).abs_().sub_(0.005), near), 0.014)
    face.darken(fold.mul_(0.26))


def _paint_iris(face: Canvas, f: Factors, dx: Tensor, dy: Tensor, opened: Tensor, half: Tensor, side: Tensor) -> None:
    """A disc with a darker rim, the pupil, and the light that is mirrored in it."""
    size = half * 0.52
    away = dx.square().add_(dy.square()).sqrt_()
    colour = colours.iris(f)
    face.paint(colour * 0.45, face.inside(away - size, 0.006).mul_(opened))
    face.paint(colour, face.inside(away - size * 0.82, 0.012).mul_(opened))
    face.paint(colours.flat((0.03, 0.03, 0.03), f.yaw), face.inside(away - size * 0.45, 0.006).mul_(opened))
    to_right, up, _ = direction(f)
    # `side` turns the mirrored eye back: the spark is on the light's side in both
    spark = (dx * side - to_right * size * 0.5).square_().add_((dy - size * (0.12 + 0.38 * up)).square_())
    spark = face.inside(spark.sqrt_().sub_(0.017), 0.008).mul_(opened).mul_(0.35 + 0.6 * f.light_strength)
    face.paint(colours.flat((1, 1, 1), f.yaw), spark)


def paint_brows(face: Canvas, f: Factors) -> None:
    """Arched, thinner outwards; they frown and rise."""
    dx = face.u.abs() - eye_spacing(f)
    half = 0.115
    along = dx / half
    height = eye_height(f) + 0.125 + 0.035 * f.brow_height + 0.030 * f.brow_raise
    curve = height - along.square() * (0.012 + 0.028 * f.brow_arch) + along * (0.014 * f.brow_raise - 0.002)
    thick = (0.011 + 0.016 * f.brow_thickness) * (0.85 - 0.35 * along).clamp_(0.3, 1.3)
    cover = face.inside((face.v - curve).abs_().sub_(thick), 0.018).mul_(face.inside(dx.abs_().sub_(half), 0.03))
    face.paint(colours.brows(f), cover.mul_(0.9))


def paint_mouth(face: Canvas, f: Factors) -> None:
    """Lips, and between them teeth and darkness."""
    half = 0.110 + 0.045 * f.mouth_width + 0.022 * f.smile
    along = (face.u / half).square_()
    arc = (1 - along).clamp_(min=0)
    middle = mouth_height(f) + (along - 0.45) * 0.10 * f.smile
    gap = arc * (0.004 + 0.040 * f.mouth_open)
    full = 0.016 + 0.022 * f.lip_fullness
    bow = 1 - 0.30 * bell(face.u, face.v * 0, 0.020, 1)
    up = face.v - middle
    top = up - gap - arc.sqrt() * bow * full
    bottom = -up - gap * 1.3 - arc.sqrt() * full * 1.25
    ends = (face.u.abs() - half * 1.02) * 0.7
    lips = face.inside(torch.maximum(torch.maximum(top, bottom), ends), 0.010)
    colour = colours.lips(f)
    face.darken(bell(face.u, bottom - 0.022, half * 0.55, 0.014).mul_(0.16))
    face.paint(colour, lips)
    face.darken(face.inside(-up, 0.02).neg_().add_(1).mul_(lips).mul_(0.13))
    within = face.inside(torch.maximum(torch.maximum(up - gap, -up - gap * 1.3), ends), 0.006)
    face.paint(colour * 0.28, within.clone())
    teeth = face.inside(gap * 0.15 - up - 0.004, 0.006).mul_(within).mul_((f.mouth_open * 5).clamp(max=1))
    face.paint(colours.flat((0.95, 0.93, 0.90), f.yaw), teeth)


def paint_beard(face: Canvas, f: Factors) -> None:
    """On jaw and chin, and over the lip; before the mouth, which it leaves free."""
    mouth, tip = mouth_height(f), nose_tip(f)
    hair = colours.hair(f) * 0.85
    across = face.u.abs()
    edge = mouth + 0.01 + 1.15 * (across / f.face_width).clamp_(max=1.1).pow_(4) * (eye_height(f) - mouth)
    # it stands out below the chin, not beside the cheeks
    longer = (mouth - face.v).mul_(5).clamp_(0, 1).mul_(0.035 * f.beard)
    jaw = face.inside(distance(f, face.p, face.q) - longer)
    chin = bell(face.u, face.v - (mouth - 0.01), 0.10, 0.055)
    grown = face.inside(face.v - edge, 0.05).mul_(jaw).mul_(chin.mul_(-0.85).add_(1))
    strength = (0.25 + 0.8 * f.beard).clamp(max=1) * (f.beard * 6).clamp(max=1)
    texture = 0.94 + 0.06 * (face.u * 75 + 2 * (face.v * 33).sin()).sin_() * face.resolves(75)
    face.paint(hair, grown.mul_(strength).mul_(texture))
    half = 0.12 + 0.03 * f.mouth_width
    line = (tip * 0.34 + mouth * 0.66) - 0.45 * across.square()
    over = torch.maximum((face.v - line).abs_().sub_(0.012 + 0.020 * f.moustache), across - half)
    bush = torch.maximum(f.moustache, f.beard * 0.8)
    face.paint(hair, face.inside(over, 0.022).mul_((bush * 3).clamp(max=0.95)))


def paint_glasses(face: Canvas, f: Factors) -> None:
    """Two rims, a bridge, temples that go back to the ears, and glass that may be dark."""
    worn = (f.glasses * 4).clamp(max=1)
    thick = 0.006 + 0.012 * f.glasses
    wide = 0.125 + 0.028 * f.glasses_size
    tall = wide * (0.74 + 0.10 * f.glasses_size)
    centre = torch.maximum(eye_spacing(f), wide + 0.022)
    across, up = face.u.abs(), face.v - (eye_height(f) - 0.005)
    right, high = ((across - centre) / wide).square_(), (up / tall).square_()
    # a squircle: x² + y² - s x² y² = 1 goes from a circle to a square
    square = right + high - 0.88 * f.glasses_squareness * right.clamp(max=1.2) * high.clamp(max=1.2)
    from_rim = (square.clamp_(min=1e-6).sqrt_() - 1) * tall
    glass = face.inside(from_rim).mul_(worn)
    face.paint(colours.flat((0.06, 0.07, 0.09), f.yaw), glass * (0.04 + 0.86 * f.glasses_tint))
    streak = face.inside((face.u + 0.6 * up - 0.03).abs_().remainder_(0.28).sub_(0.10).abs_().sub_(0.022), 0.015)
    face.paint(colours.flat((1, 1, 1), f.yaw), streak.mul_(glass).mul_(0.10))
    bridge = torch.maximum((up - 0.022).abs_().sub_(thick), across - (centre - wide))
    temple = torch.maximum((up - 0.030).abs_().sub_(thick), (centre + wide - across))
    temple = torch.maximum(temple, distance(f, face.p, face.q))
    frame = torch.minimum(torch.minimum(from_rim.abs_().sub_(thick), bridge), temple)
    face.paint(colours.frames(f), face.inside(frame).mul_(worn))
