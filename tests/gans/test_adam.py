"""Adam on one flat vector against PyTorch's."""

import copy

import pytest
import torch
from torch import Generator, nn

from wgan_helpers.gans._adam import FlatAdam
from wgan_helpers.networks import MLP

pytestmark = pytest.mark.usefixtures("double")
LR, BETA1, BETA2 = [0.01, 0.003, 0.1], [0.0, 0.5, 0.9], [0.9, 0.999, 0.99]


def gradients(network: nn.Module, step: int) -> list[torch.Tensor]:
    generator = Generator().manual_seed(step)
    return [torch.randn(p.shape, generator=generator) for p in network.parameters()]


def descend(network: nn.Module, adam: FlatAdam, steps: range) -> None:
    for step in steps:
        for p, gradient in zip(network.parameters(), gradients(network, step), strict=True):
            p.grad.copy_(gradient)
        adam.step()


def test_each_model_moves_as_under_pytorch_s_adam_with_its_settings():
    network = MLP(2, 1, 4, 2, models=3)
    alone = [[p.detach()[model].clone().requires_grad_() for p in network.parameters()] for model in range(3)]
    adams = [torch.optim.Adam(p, a, (b, c)) for p, a, b, c in zip(alone, LR, BETA1, BETA2, strict=True)]
    flat = FlatAdam(network, 3)
    flat.set(LR, BETA1, BETA2)
    descend(network, flat, range(30))
    for step in range(30):
        for model, (parameters, adam) in enumerate(zip(alone, adams, strict=True)):
            for p, gradient in zip(parameters, gradients(network, step), strict=True):
                p.grad = gradient[model]
            adam.step()
    for i, p in enumerate(network.parameters()):
        torch.testing.assert_close(p.detach(), torch.stack([each[i].detach() for each in alone]))


def test_a_share_of_the_learning_rate_is_a_share_of_the_first_step():
    steps = []
    for share in (1.0, 0.25):
        adam = FlatAdam(nn.Linear(3, 3))
        adam.set([0.01], [0.5], [0.9])
        adam.gradient.copy_(torch.arange(1.0, 13.0))
        start = adam.values.clone()
        adam.step(share)
        steps.append(adam.values - start)
    torch.testing.assert_close(steps[0], torch.full((12,), -0.01))  # by the sign of the gradient
    torch.testing.assert_close(steps[1], 0.25 * steps[0])


def test_it_goes_on_where_its_state_was_taken():
    network = MLP(2, 1, 4, 2)
    adam = FlatAdam(network)
    adam.set([0.01], [0.5], [0.9])
    descend(network, adam, range(5))
    state = copy.deepcopy(adam.state())
    descend(network, adam, range(5, 10))
    end = adam.values.clone()
    adam.load(state)
    descend(network, adam, range(5, 10))
    assert adam.values.equal(end)


def test_with_momenta_that_change_the_mean_of_equal_gradients_stays_unbiased():
    network = nn.Linear(1, 1)
    adam = FlatAdam(network)
    start = adam.values.clone()
    for beta in (0.5, 0.9, 0.0, 0.99):
        adam.set([0.01], [beta], [beta])
        adam.gradient.fill_(3.0)
        adam.step()
    torch.testing.assert_close(adam.values, start - 4 * 0.01)
