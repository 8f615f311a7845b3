import math
import pickle
import subprocess
import sys

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi, foldnorm, kstest, norm

from wgan_helpers.distributions import (
    LAWS,
    Bernoulli,
    Empirical,
    Gaussian,
    GaussianGrid,
    GaussianRing,
    HasManifold,
    HasModes,
    Law,
    ParallelLines,
    SwissRoll,
    Triangles,
    UniformCube,
    wasserstein1,
)

EVERY_LAW = [
    UniformCube(5),
    UniformCube(3, -2.0, 5.0),
    Gaussian(4),
    Gaussian(2, mean=[3.0, -1.0], std=0.5),
    GaussianRing(),
    GaussianRing(modes=1, std=0.3),
    GaussianGrid(),
    GaussianGrid(side=2, spacing=1.0),
    SwissRoll(),
    Bernoulli(0.3),
    ParallelLines(-0.7),
]
CORNERS = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 1.0]])
GIVEN = [Empirical(CORNERS), Empirical(CORNERS.numpy(), jitter=0.3)]
every_law = pytest.mark.parametrize("law", EVERY_LAW + GIVEN, ids=repr)
number = st.floats(-10, 10)
width = st.floats(0.01, 10)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# samples


@every_law
def test_a_sample_has_the_law_s_mean(law):
    x = law.sample(100_000, seeded(), dtype=torch.float64)
    standard_error = x.std(dim=0) / math.sqrt(len(x))
    assert x.shape == (100_000, law.dim)
    assert law.mean.shape == (law.dim,) and law.mean.dtype == torch.float64
    assert ((x.mean(dim=0) - law.mean).abs() <= 5 * standard_error + 1e-12).all()


@every_law
def test_a_seed_fixes_the_sample_and_nothing_else_does(law):
    torch.manual_seed(1)
    first = law.sample(50, seeded(7))
    torch.manual_seed(2)
    state = torch.get_rng_state()
    second = law.sample(50, seeded(7))
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state), "torch's own generator was used"
    assert not torch.equal(first, law.sample(50, seeded(8)))


@every_law
def test_one_generator_draws_fresh_points_each_time(law):
    generator = seeded()
    assert not torch.equal(law.sample(50, generator), law.sample(50, generator))


@every_law
def test_without_a_generator_torch_s_seed_counts(law):
    torch.manual_seed(3)
    first = law.sample(50)
    torch.manual_seed(3)
    assert torch.equal(first, law.sample(50))


@every_law
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_the_sample_has_the_dtype_asked_for(law, dtype):
    assert law.sample(3, seeded(), dtype=dtype).dtype == dtype


@every_law
def test_the_sample_goes_to_the_device_asked_for(law):
    # the meta device stands in for a GPU: the CPU's generator cannot draw on it
    assert law.sample(3, seeded(), device="meta").device.type == "meta"
    assert law.sample(3, seeded()).device.type == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@every_law
def test_generator_and_sample_may_live_on_different_devices(law):
    on_gpu = torch.Generator("cuda").manual_seed(0)
    assert law.sample(3, on_gpu).device.type == "cuda"
    assert law.sample(3, on_gpu, device="cpu").device.type == "cpu"
    assert torch.equal(law.sample(3, seeded(), device="cuda").cpu(), law.sample(3, seeded()))


@pytest.mark.parametrize("law", EVERY_LAW, ids=repr)
def test_a_law_survives_the_trip_to_another_process(law):
    again = pickle.loads(pickle.dumps(law))
    assert again == law and hash(again) == hash(law)


def test_laws_are_equal_when_their_settings_are():
    assert len(set(EVERY_LAW)) == len(EVERY_LAW)
    assert Gaussian(2, mean=3.0) == Gaussian(2, mean=torch.tensor([3.0, 3.0]))


def test_the_uniform_law_fills_its_cube_evenly():
    x = UniformCube(1, -1.0, 3.0).sample(100_000, seeded()).flatten().sort().values
    assert x[0] >= -1 and x[-1] <= 3
    quantiles = torch.linspace(-1, 3, 100_000)
    assert (x - quantiles).abs().max() < 4 * 1.63 / math.sqrt(100_000), "Kolmogorov-Smirnov, 1 % level"


