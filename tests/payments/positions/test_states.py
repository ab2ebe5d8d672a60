"""The table of states, and what paying one way does to the other."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts
from chalicelib.payments.positions import model, states
from chalicelib.payments.positions.model import Line, Payment, Position

DUE = date(2026, 12, 31)


def position(*payments: Payment, **more: object) -> Position:
    fields: dict[str, object] = {
        "id": "p", "state": "valid", "origin": "dues", "person": "x", "creditor": "80012000826",
        "subject": "Quota", "cents": 9_000, "lines": (), "payments": payments,
        "created_at": "2026-11-21T09:00:00.000Z", "ends": DUE,
    }  # fmt: skip
    return Position(**fields | more)  # type: ignore[arg-type]


def test_every_pair_is_decided() -> None:
    assert set(states.TABLE) == set(states.STATES)
    for found in states.TABLE.values():
        assert set(found) <= set(states.EVENTS)
        assert set(found.values()) <= set(states.STATES)


def test_money_that_came_counts_in_every_state() -> None:
    settled = {"paid", "reported", "paid_outside"}
    for state in states.STATES:
        assert states.after(state, "pay") in settled
        assert states.after(state, "pay_part") in settled | {"partially_paid"}


@pytest.mark.feature("F001-166")
def test_only_what_nobody_paid_is_changed() -> None:
    for state in states.STATES:
        for event in ("edit", "invalidate", "delete"):
            if state in states.UNPAID:
                states.after(state, event)  # type: ignore[arg-type]
                continue
            with pytest.raises(Rejected) as refused:
                states.after(state, event)  # type: ignore[arg-type]
            assert (refused.value.code, refused.value.status) == ("position_state", 409)


@given(st.integers(2, 12), st.data())
def test_paying_one_way_closes_the_other(count: int, data: st.DataObject) -> None:
    rates = [Payment(number, "", 100, DUE) for number in range(1, count + 1)]
    both = position(Payment(0, "", 100 * count, DUE), *rates)
    payments, done = model.paid(both, 0)
    assert done
    assert [one.state for one in payments] == ["paid"] + ["closed"] * count
    # In any order of the instalments it is done with the last of them, not before.
    order = data.draw(st.permutations(range(1, count + 1)))
    for place, number in enumerate(order, 1):
        payments, done = model.paid(both, number)
        both = position(*payments)
        assert payments[0].state == "closed"
        assert done is (place == count)


def test_the_whole_changes_by_the_day_and_instalments_do_not() -> None:
    fee = amounts.late_fee(DUE, "Mora", after_days=10, cents=500)
    found = position(Payment(0, "", 9_000, DUE), Payment(1, "", 4_500, DUE), rules=(fee,))
    first = DUE + timedelta(days=11)
    for day, cents in ((DUE, 9_000), (first - timedelta(days=1), 9_000), (first, 9_500)):
        assert model.asked(found, found.payments[0], day).cents == cents
        assert model.asked(found, found.payments[1], day).cents == 4_500


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 10**6)), min_size=1))
def test_transfers_are_the_lines_and_nothing_is_lost(parts: list[tuple[str, int]]) -> None:
    lines = [Line("s", "r", cents, f"tax-{place}", "iban") for place, cents in parts]
    found = model.transfers(lines)
    assert sum(one.cents for one in found) == sum(cents for _, cents in parts)
    assert len(found) == len({place for place, _ in parts})


def test_six_places_are_one_too_many() -> None:
    lines = [Line("s", "r", 1, f"tax-{number}", "iban") for number in range(6)]
    assert len(model.transfers(lines[:5])) == 5
    with pytest.raises(Rejected) as refused:
        model.transfers(lines)
    assert refused.value.code == "transfers_too_many"
