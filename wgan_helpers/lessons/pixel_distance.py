r"""§6: the distance of pixels is the wrong ruler for pictures of people.

The ground cost of the paper's :math:`W_1` is :math:`\lVert x - y \rVert_2` between pixels. The same person in another
light is then farther away than a stranger in the same light. Here all is drawn in one studio, so that nothing but
the person and the light differs: same pose, same expression, same clothes, same wall.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, images, transport, ui
from wgan_helpers.images.faces import Factors
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.networks import face_features

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STRENGTHS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_ANGLE: Final = 60.0  # degrees from the camera to the light
_OTHER_LIGHTS: Final = (-90.0, -65.0, -40.0, -15.0, 10.0, 35.0, 85.0)
_LOOKS: Final = {"pixels": ("blue", "o"), "features": ("orange", "s")}
_STUDIO: Final = {
    **dict.fromkeys(("yaw", "pitch", "roll", "shift_x", "shift_y", "brow_raise", "gaze_x", "gaze_y"), 0.0),
    **dict.fromkeys(("mouth_open", "background_contrast", "vignette", "clothes_stripes", "light_warmth"), 0.0),
    **dict.fromkeys(("clothes", "background_near", "background_far", "eye_openness", "smile", "shoulders"), 0.5),
    "neckline": 0.2,
    "zoom": 1.0,
    "exposure": 1.0,
    "light_elevation": 20.0,
}

RULERS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "pixels": lambda pixels: pixels.flatten(1),
    "features": face_features.identity,
}


def people(n: int, seed: int = 0) -> Factors:
    """``n`` people in the studio."""
    return images.faces.random_factors(n, seed).replace(**_STUDIO)


def lit(persons: Factors, azimuth: float | Tensor, strength: float, size: int = 64) -> Tensor:
    """Their pictures ``(n, 3, size, size)`` in a light from ``azimuth`` degrees, negative is from the left."""
    return images.faces.draw(persons.replace(light_azimuth=azimuth, light_strength=strength), size)


def measure(
    strengths: Sequence[float] = STRENGTHS,
    rulers: Sequence[str] = tuple(RULERS),
    n: int = 200,
    size: int = 64,
    *,
    seed: int = 0,
    repetitions: int = 1,
    progress: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Which person a ruler finds nearest, the stronger the light.

    Every one of n people is asked for: their picture in light from the right is compared with the picture of the same
    person in light from the left, and with those of the other n − 1 people in light from the right.

    Parameters
    ----------
    strengths : sequence of float
        Of the directed light, from 0, only light from everywhere, to 1.
    rulers : sequence of {"pixels", "features"}
        Euclidean distance between what.
    n : int
        People in the studio, at least 2.
    size : int
        Height and width of the pictures in pixels.
    seed : int
        The same seed gives the same people.
    repetitions : int
        How often n people are invited.
    progress, executor
        As for every lesson's ``measure``.

    Returns
    -------
    DataFrame
        One row per strength, repetition, ruler and person: ``strength, n, size, repetition, seed, ruler, person``,
        then ``nearer``, the share of the others that is nearer than the person themselves, and ``wrong``, whether
        the nearest picture is another person's.
    """
    _checks.integer(n, "n", minimum=2)
    for ruler in rulers:
        _checks.one_of(ruler, "ruler", RULERS)
    tasks = [
        (strength, tuple(rulers), n, size, r, seed)
        for strength in strengths
        for r in range(_checks.integer(repetitions, "repetitions"))
    ]
    return monte_carlo.collect(_search, tasks, executor, progress)


def _search(strength: float, rulers: Sequence[str], n: int, size: int, repetition: int, seed: int) -> pd.DataFrame:
    invited = images.faces.random_factors(n, seed, start=n * repetition).replace(**_STUDIO)
    left, right = (lit(invited, azimuth, strength, size) for azimuth in (-_ANGLE, _ANGLE))
    frames = []
    for ruler in rulers:
        embed = RULERS[ruler]
        nearer = strangers_nearer(embed(left), embed(right))
        row = {"strength": strength, "n": n, "size": size, "repetition": repetition, "seed": seed, "ruler": ruler}
        share = nearer.double().sum(dim=1) / (n - 1)
        frames.append(pd.DataFrame(row | {"person": range(n), "nearer": share, "wrong": nearer.any(dim=1)}))
    return pd.concat(frames, ignore_index=True)


