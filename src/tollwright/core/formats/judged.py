"""Rows that were judged together: what a row itself told is kept, so that it can be judged anew."""

from __future__ import annotations

from msgspec.structs import force_setattr

from tollwright.core.formats.base import OwnTimes, Record


def restore(record: Record) -> None:
    """As the row itself told it."""
    if record.own is not None:
        for name in record.own.__struct_fields__:
            force_setattr(record, name, getattr(record.own, name))
        force_setattr(record, "own", None)


def set_aside(record: Record, why: str) -> None:
    """The row is about a call that another one tells."""
    keep_own(record)
    force_setattr(record, "leg", "internal")
    force_setattr(record, "note", why)


def keep_own(record: Record) -> None:
    """Keep what the row itself tells, before it becomes more than that."""
    if record.own is None:
        own = OwnTimes(*(getattr(record, name) for name in OwnTimes.__struct_fields__))
        force_setattr(record, "own", own)
