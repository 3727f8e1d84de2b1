"""What a fee comes to: which days are still to be billed, at which share, and what is given back.

A fee is sold for an interval of its own (a month, a quarter), whatever cycle its customer is
invoiced by. A part of an interval costs its share of days; the piece keeps both numbers (days,
of_days), so that paper and check can say it. What was billed before is told by `Entry`; `standing`
says what of it still stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from tollwright.core.billing.periods import (
    FIRST_FORTNIGHT,
    Span,
    moments,
    month_boundary,
    overlap,
    without,
)
from tollwright.core.money import Rounding, minor_decimals, round_ratio, show

Interval = Literal["once", "day", "week", "month", "quarter", "half_year", "year"]
INTERVALS: tuple[Interval, ...] = ("once", "day", "week", "month", "quarter", "half_year", "year")
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
DAYS = {"day": 1, "week": 7}
ANCHORS, TIMINGS = ("calendar", "start"), ("advance", "arrears")
PRORATIONS, UNUSED = ("day", "second", "none"), ("give_back", "keep")
MOST_INTERVALS = 24  # two years of months, and more than any contract names


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """How a fee was sold: so much for `count` intervals, counted from `anchor`.

    `of_days`: days that a part of a month is a share of; None: the month's own. `unused`: whether
    days billed in advance are given back when the plan ends early.
    """

    amount_micros: int
    interval: Interval = "month"
    count: int = 1
    anchor: str = "calendar"
    timing: str = "advance"
    proration: str = "day"
    of_days: int | None = None
    unused: str = "give_back"

    @property
    def words(self) -> str:
        """`every 2 months from the plan's first day, in advance, in whole`."""
        if self.interval == "once":
            return "once"
        name = self.interval.replace("_", " ")
        found = [f"a {name}" if self.count == 1 else f"every {self.count} {name}s"]
        if self.anchor == "start":
            found[0] += " from the plan's first day"
        found.append(f"in {self.timing}")
        if self.proration != "day":
            found.append("in whole" if self.proration == "none" else "a part by seconds")
        if self.of_days:
            found.append(f"a part in days of {self.of_days}")
        if self.unused == "keep" and self.timing == "advance":
            found.append("unused days are kept")
        return ", ".join(found)

    def counts_from(self, *, starts_on: date, bill_day: int) -> date:
        """The day from which its intervals are counted.

        The calendar's are those that begin on `bill_day` in January, its weeks on a Monday.
        """
        if self.anchor == "start":
            return starts_on
        return FIRST_FORTNIGHT if self.interval in DAYS else date(2001, 1, bill_day)

    def interval_at(self, day: date, anchor: date) -> Span:
        """The interval that holds `day`, counted from `anchor`, forwards and backwards.

        One month from 29 January is 28 February, two are 29 March. Raises ValueError for `once`.
        """
        if self.interval in DAYS:
            length = DAYS[self.interval] * self.count
            first = day - timedelta(days=(day - anchor).days % length)
            return Span(first, first + timedelta(days=length))
        if self.interval == "once":
            raise ValueError("what is due once has no interval")
        length, start = MONTHS[self.interval] * self.count, anchor.year * 12 + anchor.month - 1
        month = day.year * 12 + day.month - 1
        month -= (month - start) % length
        if month_boundary(month, anchor.day) > day:
            month -= length
        return Span(month_boundary(month, anchor.day), month_boundary(month + length, anchor.day))

    def due_until(self, day: date, anchor: date) -> date:
        """The day before which all days are due on an invoice made on `day`."""
        interval = self.interval_at(day, anchor)
        return interval.end if self.timing == "advance" else interval.first

    def size(self, span: Span, zone: str) -> int:
        """How much of an interval it is: days, or seconds by the clock of the zone."""
        if self.proration != "second":
            return span.days
        since, until = moments(span, zone)
        return int((until - since).total_seconds())

    def share(self, part: int, whole: int, currency: str) -> int:
        """What `part` of an interval costs, in micros; both are days, or seconds."""
        if not part or part == whole or self.proration == "none":
            return self.amount_micros if part else 0
        return share_micros(
            fee_micros=self.amount_micros,
            days=part,
            of_days=self.of_days or whole,
            currency=currency,
        )

    def step(self, before: int, part: int, whole: int, currency: str) -> int:
        """What `part` more costs when `before` was billed of the interval: as if both at once."""
        return self.share(before + part, whole, currency) - self.share(before, whole, currency)


@dataclass(frozen=True, slots=True)
class Piece:
    """Days of one interval that a fee is due for: `days` of the interval's `of_days`."""

    span: Span
    of_days: int
    amount_micros: int
    interval: Span | None = field(default=None, compare=False)

    @property
    def whole(self) -> bool:
        """It covers its whole interval."""
        return self.span.days == self.of_days