def test_gaussian_coordinates_have_the_standard_deviation_and_are_independent():
    x = Gaussian(3, mean=2.0, std=0.5).sample(100_000, seeded(), dtype=torch.float64)
    assert torch.allclose(x.T.cov(), 0.25 * torch.eye(3, dtype=torch.float64), atol=5 * 0.25 * math.sqrt(2e-5))


def test_a_gaussian_of_no_width_is_its_mean():
    assert torch.equal(Gaussian(2, mean=[1.0, 2.0], std=0.0).sample(3), torch.tensor([[1.0, 2.0]] * 3))


def test_the_ring_is_that_of_gan_toy():
    ring = GaussianRing()
    diagonal = 1 / math.sqrt(2)
    theirs = [(1, 0), (diagonal, diagonal), (0, 1), (-diagonal, diagonal)]
    theirs = torch.tensor(theirs + [(-x, -y) for x, y in theirs], dtype=torch.float64) * 2 / 1.414
    assert torch.allclose(ring.centres, theirs)
    assert ring.mode_std == 0.02 / 1.414


def test_the_grid_is_that_of_gan_toy():
    theirs = torch.tensor([(2 * x, 2 * y) for x in range(-2, 3) for y in range(-2, 3)]) / 2.828
    assert torch.allclose(GaussianGrid().centres, theirs.double())
    assert GaussianGrid().mode_std == 0.05 / 2.828


@pytest.mark.parametrize("law", [GaussianRing(), GaussianGrid()], ids=repr)
def test_every_mode_gets_its_share_and_its_width(law):
    x, n = law.sample(50_000, seeded(), dtype=torch.float64), 50_000
    offset = x[:, None] - law.centres
    mode = offset.norm(dim=-1).argmin(dim=1)
    share = 1 / len(law.centres)
    counts = mode.bincount(minlength=len(law.centres))
    assert ((counts / n - share).abs() < 5 * math.sqrt(share / n)).all()
    assert offset[torch.arange(n), mode].std().item() == pytest.approx(law.mode_std, rel=5 / math.sqrt(4 * n))


def test_the_toy_laws_have_the_unit_variance_their_scales_are_for():
    for law in (GaussianRing(), GaussianGrid()):
        within = law.mode_std**2
        assert torch.allclose(law.centres.var(dim=0, correction=0) + within, torch.ones(2).double(), rtol=2e-3)


def test_the_mean_of_the_swiss_roll_is_its_integral():
    angle = np.pi * (1.5 + 3 * (np.arange(1_000_000) + 0.5) / 1_000_000)
    integral = [(angle * np.cos(angle)).mean() / 7.5, (angle * np.sin(angle)).mean() / 7.5]
    np.testing.assert_allclose(SwissRoll().mean, integral, rtol=1e-9)


def test_the_swiss_roll_without_noise_is_a_spiral():
    x = 7.5 * SwissRoll(noise=0.0).sample(1000, seeded(), dtype=torch.float64)
    angle = x.norm(dim=1)
    assert angle.min() >= 1.5 * math.pi and angle.max() <= 4.5 * math.pi
    assert torch.allclose(torch.stack([angle * angle.cos(), angle * angle.sin()], dim=1), x)
    assert ((angle - 3 * math.pi).mean() / (3 * math.pi / math.sqrt(12_000))).abs() < 4


@given(theta=st.sampled_from([0.0, 1.0]))
def test_a_sure_bernoulli_is_constant(theta):
    assert (Bernoulli(theta).sample(1000) == theta).all()


def test_bernoulli_draws_zeros_and_ones():
    assert Bernoulli(0.3).sample(100, seeded()).unique().tolist() == [0.0, 1.0]


def test_a_parallel_line_stands_at_theta():
    x = ParallelLines(0.3).sample(1000, seeded())
    assert (x[:, 0] == 0.3).all() and 0 <= x[:, 1].min() < 0.01 and 0.99 < x[:, 1].max() <= 1


