"""One debt position: made by hand, looked at, edited, cancelled, deleted, paid outside, printed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from chalicelib.base import clock, config, dynamo, fields, ids, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Item, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.payments import amounts, bodies, links, numbers, stamps
from chalicelib.payments import store as body_store
from chalicelib.payments.body import Body, Service
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from chalicelib.payments.notice import model as notices
from chalicelib.payments.pagopa import connections, telling
from chalicelib.payments.positions import (
    counts,
    ending,
    happened,
    model,
    plans,
    pricing,
    states,
    store,
)
from chalicelib.payments.positions.flows import default_end
from chalicelib.payments.positions.model import Line, Payment, Position
from chalicelib.payments.positions.plans import ByHand, Plan
from chalicelib.payments.positions.states import Event
from chalicelib.payments.stamps import Stamp


@dataclass(frozen=True)
class Shown:
    """A position with who owes it."""

    position: Position
    person: Person


@dataclass(frozen=True)
class Wanted:
    """A position made by hand (F001-170, 171): `chosen` and `cents` by the service's price, or
    `manual` cents whatever the price is; `stamp` for a service that has one. `unproved`: anybody
    may have said who the person is, so that what the body knows of him is neither changed by it nor
    shown on it. `ends`: None for 31 December; `hard_end`: nobody may pay it afterwards. `plan`: in
    instalments, with the whole due by the first of them unless `due` says when."""

    service: str
    person: Person
    reason: str = ""
    due: date | None = None
    chosen: Mapping[str, int] | None = None
    cents: int | None = None
    manual: bool = False
    unproved: bool = False
    stamp: Stamp | None = None
    ends: date | None = None
    hard_end: bool = False
    plan: Plan | ByHand | None = None


def get(tenant: str, position_id: str) -> Position:
    found = store.get_position(tenant, position_id)
    if found is None:
        raise NotFound("position")
    return found


def show(tenant: str, position_id: str) -> tuple[Shown, list[Item]]:
    """A position with its person and its events, oldest first."""
    position = get(tenant, position_id)
    events = store.list_events(tenant, position_id)
    for event in events:
        if "note" in event["facts"]:
            sealed = event["facts"]["note"]
            note = fields.unseal(tenant, "position", position_id, "outside", sealed)
            event["facts"] = event["facts"] | {"note": note}
    return with_persons(tenant, [position])[0], events


def some(tenant: str, names: Sequence[str]) -> list[Shown]:
    """Those that there are, in that order, with who owes them."""
    found = store.get_positions((tenant, name) for name in names)
    return with_persons(tenant, [found[tenant, one] for one in names if (tenant, one) in found])


def with_persons(tenant: str, found: Sequence[Position]) -> list[Shown]:
    """Positions with who owes them."""
    persons = due_store.get_persons(tenant, {one.person for one in found})
    return [Shown(one, persons[one.person]) for one in found]


# ------------------------------------------------------------------ made by hand
def make(
    tenant: str, wanted: Wanted, now: datetime, by: str, key: str, also: Sequence[Op] = ()
) -> Position:
    """A spontaneous position; the same `key` is the same position. Rejected as `drawn`."""
    name = hand_id(tenant, key)
    there = store.get_position(tenant, name)
    if there is not None:
        return there
    body = bodies.get(tenant)
    service = bodies.get_service(tenant, wanted.service)
    lines, asked = drawn(body, service, wanted, now)
    ends = wanted.ends or default_end(now)
    block = numbers.take(tenant, body.fiscal_code, body.segregation, len(asked))
    person = _person_id(tenant, wanted)
    connection = connections.get(tenant, body.fiscal_code)
    position = Position(
        id=name, state=connection.first_state, origin="spontaneous", person=person,
        creditor=body.fiscal_code, subject=wanted.reason or service.subject,
        cents=sum(line.cents for line in lines), lines=lines,
        payments=tuple(replace(one, iuv=number) for one, number in zip(asked, block, strict=True)),
        created_at=clock.stamp(now), ends=ends, hard_end=wanted.hard_end,
    )  # fmt: skip
    ops = [
        body_store.holds_claim(tenant, body.fiscal_code, body.segregation),
        *store.born(tenant, position, by),
        *_person_ops(tenant, person, wanted.person),
        *counts.ops(tenant, [(None, position)], position.id),
        *telling.ops(tenant, connection, position, "generated", now),
    ]
    if wanted.hard_end:
        ops += ending.asked(tenant, ends, "position", position.id)
    if not wanted.unproved:
        # Whom a stranger names is not written to on his word.
        ops.append(happened.row(tenant, position, "made", now))
    try:
        with work.waking() as wakes:
            wakes.commit([*ops, *also])
    except ConditionFailed as failed:
        if f"position:{name}" in failed.found:
            return get(tenant, name)
        raise
    return position


def drawn(
    body: Body, service: Service, wanted: Wanted, now: datetime
) -> tuple[tuple[Line, ...], tuple[Payment, ...]]:
    """What a position made by hand is for, and what is to be numbered of it. Pure.

    Rejected `service_inactive`, `service_unpriced`, `iban_unknown`, `stamp_missing`,
    `stamp_not_asked`, `instalments_stamp` (one document has one stamp, bought by one payment), and
    as `prices.priced`, `amounts.check`, `plans.check`, `plans.payments`, `model.check_end`.
    """
    if not service.active:
        raise Rejected("service_inactive", "The service is not offered.")
    body.account(service.iban)
    today = clock.rome_day(now)
    lines = tuple(
        Line(service.code, reason, cents, service.taxonomy, service.iban, service.chapter,
             "competenza", today.year)
        for reason, cents in pricing.lines_of(
            service, wanted.reason or service.subject, wanted.chosen, wanted.cents, wanted.manual
        )
    ) + _stamped(wanted, service, today)  # fmt: skip
    plan, due = wanted.plan, wanted.due
    if plan is not None:
        if service.stamp:
            raise Rejected("instalments_stamp", "A digital stamp is not bought by instalments.")
        plans.check(plan)
        due = due or plan.first_due
    asked = plans.payments(sum(line.cents for line in lines), due, plan)
    if wanted.hard_end:
        model.check_end(wanted.ends or default_end(now), [one.due for one in asked], today)
    return lines, asked


def hand_id(tenant: str, key: str) -> str:
    """The id that `make` gives to a position of that key."""
    return ids.derive("position", tenant, "hand", key)


def _person_id(tenant: str, wanted: Wanted) -> str:
    if not wanted.unproved:
        return due_store.person_id(tenant, wanted.person.tax_code)
    # The same words are the same person of his own saying.
    said = json.dumps(asdict(wanted.person), sort_keys=True)
    return fields.blind(tenant, "unproved_person", said)


def _person_ops(tenant: str, person: str, values: Person) -> list[Op]:
    item = dynamo.get(due_store.person_key(tenant, person))
    if item is not None and due_store.open_person(tenant, person, item) == values:
        return []
    return [due_store.put_person(tenant, person, values, item)]


def _stamped(wanted: Wanted, service: Service, today: date) -> tuple[Line, ...]:
    """The stamp's own line, the last one: its money is not the body's, so there is no account."""
    if (wanted.stamp is not None) != service.stamp:
        if service.stamp:
            raise Rejected("stamp_missing", "This service needs a document to be stamped.")
        raise Rejected("stamp_not_asked", "This service has no digital stamp.")
    if wanted.stamp is None:
        return ()
    line = Line(
        service.code, stamps.REASON, stamps.cents_on(today), service.taxonomy, "",
        year=today.year, stamp=wanted.stamp,
    )  # fmt: skip
    return (line,)


# ------------------------------------------------------------------ changed
def cancel(
    tenant: str, position_id: str, now: datetime, by: str, also: Sequence[Op] = ()
) -> Position:
    """Ask for it no longer; its dues may be asked for again. Repeating it is the same.

    Its numbers are never used again. Rejected `position_state`.
    """
    return _end(tenant, position_id, "invalidate", "cancelled", now, by, also)


def delete(
    tenant: str, position_id: str, now: datetime, by: str, also: Sequence[Op] = ()
) -> Position:
    """Only a spontaneous one that nobody paid (F001-168). It stays readable, as invalid: its number
    is known to the world. Rejected `position_predetermined`, `position_state`."""
    if get(tenant, position_id).origin != "spontaneous":
        raise Rejected("position_predetermined", "What dues ask for is cancelled.", status=409)
    return _end(tenant, position_id, "delete", "deleted", now, by, also)


def _end(
    tenant: str, position_id: str, event: Event, said: str, now: datetime, by: str,
    also: Sequence[Op],
) -> Position:  # fmt: skip
    old = get(tenant, position_id)
    if old.state == "invalid":
        return old
    new = replace(
        old,
        state=states.after(old.state, event),
        payments=tuple(replace(one, state="closed") for one in old.payments),
    )
    freed = due_store.get_dues(tenant, [line.due for line in old.lines if line.due])
    ops: list[Op] = [
        due_store.put_due(
            tenant, replace(due, state="open", position="", version=due.version + 1), due.version
        )
        for due in freed.values()
        if due.position == old.id
    ]
    # What is paid of it nevertheless is odd to whoever reconciles.
    ops.append(
        work.row(
            "reconcile", store.position_key(tenant, old.id)[0], "cancelled", now,
            when=dynamo.ANY, task="cancelled", position=old.id,
        )
    )  # fmt: skip
    return commit(tenant, old, new, said, now, by, ops, also)


@dataclass(frozen=True)
class Outside:
    """A payment made past the node: `day` of the money, `cents` that came (None: what was asked
    then), `how` in one word, a `note` that may name persons."""

    day: date
    cents: int | None = None
    how: str = ""
    note: str = ""


def pay_outside(
    tenant: str, position_id: str, paid: Outside, now: datetime, by: str, also: Sequence[Op] = ()
) -> Position:
    """Record a payment made past the node, while the body's transition lasts (F001-169).

    Repeating it is the same. Rejected `outside_ended`, `outside_day` (in the future),
    `outside_amount` (of several instalments the sum cannot be another one: nobody could tell which
    of them it is for), `outside_stamp` (a digital stamp is issued by the node's payment alone),
    `position_state`.
    """
    day = paid.day
    old = get(tenant, position_id)
    if old.state == "paid_outside":
        return old
    until, today = bodies.get(tenant).outside_until, clock.rome_day(now)
    if until is None or today > until:
        raise Rejected("outside_ended", "Payments outside the node are over.", status=409)
    if day > today:
        raise Rejected("outside_day", "That day has not come yet.")
    if old.has_stamp:
        raise Rejected("outside_stamp", "A digital stamp is bought by pagoPA only.", status=409)
    settled = counts.still_asked(old)
    sums = {one.number: model.asked(old, one, day).cents for one in settled}
    if paid.cents is not None and paid.cents != sum(sums.values()):
        if len(sums) > 1:
            raise Rejected(
                "outside_amount", "The instalments come to another sum.",
                asked_cents=sum(sums.values()),
            )  # fmt: skip
        sums = dict.fromkeys(sums, amounts.check(paid.cents))

    def came(one: Payment) -> dict[str, Any]:
        if one.number not in sums:
            return {}
        return {"paid_on": day, "paid_cents": sums[one.number]}

    new = replace(
        old,
        state=states.after(old.state, "pay_outside"),
        payments=tuple(
            one if one.state == "paid" else replace(one, state="closed", **came(one))
            for one in old.payments
        ),
    )
    said: dict[str, Any] = {"day": day, "cents": sum(sums.values())}
    if paid.how:
        said["how"] = paid.how
    if paid.note:
        said["note"] = fields.seal(tenant, "position", old.id, "outside", paid.note)
    return commit(tenant, old, new, "paid_outside", now, by, [], also, **said)


def commit(
    tenant: str, old: Position, new: Position, event: str, now: datetime, by: str,
    ops: Sequence[Op], also: Sequence[Op], **facts: Any,
) -> Position:  # fmt: skip
    """Write what `event` made of a position, with all that follows from it; gives it with its new
    version. `facts` stand in its timeline. Conflict when it changed meanwhile."""
    new = replace(new, version=old.version + 1)
    written = store.changed(tenant, new, event, clock.stamp(now), by, **facts)
    told: list[Op] = [
        *telling.of(tenant, new, event, now), *counts.ops(tenant, [(old, new)], old.id)
    ]  # fmt: skip
    if event in happened.EVENTS:
        told = [*told, happened.row(tenant, new, event, now)]
    try:
        with work.waking() as wakes:
            wakes.commit([*written, *told, *ops, *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return new


# ------------------------------------------------------------------ printed
def notice_link(tenant: str, position_id: str, today: date) -> tuple[str, str]:
    """A link to the PDF and its file name. Rejected `position_state` when nothing is asked for."""
    position = get(tenant, position_id)
    if not model.to_pay(position) or model.is_over(position, today):
        raise Rejected(
            "position_state", "There is nothing to pay.", status=409, state=position.state
        )
    body = bodies.get(tenant)
    person = with_persons(tenant, [position])[0].person
    made = notice_of(position, body.creditor(bodies.logo_of(tenant, body)), person, today)
    from chalicelib.payments.notice import pdf

    data = pdf.render(made, Path(config.get("FONTS")))
    key = f"{tenant}/positions/{position.id}/{position.version}-{ids.sha256(data)[:16]}.pdf"
    place = Place(config.get("DOCUMENTS_BUCKET"), key)
    s3.put(place, data, "application/pdf")
    name = notices.file_name(person.tax_code, str(position.year), position.payments[0].iuv)
    return s3.download_link(place, name, limits.DOWNLOAD_LINK_S), name


def notice_of(
    position: Position, creditor: notices.Creditor, person: Person, today: date
) -> notices.Notice:
    """What its notice says on a day, with the portal's page: of a plan of which something was paid
    what is left. Raises Rejected as `notice.model`."""

    def printed(one: Payment) -> notices.Payment:
        cents = model.asked(position, one, today).cents
        return notices.Payment(one.notice, cents, one.due, one.number)

    left = model.to_pay(position)
    # The last instalment of a plan is all that there is: it stands where the whole would.
    whole = left[0] if left and (left[0].number == 0 or len(left) == 1) else None
    if position.has_stamp:
        creditor = replace(creditor, postal=None)
    return notices.Notice(
        creditor=creditor,
        debtor=notices.Debtor(person.tax_code, person.name, person.lines),
        subject=position.subject,
        whole=printed(whole) if whole else None,
        instalments=tuple(printed(one) for one in left if one is not whole),
        varying=bool(position.rules),
        link=links.printed(model.next_to_pay(position).notice, creditor.code, notices.LINK_CHARS),
    )
