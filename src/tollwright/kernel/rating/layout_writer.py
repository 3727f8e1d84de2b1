"""Sections laid into the two arrays of a compiled card."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tollwright.kernel.arrays import Int32, Int64, frozen
from tollwright.kernel.rating import layout as at
from tollwright.kernel.rating.layout import Sections

CACHE_LINE = 64  # bytes
FIRST_CELL_SECTION = Sections._fields.index("trie")

Scalar = TypeVar("Scalar", bound=np.generic)


def laid_out(sections: Sections, head: dict[int, int]) -> tuple[Int64, Int32]:
    """`words` and `cells`; `head` are the settings at the beginning of `words`."""
    places, sizes = _places(sections)
    counts = {
        at.MASKS_COUNT: len(sections.masks),
        at.ZONE_COUNT: len(sections.zone) // 2,
        at.DATES_COUNT: len(sections.dates),
        at.ALLOWANCES_COUNT: len(sections.allowances) // at.ALLOWANCE_WORDS,
    }
    words, cells = aligned(sizes[0], np.int64), aligned(sizes[1], np.int32)
    words[: at.HEAD] = 0
    for place, value in (head | counts | places).items():
        words[place] = value
    for number, section in enumerate(sections.arrays()):
        begin = places[at.TERMS + number]
        target = words if number < FIRST_CELL_SECTION else cells
        target[begin : begin + len(section)] = section
    _point(words, sections)
    return frozen(words), frozen(cells)


def _places(sections: Sections) -> tuple[dict[int, int], tuple[int, int]]:
    """Where each section begins, and how long the two arrays are."""
    places = {}
    ends = [at.HEAD, 0]
    for number, section in enumerate(sections.arrays()):
        which = int(number >= FIRST_CELL_SECTION)
        places[at.TERMS + number] = ends[which]
        ends[which] += len(section)
    return places, (ends[0], ends[1])


def _point(words: Int64, sections: Sections) -> None:
    """Turn record numbers into places in `words`: lines to terms, these to extras, to steps."""
    lines = _records(words, at.LINES, sections.lines, at.LINE)
    record = lines[:, at.ROW] >> at.ROW_BITS
    place = record * at.TERMS_WORDS + words[at.TERMS]
    lines[:, at.ROW] += (place - record) << at.ROW_BITS
    extra = _records(words, at.TERMS, sections.terms, at.TERMS_WORDS)[:, at.EXTRA]
    extra[extra >= 0] = extra[extra >= 0] * at.EXTRA_WORDS + words[at.EXTRAS]
    extras = _records(words, at.EXTRAS, sections.extra, at.EXTRA_WORDS)
    for word in (at.STEP_FIRST, at.STEP_END):
        extras[:, word] = extras[:, word] * at.STEP_WORDS + words[at.STEPS]


def _records(words: Int64, section: int, its: Int64, width: int) -> Int64:
    begin = int(words[section])
    return words[begin : begin + len(its)].reshape(-1, width)


def aligned(length: int, dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    """Room that begins on a cache line, so that eight words of terms never lie on two."""
    size = np.dtype(dtype).itemsize
    room = np.empty(length + CACHE_LINE // size, dtype)
    skip = -room.ctypes.data % CACHE_LINE // size
    return room[skip : skip + length]
