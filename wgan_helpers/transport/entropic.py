r"""Entropic optimal transport with Euclidean cost, and the Sinkhorn divergence.

.. math::
    W_\varepsilon(p, q) = \min_{P \in \Pi(a, b)} \langle P, C \rangle + \varepsilon\, \mathrm{KL}(P \,|\, a \otimes b)
    = \max_{f, g} \; \sum_i a_i f_i + \sum_j b_j g_j
      - \varepsilon \sum_{ij} a_i b_j \big( e^{(f_i + g_j - c_{ij}) / \varepsilon} - 1 \big)

ε is in the unit of the cost, that is of the data. As ε → 0 this is :math:`W_1`; as ε → ∞ it is the mean distance
:math:`\mathbb{E} \lVert x - y \rVert`, and the divergence, which is debiased, half the energy distance.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from wgan_helpers.transport._entropic import Epsilon, batch_of, differentiable, settings_of, shaped, solve
from wgan_helpers.transport._samples import Array, two_samples
from wgan_helpers.transport._sinkhorn_torch import plans
from wgan_helpers.transport.cost import scaled_distances

TOLERANCE = 1e-6
MAX_ITERATIONS = 20_000


class EntropicTransport(NamedTuple):
    """What entropic transport found. A sweep over ε puts an axis of its length in front of every shape.

    Attributes
    ----------
    cost : () or (b,)
        ``min ⟨P, C⟩ + ε KL(P | a⊗b)``, in the unit of the data; differentiable once in the points.
    f, g : (n,) or (b, n), and (m,) or (b, m)
        Potentials, in the unit of the data. Their constant is fixed by ``Σ b_j g_j = 0``. Not differentiable.
    converged : () or (b,) bool
        Whether ``error`` is within the tolerance.
    iterations : () or (b,) int64
        How often the plan was read.
    error : () or (b,) float64
        ``Σ_j |Σ_i P_ij - b_j|``: how far the plan is from the second marginal. The first one it has.
    """

    cost: Tensor
    f: Tensor
    g: Tensor
    converged: Tensor
    iterations: Tensor
    error: Tensor


def entropic_transport(
    x: Array,
    y: Array,
    epsilon: Epsilon,
    a: Array | None = None,
    b: Array | None = None,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> EntropicTransport:
    r"""Entropic transport between two samples: cost, potentials, and whether the iteration converged.

    Parameters
    ----------
    x : (n, d) or (b, n, d)
        First sample, or a batch of them; float32 or float64. All is computed in float64.
    y : (m, d) or (b, m, d)
        Second sample.
    epsilon : float, or k of them
        Regularisation, in the unit of the data: positive, and at least 1e-14 of its extent. A sweep shares the
        costs and starts each ε from the potentials of the next larger one; its axis comes first in all that is
        returned.
    a : (n,) or (b, n), optional
        Weights of ``x``, non-negative, summing to one; uniform if not given. Not differentiated.
    b : (m,) or (b, m), optional
        Weights of ``y``.
    tolerance : float
        The marginal error, in the L1 norm, at which to stop.
    max_iterations : int
        Readings of the plan, for each problem and each ε; a step that has begun is finished.

    Returns
    -------
    EntropicTransport
        Its cost is differentiable once in the points: by the envelope theorem the plan counts as constant.

    Warns
    -----
    RuntimeWarning
        If a problem did not converge; its cost is then a lower bound of the true one.

    Raises
    ------
    TypeError, ValueError
        If samples or weights do not fit together, are not finite or not normalised, or a setting is not positive.

    Notes
    -----
    On the CPU compiled kernels run on all cores; on other devices the same steps run as batched torch operations.

    References
    ----------
    Cuturi 2013; Peyré and Cuturi 2019, chapter 4.
    """
    x, y = two_samples(x, y)
    settings = settings_of(epsilon, tolerance, max_iterations, x, y)
    left, right = batch_of(x, a, "a"), batch_of(y, b, "b")
    solved = solve(left, right, settings)
    cost = differentiable(left, right, solved, settings)
    cost, f, g = (shaped(part, x, settings).to(x.dtype) for part in (cost, solved.f, solved.g))
    error, iterations = (shaped(part, x, settings) for part in (solved.errors, solved.counts))
    return EntropicTransport(cost, f, g, error <= settings.tolerance, iterations, error)


def entropic_cost(
    x: Array,
    y: Array,
    epsilon: Epsilon,
    a: Array | None = None,
    b: Array | None = None,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> Tensor:
    r"""Entropic transport cost, not debiased.

    .. math:: \min_{P \in \Pi(a, b)} \langle P, C \rangle + \varepsilon\, \mathrm{KL}(P \,|\, a \otimes b)

    Between a sample and itself it is not zero; free points that minimise it collapse as ε grows.

    Parameters
    ----------
    x, y, epsilon, a, b, tolerance, max_iterations
        As for :func:`entropic_transport`, which also tells whether it converged.

    Returns
    -------
    () or (b,); with a sweep over ε (k,) or (k, b)
        Costs, in the unit of the data, differentiable once in the points.

    Warns
    -----
    RuntimeWarning
        If a problem did not converge; its cost is then a lower bound of the true one.

    Raises
    ------
    TypeError, ValueError
        As :func:`entropic_transport`.
    """
    x, y = two_samples(x, y)
    settings = settings_of(epsilon, tolerance, max_iterations, x, y)
    left, right = batch_of(x, a, "a"), batch_of(y, b, "b")
    return shaped(differentiable(left, right, solve(left, right, settings), settings), x, settings).to(x.dtype)


def entropic_plan(
    x: Array,
    y: Array,
    epsilon: Epsilon,
    a: Array | None = None,
    b: Array | None = None,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> Tensor:
    r"""The optimal plan of entropic transport.

    .. math:: P_{ij} = a_i b_j\, e^{(f_i + g_j - c_{ij}) / \varepsilon}

    Parameters
    ----------
    x, y, epsilon, a, b, tolerance, max_iterations
        As for :func:`entropic_transport`.

    Returns
    -------
    (n, m) or (b, n, m); with a sweep over ε (k, n, m) or (k, b, n, m)
        Mass that moves from ``x_i`` to ``y_j``; rows sum to ``a``, columns to ``b`` within the tolerance.

    Warns
    -----
    RuntimeWarning
        If a problem did not converge.

    Raises
    ------
    TypeError, ValueError
        As :func:`entropic_transport`.
    """
    x, y = two_samples(x, y)
    settings = settings_of(epsilon, tolerance, max_iterations, x, y)
    with torch.no_grad():
        left, right = batch_of(x, a, "a"), batch_of(y, b, "b")
        solved = solve(left, right, settings)
        costs = map(scaled_distances, left.points, right.points)
        problems = zip(costs, left.mass, right.mass, solved.g.unbind(dim=1), strict=True)
        dense = [plans(cost, a, b, settings.epsilons, g) for cost, a, b, g in problems]
    return shaped(torch.stack(dense, dim=1), x, settings).to(x.dtype)


def sinkhorn_divergence(
    x: Array,
    y: Array,
    epsilon: Epsilon,
    a: Array | None = None,
    b: Array | None = None,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> Tensor:
    r"""The debiased entropic cost: not negative, and zero only if the samples are equal.

    .. math:: S_\varepsilon(p, q) = W_\varepsilon(p, q) - \tfrac12 W_\varepsilon(p, p) - \tfrac12 W_\varepsilon(q, q)

    Parameters
    ----------
    x, y, epsilon, a, b, tolerance, max_iterations
        As for :func:`entropic_transport`.

    Returns
    -------
    () or (b,); with a sweep over ε (k,) or (k, b)
        Divergences, in the unit of the data, differentiable once in the points.

    Warns
    -----
    RuntimeWarning
        If a problem did not converge.

    Raises
    ------
    TypeError, ValueError
        As :func:`entropic_transport`.

    References
    ----------
    Genevay, Peyré, Cuturi 2018; Feydy et al. 2019 (positive, convex, and its gradient).
    """
    x, y = two_samples(x, y)
    settings = settings_of(epsilon, tolerance, max_iterations, x, y)
    left, right = batch_of(x, a, "a"), batch_of(y, b, "b")
    across = differentiable(left, right, solve(left, right, settings), settings)
    left_self = differentiable(left, left, solve(left, left, settings), settings)
    right_self = differentiable(right, right, solve(right, right, settings), settings)
    return shaped(across - 0.5 * (left_self + right_self), x, settings).to(x.dtype)
