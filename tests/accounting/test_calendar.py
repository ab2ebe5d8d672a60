"""Working days: fixed and movable holidays, TARGET, the node's day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.easter import easter as other_easter
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounting import calendar

DAYS = st.dates(date(2003, 1, 1), date(2090, 12, 31))


def test_easter_is_that_of_another_implementation() -> None:
    for year in range(1990, 2200):
        assert calendar.easter(year) == other_easter(year)


@pytest.mark.parametrize(
    ("day", "working", "target"),
    [
        ("2026-04-03", True, False),  # Good Friday: Italy works, no transfer settles
        ("2026-04-06", False, False),  # Easter Monday
        ("2026-01-06", False, True),
        ("2026-06-02", False, True),
        ("2027-10-04", False, True),  # a holiday again since 2026, a Monday
        ("2021-10-04", True, True),  # a Monday before that law
        ("2026-05-01", False, False),
        ("2026-12-24", True, True),
        ("2026-12-26", False, False),
        ("2026-11-21", False, False),  # Saturday
    ],
)
def test_holidays(day: str, working: bool, target: bool) -> None:
    given_day = date.fromisoformat(day)
    assert calendar.is_working(given_day) is working
    assert calendar.is_target(given_day) is target
    assert calendar.is_banking(given_day) is (working and target)


@given(DAYS, st.integers(1, 40))
def test_adding_and_counting_are_one(day: date, count: int) -> None:
    later = calendar.add_working(day, count)
    assert calendar.is_working(later)
    assert calendar.working_between(day, later) == count
    assert calendar.working_between(later, day) == -count
    start = calendar.next_working(day)
    assert calendar.add_working(calendar.add_working(start, count), -count) == start


@given(DAYS)
def test_nothing_is_added_to_an_open_day(day: date) -> None:
    assert calendar.add_working(day, 0) == calendar.next_working(day) >= day


@pytest.mark.parametrize(
    ("instant", "day", "credit", "flow"),
    [
        # 13:00 in Rome is 12:00 UTC in winter, 11:00 in summer.
        ("2026-11-19T12:00:00", "2026-11-19", "2026-11-20", "2026-11-23"),
        ("2026-11-19T12:01:00", "2026-11-20", "2026-11-23", "2026-11-24"),
        ("2026-07-01T11:01:00", "2026-07-02", "2026-07-03", "2026-07-06"),
        ("2026-11-21T08:00:00", "2026-11-23", "2026-11-24", "2026-11-25"),
        # Before Easter: no credit on Good Friday, Saturday, Sunday, Monday.
        ("2026-04-02T10:00:00", "2026-04-02", "2026-04-07", "2026-04-07"),
    ],
)
def test_the_day_of_the_node(instant: str, day: str, credit: str, flow: str) -> None:
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert calendar.node_day(at).isoformat() == day
    assert calendar.credit_due(at).isoformat() == credit
    assert calendar.flow_due(at).isoformat() == flow


@given(DAYS)
def test_a_year_has_its_working_days(day: date) -> None:
    whole = calendar.working_between(day, day + timedelta(days=365))
    assert 245 <= whole <= 256
