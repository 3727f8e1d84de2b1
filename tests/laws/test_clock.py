"""No clock below web, cli and jobs: the moment is an argument."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "tollwright"
LAYERS = ("core", "kernel", "store", "data", "engine", "domain")
CLOCKS = {"now", "utcnow", "today", "localdate", "localtime"}


def clock_calls(layer: str) -> Iterator[str]:
    for path in sorted((SOURCE / layer).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in CLOCKS
            ):
                yield f"{path.relative_to(SOURCE)}:{node.lineno} {node.func.attr}()"


@pytest.mark.parametrize("layer", LAYERS)
def test_no_clock_is_read(layer: str) -> None:
    assert list(clock_calls(layer)) == []
