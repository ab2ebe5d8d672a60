"""What waits too long: receipts without a flow, flows without their money, lines without a receipt.

    plan        each hour of a working day by schedule; what is planned is done once a day
    look        tell those whom a body names once of each thing that became late (pagopa.md 6.3)
    stand_in    a flow stands for a receipt that nobody could bring (pagopa.md 7, rule 6)

T#<tenant>#ALERTS   DAY#<day>          that day was looked at
T#<tenant>#ALERTS   TOLD#<kind>#<id>   somebody was written to about it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Final

from chalicelib.accounting import calendar, fetching, groups, regrouping, reported, settled, store
from chalicelib.accounting.facts import Payment, Receipt
from chalicelib.accounting.groups import Part
from chalicelib.accounting.matching import FLOW_DAYS
from chalicelib.accounting.payment_match import RECEIPT_DAYS
from chalicelib.accounting.reconciling import codes_of
from chalicelib.accounting.regrouping import QUEUE
from chalicelib.accounting.store import Stored
from chalicelib.accounts import letters
from chalicelib.accounts import service as accounts
from chalicelib.base import clock, dynamo, keys, limits, work
from chalicelib.base.dynamo import ConditionFailed, Key, Op, Put, Update
from chalicelib.base.errors import Conflict
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments import store as body_store
from chalicelib.payments.pagopa import looking
from chalicelib.payments.positions import counts
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import StandIn
from chalicelib.payments.receipts import model as receipt_model

Remaining = Callable[[], int]
FROM_HOUR: Final = 8  # of Rome: nobody is written to at night
_AT_ONCE: Final = 40
_RECOVERY_DAYS: Final = 1  # working days a line waits before its receipt is asked for by itself


def _partition(tenant: str) -> str:
    return keys.pk(tenant, "ALERTS")


def _told_key(tenant: str, kind: str, name: str) -> Key:
    return _partition(tenant), keys.sk("TOLD", kind, name)


def plan(now: datetime, wakes: Wakes) -> int:
    """Plan the day's look of every body that has facts; how many were planned now. An hour that was
    left out is made up for by the next."""
    local = now.astimezone(clock.ROME)
    if local.hour < FROM_HOUR or not calendar.is_working(local.date()):
        return 0
    day = local.date().isoformat()
    planned = 0
    for tenant, _ in body_store.list_bodies():
        mark = {"pk": _partition(tenant), "sk": keys.sk("DAY", day)}
        rows = [
            work.row(QUEUE, _partition(tenant), f"{task}-{day}", now, label=task, task=task,
                     day=day, receipts=0, flows=0, place="")
            for task in ("alerts", "stand_in")
        ]  # fmt: skip
        try:
            wakes.commit([Put(mark, label="day"), *rows])
        except ConditionFailed:
            continue
        planned += 1
    return planned


# ------------------------------------------------------------------ letters
def look(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Mark what became late and was not told, then write one letter about all of it."""
    tenant, day = job.tenant, date.fromisoformat(str(job.item["day"]))
    receipts, flows = int(job.item["receipts"]), int(job.item["flows"])
    rest = late(tenant, day)
    while chunk := list(islice(rest, _AT_ONCE)):
        marks = dynamo.batch_get(_told_key(tenant, *one) for one in chunk)
        new = [one for one in chunk if _told_key(tenant, *one) not in marks]
        if not new:
            continue
        receipts += sum(kind == "receipt" for kind, _ in new)
        flows += sum(kind == "flow" for kind, _ in new)
        ops: list[Op] = [
            Put({"pk": pk, "sk": sk, "day": day.isoformat()}, label=f"told:{sk}")
            for pk, sk in (_told_key(tenant, *one) for one in new)
        ]
        own = Update(job.key, put={"receipts": receipts, "flows": flows}, label="work")
        try:
            wakes.commit([own, *ops])
        except ConditionFailed as failed:
            raise Conflict() from failed
        if remaining_ms() < limits.REMAINING_MS:
            wakes.add(job.queue, job.key)
            return
    written = _letter(tenant, receipts, flows, day, now) if receipts or flows else []
    wakes.commit([job.done(), *written])


def late(tenant: str, today: date) -> Iterator[tuple[str, str]]:
    """("receipt", IUV) and ("flow", name) of what waits longer than it should."""
    last = calendar.add_working(today, -RECEIPT_DAYS).isoformat()
    for _, stored in store.list_groups(tenant, desk="waiting", last=last, descending=False):
        if any(shown.overdue for shown in _shown(stored, today)):
            yield "receipt", stored.iuv
    last = calendar.add_working(today, -FLOW_DAYS).isoformat()
    for _, flow in store.list_flows(tenant, desk="open", last=last, descending=False):
        if settled.is_late(flow, today):
            yield "flow", flow.name


