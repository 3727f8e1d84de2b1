"""The lines of a CDR file as columns: where each field stands, and what its bytes say.

`core.formats` is the readable rule. Here only what is plain is read, and every other row is left
`odd`, to be read by that rule: a quote within a field, a stamp in an unusual form, a length that no
call has. A field is a place in the file's bytes and a size; nothing is copied and no row becomes an
object. All functions stand in this file, whose age numba asks for when it looks for compiled code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tollwright.core.formats import agreement, takes
from tollwright.core.formats.base import CLIPPED_SECONDS, DAY_S
from tollwright.core.formats.records import LONGEST_SEQUENCE
from tollwright.kernel.arrays import NONE
from tollwright.kernel.jit import entry, plain
from tollwright.kernel.text_bytes import ESCAPED, QUOTE

BAD = -1
# Full counts below a day; the others need a closer look for their length.
CLIPPED, CLIPPED_TOO = sorted(seconds for seconds in CLIPPED_SECONDS if seconds <= DAY_S)
SLACK_MS = agreement.SLACK_MS
DASH, SLASH, DOT, PLUS, ZERO, COMMA, COLON, BLANK, TEE, PERCENT, ZULU, TILDE, BACKSLASH = (
    ord(sign) for sign in "-/.+0,: T%Z~\\"
)
LOCAL = np.frombuffer(takes.LOCAL.encode(), np.uint8)
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
        if not 0 <= seconds <= DAY_S:
            return BAD
        at += 1
    for place in range(at + 1, end):
        digit = _digit(data, place)
        if digit < 0:
            return BAD
        unit //= 10
        micros += digit * unit
    ms = seconds * 1_000 + (micros + 500) // 1_000
    return BAD if ms > DAY_S * 1_000 or seconds in (CLIPPED, CLIPPED_TOO) else ms


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
def _starts(data: Any, at: int, size: int, words: Any, word: int, end: int) -> bool:
    """Whether a text begins with words[word:end]."""
    if size < end - word or (word < end and data[at] != words[word]):
        return False
    same = True
    for k in range(end - word):
        same &= data[at + k] == words[word + k]
    return same


@plain
def _peer(data: Any, at: int, size: int) -> tuple[int, int]:
    """Where a channel's peer stands: `PJSIP/uac-00000000` -> uac, `DAHDI/i1/4930-5` -> i1."""
    slash = _before(data, at, size, SLASH)
    if slash == size or _starts(data, at, size, LOCAL, 0, len(LOCAL)):
        return at, 0
    dash = _last(data, at, size, DASH)
    end = dash if dash > slash + 1 else size
    begin = at + slash + 1
    return begin, _before(data, begin, end - slash - 1, SLASH)


@plain
def _born(data: Any, at: int, size: int) -> int:
    """The epoch in a uniqueid, `[server-]1795336445.1`; BAD where none can be seen."""
    dot = _last(data, at, size, DOT)
    if dot < 0:
        dot = size - 1
    begin = max(dot - 10, 0)
    return _number(data, at + begin, dot - begin, 10) if dot - begin == 10 else BAD


# What is found in a row: moments and numbers, and where to look for them.
START, ANSWER, END, MS, BORN, SEQUENCE, LASTED_MS = range(7)
SECONDS, FINER, UNIT_US, DURATION, BIRTH, NUMBER, ORIGIN, REFERENCE = range(8)
PLACE, TAKE, WHEN, WORD, WORD_END, OTHERWISE = range(6)
WHOLE, PEER, HEAD = range(3)


