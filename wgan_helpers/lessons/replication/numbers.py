"""From what a lesson measures to one number with its standard error."""

from collections.abc import Callable
from math import hypot, log

import numpy as np
import pandas as pd

from wgan_helpers import recorded
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.replication.claim import Estimate


def mean(values: pd.Series) -> Estimate:
    """Mean over repetitions."""
    return Estimate(float(values.mean()), float(values.sem()))


def ratio(values: pd.Series, reference: pd.Series) -> Estimate:
    """Ratio of two means over the same repetitions."""
    return Estimate(*monte_carlo.ratio_and_error(values.reset_index(drop=True), reference.reset_index(drop=True)))


def difference(values: pd.Series, reference: pd.Series) -> Estimate:
    """Difference of two means over independent repetitions."""
    return Estimate(float(values.mean() - reference.mean()), hypot(values.sem(), reference.sem()))


def exponent(frame: pd.DataFrame, column: str) -> Estimate:
    """The s of n^−s, from the means of ``column`` at the two sizes ``n`` of the frame."""
    small, large = monte_carlo.mean_and_error(frame, ["n"], column).to_dict("records")
    span = log(large["n"] / small["n"])
    error = hypot(small["sem"] / small["mean"], large["sem"] / large["mean"]) / span
    return Estimate(log(small["mean"] / large["mean"]) / span, error)


def bootstrap(statistic: Callable[[np.random.Generator], float], best: float, draws: int = 500) -> Estimate:
    """A statistic with the standard deviation of ``draws`` bootstrap draws of it."""
    generator = np.random.default_rng(0)
    return Estimate(best, float(np.std([statistic(generator) for _ in range(draws)])))


def record(figure: str) -> recorded.Recorded | None:
    """The record of a figure, if there is one."""
    return recorded.load(figure) if figure in recorded.figures() else None
