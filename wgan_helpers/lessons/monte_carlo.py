"""Repeating an experiment: reproducible, in parallel where asked, and never lost when stopped."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import torch

from wgan_helpers import _checks
from wgan_helpers.ui import Step

Task = tuple[Any, ...]
#: In the key of a generator, what no repetition has: a reference must not be fitted to points that it is judged by.
APART: Final = 2**32 - 1


def generator(seed: int, *key: int) -> torch.Generator:
    """A generator for one repetition: the same numbers whatever runs beside it, before it or where.

    A key that ends in zeros is the same without them.
    """
    state = np.random.SeedSequence([_checks.integer(seed, "seed", minimum=0), *key]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def blocks(repetitions: int, size: int = 10) -> list[range]:
    """The repetitions ``0 … repetitions − 1`` in blocks that are solved as one batch each."""
    _checks.integer(repetitions, "repetitions")
    return [range(first, min(first + size, repetitions)) for first in range(0, repetitions, size)]


def rounds(repetitions: int, first: int = 2) -> list[range]:
    """The repetitions ``0 … repetitions − 1`` in rounds that grow, so that a first picture comes soon.

    They end growing at 16 repetitions, so that what is asked for next never waits long.
    """
    ends = [0]
    size = first
    while ends[-1] < repetitions:
        ends.append(min(repetitions, ends[-1] + size))
        size = min(2 * size, 16)
    return [range(begin, end) for begin, end in pairwise(ends)]


def steps(experiment: Callable[..., pd.DataFrame], tasks: Sequence[Task]) -> Iterator[Step]:
    """Run ``experiment(*task)`` for each task; after each, yield all rows so far."""
    frames = []
    for done, task in enumerate(tasks, start=1):
        frames.append(experiment(*task))
        yield Step(pd.concat(frames, ignore_index=True), done, len(tasks))


def collect(
    experiment: Callable[..., pd.DataFrame],
    tasks: Sequence[Task],
    executor: Executor | None = None,
    progress: bool = False,
    keep: Callable[[pd.DataFrame], object] | None = None,
) -> pd.DataFrame:
    """Run ``experiment(*task)`` for each task and return all rows, in the order of the tasks.

    Parameters
    ----------
    experiment : callable
        Importable by name, so that another process can run it.
    tasks : sequence of tuple
        Its arguments.
    executor : concurrent.futures.Executor or Dask client, optional
        Where the tasks run. Here, if not given.
    progress : bool
        Whether to show a bar. An interrupt keeps what there is, with a warning.
    keep : callable, optional
        Is given the rows of each task as soon as they are there, in the order in which they come.

    Raises
    ------
    ValueError
        If there is no task.
    """
    from tqdm.auto import tqdm

    if not tasks:
        raise ValueError("there is nothing to measure: one of the lists of settings is empty")

    frames: dict[int, pd.DataFrame] = {}
    try:
        for index, frame in tqdm(_results(experiment, tasks, executor), total=len(tasks), disable=not progress):
            frames[index] = frame
            if keep is not None:
                keep(frame)
    except KeyboardInterrupt:
        if not frames:
            raise
        warnings.warn(f"stopped after {len(frames)} of {len(tasks)} parts: their rows are kept", stacklevel=3)
    return pd.concat([frames[index] for index in sorted(frames)], ignore_index=True)


def _results(
    experiment: Callable[..., pd.DataFrame], tasks: Sequence[Task], executor: Executor | None
) -> Iterator[tuple[int, pd.DataFrame]]:
    if executor is None:
        for index, task in enumerate(tasks):
            yield index, experiment(*task)
        return
    if not isinstance(executor, Executor):  # a Dask client
        executor = executor.get_executor()
    futures = {executor.submit(experiment, *task): index for index, task in enumerate(tasks)}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def mean_and_error(frame: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Mean and standard error of ``column`` for each group; the error of a single value is NaN."""
    return frame.groupby(by, sort=True)[column].agg(["mean", "sem"]).reset_index()


def ratio_and_error(values: pd.Series, reference: pd.Series) -> tuple[float, float]:
    """The ratio of two means over the same repetitions, and its standard error by the delta method."""
    ratio = values.mean() / reference.mean()
    return float(ratio), float((values - ratio * reference).sem() / reference.mean())
