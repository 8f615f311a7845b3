"""A pair of laws in any dimension whose W₁ and whose best critic are known: min-funnels."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from wgan_helpers import _checks
from wgan_helpers.distributions._noise import Noise
from wgan_helpers.distributions.law import Sampled
from wgan_helpers.distributions.simple import UniformCube


class TrueDistance(NamedTuple):
    """Mean over a sample and its standard error, in the unit of the data."""

    mean: float
    standard_error: float


@dataclass(frozen=True)
class Funnels(Sampled):
    r"""Points of :attr:`uniform` that were drawn into funnels; the best critic between the two laws is known.

    The function :math:`u(x) = \min_k |x - a_k| + b_k` has slope 1 along the ray from :math:`a_k` through each point of
    the k-th cell. Each point moves on its ray towards :math:`a_k`: from the part t of the ray's length within cell and
    cube to :math:`t^{power}`. No 1-Lipschitz function tells the laws apart better than u, so

    .. math:: W_1 = E |x - T(x)| = E u(x) - E u(T(x)) .

    Parameters
    ----------
    dim : int
        Dimension d.
    funnels : int
        How many.
    power : float
        How far the points move; 1 leaves them where they are.
    seed : int
        For the centres, uniform on the cube, and the offsets b, normal with standard deviation 0.1.
    half : float
        The cube is :math:`[-half, half]^d`.

    References
    ----------
    Korotin, Kolesov, Burnaev 2022, "Kantorovich strikes back! Wasserstein GANs are not optimal transport?", section 4.
    """

    dim: int = 2
    funnels: int = 4
    power: float = 8.0
    seed: int = 0
    half: float = 2.5

    def __post_init__(self) -> None:
        _checks.integer(self.dim, "dim")
        _checks.integer(self.funnels, "funnels")
        _checks.number(self.power, "power", minimum=1)
        _checks.integer(self.seed, "seed", minimum=0)
        _checks.length(self.half, "half")

    @property
    def name(self) -> str:
        """Short label for plots."""
        return f"{self.funnels} funnels"

    @property
    def uniform(self) -> UniformCube:
        """The other law of the pair."""
        return UniformCube(self.dim, -self.half, self.half)

    @cached_property
    def centres(self) -> Tensor:
        """Where the funnels are lowest, ``(funnels, d)``, but for those that lie in another one."""
        drawn = torch.rand(self.funnels, self.dim, generator=self._generator(), dtype=torch.float64)
        return self.half * (2 * drawn - 1)

    @cached_property
    def offsets(self) -> Tensor:
        """The b, ``(funnels,)``."""
        return 0.1 * torch.randn(self.funnels, generator=self._generator(), dtype=torch.float64)

    @cached_property
    def mean(self) -> Tensor:
        """Mean ``(d,)``, of 2¹⁶ points: there is no formula."""
        return self.sample(2**16, self._generator(), dtype=torch.float64).mean(dim=0)

    def potential(self, x: Tensor) -> Tensor:
        """The u of points ``(..., d)``, ``(...)``: of all 1-Lipschitz critics the best, high where the cube is."""
        return self._heights(x).amin(dim=-1)

    def slope(self, x: Tensor) -> Tensor:
        """Its gradient at points ``(..., d)``, of norm 1."""
        away = x - self.centres.to(x)[self._heights(x).argmin(dim=-1)]
        return away / torch.linalg.vector_norm(away, dim=-1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)

    def moved(self, x: Tensor) -> Tensor:
        """Where the points ``(..., d)`` of the cube go: T."""
        length, ray = self._rays(x)
        part = (length / ray).clamp(max=1)
        return x - self.slope(x) * (length - ray * part**self.power).unsqueeze(-1)

    def distance(self, n: int = 100_000, generator: Generator | None = None) -> TrueDistance:
        """W₁ to :attr:`uniform`: the mean of how far ``n`` points move."""
        x = self.uniform.sample(_checks.integer(n, "n", minimum=2), generator, dtype=torch.float64)
        far = torch.linalg.vector_norm(x - self.moved(x), dim=-1)
        return TrueDistance(float(far.mean()), float(far.std()) / math.sqrt(n))

    def _points(self, noise: Noise) -> Tensor:
        return self.moved(self.half * (2 * noise.uniform(self.dim) - 1))

    def _heights(self, x: Tensor) -> Tensor:
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ValueError(f"points must have shape (..., {self.dim}), got {tuple(x.shape)}")
        return torch.linalg.vector_norm(x.unsqueeze(-2) - self.centres.to(x), dim=-1) + self.offsets.to(x)

    def _rays(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """How far each point is from its centre, and how long the ray through it is, within its cell and the cube."""
        heights, along = self._heights(x), self.slope(x)
        height, cell = heights.min(dim=-1)
        length = height - self.offsets.to(x)[cell]
        # of a wall: (±half − x) / along; of another funnel: where |x + s along − a| + b = u(x) + s
        to_wall = ((torch.copysign(torch.full_like(x, self.half), along) - x) / along).nan_to_num(nan=math.inf)
        away = x.unsqueeze(-2) - self.centres.to(x)
        lead = height.unsqueeze(-1) - self.offsets.to(x)
        steeper = lead - (away * along.unsqueeze(-2)).sum(dim=-1)
        to_cell = (away.square().sum(dim=-1) - lead.square()) / (2 * steeper)
        to_cell = to_cell.masked_fill((steeper <= 0) | to_cell.isnan(), math.inf)
        to_cell.scatter_(-1, cell.unsqueeze(-1), math.inf)
        beyond = torch.minimum(to_wall.amin(dim=-1), to_cell.amin(dim=-1)).clamp(min=0)
        return length, (length + beyond).clamp(min=torch.finfo(x.dtype).tiny)

    def _generator(self) -> Generator:
        return Generator().manual_seed(self.seed)
