"""The bill of materials and the look for known holes."""

from __future__ import annotations

import json
import runpy
from typing import Any

import pytest

from tests.conftest import ROOT


def _script(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / name))


def test_the_bill_names_every_locked_package_with_its_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    bill = _script("sbom.py")["bill"](lock)
    assert (
        len(bill["components"]) == len([one for one in lock.splitlines() if one[:1].isalnum()]) > 30
    )
    kept = [len(one["externalReferences"]) for one in bill["components"]]
    assert min(kept) >= 1
    assert sum(kept) == lock.count("--hash=sha256:")
    django = next(one for one in bill["components"] if one["name"] == "django")
    assert django["purl"] == f"pkg:pypi/django@{django['version']}"
    assert bill == _script("sbom.py")["bill"](lock)


HOLE = {"id": "PYSEC-1", "fix_versions": ["1.1"]}


@pytest.mark.parametrize(
    ("output", "error", "code", "says"),
    [
        ({"dependencies": [{"name": "a", "version": "1", "vulns": []}]}, "", 0, "1 locked"),
        ({"dependencies": [{"name": "a", "version": "1", "vulns": [HOLE]}]}, "", 1,
         "a 1: PYSEC-1 (fixed in 1.1)"),
        (None, "ConnectionError: no route", 3, "NOT AUDITED: pip-audit could not reach"),
    ],
)  # fmt: skip
def test_what_was_not_looked_up_is_said(output: Any, error: str, code: int, says: str) -> None:
    found, text = _script("audit.py")["told"](json.dumps(output) if output else "", error)
    assert (found, says in text) == (code, True), text