def due_pieces(
    *,
    fee: FeeTerms,
    active: Span,
    billed: tuple[Span, ...],
    anchor: date,
    currency: str,
    stands: Sequence[Standing] = (),
    zone: str = "UTC",
) -> tuple[Piece, ...]:
    """The pieces of `active` that no earlier invoice covers, cut at the fee's intervals.

    A piece costs what all days of its interval do, less what is billed for them: however the end
    was moved, together they come to what all would at once. What a note kept from being given back
    is billed still, so the note holds for days that come back. A fee without proration costs the
    whole on the first piece of an interval, then nothing.
    """
    pieces: list[Piece] = []
    for left in without(active, billed):
        day = left.first
        while day < left.end:
            interval = fee.interval_at(day, anchor)
            span = Span(day, min(interval.end, left.end))
            same = [one for one in stands if one.line.interval == interval]
            mine = [one for one in pieces if one.interval == interval]
            before = sum(one.size(fee) for one in same)
            before += sum(fee.size(one.span, zone) for one in mine)
            paid_for = sum(one.billed_micros for one in same) + sum(p.amount_micros for p in mine)
            whole = fee.size(interval, zone)
            due = fee.share(before + fee.size(span, zone), whole, currency)
            amount = max(due - paid_for, 0)
            if fee.proration == "none":
                paid = any(overlap(one, interval) for one in billed)
                amount = 0 if paid else fee.amount_micros
            pieces.append(Piece(span, interval.days, amount, interval))
            day = span.end
    return tuple(pieces)


def cut_piece(
    fee: FeeTerms, piece: Piece, days: Sequence[date], currency: str, zone: str = "UTC"
) -> tuple[Piece, ...]:
    """The piece in parts that begin on its first day and on `days`; together they cost the same.

    What is sold in whole stays whole.
    """
    if fee.proration == "none":
        return (piece,)
    rounding, size = _rounding(fee.amount_micros, currency), fee.size(piece.span, zone)
    found: list[Piece] = []
    first, before = piece.span.first, 0
    for end in (*days, piece.span.end):
        part = fee.size(Span(piece.span.first, end), zone)
        until = round_ratio(piece.amount_micros * part, size, rounding)
        if end == piece.span.end:
            until = piece.amount_micros
        found.append(Piece(Span(first, end), piece.of_days, until - before, piece.interval))
        first, before = end, until
    return tuple(found)


def share_micros(*, fee_micros: int, days: int, of_days: int, currency: str) -> int:
    """`fee x days / of_days`, rounded once half up to what the currency can pay, in micros.

    A fee that is itself finer than the minor unit keeps its own fineness; a whole period costs
    the fee exactly.
    """
    if days == of_days:
        return fee_micros
    return round_ratio(fee_micros * days, of_days, _rounding(fee_micros, currency))


