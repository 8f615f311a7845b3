"""A generator and a critic that play: one pair, or many of one shape as one tensor programme."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from wgan_helpers import networks
from wgan_helpers.gans import _networks
from wgan_helpers.gans._adam import FlatAdam
from wgan_helpers.gans._randomness import Randomness
from wgan_helpers.gans._source import Source
from wgan_helpers.gans.config import FIXED, Config, listed, shared
from wgan_helpers.gans.objectives import OBJECTIVES, Losses, near_data
from wgan_helpers.gans.snapshot import Snapshot
from wgan_helpers.networks import passes
from wgan_helpers.transport.cost import distances

_BALANCE_RATE: Final = 1e-3  # BEGAN's λ_k


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
        about = self._source.dim, self._source.shape, self.models, self._randomness.generators
        self.generator = _networks.generator(first, *about)
        self.critic = _networks.critic(first, *about)
        self.generator_adam, self.critic_adam = (FlatAdam(net, len(configs)) for net in (self.generator, self.critic))
        self._set(configs)
        nothing = torch.zeros(() if self.models is None else self.models, device=self.device)
        self.steps = 0
        self.balance = nothing  # BEGAN's k
        self.losses = Losses(nothing * torch.nan, nothing * torch.nan)
        self.estimate = nothing * torch.nan

    def step(self) -> None:
        """The critic's steps, then one of the generator."""
        with self._stepping():
            self._improve_critic(self.config.critic_steps)
            self._improve_generator()

    def critic_step(self) -> None:
        """One step of the critic alone."""
        with self._stepping():
            self._improve_critic(1)

    def generator_step(self) -> None:
        """One step of the generator alone."""
        with self._stepping():
            self._improve_generator()

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
            "players": [adam.state() for adam in (self.generator_adam, self.critic_adam)],
            "buffers": [dict(network.named_buffers()) for network in (self.generator, self.critic)],
            "randomness": self._randomness.state(),
            "rest": {"balance": self.balance, "losses": tuple(self.losses), "estimate": self.estimate},
        }
        return copy.deepcopy(state)

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken."""
        self.steps = state["steps"]
        for adam, saved in zip((self.generator_adam, self.critic_adam), state["players"], strict=True):
            adam.load(saved)
        for network, saved in zip((self.generator, self.critic), state["buffers"], strict=True):
            for name, buffer in network.named_buffers():
                buffer.copy_(saved[name])
        self._randomness.load(state["randomness"])
        self.balance, self.estimate = state["rest"]["balance"], state["rest"]["estimate"]
        self.losses = Losses(*state["rest"]["losses"])

    def _set(self, configs: list[Config]) -> None:
        """Play by these settings."""
        self.configs, self.config = configs, configs[0]
        self.objective = OBJECTIVES[self.config.objective]
        self._penalty, self._clip, self._diversity = (self._setting(name) for name in ("penalty", "clip", "diversity"))
        for adam, lr in ((self.generator_adam, "lr_generator"), (self.critic_adam, "lr_critic")):
            adam.set(self._each(lr), self._each("beta1"), self._each("beta2"))

    @contextmanager
    def _stepping(self) -> Iterator[None]:
        """Without a graph; and small networks on one thread, as to share an operation takes longer than to do it."""
        threads = torch.get_num_threads()
        alone = threads > 1 and self.device.type == "cpu" and _networks.at_once(self.config) > 1
        if alone:
            torch.set_num_threads(1)
        try:
            with torch.no_grad():
                yield
        finally:
            if alone:
                torch.set_num_threads(threads)

    def _improve_generator(self) -> None:
        made = self._forward(self.generator, self._latent(1))
        if self.objective.reads == "potential":
            real = self._real(1)
            loss, toward = self._cost_derivative(made.outputs, self._outputs(self.critic, real).squeeze(-1), real)
        else:
            judged = self._forward(self.critic, made.outputs)
            loss, by_score = self._score_derivative(judged.outputs)
            toward = judged.input_backward(by_score)
        self.generator_adam.gradient.zero_()
        made.backward(toward)
        self.generator_adam.step(self._share())
        self.losses = self.losses._replace(generator=loss)
        self.steps += 1

    def _improve_critic(self, times: int) -> None:
        # the generator rests meanwhile, so its points for all these steps are made at once
        real, fake = self._real(times), self._outputs(self.generator, self._latent(times))
        at = self.objective.penalised(real, fake, self._uniform(times)) if self.objective.penalty else None
        for step in range(times):
            part = slice(step * self.config.batch, (step + 1) * self.config.batch)
            self._critic_step(real[..., part, :], fake[..., part, :], None if at is None else at[..., part, :])

    def _critic_step(self, real: Tensor, fake: Tensor, at: Tensor | None) -> None:
        points = [real] if self.objective.reads == "potential" else [real, fake]
        if at is not None:
            points.append(at)
        judged = self._forward(self.critic, torch.cat(points, dim=-2), 0 if at is None else self.config.batch)
        with torch.enable_grad():
            scores = [part.requires_grad_() for part in judged.outputs.squeeze(-1).split(self.config.batch, dim=-1)]
            losses, wanted = self._critic_losses(scores, real, fake), [*scores]
            loss = losses.critic
            if judged.gradient is not None and self.objective.penalty is not None:
                wanted.append(judged.gradient.requires_grad_())
                loss = loss + self._penalty * self.objective.penalty(judged.gradient)
            derivatives = torch.autograd.grad(loss, wanted, torch.ones_like(loss))
        by_score = torch.cat(derivatives[: len(scores)], dim=-1).unsqueeze(-1)
        self.critic_adam.gradient.zero_()
        judged.backward(by_score, *derivatives[len(scores) :])
        self.critic_adam.step(self._share())
        self._hold_critic()
        self.losses = self.losses._replace(critic=loss.detach())
        self.estimate = self.objective.estimate(losses).detach()

    def _critic_losses(self, scores: Sequence[Tensor], real: Tensor, fake: Tensor) -> Losses:
        if self.objective.reads == "potential":
            return self._losses(scores[0], distances(fake, real))
        on_real, on_fake = scores
        losses = self._losses(on_real, on_fake)
        if self.objective.reads == "errors":
            gap = self._diversity * on_real.mean(dim=-1) - on_fake.mean(dim=-1)
            self.balance = (self.balance + _BALANCE_RATE * gap.detach()).clamp(0, 1)
        return losses

    @torch.enable_grad()
    def _cost_derivative(self, fake: Tensor, potential: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """The generator's loss, and its derivative by the generated points, through the cost."""
        loss = self._losses(potential, distances(fake.requires_grad_(), real)).generator
        return loss.detach(), torch.autograd.grad(loss, fake, torch.ones_like(loss))[0]

    @torch.enable_grad()
    def _score_derivative(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """The generator's loss, and its derivative by what the critic says of the generated points."""
        scores = outputs.requires_grad_().squeeze(-1)
        loss = self._losses(scores, scores).generator  # which does not depend on the real ones
        return loss.detach(), torch.autograd.grad(loss, outputs, torch.ones_like(loss))[0]

    def _losses(self, a: Tensor, b: Tensor) -> Losses:
        if self.objective.reads == "errors":
            return self.objective.losses(a, b, self.balance)
        if self.config.objective == "c-eps-transform":
            return self.objective.losses(a, b, self.config.epsilon)
        return self.objective.losses(a, b)

    def _hold_critic(self) -> None:
        if self.config.control == "clip":
            networks.clip_(self.critic, self._clip)
        elif self.config.control is not None:
            cast(networks.LipschitzMLP, self.critic).project_()

    def _forward(self, network: nn.Module, x: Tensor, slopes_at: int = 0) -> passes.Pass:
        with self._products():
            return passes.forward(network, x, slopes_at)

    def _outputs(self, network: nn.Module, x: Tensor) -> Tensor:
        """What needs no way back."""
        with self._products():
            return network(x).to(x.dtype)

    def _products(self) -> AbstractContextManager[Any]:
        half = self.config.precision == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext()

    def _share(self) -> float:
        """Of the learning rate, at this step."""
        return max(0.0, 1 - self.steps / self.config.steps) if self.config.decay else 1.0

    def _real(self, batches: int) -> Tensor:
        return self._randomness.each(lambda generator: self._source.sample(batches, self.config.batch, generator))

    def _latent(self, batches: int) -> Tensor:
        return self._randomness.normal(batches * self.config.batch, self.config.latent)

    def _uniform(self, batches: int) -> Tensor:
        each = 1 + self._source.dim if self.objective.penalised is near_data else 1
        return self._randomness.uniform(batches * self.config.batch, each)

    def _each(self, name: str) -> list[float]:
        return [getattr(config, name) for config in self.configs]

    def _setting(self, name: str) -> float | Tensor:
        """A number if all models share it, else one for each."""
        each = self._each(name)
        return each[0] if len(set(each)) == 1 else torch.tensor(each, device=self.device)
