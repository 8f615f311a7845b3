r"""Compiled kernels of entropic transport: Sinkhorn's steps, and Newton's where those are slow.

.. math::
    \min_{P \in \Pi(a, b)} \langle P, C \rangle + \varepsilon\, \mathrm{KL}(P \,|\, a \otimes b)
    = \max_{f, g} \; \langle a, f \rangle + \langle b, g \rangle, \qquad
    P_{ij} = a_i b_j\, e^{(f_i + g_j - c_ij) / \varepsilon}

with ``f`` the soft c-transform of ``g``, so that the rows of ``P`` sum to ``a``. What is left is to make its
column sums ``s`` equal to ``b``. In units of ε, the dual is concave in ``γ = g / ε`` with

    gradient  b − s            Sinkhorn's step:  γ += log b − log s
    Hessian   Pᵀ diag(1/a) P − diag(s)            Newton's step: by conjugate gradients

Every step is one reading of ``P``. Sinkhorn's are taken on scalings ``u P v`` of a plan that was computed in
the log domain, and absorbed before they grow large: no exponential overflows, at any ε. Its error falls by a
factor λ² a step, where λ is the second singular value of the plan: fast for large ε, hopeless for small ones,
where conjugate gradients need about ``log(1/tol) / sqrt(1 − λ²)`` readings instead of ``log(1/tol) / (1 − λ²)``.
A small ε is approached from larger ones, each started from the potentials of the last.

A sample against itself has ``f = g`` and a positive definite kernel ``K = exp(-C/ε)``: the averaged update
``u ← u (a/s)^ω`` converges at any ε, and ``0 <= f_i <= ½ ε log(1/a_i)``, so that nothing can overflow.

Compiled functions call none of another file: numba's cache would not notice when that one changes.

References
----------
Cuturi 2013; Schmitzer 2019 (absorption, ε-scaling); Feydy et al. 2019 (averaged update);
Brauer, Clason, Lorenz, Wirth 2017 (Newton's method for Sinkhorn's problem).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

LOOSE = 1e-3  # tolerance on the way to a small ε: with 1e-2, points of little mass get lost
EASY = 1 / 32  # of the largest cost: a smaller ε is approached from above
FACTOR = 2.0  # from one ε to the next on the way
SLOW = 0.5  # Sinkhorn's steps that reduce the error by less give way to Newton's
FAR = 1e20  # scalings beyond this are absorbed
LARGEST = 1e150  # ε that is larger, with costs of order one, gives the same
STEP = 5.0  # longest step of Newton's method, in units of ε


def _compile(*fastmath: str) -> Callable[[Any], Any]:
    return njit(nogil=True, cache=True, error_model="numpy", fastmath=set(fastmath))


_SUMS = ("contract", "reassoc")  # may be reordered and fused; NaN, infinity, signed zeros keep their meaning
_EXTREMA = ("contract", "nnan", "nsz")  # vectorised only if no NaN can come and the sign of zero does not matter


@intrinsic
def as_integer(_context, x):  # type: ignore[no-untyped-def]
    """The bits of a float64 as an int64."""

    def codegen(context, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.bitcast(args[0], context.get_value_type(types.int64))

    return types.int64(types.float64), codegen


@intrinsic
def as_float(_context, x):  # type: ignore[no-untyped-def]
    """The float64 that has the bits of an int64."""

    def codegen(context, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.bitcast(args[0], context.get_value_type(types.float64))

    return types.float64(types.int64), codegen


@_compile("contract", "nnan", "nsz")
def exponential(x):  # type: ignore[no-untyped-def]
    """``exp(x)`` for ``x < 700``, zero below -708; straight code that compilers vectorise, unlike ``math.exp``.

    exp(x) = 2^k exp(r), |r| <= ½ log 2: Taylor's series to r^12/12! is exact to rounding.
    """
    shift = 6755399441055744.0  # 1.5 · 2^52: adding it rounds to an integer, left in the lowest bits
    bounded = max(x, -708.0)
    shifted = bounded * 1.4426950408889634 + shift
    k = shifted - shift
    r = (bounded - k * 6.93145751953125e-1) - k * 1.42860682030941723212e-6
    series = 1 / 479001600.0
    series = series * r + 1 / 39916800.0
    series = series * r + 1 / 3628800.0
    series = series * r + 1 / 362880.0
    series = series * r + 1 / 40320.0
    series = series * r + 1 / 5040.0
    series = series * r + 1 / 720.0
    series = series * r + 1 / 120.0
    series = series * r + 1 / 24.0
    series = series * r + 1 / 6.0
    series = series * r + 0.5
    series = series * r + 1.0
    series = series * r + 1.0
    value = as_float(as_integer(series) + (as_integer(shifted) << 52))
    return value if x > -708.0 else 0.0


@_compile(*_EXTREMA)
def exponents(costs, w, inverse, row):  # type: ignore[no-untyped-def]
    """``row = w - costs / ε``; returns the largest."""
    top = -np.inf
    for j in range(row.size):
        row[j] = w[j] - costs[j] * inverse
        top = max(top, row[j])
    return top


@_compile()
def exponentiate(row, top):  # type: ignore[no-untyped-def]
    """``row = exp(row - top)``."""
    for j in range(row.size):
        row[j] = exponential(row[j] - top)


@_compile(*_SUMS)
def total(row):  # type: ignore[no-untyped-def]
    """The sum."""
    value = 0.0
    for j in range(row.size):
        value += row[j]
    return value


@_compile(*_SUMS)
def add_scaled(row, factor, s):  # type: ignore[no-untyped-def]
    """``row *= factor``, ``s += row``."""
    for j in range(row.size):
        row[j] *= factor
        s[j] += row[j]


@_compile()
def balance_rows(c, w, inverse, a, plan, phi, s):  # type: ignore[no-untyped-def]
    """Sinkhorn's step on the rows, in the log domain: sets the plan, ``f/ε`` and the column sums."""
    s[:] = 0
    for i in range(a.size):
        row = plan[i]
        top = exponents(c[i], w, inverse, row)
        exponentiate(row, top)
        mass = total(row)
        phi[i] = -(top + math.log(mass))
        add_scaled(row, a[i] / mass, s)


