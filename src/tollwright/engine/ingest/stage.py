"""Rows as COPY's text format reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tollwright.engine.ingest.classify import Refused

_SEPARATOR = "\x1f"
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None, _SEPARATOR: "\t"}
)


def columns(texts: Sequence[str]) -> str:
    """Texts as tab-separated columns, escaped."""
    joined = _SEPARATOR.join(texts)
    if joined.count(_SEPARATOR) != len(texts) - 1:
        joined = _SEPARATOR.join(text.replace(_SEPARATOR, " ") for text in texts)
    return joined.translate(_ESCAPES)


def refused_rows(refused: Iterable[Refused]) -> bytes:
    """Rows of tw_refused."""
    lines = []
    for row in refused:
        texts = (row.call_key, row.reason, row.detail, row.raw)
        record = columns((row.record.decode(),)) if row.record else "\\N"
        lines.append(f"{row.line}\t{columns(texts)}\t{record}\n")
    return "".join(lines).encode()
