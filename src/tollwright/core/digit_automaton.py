"""The patterns of a numbering plan as one automaton over digits: a table that a loop can walk.

The patterns are the small regular expressions of the phonenumbers library's metadata: digits, \\d,
[1-37], groups, alternatives, ? and {n,m}. An expression is a tuple: (digits, next) reads one of
these digits, a frozenset is any of its members; END reads nothing. States are expressions, and the
automaton is found by taking off one digit at a time (Brzozowski's derivatives).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DIGITS = frozenset(range(10))
DEAD, START = 0, 1
_ZERO = ord("0")

Expression = frozenset["_Read"]  # alternatives; the empty one matches nothing


@dataclass(frozen=True, slots=True)
class _Read:
    """One digit of `digits`, then one of `after`; without digits: the end."""

    digits: frozenset[int]
    after: frozenset[_Read]


_END = _Read(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Automaton:
    """`following[10 * state + digit]` is the next state, DEAD where no number goes on so.

    `free[state]`: where no further digit matters, only how many there are: bit n is set where n
    more make a number; -1: the next digit matters.
    """

    following: tuple[int, ...]
    accepts: tuple[bool, ...]
    free: tuple[int, ...]

    def accepts_digits(self, digits: str) -> bool:
        """Whether the digits are a whole number of the plan."""
        state, left, following, free = START, len(digits), self.following, self.free
        for digit in digits.encode():
            lengths = free[state]
            if lengths >= 0:
                return bool(lengths >> left & 1)
            state = following[10 * state + digit - _ZERO]
            left -= 1
        return self.accepts[state]


NOTHING = Automaton((DEAD,) * 20, (False, False), (0, 0))


def build_automaton(patterns: Iterable[str]) -> Automaton:
    """The automaton that accepts what one of the patterns matches as a whole."""
    parsed: set[_Read] = set()
    for pattern in patterns:
        parsed |= _Parser(pattern).parse()
    start = frozenset(parsed)
    if not start:
        return NOTHING
    states: dict[Expression, int] = {frozenset(): DEAD, start: START}
    waiting = [start]
    following = {DEAD: [DEAD] * 10}
    while waiting:
        state = waiting.pop()
        row = []
        for digit in range(10):
            rest = _after(state, digit)
            if rest not in states:
                states[rest] = len(states)
                waiting.append(rest)
            row.append(states[rest])
        following[states[state]] = row
    flat = tuple(place for state in range(len(states)) for place in following[state])
    return _automaton(flat, tuple(_END in state for state in states))


def _automaton(following: tuple[int, ...], accepts: tuple[bool, ...]) -> Automaton:
    free: dict[int, int] = {DEAD: 0}

    def find(state: int) -> int:
        if state not in free:
            rests = {find(place) for place in following[10 * state : 10 * state + 10]}
            rest = rests.pop()
            free[state] = -1 if rests or rest < 0 else rest << 1 | accepts[state]
        return free[state]

    return Automaton(following, accepts, tuple(find(state) for state in range(len(accepts))))


def intersection(one: Automaton, other: Automaton) -> Automaton:
    """The automaton that accepts what both accept."""
    places = {(DEAD, DEAD): DEAD, (START, START): START}
    pairs = list(places)
    following: list[int] = []
    for mine, theirs in pairs:  # which grow on the way
        for digit in range(10):
            pair = one.following[10 * mine + digit], other.following[10 * theirs + digit]
            if DEAD in pair:
                pair = (DEAD, DEAD)
            if pair not in places:
                places[pair] = len(pairs)
                pairs.append(pair)
            following.append(places[pair])
    accepts = (one.accepts[mine] and other.accepts[theirs] for mine, theirs in pairs)
    return _automaton(tuple(following), tuple(accepts))


def _after(state: Expression, digit: int) -> Expression:
    found: set[_Read] = set()
    for one in state:
        if digit in one.digits:
            found |= one.after
    return frozenset(found)


class _Parser:
    """Reads a pattern from its end, so that each part knows what comes after it."""

    def __init__(self, pattern: str) -> None:
        self._tokens = _tokens(pattern)

    def parse(self) -> Expression:
        alternatives, at = _alternatives(self._tokens, 0)
        if at != len(self._tokens):
            raise ValueError(f"an unexpected ) in {''.join(self._tokens)}")
        return _any_of(alternatives, frozenset({_END}))


# A part is digits or alternatives of sequences, with how often it may come.
_Part = tuple["frozenset[int] | list[_Sequence]", int, int]
_Sequence = list[_Part]


def _tokens(pattern: str) -> list[str]:
    """\\d, [..], {..} and ?: as one token each."""
    found: list[str] = []
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign in "[{":
            end = pattern.index("]" if sign == "[" else "}", at) + 1
        elif sign == "\\" or pattern.startswith("?:", at):
            end = at + 2
        else:
            end = at + 1
        found.append(pattern[at:end])
        at = end
    return found


def _alternatives(tokens: list[str], at: int) -> tuple[list[_Sequence], int]:
    found: list[_Sequence] = [[]]
    while at < len(tokens) and tokens[at] != ")":
        if tokens[at] == "|":
            found.append([])
            at += 1
            continue
        what, at = _atom(tokens, at)
        least, most, at = _times(tokens, at)
        found[-1].append((what, least, most))
    return found, at


def _atom(tokens: list[str], at: int) -> tuple[frozenset[int] | list[_Sequence], int]:
    sign = tokens[at]
    if sign == "(":
        at += 2 if tokens[at + 1] == "?:" else 1
        inside, at = _alternatives(tokens, at)
        return inside, at + 1
    return _digits_of(sign), at + 1


def _digits_of(sign: str) -> frozenset[int]:
    if sign == "\\d":
        return DIGITS
    if sign.isdigit():
        return frozenset({int(sign)})
    if sign[0] != "[":
        raise ValueError(f"{sign!r} is no part of a numbering plan's pattern")
    inside = sign[1:-1].replace("\\d", "0-9")
    found: set[int] = set()
    for at, one in enumerate(inside):
        if one == "-":
            found |= set(range(int(inside[at - 1]), int(inside[at + 1]) + 1))
        else:
            found.add(int(one))
    return frozenset(found)


def _times(tokens: list[str], at: int) -> tuple[int, int, int]:
    sign = tokens[at] if at < len(tokens) else ""
    if sign == "?":
        return 0, 1, at + 1
    if sign[:1] == "{":
        least, _, most = sign[1:-1].partition(",")
        return int(least), int(most or least), at + 1
    return 1, 1, at


def _any_of(alternatives: list[_Sequence], after: Expression) -> Expression:
    found: set[_Read] = set()
    for sequence in alternatives:
        rest = after
        for what, least, most in reversed(sequence):
            rest = _repeated(what, least, most, rest)
        found |= rest
    return frozenset(found)


def _repeated(
    what: frozenset[int] | list[_Sequence], least: int, most: int, after: Expression
) -> Expression:
    rest = after
    for time in range(most, 0, -1):
        once = _once(what, rest)
        rest = once if time <= least else once | after
    return rest


def _once(what: frozenset[int] | list[_Sequence], after: Expression) -> Expression:
    if isinstance(what, frozenset):
        return frozenset({_Read(what, after)})
    return _any_of(what, after)
