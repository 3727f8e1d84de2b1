"""Forms of the office: they parse, the domain decides; its refusal comes back beside the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from zoneinfo import available_timezones

from django import forms
from django.db import transaction
from django.http import HttpRequest, QueryDict

from tollwright.core.money import MoneyError, scaled
from tollwright.domain.errors import DomainError
from tollwright.web.shared.error_mapping import message_of
from tollwright.web.shared.filters import FIRST_YEAR, LAST_YEAR, is_countable

T = TypeVar("T")
MEGABYTE = 1024 * 1024


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the fields of a POST, even when there are none; else nothing."""
    return request.POST if request.method == "POST" else None


def uploaded(request: HttpRequest) -> tuple[QueryDict | None, Any]:
    """The same with the files."""
    return posted(request), request.FILES if request.method == "POST" else None


@dataclass(frozen=True, slots=True)
class Fold:
    """Fields that belong together, in a fieldset that is folded where nothing is filled in."""

    title: str
    fields: Sequence[forms.BoundField]

    @property
    def is_open(self) -> bool:
        """Whether one of them has a value, or a fault."""
        return any(one.value() not in (None, "") or one.errors for one in self.fields)


class OfficeForm(forms.Form):
    """A form whose `attempt` runs the domain's operation and takes a refusal as its error."""

    headings: ClassVar[Mapping[str, str]] = {}  # above the field with which a group begins
    use_required_attribute = True
    label_suffix = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    refused: DomainError | None = None  # what `attempt` was refused with

    def attempt(self, operation: Callable[..., T], **given: Any) -> T | None:
        """What the operation returned; None when it refused, with the sentence in the form."""
        try:
            with transaction.atomic():
                return operation(**given)
        except DomainError as error:
            if error.kind in ("not_found", "forbidden"):
                raise
            self.refused = error
            field = getattr(error, "field", "")
            self.add_error(field if field in self.fields else None, message_of(error))
            return None

    def succeeds(self, operation: Callable[..., object], **given: Any) -> bool:
        """Whether `attempt` was not refused."""
        return self.attempt(operation, **given) is not None


class AmountField(forms.CharField):
    """A decimal text such as 12.50 that becomes micros."""

    decimals = 6
    example = "an amount such as 12.50"
    sign = ""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("inputmode", "decimal")

    def clean(self, value: Any) -> int | None:
        """The whole number; None for an empty optional field."""
        text = str(super().clean(value)).removesuffix(self.sign).strip()
        if not text:
            return None
        try:
            return scaled(text, self.decimals)
        except MoneyError as error:
            raise forms.ValidationError(f"Write {self.example}: {error}.") from None


class PercentField(AmountField):
    """A decimal text such as 12.5 that becomes parts in a million of the whole: 125 000."""

    decimals = 4
    example = "a percentage such as 12.5"
    sign = "%"


def refuse_uncountable(value: date | None) -> None:
    """Raises ValidationError for a day, or moment, of a year that no call has."""
    if value is not None and not is_countable(value):
        raise forms.ValidationError(f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")


class DayField(forms.DateField):
    """A day, with the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        """The day, of a year that a call can have."""
        day = super().to_python(value)
        refuse_uncountable(day)
        return day


class MomentField(forms.DateTimeField):
    """A moment in the viewer's zone, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )
        kwargs.setdefault("input_formats", ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> datetime | None:
        """The moment, of a year that a call can have."""
        moment = super().to_python(value)
        refuse_uncountable(moment)
        return moment


class BoundedFileField(forms.FileField):
    """A file that may not be larger than so many megabytes; refused before it is read."""

    def __init__(self, *, megabytes: int, **kwargs: Any) -> None:
        self.megabytes = megabytes
        kwargs.setdefault("help_text", f"At most {megabytes} MB.")
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The upload; an empty or too large one is refused with a sentence."""
        file = super().clean(data, initial)
        if file is not None and getattr(file, "size", 0) > self.megabytes * MEGABYTE:
            raise forms.ValidationError(
                f"{file.name} has {-(-file.size // MEGABYTE)} MB; at most {self.megabytes} MB fit"
                " here. Split it, or use the command line."
            )
        return file


class ConfirmForm(OfficeForm):
    """Nothing to fill in; pressing the button is the answer."""


class ReasonForm(OfficeForm):
    """Why."""

    reason = forms.CharField(max_length=200, label="Reason", widget=forms.TextInput)


class KeyedForm(ReasonForm):
    """Why; the key makes it happen once."""

    key = forms.CharField(max_length=90, widget=forms.HiddenInput)


def choice(label: str, choices: Sequence[tuple[Any, Any]], **kwargs: Any) -> forms.ChoiceField:
    """A select of the choices; an optional one begins with nothing chosen."""
    listed = list(choices) if kwargs.get("required", True) else [("", "–"), *choices]
    return forms.ChoiceField(label=label, choices=listed, **kwargs)


def zones() -> list[tuple[str, str]]:
    """The zones of the IANA list."""
    return [(name, name) for name in sorted(available_timezones())]


def as_decimal(amount: int) -> str:
    """Micros as a form shows them."""
    return f"{Decimal(amount) / 1_000_000:f}"


def set_choices(form: forms.Form, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    """Give a choice field what the tenant has to choose from."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} is no choice")
    field.choices = choices if field.required else [("", "–"), *choices]
