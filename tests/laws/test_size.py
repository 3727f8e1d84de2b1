"""A reader can hold it: files of 500 lines, functions of 60, three levels deep. A ratchet."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "tollwright"
BLOCKS = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Match)

# Today's exceptions. The sets may only shrink.
KNOWN_LONG_FILES: set[str] = set()
KNOWN_LONG_FUNCTIONS: set[str] = set()
KNOWN_DEEP_FUNCTIONS: set[str] = set()


def sources() -> Iterator[Path]:
    yield from (path for path in sorted(SOURCE.rglob("*.py")) if "migrations" not in path.parts)


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(SOURCE)}:{node.name}", node


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def depth(node: ast.AST) -> int:
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        inner = depth(child)
        # `elif` is an If inside an orelse: it reads as one level
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, inner + (isinstance(child, BLOCKS) and not is_elif))
    return deepest


def test_no_file_outgrows_a_sitting() -> None:
    long = {
        str(path.relative_to(SOURCE))
        for path in sources()
        if len(path.read_text().splitlines()) > 500
    }
    assert long == KNOWN_LONG_FILES


def test_no_function_outgrows_a_screen() -> None:
    assert {name for name, node in functions() if lines(node) > 60} == KNOWN_LONG_FUNCTIONS


def test_the_median_function_is_short() -> None:
    assert median(lines(node) for _, node in functions()) <= 8


def test_nothing_nests_deeper_than_three() -> None:
    assert {name for name, node in functions() if depth(node) > 3} == KNOWN_DEEP_FUNCTIONS


def test_no_line_of_a_template_is_wider_than_a_screen() -> None:
    templates = sorted(SOURCE.rglob("*.html"))
    assert templates
    wide = [
        f"{path.relative_to(SOURCE)}:{number}"
        for path in templates
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 120
    ]
    assert wide == []
