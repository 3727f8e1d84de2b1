"""The process that reads one deck: limits first, then one request from stdin, one answer."""

from __future__ import annotations

import resource
import sys
from typing import Literal

import msgspec

from tollwright.core.decks import (
    ColumnMapping,
    DeckError,
    DeckResult,
    MappingError,
    Proposal,
    read_deck,
    sniff,
)
from tollwright.core.decks.headers import places
from tollwright.core.decks.sniffer import ColumnPairs
from tollwright.core.decks.table import rows_of

LIMIT_MB = 1_536  # of address space
LIMIT_S = 120  # of processor time


class Request(msgspec.Struct, frozen=True):
    """read: the deck by `mapping`. look: how it can be read, `mapping` being the saved one."""

    what: Literal["read", "look"]
    data: bytes
    mapping: ColumnMapping | None = None
    filename: str = ""
    side: str = ""
    sheet: str = ""
    told: ColumnPairs = ()


class Proposed(msgspec.Struct, frozen=True):
    """A proposal, and whether the saved mapping fits the file."""

    proposal: Proposal
    saved_fits: bool


class Answer(msgspec.Struct, frozen=True):
    """One of result and proposed, or a fault with its sentence."""

    result: DeckResult | None = None
    proposed: Proposed | None = None
    fault: Literal["", "deck", "mapping"] = ""
    reason: str = ""


def propose(
    data: bytes,
    filename: str,
    side: str,
    sheet: str,
    saved: ColumnMapping | None,
    told: ColumnPairs = (),
) -> Proposed:
    """How a file can be read. Raises DeckError."""
    fits = saved is not None and _fits(saved, data)
    chosen = saved.sheet if saved is not None and fits and not sheet else sheet
    return Proposed(sniff(data, filename, side, chosen, told), fits)


def _fits(mapping: ColumnMapping, data: bytes) -> bool:
    try:
        table = rows_of(
            data, encoding=mapping.encoding, delimiter=mapping.delimiter, sheet=mapping.sheet
        )
    except DeckError:
        return False
    needed = [header for header, meaning in mapping.columns if meaning != "ignore"]
    return places(table, needed) is not None


def answer(request: Request) -> Answer:
    """What the request asks for; what cannot be read is told."""
    try:
        if request.what == "look":
            return Answer(
                proposed=propose(
                    request.data,
                    request.filename,
                    request.side,
                    request.sheet,
                    request.mapping,
                    request.told,
                )
            )
        if request.mapping is None:
            return Answer(fault="mapping", reason="There is no mapping.")
        return Answer(result=read_deck(request.data, request.mapping))
    except DeckError as error:
        return Answer(fault="deck", reason=str(error))
    except MappingError as error:
        return Answer(fault="mapping", reason=str(error))


def limit_process() -> None:
    """Bounds on memory and processor time, which nothing the file holds can lift."""
    size = LIMIT_MB * 1_048_576
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read stdin, write stdout; out of memory it ends with an error, and says nothing."""
    limit_process()
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer(request)))


if __name__ == "__main__":
    main()
