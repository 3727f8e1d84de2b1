"""Verbs of the command line, run as a person runs them."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from typer.testing import CliRunner, Result

from tollwright.domain.errors import DomainError


def invoked(app: typer.Typer, words: Sequence[str]) -> Result:
    """What a verb did; a refusal is raised, as `main` turns it into a sentence."""
    result = CliRunner().invoke(app, words)
    if isinstance(result.exception, DomainError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result
