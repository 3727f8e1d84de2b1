"""What every test may use. Databases: see tests/support/database.py."""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings

from tests.support.examples import examples

settings.register_profile("default", deadline=None, max_examples=examples(100))
settings.load_profile("default")

ROOT = Path(__file__).parent.parent
