r"""What critic and generator minimise: eleven objectives, side by side.

Each is a small function from what the critic says of real and of generated points (for the transforms, from the
critic's potential and the ground cost) to two losses. Leading axes are those of a population: one loss per model.

=============== ============================================================================================
name            source
=============== ============================================================================================
mm, ns          Goodfellow et al. 2014, "Generative adversarial nets"
lsgan           Mao et al. 2017, "Least squares generative adversarial networks", with a = 0 and b = c = 1
wgan            Arjovsky, Chintala, Bottou 2017, "Wasserstein GAN"
wgan-gp         Gulrajani et al. 2017, "Improved training of Wasserstein GANs"
wgan-lp         Petzka, Fischer, Lukovnikov 2018, "On the regularization of Wasserstein GANs"
dragan          Kodali, Abernethy, Hays, Kira 2017, "On convergence and stability of GANs"
began           Berthelot, Schumm, Metz 2017, "BEGAN: boundary equilibrium generative adversarial networks"
sngan           Miyato et al. 2018, "Spectral normalization for GANs", with the hinge loss
c-transform     Mallasto, Montúfar, Gerolin 2019, "How well do WGANs estimate the Wasserstein metric?"
c-eps-transform the same
=============== ============================================================================================
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from wgan_helpers import transport


class Losses(NamedTuple):
    """What each player minimises, ``(...)``."""

    critic: Tensor
    generator: Tensor


# D = sigmoid(score): log D = -softplus(-score), log(1 - D) = -softplus(score)


def minimax(real: Tensor, fake: Tensor) -> Losses:
    r"""D maximises :math:`E \log D(x) + E \log(1 - D(G(z)))`, G minimises it. Its gradient vanishes for a good D."""
    return Losses(softplus(-real).mean(-1) + softplus(fake).mean(-1), -softplus(fake).mean(-1))


def non_saturating(real: Tensor, fake: Tensor) -> Losses:
    r"""The same D; G minimises :math:`-E \log D(G(z))`, whose gradient is large where D is sure."""
    return Losses(softplus(-real).mean(-1) + softplus(fake).mean(-1), softplus(-fake).mean(-1))


def least_squares(real: Tensor, fake: Tensor) -> Losses:
    r"""D: :math:`\tfrac12 E (D(x) - 1)^2 + \tfrac12 E D(G(z))^2`; G: :math:`\tfrac12 E (D(G(z)) - 1)^2`."""
    critic = (real - 1).square().mean(-1) / 2 + fake.square().mean(-1) / 2
    return Losses(critic, (fake - 1).square().mean(-1) / 2)


def wasserstein(real: Tensor, fake: Tensor) -> Losses:
    r"""The critic maximises :math:`E f(x) - E f(G(z))`, the generator minimises it; something else bounds the slope."""
    gap, fakes = real.mean(-1), fake.mean(-1)
    return Losses(fakes - gap, -fakes)


def hinge(real: Tensor, fake: Tensor) -> Losses:
    r"""D: :math:`E \max(0, 1 - D(x)) + E \max(0, 1 + D(G(z)))`; G: :math:`-E D(G(z))`."""
    return Losses(relu(1 - real).mean(-1) + relu(1 + fake).mean(-1), -fake.mean(-1))


def boundary_equilibrium(real: Tensor, fake: Tensor, balance: Tensor) -> Losses:
    r"""Reconstruction errors e: D minimises :math:`E e(x) - k E e(G(z))`, G :math:`E e(G(z))`; ``balance`` is k."""
    fakes = fake.mean(-1)
    return Losses(real.mean(-1) - balance * fakes, fakes)


def c_transform(potential: Tensor, cost: Tensor) -> Losses:
    r"""The critic maximises :math:`E φ(x) + E φ^c(G(z))`, the generator minimises it.

    .. math:: φ^c(y_i) = \min_j c(y_i, x_j) - φ(x_j)

    The network is evaluated on the real points only; the generator's gradient comes through the cost.

    Parameters
    ----------
    potential : (..., n)
        φ at the real points.
    cost : (..., m, n)
        From the generated points to the real ones.
    """
    estimate = potential.mean(-1) + transport.c_transform(cost, potential).mean(-1)
    return Losses(-estimate, estimate)


def c_eps_transform(potential: Tensor, cost: Tensor, epsilon: float) -> Losses:
    r"""The same with a soft minimum: sides, signs and the way of the gradient are those of :func:`c_transform`.

    .. math:: φ^{c,ε}(y_i) = -ε \log \frac1n \sum_j e^{(φ(x_j) - c(y_i, x_j)) / ε}

    Parameters
    ----------
    potential, cost
        As there.
    epsilon : float
        In the unit of the cost, so it scales with the range of pixels: 1000 from 0 to 255 is 3.9 from 0 to 1.
    """
    estimate = potential.mean(-1) + transport.soft_c_transform(cost, potential, epsilon).mean(-1)
    return Losses(-estimate, estimate)


def gradient_penalty(gradient: Tensor) -> Tensor:
    r""":math:`E (|\nabla f| - 1)^2`, the norm of each point's gradient ``(..., n, d)``; smooth enough at 0."""
    return (torch.linalg.vector_norm(gradient, dim=-1) - 1).square().mean(-1)


