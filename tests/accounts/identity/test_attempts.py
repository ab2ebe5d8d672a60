"""The table of delays, as a condition of the database and as people would say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.identity import attempts
from chalicelib.base import clock, dynamo, limits
from chalicelib.base.dynamo import ABSENT, Compared

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DAY_S = 86_400
_SIGNS: dict[str, Any] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def holds(item: dict[str, Any], when: dynamo.Condition) -> bool:
    """A condition as DynamoDB reads it."""

    def term(name: str, wanted: Any) -> bool:
        if wanted is ABSENT:
            return name not in item
        if isinstance(wanted, Compared):
            return name in item and bool(_SIGNS[wanted.sign](item[name], wanted.value))
        return bool(item.get(name) == wanted)

    return any(all(term(name, one[name]) for name in one) for one in when)


def test_the_delays() -> None:
    assert [attempts.delay_s(n) for n in range(5)] == [0] * 5
    minutes = [attempts.delay_s(n) // 60 for n in range(5, 13)]
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440]
    assert attempts.LONGEST_FROM == 12
    assert {attempts.delay_s(n) for n in range(12, 10_000, 97)} == {DAY_S}


@given(st.integers(0, 99), st.integers(0, 3 * DAY_S))
def test_the_condition_says_the_same_as_the_table(fails: int, since_s: int) -> None:
    now = START + timedelta(seconds=since_s)
    item = {"fails": fails, "tried_at": clock.stamp(START)}
    assert holds(item, attempts._allowed(now)) == (since_s >= attempts.delay_s(fails))


def test_nobody_waits_for_a_first_try() -> None:
    assert holds({}, attempts._allowed(START))
    assert holds({"asked_at": clock.stamp(START)}, attempts._allowed(START))


@given(st.integers(5, 99), st.integers(0, 3 * DAY_S))
def test_what_is_told_to_wait_is_enough_and_no_more(fails: int, since_s: int) -> None:
    now = START + timedelta(seconds=since_s)
    item = {"fails": fails, "tried_at": clock.stamp(START)}
    wait = attempts.retry_after_s(item, now)
    assert wait >= 1
    then = now + timedelta(seconds=wait)
    assert holds(item, attempts._allowed(then))
    if not holds(item, attempts._allowed(now)):
        assert not holds(item, attempts._allowed(then - timedelta(seconds=2)))


@given(st.lists(st.integers(0, 4_000), min_size=1, max_size=200))
def test_in_no_quarter_of_an_hour_are_more_than_five_looked_at(pauses: list[int]) -> None:
    """Whoever fails and fails, at whatever moments."""
    now, item, looked_at = START, dict[str, Any](), list[datetime]()
    for pause in pauses:
        now += timedelta(seconds=pause)
        if holds(item, attempts._allowed(now)):
            item = {"fails": item.get("fails", 0) + 1, "tried_at": clock.stamp(now)}
            looked_at.append(now)
    for at in looked_at:
        within = [one for one in looked_at if timedelta() <= one - at < timedelta(minutes=15)]
        assert len(within) <= limits.LOGIN_FREE_TRIES


@pytest.mark.parametrize(
    ("failures", "cap"), [(0, 5), (1, 5), (4, 5), (5, 6), (12, 13), (98, 99), (99, 100), (500, 100)]
)
def test_a_token_ends_with_the_free_tries_or_after_one(failures: int, cap: int) -> None:
    assert attempts.cap(failures) == cap


def test_a_condition_fits_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB takes an expression of 4 KB with 300 operators."""
    monkeypatch.setenv("TABLE", "t")
    _, call = dynamo._call(dynamo.Update(("T#_users#L#x", "LOGIN"), when=attempts._allowed(START)))
    assert len(call["ConditionExpression"]) < 1_000