def _rounding(fee_micros: int, currency: str) -> Rounding:
    own = len(show(fee_micros).partition(".")[2])
    return Rounding("half_up", max(minor_decimals(currency), own))


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of one fee on a document that is not void; in order of billing.

    `of`: the line from which this one gives back (negative), or the one that it takes back, since
    what that gave back from went with its document (positive). None on a line that bills days; and
    on older lines that give back, which go by their days. `notes_micros`: credit notes on it
    (negative) and debit notes. A draft's line covers its days, but nothing is given back from it:
    the draft is made again. `interval`: that of the fee of which its days are a part, None on older
    lines; `zone`: whose midnights bound its days.
    """

    id: int
    span: Span
    amount_micros: int
    of_days: int | None = None
    of: int | None = None
    notes_micros: int = 0
    is_draft: bool = False
    interval: Span | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a line that billed days: those not given back, and the money.

    `documents`: on how many these days were billed and given back. `debited_micros`: debit notes on
    what gave back.
    """

    line: Entry
    spans: tuple[Span, ...]
    given_back_micros: int  # zero or negative
    documents: int = 1
    debited_micros: int = 0

    @property
    def micros(self) -> int:
        """line - credit notes + debit notes - what was given back."""
        return self.billed_micros + self.line.notes_micros + self.debited_micros

    @property
    def billed_micros(self) -> int:
        """What was billed and given back, without notes."""
        return self.line.amount_micros + self.given_back_micros

    @property
    def credited_micros(self) -> int:
        """What notes took off it."""
        return max(-self.line.notes_micros, 0)

    def size(self, fee: FeeTerms) -> int:
        """How much of an interval stands: days, or seconds."""
        return sum(fee.size(span, self.line.zone) for span in self.spans)

    def whole(self, fee: FeeTerms) -> int:
        """How much its interval is."""
        if self.line.interval is None:
            return self.line.of_days or self.line.span.days
        return fee.size(self.line.interval, self.line.zone)


def by_interval(stands: Iterable[Standing]) -> list[list[Standing]]:
    """Those of one interval together, since they are priced together; an older line alone."""
    found: dict[Span | int, list[Standing]] = {}
    for one in stands:
        found.setdefault(one.line.interval or one.line.id, []).append(one)
    return list(found.values())


def price_difference(
    fee: FeeTerms, group: Sequence[Standing], currency: str
) -> tuple[int, int] | None:
    """What an interval's lines bill and what its days cost, without notes, where that differs.

    It may differ by a minor unit a document. What a credit note took is not given back again, so up
    to the notes more may stand.
    """
    billed = sum(one.billed_micros for one in group)
    unit = 10 ** (6 - minor_decimals(currency)) * sum(one.documents for one in group)
    size, noted = sum(one.size(fee) for one in group), sum(one.credited_micros for one in group)
    wholes = [group[0].whole(fee)] if fee.of_days is None else [group[0].whole(fee), fee.of_days]
    costs = [_exact_cost(fee, size, whole) for whole in wholes]
    if any(cost - unit <= billed <= cost + noted + unit for cost in costs):
        return None
    return billed, costs[0]


def _exact_cost(fee: FeeTerms, part: int, whole: int) -> int:
    if not part or part >= whole or fee.proration == "none":
        return fee.amount_micros if part else 0
    return round_ratio(fee.amount_micros * part, whole, Rounding("half_up", 6))


@dataclass(frozen=True, slots=True)
class Due:
    """A line to make for days that were billed: it gives back, or takes back a give-back."""

    span: Span
    amount_micros: int
    of: int


def standing(entries: Sequence[Entry]) -> tuple[Standing, ...]:
    """What of each line that billed days still stands, in order of billing.

    THE answer to "what is left of this fee line": asked when fees are drafted, days are given back,
    notes are made, and by the check of sums.
    """
    found: dict[int, Standing] = {}
    for entry in entries:
        if entry.amount_micros > 0 and entry.of is None:
            found[entry.id] = Standing(entry, (entry.span,), 0)
        elif entry.amount_micros < 0:
            for line in _gave(entry, found):
                found[line.line.id] = line
    return tuple(found.values())


