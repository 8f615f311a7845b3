"""Games of pictures: convolutional networks and perceptrons."""

from dataclasses import replace

import pytest
import torch

from wgan_helpers import images
from wgan_helpers.gans import CRITICS, OBJECTIVES, Config, Game
from wgan_helpers.networks import lipschitz_bound

DIGITS = images.load("digits")
SMALL = Config(hidden=4, depth=2, batch=8, critic_steps=2, steps=2)
GAMES = [(name, critic) for name in OBJECTIVES for critic in CRITICS if name != "began" or critic == "mlp"]


@pytest.mark.parametrize("generator", ["mlp", "conv"])
@pytest.mark.parametrize(("objective", "critic"), GAMES)
def test_every_pair_plays(objective, critic, generator):
    game = Game(replace(SMALL, objective=objective, critic=critic, generator=generator), DIGITS)
    before = game.snapshot()
    game.step()
    after = game.snapshot()
    assert after.finite and all(loss.isfinite() for loss in after.losses)
    assert not after.critic(DIGITS.flat[:9]).equal(before.critic(DIGITS.flat[:9]))
    made = after.sample(9)
    assert not made.equal(before.sample(9))
    assert made.shape == (9, 64)
    assert made.min() >= 0 and made.max() <= 1
    if critic.startswith("lipschitz"):
        assert lipschitz_bound(game.critic) <= 1 + 1e-5


@pytest.mark.parametrize("critic", ["conv", "lipschitz-conv"])
def test_faces_of_16_pixels(critic):
    faces = images.load("faces", size=16, n=32, seed=0)
    game = Game(replace(SMALL, critic=critic, generator="conv"), faces)
    game.step()
    assert game.snapshot().sample(2).shape == (2, faces.dim)


@pytest.mark.parametrize(
    ("objective", "critic"), [("wgan-gp", "conv"), ("sngan", "conv"), ("ns", "lipschitz-conv"), ("c-transform", "conv")]
)
def test_bfloat16_is_close_to_float32(objective, critic):
    config = replace(SMALL, objective=objective, critic=critic, generator="conv")
    games = [Game(replace(config, precision=precision), DIGITS) for precision in ("float32", "bfloat16")]
    for game in games:
        game.step()
    exact, rough = games
    assert all(p.dtype == torch.float32 for p in rough.critic.parameters())
    torch.testing.assert_close(rough.losses.critic, exact.losses.critic, rtol=0.02, atol=0.02)
    assert rough.losses.critic != exact.losses.critic  # it was used
    assert (rough.snapshot().sample(9) - exact.snapshot().sample(9)).abs().max() < 0.05


@pytest.mark.parametrize("objective", ["wgan-gp", "c-transform"])
def test_in_bfloat16_all_evaluations_are(objective):
    config = replace(SMALL, objective=objective, critic="conv", generator="conv", precision="bfloat16")
    game, seen = Game(config, DIGITS), []
    for network in (game.generator.norms[0], game.critic):
        network.register_forward_hook(lambda _, __, out: seen.append(out.dtype))
    game.step()
    assert len(seen) >= 5
    assert set(seen) == {torch.bfloat16}


def test_a_batch_is_at_most_all_pictures():
    with pytest.raises(ValueError, match="batch must be at most 1797, the number of pictures, got 1798"):
        Game(replace(SMALL, batch=1798), DIGITS)


def test_pictures_of_odd_sizes_are_refused_with_what_would_do():
    faces = DIGITS.flat.reshape(-1, 1, 8, 8)[:, :, :7, :7]
    with pytest.raises(ValueError, match=r"side among 8, 16, 32, 64, 128.*size=32"):
        Game(replace(SMALL, critic="conv"), images.Pictures(faces.contiguous(), "cut", "here"))
