"""What a configuration refuses, and in which words."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, fields, replace

import numpy as np
import pytest

from wgan_helpers.gans import CRITICS, GENERATORS, OBJECTIVES, Config

BAD = {
    "objective": ["wgan_gp", None, 3],
    "critic": ["lipshitz", ["mlp"]],
    "generator": ["lipschitz", ""],
    "hidden": [0, 2.0, "64"],
    "depth": [0, -1, True],
    "latent": [0, None],
    "batch": [1, 0.5],
    "steps": [0, 1e3],
    "critic_steps": [0, None],
    "lr_critic": [0, -1e-3, float("nan"), float("inf"), "1e-3"],
    "lr_generator": [0.0, -1, float("nan"), True],
    "beta1": [-0.1, 1, 1.5, float("nan")],
    "beta2": [-0.1, 1.0, 2, None],
    "decay": [1, "yes", None],
    "penalty": [-1, float("inf"), "10"],
    "clip": [0, -0.01],
    "epsilon": [0, -1.0],
    "diversity": [-0.1, 1.1],
    "balance_rate": [0, -1e-3],
    "seed": [-1, 0.5, None, 2**63],
    "precision": ["float16", 16],
}


def test_every_field_is_tried():
    assert list(BAD) == [field.name for field in fields(Config)]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_what_is_out_of_range_is_refused_in_one_line_that_names_the_field(name, value):
    with pytest.raises((TypeError, ValueError), match=name) as refusal:
        Config(**{name: value})
    assert "\n" not in str(refusal.value)
    assert repr(value) in str(refusal.value) or str(value) in str(refusal.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"objective": "wgan_gp"}, "unknown objective 'wgan_gp': did you mean 'wgan-gp'?"),
        ({"critic": "lipshitz"}, "unknown critic 'lipshitz': did you mean 'lipschitz'?"),
        ({"generator": "cnv"}, "unknown generator 'cnv': did you mean 'conv'?"),
        ({"lr_crtic": 1}, "Config has no field 'lr_crtic': did you mean 'lr_critic'?"),
        ({"lr": 1}, "Config has no field 'lr': did you mean 'lr_critic'?"),
        ({"critic": "lipschitz", "hidden": 7}, "hidden must be even for a Lipschitz critic"),
        ({"critic": "lipschitz-conv", "hidden": 7}, "hidden must be even for a Lipschitz critic"),
        ({"objective": "began", "critic": "lipschitz"}, "the critic of began is an autoencoder: critic must be 'mlp'"),
        ({"objective": "began", "critic": "conv"}, "the critic of began is an autoencoder: critic must be 'mlp'"),
        ({"precision": "bfloat16"}, "bfloat16 is for convolutional networks only"),
        ({"precision": "bfloat16", "critic": "conv"}, "got critic 'conv' and generator 'mlp'"),
        ({"precision": "bfloat16", "generator": "conv"}, "got critic 'mlp' and generator 'conv'"),
    ],
)
def test_a_refusal_says_what_would_do(settings, words):
    with pytest.raises((TypeError, ValueError)) as refusal:
        Config(**settings)
    assert str(refusal.value).startswith(words) or words in str(refusal.value)


def test_every_objective_goes_with_every_critic_that_it_can_have():
    for objective in OBJECTIVES:
        for critic in CRITICS if objective != "began" else ["mlp"]:
            for generator in GENERATORS:
                Config(objective=objective, critic=critic, generator=generator)


@pytest.mark.parametrize(
    ("objective", "critic", "control"),
    [
        ("wgan", "mlp", "clip"),
        ("sngan", "conv", "spectral"),
        ("wgan-gp", "mlp", None),
        ("wgan", "lipschitz", "lipschitz"),
        ("sngan", "lipschitz-conv", "lipschitz"),
    ],
)
def test_a_critic_is_held_once(objective, critic, control):
    assert Config(objective=objective, critic=critic).control == control


def test_numbers_of_numpy_become_python_s_own():
    config = Config(lr_critic=np.float64(0.1), steps=np.int64(5), penalty=1)
    assert [type(value) for value in (config.lr_critic, config.steps, config.penalty)] == [float, int, float]
    assert config == Config(lr_critic=0.1, steps=5, penalty=1.0)


def test_it_is_a_value():
    config = Config(objective="ns", seed=4)
    assert config == Config(**asdict(config)) == pickle.loads(pickle.dumps(config)) == copy.deepcopy(config)
    assert len({config, replace(config), replace(config, seed=5)}) == 2
    with pytest.raises(FrozenInstanceError):
        config.seed = 3


def test_a_copy_is_checked_too():
    with pytest.raises(ValueError, match="clip must be positive"):
        replace(Config(), clip=0)
