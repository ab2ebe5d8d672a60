"""Prices of spontaneous services: each kind asks for what it needs and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.prices import Fixed, Free, Item, Line, Price, Priced, Tariff, priced

RIGHTS = Item("segreteria", "Diritti di segreteria", 1_500)
PAPER = Item("certificato", "Rilascio di certificato", 250)
LIST = Tariff((RIGHTS, PAPER))


@pytest.mark.feature("F001-144", "F001-170")
def test_a_tariff_is_counted() -> None:
    found = priced(LIST, chosen={"certificato": 3, "segreteria": 1})
    lines = (Line("Diritti di segreteria", 1, 1_500), Line("Rilascio di certificato", 3, 750))
    assert found == Priced(2_250, lines)


@given(
    st.lists(st.integers(1, 1_000_000), min_size=1, max_size=8),
    st.lists(st.integers(1, limits.PRICE_QUANTITY), min_size=8, max_size=8),
)
def test_the_sum_is_that_of_its_lines(cents: list[int], quantities: list[int]) -> None:
    items = tuple(Item(str(n), f"voce {n}", each) for n, each in enumerate(cents))
    chosen = {item.code: quantities[n] for n, item in enumerate(items)}
    found = priced(Tariff(items), chosen=chosen)
    assert found.cents == sum(item.cents * chosen[item.code] for item in items)
    assert found.cents == sum(line.cents for line in found.lines)


def test_a_fixed_price_is_that() -> None:
    assert priced(Fixed(5_000)) == Priced(5_000)


@pytest.mark.feature("F001-145", "F001-171")
@pytest.mark.parametrize("cents", [1_000, 1_001, 50_000])
def test_a_free_amount_is_what_is_given(cents: int) -> None:
    assert priced(Free(1_000, 50_000), cents=cents) == Priced(cents)


@pytest.mark.feature("F001-146")
@pytest.mark.parametrize(
    ("price", "given_", "code"),
    [
        (Free(1_000, 50_000), {"cents": 999}, "price_out_of_limits"),
        (Free(1_000, 50_000), {"cents": 50_001}, "price_out_of_limits"),
        (Free(), {"cents": 0}, "price_out_of_limits"),
        (Free(), {}, "price_amount_missing"),
        (Free(), {"cents": 1, "chosen": {"x": 1}}, "price_choice_unknown"),
        (Fixed(1), {"cents": 1}, "price_amount_not_asked"),
        (Fixed(1), {"chosen": {"x": 1}}, "price_choice_unknown"),
        (LIST, {}, "price_choice_missing"),
        (LIST, {"cents": 1}, "price_amount_not_asked"),
        (LIST, {"chosen": {"altro": 1}}, "price_choice_unknown"),
        (LIST, {"chosen": {"segreteria": 0}}, "price_quantity"),
        (LIST, {"chosen": {"segreteria": limits.PRICE_QUANTITY + 1}}, "price_quantity"),
        (Tariff((Item("x", "X", limits.AMOUNT_CENTS),)), {"chosen": {"x": 2}}, "amount_out"),
    ],
)
def test_each_kind_asks_for_its_own(price: Price, given_: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected, match=f"^{code}"):
        priced(price, **given_)  # type: ignore[arg-type]


def test_a_price_makes_sense() -> None:
    for wrong in (lambda: Tariff(()), lambda: Tariff((RIGHTS, RIGHTS)), lambda: Free(2, 1)):
        with pytest.raises(Rejected, match=r"^price_"):
            wrong()
    for wrong in (lambda: Fixed(0), lambda: Item("a", "A", 0), lambda: Free(0, 1)):
        with pytest.raises(Rejected, match=r"^amount_out_of_range"):
            wrong()
