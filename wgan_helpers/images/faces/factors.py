"""What a face is drawn from: some 280 numbers, each with a range and a meaning."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from wgan_helpers import _checks
from wgan_helpers.images.faces.ranges import Range, bell, declare_in, mostly_high, mostly_low, often, sometimes

WAVES = 8  # the background is a sum of WAVES × WAVES cosines in each of three colours


_identity = declare_in("identity")
_expression = declare_in("expression")
_pose = declare_in("pose")
_clothes = declare_in("clothes")
_background = declare_in("background")
_light = declare_in("light")


# ruff: noqa: RUF009 (what these calls give is a dataclasses.field)
@dataclass(frozen=True, eq=False)
class Factors:
    """What ``n`` faces are drawn from: one float32 tensor ``(n,)`` or ``(n, k)`` a factor.

    ``Factors.RANGES[name]`` says what a factor means and from where to where it goes. Lengths are in units of
    half a picture, angles in degrees; from 0 to 1 goes what has no unit. Left and right are those of the picture.

    Attributes
    ----------
    RANGES : dict of str to Range
        Every factor, in the order of the columns.
    COLUMNS : tuple of str
        Names of the columns of :meth:`as_matrix`.
    """

    RANGES: ClassVar[dict[str, Range]] = {}
    COLUMNS: ClassVar[tuple[str, ...]] = ()

    face_width: Tensor = _identity(0.40, 0.52, "half the width of the head", bell)
    face_height: Tensor = _identity(0.54, 0.68, "from the middle of the head to the chin", bell)
    jaw: Tensor = _identity(0, 1, "pointed to square")
    cheekbones: Tensor = _identity(0, 1, "flat to marked")
    skin_tone: Tensor = _identity(0, 1, "light to dark")
    skin_warmth: Tensor = _identity(-1, 1, "cool to golden", bell)
    blush: Tensor = _identity(0, 1, "colour of the cheeks", mostly_low)
    freckles: Tensor = _identity(0, 1, "none to many", sometimes(0.15))
    lines: Tensor = _identity(0, 1, "of age: none to deep", mostly_low)
    hair_lightness: Tensor = _identity(0, 1, "black, brown, blond", mostly_low)
    hair_redness: Tensor = _identity(0, 1, "none to red", mostly_low)
    hair_grey: Tensor = _identity(0, 1, "none to white", sometimes(0.15))
    hair_amount: Tensor = _identity(0, 1, "bald, shaved, full", often(0.88))
    hair_length: Tensor = _identity(0, 1, "above the ears to below the shoulders")
    hair_volume: Tensor = _identity(0, 1, "flat to big")
    hairline: Tensor = _identity(0, 1, "low to receding", bell)
    fringe: Tensor = _identity(0, 1, "none to down to the brows", sometimes(0.35))
    parting: Tensor = _identity(-1, 1, "left to right")
    curl: Tensor = _identity(0, 1, "straight to curly")
    bun: Tensor = _identity(0, 1, "on the top: none to big", sometimes(0.1, least=0.5))
    strands: Tensor = _identity(0, 1, "where the strands of hair lie, in turns", width=4)
    eye_size: Tensor = _identity(0, 1, "small to big", bell)
    eye_roundness: Tensor = _identity(0, 1, "narrow to round", bell)
    eye_spacing: Tensor = _identity(0, 1, "near to far from each other", bell)
    eye_height: Tensor = _identity(-0.03, 0.05, "above the middle of the head", bell)
    eye_tilt: Tensor = _identity(-10, 14, "outer corner up, in degrees", bell)
    eye_colour: Tensor = _identity(0, 1, "brown, hazel, green, blue, grey")
    brow_thickness: Tensor = _identity(0, 1, "thin to bushy", bell)
    brow_height: Tensor = _identity(0, 1, "low to high", bell)
    brow_arch: Tensor = _identity(0, 1, "straight to arched")
    brow_darkness: Tensor = _identity(0, 1, "as the hair to black", mostly_low)
    nose_length: Tensor = _identity(0, 1, "short to long", bell)
    nose_width: Tensor = _identity(0, 1, "narrow to wide", bell)
    nose_bridge: Tensor = _identity(0, 1, "flat to prominent")
    mouth_width: Tensor = _identity(0, 1, "narrow to wide", bell)
    mouth_height: Tensor = _identity(-0.03, 0.03, "above its usual place", bell)
    lip_fullness: Tensor = _identity(0, 1, "thin to full", bell)
    lip_colour: Tensor = _identity(0, 1, "as the skin to red", mostly_low)
    ear_size: Tensor = _identity(0, 1, "small to big", bell)
    earrings: Tensor = _identity(0, 1, "none to big", sometimes(0.2))
    beard: Tensor = _identity(0, 1, "none, stubble, full", sometimes(0.22, least=0.2))
    moustache: Tensor = _identity(0, 1, "none to full", sometimes(0.15))
    glasses: Tensor = _identity(0, 1, "none, then thin to thick frames", sometimes(0.25))
    glasses_size: Tensor = _identity(0, 1, "small to big")
    glasses_squareness: Tensor = _identity(0, 1, "round to square")
    glasses_colour: Tensor = _identity(0, 1, "black, brown, gold, red, blue")
    glasses_tint: Tensor = _identity(0, 1, "clear to dark", sometimes(0.2))

    smile: Tensor = _expression(-0.4, 1, "corners of the mouth down to up", mostly_high)
    mouth_open: Tensor = _expression(0, 1, "closed to wide open", sometimes(0.4, least=0.0))
    brow_raise: Tensor = _expression(-1, 1, "frown to surprise", bell)
    eye_openness: Tensor = _expression(0, 1, "closed to wide open", bell)
    gaze_x: Tensor = _expression(-1, 1, "to the left, to the right", bell)
    gaze_y: Tensor = _expression(-1, 1, "down, up", bell)

    yaw: Tensor = _pose(-30, 30, "turned to the left, to the right, in degrees", bell)
    pitch: Tensor = _pose(-20, 20, "nodding down, up, in degrees", bell)
    roll: Tensor = _pose(-15, 15, "leaning to the left, to the right, in degrees", bell)
    shift_x: Tensor = _pose(-0.1, 0.1, "to the right", bell)
    shift_y: Tensor = _pose(-0.1, 0.1, "up", bell)
    zoom: Tensor = _pose(0.88, 1.12, "factor of size", bell)

    clothes: Tensor = _clothes(0, 1, "red, green, blue", width=3)
    clothes_stripes: Tensor = _clothes(0, 1, "plain to striped", sometimes(0.35))
    stripe_width: Tensor = _clothes(0, 1, "narrow to wide")
    neckline: Tensor = _clothes(0, 1, "high to deep")
    shoulders: Tensor = _clothes(0, 1, "narrow to wide", bell)

    background_near: Tensor = _background(0, 1, "red, green, blue on one side", width=3)
    background_far: Tensor = _background(0, 1, "red, green, blue on the other side", width=3)
    background_angle: Tensor = _background(-180, 180, "from the one side to the other, in degrees")
    background_contrast: Tensor = _background(0, 1, "plain wall to lively place", bell)
    background_waves: Tensor = _background(-1, 1, "amplitudes of its cosines", bell, width=3 * WAVES**2)
    vignette: Tensor = _background(0, 1, "dark corners: none to marked", mostly_low)

    light_azimuth: Tensor = _light(-90, 90, "from the left, from the right, in degrees", bell)
    light_elevation: Tensor = _light(-30, 80, "from below, from above, in degrees", bell)
    light_strength: Tensor = _light(0, 1, "only light from everywhere, to nearly only light from one direction", bell)
    light_warmth: Tensor = _light(-1, 1, "bluish to reddish", bell)
    exposure: Tensor = _light(0.85, 1.4, "factor of brightness", bell)

    def __len__(self) -> int:
        return len(self.yaw)

    def __getitem__(self, index: Any) -> "Factors":
        """Some of the faces: an integer, a slice, or a tensor of integers or booleans."""
        if isinstance(index, Tensor) and index.ndim == 0:
            index = index.item()
        if isinstance(index, int | np.integer):
            if not -len(self) <= index < len(self):
                raise IndexError(f"face {index} was asked of {len(self)}")
            index = [index]
        return self._map(lambda values: values[index])

    def replace(self, **values: Any) -> "Factors":
        """The same faces with some factors changed.

        Parameters
        ----------
        **values : float, (n,) or (n, k)
            By name; a number is for all faces. One face with ``n`` values becomes ``n`` faces.

        Raises
        ------
        ValueError
            If a name is unknown, or a value is not a number in the factor's range.
        """
        changed = {name: self._column(name, value) for name, value in values.items()}
        n = max([len(self), *map(len, changed.values())])
        columns = {name: changed.get(name, getattr(self, name)) for name in self.RANGES}
        for name, column in columns.items():
            if len(column) not in (1, n):
                raise ValueError(f"{name} must have 1 or {n} values, got {len(column)}")
        return Factors(**{name: column.expand(n, *column.shape[1:]) for name, column in columns.items()})

    def take(self, other: "Factors", names: tuple[str, ...]) -> "Factors":
        """These faces with the named factors of others.

        ``anna.take(bert, faces.LIGHT)`` is Anna in Bert's light. A single face on either side serves all of the
        other.

        Parameters
        ----------
        other : Factors
            As many faces, or one; any number if this is one.
        names : tuple of str
            Factors, or a group of them such as ``faces.LIGHT``.
        """
        for name in names:
            _checks.one_of(name, "factor", self.RANGES)
        return self.replace(**{name: getattr(other, name) for name in names})

    def as_matrix(self) -> Tensor:
        """All factors as numbers in [0, 1], ``(n, len(COLUMNS))`` float32."""
        columns = [
            (getattr(self, name).reshape(len(self), -1) - span.low) / (span.high - span.low)
            for name, span in self.RANGES.items()
        ]
        return torch.cat(columns, dim=1)

    @classmethod
    def from_matrix(cls, matrix: Tensor) -> "Factors":
        """Undo :meth:`as_matrix`: factors from ``(n, len(COLUMNS))`` numbers in [0, 1]."""
        if matrix.ndim != 2 or matrix.shape[1] != len(cls.COLUMNS):
            raise ValueError(f"matrix must have shape (n, {len(cls.COLUMNS)}), got {tuple(matrix.shape)}")
        if not ((matrix >= 0) & (matrix <= 1)).all():
            raise ValueError("matrix must hold numbers in [0, 1]")
        parts = matrix.float().split([span.width for span in cls.RANGES.values()], dim=1)
        columns = {}
        for (name, span), part in zip(cls.RANGES.items(), parts, strict=True):
            # the sum may round to just above the range
            scaled = (span.low + (span.high - span.low) * part).clamp(span.low, span.high)
            columns[name] = scaled[:, 0] if span.width == 1 else scaled
        return cls(**columns)

    def planes(self) -> "Factors":
        """The factors as ``(n, 1, 1)`` and ``(n, k, 1, 1)``, to meet pixels ``(n, h, w)``."""
        return self._map(lambda values: values[..., None, None])

    def _map(self, function: Callable[[Tensor], Tensor]) -> "Factors":
        return Factors(**{name: function(getattr(self, name)) for name in self.RANGES})

    def _column(self, name: str, value: Any) -> Tensor:
        """A new value of a factor as a checked tensor ``(1 or n,)`` or ``(1 or n, k)``."""
        span = self.RANGES[_checks.one_of(name, "factor", self.RANGES)]
        try:
            column = torch.as_tensor(value, dtype=torch.float32, device=self.yaw.device)
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"{name} must be a number or a tensor of numbers, got {_checks.shown(value)}") from None
        whole = 0 if span.width == 1 else 1
        if column.ndim == 0:
            column = column.expand([span.width] * whole)
        if column.ndim == whole:
            column = column.unsqueeze(0)
        if column.ndim != 1 + whole or (whole and column.shape[1] != span.width) or not len(column):
            wanted = "(n,)" if span.width == 1 else f"(n, {span.width})"
            raise ValueError(f"{name} must be a number or have shape {wanted}, got {tuple(column.shape)}")
        span.check(column, name)
        return column


Factors.RANGES.update({factor.name: factor.metadata["range"] for factor in dataclasses.fields(Factors)})
Factors.COLUMNS = tuple(name + part for name, span in Factors.RANGES.items() for part in span.names)


def _group(name: str) -> tuple[str, ...]:
    return tuple(factor for factor, span in Factors.RANGES.items() if span.group == name)


IDENTITY = _group("identity")
EXPRESSION = _group("expression")
POSE = _group("pose")
CLOTHES = _group("clothes")
BACKGROUND = _group("background")
LIGHT = _group("light")


def random_factors(n: int, seed: int = 0, start: int = 0) -> Factors:
    """Factors of ``n`` faces that nobody has.

    Face ``i`` of a seed is the same however many are drawn: ``random_factors(n, seed, start)`` is
    ``random_factors(start + n, seed)[start:]``.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Another seed, other faces.
    start : int
        How many to leave out first.

    Raises
    ------
    ValueError
        If ``n`` is not positive, or ``seed`` or ``start`` is negative.
    """
    n, start = _checks.integer(n, "n"), _checks.integer(start, "start", minimum=0)
    bits = np.random.PCG64(_checks.integer(seed, "seed", minimum=0))
    bits.advance(start * len(Factors.COLUMNS))
    unit = torch.from_numpy(np.random.Generator(bits).random((n, len(Factors.COLUMNS))))
    spans = Factors.RANGES.values()
    parts = unit.split([span.width for span in spans], dim=1)
    return Factors.from_matrix(torch.cat([span.law(part) for span, part in zip(spans, parts, strict=True)], dim=1))
