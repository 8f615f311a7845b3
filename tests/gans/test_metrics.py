"""How good samples are: closed forms, other libraries, invariants."""

import math

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.spatial import cKDTree

from wgan_helpers import images, transport
from wgan_helpers.distributions import (
    Empirical,
    Gaussian,
    GaussianGrid,
    GaussianRing,
    SwissRoll,
    UniformCube,
)
from wgan_helpers.gans.metrics import (
    frechet_distance,
    minibatch_w1,
    modes_covered,
    precision_recall,
    share_near_modes,
)

RING, GRID = GaussianRing(), GaussianGrid()
both = pytest.mark.parametrize("law", [RING, GRID], ids=repr)
seeds = st.integers(0, 10_000)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def at_modes(law, counts):
    """As many points on each centre as ``counts`` says."""
    return law.centres.repeat_interleave(torch.tensor(counts), dim=0)


# modes


@both
def test_the_law_s_own_samples_cover_all_its_modes(law):
    assert modes_covered(law.sample(2500, seeded()), law) == len(law.centres)


def test_a_mode_needs_20_of_2500_samples():
    counts = [20, 19, 20, 0, 1, 2000, 440, 0]
    samples = at_modes(RING, counts)
    assert len(samples) == 2500
    assert modes_covered(samples, RING) == 4
    assert modes_covered(samples, RING, at_least=1) == 6
    assert modes_covered(samples, RING, at_least=440) == 2


@pytest.mark.parametrize(("n", "needed"), [(1, 1), (125, 1), (126, 2), (2500, 20), (2501, 21)])
def test_the_rule_is_one_in_125_rounded_up(n, needed):
    counts = [n - needed, needed, 0, 0, 0, 0, 0, 0]
    fewer = [n - needed + 1, needed - 1, 0, 0, 0, 0, 0, 0]
    assert modes_covered(at_modes(RING, counts), RING) == (2 if n > needed else 1)
    assert modes_covered(at_modes(RING, fewer), RING) == 1


@both
@pytest.mark.parametrize(("sigmas", "seen"), [(2.99, 0), (3.01, 1)])
def test_a_sample_at_three_standard_deviations_counts_from_there_on(law, sigmas, seen):
    outside = law.centres[:1] + 3 * law.mode_std * torch.tensor([[0.6, -0.8]], dtype=torch.float64)
    assert modes_covered(outside, law, sigmas) == seen
    assert share_near_modes(outside, law, sigmas) == seen


@both
@pytest.mark.parametrize("sigmas", [0.5, 1.0, 3.0])
def test_the_law_s_own_share_is_that_of_a_rayleigh_variable(law, sigmas):
    n, expected = 200_000, 1 - math.exp(-(sigmas**2) / 2)
    found = share_near_modes(law.sample(n, seeded(), dtype=torch.float64), law, sigmas)
    assert found.item() == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / n))


def test_a_collapsed_generator_has_the_best_share_and_one_mode():
    collapsed = at_modes(RING, [2500, 0, 0, 0, 0, 0, 0, 0])
    assert share_near_modes(collapsed, RING) == 1 > share_near_modes(RING.sample(2500, seeded()), RING)
    assert modes_covered(collapsed, RING) == 1


def test_modes_that_overlap_do_not_share_a_sample():
    wide = GaussianRing(modes=8, std=2.0)
    assert modes_covered(wide.centres[:1].repeat(50, 1), wide) == 1


@both
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_modes_and_share_are_what_a_search_tree_counts(law, seed):
    samples = law.sample(300, seeded(seed), torch.float64) * (1 + 0.02 * normal(300, 1, seed=seed))
    distance, mode = cKDTree(law.centres.numpy()).query(samples.numpy())
    near = distance <= 2 * law.mode_std
    counts = np.bincount(mode[near], minlength=len(law.centres))
    assert modes_covered(samples, law, sigmas=2.0) == (counts >= 3).sum()
    assert share_near_modes(samples, law, sigmas=2.0) == pytest.approx(near.mean())


# precision and recall


