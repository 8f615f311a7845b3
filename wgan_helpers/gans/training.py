"""The training loop, for one GAN and for many."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from typing import Any, Final

import torch
from tqdm.auto import tqdm

from wgan_helpers import _checks
from wgan_helpers.gans import checkpoint as checkpoints
from wgan_helpers.gans._networks import at_once
from wgan_helpers.gans._randomness import available
from wgan_helpers.gans.config import Config, listed, shared_fields
from wgan_helpers.gans.game import Game
from wgan_helpers.gans.snapshot import Snapshot, merge

_SNAPSHOTS: Final = 100  # of a run, unless the caller says how often
_SAVED_EVERY: Final = 30.0  # seconds
_BETWEEN_THREADS: Final = 10  # steps that each thread takes before all wait for one another


class DivergedError(RuntimeError):
    """A loss or weight is no longer a finite number."""


def train(
    config: Config,
    source: Any,
    *,
    device: torch.device | str = "cpu",
    every: int | None = None,
    checkpoint: str | PathLike[str] | None = None,
    progress: bool = False,
) -> Iterator[Snapshot]:
    """Train one GAN; a generator of snapshots, so that stopping or pausing is not asking for the next one.

    For single steps of one player, and for changing settings on the way, take :class:`.Game`.

    Parameters
    ----------
    config : Config
        All settings. The same settings on the same machine give the same run.
    source : law, pictures or (N, d) points
        What the generator is to imitate.
    device : torch.device or str
        ``"cpu"``, ``"cuda"`` or ``"mps"``.
    every : int, optional
        Generator steps from one snapshot to the next; a hundredth of the run if not given.
    checkpoint : path, optional
        A file to go on from, if there is one, and to save to: now and then, and when the run is left. A run that was
        interrupted goes on as if it had not been, bit for bit.
    progress : bool
        Show a bar with the time left.

    Yields
    ------
    Snapshot
        One before the first step, then one after every ``every`` steps, and one after the last.

    Raises
    ------
    DivergedError
        In one line that says at which step, and what to change.
    TypeError, ValueError
        At once, if settings, source and checkpoint do not fit together.
    OSError
        If the checkpoint cannot be read or written; the old file is then still whole.
    """
    if not isinstance(config, Config):
        raise TypeError(f"config must be one Config, got {type(config).__name__}; train_population takes many")
    every = _interval(every, config.steps)
    game = Game(config, source, device)
    saved = checkpoints.Saver(checkpoint, game, _SAVED_EVERY)
    return _run(game, every, saved, progress)


def _interval(every: int | None, steps: int) -> int:
    return max(1, steps // _SNAPSHOTS) if every is None else _checks.integer(every, "every")


def _run(game: Game, every: int, saved: checkpoints.Saver, progress: bool) -> Iterator[Snapshot]:
    seconds, between_steps = saved.seconds, True
    bar = tqdm(total=game.config.steps, initial=game.steps, disable=not progress, unit="step")
    try:
        yield Snapshot.of(game, seconds)
        while game.steps < game.config.steps:
            started, between_steps = time.perf_counter(), False
            game.step()
            _must_be_finite(game)
            seconds, between_steps = seconds + time.perf_counter() - started, True
            saved.now_and_then(seconds)
            bar.update()
            if game.steps % every == 0 or game.steps == game.config.steps:
                yield Snapshot.of(game, seconds)
    finally:  # also when the caller asks for no more
        bar.close()
        if between_steps:  # interrupted within one, or diverged, the last saving is worth more
            saved.save(seconds)


def _must_be_finite(game: Game) -> None:
    for player, loss in game.losses._asdict().items():
        if not torch.isfinite(loss):
            rate = f"lr_{player}"
            advice = f"a smaller {rate} than {getattr(game.config, rate):g}"
            if game.objective.penalty is not None:
                advice += f" or penalty than {game.config.penalty:g}"
            raise DivergedError(
                f"training diverged at step {game.steps}: the {player}'s loss is {loss:g}; try {advice}"
            )


def train_population(
    configs: Sequence[Config],
    source: Any,
    *,
    device: torch.device | str = "cpu",
    every: int | None = None,
    progress: bool = False,
) -> Iterator[Snapshot]:
    """Train many GANs at once, as one tensor programme for all that share the shapes of their networks.

    Each is what :func:`train` would make of its configuration, up to rounding. On two cores each of 64 takes a sixth of
    the time with 32 hidden units and batches of 64, two fifths with 64 and 128.

    Parameters
    ----------
    configs : sequence of Config
        One per model, all with the same ``steps``. What shares all but :data:`.OF_EACH` trains together.
    source, device, every, progress
        As for :func:`train`.

    Yields
    ------
    Snapshot
        As :func:`train`, every tensor with a leading axis ``(models, ...)`` in the order of ``configs``. A model that
        diverges is not ``finite``; the others go on.

    Raises
    ------
    TypeError, ValueError
        At once, if settings and source do not fit together.
    """
    configs = listed(configs)
    steps = sorted({config.steps for config in configs})
    if len(steps) != 1:
        raise ValueError(f"all configurations must have the same number of steps, got {steps or 'no configuration'}")
    every = _interval(every, steps[0])
    places = _parts(configs, on_cpu=available(device).type == "cpu")
    games = [Game([configs[place] for place in part], source, device) for part in places]
    return _run_all(games, places, every, progress)


def _parts(configs: Sequence[Config], *, on_cpu: bool) -> list[list[int]]:
    """The places of configurations that train side by side."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, config in enumerate(configs):
        groups.setdefault(shared_fields(config), []).append(place)
    parts = []
    for group in groups.values():
        size = at_once(configs[group[0]]) if on_cpu else len(group)
        parts += [group[i : i + size] for i in range(0, len(group), size)]
    return parts


def _run_all(games: Sequence[Game], places: list[list[int]], every: int, progress: bool) -> Iterator[Snapshot]:
    steps, seconds, step = games[0].config.steps, 0.0, 0
    with tqdm(total=steps, disable=not progress, unit="step") as bar:
        yield merge([Snapshot.of(game) for game in games], places, seconds)
        while step < steps:
            started, times = time.perf_counter(), min(_BETWEEN_THREADS, every - step % every, steps - step)
            _step_all(games, times)
            seconds, step = seconds + time.perf_counter() - started, step + times
            bar.update(times)
            if step % every == 0 or step == steps:
                yield merge([Snapshot.of(game) for game in games], places, seconds)


def _step_all(games: Sequence[Game], times: int) -> None:
    """Parts of a population in threads of their own, as many as PyTorch may use."""

    def step(game: Game) -> None:
        for _ in range(times):
            game.step()

    if len(games) == 1:
        return step(games[0])
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        list(pool.map(step, games))
    return None
