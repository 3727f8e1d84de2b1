"""Calls and charges in bulk, from parser to COPY: columns of one length, and no other shapes.

A stage fills the columns that it knows and hands the rest on; a new stage adds a column here, not
a class. A column that nobody has filled is an empty one (ABSENT, NO_TEXT).

Moments are microseconds since 1970-01-01 UTC, NONE for none; ids are 0 for none. Columns named
`..._no` hold places in a table that goes with the batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Self, TypeVar, cast

import numpy as np
import numpy.typing as npt

from tollwright.core.instants import micros_of
from tollwright.core.rating.rate_call import CallInput
from tollwright.kernel.arrays import NONE, Flags, Int8, Int16, Int32, Int64, frozen
from tollwright.kernel.numbers import EMPTY, pack_numbers
from tollwright.kernel.text import BLANK, Text, no_text, text_joined, text_of

Rows = Int64 | Flags | slice
NO_ZONE = NONE  # stands in `answered_us` for a time without time zone
UNANSWERED = -1  # stands in `counted_ms`
RATED, BLOCKED, UNMATCHED, INVALID = 0, 1, 2, 3
NOT_CHARGED = -1  # a status: unanswered, or charged when its file is whole
ABSENT: npt.NDArray[Any] = frozen(np.empty(0, np.int64))
NO_TEXT = no_text(0)
KERNEL_COLUMNS = (
    "status", "reason", "band", "rate_index", "billed_s", "allowance_s", "stopped_s",
    "amount_micros",
)  # fmt: skip


class Labels(NamedTuple):
    """A column of few different words, '' at first: row i has `words[which[i]]`."""

    which: Int64
    words: list[str]

    @classmethod
    def none(cls, count: int) -> Labels:
        """So many empty ones."""
        return cls(np.zeros(count, np.int64), [""])

    def put(self, rows: Int64 | Flags, word: str) -> None:
        """The word of all these rows."""
        if word not in self.words:
            self.words.append(word)
        self.which[rows] = self.words.index(word)

    def at(self, row: int) -> str:
        """One word."""
        return self.words[int(self.which[row])]

    def are(self, word: str) -> Flags:
        """Where it is this word."""
        return np.array([one == word for one in self.words])[self.which]

    def counted(self) -> Counter[str]:
        """How often each word is there, '' apart."""
        often = np.bincount(self.which, minlength=len(self.words)).tolist()
        pairs = zip(self.words, often, strict=True)
        return Counter({word: count for word, count in pairs if word and count})

    def text(self) -> Text:
        """The same as a column of texts."""
        return text_of(self.words).pick(self.which)

    def pick(self, rows: Rows) -> Labels:
        """The words of some rows; the table of words stays theirs together."""
        return Labels(self.which[rows], self.words)


def _absent() -> Any:
    return ABSENT


def _no_text() -> Text:
    return NO_TEXT


def _no_labels() -> Labels:
    return Labels(ABSENT, [""])


@cache
def _names(shape: Any) -> tuple[str, ...]:
    return tuple(column.name for column in fields(shape))


def _filled(column: Any) -> bool:
    if isinstance(column, Text):
        column = column.first
    return len(column.which if isinstance(column, Labels) else column) > 0


@dataclass(slots=True, kw_only=True, eq=False)
class _Columns(ABC):
    """What both shapes can do."""

    @abstractmethod
    def __len__(self) -> int:
        """How many rows they have."""

    def filled(self) -> dict[str, Any]:
        """The columns that are filled, by name."""
        columns = {name: getattr(self, name) for name in _names(cast(Any, type(self)))}
        return {name: column for name, column in columns.items() if _filled(column)}

    def pick(self, rows: Rows) -> Self:
        """Some rows, in the order given; bytes of texts are not copied."""
        picked = {
            name: column[rows] if isinstance(column, np.ndarray) else column.pick(rows)
            for name, column in self.filled().items()
        }
        return self.replaced(**picked)

    def part(self, first: int, end: int) -> Self:
        """The rows from `first` up to `end`, without copying."""
        return self.pick(slice(first, end))

    def replaced(self, **columns: Any) -> Self:
        """The same rows with other columns."""
        shape: Any = type(self)
        for name in _names(shape):
            columns.setdefault(name, getattr(self, name))
        return cast(Self, shape(**columns))

    def put(self, rows: Rows, more: Self) -> None:
        """Write what is filled on both sides to these rows; texts and labels are not."""
        filled = more.filled()
        for name, column in self.filled().items():
            if name in filled and isinstance(column, np.ndarray):
                column[rows] = filled[name]


Shape = TypeVar("Shape", bound=_Columns)


def joined(parts: Sequence[Shape], *, order_by: str = "") -> Shape:
    """The rows of several (at least one), one part after the other, or ordered by a column.

    All fill the same columns; labels are not joined, texts only one after the other. One column at
    a time, so that what is a million rows is held twice and not three times.
    """
    full = [part for part in parts if len(part)] or parts[:1]
    if len(full) == 1 and not (order_by and len(full[0])):
        return full[0]
    order: Rows = slice(None)
    if order_by:
        order = np.argsort(
            np.concatenate([getattr(part, order_by) for part in full]), kind="stable"
        )
    columns: dict[str, Any] = {}
    for name, column in full[0].filled().items():
        every = [getattr(part, name) for part in full]
        if isinstance(column, Text):
            columns[name] = text_joined(every)
        elif isinstance(column, np.ndarray):
            columns[name] = np.concatenate(every)[order]
    return type(full[0])(**columns)


@dataclass(slots=True, kw_only=True, eq=False)
class CallColumns(_Columns):
    """Calls. Numbers are E.164 digits where possible, and packed (`numbers.pack_numbers`):
    negative where no card can look the called one up, EMPTY where the caller is withheld.

    A card is asked for `called_packed`, `caller_packed`, `answered_us` and `counted_ms`: what the
    rules make of the real `answered_ms`, UNANSWERED for a call that was not answered. `key_rank` is
    the place of the call key among the sorted keys, for cards with allowances.
    """

    called_packed: Int64
    caller_packed: Int64
    answered_us: Int64
    counted_ms: Int64 = field(default_factory=_absent)
    key_rank: Int64 = field(default_factory=_absent)
    answered_ms: Int64 = field(default_factory=_absent)
    started_us: Int64 = field(default_factory=_absent)
    ended_us: Int64 = field(default_factory=_absent)
    line: Int64 = field(default_factory=_absent)  # of its file
    terms_no: Int64 = field(default_factory=_absent)
    tariff_no: Int64 = field(default_factory=_absent)
    cause_no: Int64 = field(default_factory=_absent)  # from 1; 0: none of those asked for
    disposition_no: Int64 = field(default_factory=_absent)
    trunk_no: Int64 = field(default_factory=_absent)
    call_id: Int64 = field(default_factory=_absent)
    customer_id: Int64 = field(default_factory=_absent)
    campaign_id: Int64 = field(default_factory=_absent)
    plan_id: Int64 = field(default_factory=_absent)
    key: Text = field(default_factory=_no_text)
    group: Text = field(default_factory=_no_text)
    direction: Text = field(default_factory=_no_text)
    caller: Text = field(default_factory=_no_text)
    called: Text = field(default_factory=_no_text)
    dialled: Text = field(default_factory=_no_text)
    cause: Text = field(default_factory=_no_text)
    disposition: Text = field(default_factory=_no_text)
    trunk: Text = field(default_factory=_no_text)
    agent: Text = field(default_factory=_no_text)

    def __len__(self) -> int:
        return len(self.called_packed)

    def asked(self, rows: Rows) -> CallColumns:
        """What a card is asked for of some calls, and no more."""
        return CallColumns(
            called_packed=self.called_packed[rows],
            caller_packed=self.caller_packed[rows],
            answered_us=self.answered_us[rows],
            counted_ms=self.counted_ms[rows],
        )


@dataclass(slots=True, kw_only=True, eq=False)
class ChargeColumns(_Columns):
    """What calls cost. The first eight columns are the kernel's; `status` is RATED, or why there
    is no charge; `reason` is a code of `rating.status`.

    `rate_index` is the place in `card.rates`, `band` the place in `card.bands`, -1: none.
    `stopped_s` is the elapsed second at which a call ran out of open rows, for its reason.
    `individually`: core priced it, not the kernel. `prefix` is packed, `currency` a number
    (`currency_number`). `why` says in a word why a cost is not known.
    """

    status: Int8
    reason: Int8 = field(default_factory=_absent)
    band: Int16 = field(default_factory=_absent)
    rate_index: Int32 = field(default_factory=_absent)
    billed_s: Int32 = field(default_factory=_absent)
    allowance_s: Int32 = field(default_factory=_absent)
    stopped_s: Int32 = field(default_factory=_absent)
    amount_micros: Int64
    individually: Flags = field(default_factory=_absent)
    prefix: Int64 = field(default_factory=_absent)
    currency: Int64 = field(default_factory=_absent)
    version_id: Int64 = field(default_factory=_absent)
    plan_id: Int64 = field(default_factory=_absent)
    call_no: Int64 = field(default_factory=_absent)  # the row of its call
    leg_no: Int64 = field(default_factory=_absent)
    carrier_id: Int64 = field(default_factory=_absent)
    charge_id: Int64 = field(default_factory=_absent)
    old_id: Int64 = field(default_factory=_absent)  # of the charge that it replaces
    new_id: Int64 = field(default_factory=_absent)  # of the charge to be
    call_id: Int64 = field(default_factory=_absent)
    customer_id: Int64 = field(default_factory=_absent)
    campaign_id: Int64 = field(default_factory=_absent)
    line_id: Int64 = field(default_factory=_absent)  # of an invoice
    started_us: Int64 = field(default_factory=_absent)
    rated_us: Int64 = field(default_factory=_absent)  # by whose rules, 0: now
    revision: Int64 = field(default_factory=_absent)
    waits: Int64 = field(default_factory=_absent)  # 1: in an open proposal
    issued: Int64 = field(default_factory=_absent)  # 1: on an issued invoice
    old_micros: Int64 = field(default_factory=_absent)
    outside: Int64 = field(
        default_factory=_absent
    )  # 1: of no call of the scope, but it shares pools with one
    again: Int64 = field(
        default_factory=_absent
    )  # 1: the same amount by other terms, which counts at a pool
    cost_micros: Int64 = field(default_factory=_absent)  # what stands as the call's cost
    cost_currency: Int64 = field(default_factory=_absent)  # 0: that is not known
    why: Labels = field(default_factory=_no_labels)

    def __len__(self) -> int:
        return len(self.amount_micros)

    @property
    def rated(self) -> Flags:
        """Which have a price."""
        found: Flags = self.status == RATED
        return found

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The kernel's columns, to be treated alike."""
        return tuple(getattr(self, name) for name in KERNEL_COLUMNS)


