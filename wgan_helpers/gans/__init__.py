"""The game of generator and critic: objectives, one training loop, populations, metrics.

::

    config = Config(objective="wgan-gp", critic="mlp", penalty=0.1)
    for snapshot in train(config, GaussianRing()):
        points = snapshot.sample(500)
"""

from wgan_helpers.gans import metrics
from wgan_helpers.gans.config import CRITICS, GENERATORS, Config
from wgan_helpers.gans.game import Game
from wgan_helpers.gans.objectives import OBJECTIVES, Losses, Objective
from wgan_helpers.gans.player import Critic
from wgan_helpers.gans.snapshot import Snapshot
from wgan_helpers.gans.training import DivergedError, train, train_population

__all__ = [
    "CRITICS",
    "GENERATORS",
    "OBJECTIVES",
    "Config",
    "Critic",
    "DivergedError",
    "Game",
    "Losses",
    "Objective",
    "Snapshot",
    "metrics",
    "train",
    "train_population",
]
