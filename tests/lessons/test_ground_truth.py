"""Critics against a known distance: what is scored, and that the scores are what they say."""

from dataclasses import replace

import matplotlib.pyplot as plt
import pytest
import torch
from torch import Generator

from wgan_helpers import record, recorded, transport
from wgan_helpers.distributions import Funnels
from wgan_helpers.lessons import ground_truth, truth_recorded


class Perfect:
    """The best critic, in the place of a trained one."""

    class objective:  # noqa: N801
        reads = "scores"

    def __init__(self, law):
        self.outputs = lambda x: law.potential(x).unsqueeze(-1)


def test_the_best_critic_scores_one_in_value_and_direction():
    law = Funnels(32)
    real, fake = (each.sample(4000, Generator().manual_seed(1)) for each in (law.uniform, law))
    estimate, direction = ground_truth.judge(Perfect(law), real, fake)
    true = law.distance()
    assert estimate == pytest.approx(true.mean, rel=0.05)
    cosine = torch.nn.functional.cosine_similarity(direction, law.slope(fake), dim=-1)
    torch.testing.assert_close(cosine, torch.ones(4000), atol=1e-4, rtol=0)


def test_exact_transport_sends_each_point_to_its_partner():
    law = Funnels(3)
    real, fake = (each.sample(64, Generator().manual_seed(1)) for each in (law.uniform, law))
    value, direction = ground_truth.judge(None, real, fake)
    plan = transport.optimal_plan(fake, real)
    aim = real[plan.argmax(dim=1)] - fake
    torch.testing.assert_close(64 * direction, aim / aim.norm(dim=1, keepdim=True), atol=1e-4, rtol=0)
    assert value == pytest.approx(transport.wasserstein1(fake, real).item())


def test_minibatches_know_neither_distance_nor_direction_in_high_dimension_and_the_gradient_penalty_does():
    frame = ground_truth.measure(("gradient penalty", "minibatch W₁"), (64,), steps=200).set_index("method")
    assert frame.loc["minibatch W₁", "ratio"] > 5 and frame.loc["minibatch W₁", "cosine"] < 0
    assert 0.3 < frame.loc["gradient penalty", "ratio"] < 1.5 and frame.loc["gradient penalty", "cosine"] > 0.5


def test_a_row_for_each_dimension_method_and_repetition():
    frame = ground_truth.measure(("minibatch W₁", "c-transform"), (2, 3), steps=2, repetitions=2)
    assert len(frame) == 8 and frame["true"].nunique() == 4  # each repetition has laws of its own
    assert (frame["ratio"] == frame["estimate"] / frame["true"]).all()
    assert set(frame.loc[frame["method"] == "minibatch W₁", "steps"]) == {0}


def test_plots_say_what_they_show():
    frame = ground_truth.measure(("minibatch W₁", "spectral norms"), (2, 4), steps=2)
    figure, panels = plt.subplots(1, 2)
    for ax, score in zip(panels, ("ratio", "cosine"), strict=True):
        ground_truth.plot(frame, ax, score)
        assert ax.get_xlabel() == "dimension d" and score in ("ratio", "cosine") and ax.get_ylabel()
    plt.close(figure)


def test_the_race_judges_minibatches_by_points_that_are_drawn_apart():
    race = ground_truth._Race(Funnels(64), ground_truth.BASE, 0)
    exact = race.rows[-1]
    assert exact["method"] == "minibatch W₁"
    assert exact["ratio"] > 5
    assert exact["cosine"] < 0


def test_the_live_race_looks_at_every_critic_on_its_way(monkeypatch):
    monkeypatch.setattr(ground_truth, "BASE", replace(ground_truth.BASE, hidden=8, batch=16))
    race = ground_truth._Race(Funnels(2), ground_truth.BASE, 0)
    for _ in range(20):
        race.advance()
    frame = ground_truth.pd.DataFrame(race.rows)
    assert frame[frame["method"] != "minibatch W₁"].groupby("method")["step"].agg(list).map([0, 10, 20].__eq__).all()
    figure = ground_truth.explore()
    figure._controls["dim"].widget.value = 2
    figure.settle()
    assert figure.error is None
    assert figure.png.startswith(b"\x89PNG")
    figure.close()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"methods": ("gradient penality",)}, "did you mean 'gradient penalty'"),
        ({"dims": (0,)}, "dims must be"),
        ({"steps": 0}, "steps must be"),
        ({"repetitions": 0}, "repetitions must be"),
    ],
)
def test_bad_input(settings, line):
    with pytest.raises(ValueError, match=line):
        ground_truth.measure(**{"methods": ("spectral norms",), "dims": (2,), **settings})


def test_what_is_recorded_is_what_is_measured_also_after_an_interruption(tmp_path):
    run = record.runs_of("truth", steps=1)["spectral-norms"]
    rows, again = run.rows(tmp_path / "checkpoint"), run.rows(tmp_path / "checkpoint")
    first, second = next(rows), next(rows)
    assert next(again)["ratio"] == second["ratio"] != first["ratio"]
    wanted = ground_truth.measure(("spectral norms",), (2, 4), steps=1)
    assert [first["cosine"], second["cosine"]] == wanted["cosine"].tolist()
    assert run.settings["config"]["critic"] == "spectral"


def test_the_committed_record_is_read_as_a_measurement():
    frame = truth_recorded.of_record(recorded.load("truth"))
    assert set(frame["method"]) == set(ground_truth.METHODS)
    assert len(frame) == 5 * len(ground_truth.METHODS) * len(ground_truth.DIMS)
    high = frame[frame["dim"] == 128].groupby("method")[["ratio", "cosine"]].mean()
    assert set(high["cosine"].nlargest(2).index) == {"gradient penalty", "Lipschitz penalty"}
    assert high.loc["minibatch W₁", "cosine"] < 0 < 5 < high.loc["minibatch W₁", "ratio"]
    figure, ax = plt.subplots()
    assert "500 critic steps" in ground_truth.plot(frame, ax).get_title()
    plt.close(figure)
