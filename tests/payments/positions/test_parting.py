"""Instalments leave their position with what lies under them, to the cent, one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounting.shares import lines_of
from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.amounts import Rule
from chalicelib.payments.pagopa.shares import shares
from chalicelib.payments.positions import counts, parting, plans
from chalicelib.payments.positions.model import Line, Payment, Position
from chalicelib.payments.positions.parting import Parting
from chalicelib.payments.receipts import model as receipts

pytestmark = pytest.mark.feature("F001-099", "F001-155")
DAY, NOW = date(2026, 12, 31), datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_LINES = st.lists(
    st.tuples(st.sampled_from(("IT1", "IT2", "IT3")), st.integers(1, 40_000)), min_size=1,
    max_size=6,
)  # fmt: skip


def _position(lines: list[tuple[str, int]], rates: int, *, whole: bool = True) -> Position:
    found = tuple(
        Line("quota", f"r{at}", cents, "9/1", iban, due=f"d{at}")
        for at, (iban, cents) in enumerate(lines)
    )
    cents = sum(line.cents for line in found)
    plan = plans.Plan(rates, DAY, whole=whole) if rates else None
    payments = tuple(
        replace(one, iuv=f"iuv{one.number}") for one in plans.payments(cents, DAY, plan)
    )
    late = Rule("late_fee", "Mora", first=DAY, cents=500)
    return Position(
        "p", "valid", "spontaneous", "x", "80012000826", "Quota", cents, found, payments,
        "2026-11-01T00:00:00Z", DAY, rules=(late,),
    )  # fmt: skip


def _paid(position: Position, *numbers: int) -> Position:
    for number in numbers:
        cents = next(one.cents for one in position.payments if one.number == number)
        done = receipts.effect(position, number, DAY, cents)
        position = replace(position, state=done.state, payments=done.payments)
    return position


def _part(position: Position, *revoked: int) -> Parting:
    mine = parting.wanted(position, set(revoked))
    found = parting.part(position, mine, f"n{position.version}", "valid", NOW)
    asked = tuple(replace(one, iuv=f"{found.new.id}-{one.number}") for one in found.new.payments)
    return replace(found, new=replace(found.new, payments=asked))


def _under(position: Position, payment: Payment) -> list[tuple[object, ...]]:
    """What posting makes of each of its transfers."""
    parts = shares(position, payment, DAY)
    return [lines_of(position, payment.number, at, one.cents) for at, one in enumerate(parts, 1)]


@settings(max_examples=120, deadline=None)
@given(_LINES, st.integers(2, 6), st.booleans(), st.data())
def test_every_instalment_asks_and_pays_for_what_it_did_whichever_go_first(
    lines: list[tuple[str, int]], rates: int, whole: bool, data: st.DataObject
) -> None:
    if sum(cents for _, cents in lines) < rates:
        return
    first = _position(lines, rates, whole=whole)
    unpaid = data.draw(st.integers(0, rates - 2))
    old = _paid(first, *range(1, rates - unpaid + 1))
    wanted = {one.number: shares(first, one, DAY) for one in first.instalments}
    booked = {one.number: _under(first, one) for one in first.instalments}
    asked = 0
    while left := [one.number for one in old.instalments if one.state == "paid"]:
        revoked = data.draw(st.sets(st.sampled_from(left), min_size=1))
        there = [one for one in old.instalments if one.number in revoked]
        found = _part(old, *revoked)
        new = found.new
        if len(revoked) == rates:  # all of the plan at once: as it was
            assert (new.lines, new.rules, new.cents) == (old.lines, old.rules, old.cents)
            assert [one.cents for one in new.payments] == [one.cents for one in old.payments]
            assert found.over.state == "invalid"
            return
        # Each with a notice of its own, of the same money for the same things.
        assert (len(new.payments), new.whole is None) == (len(there), len(there) > 1)
        for mine, before in zip(new.payments, there, strict=True):
            assert (mine.cents, mine.due, mine.state) == (before.cents, before.due, "unpaid")
            assert shares(new, mine, DAY) == wanted[before.number]
            assert _under(new, mine) == booked[before.number]
        asked += new.cents
        old = found.over
        if old.state == "invalid":
            break
        assert old.cents == sum(line.cents for line in old.lines) == first.cents - asked
        for one in old.payments:
            if one.anew or not one.number:
                continue
            assert shares(old, one, DAY) == wanted[one.number]
            assert _under(old, one) == booked[one.number]
        for one in old.payments:
            if one.anew:  # what was posted of it, or will be, is of the same lines
                parts = [lines_of(old, one.number, at, share.cents)
                         for at, share in enumerate(wanted[one.number], 1)]  # fmt: skip
                assert parts == booked[one.number]
    # Only where something may still be paid of it is it not over.
    assert (old.state == "invalid") == (not unpaid)
    assert asked == first.cents - sum(one.cents for one in first.instalments[rates - unpaid :])


def test_what_is_left_is_paid_or_reported_by_itself() -> None:
    old = _paid(_position([("IT1", 30_000)], 3), 1, 2, 3)
    half = replace(
        old, payments=tuple(replace(one, reported=one.number in (2, 3)) for one in old.payments)
    )
    # The one that no flow had is the one that goes: flows have all that is left.
    found = _part(half, 1)
    assert (found.over.state, found.over.cents, found.new.rules) == ("reported", 20_000, ())
    (alone,) = found.new.payments
    assert (alone.number, alone.cents) == (0, 10_000)
    assert _part(old, 1).over.state == "paid"
    # What is left of a plan is still asked for, and settles the position.
    part = _part(_paid(_position([("IT1", 30_000)], 3), 1, 2), 2).over
    assert part.state == "partially_paid"
    assert [one.number for one in counts.still_asked(part)] == [3]
    assert _paid(part, 3).state == "paid"


def test_money_that_comes_for_it_once_more_is_paid_twice_and_changes_nothing() -> None:
    over = _part(_paid(_position([("IT1", 30_000)], 3), 1, 2, 3), 2).over
    done = receipts.effect(over, 2, DAY, 10_000)
    assert (done.double, done.state, done.payments) == (True, over.state, over.payments)


def test_the_whole_beside_its_instalments_is_a_debt_that_is_paid() -> None:
    both = _paid(_position([("IT1", 30_000)], 3), 0, 1)
    for revoked in (0, 1):
        with pytest.raises(Rejected) as refused:
            _part(both, revoked)
        assert refused.value.code == "reopen_others_paid"
    assert _part(both, 0, 1).over.state == "invalid"
    with pytest.raises(Rejected) as refused:
        _part(_paid(_position([("IT1", 30_000)], 3), 1), 2)
    assert refused.value.code == "position_state"


def test_no_more_than_a_transaction_has_room_for_goes_at_once() -> None:
    rates = limits.REOPENED_AT_ONCE + 3
    old = _paid(_position([("IT1", 30_000)], rates), *range(1, rates + 1))
    found = _part(old, *range(1, rates + 1))
    assert len(found.new.payments) == limits.REOPENED_AT_ONCE
    rest = _part(found.over, *range(1, rates + 1))
    assert (len(rest.new.payments), rest.over.state) == (3, "invalid")
    assert found.new.cents + rest.new.cents == 30_000
