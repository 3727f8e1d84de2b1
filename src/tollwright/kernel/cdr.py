"""The lines of a CDR file as columns: where each field stands, and what its bytes say.

`core.formats` is the readable rule. Here only what is plain is read, and every other row is left
`odd`, to be read by that rule: a quote within a field, a stamp in an unusual form, a length that no
call has. A field is a place in the file's bytes and a size; nothing is copied and no row becomes an
object. All functions stand in this file, whose age numba asks for when it looks for compiled code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tollwright.core.formats.base import CLIPPED_SECONDS, DAY_S
from tollwright.kernel.jit import entry, plain

ESCAPED = 1 << 30  # in a size: the field holds doubled quotes
NONE = np.iinfo(np.int64).min  # no such moment
BAD = -1
CLIPPED = min(CLIPPED_SECONDS)  # the other one is more than a day
DASH, SLASH, DOT, PLUS, ZERO, COMMA, COLON, BLANK, TEE = (ord(sign) for sign in "-/.+0,: T")
QUOTE, SEPARATOR = 0x22, 0x1F
LONGEST_SEQUENCE = 17
_FNV, _PRIME = 0xCBF29CE484222325 - (1 << 64), 0x100000001B3
_MONTHS = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365])


@plain
def _quoted(data: Any, at: int, end: int, quote: int, escape: int) -> tuple[int, int, bool]:
    """(end of the text, flag, odd) of a field after its opening quote; end -1: it never closes."""
    flag, odd = 0, False
    while at < end:
        sign = data[at]
        if sign == quote:
            if at + 1 >= end or data[at + 1] != quote:
                return at, flag, odd
            flag = ESCAPED
            at += 1
        elif sign in (escape, 0):
            odd = True
            at += sign == escape
        at += 1
    return -1, flag, odd


@plain
def _bare(
    data: Any, at: int, end: int, delimiter: int, quote: int, escape: int
) -> tuple[int, int, bool]:
    """(end of the text, flag, odd) of a bare field; end -1: it goes on in the next line."""
    odd = False
    while at < end and data[at] != delimiter:
        sign = data[at]
        odd |= sign in (quote, escape, 0)
        if sign == escape and at + 1 == end:
            return -1, 0, odd
        at += 1
    return at, 0, odd


@entry
def scan(
    data: Any, starts: Any, delimiter: int, quote: int, escape: int, first: Any, size: Any, odd: Any
) -> bool:
    """Where the fields of each line stand: first, size int32[n, width]; False: a row spans lines.

    `starts` has n + 1 places, each line ends in one byte. A line with another number of fields, or
    whose quoting is not plain, is odd.
    """
    width = first.shape[1]
    for row in range(len(starts) - 1):
        at, end, field, strange = starts[row], starts[row + 1] - 1, 0, False
        while True:
            if at < end and data[at] == quote:
                begin = at + 1
                stop, flag, different = _quoted(data, begin, end, quote, escape)
                at = stop + 1
            else:
                begin = at
                stop, flag, different = _bare(data, at, end, delimiter, quote, escape)
                at = stop
            if stop < 0:
                return False
            strange |= different or (at < end and data[at] != delimiter) or field >= width
            if field < width:
                first[row, field] = begin
                size[row, field] = (stop - begin) | flag
            field += 1
            if at >= end or strange:
                break
            at += 1
        odd[row] = strange or field != width
    return True


@plain
def _digit(data: Any, at: int) -> int:
    digit = int(data[at]) - ZERO
    return digit if 0 <= digit <= 9 else -10_000


@plain
def _pair(data: Any, at: int) -> int:
    """The number of two digits; negative where they are none."""
    return 10 * _digit(data, at) + _digit(data, at + 1)


@plain
def _days(year: int, month: int, day: int) -> int:
    """Days of a date since 1970-01-01; BAD for none between 1990 and 2099."""
    if not (1990 <= year < 2100 and 1 <= month <= 12 and day >= 1):
        return BAD
    leap = year % 4 == 0  # so it is from 1990 to 2099
    if day > _MONTHS[month] - _MONTHS[month - 1] + (leap and month == 2):
        return BAD
    before = (year - 1970) * 365 + (year - 1969) // 4
    return before + int(_MONTHS[month - 1]) + day - 1 + (leap and month > 2)


@plain
def _stamp(data: Any, at: int, size: int) -> int:
    """Seconds of `2026-11-22 08:34:05` since 1970 on the same clock; NONE for '', else BAD."""
    if size != 19:
        return BAD if size else NONE
    marks = data[at + 4] == DASH and data[at + 7] == DASH and data[at + 10] in (BLANK, TEE)
    days = _days(
        100 * _pair(data, at) + _pair(data, at + 2), _pair(data, at + 5), _pair(data, at + 8)
    )
    hour, minute, second = _pair(data, at + 11), _pair(data, at + 14), _pair(data, at + 17)
    marks &= data[at + 13] == COLON and data[at + 16] == COLON
    if days < 0 or not marks or min(hour, minute, second) < 0:
        return BAD
    if hour > 23 or minute > 59 or second > 59:
        return BAD
    return ((days * 24 + hour) * 60 + minute) * 60 + second


@plain
def _millis(data: Any, at: int, size: int) -> int:
    """Milliseconds, half up, of `3`, `3.006528` or '' seconds; BAD for what needs a look."""
    if size > 14:
        return BAD
    seconds, micros, unit, end = 0, 0, 1_000_000, at + size
    while at < end and data[at] != DOT:
        seconds = seconds * 10 + _digit(data, at)
        if not 0 <= seconds <= DAY_S or seconds == CLIPPED:
            return BAD
        at += 1
    for place in range(at + 1, end):
        digit = _digit(data, place)
        if digit < 0:
            return BAD
        unit //= 10
        micros += digit * unit
    ms = seconds * 1_000 + (micros + 500) // 1_000
    return ms if ms <= DAY_S * 1_000 else BAD


@plain
def _number(data: Any, at: int, size: int, most: int) -> int:
    """The number that some digits write; BAD where they are none, or more than `most`."""
    if not 0 < size <= most:
        return BAD
    value = 0
    for place in range(at, at + size):
        digit = _digit(data, place)
        if digit < 0:
            return BAD
        value = value * 10 + digit
    return value


@plain
def _last(data: Any, at: int, size: int, sign: int) -> int:
    """How far from `at` the last such sign stands; -1: there is none."""
    for back in range(size - 1, -1, -1):
        if data[at + back] == sign:
            return back
    return -1


@plain
def _starts(data: Any, at: int, size: int, word: Any) -> bool:
    if size < len(word):
        return False
    same = True
    for k in range(len(word)):
        same &= data[at + k] == word[k]
    return same


@plain
def _peer(data: Any, at: int, size: int) -> tuple[int, int]:
    """Where a channel's peer stands: `PJSIP/uac-00000000` -> uac, `DAHDI/i1/4930-5` -> i1."""
    slash = 0
    while slash < size and data[at + slash] != SLASH:
        slash += 1
    if slash == size:
        return at, 0
    dash = _last(data, at, size, DASH)
    end = dash if dash > slash + 1 else size
    stop = slash + 1
    while stop < end and data[at + stop] != SLASH:
        stop += 1
    return at + slash + 1, stop - slash - 1


