"""Rows for COPY in binary, byte by byte as PostgreSQL's manual has them."""

from __future__ import annotations

import numpy as np

from tollwright.kernel.arrays import NONE
from tollwright.kernel.text import Text, no_text, text_of
from tollwright.store.binary import instants, rows

FIELDS = b"\x00\x03"  # two numbers and a text
NULL = b"\xff\xff\xff\xff"


def size(count: int) -> bytes:
    return count.to_bytes(4, "big")


def test_numbers_then_texts() -> None:
    """A call of 258 s without a plan; its words stand in two pieces of bytes."""
    table = rows(
        [(np.array([258, -1]), 4), (np.array([NONE, 7]), 2)], [text_of(["buy", "é"])]
    ).tobytes()
    assert table == (
        FIELDS + size(4) + b"\x00\x00\x01\x02" + NULL + size(3) + b"buy"
        + FIELDS + size(4) + b"\xff\xff\xff\xff" + size(2) + b"\x00\x07" + size(2) + "é".encode()
    )  # fmt: skip


def test_columns_may_share_their_bytes() -> None:
    piece = np.frombuffer(b"gwEUR", np.uint8)
    trunk, currency = (
        Text(piece, np.array([first], np.int32), np.array([length], np.int32))
        for first, length in ((0, 2), (2, 3))
    )
    told = rows([(np.array([1]), 2)], [trunk, text_of(["44"]), currency, no_text(1)]).tobytes()
    words = b"".join(size(len(word)) + word for word in (b"gw", b"44", b"EUR", b""))
    assert told == b"\x00\x05" + size(2) + b"\x00\x01" + words


def test_no_texts_and_no_rows() -> None:
    assert rows([(np.array([5]), 8)], []).tobytes() == b"\x00\x01" + size(8) + bytes(7) + b"\x05"
    assert rows([(np.zeros(0, np.int64), 8)], [no_text(0)]).tobytes() == b""


def test_postgresqls_years_begin_in_2000() -> None:
    assert instants(np.array([946_684_800_000_001, NONE])).tolist() == [1, NONE]
