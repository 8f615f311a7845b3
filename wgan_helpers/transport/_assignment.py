"""Exact assignment between two equal-size uniform samples, for whole batches, on all cores.

float32 problems are solved in float32 and certified in float64; the few whose certificate does not
promise `kernels.TOLERANCE` are solved again in float64.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wgan_helpers.transport import _assignment_costs as kernels
from wgan_helpers.transport._jonker_volgenant import match
from wgan_helpers.transport._threads import in_blocks, room

_CACHED = 2**18  # pairs of points in a block at most: their costs fit a core's cache
_FEW = 2**15  # pairs are not worth waking up a thread
_COORDINATES = 128  # of a point; with more of them, fewer pairs are

Matching = tuple[np.ndarray, np.ndarray, np.ndarray]


class _Solved(NamedTuple):
    """Columns, f, g (b, n), and what certifies them: gap, total (b,), see `kernels.certify`."""

    columns: np.ndarray
    f: np.ndarray
    g: np.ndarray
    gap: np.ndarray
    total: np.ndarray


def assign(x: np.ndarray, y: np.ndarray) -> Matching:
    """Optimal matching of points under the Euclidean distance.

    Parameters
    ----------
    x, y : (b, n, d)
        C-contiguous, both float32 or both float64, finite.

    Returns
    -------
    columns : (b, n) int64
        ``y[columns[i]]`` is matched to ``x[i]``.
    f, g : (b, n) float64
        Potentials: ``f_i + g_j <= c_ij`` up to rounding, equal on matched pairs; so the mean matched
        distance is ``f.mean() + g.mean()``.
    """
    return _certified(_match_points, x, y)


def assign_cost(cost: np.ndarray) -> Matching:
    """Optimal matching for given costs ``(b, n, n)``: any finite float32 or float64 numbers; see `assign`."""
    return _certified(_match_given, np.ascontiguousarray(cost))


def warm() -> None:
    """Compile for both types, or load what was compiled before."""
    for dtype in (np.float32, np.float64):
        assign(np.zeros((1, 2, 1), dtype), np.ones((1, 2, 1), dtype))
        assign_cost(np.zeros((1, 2, 2), dtype))


def _certified(solve: Callable[..., None], *problems: np.ndarray) -> Matching:
    solved = _in_blocks(solve, *problems)
    if problems[0].dtype == np.float32:
        (doubtful,) = np.nonzero(~(solved.gap <= kernels.TOLERANCE * np.abs(solved.total)))
        if doubtful.size:
            again = _in_blocks(solve, *(part[doubtful].astype(np.float64) for part in problems))
            for part, better in zip(solved, again, strict=True):
                part[doubtful] = better
    return solved.columns, solved.f, solved.g


def _match_points(x: np.ndarray, y: np.ndarray, solved: _Solved) -> None:
    costs, duals, scales, bits_like = _buffers(x)
    kernels.fill_distances(x, y, costs, scales)
    match(costs, x.shape[1], duals, solved.columns, bits_like)
    kernels.certify_distances(x, y, costs, scales, duals, *solved)


def _match_given(cost: np.ndarray, solved: _Solved) -> None:
    costs, duals, scales, bits_like = _buffers(cost)
    kernels.fill_given(cost, costs, scales)
    match(costs, cost.shape[1], duals, solved.columns, bits_like)
    kernels.certify_given(cost, costs, scales, duals, *solved)


def _buffers(problems: np.ndarray) -> tuple[np.ndarray, ...]:
    """Costs in whole tiles, duals, scales; and an empty array of the integer type as wide as the floats."""
    b, n = problems.shape[:2]
    height, width = (-(-n // unit) * unit for unit in (kernels.HEIGHT, kernels.WIDTH))
    integer = np.int32 if problems.dtype == np.float32 else np.int64
    costs = room(b * height * width * problems.itemsize).view(problems.dtype).reshape(b, height, width)
    return costs, np.empty((b, width), problems.dtype), np.empty(b), np.empty(0, integer)


def _in_blocks(solve: Callable[..., None], *problems: np.ndarray) -> _Solved:
    """Solve blocks of problems; the calling thread and the pool's take the next one as they get free."""
    b, n = problems[0].shape[:2]
    solved = _Solved(np.empty((b, n), np.int64), np.empty((b, n)), np.empty((b, n)), np.empty(b), np.empty(b))

    def block(part: slice) -> None:
        solve(*(one[part] for one in problems), _Solved(*(one[part] for one in solved)))

    # points with many coordinates, such as pictures, are work for a thread each
    coordinates = problems[0].shape[2] if len(problems) == 2 else 1
    pairs = n**2 * max(1, coordinates // _COORDINATES)
    in_blocks(block, b, max(1, _CACHED // pairs), _FEW // pairs)
    return solved