@plain
def _born(data: Any, at: int, size: int) -> int:
    """The epoch in a uniqueid, `[server-]1795336445.1`; BAD where none can be seen."""
    dot = _last(data, at, size, DOT)
    if dot < 0:
        dot = size - 1
    begin = max(dot - 10, 0)
    return _number(data, at + begin, dot - begin, 10) if dot - begin == 10 else BAD


@plain
def _hash(data: Any, at: int, size: int, value: int) -> int:
    for place in range(at, at + size):
        value = (value ^ data[place]) * _PRIME
    return value ^ (value >> 29)


@entry
def hashes(data: Any, first: Any, size: Any, out: Any) -> None:
    """A number for each text; two that differ share one about once in 2**64."""
    for row in range(len(out)):
        out[row] = _hash(data, first[row], size[row], _FNV)


LOCAL = np.frombuffer(b"Local/", np.uint8)
QUEUE = np.frombuffer(b"Queue", np.uint8)
# Columns of what a format finds in a row: moments and lengths, and texts.
START, ANSWER, END, MS, BORN, SEQUENCE = range(6)
ACCOUNT, PEER, QUEUED, AGENT, TRUNK = range(5)


@entry
def asterisk(
    data: Any,
    first: Any,
    size: Any,
    at: Any,
    odd: Any,
    local: Any,
    moments: Any,
    begins: Any,
    sizes: Any,
) -> None:
    """What Asterisk's rows say. `at`: the columns of `asterisk_layouts.PICKED`, -1 for none.

    Fills moments int64[n, 6] (START .. SEQUENCE), texts int32[n, 5] (ACCOUNT .. TRUNK); `local`:
    one of the row's channels is a Local one.
    """
    for row in range(len(odd)):
        if odd[row]:
            continue
        f, n = first[row], size[row]
        flags = 0
        for place in at:
            if place >= 0 and place != at[4]:
                flags |= n[place]
        odd[row] = flags & ESCAPED != 0
        if odd[row]:
            continue
        channel, to, app, said = at[5], at[6], at[7], at[8]
        moments[row, START] = _stamp(data, f[at[9]], n[at[9]])
        moments[row, ANSWER] = _stamp(data, f[at[10]], n[at[10]]) if at[10] >= 0 else NONE
        moments[row, END] = _stamp(data, f[at[11]], n[at[11]]) if at[11] >= 0 else NONE
        moments[row, MS] = _millis(data, f[at[13]], n[at[13]])
        uid = at[15]
        moments[row, BORN] = _born(data, f[uid], n[uid])
        number = at[18]
        moments[row, SEQUENCE] = BAD
        if number >= 0:
            moments[row, SEQUENCE] = _number(data, f[number], n[number], LONGEST_SEQUENCE)
        _names(data, f, n, at, begins[row], sizes[row])
        local[row] = (channel >= 0 and _starts(data, f[channel], n[channel], LOCAL)) or (
            to >= 0 and _starts(data, f[to], n[to], LOCAL)
        )
        if app >= 0 and n[app] == len(QUEUE) and _starts(data, f[app], n[app], QUEUE):
            _queue(data, f[said], n[said] * (said >= 0), begins[row], sizes[row])
        else:
            sizes[row, AGENT] = 0
        odd[row] = (
            moments[row, START] < 0
            or (moments[row, ANSWER] < 0 and moments[row, ANSWER] != NONE)
            or (moments[row, END] < 0 and moments[row, END] != NONE)
            or moments[row, MS] < 0
            or (moments[row, MS] > 0 and moments[row, ANSWER] == NONE)
            or n[uid] == 0
            or n[at[1]] == 0
        )