def new_charges(calls: int) -> ChargeColumns:
    """Room for what the kernel says of so many calls, to be used again and again."""
    types = (np.int8, np.int8, np.int16, np.int32, np.int32, np.int32, np.int32, np.int64)
    columns: list[Any] = [np.empty(calls, dtype) for dtype in types]
    return ChargeColumns(**dict(zip(KERNEL_COLUMNS, columns, strict=True)))


def no_charges(calls: int) -> ChargeColumns:
    """Charges to be filled in: NOT_CHARGED, all else 0."""
    charges = new_charges(calls)
    for column in charges.arrays():
        column[:] = 0
    charges.status[:] = NOT_CHARGED
    charges.individually, charges.prefix = np.zeros(calls, np.bool_), np.full(calls, EMPTY)
    return charges


def epoch_us(at: datetime) -> int:
    """Microseconds since 1970-01-01 UTC; NO_ZONE for a naive time."""
    return NO_ZONE if at.tzinfo is None else micros_of(at)


def key_ranks(keys: Sequence[str]) -> Int64:
    """The place of each key among the sorted distinct keys, int64[n]."""
    place = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return np.fromiter((place[key] for key in keys), np.int64, len(keys))


def columns_of(calls: Sequence[CallInput]) -> CallColumns:
    """The columns of calls that exist as objects."""
    count = len(calls)
    return CallColumns(
        called_packed=pack_numbers([call.called for call in calls]),
        caller_packed=pack_numbers([call.caller for call in calls]),
        answered_us=np.fromiter((epoch_us(c.answered_at) for c in calls), np.int64, count),
        counted_ms=np.fromiter((call.answered_ms for call in calls), np.int64, count),
        key_rank=key_ranks([call.call_key for call in calls]),
    )


def currency_numbers(codes: npt.NDArray[np.bytes_]) -> Int64:
    """`currency_number` of each code of three letters; 0 for blanks."""
    letters = np.ascontiguousarray(codes).view(np.uint8).reshape(-1, 3).astype(np.int64)
    found: Int64 = letters[:, 0] << 16 | letters[:, 1] << 8 | letters[:, 2]
    found[letters[:, 0] == BLANK] = 0
    return found


def currency_number(code: str) -> int:
    """The three letters of a currency as a number."""
    return int.from_bytes(code.encode(), "big")


def currency_texts(numbers: Int64) -> Text:
    """The letters of a column of few different `currency_number`s."""
    known, which = np.unique(numbers, return_inverse=True)
    return text_of([currency_code(one) for one in known.tolist()]).pick(which)


def currency_code(number: int) -> str:
    """The letters of `currency_number`."""
    return number.to_bytes(3, "big").decode()
