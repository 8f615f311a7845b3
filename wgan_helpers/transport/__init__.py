"""Distances between two samples.

Samples are ``(n, d)`` or batched ``(b, n, d)``: torch tensors on any device, or NumPy arrays. What comes
back are tensors, on the device that the samples came from. Weights are uniform unless given.
"""

from wgan_helpers.transport.closed_form import (
    bernoulli_biased_pair,
    bernoulli_expected_gradient,
    bernoulli_expected_w1,
    bernoulli_gradient_bias,
    bernoulli_minimiser,
    bernoulli_w1,
)
from wgan_helpers.transport.cost import pairwise_distance
from wgan_helpers.transport.energy import energy_distance
from wgan_helpers.transport.entropic import (
    EntropicTransport,
    entropic_cost,
    entropic_plan,
    entropic_transport,
    sinkhorn_divergence,
)
from wgan_helpers.transport.exact import kantorovich_potentials, optimal_plan, wasserstein1, wasserstein2
from wgan_helpers.transport.isometry import fewer_coordinates
from wgan_helpers.transport.transforms import c_transform, soft_c_transform

__all__ = [
    "EntropicTransport",
    "bernoulli_biased_pair",
    "bernoulli_expected_gradient",
    "bernoulli_expected_w1",
    "bernoulli_gradient_bias",
    "bernoulli_minimiser",
    "bernoulli_w1",
    "c_transform",
    "energy_distance",
    "entropic_cost",
    "entropic_plan",
    "entropic_transport",
    "fewer_coordinates",
    "kantorovich_potentials",
    "optimal_plan",
    "pairwise_distance",
    "sinkhorn_divergence",
    "soft_c_transform",
    "wasserstein1",
    "wasserstein2",
]
