"""Writing a file whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".part"  # how the name of a file ends that is being written, or was when its process was killed


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file under another name that becomes ``path`` when all went well, and vanishes otherwise."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with part.open("x+b") as file:  # with the rights of any new file: others may share a cache
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
