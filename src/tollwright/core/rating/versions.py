"""A card's versions on one time line: a call that runs over a change of version is priced by piece.

Versions become one card whose rows are dated to the time their version is in force, so that the
walk (and its compiled twin) needs no other rule than that of dated rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import lcm

from tollwright.core.cards.card import MAX_BANDS, MAX_COMMON_UNIT_S, Band, Rate, RateCard
from tollwright.core.cards.read import CardError, Fault
from tollwright.core.rating.rate_lookup import ALWAYS


@dataclass(frozen=True, slots=True)
class Version:
    """A published card and the moment from which it is in force (aware UTC)."""

    starts_at: datetime
    card: RateCard


def on_one_line(versions: Sequence[Version]) -> RateCard:
    """One card of all versions; settings and allowances are those of the last one.

    Rows of a version hold from its start to the start of the next; the first version's rows hold
    before it too, as they say themselves, and stay in its order. Raises CardError where the
    versions do not agree on the settings that cannot change inside a call (zone, currency,
    family, crossing, rounding ...).
    """
    ordered = sorted(versions, key=lambda version: version.starts_at)
    latest = ordered[-1].card
    if any(_settings(version.card) != _settings(latest) for version in ordered):
        reason = "the versions differ in a setting that cannot change inside a call"
        raise CardError([Fault(None, "card", reason)])
    bands: dict[Band, str] = {}
    rates: list[Rate] = []
    for place, version in enumerate(ordered):
        begins = version.starts_at if place else None
        ends = ordered[place + 1].starts_at if place + 1 < len(ordered) else None
        names = _renamed(version.card.bands, bands)
        # Rows that begin before their version begin with it now: the latest start goes first.
        rows = sorted(version.card.rates, key=_start, reverse=True) if place else version.card.rates
        rates += [kept for rate in rows if (kept := _within(rate, begins, ends, names))]
    _check_size(rates, bands)
    named = tuple(replace(band, name=name) for band, name in bands.items())
    return replace(latest, rates=tuple(rates), bands=named)


def _settings(card: RateCard) -> RateCard:
    return replace(card, rates=(), bands=(), allowances=(), allow_negative=False)


def _start(rate: Rate) -> datetime:
    return rate.effective_from or ALWAYS


def _renamed(own: Sequence[Band], known: dict[Band, str]) -> dict[str, str]:
    """Names of a version's bands on the common line: one that changed gets a number behind."""
    names = {}
    for band in own:
        if band not in known:
            taken, name, number = set(known.values()), band.name, 2
            while name in taken:
                name, number = f"{band.name} ({number})", number + 1
            known[band] = name
        names[band.name] = known[band]
    return names


def _within(
    rate: Rate, begins: datetime | None, ends: datetime | None, names: dict[str, str]
) -> Rate | None:
    starts = max((m for m in (rate.effective_from, begins) if m), default=None)
    stops = min((m for m in (rate.effective_to, ends) if m), default=None)
    if starts and stops and starts >= stops:
        return None
    band = None if rate.band is None else names[rate.band]
    return replace(rate, effective_from=starts, effective_to=stops, band=band)


def _check_size(rates: Sequence[Rate], bands: dict[Band, str]) -> None:
    if len(bands) > MAX_BANDS:
        raise CardError([Fault(None, "bands", f"of all versions are more than {MAX_BANDS}")])
    if lcm(*{rate.unit_s for rate in rates}) > MAX_COMMON_UNIT_S:
        reason = f"of all versions have no common multiple up to {MAX_COMMON_UNIT_S}"
        raise CardError([Fault(None, "unit_s", reason)])
