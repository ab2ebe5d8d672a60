"""What a plan allows and when a trial is over (pure)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import plans
from chalicelib.accounts.plans import CAPABILITIES, Subscription, plan
from chalicelib.base import clock
from chalicelib.base.errors import Rejected

REGISTERED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TRIAL = Subscription(clock.stamp(REGISTERED))


def rome(text: str) -> datetime:
    """An instant given by the clock on the wall in Italy."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.ROME).astimezone(UTC)


@pytest.mark.feature("F000-018")
def test_a_trial_lasts_thirty_days_of_the_italian_calendar() -> None:
    assert plan(TRIAL, REGISTERED) == "trial"
    assert plan(TRIAL, rome("2026-12-20T23:59:59")) == "trial"  # day 29
    assert plan(TRIAL, rome("2026-12-21T00:00:00")) == "standard"  # day 30
    assert plans.trial_end(TRIAL) == rome("2026-12-21T00:00:00")


@pytest.mark.feature("F000-018")
@pytest.mark.parametrize(
    ("registered", "last", "first_after"),
    [
        # Through 29 February, and through a year that has none.
        ("2028-02-10T12:00:00", "2028-03-10T23:59:59", "2028-03-11T00:00:00"),
        ("2027-02-10T12:00:00", "2027-03-11T23:59:59", "2027-03-12T00:00:00"),
        # Over the nights on which the clocks change.
        ("2027-03-10T00:30:00", "2027-04-08T23:59:59", "2027-04-09T00:00:00"),
        ("2026-10-10T23:30:00", "2026-11-08T23:59:59", "2026-11-09T00:00:00"),
        # Just after midnight in Rome it is still yesterday in UTC.
        ("2026-07-01T00:10:00", "2026-07-30T23:59:59", "2026-07-31T00:00:00"),
    ],
)
def test_days_are_those_of_rome(registered: str, last: str, first_after: str) -> None:
    found = Subscription(clock.stamp(rome(registered)))
    assert plan(found, rome(last)) == "trial"
    assert plan(found, rome(first_after)) == "standard"


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 3_000),
)
def test_every_trial_has_thirty_days_and_then_the_free_plan_for_ever(
    registered: datetime, days: int
) -> None:
    found = Subscription(clock.stamp(registered))
    at = registered + timedelta(days=days)
    over = (clock.rome_day(at) - clock.rome_day(registered)).days >= 30
    assert plan(found, at) == ("standard" if over else "trial")


@pytest.mark.feature("F000-014", "F000-019")
def test_the_free_plan_has_no_end() -> None:
    assert plan(TRIAL, REGISTERED + timedelta(days=3_650)) == "standard"


@pytest.mark.feature("F000-025")
def test_a_paid_plan_is_kept_after_the_trial() -> None:
    found = Subscription(TRIAL.registered_at, clock.stamp(REGISTERED + timedelta(days=10)))
    assert plan(found, REGISTERED + timedelta(days=9)) == "trial"
    assert plan(found, REGISTERED + timedelta(days=10)) == "paid"
    assert plan(found, REGISTERED + timedelta(days=31)) == "paid"


@pytest.mark.feature("F000-022", "F000-023", "F000-024", "F000-032", "F000-038")
def test_a_trial_is_the_paid_plan_but_for_two_capabilities() -> None:
    paid = Subscription(TRIAL.registered_at, TRIAL.registered_at)
    differing = {
        one
        for one in CAPABILITIES
        if plans.may("practice", TRIAL, one, REGISTERED)
        != plans.may("practice", paid, one, REGISTERED)
    }
    assert differing == {"sdi_sending", "preservation"}
    after = rome("2026-12-21T00:00:00")
    assert not any(plans.may("practice", TRIAL, one, after) for one in CAPABILITIES)
    assert all(plans.may("practice", paid, one, after) for one in CAPABILITIES)


def test_only_practices_have_plans() -> None:
    for one in CAPABILITIES:
        assert plans.may("reseller", None, one, REGISTERED)
        assert plans.may("body", None, one, REGISTERED)


def test_a_refusal_says_which_plan_and_what_is_missing() -> None:
    with pytest.raises(Rejected) as refused:
        plans.require("practice", TRIAL, "sdi_sending", REGISTERED)
    assert (refused.value.code, refused.value.status) == ("plan_required", 403)
    assert refused.value.details == {"plan": "trial", "capability": "sdi_sending"}
    assert date(2026, 12, 21) == TRIAL.trial_ends