def lipschitz_penalty(gradient: Tensor) -> Tensor:
    r""":math:`E \max(0, |\nabla f| - 1)^2`: a slope below 1 costs nothing."""
    return relu(torch.linalg.vector_norm(gradient, dim=-1) - 1).square().mean(-1)


def between(real: Tensor, fake: Tensor, uniform: Tensor) -> Tensor:
    """Points on the lines from real to generated ones; ``uniform`` ``(..., n, 1)`` says where."""
    return torch.lerp(real, fake, uniform)


def near_data(real: Tensor, fake: Tensor, uniform: Tensor) -> Tensor:
    """Real points, part of the way to where each coordinate is up to half the data's standard deviation larger.

    ``uniform`` ``(..., n, 1 + d)`` says which part of the way, then how much larger.
    """
    return real + uniform[..., :1] * uniform[..., 1:] * real.std(dim=(-2, -1), keepdim=True) / 2


@dataclass(frozen=True)
class Objective:
    """An objective, and what it wants of the critic.

    Attributes
    ----------
    losses : callable
        One of the functions above.
    reads : str
        What the function is given: the critic's ``"scores"``, the reconstruction ``"errors"`` of an autoencoder and
        the balance between them, or the ``"potential"`` on real points and the cost.
    penalty : callable, optional
        Of the critic's gradient; added to its loss, times the configuration's ``penalty``.
    penalised : callable, optional
        Where that gradient is taken.
    control : str, optional
        How a critic that is not Lipschitz by construction is held: ``"clip"`` its weights or ``"spectral"`` norms.
    estimates : str, optional
        The divergence that the critic's loss estimates.
    """

    losses: Callable[..., Losses]
    reads: Literal["scores", "errors", "potential"] = "scores"
    penalty: Callable[[Tensor], Tensor] | None = None
    penalised: Callable[[Tensor, Tensor, Tensor], Tensor] = between
    control: Literal["clip", "spectral"] | None = None
    estimates: Literal["W₁", "Jensen–Shannon"] | None = None

    def estimate(self, losses: Losses) -> Tensor:
        """What the critic's loss, without its penalty, says of the divergence; NaN for an objective without one."""
        if self.estimates == "W₁":
            return -losses.critic
        if self.estimates == "Jensen–Shannon":
            return math.log(2) - losses.critic / 2
        return torch.full_like(losses.critic, math.nan)


OBJECTIVES: Mapping[str, Objective] = MappingProxyType(
    {
        "mm": Objective(minimax, estimates="Jensen–Shannon"),
        "ns": Objective(non_saturating, estimates="Jensen–Shannon"),
        "lsgan": Objective(least_squares),
        "wgan": Objective(wasserstein, control="clip", estimates="W₁"),
        "wgan-gp": Objective(wasserstein, penalty=gradient_penalty, estimates="W₁"),
        "wgan-lp": Objective(wasserstein, penalty=lipschitz_penalty, estimates="W₁"),
        "dragan": Objective(non_saturating, penalty=gradient_penalty, penalised=near_data, estimates="Jensen–Shannon"),
        "began": Objective(boundary_equilibrium, reads="errors"),
        "sngan": Objective(hinge, control="spectral"),
        "c-transform": Objective(c_transform, reads="potential", estimates="W₁"),
        "c-eps-transform": Objective(c_eps_transform, reads="potential", estimates="W₁"),
    }
)
