"""What several answers share: money, instants, and finding a thing or saying it is not there."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, Field

from tollwright.core.money import MoneyError, micros, minor_decimals, scaled, show
from tollwright.domain.validation import FieldInvalid

Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda moment: moment.astimezone(UTC)),
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
