"""Perceptrons side by side are the same as alone, and their input gradients are gradients."""

import pytest
import torch

from wgan_helpers.networks import ACTIVATIONS, MLP, Autoencoder, Bounded, LipschitzMLP, SpectralMLP

activations = pytest.mark.parametrize("activation", ACTIVATIONS)
side_by_side = pytest.mark.parametrize("models", [None, 3])


def seeded(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def points(*shape, seed=0):
    return torch.randn(shape, generator=seeded(seed)[0], dtype=torch.float64)


def build(models, activation="relu", outputs=1):
    return MLP(4, outputs, 6, activation=activation, models=models, generators=seeded(*range(models or 1))).double()


def axes(models):
    return () if models is None else (models,)


def test_parameters_put_in_their_place_are_used():
    network, x = build(None), points(5, 4)
    zeros = {name: torch.zeros_like(value) for name, value in network.named_parameters()}
    assert torch.func.functional_call(network, zeros, (x,)).eq(0).all()
    other = MLP(4, 1, 6).double()
    other.load_state_dict(network.state_dict(), assign=True)
    assert torch.equal(other(x), network(x))


@pytest.mark.parametrize("kind", [MLP, LipschitzMLP, SpectralMLP])
def test_an_ensemble_under_vmap_is_each_network_alone(kind):
    networks, x = [kind(4, 1, 6).double() for _ in range(3)], points(5, 4)
    parameters, buffers = torch.func.stack_module_state(networks)
    outputs = torch.func.vmap(lambda p, b: torch.func.functional_call(networks[0], (p, b), (x,)))(parameters, buffers)
    assert torch.allclose(outputs, torch.stack([network(x) for network in networks]))


# ---------------------------------------------------------------- one and many


def one_step(network, x):
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    network(x).square().mean(dim=(-2, -1)).sum().backward()
    optimiser.step()
    if hasattr(network, "project_"):
        network.project_()


@pytest.mark.parametrize("kind", [MLP, LipschitzMLP, SpectralMLP])
def test_a_model_is_the_same_alone_and_among_others(kind):
    together = kind(4, 1, 6, models=3, generators=seeded(7, 8, 9)).double()
    x = points(3, 20, 4)
    for _ in range(3):
        one_step(together, x)
    for model, seed in enumerate((7, 8, 9)):
        alone = kind(4, 1, 6, generators=seeded(seed)).double()
        for _ in range(3):
            one_step(alone, x[model])
        torch.testing.assert_close(alone(x[model]), together(x)[model], rtol=1e-3, atol=1e-4)
        gradients = alone.input_gradient(x[model]), together.input_gradient(x)[model]
        torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-4)


def test_models_do_not_see_each_other():
    network, x = build(3), points(3, 20, 4)
    before = network(x)
    x[1] += 1
    changed = (network(x) != before).flatten(1).any(dim=1)
    assert changed.tolist() == [False, True, False]


def test_the_seed_decides_the_weights_and_the_global_generator_is_left_alone():
    state = torch.get_rng_state()
    first, same, other = (MLP(4, 1, models=2, generators=seeded(*seeds)) for seeds in ((1, 2), (1, 2), (1, 3)))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), same.parameters(), strict=True))
    assert torch.equal(first.weights[0][0], other.weights[0][0])
    assert not torch.equal(first.weights[0][1], other.weights[0][1])


def test_initial_weights_are_those_of_pytorchs_linear_layers():
    for weight, bias in zip(*(lambda n: (n.weights, n.biases))(MLP(100, 50, 400, generators=seeded(0))), strict=True):
        limit = weight.shape[0] ** -0.5
        assert 0.95 * limit < weight.abs().max() <= limit
        assert 0.8 * limit < bias.abs().max() <= limit
        assert weight.std().item() == pytest.approx(limit / 3**0.5, rel=0.05)


