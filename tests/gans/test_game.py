"""The game of two: what each player's step may touch, how critics are held, what their losses say, what is refused."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor, nn

from wgan_helpers import transport
from wgan_helpers.distributions import Gaussian, GaussianRing
from wgan_helpers.gans import OBJECTIVES, Config, Game, train_population
from wgan_helpers.networks import lipschitz_bound

RING = GaussianRing()
GAMES = [*((name, "mlp") for name in OBJECTIVES), *((name, "lipschitz") for name in OBJECTIVES if name != "began")]
SMALL = {"hidden": 8, "depth": 2, "batch": 16, "critic_steps": 3}


def weights(network: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def game_of(objective: str = "wgan-gp", **settings) -> Game:
    return Game(Config(objective=objective, **{**SMALL, **settings}), RING)


# whose step touches what


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_generated_points_are_detached_in_the_critic_s_step(objective):
    game = game_of(objective)
    generator, critic = weights(game.generator), weights(game.critic)
    game.critic_step()
    assert weights(game.generator).equal(generator)
    assert not game._generator.adam.gradient.any()
    assert not weights(game.critic).equal(critic)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_critic_rests_in_the_generator_s_step(objective):
    game = game_of(objective)
    generator, critic = weights(game.generator), weights(game.critic)
    game.generator_step()
    assert not game._critic.adam.gradient.any()
    assert weights(game.critic).equal(critic)
    assert not weights(game.generator).equal(generator)
    assert game.steps == 1


def test_a_step_down_the_generator_s_own_loss_is_its_own_step():
    game, by_hand = game_of("wgan"), game_of("wgan")
    state = by_hand._randomness.generators[0].get_state()
    game.generator_step()
    latent = torch.randn(SMALL["batch"], 2, generator=Generator().manual_seed(0).set_state(state))
    by_hand.descend(-by_hand.critic(by_hand.generator(latent)).mean())
    torch.testing.assert_close(weights(by_hand.generator), weights(game.generator))
    assert (by_hand.steps, by_hand.losses.generator.item()) == (1, pytest.approx(game.losses.generator.item()))


# BEGAN's balance


def test_began_s_balance_by_hand():
    game = game_of("began", critic_steps=1, diversity=0.7)
    game._critic.balance = torch.tensor(0.25)
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.5, 1.5])
    losses = game._critic._losses_of([real, fake], real, fake)
    assert losses.critic.item() == pytest.approx(2 - 0.25 * 1)
    assert game._critic.balance.item() == pytest.approx(0.25 + 1e-3 * (0.7 * 2 - 1))


def test_began_s_balance_stays_between_0_and_1():
    game = game_of("began")
    for start, real, fake, end in ((0.0, 0.0, 5.0, 0.0), (1.0, 5.0, 0.0, 1.0)):
        game._critic.balance = torch.tensor(start)
        game._critic._losses_of([torch.tensor([real]), torch.tensor([fake])], torch.empty(0), torch.empty(0))
        assert game._critic.balance == end


# how critics are held


def test_clipped_weights_stay_within_the_limit():
    game = game_of("wgan", clip=0.02, lr_critic=0.05)
    for _ in range(5):
        game.critic_step()
        assert weights(game.critic).abs().max() == torch.tensor(0.02)


@pytest.mark.parametrize("objective", [name for name in OBJECTIVES if name != "began"])
def test_a_lipschitz_critic_has_slope_at_most_1_at_every_step_of_training(objective):
    game = game_of(objective, critic="lipschitz", lr_critic=0.05, steps=30)
    for _ in range(30):
        game.step()
        bound = lipschitz_bound(game.critic)
        assert bound <= 1 + 1e-5
    assert bound > 0.5  # held, not shrunk to nothing


def test_spectral_weights_have_norm_near_1():
    game = game_of("sngan", lr_critic=1e-3)
    for _ in range(20):
        game.step()
    for layer in game.critic.effective_weights():
        assert torch.linalg.matrix_norm(layer, ord=2).item() == pytest.approx(1, abs=0.02)


# what the critic's loss says


def shifted_gaussians(objective: str, shift: float, steps: int, **settings) -> list[float]:
    """A critic's estimates on the way, between N(0, I) and what a generator at rest makes: the same, moved."""
    game = Game(Config(objective=objective, hidden=32, depth=2, lr_critic=5e-3, **settings), Gaussian(dim=2))
    first, second, last = game.generator.weights
    identity = torch.eye(2)
    with torch.no_grad():
        for p in game.generator.parameters():
            p.zero_()
        first[:, :4] = torch.cat([identity, -identity], dim=1)  # z = relu(z) - relu(-z)
        second[:4, :4] = torch.eye(4)
        last[:4] = torch.cat([identity, -identity])
        game.generator.biases[-1][0, 0] = shift
    estimates = []
    for _ in range(steps):
        game.critic_step()
        estimates.append(game.estimate.item())
    return estimates


