"""Helpers for the course "Wasserstein GANs work because they fail".

Submodules load when they are first touched, so ``import wgan_helpers`` is quick::

    from wgan_helpers import distributions, lessons, transport
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = [
    "distributions",
    "environment",
    "gans",
    "images",
    "lessons",
    "networks",
    "record",
    "recorded",
    "transport",
    "ui",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
