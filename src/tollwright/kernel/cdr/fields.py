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
from tollwright.kernel.arrays import NONE
from tollwright.kernel.jit import entry, plain
from tollwright.kernel.text_bytes import ESCAPED

BAD = -1
CLIPPED = min(CLIPPED_SECONDS)  # the other one is more than a day
DASH, SLASH, DOT, PLUS, ZERO, COMMA, COLON, BLANK, TEE, PERCENT = (
    ord(sign) for sign in "-/.+0,: T%"
)
LONGEST_SEQUENCE = 17
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


# Places in `freeswitch_layouts.ORDER`.
CALLER, CALLED, DIALLED, STARTED, ANSWERED, ENDED = range(1, 7)
BILLED, FINE, CAUSE, UUID, BLEG, DIRECTION, ORIGIN = range(8, 15)


@entry
def freeswitch(
    data: Any, first: Any, size: Any, at: Any, unit_us: int, odd: Any, moments: Any
) -> None:
    """What FreeSWITCH's rows say. `at`: the columns of `freeswitch_layouts.ORDER`, -1 for none;
    `unit_us`: microseconds of the finer length. Fills moments int64[n, 4] (START .. MS).

    Odd is a row with doubled quotes or a % in it, and one that may be another leg's.
    """
    for row in range(len(odd)):
        f, n = first[row], size[row]
        flags, percent, line_end = 0, False, f[-1] + (n[-1] & ~ESCAPED)
        for k in range(len(n)):
            flags |= n[k]
        for place in range(f[0], line_end):
            percent |= data[place] == PERCENT
        odd[row] = flags & ESCAPED != 0 or percent or n[at[UUID]] == 0
        if odd[row]:
            continue
        for k, column in ((START, STARTED), (ANSWER, ANSWERED), (END, ENDED)):
            moments[row, k] = NONE
            if at[column] >= 0:
                moments[row, k] = _stamp(data, f[at[column]], n[at[column]])
        moments[row, MS] = _length(data, f, n, at[BILLED], at[FINE], unit_us)
        odd[row] = _other_leg(data, f, n, at) or _unlike(moments[row])


@plain
def _unlike(moments: Any) -> bool:
    """Whether a row's moments and length are not those of a plain call."""
    unread = moments[START] < 0 or moments[MS] < 0
    unread |= moments[ANSWER] == BAD or moments[END] == BAD
    return bool(unread or (moments[MS] > 0 and moments[ANSWER] == NONE))


@plain
def _length(data: Any, f: Any, n: Any, billed: int, fine: int, unit_us: int) -> int:
    """Milliseconds by the finer column where it says something, else by billsec."""
    ms = _millis(data, f[billed], n[billed]) if billed >= 0 else 0
    if ms < 0 or fine < 0 or n[fine] == 0:
        return ms
    told = _number(data, f[fine], n[fine], 12)
    finer = (told * unit_us + 500) // 1_000
    if told < 0 or finer > DAY_S * 1_000 or finer // 1_000 == CLIPPED:
        return BAD
    return finer


@plain
def _other_leg(data: Any, f: Any, n: Any, at: Any) -> bool:
    """Whether the row names another one as the leg that made it."""
    uuid, origin = at[UUID], at[ORIGIN]
    if origin < 0 or n[origin] == 0:
        return False
    same = n[origin] == n[uuid]
    for k in range(n[uuid] if same else 0):
        same &= data[f[origin] + k] == data[f[uuid] + k]
    return not same


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


ENTRIES: tuple[Any, ...] = (scan, asterisk, freeswitch, plain_numbers)
