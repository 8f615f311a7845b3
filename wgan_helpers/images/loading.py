"""Sets of pictures by name."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch

from wgan_helpers import _checks
from wgan_helpers.images.pictures import Pictures, shuffled


def load(name: str, size: int | None = None, n: int | None = None, seed: int = 0) -> Pictures:
    """Load a set of pictures.

    Parameters
    ----------
    name : str
        ``"digits"``: 1797 handwritten digits, 8 × 8, grey.
    size : int, optional
        Height and width in pixels; as they are stored if not given.
    n : int, optional
        How many, drawn at random without replacement; all if not given.
    seed : int
        For that draw.

    Returns
    -------
    Pictures

    Raises
    ------
    ValueError
        If the name is unknown, ``size`` or ``n`` is not positive, or ``n`` is more than there are.
    """
    size = None if size is None else _checks.integer(size, "size")
    n = None if n is None else _checks.integer(n, "n")
    seed = _checks.integer(seed, "seed", minimum=0)
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


# each takes size, n and seed, as `load` has checked them; a set that is drawn or computed joins here
_SETS: Final[dict[str, Callable[[int | None, int | None, int], Pictures]]] = {
    "digits": _digits,
}
