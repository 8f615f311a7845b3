"""Several GANs on the same pictures, step by step side by side, each critic's estimate of W₁ beside the exact one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from wgan_helpers import gans, images
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.critic_estimates import between_real, compare, corrected


class Race:
    """One game for each objective, looked at when all have taken the same number of generator steps.

    Parameters
    ----------
    objectives : sequence of str
        In which the games differ.
    source : Pictures
        What they all imitate.
    base : Config
        What they share; the race is over after its ``steps``.
    every : int
        Generator steps from one look to the next.

    Attributes
    ----------
    games : dict of str to Game
        By their objective.
    source : Pictures
        As given.
    real : float
        W₁ between minibatches of real pictures, mean of a few.
    """

    def __init__(self, objectives: Sequence[str], source: images.Pictures, base: gans.Config, every: int = 5) -> None:
        self.games = {name: gans.Game(replace(base, objective=name), source) for name in objectives}
        self.source, self._every = source, every
        self._taken = 0  # steps of the critic since its generator's last
        self._rows: list[dict[str, Any]] = []
        self.real = between_real(source, base.batch)[0]
        self.look()

    def advance(self) -> bool:
        """One step of a critic or a generator, of the first game that is behind."""
        game = min(self.games.values(), key=lambda game: game.steps)
        if self._taken < game.config.critic_steps:
            game.critic_step()
            self._taken += 1
            return True
        game.generator_step()
        self._taken = 0
        level = all(other.steps == game.steps for other in self.games.values())
        over = level and game.steps >= game.config.steps
        if level and (over or game.steps % self._every == 0):
            self.look()
        return not over

    def change(self, **settings: Any) -> None:
        """Go on with other settings, in all games."""
        for game in self.games.values():
            game.change(**settings)
        self.real = between_real(self.source, game.config.batch)[0]

    def look(self) -> None:
        """Compare what each critic says of a fresh minibatch with its exact W₁."""
        for name, game in self.games.items():
            generator, snapshot = monte_carlo.generator(game.config.seed, game.steps), game.snapshot()
            n = game.config.batch
            found = compare(snapshot, game.config, self.source.sample(n, generator), snapshot.sample(n, generator))
            about = {"method": name, "objective": name, "data": self.source.name, "n": n, "repetition": 0}
            values = {key: float(value) for key, value in found._asdict().items()}
            self._rows.append(about | {"step": game.steps, "penalty": game.config.penalty} | values)

    def frame(self) -> pd.DataFrame:
        """All looks so far: rows as of :func:`.training_estimation.measure`."""
        frame = pd.DataFrame(self._rows)
        return frame.assign(corrected=corrected(frame))
