"""What one version of a card changes against another, and how a deck's rows join a card's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Literal

from tollwright.core.cards.card import Rate, RateCard
from tollwright.core.cards.dump import dump_card

Mode = Literal["replace", "amend"]
What = Literal["new", "increased", "decreased", "changed", "unchanged", "blocked", "closed"]
WHATS: tuple[What, ...] = (
    *("new", "increased", "decreased", "changed", "unchanged", "blocked", "closed"),
)

_EVER = datetime.min.replace(tzinfo=UTC)
# all that a row says but when it begins
_CONTENT = attrgetter(*(field.name for field in fields(Rate) if field.name != "effective_from"))
_key = attrgetter("prefix", "origin_prefix", "length_min", "length_max", "band")
_code = attrgetter("prefix", "origin_prefix")
_Key = tuple[str, str, int | None, int | None, str | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one code (in one band); `old` or `new` is None where there is none."""

    what: What
    old: Rate | None
    new: Rate | None

    @property
    def prefix(self) -> str:
        """The code."""
        rate = self.new or self.old
        return "" if rate is None else rate.prefix


@dataclass(frozen=True, slots=True)
class CardDiff:
    """`changes` by code, without those that stay as they are; `counts` with them.

    `settings` names what differs outside the rows: (key, before, after) in the file's form.
    """

    changes: tuple[Change, ...]
    counts: dict[What, int]
    settings: tuple[tuple[str, object, object], ...] = ()


def diff_cards(old: RateCard, new: RateCard) -> CardDiff:
    """Rows and settings of two versions."""
    rows = diff_rates(old.rates, new.rates)
    return replace(rows, settings=tuple(diff_settings(old, new)))


def diff_rates(old: Iterable[Rate], new: Iterable[Rate]) -> CardDiff:
    """Compare rows by code, origin, lengths and band; of several dated ones the latest counts.

    Prices are compared per second, exactly. `changed`: another fee, increment, limit or name at
    the same price. That a row begins at another time is no change.
    """
    counts: dict[What, int] = dict.fromkeys(WHATS, 0)
    changes: list[Change] = []
    for what, before, after in _fates(old, new):
        counts[what] += 1
        if what != "unchanged":
            changes.append(Change(what, before, after))
    return CardDiff(tuple(sorted(changes, key=_place)), counts)


def count_changes(old: Iterable[Rate], new: Iterable[Rate]) -> dict[What, int]:
    """The `counts` of `diff_rates`, without its list."""
    counts: dict[What, int] = dict.fromkeys(WHATS, 0)
    for what, _, _ in _fates(old, new):
        counts[what] += 1
    return counts


def _fates(
    old: Iterable[Rate], new: Iterable[Rate]
) -> Iterator[tuple[What, Rate | None, Rate | None]]:
    before, after = _latest(old), _latest(new)
    for key, rate in after.items():
        held = before.get(key)
        yield _what(held, rate), held, rate
    for key, rate in before.items():
        if key not in after:
            yield "closed", rate, None


def _place(change: Change) -> tuple[str, str, str]:
    rate = change.new or change.old
    return ("", "", "") if rate is None else (rate.prefix, rate.origin_prefix, rate.band or "")


def _latest(rates: Iterable[Rate]) -> dict[_Key, Rate]:
    found: dict[_Key, Rate] = {}
    for rate in rates:
        key = _key(rate)
        held = found.setdefault(key, rate)
        if held is not rate and (rate.effective_from or _EVER) >= (held.effective_from or _EVER):
            found[key] = rate
    return found


def _what(old: Rate | None, new: Rate) -> What:
    if old is None:
        return "blocked" if new.blocked else "new"
    if old is new:
        return "unchanged"
    if old.blocked != new.blocked:
        return "blocked" if new.blocked else "changed"
    before, after = old.price_nanos * new.unit_s, new.price_nanos * old.unit_s
    if before != after:
        return "increased" if after > before else "decreased"
    return "unchanged" if _CONTENT(old) == _CONTENT(new) else "changed"


def diff_settings(old: RateCard, new: RateCard) -> Iterable[tuple[str, object, object]]:
    """(key, before, after) of the settings that differ, in the card file's form."""
    before, after = (dump_card(replace(card, rates=())) for card in (old, new))
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def merge(
    old: Sequence[Rate], deck: Sequence[Rate], mode: Mode, withdrawn: Sequence[Rate] = ()
) -> list[Rate]:
    """The rows of the next version: the deck's, and those of the old one that still count.

    A code's old row stays until the deck's row for it begins, where that is later than the deck's
    first date. In `amend` the codes that the deck lacks stay; in `replace` they go. The old rows of
    a `withdrawn` code end when its row there begins, whatever the mode.
    """
    starts = [rate.effective_from for rate in deck]
    first = min((start or _EVER for start in starts), default=_EVER)
    begins: dict[tuple[str, str], datetime] = {}
    for rate, start in zip(deck, starts, strict=True):
        code, moment = _code(rate), start or _EVER
        begins[code] = min(begins.get(code, moment), moment)
    for rate in withdrawn:
        code, moment = _code(rate), rate.effective_from or _EVER
        begins[code] = min(begins.get(code, moment), moment)
    dated = not all(moment <= first for moment in begins.values())
    if mode == "replace" and not dated and all((start or _EVER) == first for start in starts):
        return list(deck)
    kept = [row for rate in old if (row := _kept(rate, begins.get(_code(rate)), first, mode))]
    return [*kept, *deck]


def _kept(rate: Rate, begins: datetime | None, first: datetime, mode: Mode) -> Rate | None:
    if begins is None:
        return rate if mode == "amend" else None
    if begins <= first or (rate.effective_from or _EVER) >= begins:
        return None
    if rate.effective_to is not None and rate.effective_to <= begins:
        return rate if rate.effective_to > first else None
    return replace(rate, effective_to=begins)


def begins_without_price(
    old: Iterable[Rate], new: Sequence[Rate], at: datetime
) -> tuple[int, str, datetime] | None:
    """Codes that `old` prices at `at` and `new` prices only later: how many, the first of them,
    and when the last of them begins. None: there are none."""
    late: dict[tuple[str, str], datetime] = {}
    for rate in new:
        if rate.effective_from is not None and rate.effective_from > at:
            code = _code(rate)
            late[code] = min(late.get(code, rate.effective_from), rate.effective_from)
    if not late:
        return None
    held = {_code(rate) for rate in new if rate.effective_from is None or rate.effective_from <= at}
    waiting = late.keys() - held
    hit = {_code(rate) for rate in old if _code(rate) in waiting and _open_at(rate, at)}
    if not hit:
        return None
    return len(hit), min(hit)[0], max(late[code] for code in hit)


def _open_at(rate: Rate, at: datetime) -> bool:
    if rate.effective_from is not None and rate.effective_from > at:
        return False
    return rate.effective_to is None or rate.effective_to > at
