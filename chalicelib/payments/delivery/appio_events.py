"""App IO after the fact: what was made by itself, what was paid, what is asked for no longer.

Whoever changes a position leaves a row of work (`row`, `flow_row`); here it becomes a delivery run
by the channel "appio" (to pay) or a message of its own (paid, the next instalment, revoked), whose
attempt stands in the position's list of deliveries like any other. A message is claimed before it
goes: one whose sender died is `uncertain` and not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.base import clock, config, dynamo, ids, limits, work
from chalicelib.base.dynamo import Delete
from chalicelib.base.errors import Rejected, Transient
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.delivery import (
    appio,
    appio_asked,
    appio_channel,
    model,
    profiles,
    service,
    store,
)
from chalicelib.payments.delivery.appio import Profile, Said
from chalicelib.payments.delivery.channels import Uncertain
from chalicelib.payments.delivery.model import Attempt, AttemptState
from chalicelib.payments.delivery.profiles import Carrier
from chalicelib.payments.positions import flows
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.receipts import service as receipts

# The run that attempts of single messages are kept under.
RUN: Final = "appio"
_BY: Final = "system:appio"


def do(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """Task "position": one thing that happened (`event`) to one `position`, or to a `flow`."""
    tenant, event = job.tenant, job.item["event"]
    found = [one for one in profiles.list_carriers(tenant, appio_channel.NAME) if _is_ready(one)]
    until: datetime | None = None
    if found and event in ("made", "generated"):
        _begin(tenant, job, found, now, wakes)
    elif found and event in ("cancelled", "deleted"):
        until = _revoke(tenant, job, found, now)
    elif found and event == "paid_outside":
        position = position_store.get_position(tenant, job.item["position"])
        carrier = _carrier_for(tenant, position) if position else None
        if position and carrier:
            until = _after_payment(tenant, carrier, position, now)
    _end(job, now, until)


def is_on(tenant: str) -> bool:
    """Whether a body tells anything on App IO."""
    return any(map(_is_ready, profiles.list_carriers(tenant, appio_channel.NAME)))


def _is_ready(carrier: Carrier) -> bool:
    return _profile(carrier).enabled and carrier.secrets


def paid(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """Task "receipt-appio": the messages that follow a `receipt` of a `position`."""
    tenant = job.tenant
    waits: list[datetime | None] = []
    position = position_store.get_position(tenant, job.item["position"])
    carrier = _carrier_for(tenant, position) if position else None
    if position is not None and carrier is not None and "paid" in _profile(carrier).events:
        receipt = receipts.get(tenant, job.item["receipt"], job.item["creditor"])
        paid_one = next(one for one in position.payments if one.number == receipt.number)
        said = Said(
            "paid", bodies.get(tenant).name, position.creditor, position.subject,
            paid_one.notice, receipt.cents, link=_receipts(position.creditor, paid_one.notice),
        )  # fmt: skip
        leg = f"paid-{ids.derive('receipt', receipt.creditor, receipt.id, chars=12)}"
        waits.append(_tell(tenant, carrier, position, leg, said, now))
    if position is not None and carrier is not None:
        waits.append(_after_payment(tenant, carrier, position, now))
    _end(job, now, _first(waits))


def _first(waits: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in waits if one), default=None)


def _end(job: Work, now: datetime, until: datetime | None) -> None:
    """The row is done, or waits."""
    done = Delete(job.key, when=dynamo.ANY, label="work")
    dynamo.commit([work.again(job, now, until) if until else done])


def _profile(carrier: Carrier) -> Profile:
    assert isinstance(carrier.setting, Profile)
    return carrier.setting


def _receipts(body: str, notice: str) -> str:
    """The portal's page of a notice's receipts, which asks for the tax code; "" where no telephone
    could open it. With the body, since a person may have the same number of another one."""
    origin = config.get("PUBLIC_URL").rstrip("/")
    page = f"{origin}/portal/?page=receipts&body={body}&notice={notice}"
    return page if origin[:8] == "https://" else ""


# ------------------------------------------------------------------ made
def _begin(tenant: str, job: Work, found: list[Carrier], now: datetime, wakes: Wakes) -> None:
    """A run for what was made by itself, where the profile says so (F001-183, 184)."""
    flow, name = job.item.get("flow", ""), job.item.get("position", "")
    origin = "dues" if flow else "spontaneous"
    for carrier in found:
        profile = _profile(carrier)
        if origin not in profile.automatic or "to_pay" not in profile.events:
            continue
        if flow and flows.get(tenant, flow).state != "generated":
            return
        if not flow and not _is_for(tenant, name, profile):
            continue
        wanted = service.Wanted(
            channel=appio_channel.NAME, profile=carrier.code, flow=flow,
            positions=() if flow else (name,),
        )  # fmt: skip
        key = f"{_BY}:{carrier.code}:{flow or name}"
        service.begin(tenant, wanted, now, _BY, key, wakes)


def _is_for(tenant: str, name: str, profile: Profile) -> bool:
    position = position_store.get_position(tenant, name)
    active = appio_channel.active_services(tenant)
    return position is not None and not appio_channel.not_for(position, profile, active)


def _carrier_for(tenant: str, position: Position) -> Carrier | None:
    """The first profile that tells of such positions."""
    active = appio_channel.active_services(tenant)
    for one in profiles.list_carriers(tenant, appio_channel.NAME):
        if _is_ready(one) and not appio_channel.not_for(position, _profile(one), active):
            return one
    return None


# ------------------------------------------------------------------ what a payment leads to
def _after_payment(
    tenant: str, carrier: Carrier, position: Position, now: datetime
) -> datetime | None:
    """The next instalment is asked for, and what a message still asks for in vain is revoked; gives
    when to look again where something is not decided yet."""
    asked, wanted = _asked(tenant, position), _profile(carrier).events
    if not asked and position.origin not in _profile(carrier).automatic:
        return None  # nobody was asked here, and nobody is to be by himself
    name = bodies.get(tenant).name
    waits: list[datetime | None] = []
    after = appio_asked.following(position, asked) if "to_pay" in wanted else None
    if after is not None:
        said = appio.to_pay(position, name, clock.rome_day(now))
        leg = appio_asked.leg(appio_asked.NEXT, after)
        waits.append(_tell(tenant, carrier, position, leg, said, now))
    for one in appio_asked.closed(position, asked) if "revoked" in wanted else ():
        said = Said(
            "revoked", name, position.creditor, position.subject, one.notice, one.cents,
            otherwise=True,
        )  # fmt: skip
        leg = appio_asked.leg(appio_asked.CLOSED, one)
        waits.append(_tell(tenant, carrier, position, leg, said, now))
    return _first(waits)


def _asked(tenant: str, position: Position) -> frozenset[int]:
    attempts = store.list_of_position(tenant, position.id, limits.PAGE_ITEMS_MAX)
    mine = [one for one in attempts if one.channel == appio_channel.NAME]
    if not mine:
        return frozenset()
    return appio_asked.numbers(position, position_store.list_events(tenant, position.id), mine)


# ------------------------------------------------------------------ revoked
def _revoke(tenant: str, job: Work, found: list[Carrier], now: datetime) -> datetime | None:
    """Only who was asked by a message is told that nothing is asked any more."""
    position = position_store.get_position(tenant, job.item["position"])
    if position is None or position.state != "invalid":
        return None
    told = [
        one
        for one in store.list_of_position(tenant, position.id, limits.PAGE_ITEMS_MAX)
        if one.channel == appio_channel.NAME and not one.leg and one.state in _MAYBE_THERE
    ]
    if not told:
        return None
    run = store.get_run(tenant, told[0].run)
    carrier = next((one for one in found if run and one.code == run.profile), found[0])
    if "revoked" not in _profile(carrier).events:
        return None
    asked = _asked(tenant, position)
    # The message that he got last, of what is not paid: by an instalment's notice he knows a plan.
    left = [one for one in position.payments if one.number in asked and one.state != "paid"]
    last = left[-1] if left else position.payments[0]
    said = Said(
        "revoked", bodies.get(tenant).name, position.creditor, position.subject, last.notice,
        last.cents,
    )  # fmt: skip
    return _tell(tenant, carrier, position, "revoked", said, now)


# ------------------------------------------------------------------ one message
def _tell(
    tenant: str, carrier: Carrier, position: Position, leg: str, said: Said, now: datetime
) -> datetime | None:
    """Send one message once; gives when to look again where it is not decided yet."""
    attempt = _claimed(tenant, position, leg, now)
    if not isinstance(attempt, Attempt):
        return attempt
    state: AttemptState = "sent"
    code = words = ""
    try:
        words = _send(tenant, carrier, position, said)
    except Uncertain as failure:
        state, code, words = "uncertain", failure.code, failure.words
    except Rejected as refused:
        words = str(getattr(refused, "words", "")) or refused.message
        state, code = "skipped" if refused.code in _SKIPPED else "failed", refused.code
    except Transient as failure:
        code, words = failure.code, str(failure.details.get("words", "")) or failure.message
        if attempt.tries + 1 < limits.DELIVERY_TRIES:
            until = model.retry_at(now, attempt.tries)
            _record(tenant, attempt, "queued", code, words, tries=attempt.tries + 1,
                    due=clock.stamp(until))  # fmt: skip
            return until
        state = "failed"
    _record(tenant, attempt, state, code, words, ended_at=clock.stamp(now))
    return None


_MAYBE_THERE: Final = frozenset({"sent", "uncertain"})
_SKIPPED: Final = frozenset({"appio_not_enrolled", "appio_not_allowed", "appio_company"})


def _claimed(tenant: str, position: Position, leg: str, now: datetime) -> Attempt | datetime | None:
    """The attempt, claimed; when to look again where somebody else has it; None once decided."""
    blank = Attempt(
        run=RUN, position=position.id, leg=leg, number=1, channel=appio_channel.NAME,
        name=store.name_of(tenant, RUN, position.id, leg, 1), state="sending",
        planned_at=clock.stamp(now), due=clock.stamp(now), claimed_at=clock.stamp(now),
    )  # fmt: skip
    there = store.get_attempt(tenant, RUN, model.place(blank))
    if there is None:
        dynamo.commit([store.put_attempt(tenant, blank, 0)])
        return blank
    if there.state == "sending":
        claimed_at = clock.parse(there.claimed_at)
        if not model.is_abandoned(claimed_at, now):
            return claimed_at + timedelta(seconds=limits.DELIVERY_LEASE_S)
        _record(tenant, there, "uncertain", "sender_died", "", ended_at=clock.stamp(now))
    if there.state != "queued":
        return None
    put, mine, _ = store.moved(tenant, there, "sending", claimed_at=clock.stamp(now))
    dynamo.commit([put])
    return mine


def _record(
    tenant: str, attempt: Attempt, state: AttemptState, code: str, words: str, **values: Any
) -> None:
    said = store.seal(tenant, attempt.name, "words", words[: limits.DELIVERY_WORDS_CHARS])
    put, _, _ = store.moved(tenant, attempt, state, code=code, words=said, **values)
    dynamo.commit([put])


def _send(tenant: str, carrier: Carrier, position: Position, said: Said) -> str:
    person = service.loaded(tenant, [position.id])[position.id][1]
    if not appio.is_person(person.tax_code):
        raise Rejected("appio_company", "Companies have no app.")
    profile, client = appio_channel.profile_of(tenant, carrier.code)
    found = client.enrolment(person.tax_code)
    if not found.allowed:
        raise Rejected(found.reason, "It does not go this way.")
    return client.send(appio.message(said, profile, found.language, person.tax_code))
