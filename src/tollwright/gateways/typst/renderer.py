"""One compiler for all documents of the process. What users wrote goes in as data, never as markup.

The same payload gives the same bytes: fonts come from the wheel, the PDF's date from the payload.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeAlias

import typst

TEMPLATES = Path(__file__).parent / "templates"
KINDS = {
    "invoice": "invoice.typ",
    "credit_note": "invoice.typ",
    "debit_note": "invoice.typ",
    "receipt": "receipt.typ",
    "reversal": "payment_change.typ",
    "reallocation": "payment_change.typ",
}
# PDF/A-3: archivable, and able to carry an e-invoice. "a" is tagged for screen readers; the tags of
# thousands of calls would be nine tenths of the file, so long lists go without ("b").
Standard: TypeAlias = Literal["a-3a", "a-3b"]
TAGGED: Standard = "a-3a"
UNTAGGED: Standard = "a-3b"
MOST_TAGGED_CALLS = 2_000

_lock = Lock()  # a compiler is not safe to use from two threads


class RenderError(RuntimeError):
    """A document could not be set: a bug in a template or payload, which the message names."""


def render(kind: str, payload: Mapping[str, Any]) -> bytes:
    """The document as PDF/A-3. `payload`: see domain/invoices/documents.py, domain/payments.

    Letters that the built-in fonts lack are taken from the system's fonts. Where these lack them
    too, the document shows boxes in their place and is a plain PDF, since PDF/A forbids that.
    """
    tagged = sum(len(part["list"]) for part in payload.get("usage", ())) <= MOST_TAGGED_CALLS
    standard = TAGGED if tagged else UNTAGGED
    for system_fonts in (False, True):
        try:
            return _pdf(kind, payload, system_fonts, standard, tagged)
        except typst.TypstError as error:
            if "could not be displayed with" not in str(error):
                raise RenderError(f"{kind} {payload.get('number', '')}: {error}") from error
    return _pdf(kind, payload, True, None, tagged)


def render_pages(kind: str, payload: Mapping[str, Any], *, ppi: float = 96) -> list[bytes]:
    """The document as a PNG a page, for previews."""
    with _lock:
        found = _compiler(True).compile(
            input=_template(kind),
            format="png",
            ppi=ppi,
            sys_inputs=_inputs(payload),
            timestamp=_issued(payload),
        )
    return found if isinstance(found, list) else [_bytes(found)]


def _pdf(
    kind: str,
    payload: Mapping[str, Any],
    system_fonts: bool,
    standard: Standard | None,
    tagged: bool,
) -> bytes:
    with _lock:
        found = _compiler(system_fonts).compile(
            input=_template(kind),
            format="pdf",
            sys_inputs=_inputs(payload),
            timestamp=_issued(payload),
            pdf_standards=standard,
            pdf_tags=tagged,
        )
    return _bytes(found)


def _bytes(found: object) -> bytes:
    if not isinstance(found, bytes):
        raise RenderError("the compiler gave no document back")
    return found


@cache
def _compiler(system_fonts: bool) -> typst.Compiler:
    return typst.Compiler(root=str(TEMPLATES), ignore_system_fonts=not system_fonts)


def _template(kind: str) -> str:
    if kind not in KINDS:
        raise RenderError(f"There is no template for {kind!r}: there are {', '.join(KINDS)}.")
    return str(TEMPLATES / KINDS[kind])


def _inputs(payload: Mapping[str, Any]) -> dict[str, str]:
    return {"payload": json.dumps(payload, ensure_ascii=False)}


def _issued(payload: Mapping[str, Any]) -> datetime:
    return datetime.combine(date.fromisoformat(payload["issued"]), time(), UTC)
