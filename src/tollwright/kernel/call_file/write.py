"""Charges as the lines of OUT.csv or OUT.json: the twin of `core.rating.call_file.out_row`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tollwright.core.instants import moment_of
from tollwright.core.rating.call_file import OUT_COLUMNS, out_csv, out_json, out_row
from tollwright.core.rating.rate_call import CallInput, Charge
from tollwright.kernel.arrays import Bytes, Int32, frozen
from tollwright.kernel.call_columns import BLOCKED, ChargeColumns
from tollwright.kernel.call_file import lines
from tollwright.kernel.call_file.read import CallRows
from tollwright.kernel.numbers import EMPTY, unpack_number
from tollwright.kernel.rating import status
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.objects import reason_of
from tollwright.kernel.text import Text, text_of_bytes

_MOST = 300  # bytes of numbers, status and reason in a line
_CODES = status.COST_UNKNOWN + len(status.STATUSES)
_BETWEEN = {
    status.NONE: lines.NO_NUMBER,
    status.NO_ROW: lines.CALLED,
    status.NO_ROW_NOW: lines.CALLED,
    status.BLOCKED_ROW: lines.PREFIX,
}
_HERE = "\0"  # stands for the number in a reason


@dataclass(frozen=True, slots=True)
class Form:
    """How rows are written: `separators` before each field and behind the last, `mark` around an
    amount, `nothing` for a number that is not there. `word` writes a word within a line, `line` a
    whole one by the readable rule. With `parted` a line begins with the
    comma after the one before; `empty_foot` ends what has no lines.
    """

    head: bytes
    separators: tuple[bytes, ...]
    mark: bytes
    nothing: bytes
    foot: bytes
    empty_foot: bytes
    parted: bool
    word: Callable[[str], bytes]
    line: Callable[[dict[str, str]], bytes]


def _csv_word(word: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([word, ""])
    return out.getvalue().removesuffix(",\n").encode()


def _csv_line(row: dict[str, str]) -> bytes:
    return out_csv([row]).encode().removeprefix(CSV.head)


def _json_word(word: str) -> bytes:
    return json.dumps(word, ensure_ascii=False)[1:-1].encode()


def _json_line(row: dict[str, str]) -> bytes:
    return ("," + out_json([row]).removeprefix("[").removesuffix("\n]\n")).encode()


def _json_separators() -> tuple[bytes, ...]:
    """What stands between the fields of an object: quotes where they are texts."""
    separators, before = list[str](), ",\n {\n"
    for name in OUT_COLUMNS:
        text = name not in ("billed_s", "amount", "allowance_s")
        separators.append(f'{before}  "{name}": {text * chr(34)}')
        before = text * '"' + ",\n"
    return tuple(one.encode() for one in (*separators, "\n }"))


CSV = Form(
    head=out_csv([]).encode(),
    separators=(b"", *[b","] * (len(OUT_COLUMNS) - 1), b"\n"),
    mark=b"",
    nothing=b"",
    foot=b"",
    empty_foot=b"",
    parted=False,
    word=_csv_word,
    line=_csv_line,
)
JSON = Form(
    head=b"[",
    separators=_json_separators(),
    mark=b'"',
    nothing=b"null",
    foot=b"\n]\n",
    empty_foot=b"]\n",
    parted=True,
    word=_json_word,
    line=_json_line,
)


class ChargeWriter:
    """Writes the charges of one card in one form."""

    def __init__(self, card: CompiledCard, form: Form) -> None:
        self._card, self._form = card, form
        between = form.separators
        begin, status_at, reason_at, prefix_at, band_at, billed_at, amount_at, free_at, end = (
            between
        )
        none, mark = form.nothing, form.mark
        words = [
            begin, end, prefix_at, amount_at + mark, mark + free_at,
            none + amount_at + none + free_at + none,
            *(status_at + one.encode() + reason_at for one in status.STATUSES),
            *(half.encode() for code in range(_CODES) for half in _halves(code)),
        ]  # fmt: skip
        self._bands = len(words)
        bands = [band_at + form.word(name) + billed_at for name in ("", *card.band_names)]
        self._words = _frozen(text_of_bytes(words + bands))
        self._betweens = frozen(
            np.array([_BETWEEN.get(code, lines.NOT_HERE) for code in range(_CODES)])
        )
        self._width = sum(map(len, between)) + max(map(len, words)) + max(map(len, bands)) + _MOST

    def written(self, rows: CallRows, charges: ChargeColumns) -> Bytes:
        """The lines of these calls, one after the other."""
        prefixes = np.full(len(rows), EMPTY)
        known = charges.rate_index >= 0
        prefixes[known] = self._card.rate_prefixes[charges.rate_index[known]]
        by_rule = self._betweens[charges.reason] == lines.NOT_HERE
        by_rule |= (charges.status == BLOCKED) & (prefixes == EMPTY)  # the default row
        by_rule[list(rows.apart)] = True
        which = np.flatnonzero(by_rule)
        told = text_of_bytes([self._line(rows, charges, row) for row in which.tolist()])
        places = np.full(len(rows), -1)
        places[which] = np.arange(len(which))
        key = rows.calls.key
        room = int(key.size.sum()) + self._width * (len(rows) - len(which)) + len(told.data)
        out = np.empty(room, np.uint8)
        end = lines.write_charges(
            _frozen(key), frozen(rows.calls.called_packed), frozen(prefixes),
            tuple(frozen(column) for column in (
                charges.status, charges.reason, charges.band, charges.billed_s,
                charges.amount_micros, charges.allowance_s,
            )),
            self._words, self._betweens, self._bands, self._card.decimals, _frozen(told),
            frozen(places), out,
        )  # fmt: skip
        return out[:end]

    def _line(self, rows: CallRows, charges: ChargeColumns, row: int) -> bytes:
        charge = self._charge(rows, charges, row)
        return self._form.line(out_row(rows.key(row), charge, self._card.decimals))

    def _charge(self, rows: CallRows, charges: ChargeColumns, row: int) -> Charge:
        told = rows.apart.get(row)
        if told is not None and told.call is None:
            return Charge("invalid", told.reason)
        call = _call_at(rows, row) if told is None or told.call is None else told.call
        rate_index, code = int(charges.rate_index[row]), int(charges.reason[row])
        prefix = self._card.prefix_of(rate_index)
        return Charge(
            status=status.STATUSES[int(charges.status[row])],
            reason=reason_of(code, call, prefix, int(charges.stopped_s[row])),
            prefix=prefix,
            rate_index=rate_index,
            band=self._card.band_of(int(charges.band[row])),
            billed_s=int(charges.billed_s[row]),
            amount_micros=int(charges.amount_micros[row]),
            allowance_s=int(charges.allowance_s[row]),
        )


def _call_at(rows: CallRows, row: int) -> CallInput:
    calls = rows.calls
    return CallInput(
        call_key=rows.key(row),
        answered_at=moment_of(int(calls.answered_us[row])),
        answered_ms=int(calls.counted_ms[row]),
        caller=unpack_number(int(calls.caller_packed[row])),
        called=unpack_number(int(calls.called_packed[row])),
    )


def _halves(code: int) -> tuple[str, str]:
    """What a reason says before its number, and after it."""
    if code not in _BETWEEN:
        return "", ""
    before, _, after = status.reason_text(code, called=_HERE, prefix=_HERE).partition(_HERE)
    return before, after


def _frozen(text: Text) -> tuple[Bytes, Int32, Int32]:
    return frozen(text.data), frozen(text.first), frozen(text.size)
