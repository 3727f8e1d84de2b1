"""The text of a card file to a prepared card, with a profile where one is asked for."""

from __future__ import annotations

import json
from collections import Counter

from tollwright.core.cardfile import load_card
from tollwright.core.cardread import CardError, Fault
from tollwright.core.choose import CardIndex, prepare
from tollwright.core.profiles import apply_profile


def open_card(text: str, profile: str = "") -> CardIndex:
    """Raises CardError with all faults of the card, UnknownProfile for the profile's name."""
    try:
        data = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_each_key_once)
    except CardError:
        raise
    except (ValueError, RecursionError) as error:
        raise CardError([Fault(None, "card", f"is not JSON: {error}")]) from None
    card = load_card(data)
    return prepare(apply_profile(card, profile) if profile else card)


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of the file: of two prices in one row, none is silently the right one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        begins = ": ".join(map(str, pairs[0]))
        raise CardError([Fault(None, key, f"is there twice in the object with {begins}")])
    return found
