"""One evaluation of a network that can be differentiated back: by hand for perceptrons, by PyTorch for all others.

For small networks PyTorch's bookkeeping for each operation takes longer than the operation. By hand, a training step
takes less than half the time.
"""

from typing import Protocol

import torch
from torch import Tensor, nn

from wgan_helpers.networks.mlp import MLP, affine, row


class Pass(Protocol):
    """What a network made of its input, and the way back.

    Attributes
    ----------
    outputs : (..., n, outputs)
        At the first n points.
    gradient : (..., m, inputs)
        Of the single output, at the last m points.
    """

    outputs: Tensor
    gradient: Tensor | None

    def backward(self, outputs: Tensor, gradient: Tensor | None = None) -> None:
        """Add to the parameters' gradients those of a loss with these derivatives by ``outputs`` and ``gradient``."""

    def input_backward(self, outputs: Tensor) -> Tensor:
        """The gradient ``(..., n, inputs)`` of a loss with this derivative by ``outputs``."""


def forward(network: nn.Module, x: Tensor, slopes_at: int = 0) -> Pass:
    """Evaluate a network.

    Parameters
    ----------
    network : nn.Module
        From ``(..., n, inputs)`` to ``(..., n, outputs)``.
    x : (..., n + m, inputs)
        Points.
    slopes_at : int
        The m: at so many points, the last ones, the input gradient is wanted instead of the output.

    Raises
    ------
    ValueError
        If an input gradient is wanted of a network with more than one output.
    """
    return _ByHand(network, x, slopes_at) if isinstance(network, MLP) else _ByGraph(network, x, slopes_at)


class _ByGraph:
    """PyTorch's graph does it."""

    @torch.enable_grad()
    def __init__(self, network: nn.Module, x: Tensor, slopes_at: int) -> None:
        n = x.shape[-2] - slopes_at
        x = x.detach()
        self._x = x.narrow(-2, 0, n).requires_grad_()
        self._outputs = network(self._x).to(x.dtype)  # under autocast it comes in bfloat16
        self.outputs = self._outputs.detach()
        self.gradient: Tensor | None = None
        if slopes_at:
            at = x.narrow(-2, n, slopes_at).requires_grad_()
            values = network(at)
            if values.shape[-1] != 1:
                raise ValueError(f"an input gradient is of one output, this network has {values.shape[-1]}")
            (self._gradient,) = torch.autograd.grad(values.sum(), at, create_graph=True)
            self.gradient = self._gradient.detach()
        self._parameters = list(network.parameters())

    def backward(self, outputs: Tensor, gradient: Tensor | None = None) -> None:
        results, derivatives = [self._outputs], [outputs]
        if gradient is not None:
            results.append(self._gradient)
            derivatives.append(gradient)
        torch.autograd.backward(results, derivatives, inputs=self._parameters)

    def input_backward(self, outputs: Tensor) -> Tensor:
        return torch.autograd.grad(self._outputs, self._x, outputs)[0]


class _ByHand:
    """The chain rule, layer by layer."""

    @torch.no_grad()
    def __init__(self, network: MLP, x: Tensor, slopes_at: int) -> None:
        with torch.enable_grad():
            self._weights = network.effective_weights()
        self._parameters, self._biases = network.weights, network.biases
        self._activation = network.activation
        self._n = x.shape[-2] - slopes_at
        entering, pieces = [x], []
        for weight, bias in zip(self._weights[:-1], self._biases, strict=False):
            active, piece = self._activation.apply(affine(entering[-1], weight, bias))
            entering.append(active)
            pieces.append(piece)
        self.gradient = None
        if slopes_at:
            self.gradient = self._chain([each.narrow(-2, self._n, slopes_at) for each in pieces])
            entering = [each.narrow(-2, 0, self._n) for each in entering]
            pieces = [each.narrow(-2, 0, self._n) for each in pieces]
        self._entering, self._pieces = entering, pieces
        self.outputs = affine(entering[-1], self._weights[-1], self._biases[-1])

    def _chain(self, pieces: list[Tensor]) -> Tensor:
        """The input gradient: a linear network from the last layer to the first."""
        gradient = row(self._weights[-1])
        self._pieces_of_slopes = pieces
        self._pulled: list[Tensor] = []
        for weight, piece in zip(self._weights[-2::-1], reversed(pieces), strict=True):
            self._pulled.insert(0, self._activation.pull_back(gradient, piece))
            gradient = _product(self._pulled[0], weight.mT)
        return gradient

    @torch.no_grad()
    def backward(self, outputs: Tensor, gradient: Tensor | None = None) -> None:
        # where the layers use the parameters as they are, straight into their gradients
        as_they_are = [w is p for w, p in zip(self._weights, self._parameters, strict=True)]
        sums = [
            _grad(p) if same else torch.zeros_like(p) for same, p in zip(as_they_are, self._parameters, strict=True)
        ]
        self._add_outputs(outputs, sums)
        if gradient is not None:
            self._add_slopes(gradient, sums)
        if not all(as_they_are):
            torch.autograd.backward(self._weights, sums, inputs=self._parameters)

    def _add_outputs(self, delta: Tensor, sums: list[Tensor]) -> None:
        ones = delta.new_ones(*delta.shape[:-2], 1, self._n)
        for layer in reversed(range(len(sums))):
            _add_product(sums[layer], self._entering[layer].mT, delta)
            _add_product(_grad(self._biases[layer]), ones, delta)
            if layer:
                delta = self._pull_back(delta, layer)

    def _add_slopes(self, delta: Tensor, sums: list[Tensor]) -> None:
        for layer, (pulled, piece) in enumerate(zip(self._pulled, self._pieces_of_slopes, strict=True)):
            _add_product(sums[layer], delta.mT, pulled)
            delta = self._activation.pull_back_(_product(delta, self._weights[layer]), piece)
        sums[-1].add_(delta.sum(dim=-2).unsqueeze(-1))

    @torch.no_grad()
    def input_backward(self, outputs: Tensor) -> Tensor:
        for layer in reversed(range(1, len(self._weights))):
            outputs = self._pull_back(outputs, layer)
        return _product(outputs, self._weights[0].mT)

    def _pull_back(self, delta: Tensor, layer: int) -> Tensor:
        return self._activation.pull_back_(_product(delta, self._weights[layer].mT), self._pieces[layer - 1])


def _product(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b``, without the time that it takes to decide which product is meant."""
    return torch.mm(a, b) if a.ndim == 2 else torch.bmm(a, b)


def _grad(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    return parameter.grad


def _add_product(total: Tensor, a: Tensor, b: Tensor) -> None:
    if a.ndim == 2:
        total.addmm_(a, b)
    else:
        total.baddbmm_(a, b)
