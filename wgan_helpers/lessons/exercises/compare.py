"""What the checks of several exercises share."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wgan_helpers.ui import Check


def close(value: Any, wanted: Tensor) -> bool:
    """Whether an answer has the shape and, to four digits, the values that it should have."""
    value = torch.as_tensor(value).double()
    return value.shape == wanted.shape and bool(torch.allclose(value, wanted.double(), rtol=1e-4, atol=1e-6))


def is_a_function(signature: str, call: Callable[[Any], Any]) -> list[Check]:
    """The first stages for an answer that should be a function; ``call(answer)`` gives what it returns."""
    return [
        Check("it is a function", callable, f"write a function <code>{signature}</code>."),
        Check(
            "it returns something",
            lambda f: call(f) is not None,
            "it returns nothing: the stub is still there, or a <code>return</code> is missing.",
        ),
    ]
