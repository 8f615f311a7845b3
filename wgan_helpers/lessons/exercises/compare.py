"""Comparing an answer with what it should be."""

from typing import Any

import torch
from torch import Tensor


def close(value: Any, wanted: Tensor) -> bool:
    """Whether an answer has the shape and, to four digits, the values that it should have."""
    value = torch.as_tensor(value).double()
    return value.shape == wanted.shape and bool(torch.allclose(value, wanted.double(), rtol=1e-4, atol=1e-6))
