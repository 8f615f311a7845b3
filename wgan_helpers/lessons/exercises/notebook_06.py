"""Notebook 06, the Wasserstein distance itself."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from wgan_helpers import transport, ui
from wgan_helpers.lessons import duality, pixel_distance
from wgan_helpers.lessons.exercises.compare import close, is_a_function
from wgan_helpers.ui import Check

_STEP = """\
def log_sinkhorn_step(cost, g, epsilon):
    m = cost.shape[1]
    return -epsilon * (torch.logsumexp((g - cost) / epsilon, dim=1) - math.log(m))
"""
_BREAKS = """\
low, high = 1e-4, 1.0  # broken, finite
while high / low > 1.01:
    middle = math.sqrt(low * high)
    if torch.isfinite(naive_sinkhorn(cost32, middle)).all():
        high = middle
    else:
        low = middle
broken_epsilon = low
"""

_LIGHT_PROOF = """\
def light_proof(pixels):
    # light changes slowly across a face: the ratio of neighbouring pixels hardly feels it
    logs = (pixels + 0.05).log()
    return torch.cat([logs.diff(dim=-1).flatten(1), logs.diff(dim=-2).flatten(1)], dim=1)
"""


def log_sinkhorn_step() -> ui.Exercise:
    """Half a step of Sinkhorn in the log domain: a soft c-transform."""
    generator = torch.Generator().manual_seed(0)
    cost = torch.rand(4, 6, generator=generator, dtype=torch.float64) + 0.5
    g = torch.randn(6, generator=generator, dtype=torch.float64)
    epsilon = 0.3
    right = transport.soft_c_transform(cost, g, epsilon)

    def gives(value: Tensor) -> Callable[[Any], bool]:
        return lambda f: close(f(cost, g, epsilon), value)

    unweighted = -epsilon * torch.logsumexp((g - cost) / epsilon, dim=1)
    checks = [
        *is_a_function("log_sinkhorn_step(cost, g, epsilon)", lambda f: f(cost, g, epsilon)),
        Check(
            "one value for each x",
            lambda f: torch.as_tensor(f(cost, g, epsilon)).shape == (4,),
            "sum over j: the potential on x has shape (4,).",
        ),
        Check("the sign", lambda f: not gives(-right)(f), "the minus in front of ε is missing."),
        Check(
            "every y weighs 1/m",
            lambda f: not gives(unweighted)(f),
            "the weights b_j = 1/m are missing: without them f is off by ε log m.",
        ),
        Check(
            "ε is used",
            lambda f: not close(f(cost, g, epsilon), f(cost, g, 2 * epsilon)),
            "the result does not change with ε.",
        ),
        Check(
            "it is the soft minimum",
            gives(right),
            "f_i = −ε log Σ_j (1/m) exp((g_j − c_ij)/ε) gives other values.",
        ),
        Check(
            "it survives a small ε",
            lambda f: close(f(cost, g, 1e-4), transport.soft_c_transform(cost, g, 1e-4)),
            "at ε = 1e-4 the exponentials under- or overflow: let torch.logsumexp take out the largest first.",
        ),
    ]
    return ui.exercise("log_sinkhorn_step", checks, solution=_STEP)


def naive_sinkhorn(cost: Tensor, epsilon: float, steps: int = 500) -> Tensor:
    """Sinkhorn as in the textbook, with the kernel exp(−c/ε) in full; returns the plan."""
    n, m = cost.shape
    kernel = torch.exp(-cost / epsilon)
    v = torch.ones(m, dtype=cost.dtype)
    for _ in range(steps):
        u = 1 / n / (kernel @ v)
        v = 1 / m / (kernel.T @ u)
    return u[:, None] * kernel * v


def naive_sinkhorn_breaks() -> ui.Exercise:
    """The ε below which the textbook's Sinkhorn breaks in float32."""
    cost = transport.pairwise_distance(*(part.float() for part in duality.samples(32)))

    def works(epsilon: float) -> bool:
        return bool(torch.isfinite(naive_sinkhorn(cost, epsilon)).all())

    checks = [
        Check("it is a number", lambda e: isinstance(e, int | float), "give ε as a number, such as 0.1."),
        Check("it is positive", lambda e: e > 0, "ε must be positive."),
        Check("it breaks there", lambda e: not works(e), lambda e: f"at ε = {e:g} the plan is still finite: go lower."),
        Check(
            "and not yet at 1.5 times that",
            lambda e: works(1.5 * e),
            lambda e: f"at ε = {1.5 * e:g} it is broken as well: go higher.",
        ),
    ]
    return ui.exercise("broken_epsilon", checks, solution=_BREAKS)


def light_proof() -> ui.Exercise:
    """What to turn pictures into, so that the Euclidean distance looks past the light."""

    @cache
    def pictures() -> tuple[Tensor, Tensor]:
        """Sixty people in light from the left, and in light from the right."""
        invited = pixel_distance.people(60, seed=5)
        left, right = (pixel_distance.lit(invited, azimuth, 0.6) for azimuth in (-50.0, 50.0))
        return left, right

    def points(f: Callable[..., Any], side: int) -> Tensor:
        return torch.as_tensor(f(pictures()[side].clone())).detach().float()

    def wrong(f: Callable[..., Any]) -> float:
        return float(pixel_distance.strangers_nearer(points(f, 0), points(f, 1)).any(dim=1).double().mean())

    checks = [
        *is_a_function("light_proof(pixels)", lambda f: f(pictures()[0].clone())),
        Check(
            "one point for each picture",
            lambda f: points(f, 0).ndim == 2 and len(points(f, 0)) == 60,
            lambda f: (
                f"for 60 pictures it gives shape {tuple(points(f, 0).shape)}: flatten all but the first dimension."
            ),
        ),
        Check("they are numbers", lambda f: bool(points(f, 0).isfinite().all()), "some are infinite or not a number."),
        Check(
            "people stay apart",
            lambda f: float(torch.pdist(points(f, 1)).min()) > 1e-6,
            "two different people become the same point: whoever is thrown away cannot be found.",
        ),
        Check(
            "the light matters less",
            lambda f: wrong(f) < 0.5,
            lambda f: (
                f"{wrong(f):.0%} still find another person. A factor for the whole picture does not help: one "
                "side of the face becomes brighter, the other darker. Compare neighbouring pixels, or colours."
            ),
        ),
    ]
    return ui.exercise("light_proof", checks, solution=_LIGHT_PROOF)
