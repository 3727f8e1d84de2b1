"""What can be set has an effect, and the manual names it."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tollwright.core.rules import SETTINGS

SOURCE = ROOT / "src" / "tollwright"


def readers() -> str:
    """All code that may act on a setting."""
    layers = (SOURCE / "engine", SOURCE / "domain", SOURCE / "core" / "billing")
    return "".join(path.read_text() for layer in layers for path in sorted(layer.rglob("*.py")))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_read(name: str) -> None:
    assert f'"{name}"' in readers()


def test_the_manual_names_every_setting_with_what_holds_unless_it_is_set() -> None:
    manual = (ROOT / "docs" / "rules.md").read_text()
    told = re.findall(r"^\| `(\w+)` \| (\w+) \|", manual, re.M)
    assert told == [(one.name, one.narrowest) for one in SETTINGS.values()]
