"""A large batch is spread over threads: nobody can tell from what it costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import current_process, get_context
from subprocess import run
from threading import Event, current_thread, main_thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.kernel.words import MONDAY_NOON
from tollwright.core.cards.card import Allowance, Rate, RateCard
from tollwright.core.rating.rate_call import CallInput
from tollwright.kernel.call_columns import columns_of
from tollwright.kernel.rating import parallel as module
from tollwright.kernel.rating.batch import Rated, rate_batch
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.parallel import spread

HANDS, PART = 3, 10
CARD = RateCard(rates=(Rate("44", 12_000_000), Rate("49", 9_000_000, origin_prefix="4")))
COMPILED = compile_card(CARD)
CALLS = columns_of(
    [
        CallInput(str(place), MONDAY_NOON, place * 1_000, "44", number)
        for place, number in enumerate(("4420", "4930", "33", "x") * 40)
    ]
)


@pytest.fixture(autouse=True)
def hands() -> Iterator[None]:
    """Three threads, and parts of ten: `LEAST` is for real machines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "THREADS", HANDS)
        patch.setattr(module, "LEAST", PART)
        module._pool.cache_clear()
        yield
    module._pool.cache_clear()


def said(rated: Rated) -> tuple[object, ...]:
    """All of what a batch costs."""
    return (rated.long_way, *(column.tolist() for column in rated.charges.arrays()))


def alone(count: int) -> Rated:
    """The first calls, rated on one thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "THREADS", 1)
        return rate_batch(COMPILED, CALLS.part(0, count))


@given(count=st.integers(0, len(CALLS)), threads=st.integers(1, 5), least=st.integers(1, 200))
def test_any_split_over_any_threads_costs_the_same(count: int, threads: int, least: int) -> None:
    expected = alone(count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "THREADS", threads)
        patch.setattr(module, "LEAST", least)
        found = rate_batch(COMPILED, CALLS.part(0, count))
    assert said(found) == said(expected)


def test_the_long_way_is_counted_over_all_parts() -> None:
    """49 is for some callers only, 33 has no row and x is not a number: three of four."""
    assert rate_batch(COMPILED, CALLS).long_way == 120


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, [0]), (19, [19]), (20, [10, 10]), (29, [14, 15]), (30, [10] * 3), (45, [11, 11, 11, 12])],
)
def test_a_part_has_at_least_so_many_calls(count: int, sizes: list[int]) -> None:
    taken: list[slice] = []

    def work(here: slice) -> int:
        taken.append(here)
        return int(here.stop - here.start)

    assert spread(work, count) == count
    taken.sort(key=lambda part: int(part.start))
    assert [part.stop - part.start for part in taken] == sizes
    assert [part.start for part in taken] == np.cumsum([0, *sizes[:-1]]).tolist()


def test_threads_work_at_once() -> None:
    """Each of three parts waits until all three are under way."""
    begun = [Event() for _ in range(HANDS)]

    def work(here: slice) -> int:
        begun[here.start // PART].set()
        return int(all(event.wait(30) for event in begun))

    assert spread(work, HANDS * PART) == HANDS


def test_nobody_waits_for_a_pool_that_others_keep_busy() -> None:
    """The caller rates all parts itself; the pool's threads wait for it to end."""
    done = Event()
    pool = module._pool(current_process().pid)
    waiting = [pool.submit(done.wait, 30) for _ in range(HANDS - 1)]
    assert said(rate_batch(COMPILED, CALLS)) == said(alone(len(CALLS)))
    done.set()
    assert [one.result() for one in waiting] == [True, True]


def test_one_pool_serves_callers_at_once() -> None:
    expected = said(alone(len(CALLS)))
    with ThreadPoolExecutor(4) as callers:
        found = callers.map(lambda _: said(rate_batch(COMPILED, CALLS)), range(40))
        assert all(one == expected for one in found)


@pytest.mark.parametrize("whose", ["the caller's", "another thread's"])
def test_what_a_part_raises_reaches_the_caller_once_no_part_is_under_way(whose: str) -> None:
    both, ended = [Event(), Event()], Event()

    def work(here: slice) -> int:
        both[here.start // PART].set()
        assert all(event.wait(30) for event in both)
        if (current_thread() is main_thread()) == (whose == "the caller's"):
            raise ValueError(f"{whose} part")
        ended.set()
        return 0

    with pytest.raises(ValueError, match=f"{whose} part"):
        spread(work, 2 * PART)
    assert ended.is_set()


def rate_in_a_child(expected: tuple[object, ...]) -> None:
    """Ends in an error unless the child's own threads help and the charges are these."""
    assert said(rate_batch(COMPILED, CALLS)) == expected
    test_threads_work_at_once()


def test_a_forked_process_has_threads_of_its_own() -> None:
    test_threads_work_at_once()
    child = get_context("fork").Process(target=rate_in_a_child, args=(said(alone(len(CALLS))),))
    child.start()
    child.join(60)
    assert child.exitcode == 0


AFTER_THE_END = f"""
from threading import Thread, main_thread
from tollwright.kernel.rating import parallel

def rate_on():
    main_thread().join()
    parallel.spread(print, {2 * PART})

parallel.THREADS, parallel.LEAST = {HANDS}, {PART}
Thread(target=rate_on).start()
"""


def test_a_thread_that_outlives_the_main_one_rates_alone() -> None:
    """No pool takes work any more by then."""
    program = [sys.executable, "-c", AFTER_THE_END]
    ended = run(program, check=True, capture_output=True, text=True, timeout=60)
    assert ended.stdout == "slice(0, 20, None)\n"


def test_calls_that_share_an_allowance_are_not_spread() -> None:
    """100 free minutes go to the first calls in time, however many there are."""
    card = replace(CARD, rates=CARD.rates[:1], allowances=(Allowance("free", "seconds", 60),))
    calls = columns_of([CallInput(f"{p:03}", MONDAY_NOON, 1_000, "", "44") for p in range(100)])
    charges = rate_batch(compile_card(card), calls).charges
    assert charges.allowance_s.tolist() == [1] * 60 + [0] * 40
