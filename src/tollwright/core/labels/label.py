"""What a code is called in front of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Label:
    """Plain English for one code: a name, one line of help, and the unit of its value, if any."""

    text: str
    help: str = ""
    unit: str = ""

    @property
    def in_sentence(self) -> str:
        """As it is written inside a sentence: `Rolled back` is `rolled back`, `API key` stays."""
        first, rest = self.text[:1], self.text[1:]
        return self.text if rest[:1].isupper() else first.lower() + rest


Labels: TypeAlias = Mapping[str, Label]