def test_the_c_transform_of_a_trained_critic_estimates_the_w1_of_minibatches():
    estimate = sum(shifted_gaussians("c-transform", 4, 300, batch=64)[-50:]) / 50
    x = torch.randn(20, 64, 2, generator=Generator().manual_seed(1))
    y = torch.randn(20, 64, 2, generator=Generator().manual_seed(2)) + torch.tensor([4.0, 0.0])
    assert estimate == pytest.approx(transport.wasserstein1(x, y).mean().item(), rel=0.03)


@pytest.mark.parametrize("penalty", [0.5, 2.0])
def test_a_soft_penalty_makes_the_critic_steeper_by_a_known_law(penalty):
    """The largest of sW − λ(s − 1)² over slopes s is at s = 1 + W / 2λ, so that sW = W + W² / 2λ."""
    estimates = shifted_gaussians("wgan-gp", 2, 600, batch=256, penalty=penalty)
    assert sum(estimates[-100:]) / 100 == pytest.approx(2 + 2**2 / (2 * penalty), rel=0.05)


# what a game is made of


@pytest.mark.parametrize(
    ("config", "source", "error", "words"),
    [
        (Config(batch=101), torch.randn(100, 2), ValueError, "batch must be at most 100, the number of points"),
        (Config(), torch.full((500, 2), math.nan), ValueError, "points must be finite, got NaN in 500 of 500"),
        (Config(), "ring", TypeError, "source must be a law, pictures or points"),
        (Config(), GaussianRing, TypeError, "source must be a law, .* got the class GaussianRing"),
        (Config(generator="conv"), RING, ValueError, "convolutional networks need pictures"),
        (Config(critic="conv"), RING, ValueError, "for points take critic='mlp'"),
        ([], RING, ValueError, "at least one configuration"),
        ("ns", RING, TypeError, "a sequence of Config, got a str in it"),
        (
            [Config(), Config(hidden=32)],
            RING,
            ValueError,
            "hidden must be the same for models side by side, got 64, 32",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(config, source, error, words):
    with pytest.raises(error, match=words):
        Game(config, source)


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "mps:7"])
def test_a_device_that_is_not_there_is_refused_in_one_line(device):
    with pytest.raises(ValueError, match=f"^device '{device}' is not to be had here: 'cpu' always is$"):
        Game(Config(), RING, device)
    with pytest.raises(ValueError, match=f"^device '{device}' is not to be had here: 'cpu' always is$"):
        next(train_population([Config()], RING, device=device))


class Wrong:
    """A law that does not keep its word."""

    dim, name = 3, "wrong"

    def __init__(self, points: Tensor) -> None:
        self.points = points

    def sample(self, n: int, generator: Generator | None = None) -> Tensor:
        return self.points.expand(n, -1)


def test_a_source_that_draws_other_than_it_says_is_refused():
    with pytest.raises(ValueError, match="says that its dimension is 3, and draws points of 2"):
        Game(Config(), Wrong(torch.zeros(1, 2)))
    with pytest.raises(ValueError, match="not finite: 1000 of 1000"):
        Game(Config(), Wrong(torch.tensor([[0.0, math.inf, 0.0]])))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(("objective", "critic"), GAMES)
def test_on_a_gpu_every_game_plays_and_goes_on_where_it_was_saved(objective, critic):
    config = Config(objective=objective, critic=critic, **SMALL)
    configs = [config, replace(config, seed=1, lr_critic=0.01)]
    game = Game(configs, RING, "cuda")
    game.step()
    state = game.state()
    game.step()
    snapshot = game.snapshot()
    assert snapshot.sample(5).is_cuda and snapshot.finite.all()
    assert snapshot.critic(torch.zeros(3, 2)).shape == (2, 3)
    game.load(state)
    game.step()
    torch.testing.assert_close(game.snapshot().sample(5), snapshot.sample(5))
