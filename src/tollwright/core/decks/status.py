"""What the words of a deck's status or change column do to their row."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tollwright.core.decks.mapping import Effect

_WORDS: dict[Effect, str] = {
    "open": "|active|current|open|new|enabled|effective|valid|live|available|ok|same|no change"
    "|unchanged|nochange|increase|increased|rate increase|price increase|decrease|decreased"
    "|rate decrease|price decrease|change|changed|rate change|new code|new destination|new rate"
    "|code added|added|add|update|updated|pending increase|pending decrease|-|=|gültig|aktiv",
    "withdrawn": "deleted|delete|withdrawn|withdraw|removed|remove|inactive|discontinued|expired"
    "|discontinue|terminated|cancelled|canceled|obsolete|ended|code deleted|code removed|dropped"
    "|code withdrawn|deactivated|retired|closed|gelöscht|supprimé|eliminado",
    "blocked": "blocked|block|barred|suspended|forbidden|not available|unavailable|gesperrt",
}
EFFECT_OF: dict[str, Effect] = {
    word: effect for effect, words in _WORDS.items() for word in words.split("|")
}


YES_MEANS_OPEN = frozenset(("active", "enabled", "isactive", "isenabled"))  # headers
YES_NO: tuple[tuple[str, Effect], ...] = (
    *((word, "open") for word in ("yes", "y", "true", "1")),
    *((word, "withdrawn") for word in ("no", "n", "false", "0")),
)


def folded(word: str) -> str:
    """A word without case, outer signs and double blanks: how words are compared."""
    bare = re.sub(r"[\s_]+", " ", word.strip().lower())
    return bare.strip(" .!*()[]") if bare not in ("-", "=") else bare


def effects(told: Iterable[tuple[str, Effect]]) -> dict[str, Effect]:
    """All words with what each does, those of the mapping before the usual ones."""
    return EFFECT_OF | {folded(word): effect for word, effect in told}


def looks_like_status(texts: list[str]) -> bool:
    """Whether most filled cells of a column are words that are known."""
    words = [folded(text) for text in texts if text.strip()]
    known = sum(word in EFFECT_OF for word in words)
    return bool(words) and known * 2 >= len(words) and any(word not in "-=" for word in words)