def test_precision_and_recall_of_points_one_can_count():
    real = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    samples = torch.tensor([[0.1], [0.9], [10.0], [2.6], [-5.0], [0.0]])
    precision, recall, f1 = precision_recall(samples, real, tolerance=0.25)
    assert (precision.item(), recall.item()) == (0.5, 0.5) and f1.item() == pytest.approx(0.5)
    precision, recall, f1 = precision_recall(samples, real, tolerance=0.5)
    assert (precision.item(), recall.item()) == (4 / 6, 0.75)
    assert f1.item() == pytest.approx(2 / (6 / 4 + 4 / 3))


def test_where_nothing_meets_all_three_are_zero():
    assert precision_recall(torch.full((5, 2), 9.0), RING, 0.1, generator=seeded()) == (0, 0, 0)


@both
def test_on_a_ring_and_a_grid_precision_is_the_share_near_modes(law):
    samples = law.sample(2000, seeded(), torch.float64)
    found = precision_recall(samples, law, 2 * law.mode_std, generator=seeded(1))
    assert found.precision == share_near_modes(samples, law, sigmas=2.0)


def test_a_generator_that_collapsed_is_precise_and_recalls_the_share_of_its_modes():
    half = at_modes(RING, [500] * 4 + [0] * 4)
    found = precision_recall(half, RING, 5 * RING.mode_std, n=4000, generator=seeded())
    assert found.precision == 1
    assert found.recall.item() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(4000))
    assert found.f1.item() == pytest.approx(2 * found.recall.item() / (1 + found.recall.item()))


def test_on_the_swiss_roll_precision_is_measured_from_the_curve_and_not_from_other_samples():
    few = SwissRoll(noise=0.0).sample(50, seeded(), torch.float64)
    found = precision_recall(few, SwissRoll(noise=0.0), tolerance=1e-9, n=30, generator=seeded(1))
    assert (found.precision, found.recall) == (1, 0)


@pytest.mark.parametrize("d", [2, 40])
def test_against_real_points_it_is_what_a_search_tree_counts(d):
    samples, real = normal(2, 400, d).float(), normal(300, d, seed=1).float()
    tolerance = torch.cdist(samples[0], real).amin(dim=1).median().item() + 1e-4
    found = precision_recall(samples, real, tolerance)
    for model in range(2):
        theirs = cKDTree(real.numpy()).query(samples[model].numpy())[0] <= tolerance
        back = cKDTree(samples[model].numpy()).query(real.numpy())[0] <= tolerance
        assert found.precision[model] == pytest.approx(theirs.mean())
        assert found.recall[model] == pytest.approx(back.mean())


def test_a_law_without_a_manifold_is_measured_by_points_drawn_from_it():
    law, samples = UniformCube(2), torch.rand(500, 2, generator=seeded())
    drawn = law.sample(200, seeded(1))
    assert precision_recall(samples, law, 0.03, 200, seeded(1)) == precision_recall(samples, drawn, 0.03)
    assert len(law.sample(500, seeded(1))) == 500
    same = precision_recall(samples, law.sample(500, seeded(1)), 0.03)
    assert precision_recall(samples, law, 0.03, generator=seeded(1)) == same


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_precision_against_points_is_recall_the_other_way_round_and_grows_with_tolerance(seed):
    x, y = normal(30, 2, seed=seed), normal(20, 2, seed=seed + 1)
    small, large = precision_recall(x, y, 0.2), precision_recall(x, y, 0.4)
    assert precision_recall(y, x, 0.2).recall == small.precision
    assert small.precision <= large.precision and small.recall <= large.recall
    assert min(small.precision, small.recall) - 1e-12 <= small.f1 <= max(small.precision, small.recall) + 1e-12


def test_many_points_are_taken_in_blocks(monkeypatch):
    samples, real = normal(300, 3), normal(200, 3, seed=1)
    whole = precision_recall(samples, real, 0.5)
    monkeypatch.setattr("wgan_helpers.gans.metrics._AT_ONCE", 1000)
    assert precision_recall(samples, real, 0.5) == whole
    w1 = minibatch_w1(samples.reshape(5, 60, 3), Gaussian(3), 10, 6, seeded())
    monkeypatch.setattr("wgan_helpers.gans.metrics._AT_ONCE", 10**6)
    assert torch.equal(minibatch_w1(samples.reshape(5, 60, 3), Gaussian(3), 10, 6, seeded()).mean, w1.mean)