def test_every_law_is_one_and_is_on_the_menu():
    assert all(isinstance(law, Law) for law in EVERY_LAW)
    assert set(LAWS.values()) == {Triangles, *(type(law) for law in EVERY_LAW)}  # pictures of triangles: test_triangles
    assert all(isinstance(law, Law) for law in GIVEN) and Empirical not in LAWS.values()
    assert GaussianRing(modes=5).name == "ring of 5 Gaussians"
    assert GaussianGrid(side=3).name == "grid of 9 Gaussians"


# given points


def test_every_given_point_is_drawn_as_often():
    x, n = Empirical(CORNERS).sample(30_000, seeded()), 30_000
    points, counts = x.unique(dim=0, return_counts=True)
    assert torch.equal(points, CORNERS.unique(dim=0))
    assert ((counts / n - 1 / 3).abs() < 5 * math.sqrt(2 / 9 / n)).all()


def test_jitter_is_gaussian_around_the_point_that_was_drawn():
    x, n = Empirical(100 * CORNERS, jitter=0.5).sample(30_000, seeded(), dtype=torch.float64), 30_000
    offset = x[:, None] - 100 * CORNERS.double()
    noise = offset[torch.arange(n), offset.norm(dim=-1).argmin(dim=1)] / 0.5
    assert kstest(noise.flatten(), norm.cdf).pvalue > 1e-3
    assert noise.T.corrcoef()[0, 1].abs() < 5 / math.sqrt(n)


def test_given_points_are_kept_as_they_were_given():
    for points in (CORNERS.clone(), CORNERS.numpy().copy()):
        law = Empirical(points)
        points[:] = 7.0
        assert torch.equal(law.points, CORNERS.double())
        assert law.mean.tolist() == pytest.approx([4 / 3, 1 / 3], rel=1e-15)
    assert (law.name, law.dim, Empirical(np.eye(1)).name) == ("3 given points", 2, "1 given point")


def test_given_points_survive_the_trip_to_another_process():
    law = GIVEN[1]
    again = pickle.loads(pickle.dumps(law))
    assert torch.equal(again.sample(9, seeded()), law.sample(9, seeded()))
    assert law in {law} and again != law


# modes and manifolds

HAVE_MODES = [
    GaussianRing(),
    GaussianRing(modes=1),
    GaussianRing(modes=2, radius=0.3),
    GaussianRing(modes=7, scale=3.0),
    GaussianGrid(),
    GaussianGrid(side=1),
    GaussianGrid(side=2, spacing=0.7),
    GaussianGrid(side=4, scale=0.5),
]


@pytest.mark.parametrize("law", HAVE_MODES, ids=repr)
def test_the_nearest_mode_is_that_of_all_distances(law):
    x = 3 * torch.randn(4, 500, 2, generator=seeded(), dtype=torch.float64)
    every = torch.cdist(x, law.centres)
    assert isinstance(law, HasModes) and isinstance(law, HasManifold)
    assert torch.equal(law.nearest_mode(x), every.argmin(dim=-1))
    torch.testing.assert_close(law.distance_to_manifold(x), every.amin(dim=-1))


@pytest.mark.parametrize("noise", [0.0, 0.25])
def test_the_distance_to_the_swiss_roll_is_that_to_the_nearest_of_many_points_on_it(noise):
    law = SwissRoll(noise=noise, scale=5.0)
    angle = math.pi * torch.linspace(1.5, 4.5, 10_001, dtype=torch.float64)
    curve = angle[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1) / 5
    step = 14.2 * (angle[1] - angle[0]).item() / 5  # between neighbours on the curve
    for width in (0.05, 0.2, 1.0, 2.0, 5.0):  # near 0.2 are the centres of its circles of curvature
        x = width * torch.randn(500, 2, generator=seeded(), dtype=torch.float64)
        found, nearest = law.distance_to_manifold(x), torch.cdist(x, curve).amin(dim=1)
        assert (found <= nearest + 1e-12).all(), "a point on the curve is nearer"
        assert (found >= nearest - step / 2).all()


