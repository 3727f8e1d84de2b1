"""Screens 7: sentences are made of human words; no snake_case, no micros, no `cli:`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "tollwright"
MACHINE = re.compile(r"\b[a-z]+_[a-z_]+\b|\b(micros|nanos|ppm)\b|\b(cli|key):")
SENTENCE = 2  # spaces: shorter texts are codes and names

# sentences for those who write a file or a request, which name its fields
OF_FILES = (
    "core/cards",
    "core/charges",
    "core/decks/mapping.py",
    "core/formats",
    "core/rating/call_file.py",
    "core/rating/profiles.py",
    "core/rating/rate_call.py",
)
NOT_SHOWN = ("cli", "config", "data", "kernel", "store", "web/api")
NAMED = {  # fields of a request's body; logins and roles of a database
    "domain/plans/operations.py: Fee {} needs amount_micros, a whole number.",
    "jobs/installation.py: DATABASE_URL alone",
}


def texts(tree: ast.Module) -> Iterator[str]:
    """The texts of a module, f-strings with {} for what they fill in; no docstrings."""
    nodes = list(ast.walk(tree))
    inner = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = [node.body[0] for node in nodes if isinstance(node, documented) and node.body]
    inner |= {id(one.value) for one in first if isinstance(one, ast.Expr)}
    for node in nodes:
        if id(node) in inner:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(text_of(part) if isinstance(part, ast.Constant) else "{}"
                          for part in node.values)  # fmt: skip
        elif isinstance(node, ast.Constant):
            yield text_of(node)


def text_of(node: ast.Constant) -> str:
    return node.value if isinstance(node.value, str) else ""


def shown(path: Path) -> bool:
    name = path.relative_to(SOURCE).as_posix()
    return not name.startswith((*OF_FILES, *NOT_SHOWN))


def test_sentences_have_no_words_of_machines() -> None:
    files = [path for path in sorted(SOURCE.rglob("*.py")) if shown(path)]
    assert len(files) > 200
    found = {
        f"{path.relative_to(SOURCE).as_posix()}: {text}"
        for path in files
        for text in texts(ast.parse(path.read_text()))
        if text.count(" ") >= SENTENCE and MACHINE.search(text) and not text.startswith("SELECT ")
    }
    unexplained = {one for one in found if not one.startswith(tuple(NAMED))}
    assert unexplained == set()
    assert {name for name in NAMED if not any(one.startswith(name) for one in found)} == set()
