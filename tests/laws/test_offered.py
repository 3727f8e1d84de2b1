"""Law 9: every status and choice that is offered is reached by an operation and read.

The database's constraints say what a column may hold. A value is reached where an operation writes
it by name, or hands on what it was given (a payment's method). It is read where code or a statement
asks for it, or says it to people; the last of a column's values may be what is left over.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.db.models import CheckConstraint, Q

from tests.conftest import ROOT
from tollwright.core.settings import SETTINGS

SOURCE = ROOT / "src" / "tollwright"
WRITERS = ("domain", "engine", "jobs", "importers")
READERS = ("domain", "engine", "store", "jobs", "web", "cli", "core")

# What a person says, and an operation takes after having looked at it.
CHOSEN = {
    "Account.kind",  # core.postings says
    "Membership.role",
    "Customer.status",
    "Campaign.kind",
    "Campaign.status",
    "Invoice.detail",
    "Payment.method",
    "PlanVersion.routing_policy",
    "PlanVersion.pricing",
    "PlanFee.kind",
    "PlanFee.timing",
    "PlanFee.anchor",
    "PlanFee.interval",
    "PlanFee.proration",
    "PlanFee.unused",
    "InvoiceLine.kind",
    "DeckImport.mode",
    "RateCard.side",
}
ALIASES = {"document_type": "kind"}  # operations call it so


class Offer(NamedTuple):
    """A value that a column may hold."""

    model: str
    field: str
    value: str

    def __str__(self) -> str:
        return f"{self.model}.{self.field}={self.value}"


def offers() -> Iterator[Offer]:
    """What the CHECK constraints `field IN (...)` of every model allow."""
    for model in apps.get_app_config("data").get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, CheckConstraint) and isinstance(constraint.condition, Q):
                for field, values in _choices(constraint.condition):
                    for value in values:
                        yield Offer(model.__name__, field, value)


def _choices(condition: Q) -> Iterator[tuple[str, list[str]]]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from _choices(child)
        elif isinstance(child, tuple) and child[0].endswith("__in"):
            values = [value for value in child[1] if isinstance(value, str)]
            if values and not condition.negated:
                yield child[0].removesuffix("__in"), values


@cache
def trees(*layers: str) -> tuple[tuple[Path, ast.Module], ...]:
    found = [path for layer in layers for path in sorted((SOURCE / layer).rglob("*.py"))]
    return tuple((path, ast.parse(path.read_text())) for path in found)


@cache
def sql() -> str:
    return "\n".join(path.read_text() for path in sorted((SOURCE / "store").rglob("*.sql")))


def assignments() -> Iterator[tuple[str, ast.expr]]:
    """(name, what is given to it): arguments, attributes, names, entries of a dict."""
    parameters = dict(signatures())
    for _, tree in trees(*WRITERS):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and not _asks(node):
                yield from ((one.arg, one.value) for one in node.keywords if one.arg)
                yield from zip(
                    parameters.get(getattr(node.func, "id", ""), ()), node.args, strict=False
                )
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    yield from _assigned(target, node.value)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, its_value in zip(target.elts, value.elts, strict=False):
            yield from _assigned(one, its_value)
    elif isinstance(target, ast.Attribute | ast.Name):
        yield getattr(target, "attr", getattr(target, "id", "")), value


def signatures() -> Iterator[tuple[str, list[str]]]:
    """The functions there are, with the names of their arguments by position."""
    for _, tree in trees(*WRITERS):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                yield node.name, [one.arg for one in node.args.args]


def _asks(call: ast.Call) -> bool:
    """Whether this names conditions: keywords of a query."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name in {"filter", "exclude", "get", "Q"}


def texts(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


@cache
def written() -> frozenset[tuple[str, str]]:
    """(name, value) pairs that are written by name."""
    named = set()
    for name, value in assignments():
        named |= {(name, text) for text in texts(value)}
    for changes in re.findall(r"\bSET (.*?)(?:\bWHERE\b|\bFROM\b|\n\n)", sql(), re.DOTALL):
        named |= set(re.findall(r"(\w+) = '(\w+)'", changes))
    return frozenset(named)


@cache
def read() -> frozenset[str]:
    """Texts that code compares with, finds in a table, asks the database for or says."""
    found = set(re.findall(r"'(\w+)'", sql()))
    for _, tree in trees(*READERS):
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                found |= {text for part in (node.left, *node.comparators) for text in texts(part)}
            elif isinstance(node, ast.MatchValue):
                found |= set(texts(node))
            elif isinstance(node, ast.Dict):
                found |= {text for key in node.keys if key is not None for text in texts(key)}
            elif isinstance(node, ast.Call) and _asks(node):
                found |= {text for part in node.keywords for text in texts(part.value)}
    return frozenset(found)


def _named(node: ast.stmt) -> Iterator[str]:
    """The texts of a module's own constant, or of a class of choices, such as Role."""
    if isinstance(node, ast.Assign):
        yield from texts(node.value)
    elif isinstance(node, ast.ClassDef) and "TextChoices" in "".join(map(ast.unparse, node.bases)):
        yield from texts(node)


def defaults() -> set[tuple[str, str, str]]:
    """(model, field, value) that a row has when nobody says otherwise."""
    return {
        (model.__name__, field.name, field.default)
        for model in apps.get_app_config("data").get_models()
        for field in model._meta.concrete_fields
        if isinstance(getattr(field, "default", None), str)
    }


def test_every_value_that_a_column_may_hold_is_reached() -> None:
    named = written()
    accepted = {text for _, tree in trees("domain", "core") for text in texts(tree)} | {
        text for _, tree in trees("data") for node in tree.body for text in _named(node)
    }
    unreached = {
        str(offer)
        for offer in offers()
        if (ALIASES.get(offer.field, offer.field), offer.value) not in named
        and (offer.model, offer.field, offer.value) not in defaults()
        and not (f"{offer.model}.{offer.field}" in CHOSEN and offer.value in accepted)
    }
    assert unreached == set()


def test_every_value_that_a_column_may_hold_is_read() -> None:
    unread = defaultdict(list)
    for offer in sorted(set(offers())):
        if offer.value not in read():
            unread[offer.model, offer.field].append(str(offer))
    assert {value for found in unread.values() if len(found) > 1 for value in found} == set()


def test_every_choice_of_a_setting_is_read() -> None:
    """But for one of each, which may be what is left over."""
    unread = {
        one.name: [choice for choice in one.choices if choice not in read()]
        for one in SETTINGS.values()
    }
    assert {name for name, found in unread.items() if len(found) > 1} == set()