def test_the_swiss_roll_s_own_points_are_on_it_and_its_noise_is_what_lies_between():
    assert SwissRoll(noise=0.0).distance_to_manifold(SwissRoll(noise=0.0).sample(1000, seeded())).max() < 1e-6
    away = SwissRoll(noise=0.02).distance_to_manifold(SwissRoll(noise=0.02).sample(100_000, seeded(), torch.float64))
    # across a nearly straight curve the noise has one coordinate
    assert away.mean().item() == pytest.approx(0.02 / 7.5 * math.sqrt(2 / math.pi), rel=0.02)


@given(st.floats(0.3, 3.0), st.floats(0.0, 0.5), st.floats(1.55 * math.pi, 4.45 * math.pi))
def test_a_step_across_the_swiss_roll_leads_as_far_away_as_it_is_long(scale, length, angle):
    at = angle * torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    along = torch.tensor([-at[1], at[0]]) + at / angle
    across = torch.stack([along[1], -along[0]]) / along.norm()
    found = SwissRoll(scale=scale).distance_to_manifold((at + length * across) / scale)
    assert found.item() == pytest.approx(length / scale, abs=1e-12)


@pytest.mark.parametrize("law", [GaussianRing(), GaussianGrid(), SwissRoll()], ids=repr)
def test_what_is_no_number_is_at_no_distance(law):
    x = torch.tensor([[math.nan, 0.0], [0.0, math.nan], [0.0, 0.0]])
    assert law.distance_to_manifold(x).isnan().tolist() == [True, True, False]


# true distances


def two_samples(p: Law, q: Law, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = seeded(seed)
    return p.sample(n, generator, dtype=torch.float64).numpy(), q.sample(n, generator, dtype=torch.float64).numpy()


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        (Bernoulli(0.2), Bernoulli(0.9), 0.7),
        (Gaussian(1), Gaussian(1, mean=-2.0), 2.0),
        (Gaussian(1), Gaussian(1, std=3.0), 2 * math.sqrt(2 / math.pi)),
        (Gaussian(1, std=0.5), Gaussian(1, mean=1.0, std=2.0), foldnorm(1 / 1.5, scale=1.5).mean()),
        (UniformCube(1), UniformCube(1, 2.0, 3.0), 2.0),
        (UniformCube(1), UniformCube(1, -1.0, 2.0), 0.5),
        (UniformCube(1), UniformCube(1, 0.5, 4.0), 1.75),
        (UniformCube(1), UniformCube(1, -0.5, 1.3), (0.25 + 0.09) / 1.6),
    ],
    ids=repr,
)
def test_in_one_dimension_the_formula_is_what_large_samples_give(p, q, expected):
    x, y = two_samples(p, q, n=400_000)
    found = ot.wasserstein_1d(x[:, 0], y[:, 0], p=1)
    # each sample is about (its standard deviation)/√n from its law
    standard_error = (x.std() + y.std()) / math.sqrt(len(x))
    assert wasserstein1(p, q) == pytest.approx(expected, rel=1e-12)
    assert found == pytest.approx(wasserstein1(p, q), abs=4 * standard_error)