def test_it_is_what_pytorchs_layers_compute():
    network, x = build(None, "leaky_relu", outputs=2), points(20, 4)
    layers = []
    for weight, bias in zip(network.weights, network.biases, strict=True):
        layer = torch.nn.Linear(*weight.shape, dtype=torch.float64)
        layer.weight.data, layer.bias.data = weight.detach().mT, bias.detach()[0]
        layers += [layer, torch.nn.LeakyReLU(0.2)]
    torch.testing.assert_close(network(x), torch.nn.Sequential(*layers[:-1])(x), rtol=1e-12, atol=1e-14)


# ---------------------------------------------------------------- gradients


@activations
@side_by_side
def test_input_gradient_is_autograds(activation, models):
    network, x = build(models, activation), points(*axes(models), 20, 4).requires_grad_()
    (wanted,) = torch.autograd.grad(network(x).sum(), x)
    torch.testing.assert_close(network.input_gradient(x.detach()), wanted, rtol=1e-12, atol=1e-14)


@activations
@side_by_side
def test_the_derivative_of_the_input_gradient_is_that_of_double_backward(activation, models):
    network, x = build(models, activation), points(*axes(models), 20, 4).requires_grad_()
    parameters = list(network.parameters())

    def derivative(gradient):
        penalty = (gradient.norm(dim=-1) - 1).square().sum()
        return torch.autograd.grad(penalty, parameters, allow_unused=True, materialize_grads=True)

    (by_autograd,) = torch.autograd.grad(network(x).sum(), x, create_graph=True)
    torch.testing.assert_close(
        derivative(network.input_gradient(x.detach())), derivative(by_autograd), rtol=1e-10, atol=1e-12
    )


@activations
def test_input_gradient_is_the_limit_of_differences(activation):
    network, x, step = build(None, activation), points(50, 4), 1e-7
    differences = [(network(x + d) - network(x - d)) / (2 * step) for d in step * torch.eye(4, dtype=x.dtype)]
    close = torch.isclose(torch.cat(differences, dim=1), network.input_gradient(x), rtol=1e-5, atol=1e-7)
    assert close.float().mean() > 0.97  # all but where a kink lies within the step


def test_a_network_with_two_outputs_has_no_input_gradient():
    with pytest.raises(ValueError, match="of one output, this network has 2"):
        build(None, outputs=2).input_gradient(points(5, 4))


# ---------------------------------------------------------------- what is made of them


def test_brightness_is_within_its_range():
    y = Bounded(build(3, outputs=5))(1000 * points(3, 50, 4))
    assert y.shape == (3, 50, 5)
    assert 0 <= y.min() < 0.01
    assert 0.99 < y.max() <= 1


@side_by_side
def test_autoencoder_gives_the_error_of_each_reconstruction(models):
    network = Autoencoder(4, 2, 8, models=models, generators=seeded(*range(models or 1)))
    x = torch.rand(*axes(models), 30, 4, generator=seeded(5)[0])
    errors = network(x)
    rebuilt = network.decoder(network.encoder(x))
    torch.testing.assert_close(errors[..., 0], (rebuilt - x).abs().sum(dim=-1) / 4)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(100):
        optimiser.zero_grad()
        network(x).sum().backward()
        optimiser.step()
    assert (network(x).mean(dim=(-2, -1)) < 0.5 * errors.mean(dim=(-2, -1))).all()


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("name", ["inputs", "outputs", "hidden", "depth", "models"])
@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (2.5, TypeError), (True, TypeError)])
def test_sizes_are_integers_of_at_least_one(name, value, error):
    with pytest.raises(error, match=f"^{name} must be (at least 1|an integer), got {value}$"):
        MLP(**{"inputs": 4, "outputs": 1, "hidden": 6, "depth": 2, "models": 2, name: value})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"activation": "leaky"}, "did you mean 'leaky_relu'"),
        ({"activation": "max_min", "hidden": 5}, "hidden must be even for max_min, which sorts pairs, got 5"),
        ({"models": 3, "generators": seeded(0, 1)}, "a generator for each of 3 models, got 2"),
        ({"generators": seeded(0, 1)}, "a generator for each of 1 models, got 2"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(options, said):
    with pytest.raises(ValueError, match=said) as refused:
        MLP(4, 1, **options)
    assert "\n" not in str(refused.value)