@entry
def read_rows(
    data: Any, first: Any, size: Any, times: Any, numbers: Any, filled: Any, tied: Any, words: Any,
    encoded: bool, odd: Any, joint: Any, moments: Any,
) -> None:  # fmt: skip
    """What rows say, by the places of their columns (-1 = none); see `plan.ReadPlan`.

    times[3]: start, answer, end; numbers[8]: SECONDS .. REFERENCE; filled: columns that say
    something in every plain row; tied: where in `words` a word begins and ends, and the columns
    that make a row `joint` if they begin with it. `encoded`: a % makes a row odd, as `odd` does
    that is set. Sizes are without flags. Fills moments int64[n, 7] (START .. LASTED_MS).
    """
    start, answer, end = times[0], times[1], times[2]
    seconds, finer, unit_us = numbers[SECONDS], numbers[FINER], numbers[UNIT_US]
    duration, birth, number = numbers[DURATION], numbers[BIRTH], numbers[NUMBER]
    origin, reference = numbers[ORIGIN], numbers[REFERENCE]
    for row in range(len(odd)):
        f, n = first[row], size[row]
        empty = False
        for k in range(len(filled)):
            empty |= n[filled[k]] == 0
        strange = odd[row] or empty
        if encoded:
            strange |= _encoded(data, f[0], f[-1] + n[-1])
        at_us = _stamp(data, f[start], n[start])
        answer_us = _stamp(data, f[answer], n[answer]) if answer >= 0 else NONE
        end_us = _stamp(data, f[end], n[end]) if end >= 0 else NONE
        told, ms = _counted(data, f, n, seconds, finer, unit_us)
        strange |= min(at_us, ms) < 0 or (not told and answer_us != NONE)
        whole = duration >= 0 and n[duration] > 0
        lasted = _millis(data, f[duration], n[duration]) if whole else NONE
        for found in (answer_us, end_us, lasted):
            strange |= found == BAD
        if origin >= 0 and n[origin] > 0:
            strange |= not _same(data, f[origin], n[origin], f[reference], n[reference])
        odd[row] = strange
        moments[row, START], moments[row, ANSWER], moments[row, END] = at_us, answer_us, end_us
        moments[row, MS], moments[row, LASTED_MS] = ms, lasted
        moments[row, BORN] = _born(data, f[birth], n[birth]) if birth >= 0 else BAD
        moments[row, SEQUENCE] = BAD
        if number >= 0:
            moments[row, SEQUENCE] = _number(data, f[number], n[number], LONGEST_SEQUENCE)
        joint[row] = False
        for k in range(2, len(tied)):
            place = tied[k]
            joint[row] |= _starts(data, f[place], n[place], words, tied[0], tied[1])


@plain
def _encoded(data: Any, at: int, end: int) -> bool:
    """Whether a text may hold an encoded sign."""
    found = False
    for place in range(at, end):
        found |= data[place] == PERCENT
    return found


@plain
def _finer(data: Any, at: int, size: int, unit_us: int) -> int:
    """Milliseconds of so many units; BAD for what needs a look."""
    told = _number(data, at, size, 12)
    ms = (told * unit_us + 500) // 1_000
    if told < 0 or ms > DAY_S * 1_000 or ms // 1_000 in (CLIPPED, CLIPPED_TOO):
        return BAD
    return ms


@plain
def _counted(data: Any, f: Any, n: Any, seconds: int, finer: int, unit_us: int) -> tuple[bool, int]:
    """Whether a row tells its answered length, and its ms; BAD for what needs a look."""
    told = seconds >= 0 and n[seconds] > 0
    ms = _millis(data, f[seconds], n[seconds]) if told else 0
    if ms < 0 or finer < 0 or n[finer] == 0:
        return told, ms
    fine = _finer(data, f[finer], n[finer], unit_us)
    return True, BAD if told and abs(fine - ms) > SLACK_MS else fine


@plain
def _same(data: Any, at: int, size: int, other: int, other_size: int) -> bool:
    """Whether two texts are equal."""
    same = size == other_size
    for k in range(size if same else 0):
        same &= data[at + k] == data[other + k]
    return same


@entry
def read_texts(
    data: Any, first: Any, size: Any, texts: Any, words: Any, begins: Any, sizes: Any
) -> None:
    """Where some texts stand: int32[k, n]. texts[k, 6]: PLACE .. OTHERWISE.

    A text is what is taken of its column where `when` holds, and without `when` where the column
    says anything; else it is what stands in the column for otherwise.
    """
    for k in range(len(texts)):
        place, take, when = texts[k, PLACE], texts[k, TAKE], texts[k, WHEN]
        word, end, other = texts[k, WORD], texts[k, WORD_END], texts[k, OTHERWISE]
        for row in range(len(first)):
            if when >= 0:
                meant = _says(data, first[row, when], size[row, when], words, word, end)
            else:
                meant = other < 0 or (place >= 0 and size[row, place] > 0)
            column = place if meant else other
            begin, length = 0, 0
            if column >= 0:
                begin, length = first[row, column], size[row, column]
            if meant and take == PEER:
                begin, length = _peer(data, begin, length)
            elif meant and take == HEAD:
                length = _before(data, begin, length, COMMA)
            begins[k, row], sizes[k, row] = begin, length


@plain
def _says(data: Any, at: int, size: int, words: Any, word: int, end: int) -> bool:
    """Whether a text is words[word:end]; or, where that is empty, whether it is anything."""
    if word == end:
        return size > 0
    return size == end - word and _starts(data, at, size, words, word, end)


@plain
def _before(data: Any, at: int, size: int, sign: int) -> int:
    """How much of a text stands before the first such sign."""
    stop = 0
    while stop < size and data[at + stop] != sign:
        stop += 1
    return stop


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


# The columns of a file of calls to be rated, and the texts that are kept of them.
CALL_KEY, ANSWERED_AT, CALL_SECONDS, CALLER, CALLED = range(5)
KEY_TEXT, CALLER_TEXT, CALLED_TEXT = range(3)
MOST_WHOLE, MOST_FINER = 9, 6  # digits of seconds before and behind the point


