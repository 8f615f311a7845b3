"""Pictures from a folder of your own."""

import os
from pathlib import Path
from typing import Final

import numpy as np

from wgan_helpers.images import cache, decoding
from wgan_helpers.images.pictures import Pictures

_SIZE: Final = 64  # pixels; the paper's size of CelebA
_ENDINGS: Final = frozenset(
    ".apng .avif .bmp .gif .jfif .jp2 .jpe .jpeg .jpg .pbm .pgm .png .pnm .ppm .tga .tif .tiff .webp".split()
)


def load(path: Path, size: int | None, n: int | None, seed: int) -> Pictures:
    """All pictures in a folder and below, or ``n`` of them; arguments as for :func:`.loading.load`."""
    size = size or _SIZE
    root = Path(path).expanduser().resolve()
    files = _pictures_in(root)

    def fetch(numbers: np.ndarray) -> list[decoding.Encoded]:
        return [decoding.Encoded(files[i], root / files[i]) for i in numbers]

    key = ("folder", str(root), size, n, seed if n else None, *_fingerprints(root, files))
    what = f"pictures in {root}"
    pixels, _ = cache.remember(key, lambda: decoding.blocks(fetch, len(files), size, n, seed, what))
    return Pictures(pixels, root.name, f"{len(pixels)} of {len(files)} files in {root}")


def _pictures_in(root: Path) -> list[str]:
    """Paths below ``root``, in the order of their names; hidden files and folders are passed over."""
    if not root.exists():
        raise FileNotFoundError(f"there is no folder {root}")
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is a file: give the folder that the pictures are in")
    found = []
    for folder, below, names in os.walk(root, onerror=_refuse):
        below[:] = [name for name in below if not name.startswith(".")]
        visible = [name for name in names if not name.startswith(".") and Path(name).suffix.lower() in _ENDINGS]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in visible]
    if not found:
        raise ValueError(f"there are no pictures in {root} or below: files that end in .jpg, .png and the like")
    return sorted(found)


def _refuse(error: OSError) -> None:
    raise error  # os.walk would pass over a folder that it may not read


def _fingerprints(root: Path, files: list[str]) -> list[tuple[str, int, int]]:
    """Name, size and time of each file: another one of these, and the pictures are decoded anew."""
    found = []
    for file in files:
        path = root / file
        state = path.stat() if path.exists() else path.lstat()  # a link to nowhere
        found.append((file, state.st_size, state.st_mtime_ns))
    return found
