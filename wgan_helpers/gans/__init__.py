"""Generative adversarial networks: so far what says how good their samples are, :mod:`.metrics`."""

from wgan_helpers.gans import metrics

__all__ = ["metrics"]
