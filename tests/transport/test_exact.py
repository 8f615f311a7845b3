"""Exact W₁: equal to POT, with a plan, potentials and gradients that belong to it."""

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wgan_helpers import transport

TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-9}
DTYPES = list(TOLERANCE)


def points(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def masses(n, seed=0, dtype=torch.float64):
    a = torch.rand(n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.01
    return (a / a.sum()).to(dtype)


def pot(x, y, a=None, b=None):
    cost = ot.dist(x.double().numpy(), y.double().numpy(), metric="euclidean")
    sides = [[] if w is None else (w.double() / w.double().sum()).numpy() for w in (a, b)]
    return ot.emd2(*sides, cost, numItermax=10_000_000)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("n", "m", "d"), [(1, 1, 1), (1, 7, 3), (64, 64, 50), (50, 51, 2), (200, 30, 8), (33, 33, 200)]
)
def test_equals_pot_on_uniform_weights(n, m, d, dtype):
    x, y = points(n, d, dtype=dtype), points(m, d, seed=1, dtype=dtype)
    assert transport.wasserstein1(x, y).item() == pytest.approx(pot(x, y), rel=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 9), (40, 40), (25, 60)])
def test_equals_pot_on_given_weights(n, m, dtype):
    x, y = points(n, 5, dtype=dtype), points(m, 5, seed=1, dtype=dtype)
    a, b = masses(n, 2, dtype), masses(m, 3, dtype)
    assert transport.wasserstein1(x, y, a, b).item() == pytest.approx(pot(x, y, a, b), rel=TOLERANCE[dtype])


def test_weights_of_zero_leave_their_points_out():
    x, y = points(6, 2), points(5, 2, seed=1)
    a = torch.tensor([0.5, 0.5, 0, 0, 0, 0], dtype=torch.float64)
    assert transport.wasserstein1(x, y, a).item() == pytest.approx(transport.wasserstein1(x[:2], y).item(), rel=1e-12)


def test_uniform_weights_given_or_not_are_the_same():
    x, y = points(32, 4), points(32, 4, seed=1)
    a = torch.full((32,), 1 / 32, dtype=torch.float64)
    assert transport.wasserstein1(x, y, a, a) == transport.wasserstein1(x, y)


@pytest.mark.parametrize("m", [20, 31])
def test_a_batch_equals_a_loop(m):
    x, y = points(7, 20, 3), points(7, m, 3, seed=1)
    together = transport.wasserstein1(x, y)
    alone = torch.stack([transport.wasserstein1(*pair) for pair in zip(x, y, strict=True)])
    assert together.shape == (7,)
    torch.testing.assert_close(together, alone, rtol=1e-13, atol=0)


def test_weights_of_a_batch_may_be_shared_or_their_own():
    x, y = points(3, 6, 2), points(3, 4, 2, seed=1)
    a, b = masses(6), torch.stack([masses(4, seed) for seed in range(3)])
    together = transport.wasserstein1(x, y, a, b)
    alone = [transport.wasserstein1(x[i], y[i], a, b[i]) for i in range(3)]
    torch.testing.assert_close(together, torch.stack(alone))


def test_numpy_in_gives_tensors_out():
    x, y = points(8, 2), points(8, 2, seed=1)
    value = transport.wasserstein1(x.numpy(), y.numpy())
    assert isinstance(value, torch.Tensor)
    assert value == transport.wasserstein1(x, y)


def test_numpy_that_must_not_be_written_and_strided_views_are_read():
    x = points(16, 4).numpy()
    x.flags.writeable = False
    strided, plain = x[::2, ::-1], np.ascontiguousarray(x[::2, ::-1])
    y = points(8, 4, seed=1).numpy()
    assert transport.wasserstein1(strided, y) == transport.wasserstein1(plain, y)


def test_the_result_has_the_dtype_and_shape_of_the_samples():
    for dtype in DTYPES:
        x = points(2, 3, 4, dtype=dtype)
        assert transport.wasserstein1(x, x).dtype == dtype
        assert transport.wasserstein1(x[0], x[1]).shape == ()


# W₂


@pytest.mark.parametrize(("n", "m", "weighted"), [(20, 20, False), (20, 13, False), (9, 9, True)])
def test_w2_equals_pot_on_squared_distances(n, m, weighted):
    x, y = points(3, n, 4), points(3, m, 4, seed=1)
    a, b = (masses(n), masses(m, 1)) if weighted else (None, None)
    values = transport.wasserstein2(x, y, a, b)
    for i in range(3):
        cost = ot.dist(x[i].numpy(), y[i].numpy())
        expected = ot.emd2([] if a is None else a.numpy(), [] if b is None else b.numpy(), cost) ** 0.5
        assert values[i].item() == pytest.approx(expected, rel=1e-9)


def test_w2_is_at_least_w1_and_equal_for_a_shift():
    x, y = points(30, 3), points(30, 3, seed=1)
    assert transport.wasserstein2(x, y) >= transport.wasserstein1(x, y)
    assert transport.wasserstein2(x, x + 1).item() == pytest.approx(3**0.5, rel=1e-12)


