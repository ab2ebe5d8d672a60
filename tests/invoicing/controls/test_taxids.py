"""Check digits of tax identifiers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.invoicing.controls.taxids import (
    is_foreign_plausible,
    is_person_code,
    is_tax_code,
    is_vat_number,
)
from infra.local.subjects import tax_code, vat_number


@pytest.mark.parametrize("code", ["07643520567", "00743110157", "00488410010", "80078750587"])
def test_real_forms_of_vat_numbers(code: str) -> None:
    assert is_vat_number(code)


@pytest.mark.parametrize(
    "code", ["", "0764352056", "076435205670", "07643520568", "0764352056A", "00000000000",
             "٠٧٦٤٣٥٢٠٥٦٧"]
)  # fmt: skip
def test_what_is_no_vat_number(code: str) -> None:
    assert not is_vat_number(code)


@pytest.mark.parametrize("code", ["RSSMRA80A01H501U", "RSSMRA80AL1H501F", "MRTMTT91D08F205J"])
def test_codes_of_people(code: str) -> None:
    assert is_person_code(code)
    assert is_tax_code(code)


@pytest.mark.parametrize(
    "code",
    ["RSSMRA80A01H501A", "RSSMRA80A01H501", "rssmra80a01h501u", "RSSMRA80F01H501U", "",
     "RSSMRA80A00H501T", "RSSMRA80A72H501W", "12345678901", "RSSMRA80A01H5010"],
)  # fmt: skip
def test_what_is_no_code_of_a_person(code: str) -> None:
    assert not is_person_code(code)


def test_a_company_has_a_numeric_tax_code() -> None:
    assert is_tax_code("07643520567")
    assert not is_tax_code("07643520568")
    assert not is_tax_code("0764352056")
    assert not is_tax_code("076435205671")


@given(st.integers(1, 10**7 - 1), st.integers(1, 100), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(seed: int, office: int, place: int, step: int) -> None:
    code = vat_number(seed, office)
    assert is_vat_number(code)
    wrong = code[:place] + str((int(code[place]) + step) % 10) + code[place + 1 :]
    assert not is_vat_number(wrong)


@given(
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.booleans(),
    st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
)
def test_made_codes_pass_and_no_other_last_letter_does(born: date, female: bool, last: str) -> None:
    code = tax_code("Bianchi", "Ada", born, female)
    assert is_person_code(code)
    assert is_person_code(code[:15] + last) is (last == code[15])


@pytest.mark.parametrize(
    ("country", "code", "plausible"),
    [
        ("DE", "136695976", True),
        ("DE", "DE136695976", False),
        ("FR", "40303265045", True),
        ("FR", "FR303265045", True),
        ("FR", "FR40303265045", False),
        ("AT", "U12345678", True),
        ("IE", "1234567WA", True),
        ("ES", "X1234567X", True),
        ("NL", "123456789B01", True),
        ("NL", "1", False),
        ("FR", "0000000", True),
        ("OO", "99999999999", True),
        ("US", "12-3456789 whatever", True),
    ],
)
def test_foreign_numbers_leniently(country: str, code: str, plausible: bool) -> None:
    assert is_foreign_plausible(country, code) is plausible