@settings(max_examples=30, deadline=None)
@given(number, width, number, width)
def test_uniform_distances_integrate_the_difference_of_quantiles(low, side, other, other_side):
    p, q = UniformCube(1, low, low + side), UniformCube(1, other, other + other_side)
    u = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
    integral = (p.low + (p.high - p.low) * u - q.low - (q.high - q.low) * u).abs().mean().item()
    assert wasserstein1(p, q) == pytest.approx(integral, rel=1e-6, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(number, width, number, width)
def test_gaussian_distances_in_1d_are_means_of_a_folded_normal(m, s, other, other_s):
    shift, std = m - other, abs(s - other_s)
    folded = abs(shift)
    if std > 0:
        z = shift / std
        folded = std * (2 * norm.pdf(z) + z * (1 - 2 * norm.cdf(-z)))
    ours = wasserstein1(Gaussian(1, m, s), Gaussian(1, other, other_s))
    assert ours == pytest.approx(folded, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("dim", [1, 2, 3, 50, 3072])
def test_gaussians_of_one_mean_are_a_chi_mean_apart(dim):
    assert wasserstein1(Gaussian(dim, 1.0, 0.5), Gaussian(dim, 1.0, 2.0)) == pytest.approx(
        1.5 * chi(dim).mean(), rel=1e-11
    )


@pytest.mark.parametrize("dim", [1, 2, 7, 50])
def test_moved_laws_are_as_far_as_they_were_moved(dim):
    assert wasserstein1(UniformCube(dim), UniformCube(dim, 0.3, 1.3)) == pytest.approx(0.3 * math.sqrt(dim))
    shift = torch.linspace(-1, 2, dim)
    there = Gaussian(dim, mean=shift, std=2.0)
    assert wasserstein1(Gaussian(dim, std=2.0), there) == pytest.approx(shift.norm().item())


@pytest.mark.parametrize("dim", [2, 20])
def test_a_plan_and_a_critic_enclose_the_distance_of_gaussians_both_moved_and_widened(dim):
    p, q = Gaussian(dim, mean=1.0, std=0.5), Gaussian(dim, mean=-0.5, std=2.0)
    n, ours = 200_000, wasserstein1(p, q)
    x, y = (law.sample(n, seeded(seed), dtype=torch.float64) for seed, law in enumerate((p, q)))
    scale = q.std / p.std
    moved = (x - (q.mean + scale * (x - p.mean))).norm(dim=1)  # a plan: no plan costs less than W1
    fixed = (q.mean - scale * p.mean) / (1 - scale)
    on_x, on_y = (x - fixed).norm(dim=1), (y - fixed).norm(dim=1)  # 1-Lipschitz: no critic sees more than W1
    seen_error = math.sqrt((on_x.var() + on_y.var()).item() / n)
    assert ours <= moved.mean().item() + 4 * moved.std().item() / math.sqrt(n)
    assert ours >= (on_y.mean() - on_x.mean()).item() - 4 * seen_error
    assert ours == pytest.approx(moved.mean().item(), abs=4 * moved.std().item() / math.sqrt(n))


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (Gaussian(2), Gaussian(2, mean=[3.0, 4.0])),
        (Gaussian(2, std=0.5), Gaussian(2, mean=[3.0, 0.0], std=2.0)),
        (Gaussian(2, std=0.2), Gaussian(2, std=4.0)),
        (UniformCube(2), UniformCube(2, 2.0, 3.0)),
        (ParallelLines(0.0), ParallelLines(3.0)),
    ],
    ids=repr,
)
def test_in_the_plane_the_formula_is_what_exact_transport_gives(p, q):
    pairs = 8
    found = []
    for seed in range(pairs):
        x, y = two_samples(p, q, n=400, seed=seed)
        found.append(ot.emd2([], [], ot.dist(x, y, metric="euclidean")))
    standard_error = np.std(found, ddof=1) / math.sqrt(pairs)
    # the expected sample distance is above the true one, here by little
    assert np.mean(found) == pytest.approx(wasserstein1(p, q), abs=5 * standard_error + 0.03)


@every_law
def test_a_law_is_at_no_distance_from_itself(law):
    assert wasserstein1(law, law) == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.lists(number, min_size=3, max_size=3), st.floats(0, 10)), min_size=3, max_size=3))
def test_the_distance_of_gaussians_is_a_metric(settings_of):
    p, q, r = (Gaussian(3, mean, std) for mean, std in settings_of)
    assert wasserstein1(p, q) == wasserstein1(q, p)
    assert wasserstein1(p, r) <= wasserstein1(p, q) + wasserstein1(q, r) + 1e-9
    assert (p == q) or wasserstein1(p, q) > 0
    # Jensen's inequality, and W1 <= W2
    shift, std = (p.mean - q.mean).norm().item(), abs(p.std - q.std)
    assert shift - 1e-9 <= wasserstein1(p, q) <= math.hypot(shift, std * math.sqrt(3)) + 1e-9


