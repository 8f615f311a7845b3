"""A small convolutional network that reads from a drawn face what it was drawn from.

Its last hidden layer gives features for a Fréchet distance; what it says of the identity gives a distance between
people rather than between pixels. The weights are a recorded run: ``tools/train_features.py`` makes them, and
``recorded/face_features.json`` says how well each factor is read.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

SIZE: Final = 64  # pixels: smaller and larger pictures are scaled to this
WIDTHS: Final = (24, 48, 96, 128)
FEATURES: Final = 96
NAME: Final = "face_features"
_AT_ONCE: Final = 100  # pictures, so that memory stays small


class Reader(nn.Module):
    """From pictures to features, and on to what they say of each factor.

    Parameters
    ----------
    factors : int
        How many numbers a face is drawn from, as far as they are read.
    """

    def __init__(self, factors: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, width in zip((3, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.SiLU()]
        side = SIZE // 2 ** len(WIDTHS)
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(WIDTHS[-1] * side**2, FEATURES))
        self.head = nn.Sequential(nn.SiLU(), nn.Linear(FEATURES, factors))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Features ``(n, 96)`` and standardised factors ``(n, factors)`` of ``(n, 3, 64, 64)`` in [0, 1]."""
        features = self.body(4 * (pixels - 0.5))
        return features, self.head(features)


class Record(NamedTuple):
    """The trained network, the names of the factors that it reads, and which of them are of the identity."""

    reader: Reader
    factors: tuple[str, ...]
    identity: Tensor


@cache
def record() -> Record:
    """The recorded network, ready to use."""
    folder = files("wgan_helpers.recorded")
    about = json.loads(folder.joinpath(f"{NAME}.json").read_text(encoding="utf-8"))
    with torch.random.fork_rng(devices=[]):  # initial weights, which are replaced
        reader = Reader(len(about["factors"]))
    with folder.joinpath(f"{NAME}.pt").open("rb") as file:
        weights = torch.load(file, weights_only=True)
    reader.load_state_dict({name: weight.float() for name, weight in weights.items()})
    identity = torch.tensor([factor["group"] == "identity" for factor in about["factors"].values()])
    return Record(reader.eval(), tuple(about["factors"]), identity)


def features(pixels: Tensor) -> Tensor:
    """Features of pictures, for a Fréchet distance between sets of them.

    Parameters
    ----------
    pixels : (n, c, h, w)
        Brightness in [0, 1], grey or colour, of any size.

    Returns
    -------
    (n, 96)
        On the device of the pixels, float32.
    """
    return _read(pixels)[0]


def factors(pixels: Tensor) -> Tensor:
    """What the network reads of each factor of :func:`record`, standardised: ``(n, len(record().factors))``."""
    return _read(pixels)[1]


def identity(pixels: Tensor) -> Tensor:
    """What the network reads of the factors of identity alone: who it is, whatever the light."""
    known = record().identity
    return factors(pixels)[:, known.to(pixels.device)]


@torch.no_grad()
def _read(pixels: Tensor) -> tuple[Tensor, Tensor]:
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3) or not len(pixels):
        raise ValueError(f"pixels must have shape (n, 1 or 3, h, w), got {tuple(pixels.shape)}")
    reader = record().reader.to(pixels.device)
    parts = [reader(_prepared(part)) for part in pixels.float().split(_AT_ONCE)]
    found, read = zip(*parts, strict=True)
    return torch.cat(found), torch.cat(read)


def _prepared(pixels: Tensor) -> Tensor:
    """In colour, and of the size that the network was trained on."""
    colour = pixels.expand(-1, 3, -1, -1)
    if colour.shape[-2:] == (SIZE, SIZE):
        return colour
    return nn.functional.interpolate(colour, (SIZE, SIZE), mode="bilinear", antialias=True)
