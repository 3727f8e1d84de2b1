"""What every CDR format gives: normalised calls, faults and rows left out.

A format turns the bytes of one file (or one HTTP body) into these three, in the order of the
file, and nothing is lost: every line of the input ends in exactly one of them (a record that
spans several lines counts for all of them, see `Record.line` and `Record.lines`).
Formats are pure: bytes in, values out; memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, Protocol

import msgspec

Leg = Literal["customer", "supplier", "internal"]
Direction = Literal["inbound", "outbound", ""]

DAY_S = 86_400
# The largest numbers that fields hold: a count of so many seconds says that there were more.
CLIPPED_SECONDS = frozenset({32_767, 65_535, 2_147_483_647, 4_294_967_295})
TWIN = "twin of "  # how the note of a row begins that another one told already
NO_START = "The start time is empty: a call without a start cannot be rated."


class OwnTimes(msgspec.Struct, frozen=True, gc=False):
    """What a row itself told, where its record became a whole line's or another row's part."""

    leg: Leg
    note: str
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    answered_ms: int
    source_seconds: int
    duration_ms: int


class Record(msgspec.Struct, frozen=True, gc=False):
    """One call as its switch tells it, in one shape for all switches.

    Numbers are as in the source, display names stripped; `core.numbers` makes them E.164.
    `answered_ms` is the finest the source knows; `source_seconds` is the source's own integer.
    `leg`: customer = to be charged, supplier = the carrier's side, internal = another row about
    a call that is already told (a failed attempt, a Local channel's half, a ForkCDR twin);
    `note` says why a row is not the customer's or, of a customer's, which doubt was decided how
    (`clipped: …`). `group_key` ties legs and transfers together; `made_by` is the row that made
    this one. `own`: what the row itself told, where rows of one line were judged together.
    """

    call_key: str
    unique_id: str
    sequence: int | None
    revision: int
    leg: Leg
    group_key: str
    direction: Direction
    caller: str
    caller_name: str
    called: str
    dialled: str
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    answered_ms: int
    source_seconds: int
    duration_ms: int
    answered: bool
    cause: str
    disposition: str
    channel: str
    dst_channel: str
    trunk_in: str
    trunk_out: str
    campaign: str
    queue: str
    agent: str
    hints: tuple[tuple[str, str], ...]
    line: int
    raw: str
    lines: int = 1
    note: str = ""
    made_by: str = ""
    own: OwnTimes | None = None


class Fault(msgspec.Struct, frozen=True, gc=False):
    """A row that cannot become a call: `line` (1-based), a stable `code`, a sentence, the text."""

    line: int
    code: str
    reason: str
    raw: str
    lines: int = 1


class Ignored(msgspec.Struct, frozen=True, gc=False):
    """A line that is no call at all: a header, an empty line."""

    line: int
    reason: str
    lines: int = 1


Item = Record | Fault | Ignored


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a Source writes its records; every field has a safe default.

    zone: IANA zone of text stamps without an offset. columns: the columns in the order of the
    file, by the switch's own names; empty = the format's usual layout, or a name in `layout`.
    server: name added to the key where the switch's ids are unique per server only.
    legs: FreeSWITCH `legs=` setting (a, ab, auto). lookahead: rows a leg may be apart from its
    other leg in the file to be recognised. region: ISO country for national numbers. internal:
    the switch's own numbers (`1000-1999`, `2*`). strip: what is dialled before a number and is no
    part of it (`1001#`, 9). bare: what digits without + or prefix are tried as first.
    trunks: the endpoints behind which the outside is (`gw`, `carrier-*`). transfers: what touching
    stretches of one channel are: one call from first answer to last end (line), or a call each
    (stretch); auto = line where it came from outside or all have one destination.
    """

    zone: str = "UTC"
    encoding: str = "utf-8"
    layout: str = ""
    columns: tuple[str, ...] = ()
    region: str = ""
    internal: tuple[str, ...] = ()
    strip: tuple[str, ...] = ()
    bare: Literal["home", "international"] = "home"
    server: str = ""
    legs: Literal["auto", "a", "ab"] = "auto"
    lookahead: int = 4_096
    trunks: tuple[str, ...] = ()
    transfers: Literal["auto", "line", "stretch"] = "auto"
    max_line_bytes: int = 1_048_576


class Format(Protocol):
    """One way a switch writes calls. A new one is one file here and one line in `registry`."""

    name: str
    title: str
    extensions: tuple[str, ...]

    def parse(self, chunks: Iterable[bytes], options: Options) -> Iterator[Item]:
        """Yield each call, fault and ignored line of `chunks`, in the order of the file.

        Raises OptionsError when the options themselves cannot be used (unknown zone, encoding,
        layout, or a column list without what a call needs). A bad row never raises.
        """
        ...


class OptionsError(ValueError):
    """The Source's settings cannot be used; the message says which one and what to do."""


class BadRowError(Exception):
    """Inside a format only: this row becomes a Fault with this code and sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


# The usual whole seconds, ready: text to (milliseconds, seconds). Others go through `ms_of`.
PLAIN_SECONDS = {str(seconds): (seconds * 1_000, seconds) for seconds in range(7_201)}


def check_seconds(seconds: int, what: str = "billsec") -> None:
    """Raise BadRowError for second counts that no call has: negative, over 24 hours. A full field
    passes: `agreement` asks the times for the length."""
    if seconds < 0:
        raise BadRowError("negative", f"{what} is {seconds}, below zero: the record is damaged.")
    if seconds > DAY_S and seconds not in CLIPPED_SECONDS:
        raise too_long(f"{what} is", seconds)


def too_long(says: str, seconds: int) -> BadRowError:
    """What is said of a call of more than 24 hours."""
    return BadRowError(
        "too_long",
        f"{says} {seconds}, more than 24 hours: a lost hang-up or a damaged record."
        " Confirm the true length before it is billed.",
    )


def clipped(what: str, seconds: int) -> BadRowError:
    """What is said of a count that its field could not hold, where no times tell the length."""
    return BadRowError(
        "clipped",
        f"{what} is {seconds}, the largest number its field can hold: the true length is"
        " unknown. Look the call up in the switch and enter it by hand.",
    )


def ms_of(text: str, what: str = "billsec") -> tuple[int, int]:
    """Milliseconds (rounded half up) and whole seconds (cut) of '3', '3.006528' or ''.

    Raises BadRowError when it is not a number or no possible length of a call.
    """
    whole, _, fraction = text.partition(".")
    sign = whole.startswith("-")
    digits = whole[1:] if sign else whole
    plain = digits + fraction
    if not plain.isascii() or not (plain or "0").isdigit() or len(plain) > 24:
        raise BadRowError("number", f"{what} should be a number of seconds but is {text[:40]!r}.")
    seconds = int(digits or "0")
    check_seconds(-max(seconds, 1) if sign else seconds, what)
    micros = int((fraction + "000000")[:6])
    return seconds * 1000 + (micros + 500) // 1000, seconds
