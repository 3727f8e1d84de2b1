"""How figures read on paper: amounts that align, dates, durations, international numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tollwright.core.money import minor_decimals, show
from tollwright.core.numbers import display

MINUS = "\N{MINUS SIGN}"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def amount_text(micros: int, currency: str, decimals: int | None = None) -> str:
    """`1234567890` EUR is `1,234.56789`: the minor unit's decimals, or as many as there are.

    `decimals` asks for more. A digit that is there is never left out.
    """
    plain = show(abs(micros), minor_decimals(currency) if decimals is None else decimals)
    whole, point, fraction = plain.partition(".")
    sign = MINUS if micros < 0 else ""
    return f"{sign}{int(whole):,}{point}{fraction}"


def decimals_of(amounts: Iterable[int], currency: str) -> int:
    """The decimals that a column of amounts needs: the finest one's, at least the minor unit's."""
    return max(
        (len(amount_text(micros, currency).partition(".")[2]) for micros in amounts),
        default=minor_decimals(currency),
    )


def aligned(micros: int, currency: str, decimals: int) -> list[str]:
    """[text, filler]: the text as short as `amount_text`, and what it lacks to `decimals`.

    Printed with the filler invisible, a column's decimal points stand below one another.
    """
    text = amount_text(micros, currency)
    return [text, amount_text(micros, currency, decimals)[len(text) :]]


def day_text(day: date) -> str:
    """`1 October 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def span_text(first: date, last: date) -> str:
    """`1 – 31 October 2026`, `15 September – 14 October 2026`; one day is that day."""
    if first == last:
        return day_text(first)
    start = str(first.day)
    if (first.month, first.year) != (last.month, last.year):
        start += f" {_MONTHS[first.month - 1]}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"{start} – {day_text(last)}"


def duration_text(seconds: int) -> str:
    """`1:02:03`; more than a day stays in hours."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:,}:{minutes % 60:02}:{rest:02}"


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-10-03 14:05:09` on the clock of `zone`."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def number_text(called: str) -> str:
    """E.164 digits in international form; a name or a short code stays as it is."""
    if not (called.isascii() and called.isdecimal()):
        return called
    return display(called)
