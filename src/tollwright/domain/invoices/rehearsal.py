"""Asking whether an act would be refused, without its document and without its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from tollwright.domain.invoices.numbering import Render


class _WouldIssue(Exception):
    """Nothing was refused: only the document is left to be made."""


def rehearse(act: Callable[[Render], object]) -> None:
    """Do the act up to its document and undo it all: what it refuses is refused here and now.

    So a form says what is wrong beside its fields, and the document is a job's work.
    """

    def stop(_kind: str, _payload: dict[str, Any]) -> bytes:
        raise _WouldIssue

    try:
        with transaction.atomic():
            act(stop)
    except _WouldIssue:
        return
