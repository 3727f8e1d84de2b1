"""Uploads made to eat the machine: each is refused with a sentence, and quickly.

The workbooks are built here, part by part, as no spreadsheet would write them.
"""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from tollwright.core.decks import ColumnMapping, DeckError, MappingError, reader, table, workbook
from tollwright.engine.decks import reading

PLAIN = ColumnMapping(columns=(("Code", "prefix"), ("Rate", "price")))
_KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PARTS = {
    "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/"
    "content-types'><Default Extension='rels' ContentType='application/vnd.openxmlformats-package"
    ".relationships+xml'/><Default Extension='xml' ContentType='application/xml'/><Override"
    f" PartName='/xl/workbook.xml' ContentType='{_KINDS}.sheet.main+xml'/></Types>",
    "_rels/.rels": f"<Relationships xmlns='{_RELATIONS}'><Relationship Id='rId1'"
    f" Type='{_OFFICE}/officeDocument' Target='xl/workbook.xml'/></Relationships>",
    "xl/workbook.xml": f"<workbook xmlns='{_MAIN}' xmlns:r='{_OFFICE}'><sheets>"
    "<sheet name='S' sheetId='1' r:id='rId1'/></sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{_RELATIONS}'><Relationship Id='rId1'"
    f" Type='{_OFFICE}/worksheet' Target='worksheets/sheet1.xml'/></Relationships>",
}
HEAD = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Code</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>Rate</t></is></c></row>'
)


def book(rows: str) -> bytes:
    """A workbook of one sheet with these rows below its headers."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _PARTS.items():
            archive.writestr(name, text)
        sheet = f"<worksheet xmlns='{_MAIN}'><sheetData>{HEAD}{rows}</sheetData></worksheet>"
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return file.getvalue()


ONE = '<row r="2"><c r="A2"><v>44</v></c><c r="B2"><v>0.02</v></c></row>'


def bomb() -> bytes:
    """400 MB of zeros in half a megabyte."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as part,
    ):
        for _ in range(400):
            part.write(bytes(1_048_576))
    return file.getvalue()


def liar() -> bytes:
    """A part that unpacks to more than its archive says."""
    honest = book(ONE)
    size = len(f"<worksheet xmlns='{_MAIN}'><sheetData>{HEAD}{ONE}</sheetData></worksheet>")
    assert honest.count(struct.pack("<L", size)) == 2
    return honest.replace(struct.pack("<L", size), struct.pack("<L", 10))


def test_a_workbook_is_read_by_another_process() -> None:
    [row] = reading.read(book(ONE), PLAIN).rows
    assert (row.prefix, row.price_nanos) == ("44", 20_000_000)
    told = reading.look(book(ONE), "rates.xlsx", "sell", "", PLAIN)
    assert (told.saved_fits, told.proposal.headers) == (True, ("Code", "Rate"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bomb(), "unpacks to more than 384 MB"),
        (book('<row r="9"><c r="XFD9"><v>1</v></c></row>'), "beyond column 512"),
        (book('<row r="1048576"><c r="SA1048576"><v>1</v></c></row>'), "more than 4,000,000 cells"),
        # not seen before it is laid out: the process runs out of memory, and nobody else
        (book('<row r="1048576"><c t="n" r="XFD1048576"><v>1</v></c></row>'), "1536 MB of memory"),
        (liar(), "damaged workbook"),
        (b"PK\x03\x04" + bytes(100), "damaged workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000), "damaged workbook|MB of memory"),
    ],
    ids=["bomb", "far column", "far row", "hidden corner", "liar", "no archive", "no xls"],
)
def test_a_workbook_that_would_eat_the_machine(data: bytes, reason: str) -> None:
    assert len(data) < 1_048_576
    with pytest.raises(DeckError, match=reason):
        reading.read(data, PLAIN)
    with pytest.raises(DeckError, match=reason):
        reading.look(data, "rates.xlsx", "sell", "", None)


def test_a_file_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "READ_S", 0)
    with pytest.raises(DeckError, match="more than 0 seconds"):
        reading.read(book(ONE), PLAIN)


def test_too_many_shared_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_STRINGS", 2)
    file = io.BytesIO(book(ONE))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "<sst>" + "<si><t/></si>" * 3 + "</sst>")
    with pytest.raises(DeckError, match="more than 2 texts"):
        table.rows_of(file.getvalue())


def test_a_large_csv_is_read_by_another_process_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "HERE", 10)
    assert [row.prefix for row in reading.read(b"Code,Rate\n44,0.02\n", PLAIN).rows] == ["44"]
    with pytest.raises(DeckError, match="No row has all the columns"):
        reading.read(b"Number,Rate\n44,0.02\n", PLAIN)
    late = ColumnMapping(columns=PLAIN.columns, effective_from="soon")
    with pytest.raises(MappingError, match="effective_from"):
        reading.read(b"Code,Rate\n44,0.02\n", late)


def test_bounds_of_a_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeckError, match="Line 2 is longer than"):
        table.rows_of(b"Code,Rate\n" + b"4" * 1_048_577 + b",1\n")
    monkeypatch.setattr(table, "MAX_CELLS", 5)
    with pytest.raises(DeckError, match="more than 5 cells"):
        table.rows_of(b"a,b\n1,2\n3,4\n")
    monkeypatch.setattr(table, "MAX_CELLS", 100)
    monkeypatch.setattr(reader, "MAX_CODES", 3)
    ranges = ColumnMapping(columns=PLAIN.columns, hyphens="range")
    with pytest.raises(DeckError, match="more than 3 codes"):
        reading.read(b"Code,Rate\n1000-1999,1\n2,1\n", ranges)
