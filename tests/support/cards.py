"""Cards and calls over the whole space of options, for laws that must hold for all of them.

Prefixes, moments and durations come from small pools drawn near the edges of the card (bands,
dates, clock changes, intervals, steps), so that rows collide and calls cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product
from typing import TypeVar
from zoneinfo import ZoneInfo

from hypothesis import assume
from hypothesis import strategies as st

from tollwright.core.cards.bands import gaps
from tollwright.core.cards.card import (
    DAY_S,
    MAX_CALL_MS,
    MAX_FEE,
    MAX_PRICE_PER_MINUTE,
    MAX_REPEATED_CHARGE,
    PPM,
    Allowance,
    Band,
    BlockCharge,
    Grace,
    GraceMode,
    Lift,
    Rate,
    RateCard,
    Step,
    Unit,
    Window,
)
from tollwright.core.cards.check import check_card
from tollwright.core.money import MICRO, MODES, NANO, Rounding
from tollwright.core.rating.rate_call import CallInput

# Half-hour and two-hour summer times, offsets with seconds, a day that was left out.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Monrovia",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
SPOKEN_IN = (UTC, ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=-5)))
PREFIXES = ("", "4", "44", "447", "4477", "1", "12", "123", "1234567", "123456789012345")
ORIGINS = ("", "", "", "", "", "4", "49", "1")
MOMENTS = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2026-01-01T00:00:00+00:00",
        "2026-03-29T01:00:00+00:00",  # Berlin's clocks go forward
        "2026-10-25T01:00:00+00:00",  # and back
        "2026-10-04T15:30:00+00:00",  # Lord Howe goes forward by half an hour
        "2026-03-08T07:00:00+00:00",  # New York
        "2011-12-30T10:00:00+00:00",  # Apia leaves out a Friday
        "1972-01-07T00:44:30+00:00",  # Monrovia drops 44 minutes and 30 seconds
        "2026-12-25T00:00:00+00:00",
        "2026-07-03T17:59:30+00:00",
        "2026-07-06T07:59:59.999999+00:00",
        "2150-07-01T12:00:00+00:00",
        "1970-01-01T00:00:00+00:00",
        "2200-12-31T23:59:59+00:00",
    )
)
DATES = (date(2026, 1, 1), date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 25))
T = TypeVar("T")
U = TypeVar("U")
SECONDS = st.sampled_from((0, 1, 5, 6, 18, 29, 30, 31, 60, 61, 90, 180, 3600, DAY_S))
SPANS = st.sampled_from((1, 1, 6, 7, 18, 30, 60, 60, 61, 3600, DAY_S))
UNITS = st.sampled_from((60, 60, 60, 1, 7, 3600, DAY_S))


def _often(common: st.SearchStrategy[T], rare: st.SearchStrategy[U]) -> st.SearchStrategy[T | U]:
    return st.one_of(common, common, common, rare)


def amounts(high: int) -> st.SearchStrategy[int]:
    """Micros up to so many currency units, mostly small ones."""
    return _often(st.sampled_from((0, 1, 50_000, 999_999, 5_000_000)), st.integers(0, high * MICRO))


FEES = _often(st.just(0), amounts(MAX_FEE))
REPEATED = amounts(MAX_REPEATED_CHARGE)


@st.composite
def prices(draw: st.DrawFn, unit_s: int) -> int:
    """Nanos per unit, up to the bound of a card; negative ones too."""
    highest = MAX_PRICE_PER_MINUTE * NANO * unit_s // 60
    usual = st.sampled_from((1, 12_000_000, 4_400_000, 600_000_000, 333_333_333))
    price = draw(_often(usual, st.integers(-highest, highest)))
    return min(price, highest)


@st.composite
def steps(draw: st.DrawFn, unit_s: int) -> tuple[Step, ...]:
    starts = draw(st.lists(st.sampled_from((1, 6, 30, 31, 60, 180, 3600)), unique=True, max_size=4))
    return tuple(
        Step(
            from_s=start,
            price_nanos=draw(st.none() | prices(unit_s)),
            next_s=draw(st.none() | SPANS),
            charge_micros=draw(_often(st.just(0), REPEATED)),
        )
        for start in sorted(starts)
    )


@st.composite
def graces(draw: st.DrawFn) -> Grace:
    modes: tuple[GraceMode, ...] = ("threshold", "subtract", "add")
    mode = draw(st.sampled_from(modes))
    percent = draw(st.sampled_from((0, 1, 10, 100))) if mode == "add" else 0
    return Grace(mode, draw(SECONDS), percent)


@st.composite
def lifts(draw: st.DrawFn) -> Lift:
    above = draw(SECONDS.filter(lambda s: s < DAY_S))
    return Lift(above, draw(st.sampled_from((60, 61, 3600, DAY_S)).filter(lambda s: s > above)))


@st.composite
def plain_rates(draw: st.DrawFn, bands: Sequence[str]) -> Rate:
    """A row that needs no more than its prefix, its band and its dates."""
    unit_s = draw(UNITS)
    moments = st.none() | st.sampled_from(MOMENTS)
    return Rate(
        prefix=draw(st.sampled_from(PREFIXES[:6])),
        price_nanos=draw(prices(unit_s)),
        band=draw(st.sampled_from((None, *bands))),
        connect_fee_micros=draw(FEES),
        unit_s=unit_s,
        first_s=draw(st.sampled_from((0, 1, 1, 30, 60))),
        next_s=draw(st.sampled_from((1, 1, 6, 60))),
        effective_from=draw(moments),
        effective_to=draw(moments),
    )


@st.composite
def rates(draw: st.DrawFn, bands: Sequence[str]) -> Rate:
    """A row: every other one plain, and those with options mostly with few of them."""
    if draw(st.booleans()):
        return draw(plain_rates(bands))
    unit_s, first_s = draw(UNITS), draw(st.sampled_from((0, 1, 30, 60, 60, 3600)))
    low, high = draw(st.sampled_from(((None, None),) * 9 + ((3, 5), (None, 4), (5, None))))
    lowest = draw(FEES)
    highest = draw(_often(st.none(), amounts(MAX_FEE).filter(bool)))
    moments = st.none() | st.none() | st.sampled_from(MOMENTS)
    return Rate(
        prefix=draw(st.sampled_from(PREFIXES)),
        price_nanos=draw(prices(unit_s)),
        band=draw(st.sampled_from((None, *bands))),
        connect_fee_micros=draw(FEES),
        unit_s=unit_s,
        first_s=first_s,
        next_s=draw(SPANS),
        steps=draw(_often(st.just(()), steps(unit_s))),
        grace=draw(_often(st.none(), graces())),
        min_seconds=draw(_often(st.just(0), SECONDS)),
        min_charge_micros=lowest if highest is None else min(lowest, highest),
        max_charge_micros=highest,
        disconnect_fee_micros=draw(FEES),
        disconnect_after_s=draw(SECONDS),
        first_charge_micros=draw(_often(st.none(), FEES)) if first_s else None,
        block_charge=draw(_often(st.none(), st.builds(BlockCharge, SPANS, REPEATED))),
        lift=draw(_often(st.none(), lifts())),
        discount_ppm=draw(_often(st.just(0), st.integers(0, PPM))),
        blocked=draw(st.sampled_from((False,) * 9 + (True,))),
        origin_prefix=draw(st.sampled_from(ORIGINS)),
        length_min=low,
        length_max=high,
        effective_from=draw(moments),
        effective_to=draw(moments),
    )


MINUTES = st.sampled_from((0, 1, 90, 120, 150, 480, 1079, 1080, 1439, 1440))
DAYS = st.sampled_from(((1, 2, 3, 4, 5), (6, 7), (7,), (1, 2, 3, 4, 5, 6, 7)))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(MINUTES.filter(lambda m: m < DAY_S // 60))
    return Window(start, draw(MINUTES.filter(lambda m: m != start)), draw(DAYS))


@st.composite
def bands(draw: st.DrawFn) -> tuple[Band, ...]:
    """Up to four bands, and where they leave a gap, mostly a last one for the rest."""
    found = [
        Band(
            name=f"band {place}",
            weight=draw(st.sampled_from((10 - place, 5))),
            windows=tuple(draw(st.lists(windows(), min_size=1, max_size=2))),
            dates=tuple(sorted(draw(_often(st.just(()), st.sets(st.sampled_from(DATES)))))),
        )
        for place in range(draw(st.integers(0, 3)))
    ]
    if found and gaps(found) and draw(st.sampled_from((True, True, False))):
        found.append(Band("rest", -1))
    return tuple(found)


@st.composite
def allowances(draw: st.DrawFn, place: int) -> Allowance:
    units: tuple[Unit, ...] = ("seconds", "seconds", "calls", "money")
    unit = draw(st.sampled_from(units))
    # One amount for each unit, so that pools of one name agree.
    amount = {"seconds": 3600, "calls": 7, "money": 5_000_001}[unit]
    return Allowance(
        name=f"allowance {place}",
        unit=unit,
        amount=amount,
        prefixes=tuple(sorted(draw(st.sets(st.sampled_from(PREFIXES), min_size=1, max_size=3)))),
        step_s=draw(SPANS),
        weight=draw(st.sampled_from((0, 0, 1))),
        waives_connect_fee=draw(st.booleans()),
        excess=draw(st.sampled_from(("partial", "whole_free", "all_or_nothing"))),
        pool=draw(st.sampled_from(("", f"pool of {unit}"))),
        starts_at=draw(_often(st.none(), st.sampled_from(MOMENTS))),
        expires_at=draw(_often(st.none(), st.sampled_from(MOMENTS))),
    )


@st.composite
def rows(draw: st.DrawFn, names: Sequence[str]) -> list[Rate]:
    """One row, or as many of one prefix, origin and length as bands or dates take turns."""
    row = draw(rates(names))
    turn = draw(st.sampled_from(("bands", "dates", "alone")))
    if turn == "bands" and names:
        row = replace(row, effective_from=None, effective_to=None)
        return [replace(_like(draw(rates(names)), row), band=name) for name in names]
    if turn == "dates":
        change = draw(st.sampled_from(MOMENTS))
        until = replace(row, effective_from=None, effective_to=change)
        since = replace(_like(draw(rates(names)), row), effective_from=change, effective_to=None)
        return [until, replace(since, band=row.band)]
    return [row]


def _like(other: Rate, row: Rate) -> Rate:
    """Another price for the calls of this row."""
    return replace(
        other,
        prefix=row.prefix,
        origin_prefix=row.origin_prefix,
        length_min=row.length_min,
        length_max=row.length_max,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
    )


@st.composite
def cards(draw: st.DrawFn) -> RateCard:
    """A card that publishing would accept."""
    its_bands = draw(bands())
    names = [band.name for band in its_bands]
    many = draw(st.sampled_from((0, 0, 0, 1, 3)))
    families = draw(st.lists(rows(names), min_size=2, max_size=5))
    card = RateCard(
        rates=tuple(rate for family in families for rate in family),
        bands=its_bands,
        allowances=tuple(draw(allowances(place)) for place in range(many)),
        timezone=draw(st.sampled_from(ZONES)),
        family=draw(st.sampled_from(("initial_then_increment", "round_total"))),
        crossing=draw(st.sampled_from(("split", "split", "split", "at_start"))),
        unmatched=draw(st.sampled_from(("reject", "default"))),
        second_from_ms=draw(st.sampled_from((1, 1, 500, 1000, 300))),
        rounding=Rounding(draw(st.sampled_from(MODES)), draw(st.sampled_from((6, 6, 4, 2, 0)))),
        allow_negative=True,
    )
    return mended(card)


def mended(card: RateCard) -> RateCard:
    """The card without what publishing refuses; gives the example up where nothing is left."""
    if card.unmatched == "default" and not any(rate.prefix == "" for rate in card.rates):
        card = replace(card, rates=(*card.rates, Rate(prefix="", price_nanos=7_000_000)))
    for _ in range(4):
        faults = check_card(card)
        if not faults:
            break
        refused = {fault.row for fault in faults if fault.row is not None}
        if not refused:  # overlapping bands
            apart = (replace(band, weight=-place) for place, band in enumerate(card.bands))
            card = replace(card, bands=tuple(apart), unmatched="reject", allowances=())
        rest = tuple(rate for row, rate in enumerate(card.rates, 1) if row not in refused)
        card = replace(card, rates=rest)
    assume(card.rates and not check_card(card))
    return card


def interesting_moments(card: RateCard) -> list[datetime]:
    """Instants on the edges of a card: its dates, and the edges of its bands on some days."""
    zone = ZoneInfo(card.timezone)
    dates = (m for rate in card.rates for m in (rate.effective_from, rate.effective_to))
    moments = [moment for moment in dates if moment]
    for band in card.bands:
        for window in band.windows:
            for day in (*DATES, date(2026, 7, 3), date(2026, 7, 5)):
                minute = window.start_min if window.start_min else window.end_min
                wall = datetime(day.year, day.month, day.day, tzinfo=zone)
                moments.append((wall + timedelta(minutes=minute)).astimezone(UTC))
    return moments or list(MOMENTS)


WAITS = st.sampled_from((0, 1, -1, -29, -30, -59, -60, -61, -100, -3600, 40_000, -DAY_S))
FRACTIONS = st.sampled_from((0, 0, 1, 500_000, 999_999))
MILLISECONDS = st.sampled_from((0, 0, 1, 299, 300, 500, 999))
LENGTHS = st.one_of(
    st.builds(lambda s, ms: s * 1000 - ms, SECONDS.filter(bool), MILLISECONDS),
    st.sampled_from((2, 29, 30, 31, 60, 61, 62, 90, 100, 101, 400)).map(lambda s: s * 1000),
    st.integers(1, MAX_CALL_MS),
)
ABSURD_LENGTHS = st.sampled_from((0, -1, MAX_CALL_MS + 1))
TAILS = ("", "0", "1", "77", "7700", "900123", "5678901")
ABSURD_NUMBERS = ("", "44x", "4.4", "anonymous", "٤٤", "1234567890123456", "999")
CALLERS = ("", "49", "4930123456", "1", "12", "4")
ABSURD_CALLERS = ("x", "1234567890123456")


def interesting_numbers(card: RateCard) -> list[str]:
    """Numbers under the prefixes of a card."""
    found = {rate.prefix + tail for rate in card.rates for tail in TAILS}
    return sorted(number for number in found if 0 < len(number) <= 15)


@st.composite
def call_batches(draw: st.DrawFn, card: RateCard, size: int = 5) -> list[CallInput]:
    """Calls around the edges of this card, some of them absurd, keys not unique.

    Some numbers, moments and lengths, each with each: about size ** 3 calls for 4 * size draws.
    """
    near = st.sampled_from(interesting_moments(card))
    moments = draw(st.lists(st.tuples(near, WAITS, FRACTIONS), min_size=size, max_size=size))
    moments.append(draw(st.tuples(st.sampled_from(MOMENTS), WAITS, FRACTIONS)))
    called = st.sampled_from(interesting_numbers(card))
    numbers = draw(st.lists(called, min_size=size - 1, max_size=size - 1))
    numbers.append(draw(st.one_of(called, st.sampled_from(ABSURD_NUMBERS))))
    lengths = draw(st.lists(LENGTHS, min_size=size - 1, max_size=size - 1))
    lengths.append(draw(st.one_of(LENGTHS, ABSURD_LENGTHS)))
    callers = draw(st.lists(st.sampled_from(CALLERS), min_size=1, max_size=size))
    callers += draw(st.sampled_from(((),) * 9 + tuple((caller,) for caller in ABSURD_CALLERS)))
    return [
        CallInput(
            call_key=f"call {place * 7 % 11}",
            answered_at=(moment + timedelta(seconds=wait, microseconds=fraction)).astimezone(
                SPOKEN_IN[place % len(SPOKEN_IN)]
            ),
            answered_ms=ms,
            caller=callers[place % len(callers)],
            called=number,
        )
        for place, ((moment, wait, fraction), number, ms) in enumerate(
            product(moments, numbers, lengths)
        )
    ]
