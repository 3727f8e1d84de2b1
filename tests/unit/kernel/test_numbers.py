"""Telephone numbers as int64: what they look like, and that no text is taken for another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.numbers import Dialling
from tollwright.kernel.cdr.dialled import dial_table
from tollwright.kernel.numbers import (
    EMPTY,
    NOT_DIGITS,
    TOO_LONG,
    length_of,
    pack_number,
    pack_numbers,
    text_order,
    unpack_number,
)
from tollwright.kernel.text import packed, text_of, text_of_bytes

DIGITS = st.text("0123456789", max_size=15)
ANYTHING = st.one_of(DIGITS, st.text(max_size=20), st.text("0123456789", max_size=80))


@pytest.mark.parametrize(
    ("number", "packed"),
    [
        ("", EMPTY),
        ("44", 0x044A_AAAA_AAAA_AAAA),
        ("0", 0x00AA_AAAA_AAAA_AAAA),
        ("123456789012345", 0x0123_4567_8901_2345),
        ("1234567890123456", TOO_LONG),
        ("+44", NOT_DIGITS),
        ("٤٤", NOT_DIGITS),  # digits, but not those of a telephone number
        ("44\0", NOT_DIGITS),
        ("anonymous caller", NOT_DIGITS),  # what it is made of is said before how long it is
    ],
)
def test_packed_form(number: str, packed: int) -> None:
    assert pack_number(number) == packed
    assert pack_numbers([number, "1"]).tolist() == [packed, pack_number("1")]


@pytest.mark.parametrize("number", ["", "44", "1" * 15, "1" * 16, "44x", "+44"])
def test_digits_of_a_file_pack_alike(number: str) -> None:
    expected = [pack_number(number), pack_number("1")]
    assert packed(text_of([number, "1"])).tolist() == expected


@given(DIGITS)
def test_unpacking_gives_the_digits_back(number: str) -> None:
    assert unpack_number(pack_number(number)) == number


def test_what_was_no_number_is_not_unpacked() -> None:
    with pytest.raises(ValueError, match="no packed number"):
        unpack_number(TOO_LONG)


@given(st.lists(ANYTHING, max_size=8))
def test_thousands_pack_as_one_by_one(numbers: list[str]) -> None:
    expected = [pack_number(number) for number in numbers]
    assert pack_numbers(numbers).tolist() == expected
    column = text_of_bytes([number.encode() for number in numbers])
    assert packed(column).tolist() == expected


@given(st.lists(DIGITS, min_size=1))
def test_order_and_length_are_those_of_the_texts(numbers: list[str]) -> None:
    packed = pack_numbers(numbers)
    assert length_of(packed).tolist() == [len(number) for number in numbers]
    by_key = [numbers[place] for place in np.argsort(text_order(packed), kind="stable")]
    assert by_key == sorted(numbers)


@given(DIGITS, DIGITS)
def test_a_prefix_is_a_shift(number: str, prefix: str) -> None:
    shift = 60 - 4 * len(prefix)
    same = pack_number(number) >> shift == pack_number(prefix) >> shift
    assert same == number.startswith(prefix)


def test_the_tables_of_a_region_are_small() -> None:
    """A process may read the switches of many regions."""
    assert max(dial_table(region, Dialling()).nbytes for region in ("GB", "US", "IT")) < 1_000_000
