"""From a potential on one sample to the best potential on the other."""

import math

from torch import Tensor

from wgan_helpers import _checks


def c_transform(cost: Tensor, g: Tensor) -> Tensor:
    r"""The largest potential on ``x`` that ``g`` on ``y`` allows.

    .. math:: g^c_i = \min_j \; c_{ij} - g_j

    Parameters
    ----------
    cost : (..., n, m)
        Ground cost, in the unit of the distance.
    g : (..., m)
        Potential on ``y``, same unit.

    Returns
    -------
    (..., n)
        Potential on ``x``; ``g^c_i + g_j <= cost_ij`` always holds.

    Raises
    ------
    TypeError, ValueError
        If one is no tensor of floating-point numbers, or the shapes do not fit.

    References
    ----------
    Mallasto, Montúfar, Gerolin 2019, section 3.
    """
    _fit(cost, g, "g")
    return (cost - g.unsqueeze(-2)).amin(dim=-1)


def soft_c_transform(cost: Tensor, g: Tensor, epsilon: float, log_b: Tensor | None = None) -> Tensor:
    r"""The c-transform with a soft minimum: half a Sinkhorn step, in the log domain.

    .. math:: g^{c,\varepsilon}_i = -\varepsilon \log \sum_j b_j \exp\frac{g_j - c_{ij}}{\varepsilon}

    It is the potential on ``x`` that gives the rows of the plan
    :math:`a_i b_j \exp((f_i + g_j - c_{ij}) / \varepsilon)` their mass ``a``. For ε → 0 it is the c-transform
    over the points with mass.

    Parameters
    ----------
    cost : (..., n, m)
        Ground cost, in the unit of the distance.
    g : (..., m)
        Potential on ``y``, same unit.
    epsilon : float
        Regularisation, positive, same unit.
    log_b : (..., m), optional
        Logarithms of the weights of ``y``; ``-inf`` leaves a point out. Uniform if not given.

    Returns
    -------
    (..., n)
        Potential on ``x``.

    Raises
    ------
    TypeError, ValueError
        If one is no tensor of floating-point numbers, the shapes do not fit, or ε is not a positive number.

    References
    ----------
    Cuturi 2013; Mallasto, Montúfar, Gerolin 2019, section 3.
    """
    _fit(cost, g, "g")
    _checks.positive(epsilon, "epsilon")
    if log_b is None:
        return -epsilon * (((g.unsqueeze(-2) - cost) / epsilon).logsumexp(dim=-1) - math.log(g.shape[-1]))
    _fit(cost, log_b, "log_b")
    return -epsilon * ((g.unsqueeze(-2) - cost) / epsilon + log_b.unsqueeze(-2)).logsumexp(dim=-1)


def _fit(cost: Tensor, g: Tensor, name: str) -> None:
    for value, called in ((cost, "cost"), (g, name)):
        if not (isinstance(value, Tensor) and value.is_floating_point()):
            raise TypeError(f"{called} must be a tensor of floating-point numbers, got {_checks.shown(value)}")
    if cost.ndim < 2 or cost.shape[:-2] + cost.shape[-1:] != g.shape:
        raise ValueError(f"cost (..., n, m) and {name} (..., m) must fit, got {tuple(cost.shape)} and {tuple(g.shape)}")
    if not g.shape[-1]:
        raise ValueError(f"cost and {name} must be of at least one point, got {tuple(cost.shape)}")
