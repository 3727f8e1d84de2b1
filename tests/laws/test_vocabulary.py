"""Law 8: one word for one thing, rows with names, and no ORM where HTTP is spoken. Ratchets."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "tollwright"

# Today's exceptions. The sets may only shrink.
KNOWN_TWICE: set[str] = set()
KNOWN_ORM_IN_WEB: set[str] = set()
# What a statement does, in the first word of its name. COPY moves rows in bulk, a claim takes what
# nobody else gets then, a lock holds until the transaction ends, staging fills a temporary table.
VERBS = (
    *("fetch", "count", "sum", "check", "copy", "claim", "lock", "take", "set"),
    *("create", "clear", "stage", "insert", "update", "delete", "ensure", "add"),
    *("revise", "retire", "restore", "release", "resolve", "close", "mark", "move"),
    *("number", "settle", "void"),
)
NAMED = re.compile(r"^-- name: (\w+)", re.MULTILINE)


def trees(*layers: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module of some layers, by its path below the package."""
    for layer in layers:
        for path in sorted((SOURCE / layer).rglob("*.py")):
            yield str(path.relative_to(SOURCE)), ast.parse(path.read_text())


def test_no_class_name_is_there_twice() -> None:
    homes = defaultdict(set)
    for name, tree in trees("engine", "kernel", "store"):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes[node.name].add(name)
    assert {name for name, found in homes.items() if len(found) > 1} == KNOWN_TWICE


def test_every_statement_is_named_by_a_verb_and_a_noun() -> None:
    odd = [
        f"{path.name}: {name}"
        for path in sorted((SOURCE / "store").glob("*.sql"))
        for name in NAMED.findall(path.read_text())
        if name.partition("_")[0] not in VERBS or not name.partition("_")[2]
    ]
    assert odd == []


def test_what_a_query_gives_has_names() -> None:
    """No row is a tuple by position: each query has its class (see store/rows.py)."""
    odd = []
    for name, tree in trees("store", "engine"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and ast.unparse(node.value) == "tuple[Any, ...]":
                odd.append(f"{name}:{node.lineno} {ast.unparse(node)}")
            if (
                isinstance(node, ast.Subscript)
                and isinstance(node.value, ast.Name)
                and node.value.id in {"row", "found"}
                and isinstance(node.slice, ast.Constant)
                and isinstance(node.slice.value, int)
                and name.startswith("store/")
            ):
                odd.append(f"{name}:{node.lineno} {ast.unparse(node)}")
    assert odd == []


def test_web_asks_the_domain_and_never_the_orm() -> None:
    found = {
        name
        for name, tree in trees("web")
        if any(
            isinstance(node, ast.Attribute) and node.attr == "objects" for node in ast.walk(tree)
        )
    }
    assert found == KNOWN_ORM_IN_WEB


def test_the_source_is_where_these_laws_look() -> None:
    assert Path(SOURCE / "store" / "calls.sql").exists()
