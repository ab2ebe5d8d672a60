"""What the columns of a strange file may be: offered, never more than it shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.sheets import FORMULA, Number, Row
from chalicelib.payments.dues import guessing
from chalicelib.payments.dues.columns import COLUMNS, FIELDS
from chalicelib.payments.dues.guessing import guess


def rows(*lines: list[str]) -> list[Row]:
    return [Row(number, cells) for number, cells in enumerate(lines, 1)]


@pytest.mark.feature("F001-015")
def test_headers_are_found_below_titles_and_their_examples_without_formulas() -> None:
    found = guess(rows(
        ["Elenco degli iscritti", "al 31 marzo", "Ordine di prova", "uso interno", "bozza"],
        ["NR", "C.F.", "Ragione sociale", "Dovuto"],
        [Number("1"), "RSSMRA80A41H501Y", "Rossi Maria", FORMULA],
        [Number("2"), "", "Studio", Number("99.5")],
    ))  # fmt: skip
    assert found is not None
    assert found.row == 2
    assert found.fields == {
        "source": "NR", "tax_code": "C.F.", "name": "Ragione sociale", "amount": "Dovuto",
    }  # fmt: skip
    assert [one.examples for one in found.columns] == [
        ("1", "2"), ("RSSMRA80A41H501Y",), ("Rossi Maria", "Studio"), ("99.5",),
    ]  # fmt: skip


def test_the_standard_layout_is_known_whole_and_its_own_names_go_first() -> None:
    found = guess(rows([column.header for column in COLUMNS]))
    assert found is not None
    assert found.fields == {column.field: column.header for column in COLUMNS}
    both = guess(rows(["Descrizione", "Causale"]))
    assert both is not None
    assert both.fields == {"reason": "Causale"}


def test_without_any_text_there_is_nothing_to_guess() -> None:
    assert guess([]) is None
    assert guess(rows([Number("1"), Number("2")], ["", " "])) is None


@given(
    st.lists(st.lists(st.sampled_from([*guessing._NAMES, "x", "", "7"]), max_size=6), max_size=6)
)
def test_no_column_is_two_fields_and_all_are_of_one_row(lines: list[list[str]]) -> None:
    found = guess(rows(*lines))
    if found is None:
        return
    headers = [one.header for one in found.columns]
    assert set(found.fields) <= set(FIELDS)
    assert set(found.fields.values()) <= set(headers)
    assert len(set(found.fields.values())) == len(found.fields)
    assert headers == [cell.strip() for cell in lines[found.row - 1] if cell]
