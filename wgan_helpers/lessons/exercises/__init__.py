"""The exercises of the notebooks: what is checked, in which order, and a solution that is right.

Each function makes the widget for one exercise. The stages go from "nothing there" to "right" and name the
misconception behind a wrong answer.
"""

from wgan_helpers.lessons.exercises.notebook_00 import point_distance
from wgan_helpers.lessons.exercises.notebook_01 import true_distance
from wgan_helpers.lessons.exercises.notebook_02 import jensen_shannon, optimal_discriminator, saturating_slope
from wgan_helpers.lessons.exercises.notebook_03 import c_transform
from wgan_helpers.lessons.exercises.notebook_04 import penalty_that_misleads
from wgan_helpers.lessons.exercises.notebook_04_static import fast_c_transform, gradient_penalty
from wgan_helpers.lessons.exercises.notebook_05 import crossover_dimension, gradient_bias, mean_batch_loss
from wgan_helpers.lessons.exercises.notebook_06 import light_proof, log_sinkhorn_step, naive_sinkhorn_breaks
from wgan_helpers.lessons.exercises.notebook_07 import best_of, bjorck_step, generator_loss
from wgan_helpers.lessons.exercises.notebook_08 import verdict_rule
from wgan_helpers.lessons.exercises.notebook_09 import line_estimate, unbiased_energy

__all__ = [
    "best_of",
    "bjorck_step",
    "c_transform",
    "crossover_dimension",
    "fast_c_transform",
    "generator_loss",
    "gradient_bias",
    "gradient_penalty",
    "jensen_shannon",
    "light_proof",
    "line_estimate",
    "log_sinkhorn_step",
    "mean_batch_loss",
    "naive_sinkhorn_breaks",
    "optimal_discriminator",
    "penalty_that_misleads",
    "point_distance",
    "saturating_slope",
    "true_distance",
    "unbiased_energy",
    "verdict_rule",
]
