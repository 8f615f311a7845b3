"""Repeated experiments: the same rows however they are run, and kept when stopped."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
import torch
from distributed import Client

from wgan_helpers.distributions import Gaussian
from wgan_helpers.lessons import crossover, loss_study, monte_carlo, sample_complexity

SETTING = {"law": Gaussian(3), "sizes": (4, 9), "repetitions": 23}


def test_generators_are_reproducible_and_differ_by_key():
    def draw(*key):
        return torch.rand(4, generator=monte_carlo.generator(*key))

    assert torch.equal(draw(0, 1, 2), draw(0, 1, 2))
    different = [draw(0, 1, 2), draw(0, 2, 1), draw(1, 1, 2), draw(0, 1)]
    assert all(not torch.equal(a, b) for i, a in enumerate(different) for b in different[:i])


@pytest.mark.parametrize(("repetitions", "first"), [(1, 2), (2, 2), (7, 1), (100, 2)])
def test_rounds_grow_and_cover_every_repetition_once(repetitions, first):
    blocks = monte_carlo.rounds(repetitions, first)
    assert [r for block in blocks for r in block] == list(range(repetitions))
    assert len(blocks[0]) == min(first, repetitions)


EXECUTORS = {
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
}


@pytest.mark.parametrize("where", EXECUTORS)
def test_rows_do_not_depend_on_where_they_are_computed(where):
    with EXECUTORS[where]() as executor:
        there = sample_complexity.measure(**SETTING, executor=executor)
    pd.testing.assert_frame_equal(there, sample_complexity.measure(**SETTING))


def test_rows_come_the_same_from_a_dask_cluster():
    with Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None) as client:
        there = sample_complexity.measure(**SETTING, executor=client.get_executor())
    pd.testing.assert_frame_equal(there, sample_complexity.measure(**SETTING))


def test_more_repetitions_keep_the_rows_of_fewer():
    few = sample_complexity.measure(**(SETTING | {"repetitions": 7}))
    many = sample_complexity.measure(**SETTING)
    kept = many[many["repetition"] < 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(few, kept)


def interrupted(index):
    if index == 2:
        raise KeyboardInterrupt
    return pd.DataFrame({"index": [index]})


def test_a_seed_that_is_none_is_named():
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        sample_complexity.measure(**SETTING, seed=-1)


def test_an_empty_list_of_settings_is_refused():
    with pytest.raises(ValueError, match="nothing to measure"):
        crossover.measure(())
    with pytest.raises(ValueError, match="nothing to measure"):
        loss_study.measure(())


def test_an_interrupt_keeps_the_rows_so_far_and_says_so():
    with pytest.warns(UserWarning, match="stopped after 2 of 5 parts: their rows are kept"):
        frame = monte_carlo.collect(interrupted, [(i,) for i in range(5)])
    assert frame["index"].tolist() == [0, 1]


def test_an_interrupt_before_the_first_row_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt):
        monte_carlo.collect(interrupted, [(2,)])


def failing(index):
    raise ValueError("bad part")


def test_an_error_in_a_part_reaches_the_caller():
    with ThreadPoolExecutor(2) as executor, pytest.raises(ValueError, match="bad part"):
        monte_carlo.collect(failing, [(0,), (1,)], executor)


def test_steps_accumulate_and_count():
    steps = list(monte_carlo.steps(lambda i: pd.DataFrame({"i": [i]}), [(0,), (1,), (2,)]))
    assert [len(step.result) for step in steps] == [1, 2, 3]
    assert [(step.done, step.total) for step in steps] == [(1, 3), (2, 3), (3, 3)]


def test_mean_and_error_are_the_textbook_ones():
    frame = pd.DataFrame({"n": [1, 1, 1, 2], "w1": [1.0, 2.0, 3.0, 5.0]})
    summary = monte_carlo.mean_and_error(frame, ["n"], "w1")
    assert summary["mean"].tolist() == [2.0, 5.0]
    assert summary["sem"].iloc[0] == pytest.approx(1 / 3**0.5)
    assert summary["sem"].isna().tolist() == [False, True]


def test_the_error_of_a_ratio_is_that_of_repeating_it():
    draw = np.random.default_rng(0)

    def sample():
        both = draw.normal(10, 1, (2, 50)) + draw.normal(0, 1, 50)  # what two kinds of batch share
        return monte_carlo.ratio_and_error(pd.Series(both[0]), pd.Series(both[1]))

    ratios, errors = np.array([sample() for _ in range(400)]).T
    assert ratios.mean() == pytest.approx(1, abs=0.005)
    assert errors.mean() == pytest.approx(ratios.std(), rel=0.1)
