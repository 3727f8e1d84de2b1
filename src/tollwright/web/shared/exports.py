"""A table as a CSV file or a spreadsheet; no cell of it runs as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from tollwright.web.shared.formatting import Cell, Money, Seconds, exported

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_NAME = re.compile(r"[^\w.-]")  # codes are the user's own words
NO_TITLE = re.compile(r"[\[\]:*?/\\']")  # what a sheet may not be called
Flat = str | int | Decimal | datetime | date


class ColumnLike(Protocol):
    """What an export needs of a column."""

    @property
    def title(self) -> str: ...
    @property
    def value(self) -> Callable[[Any], Cell]: ...


def as_csv(filename: str, columns: Sequence[ColumnLike], rows: Sequence[Any]) -> HttpResponse:
    """The rows as CSV: UTF-8 with BOM (spreadsheets need it), moments as ISO 8601 with offset."""
    out = io.StringIO()
    writer = csv.writer(out)
    for line in _lines(columns, rows):
        writer.writerow(
            [value.isoformat(" ") if isinstance(value, datetime) else value for value in line]
        )
    return _file(("\ufeff" + out.getvalue()).encode(), "text/csv; charset=utf-8", f"{filename}.csv")


def as_xlsx(filename: str, columns: Sequence[ColumnLike], rows: Sequence[Any]) -> HttpResponse:
    """The rows as a workbook of one sheet, every text stored as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(NO_TITLE.sub("-", filename)[:31])
    sheet.freeze_panes = "A2"
    for line in _lines(columns, rows):
        sheet.append([_cell(sheet, value) for value in line])
    out = io.BytesIO()
    book.save(out)
    return _file(out.getvalue(), XLSX, f"{filename}.xlsx")


FORMATS = {"csv": as_csv, "xlsx": as_xlsx}


def _lines(columns: Sequence[ColumnLike], rows: Sequence[Any]) -> Iterable[list[Flat]]:
    """The head, then a line a row. An amount is two cells: the number and its currency."""
    values = [[column.value(row) for column in columns] for row in rows]
    kinds = [_kind(line[index] for line in values) for index in range(len(columns))]
    zone = timezone.get_current_timezone_name()
    head: list[Flat] = []
    for column, kind in zip(columns, kinds, strict=True):
        head.append(_title(column.title, kind, zone))
        if kind is Money:
            head.append(f"{column.title} currency")
    yield head
    for line in values:
        flat: list[Flat] = []
        for value, kind in zip(line, kinds, strict=True):
            flat.append(exported(value))
            if kind is Money:
                flat.append(value.currency if isinstance(value, Money) else "")
        yield flat


def _kind(values: Iterable[Cell]) -> type:
    return next((type(value) for value in values if value is not None), str)


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


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, NO_NAME.sub("-", name)) or ""
    return response
