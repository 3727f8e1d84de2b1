"""SQL statements live in .sql files; this reads them by name.

A file is a row of blocks, each opened by its name and one line of purpose:

    -- name: reserve -- hold an amount if it is free; no row back means refuse
    UPDATE balance SET ...
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import LiteralString

_HEAD = re.compile(r"^--\s*name:\s*([a-z][a-z0-9_]*)\s+--\s*(\S.*)$", re.MULTILINE)
_FOLDER = Path(__file__).parent


@cache
def statements(file: str) -> Mapping[str, LiteralString]:
    """The statements of `store/<file>` by name, read once; ("rates.sql")["copy_rates"] is SQL.

    They are ours, never a user's, so they count as literals and psycopg takes them as they are.
    Raises ValueError for a file without a named block, a name used twice, or a block without SQL.
    """
    return MappingProxyType(_parse(file, (_FOLDER / file).read_text("utf-8")))


def _parse(file: str, text: str) -> dict[str, LiteralString]:
    heads = list(_HEAD.finditer(text))
    if not heads:
        raise ValueError(f"{file} holds no block `-- name: x -- purpose`")
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found: dict[str, LiteralString] = {}
    for head, end in zip(heads, ends, strict=True):
        name, body = head[1], text[head.end() : end].strip()
        if name in found:
            raise ValueError(f"{file} names {name} twice")
        if not body:
            raise ValueError(f"{file}: {name} has no SQL")
        found[name] = body
    return found
