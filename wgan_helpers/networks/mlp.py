"""Multi-layer perceptrons, one or many at once: many are one tensor programme with a leading axis."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Generator, Tensor, nn

from wgan_helpers import _checks
from wgan_helpers.networks.activations import ACTIVATIONS

Generators = Generator | Sequence[Generator] | None


class MLP(nn.Module):
    """Fully connected layers with a piecewise linear activation between them.

    Parameters
    ----------
    inputs, outputs : int
        Dimensions of what goes in and comes out.
    hidden : int
        Units of each hidden layer.
    depth : int
        Hidden layers.
    activation : str
        A name of :data:`.ACTIVATIONS`.
    models : int, optional
        How many networks of this shape, side by side: every weight, every input and every output then has a leading
        axis ``(models, ...)``. One network, without that axis, if not given.
    generators : Generator or sequence of Generator, optional
        Where the initial weights come from: one, or one for each of the models, so that a model starts the same
        alone and among others. The weights live on its device.

    Raises
    ------
    TypeError, ValueError
        If a size is no integer of at least 1, the activation is unknown, or there is not one generator per model.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        hidden: int = 64,
        depth: int = 3,
        *,
        activation: str = "relu",
        models: int | None = None,
        generators: Generators = None,
    ) -> None:
        super().__init__()
        for name, size in (("inputs", inputs), ("outputs", outputs), ("hidden", hidden), ("depth", depth)):
            _checks.integer(size, name)
        self.models = models if models is None else _checks.integer(models, "models")
        self.activation = ACTIVATIONS[_checks.one_of(activation, "activation", ACTIVATIONS)]
        if activation == "max_min" and hidden % 2:
            raise ValueError(f"hidden must be even for max_min, which sorts pairs, got {hidden}")
        sizes = [inputs, *depth * [hidden], outputs]
        axes = () if models is None else (models,)
        each = one_for_each(generators, self.models)
        device = "cpu" if each[0] is None else each[0].device
        shapes = list(pairwise(sizes))
        self._weight_names = [f"weight{layer}" for layer in range(len(shapes))]
        self._bias_names = [f"bias{layer}" for layer in range(len(shapes))]
        for weight, bias, shape in zip(self._weight_names, self._bias_names, shapes, strict=True):
            self.register_parameter(weight, nn.Parameter(torch.empty(*axes, *shape, device=device)))
            self.register_parameter(bias, nn.Parameter(torch.empty(*axes, 1, shape[1], device=device)))
        self._initialise(each)

    @property
    def weights(self) -> list[nn.Parameter]:
        """Of all layers, from the first to the last, ``(..., inputs, outputs)`` each."""
        # not a ParameterList: going through it takes longer than a small layer
        return [cast(nn.Parameter, self._parameters[name]) for name in self._weight_names]

    @property
    def biases(self) -> list[nn.Parameter]:
        """Of all layers, from the first to the last, ``(..., 1, outputs)`` each."""
        return [cast(nn.Parameter, self._parameters[name]) for name in self._bias_names]

    @torch.no_grad()
    def _initialise(self, each: Sequence[Generator | None]) -> None:
        """Uniform within ±1/√inputs of each layer, weights and biases, as in PyTorch's linear layers."""
        for weight, bias in zip(self.weights, self.biases, strict=True):
            for parameter in (weight, bias):
                for model, generator in zip(parameter.view(len(each), -1), each, strict=True):
                    model.uniform_(-1, 1, generator=generator)
                parameter.mul_(1 / math.sqrt(weight.shape[-2]))

    def effective_weights(self) -> list[Tensor]:
        """The weights as the layers use them, ``(..., inputs, outputs)`` each."""
        return list(self.weights)

    def layer_bounds(self) -> list[Tensor]:
        """The largest singular value of each layer, ``()`` or ``(models,)``, in float64."""
        return [torch.linalg.matrix_norm(weight.double(), ord=2) for weight in self.effective_weights()]

    def forward(self, x: Tensor) -> Tensor:
        """Outputs ``(..., n, outputs)`` at ``x`` ``(..., n, inputs)``; ``...`` is the axis of the models, if any."""
        *hidden, last = zip(self.effective_weights(), self.biases, strict=True)
        for weight, bias in hidden:
            x = self.activation.value(affine(x, weight, bias))
        return affine(x, *last)

    def input_gradient(self, x: Tensor) -> Tensor:
        r"""Gradient of the single output with respect to the input, itself differentiable in the weights.

        .. math:: \nabla_x D = W_1 S_1 W_2 S_2 \cdots S_{L-1} w_L

        with the derivatives S of the activations at ``x``. They are constant almost everywhere, so a loss of this
        gradient needs no second differentiation of the network.

        Parameters
        ----------
        x : (..., n, inputs)
            Where.

        Returns
        -------
        (..., n, inputs)
            It does not depend on ``x`` within a linear piece, so it has no derivative there.
        """
        *weights, last = self.effective_weights()
        pieces = []
        with torch.no_grad():
            for weight, bias in zip(weights, self.biases, strict=False):
                x, piece = self.activation.apply(affine(x, weight, bias))
                pieces.append(piece)
        gradient = row(last).expand_as(x)
        for weight, piece in zip(reversed(weights), reversed(pieces), strict=True):
            gradient = self.activation.pull_back(gradient, piece) @ weight.mT
        return gradient


class Bounded(nn.Module):
    """A network whose outputs are squeezed into [0, 1] by a sigmoid: brightness."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """Outputs in [0, 1], of the body's shape."""
        return torch.sigmoid(self.body(x))


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """``x W + b`` in one call."""
    return torch.addmm(bias, x, weight) if x.ndim == 2 else torch.baddbmm(bias, x, weight)


def row(weight: Tensor) -> Tensor:
    """The last layer's weight ``(..., h, 1)`` as the gradient of its output ``(..., 1, h)``.

    Raises
    ------
    ValueError
        If there is more than one output.
    """
    if weight.shape[-1] != 1:
        raise ValueError(f"an input gradient is of one output, this network has {weight.shape[-1]}")
    return weight.mT


def one_for_each(generators: Generators, models: int | None) -> Sequence[Generator | None]:
    """A generator for each of the models, or None for PyTorch's own.

    Raises
    ------
    ValueError
        If their number is another.
    """
    if generators is None or isinstance(generators, Generator):
        return [generators] * (models or 1)
    if len(generators) != (models or 1):
        raise ValueError(f"there must be a generator for each of {models or 1} models, got {len(generators)}")
    return list(generators)
