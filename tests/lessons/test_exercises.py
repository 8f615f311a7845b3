"""Every exercise accepts its solution, and answers each common mistake with the hint that names it."""

import math

import pytest
import torch

from wgan_helpers import distributions, networks, transport
from wgan_helpers.lessons import duality, exercises
from wgan_helpers.lessons.exercises import notebook_06
from wgan_helpers.ui.exercise import staged


def sample_gradient(theta, theta_star, n, repetitions, generator):
    ones = (torch.rand(repetitions, n, generator=generator) < theta_star).double().mean(dim=1)
    return float(torch.sign(theta - ones).mean())


def truth(theta, theta_star):
    return 1.0 if theta > theta_star else -1.0


def estimate_bias(theta, theta_star, *rest):
    return sample_gradient(theta, theta_star, *rest) - truth(theta, theta_star)


def flipped_gradient(theta, theta_star, *rest):
    return -sample_gradient(theta, theta_star, *rest) - truth(theta, theta_star)


def flipped_bias(theta, theta_star, n, repetitions, generator):
    return -estimate_bias(theta, theta_star, n, repetitions, generator)


def one_big_batch(theta, theta_star, n, repetitions, generator):
    share = (torch.rand(repetitions, n, generator=generator) < theta_star).double().mean()
    return float(torch.sign(theta - share)) - truth(theta, theta_star)


def always_above(theta, theta_star, n, repetitions, generator):
    return sample_gradient(theta, theta_star, n, repetitions, generator) - 1.0


def ignores_n(theta, theta_star, n, repetitions, generator):
    return estimate_bias(theta, theta_star, 5, repetitions, generator)


def kl(p, q):
    return (p * (p / q).log()).sum()


def entropy(p):
    return torch.special.entr(p).sum()


def slopes(critic, at):
    at = at.requires_grad_()
    return torch.autograd.grad(critic(at).sum(), at, create_graph=True)[0]


def between(real, fake, share):
    return torch.lerp(real, fake.detach(), share)


def detached_slopes(critic, at):
    at = at.requires_grad_()
    return torch.autograd.grad(critic(at).sum(), at)[0]


def verdict_by(shows, either=True):
    """The verdict by another rule for one setting; without ``either`` it knows only all and none."""

    def verdict(found, low, high):
        shown = [shows(value, error, low, high) for value, error in found]
        if all(shown):
            return "holds"
        return "holds under conditions" if either and any(shown) else "not reproduced"

    return verdict


def on_a_line(w, roads, penalty):
    return w.abs() + w**2 / (2 * penalty * roads)


def within(x, power=1):
    return torch.cdist(x, x).pow(power).sum() / (len(x) * (len(x) - 1))


PENALTIES = [
    (None, "nothing is there yet"),
    (lambda D, x, y, u: None, "it returns nothing"),
    (lambda D, x, y, u: (slopes(D, between(x, y, u)).norm(dim=1) - 1).square(), "take the mean over the points"),
    (lambda D, x, y, u: (slopes(D, between(x, y, u)).norm() - 1).square(), "one norm of the whole batch"),
    (lambda D, x, y, u: slopes(D, between(x, y, u)).norm(dim=1).square().mean(), "The −1 is missing"),
    (lambda D, x, y, u: (slopes(D, between(x, y, u)).norm(dim=1) - 1).mean(), "is not squared"),
    (lambda D, x, y, u: (slopes(D, between(x, y, u)).norm(dim=1) - 1).abs().mean(), "is not squared"),
    (lambda D, x, y, u: (slopes(D, between(x, y, u)).square().sum(1) - 1).square().mean(), "the root is missing"),
    (lambda D, x, y, u: (slopes(D, y.detach().clone()).norm(dim=1) - 1).square().mean(), "at the points of a sample"),
    (lambda D, x, y, u: (slopes(D, x.clone()).norm(dim=1) - 1).square().mean(), "at the points of a sample"),
    (lambda D, x, y, u: (slopes(D, between(x, y, 0.5)).norm(dim=1) - 1).square().mean(), "the middle of each pair"),
    (lambda D, x, y, u: (slopes(D, between(x, y, u[0])).norm(dim=1) - 1).square().mean(), "share · (fake − real)"),
    (lambda D, x, y, u: (detached_slopes(D, between(x, y, u)).norm(dim=1) - 1).square().mean(), "create_graph=True"),
    (lambda D, x, y, u: (slopes(D, torch.lerp(x, y, u)).norm(dim=1) - 1).square().mean(), "are not detached"),
    (
        lambda D, x, y, u: (slopes(D, between(x, y, u)).square().sum(1).sqrt() - 1).square().mean(),
        "infinite at 0, and ∞ · 0 is NaN",
    ),
]


