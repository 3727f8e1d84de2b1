"""A full disk told in a sentence, whichever it is: ours, or the database's."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import psycopg

FULL = (errno.ENOSPC, errno.EDQUOT)


def full_disk(error: BaseException | None) -> str:
    """What to do about it, if a full disk is behind the error; '' if something else is."""
    for one in _causes(error):
        if isinstance(one, psycopg.errors.DiskFull):
            return (
                "The database's disk is full; nothing of this was kept. Free space on the database"
                " server, then try again."
            )
        if isinstance(one, OSError) and one.errno in FULL:
            where = f"The disk that holds {one.filename}" if one.filename else "The server's disk"
            return f"{where} is full; nothing of this was kept. Free space there, then try again."
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
