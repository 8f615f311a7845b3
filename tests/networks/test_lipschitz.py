"""1-Lipschitz means what it says: no slope above 1 before, during or after training, and slopes near 1 within reach."""

import math

import pytest
import torch

from wgan_helpers.networks import (
    MLP,
    Autoencoder,
    LipschitzConvCritic,
    LipschitzMLP,
    SpectralMLP,
    clip_,
    lipschitz_bound,
)

TIGHT = 1e-5
MODELS = 2


def seeded(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def norm(matrix):
    return torch.linalg.matrix_norm(matrix.double(), ord=2)


# ---------------------------------------------------------------- the certificate

CRITICS = {
    "perceptron": lambda: LipschitzMLP(5, 1, 16, generators=seeded(0)),
    "perceptrons": lambda: LipschitzMLP(5, 1, 16, models=MODELS, generators=seeded(0, 1)),
    "convolutional": lambda: LipschitzConvCritic((1, 8, 8), 8, generators=seeded(0)),
}
critics = pytest.mark.parametrize("kind", CRITICS)


def draws(kind, n, seed):
    shape = {"perceptron": (n, 5), "perceptrons": (MODELS, n, 5), "convolutional": (n, 64)}[kind]
    return torch.randn(shape, generator=seeded(seed)[0])


def train(critic, real, fake, lr, steps):
    """Maximise the mean difference; yield after each step."""
    optimiser = torch.optim.Adam(critic.parameters(), lr, betas=(0.5, 0.9))
    for _ in range(steps):
        optimiser.zero_grad()
        (critic(fake).mean() - critic(real).mean()).backward()
        optimiser.step()
        critic.project_()
        yield


def slopes(critic, x):
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x)
    return gradient


def largest_slope_found(critic, kind):
    """Go from many points to where the next piece is steeper; then compare near and far pairs."""
    x, (generator,) = 3 * draws(kind, 200, 5), seeded(0)
    best = gradient = slopes(critic, x)
    for step in torch.logspace(-2, 1, 20).repeat(2):
        astray = 0.3 * torch.randn(x.shape, generator=generator)
        there = x + step * torch.nn.functional.normalize(gradient + astray, dim=-1)
        gradient = slopes(critic, there)
        steeper = gradient.norm(dim=-1, keepdim=True) > best.norm(dim=-1, keepdim=True)
        x, best = torch.where(steeper, there, x), torch.where(steeper, gradient, best)
    found = [best.norm(dim=-1).max()]
    with torch.no_grad():
        critic = critic.double()
        for length in (1e-3, 1.0, 1e3):
            along = length * torch.nn.functional.normalize(best.double(), dim=-1)
            rise = critic(x.double() + along) - critic(x.double() - along)
            found.append((rise.abs() / (2 * length)).max())
        far = 10 * draws(kind, 200, 6).double()
        found.append(((critic(far) - critic(x.double())).abs()[..., 0] / (far - x).norm(dim=-1)).max())
    return torch.stack([each.double() for each in found]).max().item()


@critics
@pytest.mark.parametrize("lr", [1e-3, 1.0])
def test_no_slope_is_above_one_at_any_time_of_training(kind, lr):
    critic, real, fake = CRITICS[kind](), draws(kind, 64, 1), 2 * draws(kind, 64, 2) + 1
    start = [parameter.detach().clone() for parameter in critic.parameters()]
    for _ in train(critic, real, fake, lr, 60):
        assert all((bound <= 1 + TIGHT).all() for bound in critic.layer_bounds())
    moved = [(a - b).abs().max() for a, b in zip(start, critic.parameters(), strict=True)]
    assert max(moved) > lr / 2
    assert 0.3 < largest_slope_found(critic, kind) <= 1 + TIGHT


def test_without_the_projection_the_search_finds_steep_slopes():
    """So the search of the test above can fail."""
    critic = LipschitzMLP(5, 1, 16, generators=seeded(0))
    critic.project_ = lambda: None
    list(train(critic, draws("perceptron", 64, 1), 2 * draws("perceptron", 64, 2) + 1, 1e-2, 60))
    assert largest_slope_found(critic, "perceptron") > 1.5


@critics
def test_the_distance_of_two_shifted_samples_is_attained(kind):
    """A sample and its copy at a distance: W1 is that distance, and a linear critic of slope 1 attains it."""
    critic, real = CRITICS[kind](), 0.1 * draws(kind, 64, 1)
    shift = 0.25 * torch.ones(real.shape[-1])
    list(train(critic, real, real + shift, 2e-3, 250))
    estimate = (critic(real) - critic(real + shift)).mean(dim=(-2, -1))
    share = (estimate / shift.norm()).detach()
    assert (share <= 1 + TIGHT).all()
    assert (share > 0.92).all(), share


def test_weights_start_and_stay_near_orthonormal():
    critic, real, fake = CRITICS["perceptrons"](), draws("perceptrons", 64, 1), draws("perceptrons", 64, 2)
    for _ in train(critic, real, fake, 1e-3, 30):
        for weight in critic.weights:
            assert torch.linalg.svdvals(weight).min() > 0.99


