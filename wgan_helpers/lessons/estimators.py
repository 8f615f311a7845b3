r"""Eight ways to estimate W₁ of two samples by a network, each as a pair of potentials.

.. math:: W_1 = \max_{f_i + g_j \le c_{ij}} \frac1n \sum_i f_i + \frac1m \sum_j g_j

A critic D is f on x and −D on y; a network φ that is transformed is f on x, and its transform on y. So every estimate
is ``f.mean() + g.mean()``, and only where ``f_i + g_j <= c_ij`` is it one from below.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

import torch
from torch import Tensor

from wgan_helpers import _checks, gans, images, networks, transport
from wgan_helpers.distributions import Gaussian
from wgan_helpers.gans.objectives import between
from wgan_helpers.lessons import monte_carlo

PICTURES: Final = ("faces", "cifar10", "digits", "celeba", "mnist", "fashion-mnist")
DATA: Final = ("Gaussian", *PICTURES)


class Method(NamedTuple):
    """A way to estimate W₁.

    Attributes
    ----------
    label : str
        For figures.
    settings : mapping
        Fields of :class:`.gans.Config`.
    usual_rate : float
        The learning rate of its source.
    debiased : bool
        Whether what two critics say of each sample and itself is taken off.
    """

    label: str
    settings: Mapping[str, Any]
    usual_rate: float
    debiased: bool = False


#: What is compared. The learning rates are those of Mallasto et al. 2019 (the first five), Miyato et al. 2018 and, for
#: the Lipschitz critic, Adam's own default.
METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        "c-transform": Method("c-transform", {"objective": "c-transform"}, 1e-3),
        "c-eps-transform": Method("(c, ε)-transform", {"objective": "c-eps-transform"}, 1e-4),
        "c-eps-debiased": Method("(c, ε), debiased", {"objective": "c-eps-transform"}, 1e-4, debiased=True),
        "wgan-gp": Method("gradient penalty", {"objective": "wgan-gp"}, 1e-4),
        "wgan-lp": Method("Lipschitz penalty", {"objective": "wgan-lp"}, 1e-4),
        "lipschitz": Method("GroupSort critic", {"objective": "wgan", "critic": "lipschitz"}, 1e-3),
        "spectral": Method("spectral norms", {"objective": "wgan", "critic": "spectral"}, 2e-4),
        "clipping": Method("weight clipping", {"objective": "wgan"}, 5e-5),
    }
)
#: What all share. Of the rates 10⁻⁵, 10⁻⁴ … 10⁻¹, 10⁻³ is the best for each of them after 300 steps on two samples of
#: 500 faces, or as good as the best; the momenta are WGAN-GP's.
BASE: Final = gans.Config(
    hidden=64, depth=3, lr_critic=1e-3, beta1=0.0, beta2=0.9, penalty=10.0, clip=0.01, epsilon=0.1
)
#: For two samples of 128 Gaussian points in dimension 10 that is 10⁻².
SMALL: Final = replace(BASE, hidden=32, lr_critic=1e-2)


class Pair(NamedTuple):
    """Two samples, ``(n, k)`` each, in the unit of the data."""

    x: Tensor
    y: Tensor


def samples(
    data: str = "faces",
    n: int = 500,
    d: int = 50,
    size: int = 32,
    shift: float = 0.0,
    scale: float = 1.0,
    seed: int = 0,
) -> Pair:
    """Two samples of one law, which stay; centred, in as few coordinates as they need, along axes that mean nothing.

    Parameters
    ----------
    data : str
        ``"Gaussian"``, N(0, I) in dimension ``d``; or pictures of :func:`.images.load`, brightness in [0, 1].
    n : int
        Points of each.
    d : int
        Dimension of Gaussian data.
    size : int
        Height and width of pictures.
    shift : float
        How far the second one is moved, each coordinate alike, before scaling.
    scale : float
        Factor on all coordinates: 255 for brightness from 0 to 255.
    seed : int
        Other pictures, other points.

    Raises
    ------
    TypeError, ValueError
        If ``data`` is unknown, or a number is not what it should be.
    """
    _checks.one_of(data, "data", DATA)
    numbers = (_checks.number(shift, "shift"), _checks.positive(scale, "scale"))
    return _samples(data, _checks.integer(n, "n"), d, size, *numbers, _checks.integer(seed, "seed", 0))


@lru_cache(maxsize=4)  # all methods, one after the other, are given the same
def _samples(data: str, n: int, d: int, size: int, shift: float, scale: float, seed: int) -> Pair:
    if data == "Gaussian":
        law = Gaussian(_checks.integer(d, "d"))
        both = law.sample(2 * n, monte_carlo.generator(seed, n, d), dtype=torch.float64)
    else:
        both = images.load(data, size=size, n=2 * n, seed=seed).flat.double()
    x, y = both.split(n)
    direction = both.new_ones(both.shape[1]) / both.shape[1] ** 0.5
    x, y = transport.fewer_coordinates(scale * x, scale * (y + shift * direction))
    # Adam treats each axis by itself: along principal axes a GroupSort critic gets half as far as along any others
    k = x.shape[1]
    turned = torch.linalg.qr(torch.randn(k, k, generator=monte_carlo.generator(0), dtype=x.dtype)).Q
    return Pair((x @ turned).float(), (y @ turned).float())


class Estimator:
    """A critic between two samples that stay.

    Parameters
    ----------
    method : str
        A name of :data:`METHODS`.
    pair : Pair
        The samples.
    base : Config
        All settings but those of the method.

    Attributes
    ----------
    config : Config
        All settings.
    steps : int
        So far.
    seconds : float
        Spent on them.
    about_source, device
        Of the samples: see :class:`.checkpoint.Resumable`.
    """

    def __init__(self, method: str, pair: Pair, base: gans.Config = BASE) -> None:
        self.method = METHODS[_checks.one_of(method, "method", METHODS)]
        self.config = replace(base, **self.method.settings)
        self.steps, self.seconds = 0, 0.0
        x, y = pair
        self.device = x.device
        self.about_source = f"{method}, {len(x)} points, mean distance {transport.pairwise_distance(x, y).mean():.4g}"
        # of two samples, and of each with itself
        self._real, self._fake = (torch.stack([x, x, y]), torch.stack([y, x, y])) if self.method.debiased else pair
        configs = [self.config] * 3 if self.method.debiased else self.config
        self._critic = gans.Critic(configs, x.shape[-1], device=self.device)
        self._network = cast(networks.MLP, self._critic.network)
        transformed = self._critic.objective.reads == "potential"
        self._cost = transport.pairwise_distance(self._fake, self._real) if transformed else None

    def step(self, times: int = 1) -> None:
        """Steps of the optimiser."""
        began = time.perf_counter()
        for _ in range(times):
            self._critic.step(self._real, self._fake, self._cost)
        self.seconds += time.perf_counter() - began
        self.steps += times

    @property
    def estimate(self) -> float:
        """Of W₁, in the unit of the data."""
        f, g = self._all_potentials()
        found = f.mean(dim=-1) + g.mean(dim=-1)
        return float(found[0] - found[1:].mean()) if self.method.debiased else float(found)

    def potentials(self) -> tuple[Tensor, Tensor]:
        """The f ``(n,)`` on x and g ``(n,)`` on y, in the unit of the data."""
        f, g = self._all_potentials()
        return (f[0], g[0]) if self.method.debiased else (f, g)

    @property
    @torch.no_grad()
    def slope(self) -> float:
        """Mean size of the network's gradient between x and y, where a gradient penalty asks for 1."""
        share = torch.linspace(0, 1, self._real.shape[-2], device=self.device).unsqueeze(-1)
        middle = between(self._real, self._fake.flip(-2), share)  # flipped: the pairs are none of the plan's
        return float(torch.linalg.vector_norm(self._network.input_gradient(middle), dim=-1).mean(dim=-1).flatten()[0])

    def state(self) -> dict[str, Any]:
        """All that changes: not a copy."""
        return {"critic": self._critic.state(), "steps": self.steps, "seconds": self.seconds}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken."""
        self._critic.load(state["critic"])
        self.steps, self.seconds = state["steps"], state["seconds"]

    @torch.no_grad()
    def _all_potentials(self) -> tuple[Tensor, Tensor]:
        f = self._critic.outputs(self._real).squeeze(-1)
        if self._cost is None:
            return f, -self._critic.outputs(self._fake).squeeze(-1)
        if self.config.objective == "c-transform":
            return f, transport.c_transform(self._cost, f)
        return f, transport.soft_c_transform(self._cost, f, self.config.epsilon)
