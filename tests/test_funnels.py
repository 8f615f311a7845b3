"""Funnels: a pair of laws with a known distance and a known best critic."""

import math

import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Generator

from wgan_helpers import transport
from wgan_helpers.distributions import Funnels, Law

EVERY = [Funnels(1), Funnels(2), Funnels(3, funnels=1), Funnels(16, funnels=20), Funnels(128)]
every = pytest.mark.parametrize("law", EVERY, ids=repr)


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def points(law, n=2000):
    return law.uniform.sample(n, seeded(1), dtype=torch.float64)


@every
def test_points_move_down_the_steepest_slope_of_a_1_lipschitz_function_and_stay_in_the_cube(law):
    x = points(law)
    there = law.moved(x)
    far = torch.linalg.vector_norm(x - there, dim=-1)
    torch.testing.assert_close(law.potential(x) - law.potential(there), far, rtol=0, atol=1e-12)
    assert far.min() >= 0 and there.abs().max() <= law.half
    y = points(law).roll(1, dims=0)
    assert ((law.potential(x) - law.potential(y)).abs() <= torch.linalg.vector_norm(x - y, dim=-1) + 1e-12).all()


@every
def test_the_slope_is_the_gradient(law):
    x = points(law).requires_grad_()
    (gradient,) = torch.autograd.grad(law.potential(x).sum(), x)
    torch.testing.assert_close(law.slope(x.detach()), gradient)


def test_the_distance_is_w1_in_one_and_two_dimensions():
    line, plane = Funnels(1), Funnels(2)
    n = 20_000
    x, y = (law.sample(n, seeded(2)).flatten().numpy() for law in (line, line.uniform))
    assert wasserstein_distance(x, y) == pytest.approx(line.distance().mean, abs=0.03)
    x, y = (law.sample(2000, seeded(3)) for law in (plane, plane.uniform))
    assert transport.wasserstein1(x, y).item() == pytest.approx(plane.distance().mean, rel=0.04)


def test_the_ray_ends_at_the_cube_or_where_another_funnel_is_lower():
    law = Funnels(2, funnels=5)
    x = points(law)
    length, ray = law._rays(x)
    end = x + law.slope(x) * (ray - length).unsqueeze(-1)
    beyond = x + law.slope(x) * (ray - length + 1e-6).unsqueeze(-1)
    inside = end.abs().amax(dim=-1) < law.half - 1e-9
    assert end.abs().max() <= law.half + 1e-9 and 0.2 < inside.double().mean() < 0.9
    rises = law.potential(beyond) - law.potential(end)
    assert (rises[inside] < 1e-6 * (1 - 1e-9)).all()  # another funnel is lower there, so the slope is no longer 1


def test_how_far_points_move_on_a_ray_is_the_power():
    x = points(Funnels(4, funnels=1))
    still, square = Funnels(4, funnels=1, power=1.0), Funnels(4, funnels=1, power=2.0)
    torch.testing.assert_close(still.moved(x), x)
    length, ray = square._rays(x)
    left = torch.linalg.vector_norm(square.moved(x) - square.centres[0], dim=-1)
    torch.testing.assert_close(left / ray, (length / ray) ** 2)


def test_the_standard_error_is_that_of_repeating_it():
    law = Funnels(8)
    found = [law.distance(500, seeded(seed)) for seed in range(200)]
    means, errors = torch.tensor([each.mean for each in found]), [each.standard_error for each in found]
    assert means.std().item() == pytest.approx(sum(errors) / len(errors), rel=0.2)


def test_distances_are_near_the_published_ones():
    # of other centres: 1.82 at d = 32, 1.14 at d = 128 with 4 funnels
    assert Funnels(32).distance(20_000, seeded()).mean == pytest.approx(1.82, rel=0.1)
    assert Funnels(128).distance(20_000, seeded()).mean == pytest.approx(1.14, rel=0.1)


def test_it_is_a_law():
    law = Funnels(3)
    assert isinstance(law, Law) and law == Funnels(3) != Funnels(3, seed=1)
    assert law.sample(5, seeded(1)).equal(law.sample(5, seeded(1)))
    x = law.sample(50_000, seeded(4), dtype=torch.float64)
    assert ((x.mean(dim=0) - law.mean).abs() < 6 * x.std(dim=0) / math.sqrt(50_000)).all()
    assert law.centres[0].isfinite().all() and law.moved(law.centres).isfinite().all()


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: Funnels(0), "dim must be"),
        (lambda: Funnels(power=0.5), "power must be"),
        (lambda: Funnels(half=0.0), "half must be"),
        (lambda: Funnels(3).potential(torch.zeros(5, 2)), r"points must have shape \(..., 3\), got \(5, 2\)"),
    ],
)
def test_bad_input(call, line):
    with pytest.raises(ValueError, match=line):
        call()
