"""Section 5.1: how far a minibatch's W₁ is from that of the laws, Figure 4 and Theorem 5.1.1."""

from collections.abc import Callable
from typing import Final

from wgan_helpers.distributions import UniformCube
from wgan_helpers.lessons import bernoulli, estimation_error, sample_complexity
from wgan_helpers.lessons.replication.claim import Claim, Estimate, Range, Statement
from wgan_helpers.lessons.replication.numbers import exponent, mean, ratio

_SEEN: Final = "05_finite_samples"


def _bias(true: float) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        frame = estimation_error.measure_bias(10, 64, (true,), repetitions=100, seed=seed)
        return mean(frame["sample"] - true)

    return measured


def _rate(dim: int, factor: int, repetitions: int = 100) -> Callable[[int], Estimate]:
    """The measured exponent s of n^−s, times a dimension: 1 if the rate is n^(−1/dimension)."""

    def measured(seed: int) -> Estimate:
        law, sizes = UniformCube(dim), (100, 1000)
        found = exponent(sample_complexity.measure(law, sizes, repetitions, seed=seed), "w1")
        return Estimate(factor * found.value, factor * found.error)

    return measured


def _decay(seed: int) -> Estimate:
    w1 = sample_complexity.measure(sizes=(10, 1000), repetitions=20, seed=seed).pivot(
        index="repetition", columns="n", values="w1"
    )
    return ratio(w1[1000], w1[10])


def _largest_bias(n: int) -> Callable[[int], Estimate]:
    return lambda seed: Estimate(float(bernoulli.measure_bias(sizes=(n,))["biased_pair"].iloc[0]))


def _printed_minimum(seed: int) -> Estimate:
    frame = bernoulli.measure()
    printed = frame.loc[frame["expected_gradient"].idxmin(), "theta"]
    return Estimate(abs(float(printed - frame["minimiser"].iloc[0])))


def _wrong_minimum(n: int, both_sampled: bool) -> Callable[[int], Estimate]:
    def measured(seed: int) -> Estimate:
        row = bernoulli.measure(n=n, both_sampled=both_sampled).iloc[0]
        return Estimate(abs(float(row["minimiser"] - row["theta_star"])))

    return measured


_RATE: Final = "s · d, where W₁ is measured to decay like n^−s from n = 100 to 1000"
_BIAS: Final = {f"means {true:g} apart, d = 10, n = 64": _bias(true) for true in (0.0, 1.0, 5.0)}

CLAIMS: Final = (
    Claim(
        "unbiased",
        "5.1",
        Statement(
            "W₁ of two samples is an unbiased estimator of W₁ of their laws.",
            "E W₁(p_n, q_n) − W₁(p, q)",
            Range(-0.05, 0.05),
            _BIAS,
        ),
        "an unbiased estimator",
        "Figure 4 itself shows the bias. It is never downwards, as W₁ is jointly convex.",
        "03_estimating_w1",
        4,
        0.0,
        Statement(
            "It is biased upwards, or not at all: E W₁(p_n, q_n) ≥ W₁(p, q).",
            "E W₁(p_n, q_n) − W₁(p, q)",
            Range(low=0),
            _BIAS,
        ),
    ),
    Claim(
        "rate",
        "5.1",
        Statement(
            "The error decreases as O(n^(−1/d)).",
            _RATE,
            Range(low=0.9),
            {f"cube, d = {dim}": _rate(dim, dim, 400 if dim == 1 else 100) for dim in (1, 3, 50)},
        ),
        "O(n^(−1/d))",
        "At d = 1 it is n^(−1/2). At d = 50 such n are far from the asymptotic regime, and the decay is faster.",
        _SEEN,
        1,
        1.0,
        Statement(
            "It decreases as O(n^(−1/max(d, 2))), up to a logarithm at d = 2.",
            _RATE.replace("s · d", "s · max(d, 2)"),
            Range(low=0.9),
            {f"cube, d = {dim}": _rate(dim, max(dim, 2), 400 if dim == 1 else 100) for dim in (1, 3, 50)},
        ),
    ),
    Claim(
        "slow-decay",
        "5.1, Figure 4",
        Statement(
            "The distance between two samples decays extremely slowly; at n = 1000 it is still far from 0.",
            "W₁ at n = 1000 / W₁ at n = 10",
            Range(low=0.5),
            {"cube, d = 50": _decay},
        ),
        "converges to zero extremely slowly (a curve, no number)",
        "In high dimension all points are nearly equally far from each other.",
        _SEEN,
        1,
    ),
    Claim(
        "gradient-bias",
        "5.1, Theorem 5.1.1, part 1",
        Statement(
            "For every n there is a pair of Bernoulli laws with a gradient bias of at least 2e⁻².",
            "bias of the expected sample gradient for such a pair",
            Range(low=bernoulli.PAPER_BOUND * (1 - 1e-9)),
            {f"n = {n}": _largest_bias(n) for n in (1, 5, 100, 1000)},
        ),
        "≥ 2e⁻² = 0.271",
        "Exact sums. The pair is another for each n; for a fixed pair the bias does vanish.",
        _SEEN,
        2,
        float(bernoulli.PAPER_BOUND),
    ),
    Claim(
        "wrong-minimum",
        "5.1, Theorem 5.1.1, part 2",
        Statement(
            "The minimum of the expected sample loss is the argmin of the expected gradient, and not θ*.",
            "distance between the argmin of the expected gradient and that of the expected loss",
            Range(-1e-9, 1e-9),
            {"θ* = 0.3, n = 5": _printed_minimum},
        ),
        "θ̄ = arg min E ∇W₁(p_n, q_θ)",
        "The loss is meant: its gradient is least at θ = 0, wherever the minimum is.",
        _SEEN,
        2,
        None,
        Statement(
            "The minimum of the expected sample loss is in general not θ*.",
            "distance of the minimiser to θ*",
            Range(low=1e-3),
            {
                "θ* = 0.3, n = 5": _wrong_minimum(5, both_sampled=False),
                "the same, the generator sampled too": _wrong_minimum(5, both_sampled=True),
            },
        ),
    ),
)
