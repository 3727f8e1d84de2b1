"""tollwright rate"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tollwright.cli import runtime
from tollwright.core.cards.read import CardError
from tollwright.core.rating.call_file import (
    CallFileError,
    out_csv,
    out_json,
    out_row,
    parse_calls,
    rate_lines,
)
from tollwright.core.rating.open_file import open_card
from tollwright.core.rating.profiles import UnknownProfile
from tollwright.core.rating.rate_call import CallInput, Charge, rate_calls
from tollwright.core.rating.rate_lookup import CardIndex

NOTHING_READ = 2
SOME_NOT_RATED = 3
MANY = 100_000  # lines that save more than it takes to load the compiled kernel


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

    A file of 100 000 lines or more goes through the compiled kernel; the result is the same.

    Exit code 0: every call was rated; 3: some were not (see their status and reason); 2: nothing
    could be read.

    Example: `tollwright rate --card card.json --calls calls.csv --out rated.csv`
    """
    try:
        index = open_card(read_text(card), profile)
        lines = parse_calls(read_text(calls), index)
    except CardError as error:
        refuse(f"The card {card} cannot be used:\n{error}")
    except UnknownProfile as error:
        refuse(str(error))
    except OSError as error:
        refuse(why_not(error))
    except CallFileError as error:
        refuse(f"{calls}: {error}")
    charges = rate_lines(lines, index, rate=in_columns if len(lines) >= MANY else rate_calls)
    decimals = index.card.rounding.decimals
    rows = [out_row(line.call_key, c, decimals) for line, c in zip(lines, charges, strict=True)]
    write_text(out, out_json(rows) if format is Format.json else out_csv(rows))
    missed = sum(charge.status != "rated" for charge in charges)
    if missed:
        typer.echo(f"{missed} of {len(charges)} calls were not rated: see their reason.", err=True)
        raise typer.Exit(SOME_NOT_RATED)


def in_columns(calls: Sequence[CallInput], index: CardIndex) -> list[Charge]:
    """What `core.rating.rate_call.rate_calls` gives, by its compiled twin."""
    runtime.keep_compiled()
    from tollwright.kernel.rating.objects import rate_calls as by_kernel
    from tollwright.store import cardcache

    return by_kernel(calls, cardcache.compiled("", lambda: index.card))


def refuse(message: str) -> NoReturn:
    """Say why nothing could be read, and end."""
    typer.echo(message, err=True)
    raise typer.Exit(NOTHING_READ)


def why_not(error: OSError) -> str:
    """What the system says of a file."""
    return f"{error.filename}: {error.strerror}"


def read_text(path: Path) -> str:
    """UTF-8; a byte that is none shows as a replacement mark, so that only its line is lost."""
    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    return data.decode("utf-8", errors="replace")


def write_text(path: Path | None, text: str) -> None:
    if path is None:
        typer.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(why_not(error))
