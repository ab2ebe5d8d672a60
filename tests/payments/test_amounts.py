"""Dated rules and instalments: exact to the cent, whatever the figures."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts
from chalicelib.payments.amounts import Part, Rule, due_on, late_fee, reduction

DUE = date(2026, 3, 31)
CENTS = st.integers(1, limits.AMOUNT_CENTS)
SMALL = st.integers(1, 10_000_000)
RATES = st.decimals(0, 1, places=4)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


# --- rules ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "cents"),
    [
        (date(2026, 1, 31), 9_000),
        (date(2026, 2, 1), 10_000),
        (DUE, 10_000),
        (date(2026, 4, 1), 11_000),
        (date(2026, 4, 30), 11_000),
        (date(2026, 5, 1), 12_500),
    ],
)
def test_the_day_decides(day: date, cents: int) -> None:
    """A reduction until 31 January, 10 % from the day after the due date, 15 euro more a month
    later: the boundaries are the law's days, both included."""
    rules = (
        reduction(date(2026, 1, 31), "sconto", cents=1_000),
        late_fee(DUE, "mora", rate=Decimal("0.10")),
        late_fee(DUE, "sollecito", after_days=30, cents=1_500),
    )
    assert due_on(10_000, rules, day).cents == cents


@pytest.mark.feature("F001-165")
@given(
    cents=SMALL,
    rules=st.lists(
        st.builds(
            lambda first, days, kind, rate: Rule(
                kind, "x", first, first + timedelta(days=days), 0, rate
            ),
            DAYS, st.integers(0, 400), st.sampled_from(("late_fee", "reduction")), RATES,
        ),
        max_size=4,
    ),
    first=DAYS,
    after=st.integers(0, 900),
)  # fmt: skip
def test_between_the_days_of_a_calendar_nothing_changes(
    cents: int, rules: list[Rule], first: date, after: int
) -> None:
    """Whatever day somebody asks about, the last day of the calendar before it says the amount."""
    day = first + timedelta(days=after)
    turns = amounts.calendar(cents, rules, first)
    assert turns[0].day == first
    shown = [turn.due for turn in turns if turn.day <= day][-1]
    assert shown == due_on(cents, rules, day)


def test_parts_say_what_each_rule_came_to() -> None:
    rules = (late_fee(DUE, "mora", cents=500), reduction(date(2027, 1, 1), "sgravio", cents=200))
    found = due_on(10_000, rules, DUE + timedelta(days=1))
    assert found.parts == (Part("late_fee", "mora", 500), Part("reduction", "sgravio", -200))
    assert found.cents == 10_300


def test_interest_runs_by_the_day() -> None:
    """5 % a year on 1,000 euro is 13.70 after a hundred days, and the first day is a day."""
    rule = late_fee(DUE, "interessi", yearly_rate=Decimal("0.05"))
    assert due_on(100_000, [rule], DUE).cents == 100_000
    assert due_on(100_000, [rule], DUE + timedelta(days=1)).cents == 100_014
    assert due_on(100_000, [rule], DUE + timedelta(days=100)).cents == 101_370
    assert due_on(100_000, [rule], DUE + timedelta(days=365)).cents == 105_000


@given(SMALL, RATES, RATES, st.integers(0, 100_000), DAYS)
def test_each_part_is_the_nearest_cent(
    base: int, rate: Decimal, yearly: Decimal, cents: int, day: date
) -> None:
    rule = Rule("late_fee", "mora", date(2020, 1, 1), None, cents, rate, yearly)
    found = due_on(base, [rule], day)
    days = (day - date(2020, 1, 1)).days + 1
    exact = cents + base * Fraction(rate) + Fraction(base) * Fraction(yearly) * days / 365
    assert abs(found.cents - base - exact) <= Fraction(1, 2)


@given(SMALL, st.permutations(range(5)), DAYS)
def test_the_order_of_rules_is_nothing(base: int, order: list[int], day: date) -> None:
    rules = [
        late_fee(DUE, "a", rate=Decimal("0.033")),
        late_fee(date(2025, 1, 1), "b", yearly_rate=Decimal("0.025")),
        reduction(date(2030, 1, 1), "c", rate=Decimal("0.0777")),
        reduction(date(2024, 1, 1), "d", cents=7),
        late_fee(date(2027, 6, 30), "e", cents=33),
    ]
    assert due_on(base, [rules[n] for n in order], day).cents == due_on(base, rules, day).cents


