"""Sections laid into the two arrays of a compiled card."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tollwright.kernel import layout as at
from tollwright.kernel.layout import Int32, Int64, Sections

CACHE_LINE = 64  # bytes
FIRST_CELL_SECTION = Sections._fields.index("front")

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
        begin = places[at.LINES + number]
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
        places[at.LINES + number] = ends[which]
        ends[which] += len(section)
    return places, (ends[0], ends[1])


def _point(words: Int64, sections: Sections) -> None:
    """Turn record numbers into places in `words`: lines to extras, extras to steps."""
    begin = at.HEAD
    extra = words[begin : begin + len(sections.lines)].reshape(-1, at.LINE)[:, at.EXTRA]
    extra[extra >= 0] = extra[extra >= 0] * at.EXTRA_WORDS + words[at.EXTRAS]
    begin = int(words[at.EXTRAS])
    records = words[begin : begin + len(sections.extra)].reshape(-1, at.EXTRA_WORDS)
    for word in (at.STEP_FIRST, at.STEP_END):
        records[:, word] = records[:, word] * at.STEP_WORDS + words[at.STEPS]


def aligned(length: int, dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    """Room that begins on a cache line, so that a line of eight words never lies on two."""
    size = np.dtype(dtype).itemsize
    room = np.empty(length + CACHE_LINE // size, dtype)
    skip = -room.ctypes.data % CACHE_LINE // size
    return room[skip : skip + length]


def frozen(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Contiguous and read-only: one signature for all compiled functions."""
    still = np.ascontiguousarray(array).view()
    still.flags.writeable = False
    return still