def test_the_gradient_of_w2_agrees_with_finite_differences_and_is_zero_at_zero():
    x, y = points(6, 3).requires_grad_(), points(4, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(transport.wasserstein2, (x, y), eps=1e-7, atol=1e-5)
    transport.wasserstein2(x, x.detach().clone()).backward()
    assert (x.grad == 0).all()


# invariants

samples = st.builds(
    lambda n, d, seed, grid: points(2, n, d, seed=seed).mul(3).round() if grid else points(2, n, d, seed=seed),
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(0, 10**6),
    st.booleans(),
)


@given(samples)
@settings(max_examples=60, deadline=None)
def test_symmetric_and_zero_only_between_equal_samples(pair):
    x, y = pair
    there, back = transport.wasserstein1(x, y), transport.wasserstein1(y, x)
    torch.testing.assert_close(there, back, rtol=1e-12, atol=1e-14)
    assert transport.wasserstein1(x, x[torch.randperm(len(x))]) == 0
    assert (there == 0) == bool((x.sort(dim=0).values == y.sort(dim=0).values).all() and there == 0)


@given(samples, st.floats(0.01, 100), st.floats(-100, 100))
@settings(max_examples=60, deadline=None)
def test_scales_with_the_data_and_ignores_a_common_shift(pair, scale, shift):
    x, y = pair
    moved = transport.wasserstein1(scale * x + shift, scale * y + shift)
    torch.testing.assert_close(moved, scale * transport.wasserstein1(x, y), rtol=1e-9, atol=1e-9 * (scale + 1))


@given(samples)
@settings(max_examples=60, deadline=None)
def test_a_shift_of_one_sample_costs_exactly_its_length(pair):
    x = pair[0]
    shift = torch.arange(1.0, x.shape[1] + 1, dtype=torch.float64)
    torch.testing.assert_close(transport.wasserstein1(x, x + shift), shift.norm(), rtol=1e-12, atol=0)


@given(samples, st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_triangle_inequality(pair, seed):
    x, y = pair
    z = points(*x.shape, seed=seed)
    direct = transport.wasserstein1(x, y)
    assert direct <= transport.wasserstein1(x, z) + transport.wasserstein1(z, y) + 1e-12


def test_every_point_twice_is_the_same_law():
    x, y = points(9, 3), points(14, 3, seed=1)
    doubled = transport.wasserstein1(x.repeat(2, 1), y.repeat(2, 1))
    torch.testing.assert_close(doubled, transport.wasserstein1(x, y), rtol=1e-12, atol=0)


def test_in_one_dimension_sorting_is_optimal():
    x, y = points(50, 1), points(50, 1, seed=1)
    in_order = (x.sort(dim=0).values - y.sort(dim=0).values).abs().mean()
    torch.testing.assert_close(transport.wasserstein1(x, y), in_order, rtol=1e-12, atol=0)


# plan and potentials


@pytest.mark.parametrize(
    ("n", "m", "weighted"), [(1, 1, False), (20, 20, False), (20, 13, False), (20, 13, True), (9, 9, True)]
)
def test_plan_and_potentials_belong_to_the_distance(n, m, weighted):
    x, y = points(4, n, 3), points(4, m, 3, seed=1)
    a, b = (masses(n), masses(m, 1)) if weighted else (None, None)
    weights_x, weights_y = (masses(n), masses(m, 1)) if weighted else (torch.full((n,), 1 / n), torch.full((m,), 1 / m))
    value = transport.wasserstein1(x, y, a, b)
    cost = transport.pairwise_distance(x, y)

    plan = transport.optimal_plan(x, y, a, b)
    assert (plan >= 0).all()
    torch.testing.assert_close(plan.sum(dim=2), weights_x.double().expand(4, n), rtol=0, atol=1e-7)
    torch.testing.assert_close(plan.sum(dim=1), weights_y.double().expand(4, m), rtol=0, atol=1e-7)
    torch.testing.assert_close((plan * cost).sum(dim=(1, 2)), value, rtol=1e-9, atol=0)

    f, g = transport.kantorovich_potentials(x, y, a, b)
    assert (f.unsqueeze(2) + g.unsqueeze(1) <= cost + 1e-12).all()
    dual = (f * weights_x.double()).sum(dim=1) + (g * weights_y.double()).sum(dim=1)
    torch.testing.assert_close(dual, value, rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(transport.c_transform(cost, g), f, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        (g * weights_y.double()).sum(dim=1), torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-7
    )


def test_potentials_are_feasible_also_where_there_is_no_mass():
    x, y = points(5, 2), points(6, 2, seed=1)
    b = torch.tensor([0.5, 0.5, 0, 0, 0, 0], dtype=torch.float64)
    f, g = transport.kantorovich_potentials(x, y, None, b)
    assert torch.isfinite(g).all()
    assert (f[:, None] + g <= transport.pairwise_distance(x, y) + 1e-12).all()
    dual = f.mean() + (g * b).sum()
    torch.testing.assert_close(dual, transport.wasserstein1(x, y, None, b), rtol=1e-12, atol=0)


# gradients


@pytest.mark.parametrize(("n", "m", "weighted"), [(6, 6, False), (6, 4, False), (5, 5, True)])
def test_the_gradient_agrees_with_finite_differences(n, m, weighted):
    x, y = points(n, 3).requires_grad_(), points(m, 3, seed=1).requires_grad_()
    a, b = (masses(n), masses(m, 1)) if weighted else (None, None)
    assert torch.autograd.gradcheck(lambda x, y: transport.wasserstein1(x, y, a, b), (x, y), eps=1e-7, atol=1e-5)


def test_the_gradient_is_finite_where_points_coincide():
    x = points(8, 3).requires_grad_()
    transport.wasserstein1(x, x.detach().clone()).backward()
    assert (x.grad == 0).all()


def test_every_point_is_pulled_with_its_mass():
    x, y = points(10, 4).requires_grad_(), points(10, 4, seed=1)
    transport.wasserstein1(x, y).backward()
    torch.testing.assert_close(x.grad.norm(dim=1), torch.full((10,), 0.1, dtype=torch.float64))


# bad input

GOOD = points(4, 2)


@pytest.mark.parametrize(
    ("x", "y", "error", "says"),
    [
        ([[1.0]], GOOD, TypeError, "x must be a torch tensor or a NumPy array, got list"),
        (GOOD, GOOD.long(), TypeError, r"y must be float32 or float64, got int64: use y.float\(\)"),
        (GOOD, GOOD.half(), TypeError, "y must be float32 or float64, got float16"),
        (np.arange(4), GOOD, TypeError, "x must be float32 or float64, got int64"),
        (GOOD, GOOD.float(), TypeError, r"x is float64 and y is float32: convert one"),
        (GOOD[:, 0], GOOD, ValueError, r"x must be \(n, d\) or \(b, n, d\), got shape \(4,\): use x\[:, None\]"),
        (GOOD[None, None], GOOD, ValueError, r"x must be .* got shape \(1, 1, 4, 2\): flatten"),
        (GOOD[:0], GOOD, ValueError, r"x is empty: its shape is \(0, 2\)"),
        (GOOD, GOOD[:, :0], ValueError, r"y is empty"),
        (GOOD, GOOD[:, :1], ValueError, "x and y must have the same dimension d, got 2 and 1"),
        (GOOD, GOOD[None], ValueError, "x and y must have the same batch shape"),
        (GOOD / 0, GOOD, ValueError, "x has NaN or infinite values"),
        (GOOD, GOOD * float("nan"), ValueError, "y has NaN or infinite values"),
        (
            GOOD,
            torch.empty(4, 2, dtype=torch.float64, device="meta"),
            ValueError,
            "x is on cpu and y on meta: move one",
        ),
    ],
)
@pytest.mark.parametrize(
    "function",
    [transport.wasserstein1, transport.optimal_plan, transport.kantorovich_potentials, transport.pairwise_distance],
)
def test_bad_samples_are_refused_in_one_line(function, x, y, error, says):
    with pytest.raises(error, match=says) as caught:
        function(x, y)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("a", "error", "says"),
    [
        ([0.25] * 4, TypeError, "a must be a torch tensor"),
        (torch.ones(4, dtype=torch.int64), TypeError, "a must be float32 or float64, got int64"),
        (torch.ones(3) / 3, ValueError, r"a must have shape \(4,\)"),
        (torch.ones(4), ValueError, "a must sum to one, got 4: divide it by its sum"),
        (torch.tensor([0.5, 0.5, 0.5, -0.5]), ValueError, "a must not be negative, its smallest value is -0.5"),
        (torch.tensor([0.5, 0.5, torch.nan, 0]), ValueError, "a has NaN or infinite values"),
    ],
)
def test_bad_weights_are_refused_in_one_line(a, error, says):
    with pytest.raises(error, match=says):
        transport.wasserstein1(GOOD, GOOD, a)


def test_a_cost_that_does_not_fit_its_potential_is_refused():
    with pytest.raises(ValueError, match=r"cost \(\.\.\., n, m\) and g \(\.\.\., m\) must fit"):
        transport.c_transform(torch.zeros(3, 4), torch.zeros(3))


@pytest.mark.parametrize("distance", [transport.wasserstein1, transport.wasserstein2, transport.energy_distance])
def test_weights_that_require_a_gradient_count_as_constants(distance):
    x, y = torch.rand(2, 4, 3, dtype=torch.float64)
    a = torch.full((4,), 0.25, dtype=torch.float64, requires_grad=True)
    assert not distance(x, y, a).requires_grad
    assert torch.equal(distance(x.requires_grad_(), y, a), distance(x, y, a.detach()))


def test_distances_near_the_largest_number_are_right():
    x, y = torch.tensor([[3e38]]), torch.tensor([[2.9e38]])
    assert transport.pairwise_distance(x, y).item() == pytest.approx(1e37, rel=1e-5)