def strangers_nearer(left: Tensor, right: Tensor) -> Tensor:
    """Whether person j's point in ``right`` is nearer to person i's there than person i's own in ``left``.

    Parameters
    ----------
    left, right : (n, k)
        One point for each person, in either light.

    Returns
    -------
    (n, n) bool
        Nobody is a stranger to themselves.
    """
    same = torch.linalg.vector_norm(right - left, dim=1)
    nearer = transport.pairwise_distance(right, right) < same[:, None]
    return nearer.fill_diagonal_(False)


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw how often the nearest picture is another person's, against the strength of the light (± 2 SE)."""
    ax = ui.axes(ax)
    frame = frame.assign(percent=100.0 * frame["wrong"])
    mean = monte_carlo.mean_and_error(frame, ["ruler", "strength"], "percent")
    for ruler, group in mean.groupby("ruler"):
        colour, marker = _LOOKS[str(ruler)]
        ui.band(ax, group["strength"], group["mean"], 2 * group["sem"], color=colour, marker=marker, label=ruler)
    ax.set_ylim(-2, 102)
    ax.set_xlabel("strength of the light from one side (0 to 1)")
    ax.set_ylabel("nearest is another person (%)")
    ax.set_title(f"{frame['n'].iloc[0]} people, {frame['size'].iloc[0]} × {frame['size'].iloc[0]} pixels")
    ax.legend(loc="upper left")
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """How often a ruler finds the wrong person, live."""
    controls = {
        "n": ui.slider("people n", [10, 20, 50, 100, 200, 500], 100),
        "size": ui.slider("size", [16, 32, 64], 64, unit="pixels"),
    }

    def compute(n: int, size: int) -> Iterator[ui.Step]:
        return monte_carlo.steps(_search, [(strength, tuple(RULERS), n, size, 0, seed) for strength in STRENGTHS])

    return ui.LiveFigure(compute, plot, controls)


class Three(NamedTuple):
    """A person, the same one changed, and a stranger, ``(3, 3, h, w)``, with each ruler's two distances."""

    pixels: Tensor
    frame: pd.DataFrame


def compare(
    azimuth: float = _ANGLE,
    strength: float = 0.8,
    shift: int = 0,
    contrast: float = 1.0,
    stranger: int = 1,
    size: int = 64,
    seed: int = 0,
) -> Three:
    """One person in light from the left, the same one changed, and a stranger in the first light.

    Parameters
    ----------
    azimuth : float
        Where the light on the changed picture comes from, in degrees; from −60 on the two others.
    strength : float
        Of the light on all three, 0 to 1.
    shift : int
        Pixels by which the changed picture is moved to the right.
    contrast : float
        Factor on the changed picture's differences to grey.
    stranger : int
        Which other person.
    size : int
        Height and width in pixels.
    seed : int
        Another seed, other people.

    Returns
    -------
    Three
        Its frame has one row per ruler: ``ruler, changed, stranger``, the distances to the first picture.
    """
    invited = people(_checks.integer(stranger, "stranger") + 1, seed)[[0, 0, stranger]]
    pixels = lit(invited, torch.tensor([-_ANGLE, azimuth, -_ANGLE]), strength, size)
    changed = pixels[1].roll(shift, dims=-1)
    changed[..., :shift] = changed[..., shift : shift + 1]
    pixels[1] = (0.5 + contrast * (changed - 0.5)).clamp(0, 1)
    rows = []
    for ruler, embed in RULERS.items():
        one, same, other = embed(pixels)
        rows.append({"ruler": ruler, "changed": float((one - same).norm()), "stranger": float((one - other).norm())})
    return Three(pixels, pd.DataFrame(rows))


def explore_pair(seed: int = 0) -> ui.LiveFigure:
    """One person in two lights against a stranger, live."""
    controls = {
        "azimuth": ui.slider("light of the second", range(-90, 91, 10), 60, unit="°"),
        "strength": ui.slider("strength of the light", np.round(np.arange(0, 1.01, 0.1), 1).tolist(), 0.8),
        "shift": ui.slider("shift of the second", range(9), 0, unit="pixels"),
        "contrast": ui.slider("contrast of the second", np.round(np.arange(0.5, 1.51, 0.1), 1).tolist(), 1.0),
        "stranger": ui.slider("stranger", range(1, 21), 1),
    }

    def compute(**setting: Any) -> Three:
        return compare(**setting, seed=seed)

    return ui.LiveFigure(compute, _draw_pair, controls, panels=4, size=(9.6, 3.2))


