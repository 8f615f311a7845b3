"""Every exercise accepts its solution, and answers each common mistake with the hint that names it."""

import inspect

import pytest
import torch

from wgan_helpers.lessons import batches, exercises
from wgan_helpers.ui.exercise import staged


def flipped_bias(theta, theta_star, n, repetitions, generator):
    return -exercises.estimate_bias(theta, theta_star, n, repetitions, generator)


def gradient_only(theta, theta_star, n, repetitions, generator):
    truth = 1.0 if theta > theta_star else -1.0
    return exercises.estimate_bias(theta, theta_star, n, repetitions, generator) + truth


def one_big_batch(theta, theta_star, n, repetitions, generator):
    share = (torch.rand(repetitions, n, generator=generator) < theta_star).double().mean()
    return float(torch.sign(theta - share)) - (1.0 if theta > theta_star else -1.0)


def always_above(theta, theta_star, n, repetitions, generator):
    truth = 1.0 if theta > theta_star else -1.0
    return exercises.estimate_bias(theta, theta_star, n, repetitions, generator) + truth - 1.0


def ignores_n(theta, theta_star, n, repetitions, generator):
    return exercises.estimate_bias(theta, theta_star, 5, repetitions, generator)


MISTAKES = {
    "point_distance": [
        (None, "nothing is there yet"),
        (3, "write a function"),
        (lambda x, y: None, "a <code>return</code> is missing"),
        (lambda x, y: (x - y).abs(), "sum over the coordinates"),
        (lambda x, y: (x - y).square().sum(), "take the square root"),
        (lambda x, y: (x - y).abs().sum(), "yours is 7"),
        (lambda x: x, "TypeError"),
    ],
    "mean_batch_loss": [
        (lambda x, mean: None, "a <code>return</code> is missing"),
        (lambda x, mean: (x - mean).norm(dim=1), r"shape (20,)"),
        (lambda x, mean: (x - mean).square().sum(dim=1).mean(), "squared distances"),
        (lambda x, mean: (x - mean).norm(dim=1).sum(), "each point carries the mass 1/n"),
        (lambda x, mean: (x.mean(dim=0) - mean).norm(), "points on opposite sides cancel"),
        (lambda x, mean: (x - x.mean(dim=0)).norm(dim=1).mean(), "does not change with <code>mean</code>"),
        (lambda x, mean: (x - mean).abs().sum(dim=1).mean(), "here it should be"),
    ],
    "crossover_64": [
        (17.0, "whole number"),
        (0, "between 1 and 1000"),
        (5, "too low: at d = 5 a fresh batch is still closer"),
        (60, "too high: at d = 58 the mean already wins"),
    ],
    "estimate_bias": [
        (lambda *_: None, "a <code>return</code> is missing"),
        (lambda theta, star, n, r, g: torch.zeros(r), "into one number"),
        (gradient_only, "its bias is the difference to the true gradient"),
        (one_big_batch, "take the sign for every minibatch first"),
        (ignores_n, "ignores θ, θ* or n"),
        (flipped_bias, "from the exact bias"),
        (always_above, "below θ* the true gradient is −1"),
    ],
}
EXERCISES = {
    "point_distance": exercises.point_distance,
    "mean_batch_loss": exercises.mean_batch_loss,
    "crossover_64": exercises.crossover_dimension,
    "estimate_bias": exercises.gradient_bias,
}
SOLUTIONS = {
    "point_distance": lambda x, y: torch.dist(x, y),
    "mean_batch_loss": batches.mean_batch_w1,
    "crossover_64": 17,
    "estimate_bias": exercises.estimate_bias,
}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_right(name):
    stages = staged(SOLUTIONS[name], EXERCISES[name]()._checks)
    assert [title for title, ok, _ in stages if not ok] == []


@pytest.mark.parametrize(("name", "answer", "hint"), [(n, a, h) for n, cases in MISTAKES.items() for a, h in cases])
def test_a_mistake_meets_the_hint_that_names_it(name, answer, hint):
    title, ok, said = staged(answer, EXERCISES[name]()._checks)[-1]
    assert not ok
    assert hint in said, (title, said)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_shown_solution_is_a_function_that_one_can_read(name):
    widget = EXERCISES[name]()
    assert "return" in inspect.getsource(widget._solution)


@pytest.mark.parametrize("name", ["crossover_64", "estimate_bias"])
def test_the_expected_picture_is_a_picture(name):
    assert EXERCISES[name]()._expected().startswith(b"\x89PNG")
