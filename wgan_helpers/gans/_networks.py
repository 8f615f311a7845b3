"""The networks that a configuration asks for."""

from collections.abc import Callable, Sequence

from torch import Generator, nn

from wgan_helpers import networks
from wgan_helpers.gans.config import Config
from wgan_helpers.gans.objectives import OBJECTIVES

Shape = tuple[int, int, int]


def generator(
    config: Config, dim: int, shape: Shape | None, models: int | None, each: Sequence[Generator]
) -> nn.Module:
    """From latent points ``(..., n, latent)`` to points ``(..., n, dim)``; of pictures, brightness in [0, 1]."""
    if config.generator == "conv":
        return networks.ConvGenerator(config.latent, _pictures(config, shape), config.hidden, generators=each)
    body = networks.MLP(config.latent, dim, config.hidden, config.depth, models=models, generators=each)
    return body if shape is None else networks.Bounded(body)


def critic(config: Config, dim: int, shape: Shape | None, models: int | None, each: Sequence[Generator]) -> nn.Module:
    """From points ``(..., n, dim)`` to scores ``(..., n, 1)``; for BEGAN, reconstruction errors."""
    errors = OBJECTIVES[config.objective].reads == "errors"
    if config.critic.endswith("conv"):
        if errors:
            raise ValueError(f"{config.objective} needs an autoencoder as critic: critic='mlp', got {config.critic!r}")
        kind: Callable[..., nn.Module] = {
            "lipschitz": networks.LipschitzConvCritic,
            "spectral": networks.SpectralConvCritic,
        }.get(config.control or "", networks.ConvCritic)
        return kind(_pictures(config, shape), config.hidden, generators=each)
    if errors:
        return networks.Autoencoder(dim, config.latent, config.hidden, config.depth, models=models, generators=each)
    kind = {"lipschitz": networks.LipschitzMLP, "spectral": networks.SpectralMLP}.get(
        config.control or "", networks.MLP
    )
    return kind(dim, 1, config.hidden, config.depth, models=models, generators=each)


def _pictures(config: Config, shape: Shape | None) -> Shape:
    if shape is None:
        raise ValueError(
            "convolutional networks need pictures (images.load); for points take critic='mlp' or 'lipschitz'"
        )
    return shape
