"""What several answers share: money, instants, and finding a thing or saying it is not there."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from tollwright.core.money import MoneyError, micros, minor_decimals, scaled, show
from tollwright.domain.validation import FieldInvalid
from tollwright.web.shared.filters import FIRST_YEAR, LARGEST_ID, LAST_YEAR, day_of, id_of


def _moment(value: object) -> object:
    """A moment that a program sends is written out; a number of seconds is none."""
    if isinstance(value, datetime):
        return value
    if not (isinstance(value, str) and _MOMENT.match(value) and _in_range(value[:4])):
        raise ValueError(f"write it as 2026-10-05T10:00:00Z, {YEARS}")
    return value


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    if not (isinstance(value, str) and day_of(value)):
        raise ValueError(f"write it as 2026-10-05, of the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _whole(value: object) -> object:
    """Digits alone, as a number or (in an address) as text."""
    if isinstance(value, str):
        value = id_of(value)
    if type(value) is not int or not 0 <= value <= LARGEST_ID:
        raise ValueError("write a whole number in digits, such as 7")
    return value


def _in_range(year: str) -> bool:
    return FIRST_YEAR <= int(year) <= LAST_SENT


LAST_SENT = 2999  # far from the edge; what is too far ahead is said by what takes it
YEARS = f"of the years {FIRST_YEAR} to {LAST_SENT}"
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}")
Id = Annotated[int, BeforeValidator(_whole)]
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda moment: moment.astimezone(UTC)),
    BeforeValidator(_moment),
    Field(description="ISO 8601 with an offset; answers are in UTC"),
]
Decimal = Annotated[str, Field(description="a plain decimal, exact", examples=["12.34"])]


class Money(Schema):
    """An exact amount: a decimal as text, so that no program makes a float of it on the way."""

    amount: Decimal
    currency: Annotated[str, Field(description="ISO 4217", examples=["EUR"])]


def money(amount_micros: int, currency: str) -> Money:
    """Micros as an amount; at least the currency's decimals, more where it is finer."""
    return Money(amount=show(amount_micros, minor_decimals(currency)), currency=currency)


def read_amount(value: str, field: str = "amount") -> int:
    """Micros of a decimal text. Raises FieldInvalid."""
    try:
        return micros(value)
    except MoneyError as error:
        raise FieldInvalid(field, f'{error}: write it as "12.34".') from None


def read_percent(value: str, field: str) -> int:
    """Parts in a million of a percentage with up to 4 decimals. Raises FieldInvalid."""
    try:
        return scaled(value, 4)
    except MoneyError as error:
        raise FieldInvalid(field, f'{error}: write it as "12.5".') from None


def given(payload: Schema) -> dict[str, Any]:
    """The fields that the caller sent, so that a PATCH changes nothing else."""
    return payload.model_dump(exclude_unset=True)
