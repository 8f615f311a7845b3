"""Critics whose slope is bounded: by construction, by spectral normalisation, by clipping."""

from typing import Final

import torch
from torch import Tensor, nn

from wgan_helpers.networks.mlp import MLP, Generators

_SAFE: Final = 3.0  # a Björck step brings singular values up to √3 to 1 or below, and nearer to 1


@torch.no_grad()
def bjorck(weight: Tensor) -> Tensor:
    r"""One step towards the nearest matrix with orthonormal rows or columns, that never ends above norm 1.

    .. math:: W \leftarrow \tfrac32 W - \tfrac12 W W^\top W

    takes each singular value σ to 1.5σ − .5σ³, which is at most 1 for σ ≤ 2. Where the row sums of the Gram matrix
    cannot exclude a larger one, the weight is shrunk first. So what comes back is certified, whatever came in.

    Parameters
    ----------
    weight : (..., p, q)
        Any matrices.

    Returns
    -------
    (..., p, q)
        Largest singular value at most 1, up to rounding.

    References
    ----------
    Björck, Bowie 1971; Anil, Lucas, Grosse 2019, section 4.2.
    """
    wide = weight.shape[-2] <= weight.shape[-1]
    gram = weight @ weight.mT if wide else weight.mT @ weight
    bound = gram.abs().sum(dim=-1).amax(dim=-1)[..., None, None]  # of the largest σ²
    shrink = (bound / _SAFE).clamp_min_(1).rsqrt_()
    cubed = gram @ weight if wide else weight @ gram
    return 1.5 * shrink * weight - 0.5 * shrink**3 * cubed


class LipschitzMLP(MLP):
    """A perceptron that is 1-Lipschitz by construction: orthonormal weights, and activations that only sort.

    After each step of an optimiser call :meth:`project_`. One Björck step certifies the bound; as training moves the
    weights little, they also stay near orthonormal, so that the slope can reach 1.

    Parameters
    ----------
    inputs, outputs, hidden, depth, models, generators
        As for :class:`MLP`; ``hidden`` must be even.

    References
    ----------
    Anil, Lucas, Grosse 2019, "Sorting out Lipschitz function approximation".
    """

    def __init__(
        self,
        inputs: int,
        outputs: int = 1,
        hidden: int = 64,
        depth: int = 3,
        *,
        models: int | None = None,
        generators: Generators = None,
    ) -> None:
        super().__init__(inputs, outputs, hidden, depth, activation="max_min", models=models, generators=generators)
        with torch.no_grad():
            for weight in self.weights:
                u, _, v = torch.linalg.svd(weight, full_matrices=False)
                weight.copy_(u @ v)
        self.project_()

    @torch.no_grad()
    def project_(self) -> None:
        """Bring every weight back to norm at most 1, in place."""
        for weight in self.weights:
            weight.copy_(bjorck(weight))


class SpectralMLP(MLP):
    r"""A perceptron with every weight divided by an estimate of its largest singular value.

    The estimate is :math:`u^\top W v` of one power iteration after each step of the optimiser, :meth:`project_`: from
    below, so the bound holds only nearly while the weights move.

    References
    ----------
    Miyato, Kataoka, Koyama, Yoshida 2018, "Spectral normalization for generative adversarial networks".
    """

    def __init__(
        self,
        inputs: int,
        outputs: int = 1,
        hidden: int = 64,
        depth: int = 3,
        *,
        activation: str = "leaky_relu",
        models: int | None = None,
        generators: Generators = None,
    ) -> None:
        super().__init__(inputs, outputs, hidden, depth, activation=activation, models=models, generators=generators)
        for layer, weight in enumerate(self.weights):
            u, _, v = torch.linalg.svd(weight.detach(), full_matrices=False)
            self.register_buffer(f"u{layer}", u[..., :1].contiguous())
            self.register_buffer(f"v{layer}", v[..., :1, :].mT.contiguous())

    def effective_weights(self) -> list[Tensor]:
        """The weights over their estimated norms."""
        return [weight / (u.mT @ weight @ v) for weight, u, v in self._vectors()]

    @torch.no_grad()
    def project_(self) -> None:
        """One power iteration for each weight."""
        for weight, u, v in self._vectors():
            u.copy_(nn.functional.normalize(weight @ v, dim=-2))
            v.copy_(nn.functional.normalize(weight.mT @ u, dim=-2))

    def _vectors(self) -> list[tuple[Tensor, Tensor, Tensor]]:
        return [(weight, self.get_buffer(f"u{i}"), self.get_buffer(f"v{i}")) for i, weight in enumerate(self.weights)]


@torch.no_grad()
def clip_(network: nn.Module, limit: float | Tensor) -> None:
    """Clamp every parameter to ``[-limit, limit]``, in place: the weight clipping of the first WGAN.

    Parameters
    ----------
    limit : float or (models,)
        Positive; one for each of the models side by side, if it is a tensor.

    References
    ----------
    Arjovsky, Chintala, Bottou 2017, "Wasserstein GAN".
    """
    for parameter in network.parameters():
        if isinstance(limit, Tensor):
            each = limit.reshape(-1, *[1] * (parameter.ndim - 1)).to(parameter)
            parameter.clamp_(-each, each)
        else:
            parameter.clamp_(-limit, limit)


@torch.no_grad()
def lipschitz_bound(network: MLP) -> Tensor:
    """A constant that the slope of a perceptron never exceeds: the product of its layers' largest singular values.

    Returns
    -------
    () or (models,)
        In float64: exact for its layers, but far above the largest slope for most networks of more than one.
    """
    norms = [torch.linalg.matrix_norm(weight.double(), ord=2) for weight in network.effective_weights()]
    return torch.stack(norms).prod(dim=0)
