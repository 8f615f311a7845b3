"""The networks that a configuration asks for."""

from collections.abc import Callable, Sequence
from typing import Final

from torch import Generator, nn

from wgan_helpers import networks
from wgan_helpers.gans.config import Config
from wgan_helpers.gans.objectives import OBJECTIVES

Shape = tuple[int, int, int]
_CACHE: Final = 2**15  # activations of a layer that a core works on without waiting for memory


def generator(
    config: Config, dim: int, shape: Shape | None, models: int | None, each: Sequence[Generator]
) -> nn.Module:
    """From latent points ``(..., n, latent)`` to points ``(..., n, dim)``; of pictures, brightness in [0, 1]."""
    if config.generator == "conv":
        return networks.ConvGenerator(config.latent, _pictures(shape, models), config.hidden, generators=each)
    body = networks.MLP(config.latent, dim, config.hidden, config.depth, models=models, generators=each)
    return body if shape is None else networks.Bounded(body)


def critic(config: Config, dim: int, shape: Shape | None, models: int | None, each: Sequence[Generator]) -> nn.Module:
    """From points ``(..., n, dim)`` to scores ``(..., n, 1)``; for BEGAN, reconstruction errors."""
    kind = critic_kind(config)
    if config.critic.endswith("conv"):
        return kind(_pictures(shape, models), config.hidden, generators=each)
    second = config.latent if kind is networks.Autoencoder else 1
    return kind(dim, second, config.hidden, config.depth, models=models, generators=each)


def critic_kind(config: Config) -> Callable[..., nn.Module]:
    """The class of the critic, which says how it is held."""
    if OBJECTIVES[config.objective].reads == "errors":
        return networks.Autoencoder
    conv = config.critic.endswith("conv")
    if config.control == "lipschitz":
        return networks.LipschitzConvCritic if conv else networks.LipschitzMLP
    if config.control == "spectral":
        return networks.SpectralConvCritic if conv else networks.SpectralMLP
    return networks.ConvCritic if conv else networks.MLP


def _pictures(shape: Shape | None, models: int | None) -> Shape:
    if models is not None:
        raise ValueError("convolutional networks train one at a time: take gans.train for each configuration")
    if shape is None:
        raise ValueError(
            "convolutional networks need pictures (images.load); for points take critic='mlp' or 'lipschitz', "
            "generator='mlp'"
        )
    return shape


def at_once(config: Config) -> int:
    """How many models one core trains side by side best: more would not fit its cache, fewer are mostly overhead."""
    return 1 if "conv" in config.critic + config.generator else max(1, _CACHE // (config.batch * config.hidden))
