"""What positions come to: counted by differences, it is what counting them all gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.payments.positions import counts, model, states
from chalicelib.payments.positions.counts import Facts, Sum
from chalicelib.payments.positions.model import Line, Payment, Position
from chalicelib.payments.receipts import model as receipts

pytestmark = pytest.mark.feature("F001-009")
FIRST = date(2025, 11, 1)
DAYS = st.integers(0, 500).map(lambda days: FIRST + timedelta(days=days))
CENTS = st.integers(1, 10**7)


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """A new one: whole, plan or both, of one or two services."""
    lines = tuple(
        Line(draw(st.sampled_from(("quota", "mora"))), "x", draw(CENTS), "9/0101002IM/", "IT")
        for _ in range(draw(st.integers(1, 3)))
    )
    cents = sum(line.cents for line in lines)
    count = draw(st.sampled_from((0, 2, 3)))
    asked = [Payment(0, "w", cents, draw(st.none() | DAYS))] if draw(st.booleans()) else []
    if count:
        rates = [Payment(n, f"i{n}", cents // count, draw(DAYS)) for n in range(1, count + 1)]
        asked += rates
    asked = asked or [Payment(0, "w", cents, draw(st.none() | DAYS))]
    at = draw(DAYS)
    return Position(
        id="p", state=draw(st.sampled_from(("draft", "valid"))), origin="dues", person="x",
        creditor="80012000826", subject="Quota", cents=cents, lines=lines, payments=tuple(asked),
        created_at=f"{at}T22:59:59.999Z", ends=draw(DAYS), hard_end=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def lives(draw: st.DrawFn) -> list[Position]:
    """A position as it was after each thing that happened to it."""
    found = [draw(positions())]
    for _ in range(draw(st.integers(0, 4))):
        now = found[-1]
        event = draw(st.sampled_from(("receipt", "publish", "begin", "expire", "invalidate")))
        if event == "receipt":
            number = draw(st.sampled_from([one.number for one in now.payments]))
            done = receipts.effect(now, number, draw(DAYS), draw(CENTS))
            found.append(replace(now, state=done.state, payments=done.payments))
            continue
        try:
            state = states.after(now.state, event)  # type: ignore[arg-type]
        except Rejected:
            continue
        found.append(replace(now, state=state))
    return found


def told(found: list[Position], today: date) -> dict[str, tuple[int, int]]:
    """The same sums, by looking at all of them."""
    alive = [one for one in found if one.state != "invalid"]
    paid = [(one, sum(p.paid_cents for p in one.payments)) for one in alive]
    open_ = overdue = late = waiting = 0
    for one in alive:
        if one.state not in ("draft", "published", "valid", "expired", "partially_paid"):
            continue
        rates = [p for p in one.payments if p.number and p.state == "unpaid"]
        left = rates or [p for p in one.payments if p.state == "unpaid"]
        waiting += bool(left)
        open_ += sum(p.cents for p in left)
        past = [p for p in left if p.due and p.due < today]
        late += bool(past)
        overdue += sum(p.cents for p in past)
    return {
        "due": (len(alive), sum(one.cents for one in alive)),
        "paid": (sum(1 for _, cents in paid if cents), sum(cents for _, cents in paid)),
        "open": (waiting, open_),
        "overdue": (late, overdue),
    }


@given(st.lists(lives(), max_size=6), DAYS)
def test_differences_add_up_to_what_all_positions_come_to(
    found: list[list[Position]], today: date
) -> None:
    total: Facts = Counter()
    for life in found:
        before: Facts = Counter()
        for position in life:
            after = counts.facts(position)
            total.update(after)
            total.subtract(before)
            before = after
    summary = counts.summed(total, today)
    last = [life[-1] for life in found]
    for name, (count, cents) in told(last, today).items():
        assert getattr(summary, name) == Sum(count, cents), name
    # Of each state what is so today, although nobody wrote that a hard end has passed.
    in_state = Counter(model.on(one, today).state for one in last)
    assert {name: one.count for name, one in summary.states.items() if one.count} == in_state
    assert sum(one.count for one in summary.states.values()) == len(last)
    assert sum(one.cents for one in summary.states.values()) == sum(one.cents for one in last)
    # By month it is the same money, and the same positions.
    assert sum(one.cents for one in summary.payments.values()) == summary.paid.cents
    assert sum(one.count for one in summary.made.values()) == summary.due.count
    services = {line.service for one in last if one.state != "invalid" for line in one.lines}
    assert {name for name, one in summary.services.items() if one.due != Sum(0, 0)} == services


def test_a_day_is_over_when_it_is() -> None:
    day = date(2026, 12, 31)
    one = Position(
        "p", "valid", "dues", "x", "c", "Quota", 100, (Line("quota", "", 100, "", ""),),
        (Payment(0, "", 100, day),), "2026-01-31T23:30:00.000Z", day,
    )  # fmt: skip
    total = counts.facts(one)
    assert counts.summed(total, day).overdue == Sum(0, 0)
    assert counts.summed(total, day + timedelta(days=1)).overdue == Sum(1, 100)
    # Half past midnight of the first of February, in Rome.
    assert list(counts.summed(total, day).made) == [(2026, 2)]
    late = model.paid(one, 0, day, 110)[0]
    paid = replace(one, state="paid", payments=late)
    assert counts.summed(counts.facts(paid), day).paid == Sum(1, 110)
