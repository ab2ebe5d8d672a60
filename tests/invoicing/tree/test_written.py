"""Numbers keep their text, and are numbers all the same."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.invoicing.fatturapa.tree.written import (
    WrittenDecimal,
    WrittenInt,
    text_of,
    to_decimal,
    to_int,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("1.50", True), ("1.5000", True), ("-0.00", True), ("007.10", False), (" 1.00\n", False)],
)
def test_decimals(text: str, plain: bool) -> None:
    number = to_decimal(text)
    assert text_of(number) == text
    assert isinstance(number, WrittenDecimal) is not plain
    assert number == Decimal(text.strip())
    assert type(number + 1) is Decimal


@pytest.mark.parametrize(("text", "plain"), [("7", True), ("007", False), ("+7", False)])
def test_integers(text: str, plain: bool) -> None:
    number = to_int(text)
    assert (text_of(number), number) == (text, 7)
    assert isinstance(number, WrittenInt) is not plain
    assert type(number + 1) is int


def test_small_numbers_have_no_exponent() -> None:
    assert text_of(Decimal("0.00000001")) == "0.00000001"
    assert text_of(Decimal("1E+3")) == "1000"


@pytest.mark.parametrize("text", ["", "x", "1e3", "NaN", "Infinity", "1_0.00", "١.00", "1,00"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        to_decimal(text)
    with pytest.raises(ValueError, match=r".*"):
        to_int(text)