# the Fréchet distance


def test_a_shift_is_its_squared_length():
    x, shift = normal(50, 4), torch.tensor([1.0, -2.0, 0.0, 2.0], dtype=torch.float64)
    assert frechet_distance(x, x + shift).item() == pytest.approx(9, rel=1e-12)


def test_in_one_dimension_it_is_that_of_means_and_standard_deviations():
    x, y = 2 * normal(40, 1), normal(70, 1, seed=1) + 1
    expected = (x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2
    assert frechet_distance(x, y).item() == pytest.approx(expected.item(), rel=1e-12)


def test_scaled_axes_commute_so_it_is_the_distance_of_standard_deviations():
    x, _ = torch.linalg.qr(normal(60, 3) - normal(60, 3).mean(dim=0))  # centred, uncorrelated, of equal variance
    p, q = torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor([4.0, 0.0, 3.5]).double()
    assert frechet_distance(x * p, x * q).item() == pytest.approx(((p - q) ** 2).sum().item() / 59, rel=1e-12)


@pytest.mark.parametrize("d", [2, 8, 30])
def test_where_covariances_are_regular_it_is_what_sqrtm_gives(d):
    x, y = normal(500, d) @ normal(d, d, seed=1), normal(400, d, seed=2) @ normal(d, d, seed=3) + 1
    c, c2 = np.cov(x.numpy().T), np.cov(y.numpy().T)
    mean = ((x.mean(dim=0) - y.mean(dim=0)) ** 2).sum().item()
    expected = mean + np.trace(c) + np.trace(c2) - 2 * np.trace(sqrtm(c @ c2)).real
    assert frechet_distance(x, y).item() == pytest.approx(expected, rel=1e-8)


def test_it_is_the_squared_bures_wasserstein_distance_of_pot():
    x, y = normal(300, 5) * 2, normal(200, 5, seed=1) @ normal(5, 5, seed=2)
    theirs = ot.gaussian.bures_wasserstein_distance(x.mean(0), y.mean(0), x.T.cov(), y.T.cov()).item() ** 2
    assert frechet_distance(x, y).item() == pytest.approx(theirs, rel=1e-9)


def test_fewer_points_than_dimensions_make_singular_covariances_and_no_harm():
    x, y = torch.zeros(10, 50).double(), torch.zeros(8, 50).double()
    x[:, :20], y[:, 20:] = normal(10, 20), normal(8, 30, seed=1)
    # on subspaces that are at right angles nothing overlaps
    expected = (x.mean(0) - y.mean(0)).square().sum() + x.var(dim=0).sum() + y.var(dim=0).sum()
    assert frechet_distance(x, y).item() == pytest.approx(expected.item(), rel=1e-12)
    assert 0 <= frechet_distance(x, x.flip(0)) < 1e-12
    constant = torch.ones(3, 50)
    assert frechet_distance(constant, 2 * constant).item() == pytest.approx(50)


@given(seed=seeds, n=st.integers(2, 12), d=st.integers(1, 8), scale=st.floats(1e-3, 1e3))
@settings(max_examples=60, deadline=None)
def test_it_is_symmetric_never_negative_and_knows_no_axes_no_origin_and_no_unit(seed, n, d, scale):
    x, y = normal(n, d, seed=seed), 2 * normal(7, d, seed=seed + 1)
    found = frechet_distance(x, y).item()
    turn, move = torch.linalg.qr(normal(d, d, seed=seed + 2)).Q, normal(d, seed=seed + 3)
    assert found >= 0 and 0 <= frechet_distance(x, x).item() < 1e-12
    assert frechet_distance(y, x).item() == pytest.approx(found, rel=1e-9)
    assert frechet_distance(x @ turn + move, y @ turn + move).item() == pytest.approx(found, rel=1e-9)
    assert frechet_distance(scale * x, scale * y).item() == pytest.approx(scale**2 * found, rel=1e-9)


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_of_pairs_of_samples_it_is_at_most_the_mean_squared_step(seed):
    x, step = normal(20, 3, seed=seed), normal(20, 3, seed=seed + 1)
    mean_square = step.mean(0).square().sum() + step.var(dim=0).sum()  # with the same n − 1
    assert frechet_distance(x, x + step).item() <= mean_square.item() + 1e-12


@pytest.mark.parametrize("n", [10, 100])
def test_it_is_biased_upwards_by_as_much_as_theory_says(n):
    x, y = normal(20_000, n, 1), normal(20_000, n, 1, seed=1)
    found = frechet_distance(x, y)
    c4 = math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))  # E s = c4 σ
    expected = 2 / n + 2 * (1 - c4**2)
    assert found.mean().item() == pytest.approx(expected, abs=4 * found.std().item() / math.sqrt(20_000))
    assert expected == pytest.approx(3 / n, rel=0.05), "of one law: the true distance is zero"


