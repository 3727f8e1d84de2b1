"""Local channels: `Local/x;1` and `;2` are two ends of one thing, with a row on each side.

A row towards ;1 by Dial is internal and the ;2 row is the call. A queue rings its agents so too;
there the caller's row stays the line, and the ;2 row is the call to the agent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import force_setattr

from tollwright.core.formats.asterisk.lines import start_with
from tollwright.core.formats.base import Record
from tollwright.core.formats.judged import set_aside
from tollwright.core.formats.takes import LOCAL

_OUTSIDE_DIGITS = 7  # a number of so many digits or more is not an agent's
TOWARDS = "towards a Local channel: its other half is the call"
AGENT = "the queue's call to its agent: the caller's line is the call"


def other_half(channel: str) -> str:
    """The name of the other half of a Local channel; "" for any other channel."""
    base, sign, number = channel.rpartition(";")
    if not sign or not channel.startswith(LOCAL):
        return ""
    return f"{base};{2 if number == '1' else 1}"


class Halves:
    """Some rows and what they tell of each other's Local channels. `outside`: whether a trunk
    leads outside."""

    def __init__(self, rows: Sequence[Record], outside: Callable[[str], bool]) -> None:
        self._outside = outside
        self._of_channel: dict[str, list[Record]] = {}
        for row in rows:
            if row.channel.startswith(LOCAL):
                self._of_channel.setdefault(row.channel, []).append(row)
        self._towards = [row for row in rows if other_half(row.dst_channel)]
        self._by_queue: set[int] = set()

    def judge(self, given_out: set[int]) -> None:
        """Set the legs of rows towards a half that is in sight, and of the halves; rows whose id
        is in `given_out` are only looked at."""
        reached = {id(half) for row in self._towards for half in self._halves_of(row)}
        seen: set[int] = set()
        for row in sorted(self._towards, key=lambda row: id(row) in reached):
            self._follow(row, given_out, seen)

    def _halves_of(self, row: Record) -> Sequence[Record]:
        halves = self._of_channel.get(other_half(row.dst_channel), ())
        return [half for half in halves if half is not row]

    def _follow(self, row: Record, given_out: set[int], seen: set[int]) -> None:
        """From a row to its half, and on to the half's own: what one hands on, the next does."""
        after = [row]
        while after:
            current = after.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            halves = self._halves_of(current)
            for half in halves:
                self._judge_pair(current, half, given_out)
            after += halves

    def _judge_pair(self, row: Record, half: Record, given_out: set[int]) -> None:
        queued = bool(row.queue) or id(row) in self._by_queue
        if not row.queue and id(row) not in given_out:
            set_aside(row, TOWARDS)
        if queued:
            self._by_queue.add(id(half))
        if id(half) in given_out:
            return
        if queued and not leaves(half, self._outside):
            set_aside(half, AGENT)
            return
        _bring(half, row)
        if not queued:
            start_with(half, row)


def leaves(half: Record, outside: Callable[[str], bool]) -> bool:
    """Whether the call to an agent goes out: by a trunk, or to a number of the world."""
    digits = half.called.removeprefix("+")
    if digits.isascii() and digits.isdigit() and len(digits) >= _OUTSIDE_DIGITS:
        return True
    return outside(half.trunk_out)


def _bring(half: Record, row: Record) -> None:
    """A Local channel comes from no trunk and may name no account: the row before it does."""
    kinds = {kind for kind, _ in half.hints}
    brought = [(k, v) for k, v in row.hints if k in ("accountcode", "trunk") and k not in kinds]
    if brought:
        force_setattr(half, "hints", (*half.hints, *brought))
    if not half.trunk_in and row.trunk_in:
        force_setattr(half, "trunk_in", row.trunk_in)
