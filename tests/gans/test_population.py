"""Many games as one tensor programme: each is what it would be alone."""

import platform
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from wgan_helpers import images
from wgan_helpers.distributions import GaussianRing
from wgan_helpers.gans import OBJECTIVES, Config, Snapshot, train, train_population

RING = GaussianRing()
GAMES = [*((name, "mlp") for name in OBJECTIVES), *((name, "lipschitz") for name in OBJECTIVES if name != "began")]
SMALL = Config(hidden=8, depth=2, batch=16, critic_steps=2, steps=30)
OF_EACH = [
    {"seed": 3, "lr_critic": 1e-2, "lr_generator": 1e-3, "beta1": 0.0, "beta2": 0.9, "penalty": 10.0},
    {"seed": 1, "lr_critic": 1e-3, "lr_generator": 3e-3, "beta1": 0.5, "beta2": 0.99, "clip": 0.1, "diversity": 0.9},
    {"seed": 2, "lr_critic": 3e-3, "lr_generator": 1e-2, "beta1": 0.9, "beta2": 0.999, "clip": 0.3, "diversity": 0.2},
]


def last(snapshots) -> Snapshot:
    *_, end = snapshots
    return end


def same(of_many: Tensor, of_each: list[Tensor], atol: float = 1e-9) -> None:
    torch.testing.assert_close(of_many, torch.stack(of_each), rtol=1e-7, atol=atol, equal_nan=True)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize(("objective", "critic"), GAMES)
def test_each_model_is_what_training_it_alone_gives(objective, critic):
    configs = [replace(SMALL, objective=objective, critic=critic, **each) for each in OF_EACH]
    many = last(train_population(configs, RING))
    each = [last(train(config, RING)) for config in configs]
    x = RING.sample(20, torch.Generator().manual_seed(0)).double()
    same(many.sample(20), [one.sample(20) for one in each])
    same(many.critic(x), [one.critic(x) for one in each])
    same(many.critic_gradient(x), [one.critic_gradient(x) for one in each])
    same(many.lipschitz_bound(), [one.lipschitz_bound() for one in each])
    same(many.losses.critic, [one.losses.critic for one in each])
    same(many.losses.generator, [one.losses.generator for one in each])
    same(many.estimate, [one.estimate for one in each])
    assert len({*many.losses.generator.tolist()}) == 3  # the settings matter


@pytest.mark.usefixtures("double")
def test_models_that_cannot_share_a_programme_come_in_the_order_of_their_configurations():
    different = [
        {},
        {"objective": "ns"},
        {"seed": 5},
        {"hidden": 4},
        {"critic_steps": 1},
        {"objective": "ns", "seed": 7},
    ]
    configs = [replace(SMALL, steps=6, **each) for each in different]
    snapshots = list(train_population(configs, RING, every=3))
    assert [snapshot.step for snapshot in snapshots] == [0, 3, 6]
    each = [last(train(config, RING)) for config in configs]
    x = RING.sample(5, torch.Generator().manual_seed(0))
    same(snapshots[-1].sample(20), [one.sample(20) for one in each])
    same(snapshots[-1].critic(x), [one.critic(x) for one in each])
    same(snapshots[-1].critic_gradient(x), [one.critic_gradient(x) for one in each])
    same(snapshots[-1].lipschitz_bound(), [one.lipschitz_bound() for one in each])
    same(snapshots[-1].losses.critic, [one.losses.critic for one in each])
    same(snapshots[-1].estimate, [one.estimate for one in each])


@pytest.mark.usefixtures("double")
def test_more_models_than_one_programme_holds():
    configs = [replace(SMALL, steps=3, seed=seed) for seed in range(20)]
    many = last(train_population(configs, RING))
    same(many.sample(9), [last(train(config, RING)).sample(9) for config in configs])


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_model_that_diverges_does_not_disturb_the_others(objective):
    healthy = [replace(SMALL, objective=objective, seed=seed, steps=8) for seed in (0, 1)]
    wild = replace(healthy[0], seed=2, lr_critic=1e38, lr_generator=1e38, clip=1e38)
    many = last(train_population([healthy[0], wild, healthy[1]], RING))
    assert many.finite.tolist() == [True, False, True]
    undisturbed = last(train_population([healthy[0], replace(wild, lr_critic=2e-3), healthy[1]], RING))
    assert many.sample(50)[::2].equal(undisturbed.sample(50)[::2])
    assert not many.sample(50)[1].isfinite().all()


def test_all_models_have_the_same_number_of_steps():
    with pytest.raises(ValueError, match=r"same number of steps, got \[10, 30\]"):
        train_population([SMALL, replace(SMALL, steps=10)], RING)
    with pytest.raises(ValueError, match="got no configuration"):
        train_population([], RING)


def test_what_is_no_configuration_is_refused():
    with pytest.raises(TypeError, match="configs must be a sequence of Config, got a Config"):
        train_population(SMALL, RING)
    with pytest.raises(TypeError, match="configs must be a sequence of Config, got a str in it"):
        train_population([SMALL, "ns"], RING)


def test_convolutional_networks_train_one_at_a_time():
    config = Config(critic="conv", generator="conv", hidden=4, batch=4, steps=1)
    with pytest.raises(ValueError, match=r"one at a time: take gans.train for each"):
        train_population([config, config], images.load("digits"))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other systems have their own way to keep memory")
def test_a_step_of_a_population_asks_the_system_for_no_memory():
    code = """
import resource
from itertools import pairwise
from wgan_helpers import gans
from wgan_helpers.distributions import GaussianRing

def new_pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

configs = [gans.Config(hidden=32, batch=64, steps=40, seed=seed) for seed in range(16)]
snapshots = gans.train_population(configs, GaussianRing(), every=10)
next(snapshots), next(snapshots)
counts = [new_pages()] + [next(snapshots) and new_pages() for _ in range(3)]
print(min(after - before for before, after in pairwise(counts)) / 10)  # a busy system may take pages back once
"""
    # in a process of its own: what other tests freed would have the same effect
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert float(found.stdout) < 300  # thousands if all of it came anew