def _draw_pair(three: Three, panels: "Sequence[Axes]") -> None:
    titles = ("a person", "the same, changed", "a stranger")
    for ax, picture, title in zip(panels, three.pixels, titles, strict=False):
        ax.imshow(picture.permute(1, 2, 0).numpy())
        ax.set_axis_off()
        ax.set_title(title)
    bars = panels[3]
    for row, ruler in enumerate(three.frame.itertuples()):
        share = ruler.changed / ruler.stranger
        bars.barh(row, share, color=ui.PALETTE["red" if share > 1 else "green"])
        bars.text(0.05, row, f"{ruler.ruler}: {share:.2f}", va="center")
    bars.axvline(1, color=ui.PALETTE["grey"], linestyle="--")
    largest = (three.frame["changed"] / three.frame["stranger"]).max()
    bars.set(xlim=(0, max(2.5, 1.1 * largest)), ylim=(-0.6, 1.6), yticks=[])
    bars.invert_yaxis()
    bars.set_title("changed : stranger")
    bars.set_xlabel("ratio of distances")


class Found(NamedTuple):
    """What each ruler finds: the picture asked for and the k nearest, ``(rulers, 1 + k, 3, h, w)``, and whose.

    ``right`` is ``(rulers, k)``: whether a picture shows the person asked for.
    """

    pixels: Tensor
    right: Tensor


def neighbours(
    strength: float = 0.8, person: int = 0, n: int = 100, k: int = 7, *, size: int = 64, seed: int = 0
) -> Found:
    """The k pictures that are nearest to one person's in light from the right, by each ruler.

    Everybody's picture in light from the right is there, and the person's own in lights from −90° to 90°: seven
    right answers.
    """
    everybody, points = _everybody(strength, _checks.integer(n, "n", minimum=person + 1), size, seed)
    lights = torch.tensor(_OTHER_LIGHTS)
    own = lit(people(person + 1, seed)[[person] * len(lights)], lights, strength, size)
    gallery = torch.cat([everybody, own])
    rows, right = [], []
    for ruler, embed in RULERS.items():
        embedded = torch.cat([points[ruler], embed(own)])
        distance = torch.linalg.vector_norm(embedded - embedded[person], dim=1)
        distance[person] = torch.inf  # the picture that is asked for
        nearest = distance.argsort()[:k]
        rows.append(torch.cat([everybody[person : person + 1], gallery[nearest]]))
        right.append(nearest >= n)
    return Found(torch.stack(rows), torch.stack(right))


@lru_cache(maxsize=len(STRENGTHS))
def _everybody(strength: float, n: int, size: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The gallery in light from the right, and what each ruler compares."""
    pixels = lit(people(n, seed), _ANGLE, strength, size)
    return pixels, {ruler: embed(pixels) for ruler, embed in RULERS.items()}


def explore_neighbours(seed: int = 0) -> ui.LiveFigure:
    """Nearest neighbours by pixels and by features, live."""
    controls = {
        "person": ui.slider("person", range(50), 0),
        "strength": ui.slider("strength of the light", STRENGTHS, 0.8),
    }

    def compute(person: int, strength: float) -> Found:
        return neighbours(strength, person, seed=seed)

    return ui.LiveFigure(compute, _draw_neighbours, controls, size=(9.6, 3.0))


def _draw_neighbours(found: Found, ax: "Axes") -> None:
    rulers, columns, _, side, _ = found.pixels.shape
    ax.imshow(images.sheet(found.pixels.flatten(0, 1), columns))
    for row, column in (~found.right).nonzero().tolist():
        ax.text((column + 2) * (side + 1) - 5, (row + 1) * (side + 1) - 5, "✗", color="white", ha="right", fontsize=16)
    ax.set_yticks([(row + 0.5) * (side + 1) for row in range(rulers)], list(RULERS))
    ax.set_xticks([side / 2, 1.5 * side], ["asked for", "nearest …"])
    ax.grid(visible=False)
    wrong = ", ".join(f"{ruler} {(~right).sum()}" for ruler, right in zip(RULERS, found.right, strict=True))
    ax.set_title(f"✗: another person ({wrong} of {columns - 1})")
