"""The archive as a file: no formula in it, and read back it says the same."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import sheets
from chalicelib.payments.positions import table
from chalicelib.payments.positions.table import HEAD, Cell

pytestmark = [pytest.mark.feature("F001-164"), pytest.mark.feature("F001-013")]
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20
) | st.sampled_from(
    ["=1+1", "+39", "-1", "@SUM(A1)", "'=1", "''=1", "' =1", "'", "12", "007", '"a";b', "è;ß"]
)


class _Whole:
    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


@st.composite
def rows(draw: st.DrawFn) -> tuple[Cell, ...]:
    def cell(name: str) -> Cell:
        if name in ("Importo", "Pagato"):
            return draw(st.integers(0, 10**11))
        if name == "Anno":
            return draw(st.integers(1990, 2100))
        if name in ("Scadenza", "Creata il", "Pagata il", "Valida fino al"):
            return draw(st.just("") | st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(str))
        return draw(TEXTS)

    return tuple(cell(name) for name in HEAD)


@given(st.lists(rows(), max_size=4))
def test_a_csv_is_read_back_by_our_own_reader(found: list[tuple[Cell, ...]]) -> None:
    data = table.csv_of(found)
    read = sheets.read(_Whole(data), delimiter=";")
    cells = [row.cells for row in read.rows]
    assert list(table.read_csv(cells)) == found
    for row in cells[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@given(TEXTS)
def test_an_apostrophe_is_taken_off_where_one_was_put(text: str) -> None:
    assert table.bare(table.guarded(text)) == text


def test_a_workbook_holds_texts_numbers_and_days_and_no_formula() -> None:
    row = tuple(
        {"Importo": 12_345, "Pagato": 0, "Anno": 2026, "Scadenza": "2026-12-31"}.get(
            name, "=1+1" if name == "Nominativo" else "301000000000004285"
        )
        if name not in ("Creata il", "Pagata il", "Valida fino al")
        else ""
        for name in HEAD
    )
    book = openpyxl.load_workbook(io.BytesIO(table.xlsx_of([row])))
    head, (*cells,) = book["Posizioni"].iter_rows()
    assert tuple(cell.value for cell in head) == HEAD
    by_name = dict(zip(HEAD, cells, strict=True))
    assert {cell.data_type for cell in cells} == {"s", "n", "d"}
    assert (by_name["Nominativo"].data_type, by_name["Nominativo"].value) == ("s", "=1+1")
    assert by_name["Importo"].value == 123.45
    assert f"{by_name['Scadenza'].value:%Y-%m-%d}" == "2026-12-31"
    assert by_name["IUV"].value == "301000000000004285"
