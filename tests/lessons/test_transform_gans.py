"""Figures 7 and 9: what GANs by transforms generate, the debiased step, the figures, the player."""

import copy
from dataclasses import replace

import pandas as pd
import pytest
import torch

from wgan_helpers import gans, recorded, transport
from wgan_helpers.lessons import picture_gans, transform_gans, transform_recorded
from wgan_helpers.lessons.likeness import REFERENCES, Likeness
from wgan_helpers.lessons.picture_gans import C_EPS, DEBIASED, SMALL, WGAN_GP, C, Run, debiased_step

SHORT = replace(SMALL, steps=200)
SETTINGS = ((WGAN_GP, 0.0), (C, 0.0), (C_EPS, 1000.0), (DEBIASED, 1000.0))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return transform_gans.measure(SETTINGS, base=SHORT, repetitions=2)


@pytest.fixture(scope="module")
def found(frame):
    last = frame[frame["step"] == frame["steps"]]
    return last.groupby("variant")[list(Likeness._fields)].mean()


def test_there_is_a_row_for_each_setting_seed_and_moment_and_for_each_reference(frame):
    about = ["variant", "epsilon", "data", "batch", "steps", "repetition", "seed", "step"]
    assert list(frame.columns) == [*about, *Likeness._fields]
    trained = frame[frame["steps"] > 0]
    assert len(trained) == len(SETTINGS) * 2 * 4
    assert sorted(trained["step"].unique()) == [50, 100, 150, 200]
    assert tuple(frame.loc[frame["steps"] == 0, "variant"]) == REFERENCES


def test_the_c_transform_gives_averages_and_the_gradient_penalty_does_not(found):
    assert found.loc[C, "ratio"] < 0.9 * found.loc[WGAN_GP, "ratio"]
    assert found.loc[C, "sharpness"] < 0.6 < found.loc[WGAN_GP, "sharpness"]


def test_a_large_epsilon_without_debiasing_gives_one_picture(found):
    mean = found.loc["mean picture"]
    assert found.loc[C_EPS, "spread"] < 0.1
    assert found.loc[C_EPS, ["ratio", "sharpness"]].tolist() == pytest.approx(mean[["ratio", "sharpness"]], abs=0.1)


def test_debiased_it_gives_many_that_are_not_blurred(found):
    assert found.loc[DEBIASED, "spread"] > 0.7
    assert found.loc[DEBIASED, "sharpness"] > 0.8


def test_the_same_seed_gives_the_same_rows(frame):
    transform_gans._train.cache_clear()
    again = transform_gans.measure([(DEBIASED, 1000.0)], base=SHORT, repetitions=2)
    wanted = frame[frame["variant"].isin([*REFERENCES, DEBIASED])].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, wanted)


def test_convolutional_networks_train_one_at_a_time():
    base = replace(SMALL, critic="conv", generator="conv", hidden=4, steps=2, critic_steps=1)
    frame = transform_gans.measure([(C, 0.0), (DEBIASED, 10.0)], base=base, repetitions=2)
    assert frame[frame["steps"] > 0].groupby("variant")["seed"].nunique().tolist() == [2, 2]


@pytest.mark.parametrize("models", [1, 3])
def test_at_large_epsilon_the_debiased_step_is_that_of_half_the_energy_distance(models):
    run = Run.of(DEBIASED, 1000.0, "digits", SHORT, range(models))
    twin, randomness = copy.deepcopy(run.game.generator), torch.Generator()
    randomness.set_state(run.generator.get_state())
    axes = (models,) if models > 1 else ()
    fake = twin(torch.randn(*axes, 64, SHORT.latent, generator=randomness))
    real = torch.stack([run.parts.train.sample(64, randomness) for _ in range(models)]).reshape(fake.shape)
    (transport.energy_distance(fake, real) / 2).sum().backward()
    wanted = torch.cat([p.grad.flatten() for p in twin.parameters()])
    debiased_step(run.game, run.parts.train, run.generator)
    torch.testing.assert_close(run.game._generator.adam.gradient, wanted, rtol=0.02, atol=0.01 * wanted.abs().max())
    assert run.game.steps == 1