@_compile(*_SUMS)
def dot_rows(plan, i, x):  # type: ignore[no-untyped-def]
    """Products of rows ``i … i + 3`` with ``x``."""
    p0, p1, p2, p3 = plan[i], plan[i + 1], plan[i + 2], plan[i + 3]
    t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0
    for j in range(x.size):
        t0 += p0[j] * x[j]
        t1 += p1[j] * x[j]
        t2 += p2[j] * x[j]
        t3 += p3[j] * x[j]
    return t0, t1, t2, t3


@_compile(*_SUMS)
def add_rows(plan, i, u, s):  # type: ignore[no-untyped-def]
    """``s += u P`` for rows ``i … i + 3``."""
    p0, p1, p2, p3 = plan[i], plan[i + 1], plan[i + 2], plan[i + 3]
    u0, u1, u2, u3 = u[i], u[i + 1], u[i + 2], u[i + 3]
    for j in range(s.size):
        s[j] += u0 * p0[j] + u1 * p1[j] + u2 * p2[j] + u3 * p3[j]


@_compile()
def scale_rows(plan, a, v, u, s):  # type: ignore[no-untyped-def]
    """Sinkhorn's step on the rows, by scaling: ``u = a / (P v)``, ``s = v ∘ Pᵀu``; one reading of the plan."""
    s[:] = 0
    for i in range(0, u.size, 4):
        u[i], u[i + 1], u[i + 2], u[i + 3] = dot_rows(plan, i, v)
        for r in range(i, min(i + 4, a.size)):
            u[r] = a[r] / u[r] if a[r] > 0 else 1.0
        add_rows(plan, i, u, s)
    for j in range(s.size):
        s[j] *= v[j]


@_compile()
def apply_hessian(plan, a, diagonal, p, q, t):  # type: ignore[no-untyped-def]
    """``t = diag(s) p - Pᵀ diag(1/a) P p``; one reading of the plan."""
    t[:] = 0
    for i in range(0, q.size, 4):
        q[i], q[i + 1], q[i + 2], q[i + 3] = dot_rows(plan, i, p)
        for r in range(i, min(i + 4, a.size)):
            q[r] = -q[r] / a[r] if a[r] > 0 else 0.0
        add_rows(plan, i, q, t)
    for j in range(t.size):
        t[j] += diagonal[j] * p[j]


