r"""Compiled kernels of the assignment problem: Jonker and Volgenant's algorithm, fast and certified.

.. math::
    \min_{\sigma} \sum_i c_{i \sigma(i)} \;=\; \max_{u, v} \Big\{ \sum_i u_i + \sum_j v_j \;:\;
    u_i + v_j \le c_{ij} \Big\}

The duals ``v`` start at the column minima and only ever fall, so the reduced costs
``h_ij = c_ij - v_j`` are never negative, and ``u_i = min_j h_ij`` is the best dual of a row. A matching
is optimal if every row is matched at its minimum, ``h_iσ(i) = u_i`` (complementary slackness). Rows are
matched one after another; where two want the same column, ``v`` falls until one of them prefers another.

Why it is fast: non-negative floats are ordered as their bit patterns are, and compilers vectorise minima
of integers but not of floats; and costs may be float32, half the memory traffic. Rounding can then spoil
the optimum, never the matching: whether it did is for the caller to certify.

Compiled functions call none of another file: numba's cache would not notice when that one changes.

References
----------
Jonker, Volgenant 1987, A shortest augmenting path algorithm for dense and sparse linear assignment problems.
"""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

TAKEN = 2**30  # added to the key of a matched column: where costs tie, free columns come first
SWEEPS = 3  # steps of the row reduction, per row: more would cost more than the paths they save;
FEW = 100  # up to so many rows, the last of them does already
NARROW = 256  # up to so many columns, one is closed by the next scan and not by a store of its own


def _compile(function: Any) -> Any:
    return njit(nogil=True, cache=True, error_model="numpy")(function)


