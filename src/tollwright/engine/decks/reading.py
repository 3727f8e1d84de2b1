"""Read a deck where it can do no harm: a workbook, or a large file, in a process that has limits.

A packed file of 1 MB can unpack to anything. The process has bounds on memory and seconds, and
gives all it took back when it ends; a small CSV file is read here.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from tollwright.core.decks import (
    ColumnMapping,
    DeckError,
    DeckResult,
    MappingError,
    read_deck,
)
from tollwright.core.decks.sniffer import ColumnPairs
from tollwright.core.decks.workbook import is_workbook
from tollwright.engine.decks.child import LIMIT_MB, Answer, Proposed, Request, propose

HERE = 2 * 1024 * 1024  # bytes of a CSV file that are read without a process of its own
READ_S = 120
LOOK_S = 30
_CHILD = (sys.executable, "-P", "-m", "tollwright.engine.decks.child")


def read(data: bytes, mapping: ColumnMapping) -> DeckResult:
    """The deck's rows and faults. Raises DeckError, MappingError."""
    if _small(data):
        return read_deck(data, mapping)
    answer = _asked(Request("read", data, mapping), READ_S)
    if answer.result is None:
        raise DeckError("The file cannot be read.")
    return answer.result


def look(
    data: bytes,
    filename: str,
    side: str,
    sheet: str,
    saved: ColumnMapping | None,
    told: ColumnPairs = (),
) -> Proposed:
    """How a file can be read, and whether the saved mapping fits it. Raises DeckError."""
    if _small(data):
        return propose(data, filename, side, sheet, saved, told)
    answer = _asked(Request("look", data, saved, filename, side, sheet, told), LOOK_S)
    if answer.proposed is None:
        raise DeckError("The file cannot be read.")
    return answer.proposed


def _small(data: bytes) -> bool:
    return len(data) <= HERE and not is_workbook(data)


def _asked(request: Request, seconds: int) -> Answer:
    """What the process says. Raises DeckError, also when it was stopped by a limit."""
    with _limits_told(seconds):
        done = subprocess.run(
            _CHILD,
            input=msgspec.msgpack.encode(request),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=True,
        )
        answer = msgspec.msgpack.decode(done.stdout, type=Answer)
    if answer.fault == "mapping":
        raise MappingError(answer.reason)
    if answer.fault:
        raise DeckError(answer.reason)
    return answer


@contextmanager
def _limits_told(seconds: int) -> Iterator[None]:
    try:
        yield
    except subprocess.TimeoutExpired:
        raise DeckError(
            f"The file takes more than {seconds} seconds to read: split the deck."
        ) from None
    except (subprocess.CalledProcessError, msgspec.DecodeError):
        raise DeckError(
            f"The file is damaged, or it needs more than {LIMIT_MB} MB of memory: open and save it"
            " again, split the deck, or save it as CSV."
        ) from None
    except OSError as error:
        raise DeckError(f"No process could be started to read the file: {error}.") from None