def _gave(entry: Entry, found: dict[int, Standing]) -> list[Standing]:
    """The lines from which it gave back, after it; a note of all of it lets their days stand."""
    if entry.of is not None:
        lines = [found[entry.of]] if entry.of in found else []
    else:
        lines = [one for one in found.values() if _meets(one, entry.span)]
    rest = entry.amount_micros + entry.notes_micros
    left, debited = (entry.amount_micros, entry.notes_micros) if rest < 0 else (0, rest)
    after: list[Standing] = []
    for place, one in enumerate(lines, start=1):
        is_last = place == len(lines)
        took = left if is_last else max(left, -one.micros)
        lost = (entry.span,) if rest < 0 else ()
        after.append(
            replace(
                one,
                spans=tuple(kept for span in one.spans for kept in without(span, lost)),
                given_back_micros=one.given_back_micros + took,
                documents=one.documents + len(lost),
                debited_micros=one.debited_micros + (debited if is_last else 0),
            )
        )
        left -= took
    return after


def _meets(one: Standing, span: Span) -> bool:
    return any(overlap(mine, span) for mine in one.spans)


def give_back(
    *, fee: FeeTerms, entries: Sequence[Entry], ends: date, currency: str
) -> tuple[Due, ...]:
    """What must be given back when the last active day is the day before `ends`; all negative.

    The lines of an interval then stand for its days before `ends`, as if that had been known when
    they were billed; never more goes back than stands of a line.
    """
    if fee.unused == "keep" and fee.timing == "advance":
        return ()
    found: list[Due] = []
    for group in by_interval(standing(entries)):
        kept = sum(one.size(fee) for one in group)
        for one in sorted(group, key=_last_day, reverse=True):
            if not one.line.is_draft:
                found += _given_back(fee, one, kept, ends, currency)
            kept -= sum(fee.size(lost, one.line.zone) for lost in _lost_days(one, ends))
    return tuple(found)


def _last_day(one: Standing) -> date:
    return max((span.end for span in one.spans), default=date.min)


def _lost_days(one: Standing, ends: date) -> list[Span]:
    """Its days from `ends` on, the last first."""
    after = Span(ends, date.max)
    return [lost for span in reversed(one.spans) if (lost := overlap(span, after))]


def _given_back(
    fee: FeeTerms, one: Standing, kept: int, ends: date, currency: str
) -> Iterable[Due]:
    """Of one line; `kept` stands of its interval before."""
    mine, left, billed = one.size(fee), one.micros, one.billed_micros
    for lost in _lost_days(one, ends):
        size = fee.size(lost, one.line.zone)
        due = fee.step(kept - size, size, one.whole(fee), currency) if mine > size else billed
        kept, mine = kept - size, mine - size
        amount = min(due, left)
        if amount > 0:
            yield Due(lost, -amount, one.line.id)
            left, billed = left - amount, billed - amount
    gone = without(one.line.span, one.spans)
    if one.given_back_micros and gone:
        # A note had kept it from going back, and was taken back since.
        costs = fee.step(kept - mine, mine, one.whole(fee), currency)
        more = min(billed - costs - one.credited_micros, left)
        if more > 10 ** (6 - minor_decimals(currency)) * one.documents:
            yield Due(gone[-1], -more, one.line.id)


def take_back(entries: Sequence[Entry]) -> tuple[Due, ...]:
    """Undo what was given back from a line whose document is void since: the days are billed anew.

    And the other way about: what was taken back is given back again when the document that had
    given back is void too.
    """
    there = {entry.id for entry in entries}
    undone: dict[int, int] = {}
    for entry in entries:
        if entry.of is not None:
            undone[entry.of] = undone.get(entry.of, 0) + entry.amount_micros
    found: list[Due] = []
    for entry in _lost(entries, there):
        rest = entry.amount_micros + entry.notes_micros + undone.get(entry.id, 0)
        if rest and not entry.is_draft:
            found.append(Due(entry.span, -rest, entry.id))
    return tuple(found)


def _lost(entries: Sequence[Entry], there: set[int]) -> Iterable[Entry]:
    """Lines that give back from, or take back, what is there no more."""
    for place, entry in enumerate(entries):
        if entry.of is not None and entry.of not in there:
            yield entry
        elif entry.of is None and entry.amount_micros < 0:  # an older line: by its days
            found = {one.line.id: one for one in standing(entries[:place])}
            if not _gave(entry, found):
                yield entry
