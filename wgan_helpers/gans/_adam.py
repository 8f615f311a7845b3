"""Adam on one flat vector: a network's parameters become views of it, so that a step is a few operations for all."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

_SMALL: Final = 1e-8
_NORMAL: Final = torch.finfo(torch.float32).tiny  # roots of anything smaller take ten times as long


class FlatAdam:
    """Adam for a network, or for many side by side, each with its own settings.

    Parameters
    ----------
    network : nn.Module
        Its parameters move to views of one vector, and so do their gradients.
    models : int
        How many are side by side, their parameters all with a leading axis; 1 for one alone.

    References
    ----------
    Kingma, Ba 2015, "Adam: a method for stochastic optimization".
    """

    def __init__(self, network: nn.Module, models: int = 1) -> None:
        parameters = list(network.parameters())
        self.values = torch.cat([p.detach().flatten() for p in parameters])
        self.gradient, self._mean, self._square = (torch.zeros_like(self.values) for _ in range(3))
        self.bind(network)
        self._sizes = [p.numel() // models for p in parameters]
        self._lr: float | Tensor = 0.0
        self._beta1: float | Tensor = 0.0
        self._beta2: float | Tensor = 0.0
        self._weight1: float | Tensor = 1.0  # product of the β of all steps so far
        self._weight2: float | Tensor = 1.0

    def bind(self, network: nn.Module) -> None:
        """Have this network's parameters and gradients be views of the vectors: a copy of both is not bound yet."""
        start = 0
        for p in network.parameters():
            part = slice(start, start + p.numel())
            p.data = self.values[part].view_as(p)
            p.grad = self.gradient[part].view_as(p)
            start = part.stop

    def set(self, lr: Sequence[float], beta1: Sequence[float], beta2: Sequence[float]) -> None:
        """Go on with this learning rate and these momenta, one for each model."""
        self._lr, self._beta1, self._beta2 = self._spread(lr), self._spread(beta1), self._spread(beta2)

    def step(self, share: float = 1.0) -> None:
        """Go down the gradient, with this share of the learning rate."""
        self._weight1, self._weight2 = self._weight1 * self._beta1, self._weight2 * self._beta2
        self._mean.lerp_(self.gradient, 1 - self._beta1)
        self._square.lerp_(self.gradient * self.gradient, 1 - self._beta2)
        # both corrections of the start in the length of the step: fewer passes over the vector
        unbiased = (1 - self._weight2) ** 0.5
        scale = self._square.clamp_min(_NORMAL).sqrt_().add_(_SMALL * unbiased)
        length = share * self._lr * unbiased / (1 - self._weight1)
        if isinstance(length, Tensor):
            self.values.sub_(self._mean.div(scale).mul_(length))
        else:
            self.values.addcdiv_(self._mean, scale, value=-length)

    def state(self) -> dict[str, Any]:
        """All that changes, as it is: not a copy."""
        return {name: getattr(self, name) for name in _STATE}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken."""
        for name in ("values", "_mean", "_square"):
            getattr(self, name).copy_(state[name])
        self._weight1, self._weight2 = state["_weight1"], state["_weight2"]

    def _spread(self, setting: Sequence[float]) -> float | Tensor:
        """A number if all models share it, else one for each parameter of each model."""
        if len(set(setting)) == 1:
            return float(setting[0])
        each = self.values.new_tensor(setting)
        return torch.cat([each.repeat_interleave(size) for size in self._sizes])


_STATE: Final = ("values", "_mean", "_square", "_weight1", "_weight2")
