"""What is around a head: background, clothes, light."""

import math

import torch
from torch import Tensor

from wgan_helpers.images.faces import colours
from wgan_helpers.images.faces.canvas import Canvas
from wgan_helpers.images.faces.factors import WAVES, Factors
from wgan_helpers.images.faces.head import direction

SHOULDER = 0.78  # brightness from which on a picture shows less than there is


def paint_background(canvas: Canvas, f: Factors) -> None:
    """From one colour to the other, with something out of focus before it."""
    size = canvas.albedo.shape[-1]
    ticks = (torch.arange(size, device=f.yaw.device, dtype=torch.float32) + 0.5) * (2 / size) - 1
    x, y = ticks.reshape(1, 1, size), ticks.flip(0).reshape(1, size, 1)
    angle = torch.deg2rad(f.background_angle)
    mix = (x * angle.cos() + y * angle.sin()).mul_(0.5).add_(0.5).clamp_(0, 1)
    near, far = colours.wall(f.background_near), colours.wall(f.background_far)
    canvas.albedo.copy_(torch.lerp(near, far, mix.unsqueeze(1)))
    canvas.albedo.add_(_waves(f, ticks)).clamp_(0.03, 1)
    # as if it bent back: light from the left falls on its left
    canvas.slope[:, 0] = 0.5 * x
    corners = (x.square() + y.square()) * (0.22 * f.vignette)
    canvas.albedo.mul_(1 - corners.unsqueeze(1))


def _waves(f: Factors, ticks: Tensor) -> Tensor:
    """A sum of cosines in three colours, weaker the shorter they are: ``(n, 3, h, w)``."""
    order = torch.arange(WAVES, device=ticks.device, dtype=ticks.dtype)
    basis = (order[:, None] * (ticks + 1) * (math.pi / 2)).cos()
    weaker = 1 / (1 + 0.3 * (order[:, None] + order[None, :]))
    weaker[0, 0] = 0  # the constant is in the two colours
    amplitudes = f.background_waves.reshape(-1, 3, WAVES, WAVES) * weaker
    # more of the wave is brightness than colour
    amplitudes = 0.08 * amplitudes + amplitudes.mean(1, keepdim=True)
    strength = 0.02 + 0.44 * f.background_contrast.unsqueeze(1)
    return basis.T @ (amplitudes * strength) @ basis


def paint_clothes(canvas: Canvas, f: Factors) -> None:
    """Shoulders, with or without stripes, open at the neck."""
    lower = canvas.crop(-1, 1, -1, -0.4)
    wide = 0.80 + 0.25 * f.shoulders
    right, up = lower.x / wide, (lower.y + 1.22) / 0.58
    square = right.square().add_(up.clamp(min=0).square_())
    opening = lower.y - (-0.71 - 0.16 * f.neckline + (1.2 + 1.5 * f.neckline) * lower.x.square())
    within = torch.maximum((square.sqrt() - 1) * 0.58, opening)
    cover = lower.inside(within)
    lower.paint(colours.clothes(f), cover)
    frequency = 40 - 26 * f.stripe_width
    stripe = (lower.y * frequency).sin_().mul_(4).clamp_(-0.5, 0.5).add_(0.5)
    lower.paint(
        colours.stripes(f), stripe.mul_(cover).mul_(lower.resolves(frequency) * (f.clothes_stripes * 2).clamp(max=1))
    )
    lower.shape(right.clamp_(-1, 1) * 0.8, up.clamp_(0, 1) * 0.6, 0.04, cover)


def illuminate(canvas: Canvas, f: Factors) -> Tensor:
    """Light from everywhere and from one direction on everything, ``(n, 3, h, w)`` in [0, 1].

    Lambert's law: what a matt surface sends back goes with the cosine between its normal and the light. Shine is
    about the direction halfway between light and viewer (Blinn 1977).
    """
    to_right, up, to_viewer = direction(f)
    right, top = canvas.slope[:, 0], canvas.slope[:, 1]
    front = right.square().add_(top.square()).clamp_(max=0.97).neg_().add_(1).sqrt_()
    cosine = (right * to_right).add_(top * up).add_(front * to_viewer)
    # light goes a little around the edge, as it does in skin
    lambert = cosine.add_(0.12).div_(1.12).clamp_(min=0)
    half = torch.rsqrt(2 + 2 * to_viewer)
    shine = (right * (to_right * half)).add_(top * (up * half)).add_(front.mul_((to_viewer + 1) * half))
    shine.clamp_(min=0).pow_(22).mul_(canvas.gloss[:, 0]).mul_(0.75 * f.light_strength)
    tint = 1 + f.light_warmth.unsqueeze(1) * colours.flat((0.10, 0.01, -0.10), f.yaw)
    ambient = (1.0 - 0.80 * f.light_strength) * f.exposure
    direct = lambert.mul_(1.10 * f.light_strength * f.exposure)
    light = direct.unsqueeze(1) * tint
    light.add_((ambient * (1 + 0.12 * top)).unsqueeze(1))
    lit = canvas.albedo.mul_(light).add_(shine.unsqueeze(1) * tint)
    # what would be too bright is made darker in all its colours alike, so that it keeps its hue
    brightest = lit.amax(dim=1, keepdim=True).clamp_(min=SHOULDER)
    over = brightest - SHOULDER
    shown = over.div_(over / (1 - SHOULDER) + 1).add_(SHOULDER)
    return lit.mul_(shown.div_(brightest)).clamp_(0, 1)
