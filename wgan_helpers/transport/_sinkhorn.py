"""Entropic transport on the CPU: whole batches, on all cores, by the compiled kernels of `_sinkhorn_kernels`."""

from typing import NamedTuple

import numpy as np

from wgan_helpers.transport import _assignment_costs as tiles
from wgan_helpers.transport import _sinkhorn_kernels as kernels
from wgan_helpers.transport._threads import in_blocks, room

_PAIRS = 2**15  # of points in a block: costs and plan fit a core's cache, and are work enough to wake up a thread


class Solved(NamedTuple):
    """Potentials f (k, b, n), g (k, b, m); dual values, L1 marginal errors, iterations (k, b). All float64."""

    f: np.ndarray
    g: np.ndarray
    values: np.ndarray
    errors: np.ndarray
    counts: np.ndarray


def solve(
    x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray, epsilons: np.ndarray, tolerance: float, most: int
) -> Solved:
    """Entropic transport between samples x (b, n, d) and y (b, m, d), float64, at each of ``epsilons`` (k,).

    ``epsilons`` fall from one to the next. One iteration is one reading of the plan; there are at most ``most``
    of them for each ε.
    """
    solved = _unsolved(len(x), len(epsilons), x.shape[1], y.shape[1])

    def block(part: slice) -> None:
        costs, scales, plan = _costs(x[part], y[part])
        kernels.solve_pairs(
            costs, scales, a[part], b[part], epsilons, tolerance, most, plan, *(one[part] for one in solved)
        )

    in_blocks(block, len(x), max(1, _PAIRS // (x.shape[1] * y.shape[1])))
    return _epsilons_first(solved)


def solve_self(x: np.ndarray, a: np.ndarray, epsilons: np.ndarray, tolerance: float, most: int) -> Solved:
    """Entropic transport of samples x (b, n, d) to themselves; see `solve`. Here f = g."""
    f, _, *numbers = _unsolved(len(x), len(epsilons), x.shape[1], 0)

    def block(part: slice) -> None:
        costs, scales, kernel = _costs(x[part], x[part])
        kernels.solve_selves(
            costs, scales, a[part], epsilons, tolerance, most, kernel, f[part], *(one[part] for one in numbers)
        )

    in_blocks(block, len(x), max(1, _PAIRS // x.shape[1] ** 2))
    return _epsilons_first(Solved(f, f, *numbers))


def gradient(
    x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray, epsilons: np.ndarray, g: np.ndarray, slopes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient in ``x`` and ``y`` of the sum of ``slopes`` (k, b) times costs, from potentials g (k, b, m)."""
    g, slopes = (np.ascontiguousarray(part.swapaxes(0, 1)) for part in (g, slopes))
    pulls = np.empty_like(x), np.empty_like(y)

    def block(part: slice) -> None:
        costs, scales, _ = _costs(x[part], y[part])
        sides = (x[part], y[part], a[part], b[part])
        kernels.pull_points(costs, scales, *sides, epsilons, g[part], slopes[part], *(one[part] for one in pulls))

    in_blocks(block, len(x), max(1, _PAIRS // (x.shape[1] * y.shape[1])))
    return pulls


def warm() -> None:
    """Compile, or load what was compiled before."""
    x, a, epsilons = np.zeros((1, 2, 1)), np.full((1, 2), 0.5), np.ones(1)
    solve(x, x, a, a, epsilons, 1e-6, 1)
    solve_self(x, a, epsilons, 1e-6, 1)
    gradient(x, x, a, a, epsilons, np.zeros((1, 1, 2)), np.ones((1, 1)))


def _unsolved(b: int, k: int, n: int, m: int) -> Solved:
    """Problems come first: blocks of them are contiguous, so that one compiled version serves all."""
    numbers = np.empty((b, k)), np.empty((b, k)), np.empty((b, k), np.int64)
    return Solved(np.empty((b, k, n)), np.empty((b, k, m)), *numbers)


def _epsilons_first(solved: Solved) -> Solved:
    return Solved(*(part.swapaxes(0, 1) for part in solved))


def _costs(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scaled costs in whole tiles, their scales, and room for a plan."""
    b, n, m = len(x), x.shape[1], y.shape[1]
    height, width = -(-n // tiles.HEIGHT) * tiles.HEIGHT, -(-m // tiles.WIDTH) * tiles.WIDTH
    memory = room((b + 1) * height * width * 8).view(np.float64).reshape(b + 1, height, width)
    costs, scales = memory[:b], np.empty(b)
    tiles.fill_distances(x, y, costs, scales)
    return costs, scales, memory[b]