# minibatches


def test_minibatch_w1_is_the_mean_of_exact_distances_of_disjoint_minibatches():
    samples, law = normal(50, 3), Gaussian(3)
    found = minibatch_w1(samples, law, n=10, repetitions=5, generator=seeded(3))
    generator = seeded(3)
    order = torch.randperm(50, generator=generator)
    real = law.sample(50, generator).double()
    theirs = [
        ot.emd2([], [], ot.dist(samples[i].numpy(), y.numpy(), "euclidean"))
        for i, y in zip(order.split(10), real.split(10), strict=True)
    ]
    assert found.mean.item() == pytest.approx(np.mean(theirs), rel=1e-12)
    assert found.standard_error.item() == pytest.approx(np.std(theirs, ddof=1) / math.sqrt(5), rel=1e-9)


def test_far_points_are_at_their_distance():
    far = torch.full((64, 1), 1000.0)
    found = minibatch_w1(far, UniformCube(1), n=8, repetitions=8, generator=seeded())
    assert found.mean.item() == pytest.approx(999.5, abs=4 * math.sqrt(1 / 12 / 64))


def test_the_standard_error_is_how_far_the_mean_is_off():
    law = Gaussian(2)
    found = minibatch_w1(law.sample(300 * 64, seeded()).reshape(300, 64, 2), law, 8, 8, seeded(1))
    # the models share the real minibatches, so their spread is below what each expects of its own
    assert 0.5 < found.mean.std() / found.standard_error.mean() < 1.1
    assert found.mean.mean() > 0.5, "the law's own samples are not at zero"


def test_pictures_are_a_source():
    digits = images.load("digits", n=100)
    found = minibatch_w1(digits.flat, digits, n=10, repetitions=4, generator=seeded())
    pairs = transport.pairwise_distance(digits.flat, digits.flat)
    assert 0 < found.mean < pairs.mean()
    moved = minibatch_w1(digits.flat + 100, digits, n=10, repetitions=4, generator=seeded())
    assert moved.mean.item() == pytest.approx(100 * 8, rel=1e-3)
    found = precision_recall(digits.flat, digits, tolerance=1e-3, n=50)
    assert (found.precision, found.recall) == (0.5, 1), "half of them are among those drawn"


# populations


