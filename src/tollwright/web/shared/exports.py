"""A table as a CSV file or a spreadsheet; no cell of it runs as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, Protocol, TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from tollwright.domain import listing
from tollwright.domain.exports.requests import WholeFile
from tollwright.domain.listing import Rows
from tollwright.web.shared.formatting import Cell, Money, Seconds, exported

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_NAME = re.compile(r"[^\w.-]")  # codes are the user's own words
NO_TITLE = re.compile(r"[\[\]:*?/\\']")  # what a sheet may not be called
BOM = "\ufeff".encode()
PORTION = 1000  # rows held at once
PIECE_BYTES = 1024 * 1024
F = TypeVar("F", bound=HttpResponseBase)
Flat = str | int | Decimal | datetime | date


class ColumnLike(Protocol):
    """What an export needs of a column."""

    @property
    def title(self) -> str: ...
    @property
    def value(self) -> Callable[[Any], Cell]: ...


def as_csv(filename: str, columns: Sequence[ColumnLike], rows: Rows) -> HttpResponse:
    """The rows as CSV: UTF-8 with BOM (spreadsheets need it), moments as ISO 8601 with offset."""
    content = b"".join(_csv(_portions(columns, rows)))
    return attached(HttpResponse(content, content_type=CSV), f"{filename}.csv")


def as_xlsx(filename: str, columns: Sequence[ColumnLike], rows: Rows) -> HttpResponse:
    """The rows as a workbook of one sheet, every text stored as text."""
    content = b"".join(_xlsx(filename, _portions(columns, rows)))
    return attached(HttpResponse(content, content_type=XLSX), f"{filename}.xlsx")


FORMATS = {"csv": as_csv, "xlsx": as_xlsx}


def write_whole(
    to: WholeFile, wanted: str, filename: str, columns: Sequence[ColumnLike], rows: Rows
) -> HttpResponse:
    """Write the same file, of however many rows, to where a job keeps it."""
    portions = _portions(columns, rows, to.count)
    if wanted == "csv":
        to.write(CSV, _csv(portions))
    else:
        to.write(XLSX, _xlsx(filename, portions))
    return HttpResponse(status=204)


def _csv(portions: Iterable[list[list[Flat]]]) -> Iterator[bytes]:
    yield BOM
    for lines in portions:
        out = io.StringIO()
        csv.writer(out).writerows(
            [value.isoformat(" ") if isinstance(value, datetime) else value for value in line]
            for line in lines
        )
        yield out.getvalue().encode()


def _xlsx(title: str, portions: Iterable[list[list[Flat]]]) -> Iterator[bytes]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(NO_TITLE.sub("-", title)[:31])
    sheet.freeze_panes = "A2"
    for lines in portions:
        for line in lines:
            sheet.append([_cell(sheet, value) for value in line])
    with TemporaryFile() as out:
        book.save(out)
        out.seek(0)
        yield from iter(partial(out.read, PIECE_BYTES), b"")


def _portions(
    columns: Sequence[ColumnLike], rows: Rows, count: Callable[[int], None] = lambda _rows: None
) -> Iterator[list[list[Flat]]]:
    """The head, then a line a row, by portions; `count` hears how many rows those were so far.

    An amount is two cells: the number and its currency.
    """
    kinds = _kinds(columns, rows)
    yield [_head(columns, kinds)]
    written = 0
    for portion in _batched(_each(rows)):
        yield [_flat(columns, kinds, row) for row in portion]
        written += len(portion)
        count(written)


def _batched(rows: Iterator[Any]) -> Iterator[list[Any]]:
    return iter(lambda: list(islice(rows, PORTION)), [])


def _each(rows: Rows) -> Iterator[Any]:
    return listing.each(rows, PORTION)


def _kinds(columns: Sequence[ColumnLike], rows: Rows) -> list[type]:
    """What each column holds, by its first value; rows are read until all are known."""
    kinds: dict[int, type] = {}
    for row in _each(rows):
        unknown = [index for index in range(len(columns)) if index not in kinds]
        if not unknown:
            break
        for index in unknown:
            value = columns[index].value(row)
            if value is not None:
                kinds[index] = type(value)
    return [kinds.get(index, str) for index in range(len(columns))]


def _head(columns: Sequence[ColumnLike], kinds: Sequence[type]) -> list[Flat]:
    zone = timezone.get_current_timezone_name()
    head: list[Flat] = []
    for column, kind in zip(columns, kinds, strict=True):
        head.append(_title(column.title, kind, zone))
        if kind is Money:
            head.append(f"{column.title} currency")
    return head


def _flat(columns: Sequence[ColumnLike], kinds: Sequence[type], row: Any) -> list[Flat]:
    line: list[Flat] = []
    for column, kind in zip(columns, kinds, strict=True):
        value = column.value(row)
        line.append(exported(value))
        if kind is Money:
            line.append(value.currency if isinstance(value, Money) else "")
    return line


def _title(title: str, kind: type, zone: str) -> str:
    if kind is Seconds:
        return f"{title} (s)"
    return f"{title} ({zone})" if kind is datetime else title


def _cell(sheet: Any, value: Flat) -> Any:
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)  # the head names the zone; spreadsheets know none
    cell: Any = WriteOnlyCell(sheet)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def attached(response: F, name: str) -> F:
    """The response as a file of that name, whoever's words the name is."""
    response["Content-Disposition"] = content_disposition_header(True, NO_NAME.sub("-", name)) or ""
    return response
