"""The backward pass by hand is the one that PyTorch's graph gives."""

import pytest
import torch

from wgan_helpers.networks import MLP, Autoencoder, ConvCritic, LipschitzMLP, SpectralMLP, passes

KINDS = {
    "relu": lambda **options: MLP(4, 1, 6, activation="relu", **options),
    "leaky_relu": lambda **options: MLP(4, 1, 6, activation="leaky_relu", **options),
    "one layer": lambda **options: MLP(4, 1, 6, depth=1, **options),
    "lipschitz": lambda **options: LipschitzMLP(4, 1, 6, **options),
    "spectral": lambda **options: SpectralMLP(4, 1, 6, **options),
}
kinds = pytest.mark.parametrize("kind", KINDS)
side_by_side = pytest.mark.parametrize("models", [None, 3])


def draws(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def build(kind, models):
    seeds = [torch.Generator().manual_seed(seed) for seed in range(models or 1)]
    network = KINDS[kind](models=models, generators=seeds).double()
    with torch.no_grad():
        for parameter in network.parameters():  # so that the estimates of norms are not exact
            parameter.add_(0.1 * draws(*parameter.shape))
    return network


def axes(models):
    return () if models is None else (models,)


def gradients(network):
    return [None if p.grad is None else p.grad.clone() for p in network.parameters()]


def both_ways(network, x, slopes_at, *derivatives):
    """Outputs, input gradients and the parameters' gradients, by hand and by graph."""
    results = []
    for way in (passes._ByHand, passes._ByGraph):
        network.zero_grad()
        done = way(network, x, slopes_at)
        done.backward(*derivatives)
        results.append((done.outputs, done.gradient, gradients(network)))
    return results


@kinds
@side_by_side
@pytest.mark.parametrize("slopes_at", [0, 7])
def test_by_hand_is_by_graph(kind, models, slopes_at):
    network = build(kind, models)
    x, derivative = draws(*axes(models), 10 + slopes_at, 4), draws(*axes(models), 10, 1, seed=1)
    of_gradient = draws(*axes(models), slopes_at, 4, seed=2) if slopes_at else None
    (outputs, gradient, found), (wanted_outputs, wanted_gradient, wanted) = both_ways(
        network, x, slopes_at, derivative, of_gradient
    )
    torch.testing.assert_close(outputs, wanted_outputs, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(outputs, network(x)[..., :10, :].detach(), rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-12)
    if slopes_at:
        torch.testing.assert_close(gradient, wanted_gradient, rtol=1e-12, atol=1e-13)
    else:
        assert gradient is None


@kinds
@side_by_side
def test_the_way_back_to_the_input_is_by_graph(kind, models):
    network, x, derivative = build(kind, models), draws(*axes(models), 10, 4), draws(*axes(models), 10, 1, seed=1)
    found = passes.forward(network, x).input_backward(derivative)
    torch.testing.assert_close(found, passes._ByGraph(network, x, 0).input_backward(derivative))
    torch.testing.assert_close(found, derivative * network.input_gradient(x).detach())


@kinds
@pytest.mark.parametrize("way", [passes._ByHand, passes._ByGraph])
def test_gradients_are_added_to_those_that_are_there(kind, way):
    network, x, derivative = build(kind, 3), draws(3, 10, 4), draws(3, 10, 1, seed=1)
    way(network, x, 0).backward(derivative)
    once = gradients(network)
    way(network, x, 0).backward(derivative)
    torch.testing.assert_close(gradients(network), [2 * gradient for gradient in once])


@kinds
def test_a_pass_leaves_its_input_and_the_weights_alone(kind):
    network, x = build(kind, 3), draws(3, 17, 4)
    before = x.clone(), [p.detach().clone() for p in network.parameters()]
    done = passes.forward(network, x, 7)
    done.backward(draws(3, 10, 1), draws(3, 7, 4))
    done.input_backward(draws(3, 10, 1))
    torch.testing.assert_close((x, [p.detach() for p in network.parameters()]), before, rtol=0, atol=0)
    assert not x.requires_grad
    assert not done.outputs.requires_grad
    assert not done.gradient.requires_grad


def test_perceptrons_go_by_hand_and_others_by_graph():
    assert isinstance(passes.forward(build("lipschitz", None), draws(5, 4)), passes._ByHand)
    assert isinstance(passes.forward(Autoencoder(4, 2).double(), draws(5, 4)), passes._ByGraph)


def test_several_outputs_have_a_way_back_but_no_slopes():
    network, x, derivative = MLP(4, 3, 6, models=2).double(), draws(2, 10, 4), draws(2, 10, 3, seed=1)
    (_, _, found), (_, _, wanted) = both_ways(network, x, 0, derivative)
    torch.testing.assert_close(found, wanted)
    for way in (passes._ByHand, passes._ByGraph):
        with pytest.raises(ValueError, match="an input gradient is of one output, this network has 3"):
            way(network, x, 5)


# ---------------------------------------------------------------- pictures


def test_a_convolutional_critic_with_slopes_is_what_autograd_gives():
    network = ConvCritic((1, 8, 8), 4, generators=torch.Generator().manual_seed(0)).double()
    x, derivative, of_gradient = draws(10, 64), draws(6, 1, seed=1), draws(4, 64, seed=2)
    done = passes.forward(network, x, 4)
    done.backward(derivative, of_gradient)
    at = x[6:].clone().requires_grad_()
    (slopes,) = torch.autograd.grad(network(at).sum(), at, create_graph=True)
    loss = (derivative * network(x[:6])).sum() + (of_gradient * slopes).sum()
    wanted = torch.autograd.grad(loss, list(network.parameters()))
    torch.testing.assert_close(done.outputs, network(x[:6]).detach())
    torch.testing.assert_close(done.gradient, slopes.detach())
    torch.testing.assert_close([p.grad for p in network.parameters()], list(wanted))


def test_a_convolutional_critic_leads_back_to_the_pictures():
    network = ConvCritic((1, 8, 8), 4, generators=torch.Generator().manual_seed(0)).double()
    x, step, direction = draws(6, 64), 1e-6, draws(6, 64, seed=1)
    found = passes.forward(network, x).input_backward(torch.ones(6, 1, dtype=x.dtype))
    differences = (network(x + step * direction) - network(x - step * direction)) / (2 * step)
    torch.testing.assert_close((found * direction).sum(1, keepdim=True), differences.detach(), rtol=1e-5, atol=1e-6)
