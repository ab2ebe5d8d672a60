"""The pace of an account: no window, wherever it begins, sees more than is allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.payments.delivery import throttle

BEGIN = datetime(2026, 11, 21, 9, 0, 7, 500_000, tzinfo=UTC)
STEPS = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 30)), min_size=1, max_size=80
)  # fmt: skip


@pytest.mark.feature("F001-071")
@given(steps=STEPS, per_minute=st.integers(0, 20), per_hour=st.integers(0, 60))
def test_no_window_sees_more(steps: list[tuple[int, int]], per_minute: int, per_hour: int) -> None:
    used: dict[str, int] = {}
    now, went = BEGIN, list[datetime]()
    for seconds, wanted in steps:
        now += timedelta(seconds=seconds)
        found = throttle.take(used, now, per_minute, per_hour, wanted)
        used = found.used
        assert 0 <= found.count <= wanted
        assert (found.count == 0) == (found.again_at is not None)
        went += [now] * found.count
        for most, window in ((per_minute, 60), (per_hour, 3_600)):
            if most:
                since = now - timedelta(seconds=window)
                assert sum(at > since for at in went) <= most
        if found.again_at is not None:
            # It is said truly when more may go, and not a moment too late.
            assert found.again_at > now
            again = throttle.take(used, found.again_at, per_minute, per_hour, 1)
            assert again.count == 1
            before = found.again_at - timedelta(seconds=1)
            assert throttle.take(used, before, per_minute, per_hour, 1).count == 0


@given(wanted=st.integers(1, 1_000))
def test_without_a_limit_all_go(wanted: int) -> None:
    assert throttle.take({}, BEGIN, 0, 0, wanted).count == wanted


def test_what_is_stored_stays_small() -> None:
    used: dict[str, int] = {}
    for minute in range(600):
        used = throttle.take(used, BEGIN + timedelta(minutes=minute), 5, 200, 1).used
    assert len(used) <= 2 * (throttle.SLOTS + 1)


def test_a_long_run_goes_at_nearly_the_allowed_pace() -> None:
    used: dict[str, int] = {}
    now, went = BEGIN, 0
    while now < BEGIN + timedelta(hours=1):
        found = throttle.take(used, now, 60, 0, 25)
        used, went = found.used, went + found.count
        now = found.again_at or now
    assert 60 * 60 * 6 // 7 <= went <= 60 * 61
