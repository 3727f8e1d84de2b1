"""The states of an agent, by rank: in a moment that two claim, the first of them counts."""

from __future__ import annotations

STATES = ("talk", "hold", "dead", "wrap", "work", "dial", "ring", "wait", "pause")
RANK = {state: place for place, state in enumerate(STATES)}
READY = {
    "available": tuple(state for state in STATES if state != "pause"),
    "productive": tuple(state for state in STATES if state != "pause"),  # and the pauses listed
    "interacting": ("talk", "hold", "wrap"),
}
