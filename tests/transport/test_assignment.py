"""The assignment solver against SciPy and POT, on the data that breaks fast solvers."""

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from wgan_helpers.transport import _assignment
from wgan_helpers.transport import _assignment_costs as kernels
from wgan_helpers.transport._assignment import assign, assign_cost, warm

RELATIVE = {np.float32: 1e-6, np.float64: 1e-9}
ROUNDING = {np.float32: 2e-6, np.float64: 1e-13}  # of potentials, relative to the largest cost
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(scope="module", autouse=True)
def compiled():
    warm()


def true_cost(x, y):
    """Euclidean costs in float64 of the points as they are given."""
    return cdist(x.astype(np.float64), y.astype(np.float64))


def assert_optimal(cost, columns, f, g, dtype):
    """``columns`` is a permutation of least cost, and (f, g) prove it."""
    n = len(cost)
    assert sorted(columns) == list(range(n))
    optimum = cost[linear_sum_assignment(cost)].sum()
    assert cost[np.arange(n), columns].sum() == pytest.approx(optimum, rel=RELATIVE[dtype], abs=0)
    slack = cost - f[:, None] - g[None, :]
    unit = np.abs(cost).max()
    assert slack.min() >= -ROUNDING[dtype] * unit
    assert np.abs(slack[np.arange(n), columns]).max() <= ROUNDING[np.float64] * unit


def assert_matches(x, y, dtype):
    x, y = (np.ascontiguousarray(points, dtype=dtype) for points in (x, y))
    columns, f, g = (part[0] for part in assign(x[None], y[None]))
    assert columns.dtype == np.int64
    assert f.dtype == g.dtype == np.float64
    assert_optimal(true_cost(x, y), columns, f, g, dtype)


def uniform(n, d, seed=0):
    random = np.random.default_rng([seed, n, d])
    return random.random((n, d)), random.random((n, d))


def shared_clusters(n, d, width):
    random = np.random.default_rng([n, d])
    centres = random.integers(0, 5, (n, 1))
    return centres + width * random.random((n, d)), random.permutation(centres) + width * random.random((n, d))


NASTY = {
    "uncentred": lambda x, y: (x + 1e4, y + 1e4),
    "far apart": lambda x, y: (x + 1e3, y - 1e3),
    "duplicates": lambda x, y: (x[np.arange(len(x)) // 2], y[np.arange(len(y)) // 3]),
    "x is y": lambda x, y: (x, x),
    "y is a permutation of x": lambda x, y: (x + 100, x[::-1] + 100),
    "y is a shift of x": lambda x, y: (x, x[::-1] + 0.01),
    "coarse grid": lambda x, y: (np.floor(3 * x), np.floor(3 * y)),
    "fine grid": lambda x, y: (np.floor(30 * x), np.floor(30 * y)),
    "all points equal": lambda x, y: (np.full_like(x, 0.1), np.full_like(y, 0.1)),
    "two points": lambda x, y: (np.zeros_like(x), np.ones_like(y)),
    "tiny": lambda x, y: (1e-6 * x, 1e-6 * y),
    "huge": lambda x, y: (1e6 * x, 1e6 * y),
    "squares underflow in float32": lambda x, y: (1e-30 * x, 1e-30 * y),
    "squares overflow in float32": lambda x, y: (1e30 * x, 1e30 * y),
    "an outlier": lambda x, y: (np.vstack([1e6 + x[:1], x[1:]]), y),
    "clusters": lambda x, y: shared_clusters(*x.shape, 1e-3),
    "tight clusters": lambda x, y: shared_clusters(*x.shape, 1e-6),
    "many scales": lambda x, y: (x * np.logspace(-8, 0, len(x))[:, None], y * np.logspace(-8, 0, len(y))[:, None]),
}


@DTYPES
@pytest.mark.parametrize("d", [1, 2, 3, 50, 3072])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 64, 65, 130])
def test_matches_scipy_on_uniform_samples(n, d, dtype):
    assert_matches(*uniform(n, d), dtype)


@DTYPES
@pytest.mark.parametrize("d", [1, 2, 50])
@pytest.mark.parametrize("n", [5, 64, 300])
@pytest.mark.parametrize("kind", NASTY)
def test_matches_scipy_on_nasty_data(kind, n, d, dtype):
    assert_matches(*NASTY[kind](*uniform(n, d)), dtype)


@DTYPES
@pytest.mark.parametrize("kind", ["uncentred", "coarse grid", "fine grid", "duplicates"])
def test_matches_pot_on_ties(kind, dtype):
    x, y = (points.astype(dtype) for points in NASTY[kind](*uniform(150, 2)))
    columns, f, g = (part[0] for part in assign(x[None], y[None]))
    cost = true_cost(x, y)
    expected = ot.emd2([], [], cost)
    assert cost[np.arange(150), columns].mean() == pytest.approx(expected, rel=RELATIVE[dtype])
    assert f.mean() + g.mean() == pytest.approx(expected, rel=RELATIVE[dtype])