@intrinsic
def bits(_context, x):  # type: ignore[no-untyped-def]
    """The bit pattern of a float as an integer of its size: same order for non-negative floats."""
    integer = {types.float32: types.int32, types.float64: types.int64}[x]

    def codegen(context, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.bitcast(args[0], context.get_value_type(integer))

    return integer(x), codegen


@intrinsic
def unsigned(_context, x):  # type: ignore[no-untyped-def]
    """The same bits of an integer, ordered without sign: those of negative numbers come last."""
    integer = {types.int32: types.uint32, types.int64: types.uint64}[x]
    return integer(x), lambda _context, _builder, _signature, args: args[0]


@_compile
def reduce_columns(c, n, v, column, row, key):  # type: ignore[no-untyped-def]
    """Start: ``v_j = min_i c_ij``; a row that is the minimum of several columns gets the first of them."""
    v[:] = c[0]
    key[:] = 0
    for i in range(1, n):
        costs = c[i]
        for j in range(v.size):
            smaller = costs[j] < v[j]
            v[j] = costs[j] if smaller else v[j]
            key[j] = i if smaller else key[j]
    v[n:] = 0
    column[:] = -1
    row[:] = -1
    for j in range(n):
        if column[key[j]] < 0:
            column[key[j]] = j
            row[j] = key[j]
    for j in range(v.size):
        key[j] = j + TAKEN if j < n and row[j] >= 0 else j


@_compile
def reduce_costs(costs, v, h):  # type: ignore[no-untyped-def]
    """``h = c_i - v`` of a row; returns its minimum, as bit pattern."""
    least = bits(costs.dtype.type(np.inf))
    for j in range(h.size):
        reduced = costs[j] - v[j]
        h[j] = reduced
        least = min(least, bits(reduced))
    return least


@_compile
def column_of(h_bits, value, key):  # type: ignore[no-untyped-def]
    """The smallest key among the columns where ``h`` equals ``value``."""
    none = key.dtype.type(2**31 - 1)
    found = none
    for j in range(h_bits.size):
        found = min(found, key[j] if h_bits[j] == value else none)
    return found


@_compile
def best_and_second(h, h_bits, value, key):  # type: ignore[no-untyped-def]
    """As `column_of`; and the second smallest ``h``, as bit pattern: ``value`` once more if two columns tie."""
    none, infinite = key.dtype.type(2**31 - 1), bits(h.dtype.type(np.inf))
    found, second, count = none, infinite, key.dtype.type(0)
    for j in range(h_bits.size):
        equal = h_bits[j] == value
        found = min(found, key[j] if equal else none)
        second = min(second, infinite if equal else h_bits[j])
        count += key.dtype.type(equal)
    return found, value if count > 1 else second


@_compile
def reduce_rows(c, n, v, h, h_bits, column, row, key, free):  # type: ignore[no-untyped-def]
    """Give free rows their best column and lower its ``v`` until the second best is as good.

    The row that is thrown out comes next. A tie lowers nothing, so its row waits for the next sweep;
    the number of steps is capped, as ties (and floats too close to lower ``v``) could go round in circles.

    Returns
    -------
    The number of rows still free; ``free`` lists them.
    """
    count = 0
    for i in range(n):
        if column[i] < 0:
            free[count] = i
            count += 1
    steps = (SWEEPS - 1 if n <= FEW else SWEEPS) * n
    while count > 0 and steps > 0:
        k, waiting = 0, 0
        while k < count and steps > 0:
            steps -= 1
            i = free[k]
            best, second = best_and_second(h, h_bits, reduce_costs(c[i], v, h), key)
            best = best - TAKEN if best >= TAKEN else best
            first = h[best]
            h_bits[best] = second
            lowered = v[best] - (h[best] - first) if h[best] < np.inf else v[best]
            falls = lowered < v[best]
            v[best] = lowered
            thrown = row[best]
            column[i] = best
            row[best] = i
            key[best] = best + TAKEN
            if thrown < 0:
                k += 1
            elif falls:
                free[k] = thrown
            else:
                free[waiting] = thrown
                waiting += 1
                k += 1
        while k < count:
            free[waiting] = free[k]
            waiting += 1
            k += 1
        count = waiting
    return count


@_compile
def scan_row(costs, v, offset, reached, h_bits, key, closed):  # type: ignore[no-untyped-def]
    """Shorten the paths ``h`` by those through one row; returns the shortest, as bit pattern.

    Rounding must not make a path shorter than ``reached``, the length of those found before. A closed
    column has ``h = -inf``, which nothing shortens and which is the last without sign. ``closed`` is the key
    of one to close, or None: a single number stored just before would hold up a short scan.
    """
    floor, shut = bits(reached), bits(-costs.dtype.type(np.inf))
    least = unsigned(bits(costs.dtype.type(np.inf)))
    for j in range(h_bits.size):
        if closed is None:
            before = h_bits[j]
        else:
            before = shut if key[j] == closed else h_bits[j]
        length = min(max(bits((costs[j] - v[j]) - offset), floor), before)
        h_bits[j] = length
        least = min(least, unsigned(length))
    return h_bits.dtype.type(least)


@_compile
def augment(c, v, h, h_bits, column, row, key, roots, rows, columns, offsets, lengths):  # type: ignore[no-untyped-def]
    """Match each root along a shortest alternating path to a free column (Dijkstra on reduced costs).

    ``rows[s], columns[s], offsets[s], lengths[s]``: the row scanned in step ``s``, the column that led
    there, ``u`` of the row less the path's length, and that length.
    """
    inf = c.dtype.type(np.inf)
    narrow = h.size <= NARROW
    for root in roots:
        h[:] = inf
        i, j, steps, closed = root, -1, 0, key.dtype.type(-1)
        offset, reached = c.dtype.type(0), c.dtype.type(0)
        while True:
            rows[steps], columns[steps], offsets[steps], lengths[steps] = i, j, offset, reached
            steps += 1
            if narrow:
                least = scan_row(c[i], v, offset, reached, h_bits, key, closed)
            else:
                least = scan_row(c[i], v, offset, reached, h_bits, key, None)
            closed = column_of(h_bits, least, key)
            if closed < TAKEN:
                break
            j = closed - TAKEN
            reached = h[j]
            if not narrow:
                h[j] = -inf
            i = row[j]
            offset = (c[i, j] - v[j]) - reached
        reached = h[closed]
        flip_path(c, v, column, row, key, closed, steps, rows, columns, offsets, lengths)
        for s in range(1, steps):
            v[columns[s]] -= reached - lengths[s]


@_compile
def flip_path(c, v, column, row, key, j, steps, rows, columns, offsets, lengths):  # type: ignore[no-untyped-def]
    """Match along the path that ends in column ``j``.

    Which row led to a column was not stored: it is the scanned row with the shortest path to it. Only
    rows scanned before the column count, so the way back ends at the root, however the floats round.
    """
    key[j] = j + TAKEN
    while steps > 0:
        before, shortest = 0, c.dtype.type(np.inf)
        for s in range(steps):
            length = max((c[rows[s], j] - v[j]) - offsets[s], lengths[s])
            if length < shortest:
                before, shortest = s, length
        column[rows[before]] = j
        row[j] = rows[before]
        j, steps = columns[before], before


@_compile
def match(costs, n, duals, columns, bits_like):  # type: ignore[no-untyped-def]
    """Match a batch of problems, one after the other, in one set of buffers.

    Parameters
    ----------
    costs : (b, >= n, width)   float32 or float64, not negative after subtraction of the column minima;
                               columns beyond ``n`` are infinite
    duals : (b, width)         is set to ``v``
    columns : (b, n) int64     is set to the column matched to each row
    bits_like : (0,)           of the integer type as wide as the costs
    """
    width, real, integer = duals.shape[1], costs.dtype, bits_like.dtype
    h, key = np.empty(width, real), np.empty(width, integer)
    h_bits = h.view(integer)
    row, free = np.empty(n, np.int64), np.empty(n, np.int64)
    path = (np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, real), np.empty(n, real))
    for k in range(len(costs)):
        c, v, column = costs[k], duals[k], columns[k]
        reduce_columns(c, n, v, column, row, key)
        count = reduce_rows(c, n, v, h, h_bits, column, row, key, free)
        augment(c, v, h, h_bits, column, row, key, free[:count], *path)
