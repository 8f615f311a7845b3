"""Saving what trains to a file, and going on from it bit for bit."""

import io
import time
from collections.abc import Mapping
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import torch

from wgan_helpers import _files
from wgan_helpers.gans.config import Config


class Resumable(Protocol):
    """What can be saved, and goes on from what was: a :class:`.Game`, for one.

    Attributes
    ----------
    config : Config
        All settings.
    about_source : str
        What it learns from, to tell it from another.
    device : torch.device
        Where it is.
    """

    config: Config
    about_source: str
    device: torch.device

    def state(self) -> dict[str, Any]:
        """All that changes."""

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken."""


class Saver:
    """The checkpoint of one run.

    Parameters
    ----------
    path : path, optional
        Where it is; ``None`` for a run that is not saved. If there is a file, the game goes on from it.
    game : Resumable
        Whose state it is.
    interval : float
        Seconds from one saving to the next.

    Attributes
    ----------
    seconds : float
        How long the run had trained when it was saved.

    Raises
    ------
    ValueError
        If the file is no checkpoint, is incomplete, or is of another configuration or source.
    OSError
        If the file cannot be read or written; what was there is then still whole.
    """

    def __init__(self, path: str | PathLike[str] | None, game: Resumable, interval: float) -> None:
        self._path = None if path is None else Path(path)
        self._game, self._interval, self._saved = game, interval, time.monotonic()
        self.seconds = 0.0
        if self._path is not None:
            if self._path.exists():
                self.seconds = _resume(self._path, game)
            else:
                self.save(0.0)  # no disk, no run: an hour later would be too late to learn it

    def now_and_then(self, seconds: float) -> None:
        """Save, if the last time was long enough ago."""
        if self._path is not None and time.monotonic() - self._saved > self._interval:
            self.save(seconds)

    def save(self, seconds: float) -> None:
        """Replace the file by the present state; at no moment is there half a file."""
        if self._path is None:
            return
        buffer = io.BytesIO()
        torch.save({"about": _about(self._game), "game": self._game.state(), "seconds": seconds}, buffer)
        try:
            with _files.replacing(self._path) as file:
                file.write(buffer.getbuffer())
        except OSError as error:
            raise OSError(f"the checkpoint {self._path} could not be written: {error.strerror or error}") from error
        self._saved = time.monotonic()


def _resume(path: Path, game: Resumable) -> float:
    try:
        content = io.BytesIO(path.read_bytes())
    except OSError as error:
        raise OSError(f"the checkpoint {path} could not be read: {error.strerror or error}") from error
    try:
        state = torch.load(content, map_location=game.device, weights_only=True)
        about, rest, seconds = dict(state["about"]), state["game"], state["seconds"]
    except Exception as error:
        raise ValueError(f"{path} is not a checkpoint, or only part of one: give another path, or delete it") from error
    now = _about(game)
    for name in now:
        if about.get(name) != now[name]:
            raise ValueError(
                f"{path} is of a run with {name} = {about.get(name)!r}, this one has {now[name]!r}: "
                f"give the run a checkpoint of its own"
            )
    game.load(rest)
    return float(seconds)


def _about(game: Resumable) -> dict[str, Any]:
    return {**asdict(game.config), "source": game.about_source}
