"""The two players: a network each, its optimiser, and for the critic how it is held."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from wgan_helpers import networks
from wgan_helpers.gans import _derivatives, _networks
from wgan_helpers.gans._adam import FlatAdam
from wgan_helpers.gans._generated import same_dimension
from wgan_helpers.gans._randomness import Randomness
from wgan_helpers.gans.config import Config, listed, shared
from wgan_helpers.gans.objectives import OBJECTIVES, Losses, near_data
from wgan_helpers.networks import passes
from wgan_helpers.transport.cost import distances

_FREED_BYTES: Final = 2**24


class Player:
    """A network and its optimiser.

    Parameters
    ----------
    network : nn.Module
        One, or many side by side.
    rate : str
        The field of :class:`Config` that says how fast it learns.

    Attributes
    ----------
    network : nn.Module
        As it is now.
    adam : FlatAdam
        What moves it.
    """

    def __init__(self, network: nn.Module, rate: str, configs: list[Config]) -> None:
        self.network, self._rate = network, rate
        self.adam = FlatAdam(network, len(configs))
        self.set(configs)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy, also one from a pickle, trains on its own."""
        self.__dict__.update(state)
        self.adam.bind(self.network)

    def set(self, configs: list[Config]) -> None:
        """Go on by these settings."""
        self.configs, self.config = configs, configs[0]
        self.adam.set(*(self._each(name) for name in (self._rate, "beta1", "beta2")))

    def forward(self, x: Tensor, slopes_at: int = 0) -> passes.Pass:
        """Evaluate the network, for a way back: see :func:`.passes.forward`."""
        with self._products(x):
            return passes.forward(self.network, x, slopes_at)

    def outputs(self, x: Tensor) -> Tensor:
        """What needs no way back."""
        with self._products(x):
            return self.network(x).to(x.dtype)

    def state(self) -> dict[str, Any]:
        """All that changes: not a copy."""
        return {"adam": self.adam.state(), "buffers": dict(self.network.named_buffers())}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken."""
        self.adam.load(state["adam"])
        for name, buffer in self.network.named_buffers():
            buffer.copy_(state["buffers"][name])

    def _products(self, x: Tensor) -> AbstractContextManager[Any]:
        half = self.config.precision == "bfloat16"
        return torch.autocast(x.device.type, torch.bfloat16) if half else nullcontext()

    def _each(self, name: str) -> list[float]:
        return [getattr(config, name) for config in self.configs]


class Critic(Player):
    """A critic that tells two samples apart, and so estimates how far they are from each other.

    It trains in a :class:`Game`, or alone on samples that are given step by step: the generator's fields of the
    configuration then have no meaning.

    Parameters
    ----------
    config : Config or sequence of Config
        One critic; or several side by side, every tensor then with a leading axis ``(models, ...)``.
    dim : int
        Dimension d of the points.
    shape : (channels, height, width), optional
        Of pictures, for convolutional critics.
    device : torch.device or str
        Where to train.
    randomness : Randomness, optional
        Shared with the other player.

    Attributes
    ----------
    loss : Tensor
        At the last step, with the penalty, ``()``.
    estimate : Tensor
        What the loss at the last step says of the divergence, before the step was taken, ``()``: W₁ in the unit of
        the points, Jensen–Shannon in nats, or NaN (:attr:`.Objective.estimates`).
    """

    def __init__(
        self,
        config: Config | Sequence[Config],
        dim: int,
        shape: _networks.Shape | None = None,
        device: torch.device | str = "cpu",
        *,
        randomness: Randomness | None = None,
    ) -> None:
        configs = [config] if isinstance(config, Config) else listed(config)
        first = shared(configs)
        models = None if isinstance(config, Config) else len(configs)
        self._alone = randomness is None
        self._randomness = randomness or Randomness([c.seed for c in configs], device, alone=models is None)
        super().__init__(_networks.critic(first, dim, shape, models, self._randomness.generators), "lr_critic", configs)
        _let_memory_stay()
        self.dim, self._models = dim, models
        nothing = torch.zeros(() if models is None else models, device=self._randomness.device)
        self.balance = nothing  # BEGAN's k
        self.loss = self.estimate = nothing * torch.nan

    def set(self, configs: list[Config]) -> None:
        """Go on by these settings."""
        super().set(configs)
        self.objective = OBJECTIVES[self.config.objective]
        self._penalty, self._clip = self._setting("penalty"), self._setting("clip")
        self._diversity, self._balance_rate = self._setting("diversity"), self._setting("balance_rate")

    def step(self, real: Tensor, fake: Tensor, cost: Tensor | None = None) -> None:
        """One step of the optimiser, between the points ``real`` ``(n, d)`` and ``fake`` ``(m, d)``.

        An objective with a penalty needs n = m; each penalised point is between a real and a fake one, which are paired
        anew at every step, so the points may stay. For points that stay, a ``cost`` ``(m, n)``, the distances from fake
        to real ones, saves the transforms most of their time.

        Raises
        ------
        TypeError, ValueError
            If they do not fit the critic.
        """
        self._must_fit(real, fake)
        with stepping(self.config, self._randomness.device):
            at = None if self.objective.penalty is None else self.penalised(real, self._randomness.shuffled(fake))
            self.improve(real, fake, at, cost=cost)

    def penalised(self, real: Tensor, fake: Tensor) -> Tensor | None:
        """Where the slope is to be penalised, if at all: between the i-th of each."""
        if self.objective.penalty is None:
            return None
        numbers = 1 + self.dim if self.objective.penalised is near_data else 1
        return self.objective.penalised(real, fake, self._randomness.uniform(real.shape[-2], numbers))

    def improve(
        self,
        real: Tensor,
        fake: Tensor,
        at: Tensor | None,
        share: float = 1.0,
        *,
        cost: Tensor | None = None,
        report: bool = True,
    ) -> None:
        """The step, with this share of the learning rate; ``at`` is where the slope is penalised.

        Without ``report``, loss and estimate stay those of an earlier step.
        """
        points = [real] if self.objective.reads == "potential" else [real, fake]
        sizes = [part.shape[-2] for part in points]
        if at is not None:
            points.append(at)
        judged = self.forward(torch.cat(points, dim=-2), 0 if at is None else at.shape[-2])
        scores = judged.outputs.squeeze(-1).split(sizes, dim=-1)
        by_score = _derivatives.by_scores(self.objective.losses, scores)
        losses = None
        if by_score is None:
            by_score, losses = self._by_graph(scores, real, fake, cost)
        self.adam.gradient.zero_()
        if self.objective.penalty is None or judged.gradient is None:
            judged.backward(by_score)
        else:
            slopes = _derivatives.by_gradient(self.objective.penalty, judged.gradient, self._penalty)
            judged.backward(by_score, slopes)
        self.adam.step(share)
        self._hold()
        if report:
            self._report(losses or self.losses(*scores), judged.gradient)

    def losses(self, a: Tensor, b: Tensor) -> Losses:
        """Of the objective: see :mod:`.objectives` for what it reads."""
        if self.objective.reads == "errors":
            return self.objective.losses(a, b, self.balance)
        if self.config.objective == "c-eps-transform":
            return self.objective.losses(a, b, self.config.epsilon)
        return self.objective.losses(a, b)

    def state(self) -> dict[str, Any]:
        """All that changes, but for the randomness that is shared with another player: not a copy."""
        state = super().state() | {name: getattr(self, name) for name in ("balance", "loss", "estimate")}
        return state | ({"randomness": self._randomness.state()} if self._alone else {})

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken."""
        super().load(state)
        self.balance, self.loss, self.estimate = state["balance"], state["loss"], state["estimate"]
        if self._alone:
            self._randomness.load(state["randomness"])

    @torch.enable_grad()
    def _by_graph(
        self, scores: Sequence[Tensor], real: Tensor, fake: Tensor, cost: Tensor | None
    ) -> tuple[Tensor, Losses]:
        """The critic's loss by its scores, ``(..., n, 1)``, and the losses."""
        wanted = [part.requires_grad_() for part in scores]
        losses = self._losses_of(wanted, real, fake, cost)
        derivatives = torch.autograd.grad(losses.critic, wanted, torch.ones_like(losses.critic))
        return torch.cat(derivatives, dim=-1).unsqueeze(-1), Losses(losses.critic.detach(), losses.generator.detach())

    def _losses_of(self, scores: Sequence[Tensor], real: Tensor, fake: Tensor, cost: Tensor | None = None) -> Losses:
        if self.objective.reads == "potential":
            return self.losses(scores[0], distances(fake, real) if cost is None else cost)
        on_real, on_fake = scores
        losses = self.losses(on_real, on_fake)
        gap = self._diversity * on_real.mean(dim=-1) - on_fake.mean(dim=-1)
        self.balance = (self.balance + self._balance_rate * gap.detach()).clamp(0, 1)
        return losses

    def _report(self, losses: Losses, gradient: Tensor | None) -> None:
        self.loss, self.estimate = losses.critic, self.objective.estimate(losses)
        if self.objective.penalty is not None and gradient is not None:
            self.loss = self.loss + self._penalty * self.objective.penalty(gradient)

    def _hold(self) -> None:
        if self.config.control == "clip":
            networks.clip_(self.network, self._clip)
        elif self.config.control is not None:
            cast(networks.LipschitzMLP, self.network).project_()

    def _setting(self, name: str) -> float | Tensor:
        """A number if all models share it, else one for each."""
        each = self._each(name)
        return each[0] if len(set(each)) == 1 else torch.tensor(each, device=self._randomness.device)

    def _must_fit(self, real: Tensor, fake: Tensor) -> None:
        leading = () if self._models is None else (self._models,)
        dtype = self.adam.values.dtype
        for name, x in (("real", real), ("fake", fake)):
            if not (isinstance(x, Tensor) and x.dtype == dtype):
                found = x.dtype if isinstance(x, Tensor) else type(x).__name__
                raise TypeError(f"{name} must be a {dtype} tensor, as the critic's weights are, got {found}")
            if x.ndim != len(leading) + 2 or x.shape != (*leading, x.shape[-2], self.dim) or not x.shape[-2]:
                wanted = ", ".join(map(str, (*leading, "n", self.dim)))
                raise ValueError(f"{name} must be ({wanted}), got {tuple(x.shape)}")
        same_dimension(real, fake, ("real points", "fake ones"))
        if self.objective.penalty is not None and real.shape != fake.shape:
            raise ValueError(
                f"{self.config.objective} penalises slopes between pairs: it needs as many fake points as real ones"
            )


def _let_memory_stay() -> None:
    """Have freed memory stay with the process, and not go back to the system at each step of a population.

    glibc keeps blocks up to the size of the largest that was ever freed, and twice as much at the end of its heap.
    """
    torch.empty(_FREED_BYTES, dtype=torch.uint8)


@contextmanager
def stepping(config: Config, device: torch.device) -> Iterator[None]:
    """Without a graph; and small networks on one thread, as to share an operation takes longer than to do it."""
    threads = torch.get_num_threads()
    alone = threads > 1 and device.type == "cpu" and _networks.at_once(config) > 1
    if alone:
        torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        if alone:
            torch.set_num_threads(threads)
