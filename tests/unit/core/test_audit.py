"""The audit chain as values: its bytes must never change, or old chains would seem broken."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tollwright.core.audit import AuditRow, Break, Link, canonical, first_break, plain, row_hash

AT = datetime(2026, 10, 5, 11, 30, tzinfo=timezone(timedelta(hours=2)))


def row(seq: int = 1, after: object = None) -> AuditRow:
    return AuditRow(
        tenant_id=7,
        seq=seq,
        at=AT,
        actor="anna@north.example",
        address="",
        action="rule.set",
        subject="rule",
        subject_id="5",
        before=None,
        after=plain(after),
    )


def test_the_bytes_of_a_row() -> None:
    assert canonical(row(after={"b": "ü", "a": Decimal("1.50")})).decode() == (
        '{"action":"rule.set","actor":"anna@north.example","address":"",'
        '"after":{"a":"1.50","b":"ü"},"at":"2026-10-05T09:30:00.000000+00:00","before":null,'
        '"seq":1,"subject":"rule","subject_id":"5","tenant":7}'
    )


def test_the_hash_of_a_row_covers_the_hash_before() -> None:
    first = row_hash("", row())
    assert first == "73b345322a3012d2eb7aa0f2eed0ce64d9a79c9d39c53c70c8c841cd1439a867"
    assert row_hash(first, row()) != first


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (AT, "2026-10-05T09:30:00.000000+00:00"),
        (date(2026, 10, 5), "2026-10-05"),
        (Decimal("1.50"), "1.50"),
        (0.1, "0.1"),
        ((1, None, True), [1, None, True]),
        ({1: {"x"}}, {"1": ["x"]}),
        ("a\0\ud800", "a\ufffd?"),
    ],
)
def test_values_are_kept_in_a_form_that_comes_back(value: object, kept: object) -> None:
    assert plain(value) == kept
    assert plain(plain(value)) == kept


def test_bytes_are_no_part_of_a_row() -> None:
    with pytest.raises(TypeError, match="an audit row cannot hold bytes"):
        plain({"content": b"x"})


def test_the_first_break_is_named() -> None:
    links = [Link(row(1), "", row_hash("", row(1)))]
    links.append(Link(row(2), links[0].hash, row_hash(links[0].hash, row(2))))
    assert first_break(links) == (2, links[1].hash, None)
    assert first_break(links[1:]) == (
        0,
        "",
        Break(2, "row 1 is missing: row 2 stands in its place"),
    )
    assert first_break([]) == (0, "", None)
