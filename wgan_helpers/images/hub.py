"""Well-known sets of pictures, downloaded from the Hugging Face Hub when they are first used.

What its library does: a bar, several attempts, a cache in which a file has its name only when it is complete.
What we add: the SHA-256 of each file is compared with the one that the Hub names it by.
"""

import hashlib
import re
import socket
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np
import torch

from wgan_helpers.images import cache, decoding
from wgan_helpers.images.pictures import Pictures


class _Set(NamedTuple):
    repository: str
    revision: str  # a commit where it is known, so that the files are always the same
    files: tuple[str, ...]
    picture: str  # column of the pictures
    label: str | None  # column of their class
    size: int  # in pixels, if none is asked for
    source: str


SETS: Final = {
    "cifar10": _Set(
        "uoft-cs/cifar10", "0b2714987fa478483af9968de7c934580d0bb9a2",
        ("plain_text/train-00000-of-00001.parquet",), "img", "label", 32,
        "CIFAR-10, training set (Krizhevsky 2009)",
    ),
    "mnist": _Set(
        "ylecun/mnist", "77f3279092a1c1579b2250db8eafed0ad422088c",
        ("mnist/train-00000-of-00001.parquet",), "image", "label", 28,
        "MNIST, training set (LeCun, Cortes, Burges)",
    ),
    "fashion-mnist": _Set(
        "zalando-datasets/fashion_mnist", "531be5e2ccc9dba0c201ad3ae567a4f3d16ecdd2",
        ("fashion_mnist/train-00000-of-00001.parquet",), "image", "label", 28,
        "Fashion-MNIST, training set (Xiao, Rasul, Vollgraf 2017)",
    ),
    "celeba": _Set(
        "nielsr/CelebA-faces", "main",
        tuple(f"data/train-0000{i}-of-00003.parquet" for i in range(3)), "image", None, 64,
        "CelebA, aligned faces (Liu et al. 2015), for research that is not commercial",
    ),
}  # fmt: skip


def load(name: str, size: int | None, n: int | None, seed: int) -> Pictures:
    """One of :data:`SETS`; arguments as for :func:`.loading.load`."""
    chosen = SETS[name]
    size = size or chosen.size
    key = ("hub", chosen.repository, chosen.revision, chosen.files, size, n, seed if n else None)
    pixels, labels = cache.remember(key, lambda: _decoded(name, size, n, seed))
    known = torch.from_numpy(labels) if chosen.label else None
    return Pictures(pixels, name, chosen.source, labels=known)


def _decoded(name: str, size: int, n: int | None, seed: int) -> Iterator[cache.Stored]:
    chosen, table = SETS[name], _table(name)

    def fetch(numbers: np.ndarray) -> list[decoding.Encoded]:
        rows = table[numbers.tolist()]
        labels = rows[chosen.label] if chosen.label else [-1] * len(numbers)
        contents = [BytesIO(row["bytes"]) for row in rows[chosen.picture]]
        titles = [f"row {number}" for number in numbers]
        return [decoding.Encoded(*one) for one in zip(titles, contents, labels, strict=True)]

    return decoding.blocks(fetch, len(table), size, n, seed, f"pictures in {name!r}")


def _table(name: str) -> Any:
    """The set as a table on disk, its pictures still encoded; downloaded if need be."""
    try:
        import datasets
    except ImportError:
        raise ImportError(f"{name!r} has to be downloaded, which needs: pip install 'wgan_helpers[images]'") from None
    chosen = SETS[name]
    files = [str(_download(name, file)) for file in chosen.files]
    table = datasets.load_dataset("parquet", data_files=files, split="train")
    return table.cast_column(chosen.picture, datasets.Image(decode=False))


def _download(name: str, file: str) -> Path:
    """Path of a file of the set, complete and checked."""
    import huggingface_hub

    chosen = SETS[name]
    where: dict[str, Any] = {
        "repo_id": chosen.repository,
        "filename": file,
        "revision": chosen.revision,
        "repo_type": "dataset",
    }
    found = huggingface_hub.try_to_load_from_cache(**where)
    if not isinstance(found, str):
        try:
            _check_network(huggingface_hub.constants.ENDPOINT)
            found = huggingface_hub.hf_hub_download(**where)
        except Exception as error:  # the library has a dozen, and those of its HTTP client
            why = (str(error) or type(error).__name__).splitlines()[0]
            raise ConnectionError(f"cannot download {name!r} ({why}); 'faces' and 'digits' need no network") from error
    return _checked(Path(found), name)


def _check_network(address: str) -> None:
    """Raise at once where the Hub's library would try for half a minute."""
    if not getproxies():  # a proxy may know names that this machine does not
        socket.getaddrinfo(urlsplit(address).hostname, 443)


def _checked(path: Path, name: str) -> Path:
    """The path, if the content is what the Hub says: its cache links to a file that is named by its SHA-256."""
    content = path.resolve()
    if not re.fullmatch("[0-9a-f]{64}", content.name):  # where a disk has no links, the Hub's name is not known
        return path
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != content.name:
        content.unlink()
        path.unlink(missing_ok=True)
        raise ConnectionError(f"the download of {name!r} was damaged and has been deleted: load it once more")
    return path
