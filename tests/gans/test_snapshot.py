"""Snapshots: copies that answer questions."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from wgan_helpers import images
from wgan_helpers.distributions import GaussianRing
from wgan_helpers.gans import OBJECTIVES, Config, Game, train_population
from wgan_helpers.networks import lipschitz_bound

RING = GaussianRing()
SMALL = Config(hidden=8, depth=2, batch=16, critic_steps=2, steps=12)
X = RING.sample(9, Generator().manual_seed(0))


def answers(snapshot) -> list[Tensor]:
    values = [snapshot.sample(5), snapshot.critic(X), snapshot.critic_gradient(X), snapshot.lipschitz_bound()]
    return [*values, *snapshot.losses, snapshot.estimate, torch.tensor([snapshot.step, snapshot.steps])]


@pytest.mark.parametrize("objective", ["wgan-gp", "sngan", "began", "wgan"])
@pytest.mark.parametrize("models", [None, 2])
def test_later_steps_and_changes_do_not_touch_it(objective, models):
    config = replace(SMALL, objective=objective)
    game = Game(config if models is None else [config] * models, RING)
    game.step()
    snapshot = game.snapshot()
    before = copy.deepcopy(answers(snapshot))
    game.change(steps=99)
    game.step()
    for a, b in zip(answers(snapshot), before, strict=True):
        assert torch.equal(a.nan_to_num(), b.nan_to_num())
    assert not game.snapshot().sample(5).equal(snapshot.sample(5))


def test_taking_one_does_not_touch_the_game():
    game, other = Game(SMALL, RING), Game(SMALL, RING)
    for _ in range(3):
        game.step()
        answers(game.snapshot())
        other.step()
    torch.testing.assert_close(game.state(), other.state(), rtol=0, atol=0)


def test_it_samples_the_same_points_every_time_unless_given_a_generator():
    snapshot = Game(SMALL, RING).snapshot()
    assert snapshot.sample(5).equal(snapshot.sample(5))
    first = snapshot.sample(5, Generator().manual_seed(7))
    assert first.equal(snapshot.sample(5, Generator().manual_seed(7)))
    assert not first.equal(snapshot.sample(5))


@pytest.mark.parametrize("population", [False, True])
def test_a_generator_goes_on_by_one_drawing(population):
    configs = [SMALL, replace(SMALL, hidden=4), SMALL]  # in two parts
    snapshot = next(train_population(configs, RING)) if population else Game(SMALL, RING).snapshot()
    generator, other = Generator().manual_seed(7), Generator().manual_seed(7)
    first, second = snapshot.sample(5, generator), snapshot.sample(5, generator)
    torch.randn(5, 2, generator=other)
    torch.randn(5, 2, generator=other)
    assert generator.get_state().equal(other.get_state())
    assert not first.equal(second)


def test_all_models_make_their_points_from_the_same_latent_ones():
    configs = [SMALL, replace(SMALL, objective="ns"), SMALL]
    first, other, third = next(train_population(configs, RING)).sample(5)
    assert first.equal(third)
    assert first.equal(other)  # at the start the objective has changed nothing yet


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_critic_s_gradient_equals_finite_differences(objective):
    game = Game(replace(SMALL, objective=objective), RING)
    game.step()
    snapshot, x, h = game.snapshot(), X.double(), 1e-6
    steps = h * torch.eye(2)
    differences = [(snapshot.critic(x + step) - snapshot.critic(x - step)) / (2 * h) for step in steps]
    torch.testing.assert_close(snapshot.critic_gradient(x), torch.stack(differences, dim=-1), rtol=1e-5, atol=1e-7)


def test_no_slope_exceeds_the_bound():
    game = Game(SMALL, RING)
    game.step()
    snapshot = game.snapshot()
    assert snapshot.lipschitz_bound() == lipschitz_bound(game.critic)
    assert (snapshot.critic_gradient(X).norm(dim=1) <= snapshot.lipschitz_bound()).all()


def test_no_bound_is_known_for_an_autoencoder():
    assert Game(replace(SMALL, objective="began"), RING).snapshot().lipschitz_bound() == torch.inf


def test_what_has_not_been_played_is_not_a_number():
    game = Game(SMALL, RING)
    assert all(value.isnan() for value in (*game.snapshot().losses, game.snapshot().estimate))
    game.critic_step()
    losses = game.snapshot().losses
    assert losses.critic.isfinite() and losses.generator.isnan()


def test_finite_says_which_models_are_numbers():
    game = Game([SMALL, SMALL, SMALL], RING)
    assert game.snapshot().finite.tolist() == [True, True, True]
    with torch.no_grad():
        game.critic.biases[0][1, 0, 3] = torch.nan
    assert game.snapshot().finite.tolist() == [True, False, True]
    assert Game(SMALL, RING).snapshot().finite.shape == ()


def test_points_of_other_precision_and_arrays_are_points():
    snapshot = Game(SMALL, RING).snapshot()
    for points in (X.double(), X.numpy(), X.double().numpy(), X.tolist()):
        assert snapshot.critic(points).equal(snapshot.critic(X))
        assert snapshot.critic_gradient(points).equal(snapshot.critic_gradient(X))


@pytest.mark.parametrize("x", [torch.zeros(5, 3), torch.zeros(2), np.zeros((4, 5, 2))])
def test_points_of_another_space_are_refused(x):
    snapshot = Game(SMALL, RING).snapshot()
    for ask in (snapshot.critic, snapshot.critic_gradient):
        with pytest.raises(ValueError, match=r"x must be points \(n, 2\), got shape"):
            ask(x)


def test_it_prints_in_a_few_words():
    assert len(repr(Game(SMALL, RING).snapshot())) < 300


def test_a_number_of_points_is_a_positive_integer():
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        Game(SMALL, RING).snapshot().sample(0)


def test_pictures_are_made_with_what_batches_have_taught_not_with_one_another():
    config = replace(SMALL, critic="conv", generator="conv")
    game = Game(config, images.load("digits"))
    game.step()
    snapshot = game.snapshot()
    torch.testing.assert_close(snapshot.sample(16), snapshot.sample(32)[:16])
    assert game.generator.training