@given(CENTS, st.lists(st.integers(0, limits.AMOUNT_CENTS), max_size=4))
def test_reductions_give_nothing_back(base: int, offs: list[int]) -> None:
    rules = [reduction(DUE, "sconto", cents=cents) for cents in offs]
    assert due_on(base, rules, DUE).cents == max(0, base - sum(offs))


@given(DAYS, DAYS, DAYS)
def test_a_rule_holds_between_its_days(one: date, other: date, day: date) -> None:
    first, last = sorted((one, other))
    assert Rule("late_fee", "x", first, last, 1).holds(day) == (first <= day <= last)
    assert Rule("late_fee", "x", None, last, 1).holds(day) == (day <= last)
    assert Rule("late_fee", "x", first, None, 1).holds(day) == (first <= day)
    assert Rule("late_fee", "x", None, None, 1).holds(day)


@pytest.mark.parametrize("cents", [0, -1, limits.AMOUNT_CENTS + 1])
def test_an_amount_is_one_that_a_notice_can_ask_for(cents: int) -> None:
    with pytest.raises(Rejected, match="amount_out_of_range"):
        due_on(cents, (), DUE)


def test_late_fees_cannot_lead_above_the_limit() -> None:
    assert due_on(limits.AMOUNT_CENTS, (), DUE).cents == limits.AMOUNT_CENTS
    with pytest.raises(Rejected, match="amount_out_of_range"):
        due_on(limits.AMOUNT_CENTS, [late_fee(date(2020, 1, 1), "mora", cents=1)], DUE)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"kind": "late_fee", "cents": -1}, "amount_rule_negative"),
        ({"kind": "late_fee", "rate": Decimal("-0.1")}, "amount_rule_negative"),
        ({"kind": "reduction", "rate": Decimal("1.01")}, "amount_rule_reduction"),
        ({"kind": "reduction", "first": DUE, "yearly_rate": Decimal(1)}, "amount_rule_reduction"),
        ({"kind": "late_fee", "yearly_rate": Decimal(1)}, "amount_rule_open"),
        ({"kind": "late_fee", "first": DUE, "last": date(2026, 3, 30)}, "amount_rule_days"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(values: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected, match=code):
        Rule(reason="x", **values)  # type: ignore[arg-type]


# --- instalments ------------------------------------------------------------------
@given(CENTS, st.integers(2, limits.INSTALMENTS))
def test_instalments_are_the_whole_and_nearly_equal(cents: int, count: int) -> None:
    if cents < count:
        with pytest.raises(Rejected, match="instalments_too_small"):
            amounts.spread(cents, count)
        return
    parts = amounts.spread(cents, count)
    assert len(parts) == count
    assert sum(parts) == cents
    assert max(parts) - min(parts) <= 1
    assert list(parts) == sorted(parts, reverse=True)
    assert min(parts) >= 1


@pytest.mark.parametrize("count", [-1, 0, 1, limits.INSTALMENTS + 1])
def test_a_plan_has_two_instalments_at_least(count: int) -> None:
    with pytest.raises(Rejected, match="instalments_count"):
        amounts.spread(10_000, count)


def test_a_plan_of_the_31st_keeps_its_day() -> None:
    found = amounts.plan(10_000, 3, date(2028, 1, 31))
    assert [(one.number, one.cents) for one in found] == [(1, 3_334), (2, 3_333), (3, 3_333)]
    assert [one.due for one in found] == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]


@given(DAYS, st.integers(2, limits.INSTALMENTS), st.integers(1, 12))
def test_due_days_go_forward_in_equal_steps(first: date, count: int, months: int) -> None:
    found = amounts.plan(1_000_000, count, first, months)
    assert found[0].due == first
    for one, following in itertools.pairwise(found):
        steps = (following.due.year - one.due.year) * 12 + following.due.month - one.due.month
        assert steps == months
        assert following.due.day <= first.day


def test_instalments_are_a_month_apart_at_least() -> None:
    with pytest.raises(Rejected, match="instalments_interval"):
        amounts.plan(1_000, 2, DUE, 0)