@pytest.mark.parametrize(
    "measure",
    [
        lambda x: modes_covered(x, GRID, sigmas=9.0),
        lambda x: share_near_modes(x, GRID, sigmas=9.0),
        lambda x: torch.stack(precision_recall(x, GRID, 0.1, generator=seeded()), dim=-1),
        lambda x: torch.stack(precision_recall(x, SwissRoll(), 0.1, generator=seeded()), dim=-1),
        lambda x: torch.stack(precision_recall(x, Gaussian(2), 0.1, generator=seeded()), dim=-1),
        lambda x: frechet_distance(x, normal(20, 2, seed=5)),
        lambda x: torch.stack(minibatch_w1(x, Gaussian(2), 8, 4, seeded()), dim=-1),
    ],
    ids=["modes", "share", "grid", "roll", "gaussian", "frechet", "w1"],
)
def test_each_model_of_a_population_is_measured_on_its_own(measure):
    samples = (normal(2, 3, 200, 2) * torch.tensor([0.3, 1.0, 3.0]).double().view(3, 1, 1)).float()
    together = measure(samples)
    assert together.shape[:2] == (2, 3)
    assert together.flatten(0, 1).unique(dim=0).shape[0] > 3, "models differ"
    for i in range(2):
        for j in range(3):
            torch.testing.assert_close(together[i, j], measure(samples[i, j]), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(measure(samples.numpy()), together)
    torch.testing.assert_close(measure(samples.clone().requires_grad_()), together)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_samples_on_the_gpu_give_results_there():
    x = RING.sample(512, seeded()).reshape(2, 256, 2)
    for measure in (
        lambda x: modes_covered(x, RING),
        lambda x: share_near_modes(x, RING),
        lambda x: precision_recall(x, SwissRoll(), 0.1, generator=seeded()).f1,
        lambda x: frechet_distance(x, x.flip(0)),
        lambda x: minibatch_w1(x, RING, 32, 8, seeded()).mean,
    ):
        assert measure(x.cuda()).is_cuda
        torch.testing.assert_close(measure(x.cuda()).cpu(), measure(x))


# bad input


def spoilt(value: float) -> torch.Tensor:
    samples = torch.zeros(4, 25, 2)
    samples[2, :3] = value
    return samples


GOOD = torch.zeros(40, 2)
MEASURES = {
    "modes_covered": lambda x: modes_covered(x, RING),
    "share_near_modes": lambda x: share_near_modes(x, RING),
    "precision_recall": lambda x: precision_recall(x, SwissRoll(), 0.1),
    "minibatch_w1": lambda x: minibatch_w1(x, Gaussian(2), 5, 2),
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (spoilt(math.nan), "samples must be finite, got NaN in 3 of 100 points"),
        (spoilt(math.inf), "samples must be finite, got infinity in 3 of 100 points"),
        (torch.zeros(40, 3), "samples have 3 coordinates, the law has 2"),
        (torch.zeros(2), r"samples must be \(..., n, d\) and not empty, got shape \(2,\)"),
        (torch.zeros(0, 2), r"samples must be \(..., n, d\) and not empty, got shape \(0, 2\)"),
        (torch.zeros(40, 2, dtype=torch.int64), "samples must be a floating-point tensor or array, got torch.int64"),
        ([[0.0, 0.0]], "samples must be a floating-point tensor or array, got list"),
    ],
)
def test_samples_that_are_none_are_refused_in_one_line(measure, samples, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        measure(samples)


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (lambda: modes_covered(GOOD, SwissRoll()), "Swiss roll has no modes: GaussianRing and GaussianGrid have"),
        (lambda: share_near_modes(GOOD, Empirical(GOOD)), "40 given points has no modes: GaussianRing and .*"),
        (
            lambda: share_near_modes(GOOD, GaussianRing(std=0.0)),
            "the modes of the ring of 8 Gaussians have no width: use precision_recall, with a tolerance",
        ),
        (lambda: modes_covered(GOOD, RING, sigmas=0), "sigmas must be positive, got 0"),
        (lambda: modes_covered(GOOD, RING, at_least=0), "at_least must be at least 1, got 0"),
        (lambda: precision_recall(GOOD, RING, -1.0), "tolerance must be positive, got -1.0"),
        (lambda: precision_recall(GOOD, GOOD[0], 0.1), r"reference points must be \(..., n, d\) and not empty, .*"),
        (lambda: precision_recall(GOOD, GOOD[None], 0.1), r"reference points must be \(m, d\), got shape .*"),
        (lambda: precision_recall(GOOD, GOOD[:, :1], 0.1), "samples have 2 coordinates, reference points have 1"),
        (lambda: precision_recall(GOOD, GOOD, 0.1, n=9), "n is how many real points to draw: .* got n = 9"),
        (lambda: precision_recall(GOOD, "ring", 0.1), "law must be a law or pictures, with dim and sample, got str"),
        (lambda: frechet_distance(GOOD, GOOD[:1]), "y must have at least 2 points, got 1"),
        (lambda: frechet_distance(GOOD, torch.zeros(9, 3)), "x have 2 coordinates, y have 3"),
        (lambda: frechet_distance(spoilt(math.nan), GOOD), "x must be finite, got NaN in 3 of 100 points"),
        (lambda: minibatch_w1(GOOD, RING), "8 minibatches of 64 need 512 samples, got 40: ask for fewer"),
        (lambda: minibatch_w1(GOOD, RING, n=5, repetitions=1), "repetitions must be at least 2, got 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(measure, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        measure()
