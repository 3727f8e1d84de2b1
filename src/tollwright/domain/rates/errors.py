"""What the verbs on cards, decks and versions refuse."""

from __future__ import annotations

from collections.abc import Sequence

from tollwright.core.cards.read import CardError, Fault
from tollwright.domain.errors import DomainError


class CardCodeTaken(DomainError):
    """Another card of this provider has the code."""

    kind, code = "conflict", "card_code_taken"


class CardRefused(DomainError):
    """A card, or a version of it, that must not be published; `faults` names every place."""

    code = "card_refused"

    def __init__(self, sentence: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(sentence)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, error: CardError) -> CardRefused:
        """The refusal of a card that core found fault with."""
        return cls(f"The card cannot be published:\n{error}", error.faults)


class DeckRefused(DomainError):
    """The file is no deck that can be read as the mapping says."""

    code = "deck_refused"


class MappingNeeded(DomainError):
    """Nobody knows yet which column means what; see `queries.propose`."""

    code = "deck_mapping_needed"


class DeckHasFaults(DomainError):
    """Rows that cannot be read would be left out: that is the caller's to decide."""

    kind, code = "conflict", "deck_has_faults"


class DeckHasQuestions(DomainError):
    """Something that costs money can be read in two ways: nobody guesses."""

    kind, code = "conflict", "deck_has_questions"


class PreviewStale(DomainError):
    """The card went on since the preview, or the preview was used already."""

    kind, code = "conflict", "deck_preview_stale"


class VersionPublished(DomainError):
    """A published version never changes."""

    kind, code = "conflict", "version_published"