@DTYPES
def test_matches_pot_on_digits(dtype):
    from sklearn.datasets import load_digits

    digits = load_digits().data[:600].reshape(2, 300, 64).astype(dtype)
    columns, _, _ = assign(digits[:1].copy(), digits[1:].copy())
    cost = true_cost(*digits)
    assert cost[np.arange(300), columns[0]].mean() == pytest.approx(ot.emd2([], [], cost), rel=RELATIVE[dtype])


@DTYPES
def test_on_the_line_sorted_points_are_matched(dtype):
    x, y = (points.astype(dtype) for points in uniform(2000, 1))
    columns, _, _ = assign(x[None], y[None])
    sorted_cost = np.abs(np.sort(x, 0).astype(float) - np.sort(y, 0)).mean()
    assert true_cost(x, y)[np.arange(2000), columns[0]].mean() == pytest.approx(sorted_cost, rel=RELATIVE[dtype])


@DTYPES
def test_equal_samples_cost_exactly_nothing(dtype):
    x = uniform(200, 10)[0].astype(dtype) + dtype(1000)
    columns, f, g = assign(x[None], x[None, ::-1].copy())
    assert (x[::-1][columns[0]] == x).all()
    assert f.sum() + g.sum() == 0


samples = st.integers(1, 40).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(1, 4), st.integers(0, 2**32 - 1), st.sampled_from([3, 50, 10**6]))
)


def lattice(sample):
    """Points on a lattice, coarse or fine: with ties, and exact in float32."""
    n, d, seed, levels = sample
    random = np.random.default_rng(seed)
    return tuple(random.integers(0, levels, (2, 1, n, d)).astype(np.float64))


def value(x, y):
    _, f, g = assign(np.ascontiguousarray(x), np.ascontiguousarray(y))
    return f.mean() + g.mean()


@settings(max_examples=60, deadline=None)
@given(samples, st.sampled_from([np.float32, np.float64]))
def test_value_does_not_depend_on_order_origin_or_unit(sample, dtype):
    x, y = (points.astype(dtype) for points in lattice(sample))
    expected = pytest.approx(value(x, y), rel=RELATIVE[dtype])
    assert value(y, x) == expected
    assert value(x[:, ::-1], y) == expected
    assert value(x + dtype(1024), y + dtype(1024)) == expected
    assert value(x * dtype(2.0**-40), y * dtype(2.0**-40)) * 2.0**40 == expected


@settings(max_examples=60, deadline=None)
@given(samples, st.sampled_from([np.float32, np.float64]), st.sampled_from([0, -5, 1e4]))
def test_any_cost_matrix_is_solved(sample, dtype, shift):
    n, _, seed, levels = sample
    cost = (np.random.default_rng(seed).integers(0, levels, (n, n)) + shift).astype(dtype)
    columns, f, g = (part[0] for part in assign_cost(cost[None]))
    assert_optimal(cost.astype(np.float64), columns, f, g, dtype)


@DTYPES
@pytest.mark.parametrize(
    "make",
    [
        lambda random: random.normal(size=(90, 90)),
        lambda random: random.normal(size=(90, 1)) + random.normal(size=(1, 90)),  # every matching is optimal
        lambda random: np.exp(20 * random.normal(size=(90, 90))),  # wider than float32 once it is scaled
        lambda random: random.choice([-0.0, 0.0, -1.0], size=(90, 90)),
        lambda random: 1e37 * random.normal(size=(90, 90)),
        lambda random: np.full((90, 90), -3.0),
    ],
    ids=["normal", "rank one", "exponential", "signed zeros", "huge", "constant"],
)
def test_cost_matrices_need_not_be_distances(make, dtype):
    cost = make(np.random.default_rng(0)).astype(dtype)
    columns, f, g = (part[0] for part in assign_cost(cost[None]))
    assert_optimal(cost.astype(np.float64), columns, f, g, dtype)


@DTYPES
@pytest.mark.parametrize("b, n, d", [(0, 5, 2), (1, 70, 3), (203, 40, 3), (9, 200, 2)])
def test_a_batch_is_its_problems_one_by_one(b, n, d, dtype):
    random = np.random.default_rng(b)
    x, y = (random.random((b, n, d)).astype(dtype) for _ in range(2))
    batch = assign(x, y)
    assert [part.shape for part in batch] == [(b, n)] * 3
    for k in range(b):
        for whole, one in zip(batch, assign(x[k : k + 1], y[k : k + 1]), strict=True):
            np.testing.assert_array_equal(whole[k], one[0])


def test_inputs_are_left_alone():
    x, y = (points[None] for points in uniform(50, 3))
    before = x.copy(), y.copy()
    assign(x, y)
    assert (x == before[0]).all() and (y == before[1]).all()


# --- The certificate ---------------------------------------------------------------------------------


def plain_gemm_cost(x, y):
    """What most libraries do: |x|² + |y|² - 2xy, in the points' own precision."""
    squares = (x * x).sum(1)[:, None] + (y * y).sum(1)[None, :] - 2 * (x @ y.T)
    return np.sqrt(np.maximum(squares, 0))


