"""What a deck does not say and nobody may guess: a sentence, the answers there are, a proposal."""

from __future__ import annotations

import msgspec


class Question(msgspec.Struct, frozen=True, gc=False):
    """key: as `mapping.answered` takes it. choices: () = free text. proposal: '' = none.

    Until it is answered no version is made of the deck.
    """

    key: str
    sentence: str
    choices: tuple[str, ...] = ()
    proposal: str = ""


def country(example: str, calling_code: str) -> Question:
    """Codes without + that a national plan has too."""
    return Question(
        "country",
        f"The codes have no + and look like national ones ({example}): say which country's they"
        " are, or that they are international.",
        ("international", calling_code) if calling_code else ("international",),
        calling_code,
    )


def jurisdiction(headers: list[str], choices: tuple[str, ...]) -> Question:
    """A US deck prices a call by where it begins; a row has one price."""
    return Question(
        "jurisdiction",
        f"The deck has a price by where a call begins ({', '.join(headers)}) and a row of a card"
        " has one: say which counts. The highest never sells below cost.",
        choices,
        "highest",
    )


def grace(header: str) -> Question:
    """Three meanings in the field."""
    return Question(
        "grace",
        f"Column {header} holds grace seconds: say whether they are taken off each call (subtract),"
        " only make calls up to them free (threshold), or are added (add).",
        ("subtract", "threshold", "add"),
        "subtract",
    )


def price_column(headers: list[str], proposal: str) -> Question:
    """Several columns hold prices."""
    return Question(
        "price",
        f"Several columns hold prices ({', '.join(headers)}): say which one is to be read.",
        tuple(headers),
        proposal,
    )


def sheet(names: list[str], proposal: str) -> Question:
    """Several sheets hold price tables."""
    return Question(
        "sheet",
        f"Several sheets hold prices ({', '.join(names)}): say which one is to be read.",
        tuple(names),
        proposal,
    )


def new_column(header: str, meaning: str) -> Question:
    """The carrier sends more than it did when the mapping was saved."""
    return Question(
        f"column.{header}",
        f"Column {header} is not in the saved mapping and looks like {meaning.replace('_', ' ')}:"
        " say what it means, or that it is to be ignored.",
        (meaning, "ignore"),
        meaning,
    )