@plain
def _trimmed(data: Any, at: int, size: int) -> tuple[int, int]:
    """A text without the blanks around it."""
    while size and data[at] == BLANK:
        at += 1
        size -= 1
    while size and data[at + size - 1] == BLANK:
        size -= 1
    return at, size


@plain
def _key(data: Any, at: int, size: int) -> bool:
    """Whether a text is written as it is read, in CSV and in JSON."""
    usual = size > 0
    for place in range(at, at + size):
        sign = data[place]
        usual &= BLANK <= sign <= TILDE and sign not in (COMMA, QUOTE, BACKSLASH)
    return usual


@plain
def _micros(data: Any, at: int, size: int) -> int:
    """What some digits behind a point say in millionths; negative for none or more than six."""
    value = _number(data, at, size, MOST_FINER)
    for _ in range(size, MOST_FINER):
        value *= 10
    return value


@plain
def _offset(data: Any, at: int, size: int) -> int:
    """Seconds east of Greenwich of `Z` or `+05:30`; NONE for '', 86 400 for what is neither."""
    if not size:
        return NONE
    if size == 1 and data[at] == ZULU:
        return 0
    if size != 6 or data[at] not in (PLUS, DASH) or data[at + 3] != COLON:
        return DAY_S
    hours, minutes = _pair(data, at + 1), _pair(data, at + 4)
    if min(hours, minutes) < 0 or hours > 23 or minutes > 59:
        return DAY_S
    seconds = (hours * 60 + minutes) * 60
    return -seconds if data[at] == DASH else seconds


@plain
def _moment(data: Any, at: int, size: int) -> tuple[int, int]:
    """(seconds as written, BAD: not read; micros behind them) of `2026-11-22 08:34:05.25`."""
    seconds = _stamp(data, at, 19) if size >= 19 else BAD
    if size <= 19 or seconds < 0:
        return seconds, 0
    micros = _micros(data, at + 20, size - 20) if data[at + 19] == DOT else BAD
    return (seconds, micros) if micros >= 0 else (BAD, 0)


@plain
def _zone_sign(data: Any, at: int, size: int) -> int:
    """How far from `at` a zone is written behind a time: its length where there is none."""
    for place in range(19, size):
        if data[at + place] in (PLUS, DASH, ZULU):
            return place
    return size


@plain
def _exact_ms(data: Any, at: int, size: int, up: bool) -> int:
    """Milliseconds of seconds such as 65 or 65.2345, what is finer `up` or down; BAD for others."""
    point = _before(data, at, size, DOT)
    whole = _number(data, at, point, MOST_WHOLE)
    if whole < 0 or point == size:
        return whole * 1_000 if whole >= 0 else BAD
    micros = _micros(data, at + point + 1, size - point - 1)
    if micros < 0:
        return BAD
    return whole * 1_000 + (micros + (999 if up else 0)) // 1_000


@entry
def read_calls(
    data: Any, first: Any, size: Any, places: Any, up: bool, odd: Any, begins: Any, sizes: Any,
    at_us: Any, offset_s: Any, ms: Any,
) -> None:  # fmt: skip
    """What the rows of a file of calls say, by the places of CALL_KEY .. CALLED; -1: no such.

    Fills begins and sizes int32[3, n] (KEY_TEXT .. CALLED_TEXT), the moment as it is written in
    micros, its offset (NONE: a time without one), and milliseconds. What is not plain is odd.
    """
    for row in range(len(odd)):
        flags = ESCAPED if odd[row] else 0
        for k in range(len(places)):
            flags |= size[row, places[k]] if places[k] >= 0 else 0
        if flags & ESCAPED:
            odd[row] = True
            continue
        for text, place in enumerate((places[CALL_KEY], places[CALLER], places[CALLED])):
            at, length = 0, 0
            if place >= 0:
                at, length = _trimmed(data, first[row, place], size[row, place])
            if text != KEY_TEXT and length and data[at] == PLUS:
                at, length = at + 1, length - 1
            begins[text, row], sizes[text, row] = at, length
        at, length = _trimmed(data, first[row, places[ANSWERED_AT]], size[row, places[ANSWERED_AT]])
        sign = _zone_sign(data, at, length)
        seconds, micros = _moment(data, at, sign)
        offset_s[row] = _offset(data, at + sign, length - sign)
        at_us[row] = seconds * 1_000_000 + micros
        timed = places[CALL_SECONDS]
        at, length = _trimmed(data, first[row, timed], size[row, timed])
        ms[row] = _exact_ms(data, at, length, up)
        usual = _key(data, begins[KEY_TEXT, row], sizes[KEY_TEXT, row])
        odd[row] = not usual or seconds < 0 or offset_s[row] == DAY_S or ms[row] < 0


ENTRIES: tuple[Any, ...] = (scan, read_rows, read_texts, plain_numbers, read_calls)