@plain
def _names(data: Any, f: Any, n: Any, at: Any, begins: Any, sizes: Any) -> None:
    """Account, peers and trunk of a row of Asterisk."""
    account, channel, to = at[0], at[5], at[6]
    if account >= 0:
        begins[ACCOUNT], sizes[ACCOUNT] = f[account], n[account]
    if channel >= 0:
        begins[PEER], sizes[PEER] = _peer(data, f[channel], n[channel])
    begins[TRUNK], sizes[TRUNK] = begins[PEER], sizes[PEER]
    if to >= 0:
        begins[AGENT], sizes[AGENT] = _peer(data, f[to], n[to])
    if sizes[AGENT]:
        begins[TRUNK], sizes[TRUNK] = begins[AGENT], sizes[AGENT]
    sizes[QUEUED] = 0


@plain
def _queue(data: Any, at: int, size: int, begins: Any, sizes: Any) -> None:
    """The queue's name: what the application was told, up to its first comma."""
    stop = 0
    while stop < size and data[at + stop] != COMMA:
        stop += 1
    begins[QUEUED], sizes[QUEUED] = at, stop


@entry
def plain_numbers(data: Any, first: Any, size: Any, plain: Any, known: Any) -> None:
    """Take the + off numbers that are E.164 as they stand; `known`: whether one was.

    `plain`: for each four digits whether a number that begins so is (`core.numbers.digits_of`).
    """
    for row in range(len(known)):
        at, length = first[row], size[row]
        known[row] = False
        if not 8 <= length <= 16 or data[at] != PLUS:
            continue
        head = _number(data, at + 1, 4, 4)
        digits = True
        for place in range(at + 5, at + length):
            digits &= _digit(data, place) >= 0
        if digits and head >= 0 and plain[head]:
            first[row], size[row], known[row] = at + 1, length - 1, True


