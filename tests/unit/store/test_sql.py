"""The reader of named statements."""

from __future__ import annotations

import pytest

from tollwright.store import sql


def test_blocks_become_statements_by_name() -> None:
    text = "-- words above\n-- name: one -- counts\nSELECT 1;\n\n-- name: two -- sums\nSELECT 2"
    assert sql._parse("x.sql", text) == {"one": "SELECT 1;", "two": "SELECT 2"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("SELECT 1", "x.sql holds no block `-- name: x -- purpose`"),
        ("-- name: a -- b\nSELECT 1\n-- name: a -- c\nSELECT 2", "x.sql names a twice"),
        ("-- name: a -- b\n\n", "x.sql: a has no SQL"),
    ],
)
def test_a_broken_file_is_named(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + sentence.replace("(", r"\(") + "$"):
        sql._parse("x.sql", text)
