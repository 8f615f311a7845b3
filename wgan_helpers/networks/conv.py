"""Convolutional generators and critics of small square pictures, after DCGAN; one of the critics is 1-Lipschitz.

Pictures go in and come out flattened, ``(n, c * h * w)``, as everywhere in the package; brightness is in [0, 1].
Critics centre it at ½ and leave its unit alone: a slope is per unit of the Euclidean distance of flattened pictures.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import torch
from torch import Generator, Tensor, nn

from wgan_helpers import _checks
from wgan_helpers.networks.activations import LEAK, max_min
from wgan_helpers.networks.lipschitz import NormEstimates, bjorck
from wgan_helpers.networks.mlp import Generators, one_for_each

SIDES: Final = (8, 16, 32, 64, 128)
_CODE: Final = 4  # side of what lies between the convolutions and the linear layer


class ConvGenerator(nn.Module):
    """From noise to pictures: a linear layer to 4×4, then transposed convolutions that double the side.

    Batch normalisation and ReLU between the layers, a sigmoid at the end.

    Parameters
    ----------
    latent : int
        Dimension of the noise.
    shape : (c, h, w)
        Of the pictures: channels, then 8, 16, 32, 64 or 128 twice.
    hidden : int
        Channels next to the picture; they double with each layer away from it.
    generators : Generator or sequence of one, optional
        Where the initial weights come from. They live on its device.

    Raises
    ------
    TypeError, ValueError
        If a size is no integer of at least 1, or the shape is another.

    References
    ----------
    Radford, Metz, Chintala 2016, "Unsupervised representation learning with deep convolutional GANs".
    """

    def __init__(self, latent: int, shape: Sequence[int], hidden: int = 64, *, generators: Generators = None) -> None:
        super().__init__()
        _checks.integer(latent, "latent")
        widths = _widths(shape, hidden)[::-1]
        (generator,) = one_for_each(generators, None)
        device = _device(generator)
        self.projection = nn.Parameter(torch.empty(latent, widths[0] * _CODE**2, device=device))
        self.kernels = nn.ParameterList(torch.empty(*pair, 4, 4, device=device) for pair in pairwise(widths))
        norms = [nn.BatchNorm2d(width, device=device) for width in widths[:-1]]
        self.norms = nn.ModuleList(norms)
        self.bias = nn.Parameter(torch.zeros(widths[-1], device=device))
        with torch.no_grad():
            for weight in (self.projection, *self.kernels):
                weight.normal_(0, 0.02, generator=generator)
            for norm in norms:
                norm.weight.normal_(1, 0.02, generator=generator)

    def forward(self, z: Tensor) -> Tensor:
        """Pictures ``(n, c * h * w)`` in [0, 1] from noise ``(n, latent)``."""
        x = (z @ self.projection).unflatten(1, (-1, _CODE, _CODE))
        for norm, kernel in zip(self.norms, self.kernels, strict=True):
            x = nn.functional.conv_transpose2d(norm(x).relu(), kernel, stride=2, padding=1)
        return (x + self.bias[:, None, None]).sigmoid().flatten(1)


class ConvCritic(nn.Module):
    """From pictures to a number each: strided convolutions down to 4×4, then a linear layer; no normalisation.

    Parameters
    ----------
    shape : (c, h, w)
        Of the pictures: channels, then 8, 16, 32, 64 or 128 twice.
    hidden : int
        Channels next to the picture; they double with each layer away from it.
    generators : Generator or sequence of one, optional
        Where the initial weights come from. They live on its device.

    Raises
    ------
    TypeError, ValueError
        If a size is no integer of at least 1, or the shape is another.

    References
    ----------
    Radford, Metz, Chintala 2016; without their batch normalisation, which has no place beside a gradient penalty on
    each picture (Gulrajani et al. 2017).
    """

    _kernel = 4

    def __init__(self, shape: Sequence[int], hidden: int = 64, *, generators: Generators = None) -> None:
        super().__init__()
        widths = _widths(shape, hidden)
        (generator,) = one_for_each(generators, None)
        device, side = _device(generator), self._kernel
        self.shape = tuple(shape)
        shapes = [(after, before, side, side) for before, after in pairwise(widths)]
        self.kernels = nn.ParameterList(torch.empty(each, device=device) for each in shapes)
        self.biases = nn.ParameterList(torch.zeros(width, device=device) for width in widths[1:])
        self.weight = nn.Parameter(torch.empty(1, widths[-1] * _CODE**2, device=device))
        self.bias = nn.Parameter(torch.zeros(1, device=device))
        self._initialise(generator)

    @torch.no_grad()
    def _initialise(self, generator: Generator | None) -> None:
        """Normal, with the deviation that keeps the size of the signal through leaky ReLUs (He et al. 2015)."""
        for weight in (*self.kernels, self.weight):
            weight.normal_(0, math.sqrt(2 / (1 + LEAK**2) / weight[0].numel()), generator=generator)

    def effective_weights(self) -> list[Tensor]:
        """The weights as the layers use them: kernels ``(out, in, k, k)``, then the linear layer's ``(1, m)``."""
        return [*self.kernels, self.weight]

    def layer_bounds(self) -> list[Tensor]:
        """What the slope of each layer never exceeds, see :func:`conv_bound`."""
        *kernels, last = self.effective_weights()
        return [*(conv_bound(kernel, stride=2) for kernel in kernels), last.double().norm()]

    def forward(self, x: Tensor) -> Tensor:
        """Values ``(n, 1)`` of flattened pictures ``(n, c * h * w)``."""
        *kernels, last = self.effective_weights()
        x = _unflattened(x, self.shape) - 0.5
        for kernel, bias in zip(kernels, self.biases, strict=True):
            x = self._activation(nn.functional.conv2d(x, kernel, bias, stride=2, padding=(self._kernel - 2) // 2))
        return nn.functional.linear(x.flatten(1), last, self.bias)

    @staticmethod
    def _activation(x: Tensor) -> Tensor:
        return nn.functional.leaky_relu(x, LEAK)


class SpectralConvCritic(ConvCritic):
    """A convolutional critic with every weight divided by an estimate of its largest singular value.

    For a convolution that is the norm of its kernel as a matrix ``(out, in * k * k)``, as Miyato et al. take it. It is
    *not* the norm of the convolution: with kernels that overlap, here in four places, that is up to twice as large.
    And the estimate is from below, as in :class:`.SpectralMLP`: :meth:`project_` after each step of the optimiser
    makes one power iteration.

    References
    ----------
    Miyato, Kataoka, Koyama, Yoshida 2018, "Spectral normalization for generative adversarial networks".
    """

    def __init__(self, shape: Sequence[int], hidden: int = 64, *, generators: Generators = None) -> None:
        super().__init__(shape, hidden, generators=generators)
        self.estimates = NormEstimates(self._matrices())

    def effective_weights(self) -> list[Tensor]:
        """The weights over their estimated norms."""
        norms = self.estimates(self._matrices())
        return [weight / norm for weight, norm in zip(super().effective_weights(), norms, strict=True)]

    @torch.no_grad()
    def project_(self) -> None:
        """One power iteration for each weight."""
        self.estimates.step_(self._matrices())

    def _matrices(self) -> list[Tensor]:
        return [weight.flatten(1) for weight in super().effective_weights()]


class LipschitzConvCritic(ConvCritic):
    """A convolutional critic that is 1-Lipschitz by construction, by the distance of the flattened pictures.

    Kernels of 2×2 that do not overlap: each layer is one matrix on every patch of its input, so the norm of the layer
    *is* the norm of that matrix, and orthonormal matrices make orthonormal layers. Between them activations that only
    sort pairs of channels.

    After each step of an optimiser call :meth:`project_`, as for :class:`.LipschitzMLP`.

    Parameters
    ----------
    shape, hidden, generators
        As for :class:`ConvCritic`; ``hidden`` must be even.

    References
    ----------
    Anil, Lucas, Grosse 2019, "Sorting out Lipschitz function approximation".
    """

    _kernel = 2

    def __init__(self, shape: Sequence[int], hidden: int = 64, *, generators: Generators = None) -> None:
        if _checks.integer(hidden, "hidden") % 2:
            raise ValueError(f"hidden must be even, as the activation sorts pairs of channels, got {hidden}")
        super().__init__(shape, hidden, generators=generators)
        with torch.no_grad():
            for matrix in self._matrices():
                wide = matrix.shape[0] <= matrix.shape[1]
                q, _ = torch.linalg.qr(matrix.mT if wide else matrix)
                matrix.copy_(q.mT if wide else q)
        self.project_()

    @torch.no_grad()
    def project_(self) -> None:
        """Bring every weight back to norm at most 1, in place."""
        for matrix in self._matrices():
            matrix.copy_(bjorck(matrix))

    def _matrices(self) -> list[Tensor]:
        """The weights as matrices: views."""
        return [weight.detach().flatten(1) for weight in self.effective_weights()]

    @staticmethod
    def _activation(x: Tensor) -> Tensor:
        return max_min(x, dim=1)


@torch.no_grad()
def conv_bound(weight: Tensor, stride: int) -> Tensor:
    r"""A number that the norm of a convolution never exceeds, whatever the size of the picture and its zero padding.

    .. math:: \|x \mapsto K * x\| \le \|K\| \, \lceil k / s \rceil

    with K as a matrix ``(out, in * k * k)``: a convolution cuts its input into patches and applies K to each, and no
    pixel is in more than ⌈k/s⌉² patches. Kernels that do not overlap attain it.

    Parameters
    ----------
    weight : (out, in, k, k)
        The kernel; its two sides may differ.
    stride : int
        In both directions.

    Returns
    -------
    ()
        In float64.

    References
    ----------
    Tsuzuku, Sato, Sugiyama 2018, "Lipschitz-margin training", section 4.
    """
    overlaps = math.prod(math.ceil(side / _checks.integer(stride, "stride")) for side in weight.shape[2:])
    return torch.linalg.matrix_norm(weight.flatten(1).double(), ord=2) * math.sqrt(overlaps)


def _widths(shape: Sequence[int], hidden: int) -> list[int]:
    """Channels of the picture and of each layer away from it."""
    if len(shape) != 3 or shape[1] != shape[2] or shape[1] not in SIDES:
        known = ", ".join(map(str, SIDES))
        raise ValueError(
            f"shape must be (channels, side, side) with a side among {known}, got {tuple(shape)}: "
            "images.load(..., size=32) makes such pictures"
        )
    layers = (shape[1] // _CODE).bit_length() - 1
    first = _checks.integer(hidden, "hidden")
    return [_checks.integer(shape[0], "channels"), *(first * 2**layer for layer in range(layers))]


def _unflattened(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    if x.ndim != 2 or x.shape[1] != math.prod(shape):
        raise ValueError(f"pictures of shape {shape} come flattened, (n, {math.prod(shape)}), got {tuple(x.shape)}")
    return x.unflatten(1, shape)


def _device(generator: Generator | None) -> torch.device:
    return torch.device("cpu") if generator is None else generator.device
