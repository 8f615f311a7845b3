"""Settings that change while a game runs."""

import pytest
import torch
from torch import Tensor, nn

from wgan_helpers.distributions import GaussianRing
from wgan_helpers.gans import Config, Game
from wgan_helpers.networks import lipschitz_bound

RING = GaussianRing()
SMALL = {"hidden": 8, "depth": 2, "batch": 16, "critic_steps": 3}


def weights(network: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def game_of(objective: str = "wgan-gp", **settings) -> Game:
    return Game(Config(objective=objective, **{**SMALL, **settings}), RING)


def test_a_change_keeps_weights_momenta_and_randomness():
    game, same = game_of(), game_of()
    for each in (game, same):
        each.step()
    game.change(objective="wgan-lp", lr_critic=0.1, critic_steps=2, epsilon=3.0)
    before = same.state()
    after = game.state()
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert (game.config.objective, game.config.lr_critic, game.config.penalty) == ("wgan-lp", 0.1, 0.1)


@pytest.mark.usefixtures("double")
def test_a_changed_game_goes_on_as_one_that_had_the_settings_all_along():
    settings = {
        "lr_critic": 0.02, "lr_generator": 0.01, "beta1": 0.3, "beta2": 0.8, "penalty": 2.0, "decay": False,
        "critic_steps": 2, "batch": 8, "objective": "wgan-gp",
    }  # fmt: skip
    changed, other = game_of("ns"), game_of(**settings)
    changed.change(**settings)
    for each in (changed, other):
        for _ in range(3):
            each.step()
    assert weights(changed.generator).equal(weights(other.generator))
    assert changed.losses == other.losses


def test_clip_diversity_epsilon_and_steps_can_change():
    game = game_of("wgan")
    game.change(clip=1e-4, steps=17)
    game.critic_step()
    assert weights(game.critic).abs().max() <= 1e-4
    assert game.snapshot().steps == 17
    began = game_of("began")
    began.change(diversity=1.0)
    began._critic._losses_of([torch.tensor([3.0]), torch.tensor([1.0])], torch.empty(0), torch.empty(0))
    assert began._critic.balance.item() == pytest.approx(1e-3 * (3 - 1))


def test_all_models_change_at_once():
    game = Game([Config(**SMALL, lr_critic=lr) for lr in (0.1, 0.2)], RING)
    game.change(lr_critic=0.3, penalty=5)
    assert [config.lr_critic for config in game.configs] == [0.3, 0.3]
    game.step()


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"lr_critic": -1}, ValueError, "lr_critic must be positive"),
        ({"objectiv": "ns"}, TypeError, "did you mean 'objective'"),
        ({"hidden": 16}, ValueError, "hidden cannot change while a game runs: start a new one"),
        ({"seed": 1}, ValueError, "seed cannot change"),
        ({"objective": "sngan"}, ValueError, "sngan needs another kind of critic than wgan-gp: start a new game"),
        ({"objective": "began"}, ValueError, "began needs another kind of critic"),
        ({"batch": 101}, ValueError, "batch must be at most 100, the number of points, got 101"),
    ],
)
def test_an_impossible_change_leaves_the_game_as_it_was(settings, error, words):
    points = torch.randn(100, 2)
    game, untouched = (Game(Config(**SMALL), points) for _ in range(2))
    with pytest.raises(error, match=words):
        game.change(lr_generator=0.5, **settings)
    for each in (game, untouched):
        each.step()
    assert game.config == untouched.config
    assert weights(game.generator).equal(weights(untouched.generator))


def test_a_lipschitz_critic_may_go_on_with_any_objective_of_scores():
    game = game_of("wgan", critic="lipschitz")
    for objective in ("sngan", "ns", "wgan-gp", "c-transform"):
        game.change(objective=objective)
        game.step()
    assert lipschitz_bound(game.critic) <= 1 + 1e-5
