"""Grey pictures of triangles: a law on pictures whose manifold is known."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

import torch
from torch import Generator, Tensor

from wgan_helpers import _checks
from wgan_helpers.distributions._noise import Noise
from wgan_helpers.distributions.law import Sampled

_RANGE: Final = 110.0  # degrees of each corner; another 10 are between them
_WIDTH: Final = 0.75  # of the circle through the corners, over that of the picture
_AT_ONCE: Final = 1000  # pictures
_KNOWN: Final = 8192  # triangles that a search starts from
_SEARCH: Final = 8  # steps of the search
_STEP: Final = 0.5  # degrees, of its derivatives


@dataclass(frozen=True)
class Triangles(Sampled):
    r"""Black triangles on white: the corners are on a circle, the centre of gravity is in the middle of the picture.

    Corner i is at :math:`120° i + 10° + a_i`, where :math:`a_i = 110°\, U_i + R\, U_0` with independent
    :math:`U \sim U[0, 1]`.

    Parameters
    ----------
    size : int
        Pixels of each side; the points are flattened pictures, d = size², brightness in [0, 1].
    rotation : float
        R in degrees. The study's code takes degrees for radians twice, which makes it 2π degrees.

    References
    ----------
    Lucic et al. 2018, "Are GANs created equal?", section 5. There a pixel is the mean of an 8 × 8 mask; here it is
    exactly the part that is covered, so that the picture moves smoothly with the corners.
    """

    name: ClassVar[str] = "triangles"
    size: int = 28
    rotation: float = 2 * math.pi

    def __post_init__(self) -> None:
        _checks.integer(self.size, "size", minimum=4)
        _checks.number(self.rotation, "rotation", 0, 360)

    @property
    def dim(self) -> int:
        """Pixels of a picture."""
        return self.size**2

    @cached_property
    def mean(self) -> Tensor:
        """Mean picture ``(d,)``, over a grid of angles: within 0.005 in each pixel."""
        along = (torch.arange(20, dtype=torch.float64) + 0.5) / 20
        return self.draw(self._angles(torch.cartesian_prod(*3 * [along], along[1::3]))).mean(dim=0)

    def draw(self, angles: Tensor) -> Tensor:
        """The pictures ``(n, d)`` of the triangles with these :math:`a_i` ``(n, 3)``, in degrees."""
        return torch.cat([self._drawn(block) for block in angles.split(_AT_ONCE)])

    def distance_to_manifold(self, x: Tensor) -> Tensor:
        """Distance of ``(..., d)`` to the nearest picture of a triangle, ``(...)``, float64 in brightness.

        Found by a search that starts from the nearest of 8192 triangles, so in rare cases too large.
        """
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ValueError(f"points must have shape (..., {self.dim}), got {tuple(x.shape)}")
        flat = x.detach().reshape(-1, self.dim).double().cpu()
        found = [self._search(block) for block in flat.split(_AT_ONCE)]
        return torch.cat(found).reshape(x.shape[:-1]).to(x.device)

    def _points(self, noise: Noise) -> Tensor:
        return self.draw(self._angles(noise.uniform(4)))

    def _angles(self, numbers: Tensor) -> Tensor:
        """From U ``(n, 4)``."""
        return _RANGE * numbers[:, :3] + self.rotation * numbers[:, 3:]

    def _drawn(self, angles: Tensor) -> Tensor:
        """Green's theorem: what is to the right of an edge counts with the height that the edge climbs in each row."""
        pixel = torch.arange(self.size, dtype=angles.dtype, device=angles.device)
        covered = torch.zeros(len(angles), self.size, self.size, dtype=angles.dtype, device=angles.device)
        corners = self._corners(angles)
        for (x, y), (x_next, y_next) in zip(corners, [*corners[1:], corners[0]], strict=True):
            # the part of the edge in each row, (n, rows); counter-clockwise, so that edges on the right go up
            low, high = (end[:, None].clamp(pixel, pixel + 1) for end in (y, y_next))
            lean = ((x_next - x) / torch.where(y_next == y, 1, y_next - y))[:, None]
            first, last = (x[:, None] + lean * (end - y[:, None]) for end in (low, high))
            covered -= (high - low)[..., None] * _right_of(first[..., None] - pixel, last[..., None] - pixel)
        return (1 - covered.flatten(1)).clamp_(0, 1)

    def _corners(self, angles: Tensor) -> list[tuple[Tensor, Tensor]]:
        """``x, y`` in pixels ``(n,)`` each, counter-clockwise in a picture whose rows go up."""
        first = 120 * torch.arange(3, dtype=angles.dtype, device=angles.device) + (120 - _RANGE)
        angle = torch.deg2rad(first + angles)
        circle = torch.stack([angle.cos(), angle.sin()]) * _WIDTH * self.size / 2
        x, y = circle - circle.mean(dim=-1, keepdim=True) + self.size / 2
        return list(zip(x.unbind(dim=1), y.unbind(dim=1), strict=True))

    @cached_property
    def _known(self) -> tuple[Tensor, Tensor]:
        numbers = torch.rand(_KNOWN, 4, generator=Generator().manual_seed(0), dtype=torch.float64)
        angles = self._angles(numbers)
        return angles, self.draw(angles)

    def _search(self, x: Tensor) -> Tensor:
        """Levenberg–Marquardt from the nearest triangle known; a step that does not help is not taken."""
        angles, pictures = self._known
        at = angles[torch.cdist(x.float(), pictures.float()).argmin(dim=1)]
        best = (x - self.draw(at)).norm(dim=1)
        damping = torch.full((len(x), 1, 1), 1e-2, dtype=x.dtype)
        step = _STEP * torch.eye(3, dtype=x.dtype)
        for _ in range(_SEARCH):
            here = self.draw(at)
            slopes = (self.draw((at.unsqueeze(1) + step).flatten(0, 1)).unflatten(0, (-1, 3)) - here[:, None]) / _STEP
            normal = slopes @ slopes.mT
            normal += damping * torch.diag_embed(normal.diagonal(dim1=1, dim2=2) + 1e-9)
            aim = torch.linalg.solve(normal, slopes @ (x - here).unsqueeze(-1)).squeeze(-1)
            tried = self._possible(at + aim)
            distance = (x - self.draw(tried)).norm(dim=1)
            helps = distance < best
            at, best = torch.where(helps[:, None], tried, at), torch.minimum(best, distance)
            damping = torch.where(helps[:, None, None], damping / 5, damping * 5)
        return best

    def _possible(self, angles: Tensor) -> Tensor:
        """Angles that the law draws, near to these: within 110° from where the rotation starts them."""
        low, high = angles.aminmax(dim=1, keepdim=True)
        start = ((low + high - _RANGE) / 2).clamp(0, self.rotation)
        return angles.clamp(start, start + _RANGE)


def _right_of(first: Tensor, last: Tensor) -> Tensor:
    """Of a pixel from 0 to 1, the part to the right of a line, whose x runs evenly from ``first`` to ``last``."""

    def integral(x: Tensor) -> Tensor:
        """From x to infinity, of what is to the right."""
        return (1 - x).clamp(0, 1).square() / 2 + (-x).clamp(min=0)

    run = last - first
    steep = run.abs() < 1e-3
    middle = (1 - (first + last) / 2).clamp(0, 1)
    return torch.where(steep, middle, (integral(first) - integral(last)) / torch.where(steep, 1, run))
