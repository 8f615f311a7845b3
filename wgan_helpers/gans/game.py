"""A generator and a critic that play: one pair, or many of one shape as one tensor programme."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from wgan_helpers.gans import _derivatives, _networks
from wgan_helpers.gans._randomness import Randomness
from wgan_helpers.gans._source import Source
from wgan_helpers.gans.config import FIXED, Config, listed, shared
from wgan_helpers.gans.objectives import Losses
from wgan_helpers.gans.player import Critic, Player, stepping
from wgan_helpers.gans.snapshot import Snapshot
from wgan_helpers.transport.cost import distances


class Game:
    """Critic and generator, their optimisers and their randomness: what :func:`train` steps through.

    Parameters
    ----------
    config : Config or sequence of Config
        One pair of networks; or several side by side, every tensor then with a leading axis. Those may differ in
        :data:`OF_EACH` only.
    source : law, pictures or (N, d) points
        What the generator is to imitate.
    device : torch.device or str
        Where to train.

    Attributes
    ----------
    generator, critic : nn.Module
        The networks, as they are now.
    steps : int
        Generator steps so far.
    losses : Losses
        Of each player, at its last step.
    estimate : Tensor
        What the critic's last loss says of the divergence.
    dim, about_source : int, str
        The source's dimension, and what it is.

    Raises
    ------
    TypeError, ValueError
        If settings, source and networks do not fit together.
    """

    def __init__(
        self,
        config: Config | Sequence[Config],
        source: Any,
        device: torch.device | str = "cpu",
    ) -> None:
        configs = [config] if isinstance(config, Config) else listed(config)
        first = shared(configs)
        self.models = None if isinstance(config, Config) else len(configs)
        self._randomness = Randomness([each.seed for each in configs], device, alone=self.models is None)
        self.device = self._randomness.device
        self._source = Source(source, first.batch)
        self.dim, self.about_source = self._source.dim, self._source.about
        about = self._source.dim, self._source.shape
        network = _networks.generator(first, *about, self.models, self._randomness.generators)
        self._generator = Player(network, "lr_generator", configs)
        self._critic = Critic(config, *about, randomness=self._randomness)
        self.generator, self.critic = self._generator.network, self._critic.network
        self._set(configs)
        self.steps = 0
        self._generator_loss = torch.full_like(self._critic.loss, torch.nan)

    @property
    def losses(self) -> Losses:
        return Losses(self._critic.loss, self._generator_loss)

    @property
    def estimate(self) -> Tensor:
        return self._critic.estimate

    def step(self) -> None:
        """The critic's steps, then one of the generator."""
        with stepping(self.config, self.device):
            self._improve_critic(self.config.critic_steps)
            self._improve_generator()

    def critic_step(self) -> None:
        """One step of the critic alone."""
        with stepping(self.config, self.device):
            self._improve_critic(1)

    def generator_step(self) -> None:
        """One step of the generator alone."""
        with stepping(self.config, self.device):
            self._improve_generator()

    def descend(self, loss: Tensor) -> None:
        """One step of the generator down a loss that is given, ``()`` or ``(models,)``, of what it made."""
        self._generator.adam.gradient.zero_()
        loss.sum().backward()
        self._generator.adam.step(self._share())
        self._generator_loss = loss.detach()
        self.steps += 1

    def change(self, **settings: Any) -> None:
        """Go on with other settings, in all models; weights, momenta and randomness stay.

        Parameters
        ----------
        **settings
            Fields of :class:`Config` and their new values: all but those of the networks, seed and precision.

        Raises
        ------
        TypeError, ValueError
            If they do not fit the game, which then goes on as it was.
        """
        for name in FIXED:
            if name in settings:
                raise ValueError(f"{name} cannot change while a game runs: start a new one")
        configs = [replace(config, **settings) for config in self.configs]
        if _networks.critic_kind(configs[0]) is not _networks.critic_kind(self.config):
            raise ValueError(
                f"{configs[0].objective} needs another kind of critic than {self.config.objective}: start a new game"
            )
        self._source.must_fill(configs[0].batch)
        self._set(configs)

    def feed(self, source: Any) -> None:
        """Go on with another source of the same dimension.

        Raises
        ------
        TypeError, ValueError
            As for a new game; this one then goes on as it was.
        """
        fed = Source(source, self.config.batch)
        if (fed.dim, fed.shape) != (self.dim, self._source.shape):
            raise ValueError(
                f"the networks are for dimension {self.dim}, the new source has {fed.dim}: start a new game"
            )
        self._source, self.about_source = fed, fed.about

    def snapshot(self) -> Snapshot:
        """Where the game stands: a copy, which further steps do not change."""
        return Snapshot.of(self)

    @property
    def finite(self) -> Tensor:
        """Whether all weights of each model are finite numbers, ``()`` or ``(models,)``."""
        parameters = [*self.generator.parameters(), *self.critic.parameters()]
        each = [p.reshape(len(self.configs), -1).isfinite().all(dim=-1) for p in parameters]
        found = torch.stack(each).all(dim=0)
        return found[0] if self.models is None else found

    def state(self) -> dict[str, Any]:
        """All that changes from step to step: a copy, to be saved."""
        state = {
            "steps": self.steps,
            "generator": self._generator.state() | {"loss": self._generator_loss},
            "critic": self._critic.state(),
            "randomness": self._randomness.state(),
        }
        return copy.deepcopy(state)

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken."""
        self.steps = state["steps"]
        self._generator.load(state["generator"])
        self._generator_loss = state["generator"]["loss"]
        self._critic.load(state["critic"])
        self._randomness.load(state["randomness"])

    def _set(self, configs: list[Config]) -> None:
        """Play by these settings."""
        self.configs, self.config = configs, configs[0]
        self._generator.set(configs)
        self._critic.set(configs)
        self.objective = self._critic.objective

    def _improve_generator(self) -> None:
        made = self._generator.forward(self._latent(1))
        if self.objective.reads == "potential":
            real = self._real(1)
            loss, toward = self._cost_derivative(made.outputs, self._critic.outputs(real).squeeze(-1), real)
        else:
            judged = self._critic.forward(made.outputs)
            loss, by_score = self._score_derivative(judged.outputs)
            toward = judged.input_backward(by_score)
        self._generator.adam.gradient.zero_()
        made.backward(toward)
        self._generator.adam.step(self._share())
        self._generator_loss = loss
        self.steps += 1

    def _improve_critic(self, times: int) -> None:
        # the generator rests meanwhile, so its points for all these steps are made at once
        real, fake = self._real(times), self._generator.outputs(self._latent(times))
        at = self._critic.penalised(real, fake)
        for step in range(times):
            part = slice(step * self.config.batch, (step + 1) * self.config.batch)
            parts = (real[..., part, :], fake[..., part, :], None if at is None else at[..., part, :])
            self._critic.improve(*parts, share=self._share(), report=step == times - 1)

    @torch.enable_grad()
    def _cost_derivative(self, fake: Tensor, potential: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """The generator's loss, and its derivative by the generated points, through the cost."""
        loss = self._critic.losses(potential, distances(fake.requires_grad_(), real)).generator
        return loss.detach(), torch.autograd.grad(loss, fake, torch.ones_like(loss))[0]

    def _score_derivative(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """The generator's loss, and its derivative by what the critic says of the generated points."""
        scores = outputs.squeeze(-1)  # the generator's loss depends on no others
        if (by_score := _derivatives.by_generated(self.objective.losses, scores)) is not None:
            return self._critic.losses(scores, scores).generator, by_score
        with torch.enable_grad():
            loss = self._critic.losses(scores.requires_grad_(), scores).generator
        (by_score,) = torch.autograd.grad(loss, scores, torch.ones_like(loss))
        return loss.detach(), by_score.unsqueeze(-1)

    def _share(self) -> float:
        """Of the learning rate, at this step."""
        return max(0.0, 1 - self.steps / self.config.steps) if self.config.decay else 1.0

    def _real(self, batches: int) -> Tensor:
        return self._randomness.each(lambda generator: self._source.sample(batches, self.config.batch, generator))

    def _latent(self, batches: int) -> Tensor:
        return self._randomness.normal(batches * self.config.batch, self.config.latent)
