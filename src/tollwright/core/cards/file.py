"""The JSON file form of a card: load with every check of publishing, dump, and content hash.

`dump_card` leaves out what is at its default, so a card has one canonical form however much of it
was spelt out; its sha256 is the audit identity of "which prices".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from tollwright.core.cards import card as c
from tollwright.core.cards.check import check_card
from tollwright.core.cards.dump import SECOND_ROUNDING, dump_card
from tollwright.core.cards.read import (
    CardError,
    Fault,
    FieldError,
    Reader,
    as_bool,
    as_date,
    as_digits,
    as_discount,
    as_list,
    as_micros,
    as_minute,
    as_moment,
    as_nanos,
    as_text,
    as_whole,
    one_of,
    remembered,
    words,
)
from tollwright.core.money import MODES, Mode, MoneyError, Rounding

__all__ = [
    "CardError",
    "Fault",
    "canonical_json",
    "content_hash",
    "dump_card",
    "load_card",
    "read_rate",
]

Moment = Callable[[object], datetime]

CARD_KEYS = words(
    "side currency timezone family crossing unmatched second_rounding rounding bands rates"
    " allowances allow_negative"
)
BAND_KEYS = frozenset(("name", "weight", "windows", "dates"))
WINDOW_KEYS = frozenset(("days", "start", "end"))
STEP_KEYS = frozenset(("from_s", "price", "next_s", "charge"))
GRACE_KEYS = frozenset(("mode", "seconds", "percent"))
ALLOWANCE_KEYS = words(
    "name prefixes unit amount step_s weight waives_connect_fee excess pool per starts_at"
    " expires_at"
)
ONE_ZONE = ZoneInfo("UTC")

FEE = as_micros(c.MAX_FEE)
REPEATED = as_micros(c.MAX_REPEATED_CHARGE)
DIGITS = as_digits(c.MAX_DIGITS)
SPAN = as_whole(1, c.DAY_S)
SECONDS = as_whole(0, c.DAY_S)
WEIGHT = as_whole(-1_000_000, 1_000_000)


def load_card(data: Mapping[str, object]) -> c.RateCard:
    """The card of a parsed JSON object.

    Raises CardError with every fault that publishing refuses.
    """
    faults: list[Fault] = []
    reader = Reader(data, faults)
    reader.only(CARD_KEYS)
    zone = reader.get("timezone", ONE_ZONE, as_zone)
    moment = remembered(as_moment(zone))
    rates: list[object] = reader.need("rates", [], as_list)
    card = c.RateCard(
        rates=tuple(
            read_rate(Reader(element, faults, row=row), moment)
            for row, element in enumerate(rates, 1)
        ),
        bands=tuple(_band(Reader(e, faults, path=p)) for e, p in reader.objects("bands")),
        allowances=tuple(
            _allowance(Reader(e, faults, path=p), moment) for e, p in reader.objects("allowances")
        ),
        side=reader.get("side", "sell", one_of("sell", "buy")),
        currency=reader.get("currency", "USD", as_currency),
        timezone=zone.key,
        family=reader.get(
            "family", "initial_then_increment", one_of("initial_then_increment", "round_total")
        ),
        crossing=reader.get("crossing", "split", one_of("split", "at_start")),
        unmatched=reader.get("unmatched", "reject", one_of("reject", "default")),
        second_from_ms=reader.get("second_rounding", 1, as_second_rounding),
        rounding=_rounding(reader),
        allow_negative=reader.get("allow_negative", False, as_bool),
    )
    faults.extend(check_card(card))
    if faults:
        raise CardError(sorted(faults, key=_by_place))
    return card


def _by_place(fault: Fault) -> tuple[bool, int]:
    return (fault.row is not None, fault.row or 0)


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None


def as_zone(value: object) -> ZoneInfo:
    zone = _zone(as_text(value))
    if zone is None:
        raise FieldError(f"{value!r} is not a time zone of the IANA list, such as Europe/Berlin")
    return zone


def as_currency(value: object) -> str:
    text = as_text(value)
    if not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise FieldError(f"{text!r} is not a currency code such as USD")
    return text


def as_second_rounding(value: object) -> int:
    if isinstance(value, str) and value in SECOND_ROUNDING:
        return SECOND_ROUNDING[value]
    if isinstance(value, Mapping) and value.keys() == {"from_ms"}:
        return as_whole(1, 1000)(value["from_ms"])
    raise FieldError(f'{value!r} is none of up, nearest, down, {{"from_ms": n}}')


def _rounding(card: Reader) -> Rounding:
    if card.data.get("rounding") is None:
        return Rounding()
    reader = Reader(card.data["rounding"], card.faults, path="rounding")
    reader.only(frozenset(("mode", "decimals")))
    mode: Mode = reader.get("mode", "half_up", one_of(*MODES))
    return Rounding(mode, reader.get("decimals", 6, as_whole(0, 6)))


# key -> (attribute of Rate, parser); what holds an object or a list is in _NESTED, the moments
# are added for the zone of a card
_PLAIN: dict[str, tuple[str, Callable[[object], object]]] = {
    "prefix": ("prefix", DIGITS),
    "price": ("price_nanos", remembered(as_nanos)),
    "name": ("name", as_text),
    "band": ("band", as_text),
    "connect_fee": ("connect_fee_micros", FEE),
    "unit_s": ("unit_s", SPAN),
    "first_s": ("first_s", SECONDS),
    "next_s": ("next_s", SPAN),
    "min_seconds": ("min_seconds", SECONDS),
    "min_charge": ("min_charge_micros", FEE),
    "max_charge": ("max_charge_micros", FEE),
    "disconnect_fee": ("disconnect_fee_micros", FEE),
    "disconnect_after_s": ("disconnect_after_s", SECONDS),
    "first_charge": ("first_charge_micros", FEE),
    "discount_percent": ("discount_ppm", as_discount),
    "blocked": ("blocked", as_bool),
    "origin_prefix": ("origin_prefix", DIGITS),
    "length_min": ("length_min", as_whole(0, c.MAX_DIGITS)),
    "length_max": ("length_max", as_whole(0, c.MAX_DIGITS)),
}


def read_rate(reader: Reader, moment: Moment) -> c.Rate:
    """One row; its faults are noted with its number.

    It looks at the keys that are there only: a deck has 300 000 rows of three or four.
    """
    fields: dict[str, Any] = {"prefix": "", "price_nanos": 0}
    for key, value in reader.data.items():
        attribute, parse = _PLAIN.get(key, (key, None))
        if key in ("effective_from", "effective_to"):
            parse = moment
        if value is None or (parse is None and key in _NESTED):
            continue
        try:
            if parse is None:
                raise FieldError("unknown key")
            fields[attribute] = parse(value)
        except (FieldError, MoneyError) as error:
            reader.fault(str(key), str(error))
    for key, read in _NESTED.items():
        if key in reader.data:
            fields[key] = read(reader)
    if reader.data.get("prefix") is None:
        reader.fault("prefix", "missing")
    if reader.data.get("price") is None and not fields.get("blocked"):
        reader.fault("price", "missing")
    return c.Rate(**fields)


def _steps(rate: Reader) -> tuple[c.Step, ...]:
    if not rate.data.get("steps"):
        return ()
    readers = [Reader(e, rate.faults, row=rate.row, path=p) for e, p in rate.objects("steps")]
    return tuple(_step(reader) for reader in readers)


def _step(reader: Reader) -> c.Step:
    reader.only(STEP_KEYS)
    return c.Step(
        from_s=reader.need("from_s", 1, SPAN),
        price_nanos=reader.get("price", None, as_nanos),
        next_s=reader.get("next_s", None, SPAN),
        charge_micros=reader.get("charge", 0, REPEATED),
    )


def _inner(rate: Reader, key: str, known: frozenset[str]) -> Reader | None:
    """The reader of an object inside a row, None when it is absent."""
    if rate.data.get(key) is None:
        return None
    reader = Reader(rate.data[key], rate.faults, row=rate.row, path=key)
    reader.only(known)
    return reader


def _grace(rate: Reader) -> c.Grace | None:
    reader = _inner(rate, "grace", GRACE_KEYS)
    if reader is None:
        return None
    mode: c.GraceMode = reader.get("mode", "threshold", one_of("threshold", "subtract", "add"))
    grace = c.Grace(
        mode, reader.get("seconds", 0, SECONDS), reader.get("percent", 0, as_whole(0, 100))
    )
    if grace.percent and mode != "add":
        reader.fault("percent", 'only a grace of mode "add" can be a percentage')
    return grace if grace.seconds or grace.percent else None  # no grace, in whatever mode


def _block_charge(rate: Reader) -> c.BlockCharge | None:
    reader = _inner(rate, "block_charge", frozenset(("every_s", "amount")))
    if reader is None:
        return None
    every_s, amount = reader.need("every_s", 1, SPAN), reader.need("amount", 0, REPEATED)
    return c.BlockCharge(every_s, amount)


def _lift(rate: Reader) -> c.Lift | None:
    reader = _inner(rate, "lift", frozenset(("above_s", "to_s")))
    if reader is None:
        return None
    return c.Lift(reader.need("above_s", 0, SECONDS), reader.need("to_s", 1, SECONDS))


_NESTED: dict[str, Callable[[Reader], object]] = {
    "steps": _steps,
    "grace": _grace,
    "block_charge": _block_charge,
    "lift": _lift,
}


def _band(reader: Reader) -> c.Band:
    reader.only(BAND_KEYS)
    windows = [Reader(e, reader.faults, path=p) for e, p in reader.objects("windows")]
    dates: list[date] = reader.get("dates", [], _dates)
    return c.Band(
        name=reader.need("name", "", as_text),
        weight=reader.get("weight", 0, WEIGHT),
        windows=tuple(_window(window) for window in windows) or (c.Window(),),
        dates=tuple(sorted(set(dates))),
    )


def _dates(value: object) -> list[date]:
    return [as_date(element) for element in as_list(value)]


def _window(reader: Reader) -> c.Window:
    reader.only(WINDOW_KEYS)
    window = c.Window(
        start_min=reader.get("start", 0, as_minute),
        end_min=reader.get("end", 1440, as_minute),
        days=tuple(sorted(set(reader.get("days", list(range(1, 8)), _days)))),
    )
    if window.start_min == window.end_min:
        reader.fault("end", 'is the same as start: a whole day is "00:00" to "24:00"')
    return window


def _days(value: object) -> list[int]:
    days = [as_whole(1, 7)(element) for element in as_list(value)]
    if not days:
        raise FieldError("names no day: leave it out for every day")
    return days


def _allowance(reader: Reader, moment: Moment) -> c.Allowance:
    reader.only(ALLOWANCE_KEYS)
    unit: c.Unit = reader.get("unit", "seconds", one_of("seconds", "calls", "money"))
    amount = FEE if unit == "money" else as_whole(0, 10**12)
    return c.Allowance(
        name=reader.need("name", "", as_text),
        unit=unit,
        amount=reader.need("amount", 0, amount),
        prefixes=tuple(sorted(set(reader.get("prefixes", [""], _prefixes)))),
        step_s=reader.get("step_s", 1, SPAN),
        weight=reader.get("weight", 0, WEIGHT),
        waives_connect_fee=reader.get("waives_connect_fee", False, as_bool),
        excess=reader.get("excess", "partial", one_of("partial", "whole_free", "all_or_nothing")),
        pool=reader.get("pool", "", as_text),
        per=reader.get("per", "customer", one_of("customer", "campaign")),
        starts_at=reader.get("starts_at", None, moment),
        expires_at=reader.get("expires_at", None, moment),
    )


def _prefixes(value: object) -> list[str]:
    return [DIGITS(element) for element in as_list(value)] or [""]


def canonical_json(data: object) -> bytes:
    """One byte form for one content: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_iso
    ).encode()


def _iso(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is not part of a card")


def content_hash(card: c.RateCard) -> str:
    """sha256 (hex) of the card's canonical form; the order of rows belongs to it."""
    return hashlib.sha256(canonical_json(dump_card(card))).hexdigest()