@_compile(*_SUMS)
def dot(x, y):  # type: ignore[no-untyped-def]
    """The scalar product."""
    value = 0.0
    for j in range(x.size):
        value += x[j] * y[j]
    return value


@_compile(*_SUMS)
def deviation(s, b):  # type: ignore[no-untyped-def]
    """``Σ |s_j - b_j|``."""
    value = 0.0
    for j in range(b.size):
        value += abs(s[j] - b[j])
    return value


@_compile()
def newton_direction(plan, a, b, s, forcing, most, x, r, p, t, diagonal, q):  # type: ignore[no-untyped-def]
    """Solve ``(diag(s) - Pᵀ diag(1/a) P) x = b - s`` by preconditioned conjugate gradients, roughly.

    Columns that get far too little mass would make the step too long: their diagonal is raised.

    Returns
    -------
    How often the plan was read.
    """
    for j in range(b.size):
        diagonal[j] = max(s[j], b[j] / 8)
        r[j] = b[j] - s[j]
        p[j] = r[j] / diagonal[j] if b[j] > 0 else 0.0
        x[j] = 0.0
    product, goal = dot(r, p), forcing * deviation(s, b)
    for k in range(1, most + 1):
        apply_hessian(plan, a, diagonal, p, q, t)
        curvature = dot(p, t)
        if not curvature > 0:
            return k
        length, left = product / curvature, 0.0
        for j in range(b.size):
            x[j] += length * p[j]
            r[j] -= length * t[j]
            left += abs(r[j])
        if left <= goal:
            return k
        last, product = product, 0.0
        for j in range(b.size):
            t[j] = r[j] / diagonal[j] if b[j] > 0 else 0.0
            product += r[j] * t[j]
        for j in range(b.size):
            p[j] = t[j] + product / last * p[j]
    return most


@_compile()
def newton_step(c, inverse, a, b, log_b, tolerance, most, gamma, plan, phi, s, columns, q):  # type: ignore[no-untyped-def]
    """One step of Newton's method from a plan with balanced rows; returns how often a matrix was read.

    It is halved until the dual's slope at its end shows that it did not go far beyond the maximum.
    """
    w, x, r, p, t, diagonal = columns[0], columns[2], columns[3], columns[4], columns[5], columns[6]
    error = deviation(s, b)
    forcing = max(min(0.1, error), 0.1 * tolerance / error)
    count = newton_direction(plan, a, b, s, forcing, most, x, r, p, t, diagonal, q)
    level = dot(b, x)
    longest, slope = 0.0, 0.0
    for j in range(b.size):
        x[j] -= level
        if b[j] > 0:
            longest = max(longest, abs(x[j]))
            slope += (b[j] - s[j]) * x[j]
    step = min(1.0, STEP / longest) if longest > 0 else 1.0
    while True:
        for j in range(b.size):
            w[j] = gamma[j] + step * x[j] + log_b[j]
        balance_rows(c, w, inverse, a, plan, phi, s)
        count += 1
        slope_there = dot(b, x) - dot(s, x)
        if slope_there >= -0.5 * slope or step < 1e-4 or count >= most:
            break
        step /= 2
    for j in range(b.size):
        gamma[j] += step * x[j]
    return count


@_compile()
def sinkhorn_steps(a, b, tolerance, most, gamma, plan, phi, s, v, u):  # type: ignore[no-untyped-def]
    """Scale columns and rows in turn while that is fast; returns how often the plan was read, and if it is slow."""
    v[:] = 1
    count, slow, error, farthest = 0, False, deviation(s, b), 1.0
    while error > tolerance and count < most and not slow and farthest < FAR:
        for j in range(b.size):
            if b[j] > 0:
                v[j] *= min(max(b[j] / s[j], 1 / FAR), FAR)
                farthest = max(farthest, max(v[j], 1 / v[j]))
        scale_rows(plan, a, v, u, s)
        count += 1
        last, error = error, deviation(s, b)
        slow = error > SLOW * last
    for j in range(b.size):
        gamma[j] += math.log(v[j])
    if count:
        for i in range(a.size):
            phi[i] += math.log(u[i])
    return count, slow


