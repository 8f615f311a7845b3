r"""The exact 1-Wasserstein distance between two samples, its plan and its potentials.

.. math:: W_1(p, q) = \min_{P \ge 0,\; P1 = a,\; P^T1 = b} \sum_{ij} P_{ij} \lVert x_i - y_j \rVert
                    = \max_{f_i + g_j \le c_{ij}} \sum_i a_i f_i + \sum_j b_j g_j

With as many points on both sides and uniform weights, an optimal plan is a permutation (Birkhoff), found
by the assignment solver in :mod:`._assignment`; everything else goes to POT's network simplex.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from wgan_helpers.transport._samples import Array, two_samples, weights
from wgan_helpers.transport._threads import in_blocks
from wgan_helpers.transport.cost import matched_distances, scaled_distances, unit_of
from wgan_helpers.transport.transforms import c_transform

_MOST_PIVOTS = 100_000_000  # POT's own default of 100,000 ends too early above n = 1500


class _Solution(NamedTuple):
    """Optimal mass ``(b, k)`` from ``rows`` to ``columns`` (both ``(b, k)``), a dual optimum on y, the distances."""

    rows: Tensor
    columns: Tensor
    mass: Tensor
    g: Tensor
    values: Tensor


def wasserstein1(x: Array, y: Array, a: Array | None = None, b: Array | None = None) -> Tensor:
    r"""Exact 1-Wasserstein distance with Euclidean ground cost.

    .. math:: W_1 = \min_{P \in \Pi(a, b)} \sum_{ij} P_{ij} \lVert x_i - y_j \rVert_2

    Differentiable in the points: by the envelope theorem the plan counts as constant, so
    :math:`\partial W_1 / \partial x_i = \sum_j P_{ij} (x_i - y_j) / \lVert x_i - y_j \rVert`, with zero
    where two points coincide. Where several plans are optimal this is one of the subgradients.

    Parameters
    ----------
    x : (n, d) or (b, n, d)
        First sample, or a batch of them; float32 or float64.
    y : (m, d) or (b, m, d)
        Second sample.
    a : (n,) or (b, n), optional
        Weights of ``x``, non-negative, summing to one; uniform if not given. Not differentiated.
    b : (m,) or (b, m), optional
        Weights of ``y``.

    Returns
    -------
    () or (b,)
        Distances, in the unit of the data.

    Raises
    ------
    TypeError, ValueError
        If samples or weights do not fit together, are not finite or not normalised.

    Notes
    -----
    The solvers run on the CPU, a batch on all cores; samples on another device are copied there.

    References
    ----------
    Jonker and Volgenant 1987 (assignment); Bonneel et al. 2011 (network simplex in POT).
    """
    x, y = two_samples(x, y)
    solution = _solve(x, y, a, b)
    values = solution.values
    if torch.is_grad_enabled() and (x.requires_grad or y.requires_grad):
        unit = unit_of(x, y)
        pairs = matched_distances(_pick(x / unit, solution.rows), _pick(y / unit, solution.columns))
        values = (pairs.double() * unit * solution.mass).sum(dim=-1)
    return values.to(x.dtype).reshape(x.shape[:-2])


def wasserstein2(x: Array, y: Array, a: Array | None = None, b: Array | None = None) -> Tensor:
    r"""Exact 2-Wasserstein distance with Euclidean ground distance.

    .. math:: W_2^2 = \min_{P \in \Pi(a, b)} \sum_{ij} P_{ij} \lVert x_i - y_j \rVert_2^2

    Differentiable in the points, as :func:`wasserstein1`; where the distance is zero the gradient is zero.

    Parameters
    ----------
    x, y, a, b
        As for :func:`wasserstein1`.

    Returns
    -------
    () or (b,)
        Distances (not squared), in the unit of the data.

    Raises
    ------
    TypeError, ValueError
        As :func:`wasserstein1`.
    """
    x, y = two_samples(x, y)
    unit = unit_of(x, y)  # or squares would overflow
    x, y = x / unit, y / unit
    solution = _solve(x, y, a, b, power=2)
    squares = (_pick(x, solution.rows) - _pick(y, solution.columns)).square().sum(dim=-1)
    values = (squares.double() * solution.mass).sum(dim=-1)
    # the root has no slope at zero: keep zero out of its way
    roots = torch.where(values > 0, values, 1.0).sqrt() * (values > 0) * unit
    return roots.to(x.dtype).reshape(x.shape[:-2])


def optimal_plan(x: Array, y: Array, a: Array | None = None, b: Array | None = None) -> Tensor:
    """An optimal transport plan.

    Parameters
    ----------
    x, y, a, b
        As for :func:`wasserstein1`.

    Returns
    -------
    (n, m) or (b, n, m)
        Mass that moves from ``x_i`` to ``y_j``; rows sum to ``a``, columns to ``b``.

    Raises
    ------
    TypeError, ValueError
        As :func:`wasserstein1`.
    """
    x, y = two_samples(x, y)
    solution = _solve(x, y, a, b)
    n, m = x.shape[-2], y.shape[-2]
    dense = torch.zeros(solution.mass.shape[0], n * m, dtype=torch.float64, device=x.device)
    dense.scatter_add_(1, solution.rows * m + solution.columns, solution.mass)
    return dense.reshape(*x.shape[:-2], n, m).to(x.dtype)


def kantorovich_potentials(x: Array, y: Array, a: Array | None = None, b: Array | None = None) -> tuple[Tensor, Tensor]:
    r"""A dual optimum: potentials with ``f_i + g_j <= c_ij`` and ``Σ a_i f_i + Σ b_j g_j = W1``.

    They are each other's c-transform, so both are restrictions of one 1-Lipschitz function, f = φ on ``x``
    and g = −φ on ``y``. Only their sum counts: the constant is fixed by ``Σ b_j g_j = 0``.

    Parameters
    ----------
    x, y, a, b
        As for :func:`wasserstein1`.

    Returns
    -------
    f : (n,) or (b, n)
        Potential on ``x``, in the unit of the data.
    g : (m,) or (b, m)
        Potential on ``y``.

    Raises
    ------
    TypeError, ValueError
        As :func:`wasserstein1`.
    """
    x, y = two_samples(x, y)
    with torch.no_grad():
        solution = _solve(x, y, a, b)
        cost = scaled_distances(x.double(), y.double())
        g = solution.g.reshape(y.shape[:-1])
        mass = weights(b, y, "b")
        # a point without mass does not bind f; its own potential follows from f
        f = c_transform(cost, g.masked_fill(mass == 0, -torch.inf))
        g = c_transform(cost.transpose(-1, -2), f)
        level = (mass * g).sum(dim=-1, keepdim=True)
        return (f + level).to(x.dtype), (g - level).to(x.dtype)


def _pick(x: Tensor, index: Tensor) -> Tensor:
    """The points ``(b, k, d)`` of ``x`` at ``index`` ``(b, k)``."""
    batch = x.reshape(-1, *x.shape[-2:])
    return batch.gather(1, index.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


def _solve(x: Tensor, y: Tensor, a: Array | None, b: Array | None, power: int = 1) -> _Solution:
    """Solve every problem of the batch for the cost ``distance ** power``; unbatched samples are a batch of one."""
    points_x, points_y = _batch_on_cpu(x), _batch_on_cpu(y)
    if x.shape[-2] == y.shape[-2] and _uniform(a, x, "a") and _uniform(b, y, "b"):
        solution = _assignment(points_x, points_y, power)
    else:
        masses = (weights(a, x, "a"), weights(b, y, "b"))
        solution = _network_simplex(
            power, points_x, points_y, *(mass.reshape(-1, mass.shape[-1]).cpu() for mass in masses)
        )
    return _Solution(*(part.to(x.device) for part in solution))


def _assignment(x: Tensor, y: Tensor, power: int) -> _Solution:
    from wgan_helpers.transport._assignment import assign, assign_cost

    if power == 1:
        columns, f, g = assign(x.numpy(), y.numpy())
    else:
        costs = (scaled_distances(*problem).pow(power).unsqueeze(0).numpy() for problem in zip(x, y, strict=True))
        columns, f, g = map(np.concatenate, zip(*map(assign_cost, costs), strict=True))
    rows = torch.arange(x.shape[1]).expand(columns.shape)
    mass = torch.full(columns.shape, 1 / x.shape[1], dtype=torch.float64)
    # matched pairs are tight, f_i + g_σ(i) = c_iσ(i): the dual value is the distance
    values = torch.from_numpy((f + g).sum(axis=1) / x.shape[1])
    return _Solution(rows, torch.from_numpy(columns), mass, torch.from_numpy(g), values)


def _network_simplex(power: int, x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> _Solution:
    solved: dict[int, tuple[Tensor, ...]] = {}

    def solve(block: slice) -> None:
        i = block.start
        solved[i] = _network_simplex_one(power, x[i], y[i], a[i], b[i])

    # POT releases the interpreter lock while it pivots
    in_blocks(solve, len(x), 1)
    in_order = [solved[i] for i in range(len(x))]
    entries = max(len(one[2]) for one in in_order)

    def stacked(part: int) -> Tensor:
        # plans differ in their number of entries: what is missing moves no mass from point 0 to point 0
        return torch.stack([torch.nn.functional.pad(one[part], (0, entries - len(one[part]))) for one in in_order])

    g, values = (torch.stack([one[part] for one in in_order]) for part in (3, 4))
    return _Solution(stacked(0), stacked(1), stacked(2), g, values)


def _network_simplex_one(power: int, x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    import ot

    cost = scaled_distances(x.double(), y.double()).pow(power).numpy()
    plan, log = ot.lp.emd(a.numpy(), b.numpy(), cost, numItermax=_MOST_PIVOTS, log=True)
    if log["warning"] is not None:
        raise RuntimeError(f"POT's network simplex did not finish for n = {len(x)}, m = {len(y)}: {log['warning']}")
    rows, columns = np.nonzero(plan)
    return (
        torch.from_numpy(rows),
        torch.from_numpy(columns),
        torch.from_numpy(plan[rows, columns]),
        torch.from_numpy(log["v"]),
        torch.tensor(log["cost"], dtype=torch.float64),
    )


def _batch_on_cpu(x: Tensor) -> Tensor:
    return x.detach().reshape(-1, *x.shape[-2:]).cpu().contiguous()


def _uniform(a: Array | None, x: Tensor, name: str) -> bool:
    if a is None:
        return True
    mass = weights(a, x, name)
    return bool(torch.allclose(mass, torch.full_like(mass, 1 / mass.shape[-1]), rtol=1e-12, atol=0))
