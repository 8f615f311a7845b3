"""The workings of `entropic`: from what the caller gave to a solver, and back with a gradient."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from wgan_helpers import _checks
from wgan_helpers.transport import _sinkhorn_torch
from wgan_helpers.transport._samples import Array, weights
from wgan_helpers.transport.cost import scaled_distances
from wgan_helpers.transport.transforms import soft_c_transform

Epsilon = float | Sequence[float] | np.ndarray | Tensor
_ROUNDING = 1e-14  # of distances, and then some
_LIMIT = 1e7  # times a distance: from here on ε changes the cost by less than a part in 1e7, and rounding by more
_COMPILED = ("cpu",)  # devices of the compiled kernels; on others, torch


class Settings(NamedTuple):
    """``epsilons`` fall from one to the next; ``order`` puts them back as the caller gave them."""

    epsilons: list[float]
    order: list[int] | None
    tolerance: float
    max_iterations: int


class Solved(NamedTuple):
    """Potentials (k, b, n) and (k, b, m); costs, marginal errors, iterations (k, b)."""

    f: Tensor
    g: Tensor
    values: Tensor
    errors: Tensor
    counts: Tensor


class Batch(NamedTuple):
    """Points (b, n, d) and weights (b, n), all float64; only the points may ask for a gradient."""

    points: Tensor
    mass: Tensor


def settings_of(epsilon: Epsilon, tolerance: float, max_iterations: int, x: Tensor, y: Tensor) -> Settings:
    tolerance = _checks.positive(tolerance, "tolerance")
    most = _checks.integer(max_iterations, "max_iterations")
    values = np.asarray(epsilon.tolist() if isinstance(epsilon, Tensor) else epsilon, dtype=object)
    if values.ndim == 0:
        given, order = [_checks.positive(values.item(), "epsilon")], None
    elif values.ndim > 1 or values.size == 0:
        raise ValueError(f"epsilon must be a number or a list of them, got shape {values.shape}")
    else:
        unsorted = [_checks.positive(value, "epsilon") for value in values]
        falling = sorted(range(len(unsorted)), key=lambda k: -unsorted[k])
        given, order = [unsorted[k] for k in falling], list(np.argsort(falling))
    return Settings(_within_rounding(given, x.detach(), y.detach()), order, tolerance, most)


def _within_rounding(epsilons: list[float], x: Tensor, y: Tensor) -> list[float]:
    """Each ε where it can be told from 0, and where the costs can be told beside it: the limit is as near there."""
    lower, upper = torch.minimum(x.amin(dim=-2), y.amin(dim=-2)), torch.maximum(x.amax(dim=-2), y.amax(dim=-2))
    extent = float((upper.double() - lower.double()).amax())
    if epsilons[-1] < _ROUNDING * extent:
        raise ValueError(
            f"epsilon = {epsilons[-1]:g} is lost in the rounding of points that are {extent:g} apart: "
            "use wasserstein1, its limit, or a larger epsilon"
        )
    return [min(epsilon, _LIMIT * extent) for epsilon in epsilons] if extent > 0 else epsilons


def batch_of(x: Tensor, a: Array | None, name: str) -> Batch:
    """Unbatched samples are a batch of one."""
    mass = weights(a, x, name)
    return Batch(x.double().reshape(-1, *x.shape[-2:]), mass.reshape(-1, x.shape[-2]))


def shaped(part: Tensor, x: Tensor, settings: Settings) -> Tensor:
    """A result (k, b, ...) as the caller's ε and sample ``x`` have it."""
    part = part.squeeze(0) if settings.order is None else part[settings.order]
    batch = 0 if settings.order is None else 1
    return part if x.ndim == 3 else part.squeeze(batch)


def solve(p: Batch, q: Batch, settings: Settings) -> Solved:
    compiled = p.points.device.type in _COMPILED
    solved = (_solve_compiled if compiled else _solve_torch)(p, q, settings)
    _warn_unless_converged(solved, settings)
    return solved if bool(p.mass.all() and q.mass.all()) else _extended(p, q, solved, settings)


def _solve_compiled(p: Batch, q: Batch, settings: Settings) -> Solved:
    from wgan_helpers.transport import _sinkhorn

    how = (np.array(settings.epsilons), settings.tolerance, settings.max_iterations)
    x, y, a, b = (part.detach().contiguous().numpy() for part in (p.points, q.points, p.mass, q.mass))
    solved = _sinkhorn.solve_self(x, a, *how) if p is q else _sinkhorn.solve(x, y, a, b, *how)
    return Solved(*(torch.from_numpy(part) for part in solved))


