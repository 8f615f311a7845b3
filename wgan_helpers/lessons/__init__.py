"""One module per claim of the paper, each with the same doors: ``measure``, ``plot``, ``explore``.

:mod:`.batches`, :mod:`.critic_estimates`, :mod:`.critics`, :mod:`.estimators`, :mod:`.likeness`, :mod:`.monte_carlo`,
:mod:`.picture_gans` and :mod:`.results` hold what several of them share, :mod:`.congested_grid` a solver,
:mod:`.exercises` and :mod:`.quizzes` what is asked, :mod:`.progress` how much of it is answered.
"""

from importlib import import_module
from typing import Any

__all__ = [
    "batches",
    "bernoulli",
    "blur",
    "centroids",
    "claim",
    "congested",
    "congested_grid",
    "critic_estimates",
    "critics",
    "crossover",
    "divergences",
    "duality",
    "estimation_error",
    "estimators",
    "exercises",
    "false_minima",
    "ground_truth",
    "head_start",
    "intrinsic_dimension",
    "kmeans",
    "likeness",
    "lipschitz",
    "lipschitz_recorded",
    "loss_best",
    "loss_judges",
    "loss_recorded",
    "loss_settings",
    "loss_statistics",
    "loss_study",
    "moving_generator",
    "optimal_discriminator",
    "particles",
    "patches",
    "penalty_law",
    "picture_gans",
    "pixel_distance",
    "playground",
    "potentials",
    "progress",
    "quizzes",
    "regularisation",
    "regularised_minima",
    "replication",
    "results",
    "sample_complexity",
    "static_estimation",
    "static_race",
    "training_estimation",
    "training_race",
    "training_recorded",
    "transform_gans",
    "transform_recorded",
    "truth_recorded",
    "unbiased",
    "vanishing_gradients",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