@_compile()
def settle(c, inverse, a, b, log_b, tolerance, most, gamma, plan, phi, columns, q):  # type: ignore[no-untyped-def]
    """Balance rows and columns at one ε, from the potential ``gamma`` on; returns the error and how often it read."""
    w, s, v = columns[0], columns[1], columns[2]
    count = 0
    while True:
        for j in range(b.size):
            w[j] = gamma[j] + log_b[j]
        balance_rows(c, w, inverse, a, plan, phi, s)
        used, slow = sinkhorn_steps(a, b, tolerance, most - count - 1, gamma, plan, phi, s, v, q)
        count += used + 1
        error = deviation(s, b)
        if error <= tolerance or count >= most:
            return error, count
        if slow:
            for j in range(b.size):
                w[j] = gamma[j] + log_b[j]
            balance_rows(c, w, inverse, a, plan, phi, s)
            used = newton_step(c, inverse, a, b, log_b, tolerance, most - count, gamma, plan, phi, s, columns, q)
            count += used + 1


@_compile()
def approach(c, easy, before, epsilon, a, b, log_b, tolerance, most, gamma, plan, phi, columns, q):  # type: ignore[no-untyped-def]
    """Solve at ``epsilon`` by way of larger ones below ``easy``, from what ``gamma`` is at ε = ``before``.

    Returns
    -------
    The error and how often the plan was read.
    """
    count = 0
    while True:
        now = max(min(before / FACTOR, easy), epsilon) if count < most else epsilon
        for j in range(b.size):
            gamma[j] *= before / now
        goal = tolerance if now == epsilon else max(tolerance, LOOSE)
        error, used = settle(c, 1 / now, a, b, log_b, goal, most - count, gamma, plan, phi, columns, q)
        count += used
        if now == epsilon:
            return error, count
        before = now


@_compile()
def solve_pairs(costs, scales, a, b, epsilons, tolerance, most, plan, f, g, values, errors, counts):  # type: ignore[no-untyped-def]
    """Entropic transport between two samples, for a block of problems and falling ε.

    Parameters
    ----------
    costs : (p, >= n, width)    costs, times ``scales`` (p,)
    a, b : (p, n), (p, m)       weights
    epsilons : (k,)             from large to small, in the unit of the cost before scaling
    plan : (height, width)      work space
    f, g : (p, k, n), (p, k, m)        set to the potentials
    values, errors, counts : (p, k)    set to the dual value, the L1 marginal error, the readings of the plan
    """
    n, m, width = a.shape[1], b.shape[1], plan.shape[1]
    columns, q, phi = np.empty((7, width)), np.empty(plan.shape[0]), np.empty(n)
    gamma, mass, log_mass = np.zeros(width), np.zeros(width), np.full(width, -np.inf)
    plan[n:] = 0
    for p in range(len(costs)):
        c = costs[p]
        mass[:m] = b[p]
        log_mass[:m] = np.log(b[p])
        gamma[:] = 0
        easy = EASY * max(c[0, :m].max(), c[:n, 0].max())  # no cost is three times as large
        before = max(FACTOR * easy, min(epsilons[0] * scales[p], LARGEST))
        for k in range(epsilons.size):
            epsilon = min(epsilons[k] * scales[p], LARGEST)
            errors[p, k], counts[p, k] = approach(
                c, easy, before, epsilon, a[p], mass, log_mass, tolerance, most, gamma, plan, phi, columns, q
            )
            before = epsilon
            unit, level = epsilon / scales[p], dot(b[p], gamma[:m])
            values[p, k] = unit * (dot(a[p], phi) + level)
            for i in range(n):
                f[p, k, i] = unit * (phi[i] + level)
            for j in range(m):
                g[p, k, j] = unit * (gamma[j] - level)


@_compile()
def fill_kernel(c, inverse, n, kernel):  # type: ignore[no-untyped-def]
    """``K = exp(-c / ε)``."""
    for i in range(n):
        row, costs = kernel[i], c[i]
        for j in range(row.size):
            row[j] = exponential(-costs[j] * inverse)