# ---------------------------------------------------------------- no certificate


def test_estimates_of_norms_settle_where_weights_rest():
    network = SpectralMLP(5, 1, 16, models=2, generators=seeded(0, 1)).double()
    with torch.no_grad():
        for i, weight in enumerate(network.weights):
            weight.add_(torch.randn(weight.shape, generator=seeded(i)[0], dtype=weight.dtype))
    assert lipschitz_bound(network).max() > 1.5
    for _ in range(500):
        network.project_()
    for weight, effective in zip(network.weights, network.effective_weights(), strict=True):
        torch.testing.assert_close(effective, weight / norm(weight)[:, None, None], rtol=1e-6, atol=1e-9)


def test_spectral_normalisation_is_no_certificate_while_weights_move():
    """At lr 1e-2 a layer exceeds norm 1, for a few steps by a good part, for long by a little."""
    network, tops = SpectralMLP(2, 1, 64, generators=seeded(0)), []
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for step in range(100):
        x = torch.randn(64, 2, generator=seeded(step)[0])
        optimiser.zero_grad()
        (x[:, :1] * (network(x + 1) - network(x))).mean().backward()
        optimiser.step()
        network.project_()
        tops.append(max(bound.item() for bound in network.layer_bounds()))
    assert min(tops) > 1 - TIGHT  # an estimate from below
    assert 1.05 < max(tops) < 3
    assert torch.tensor(tops).median() < 1.1


# ---------------------------------------------------------------- bounds and clipping


@pytest.mark.parametrize("models", [None, 3])
def test_the_bound_is_above_every_slope(models):
    network = MLP(4, 1, 8, models=models, generators=seeded(*range(models or 1)))
    bound = lipschitz_bound(network)
    x = 3 * torch.randn(*([models] if models else []), 500, 4, generator=seeded(0)[0])
    steepest = network.input_gradient(x).norm(dim=-1).amax(dim=-1)
    assert bound.shape == steepest.shape
    assert (steepest <= bound).all()
    assert (steepest > 0.02 * bound).all()


def test_the_bound_is_the_product_of_the_norms():
    network = MLP(2, 1, 2, depth=1)
    with torch.no_grad():
        network.weights[0].copy_(torch.diag(torch.tensor([3.0, 1.0])))
        network.weights[1].copy_(torch.tensor([[4.0], [0.0]]))
    assert lipschitz_bound(network).item() == pytest.approx(12)
    ahead = torch.tensor([[1.0, 0.0]])
    assert network.input_gradient(ahead + 10).norm().item() == pytest.approx(12)


@pytest.mark.parametrize("sizes", [(4, 1, 8), (9, 2, 4)])
def test_the_bound_is_of_the_weights_that_the_layers_use(sizes):
    """And the estimates of their norms are exact at first."""
    network = SpectralMLP(*sizes, models=2, generators=seeded(0, 1))
    torch.testing.assert_close(lipschitz_bound(network).float(), torch.ones(2), rtol=0, atol=1e-5)


def test_a_network_that_is_no_chain_of_layers_has_no_bound():
    with pytest.raises(TypeError, match="lipschitz_bound knows perceptrons and convolutional critics, got Autoencoder"):
        lipschitz_bound(Autoencoder(4, 2))


def test_clipping_has_a_limit_for_each_model():
    network = MLP(4, 1, 8, models=3, generators=seeded(0, 1, 2))
    before = [parameter.detach().clone() for parameter in network.parameters()]
    limits = torch.tensor([0.01, 0.1, 10.0])
    clip_(network, limits)
    for parameter, old in zip(network.parameters(), before, strict=True):
        for model, limit in enumerate(limits.tolist()):
            torch.testing.assert_close(parameter[model].detach(), old[model].clamp(-limit, limit), rtol=0, atol=0)
    assert network.weights[0][0].abs().max().item() == pytest.approx(0.01)
    assert torch.equal(network.weights[0][2], before[0][2])


@pytest.mark.parametrize("limit", [0.05, torch.tensor(0.05), torch.tensor([0.05])])
def test_one_limit_is_for_all(limit):
    for network in (MLP(4, 1, 8, generators=seeded(0)), LipschitzConvCritic((1, 8, 8), 4, generators=seeded(0))):
        clip_(network, limit)
        assert max(p.abs().max() for p in network.parameters()).item() == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("limit", "error", "said"),
    [
        (0.0, ValueError, "limit must be positive, got 0.0"),
        (-1, ValueError, "limit must be positive, got -1"),
        (math.nan, ValueError, "limit must be finite, got nan"),
        ("a", TypeError, "limit must be a number, got 'a'"),
        (torch.ones(2), ValueError, "a limit for each of 3 models, got 2"),
    ],
)
def test_a_limit_that_does_not_fit_is_refused(limit, error, said):
    with pytest.raises(error, match=said):
        clip_(MLP(4, 1, 8, models=3), limit)


def test_an_odd_number_of_units_cannot_be_sorted_in_pairs():
    with pytest.raises(ValueError, match="hidden must be even"):
        LipschitzMLP(4, 1, 7)
