"""One table of labels: what people read for every code that is stored, chosen or refused with.

`label("status", "rolled_back").text` is `Rolled back`. Office, portal, command line and documents
all ask here; a code without a label, and a label without a code, fail a test. Texts are plain
English; the web translates them when it renders them.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from tollwright.core.labels import audit, choices, jobs, reasons, settings, statuses
from tollwright.core.labels.label import Label, Labels
from tollwright.core.settings import Value

__all__ = ["LABELS", "Label", "Labels", "label", "options", "phrase", "rule_name", "value_text"]

LABELS: MappingProxyType[str, Labels] = MappingProxyType(
    {
        "account_kind": choices.ACCOUNT_KIND,
        "action": audit.ACTION,
        "allowance_unit": choices.ALLOWANCE_UNIT,
        "call_filter": statuses.CALL_FILTER,
        "call_limit": choices.CALL_LIMIT,
        "campaign_kind": choices.CAMPAIGN_KIND,
        "card_field": choices.CARD_FIELD,
        "change": choices.CHANGE,
        "crossing": choices.CROSSING,
        "cycle": settings.CYCLE,
        "date_order": choices.DATE_ORDER,
        "deck_effect": choices.DECK_EFFECT,
        "deck_flag": choices.DECK_FLAG,
        "deck_grace": choices.DECK_GRACE,
        "deck_hyphens": choices.DECK_HYPHENS,
        "deck_jurisdiction": choices.DECK_JURISDICTION,
        "deck_lists": choices.DECK_LISTS,
        "decimal": choices.DECIMAL,
        "deck_column": choices.DECK_COLUMN,
        "deck_mode": choices.DECK_MODE,
        "direction": choices.DIRECTION,
        "document_type": choices.DOCUMENT_TYPE,
        "duplicates": choices.DUPLICATES,
        "entry_kind": choices.ENTRY_KIND,
        "excess": choices.EXCESS,
        "family": choices.FAMILY,
        "fee_anchor": choices.FEE_ANCHOR,
        "fee_interval": choices.FEE_INTERVAL,
        "fee_kind": choices.FEE_KIND,
        "fee_proration": choices.FEE_PRORATION,
        "fee_timing": choices.FEE_TIMING,
        "fee_unused": choices.FEE_UNUSED,
        "format": choices.FORMAT,
        "grace": choices.GRACE,
        "job": jobs.JOB,
        "identifier_kind": choices.IDENTIFIER_KIND,
        "invoice_detail": settings.INVOICE_DETAIL,
        "late_usage": settings.LATE_USAGE,
        "leg": choices.LEG,
        "line_kind": choices.LINE_KIND,
        "method": choices.METHOD,
        "per": choices.PER,
        "price_per": choices.PRICE_PER,
        "pricing": choices.PRICING,
        "rating_status": statuses.RATING_STATUS,
        "reason": reasons.REASON,
        "records": statuses.RECORDS,
        "role": choices.ROLE,
        "rounding": settings.ROUNDING,
        "routing": choices.ROUTING,
        "scope": settings.SCOPE,
        "second_factor": settings.SECOND_FACTOR,
        "second_rounding": settings.SECOND_ROUNDING,
        "setting": settings.SETTING,
        "side": choices.SIDE,
        "status": statuses.STATUS,
        "subject": audit.SUBJECT,
        "tax_category": settings.TAX_CATEGORY,
        "unmatched": choices.UNMATCHED,
    }
)


def label(group: str, code: str) -> Label:
    """The label of a code of a group. Raises KeyError for a group that there is not.

    A code that the table does not have was written by a switch, or by a release before or after
    this one: it is shown as it is, with spaces.
    """
    found = LABELS[group].get(code)
    return Label(code.replace("_", " ")) if found is None else found


def phrase(group: str, code: str) -> str:
    """The label as it is written inside a sentence: `rolled back`."""
    return label(group, code).in_sentence


def rule_name(setting: str) -> str:
    """A rule as sentences name it: `rule "Default rate card"`."""
    return f'rule "{label("setting", setting).text}"'


def options(group: str, codes: Iterable[str] = ()) -> list[tuple[str, str]]:
    """(code, text) of the codes, in their order, as a form offers them; of all without `codes`."""
    return [(code, label(group, code).text) for code in codes or LABELS[group]]


def value_text(setting: str, value: Value) -> str:
    """A setting's value as people read it: `14 days`, `monthly`, `half up, 4 decimals`."""
    if value is None or value == "":
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"{phrase('rounding', str(value['mode']))}, {value['decimals']} decimals"
    if isinstance(value, list):
        return ", ".join(value) or "all"
    if setting in LABELS:  # its choices are a group of the table
        return phrase(setting, str(value))
    unit = LABELS["setting"][setting].unit
    return f"{value} {unit}" if unit else str(value)
