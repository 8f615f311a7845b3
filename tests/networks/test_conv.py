"""Convolutional networks of flattened pictures, and the norms of convolutions, from the dense matrix that each is."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wgan_helpers.networks import (
    ConvCritic,
    ConvGenerator,
    LipschitzConvCritic,
    SpectralConvCritic,
    conv_bound,
    lipschitz_bound,
    passes,
)

SHAPES = [(1, 8, 8), (3, 16, 16), (2, 32, 32)]
CRITICS = [ConvCritic, SpectralConvCritic, LipschitzConvCritic]
critics = pytest.mark.parametrize("kind", CRITICS)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def dense(weight, stride, padding, side):
    """The convolution as a matrix: what it makes of each picture with a single bright pixel."""
    pixels = weight.shape[1] * side**2
    units = torch.eye(pixels, dtype=weight.dtype).unflatten(1, (-1, side, side))
    return torch.nn.functional.conv2d(units, weight, stride=stride, padding=padding).flatten(1).mT


def exact_norm(weight, stride, padding, side):
    return torch.linalg.matrix_norm(dense(weight, stride, padding, side), ord=2)


def kernel(*shape, seed=0):
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


# ---------------------------------------------------------------- shapes and weights


@pytest.mark.parametrize("shape", SHAPES)
def test_generator_makes_flattened_pictures_from_noise(shape):
    generator = ConvGenerator(5, shape, 4, generators=seeded())
    pictures = generator(torch.randn(6, 5, generator=seeded(1)))
    assert pictures.shape == (6, shape[0] * shape[1] * shape[2])
    assert 0 <= pictures.min() < 0.5 < pictures.max() <= 1
    assert torch.pdist(pictures).min() > 0.01


@critics
@pytest.mark.parametrize("shape", SHAPES)
def test_critics_give_a_number_for_each_picture(kind, shape):
    critic, x = kind(shape, 4, generators=seeded()), torch.rand(6, shape[0] * shape[1] * shape[2], generator=seeded(1))
    values = critic(x)
    assert values.shape == (6, 1)
    assert values.std() > 1e-4
    torch.testing.assert_close(critic(x[2:3]), values[2:3])  # no normalisation across the batch


def test_channels_double_away_from_the_picture():
    generator = ConvGenerator(5, (3, 32, 32), 4)
    assert [tuple(k.shape) for k in generator.kernels] == [(16, 8, 4, 4), (8, 4, 4, 4), (4, 3, 4, 4)]
    critic = ConvCritic((3, 32, 32), 4)
    assert [tuple(k.shape) for k in critic.kernels] == [(4, 3, 4, 4), (8, 4, 4, 4), (16, 8, 4, 4), (1, 16, 4, 4)]


@pytest.mark.parametrize("kind", [*CRITICS, lambda *args, **options: ConvGenerator(5, *args, **options)])
def test_the_seed_decides_the_weights_and_the_global_generator_is_left_alone(kind):
    state = torch.get_rng_state()
    first, same, other = (kind((1, 16, 16), 4, generators=g) for g in (seeded(1), [seeded(1)], seeded(2)))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), same.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_the_generator_starts_like_dcgan():
    generator = ConvGenerator(20, (3, 32, 32), 32, generators=seeded())
    for weight in (generator.projection, *generator.kernels):
        assert weight.std().item() == pytest.approx(0.02, rel=0.05)
        assert abs(weight.mean().item()) < 2e-3
    scales = torch.cat([norm.weight for norm in generator.norms])
    assert scales.mean().item() == pytest.approx(1, abs=5e-3)
    assert scales.std().item() == pytest.approx(0.02, rel=0.2)


def test_the_critic_keeps_the_size_of_the_signal_through_its_layers():
    few, many = (ConvCritic((1, side, side), 16, generators=seeded()) for side in (8, 64))
    spreads = [
        critic(torch.rand(200, critic.kernels[0][0].numel() // 16 * side**2, generator=seeded(1))).std()
        for critic, side in ((few, 8), (many, 64))
    ]
    assert all(0.05 < spread < 2 for spread in spreads), spreads


def test_the_first_channel_of_flattened_pictures_is_the_first_block():
    """As images.load flattens them: (c, h, w), rows within channels."""
    critic = ConvCritic((2, 8, 8), 4, generators=seeded())
    with torch.no_grad():
        critic.kernels[0][:, 1] = 0
    x = torch.rand(5, 128, generator=seeded(1))
    elsewhere, here = x.clone(), x.clone()
    elsewhere[:, 64:] += 0.1
    here[:, :64] += 0.1
    assert torch.equal(critic(elsewhere), critic(x))
    assert not torch.equal(critic(here), critic(x))


def test_grey_pictures_are_the_centre():
    critic = ConvCritic((1, 8, 8), 4, generators=seeded())
    assert critic(torch.full((2, 64), 0.5)).abs().max() == 0


def test_a_generator_and_a_critic_learn_to_make_dark_pictures():
    generator = ConvGenerator(4, (1, 8, 8), 4, generators=seeded(0))
    critic = LipschitzConvCritic((1, 8, 8), 4, generators=seeded(1))
    dark, noise = torch.full((32, 64), 0.1), seeded(2)
    of_generator = torch.optim.Adam(generator.parameters(), 1e-2, betas=(0.5, 0.9))
    of_critic = torch.optim.Adam(critic.parameters(), 1e-2, betas=(0.5, 0.9))
    for _ in range(100):
        fake = generator(torch.randn(32, 4, generator=noise))
        of_critic.zero_grad()
        (critic(fake.detach()).mean() - critic(dark).mean()).backward()
        of_critic.step()
        critic.project_()
        of_generator.zero_grad()
        way_back = passes.forward(critic, fake.detach()).input_backward(torch.full((32, 1), -1 / 32))
        fake.backward(way_back)
        of_generator.step()
    assert generator.eval()(torch.randn(50, 4, generator=noise)).mean() < 0.3


# ---------------------------------------------------------------- norms of convolutions


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2), st.integers(0, 999)
)
def test_the_bound_is_above_the_exact_norm(after, before, side, stride, padding, seed):
    weight = kernel(after, before, side, side, seed=seed)
    exact = exact_norm(weight, stride, padding, 7)
    assert exact <= conv_bound(weight, stride) * (1 + 1e-12)


@pytest.mark.parametrize(("side", "stride"), [(1, 1), (2, 2), (4, 4), (2, 3)])
def test_kernels_that_do_not_overlap_attain_it(side, stride):
    weight = kernel(3, 2, side, side)
    torch.testing.assert_close(conv_bound(weight, stride), exact_norm(weight, stride, 0, 12))


@pytest.mark.parametrize(("side", "stride"), [(4, 2), (3, 1)])
def test_a_smooth_kernel_nearly_attains_it_where_kernels_overlap(side, stride):
    weight = torch.ones(1, 1, side, side, dtype=torch.float64)
    share = exact_norm(weight, stride, 1, 32) / conv_bound(weight, stride)
    assert 0.95 < share <= 1


def test_it_is_the_factor_of_deel_torchlip():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        coefficients = pytest.importorskip("deel.torchlip.utils.lconv_norm")
    for side in range(1, 6):
        for stride in range(1, 6):
            weight = kernel(3, 2, side, side)
            factor = coefficients.compute_lconv_coef((side, side), strides=(stride, stride))
            bound = torch.linalg.matrix_norm(weight.flatten(1), ord=2) / factor
            torch.testing.assert_close(conv_bound(weight, stride), bound)


@critics
def test_the_bound_of_a_critic_is_above_what_its_dense_matrices_say(kind):
    critic = kind((2, 16, 16), 4, generators=seeded()).double()
    norms, side = [], 16
    for weight, stride in zip(critic.effective_weights(), critic.strides, strict=True):
        norms.append(exact_norm(weight.detach(), stride, (weight.shape[-1] - stride) // 2, side))
        side //= stride
    assert side == 1
    exact, bound = torch.stack(norms).prod(), lipschitz_bound(critic)
    if kind is LipschitzConvCritic:
        torch.testing.assert_close(bound, exact, rtol=1e-12, atol=0)
    else:
        assert 0.2 * bound < exact <= bound
    x = torch.rand(200, 512, generator=seeded(1), dtype=torch.float64).requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x)
    assert 0.01 * bound < slopes.norm(dim=1).max() <= bound


def test_every_layer_of_the_lipschitz_critic_is_orthonormal():
    critic, side = LipschitzConvCritic((2, 16, 16), 8, generators=seeded()), 16
    for weight, stride in zip(critic.effective_weights(), critic.strides, strict=True):
        matrix = dense(weight.detach(), stride, 0, side)
        torch.testing.assert_close(torch.linalg.svdvals(matrix), torch.ones(min(matrix.shape)), rtol=0, atol=1e-5)
        side //= stride


def test_far_corners_of_a_picture_meet_in_the_lipschitz_critic():
    """It is no sum of functions of parts of the picture: the mixed difference of two corners does not vanish."""
    critic = LipschitzConvCritic((1, 32, 32), 8, generators=seeded()).double()
    x = torch.rand(50, 1, 32, 32, generator=seeded(1), dtype=torch.float64)
    one, other, both = x.clone(), x.clone(), x.clone()
    for changed, corners in ((one, [0]), (other, [-4]), (both, [0, -4])):
        for corner in corners:
            at = slice(corner, corner + 4 or None)
            changed[:, :, at, at] = 1 - changed[:, :, at, at]
    mixed = critic(both.flatten(1)) - critic(one.flatten(1)) - critic(other.flatten(1)) + critic(x.flatten(1))
    assert mixed.abs().max() > 1e-3


# ---------------------------------------------------------------- estimated norms


def test_the_kernel_as_a_matrix_has_norm_one_and_the_convolution_up_to_two():
    critic = SpectralConvCritic((2, 16, 16), 4, generators=seeded()).double()
    with torch.no_grad():
        for weight in critic.kernels:
            weight.add_(0.3 * kernel(*weight.shape))
    assert max(torch.linalg.matrix_norm(w.flatten(1), ord=2).max() for w in critic.effective_weights()) > 1.02
    for _ in range(1000):
        critic.project_()
    for weight, stride in zip(critic.effective_weights(), critic.strides, strict=True):
        torch.testing.assert_close(
            torch.linalg.matrix_norm(weight.detach().flatten(1), ord=2), torch.ones(()).double(), rtol=1e-5, atol=0
        )
        if stride == 2:
            assert 1.01 < exact_norm(weight.detach(), 2, 1, 8) <= 2


def test_the_gradient_goes_through_the_estimated_norm():
    """A change of a kernel's length changes nothing, so the gradient has no component along the kernel."""
    critic = SpectralConvCritic((1, 8, 8), 4, generators=seeded()).double()
    critic(torch.rand(5, 64, generator=seeded(1), dtype=torch.float64)).square().sum().backward()
    for weight in critic.kernels:
        assert weight.grad.norm() > 1e-6
        assert (weight.grad * weight).sum().abs() < 1e-9 * weight.grad.norm() * weight.norm()


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "shape", [(3, 48, 48), (3, 4, 4), (1, 28, 28), (3, 256, 256), (3, 32, 64), (32, 32), (1, 1, 32, 32)]
)
@pytest.mark.parametrize("kind", [*CRITICS, lambda shape: ConvGenerator(5, shape)])
def test_other_shapes_are_refused_with_the_remedy(kind, shape):
    with pytest.raises(ValueError, match=r"a side among 8, 16, 32, 64, 128, got .*: images.load\(..., size=32\)") as no:
        kind(shape)
    assert "\n" not in str(no.value)


