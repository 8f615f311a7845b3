"""Critics whose slope is bounded: by construction, by spectral normalisation, by clipping."""

from collections.abc import Sequence
from typing import Final, Protocol

import torch
from torch import Tensor, nn

from wgan_helpers import _checks
from wgan_helpers.networks.mlp import MLP, Generators

_SAFE: Final = 3.0  # of a bound of σ²: a Björck step keeps directions with σ < √3, and takes none above norm 1


@torch.no_grad()
def bjorck(weight: Tensor) -> Tensor:
    r"""One step towards the nearest matrix with orthonormal rows or columns, that never ends above norm 1.

    .. math:: W \leftarrow \tfrac32 W - \tfrac12 W W^\top W

    takes each singular value σ to 1.5σ − .5σ³, which is at most 1 for σ ≤ 2. The largest σ² is at most
    :math:`m + \|W W^\top - m I\|_F` with m their mean; where this bound does not exclude that the step harms, the
    weight is shrunk to norm 1 or below first. So what comes back is certified, whatever came in.

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
    mean = gram.diagonal(dim1=-2, dim2=-1).mean(dim=-1)
    square = torch.linalg.vector_norm(gram, dim=(-2, -1)).square_()
    bound = mean + (square - gram.shape[-1] * mean.square()).clamp_min_(0).sqrt_()
    if not (bound <= _SAFE).all():  # hardly ever
        if not bound.isfinite().all() and weight.isfinite().all():
            return bjorck(weight / weight.abs().amax(dim=(-2, -1), keepdim=True).clamp_min(1))
        shrink = torch.where(bound > _SAFE, bound, 1.0).rsqrt_()[..., None, None]  # not to √3, which becomes zero
        weight = shrink * weight
        gram *= shrink.square_()
    return torch.lerp(weight, gram @ weight if wide else weight @ gram, -0.5)


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
        self.estimates = NormEstimates(list(self.weights))

    def effective_weights(self) -> list[Tensor]:
        """The weights over their estimated norms."""
        norms = self.estimates(list(self.weights))
        return [weight / norm for weight, norm in zip(self.weights, norms, strict=True)]

    def project_(self) -> None:
        """One power iteration for each weight."""
        self.estimates.step_(list(self.weights))


class NormEstimates(nn.Module):
    """Estimates of the largest singular values of matrices that move: exact at first, then followed.

    Parameters
    ----------
    matrices : sequence of (..., p, q)
        As they are now; the same ones, wherever they have moved to, go into the methods.
    """

    @torch.no_grad()
    def __init__(self, matrices: Sequence[Tensor]) -> None:
        super().__init__()
        for i, matrix in enumerate(matrices):
            exact = matrix.cpu().double()  # there is float64
            wide = matrix.shape[-2] <= matrix.shape[-1]
            gram = exact @ exact.mT if wide else exact.mT @ exact
            leading = torch.linalg.eigh(gram).eigenvectors[..., -1:]
            u, v = (leading, exact.mT @ leading) if wide else (exact @ leading, leading)
            self.register_buffer(f"u{i}", _direction(u).to(matrix))
            self.register_buffer(f"v{i}", _direction(v).to(matrix))

    def forward(self, matrices: Sequence[Tensor]) -> list[Tensor]:
        """The estimates ``u^T M v``, ``(..., 1, 1)`` each, differentiable in the matrices."""
        return [u.mT @ matrix @ v for matrix, u, v in self._with_vectors(matrices)]

    @torch.no_grad()
    def step_(self, matrices: Sequence[Tensor]) -> None:
        """One power iteration for each of the matrices."""
        for matrix, u, v in self._with_vectors(matrices):
            u.copy_(_direction(matrix @ v))
            v.copy_(_direction(matrix.mT @ u))

    def _with_vectors(self, matrices: Sequence[Tensor]) -> list[tuple[Tensor, Tensor, Tensor]]:
        return [(matrix, self.get_buffer(f"u{i}"), self.get_buffer(f"v{i}")) for i, matrix in enumerate(matrices)]


def _direction(vectors: Tensor) -> Tensor:
    return nn.functional.normalize(vectors, dim=-2)


@torch.no_grad()
def clip_(network: nn.Module, limit: float | Tensor) -> None:
    """Clamp every parameter to ``[-limit, limit]``, in place: the weight clipping of the first WGAN.

    Parameters
    ----------
    limit : float or (models,)
        Positive; one for each of the models side by side, if it is a tensor.

    Raises
    ------
    TypeError, ValueError
        If the limit is no positive number, or there is neither one nor one for each model.

    References
    ----------
    Arjovsky, Chintala, Bottou 2017, "Wasserstein GAN".
    """
    if not isinstance(limit, Tensor):
        _checks.positive(limit, "limit")
    for parameter in network.parameters():
        if isinstance(limit, Tensor):
            if limit.numel() not in (1, len(parameter)):
                raise ValueError(f"there must be a limit for each of {len(parameter)} models, got {limit.numel()}")
            each = limit.reshape(-1, *[1] * (parameter.ndim - 1)).to(parameter)
            parameter.clamp_(-each, each)
        else:
            parameter.clamp_(-limit, limit)


class Layered(Protocol):
    """A network that is a chain of layers with activations of slope at most 1 between them."""

    def layer_bounds(self) -> list[Tensor]:
        """What the slope of each layer never exceeds, ``()`` or ``(models,)`` each."""


@torch.no_grad()
def lipschitz_bound(network: Layered) -> Tensor:
    """A constant that the slope of a critic never exceeds: the product of what its layers' slopes never exceed.

    Parameters
    ----------
    network : MLP or ConvCritic
        Or what is built like them.

    Returns
    -------
    () or (models,)
        In float64. Exact for each layer whose kernels do not overlap, but for most networks of more than one layer
        far above the largest slope.

    Raises
    ------
    TypeError
        If the network is no such chain.
    """
    if not hasattr(network, "layer_bounds"):
        raise TypeError(f"lipschitz_bound knows perceptrons and convolutional critics, got {type(network).__name__}")
    return torch.stack(network.layer_bounds()).prod(dim=0)
