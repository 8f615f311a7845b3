"""Congested transport: both sides of the duality, a closed form, another solver, and trained critics."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from wgan_helpers.lessons import congested
from wgan_helpers.lessons.congested_grid import Blobs, Roads, divergence, gradient, roads, solve
from wgan_helpers.lessons.critic_estimates import penalised

LONG, TWO, RING = congested.LAYOUTS


@pytest.mark.parametrize("layout", congested.LAYOUTS)
@pytest.mark.parametrize("penalty", [0.1, 1.0, 10.0])
def test_critic_and_flow_agree_on_the_optimum(layout, penalty):
    flow = congested.congested(layout, penalty)
    assert flow.lower <= flow.upper <= 1.002 * flow.lower


def test_the_flow_carries_just_what_is_needed():
    problem = roads(*congested.LAYOUTS[LONG])
    flow = congested.congested(LONG, 0.1).flow
    np.testing.assert_allclose(divergence(flow, problem.spacing), problem.real - problem.fake, atol=1e-12)


@pytest.mark.parametrize("penalty", [0.1, 1.0, 10.0])
def test_along_a_line_the_flow_is_forced_and_the_value_a_sum(penalty):
    generator = np.random.default_rng(0)
    real, fake, penalised_at = (each / each.sum() for each in generator.random((3, 30)) + 0.3)
    problem = Roads(*(np.outer(each, np.full(30, 1 / 30)) for each in (real, fake, penalised_at)), spacing=0.1)
    crossing = 0.1 * np.abs(np.cumsum(real - fake))[:-1]
    exact = (crossing + crossing**2 / (4 * penalty * penalised_at[:-1])).sum()
    said = (crossing + crossing**2 / (2 * penalty * penalised_at[:-1])).sum()
    flow = solve(problem, penalty, 3000)
    assert flow.lower == pytest.approx(exact, rel=1e-3)
    assert flow.upper == pytest.approx(exact, rel=1e-3)
    assert flow.estimate == pytest.approx(said, rel=2e-3)


def test_another_solver_finds_the_same_value():
    problem, penalty = roads(*congested.LAYOUTS[LONG], cells=24), 1.0

    def loss(values):
        critic = values.reshape(24, 24)
        slope = gradient(critic, problem.spacing)
        norm = np.hypot(*slope)
        excess = np.maximum(norm - 1, 0)
        value = (critic * (problem.real - problem.fake)).sum() - penalty * (problem.penalised * excess**2).sum()
        by_slope = 2 * penalty * problem.penalised * excess * slope / np.maximum(norm, 1e-12)
        return -value, (divergence(by_slope, problem.spacing) - problem.real + problem.fake).ravel()

    found = minimize(loss, np.zeros(24 * 24), jac=True, method="L-BFGS-B", options={"maxiter": 3000, "maxfun": 5000})
    assert solve(problem, penalty).lower == pytest.approx(-found.fun, rel=2e-3)


@pytest.mark.parametrize(("layout", "w1"), [(LONG, 1.5), (TWO, 2.0)])
def test_without_congestion_all_go_straight(layout, w1):
    assert congested.straight(layout) == pytest.approx(w1, rel=2e-3)


@pytest.mark.parametrize("layout", congested.LAYOUTS)
def test_the_law_is_never_above_and_congestion_makes_ways_longer(layout):
    w1, flows = congested.straight(layout), [congested.congested(layout, each) for each in (100.0, 1.0, 0.01)]
    for flow, penalty in zip(flows, (100.0, 1.0, 0.01), strict=True):
        assert flow.estimate > 0.999 * penalised(w1, penalty)
    assert flows[0].length <= flows[1].length <= flows[2].length


def test_the_slope_tells_how_many_use_the_road():
    problem, flow = roads(*congested.LAYOUTS[TWO]), congested.congested(TWO, 0.1)
    slope, carried = np.hypot(*gradient(flow.critic, problem.spacing)), np.hypot(*flow.flow)
    busy = carried > 0.2 * carried.max()
    np.testing.assert_allclose(slope[busy], (1 + carried / (0.2 * problem.penalised))[busy], rtol=0.02)


def test_interpolated_points_are_where_the_grid_has_them():
    real, fake = congested.LAYOUTS[LONG]
    generator = torch.Generator().manual_seed(0)
    x, y = real.sample(100_000, generator), fake.sample(100_000, generator)
    points = torch.lerp(x, y, torch.rand(100_000, 1, generator=generator)).numpy()
    counted, _, _ = np.histogram2d(*points.T, bins=12, range=[[-2, 2], [-2, 2]])
    wanted = roads(real, fake).penalised.reshape(12, 4, 12, 4).sum(axis=(1, 3))
    np.testing.assert_allclose(counted / 100_000, wanted, atol=0.004)


@pytest.mark.parametrize("objective", ["wgan-gp", "wgan-lp"])
def test_a_trained_critic_stays_below_the_best_and_says_more_than_the_law(objective):
    base = congested.replace(congested.CRITIC, objective=objective)
    row = congested.measure(LONG, (1.0,), steps=400, base=base).iloc[0]
    assert 0.85 * row["most"] < row["reached"] < 1.02 * row["most"]
    assert row["law"] < row["estimate"] < 1.05 * row["congested"]


def test_the_picture_shows_all_three():
    frame = congested.measure(LONG, (1.0, 10.0), steps=2, repetitions=2)
    assert len(frame) == 4
    ax = congested.plot(frame)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), frame.groupby("penalty")["congested"].first() / frame["w1"][0])
    plt.close(ax.figure)


def test_the_live_figure_follows():
    figure = congested.explore()
    figure._controls["layout"].widget.value = RING
    figure._controls["penalty"].widget.value = 0.1
    figure.settle()
    assert figure.error is None
    assert figure.png.startswith(b"\x89PNG")
    figure.close()


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: congested.measure("a ring"), "unknown layout 'a ring'"),
        (lambda: congested.measure(LONG, (0.0,)), "penalty must be positive"),
        (lambda: congested.measure(base=congested.replace(congested.CRITIC, objective="wgan")), "unknown objective"),
        (lambda: roads(Blobs(((0.0, 0.0),), 0.05), Blobs(((1.0, 0.0),))), "wider than a blob: take more"),
        (lambda: solve(roads(*congested.LAYOUTS[LONG]), -1.0), "penalty must be positive"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, line):
    with pytest.raises(ValueError, match=line):
        call()