@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        (UniformCube(2), UniformCube(2, 0.0, 2.0), "no formula for uniform on the cube and uniform on the cube"),
        (UniformCube(2), Gaussian(2), "no formula for uniform on the cube and Gaussian: known are"),
        (GaussianRing(), GaussianRing(modes=7), "no formula for ring of 8 Gaussians and ring of 7 Gaussians"),
        (Gaussian(2), Gaussian(3), "same dimension, got 2 and 3"),
    ],
)
def test_an_unknown_distance_is_refused_in_one_line(p, q, message):
    with pytest.raises(ValueError, match=message) as refused:
        wasserstein1(p, q)
    assert "\n" not in str(refused.value)


# bad input


def spoilt(rows: int, value: float) -> torch.Tensor:
    points = torch.zeros(100, 2)
    points[:rows] = value
    return points


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UniformCube(0), "dim must be at least 1, got 0"),
        (lambda: UniformCube(2.0), "dim must be an integer, got 2.0"),
        (lambda: UniformCube(2, 1.0, 1.0), "high must be above low = 1, got 1"),
        (lambda: UniformCube(2, math.nan), "low must be finite, got nan"),
        (lambda: Gaussian(2, mean=[1.0, 2.0, 3.0]), r"mean must be one number or have shape \(2,\), got \(3,\)"),
        (lambda: Gaussian(2, mean=[1.0, math.inf]), "mean must be finite, got inf"),
        (lambda: Gaussian(2, std=-1.0), r"std must be in \[0, 1e\+15\], got -1.0"),
        (lambda: GaussianRing(modes=0), "modes must be at least 1, got 0"),
        (lambda: GaussianRing(radius=0), "radius must be positive, got 0"),
        (lambda: GaussianGrid(side=0), "side must be at least 1, got 0"),
        (lambda: GaussianGrid(spacing=-2.0), "spacing must be positive, got -2.0"),
        (lambda: SwissRoll(noise=-0.1), r"noise must be in \[0, 1e\+15\], got -0.1"),
        (lambda: SwissRoll(scale=0), "scale must be positive, got 0"),
        (lambda: Bernoulli(1.5), r"theta must be in \[0, 1\], got 1.5"),
        (lambda: ParallelLines("left"), "theta must be a number, got 'left'"),
        (lambda: GaussianGrid().nearest_mode(torch.zeros(2, 3)), r"points must have shape \(..., 2\), got \(2, 3\)"),
        (lambda: SwissRoll().distance_to_manifold(torch.tensor(1.0)), r"points must have shape \(..., 2\), got \(\)"),
        (lambda: Empirical([[1.0]]), "points must be a real torch tensor or NumPy array, got list"),
        (lambda: Empirical(torch.zeros(0, 2)), r"points must be \(n, d\) with n and d at least 1, got shape \(0, 2\)"),
        (lambda: Empirical(np.zeros(3)), r"points must be \(n, d\) with n and d at least 1, got shape \(3,\)"),
        (lambda: Empirical(spoilt(3, math.nan)), "points must be finite, got NaN in 3 of 100 points"),
        (lambda: Empirical(spoilt(1, -math.inf)), "points must be finite, got infinity in 1 of 100 points"),
        (lambda: Empirical(CORNERS, jitter=-1.0), r"jitter must be in \[0, inf\], got -1.0"),
        (lambda: Gaussian(2).sample(0), "n must be at least 1, got 0"),
        (lambda: Gaussian(2).sample(2.5), "n must be an integer, got 2.5"),
        (lambda: Gaussian(2).sample(2, 42), r"generator must be a torch.Generator or None, got 42"),
        (
            lambda: Gaussian(2).sample(2, dtype=torch.int64),
            "dtype must be a floating-point type of torch, got torch.int64",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(make, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        make()


def test_the_module_needs_torch_and_nothing_heavier():
    heavy = "{'scipy', 'sklearn', 'ot', 'pandas', 'matplotlib', 'numba'}"
    code = f"import sys, wgan_helpers.distributions; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
