"""Files that real switches and suppliers wrote: `sample("asterisk/Master.csv")` is the path of one.

What may be given on stands in tests/samples. What others published under a licence of their own is
read from the folder that TOLLWRIGHT_SAMPLES names: its tests are skipped where there is none, but
fail where CI is set, so that nobody takes for tested what was never looked at.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

OWN = Path(__file__).parent.parent / "samples"
PUBLIC = Path(os.environ.get("TOLLWRIGHT_SAMPLES", OWN.parent.parent.parent / "shared" / "samples"))


def sample(name: str) -> Path:
    """The file or folder of this name below a folder of samples."""
    for folder in (OWN, PUBLIC):
        if (folder / name).exists():
            return folder / name
    missing = f"no sample {name} below {OWN} or {PUBLIC}; set TOLLWRIGHT_SAMPLES"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def expected(name: str) -> Any:
    """What a sample says, worked out by hand: its records and the calls to be charged."""
    if name in _expected(OWN / "expected.json"):
        return _expected(OWN / "expected.json")[name]
    return _expected(sample("expected_examples.json"))[name]


@cache
def _expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found
