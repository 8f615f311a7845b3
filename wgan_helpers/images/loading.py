"""Sets of pictures by name."""

import os
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import torch

from wgan_helpers import _checks
from wgan_helpers.images import cache, faces, folder, hub
from wgan_helpers.images.pictures import Pictures, shuffled

_FACES: Final = 10_000
_FACE_SIZE: Final = 64
_AT_ONCE: Final = 500  # faces


def load(name: str | os.PathLike[str], size: int | None = None, n: int | None = None, seed: int = 0) -> Pictures:
    """Load a set of pictures.

    Downloads and decoded pictures are kept for the next time, the latter in ``~/.cache/wgan_helpers`` or under
    ``$XDG_CACHE_HOME``, one file for each set, ``size``, ``n`` and ``seed``; it may be deleted at any time.

    Parameters
    ----------
    name : str or Path
        One of these, or a folder (a Path, or a string with a slash in it) of pictures of any format and size.

        * ``"faces"``: as many as asked for, or 10,000, 64 × 64, colour, drawn from known factors by :mod:`.faces`;
          needs no network.
        * ``"digits"``: 1797 handwritten digits, 8 × 8, grey; needs no network.
        * ``"cifar10"``: 50,000 small photographs, 32 × 32, colour; 120 MB.
        * ``"mnist"``: 60,000 handwritten digits, 28 × 28, grey; 16 MB.
        * ``"fashion-mnist"``: 60,000 pieces of clothing, 28 × 28, grey; 31 MB.
        * ``"celeba"``: 202,599 faces, 178 × 218, colour, cropped to their central 148 × 148; 1.4 GB.

        The last four need ``pip install wgan_helpers[images]``, and a network the first time.
    size : int, optional
        Height and width in pixels. If not given: as above, and 64 for ``"celeba"`` and folders. Pictures that are
        not square lose what is beyond their central square.
    n : int, optional
        How many, drawn at random without replacement; all if not given.
    seed : int
        For that draw; another seed gives other faces.

    Returns
    -------
    Pictures

    Raises
    ------
    ValueError
        If the name is unknown, ``size`` or ``n`` is not positive, ``n`` is more than there are, or a folder has no
        picture that can be read.
    FileNotFoundError, NotADirectoryError
        If there is no such folder.
    ImportError, ConnectionError
        If a set cannot be downloaded.

    Warns
    -----
    UserWarning
        If files in a folder cannot be read: how many, and the first. They are left out.
    """
    size = None if size is None else _checks.integer(size, "size")
    n = None if n is None else _checks.integer(n, "n")
    seed = _checks.integer(seed, "seed", minimum=0)
    if isinstance(name, os.PathLike) or "/" in str(name):
        return folder.load(Path(name), size, n, seed)
    return _SETS[_checks.one_of(name, "pictures", _SETS)](size, n, seed)


def _digits(size: int | None, n: int | None, seed: int) -> Pictures:
    from sklearn.datasets import load_digits

    data = load_digits()
    stored: np.ndarray | torch.Tensor = data.images.astype(np.uint8)[:, None]
    if size is not None:
        brightness = torch.from_numpy(data.images).float().unsqueeze(1) / 16
        stored = torch.nn.functional.interpolate(brightness, (size, size), mode="bilinear", antialias=True)
    source = "UCI optical recognition of handwritten digits, through scikit-learn"
    digits = Pictures(stored, "digits", source, white=16, labels=torch.from_numpy(data.target))
    if n is None:
        return digits
    return digits.take(shuffled(len(digits), n, torch.Generator().manual_seed(seed), digits.name)[:n])


def _faces(size: int | None, n: int | None, seed: int) -> Pictures:
    size, n = size or _FACE_SIZE, n or _FACES
    factors = faces.random_factors(n, seed)

    def drawn() -> Iterator[cache.Stored]:
        for start in range(0, n, _AT_ONCE):
            pixels = faces.draw(factors[start : start + _AT_ONCE], size)
            levels = pixels.mul_(255).round_().to(torch.uint8).numpy()
            yield cache.Stored(levels, np.full(len(levels), -1))

    pixels, _ = cache.remember(("faces", _renderer(), size, n, seed), drawn)
    return Pictures(pixels, "faces", "drawn by wgan_helpers.images.faces", factors=factors)


@lru_cache(maxsize=1)
def _renderer() -> str:
    """A number for the code that draws: other code, other pictures."""
    digest = sha256()
    for path in sorted(Path(faces.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


# each takes size, n and seed, as `load` has checked them
_SETS: Final[dict[str, Callable[[int | None, int | None, int], Pictures]]] = {
    "faces": _faces,
    "digits": _digits,
    **{name: partial(hub.load, name) for name in hub.SETS},
}
