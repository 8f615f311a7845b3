"""GANs of small pictures, as §5.2 and §6 train them: by transforms, debiased or not, and by gradient penalty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import Tensor

from wgan_helpers import _checks, gans, images, transport
from wgan_helpers.lessons import batches, monte_carlo
from wgan_helpers.lessons.likeness import Likeness, Parts, parts

WGAN_GP, C, C_EPS, DEBIASED = "WGAN-GP", "c-transform", "(c, ε)-transform", "(c, ε)-transform, debiased"
#: What is compared, and the objective of each. The last two have an ε; the last one's generator pays the debiased loss.
VARIANTS: Final[Mapping[str, str]] = MappingProxyType(
    {WGAN_GP: "wgan-gp", C: "c-transform", C_EPS: "c-eps-transform", DEBIASED: "c-eps-transform"}
)
#: The sets of pictures, and their size in pixels: that of the set, or a smaller one.
DATA: Final[Mapping[str, int | None]] = MappingProxyType({"digits": None, "faces": 16})
#: Small networks and short runs, for digits in front of the reader.
SMALL: Final = gans.Config(
    hidden=64, depth=2, latent=16, batch=64, steps=600, critic_steps=2, lr_critic=3e-3, lr_generator=3e-3, penalty=10.0
)
#: Wider, deeper and longer: where nothing changes much any more. Minutes for each run.
LARGE: Final = replace(SMALL, hidden=128, depth=3, steps=5000, critic_steps=5)

_TOLERANCE: Final = 1e-3  # of the debiasing term: the gradient of a minibatch is no more exact


def pictures_of(data: str) -> images.Pictures:
    """The set of this name, loaded once."""
    return batches.pictures(data, DATA[_checks.one_of(data, "data", DATA)])


def settings_of(variant: str, epsilon: float) -> dict[str, Any]:
    """The fields of a configuration that make the variant."""
    objective = VARIANTS[_checks.one_of(variant, "variant", VARIANTS)]
    if objective == "c-eps-transform":
        return {"objective": objective, "epsilon": _checks.positive(epsilon, "epsilon")}
    return {"objective": objective}


@dataclass
class Run:
    """One or several GANs of a variant, side by side, and the pictures that they learn from.

    ``path`` holds what :meth:`judge` found so far.
    """

    game: gans.Game
    pictures: images.Pictures
    parts: Parts
    debiased: bool
    generator: torch.Generator
    path: list[list[Likeness]] = field(default_factory=list)

    @classmethod
    def of(
        cls, variant: str, epsilon: float, data: str, base: gans.Config, seeds: Sequence[int], device: str = "cpu"
    ) -> "Run":
        """Before the first step, one GAN for each seed; a single one may be convolutional."""
        configs = [replace(base, **settings_of(variant, epsilon), seed=seed) for seed in seeds]
        pictures = pictures_of(data)
        known = parts(pictures, base.batch)
        game = gans.Game(configs if len(configs) > 1 else configs[0], known.train, device)
        return cls(game, pictures, known, variant == DEBIASED, monte_carlo.generator(*seeds))

    def step(self) -> None:
        """The critic's steps, then one of the generator."""
        if not self.debiased:
            self.game.step()
            return
        for _ in range(self.game.config.critic_steps):
            self.game.critic_step()
        debiased_step(self.game, self.parts.train, self.generator)

    def change(self, variant: str, epsilon: float, n: int) -> None:
        """Go on as another variant, with minibatches of n and as many centroids."""
        self.game.change(batch=n, **settings_of(variant, epsilon))
        self.debiased = variant == DEBIASED
        if n != len(self.parts.centroids):
            self.parts, self.path = parts(self.pictures, n), []

    def judge(self, n: int) -> list[Likeness]:
        """How like centroids n pictures of each GAN are."""
        self.path.append([self.parts.judge(x) for x in self.sample(n)])
        return self.path[-1]

    def sample(self, n: int) -> Tensor:
        """Pictures of each GAN, ``(seeds, n, d)``."""
        return self.game.snapshot().sample(n).reshape(len(self.game.configs), n, -1).cpu()


def debiased_step(game: gans.Game, pictures: images.Pictures, generator: torch.Generator) -> None:
    r"""One step of the generator on the debiased (c, ε)-transform.

    .. math:: \min_G \; E φ(x) + E φ^{c,ε}(G(z)) - \tfrac12 W_ε(G(z), G(z))

    Sinkhorn's algorithm finds the last term. The one that is left out, :math:`-\tfrac12 W_ε(x, x)`, does not depend on
    the generator; and neither of them on the critic, which trains as ever.
    """
    config, models = game.config, () if game.models is None else (game.models,)
    fake = game.generator(torch.randn(*models, config.batch, config.latent, generator=generator).to(game.device))
    drawn = [pictures.sample(config.batch, generator) for _ in game.configs]
    real = torch.stack(drawn).reshape(fake.shape).to(game.device)
    with torch.no_grad():
        potential = game.critic(real).squeeze(-1)
    cost = transport.pairwise_distance(fake, real)
    estimate = gans.OBJECTIVES["c-eps-transform"].losses(potential, cost, config.epsilon).generator
    loss = estimate - transport.entropic_cost(fake, fake, config.epsilon, tolerance=_TOLERANCE) / 2
    game.descend(loss)
