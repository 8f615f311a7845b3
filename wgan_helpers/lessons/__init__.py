"""One module per claim of the paper, each with the same doors: ``measure``, ``plot``, ``explore``.

:mod:`.batches`, :mod:`.critics`, :mod:`.likeness`, :mod:`.monte_carlo` and :mod:`.picture_gans` hold what several of
them share, :mod:`.exercises` what is checked.
"""

from importlib import import_module
from typing import Any

__all__ = [
    "batches",
    "bernoulli",
    "blur",
    "centroids",
    "critics",
    "crossover",
    "divergences",
    "duality",
    "estimation_error",
    "exercises",
    "false_minima",
    "intrinsic_dimension",
    "kmeans",
    "likeness",
    "lipschitz",
    "moving_generator",
    "optimal_discriminator",
    "particles",
    "picture_gans",
    "pixel_distance",
    "playground",
    "regularisation",
    "regularised_minima",
    "sample_complexity",
    "transform_gans",
    "vanishing_gradients",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
