"""Distances between two samples.

Samples are ``(n, d)`` or batched ``(b, n, d)``: torch tensors on any device, or NumPy arrays. What comes
back are tensors, on the device that the samples came from. Weights are uniform unless given.
"""

from wgan_helpers.transport.closed_form import (
    bernoulli_expected_gradient,
    bernoulli_expected_w1,
    bernoulli_gradient_bias,
    bernoulli_minimiser,
    bernoulli_w1,
    bernoulli_worst_pair,
)
from wgan_helpers.transport.cost import pairwise_distance
from wgan_helpers.transport.exact import kantorovich_potentials, optimal_plan, wasserstein1
from wgan_helpers.transport.transforms import c_transform

__all__ = [
    "bernoulli_expected_gradient",
    "bernoulli_expected_w1",
    "bernoulli_gradient_bias",
    "bernoulli_minimiser",
    "bernoulli_w1",
    "bernoulli_worst_pair",
    "c_transform",
    "kantorovich_potentials",
    "optimal_plan",
    "pairwise_distance",
    "wasserstein1",
]
