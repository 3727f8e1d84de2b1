"""Amounts in large type: to the minor unit, with the exact amount under it where they differ."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tollwright.core.money import to_minor_unit
from tollwright.web.shared.formatting import Money

register = template.Library()


@register.simple_tag
def headline(micros: int, currency: str) -> SafeString:
    """A paragraph with the rounded amount; rounding is said, never hidden."""
    rounded = to_minor_unit(micros, currency)
    if rounded == micros:
        return format_html('<p class="amount">{}</p>', Money(micros, currency))
    exact = _("exactly %(amount)s") % {"amount": Money(micros, currency)}
    return format_html(
        '<p class="amount">{}</p><p class="quiet">{}</p>', Money(rounded, currency), exact
    )
