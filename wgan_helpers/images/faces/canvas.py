"""What faces are painted on: colour, slope and gloss of every pixel, and where the pixel lies on the head."""

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

PAINTED = ("albedo", "slope", "gloss")
PLACES = ("x", "y", "p", "q", "u", "v")


@dataclass(frozen=True)
class Canvas:
    """``n`` pictures on the way. Painting changes the tensors, which crops share.

    Attributes
    ----------
    albedo : (n, 3, h, w)
        Colour under white light.
    slope : (n, 2, h, w)
        To the right and upward parts of the unit normal; the third points at the viewer.
    gloss : (n, 1, h, w)
        How much shine the surface has.
    x, y : (n, h, w)
        Place in the upright body, in half-pictures; up is positive.
    p, q : (n, h, w)
        Place in the leaning head, seen from the front of the picture.
    u, v : (n, h, w)
        Place on the surface of the head: the nose stays at the same one when the head turns.
    pixel : (n, 1, 1)
        Width of a pixel in these units.
    """

    albedo: Tensor
    slope: Tensor
    gloss: Tensor
    x: Tensor
    y: Tensor
    p: Tensor
    q: Tensor
    u: Tensor
    v: Tensor
    pixel: Tensor

    def crop(self, left: float, right: float, bottom: float, top: float) -> "Canvas":
        """The part within a box of the picture, which goes from -1 to 1."""
        size = self.albedo.shape[-1]
        edges = [min(max(round((1 + edge) / 2 * size), 0), size) for edge in (left, right, -top, -bottom)]
        rows, columns = slice(*edges[2:]), slice(*edges[:2])
        return replace(self, **{name: getattr(self, name)[..., rows, columns] for name in PAINTED + PLACES})

    def pick(self, who: Tensor) -> "Canvas":
        """Copies of the pictures with the numbers ``who``."""
        return Canvas(**{part.name: getattr(self, part.name)[who] for part in fields(self)})

    def put(self, who: Tensor, pictures: "Canvas") -> None:
        """Lay copies back where they were picked."""
        for name in PAINTED:
            getattr(self, name)[who] = getattr(pictures, name)

    def inside(self, distance: Tensor, softness: float | Tensor = 0.0) -> Tensor:
        """How much of each pixel a shape covers, from the signed distance to its edge (negative inside).

        The edge is as wide as a pixel, or as the ``softness`` where that is more: pictures of all sizes agree.
        """
        width = (self.pixel * 1.2).square().add(softness**2).sqrt()
        return distance.div(width).neg_().add_(0.5).clamp_(0, 1)

    def resolves(self, frequency: float | Tensor) -> Tensor:
        """One where pixels are fine enough to show waves of that frequency, zero where they would alias."""
        return (2.2 - frequency * self.pixel).clamp_(0, 1)

    def paint(self, colour: Tensor, cover: Tensor) -> None:
        """Lay a colour ``(n, 3, 1, 1)`` or ``(n, 3, h, w)`` over what is there, ``cover`` (n, h, w) in [0, 1]."""
        self.albedo.lerp_(colour, cover.unsqueeze(1))

    def shape(self, right: Tensor, up: Tensor, gloss: float, cover: Tensor) -> None:
        """Give what was just painted its normals and shine."""
        self.slope[:, 0].lerp_(right, cover)
        self.slope[:, 1].lerp_(up, cover)
        self.gloss[:, 0].lerp_(torch.full_like(cover[:, :1, :1], gloss), cover)

    def darken(self, amount: Tensor) -> None:
        """Take away a share ``(n, h, w)`` of the light."""
        self.albedo.mul_(amount.neg().add_(1).unsqueeze(1))


def bell(x: Tensor, y: Tensor, width: float | Tensor, height: float | Tensor) -> Tensor:
    """One at the origin, falling nearly as a normal density does: ``(1 - r²/8)⁴``, which is quicker to compute."""
    square = x.div(width).square_().add_(y.div(height).square_())
    return square.mul_(-1 / 8).add_(1).clamp_(min=0).square_().square_()
