"""What every distance asks of the two samples and their weights, checked in one place."""

import math

import numpy as np
import torch
from torch import Tensor

from wgan_helpers import _checks

Array = Tensor | np.ndarray
_ROUNDING = {torch.float32: 1e-4, torch.float64: 1e-8}  # how far weights may be from summing to one


def two_samples(x: Array, y: Array) -> tuple[Tensor, Tensor]:
    """``x`` and ``y`` as tensors that fit together.

    Raises
    ------
    TypeError
        If one is no floating-point tensor or array, or the two differ in dtype; on a device without float64.
    ValueError
        If a shape is not ``(n, d)`` or ``(b, n, d)``, the two do not fit, a sample is empty, a value is not
        finite, or the devices differ.
    """
    x, y = _sample(x, "x"), _sample(y, "y")
    if x.dtype != y.dtype:
        raise TypeError(f"x is {_name(x)} and y is {_name(y)}: convert one, for example y.to(x.dtype)")
    if x.device != y.device:
        raise ValueError(f"x is on {x.device} and y on {y.device}: move one, for example y.to(x.device)")
    if not _checks.has_float64(x.device):
        raise TypeError(f"x and y are on {x.device}, which has no float64: use x.cpu() and y.cpu()")
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(f"x and y must have the same dimension d, got {x.shape[-1]} and {y.shape[-1]}")
    if x.shape[:-2] != y.shape[:-2]:
        raise ValueError(f"x and y must have the same batch shape, got {tuple(x.shape)} and {tuple(y.shape)}")
    _finite(x, "x")
    _finite(y, "y")
    return x, y


def weights(a: Array | None, x: Tensor, name: str) -> Tensor:
    """The weights of sample ``x``, ``(..., n)`` in float64, summing to one; uniform if ``a`` is ``None``.

    Raises
    ------
    TypeError
        If ``a`` is no floating-point tensor or array.
    ValueError
        If its shape does not fit ``x``, or its values are negative, not finite or do not sum to one.
    """
    shape = x.shape[:-1]
    if a is None:
        return torch.full(shape, 1 / shape[-1], dtype=torch.float64, device=x.device)
    a = _floating(a, name).detach()
    if a.shape not in (shape, shape[-1:]):
        raise ValueError(f"{name} must have shape {tuple(shape)} or {tuple(shape[-1:])}, got {tuple(a.shape)}")
    if a.device != x.device:
        raise ValueError(f"{name} is on {a.device} but its sample on {x.device}: move one")
    _finite(a, name)
    if (a < 0).any():
        raise ValueError(f"{name} must not be negative, its smallest value is {a.min():g}")
    total = a.double().sum(dim=-1, keepdim=True)
    if ((total - 1).abs() > _ROUNDING[a.dtype]).any():
        worst = total.flatten()[(total - 1).abs().argmax()]
        raise ValueError(f"{name} must sum to one, got {worst:g}: divide it by its sum")
    return (a.double() / total).expand(shape)


def _sample(x: Array, name: str) -> Tensor:
    x = _floating(x, name)
    if x.ndim == 1:
        raise ValueError(f"{name} must be (n, d) or (b, n, d), got shape {tuple(x.shape)}: use {name}[:, None]")
    if x.ndim not in (2, 3):
        raise ValueError(f"{name} must be (n, d) or (b, n, d), got shape {tuple(x.shape)}: flatten what is more")
    if 0 in x.shape:
        raise ValueError(f"{name} is empty: its shape is {tuple(x.shape)}")
    return x


def _floating(x: Array, name: str) -> Tensor:
    if isinstance(x, np.ndarray):
        if x.dtype not in (np.float32, np.float64):
            raise TypeError(f"{name} must be float32 or float64, got {x.dtype}: use {name}.astype('float32')")
        # a copy only where torch cannot see the memory as it lies
        return torch.from_numpy(np.ascontiguousarray(x) if x.flags.writeable else x.copy())
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a torch tensor or a NumPy array, got {type(x).__name__}")
    if x.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"{name} must be float32 or float64, got {_name(x)}: use {name}.float()")
    return x


def _finite(x: Tensor, name: str) -> None:
    # NaN and infinities reach the extremes. NumPy looks, as PyTorch's threads go on spinning for a while, and take a
    # core from the solver
    if x.device.type == "cpu":
        numbers = x.detach().numpy()
        extremes = [float(numbers.min()), float(numbers.max())]
    else:
        extremes = torch.stack(x.aminmax()).tolist()
    if not all(map(math.isfinite, extremes)):
        raise ValueError(f"{name} has NaN or infinite values")


def _name(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")