def test_the_picture_shows_each_seed_where_it_ended(frame):
    ax = transform_gans.plot(frame)
    ends = frame[(frame["variant"] == C) & (frame["step"] == 200)]
    lines = {line.get_label().split(":")[0]: line for line in ax.lines}
    assert sorted(lines[C].get_xdata()) == pytest.approx(sorted(ends["spread"]))
    assert sorted(lines[C].get_ydata()) == pytest.approx(sorted(ends["ratio"]))
    assert [text.get_text().split(":")[0] for text in ax.texts] == list(REFERENCES)


def test_the_sheets_are_of_what_was_measured(frame, monkeypatch):
    transform_gans.measure(SETTINGS[:2], base=SHORT, repetitions=2)
    monkeypatch.setattr(Run, "of", lambda *_: pytest.fail("trained again"))
    figure = transform_gans.plot_pictures(SETTINGS[:2], base=SHORT, repetitions=2)
    assert [ax.get_title() for ax in figure.axes] == ["real pictures", "k-means centroids", WGAN_GP, C]


@pytest.fixture
def player():
    player = transform_gans.explore()
    player.settle()
    yield player
    player.close()


def move(player, name, value) -> Run:
    player._controls[name].widget.value = value
    player.settle()
    assert player.error is None
    return player._runner._process


def test_another_objective_epsilon_or_minibatch_goes_on_with_the_same_networks(player):
    game = player._runner._process.game
    for variant in picture_gans.VARIANTS:
        run = move(player, "variant", variant)
        run.step()
        assert run.game is game
        assert game.config.objective == picture_gans.VARIANTS[variant]
    assert move(player, "epsilon", 0.1).game.config.epsilon == 0.1
    run = move(player, "n", 16)
    assert (run.game, run.game.config.batch, len(run.parts.centroids)) == (game, 16, 16)


def test_other_pictures_have_a_run_of_their_own_which_only_reset_forgets(player):
    digits = player._runner._process
    faces = move(player, "data", "faces")
    assert faces is not digits
    assert player.png.startswith(b"\x89PNG")
    assert move(player, "data", "digits") is digits
    player.reset()
    assert move(player, "data", "faces") is not faces


def test_epsilon_can_be_moved_only_where_it_matters(player):
    for variant, disabled in ((WGAN_GP, True), (C, True), (C_EPS, False), (DEBIASED, False)):
        move(player, "variant", variant)
        assert player._controls["epsilon"].widget.disabled is disabled


def test_a_switch_to_the_gradient_penalty_makes_blurred_pictures_sharp():
    run = Run.of(C, 0.0, "digits", replace(SHORT, decay=False), [0])
    for variant in (C, WGAN_GP):
        run.change(variant, 0.0, 64)
        for _ in range(200):
            run.step()
        run.judge(200)
    blurred, sharp = (found[0].sharpness for found in run.path)
    assert sharp > 1.5 * blurred


@pytest.mark.parametrize(
    ("settings", "more", "says"),
    [
        ([("c transform", 0.0)], {}, "did you mean 'c-transform'"),
        ([(C_EPS, 0.0)], {}, "epsilon must be positive"),
        ([(C, 0.0)], {"data": "digit"}, "did you mean 'digits'"),
        ([(C, 0.0)], {"repetitions": 0}, "repetitions must be at least 1"),
        ([(C, 0.0)], {"every": 0}, "every must be at least 1"),
        ([(C, 0.0)], {"base": gans.Config(batch=5000)}, "k must be at most 1079"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings, more, says):
    with pytest.raises(ValueError, match=says):
        transform_gans.measure(settings, **more)


@pytest.mark.parametrize("data", ["digits", "faces"])
def test_the_summary_of_the_record_says_what_is_in_it(data):
    found = recorded.load("fig7")
    table = transform_recorded.summary(found, data)
    assert list(table.index) == [*REFERENCES, *transform_recorded.SETTINGS]
    rows = found.frame[found.frame["method"] == transform_recorded.name_of("c-transform", data)]
    assert table.loc["c-transform"].to_dict() == pytest.approx(rows[["ratio", "sharpness", "spread"]].mean().to_dict())
    assert table.loc["c-transform", "ratio"] < table.loc["real pictures", "ratio"]
