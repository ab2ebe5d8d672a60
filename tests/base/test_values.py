"""Keys, identifiers, instants and the notation of the table: small values with large promises."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import clock, config, dynamo, ids, keys, log
from chalicelib.base.errors import Conflict, Failure, NotFound, Rejected, Transient

PARTS = st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
STORED: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.binary()
    | st.integers(-(10**37), 10**37)
    | st.decimals(-(10**9), 10**9, places=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(PARTS, PARTS)
def test_no_part_of_a_key_can_pretend_to_be_two(one: list[str], other: list[str]) -> None:
    assert (keys.sk(*one) == keys.sk(*other)) == (one == other)
    assert (keys.pk("a", *one) == keys.pk("a", *other)) == (one == other)


@given(PARTS)
def test_a_partition_tells_its_tenant(parts: list[str]) -> None:
    assert keys.tenant_of(keys.pk("studio-1", *parts)) == "studio-1"


@pytest.mark.parametrize("text", ["", "A", "a b", "a#b", "-a", "_a", "a" * 41, "è", "a\n"])
def test_what_is_no_reseller(text: str) -> None:
    assert not keys.is_tenant(text)


@pytest.mark.parametrize("text", ["", "A", "a#b", "__a", "a" * 42])
def test_no_key_is_made_for_what_cannot_be_a_tenant(text: str) -> None:
    with pytest.raises(AssertionError):
        keys.pk(text, "D")


def test_the_house_is_no_reseller() -> None:
    assert not keys.is_tenant(keys.HOUSE)
    assert keys.pk(keys.HOUSE, "X") == "T#_house#X"


@given(PARTS, PARTS)
def test_derived_ids_are_of_all_parts_in_order(one: list[str], other: list[str]) -> None:
    named = ids.derive(*one)
    assert len(named) == 24
    assert ids.is_safe(named)
    assert named == ids.derive(*one)
    if "\x1f".join(one) != "\x1f".join(other):
        assert named != ids.derive(*other)


@pytest.mark.parametrize("text", ["", "a/b", "a b", "a#", "è", "x" * 65, "a\n"])
def test_what_may_not_stand_in_an_address(text: str) -> None:
    assert not ids.is_safe(text)


@given(INSTANTS, INSTANTS)
def test_stored_instants_sort_as_time(one: datetime, other: datetime) -> None:
    low, high = sorted((one, other))
    assert clock.stamp(low) <= clock.stamp(high)
    assert len(clock.stamp(one)) == 24
    assert abs(clock.parse(clock.stamp(one)) - one) < timedelta(milliseconds=1)
    rome = one.astimezone(timezone(timedelta(hours=2)))
    assert clock.stamp(rome) == clock.stamp(one)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-11-22T22:59:59.000Z", date(2026, 11, 22)),
        ("2026-11-22T23:00:00.000Z", date(2026, 11, 23)),
        ("2026-03-29T00:59:59.000Z", date(2026, 3, 29)),
        ("2026-07-01T21:59:59.999Z", date(2026, 7, 1)),
        ("2026-07-01T22:00:00.000Z", date(2026, 7, 2)),
    ],
)
def test_days_are_those_of_rome(utc: str, day: date) -> None:
    assert clock.rome_day(clock.parse(utc)) == day


def test_the_clock_can_be_moved_and_put_back() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    clock.use(lambda: moment)
    try:
        assert clock.now() == moment
    finally:
        clock.use(None)
    assert clock.now() != moment


@given(STORED)
def test_what_is_stored_comes_back(value: Any) -> None:
    assert dynamo.from_wire(dynamo.to_wire(value)) == value


@pytest.mark.parametrize("value", [1.0, [1.5], {"a": {"b": 0.1}}, {1, 2}, object()])
def test_floats_and_strangers_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be stored"):
        dynamo.to_wire(value)


def test_a_whole_number_is_an_integer_again() -> None:
    assert dynamo.from_wire({"N": "-7"}) == -7
    assert isinstance(dynamo.from_wire({"N": "-7"}), int)
    assert dynamo.from_wire({"N": "1.50"}) == Decimal("1.50")


@pytest.mark.parametrize(
    ("failure", "status", "retry"),
    [
        (Rejected("a", "b"), 422, False),
        (Rejected("a", "b", status=409), 409, False),
        (NotFound(), 404, False),
        (Conflict(), 409, True),
        (Transient("a", "b"), 503, True),
    ],
)
def test_the_four_kinds_of_failure(failure: Failure, status: int, retry: bool) -> None:
    assert (failure.status, failure.retry) == (status, retry)


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    with pytest.raises(KeyError, match="NOT_THERE"):
        config.get("NOT_THERE")
    assert config.get("NOT_THERE", "x") == "x"


def test_only_listed_fields_reach_the_log() -> None:
    with pytest.raises(AssertionError, match="mail"):
        log.write(log.Event.TOLD, mail="someone@example.org")
