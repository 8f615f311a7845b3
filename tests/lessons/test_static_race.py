"""Figure 1 live."""

import time

import numpy as np
import pytest

from wgan_helpers.lessons import static_race
from wgan_helpers.lessons.estimators import METHODS


@pytest.fixture
def player(monkeypatch):
    monkeypatch.setattr(static_race, "_STEPS", 20)
    player = static_race.explore()
    player.settle()
    yield player
    player.close()


def process(player):
    return player._runner._process


def test_it_plays_to_its_end(player):
    player.play()
    deadline = time.monotonic() + 60
    while player.state == "playing" and time.monotonic() < deadline:
        time.sleep(0.02)
    player.settle()
    assert (player.state, player.error) == ("finished", None)
    race = process(player)
    assert {each.steps for each in race.estimators.values()} == {20}
    view = race.view()
    assert view.steps[-1] == 20
    now = np.array([each.estimate for each in race.estimators.values()]) / race.truth["exact"]
    np.testing.assert_allclose(view.shares[-1], now)
    assert not race.advance()
    assert {each.steps for each in race.estimators.values()} == {20}


def test_one_advance_is_one_step_of_one_method(player):
    race = process(player)
    for _ in range(len(METHODS)):
        race.advance()
    assert {each.steps for each in race.estimators.values()} == {1}


@pytest.mark.parametrize("method", METHODS)
def test_another_potential_is_shown_of_the_same_race(player, method):
    race = process(player)
    race.advance()
    player._controls["shown"].widget.value = method
    player.settle()
    assert process(player) is race
    assert (race.shown, player.error) == (method, None)


def test_another_setting_starts_anew(player):
    race = process(player)
    player._controls["penalty"].widget.value = 0.1
    player.settle()
    assert process(player) is not race
    assert process(player).estimators["wgan-gp"].config.penalty == 0.1


def test_faces_have_the_dimension_that_they_have(player):
    player._controls["n"].widget.value = 32
    player._controls["data"].widget.value = "faces"
    player.settle()
    assert player._controls["d"].widget.disabled
    assert process(player).pair.x.shape == (32, 63)


def test_a_copy_is_drawn(player):
    race = process(player)
    view = race.view()
    race.look()
    assert len(view.shares) == 1