def test_where_the_plain_matrix_product_is_wrong_ours_is_right():
    x, y = ((points + 1000).astype(np.float32) for points in uniform(200, 30))
    cost, rows = true_cost(x, y), np.arange(200)
    optimum = cost[linear_sum_assignment(cost)].sum()
    plain = cost[linear_sum_assignment(plain_gemm_cost(x, y))].sum()
    assert plain > optimum * (1 + 1e-3)
    assert cost[rows, assign(x[None], y[None])[0][0]].sum() == pytest.approx(optimum, rel=1e-6)


def certified(x, y, dtype):
    """Relative bound that `certify` gives, and the true distance from the optimum."""
    x, y = (np.ascontiguousarray(points, dtype=dtype)[None] for points in (x, y))
    columns, _, _, gap, total = _assignment._in_blocks(_assignment._match_points, x, y)
    cost = true_cost(x[0], y[0])
    optimum = cost[linear_sum_assignment(cost)].sum()
    return gap[0] / total[0], cost[np.arange(len(cost)), columns[0]].sum() / optimum - 1


@DTYPES
@pytest.mark.parametrize("d", [1, 2, 50, 784])
def test_the_certificate_bounds_the_error_and_is_small(d, dtype):
    bound, error = certified(*uniform(250, d), dtype)
    assert error <= bound + 1e-15
    assert bound <= {np.float32: kernels.TOLERANCE, np.float64: 1e-13}[dtype]


def test_the_certificate_sees_a_wrong_matching():
    x, y = uniform(40, 5)
    cost = true_cost(x, y)
    column, v, f, g = np.arange(40), np.zeros(64), np.empty(40), np.empty(40)
    padded = np.full((40, 64), np.inf)
    padded[:, :40] = cost
    gap, total = kernels.certify(x, y, 1.0, padded, 1e-14, v, column, f, g)
    assert total == pytest.approx(np.trace(cost))
    assert gap == pytest.approx(np.trace(cost) - cost.min(axis=1).sum())
    gaps, totals = np.empty(1), np.empty(1)
    kernels.certify_given(cost[None], padded[None], np.ones(1), v[None], column[None], f[None], g[None], gaps, totals)
    assert (gaps[0], totals[0]) == pytest.approx((gap, total))


def test_what_float32_cannot_decide_is_solved_in_float64():
    # Every matching costs nothing but the rounding of the entries, which the duals' own rounding hides.
    random = np.random.default_rng(0)
    rows, columns = (part - part.mean() for part in random.random((2, 60)))
    cost = (rows[:, None] + columns[None, :]).astype(np.float32)[None]
    _, _, _, gap, total = _assignment._in_blocks(_assignment._match_given, cost)
    assert gap[0] > 1e-3 * abs(total[0])
    columns, f, g = (part[0] for part in assign_cost(cost))
    assert_optimal(cost[0].astype(np.float64), columns, f, g, np.float64)


def test_only_doubtful_problems_are_solved_again(monkeypatch):
    calls = []
    solve = _assignment._in_blocks

    def spy(kernel, *problems):
        calls.append((problems[0].dtype.name, len(problems[0])))
        results = solve(kernel, *problems)
        if problems[0].dtype == np.float32:
            results.gap[[1, 4]] = np.nan
            results.columns[[1, 4]] = -1
        return results

    monkeypatch.setattr(_assignment, "_in_blocks", spy)
    x, y = (np.random.default_rng(k).random((6, 20, 2)).astype(np.float32) for k in range(2))
    columns, _, _ = assign(x, y)
    assert calls == [("float32", 6), ("float64", 2)]
    assert (np.sort(columns) == np.arange(20)).all()


# --- Threads and processes -------------------------------------------------------------------------------


def batch(seed):
    random = np.random.default_rng(seed)
    return tuple(random.random((60, 80, 5)).astype(np.float32) for _ in range(2))


def test_four_threads_at_once_get_what_one_gets():
    problems = [batch(seed) for seed in range(4)]
    alone = [assign(*problem) for problem in problems]
    barrier = threading.Barrier(4)

    def run(problem):
        barrier.wait()
        return [assign(*problem) for _ in range(5)]

    with ThreadPoolExecutor(4) as threads:
        for expected, repeated in zip(alone, threads.map(run, problems), strict=True):
            for results in repeated:
                for part, same in zip(results, expected, strict=True):
                    np.testing.assert_array_equal(part, same)


def _columns_in_child(queue):
    queue.put(assign(*batch(0))[0])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_makes_its_own_pool():
    here = assign(*batch(0))[0]  # the pool exists now, and its threads are not inherited
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_columns_in_child, args=(queue,))
    child.start()
    there = queue.get(timeout=30)
    child.join()
    np.testing.assert_array_equal(here, there)


def test_an_error_in_a_block_reaches_the_caller(monkeypatch):
    def broken(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _assignment._in_blocks(broken, *batch(0))
    assert (np.sort(assign(*batch(0))[0]) == np.arange(80)).all()
