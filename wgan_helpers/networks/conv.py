"""Convolutional generators and critics of small square pictures, after DCGAN; one of the critics is 1-Lipschitz.

Pictures go in and come out flattened, ``(n, c * h * w)``, as everywhere in the package; brightness is in [0, 1].
Critics centre it at ½ and leave its unit alone: a slope is per unit of the Euclidean distance of flattened pictures.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import torch
from torch import Generator, Tensor, nn

from wgan_helpers import _checks
from wgan_helpers.networks.activations import LEAK, max_min
from wgan_helpers.networks.lipschitz import NormEstimates, bjorck
from wgan_helpers.networks.mlp import Generators, one_for_each

SIDES: Final = (8, 16, 32, 64, 128)
_CODE: Final = 4  # side of what lies beyond the layers that change the side by two


class _Layer(NamedTuple):
    """One convolution: channels in and out, the side of its square kernel, its stride."""

    inputs: int
    outputs: int
    side: int
    stride: int


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
    """From pictures to a number each: strided convolutions down to 4×4, then one of 4×4; no normalisation.

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

    def __init__(self, shape: Sequence[int], hidden: int = 64, *, generators: Generators = None) -> None:
        super().__init__()
        layers = self._layers(_widths(shape, hidden))
        (generator,) = one_for_each(generators, None)
        device = _device(generator)
        self.shape = tuple(shape)
        self.strides = [layer.stride for layer in layers]
        shapes = [(layer.outputs, layer.inputs, layer.side, layer.side) for layer in layers]
        self.kernels = nn.ParameterList(torch.empty(each, device=device) for each in shapes)
        self.biases = nn.ParameterList(torch.zeros(layer.outputs, device=device) for layer in layers)
        with torch.no_grad():
            for kernel in self.kernels:  # keeps the size of the signal through leaky ReLUs (He et al. 2015)
                deviation = math.sqrt(2 / (1 + LEAK**2) / kernel[0].numel())
                kernel.normal_(0, deviation, generator=generator)

    @staticmethod
    def _layers(widths: list[int]) -> list[_Layer]:
        return [*(_Layer(*pair, side=4, stride=2) for pair in pairwise(widths)), _Layer(widths[-1], 1, _CODE, _CODE)]

    def effective_weights(self) -> list[Tensor]:
        """The kernels as the layers use them, ``(out, in, k, k)`` each."""
        return list(self.kernels)

    def layer_bounds(self) -> list[Tensor]:
        """What the slope of each layer never exceeds, see :func:`conv_bound`."""
        pairs = zip(self.effective_weights(), self.strides, strict=True)
        return [conv_bound(kernel, stride) for kernel, stride in pairs]

    def forward(self, x: Tensor) -> Tensor:
        """Values ``(n, 1)`` of flattened pictures ``(n, c * h * w)``."""
        *hidden, last = zip(self.effective_weights(), self.biases, self.strides, strict=True)
        x = _unflattened(x, self.shape) - 0.5
        for layer in hidden:
            x = self._activation(_convolved(x, *layer))
        return _convolved(x, *last).flatten(1)

    @staticmethod
    def _activation(x: Tensor) -> Tensor:
        return nn.functional.leaky_relu(x, LEAK)


class SpectralConvCritic(ConvCritic):
    """A convolutional critic with every kernel divided by an estimate of its norm as a matrix ``(out, in * k * k)``.

    So do Miyato et al. It is *not* the norm of the convolution, which is up to twice as large where kernels overlap as
    here, each pixel being in four patches. And the estimate is from below, as in :class:`.SpectralMLP`:
    :meth:`project_` after each step of the optimiser makes one power iteration.

    References
    ----------
    Miyato, Kataoka, Koyama, Yoshida 2018, "Spectral normalization for generative adversarial networks".
    """

    def __init__(self, shape: Sequence[int], hidden: int = 64, *, generators: Generators = None) -> None:
        super().__init__(shape, hidden, generators=generators)
        self.estimates = NormEstimates(_matrices(self.kernels))

    def effective_weights(self) -> list[Tensor]:
        """The kernels over their estimated norms."""
        norms = self.estimates(_matrices(self.kernels))
        return [kernel / norm for kernel, norm in zip(self.kernels, norms, strict=True)]

    def project_(self) -> None:
        """One power iteration for each kernel."""
        self.estimates.step_(_matrices(self.kernels))


class LipschitzConvCritic(ConvCritic):
    """A convolutional critic that is 1-Lipschitz by construction, by the distance of the flattened pictures.

    No kernel overlaps itself: each layer is one matrix on every patch of its input, so the norm of the layer *is* the
    norm of that matrix, and orthonormal matrices make orthonormal layers. Between them activations that only sort
    pairs of channels. Kernels of 2×2 lead to 4×4, a dense layer joins what the patches say, and another one ends it:
    without the one that joins them, the critic would be a sum of functions of 16 parts of the picture.

    After each step of an optimiser call :meth:`project_`, as for :class:`.LipschitzMLP`.

    Parameters
    ----------
    shape, hidden, generators
        As for :class:`ConvCritic`; ``hidden`` must be even.

    References
    ----------
    Anil, Lucas, Grosse 2019, "Sorting out Lipschitz function approximation".
    """

    def __init__(self, shape: Sequence[int], hidden: int = 64, *, generators: Generators = None) -> None:
        if _checks.integer(hidden, "hidden") % 2:
            raise ValueError(f"hidden must be even, as the activation sorts pairs of channels, got {hidden}")
        super().__init__(shape, hidden, generators=generators)
        with torch.no_grad():
            for matrix in _matrices(self.kernels):
                wide = matrix.shape[0] <= matrix.shape[1]
                q, _ = torch.linalg.qr(matrix.mT if wide else matrix)
                matrix.copy_(q.mT if wide else q)
        self.project_()

    @staticmethod
    def _layers(widths: list[int]) -> list[_Layer]:
        joined = 2 * widths[1]
        patches = [_Layer(*pair, side=2, stride=2) for pair in pairwise(widths)]
        return [*patches, _Layer(widths[-1], joined, _CODE, _CODE), _Layer(joined, 1, 1, 1)]

    @torch.no_grad()
    def project_(self) -> None:
        """Bring every kernel back to norm at most 1, in place."""
        for matrix in _matrices(self.kernels):
            matrix.copy_(bjorck(matrix))

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

    Raises
    ------
    TypeError, ValueError
        If the weight has another shape, or the stride is no integer of at least 1.

    References
    ----------
    Tsuzuku, Sato, Sugiyama 2018, "Lipschitz-margin training", section 4.
    """
    if weight.ndim != 4:
        raise ValueError(f"weight must have shape (out, in, k, k), got {tuple(weight.shape)}")
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


def _convolved(x: Tensor, kernel: Tensor, bias: Tensor, stride: int) -> Tensor:
    """The convolution whose output is smaller by the stride, with zeros around the picture where patches overlap."""
    return nn.functional.conv2d(x, kernel, bias, stride, padding=(kernel.shape[-1] - stride) // 2)


def _matrices(kernels: Iterable[Tensor]) -> list[Tensor]:
    """Kernels as matrices ``(out, in * k * k)``, which share their memory."""
    return [kernel.flatten(1) for kernel in kernels]


def _device(generator: Generator | None) -> torch.device:
    return torch.device("cpu") if generator is None else generator.device
