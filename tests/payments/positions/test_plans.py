"""Instalments by hand: nothing of the amount is lost, and nothing comes out of its order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.positions import plans
from chalicelib.payments.positions.plans import ByHand

FIRST = date(2026, 12, 31)


@given(
    parts=st.lists(st.integers(1, 10**9), min_size=2, max_size=20),
    gaps=st.lists(st.integers(0, 400), min_size=20, max_size=20),
    whole=st.booleans(),
    off=st.integers(-3, 3),
)
def test_instalments_are_taken_only_if_they_make_the_amount(
    parts: list[int], gaps: list[int], whole: bool, off: int
) -> None:
    days = [FIRST + timedelta(days=sum(gaps[:place])) for place in range(len(parts))]
    plan = ByHand(tuple(zip(parts, days, strict=True)), whole)
    cents = sum(parts) + off
    if off:
        with pytest.raises(Rejected) as refused:
            plans.payments(cents, FIRST, plan)
        assert refused.value.code == "instalments_sum"
        return
    found = plans.payments(cents, FIRST, plan)
    assert [one.number for one in found] == list(range(0 if whole else 1, len(parts) + 1))
    assert [(one.cents, one.due) for one in found if one.number] == list(plan.given)
    assert [one.cents for one in found if not one.number] == [cents] * whole


@given(count=st.integers(0, limits.FLOW_INSTALMENTS + 3), years=st.integers(1, 70))
def test_there_is_room_for_so_many(count: int, years: int) -> None:
    days = [date(2026 + number % years, 1, 1) for number in range(count)]
    plan = ByHand(tuple((1, day) for day in sorted(days)))
    fits = count >= 2 and count + len(set(days)) <= limits.FLOW_INSTALMENTS
    if fits:
        return plans.check(plan)
    with pytest.raises(Rejected) as refused:
        plans.check(plan)
    assert refused.value.code == "instalments_count"
    return None
