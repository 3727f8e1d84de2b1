"""tollwright rate"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import typer

from tollwright.cli.card_file import CardFile
from tollwright.cli.files import Write, writing_whole
from tollwright.core.cards.read import CardError
from tollwright.core.rating.call_file import (
    CallFileError,
    out_csv,
    out_json,
    out_row,
    parse_calls,
    rate_lines,
)
from tollwright.core.rating.profiles import UnknownProfile
from tollwright.core.rating.rate_lookup import CardIndex, prepare
from tollwright.domain.disk import full_disk

NOTHING_READ = 2
SOME_NOT_RATED = 3
MANY = 100_000  # lines that save more than it takes to load the compiled kernel
BLOCK = 1 << 23  # bytes of calls that are priced together


class Format(StrEnum):
    csv = "csv"
    json = "json"


def rate(
    card: Annotated[Path, typer.Option(help="The card, a JSON file.")],
    calls: Annotated[Path, typer.Option(help="The calls, a CSV file; - reads stdin.")],
    out: Annotated[Path | None, typer.Option(help="Where to write; absent: stdout.")] = None,
    profile: Annotated[str, typer.Option(help="Price as this system did, such as astpp.")] = "",
    format: Annotated[Format, typer.Option(help="Form of the result.")] = Format.csv,
) -> None:
    """Price a file of calls on a card in a file, with no database.

    A file of 100 000 lines or more goes through the compiled kernel; the result is the same. The
    compiled form of a card is kept, and found again by the bytes of its file.

    Exit code 0: every call was rated; 3: some were not (see their status and reason); 2: nothing
    could be read.

    Example: `tollwright rate --card card.json --calls calls.csv --out rated.csv`
    """
    try:
        opened = CardFile(read_bytes(card), profile)
        with open_bytes(calls) as source:
            lines, missed = rate_source(source, opened, out, format)
    except CardError as error:
        refuse(f"The card {card} cannot be used:\n{error}")
    except UnknownProfile as error:
        refuse(str(error))
    except OSError as error:
        refuse(full_disk(error) or why_not(error))
    except CallFileError as error:
        refuse(f"{calls}: {error}")
    if missed:
        typer.echo(f"{missed} of {lines} calls were not rated: see their reason.", err=True)
        raise typer.Exit(SOME_NOT_RATED)


def rate_source(
    source: BinaryIO, card: CardFile, out: Path | None, format: Format
) -> tuple[int, int]:
    """Write what the calls cost; returns how many lines there were, and how many have no price."""
    first = source.read(BLOCK)
    if card.card is not None and len(first) < BLOCK and first.count(b"\n") < MANY:
        return one_by_one(first, prepare(card.card), out, format)
    compiled = card.compiled()
    from tollwright.kernel.call_file.rate import CSV, JSON, rate_file

    blocks = chain([first], iter(partial(source.read, BLOCK), b""))
    parts = rate_file(blocks, compiled, JSON if format is Format.json else CSV)
    lines = missed = 0
    head = next(parts)  # a file that is none is refused before anything is written
    with writing(out) as write:
        for part in chain([head], parts):
            write(part.data)
            lines, missed = lines + part.lines, missed + part.missed
    return lines, missed


def one_by_one(data: bytes, index: CardIndex, out: Path | None, format: Format) -> tuple[int, int]:
    """The same for a few calls, without the compiled kernel."""
    lines = parse_calls(text_of(data), index)
    charges = rate_lines(lines, index)
    decimals = index.card.rounding.decimals
    rows = [out_row(line.call_key, c, decimals) for line, c in zip(lines, charges, strict=True)]
    with writing(out) as write:
        write((out_json(rows) if format is Format.json else out_csv(rows)).encode())
    return len(charges), sum(charge.status != "rated" for charge in charges)


def refuse(message: str) -> NoReturn:
    """Say why nothing could be read, and end."""
    typer.echo(message, err=True)
    raise typer.Exit(NOTHING_READ)


def why_not(error: OSError) -> str:
    """What the system says of a file."""
    return f"{error.filename}: {error.strerror}"


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """A file, or - for standard input."""
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        yield file


def read_bytes(path: Path) -> bytes:
    """All bytes of a file, or of standard input."""
    with open_bytes(path) as file:
        return file.read()


def read_text(path: Path) -> str:
    """UTF-8; a byte that is none shows as a replacement mark, so that only its line is lost."""
    return text_of(read_bytes(path))


def text_of(data: bytes) -> str:
    """The same of bytes."""
    return data.decode("utf-8", errors="replace")


@contextmanager
def writing(path: Path | None) -> Iterator[Write]:
    """Write to standard output, or to a file, which appears whole or not at all."""
    if path is None:
        yield lambda data: typer.echo(bytes(data), nl=False)
        return
    with writing_whole(path) as write:
        yield write
