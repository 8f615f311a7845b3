"""How the study of losses judges what a GAN has learnt: against a known manifold, or by the Fréchet distance."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, Protocol

import torch
from torch import Tensor

from wgan_helpers import gans, images
from wgan_helpers.distributions import GaussianGrid, GaussianRing, HasManifold, Law, SwissRoll, Triangles
from wgan_helpers.lessons import batches, monte_carlo
from wgan_helpers.networks import face_features

#: How many generated points are judged.
SAMPLES: Final = 2000
_REAL: Final = 1500  # pictures: of digits there are hardly more


class Judge(Protocol):
    """What is learnt, and scores of what was generated."""

    @property
    def source(self) -> Law | images.Pictures:
        """What the GANs learn."""

    def __call__(self, samples: Tensor) -> dict[str, Tensor]:
        """Scores ``(k,)`` of samples ``(k, n, d)``."""

    def diverged(self) -> dict[str, Tensor]:
        """Scores ``(1,)`` of a model that diverged."""


@dataclass(frozen=True)
class ByManifold:
    """Precision, recall and F1; right is what is within ``tolerance`` of the manifold, in the data's unit."""

    source: HasManifold
    tolerance: float

    def __call__(self, samples: Tensor) -> dict[str, Tensor]:
        generator = monte_carlo.generator(0)
        return gans.metrics.precision_recall(samples, self.source, self.tolerance, generator=generator)._asdict()

    def diverged(self) -> dict[str, Tensor]:
        """Nothing is right."""
        return {score: torch.zeros(1, dtype=torch.float64) for score in gans.metrics.PrecisionRecall._fields}


@dataclass(frozen=True)
class ByFrechet:
    """The Fréchet distance to real pictures: of faces, in what a network reads of them; of digits, in their pixels."""

    name: str
    size: int

    @property
    def source(self) -> images.Pictures:
        """The set of pictures, loaded when it is first asked for."""
        return batches.pictures(self.name, self.size)

    def __call__(self, samples: Tensor) -> dict[str, Tensor]:
        found = [gans.metrics.frechet_distance(self._features(each), self._real) for each in samples]
        return {"frechet": torch.stack(found).double()}

    def diverged(self) -> dict[str, Tensor]:
        """As if it showed black pictures."""
        return self(torch.zeros(1, SAMPLES, self.source.dim))

    @cached_property
    def _real(self) -> Tensor:
        return self._features(self.source.sample(_REAL, monte_carlo.generator(1)))

    def _features(self, points: Tensor) -> Tensor:
        if self.name != "faces":
            return points
        return face_features.features(points.unflatten(1, self.source.shape)).cpu()


_RING, _GRID, _ROLL = GaussianRing(), GaussianGrid(), SwissRoll()
_TRIANGLES = Triangles(size=16)
#: What can be learnt. On the plane the tolerance is three standard deviations of the law's own noise. For triangles it
#: is half as much again as Lucic et al. allow, 2 at 28 × 28 pixels: small networks hardly get nearer in short training.
#: Noise of 0.1 in each pixel passes, the mean picture does not.
DATA: Final[Mapping[str, Judge]] = MappingProxyType(
    {
        "ring": ByManifold(_RING, 3 * _RING.mode_std),
        "grid": ByManifold(_GRID, 3 * _GRID.mode_std),
        "Swiss roll": ByManifold(_ROLL, 3 * _ROLL.noise / _ROLL.scale),
        "triangles": ByManifold(_TRIANGLES, 3.0 * _TRIANGLES.size / 28),
        "digits": ByFrechet("digits", 8),
        "faces": ByFrechet("faces", 16),
    }
)
#: Those on the plane, small enough to be studied live.
PLANE: Final = ("ring", "grid", "Swiss roll")
