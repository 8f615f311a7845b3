"""Eight estimators of W₁: what bounds each, and where each goes."""

import copy
from dataclasses import replace

import pytest
import torch

from wgan_helpers import transport
from wgan_helpers.lessons.estimators import BASE, METHODS, Estimator, Pair, samples

SMALL = replace(BASE, hidden=16, depth=2, lr_critic=3e-3)
FAST = replace(SMALL, beta1=0.9, beta2=0.999, hidden=64)
PAIR = samples("Gaussian", n=40, d=4)
EXACT = transport.wasserstein1(*PAIR).item()


def trained(method: str, steps: int, base=SMALL, pair: Pair = PAIR) -> Estimator:
    estimator = Estimator(method, pair, base)
    estimator.step(steps)
    return estimator


def feasible(estimator: Estimator) -> bool:
    f, g = estimator.potentials()
    return bool((f[:, None] + g <= transport.pairwise_distance(*PAIR) + 1e-5).all())


@pytest.mark.parametrize("steps", [0, 5, 50])
@pytest.mark.parametrize("method", ["c-transform", "lipschitz"])
def test_a_feasible_pair_of_potentials_never_exceeds_the_exact_distance(method, steps):
    estimator = trained(method, steps)
    assert feasible(estimator)
    assert estimator.estimate <= EXACT + 1e-5


def test_the_c_transform_finds_the_distance():
    assert trained("c-transform", 600, FAST).estimate == pytest.approx(EXACT, rel=0.01)


def test_the_soft_transform_climbs_to_the_entropic_cost_and_not_above():
    limit = transport.entropic_cost(*PAIR, 0.3).item()
    found = [trained("c-eps-transform", steps, replace(FAST, epsilon=0.3)).estimate for steps in (0, 30, 600)]
    assert found == sorted(found)
    assert 0.995 * limit < found[-1] <= limit + 1e-5
    assert limit > 1.1 * EXACT  # and this is not W₁


def test_debiased_it_finds_the_sinkhorn_divergence():
    limit = transport.sinkhorn_divergence(*PAIR, 0.3).item()
    assert trained("c-eps-debiased", 600, replace(FAST, epsilon=0.3)).estimate == pytest.approx(limit, rel=0.01)


def test_without_a_potential_the_c_transform_says_nearest_neighbour():
    estimator = Estimator("c-transform", PAIR, SMALL)
    for parameter in estimator._network.parameters():
        torch.nn.init.zeros_(parameter)
    nearest = transport.pairwise_distance(PAIR.y, PAIR.x).amin(dim=1).mean()
    assert estimator.estimate == pytest.approx(float(nearest))


@pytest.mark.parametrize("method", METHODS)
def test_the_estimate_is_what_the_critic_says_before_its_next_step(method):
    estimator = trained(method, 3)
    now = estimator.estimate
    estimator.step()
    said = estimator._critic.estimate
    assert now == pytest.approx(float(said if said.ndim == 0 else said[0] - said[1:].mean()), abs=1e-5)


@pytest.mark.parametrize("method", ["wgan-gp", "c-eps-debiased", "spectral"])
def test_it_goes_on_bit_for_bit(method):
    first, second = trained(method, 5), Estimator(method, PAIR, SMALL)
    second.load(copy.deepcopy(first.state()))
    for each in (first, second):
        each.step(5)
    assert (second.estimate, second.steps) == (first.estimate, 10)


def test_slopes_are_what_holds_them():
    assert trained("lipschitz", 50).slope <= 1 + 1e-5
    assert trained("clipping", 50).slope < 1e-3  # weights of at most 0.01: not 1, and so nothing like W₁
    assert trained("wgan-gp", 500, FAST).slope == pytest.approx(1, abs=0.2)


def test_the_mean_slope_is_that_of_the_gradients():
    estimator = trained("wgan-gp", 20)
    x, y = PAIR
    at = torch.lerp(x, y.flip(0), torch.linspace(0, 1, len(x))[:, None]).requires_grad_()
    (gradient,) = torch.autograd.grad(estimator._network(at).sum(), at)
    assert estimator.slope == pytest.approx(float(gradient.norm(dim=1).mean()), rel=1e-5)


def test_samples_are_centred_and_moved_and_scaled():
    here, there = samples("Gaussian", 50, 5), samples("Gaussian", 50, 5, scale=10.0)
    torch.testing.assert_close(10 * transport.pairwise_distance(*here), transport.pairwise_distance(*there))
    moved = samples("Gaussian", 50, 5, shift=100.0)
    assert float((moved.y.mean(0) - moved.x.mean(0)).norm()) == pytest.approx(100, abs=1)
    assert torch.cat(moved).mean(0).abs().max() < 1e-4


def test_faces_keep_their_distances_in_fewer_coordinates():
    from wgan_helpers import images

    x, y = samples("faces", n=20, size=16, seed=3)
    pixels = images.load("faces", size=16, n=40, seed=3).flat
    assert x.shape == (20, 39)
    wanted = transport.pairwise_distance(pixels[:20], pixels[20:])
    torch.testing.assert_close(transport.pairwise_distance(x, y), wanted, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"data": "gaussian"}, "did you mean 'Gaussian'"),
        ({"n": 0}, "n must be at least 1"),
        ({"data": "Gaussian", "d": 0}, "d must be at least 1"),
        ({"scale": 0.0}, "scale must be positive"),
        ({"shift": float("nan")}, "shift must be finite"),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_samples_that_cannot_be_are_refused(given, line):
    with pytest.raises(ValueError, match=line):
        samples(**given)


def test_an_unknown_method_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'c-transform'"):
        Estimator("ctransform", PAIR)
