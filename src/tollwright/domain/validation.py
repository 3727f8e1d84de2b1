"""From what a user typed, or a constraint refused, to a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import is_currency
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, models, transaction

from tollwright.domain.errors import DomainError

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")  # all but the line feed


class FieldInvalid(DomainError):
    """A value that does not fit its field; `field` names it for forms."""

    code = "invalid_field"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@contextmanager
def explained(refusals: Mapping[str, DomainError]) -> Iterator[None]:
    """Run in a savepoint; a violated constraint raises the error that `refusals` has for its name.

    A constraint that is not named there is a bug and goes on as it is.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        refusal = refusals.get(constraint_of(error))
        if refusal is None:
            raise
        raise refusal from error


def constraint_of(error: IntegrityError) -> str:
    """The name of the violated constraint, '' where PostgreSQL gives none (triggers)."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


def change(row: models.Model, changes: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """Set the fields that differ; what they were, and their names. The caller saves and records."""
    before = {name: getattr(row, name) for name in changes if getattr(row, name) != changes[name]}
    for name in before:
        setattr(row, name, changes[name])
    return before, sorted(before)


def text(field: str, value: str, *, longest: int, lines: bool = False) -> str:
    """A text that is not empty, trimmed, without control characters; raises FieldInvalid."""
    trimmed = value.strip()
    if not trimmed:
        raise FieldInvalid(field, f"{_name(field)} is empty: please give one.")
    return _fitting(field, trimmed, longest, lines)


def code(value: str) -> str:
    """One word of at most 40 characters; raises FieldInvalid."""
    found = text("code", value, longest=40)
    if re.search(r"\s", found):
        raise FieldInvalid("code", f"{value!r} has a space in it: a code is one word.")
    return found


def optional(field: str, value: str, *, longest: int, lines: bool = False) -> str:
    """As `text`, but may be empty."""
    return _fitting(field, value.strip(), longest, lines)


def _fitting(field: str, value: str, longest: int, lines: bool) -> str:
    value = value.replace("\r\n", "\n")
    if len(value) > longest:
        raise FieldInvalid(
            field, f"{_name(field)} has {len(value)} characters; at most {longest} fit."
        )
    if _CONTROL.search(value) or (not lines and "\n" in value):
        raise FieldInvalid(field, f"{_name(field)} holds characters that cannot be printed.")
    return value


def currency(value: str, field: str = "currency") -> str:
    """An ISO 4217 code in capitals."""
    code = value.strip().upper()
    if not (re.fullmatch("[A-Z]{3}", code) and is_currency(code)):
        raise FieldInvalid(
            field, f"{value!r} is not an ISO 4217 currency code, such as EUR or USD."
        )
    return code


def timezone(value: str, field: str = "timezone") -> str:
    """A zone of the IANA list."""
    if value not in _zones():
        raise FieldInvalid(
            field, f"{value!r} is not a time zone of the IANA list, such as Europe/Berlin."
        )
    return value


def country(value: str, field: str = "country") -> str:
    """An ISO 3166 code of two capitals."""
    code = value.strip().upper()
    if not re.fullmatch("[A-Z]{2}", code) or code not in _territories():
        raise FieldInvalid(field, f"{value!r} is not an ISO 3166 country code, such as DE or GB.")
    return code


def email(value: str, field: str = "email") -> str:
    """An address that could receive mail, in lower case."""
    address = value.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise FieldInvalid(field, f"{value!r} is not an e-mail address.") from None
    if len(address) > 200:
        raise FieldInvalid(field, f"{value!r} is longer than 200 characters.")
    return address


def aware(field: str, value: datetime) -> datetime:
    """A moment with its zone; raises FieldInvalid for a bare one."""
    if value.tzinfo is None:
        raise FieldInvalid(
            field, f"{_name(field)} {value} has no time zone: add one, such as +00:00."
        )
    return value


def one_of(field: str, value: str, choices: tuple[str, ...]) -> str:
    """One of the choices as written."""
    if value not in choices:
        raise FieldInvalid(
            field, f"{_name(field)} {value!r} is unknown: choose {', '.join(choices)}."
        )
    return value


def _name(field: str) -> str:
    return field.replace("_", " ").capitalize()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _territories() -> frozenset[str]:
    return frozenset(Locale("en").territories)
