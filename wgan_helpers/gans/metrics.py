"""How good generated samples are: modes, precision and recall, distances to the law that they imitate.

Samples are ``(..., n, d)``: leading axes are a population of models, each measured on its own, and every result has
one value per model. Values that are not finite are refused, whichever model they come from. Nothing here is
differentiable, and nothing needs more than some 50 MB beside the samples. Samples on Apple's GPUs, which have no
float64, are measured on the CPU.
"""

import math
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from wgan_helpers import _checks, transport
from wgan_helpers.distributions import HasManifold, HasModes
from wgan_helpers.gans._generated import Array, Source, same_dimension, samples_for, samples_of
from wgan_helpers.gans.frechet import frechet_distance
from wgan_helpers.transport.cost import distances

__all__ = [
    "MinibatchW1",
    "PrecisionRecall",
    "frechet_distance",
    "minibatch_w1",
    "modes_covered",
    "precision_recall",
    "share_near_modes",
]

_AT_ONCE: Final = 6_000_000  # float64 numbers: 48 MB


class PrecisionRecall(NamedTuple):
    """Shares in [0, 1] and their harmonic mean, each ``(...)`` float64."""

    precision: Tensor
    recall: Tensor
    f1: Tensor


class MinibatchW1(NamedTuple):
    """Mean over minibatches and its standard error, in the unit of the data, each ``(...)`` float64."""

    mean: Tensor
    standard_error: Tensor


def modes_covered(samples: Array, law: HasModes, sigmas: float = 3.0, at_least: int | None = None) -> Tensor:
    r"""How many modes of the law the samples reach.

    A mode counts if at least ``at_least`` samples, for which no other centre is nearer, are within ``sigmas``
    standard deviations of its centre.

    Parameters
    ----------
    samples : (..., n, d)
        Generated points, in the unit of the data.
    law : GaussianRing, GaussianGrid or another that has modes
    sigmas : float
        Radius, in standard deviations of one mode's coordinates.
    at_least : int, optional
        Samples that a mode needs; unless given 20 of 2500, rounded up: ⌈n / 125⌉.

    Returns
    -------
    (...)
        Number of modes, int64.

    Raises
    ------
    TypeError, ValueError
        If the law has no modes, or modes of no width; if the samples do not fit the law or are not finite.

    References
    ----------
    Srivastava et al. 2017, "VEEGAN" (three standard deviations, 2500 samples).
    """
    points, near = _near_modes(samples, law, sigmas)
    needed = math.ceil(points.shape[-2] / 125) if at_least is None else _checks.integer(at_least, "at_least")
    modes = len(law.centres)
    mode = law.nearest_mode(points).reshape(-1, points.shape[-2])
    model = torch.arange(len(mode), device=points.device).unsqueeze(-1)
    hits = (model * modes + mode)[near.reshape(mode.shape)].bincount(minlength=len(mode) * modes)
    return (hits.reshape(*points.shape[:-2], modes) >= needed).sum(dim=-1)


def share_near_modes(samples: Array, law: HasModes, sigmas: float = 3.0) -> Tensor:
    r"""Share of samples of high quality: within ``sigmas`` standard deviations of a mode's centre.

    The law's own samples reach :math:`1 - e^{-\text{sigmas}^2 / 2}` in the plane, 98.9 % for 3. **Alone it rewards
    collapse**: a generator that puts all samples on one centre reaches 100 %. Show :func:`modes_covered` beside it.

    Parameters
    ----------
    samples, law, sigmas
        As for :func:`modes_covered`.

    Returns
    -------
    (...)
        Shares in [0, 1], float64.

    Raises
    ------
    TypeError, ValueError
        As :func:`modes_covered`.
    """
    return _near_modes(samples, law, sigmas)[1].double().mean(dim=-1)


def _near_modes(samples: Array, law: HasModes, sigmas: float) -> tuple[Tensor, Tensor]:
    """The checked samples ``(..., n, d)``, and which of them are near a centre ``(..., n)``."""
    if not isinstance(law, HasModes):
        raise TypeError(f"{getattr(law, 'name', _checks.shown(law))} has no modes: GaussianRing and GaussianGrid have")
    radius = _checks.positive(sigmas, "sigmas") * law.mode_std
    if radius == 0:
        raise ValueError(f"the modes of the {law.name} have no width: use precision_recall, with a tolerance")
    points = samples_for(samples, law)
    centres = law.centres.to(points)
    return points, (points - centres[law.nearest_mode(points)]).norm(dim=-1) <= radius


