"""Pages ask the domain: no query is built in web (import-linter keeps models out of it)."""

from __future__ import annotations

import re

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
