"""Bands and zone of a card as tables: what `instant` and `short` look up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from tollwright.core.cards.bands import date_spans, week_spans
from tollwright.core.cards.card import Band
from tollwright.core.instants import EPOCH
from tollwright.kernel.arrays import Int32, Int64
from tollwright.kernel.rating.layout import DAY_MIN, FIRST_DAY, LAST_DAY, UNTIL_BITS

DAY_S = 86_400
LOOK_S = DAY_S  # how far apart offsets are compared: no zone moves there and back in a day


@dataclass(frozen=True, slots=True)
class Calendar:
    """`days`: the template of each day; `minutes`: of each minute of a template the mask and how
    long it lasts; `masks`: the distinct sets of bands, bit i for band i."""

    days: Int32
    minutes: Int32
    masks: Int64


NO_BANDS = Calendar(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(1, np.int64))


def calendar(bands: Sequence[Band]) -> Calendar:
    """The wall-clock tables of a card's bands; empty ones where it has none."""
    if not bands:
        return NO_BANDS
    week = _week(bands)
    days = (np.arange(FIRST_DAY, LAST_DAY) + 3) % 7  # 1970-01-01 was a Thursday
    templates = [week[day] for day in range(7)]
    for day, spans in _dated(bands).items():
        place = (day - EPOCH.date()).days - FIRST_DAY
        if 0 <= place < len(days):
            templates.append(_overlaid(templates[days[place]], spans))
            days[place] = len(templates) - 1
    distinct, place_of = np.unique(np.stack(templates), axis=0, return_inverse=True)
    masks, ids = np.unique(distinct, return_inverse=True)
    ids = ids.reshape(distinct.shape)
    words = (ids << UNTIL_BITS) | _until(ids)
    return Calendar(
        place_of.reshape(-1)[days].astype(np.int32), words.astype(np.int32).reshape(-1), masks
    )


def _week(bands: Sequence[Band]) -> Int64:
    week = np.zeros(7 * DAY_MIN, np.int64)
    for place, band in enumerate(bands):
        for start, end in () if band.dates else week_spans(band):
            week[start:end] |= 1 << place
    return week.reshape(7, DAY_MIN)


def _dated(bands: Sequence[Band]) -> dict[date, list[tuple[int, int, int]]]:
    days: dict[date, list[tuple[int, int, int]]] = {}
    for place, band in enumerate(bands):
        for day, start, end in date_spans(band):
            days.setdefault(day, []).append((start, end, 1 << place))
    return days


def _overlaid(template: Int64, spans: list[tuple[int, int, int]]) -> Int64:
    overlaid = template.copy()
    for start, end, bit in spans:
        overlaid[start:end] |= bit
    return overlaid


def _until(ids: Int64) -> Int64:
    """Minutes from each minute to the next change of its template, or to the end of the day."""
    minutes = np.arange(DAY_MIN)
    rows = []
    for template in ids:
        changes = np.append(np.flatnonzero(template[1:] != template[:-1]) + 1, DAY_MIN)
        rows.append(changes[np.searchsorted(changes, minutes, side="right")] - minutes)
    return np.stack(rows)


@lru_cache(maxsize=64)
def zone_table(name: str) -> tuple[int, ...]:
    """(start in seconds since 1970, offset in seconds) of every stretch of one offset, flat."""
    zone = ZoneInfo(name)
    table = [FIRST_DAY * DAY_S, _offset(zone, FIRST_DAY * DAY_S)]
    for second in _changes(zone):
        table += [second, _offset(zone, second)]
    return tuple(table)


def _changes(zone: ZoneInfo) -> Iterator[int]:
    low, before = FIRST_DAY * DAY_S, _offset(zone, FIRST_DAY * DAY_S)
    while low < LAST_DAY * DAY_S:
        high = low + LOOK_S
        if (after := _offset(zone, high)) != before:
            yield _change_in(zone, low, high)
            before = after
        low = high


def _change_in(zone: ZoneInfo, low: int, high: int) -> int:
    """The second in (low, high] at which the offset moves, by halving."""
    before = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, second: int) -> int:
    at = (EPOCH + timedelta(seconds=second)).astimezone(zone)
    return int((at.utcoffset() or timedelta()).total_seconds())