MISTAKES = {
    "gradient_penalty": PENALTIES,
    "fast": [
        (None, "nothing is there yet"),
        (1e-2, "write a dict of settings"),
        ({"steps": 500}, "the method, the samples and the steps stay"),
        ({"hidden": 4096}, "or 50 steps take too long"),
        ({"lr_critic": -1.0}, "lr_critic must be positive"),
        ({"lr_critic": 1.0}, "throws the potential about"),
        ({"lr_critic": 5e-4}, "those of the start"),
        ({"lr_critic": 3e-3}, "momentum (beta1) adds up"),
    ],
    "verdict": [
        (None, "nothing is there yet"),
        (lambda found, low, high: None, "it returns nothing"),
        (lambda found, low, high: True, "return one of"),
        (lambda found, low, high: "not reproduced", "0.95 ± 0.005 and 0.80 ± 0.01 are below 1"),
        (lambda found, low, high: "holds", "shown in no setting"),
        (verdict_by(lambda v, s, low, high: v < high, either=False), "look at every setting"),
        (lambda found, low, high: verdict_by(lambda v, s, low, high: v < high)(found[:1], low, high), "every setting"),
        (verdict_by(lambda v, s, low, high: low < v < high), "the standard error has to be used"),
        (verdict_by(lambda v, s, low, high: low < v - s and v + s < high), "Take two"),
        (verdict_by(lambda v, s, low, high: low < v - 9 * s and v + 9 * s < high), "by more than two standard errors"),
        (verdict_by(lambda v, s, low, high: v + 2 * s < high), "two ends"),
    ],
    "optimal_discriminator": [
        (None, "nothing is there yet"),
        (lambda p, q: None, "it returns nothing"),
        (lambda p, q: (p / (p + q)).sum(), "nothing is summed"),
        (lambda p, q: q / (p + q), "being <i>generated</i>"),
        (lambda p, q: p / q, "solve for D"),
        (lambda p, q: (p / q).log(), "D* is its sigmoid"),
        (lambda p, q: p / (p + q).sum(), "at the same point"),
        (lambda p, q: p, "nobody can tell"),
        (lambda p, q: p.square() / (p.square() + q.square()), "at every point by itself"),
    ],
    "jensen_shannon": [
        (None, "nothing is there yet"),
        (lambda p, q: torch.xlogy(p, 2 * p / (p + q)), "sum over the points"),
        (kl, "compare each with (p + q)/2"),
        (lambda p, q: (kl(p, q) + kl(q, p)) / 2, "infinite where one is 0"),
        (lambda p, q: kl(p, (p + q) / 2), "only one of the two"),
        (lambda p, q: kl(q, (p + q) / 2), "only one of the two"),
        (lambda p, q: kl(p, (p + q) / 2) + kl(q, (p + q) / 2), "half of the sum"),
        (lambda p, q: (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2 / math.log(2), "in bits"),
        (lambda p, q: (p - q).abs().sum() / 2, "with m = (p + q)/2"),
        (lambda p, q: (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2, "0 log 0 counts as 0"),
    ],
    "saturating_slope": [
        (None, "nothing is there yet"),
        (lambda s: -torch.sigmoid(s).sum(), "nothing is summed"),
        (lambda s: (1 - torch.sigmoid(s)).log(), "the loss itself"),
        (torch.sigmoid, "the derivative is negative"),
        (lambda s: -1 / (1 - torch.sigmoid(s)), "The chain rule"),
        (lambda s: torch.sigmoid(s) * torch.sigmoid(-s), "the derivative of D alone"),
        (lambda s: -torch.sigmoid(-s), "does not saturate"),
        (torch.tanh, "−σ(s)"),
    ],
    "true_distance": [
        (None, "nothing is there yet"),
        (lambda x, mean, t: None, "it returns nothing"),
        (lambda x, mean, t: t * (x - mean).norm(dim=1), "take the mean over the pictures"),
        (lambda x, mean, t: (x - mean).norm(dim=1).mean(), "at t = 0 nothing has to move"),
        (lambda x, mean, t: (1 - t) * (x - mean).norm(dim=1).mean(), "at t = 0 nothing has to move"),
        (lambda x, mean, t: t * (x - mean).norm(dim=1).sum(), "each picture has the mass 1/n"),
        (lambda x, mean, t: t * (x - mean).square().sum(dim=1).mean(), "distances, not their squares"),
        (lambda x, mean, t: t**2 * (x - mean).square().sum(dim=1).mean(), "distances, not their squares"),
        (lambda x, mean, t: t * (x - mean).mean(dim=0).norm(), "take the length of each before the mean"),
        (lambda x, mean, t: t**2 * (x - mean).norm(dim=1).mean(), "yours is 0.75"),
    ],
    "point_distance": [
        (None, "nothing is there yet"),
        (3, "write a function"),
        (lambda x, y: None, "it returns nothing: the stub is still there"),
        (lambda x, y: (x - y).abs(), "sum over the coordinates"),
        (lambda x, y: (x - y).square().sum(), "take the square root"),
        (lambda x, y: (x - y).abs().sum(), "yours is 7"),
        (lambda x: x, "TypeError"),
    ],
    "best_of": [
        (lambda scores, k: None, "it returns nothing"),
        (lambda scores, k: scores.sort().values[-k:], "one expected score"),
        (lambda scores, k: scores.max(), "is, on average, the mean"),
        (lambda scores, k: k * scores.mean(), "no budget finds more than the best"),
        (lambda scores, k: scores.mean() if k == 1 else scores.sort().values[-3:].mean(), "the three best"),
        (lambda scores, k: scores.mean() if k == 1 else scores.max(), "only sometimes"),
        (lambda scores, k: scores.mean(), "at most s if all k"),
    ],
    "bjorck_step": [
        (None, "nothing is there yet"),
        (lambda W: None, "it returns nothing"),
        (lambda W: 1.5 * W @ W.T, "W Wᵀ is (6, 6)"),
        (lambda W: 1.5 * W + 0.5 * W @ W.T @ W, "it holds the large singular values back"),
        (lambda W: W, "as it was"),
        (lambda W: 2 * W - 0.5 * W @ W.T @ W, "has become larger than 1"),
        (lambda W: 1.25 * W - 0.25 * W @ W.T @ W, "3/2 and 1/2"),
    ],
    "generator_loss": [
        (None, "nothing is there yet"),
        (lambda scores: -torch.sigmoid(scores).log(), "take the mean"),
        (lambda scores: torch.sigmoid(scores).log().mean(), "it is −log D"),
        (lambda scores: (1 - torch.sigmoid(scores)).log().mean(), "whose gradient vanishes"),
        (lambda scores: -(1 - torch.sigmoid(scores)).log().mean(), "what the critic minimises"),
        (lambda scores: -scores.mean(), "the sigmoid of the score"),
        (lambda scores: -torch.sigmoid(scores).log().mean(), "at a score of −200"),
    ],
    "penalty_that_misleads": [
        (None, "nothing is there yet"),
        (10, "write a function"),
        (lambda w1, factor: None, "it returns nothing"),
        (lambda w1, factor: [w1, factor], "one number"),
        (lambda w1, factor: -w1 / (2 * (factor - 1)), "must be positive"),
        (lambda w1, factor: 1 / (2 * (factor - 1)), "ignores <code>w1</code>"),
        (lambda w1, factor: 2 * (factor - 1) / w1, "the smaller λ"),
        (lambda w1, factor: w1 / (2 * factor), "But that is what λ <i>adds</i>"),
        (lambda w1, factor: w1 / (factor - 1), "not W²/λ"),
        (lambda w1, factor: w1**2 / (2 * (factor - 1) + w1), "for W = 1 your λ is 0.05263, with which E = 10.5"),
    ],
    "c_transform": [
        (lambda cost, g: (cost - g).amin(dim=0), "The minimum runs over j"),
        (lambda cost, g: (cost + g).amin(dim=1), "you added g"),
        (lambda cost, g: (cost - g).amax(dim=1), "with the maximum"),
        (lambda cost, g: cost.amin(dim=1), "the result ignores g"),
        (lambda cost, g: (cost - g).mean(dim=1), "somewhere f_i + g_j is larger"),
        (lambda cost, g: (cost - g).amin(dim=1) - 0.1, "a larger f would still be admissible"),
    ],
    "log_sinkhorn_step": [
        (lambda cost, g, e: (g - cost).logsumexp(dim=0), "sum over j"),
        (lambda cost, g, e: -transport.soft_c_transform(cost, g, e), "the minus in front of ε"),
        (lambda cost, g, e: -e * ((g - cost) / e).logsumexp(dim=1), "off by ε log m"),
        (lambda cost, g, e: (cost - g).amin(dim=1), "does not change with ε"),
        (lambda cost, g, e: -e * ((g - cost) / e).exp().mean(dim=1), "gives other values"),
        (lambda cost, g, e: -e * ((g - cost) / e).exp().mean(dim=1).log(), "under- or overflow"),
    ],
    "broken_epsilon": [
        ("small", "give ε as a number"),
        (-1, "must be positive"),
        (0.5, "still finite: go lower"),
        (1e-4, "broken as well: go higher"),
    ],
    "light_proof": [
        (lambda pixels: pixels, "flatten all but the first dimension"),
        (lambda pixels: pixels.flatten(1) / 0, "infinite or not a number"),
        (lambda pixels: torch.zeros(len(pixels), 3), "two different people become the same point"),
        (lambda pixels: pixels.flatten(1), "still find another person"),
        (lambda pixels: (pixels / pixels.mean((1, 2, 3), keepdim=True)).flatten(1), "still find another person"),
    ],
    "line_estimate": [
        (None, "nothing is there yet"),
        (lambda *_: None, "it returns nothing"),
        (lambda p, q, r, h, k: on_a_line(h * (p - q).cumsum(0), r, k).cumsum(0), "one number"),
        (lambda p, q, r, h, k: on_a_line(h * (p - q), r, k).sum(), "cumulate"),
        (lambda p, q, r, h, k: (w := h * (p - q).cumsum(0)).sum() + (w**2 / (2 * k * r)).sum(), "absolute value"),
        (lambda p, q, r, h, k: on_a_line((p - q).cumsum(0), r, k).sum(), "h is missing"),
        (lambda p, q, r, h, k: h * (p - q).cumsum(0).abs().sum(), "that is W₁"),
        (lambda p, q, r, h, k: on_a_line(h * (p - q).cumsum(0), torch.ones(12), k).sum(), "divide by <code>roads"),
        (lambda p, q, r, h, k: on_a_line(h * (p - q).cumsum(0), r, 2 * k).sum(), "the penalty taken off"),
        (lambda p, q, r, h, k: on_a_line(h * (p - q).cumsum(0), r, k / 2).sum(), "the cumulated flow times h"),
    ],
    "unbiased_energy": [
        (None, "nothing is there yet"),
        (lambda x, y: None, "it returns nothing"),
        (torch.cdist, "means over the pairs"),
        (lambda x, y: torch.cdist(x, y).mean(), "least for a single point"),
        (lambda x, y: torch.cdist(x, y).mean() - within(x) - within(y), "counts twice"),
        (transport.energy_distance, "divide by n(n − 1), not by n²"),
        (lambda x, y: 2 * torch.cdist(x, y).mean() - 2 * within(x) - 2 * within(y), "twice too large"),
        (lambda x, y: 2 * torch.cdist(x, y).square().mean() - within(x, 2) - within(y, 2), "not their squares"),
        (lambda x, y: 2 * torch.cdist(x, y).mean() - within(x), "on the points of the check it is"),
    ],
    "mean_batch_loss": [
        (lambda x, mean: None, "it returns nothing: the stub is still there"),
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
        (lambda *_: None, "it returns nothing: the stub is still there"),
        (lambda theta, star, n, r, g: torch.zeros(r), "into one number"),
        (sample_gradient, "its bias is the difference to the true gradient"),
        (one_big_batch, "take the sign for every minibatch first"),
        (flipped_gradient, "not of k/n − θ"),
        (ignores_n, "ignores θ, θ* or n"),
        (flipped_bias, "from the exact bias"),
        (always_above, "below θ* the true gradient is −1"),
    ],
}
EXERCISES = {
    "gradient_penalty": exercises.gradient_penalty,
    "fast": exercises.fast_c_transform,
    "optimal_discriminator": exercises.optimal_discriminator,
    "jensen_shannon": exercises.jensen_shannon,
    "saturating_slope": exercises.saturating_slope,
    "true_distance": exercises.true_distance,
    "point_distance": exercises.point_distance,
    "c_transform": exercises.c_transform,
    "penalty_that_misleads": exercises.penalty_that_misleads,
    "log_sinkhorn_step": exercises.log_sinkhorn_step,
    "light_proof": exercises.light_proof,
    "line_estimate": exercises.line_estimate,
    "unbiased_energy": exercises.unbiased_energy,
    "broken_epsilon": exercises.naive_sinkhorn_breaks,
    "mean_batch_loss": exercises.mean_batch_loss,
    "best_of": exercises.best_of,
    "bjorck_step": exercises.bjorck_step,
    "verdict": exercises.verdict_rule,
    "generator_loss": exercises.generator_loss,
    "crossover_64": exercises.crossover_dimension,
    "estimate_bias": exercises.gradient_bias,
}
# another way to the same end
OTHERS = {
    "line_estimate": lambda p, q, r, h, k: sum(
        on_a_line(h * sum(p[: i + 1] - q[: i + 1]), r[i], k) for i in range(len(p))
    ),
    "unbiased_energy": lambda x, y: 2 * torch.cdist(x, y).mean() - torch.pdist(x).mean() - torch.pdist(y).mean(),
    "gradient_penalty": lambda D, x, y, u: (
        (slopes(D, u * x + (1 - u) * y.detach()).square().sum(1) + 1e-12).sqrt().sub(1).pow(2).mean()
    ),
    "fast": {"hidden": 256, "lr_critic": 3e-3, "beta1": 0.9},
    "optimal_discriminator": lambda p, q: torch.sigmoid(p.log() - q.log()),
    "jensen_shannon": lambda p, q: entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2,
    "saturating_slope": lambda s: torch.func.vmap(torch.func.grad(lambda one: -torch.nn.functional.softplus(one)))(s),
    "best_of": lambda scores, k: (
        scores[torch.randint(len(scores), (100_000, k), generator=torch.Generator().manual_seed(0))].amax(dim=1).mean()
    ),
    "bjorck_step": networks.bjorck,
    "verdict": verdict_by(lambda v, s, low, high: min(v - low, high - v) > 2 * s),
    "generator_loss": lambda scores: -torch.nn.functional.logsigmoid(scores).mean(),
    "true_distance": lambda x, mean, t: float((t * (x - mean)).norm(dim=1).double().mean()),
    "point_distance": lambda x, y: torch.dist(x, y),
    "penalty_that_misleads": lambda w1, factor: torch.tensor(w1) ** 2 / (factor * w1 - w1) / 2,
    "c_transform": lambda cost, g: torch.stack([(row - g).min() for row in cost]),
    "log_sinkhorn_step": transport.soft_c_transform,
    "mean_batch_loss": lambda x, mean: sum((point - mean).norm() for point in x) / len(x),
    "light_proof": lambda pixels: (pixels / (pixels.sum(dim=1, keepdim=True) + 0.02)).flatten(1),
    "crossover_64": 17,
    "estimate_bias": estimate_bias,
}


def shown_solution(name):
    """What the code shown to a reader defines, with no more around it than the notebook has."""
    cost32 = transport.pairwise_distance(*(points.float() for points in duality.samples(32)))
    around = {"torch": torch, "math": math, "transport": transport, "distributions": distributions}
    around |= {"naive_sinkhorn": notebook_06.naive_sinkhorn, "cost32": cost32}
    exec(EXERCISES[name]()._solution, around)
    return around[name]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_that_is_shown_runs_by_itself_and_is_right(name):
    stages = staged(shown_solution(name), EXERCISES[name]()._checks)
    assert [title for title, ok, _ in stages if not ok] == []


@pytest.mark.parametrize("name", OTHERS)
def test_another_right_answer_is_right(name):
    stages = staged(OTHERS[name], EXERCISES[name]()._checks)
    assert [title for title, ok, _ in stages if not ok] == []


@pytest.mark.parametrize(("name", "answer", "hint"), [(n, a, h) for n, cases in MISTAKES.items() for a, h in cases])
def test_a_mistake_meets_the_hint_that_names_it(name, answer, hint):
    title, ok, said = staged(answer, EXERCISES[name]()._checks)[-1]
    assert not ok
    assert hint in said, (title, said)


@pytest.mark.parametrize("name", ["crossover_64", "estimate_bias"])
def test_the_expected_picture_is_a_picture(name):
    assert EXERCISES[name]()._expected().startswith(b"\x89PNG")


def test_the_textbook_sinkhorn_is_right_where_it_does_not_break():
    cost = transport.pairwise_distance(*duality.samples(32))
    plan = transport.entropic_plan(*duality.samples(32), 0.5)
    torch.testing.assert_close(notebook_06.naive_sinkhorn(cost, 0.5), plan, rtol=1e-5, atol=1e-9)
