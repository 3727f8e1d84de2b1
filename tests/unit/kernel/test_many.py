"""A million calls: room is made once, no object is made of a call, threads can share the work."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from tests.unit.kernel.words import MONDAY_NOON
from tollwright.core.cards.card import Band, Rate, RateCard, Step, Window
from tollwright.core.rating.rate_call import CallInput
from tollwright.kernel.call_columns import CallColumns, columns_of, new_charges
from tollwright.kernel.rating import fast_path
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.parallel import THREADS

MANY = 1_000_000
A_CHARGE = 28  # bytes: two of one, one of two, four of four, one of eight
BESIDES = 100_000 * THREADS  # bytes that do not grow with the calls
BANDS = (Band("day", 10, (Window(480, 1080),)), Band("night"))
ROWS = (
    Rate("44", 12_000_000, band="day", first_s=30, next_s=6),
    Rate("44", 8_000_000, band="night", first_s=30, next_s=6),
    Rate("49", 9_000_000, steps=(Step(60, 1_000_000),)),
)


@pytest.fixture(scope="module")
def card() -> CompiledCard:
    return compile_card(RateCard(rates=ROWS, bands=BANDS))


@pytest.fixture(scope="module")
def calls() -> CallColumns:
    """Some over a band's edge, some with steps, some to nowhere."""
    some = columns_of(
        [
            CallInput("", MONDAY_NOON + timedelta(seconds=97 * place), ms, "", number)
            for place in range(250)
            for ms, number in ((61_000, "4420"), (3_600_000, "4420"), (90_000, "4930"), (1, "33"))
        ]
    )
    return some.pick(np.tile(np.arange(len(some)), MANY // len(some)))


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_a_million_calls_take_room_once(
    card: CompiledCard, calls: CallColumns, traced: None
) -> None:
    rate_batch(card, calls.part(0, 1))
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    rated = rate_batch(card, calls)
    _, peak = tracemalloc.get_traced_memory()
    assert len(rated.charges.status) == MANY
    assert peak - before < MANY * A_CHARGE + BESIDES


def test_in_room_that_is_there_they_take_none(
    card: CompiledCard, calls: CallColumns, traced: None
) -> None:
    room = new_charges(MANY)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    assert rate_batch(card, calls, out=room).long_way > 0
    _, peak = tracemalloc.get_traced_memory()
    assert peak - before < BESIDES


def test_threads_work_without_the_interpreters_lock() -> None:
    kernel: Any = fast_path.rate_columns
    assert kernel.targetoptions["nogil"]
