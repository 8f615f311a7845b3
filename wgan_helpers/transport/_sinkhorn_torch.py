"""Entropic transport as batched torch operations, for devices without compiled kernels.

The method is that of `_sinkhorn_kernels`, where its mathematics is told; here every plan comes from the log
domain. All problems of a batch take each step together, but a step counts only where it is still needed.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from wgan_helpers.transport.cost import scaled_distances

_LOOSE = 1e-3  # tolerance on the way to a small ε
_EASY = 1 / 32  # of the largest cost: a smaller ε is approached from above
_FACTOR = 2.0  # from one ε to the next on the way
_SLOW = 0.5  # a Sinkhorn step that reduces the error by less is followed by one of Newton's
_STEP = 5.0  # longest step of Newton's method, in units of ε
_PAIRS = 2**26  # of points solved at once: half a gigabyte for each of a few matrices

Solved = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def solve(x: Tensor, y: Tensor, a: Tensor, b: Tensor, epsilons: list[float], tolerance: float, most: int) -> Solved:
    """Potentials (k, b, n) and (k, b, m); values, marginal errors, iterations (k, b); for falling ``epsilons`` (k,).

    Parameters
    ----------
    x, y : (b, n, d), (b, m, d)
        Samples, float64.
    a, b : (b, n), (b, m)
        Weights.
    """
    size = max(1, _PAIRS // (x.shape[1] * y.shape[1]))
    blocks = zip(x.split(size), y.split(size), a.split(size), b.split(size), strict=True)
    return _joined([_solve_block(*block, epsilons, tolerance, most) for block in blocks])


def solve_self(x: Tensor, a: Tensor, epsilons: list[float], tolerance: float, most: int) -> Solved:
    """Samples against themselves; as `solve`, and f = g."""
    size = max(1, _PAIRS // x.shape[1] ** 2)
    blocks = zip(x.split(size), a.split(size), strict=True)
    return _joined([_solve_self_block(*block, epsilons, tolerance, most) for block in blocks])


def gradient(
    x: Tensor, y: Tensor, a: Tensor, b: Tensor, epsilons: list[float], g: Tensor, slopes: Tensor
) -> tuple[Tensor, Tensor]:
    """Gradient in ``x`` and ``y`` of the sum of ``slopes`` (k, b) times costs, from potentials g (k, b, m)."""
    pulls = torch.zeros_like(x), torch.zeros_like(y)
    for i, cost in enumerate(map(scaled_distances, x, y)):
        weights = torch.einsum("k,knm->nm", slopes[:, i], plans(cost, a[i], b[i], epsilons, g[:, i]))
        pull = torch.where(cost > 0, weights / cost, 0)  # points that coincide do not pull at each other
        pulls[0][i] = pull.sum(dim=1, keepdim=True) * x[i] - pull @ y[i]
        pulls[1][i] = pull.sum(dim=0)[:, None] * y[i] - pull.T @ x[i]
    return pulls


def plans(cost: Tensor, a: Tensor, b: Tensor, epsilons: list[float], g: Tensor) -> Tensor:
    """The plans (k, n, m) of potentials g (k, m). Their rows have their mass, whatever rounding did to ``f``."""
    falling = torch.tensor(epsilons, dtype=torch.float64, device=cost.device)[:, None, None]
    return a[:, None] * ((g[:, None, :] - cost) / falling + b.log()).softmax(dim=2)


def _joined(blocks: list[Solved]) -> Solved:
    f, g, values, errors, counts = (torch.cat(parts, dim=1) for parts in zip(*blocks, strict=True))
    return f, g, values, errors, counts


def _stacked(sweep: list[Solved]) -> Solved:
    f, g, values, errors, counts = (torch.stack(parts) for parts in zip(*sweep, strict=True))
    return f, g, values, errors, counts


class _Problems(NamedTuple):
    """Costs in units of ε (b, n, m), weights and logarithms of weights (b, n), (b, m)."""

    cost: Tensor
    a: Tensor
    b: Tensor
    log_a: Tensor
    log_b: Tensor


class _Plan(NamedTuple):
    """A plan (b, n, m) whose rows sum to ``a``, its ``γ = g / ε``, ``φ = f / ε``, column sums, and error (b,)."""

    gamma: Tensor
    phi: Tensor
    mass: Tensor
    columns: Tensor
    error: Tensor


def _solve_block(
    x: Tensor, y: Tensor, a: Tensor, b: Tensor, epsilons: list[float], tolerance: float, most: int
) -> Solved:
    cost = scaled_distances(x, y)
    gamma, easy = torch.zeros_like(b), _EASY * float(cost.max())
    before = max(_FACTOR * easy, epsilons[0])
    sweep = []
    for epsilon in epsilons:
        count = torch.zeros_like(b[:, 0], dtype=torch.int64)
        while True:
            now = max(min(before / _FACTOR, easy), epsilon) if bool((count < most).any()) else epsilon
            problems = _Problems(cost / now, a, b, a.log(), b.log())
            goal = tolerance if now == epsilon else max(tolerance, _LOOSE)
            plan = _settle(problems, gamma * (before / now), goal, most, count)
            gamma, before = plan.gamma, now
            if now == epsilon:
                break
        level = (b * gamma).sum(dim=1, keepdim=True)
        f, g = epsilon * (plan.phi + level), epsilon * (gamma - level)
        sweep.append((f, g, (a * f).sum(dim=1), plan.error, count))
    return _stacked(sweep)


def _settle(problems: _Problems, gamma: Tensor, goal: float, most: int, count: Tensor) -> _Plan:
    """Balance rows and columns at one ε; adds to ``count``."""
    plan = _balance_rows(problems, gamma)
    count += 1
    while True:
        open_ = (plan.error > goal) & (count < most)
        if not open_.any():
            return plan
        ratio = (problems.b / plan.columns).clamp(1e-300, 1e300).log()
        after = _balance_rows(problems, plan.gamma + torch.where(open_[:, None] & (problems.b > 0), ratio, 0))
        count += open_
        slow = open_ & (after.error > torch.clamp(_SLOW * plan.error, min=goal)) & (count < most)
        plan = _newton_step(problems, after, slow, goal, most, count) if slow.any() else after


def _balance_rows(problems: _Problems, gamma: Tensor) -> _Plan:
    """Sinkhorn's step on the rows."""
    exponents = (gamma + problems.log_b)[:, None, :] - problems.cost
    phi = -exponents.logsumexp(dim=2)
    mass = exponents.add_((phi + problems.log_a)[:, :, None]).exp_()
    columns = mass.sum(dim=1)
    return _Plan(gamma, phi, mass, columns, (columns - problems.b).abs().sum(dim=1))


