"""Compiled cards on disk: mapped by all, written once, never half."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.kernel.words import MONDAY_NOON
from tollwright.core.cards.card import Allowance, Band, Rate, RateCard
from tollwright.core.cards.file import content_hash
from tollwright.core.rating.rate_call import CallInput, rate_calls
from tollwright.kernel.call_columns import columns_of
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.compile import compile_card
from tollwright.store import cardcache

CARD = RateCard(
    rates=(Rate("44", 12_000_000, band="always"),),
    bands=(Band("always"),),
    allowances=(Allowance("first minute", "seconds", 60, pool="shared"),),
)
HASH = content_hash(CARD)
CALLS = [CallInput("a", MONDAY_NOON, 90_000, "", "4420")]


def nobody() -> RateCard:
    raise AssertionError("the card was asked for, though it is compiled")


def test_a_card_is_compiled_once(tmp_path: Path) -> None:
    said: list[str] = []
    cardcache.load_or_compile(tmp_path, HASH, lambda: CARD, said.append)
    again = cardcache.load_or_compile(tmp_path, HASH, nobody, said.append)
    assert said == [f"compiling card {HASH[:12]}"]
    amounts = rate_batch(again, columns_of(CALLS)).charges.amount_micros.tolist()
    assert amounts == [charge.amount_micros for charge in rate_calls(CALLS, CARD)] == [6_000]


def test_what_is_loaded_is_what_was_saved(tmp_path: Path) -> None:
    made = compile_card(CARD)
    cardcache.save(tmp_path, made)
    loaded = cardcache.load(tmp_path, HASH, verify=True)
    assert loaded is not None
    assert np.array_equal(loaded.words, made.words)
    assert np.array_equal(loaded.cells, made.cells)
    assert not loaded.words.flags.writeable
    assert (loaded.content_hash, loaded.currency, loaded.decimals) == (HASH, "USD", 6)
    assert (loaded.band_names, loaded.pool_names) == (("always",), ("shared",))
    assert loaded.full_pools().tolist() == [60]


def test_a_truncated_file_counts_as_not_there_and_is_replaced(tmp_path: Path) -> None:
    cardcache.save(tmp_path, compile_card(CARD))
    words = next(tmp_path.glob("*/words.npy"))
    words.write_bytes(words.read_bytes()[:-8])
    assert cardcache.load(tmp_path, HASH) is None
    assert cardcache.load_or_compile(tmp_path, HASH, lambda: CARD).content_hash == HASH
    assert cardcache.load(tmp_path, HASH, verify=True) is not None


def test_a_changed_byte_is_found_by_verifying(tmp_path: Path) -> None:
    cardcache.save(tmp_path, compile_card(CARD))
    cells = next(tmp_path.glob("*/cells.npy"))
    content = bytearray(cells.read_bytes())
    content[-1] ^= 1
    cells.write_bytes(content)
    assert cardcache.load(tmp_path, HASH, verify=True) is None


def test_a_second_writer_leaves_what_is_there(tmp_path: Path) -> None:
    cardcache.save(tmp_path, compile_card(CARD))
    place = next(tmp_path.iterdir())
    before = place.stat().st_ino
    cardcache.save(tmp_path, compile_card(CARD))
    assert os.listdir(tmp_path) == [place.name]  # no draft is left behind
    assert place.stat().st_ino == before


def test_a_hash_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a content hash"):
        cardcache.load(tmp_path, "../elsewhere")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Path]:
    cardcache.keep_in(tmp_path / "cards")
    yield tmp_path / "cards"
    cardcache.keep_in(None)


def test_a_named_card_is_compiled_by_the_first_process_that_needs_it(kept: Path) -> None:
    cardcache.compiled("version/half_up 4/", lambda: CARD)
    assert cardcache.compiled("version/half_up 4/", nobody).currency == "USD"
    with pytest.raises(AssertionError, match="asked for"):
        cardcache.compiled("version//", nobody)


def test_a_card_without_a_name_is_this_processes_own(kept: Path) -> None:
    cardcache.compiled("", lambda: CARD)
    assert not kept.exists()


def test_a_folder_that_cannot_be_written_costs_the_sharing_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    cardcache.keep_in(tmp_path / "file")
    try:
        assert cardcache.compiled("version//", lambda: CARD).currency == "USD"
    finally:
        cardcache.keep_in(None)
    assert "cannot be kept" in caplog.text


@pytest.mark.slow
def test_the_oldest_compiled_cards_are_forgotten(kept: Path) -> None:
    for number in range(cardcache.CARDS_KEPT + 2):
        cardcache.compiled(f"version {number}", lambda: CARD)
    assert len(list(kept.iterdir())) == cardcache.CARDS_KEPT
