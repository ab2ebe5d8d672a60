"""What a practice's plan allows, decided here and nowhere else.

Everything is open on every plan but four capabilities (reading D3): sending to SdI, legal
preservation, import support, technical support. A trial has the last two as well (D2, F000-022).
Days are counted in Europe/Rome: a trial of 30 days that began on day 0 is over when day 30 begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from chalicelib.accounts.grants import Kind
from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected

Plan = Literal["trial", "standard", "paid"]
Capability = Literal["sdi_sending", "preservation", "import_support", "technical_support"]
CAPABILITIES: Final[tuple[Capability, ...]] = Capability.__args__  # type: ignore[attr-defined]

ALLOWED: Final[dict[Plan, frozenset[Capability]]] = {
    "trial": frozenset({"import_support", "technical_support"}),
    "standard": frozenset(),
    "paid": frozenset(CAPABILITIES),
}


@dataclass(frozen=True)
class Subscription:
    """What a practice agreed to. `registered_at`: the instant at which the trial began;
    `paid_at`: since when it has a paid plan ("" = it has none)."""

    registered_at: str
    paid_at: str = ""

    @property
    def trial_ends(self) -> date:
        """The first day after the trial."""
        begun = clock.rome_day(clock.parse(self.registered_at))
        return begun + timedelta(days=limits.TRIAL_DAYS)


def plan(subscription: Subscription, now: datetime) -> Plan:
    """The plan at that instant; no job has to run for it to change."""
    if subscription.paid_at and subscription.paid_at <= clock.stamp(now):
        return "paid"
    return "trial" if clock.rome_day(now) < subscription.trial_ends else "standard"


def trial_end(subscription: Subscription) -> datetime:
    """The instant at which the trial is over: midnight in Rome."""
    return datetime.combine(subscription.trial_ends, time(), clock.ROME)


def may(
    kind: Kind, subscription: Subscription | None, capability: Capability, now: datetime
) -> bool:
    """Whether a tenant has the capability. Only practices have plans: a reseller pays by
    credits, a body by contract."""
    if kind != "practice" or subscription is None:
        return True
    return capability in ALLOWED[plan(subscription, now)]


def require(
    kind: Kind, subscription: Subscription | None, capability: Capability, now: datetime
) -> None:
    """Rejected `plan_required` (403) when the plan does not have it."""
    if not may(kind, subscription, capability, now):
        assert subscription is not None
        raise Rejected(
            "plan_required",
            "Your plan does not include this; a paid plan does. Nothing was sent.",
            status=403,
            plan=plan(subscription, now),
            capability=capability,
        )
