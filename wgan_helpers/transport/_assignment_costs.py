r"""Compiled kernels around the assignment: its costs from points, and the certificate of its result.

Costs are scaled by a power of two, which is exact, so that no square over- or underflows in float32, and
padded with infinities to whole tiles of columns. Distances are sums of squared differences and not
``|x|² + |y|² - 2xy``: as fast on tiles, and pairs that are near keep their relative accuracy.

Compiled functions call none of another file: numba's cache would not notice when that one changes.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

WIDTH = 64  # columns of a tile
HEIGHT = 4  # rows of a tile: with four coordinates at a time, all that the inner loop needs is in registers
FLUSH = 64  # coordinates summed in a tile before they are added to the total, for the sake of rounding
TOLERANCE = 5e-7  # a float32 solution may be this far from the optimum, relative to it, as certified
LOST = 2.0**-60  # squares of scaled distances below its square may underflow in float32


def _compile(*fastmath: str) -> Callable[[Any], Any]:
    return njit(nogil=True, cache=True, error_model="numpy", fastmath=set(fastmath))


_SUMS = ("contract", "reassoc")  # may be reordered and fused; NaN, infinity, signed zeros keep their meaning
_EXTREMA = ("nnan", "nsz")  # vectorised only if no NaN can come and the sign of zero does not matter


@_compile(*_EXTREMA)
def power_of_two(a, b):  # type: ignore[no-untyped-def]
    """A factor that brings all numbers of two tables into [-1, 1]; multiplying by it is exact."""
    largest = np.zeros(a.shape[1], a.dtype)  # of each column: compilers vectorise that, and not one maximum of all
    for table in (a, b):
        for i in range(table.shape[0]):
            row = table[i]
            for k in range(largest.size):
                largest[k] = max(largest[k], abs(row[k]))
    return math.ldexp(1.0, -min(max(math.frexp(np.float64(largest.max()))[1], -1000), 1000))


@_compile()
def pack_rows(x, scale, packed):  # type: ignore[no-untyped-def]
    """Scaled points, in whole tiles: what is beyond them stays zero."""
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            packed[i, k] = x[i, k] * scale


@_compile()
def pack_tiles(y, scale, packed):  # type: ignore[no-untyped-def]
    """``packed[tile, k // 4, 64 (k % 4) + j]``: what the innermost loop reads lies in one piece."""
    for j in range(y.shape[0]):
        tile, lane = packed[j >> 6], j & 63
        for k in range(y.shape[1]):
            tile[k >> 2, ((k & 3) << 6) + lane] = y[j, k] * scale


@_compile(*_SUMS)
def add_squares(x, i, start, stop, y, sums):  # type: ignore[no-untyped-def]
    """Squared distances of rows ``i … i + 3`` to the 64 points of a tile, over some coordinates."""
    sums[:] = 0
    for k in range(start, stop, 4):
        a0, a1, a2, a3 = x[i, k], x[i, k + 1], x[i, k + 2], x[i, k + 3]
        b0, b1, b2, b3 = x[i + 1, k], x[i + 1, k + 1], x[i + 1, k + 2], x[i + 1, k + 3]
        c0, c1, c2, c3 = x[i + 2, k], x[i + 2, k + 1], x[i + 2, k + 2], x[i + 2, k + 3]
        d0, d1, d2, d3 = x[i + 3, k], x[i + 3, k + 1], x[i + 3, k + 2], x[i + 3, k + 3]
        points = y[k // 4]
        for j in range(64):
            y0, y1, y2, y3 = points[j], points[j + 64], points[j + 128], points[j + 192]
            sums[j] += (a0 - y0) ** 2 + (a1 - y1) ** 2 + (a2 - y2) ** 2 + (a3 - y3) ** 2
            sums[j + 64] += (b0 - y0) ** 2 + (b1 - y1) ** 2 + (b2 - y2) ** 2 + (b3 - y3) ** 2
            sums[j + 128] += (c0 - y0) ** 2 + (c1 - y1) ** 2 + (c2 - y2) ** 2 + (c3 - y3) ** 2
            sums[j + 192] += (d0 - y0) ** 2 + (d1 - y1) ** 2 + (d2 - y2) ** 2 + (d3 - y3) ** 2


@_compile()
def fill_tiles(x, y, m, c, sums):  # type: ignore[no-untyped-def]
    """Euclidean costs from packed points. Differences, not |x|² + |y|² - 2xy: near pairs stay accurate."""
    for i in range(0, x.shape[0], HEIGHT):
        for tile in range(y.shape[0]):
            total, part = sums[0], sums[1]
            total[:] = 0
            for start in range(0, x.shape[1], FLUSH):
                add_squares(x, i, start, min(start + FLUSH, x.shape[1]), y[tile], part)
                total += part
            for r in range(HEIGHT):
                costs, squares = c[i + r, tile * 64 : tile * 64 + 64], total[r * 64 : r * 64 + 64]
                for j in range(64):
                    costs[j] = np.sqrt(squares[j])
        c[i : i + HEIGHT, m:] = np.inf


@_compile()
def fill_distances(x, y, costs, scales):  # type: ignore[no-untyped-def]
    """Scaled Euclidean costs of points x (b, n, d), y (b, m, d), into costs (b, height, width); sets scales (b,)."""
    d, m = x.shape[2], y.shape[1]
    _, height, width = costs.shape
    xs, ys = np.zeros((height, -(-d // 4) * 4), x.dtype), np.zeros((width // WIDTH, -(-d // 4), 4 * WIDTH), x.dtype)
    sums = np.empty((2, HEIGHT * WIDTH), x.dtype)
    for k in range(len(x)):
        scales[k] = power_of_two(x[k], y[k])
        pack_rows(x[k], scales[k], xs)
        pack_tiles(y[k], scales[k], ys)
        fill_tiles(xs, ys, m, costs[k], sums)


@_compile()
def fill_given(given, costs, scales):  # type: ignore[no-untyped-def]
    """Scaled costs from given ones (b, n, n)."""
    for k in range(len(given)):
        scales[k] = power_of_two(given[k], given[k, :0])
        costs[k, :, given.shape[1] :] = np.inf
        pack_rows(given[k], scales[k], costs[k])


@_compile(*_SUMS)
def distance(x, y, scale):  # type: ignore[no-untyped-def]
    """Scaled Euclidean distance of two points, in float64."""
    total = 0.0
    for k in range(x.size):
        total += ((np.float64(x[k]) - np.float64(y[k])) * scale) ** 2
    return math.sqrt(total)


@_compile()
def count_close(costs, v, shrink, tiny, bound):  # type: ignore[no-untyped-def]
    """How many reduced costs may be ``bound`` or less, if the costs are ``shrink`` times as large and less ``tiny``."""
    close = np.int32(0)
    for j in range(costs.size):
        close += np.int32((costs[j] * shrink - tiny) - v[j] <= bound)
    return close


@_compile()
def certify(x, y, scale, c, error, v, column, f, g):  # type: ignore[no-untyped-def]
    r"""How far the matching is from the optimum of the true distances: an upper bound, in float64.

    .. math:: \sum_i c_{i\sigma(i)} - \min \;\le\; \sum_i \max_j \, (c_{i\sigma(i)} - v_{\sigma(i)}) - (c_{ij} - v_j)

    The costs in ``c`` are within a factor ``1 ± error`` of the distances, so few pairs can exceed zero: only
    their distances are computed again. Also sets the potentials ``f = c_iσ(i) - v_σ(i)`` and ``g = v``.

    Returns
    -------
    The bound, and the total cost it is to be compared with.
    """
    gap, total = 0.0, 0.0
    shrink, tiny = c.dtype.type(1 - error), c.dtype.type(LOST)
    for i in range(column.size):
        own = column[i]
        matched = distance(x[i], y[own], scale)
        u = matched - np.float64(v[own])
        bound, best = c.dtype.type(u), u
        for start in range(0, c.shape[1], WIDTH):
            costs, duals = c[i, start : start + 64], v[start : start + 64]
            close = count_close(costs, duals, shrink, tiny, bound)
            if start <= own < start + 64:  # its distance is known
                close -= np.int32((costs[own - start] * shrink - tiny) - duals[own - start] <= bound)
            if close:
                for j in range(64):
                    if (costs[j] * shrink - tiny) - duals[j] <= bound:
                        best = min(best, distance(x[i], y[start + j], scale) - np.float64(duals[j]))
        gap += u - best
        total += matched
        f[i] = u / scale
        g[i] = np.float64(v[i]) / scale
    return gap, total


@_compile(*_EXTREMA)
def least_reduced(costs, scale, v):  # type: ignore[no-untyped-def]
    """``min_j c_ij - v_j`` of a row of given costs, in float64."""
    least = np.float64(costs[0]) * scale - np.float64(v[0])
    for j in range(costs.size):
        least = min(least, np.float64(costs[j]) * scale - np.float64(v[j]))
    return least


@_compile()
def certify_distances(x, y, costs, scales, duals, columns, f, g, gap, total):  # type: ignore[no-untyped-def]
    """Potentials f, g (b, n) float64 and certificates gap, total (b,) of matched points, see `certify`.

    gap and total are in units of the cost after scaling.
    """
    d = x.shape[2]
    # Rounding of a difference, of a square, of sums within and across flushes; the root would even halve it.
    error = np.finfo(x.dtype).eps / 2 * (min(d, FLUSH) + d / FLUSH + 8)
    for k in range(len(x)):
        gap[k], total[k] = certify(x[k], y[k], scales[k], costs[k], error, duals[k], columns[k], f[k], g[k])


@_compile()
def count_smaller(costs, v, bound):  # type: ignore[no-untyped-def]
    """How many reduced costs of a row are less than ``bound``."""
    smaller = np.int32(0)
    for j in range(costs.size):
        smaller += np.int32(costs[j] - v[j] < bound)
    return smaller


@_compile()
def certify_given(given, costs, scales, duals, columns, f, g, gap, total):  # type: ignore[no-untyped-def]
    """As `certify_distances`, for given costs (b, n, n) and the scaled ones (b, height, width).

    If no reduced cost of a row is below the matched one, as they are rounded, none is by more than both
    roundings. Where that is too much, ``min_j c_ij - v_j`` is computed in float64.
    """
    eps = np.float64(np.finfo(costs.dtype).eps)
    for k in range(len(given)):
        scale, back, v = scales[k], 1 / scales[k], duals[k]
        slack, cost = 0.0, 0.0
        for i in range(columns.shape[1]):
            row, own = costs[k, i], columns[k, i]
            matched = np.float64(given[k, i, own]) * scale
            u = matched - np.float64(v[own])
            smaller = count_smaller(row, v, row[own] - v[own])
            slack += np.inf if smaller else eps * (abs(u) + LOST)
            cost += matched
            f[k, i] = u * back
            g[k, i] = np.float64(v[i]) * back
        if slack > TOLERANCE * abs(cost):
            slack = 0.0
            for i in range(columns.shape[1]):
                slack += f[k, i] * scale - least_reduced(given[k, i], scale, v)
        gap[k], total[k] = slack, cost