@plain
def _same(data: Any, f: Any, n: Any, other_f: Any, other_n: Any) -> bool:
    """Whether two rows of texts are equal."""
    for k in range(len(f)):
        if n[k] != other_n[k]:
            return False
    for k in range(len(f)):
        for place in range(n[k]):
            if data[f[k] + place] != data[other_f[k] + place]:
                return False
    return True


@entry
def alike(data: Any, first: Any, size: Any, table: Any, codes: Any, examples: Any) -> None:
    """Number rows of k texts, equal rows alike: codes int32[n], `examples`: a row of each code.

    `table` has a power of two of places, more than there are rows, all -1.
    """
    mask, count = len(table) - 1, 0
    for row in range(len(codes)):
        f, n = first[row], size[row]
        value = _FNV
        for k in range(len(f)):
            value = _hash(data, f[k], n[k], value ^ n[k])
        place = value & mask
        while table[place] >= 0:
            other = examples[table[place]]
            if _same(data, f, n, first[other], size[other]):
                break
            place = (place + 1) & mask
        if table[place] < 0:
            table[place] = count
            examples[count] = row
            count += 1
        codes[row] = table[place]


@plain
def _copy(data: Any, at: int, size: int, out: Any, to: int) -> int:
    """Copy a text; where it ends in `out`."""
    for place in range(size):
        out[to + place] = data[at + place]
    return to + size


@plain
def _unquoted(data: Any, at: int, size: int, out: Any, to: int) -> int:
    """Copy a text with its doubled quotes made single."""
    end = at + size
    while at < end:
        out[to] = data[at]
        to += 1
        at += 2 if data[at] == QUOTE else 1
    return to


@entry
def joined(data: Any, first: Any, size: Any, at: Any, rows: Any, out: Any, ends: Any) -> None:
    """The fields `at` of some rows, each row's with SEPARATOR between them, one after the other.

    A column that the file does not have is empty.
    """
    to = 0
    for i in range(len(rows)):
        row = rows[i]
        for k in range(len(at)):
            if k:
                out[to] = SEPARATOR
                to += 1
            if at[k] < 0:
                continue
            begin, length = first[row, at[k]], size[row, at[k]]
            if length & ESCAPED:
                to = _unquoted(data, begin, length ^ ESCAPED, out, to)
            else:
                to = _copy(data, begin, length, out, to)
        ends[i] = to


@entry
def glued(
    data: Any,
    first: Any,
    size: Any,
    glue: Any,
    tails: Any,
    tail_ends: Any,
    out: Any,
    begins: Any,
    sizes: Any,
) -> None:
    """Texts with a tail each: text, glue[row], tail; written to `out` one after the other."""
    to, tail = 0, 0
    for row in range(len(first)):
        begins[row] = to
        to = _copy(data, first[row], size[row], out, to)
        out[to] = glue[row]
        to = _copy(tails, tail, tail_ends[row] - tail, out, to + 1)
        tail = tail_ends[row]
        sizes[row] = to - begins[row]


@entry
def packed(data: Any, first: Any, size: Any, out: Any) -> None:
    """Digits as `kernel.numbers` packs them; BAD for a text that a rate card cannot look up."""
    for row in range(len(out)):
        value = 0
        for place in range(15):
            digit = 10
            if place < size[row]:
                digit = _digit(data, first[row] + place)
            value = BAD if digit < 0 or value < 0 else (value << 4) | digit
        out[row] = BAD if size[row] > 15 else value


@entry
def unpacked(numbers: Any, first: Any, size: Any, out: Any) -> None:
    """The digits of packed numbers, each at its place in `out`."""
    for row in range(len(numbers)):
        for place in range(size[row]):
            out[first[row] + place] = ZERO + (numbers[row] >> (56 - 4 * place) & 15)


ENTRIES: tuple[Any, ...] = (
    scan, hashes, asterisk, plain_numbers, alike, joined, glued, packed, unpacked,
)  # fmt: skip
