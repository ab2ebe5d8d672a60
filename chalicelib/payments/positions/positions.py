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
from chalicelib.payments import amounts, bodies, links, numbers, prices, stamps
from chalicelib.payments import store as body_store
from chalicelib.payments.body import Service
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from chalicelib.payments.notice import model as notices
from chalicelib.payments.pagopa import connections, telling
from chalicelib.payments.positions import counts, happened, model, states, store
from chalicelib.payments.positions.flows import default_end
from chalicelib.payments.positions.model import Line, Payment, Position
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
    shown on it."""

    service: str
    person: Person
    reason: str = ""
    due: date | None = None
    chosen: Mapping[str, int] | None = None
    cents: int | None = None
    manual: bool = False
    unproved: bool = False
    stamp: Stamp | None = None


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
    """A spontaneous position; the same `key` is the same position.

    Rejected `service_inactive`, `service_unpriced`, `stamp_missing`, `stamp_not_asked`, and as
    `prices.priced`, `amounts.check`.
    """
    name = hand_id(tenant, key)
    there = store.get_position(tenant, name)
    if there is not None:
        return there
    body = bodies.get(tenant)
    service = bodies.get_service(tenant, wanted.service)
    if not service.active:
        raise Rejected("service_inactive", "The service is not offered.")
    body.account(service.iban)
    today = clock.rome_day(now)
    lines = tuple(
        Line(service.code, reason, cents, service.taxonomy, service.iban, service.chapter,
             "competenza", today.year)
        for reason, cents in _priced(wanted, service, wanted.reason or service.subject)
    ) + _stamped(wanted, service, today)  # fmt: skip
    cents = sum(line.cents for line in lines)
    number = numbers.take(tenant, body.fiscal_code, body.segregation)[0]
    person = _person_id(tenant, wanted)
    connection = connections.get(tenant, body.fiscal_code)
    position = Position(
        id=name, state=connection.first_state, origin="spontaneous", person=person,
        creditor=body.fiscal_code, subject=wanted.reason or service.subject, cents=cents,
        lines=lines, payments=(Payment(0, number, cents, wanted.due),),
        created_at=clock.stamp(now), ends=default_end(now),
    )  # fmt: skip
    ops = [
        body_store.holds_claim(tenant, body.fiscal_code, body.segregation),
        *store.born(tenant, position, by),
        *_person_ops(tenant, person, wanted.person),
        *counts.ops(tenant, [(None, position)], position.id),
        *telling.ops(tenant, connection, position, "generated", now),
    ]
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


def _priced(wanted: Wanted, service: Service, reason: str) -> list[tuple[str, int]]:
    if wanted.manual:
        return [(reason, amounts.check(wanted.cents or 0))]
    price = service.price
    if price is None:
        if service.stamp and wanted.cents is None and not wanted.chosen:
            return []  # nothing but the stamp
        raise Rejected("service_unpriced", "The service has no price: type the amount.")
    found = prices.priced(price, chosen=wanted.chosen, cents=wanted.cents)
    if not found.lines:
        return [(reason, found.cents)]
    return [(line.label, line.cents) for line in found.lines]


# ------------------------------------------------------------------ changed
def edit(
    tenant: str, position_id: str, version: int, subject: str | None, due: date | None,
    ends: date | None, now: datetime, by: str, also: Sequence[Op] = (),
) -> Position:  # fmt: skip
    """Another subject, due date of the whole, or indicative end, while nothing is paid (F001-166).

    What is None stays. Rejected `position_state`, `position_plan` (instalments have their own
    days); Conflict when it is not `version` any more.
    """
    old = get(tenant, position_id)
    if old.version != version:
        raise Conflict()
    new = replace(old, state=states.after(old.state, "edit"))
    said: dict[str, Any] = {}
    if subject is not None:
        new = replace(new, subject=subject)
        said["subject"] = True
    if ends is not None:
        new = replace(new, ends=ends)
        said["ends"] = ends
    if due is not None:
        whole = old.whole
        if whole is None or old.instalments:
            raise Rejected("position_plan", "Its instalments have their own days.", status=409)
        shift = [replace(rule, first=_moved(rule.first, whole.due, due)) for rule in old.rules]
        new = replace(new, payments=(replace(whole, due=due),), rules=tuple(shift))
        said["due"] = due
    return _commit(tenant, old, new, "edited", now, by, [], also, **said)


def _moved(day: date | None, before: date | None, after: date) -> date | None:
    """A rule that begins so long after the due date does so after the new one."""
    return day + (after - before) if day and before else day


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
    return _commit(tenant, old, new, said, now, by, ops, also)


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
    return _commit(tenant, old, new, "paid_outside", now, by, [], also, **said)


def _commit(
    tenant: str, old: Position, new: Position, event: str, now: datetime, by: str,
    ops: Sequence[Op], also: Sequence[Op], **facts: Any,
) -> Position:  # fmt: skip
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
    if position.state not in states.UNPAID:
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
    """What its notice says on a day, with the portal's page. Raises Rejected as `notice.model`."""

    def printed(one: Payment) -> notices.Payment:
        return notices.Payment(one.notice, model.asked(position, one, today).cents, one.due)

    whole = position.whole
    if position.has_stamp:
        creditor = replace(creditor, postal=None)
    return notices.Notice(
        creditor=creditor,
        debtor=notices.Debtor(person.tax_code, person.name, person.lines),
        subject=position.subject,
        whole=printed(whole) if whole else None,
        instalments=tuple(printed(one) for one in position.instalments),
        varying=bool(position.rules),
        link=links.printed(position.payments[0].notice, creditor.code, notices.LINK_CHARS),
    )
