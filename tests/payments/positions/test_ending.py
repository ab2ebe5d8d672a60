"""A hard end: the days around it, and every order of what may happen to a position with one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.payments import iuv
from chalicelib.payments.node import payable
from chalicelib.payments.node.faults import NodeFault
from chalicelib.payments.positions import model, plans, states
from chalicelib.payments.positions.grouping import Parameters
from chalicelib.payments.positions.model import Payment, Position
from chalicelib.payments.positions.plans import Plan
from chalicelib.payments.receipts import model as receipts
from tests.payments.pagopa.positions import BODY, position

END = date(2026, 12, 31)
AFTER = END + timedelta(days=1)


def ending(rates: tuple[int, ...] = (), **changed: Any) -> Position:
    return position(900, rates=rates, **{"hard_end": True, "ends": END} | changed)


def asked(one: Position, day: date, number: int = 0) -> str:
    """What the node is told on a day: "" for an amount, else the fault."""
    try:
        payable.look(one, number, BODY, day)
    except NodeFault as fault:
        return fault.code
    return ""


def test_the_last_day_is_payable_and_the_next_is_not() -> None:
    one = ending()
    assert [model.is_over(one, day) for day in (END, AFTER)] == [False, True]
    assert (asked(one, END), asked(one, AFTER)) == ("", "PAA_PAGAMENTO_SCADUTO")
    assert (model.on(one, END).state, model.on(one, AFTER).state) == ("valid", "expired")
    # Indicative, as long as nobody asks.
    soft = ending(hard_end=False)
    assert asked(soft, END + timedelta(days=400)) == ""
    assert model.on(soft, AFTER) == soft


@pytest.mark.parametrize("state", states.STATES)
def test_only_what_nobody_paid_ends(state: states.State) -> None:
    one = ending(state=state)
    found = model.on(one, AFTER).state
    assert found == ("expired" if state in states.UNPAID else state)


def test_a_plan_of_which_something_was_paid_stays_payable() -> None:
    one = ending(rates=(450, 450))
    begun = replace(one, state="partially_paid", payments=model.paid(one, 1)[0])
    assert asked(begun, AFTER, 2) == ""
    assert asked(one, AFTER, 2) == "PAA_PAGAMENTO_SCADUTO"


@pytest.mark.parametrize(
    ("ends", "dues", "code"),
    [
        (END, [None, END], ""), (END, [AFTER], "ends_before_due"),
        (END - timedelta(days=31), [], "ends_past"), (END - timedelta(days=30), [], ""),
    ],
)  # fmt: skip
def test_an_end_that_contradicts_the_notice_is_refused(
    ends: date, dues: list[date | None], code: str
) -> None:
    today = END - timedelta(days=30)
    if not code:
        model.check_end(ends, dues, today)
        return
    with pytest.raises(Rejected) as refused:
        model.check_end(ends, dues, today)
    assert refused.value.code == code


def test_the_last_instalment_is_due_before_the_end() -> None:
    plan = Plan(3, date(2026, 10, 31), every_months=1)
    payments = plans.payments(900, END, plan)
    assert plan.last_due == max(one.due for one in payments if one.due) == date(2026, 12, 31)
    today = date(2026, 9, 1)
    Parameters("x", END, hard_end=True, plan=plan).check_end(today)
    with pytest.raises(Rejected, match="ends_before_due"):
        Parameters("x", END, hard_end=True, plan=replace(plan, count=4)).check_end(today)


# ------------------------------------------------------------------ in any order
def happens(one: Position, event: str, day: date, number: int) -> Position:
    """What the house does with an event on a day, in whatever state the position is."""
    if event == "receipt":
        done = receipts.effect(one, number, END, 900)
        return replace(one, state=done.state, payments=done.payments)
    if event == "night":
        return model.on(one, day)
    if one.state == "invalid":
        return one
    try:
        state = states.after(one.state, "invalidate")
    except Rejected:
        return one
    closed = tuple(replace(each, state="closed") for each in one.payments)
    return replace(one, state=state, payments=closed)


def seen(one: Position) -> tuple[str, list[tuple[int, str, int]]]:
    """What it came to: what is paid, and whether the rest can still be."""
    return one.state, [(each.number, _paid(each), each.paid_cents) for each in one.payments]


def _paid(payment: Payment) -> str:
    return "paid" if payment.state == "paid" else ""


@pytest.mark.feature("F001-006")
@given(
    st.sampled_from(((), (300, 300, 300))), st.sampled_from((0, 2)),
    st.lists(st.sampled_from(("receipt", "cancel", "night", "night")), max_size=4),
    st.permutations(("receipt", "cancel", "night")), st.data(),
)  # fmt: skip
def test_receipt_cancellation_and_expiry_end_alike_in_any_order(
    rates: tuple[int, ...], number: int, more: list[str], order: list[str], data: st.DataObject
) -> None:
    """Each at least once, some of them again, on any days: one state in the end."""
    number = number if rates else 0
    events = data.draw(st.permutations([*order, *more]))
    one = ending(rates=rates)
    assert iuv.is_ours(one.payments[0].iuv)
    for event in events:
        day = END + timedelta(days=data.draw(st.integers(-2, 3)))
        one = happens(one, event, day, number)
    one = happens(one, "night", AFTER, number)
    state = "partially_paid" if number else "paid"
    paid = [(each.number, "paid" if each.number == number else "", 900 * (each.number == number))
            for each in one.payments]  # fmt: skip
    assert seen(one) == (state, paid)


@given(st.permutations(("cancel", "night", "cancel", "night")))
def test_without_a_receipt_a_cancellation_counts(order: list[str]) -> None:
    one = ending()
    for event in order:
        one = happens(one, event, AFTER, 0)
    assert one.state == "invalid"
