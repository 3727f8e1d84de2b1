"""Rate decks: a carrier's or a tenant's price list as a CSV file or a workbook.

`sniff` proposes how to read a file, `read_deck` reads it by a saved `ColumnMapping`, `deck_diff`
says what it would change. Bytes in, values out.
"""

from tollwright.core.decks.diff import DeckDiff, Fate, deck_diff
from tollwright.core.decks.mapping import ColumnMapping, MappingError, answered
from tollwright.core.decks.questions import Question
from tollwright.core.decks.reader import DeckResult, read_deck
from tollwright.core.decks.rows import DeckFault, DeckRow, as_rate
from tollwright.core.decks.sniffer import Proposal, sniff
from tollwright.core.decks.table import DeckError

__all__ = [
    "ColumnMapping",
    "DeckDiff",
    "DeckError",
    "DeckFault",
    "DeckResult",
    "DeckRow",
    "Fate",
    "MappingError",
    "Proposal",
    "Question",
    "answered",
    "as_rate",
    "deck_diff",
    "read_deck",
    "sniff",
]
