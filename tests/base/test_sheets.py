"""Spreadsheets of strangers: what is read, what is refused, and that nothing is believed."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits, sheets, zipmember
from chalicelib.base.errors import Rejected
from chalicelib.base.sheets import FORMULA, WRONG, Number
from chalicelib.base.sheets.cells import column_name


@dataclass
class Memory:
    """A file in memory, as `archives.Ranged`."""

    data: bytes
    reads: int = 0

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        self.reads += 1
        return self.data[start : start + length]


def rows(data: bytes, **more: str) -> list[tuple[int, list[str]]]:
    return [(row.number, row.cells) for row in sheets.read(Memory(data), **more).rows]


def workbook(fill: Callable[[Any], None], **options: Any) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True} | options)
    fill(book)
    book.close()
    return out.getvalue()


def _filled(book: Any) -> None:
    hidden = book.add_worksheet("Nascosto")
    shown = book.add_worksheet("Dati")
    shown.activate()
    hidden.hide()
    book.worksheets_objs[0].write(0, 0, "no")
    shown.write_row(0, 0, ["Nome", "Importo", "", "Giorno"])
    shown.write(2, 0, "Čuček & Figli <s.r.l.>")
    shown.write_number(2, 1, 1200.5)
    shown.write_datetime(2, 3, date(2026, 3, 31), book.add_format({"num_format": "dd/mm/yyyy"}))
    shown.write_formula(3, 1, "=1+1", None, 2)
    shown.write_rich_string(4, 0, book.add_format({"bold": True}), "Ros", "si")


@pytest.mark.parametrize("options", [{}, {"constant_memory": True}])
def test_a_workbook_comes_row_by_row(options: dict[str, Any]) -> None:
    found = rows(workbook(_filled, **options))
    assert found == [
        (1, ["Nome", "Importo", "", "Giorno"]),
        (3, ["Čuček & Figli <s.r.l.>", "1200.5", "", "46112"]),
        (4, ["", "#FORMULA"]),
        (5, ["Rossi"]),
    ]
    assert isinstance(found[1][1][1], Number)
    assert found[2][1][1] is FORMULA
    assert not isinstance(found[0][1][0], Number)
    assert rows(workbook(_filled), sheet="nascosto") == [(1, ["no"])]


def test_a_sheet_may_be_larger_than_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(_filled)
    whole = rows(data)
    monkeypatch.setattr(limits, "DOCUMENT_RAW_BYTES", 100)
    monkeypatch.setattr(zipmember, "_STREAM_BYTES", 7)
    assert rows(data) == whole


def test_what_another_library_writes_is_read_the_same() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    sheet.append(["a", 1, None, True])
    sheet.append(["#N/A", "=A1"])
    sheet["A2"].data_type = "e"
    out = io.BytesIO()
    book.save(out)
    table = sheets.read(Memory(out.getvalue()))
    found = [row.cells for row in table.rows]
    assert table.from_1904
    assert found[0] == ["a", "1", "", "1"]
    assert found[1][0] is WRONG
    assert found[1][1] is FORMULA


def _part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for one in old.infolist():
            part = old.read(one)
            new.writestr(one.filename, change(part) if one.filename == name else part)
    return out.getvalue()


_NOISE = random.Random(1).randbytes(300_000).hex().encode()
SHEET = "xl/worksheets/sheet2.xml"
ENTITY = b'<!DOCTYPE x [<!ENTITY a "b">]>'


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        (SHEET, lambda part: part.replace(b"<worksheet", ENTITY + b"<worksheet"), "sheet_doctype"),
        (SHEET, lambda part: part[:-20], "sheet_corrupt"),
        (SHEET, lambda part: part.replace(b't="s"><v>', b't="s"><v>9'), "sheet_corrupt"),
        (SHEET, lambda part: part.replace(b'r="A3"', b'r="ZZZ3"'), "sheet_too_many_columns"),
        ("xl/workbook.xml", lambda part: part.replace(b"rId2", b"rId9"), "sheet_missing"),
        ("xl/sharedStrings.xml", lambda part: ENTITY + part[55:], "sheet_doctype"),
    ],
)
def test_a_workbook_that_lies_is_refused(
    name: str, change: Callable[[bytes], bytes], code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        rows(_part(workbook(_filled), name, change))
    assert refused.value.code == code


def test_limits_are_looked_at_before_and_while_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(lambda book: book.add_worksheet().write(0, 0, "x" * 300))
    bomb = workbook(
        lambda book: book.add_worksheet().write_column(0, 0, [0] * 60_000),
    )
    for limit, value, file, code in (
        ("SHEET_FILE_BYTES", 100, data, "sheet_too_large"),
        ("SHEET_PART_BYTES", 10_000, bomb, "member_too_large"),
        ("SHEET_STRINGS_CHARS", 200, data, "sheet_too_many_strings"),
        ("SHEET_TAG_BYTES", 100, _part(data, "xl/worksheets/sheet1.xml",
            lambda part: part.replace(b"<row", b"<row a='" + _NOISE)), "sheet_corrupt"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(limits, limit, value)
            with pytest.raises(Rejected) as refused:
                rows(file)
            assert refused.value.code == code, limit


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "sheet_empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "sheet_old"),
        (b"PK\x03\x04" + bytes(40), "zip_corrupt"),
        (b'\xff\xfea\x00;\x00\x00\xd8', "csv_corrupt"),
        (b"a" * (limits.SHEET_LINE_CHARS + limits.SHEET_BLOCK_BYTES), "csv_line_too_long"),
    ],
)  # fmt: skip
def test_what_is_no_spreadsheet_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        rows(data)
    assert refused.value.code == code


TEXT = 'Nome;Importo\r\n"Rossi; ""Mario""\nnato a Forlì";1.200,50\r\n\r\n;;\r\nBianchi;3'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_in_any_encoding(encoding: str) -> None:
    assert rows(TEXT.encode(encoding)) == [
        (1, ["Nome", "Importo"]),
        (2, ['Rossi; "Mario"\nnato a Forlì', "1.200,50"]),
        (5, ["Bianchi", "3"]),
    ]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_csv_finds_its_delimiter(delimiter: str) -> None:
    data = f'"a;,;,";b{delimiter * 4}c'.replace(";b", delimiter + "b").encode()
    assert rows(data)[0][1][0] == "a;,;,"


@given(st.integers(1, 64))
def test_csv_is_the_same_whatever_the_blocks(block: int) -> None:
    data = TEXT.encode()
    whole = rows(data)
    kept, limits.SHEET_BLOCK_BYTES = limits.SHEET_BLOCK_BYTES, block  # type: ignore[misc]
    try:
        assert rows(data) == whole
    finally:
        limits.SHEET_BLOCK_BYTES = kept  # type: ignore[misc]


def test_columns_are_named_as_programs_name_them() -> None:
    assert [column_name(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
