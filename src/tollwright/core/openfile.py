"""The text of a card file to a prepared card, with a profile where one is asked for."""

from __future__ import annotations

import json

from tollwright.core.cardfile import load_card
from tollwright.core.cardread import CardError, Fault
from tollwright.core.choose import CardIndex, prepare
from tollwright.core.profiles import apply_profile


def open_card(text: str, profile: str = "") -> CardIndex:
    """Raises CardError with all faults of the card, UnknownProfile for the profile's name."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise CardError([Fault(None, "card", f"is not JSON: {error}")]) from None
    card = load_card(data)
    return prepare(apply_profile(card, profile) if profile else card)
