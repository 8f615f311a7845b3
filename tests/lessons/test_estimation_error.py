"""§3: the two errors of an estimate, their signs, and the bias."""

import pytest
import torch

from wgan_helpers import transport
from wgan_helpers.lessons import estimation_error


@pytest.fixture(scope="module")
def cost():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 5, 48, 2, generator=generator, dtype=torch.float64)
    return transport.pairwise_distance(x, y + 1), transport.wasserstein1(x, y + 1)


def test_an_untrained_critic_sees_the_nearest_points(cost):
    costs, _ = cost
    torch.testing.assert_close(estimation_error.critic_value(costs, 0), costs.amin(dim=-1).mean(dim=-1))


def test_the_critic_climbs_to_the_distance_and_never_beyond(cost):
    costs, exact = cost
    reached = torch.stack([estimation_error.critic_value(costs, steps) for steps in (0, 5, 50, 500)])
    assert (reached <= exact + 1e-9).all()
    shares = (reached / exact).mean(dim=1)
    assert (shares.diff() > 0).all()
    assert shares[-1] > 0.999


def test_the_two_errors_add_up_and_have_opposite_signs():
    frame = estimation_error.measure(dim=5, n=32, steps=3, shift=1.0, repetitions=20)
    total = frame["critic"] - frame["true"]
    assert (frame["from_sample"] + frame["from_critic"] - total).abs().max() < 1e-6
    assert (frame["from_critic"] <= 1e-6).all()
    assert frame["from_sample"].mean() > 4 * frame["from_sample"].sem()
    assert set(frame["true"]) == {1.0}


def test_each_slider_moves_its_own_error():
    def errors(**setting):
        return estimation_error.measure(**({"dim": 2, "n": 64, "steps": 5} | setting)).mean(numeric_only=True)

    usual, trained, larger = errors(), errors(steps=200), errors(n=256)
    assert trained["from_sample"] == usual["from_sample"]
    assert abs(trained["from_critic"]) < 0.01 < abs(usual["from_critic"])
    assert abs(larger["from_sample"]) < abs(usual["from_sample"])


def test_in_high_dimension_an_untrained_critic_is_nearly_right():
    low, high = (estimation_error.measure(dim=d, steps=0) for d in (2, 50))
    share = [float((frame["critic"] / frame["sample"]).mean()) for frame in (low, high)]
    assert share[0] < 0.6
    assert share[1] > 0.9


def test_the_sample_distance_is_biased_upwards_most_where_the_laws_agree():
    frame = estimation_error.measure_bias(dim=10, n=32, repetitions=30)
    bias = frame.assign(bias=frame["sample"] - frame["true"]).groupby("true")["bias"].agg(["mean", "sem"])
    assert (bias["mean"] > 4 * bias["sem"]).all()
    assert bias["mean"].is_monotonic_decreasing


def test_the_pictures_show_the_means():
    frame = estimation_error.measure(repetitions=3)
    heights = [bar.get_height() for bar in estimation_error.plot(frame).patches]
    expected = [frame["from_sample"].mean(), frame["from_critic"].mean(), (frame["critic"] - frame["true"]).mean()]
    assert heights == pytest.approx(expected)
    bias = estimation_error.measure_bias(repetitions=3)
    line = estimation_error.plot_bias(bias).get_lines()[1]
    assert line.get_ydata() == pytest.approx(bias.groupby("true")["sample"].mean().tolist())


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"n": 0}, "n must be at least 1"),
        ({"steps": -1}, "steps must be at least 0"),
        ({"dim": 0}, "dim must be at least 1"),
    ],
)
def test_bad_settings_are_refused_in_one_line(setting, says):
    with pytest.raises(ValueError, match=says):
        estimation_error.measure(**setting)
