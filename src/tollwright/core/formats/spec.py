"""What a vendor's records say, as data: the words in which each format declares its columns.

A `Spec` is read by the row reader (`table.RowReader`, the readable rule), by the reader of JSON
objects (`objects`) and by the column reader (`kernel.cdr.columns`, the compiled twin). None of them
knows a vendor. What a spec cannot say stands in the vendor's `Rules`, beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tollwright.core.formats.base import Direction
from tollwright.core.formats.lines import Dialect

Columns = tuple[str, ...]  # names of columns that say one thing, the best first
Take = Literal["whole", "peer", "head", "name", "address", "unescaped"]

# hints that name a campaign
ATTRIBUTING = frozenset({"accountcode", "user", "domain", "trunk", "ip", "context"})
DIRECTIONS: Mapping[str, Direction] = {"inbound": "inbound", "outbound": "outbound"}


@dataclass(frozen=True, slots=True)
class When:
    """Whether one of these columns says this word; "" = says anything."""

    columns: Columns
    word: str = ""


@dataclass(frozen=True, slots=True)
class TextField:
    """A text of the call: what the first of `columns` that the file has says.

    take: what of it is meant (see `takes`). when: where it is meant at all. otherwise: what stands
    for it where `when` does not hold or, without `when`, where the columns say nothing.
    """

    columns: Columns = ()
    take: Take = "whole"
    when: When | None = None
    otherwise: TextField | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """What may tell whose call it is: `kind` is one of `ATTRIBUTING`, or another word that is kept
    on the record alone."""

    kind: str
    text: TextField


@dataclass(frozen=True, slots=True)
class Tied:
    """Rows that another row tells more about: one of these columns begins with this word."""

    columns: Columns
    prefix: str


@dataclass(frozen=True, slots=True)
class Sentences:
    """What a user reads of this format. {name}, {known}, {missing}, {found} and {expected} are
    filled in."""

    no_layout: str = "There is no layout {name!r}: use {known} or state the columns."
    lacks: str = "The stated columns lack {missing}: a call needs them."
    misfit: str = (
        "The line has {found} columns, expected {expected}: it is cut short, has a stray delimiter,"
        " or the Source's columns are stated wrongly."
    )
    no_id: str = "The row's id is empty: without it a call that comes twice cannot be recognised."


def plain_name(column: str) -> str:
    """A column's name in lower case, without blanks and quotes around it."""
    return column.strip().strip('"').lower()


@dataclass(frozen=True, eq=False, kw_only=True)
class Spec:
    """One format. Every tuple of column names lists those that say the same, the best first: the
    first that the file has is read. Names are those of `clean`.

    Layouts: `layouts` are column orders with a name, `layout` is the usual one; `widths` are those
    told apart by the number of columns alone. A first row that names one column of each of `header`
    names them all. `need`: without one of each there is no call.

    Identity: `key` are the parts of the key, joined by "/"; `call_ref` is what ties rows of one
    channel (without it, the first part of the key). `sequence` numbers rows of one key; with
    `hashed`, a row without a number has its print in its place, made of the columns `printed`
    (call_ref, both channels, called) and its times; a row without an id has a hash of `hashed`.
    `group` ties the legs of one call, if it is not `call_ref`.

    Times are epochs of seconds, milliseconds or microseconds, or stamps, told apart by their look.
    `born`: before its last dot, call_ref ends in the second in which the channel was made.
    Lengths: `seconds` is the answered length, `finer` are columns of whole units that beat it, each
    with its unit in microseconds; `duration` is the length from the start, `lenient` if an odd one
    is no reason to refuse the row.

    Legs: `by_ref`: rows of one call_ref tell of one call, `tied` ones belong to others; `claims`
    names the row's other leg, `origin` the row that made it, and `half` the other side of a channel
    that leads back into the switch. See `Rules`.
    `encoded`: values may be URL-encoded. `hints_placed`: hints stand in the order of the file.
    `unread`: columns that the switch writes and nothing here needs; any other column that is not
    read is told to whoever brings the file.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    sentences: Sentences = field(default_factory=Sentences)

    dialect: Dialect = field(default_factory=Dialect)
    encoded: bool = False
    clean: Callable[[str], str] = plain_name
    layouts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    layout: str = ""
    widths: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    header: tuple[Columns, ...] = ()
    need: tuple[Columns, ...] = ()

    key: tuple[Columns, ...]
    call_ref: Columns = ()
    sequence: Columns = ()
    hashed: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    group: Columns = ()

    started: Columns
    answered: Columns = ()
    ended: Columns = ()
    born: bool = False
    seconds: Columns
    finer: tuple[tuple[str, int], ...] = ()
    duration: Columns = ()
    lenient: bool = False

    direction: Columns = ()
    directions: Mapping[str, Direction] = field(default_factory=lambda: DIRECTIONS)
    caller: TextField = TextField()
    caller_name: TextField = TextField()
    called: TextField
    dialled: TextField | None = None
    cause: TextField = TextField()
    disposition: TextField = TextField()
    channel: TextField = TextField()
    dst_channel: TextField = TextField()
    trunk_in: TextField = TextField()
    trunk_out: TextField = TextField()
    campaign: TextField = TextField()
    queue: TextField = TextField()
    agent: TextField = TextField()
    hints: tuple[Hint, ...] = ()
    hints_placed: bool = False
    unread: frozenset[str] = frozenset()

    by_ref: bool = False
    tied: Tied | None = None
    claims: Columns = ()
    origin: Columns = ()
    half: Columns = ()

    @cached_property
    def texts(self) -> tuple[TextField, ...]:
        """Every text that the spec names."""
        own = (
            self.caller, self.caller_name, self.called, self.dialled or self.called, self.cause,
            self.disposition, self.channel, self.dst_channel, self.trunk_in, self.trunk_out,
            self.campaign, self.queue, self.agent,
        )  # fmt: skip
        return (*own, *(hint.text for hint in self.hints))

    @cached_property
    def slots(self) -> dict[Columns, int]:
        """The columns that are read, each with its place in a `records.Block`."""
        single = (*self.hashed, *self.printed, *(name for name, _ in self.finer))
        named = [
            *self.key, self.call_ref, self.sequence, *((name,) for name in single), self.group,
            self.started, self.answered, self.ended, self.seconds, self.duration, self.direction,
            *(columns for text in self.texts for columns in _columns_of(text)),
            *((name,) for name in (self.tied.columns if self.tied else ())),
            self.claims, self.origin, self.half,
        ]  # fmt: skip
        return {columns: place for place, columns in enumerate(dict.fromkeys(filter(None, named)))}

    @cached_property
    def known(self) -> frozenset[str]:
        """Every column that is read or need not be."""
        return self.unread.union(*self.slots)

    @cached_property
    def reference(self) -> Columns:
        """The columns of call_ref."""
        return self.call_ref or self.key[0]


def _columns_of(text: TextField) -> Iterator[Columns]:
    yield text.columns
    if text.when is not None:
        yield text.when.columns
    if text.otherwise is not None:
        yield from _columns_of(text.otherwise)
