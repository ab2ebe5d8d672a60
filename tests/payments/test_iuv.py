"""Notice numbers, IUVs, RF references: by rule, and the examples that others have published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.payments import iuv

pytestmark = pytest.mark.feature("F001-056")

SEGREGATIONS = st.integers(0, 99).map("{:02d}".format)
BASES = st.integers(0, iuv.BASE_MAX)
NUMBERS = st.integers(0, 10**18 - 1).map("{:018d}".format)


# --- made ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("segregation", "base", "number"),
    [
        ("01", 42, "301000000000004285"),  # PagoPA's p4pa, with system 00 and index 42
        ("00", 1, "300000000000000104"),
        ("01", 1, "301000000000000144"),
        ("45", 9_999_999_999_999, "345999999999999975"),
        ("01", 20_260_000_123, "301002026000012314"),
        ("00", 220_280_000_001, "300022028000000154"),  # the guide's thermal model
        ("01", 111_000_073_475, "301011100007347557"),  # App IO's documentation
    ],
)
def test_known_numbers_come_out(segregation: str, base: int, number: str) -> None:
    made = iuv.make(segregation, base)
    assert iuv.notice_number(made) == number
    assert iuv.iuv_of(number) == made


@given(SEGREGATIONS, BASES)
def test_what_is_made_is_ours_and_is_read_back(segregation: str, base: int) -> None:
    made = iuv.make(segregation, base)
    number = iuv.notice_number(made)
    assert len(made) == 17
    assert iuv.is_ours(made)
    assert int(number[:16]) % 93 == int(number[16:])
    found = iuv.parse(number)
    assert found == iuv.NoticeNumber(number, "3", "", segregation, made, True)
    assert found.iuv[2:15] == f"{base:013d}"


@given(SEGREGATIONS, BASES, BASES)
def test_different_bases_are_different_iuvs(segregation: str, one: int, other: int) -> None:
    assert (iuv.make(segregation, one) == iuv.make(segregation, other)) == (one == other)


@given(SEGREGATIONS, BASES, st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(
    segregation: str, base: int, place: int, more: int
) -> None:
    number = iuv.notice_number(iuv.make(segregation, base))
    other = str((int(number[place]) + more) % 10)
    wrong = number[:place] + other + number[place + 1 :]
    with pytest.raises(Rejected):
        iuv.verify(wrong)
    if place:
        assert iuv.parse(wrong).checked is False


@pytest.mark.parametrize("base", [-1, iuv.BASE_MAX + 1])
def test_there_are_no_more_than_thirteen_digits(base: int) -> None:
    with pytest.raises(Rejected, match="iuv_exhausted"):
        iuv.make("00", base)


@pytest.mark.parametrize("segregation", ["", "1", "001", "0a", "٠١", " 1"])
def test_a_segregation_code_is_two_digits(segregation: str) -> None:
    with pytest.raises(Rejected, match="segregation_code_malformed"):
        iuv.make(segregation, 1)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("301000000000004286", "notice_number_check"),
        ("001340105455507221", "notice_number_not_ours"),
        ("470000008800999051", "notice_number_not_ours"),
        ("30100000000000428", "notice_number_malformed"),
        ("3010 0000 0000 0042 85", "notice_number_malformed"),
    ],
)
def test_ours_are_checked_strictly(number: str, code: str) -> None:
    with pytest.raises(Rejected, match=code):
        iuv.verify(number)


# --- read ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "aux", "application", "segregation", "found", "checked"),
    [
        ("001340105455507221", "0", "01", "", "340105455507221", True),
        ("001110000000000164", "0", "01", "", "110000000000164", True),
        ("001110000000000165", "0", "01", "", "110000000000165", False),
        ("101234567890123456", "1", "", "", "01234567890123456", None),
        ("322201151398574181", "3", "", "22", "22201151398574181", True),
        ("348171871554242374", "3", "", "48", "48171871554242374", True),
        ("470000008800999051", "4", "", "", "70000008800999051", None),  # PagoPA's own PDFs
    ],
)
def test_what_others_made_is_read(
    number: str, aux: str, application: str, segregation: str, found: str, checked: bool | None
) -> None:
    wanted = iuv.NoticeNumber(number, aux, application, segregation, found, checked)
    assert iuv.parse(number) == wanted


@given(NUMBERS)
def test_the_printed_form_is_read_back(number: str) -> None:
    printed = iuv.grouped(number)
    assert len(printed) == 22
    assert [len(part) for part in printed.split(" ")] == [4, 4, 4, 4, 2]
    for text in (printed, printed.replace(" ", "-"), f" {printed}\n", printed.replace(" ", "\xa0")):
        assert iuv.parse(text).digits == number


@given(st.text(max_size=24))
def test_anything_else_is_refused(text: str) -> None:
    bare = "".join(sign for sign in text if sign not in " \t\n\r.-\xa0")
    if len(bare) == 18 and bare.isascii() and bare.isdigit():
        return
    with pytest.raises(Rejected, match="notice_number_malformed"):
        iuv.parse(text)


# --- RF ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reference", "whole"),
    [("w9", "RF45W9"), ("539007547034", "RF18539007547034"), ("2026001", "RF602026001")],
)
def test_known_references_come_out(reference: str, whole: str) -> None:
    assert iuv.make_rf(reference) == whole
    assert iuv.is_rf(whole)
    assert iuv.is_rf(iuv.grouped(whole))
    assert iuv.is_rf(whole.lower())


def test_the_one_of_the_documentation_is_wrong_and_only_doubted() -> None:
    assert iuv.is_rf("RF24000000000000000000610")
    assert not iuv.is_rf("RF23567483937849450550875")


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=21))
def test_every_reference_checks(reference: str) -> None:
    whole = iuv.make_rf(reference)
    assert len(whole) == len(reference) + 4 <= 25
    assert iuv.is_rf(whole)
    assert not iuv.is_rf(whole[:-1] + ("1" if whole[-1] != "1" else "2"))


@pytest.mark.parametrize("reference", ["", "A" * 22, "A-1", "À1", "A 1"])
def test_a_reference_is_letters_and_digits(reference: str) -> None:
    with pytest.raises(Rejected, match="rf_reference_malformed"):
        iuv.make_rf(reference)
