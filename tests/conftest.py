"""What every test may use. Databases: see tests/support/database.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.load_profile("default")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real switches' files and decks, where there is one."""
    folder = Path(os.environ.get("TOLLWRIGHT_SAMPLES", ROOT.parent / "shared" / "samples"))
    if not folder.is_dir():
        pytest.skip(f"no sample files at {folder}; set TOLLWRIGHT_SAMPLES")
    return folder
