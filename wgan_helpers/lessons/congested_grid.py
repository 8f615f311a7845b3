r"""Congested transport between two laws of the plane, solved on a grid, with a bound from either side.

A critic f, penalised by :math:`λ\, \mathbb{E}_r (|\nabla f| - 1)_+^2` at points of the law r, and a flow w that carries
q to p are two sides of one number (Milne and Nachman 2022):

.. math:: \max_f \; \mathbb{E}_p f - \mathbb{E}_q f - λ \int r\, (|\nabla f| - 1)_+^2
          = \min_{\nabla \cdot w = q - p} \int |w| + \frac{|w|^2}{4 λ r} .

For :math:`\mathbb{E}_p f - \mathbb{E}_q f = \int \nabla f \cdot w`, and the largest
:math:`\nabla f \cdot w - λ r (|\nabla f| - 1)_+^2` at a point is :math:`|w| + |w|^2 / 4 λ r`, reached where ∇f points
along w with the slope :math:`1 + |w| / 2 λ r`. With :math:`(|\nabla f| - 1)^2` it is reached there as well.

References
----------
Milne and Nachman 2022; Benamou and Carlier 2015 (the algorithm, ALG2); Beckmann 1952 (λ → ∞).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from wgan_helpers import _checks

_HALF: Final = 2.0  # the grid covers [-2, 2]²
_CELLS: Final = 48  # along each side
_TIMES: Final = 40  # of interpolation, for the mean over them
_LEAST: Final = 1e-9  # of an even law: where next to no road is, division needs some
_STEPS: Final = 600  # of the solver: the bounds are then within 0.1 % of each other from λ = 0.1 on, at 0.01 0.4 %
_STD: Final = 0.18


@dataclass(frozen=True)
class Blobs:
    """An even mixture of round normal laws in the plane.

    Parameters
    ----------
    centres : tuple of (float, float)
        One or more.
    std : float
        Standard deviation of each.
    """

    centres: tuple[tuple[float, float], ...]
    std: float = _STD

    def sample(self, n: int, generator: Generator | None = None) -> Tensor:
        """Draw ``n`` points, ``(n, 2)``."""
        which = torch.randint(len(self.centres), (_checks.integer(n, "n"),), generator=generator)
        return torch.tensor(self.centres)[which] + self.std * torch.randn(n, 2, generator=generator)


class Roads(NamedTuple):
    """Two laws and that of the penalised points, as masses of the cells of a grid, ``(k, k)`` each; its spacing."""

    real: np.ndarray
    fake: np.ndarray
    penalised: np.ndarray
    spacing: float


class Flow(NamedTuple):
    """Congested transport for one λ.

    Attributes
    ----------
    critic : (k, k)
        The best one.
    flow : (2, k, k)
        What each cell carries along either axis, mass times length.
    lower, upper : float
        Values of this critic and of this flow: the optimum is between.
    estimate : float
        What the best critic says of W₁, the difference of its means without the penalty: the sum of |w| + |w|² / 2λr.
    length : float
        How far mass is carried on average: W₁ if all of it goes straight.
    """

    critic: np.ndarray
    flow: np.ndarray
    lower: float
    upper: float
    estimate: float
    length: float


def roads(real: Blobs, fake: Blobs, cells: int = _CELLS) -> Roads:
    """Masses on the grid; those of the penalised points, evenly on the line between a real and a generated one.

    Of two normal laws the point at time t is normal again, so no sampling is needed.
    """
    spacing = 2 * _HALF / _checks.integer(cells, "cells", minimum=8)
    if min(real.std, fake.std) < spacing:
        raise ValueError(f"{cells} cells are {spacing:.2g} wide, wider than a blob: take more")
    at = -_HALF + spacing * (np.arange(cells) + 0.5)

    def bump(centre: Sequence[float], std: float) -> np.ndarray:
        one, other = (np.exp(-((at - c) ** 2) / (2 * std**2)) for c in centre)
        return np.outer(one, other)

    def mixed(blobs: Blobs) -> np.ndarray:
        return _normalised(np.sum([bump(centre, blobs.std) for centre in blobs.centres], axis=0))

    between = np.zeros((cells, cells))
    for t in (np.arange(_TIMES) + 0.5) / _TIMES:
        std = math.hypot(t * real.std, (1 - t) * fake.std)
        for x in real.centres:
            for y in fake.centres:
                between += _normalised(bump([t * a + (1 - t) * b for a, b in zip(x, y, strict=True)], std))
    return Roads(mixed(real), mixed(fake), _normalised(between), spacing)


def _normalised(mass: np.ndarray) -> np.ndarray:
    return mass / mass.sum()


def solve(problem: Roads, penalty: float, steps: int = _STEPS) -> Flow:
    """The best penalised critic and the congested flow.

    Parameters
    ----------
    problem : Roads
        Laws on a grid.
    penalty : float
        λ, positive.
    steps : int
        Of the alternating directions: a Poisson equation for f, a proximal step for its slope, one for the flow.
    """
    _checks.positive(penalty, "penalty")
    needed = problem.real - problem.fake
    weight = penalty * np.maximum(problem.penalised, _LEAST / needed.size)
    h, pull = problem.spacing, 1 / needed.size  # how hard f's gradient and the slope are pulled together: any will do
    poisson = _Poisson(needed.shape[0], h)
    flow, slope = np.zeros((2, 2, *needed.shape))
    for _ in range(_checks.integer(steps, "steps")):
        critic = poisson.solve((needed - divergence(flow, h)) / pull + divergence(slope, h))
        wanted = gradient(critic, h) + flow / pull
        norm = np.hypot(*wanted)
        held = np.where(norm <= 1, norm, (2 * weight + pull * norm) / (2 * weight + pull))
        slope = wanted * (held / np.maximum(norm, np.finfo(float).tiny))
        flow = pull * (wanted - slope)
    excess = np.maximum(np.hypot(*gradient(critic, h)) - 1, 0)
    lower = float((critic * needed - weight * excess**2).sum())
    carried = _exactly(flow, needed, weight, h)
    mass = np.hypot(*carried)
    length, crowding = float(mass.sum()), float((mass**2 / weight).sum())
    return Flow(critic, carried, lower, length + crowding / 4, length + crowding / 2, length)


def gradient(f: np.ndarray, h: float) -> np.ndarray:
    """Forward differences, ``(2, k, k)``; none across the border."""
    slope = np.zeros((2, *f.shape))
    slope[0, :-1] = np.diff(f, axis=0) / h
    slope[1, :, :-1] = np.diff(f, axis=1) / h
    return slope


def divergence(w: np.ndarray, h: float) -> np.ndarray:
    """The adjoint of :func:`gradient`: what flows in, cell by cell, minus what flows out."""
    total = np.zeros(w.shape[1:])
    total[1:] += w[0, :-1]
    total[:-1] -= w[0, :-1]
    total[:, 1:] += w[1, :, :-1]
    total[:, :-1] -= w[1, :, :-1]
    return total / h


class _Poisson:
    """Solves ``divergence(gradient(f)) = b`` by cosine transforms."""

    def __init__(self, cells: int, h: float) -> None:
        waves = (2 - 2 * np.cos(np.pi * np.arange(cells) / cells)) / h**2
        self._waves = waves[:, None] + waves
        self._waves[0, 0] = np.inf  # a constant is free: it becomes 0

    def solve(self, b: np.ndarray) -> np.ndarray:
        from scipy.fft import dctn, idctn

        return np.asarray(idctn(dctn(b, norm="ortho") / self._waves, norm="ortho"))


def _exactly(flow: np.ndarray, needed: np.ndarray, weight: np.ndarray, h: float) -> np.ndarray:
    """The flow that carries just what is needed, changed where the roads are wide."""
    from scipy.sparse import diags, eye, kron
    from scipy.sparse.linalg import spsolve

    cells = len(needed)
    forward = diags([np.r_[-np.ones(cells - 1), 0.0], np.ones(cells - 1)], [0, 1]) / h
    slopes = [kron(forward, eye(cells)), kron(eye(cells), forward)]
    wide = diags(weight.ravel())
    # one value of the potential is free, so the first equation is left out
    laplace = sum(each.T @ wide @ each for each in slopes).tocsc()[1:, 1:]
    missing = (needed - divergence(flow, h)).ravel()
    potential = np.r_[0.0, spsolve(laplace, missing[1:])]
    return flow + np.stack([(wide @ each @ potential).reshape(needed.shape) for each in slopes])