def _solve_torch(p: Batch, q: Batch, settings: Settings) -> Solved:
    how = (settings.epsilons, settings.tolerance, settings.max_iterations)
    with torch.no_grad():
        if p is q:
            return Solved(*_sinkhorn_torch.solve_self(p.points, p.mass, *how))
        return Solved(*_sinkhorn_torch.solve(p.points, q.points, p.mass, q.mass, *how))


def _warn_unless_converged(solved: Solved, settings: Settings) -> None:
    late = ~(solved.errors <= settings.tolerance)
    if late.any():
        worst = settings.epsilons[int(late.any(dim=1).nonzero()[-1])]
        warnings.warn(
            f"entropic transport did not converge for {int(late.sum())} of {late.numel()} problems: at epsilon = "
            f"{worst:g} the marginal error is {solved.errors.max():.1e} after {settings.max_iterations} iterations; "
            f"raise max_iterations, epsilon or tolerance ({settings.tolerance:g})",
            RuntimeWarning,
            stacklevel=4,
        )


def _extended(p: Batch, q: Batch, solved: Solved, settings: Settings) -> Solved:
    """Potentials also at points without mass, which the iteration leaves out: soft c-transforms of the others'."""
    f, g = solved.f.clone(), solved.g.clone()
    with torch.no_grad():
        for i, (x, y, a, b) in enumerate(zip(p.points, q.points, p.mass, q.mass, strict=True)):
            cost = scaled_distances(x, y)
            for k, epsilon in enumerate(settings.epsilons):
                on_x = soft_c_transform(cost, solved.g[k, i], epsilon, b.log())
                on_y = soft_c_transform(cost.T, solved.f[k, i], epsilon, a.log())
                f[k, i] = torch.where(a > 0, solved.f[k, i], on_x)
                g[k, i] = torch.where(b > 0, solved.g[k, i], on_y)
    return solved._replace(f=f, g=g)


def differentiable(p: Batch, q: Batch, solved: Solved, settings: Settings) -> Tensor:
    """The costs (k, b), with their gradient in the points."""
    if torch.is_grad_enabled() and (p.points.requires_grad or q.points.requires_grad):
        return _Envelope.apply(p.points, q.points, p, q, solved, settings)
    return solved.values


class _Envelope(torch.autograd.Function):
    """Envelope theorem: ``∂W/∂x_i = Σ_j P_ij ∂c_ij/∂x_i``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, p: Batch, q: Batch, solved: Solved, settings: Settings) -> Tensor:
        ctx.save_for_backward(x, y, p.mass, q.mass, solved.g)
        ctx.settings = settings
        return solved.values.clone()

    @staticmethod
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor | None, ...]:
        x, y, a, b, g = ctx.saved_tensors
        pulls = _pulls(x.detach(), y.detach(), a, b, g, ctx.settings.epsilons, slopes.detach())
        if torch.is_grad_enabled():  # a graph of the gradient is wanted
            pulls = [_NoSecondDerivative.apply(pull, x, y, slopes) for pull in pulls]
        return *pulls, None, None, None, None


def _pulls(
    x: Tensor, y: Tensor, a: Tensor, b: Tensor, g: Tensor, epsilons: list[float], slopes: Tensor
) -> Sequence[Tensor]:
    """The gradients in x and y of the costs, each times its slope."""
    if x.device.type not in _COMPILED:
        return _sinkhorn_torch.gradient(x, y, a, b, epsilons, g, slopes)
    from wgan_helpers.transport import _sinkhorn

    points = x.contiguous().numpy(), y.contiguous().numpy()
    mass = a.contiguous().numpy(), b.contiguous().numpy()
    pulls = _sinkhorn.gradient(*points, *mass, np.array(epsilons), g.numpy(), slopes.numpy())
    return [torch.from_numpy(pull) for pull in pulls]


class _NoSecondDerivative(torch.autograd.Function):
    """The gradient, as it is; who differentiates it again is told so, and not given a zero."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, *_: Tensor) -> Tensor:
        return gradient.clone()

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> Any:
        raise NotImplementedError("entropic losses have a first derivative only: their gradient has no graph")
