"""The formulas of SdI: official worked cases, borders, and properties."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.invoicing.controls import amounts
from chalicelib.invoicing.controls.amounts import line_severity, line_total, round2, tax, text
from chalicelib.invoicing.controls.values import Discount
from infra.local.invoices import Line, make
from tests.invoicing.controls.mutations import tree
from tests.invoicing.controls.test_controls import judged


def d(value: str) -> Decimal:
    return Decimal(value)


def change(percent: str = "", amount: str = "", raises: bool = False) -> Discount:
    return Discount(raises, d(percent) if percent else None, d(amount) if amount else None)


# --- the official worked cases: price 500, quantity 100 -----------------------------------------
WORKED = (
    ((change(amount="10.05"), change(amount="5.25"), change(amount="4.70")), "48000.00"),
    ((change("8.50"), change("5.15"), change("3.00")), "42092.05875"),
    (
        (change("8.50"), change("5.15", "23.56"), change(amount="15.00"), change("2.00")),
        "41056.12",
    ),
)


@pytest.mark.parametrize(("discounts", "expected"), WORKED)
def test_the_official_cases(discounts: tuple[Discount, ...], expected: str) -> None:
    assert line_total(d("500.00"), d("100.00"), discounts) == d(expected)


@pytest.mark.parametrize("total", ["42092.05", "42092.06", "42092.05875"])
def test_what_passes_for_the_second_case(total: str) -> None:
    assert line_severity(d(total), line_total(d("500.00"), d("100.00"), WORKED[1][0])) is None


@pytest.mark.parametrize(
    ("price", "quantity", "discounts", "total", "severity"),
    [
        # Sent and rejected by SdI: off by 0.0112.
        ("0.030987", "22633.00", (), "701.34", "likely"),
        ("0.030987", "22633.00", (), "701.33", None),
        # Sent and accepted by SdI: off by 0.012.
        ("0.093", "200.00", (change("48.00"),), "9.66", "likely"),
        ("0.093", "200.00", (change("48.00"),), "9.65", "error"),
        # A discount on a negative price lowers it further.
        ("-90.00", None, (change(amount="9.00"),), "-99.00", None),
        ("-90.00", None, (change(amount="9.00"),), "-81.00", "error"),
        ("100.00", None, (change("10.00", raises=True),), "110.00", None),
        # Without a quantity the line is for one unit.
        ("12.34", None, (), "12.34", None),
    ],
)
def test_known_lines(
    price: str,
    quantity: str | None,
    discounts: tuple[Discount, ...],
    total: str,
    severity: str | None,
) -> None:
    expected = line_total(d(price), d(quantity) if quantity else None, discounts)
    assert line_severity(d(total), expected) == severity


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("1.0049999", "1.00")],
)
def test_rounding_is_half_up_away_from_zero(value: str, rounded: str) -> None:
    assert round2(d(value)) == d(rounded)


@pytest.mark.parametrize(
    ("rate", "taxable", "expected"),
    [("22.00", "9826.98", "2161.94"), ("22.00", "0.25", "0.06"), ("4.00", "-12.50", "-0.50")],
)
def test_tax(rate: str, taxable: str, expected: str) -> None:
    assert tax(d(rate), d(taxable)) == d(expected)


def test_text_has_two_decimals_and_no_exponent() -> None:
    assert [text(d(value)) for value in ("1E+3", "1.5", "0.12345000", "-0")] == [
        "1000.00", "1.50", "0.12345", "-0.00",
    ]  # fmt: skip


# --- properties ---------------------------------------------------------------------------------
PRICES = st.decimals(-10_000, 10_000, places=8)
QUANTITIES = st.none() | st.decimals(0, 1_000, places=8)
PERCENTS = st.decimals(0, 100, places=2)
CHANGES = st.builds(
    Discount, st.booleans(), st.none() | PERCENTS, st.none() | st.decimals(-100, 100, places=8)
)


@given(PRICES, QUANTITIES, st.lists(CHANGES, max_size=5))
def test_the_cascade_is_exact(
    price: Decimal, quantity: Decimal | None, changes: list[Discount]
) -> None:
    unit = Fraction(price)
    for one in changes:
        step = (
            Fraction(one.amount)
            if one.amount is not None
            else unit * Fraction(one.percent or 0) / 100
        )
        unit += step if one.raises else -step
    exact = unit * (Fraction(quantity) if quantity is not None else 1)
    assert Fraction(line_total(price, quantity, changes)) == exact


@given(PRICES, QUANTITIES, st.lists(CHANGES, max_size=3))
def test_what_is_rounded_to_cents_passes(
    price: Decimal, quantity: Decimal | None, changes: list[Discount]
) -> None:
    expected = line_total(price, quantity, changes)
    assert line_severity(round2(expected), expected) is None
    assert line_severity(expected, expected) is None


@given(PRICES, st.decimals("-0.05", "0.05", places=8))
def test_the_zones_of_a_line(expected: Decimal, off: Decimal) -> None:
    size = abs(off)
    zone = None if size <= d("0.01") else "likely" if size < d("0.02") else "error"
    assert line_severity(expected + off, expected) == zone


def test_a_thousand_discounts_do_not_pile_up_digits() -> None:
    total = line_total(d("99999999999.12345678"), d("1.00"), [change("0.01")] * 1_000)
    assert len(total.as_tuple().digits) <= 80


@given(st.decimals(0, 100, places=2), st.decimals(-(10**11), 10**11, places=2))
def test_tax_is_the_nearest_cent(rate: Decimal, taxable: Decimal) -> None:
    exact = Fraction(rate) * Fraction(taxable) / 100
    off = abs(Fraction(tax(rate, taxable)) - exact)
    assert off <= Fraction(1, 200)
    if off == Fraction(1, 200):
        assert abs(Fraction(tax(rate, taxable))) > abs(exact)


LINE = st.builds(
    Line,
    price=st.decimals(-1_000, 1_000, places=6),
    quantity=st.none() | st.decimals(0, 100, places=4),
    rate=st.sampled_from([d("22.00"), d("10.00"), d("4.00")]),
    discounts=st.lists(PERCENTS, max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINE, min_size=1, max_size=12).map(tuple), st.integers(1, 3))
def test_what_is_composed_half_up_passes(lines: tuple[Line, ...], bodies: int) -> None:
    assert judged(tree(make(lines=lines, bodies=bodies))).findings == ()


def test_the_caller_s_decimal_context_does_not_matter() -> None:
    with localcontext() as context:
        context.prec = 6
        context.rounding = "ROUND_DOWN"
        assert line_total(d("500.00"), d("100.00"), WORKED[1][0]) == d("42092.05875")
        assert round2(d("123456789.005")) == d("123456789.01")
    assert amounts.CENT.quantize(d("0.01"), ROUND_HALF_UP) == d("0.01")
