"""Colours of skin, hair and eyes, as ``(n, 3, 1, 1)``."""

import torch
from torch import Tensor

from wgan_helpers.images.faces.factors import Factors

SKIN = (
    (0.97, 0.81, 0.71),
    (0.94, 0.76, 0.64),
    (0.87, 0.66, 0.51),
    (0.74, 0.52, 0.37),
    (0.57, 0.37, 0.25),
    (0.44, 0.28, 0.19),
    (0.34, 0.22, 0.15),
)
HAIR = ((0.07, 0.06, 0.06), (0.20, 0.13, 0.09), (0.38, 0.24, 0.14), (0.62, 0.43, 0.24), (0.88, 0.72, 0.45))
IRIS = ((0.20, 0.11, 0.06), (0.38, 0.23, 0.10), (0.36, 0.42, 0.18), (0.22, 0.48, 0.66), (0.52, 0.58, 0.62))
FRAMES = ((0.07, 0.07, 0.08), (0.32, 0.18, 0.10), (0.76, 0.60, 0.28), (0.62, 0.12, 0.14), (0.16, 0.24, 0.52))
RED_HAIR = (0.70, 0.25, 0.08)
WHITE_HAIR = (0.84, 0.84, 0.86)
RED_LIPS = (0.75, 0.16, 0.22)


def along(colours: tuple[tuple[float, float, float], ...], at: Tensor) -> Tensor:
    """The colour ``at`` (n, 1, 1) in [0, 1] of the way through a row of colours, ``(n, 3, 1, 1)``."""
    stops = at.new_tensor(colours)
    place = at.flatten() * (len(colours) - 1)
    before = place.long().clamp(max=len(colours) - 2)
    return stops[before].lerp(stops[before + 1], (place - before).unsqueeze(1))[..., None, None]


def flat(colour: tuple[float, float, float], like: Tensor) -> Tensor:
    """One colour for all faces, ``(1, 3, 1, 1)``."""
    return like.new_tensor(colour).reshape(1, 3, 1, 1)


def skin(f: Factors) -> Tensor:
    """From light to dark; golden or cool."""
    warmth = f.skin_warmth.unsqueeze(1) * flat((0.015, 0.0, -0.035), f.yaw)
    return (along(SKIN, f.skin_tone) + warmth).clamp_(0, 1)


def hair(f: Factors) -> Tensor:
    """Black to blond, turned red, turned white."""
    grown = along(HAIR, f.hair_lightness)
    red = flat(RED_HAIR, f.yaw) * (0.5 + 0.5 * f.hair_lightness.unsqueeze(1))
    grown = grown.lerp(red, 0.85 * f.hair_redness.unsqueeze(1))
    return grown.lerp(flat(WHITE_HAIR, f.yaw), f.hair_grey.unsqueeze(1))


def brows(f: Factors) -> Tensor:
    """Of the hair or darker."""
    return hair(f) * (0.75 - 0.45 * f.brow_darkness.unsqueeze(1))


def lips(f: Factors) -> Tensor:
    """Skin with more blood in it; painted red."""
    natural = skin(f) * flat((0.88, 0.64, 0.64), f.yaw)
    return natural.lerp(flat(RED_LIPS, f.yaw), 0.85 * f.lip_colour.unsqueeze(1))


def iris(f: Factors) -> Tensor:
    """Brown to grey."""
    return along(IRIS, f.eye_colour)


def frames(f: Factors) -> Tensor:
    """Of the glasses."""
    return along(FRAMES, f.glasses_colour)


def clothes(f: Factors) -> Tensor:
    """Neither black nor white, so that light shows on them."""
    return _greyer(0.06 + 0.84 * f.clothes, 0.35)


def wall(colour: Tensor) -> Tensor:
    """What is behind people is rarely colourful."""
    return _greyer(0.22 + 0.58 * colour, 0.6)


def _greyer(colour: Tensor, share: float) -> Tensor:
    return colour.lerp(colour.mean(1, keepdim=True), share)


def stripes(f: Factors) -> Tensor:
    """Lighter than dark clothes, darker than light ones."""
    base = clothes(f)
    return torch.where(base.mean(1, keepdim=True) > 0.45, base * 0.5, base * 0.5 + 0.5)
