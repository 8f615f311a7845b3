"""Sinkhorn divergences as in Figure 8, beside what a user would pick instead.

    python benchmarks/fig8.py [--quick]

Figure 8 draws two samples of U[0,1]^50 and debiases the entropic cost. Times are from points to divergence,
three problems each, in milliseconds. All methods stop at a marginal error of 1e-6 (POT takes the L2 norm of it,
which is smaller; GeomLoss has no such setting, it is run as it comes) and run in turn, round after round; medians
are given: on a shared machine trust the ratios. Slow peers do some of the repetitions, scaled to 100. Every
method's values are compared with POT's at a tolerance of 1e-12: the relative error stands beside its time.
Peers that are not installed are left out and named.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import ot
import ot.batch
import torch
from scipy.special import xlogy

from wgan_helpers.transport import sinkhorn_divergence
from wgan_helpers.transport._sinkhorn import warm

SIZES = (50, 100, 250, 500, 1000)
EPSILONS = (0.1, 1.0, 10.0, 100.0, 1000.0)
REPETITIONS = 100
DIM = 50
TOLERANCE = 1e-6
CHECKED = 2  # problems that are compared with the reference

Values = np.ndarray
Divergence = Callable[[torch.Tensor, torch.Tensor, float], Values]


@dataclass(frozen=True)
class Method:
    """``run`` maps a batch of samples and ε to divergences (b,); it is given the first ``at_most`` of the batch."""

    name: str
    run: Divergence
    at_most: int = REPETITIONS


@dataclass(frozen=True)
class Measured:
    seconds: float
    error: float


def ours(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> Values:
    return sinkhorn_divergence(x, y, epsilon).numpy()


def debiased(cost: Callable[..., Values]) -> Divergence:
    """From an entropic cost of batches to the divergence."""

    def run(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> Values:
        return cost(x, y, epsilon) - cost(x, x, epsilon) / 2 - cost(y, y, epsilon) / 2

    return run


def pot_solve(x: torch.Tensor, y: torch.Tensor, epsilon: float, numpy: bool = True, tol: float = TOLERANCE) -> Values:
    settings = {"reg": epsilon, "reg_type": "KL", "metric": "euclidean", "tol": tol, "max_iter": 100_000}
    pairs = zip(*(part.numpy() if numpy else part for part in (x, y)), strict=True)
    return np.array([float(ot.solve_sample(*pair, **settings).value) for pair in pairs])


def pot_sinkhorn(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> Values:
    return np.array([_pot_sinkhorn(*pair, epsilon) for pair in zip(x.numpy(), y.numpy(), strict=True)])


def _pot_sinkhorn(x: Values, y: Values, epsilon: float) -> float:
    cost = ot.dist(x, y, "euclidean")
    plan = ot.sinkhorn([], [], cost, epsilon, stopThr=TOLERANCE, numItermax=100_000)
    return float((plan * cost).sum() + epsilon * xlogy(plan, plan * plan.size).sum())


def pot_batch(x: torch.Tensor, y: torch.Tensor, epsilon: float, method: str) -> Values:
    # ot.batch.dist_batch has NaN where points coincide
    cost = torch.cdist(x, y)
    settings = {"reg_type": "kl", "method": method, "tol": TOLERANCE, "max_iter": 100_000, "grad": "detach"}
    return ot.batch.solve_batch(cost, epsilon, **settings).value.numpy()


def optional_peers() -> tuple[list[Method], list[str]]:
    """Those that are installed, and the names of the others."""
    peers, missing = [], []
    for name, make in (("GeomLoss", _geomloss), ("OTT-JAX", _ott)):
        try:
            peers.append(Method(name, make(), 20))
        except ImportError:
            missing.append(name)
    return peers, missing


def _geomloss() -> Divergence:
    from geomloss import SamplesLoss

    def run(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> Values:
        loss = SamplesLoss("sinkhorn", p=1, blur=epsilon, debias=True, backend="tensorized")
        return loss(x, y).numpy()

    return run


def _ott() -> Divergence:
    import jax
    from ott.geometry import costs, pointcloud
    from ott.tools import sinkhorn_divergence as tools

    jax.config.update("jax_enable_x64", True)

    @jax.jit
    @partial(jax.vmap, in_axes=(0, 0, None))
    def divergence(x, y, epsilon):  # type: ignore[no-untyped-def]
        settings = {"threshold": TOLERANCE, "max_iterations": 100_000}
        return tools.sinkhorn_divergence(
            pointcloud.PointCloud, x, y, cost_fn=costs.Euclidean(), epsilon=epsilon, solve_kwargs=settings
        )[0]

    def run(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> Values:
        return np.asarray(divergence(x.numpy(), y.numpy(), epsilon))

    return run


def samples(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(n)
    x, y = (torch.rand(REPETITIONS, n, DIM, generator=generator, dtype=torch.float64) for _ in range(2))
    return x, y


def reference(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> Values:
    exact = debiased(partial(pot_solve, numpy=False, tol=1e-12))
    return exact(x[:CHECKED], y[:CHECKED], epsilon)


def compare(methods: list[Method], n: int, epsilon: float, rounds: int) -> dict[str, Measured]:
    """Median time for 100 repetitions and relative error, per method."""
    x, y = samples(n)
    expected = reference(x, y, epsilon)
    seconds: dict[str, list[float]] = {method.name: [] for method in methods}
    errors = {}
    for method in methods:  # compiles what is compiled, and is not timed
        values = method.run(x[: method.at_most], y[: method.at_most], epsilon)
        errors[method.name] = float(np.abs(values[:CHECKED] / expected[: method.at_most] - 1).max())
    for _ in range(rounds):
        for method in methods:
            start = time.perf_counter()
            method.run(x[: method.at_most], y[: method.at_most], epsilon)
            seconds[method.name].append((time.perf_counter() - start) * REPETITIONS / method.at_most)
    return {name: Measured(statistics.median(times), errors[name]) for name, times in seconds.items()}


def table(rows: dict[str, dict[str, Measured]]) -> str:
    """Markdown: one row per problem; time, how many times faster ours is, and the relative error."""
    names = list(next(iter(rows.values())))
    lines = ["| ms (relative error) | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for label, row in rows.items():
        mine = row[names[0]].seconds
        cells = [f"{one.seconds * 1e3:.3g}, {one.seconds / mine:.1f}× ({one.error:.0e})" for one in row.values()]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def one_size(n: int, rounds: int, few: int, peers: list[Method]) -> dict[str, dict[str, Measured]]:
    """100 repetitions of one size, at the ε where the regularisation matters."""
    methods = [
        Method("ours", ours),
        Method("POT solve_sample, NumPy", debiased(pot_solve), few),
        Method("POT sinkhorn + KL", debiased(pot_sinkhorn), few),
        Method("ot.batch log_sinkhorn", debiased(partial(pot_batch, method="log_sinkhorn")), 10 * few),
        Method("ot.batch sinkhorn", debiased(partial(pot_batch, method="sinkhorn")), 10 * few),
        *peers,
    ]
    return {f"ε = {epsilon:g}": compare(methods, n, epsilon, rounds) for epsilon in (0.1, 1.0, 10.0)}


def whole_figure(rounds: int, few: int) -> str:
    """The grid of Figure 8: ours in full, in sweeps over ε; POT's loop on a few repetitions of each cell."""
    lines = ["| s for 100 repetitions, 5 ε | ours | POT solve_sample, NumPy | |", "|---|---|---|---|"]
    sums = np.zeros(2)
    for n in SIZES:
        x, y = samples(n)
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            values = sinkhorn_divergence(x, y, EPSILONS).numpy()
            times.append(time.perf_counter() - start)
        some = min(few, max(1, 500 // n))
        start = time.perf_counter()
        for epsilon, mine in zip(EPSILONS, values, strict=True):
            peer = debiased(pot_solve)(x[:some], y[:some], epsilon)
            np.testing.assert_allclose(mine[:some], peer, rtol=1e-4, err_msg=f"n = {n}, ε = {epsilon}")
        pair = np.array([statistics.median(times), (time.perf_counter() - start) * REPETITIONS / some])
        sums += pair
        lines.append(f"| n = {n} | {pair[0]:.3g} | {pair[1]:.3g} ({some} of 100, scaled) | {pair[1] / pair[0]:.0f}× |")
    lines.append(f"| **whole Fig 8** | {sums[0]:.3g} | {sums[1]:.4g} | {sums[1] / sums[0]:.0f}× |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer repetitions of the slow peers")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")  # of the peers
    warm()
    peers, missing = optional_peers()
    print(f"{torch.get_num_threads()} threads; torch {torch.__version__}, POT {ot.__version__}")
    print("".join(f"{name}: not installed\n" for name in missing))
    print(f"n = 250, d = {DIM}, × {REPETITIONS}\n")
    print(table(one_size(250, rounds=3 if quick else 7, few=1 if quick else 2, peers=[] if quick else peers)))
    print(f"\nd = {DIM}, × {REPETITIONS}, ε = {EPSILONS}\n")
    print(whole_figure(rounds=1 if quick else 3, few=1 if quick else 4))


if __name__ == "__main__":
    main()
