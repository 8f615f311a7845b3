"""From a potential on one sample to the best potential on the other."""

from torch import Tensor


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
    ValueError
        If the shapes do not fit.

    References
    ----------
    Mallasto, Montúfar, Gerolin 2019, section 3.
    """
    if cost.ndim < 2 or cost.shape[:-2] + cost.shape[-1:] != g.shape:
        raise ValueError(f"cost (..., n, m) and g (..., m) must fit, got {tuple(cost.shape)} and {tuple(g.shape)}")
    return (cost - g.unsqueeze(-2)).amin(dim=-1)