@_compile()
def settle_self(kernel, a, tolerance, most, u, s):  # type: ignore[no-untyped-def]
    """Scale a symmetric kernel, so that the rows of ``u K u`` sum to ``a``; returns the error and the readings.

    A mode of the plan with eigenvalue λ in [0, 1] shrinks by ``1 - ω (1 + λ)`` a step. The mean λ tells a good ω;
    should that be slow, ω = 2/3 gives 1/3 at worst. The mode λ = 1, the total mass, is set right at once.
    """
    n, last, cautious = a.size, np.inf, False
    for count in range(1, most + 1):
        for i in range(0, s.size, 4):
            s[i], s[i + 1], s[i + 2], s[i + 3] = dot_rows(kernel, i, u)
        mass = 0.0
        for i in range(n):
            mass += u[i] * s[i]
        root, error, trace, points = 1 / math.sqrt(mass), 0.0, 0.0, 0
        for i in range(n):
            u[i] *= root
            s[i] *= u[i] * root
            error += abs(s[i] - a[i])
            if a[i] > 0:
                trace += u[i] * u[i] / s[i]
                points += 1
        if error <= tolerance or count == most:
            return error, count
        cautious = cautious or error > last / 3
        power = 2 / 3 if cautious else 1 / (1 + trace / points)
        last = error
        for i in range(n):
            if a[i] > 0:
                u[i] *= math.exp(power * math.log(a[i] / s[i]))
    return np.inf, 0


@_compile()
def solve_selves(costs, scales, a, epsilons, tolerance, most, kernel, f, values, errors, counts):  # type: ignore[no-untyped-def]
    """Entropic transport of samples to themselves, for a block of problems and falling ε; see `solve_pairs`."""
    n = a.shape[1]
    u, s, phi = np.zeros(kernel.shape[1]), np.empty(kernel.shape[0]), np.empty(n)
    kernel[n:] = 0
    for p in range(len(costs)):
        phi[:] = 0
        before = 1.0
        for k in range(epsilons.size):
            epsilon = min(epsilons[k] * scales[p], LARGEST)
            fill_kernel(costs[p], 1 / epsilon, n, kernel)
            for i in range(n):
                upper = -0.5 * math.log(a[p, i]) if a[p, i] > 0 else 0.0
                u[i] = a[p, i] * math.exp(min(max(phi[i] * (before / epsilon), 0.0), upper))
            errors[p, k], counts[p, k] = settle_self(kernel, a[p], tolerance, most, u, s)
            before = epsilon
            for i in range(n):
                phi[i] = math.log(u[i] / a[p, i]) if a[p, i] > 0 else 0.0
                f[p, k, i] = phi[i] * (epsilon / scales[p])
            values[p, k] = 2 * dot(a[p], f[p, k])


@_compile("contract")
def pull_row(x, y, costs, scale, weights, x_pull, y_pull):  # type: ignore[no-untyped-def]
    """Add the gradient of ``Σ_j weights_j |x - y_j|``. Points that coincide do not pull at each other."""
    for j in range(y.shape[0]):
        weight = weights[j] / costs[j] * scale if costs[j] > 0 else 0.0
        for k in range(x.size):
            pull = weight * (x[k] - y[j, k])
            x_pull[k] += pull
            y_pull[j, k] -= pull


@_compile()
def pull_points(costs, scales, x, y, a, b, epsilons, g, slopes, x_pull, y_pull):  # type: ignore[no-untyped-def]
    """Gradient of ``Σ_k slopes_k W_k`` in the points, for a block of problems: plans count as constant.

    Parameters
    ----------
    costs, scales, a, b, epsilons, g    as for `solve_pairs`
    x, y : (p, n, d), (p, m, d)
    slopes : (p, k)
    x_pull, y_pull : as x, y            set to the gradient
    """
    m, width = y.shape[1], costs.shape[2]
    w, row, weights = np.full((epsilons.size, width), -np.inf), np.empty(width), np.empty(width)
    x_pull[:] = 0
    y_pull[:] = 0
    for p in range(len(x)):
        for k in range(epsilons.size):
            w[k, :m] = g[p, k] / epsilons[k] + np.log(b[p])
        for i in range(x.shape[1]):
            weights[:] = 0
            for k in range(epsilons.size):
                top = exponents(costs[p, i], w[k], 1 / (epsilons[k] * scales[p]), row)
                exponentiate(row, top)
                add_scaled(row, slopes[p, k] * a[p, i] / total(row), weights)
            pull_row(x[p, i], y[p], costs[p, i], scales[p], weights, x_pull[p, i], y_pull[p])