def _newton_step(problems: _Problems, plan: _Plan, slow: Tensor, goal: float, most: int, count: Tensor) -> _Plan:
    """Newton's step where it is ``slow``, halved until the slope at its end shows that it is not far too long."""
    x = _newton_direction(problems, plan, slow, goal, most, count)
    x = x - (problems.b * x).sum(dim=1, keepdim=True)
    longest = torch.where(problems.b > 0, x, 0).abs().amax(dim=1)
    step = torch.where(slow, (_STEP / longest).clamp(max=1), 0)
    slope = ((problems.b - plan.columns) * x).sum(dim=1)
    while True:
        after = _balance_rows(problems, plan.gamma + step[:, None] * x)
        count += slow
        slope_there = ((problems.b - after.columns) * x).sum(dim=1)
        too_long = slow & (slope_there < -0.5 * slope) & (step > 1e-4) & (count < most)
        if not too_long.any():
            return after
        step = torch.where(too_long, step / 2, step)


def _newton_direction(problems: _Problems, plan: _Plan, slow: Tensor, goal: float, most: int, count: Tensor) -> Tensor:
    """Solve ``(diag(s) - Pᵀ diag(1/a) P) x = b - s`` roughly, by preconditioned conjugate gradients; zero elsewhere."""
    inverse_a = torch.where(problems.a > 0, 1 / problems.a, 0)
    diagonal = torch.maximum(plan.columns, problems.b / 8)
    inverse = torch.where(problems.b > 0, 1 / diagonal, 0)
    target = torch.maximum(0.1 * torch.full_like(plan.error, goal), plan.error * plan.error.clamp(max=0.1))
    x, residual = torch.zeros_like(diagonal), problems.b - plan.columns
    p = inverse * residual
    product, open_ = (residual * p).sum(dim=1), slow
    while open_.any():
        rows = inverse_a * torch.bmm(plan.mass, p[:, :, None]).squeeze(2)
        image = diagonal * p - torch.bmm(rows[:, None, :], plan.mass).squeeze(1)
        count += open_
        curvature = (p * image).sum(dim=1)
        open_ = open_ & (curvature > 0)
        length = torch.where(open_, product / curvature, 0)[:, None]
        x, residual = x + length * p, residual - length * image
        open_ = open_ & (residual.abs().sum(dim=1) > target) & (count < most)
        scaled, last = inverse * residual, product
        product = (residual * scaled).sum(dim=1)
        p = torch.where(open_[:, None], scaled + (product / last)[:, None] * p, 0)
    return x


def _solve_self_block(x: Tensor, a: Tensor, epsilons: list[float], tolerance: float, most: int) -> Solved:
    cost, log_a = scaled_distances(x, x), a.log()
    phi, before = torch.zeros_like(a), 1.0
    sweep = []
    for epsilon in epsilons:
        start = (phi * (before / epsilon)).clamp(min=0)
        start = torch.where(a > 0, torch.minimum(start, -0.5 * log_a), 0)
        phi, error, count = _settle_self(cost / epsilon, a, log_a, start, tolerance, most)
        before = epsilon
        f = epsilon * phi
        sweep.append((f, f, 2 * (a * f).sum(dim=1), error, count))
    return _stacked(sweep)


def _settle_self(
    cost: Tensor, a: Tensor, log_a: Tensor, phi: Tensor, tolerance: float, most: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The averaged update ``φ ← φ + ω log(a / s)``; see `settle_self` among the compiled kernels."""
    count = torch.ones_like(a[:, 0], dtype=torch.int64)
    last, cautious = torch.full_like(a[:, 0], torch.inf), torch.zeros_like(a[:, 0], dtype=torch.bool)
    while True:
        excess = ((phi + log_a)[:, None, :] - cost).logsumexp(dim=2) + phi  # log(s / a)
        mass = (a * excess.exp()).sum(dim=1, keepdim=True)
        phi, excess = phi - 0.5 * mass.log(), excess - mass.log()
        error = (a * excess.expm1().abs()).sum(dim=1)
        open_ = (error > tolerance) & (count < most)
        if not open_.any():
            return phi, error, count
        eigenvalue = (a * (2 * phi - excess).exp()).sum(dim=1) / (a > 0).sum(dim=1)
        cautious |= error > last / 3
        power = torch.where(cautious, 2 / 3, 1 / (1 + eigenvalue))
        phi = phi - torch.where(open_, power, 0)[:, None] * excess
        count += open_
        last = error
