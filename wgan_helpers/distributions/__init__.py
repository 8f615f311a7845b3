"""Laws we know everything about: how to draw from them, their mean, their true distance.

A law gives samples ``(n, d)``, its exact mean, its dimension and a name for plots; :func:`wasserstein1` gives
the true distance of two of a kind where a formula exists::

    law = Gaussian(dim=50)
    x = law.sample(100, generator=torch.Generator().manual_seed(0))
"""

from collections.abc import Mapping
from types import MappingProxyType

from wgan_helpers.distributions.distance import wasserstein1
from wgan_helpers.distributions.empirical import Empirical
from wgan_helpers.distributions.funnels import Funnels
from wgan_helpers.distributions.law import HasManifold, HasModes, Law
from wgan_helpers.distributions.simple import Bernoulli, Gaussian, ParallelLines, UniformCube
from wgan_helpers.distributions.toy import GaussianGrid, GaussianRing, SwissRoll
from wgan_helpers.distributions.triangles import Triangles

__all__ = [
    "LAWS",
    "Bernoulli",
    "Empirical",
    "Funnels",
    "Gaussian",
    "GaussianGrid",
    "GaussianRing",
    "HasManifold",
    "HasModes",
    "Law",
    "ParallelLines",
    "SwissRoll",
    "Triangles",
    "UniformCube",
    "wasserstein1",
]

#: What a menu may offer: a label for each kind of law, but for Empirical, which is nothing without its points, and
#: Funnels, which is half of a pair.
LAWS: Mapping[str, type[Law]] = MappingProxyType(
    {
        "uniform on the cube": UniformCube,
        "Gaussian": Gaussian,
        "ring of Gaussians": GaussianRing,
        "grid of Gaussians": GaussianGrid,
        "Swiss roll": SwissRoll,
        "Bernoulli": Bernoulli,
        "parallel lines": ParallelLines,
        "triangles": Triangles,
    }
)
