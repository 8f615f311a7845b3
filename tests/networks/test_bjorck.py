"""A Björck step leads towards the nearest orthonormal matrix, whatever comes in."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wgan_helpers.networks import bjorck

TIGHT = 1e-5


@pytest.mark.parametrize("scale", [1e9, 1e20, 1e38])
def test_weights_whose_square_overflows_are_certified_too(scale):
    weight = scale * torch.randn(2, 8, 6, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    assert (norm(bjorck(weight)) <= 1 + TIGHT).all()


def seeded(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def norm(matrix):
    return torch.linalg.matrix_norm(matrix.double(), ord=2)


def polar(matrix):
    """The nearest matrix with orthonormal rows or columns."""
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    return u @ v


entries = st.one_of(
    st.just(0.0),
    st.floats(-2, 2, width=32),
    st.floats(-1e6, 1e6, width=32),
)


@st.composite
def matrices(draw):
    p, q = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    matrix = torch.tensor(draw(arrays("float32", (p, q), elements=entries)))
    if draw(st.booleans()):  # of rank one
        matrix = matrix[:, :1] @ matrix[:1] / matrix[:1].norm().clamp_min(1)
    return matrix


@given(matrices())
@settings(max_examples=300, deadline=None)
def test_a_bjorck_step_ends_at_norm_one_or_below_whatever_comes_in(matrix):
    assert norm(bjorck(matrix)) <= 1 + TIGHT


@given(matrices())
@settings(max_examples=100, deadline=None)
def test_a_step_does_not_take_a_matrix_to_zero(matrix):
    before = norm(matrix)
    if not 2 < before**2 < 3:  # there the step itself takes σ to near zero, from where it grows again
        assert norm(bjorck(matrix)) >= 0.6 * before.clamp_max(1)


@pytest.mark.parametrize("factor", [1.8, 5.0, 1e4, 1e9])
@pytest.mark.parametrize("shape", [(1, 1), (20, 1), (1, 20), (4, 9)])
def test_a_large_matrix_becomes_orthonormal_in_a_few_steps(shape, factor):
    orthonormal = polar(torch.randn(shape, generator=seeded(0)[0]))
    matrix = factor * orthonormal
    for _ in range(12):
        matrix = bjorck(matrix)
    torch.testing.assert_close(matrix, orthonormal, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4), (3, 5, 8)])
def test_steps_lead_to_the_polar_factor(shape):
    matrix = torch.randn(shape, generator=seeded(1)[0], dtype=torch.float64)
    wanted = polar(matrix)
    for _ in range(60):
        matrix = bjorck(matrix)
    torch.testing.assert_close(matrix, wanted, rtol=0, atol=1e-10)


def test_steps_end_nearer_than_the_orthogonal_matrix_that_torch_finds():
    """The polar factor is the nearest one; torch's Householder map takes the factor Q of the QR decomposition."""
    layer = torch.nn.Linear(6, 6, dtype=torch.float64)
    layer = torch.nn.utils.parametrizations.orthogonal(layer, orthogonal_map="householder")
    drawn = torch.randn(2, 6, 6, generator=seeded(2)[0], dtype=torch.float64)
    moved = polar(drawn[0]) + 1e-2 * drawn[1]
    layer.weight = moved
    theirs, ours = layer.weight.detach(), moved
    for _ in range(5):
        ours = bjorck(ours)
    for orthogonal in (theirs, ours):
        torch.testing.assert_close(orthogonal @ orthogonal.mT, torch.eye(6, dtype=drawn.dtype))
    assert (ours - moved).norm() < (theirs - moved).norm() < 2 * (ours - moved).norm()


@pytest.fixture(scope="module")
def torchlip():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("deel.torchlip")


def test_steps_are_those_of_deel_torchlip(torchlip):
    matrix = torch.randn(5, 8, generator=seeded(4)[0], dtype=torch.float64)
    matrix /= 1.2 * norm(matrix)
    once = torchlip.normalizers.bjorck_normalization(matrix, beta=0.5, maxiter=1)
    torch.testing.assert_close(bjorck(matrix), once, rtol=1e-12, atol=1e-14)
    often = torchlip.normalizers.bjorck_normalization(matrix, eps=1e-12, beta=0.5, maxiter=50)
    for _ in range(50):
        matrix = bjorck(matrix)
    torch.testing.assert_close(matrix, often, rtol=0, atol=1e-10)


def test_a_layer_is_that_of_deel_torchlip(torchlip):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = torchlip.SpectralLinear(6, 4).vanilla_export()
    weight = theirs.weight.detach()
    torch.testing.assert_close(bjorck(weight), weight, rtol=0, atol=1e-3)
    assert norm(weight).item() == pytest.approx(1, abs=1e-3)
