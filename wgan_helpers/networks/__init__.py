"""Generators and critics, and a network that knows drawn faces.

:class:`MLP` and its kin are one network or many side by side; :class:`ConvGenerator` and :class:`ConvCritic` are one
of pictures. :class:`LipschitzMLP` and :class:`LipschitzConvCritic` are 1-Lipschitz by construction.
:mod:`.face_features` gives features of pictures, to compare them by what they show rather than by their pixels.
"""

from wgan_helpers.networks import face_features
from wgan_helpers.networks.activations import ACTIVATIONS, max_min
from wgan_helpers.networks.autoencoder import Autoencoder
from wgan_helpers.networks.conv import (
    ConvCritic,
    ConvGenerator,
    LipschitzConvCritic,
    SpectralConvCritic,
    conv_bound,
)
from wgan_helpers.networks.lipschitz import LipschitzMLP, SpectralMLP, bjorck, clip_, lipschitz_bound
from wgan_helpers.networks.mlp import MLP, Bounded

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "Autoencoder",
    "Bounded",
    "ConvCritic",
    "ConvGenerator",
    "LipschitzConvCritic",
    "LipschitzMLP",
    "SpectralConvCritic",
    "SpectralMLP",
    "bjorck",
    "clip_",
    "conv_bound",
    "face_features",
    "lipschitz_bound",
    "max_min",
]
