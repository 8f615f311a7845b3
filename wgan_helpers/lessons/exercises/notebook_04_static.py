"""Notebook 04, the approximation of the optimal discriminator: between samples that stay."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import torch
from torch import Tensor

from wgan_helpers import gans, ui
from wgan_helpers.lessons.estimators import BASE, Estimator, samples
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.lessons.static_estimation import truth
from wgan_helpers.ui import Check

_PENALTY: Final = """\
def gradient_penalty(critic, real, fake, share):
    at = torch.lerp(real, fake.detach(), share).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(at).sum(), at, create_graph=True)
    return (torch.linalg.vector_norm(gradient, dim=1) - 1).square().mean()
"""
_FAST: Final = """\
# wider learns faster, and so does momentum: WGAN-GP's β₁ = 0 is meant for a game, where the goal moves
fast = {"hidden": 128, "lr_critic": 3e-3, "beta1": 0.9, "beta2": 0.999}
"""

#: What the second exercise starts from, and where it is to get to.
START: Final = replace(BASE, hidden=32)
STEPS: Final = 50
GOAL: Final = 0.95
_FREE: Final = ("hidden", "depth", "lr_critic", "beta1", "beta2")
_WIDEST, _DEEPEST = 256, 6


def gradient_penalty() -> ui.Exercise:
    """The penalty of WGAN-GP, without the bugs that nearly everybody has."""
    generator = torch.Generator().manual_seed(4)
    real, fake, share = (torch.rand(5, width, generator=generator) for width in (3, 3, 1))
    weight = torch.tensor([[0.5], [1.0], [-0.8]], requires_grad=True)

    def critic(x: Tensor) -> Tensor:
        return x.square() @ weight

    def slopes(at: Tensor) -> Tensor:
        return 2 * at * weight.detach().T

    def gives(value: Callable[[Tensor], Tensor], *points: Tensor) -> Callable[[Any], bool]:
        """Whether an answer is ``value`` of the gradients at any of these points, or at the right ones."""
        places = points or (torch.lerp(real, fake, share), torch.lerp(fake, real, share))
        return lambda f: any(close(_number(f(critic, real, fake, share)), value(slopes(at))) for at in places)

    checks = [
        *is_a_function("gradient_penalty(critic, real, fake, share)", lambda f: f(critic, real, fake, share)),
        Check(
            "one number",
            lambda f: torch.as_tensor(f(critic, real, fake, share)).shape == (),
            "take the mean over the points, at the end.",
        ),
        Check(
            "a norm for each point",
            lambda f: not gives(lambda g: (g.norm() - 1).square())(f),
            "this is one norm of the whole batch, the bug of many public codes: it grows with the batch, and asks for "
            "slopes of 1/√n. The norm is over the coordinates: <code>dim=1</code>.",
        ),
        Check(
            "a deviation from 1",
            lambda f: not gives(lambda g: g.square().sum(1).mean())(f),
            "this is E|∇D|²: it pulls the slope to 0. The −1 is missing.",
        ),
        Check(
            "squared",
            lambda f: not any(gives(value)(f) for value in (_mean_deviation, _mean_distance)),
            "the deviation |∇D| − 1 is not squared: where some slopes are below 1 and others above, they would cancel.",
        ),
        Check(
            "of the norm, not of its square",
            lambda f: not gives(lambda g: (g.square().sum(1) - 1).square().mean())(f),
            "this is (|∇D|² − 1)²: the root is missing.",
        ),
        Check(
            "between the samples",
            lambda f: not gives(_right, real, fake, torch.cat([real, fake]))(f),
            "the slope is penalised at the points of a sample. It must be held on the way from real to fake.",
        ),
        Check(
            "a place of its own for each pair",
            lambda f: not gives(_right, (real + fake) / 2)(f),
            "this is the middle of each pair: <code>share</code> says where the points are.",
        ),
        Check("it is right", gives(_right), "E(|∇D| − 1)² at real + share · (fake − real)."),
        Check(
            "the critic can learn from it",
            lambda f: _has_gradient(f(critic, real, fake, share), weight),
            "the penalty does not depend on the weights any more: <code>create_graph=True</code> is missing.",
        ),
        Check(
            "the generator cannot",
            lambda f: not _reaches_fake(f, critic, real, fake, share),
            "the fakes are not detached: in the critic's step, this would also compute a gradient of the generator.",
        ),
        Check(
            "finite where the critic is flat",
            lambda f: _finite_when_flat(f, real, fake, share),
            "the derivative of a square root is infinite at 0, and ∞ · 0 is NaN: take torch.linalg.vector_norm, which "
            "knows, or add a small number under the root.",
        ),
    ]
    return ui.exercise("gradient_penalty", checks, solution=_PENALTY)


def _number(value: Any) -> Tensor:
    return torch.as_tensor(value).detach()


def _right(gradient: Tensor) -> Tensor:
    return gans.OBJECTIVES["wgan-gp"].penalty(gradient)  # type: ignore[misc]


def _mean_deviation(gradient: Tensor) -> Tensor:
    return (gradient.norm(dim=1) - 1).mean()


def _mean_distance(gradient: Tensor) -> Tensor:
    return (gradient.norm(dim=1) - 1).abs().mean()


def _has_gradient(value: Any, weight: Tensor) -> bool:
    if not (isinstance(value, Tensor) and value.requires_grad):
        return False
    (found,) = torch.autograd.grad(value, weight, allow_unused=True)
    return found is not None and bool((found != 0).any())


def _reaches_fake(f: Any, critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, share: Tensor) -> bool:
    factor = torch.ones((), requires_grad=True)  # the generator's only weight
    (found,) = torch.autograd.grad(f(critic, real, factor * fake, share), factor, allow_unused=True)
    return found is not None


def _finite_when_flat(f: Any, real: Tensor, fake: Tensor, share: Tensor) -> bool:
    weight = torch.zeros(3, 1, requires_grad=True)
    (found,) = torch.autograd.grad(f(lambda x: x @ weight, real, fake, share), weight)
    return bool(found.isfinite().all())


def fast_c_transform() -> ui.Exercise:
    """Settings with which the c-transform converges in 50 steps."""
    default = _share({})
    checks = [
        Check(
            "it is a dict",
            lambda s: isinstance(s, Mapping),
            'write a dict of settings: <code>{"lr_critic": 1e-4}</code>.',
        ),
        Check(
            "of settings that are free",
            lambda s: set(s) <= set(_FREE),
            f"only {', '.join(_FREE)} may change: the method, the samples and the steps stay.",
        ),
        Check(
            "of a network that is not too large",
            lambda s: s.get("hidden", 1) <= _WIDEST and s.get("depth", 1) <= _DEEPEST,
            f"hidden at most {_WIDEST}, depth at most {_DEEPEST}, or 50 steps take too long.",
        ),
        Check("that a network can have", lambda s: bool(replace(START, **s)), "these settings are refused."),
        Check(
            "better than to know nothing",
            lambda s: _share(s) > _nothing(),
            lambda s: (
                f"after 50 steps it says {_share(s):.1%} of the exact distance: φ ≡ 0 says {_nothing():.1%}. "
                "A learning rate that is too large throws the potential about."
            ),
        ),
        Check(
            "better than the settings of the start",
            lambda s: _share(s) > default,
            lambda s: f"after 50 steps it says {_share(s):.1%}, those of the start {default:.1%}.",
        ),
        Check(
            f"{GOAL:.0%} of the exact distance",
            lambda s: _share(s) >= GOAL,
            lambda s: (
                f"after 50 steps it says {_share(s):.1%}. A wider network has more that can move; momentum (beta1) "
                "adds up what many steps agree on; a rate three times as large goes three times as far."
            ),
        ),
    ]
    return ui.exercise("fast", checks, solution=_FAST)


def _share(settings: Mapping[str, Any]) -> float:
    """What the c-transform says after 50 steps, of the exact distance: the worse of two pairs of samples."""
    return _trained(tuple(sorted(settings.items())))


@lru_cache(maxsize=16)  # several stages ask
def _trained(settings: tuple[tuple[str, Any], ...]) -> float:
    found = []
    for seed in range(2):
        pair = samples("Gaussian", n=128, d=2, seed=seed)
        estimator = Estimator("c-transform", pair, replace(START, seed=seed, **dict(settings)))
        estimator.step(STEPS)
        found.append(estimator.estimate / truth(pair)["exact"])
    return min(found)


@lru_cache(maxsize=1)
def _nothing() -> float:
    known = [truth(samples("Gaussian", n=128, d=2, seed=seed)) for seed in range(2)]
    return min(each["nearest"] / each["exact"] for each in known)
