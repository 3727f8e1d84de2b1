"""What calls cost the provider, in columns: the carrier's price, else the parent's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tollwright.kernel.arrays import Flags, Int32, Int64
from tollwright.kernel.text import Text, text_of

UNKNOWN_TRUNK = "unknown_trunk"  # no carrier has it, and no parent sells the call


@dataclass(frozen=True, slots=True)
class Words:
    """A column of few different words, '' at first: place i has `words[which[i]]`."""

    which: Int32
    words: list[str]

    @classmethod
    def none(cls, count: int) -> Words:
        """So many empty ones."""
        return cls(np.zeros(count, np.int32), [""])

    def put(self, places: Int64, word: str) -> None:
        """The word of all these places."""
        if word not in self.words:
            self.words.append(word)
        self.which[places] = self.words.index(word)

    def at(self, place: int) -> str:
        """One word."""
        return self.words[int(self.which[place])]

    def are(self, word: str) -> Flags:
        """Where it is this word."""
        return np.array([one == word for one in self.words])[self.which]

    def said(self) -> Counter[str]:
        """How often each word is there, '' apart."""
        often = np.bincount(self.which, minlength=len(self.words)).tolist()
        return Counter(
            {word: count for word, count in zip(self.words, often, strict=True) if word and count}
        )

    def text(self) -> Text:
        """The same as a column of texts."""
        return text_of(self.words).pick(self.which.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Cost:
    """What answered calls cost the provider, one place a call.

    Where that is not known, `reason` says why, and amount and currency mean nothing.
    """

    known: Flags
    amount_micros: Int64
    currency: Words
    reason: Words

    @classmethod
    def unknown(cls, count: int) -> Cost:
        """Calls that are nobody's: no carrier has their trunk, no parent sells them."""
        reason = Words.none(count)
        reason.put(np.arange(count), UNKNOWN_TRUNK)
        return cls(np.zeros(count, bool), np.zeros(count, np.int64), Words.none(count), reason)
