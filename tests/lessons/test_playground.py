"""The playground: every objective plays, settings change on the way, the code that it shows does the same."""

import itertools

import numpy as np
import pytest
import torch

from wgan_helpers import gans, ui
from wgan_helpers.lessons import playground


@pytest.fixture
def player():
    player = playground.explore()
    player.settle()
    yield player
    player.close()


def control(player: ui.Player, name: str):
    return player._controls[name].widget


def act(player: ui.Player, label: str) -> None:
    """Click the button of this name, and wait for the picture."""
    rows = [child for row in player.children for child in getattr(row, "children", ())]
    next(child for child in rows if getattr(child, "description", "") == label).click()
    player.settle()


def process(player: ui.Player) -> playground._Play:
    return player._runner._process


@pytest.mark.parametrize("objective", gans.OBJECTIVES)
def test_every_objective_is_stepped_and_drawn(player, objective):
    control(player, "objective").value = objective
    player.settle()
    for label in ("Critic step", "Generator step"):
        act(player, label)
    assert player.error is None
    assert process(player).game.config.objective == objective
    assert process(player).game.steps == 1


@pytest.mark.parametrize(("data", "models"), list(itertools.product([*playground.SOURCES, playground.DRAWN], [1, 4])))
def test_all_data_are_drawn_for_one_seed_and_for_many(player, data, models):
    control(player, "data").value = data
    control(player, "models").value = models
    player.settle()
    act(player, "Generator step")
    assert player.error is None
    assert process(player).game.snapshot().sample(3).shape == (models, 3, 2)


def test_a_learning_rate_changes_while_the_game_goes_on(player):
    act(player, "Generator step")
    game = process(player).game
    control(player, "lr_critic").value = 1e-2
    player.settle()
    assert process(player).game is game
    assert (game.config.lr_critic, game.steps) == (1e-2, 1)


def test_other_data_are_fed_to_the_same_game(player):
    act(player, "Generator step")
    game = process(player).game
    control(player, "data").value = "Swiss roll"
    player.settle()
    assert process(player).game is game
    assert game.about_source.startswith("Swiss roll")


def test_another_kind_of_critic_starts_anew(player):
    act(player, "Generator step")
    control(player, "critic").value = "lipschitz"
    player.settle()
    assert process(player).game.steps == 0
    assert float(process(player).game.snapshot().lipschitz_bound()) <= 1 + 1e-5


def test_an_impossible_pair_is_said_and_the_next_choice_works(player):
    control(player, "critic").value = "lipschitz"
    control(player, "objective").value = "began"
    player.settle()
    assert "began" in str(player.error)
    control(player, "critic").value = "mlp"
    player.settle()
    assert player.error is None


def test_only_settings_that_the_objective_heeds_can_be_moved(player):
    heeded = {"wgan-gp": {"penalty"}, "wgan": {"clip"}, "c-eps-transform": {"epsilon"}, "ns": set()}
    for objective, names in heeded.items():
        control(player, "objective").value = objective
        enabled = {name for name in ("penalty", "clip", "epsilon") if not control(player, name).disabled}
        assert enabled == names
    control(player, "objective").value = "wgan"
    control(player, "critic").value = "lipschitz"
    assert control(player, "clip").disabled


def test_what_is_drawn_becomes_the_data_until_it_is_cleared(player):
    pointed = [[0.2, 0.5], [0.21, 0.5]]  # shares of the picture's width and height
    wanted = player._drawing.data(pointed).mean(axis=0)
    assert np.abs(wanted).max() < 2
    player._drawing.picture._handle_custom_msg({"points": pointed}, [])
    player.settle()
    assert control(player, "data").value == playground.DRAWN
    np.testing.assert_allclose(process(player).law.mean, wanted, atol=1e-6)
    act(player, "Clear drawing")
    assert len(process(player).law.points) == 200  # the letter W


def test_curves_stay_bounded():
    curves = playground._Curves()
    for step in range(10_000):
        if step % curves.every == 0:
            curves.add(step, (0.0,))
    assert len(curves.rows) <= 301
    steps = [row[0] for row in curves.rows]
    assert steps == sorted(steps)
    assert steps[0] == 0
    assert steps[-1] > 9_000


@pytest.mark.parametrize(("models", "data"), [(1, "ring of 8 Gaussians"), (3, "Swiss roll"), (1, playground.DRAWN)])
def test_the_code_that_is_shown_trains_with_these_settings(player, models, data, monkeypatch, capsys):
    settings = {**player.values, "models": models, "data": data, "lr_critic": 2e-3}
    code = playground.code(**settings)
    seen: list = []
    for name in ("train", "train_population"):
        monkeypatch.setattr(gans, name, lambda config, law: seen.append((config, law)) or [])
    exec(code, {"points": torch.zeros(10, 2)})
    ((config, law),) = seen
    configs = config if isinstance(config, list) else [config]
    assert len(configs) == models
    assert [c.seed for c in configs] == list(range(models))
    wanted = {name: value for name, value in settings.items() if name not in ("models", "data")}
    assert all(getattr(c, name) == value for c in configs for name, value in wanted.items())
    assert (configs[0].batch, configs[0].decay, law.dim) == (64, False, 2)
