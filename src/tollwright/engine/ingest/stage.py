"""Rows as COPY's text format reads them."""

from __future__ import annotations

from collections.abc import Iterable

from tollwright.engine.ingest.chunk import Refused

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})


def refused_rows(refused: Iterable[Refused]) -> bytes:
    """Rows of tw_refused."""
    lines = []
    for row in refused:
        texts = [str(row.line), row.call_key, row.reason, row.detail, row.raw]
        cells = [text.translate(_ESCAPES) for text in texts]
        cells.append(row.record.decode().translate(_ESCAPES) if row.record else "\\N")
        lines.append("\t".join(cells) + "\n")
    return "".join(lines).encode()
