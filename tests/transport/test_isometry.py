"""Fewer coordinates: distances stay, and so does what a critic says, up to the basis of its first layer."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wgan_helpers import transport
from wgan_helpers.gans import Config, Critic

SEEDS = st.integers(0, 2**31)


def samples(n=6, m=5, d=40, seed=0, batch=()):
    generator = torch.Generator().manual_seed(seed)
    draw = (torch.randn(*batch, k, d, generator=generator, dtype=torch.float64) for k in (n, m))
    return tuple(3.0 + points for points in draw)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 40), st.integers(1, 8), st.integers(1, 8))
def test_all_distances_stay(seed, d, n, m):
    x, y = samples(n, m, d, seed)
    a, b = transport.fewer_coordinates(x, y)
    for left, right in ((x, y), (x, x), (y, y)):
        here = {id(x): a, id(y): b}
        wanted = transport.pairwise_distance(left, right)
        torch.testing.assert_close(transport.pairwise_distance(here[id(left)], here[id(right)]), wanted)


def test_as_many_coordinates_as_the_points_can_fill():
    assert [points.shape for points in transport.fewer_coordinates(*samples())] == [(6, 10), (5, 10)]
    assert transport.fewer_coordinates(*samples(d=3))[0].shape == (6, 3)
    assert transport.fewer_coordinates(*samples(n=1, m=1))[0].shape == (1, 1)


def test_each_pair_of_a_batch_is_as_alone():
    x, y = samples(batch=(2,))
    a, b = transport.fewer_coordinates(x, y)
    for i in range(2):
        wanted = transport.pairwise_distance(x[i], y[i])
        torch.testing.assert_close(transport.pairwise_distance(a[i], b[i]), wanted)


def test_the_exact_distance_stays():
    x, y = samples()
    exact = transport.wasserstein1(x, y)
    torch.testing.assert_close(transport.wasserstein1(*transport.fewer_coordinates(x, y)), exact)


def test_axes_come_in_the_order_of_their_variance_and_points_are_centred():
    both = torch.cat(transport.fewer_coordinates(*samples()))
    assert (both.var(dim=0).diff() <= 0).all()
    torch.testing.assert_close(both.mean(dim=0), torch.zeros(10, dtype=torch.float64))


def test_samples_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="same dimension d, got 40 and 39"):
        transport.fewer_coordinates(samples()[0], samples(d=39)[0])


@pytest.mark.parametrize("objective", ["wgan-gp", "c-transform"])
def test_a_critic_taken_to_the_new_axes_says_the_same_and_learns_the_same_up_to_them(objective):
    """Its first layer W becomes QᵀW, and the gradient of that is Qᵀ times the gradient: plain descent commutes.

    For a slope to be penalised, W must have no part across the points: that part is steep, and unseen here.
    """
    x, y = (points.float() for points in samples(6, 6))
    a, b = transport.fewer_coordinates(x, y)
    both, new = torch.cat([x, y]), torch.cat([a, b])
    axes = torch.linalg.lstsq(new.double(), (both - both.mean(dim=0)).double()).solution.T.float()  # (40, 11)
    config = Config(objective=objective, hidden=8, depth=2)
    here, there = Critic(config, 40), Critic(config, 11)
    with torch.no_grad():
        here.network.weights[0].copy_(axes @ axes.T @ here.network.weights[0])
        there._randomness.load(here._randomness.state())
        first, *rest = here.network.parameters()
        other, *others = there.network.parameters()
        other.copy_(axes.T @ first)
        for source, copy in zip(rest, others, strict=True):
            copy.copy_(source)
        there.network.biases[0].add_(both.mean(dim=0) @ first)
    here.step(x, y)
    there.step(a, b)
    assert there.estimate.item() == pytest.approx(here.estimate.item(), abs=1e-5)
    assert there.loss.item() == pytest.approx(here.loss.item(), abs=1e-5)
    # the gradient by W of points that are centred lies in their span; the mean's part belongs to the bias
    gradient = here.network.weights[0].grad - both.mean(dim=0)[:, None] * here.network.biases[0].grad
    torch.testing.assert_close(axes.T @ gradient, there.network.weights[0].grad, atol=1e-4, rtol=1e-3)
