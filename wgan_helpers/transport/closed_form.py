r"""What a Bernoulli generator expects to see, without sampling: the quantities of the paper's Theorem 5.1.1.

The target is ``p = Bernoulli(θ*)``, the generator ``q_θ = Bernoulli(θ)``, both on the points 0 and 1, so the
distance of two of them is the difference of their means. A minibatch of ``n`` from the target has the mean
``k/n`` with ``k ~ Bin(n, θ*)``. The theorem samples the target alone; a GAN samples the generator too: with
``m`` given, ``θ`` is replaced by ``l/m``, ``l ~ Bin(m, θ)``.

Functions of ``theta`` and ``theta_star`` take numbers, arrays or tensors and broadcast them. They return
float64 tensors on the device of their inputs, through which no gradient flows.

References
----------
Bellemare, Danihelka, Dabney, Mohamed, Lakshminarayanan, Hoyer, Munos 2017, "The Cramer distance as a solution
to biased Wasserstein gradients", theorem 1.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wgan_helpers import _checks

Probability = float | np.ndarray | Tensor
_MEDIAN_ROUNDING = 1e-12  # how far a computed P(k <= j) may be from the one half that it is
_HALVINGS = 60  # of [0, 1]: past the last bit of a float64


def bernoulli_w1(theta: Probability, theta_star: Probability) -> Tensor:
    r"""The true distance of two Bernoulli laws.

    .. math:: W_1(p, q_\theta) = |\theta - \theta^*|

    Parameters
    ----------
    theta, theta_star : (...)
        Probabilities of drawing 1, in [0, 1]; they broadcast.

    Returns
    -------
    (...)
        Distance, in the unit of the two points' distance.

    Raises
    ------
    TypeError, ValueError
        If a value is no number in [0, 1].
    """
    theta_in, star_in = _probability(theta, "theta"), _probability(theta_star, "theta_star")
    return _tensor(np.abs(theta_in - star_in), theta, theta_star)


def bernoulli_expected_w1(theta: Probability, theta_star: Probability, n: int, m: int | None = None) -> Tensor:
    r"""The loss a generator sees on average over minibatches.

    .. math::
        \mathbb{E}\, W_1(p_n, q_\theta) = \mathbb{E}\, |k/n - \theta|, \qquad
        \mathbb{E}\, W_1(p_n, q_{\theta, m}) = \mathbb{E}\, |k/n - l/m|

    Parameters
    ----------
    theta, theta_star : (...)
        Probabilities of drawing 1 under the generator and under the target, in [0, 1]; they broadcast.
    n : int
        Samples of the target.
    m : int, optional
        Samples of the generator; ``None`` compares with ``q_θ`` itself, as the theorem does.

    Returns
    -------
    (...)
        Expected distance; never below ``bernoulli_w1``. Exact to rounding at every ``n``; with ``m`` given,
        memory grows with √m.

    Raises
    ------
    TypeError, ValueError
        If a probability is no number in [0, 1], or ``n`` or ``m`` no integer of at least 1.
    """
    theta_in, star_in, n, m = _checked(theta, theta_star, n, m)
    if m is None:
        loss = _mean_distance(theta_in, star_in, n)
    else:
        loss = _expectation(partial(_loss_at_count, m=m, theta_star=star_in, n=n), theta_in, m)
    return _tensor(loss, theta, theta_star)


def bernoulli_expected_gradient(theta: Probability, theta_star: Probability, n: int, m: int | None = None) -> Tensor:
    r"""The gradient a generator sees on average over minibatches.

    Against ``q_θ`` itself, the expectation of the minibatch's gradient sign(θ − k/n), which is 0 at a tie:

    .. math:: \mathbb{E}\, \nabla_\theta W_1(p_n, q_\theta) = P(k < n\theta) - P(k > n\theta)

    With ``m`` given, the derivative of :func:`bernoulli_expected_w1`. Raising θ turns single zeros of the
    generator's sample into ones, so with ``l' ~ Bin(m − 1, θ)``

    .. math:: m\, \mathbb{E}\left[ f(l' + 1) - f(l') \right], \qquad f(l) = \mathbb{E}_k |k/n - l/m|

    Parameters
    ----------
    theta, theta_star, n, m
        As in :func:`bernoulli_expected_w1`. ``theta`` counts as tied with ``j/n`` when it differs by no more
        than two roundings of its dtype, so that 0.1 + 0.2 is 3/10, also in float32.

    Returns
    -------
    (...)
        Expected gradient, in [−1, 1].

    Raises
    ------
    TypeError, ValueError
        As :func:`bernoulli_expected_w1`.
    """
    theta_in, star_in, n, m = _checked(theta, theta_star, n, m)
    if m is None:
        gradient = _expected_sign(theta_in, star_in, n, _rounding(theta))
    else:
        gradient = _two_sided_gradient(theta_in, star_in, n, m)
    return _tensor(gradient, theta, theta_star)


def bernoulli_gradient_bias(theta: Probability, theta_star: Probability, n: int, m: int | None = None) -> Tensor:
    r"""How far the expected minibatch gradient is from the true one.

    .. math:: \mathbb{E}\, \nabla_\theta W_1(p_n, q_\theta) - \operatorname{sign}(\theta - \theta^*)

    Parameters
    ----------
    theta, theta_star, n, m
        As in :func:`bernoulli_expected_gradient`. Where ``theta`` is ``theta_star`` to within two roundings,
        the true gradient is taken as 0.

    Returns
    -------
    (...)
        Bias, in [−2, 2]; its sign is against the true gradient's.

    Raises
    ------
    TypeError, ValueError
        As :func:`bernoulli_expected_gradient`.
    """
    expected = bernoulli_expected_gradient(theta, theta_star, n, m)
    difference = _probability(theta, "theta") - _probability(theta_star, "theta_star")
    tied = np.abs(difference) <= _rounding(theta, theta_star)
    return expected - _tensor(np.where(tied, 0.0, np.sign(difference)), theta, theta_star)


def bernoulli_minimiser(theta_star: Probability, n: int, m: int | None = None) -> Tensor:
    r"""The generator that the expected minibatch loss prefers to the target itself.

    .. math:: \bar\theta = \arg\min_\theta \mathbb{E}\, W_1(p_n, q_\theta) = \operatorname{median}(k) / n

    With ``m`` given, the root of the gradient of :func:`bernoulli_expected_w1`, found by bisection: a convex
    loss on the sample stays convex in θ. The minimiser collapses to 0 when θ* < 1 − 2^(−1/n), where most
    minibatches hold no 1; with ``m`` < ``n`` given, sooner.

    Parameters
    ----------
    theta_star : (...)
        Probability of drawing 1 under the target, in [0, 1].
    n, m
        As in :func:`bernoulli_expected_w1`.

    Returns
    -------
    (...)
        Minimiser, in [0, 1]. Where a whole interval minimises, its midpoint: so the minimiser of 1 − θ* is
        one minus that of θ*.

    Raises
    ------
    TypeError, ValueError
        If ``theta_star`` is no number in [0, 1], or ``n`` or ``m`` no integer of at least 1.
    """
    star_in, _, n, m = _checked(theta_star, theta_star, n, m, first="theta_star")
    minimiser = _median(star_in, n) if m is None else _two_sided_root(star_in, n, m)
    return _tensor(minimiser, theta_star)


def bernoulli_biased_pair(n: int) -> tuple[float, float]:
    r"""Two Bernoulli laws that bear out the first part of the theorem at minibatch size ``n``.

    The target :math:`\theta^* = n/(n+1)` fills a minibatch with ones with probability
    :math:`\theta^{*n} = (1 + 1/n)^{-n} > e^{-1}`. For θ in (θ*, 1) the true gradient is 1, but each such
    minibatch has :math:`k/n = 1 > \theta` and says −1; all others, with
    :math:`k/n \le 1 - 1/n < \theta^* < \theta`, say 1. The bias is hence
    :math:`-2\theta^{*n}`, beyond :math:`-2/e` and so beyond the theorem's :math:`2e^{-2}`, for every ``n``.

    The same argument with θ* → 1 brings the bias as near to −2 as one likes: the supremum over pairs is 2 at
    every ``n``, and no pair reaches it.

    Parameters
    ----------
    n : int
        Samples of the target, at least 1.

    Returns
    -------
    theta, theta_star : float
        The generator's and the target's probability, ready for :func:`bernoulli_gradient_bias`.

    Raises
    ------
    TypeError, ValueError
        If ``n`` is no integer of at least 1.
    """
    n = _checks.integer(n, "n")
    return (2 * n + 1) / (2 * n + 2), n / (n + 1)


def _mean_distance(x: np.ndarray, theta: np.ndarray, n: int) -> np.ndarray:
    """E|x − k/n| for k ~ Bin(n, θ): with j = ⌊nx⌋, x (2 P(k <= j) − 1) + θ − 2 E[k/n; k <= j]."""
    from scipy.stats import binom

    below = np.floor(n * x)
    return x * (2 * binom.cdf(below, n, theta) - 1) + theta * (1 - 2 * binom.cdf(below - 1, n - 1, theta))


def _expected_sign(theta: np.ndarray, theta_star: np.ndarray, n: int, rounding: float) -> np.ndarray:
    """P(k < nθ) − P(k > nθ), with nθ on the integer that it is meant to be."""
    from scipy.stats import binom

    count = n * theta
    count = np.where(np.abs(count - np.round(count)) <= n * rounding, np.round(count), count)
    return binom.cdf(np.ceil(count) - 1, n, theta_star) - binom.sf(np.floor(count), n, theta_star)


def _expectation(f: Callable[[np.ndarray], np.ndarray], theta: np.ndarray, m: int) -> np.ndarray:
    """E f(l) for l ~ Bin(m, θ), over l within 5√m of mθ: by Hoeffding, all but 4e-22 of the mass."""
    from scipy.stats import binom

    theta = np.where(theta < 1e-30, 0.0, theta)  # there, binom.pmf loses digits and at last overflows
    reach = int(np.ceil(5 * np.sqrt(m)))
    ones = np.floor(m * theta)[..., None] + np.arange(-reach, reach + 2)
    return (binom.pmf(ones, m, theta[..., None]) * f(np.clip(ones, 0, m))).sum(axis=-1)


def _loss_at_count(ones: np.ndarray, m: int, theta_star: np.ndarray, n: int) -> np.ndarray:
    """E|k/n − l/m| over k, for each count l in ``ones``."""
    if theta_star.ndim == 0:  # neighbouring θ ask for the same counts: once each is enough
        counts, where = np.unique(ones, return_inverse=True)
        return _mean_distance(counts / m, theta_star, n)[where.reshape(ones.shape)]
    return _mean_distance(ones / m, theta_star[..., None], n)


def _two_sided_gradient(theta: np.ndarray, theta_star: np.ndarray, n: int, m: int) -> np.ndarray:
    def change(ones: np.ndarray) -> np.ndarray:
        return _loss_at_count(ones + 1, m, theta_star, n) - _loss_at_count(ones, m, theta_star, n)

    return m * _expectation(change, theta, m - 1)


def _median(theta_star: np.ndarray, n: int) -> np.ndarray:
    from scipy.stats import binom

    # two medians where some P(k <= j) is one half, as at θ* = 1/2 with n odd
    low = binom.ppf(0.5 - _MEDIAN_ROUNDING, n, theta_star)
    high = binom.ppf(0.5 + _MEDIAN_ROUNDING, n, theta_star)
    return (low + high) / (2 * n)


def _two_sided_root(theta_star: np.ndarray, n: int, m: int) -> np.ndarray:
    low, high = np.zeros_like(theta_star), np.ones_like(theta_star)
    rounding = m * np.finfo(np.float64).eps  # of a gradient that is m times a difference
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        gradient = _two_sided_gradient(middle, theta_star, n, m)
        low = np.where(gradient <= rounding, middle, low)
        high = np.where(gradient >= -rounding, middle, high)
    return np.where(high <= 2.0**-_HALVINGS, 0.0, (low + high) / 2)


def _checked(
    theta: Probability, theta_star: Probability, n: int, m: int | None, first: str = "theta"
) -> tuple[np.ndarray, np.ndarray, int, int | None]:
    n, m = _checks.integer(n, "n"), None if m is None else _checks.integer(m, "m")
    return _probability(theta, first), _probability(theta_star, "theta_star"), n, m


def _probability(value: Probability, name: str) -> np.ndarray:
    array = _array(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be a number or an array of numbers, got {_checks.shown(value)}")
    wrong = array[~((array >= 0) & (array <= 1))]
    if wrong.size:
        raise ValueError(f"{name} must be in [0, 1], got {wrong[0]:g}")
    return array.astype(np.float64)


def _rounding(*values: Probability) -> float:
    """Two roundings of a number in [0, 1], in the coarsest dtype among ``values``."""
    dtypes = [array.dtype for array in map(_array, values) if array.dtype.kind == "f"]
    return 2 * max((float(np.finfo(dtype).eps) for dtype in dtypes), default=0.0)


def _array(value: Any) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)


def _tensor(array: np.ndarray, *inputs: Probability) -> Tensor:
    device = next((value.device for value in inputs if isinstance(value, Tensor)), None)
    return torch.as_tensor(array, dtype=torch.float64, device=device)
