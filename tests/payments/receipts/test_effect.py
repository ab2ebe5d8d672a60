"""What a receipt does to a position, whatever came before it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.base.errors import Rejected
from chalicelib.payments import iuv
from chalicelib.payments.positions import states
from chalicelib.payments.positions.model import Line, Payment, Position
from chalicelib.payments.receipts import model

END = date(2026, 12, 31)
MONEY = 900


def position(instalments: int = 0, whole: bool = True) -> Position:
    asked = [Payment(0, iuv.make("01", 1), MONEY, END)] if whole else []
    asked += [
        Payment(n, iuv.make("01", n + 1), MONEY // instalments, END)
        for n in range(1, instalments + 1)
    ]
    line = Line("quota", "Quota", MONEY, "9/1201001AP/", "IT60X0542811101000000123456")
    return Position(
        "p", "valid", "dues", "x", "80012000826", "Quota", MONEY, (line,), tuple(asked), "t", END
    )


def cancelled(one: Position) -> Position:
    """As positions.cancel leaves it; refused where money came already."""
    try:
        state = states.after(one.state, "invalidate")
    except Rejected:
        return one
    return replace(
        one, state=state, payments=tuple(replace(each, state="closed") for each in one.payments)
    )


def expired(one: Position) -> Position:
    try:
        return replace(one, state=states.after(one.state, "expire"))
    except Rejected:
        return one


def paid(one: Position, number: int) -> tuple[Position, bool]:
    done = model.effect(one, number)
    return replace(one, state=done.state, payments=done.payments), done.double


@pytest.mark.feature("F001-006")
@pytest.mark.parametrize(("instalments", "number"), [(0, 0), (3, 0), (3, 2)])
def test_receipt_cancellation_and_expiry_end_in_one_state_in_any_order(
    instalments: int, number: int
) -> None:
    found = set()
    for order in itertools.permutations(("receipt", "cancel", "expire")):
        one = position(instalments)
        for what in order:
            if what == "receipt":
                one, double = paid(one, number)
                assert not double, order
            else:
                one = cancelled(one) if what == "cancel" else expired(one)
        assert next(p for p in one.payments if p.number == number).state == "paid", order
        found.add(one.state)
    assert found == {"partially_paid" if number else "paid"}


@pytest.mark.feature("F001-006")
@pytest.mark.parametrize("state", states.STATES)
def test_no_state_refuses_money(state: states.State) -> None:
    one, _ = paid(replace(position(2), state=state), 0)
    assert one.payments[0].state == "paid"
    assert {each.state for each in one.payments[1:]} == {"closed"}
    one, _ = paid(replace(position(2), state=state), 1)
    assert one.payments[1].state == "paid"
    assert one.payments[0].state == "closed"


def test_the_last_instalment_closes_the_plan() -> None:
    one = position(3)
    for number, state in ((2, "partially_paid"), (1, "partially_paid"), (3, "paid")):
        one, double = paid(one, number)
        assert (one.state, double) == (state, False)
    assert [each.state for each in one.payments] == ["closed", "paid", "paid", "paid"]
    without = position(2, whole=False)
    without, _ = paid(without, 1)
    without, _ = paid(without, 2)
    assert without.state == "paid"


def test_what_is_paid_twice_says_so() -> None:
    for first, second in ((0, 0), (1, 1), (0, 1), (1, 0)):
        one, double = paid(position(2), first)
        assert not double
        one, double = paid(one, second)
        assert double, (first, second)
    # Two instalments of one plan are no double payment.
    one, _ = paid(position(2), 1)
    assert not paid(one, 2)[1]
    outside = replace(position(), state="paid_outside")
    assert paid(outside, 0)[1]
