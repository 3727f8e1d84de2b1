"""From a switch's time text to an instant in UTC, quickly.

Text stamps are local and without a zone nearly everywhere, so a `Clock` holds the zone of the
Source. Offsets are looked up once per hour of the calendar and kept; a stamp then costs two
dictionary reads and one addition. Epochs (`1795336445.805709`) are instants already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tollwright.core.formats.base import BadRowError, OptionsError
from tollwright.core.instants import moment_of

_TAILS = {
    f":{minute:02}:{second:02}": timedelta(minutes=minute, seconds=second)
    for minute in range(60)
    for second in range(60)
}
_NOT = frozenset({"", "0", "NULL", "null", "\\N", "0.000000"})
_NUMBER = re.compile(r"\d{1,16}(?:\.\d+)?")
_LAST_EPOCH_S = 32_503_680_000  # the year 3000: more than that is milliseconds or microseconds
_HOURS_KEPT = 50_000
_YEARS = range(1900, 9_000)  # moments around these can be reckoned with
_MINUTES = re.compile(r"\S+[ T]\d\d?:\d\d(?!:|\d)")


class Clock:
    """Reads the time texts of one Source. `twice` holds hours that a change of the clock repeats,
    cuts or skips."""

    def __init__(self, zone: str) -> None:
        """Raises OptionsError for a zone that is not in the IANA list."""
        try:
            self.zone = ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise OptionsError(
                f"The time zone {zone!r} is not known: use an IANA name such as Europe/Berlin."
            ) from None
        self._hours: dict[str, datetime] = {}
        self.twice: set[str] = set()

    def at(self, text: str) -> datetime | None:
        """The instant of `text`, None for "not" (empty, 0, 1970). Raises BadRowError."""
        base = self._hours.get(text[:13])
        tail = _TAILS.get(text[13:])
        if base is None or tail is None:
            return self._unusual(text)
        return base + tail

    def column(self, texts: Sequence[str]) -> list[datetime | None]:
        """`at` for each text; a block of usual stamps costs two look-ups and a sum a row."""
        hours = self._hours
        for head, text in {text[:13]: text for text in texts}.items():
            if head not in hours:
                self.at(text)
        try:
            return [hours[text[:13]] + _TAILS[text[13:]] if text else None for text in texts]
        except KeyError:
            return [self.at(text) for text in texts]

    def readings(self, text: str) -> list[datetime]:
        """Every instant `text` can mean, earliest first: none, one, or two in a repeated hour. A
        text that no clock shows is read with the offset before the change."""
        first = self.at(text) if text else None
        if first is None:
            return []
        if text[:13] not in self.twice:
            return [first]
        second = self._again(text)
        return [first, second] if second > first else [first]

    def skips(self, text: str) -> bool:
        """Whether a change of the clock skips this moment."""
        return text[:13] in self.twice and self._again(text) < self.readings(text)[0]

    def _again(self, text: str) -> datetime:
        return _naive(text).replace(tzinfo=self.zone, fold=1).astimezone(UTC)

    def _unusual(self, text: str) -> datetime | None:
        if text.strip() in _NOT or text.startswith(("0000", "1970-01-01", "1969-12-31")):
            return None
        if _NUMBER.fullmatch(text):
            return _epoch(text)
        stamp = _naive(text)
        if stamp.year not in _YEARS:
            raise BadRowError(
                "time", f"{text[:40]!r} lies outside the years that our calendar of calls has."
            )
        if stamp.tzinfo is not None:
            return stamp.astimezone(UTC)
        self._learn(text[:13], stamp)
        return stamp.replace(tzinfo=self.zone).astimezone(UTC)

    def _learn(self, hour: str, stamp: datetime) -> None:
        first = stamp.replace(minute=0, second=0, microsecond=0, tzinfo=self.zone)
        last = first.replace(minute=59, second=59)
        offsets = {first.utcoffset(), last.utcoffset()}
        folded = {first.replace(fold=1).utcoffset(), last.replace(fold=1).utcoffset()}
        if folded != offsets or len(offsets) > 1:
            self.twice.add(hour)
        if len(offsets) > 1 or not _is_hour(hour):
            return
        if len(self._hours) >= _HOURS_KEPT:
            self._hours.clear()
        self._hours[hour] = first.astimezone(UTC)


def grain_ms(*texts: str) -> int:
    """How fine some stamps are: 60 000 if one of them is told to the minute, else 1 000."""
    coarse = any(len(text) != 19 and _MINUTES.match(text) for text in texts)
    return 60_000 if coarse else 1_000


def _is_hour(text: str) -> bool:
    return len(text) == 13 and text[4] == "-" and text[7] == "-" and text[10] in " T"


def _epoch(text: str) -> datetime | None:
    whole, _, fraction = text.partition(".")
    seconds = int(whole)
    if seconds > _LAST_EPOCH_S:
        unit = 1_000 if seconds < _LAST_EPOCH_S * 1_000 else 1
        return moment_of(seconds * unit)
    micros = seconds * 1_000_000 + int((fraction + "000000")[:6])
    return moment_of(micros) if micros >= 86_400_000_000 else None


def _naive(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadRowError(
            "time",
            f"{text[:40]!r} is not a time: expected 2026-11-22 08:34:05 or an epoch. If the"
            " file has another column order, state its columns in the Source.",
        ) from None