@critics
@pytest.mark.parametrize("shape", [(5, 63), (5, 1, 8, 8), (64,)])
def test_pictures_come_flattened(kind, shape):
    with pytest.raises(ValueError, match=r"of shape \(1, 8, 8\) come flattened, \(n, 64\), got"):
        kind((1, 8, 8), 4)(torch.zeros(shape))


@pytest.mark.parametrize(
    ("build", "error", "said"),
    [
        (lambda: ConvGenerator(0, (1, 8, 8)), ValueError, "latent must be at least 1, got 0"),
        (lambda: ConvCritic((1, 8, 8), 1.5), TypeError, "hidden must be an integer, got 1.5"),
        (lambda: ConvCritic((0, 8, 8)), ValueError, "channels must be at least 1, got 0"),
        (lambda: LipschitzConvCritic((1, 8, 8), 5), ValueError, "hidden must be even"),
        (
            lambda: ConvCritic((1, 8, 8), generators=[seeded(), seeded()]),
            ValueError,
            "a generator for each of 1 models",
        ),
        (lambda: conv_bound(kernel(1, 1, 2, 2), 0), ValueError, "stride must be at least 1, got 0"),
        (lambda: conv_bound(kernel(2, 2), 1), ValueError, r"weight must have shape \(out, in, k, k\), got \(2, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused(build, error, said):
    with pytest.raises(error, match=said):
        build()
