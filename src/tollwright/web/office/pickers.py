"""The one picker: a typed field that offers what fits, for tables too large for a select.

Without JavaScript a name, a code or a number is typed whole or in part; what fits nothing, or more
than one row, is said beside the field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse, JsonResponse
from django.urls import reverse_lazy

from tollwright.domain import listing, pickers
from tollwright.domain.errors import DomainError
from tollwright.domain.listing import FilterUnreadable, Rows
from tollwright.web.office.page import StaffRequest, page
from tollwright.web.shared.error_mapping import message_of
from tollwright.web.shared.tables import Filter

LONGEST = 300


class PickerField(forms.CharField):
    """Some text that means one row; cleaned it is the row's id, or None for an empty one.

    It is shown as the row's whole name, so that what a form says does not depend on who else has
    a name like it.
    """

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("max_length", LONGEST)
        super().__init__(**kwargs)
        self.widget.attrs |= {"data-look-up": _address(kind), "autocomplete": "off"}

    def clean(self, value: Any) -> int | None:
        """The id. What fits no row, or several, is refused with the sentence that says so."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return pickers.pick(self.kind, text).id
        except DomainError as error:
            raise forms.ValidationError(message_of(error)) from None

    def prepare_value(self, value: Any) -> Any:
        """The whole name of what the value means; a text that means nothing stays as typed."""
        return shown(self.kind, str(value)) if value not in (None, "") else value


def picked(key: str, title: str, kind: str, path: str) -> Filter:
    """A filter that keeps the rows whose field at `path` is the row that was typed."""

    def apply(rows: Rows, value: str) -> Rows:
        try:
            return listing.matching(rows, path, str(pickers.pick(kind, value).id))
        except DomainError as error:
            raise FilterUnreadable(f"{title}: {message_of(error)}") from None

    return Filter(
        key, title, apply, kind="search", look_up=str(_address(kind)), show=_shown_as(kind)
    )


def shown(kind: str, text: str) -> str:
    """The whole name of the row that the text means, or the text where it means none."""
    try:
        return pickers.pick(kind, text).text
    except DomainError:
        return text


def _shown_as(kind: str) -> Callable[[str], str]:
    return lambda text: shown(kind, text)


def _address(kind: str) -> Any:
    return reverse_lazy("office:look-up", args=[kind])


@page()
def look_up(request: StaffRequest, kind: str) -> HttpResponse:
    """The first names that fit `?q=`, for the list under a picker's field."""
    found = pickers.offers(kind, request.GET.get("q", "")[:LONGEST])
    return JsonResponse({"names": [one.text for one in found]})
