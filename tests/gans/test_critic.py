"""A critic alone: what it says of two fixed samples, how it is held, what it refuses."""

import copy
import pickle

import pytest
import torch
from torch import Generator, Tensor

from wgan_helpers import transport
from wgan_helpers.gans import Config, Critic
from wgan_helpers.networks import lipschitz_bound


def two_samples(n: int = 64, shift: float = 2.0) -> tuple[Tensor, Tensor]:
    points = torch.randn(n, 2, generator=Generator().manual_seed(3))
    return points, points + torch.tensor([shift, 0.0])


def config(objective: str = "wgan", critic: str = "lipschitz", **settings) -> Config:
    return Config(objective=objective, critic=critic, **{"hidden": 16, "depth": 2, **settings})


def trained(critic: Critic, steps: int, real: Tensor, fake: Tensor) -> list[float]:
    estimates = []
    for _ in range(steps):
        critic.step(real, fake)
        estimates.append(critic.estimate.item())
    return estimates


def test_no_lipschitz_critic_exceeds_the_exact_distance_and_it_comes_near():
    real, fake = two_samples()
    exact = transport.wasserstein1(real, fake).item()
    estimates = trained(Critic(config(lr_critic=1e-2), 2), 100, real, fake)
    assert max(estimates) <= exact + 1e-5
    assert estimates[-1] > 0.95 * exact


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda critic: pickle.loads(pickle.dumps(critic))])
def test_a_copy_trains_on_its_own_and_as_the_original_does(copied):
    real, fake = two_samples()
    critic = Critic(config(), 2)
    trained(critic, 3, real, fake)
    other = copied(critic)
    before = critic.network(real)
    estimates = trained(other, 5, real, fake)
    assert torch.equal(critic.network(real), before)
    assert trained(critic, 5, real, fake) == estimates


@pytest.mark.parametrize(
    ("real", "error", "words"),
    [
        (torch.zeros(0, 2), ValueError, r"real must be \(n, 2\), got \(0, 2\)"),
        (torch.zeros(2), ValueError, r"real must be \(n, 2\), got \(2,\)"),
        (torch.zeros(4, 2).double(), TypeError, "real must be a torch.float32 tensor.*got torch.float64"),
        (torch.zeros(4, 2).numpy(), TypeError, "real must be a torch.float32 tensor.*got ndarray"),
    ],
)
def test_what_is_no_sample_is_refused(real, error, words):
    with pytest.raises(error, match=words):
        Critic(config(), 2).step(real, torch.zeros(4, 2))


def test_a_c_transform_critic_takes_samples_of_two_sizes():
    real, fake = two_samples()
    critic = Critic(config("c-transform", "mlp", lr_critic=1e-2), 2)
    exact = transport.wasserstein1(real, fake[:40]).item()
    assert trained(critic, 200, real, fake[:40])[-1] == pytest.approx(exact, rel=0.03)


def test_a_critic_over_its_spectral_norms_is_held_whatever_the_objective():
    real, fake = two_samples()
    critic, free = Critic(config(critic="spectral", lr_critic=1e-2), 2), Critic(config("ns", "mlp", lr_critic=1e-2), 2)
    for each in (critic, free):
        trained(each, 50, real, fake)
    assert lipschitz_bound(critic.network) < 1.2 < lipschitz_bound(free.network)


def test_side_by_side_is_as_alone():
    real, fake = two_samples()
    configs = [config("wgan-gp", "mlp", seed=seed, penalty=penalty) for seed, penalty in ((1, 0.1), (2, 10.0))]
    many = Critic(configs, 2)
    alone = [trained(Critic(each, 2), 5, real, fake)[-1] for each in configs]
    for _ in range(5):
        many.step(real.expand(2, -1, -1), fake.expand(2, -1, -1))
    assert many.estimate.tolist() == pytest.approx(alone, rel=1e-4)


@pytest.mark.parametrize("models", [None, 2])
def test_points_that_stay_are_paired_anew_for_the_penalty(models, monkeypatch):
    real, fake = two_samples()
    configs = config("wgan-gp", "mlp")
    if models is not None:
        configs = [config("wgan-gp", "mlp", seed=seed) for seed in range(models)]
        real, fake = (points.expand(models, -1, -1) for points in (real, fake))
    critic, partners = Critic(configs, 2), []
    penalised = critic.penalised
    monkeypatch.setattr(critic, "penalised", lambda x, y: partners.append(y) or penalised(x, y))
    for _ in range(3):
        critic.step(real, fake)
    for drawn in partners:
        assert torch.equal(drawn.sort(dim=-2).values, fake.sort(dim=-2).values)
    orders = torch.cat([drawn.reshape(-1, *fake.shape[-2:]) for drawn in partners])
    assert len(orders.unique(dim=0)) == len(orders) == 3 * (models or 1)


def test_a_step_leaves_the_points_alone():
    real, fake = two_samples()
    critic = Critic(config("c-transform", "mlp"), 2)
    critic.step(real, fake.requires_grad_())
    assert fake.grad is None
    assert not critic.estimate.requires_grad


@pytest.mark.parametrize(
    ("objective", "real", "fake", "line"),
    [
        ("wgan", (8, 3), (8, 3), r"real must be \(n, 2\), got \(8, 3\)"),
        ("wgan", (8, 2), (4, 8, 2), r"fake must be \(n, 2\), got \(4, 8, 2\)"),
        (
            "wgan-gp",
            (8, 2),
            (7, 2),
            "wgan-gp penalises slopes between pairs: it needs as many fake points as real ones",
        ),
    ],
)
def test_points_that_do_not_fit_are_refused(objective, real, fake, line):
    with pytest.raises(ValueError, match=line):
        Critic(config(objective, "mlp"), 2).step(torch.zeros(real), torch.zeros(fake))


def test_a_cost_that_is_given_changes_nothing():
    real, fake = two_samples()
    cost = transport.pairwise_distance(fake, real)
    for objective in ("c-transform", "c-eps-transform", "wgan"):
        one, other = (Critic(config(objective, "mlp"), 2) for _ in range(2))
        for _ in range(3):
            one.step(real, fake)
            other.step(real, fake, cost)
        assert one.estimate.item() == pytest.approx(other.estimate.item(), abs=1e-6)


def test_it_goes_on_from_its_state_bit_for_bit():
    real, fake = two_samples()
    first = Critic(config("wgan-gp", "mlp"), 2)
    trained(first, 5, real, fake)
    second = Critic(config("wgan-gp", "mlp", seed=7), 2)
    second.load(copy.deepcopy(first.state()))
    assert trained(first, 5, real, fake) == trained(second, 5, real, fake)
