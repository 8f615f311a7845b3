"""Exact W1 for the whole of Figure 4, beside what a user would pick instead.

    python benchmarks/fig4.py [--quick]

Figure 4 draws two samples of U[0,1]^50, for n = 10 … 1000 and 100 repetitions each. Times are from points
to W1 (costs and solve), in milliseconds. All methods run in turn, round after round, and medians are
given: on a shared machine trust the ratios. Slow peers do a few repetitions of each size, scaled to 100.
Every value is compared with POT's on float64 costs.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

# or PyTorch's threads go on spinning after one method, and take a core from the next; the course's kernels do the same
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import lap
import numpy as np
import ot
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from wgan_helpers.transport import wasserstein1
from wgan_helpers.transport._assignment import assign_cost, warm

SIZES = (10, 50, 100, 250, 500, 1000)
REPETITIONS = 100
DIM = 50
TOLERANCE = 1e-6

Values = np.ndarray


@dataclass(frozen=True)
class Method:
    """``run`` maps a batch of problems to values (b,); it is given the first ``at_most`` of the batch."""

    name: str
    run: Callable[..., Values]
    at_most: int = REPETITIONS


def ours(x: torch.Tensor, y: torch.Tensor) -> Values:
    return wasserstein1(x, y).numpy()


def pot(x: torch.Tensor, y: torch.Tensor) -> Values:
    pairs = zip(x.numpy(), y.numpy(), strict=True)
    return np.array([ot.emd2([], [], ot.dist(a, b, "euclidean")) for a, b in pairs])


def scipy(x: torch.Tensor, y: torch.Tensor) -> Values:
    return np.array([_scipy_cost(cdist(a, b)) for a, b in zip(x.numpy(), y.numpy(), strict=True)])


def lapx(x: torch.Tensor, y: torch.Tensor) -> Values:
    return _lapx_cost(torch.cdist(x, y).numpy())


def reference(x: torch.Tensor, y: torch.Tensor) -> Values:
    return pot(x.double(), y.double())


def ours_cost(cost: Values) -> Values:
    _, f, g = assign_cost(cost)
    return (f + g).mean(axis=1)


def pot_cost(cost: Values) -> Values:
    return np.array([ot.emd2([], [], one) for one in cost])


def scipy_cost(cost: Values) -> Values:
    return np.array([_scipy_cost(one) for one in cost])


def _scipy_cost(cost: Values) -> float:
    return float(cost[linear_sum_assignment(cost)].mean(dtype=np.float64))


def _lapx_cost(cost: Values) -> Values:
    return lap.lapjvr_batch(cost, n_threads=torch.get_num_threads())[0] / cost.shape[1]


def compare(methods: list[Method], problems: tuple, truth: Callable[..., Values], rounds: int) -> dict[str, float]:
    """Median seconds for all of ``problems``, per method; raises if a method is wrong."""
    count = len(problems[0])
    seconds: dict[str, list[float]] = {method.name: [] for method in methods}
    expected = truth(*(part[: min(count, 4)] for part in problems))
    for _ in range(rounds):
        for method in methods:
            some = min(method.at_most, count)
            start = time.perf_counter()
            values = method.run(*(part[:some] for part in problems))
            seconds[method.name].append((time.perf_counter() - start) * count / some)
            np.testing.assert_allclose(values[:4], expected[:some], rtol=TOLERANCE, err_msg=method.name)
    return {name: statistics.median(times) for name, times in seconds.items()}


def table(rows: dict[str, dict[str, float]]) -> str:
    """Markdown: one row per problem, one column per method, and how many times faster ours is."""
    names = list(next(iter(rows.values())))
    lines = ["| ms | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for label, times in rows.items():
        cells = [f"{times[name] * 1e3:.3g} ({times[name] / times[names[0]]:.1f}×)" for name in names]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def figure4(rounds: int, scale: int) -> dict[str, dict[str, float]]:
    """Each size of the figure, and their sum."""
    rows = {}
    for n in SIZES:
        generator = torch.Generator().manual_seed(n)
        x, y = (torch.rand(REPETITIONS, n, DIM, generator=generator) for _ in range(2))
        few = max(1, min(REPETITIONS, 2000 * scale // n))
        methods = [
            Method("ours", ours),
            Method("POT emd2", pot, few),
            Method("SciPy", scipy, few),
            Method("lapx lapjvr_batch", lapx, max(few, 20)),
        ]
        rows[f"n = {n}, × {REPETITIONS}"] = compare(methods, (x, y), reference, rounds)
    rows["**whole Fig 4**"] = {name: sum(row[name] for row in rows.values()) for name in rows[f"n = {n}, × 100"]}
    return rows


def single(n: int, rounds: int) -> dict[str, float]:
    """One problem, as a slider would ask for it."""
    generator = torch.Generator().manual_seed(n)
    x, y = (torch.rand(1, n, DIM, generator=generator) for _ in range(2))
    methods = [Method("ours", ours), Method("POT emd2", pot), Method("SciPy", scipy), Method("lapx lapjvr_batch", lapx)]
    return compare(methods, (x, y), reference, rounds)


def solve_only(n: int, count: int, rounds: int) -> dict[str, float]:
    """Given float32 cost matrices."""
    generator = torch.Generator().manual_seed(n)
    x, y = (torch.rand(count, n, DIM, generator=generator).double() for _ in range(2))
    cost = torch.cdist(x, y).float().numpy()
    methods = [
        Method("ours", ours_cost),
        Method("POT emd2", pot_cost),
        Method("SciPy", scipy_cost),
        Method("lapx lapjvr_batch", _lapx_cost),
    ]
    return compare(methods, (cost,), lambda some: pot_cost(some.astype(np.float64)), rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer repetitions of the slow peers")
    quick = parser.parse_args().quick
    warm()
    rows = figure4(rounds=3 if quick else 7, scale=1 if quick else 2)
    for n in (64, 512):
        rows[f"n = {n}, one problem"] = single(n, rounds=11 if quick else 51)
    rows["n = 64, × 100, solve only"] = solve_only(64, 100, rounds=11 if quick else 31)
    print(f"{torch.get_num_threads()} threads; torch {torch.__version__}, POT {ot.__version__}\n")
    print(table(rows))


if __name__ == "__main__":
    main()
