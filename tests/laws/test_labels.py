"""Every code that people can meet has a label, and every label is of a code that there is."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import get_args

import pytest
from django.apps import apps
from django.db import models

from tests.conftest import ROOT
from tollwright.core import settings
from tollwright.core.billing.periods import Cycle
from tollwright.core.cards import card, diff, file
from tollwright.core.decks import diff as deck_diff
from tollwright.core.decks import mapping, outliers
from tollwright.core.formats.base import Direction
from tollwright.core.formats.registry import FORMATS
from tollwright.core.labels import LABELS
from tollwright.core.money import MODES
from tollwright.core.postings import AccountKind
from tollwright.core.rating.rate_call import Status
from tollwright.domain.calls.operations import COUNTS
from tollwright.domain.carriers.costs import COSTS
from tollwright.domain.invoices import runs
from tollwright.engine.ingest import held_lines, price_chunk, write
from tollwright.engine.rating import carriers, cost_plus, refusals
from tollwright.engine.resale import batch, legs
from tollwright.jobs.areas import AREAS
from tollwright.jobs.runner import HANDLERS

SOURCE = ROOT / "src" / "tollwright"

# which group a column's codes are labelled in
GROUP_OF = {
    "account.kind": "account_kind",
    "api_key.role": "role",
    "campaign.kind": "campaign_kind",
    "campaign.status": "status",
    "card_version.status": "status",
    "customer.status": "status",
    "deck_import.mode": "deck_mode",
    "deck_import.status": "status",
    "identifier.kind": "identifier_kind",
    "import_batch.status": "status",
    "invoice.detail": "invoice_detail",
    "invoice.document_type": "document_type",
    "invoice.status": "status",
    "invoice_line.kind": "line_kind",
    "job.status": "status",
    "membership.role": "role",
    "payment.method": "method",
    "payment_change.kind": "document_type",
    "plan_fee.anchor": "fee_anchor",
    "plan_fee.interval": "fee_interval",
    "plan_fee.kind": "fee_kind",
    "plan_fee.proration": "fee_proration",
    "plan_fee.timing": "fee_timing",
    "plan_fee.unused": "fee_unused",
    "plan_version.pricing": "pricing",
    "plan_version.routing_policy": "routing",
    "plan_version.status": "status",
    "quarantine.status": "status",
    "rate_card.side": "side",
    "rerate_proposal.status": "status",
}


def codes_of_models() -> dict[str, set[str]]:
    """table.column -> the codes that its choices and constraints allow."""
    found: dict[str, set[str]] = defaultdict(set)
    for model in apps.get_app_config("data").get_models():
        texts = {f.name for f in model._meta.fields if isinstance(f, models.CharField)}
        for field in model._meta.fields:
            found[f"{model._meta.db_table}.{field.name}"] |= {
                str(code) for code, _ in field.choices or ()
            }
        for constraint in model._meta.constraints:
            condition = getattr(constraint, "condition", None)
            for name, value in leaves(condition):
                column, _, lookup = name.partition("__")
                if column in texts and lookup in {"", "in"}:
                    codes = value if isinstance(value, list | tuple) else [value]
                    found[f"{model._meta.db_table}.{column}"] |= {str(one) for one in codes}
    return {column: codes - {""} for column, codes in found.items() if codes - {""}}


def leaves(condition: object) -> Iterator[tuple[str, object]]:
    if isinstance(condition, models.Q):
        for child in condition.children:
            yield from leaves(child)
    elif isinstance(condition, tuple):
        yield condition


@cache
def calls_in_source(part: str = "") -> list[ast.Call]:
    found = sorted((SOURCE / part).rglob("*.py"))
    paths = (path for path in found if "migrations" not in path.parts)
    trees = [ast.parse(path.read_text()) for path in paths]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]


def text_of(node: ast.expr) -> str:
    """What a text in the source says; '' for anything else."""
    found = node.value if isinstance(node, ast.Constant) else ""
    return found if isinstance(found, str) else ""


def words_given_as(name: str) -> set[str]:
    """The texts that calls give as this keyword."""
    given = {text_of(k.value) for call in calls_in_source() for k in call.keywords if k.arg == name}
    return given - {""}


def words_given_to(name: str, at: int, part: str) -> set[str]:
    """The texts that calls of this function give at this place, in a part of the source."""
    called = (call for call in calls_in_source(part) if getattr(call.func, "id", "") == name)
    return {text_of(call.args[at]) for call in called if len(call.args) > at} - {""}


def reasons_of_terms() -> set[str]:
    text = (SOURCE / "engine" / "rating" / "terms.py").read_text()
    return set(re.findall(r'return "(\w+)", ', text)) | set(
        re.findall(r'reason, refusal = "(\w+)"', text)
    )


def reasons() -> set[str]:
    """All reason codes that the engine can give."""
    rated = set(price_chunk.REASONS.values())
    codes = (refusals.UNKNOWN_COST, refusals.COST_OTHER_CURRENCY)
    from_cost = {refusals.NAMES[code] for code in codes}
    of_terms = reasons_of_terms()
    assert {"no_card", "no_published_version", "cost_plus_allowances"} == of_terms
    bought = {f"buy_{why}" for why in batch.REFUSED.values()}
    sold = {f"parent_{why}" for why in rated | from_cost | of_terms}
    resell = (SOURCE / "engine" / "resale" / "parent.py").read_text()
    faults = words_given_to("BadRowError", 0, "core/formats")
    return (
        faults | words_given_to("Fault", 1, "core/formats")
        | words_given_to("refusal", 1, "engine") | rated | from_cost | of_terms | bought | sold
        | set(write.WAITING) | {legs.NOT_YET, cost_plus.UNKNOWN_TRUNK, held_lines.CONFLICT}
        | {"end_before_start"}  # of records that wait since 0.1.0: now it is seconds_conflict
        | {carriers.NO_CARD, carriers.NO_VERSION}
        | set(re.findall(r'"(parent_\w+\w)"', resell)) | set(refusals.NAMES.values())
    )  # fmt: skip


def actions() -> set[str]:
    return (
        {one for one in words_given_as("action") if "." in one}
        | words_given_to("_record", 0, "domain/jobs")
        | {f"{kind}.finalise" for kind in ("invoice", "credit_note", "debit_note")}
        | {"rerate_proposal.accepted", "rerate_proposal.rejected"}
        | {"invoice.written_off", "invoice.write_off_undone"}
    )


def kinds_of(area: ModuleType) -> set[str]:
    """The kinds of jobs that the area does."""
    return {kind for kind, done in HANDLERS.items() if done.__module__ == area.__name__}


def codes() -> dict[str, set[str]]:
    """The codes of each group, from where they are defined."""
    found: dict[str, set[str]] = defaultdict(set)
    for column, allowed in codes_of_models().items():
        found[GROUP_OF[column]] |= allowed
    found["document_type"] |= {"receipt"}
    found["status"] |= {"overdue", "issued", "answered", "not_answered"}  # from dates and amounts
    return found | {
        "action": actions(),
        "allowance_unit": set(get_args(card.Unit)),
        "call_filter": {"answered", "unanswered", "charged", "free", "unbilled"},
        "call_limit": {"min_charge", "max_charge"},
        "card_field": set(file.CARD_KEYS),
        "change": {*diff.WHATS, *deck_diff.WHATS},
        "crossing": set(get_args(card.Crossing)),
        "cycle": set(get_args(Cycle)),
        "date_order": set(get_args(mapping.DateOrder)),
        "decimal": set(get_args(mapping.Decimals)),
        "deck_column": set(mapping.MEANINGS),
        "deck_effect": set(mapping.EFFECTS),
        "deck_flag": set(outliers.FLAGS),
        "deck_grace": set(get_args(mapping.GraceRule)),
        "deck_hyphens": set(get_args(mapping.Hyphens)),
        "deck_jurisdiction": set(get_args(mapping.Jurisdiction)),
        "deck_lists": set(get_args(mapping.Lists)),
        "direction": set(get_args(Direction)) - {""},
        "duplicates": set(get_args(mapping.Duplicates)),
        "entry_kind": {
            *("invoice", "credit_note", "debit_note", "void"),
            *("payment", "payment_reversal", "write_off"),
        },
        "excess": set(get_args(card.Excess)),
        "family": set(get_args(card.Family)),
        "format": set(FORMATS),
        "grace": set(get_args(card.GraceMode)),
        "job": {*(kind for area in AREAS for kind in kinds_of(area)), runs.RUN, runs.ISSUE_RUN},
        "leg": {"sell", *COSTS},
        "per": set(get_args(card.Per)),
        "price_per": set(get_args(mapping.PricePer)),
        "rating_status": set(get_args(Status)),
        "reason": reasons(),
        "records": set(COUNTS),
        "rounding": set(MODES),
        "scope": set(settings.SCOPES),
        "setting": set(settings.SETTINGS),
        "subject": words_given_as("subject"),
        "unmatched": set(get_args(card.Unmatched)),
        **{one.name: set(one.choices) for one in settings.SETTINGS.values() if one.choices},
    }


def test_every_column_with_codes_has_its_group() -> None:
    assert codes_of_models().keys() == GROUP_OF.keys()


@pytest.mark.parametrize("group", sorted(LABELS))
def test_every_code_has_a_label_and_every_label_a_code(group: str) -> None:
    assert set(LABELS[group]) == codes()[group]


def test_no_group_is_missing() -> None:
    assert codes().keys() == LABELS.keys()


def test_accounts_are_those_of_the_postings() -> None:
    assert set(LABELS["account_kind"]) == set(get_args(AccountKind))


def test_labels_are_words_and_help_is_a_sentence() -> None:
    for group, labels in LABELS.items():
        for code, one in labels.items():
            said = f"{group} {code}: {one}"
            assert one.text and "_" not in one.text and one.text == one.text.strip(), said
            assert "micros" not in f"{one.text} {one.help}", said
            if group != "format":  # names of products are theirs
                assert one.text[0].isupper() and not one.text.endswith("."), said
                assert not one.help or (one.help[0].isupper() and one.help.endswith(".")), said


def test_roles_and_identifiers_say_the_same_in_forms_of_the_framework() -> None:
    for column in ("membership.role", "api_key.role", "identifier.kind"):
        table, name = column.split(".")
        model = next(m for m in apps.get_models() if m._meta.db_table == table)
        field = next(f for f in model._meta.fields if f.name == name)
        offered = dict(field.choices or ())
        labels = LABELS[GROUP_OF[column]]
        assert offered == {code: one.text for code, one in labels.items()}