def _shown(stored: Stored, today: date) -> list[Payment]:
    days = {(one.iur, one.transfer): one.day for one in stored.held.receipts}
    return [
        groups.shown(stored.iuv, part, None, today, days.get((part.iur, part.transfer)))
        for part in stored.parts
    ]


def _letter(tenant: str, receipts: int, flows: int, day: date, now: datetime) -> list[Op]:
    setting = fetching.get_setting(tenant)
    if not setting.letters:
        return []
    body, home = bodies.get(tenant), accounts.get_reseller(tenant)
    values = {"practice": body.name, "receipts": str(receipts), "flows": str(flows)}
    own = home.mail or body.contacts.mail
    # One letter a day for each of them; which is which needs no name that could be traced back.
    return [
        letters.row(
            tenant, "reconciliation_late", to, values, now,
            name=f"late-{day.isoformat()}-{number}", language=home.language,
        )
        for number, to in enumerate(fetching.recipients(tenant, setting) or [own], 1)
    ]  # fmt: skip


# ------------------------------------------------------------------ lines without a receipt
def stand_in(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Ask for receipts that flows prove missing; after some days let the flow stand for one, where
    it is of a position of ours and of its amount. What the time does not go for is gone on with
    from where it was: what stays odd for ever lies first in the list."""
    tenant, today = job.tenant, date.fromisoformat(str(job.item["day"]))
    setting, body = fetching.get_setting(tenant), bodies.get(tenant)
    ask = calendar.add_working(today, -_RECOVERY_DAYS).isoformat()
    begun = str(job.item.get("place", ""))
    listed = store.list_groups(tenant, desk="odd", first=begun or "0", last=ask, descending=False)
    for place, stored in listed:
        if place == begun:
            continue
        for part in stored.parts:
            if "IUV_NO_RT" not in part.labels:
                continue
            paid = store.paid_day(stored.held)
            waited = calendar.working_between(date.fromisoformat(paid), today)
            if setting.stand_in_days and waited > setting.stand_in_days:
                _stand_in(tenant, stored, part, codes_of(body), now, wakes)
            else:
                # A line without an IUR says of no receipt which one it is.
                ops = looking.missing(tenant, body.fiscal_code, part.iur, now) if part.iur else []
                if ops:
                    wakes.commit(ops)
        if remaining_ms() < limits.REMAINING_MS:
            wakes.commit([Update(job.key, put={"place": place}, label="work")])
            wakes.add(job.queue, job.key)
            return
    wakes.commit([job.done()])


def _stand_in(
    tenant: str, stored: Stored, part: Part, codes: frozenset[str], now: datetime, wakes: Wakes
) -> None:
    """The line counts as a receipt from now on, and its position as paid; the real receipt, should
    it come, completes it (`receipts.model.completes`)."""
    iuv = stored.iuv
    place = position_store.find_position(tenant, iuv)
    position = position_store.get_position(tenant, place[0]) if place else None
    if place is None or position is None:
        return
    asked = next(one for one in position.payments if one.number == place[1])
    if asked.state == "paid" or asked.anew or asked.cents != part.cents:
        return
    line = next(
        one for one in stored.held.lines
        if (groups.flow_name(one.key), one.line.place) == (part.flow, part.place)
    )  # fmt: skip
    day = date.fromisoformat(line.day or store.paid_day(stored.held))
    fact = Receipt(iuv, part.iur, part.transfer, part.cents, day)
    done = receipt_model.effect(position, place[1], day, part.cents)
    flow = store.get_flow(tenant, part.flow)
    psp = flow.psp if flow else line.key[0]
    stands = StandIn(part.iur, psp, day, part.cents)
    paid = tuple(
        replace(one, stood_in=stands) if one.number == place[1] else one for one in done.payments
    )
    # Its line is in the flow that stands for it.
    new = reported.marked(replace(position, state=done.state, payments=paid), {place[1]: True})
    facts = {
        "position": position.id, "number": place[1], "person": position.person,
        "origin": position.origin, "creditor": position.creditor,
    }  # fmt: skip
    ops, _ = regrouping.of_groups(
        tenant, {iuv: lambda held: groups.with_receipts(held, [fact])}, codes, now, {iuv: facts},
        position=position.id,
    )  # fmt: skip
    ops += position_store.changed(
        tenant, new, done.event, clock.stamp(now), "settlement", flow=part.flow, cents=part.cents,
        number=place[1], day=day,
    )  # fmt: skip
    ops += counts.ops(tenant, [(position, new)], position.id)
    try:
        wakes.commit(ops)
    except ConditionFailed:
        return  # its receipt came at this moment, or somebody changed it: tomorrow's run sees
