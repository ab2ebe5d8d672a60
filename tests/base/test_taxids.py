"""Check digits of tax identifiers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.taxids import (
    is_foreign_plausible,
    is_person_code,
    is_tax_code,
    is_vat_number,
)
from infra.local.sdi import identifiers
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


@pytest.mark.parametrize(
    "code", ["RSSMRA80A01H501U", "RSSMRA80AL1H501F", "MRTMTT91D08F205J", "RSSMRA80B29H501Q"]
)
def test_codes_of_people(code: str) -> None:
    assert is_person_code(code)
    assert is_tax_code(code)


@pytest.mark.parametrize(
    "code",
    ["RSSMRA80A01H501A", "RSSMRA80A01H501", "rssmra80a01h501u", "RSSMRA80F01H501U", "",
     "RSSMRA80A00H501T", "RSSMRA80A72H501W", "12345678901", "RSSMRA80A01H5010",
     # The 30th of February, the 29th of 1981, a woman's 31st of June.
     "RSSMRA80B30H501X", "RSSMRA81B29H501R", "RSSMRA80H71H501R"],
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


# --- the simulator's own arithmetic ---------------------------------------------------------------
BORN = st.dates(date(1900, 1, 1), date(2026, 1, 1))
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
OMOCODIA = dict(zip("0123456789", "LMNPQRSTUV", strict=True))


def closed(code: str) -> str:
    """The code with the control letter that makes it right, if any does."""
    found = [code[:15] + sign for sign in SIGNS[:26] if is_person_code(code[:15] + sign)]
    return found[0] if found else code


@given(st.text("0123456789", min_size=10, max_size=12) | st.text(SIGNS, max_size=17))
def test_two_implementations_on_any_text(code: str) -> None:
    assert is_vat_number(code) is identifiers.is_vat_number(code)
    assert is_tax_code(code) is identifiers.is_tax_code(code)


@given(BORN, st.booleans(), st.lists(st.tuples(st.integers(0, 15), st.sampled_from(SIGNS))))
def test_two_implementations_on_codes_of_people(
    born: date, female: bool, changes: list[tuple[int, str]]
) -> None:
    code = tax_code("Bianchi", "Ada", born, female)
    assert identifiers.is_person_code(code)
    for place, sign in changes:
        code = code[:place] + sign + code[place + 1 :]
        assert is_person_code(code) is identifiers.is_person_code(code), code
        again = closed(code)
        assert is_person_code(again) is identifiers.is_person_code(again), again


@given(BORN, st.sets(st.sampled_from([6, 7, 9, 10, 12, 13, 14])))
def test_omocodia_in_any_places(born: date, places: set[int]) -> None:
    code = tax_code("Bianchi", "Ada", born)
    for place in places:
        code = code[:place] + OMOCODIA[code[place]] + code[place + 1 :]
    again = closed(code)
    assert is_person_code(again)
    assert identifiers.is_person_code(again)


@given(st.text("0123456789", min_size=11, max_size=11))
def test_two_implementations_on_vat_numbers(code: str) -> None:
    assert is_vat_number(code) is identifiers.is_vat_number(code)
    right = [code[:10] + sign for sign in "0123456789" if is_vat_number(code[:10] + sign)]
    assert len(right) == (1 if int(code[:10]) else 0)
    assert all(map(identifiers.is_vat_number, right))


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
