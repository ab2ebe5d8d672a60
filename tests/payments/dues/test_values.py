"""What cells say, and what they do not say clearly enough."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.sheets import FORMULA, WRONG, Number
from chalicelib.payments.dues import values
from tests.payments.dues.files import COMPANY, MARIA

CENTS = st.integers(1, limits.AMOUNT_CENTS)


@given(CENTS)
def test_an_amount_is_read_however_it_is_written(cents: int) -> None:
    whole, part = divmod(cents, 100)
    grouped = f"{whole:,}".replace(",", ".")
    for said in (f"{whole},{part:02d}", f"{grouped},{part:02d}", f"€ {grouped},{part:02d}",
                 f"{whole}.{part:02d}", f"{whole},{part:02d} EUR"):  # fmt: skip
        assert values.cents(said) == cents
    assert values.cents(f"{whole:,}.{part:02d}", ".") == cents
    assert values.cents(Number(f"{whole}.{part:02d}")) == cents


@given(st.integers(1, 10**9))
def test_what_a_workbook_adds_to_a_cent_is_nothing(cents: int) -> None:
    # Seventeen digits of a binary number, as Excel writes them.
    assert values.cents(Number(f"{cents / 100:.17g}")) == cents


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("1,234.56", "amount"),  # groups by comma in an Italian file
        ("1.23.456", "amount"),
        ("12,345", "amount"),
        ("-5,00", "amount"),
        ("cento", "amount"),
        ("0,00", "amount_range"),
        ("1.000.000.000,00", "amount_range"),
        (Number("10.005"), "amount"),
        (Number("NaN"), "amount_range"),
        (Number("1E400"), "amount_range"),
        (FORMULA, "formula"),
        (WRONG, "error_cell"),
    ],
)
def test_an_amount_that_is_none_is_refused(cell: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        values.cents(cell)


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_a_day_is_read_however_it_is_written(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    for said in (f"{day:%d/%m/%Y}", f"{day.day}-{day.month}-{day.year}", day.isoformat(),
                 Number(str(serial)), Number(f"{serial}.5")):  # fmt: skip
        assert values.day(said) == day
    assert values.day(Number(str((day - date(1904, 1, 1)).days)), from_1904=True) == day


@pytest.mark.parametrize(
    "cell",
    ["31/02/2026", "2026", "12/31/2026", "1/1/26", Number("12"), Number("1E99"), Number("x"),
     "01/01/1900", FORMULA],
)  # fmt: skip
def test_a_day_that_is_none_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"^(day|formula)$"):
        values.day(cell)


def test_excel_knows_the_first_of_march_1900() -> None:
    assert date(1899, 12, 30) + timedelta(days=61) == date(1900, 3, 1)


def test_codes_are_checked_and_lost_zeros_come_back() -> None:
    assert values.tax_code("rssmra 80a41 h501y") == MARIA
    assert values.tax_code(f"IT{COMPANY}") == COMPANY
    assert values.tax_code(Number("766720155")) == "00766720155"
    for wrong in ("RSSMRA80A41H501X", "12345670018", "766720155", "", "ANONIMO"):
        with pytest.raises(ValueError, match=r"^tax_code$"):
            values.tax_code(wrong)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (" Rossi   Maria\n", "Rossi Maria"),
        ("Forli\u0300", "Forlì"),
        (Number("2026.0"), "2026"),
        (Number("1.1000000000000001"), "1.1"),
        (Number("1E3"), "1000"),
        ("=1+1", "=1+1"),
    ],
)
def test_a_text_is_as_people_see_it(cell: str, said: str) -> None:
    assert values.text(cell, 20) == said


@pytest.mark.parametrize(("cell", "problem"), [("a\x07b", "characters"), ("x" * 21, "too_long")])
def test_a_text_that_cannot_be_printed_is_refused(cell: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        values.text(cell, 20)
