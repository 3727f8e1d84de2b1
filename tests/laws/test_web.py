"""Pages ask the domain: no query is built in web (import-linter keeps models out of it)."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, get_args, get_type_hints

import pytest
from django.db.models.base import ModelBase

from tests.conftest import ROOT

WEB = ROOT / "src" / "tollwright" / "web"
BUILT_HERE = re.compile(
    r"\.objects\b|_default_manager|django\.db\.models|\.(annotate|aggregate|select_related"
    r"|prefetch_related|values_list|order_by|exclude|icontains)\("
)


def test_no_query_is_built_in_web() -> None:
    files = sorted(WEB.rglob("*.py"))
    assert files
    found = [
        f"{path.relative_to(WEB)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if BUILT_HERE.search(line)
    ]
    assert found == []


FORMATS_ITSELF = {
    ".py": re.compile(
        r"strftime\(|\.isoformat\(\)|\{[^{}]*:(,|%[A-Za-z]|\.\d+f)[^{}]*\}|number_format|date_format"
        r"|\bbabel\b|intcomma|floatformat"
    ),
    ".html": re.compile(r"\|\s*(date|time|floatformat|intcomma|localize|unlocalize)\b|\{%\s*now\b"),
}
MACHINES = ("api",)  # JSON is written for programs: ISO 8601 and plain numbers


def test_money_numbers_and_dates_are_written_in_one_module() -> None:
    """Figures and days follow the viewer's language, because one module writes them."""
    files = [
        path
        for path in sorted(WEB.rglob("*"))
        if path.suffix in FORMATS_ITSELF
        and path.relative_to(WEB).parts[0] not in MACHINES
        and path != WEB / "shared" / "formatting.py"
    ]
    assert len(files) > 100
    found = [
        f"{path.relative_to(WEB)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if FORMATS_ITSELF[path.suffix].search(line)
    ]
    assert found == []


ONLY_HERE = {
    "<svg": {"parts/chart.html"},
    "<table": {
        "parts/grid.html",
        "allauth/elements/table.html",
    },  # the second frames allauth's rows
    "<t[hdr]\\b": {"parts/grid.html"},
    "<d[ltd]\\b": set(),  # components.facts writes them
}


@pytest.mark.parametrize("markup", ONLY_HERE)
def test_there_is_one_chart_one_table_and_one_list_of_facts(markup: str) -> None:
    templates = WEB / "templates"
    written = {
        str(path.relative_to(templates))
        for path in templates.rglob("*.html")
        if re.search(markup, path.read_text())
    }
    assert written == ONLY_HERE[markup]


def test_lists_are_of_frozen_rows_never_of_models() -> None:
    """Their fields are plain values: a template can neither change nor fetch anything."""
    homes = sorted((WEB.parent / "domain").glob("*/rows.py"))
    modules = [import_module(f"tollwright.domain.{path.parent.name}.rows") for path in homes]
    rows = [
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__
    ]
    assert len(rows) > 20
    assert [one.__name__ for one in rows if not one.__name__.endswith("Row")] == []
    assert [one.__name__ for one in rows if not _is_frozen(one)] == []
    held = {
        f"{one.__name__}.{name}"
        for one in rows
        for name, kind in get_type_hints(one).items()
        if any(isinstance(part, ModelBase) for part in (kind, *get_args(kind)))
    }
    assert held == set()


def _is_frozen(one: type) -> bool:
    how: Any = getattr(one, "__dataclass_params__", None)
    return how is not None and bool(how.frozen)
