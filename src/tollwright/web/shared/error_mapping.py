"""What a refusal of the domain is in HTTP: the one table, for office, portal and API."""

from __future__ import annotations

from http import HTTPStatus

from tollwright.domain.errors import DomainError, Kind

STATUS: dict[Kind, HTTPStatus] = {
    "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "conflict": HTTPStatus.CONFLICT,
    "not_found": HTTPStatus.NOT_FOUND,
    "forbidden": HTTPStatus.FORBIDDEN,
}


def status_of(error: DomainError) -> HTTPStatus:
    """The HTTP status that says what kind of refusal it is."""
    return STATUS[error.kind]


def message_of(error: DomainError) -> str:
    """The sentence for the user; a thing of another tenant is told like one that is not there."""
    return str(error) or f"This cannot be done ({error.code})."
