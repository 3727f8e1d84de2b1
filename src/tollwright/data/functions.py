"""The database's functions: each has one file with the body in force, store/functions/<name>.sql.

To change one, edit its file and add a migration with `ApplyFunction(name, fingerprint)`; a test
says which fingerprint, and compares every file with the database that the migrations make.
Whichever migration applies a function, it gets the body in force, so no file is ever copied.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).parent.parent / "store" / "functions"
_COMMENTS = re.compile(r"\A(?:--[^\n]*\n)+")
# A body may name what a later migration adds: it is looked at when it runs, not when it is kept.
_UNCHECKED = "SET LOCAL check_function_bodies = off;\n{}\nSET LOCAL check_function_bodies = on;"


def names() -> list[str]:
    """The functions that have a file."""
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


def definition(name: str) -> str:
    """`CREATE OR REPLACE FUNCTION` as pg_get_functiondef gives it: without the file's comment."""
    return _COMMENTS.sub("", (FOLDER / f"{name}.sql").read_text()).rstrip().removesuffix(";")


def fingerprint(name: str) -> str:
    """What a migration says it applied; otherwise as soon as the body is."""
    return hashlib.sha256(definition(name).encode()).hexdigest()[:12]


class ApplyFunction(migrations.RunSQL):
    """Make a function what its file says; `applied` is the file's fingerprint at that time."""

    def __init__(self, name: str, applied: str) -> None:
        self.name, self.applied = name, applied
        super().__init__(
            _UNCHECKED.format(definition(name) + ";"), reverse_sql=migrations.RunSQL.noop
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        """The two names, for Django's writer of migrations."""
        return type(self).__qualname__, [self.name, self.applied], {}

    def describe(self) -> str:
        return f"Apply function {self.name}"
