"""Filters that every template may use without loading them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tollwright.core.labels.facts import actor_text, field_text
from tollwright.web.shared import formatting
from tollwright.web.shared.labels import help_of, job_title, label_of, phrase_of

register = template.Library()


register.filter(job_title)


@register.filter
def money(micros: int | None, currency: str) -> str:
    """Micros with their currency: `1,234.56 EUR`."""
    return "–" if micros is None else str(formatting.Money(micros, currency))


@register.filter
def duration(seconds: int | None) -> str:
    """Seconds as `1:02:03`."""
    return "–" if seconds is None else formatting.duration(int(seconds))


@register.filter
def phone(digits: str) -> str:
    """E.164 digits in international form."""
    return formatting.international(digits)


@register.filter
def moment(at: datetime | None) -> str:
    """A moment in the viewer's zone, with the zone."""
    return "–" if at is None else formatting.moment(at)


def _or_dash(write: Callable[[date], str]) -> Callable[[date | None], str]:
    return lambda on: "–" if on is None else write(on)


for _kind in (
    formatting.day,
    formatting.long_day,
    formatting.weekday,
    formatting.short_day,
    formatting.month,
    formatting.short_month,
    formatting.iso_day,
    formatting.iso_month,
):
    register.filter(_kind.__name__, _or_dash(_kind))  # `{{ invoice.due_on|long_day }}`


@register.filter
def tone(state: str) -> str:
    """The label's colour of a state."""
    return formatting.TONES.get(state, "")


@register.filter
def button_tone(tags: str) -> str:
    """The classes of an account page's button, by the tags that allauth gives it."""
    if "danger" in tags:
        return "button danger"
    quiet = not tags or "outline" in tags or "cancel" in tags
    return "button" if quiet else "button primary"


@register.filter
def heading(field: BoundField) -> str:
    """What stands above a form's field, where a group of fields begins with it."""
    return str(getattr(field.form, "headings", {}).get(field.name, ""))


@register.filter
def label(code: str, group: str) -> str:
    """What people read for a code: `{{ invoice.document_type|label:"document_type" }}`."""
    return label_of(group, code)


@register.filter
def phrase(code: str, group: str) -> str:
    """The label as it is written inside a sentence."""
    return phrase_of(group, code)


@register.filter
def label_help(code: str, group: str) -> str:
    """The line of help of a code."""
    return help_of(group, code)


@register.simple_tag
def label_with_code(group: str, code: str) -> SafeString:
    """The label with its code small beside it: `{% label_with_code "reason" record.reason %}`."""
    return format_html('{} <small class="code">{}</small>', label_of(group, code), code)


@register.filter
def who(actor: str) -> str:
    """Who did it, as people read it: `root (command line)`."""
    return actor_text(str(actor))


@register.filter
def field_name(name: str) -> str:
    """What a stored field is called."""
    return field_text(str(name))


@register.filter
def spoken(name: str) -> str:
    """`late_usage` -> `late usage`: for words of a switch, which have no label."""
    return str(name).replace("_", " ")


@register.filter
def cell(value: formatting.Cell) -> str:
    """Any value as people read it."""
    return formatting.text(value)
