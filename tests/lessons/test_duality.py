"""§3: plan, critic, c-transforms."""

import pytest
import torch

from wgan_helpers import transport
from wgan_helpers.lessons import duality

PAIR = duality.samples(24, shift=1.0)


def values(critic):
    return duality.measure(PAIR, critic).set_index("step")


def test_the_optimal_critic_is_worth_the_distance_and_is_1_lipschitz():
    f = duality.optimal_critic(PAIR, PAIR.x).mean() - duality.optimal_critic(PAIR, PAIR.y).mean()
    torch.testing.assert_close(f, transport.wasserstein1(*PAIR), rtol=1e-9, atol=0)
    z = duality.plane()[::7]
    rise = (duality.optimal_critic(PAIR, z)[:, None] - duality.optimal_critic(PAIR, z)).abs()
    assert (rise <= transport.pairwise_distance(z, z) + 1e-9).all()


def test_the_optimal_critic_has_slope_one_along_the_plan():
    matched = transport.optimal_plan(*PAIR).argmax(dim=1)
    drop = duality.optimal_critic(PAIR, PAIR.x) - duality.optimal_critic(PAIR, PAIR.y[matched])
    torch.testing.assert_close(drop, (PAIR.x - PAIR.y[matched]).norm(dim=1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("angle", [0, 90, 180, -135])
@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("kink", [-1.0, 0.0, 3.0])
def test_an_admissible_critic_stays_below_the_distance_and_a_c_transform_lifts_it(angle, slope, kink):
    found = values(duality.Critic(angle, slope, kink))
    assert found["admissible"].all()
    assert found["value"].is_monotonic_increasing


def test_too_steep_a_critic_is_marked_and_its_c_transform_is_admissible_again():
    found = values(duality.Critic(180, 1.5, 3))
    assert not found.loc["critic", "admissible"]
    assert found.loc[["c-transform", "and back", "exact"], "admissible"].all()
    assert found.loc["c-transform", "value"] <= found.loc["exact", "value"] + 1e-12


def test_the_exact_step_is_the_distance():
    exact = values(duality.Critic(0, 0.5, 1)).loc["exact", "value"]
    assert exact == pytest.approx(float(transport.wasserstein1(*PAIR)), rel=1e-9)


def test_a_critic_is_a_ramp_that_ends_at_its_kink():
    z = torch.tensor([[-1.0, 5.0], [0.5, -2.0], [3.0, 0.0]])
    torch.testing.assert_close(duality.Critic(0, 0.5, 1.0)(z), torch.tensor([-0.5, 0.25, 0.5]))
    torch.testing.assert_close(duality.Critic(90, 1.0, 9.0)(z), z[:, 1])


def test_the_pictures_show_values_and_pairs():
    frame = duality.measure(PAIR, duality.Critic(0, 0.5, 1))
    heights = [bar.get_height() for bar in duality.plot(frame).patches]
    assert heights == pytest.approx(frame["value"].tolist())
    ax = duality.plot_plane(PAIR, torch.zeros(61, 61), plan=transport.optimal_plan(*PAIR))
    assert len(ax.get_lines()) == 24 + 2


def test_bad_settings_are_refused_in_one_line():
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        duality.samples(0)