def precision_recall(
    samples: Array,
    reference: Source | Array,
    tolerance: float,
    n: int | None = None,
    generator: Generator | None = None,
) -> PrecisionRecall:
    r"""How much of what is generated is real, and how much of what is real is generated.

    ==========  ==============================================================================================
    precision   share of generated points within ``tolerance`` of the manifold, where the law knows its own (ring,
                grid: the centres; Swiss roll: the spiral); else of a real point
    recall      share of real points with a generated point within ``tolerance``
    f1          harmonic mean 2 / (1 / precision + 1 / recall); 0 where both are 0
    ==========  ==============================================================================================

    Recall grows with the number of generated points, precision against real points with theirs: compare only
    models that were asked for equally many. Where Lucic et al. invert the generator to find the generated point
    nearest to a real one, here it is the nearest of the samples.

    Parameters
    ----------
    samples : (..., n, d)
        Generated points, in the unit of the data.
    reference : law, pictures or (m, d)
        What is real: drawn from, once for all models, or the real points themselves.
    tolerance : float
        Distance, in the unit of the data.
    n : int, optional
        How many real points to draw; as many as samples per model unless given.
    generator : torch.Generator, optional
        For the real points.

    Returns
    -------
    PrecisionRecall
        Each ``(...)``.

    Raises
    ------
    TypeError, ValueError
        If samples and reference do not fit together or are not finite, or ``tolerance`` is not positive.

    References
    ----------
    Lucic et al. 2018, "Are GANs created equal?", section 5 (known manifolds). Kynkäänniemi et al. 2019, "Improved
    precision and recall metric": real points as the manifold, with a radius that adapts; here it is fixed.
    """
    radius = _checks.positive(tolerance, "tolerance")
    points, real = _generated_and_real(samples, reference, n, generator)
    flat = points.reshape(-1, *points.shape[-2:])
    if isinstance(reference, HasManifold):
        far = reference.distance_to_manifold(flat)
    else:
        far = torch.stack([_to_nearest(model, real) for model in flat])
    missed = torch.stack([_to_nearest(real, model) for model in flat])
    precision, recall = (
        (distance <= radius).double().mean(dim=-1).reshape(points.shape[:-2]) for distance in (far, missed)
    )
    f1 = 2 * precision * recall / (precision + recall).clamp(min=torch.finfo(torch.float64).tiny)
    return PrecisionRecall(precision, recall, f1)


def _generated_and_real(
    samples: Array, reference: Source | Array, n: int | None, generator: Generator | None
) -> tuple[Tensor, Tensor]:
    """Samples ``(..., n, d)`` and real points ``(m, d)`` of their type and device."""
    if not isinstance(reference, Tensor | np.ndarray):
        points = samples_for(samples, reference)
        return points, reference.sample(points.shape[-2] if n is None else n, generator=generator).to(points)
    if n is not None:
        raise ValueError(f"n is how many real points to draw: a reference of points is used whole, got n = {n}")
    points, real = samples_of(samples), samples_of(reference, "reference points")
    same_dimension(points, real, ("samples", "reference points"))
    if real.ndim != 2:
        raise ValueError(f"reference points must be (m, d), got shape {tuple(real.shape)}")
    return points, real.to(points)


def _to_nearest(x: Tensor, y: Tensor) -> Tensor:
    """Distance of each point of ``(n, d)`` to the nearest of ``(m, d)``, ``(n,)``."""
    return torch.cat([distances(rows, y).amin(dim=-1) for rows in x.split(max(1, _AT_ONCE // len(y)))])


def minibatch_w1(
    samples: Array, law: Source, n: int = 64, repetitions: int = 8, generator: Generator | None = None
) -> MinibatchW1:
    r"""Exact :math:`W_1` between minibatches of the samples and fresh minibatches of the source.

    The minibatches share no point, so that the standard error is that of independent repetitions. All models meet
    the same minibatches of the source. The mean is **not** an estimate of the distance of the laws: for samples of
    the law itself it is far above zero, and in high dimension better samples need not have a lower one.

    Parameters
    ----------
    samples : (..., N, d)
        Generated points, N >= n · repetitions.
    law : law or pictures
        The source: what has ``dim`` and ``sample(n, generator=...)``.
    n : int
        Points in a minibatch.
    repetitions : int
        Pairs of minibatches, at least 2.
    generator : torch.Generator, optional
        For the choice of the samples and the minibatches of the source.

    Returns
    -------
    MinibatchW1
        Mean and standard error, each ``(...)``.

    Raises
    ------
    TypeError, ValueError
        If there are too few samples, they do not fit the source, or they are not finite.

    References
    ----------
    Stanczuk et al. 2021, "Wasserstein GANs work because they fail (to approximate the Wasserstein distance)", §5.
    """
    n, repetitions = _checks.integer(n, "n"), _checks.integer(repetitions, "repetitions", minimum=2)
    points = samples_for(samples, law)
    there, needed = points.shape[-2], n * repetitions
    if there < needed:
        raise ValueError(f"{repetitions} minibatches of {n} need {needed} samples, got {there}: ask for fewer")
    device = None if generator is None else generator.device
    chosen = torch.randperm(there, generator=generator, device=device)[:needed].to(points.device)
    real = law.sample(needed, generator=generator).to(points).reshape(repetitions, n, -1)
    models = points.reshape(-1, *points.shape[-2:])
    values = []
    for block in models.split(max(1, _AT_ONCE // real.numel())):
        batches = block[:, chosen].reshape(-1, *real.shape[1:])
        values.append(transport.wasserstein1(batches, real.repeat(len(block), 1, 1)))
    w1 = torch.cat(values).double().reshape(*points.shape[:-2], repetitions)
    return MinibatchW1(w1.mean(dim=-1), w1.std(dim=-1) / math.sqrt(repetitions))
