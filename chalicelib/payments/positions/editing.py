"""What may still be changed of a position while nothing of it is paid (F001-166).

Words, days and the end of any; what is asked more or less by the day of any that may be paid at
once; the amount of a spontaneous one that has neither plan nor stamp; and what is known of whoever
owes it. Its numbers stay, and pagoPA is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from chalicelib.base import clock, dynamo, fields, limits
from chalicelib.base.dynamo import Check, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.payments import amounts, bodies
from chalicelib.payments.amounts import Rule
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.notice import model as notices
from chalicelib.payments.pagopa import connections, telling
from chalicelib.payments.positions import (
    ending,
    holds,
    model,
    plans,
    positions,
    pricing,
    states,
    store,
)
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.states import OPEN


@dataclass(frozen=True)
class Amount:
    """Another amount: `chosen` and `cents` by the service's price, as it is now, or `manual` cents
    whatever the price is."""

    chosen: Mapping[str, int] | None = None
    cents: int | None = None
    manual: bool = False


@dataclass(frozen=True)
class Edit:
    """`version`: the one that was read; what is None stays. `due`: of the whole, where there is no
    plan; `days`: of the payments of a plan, by their numbers. `reason`: what its one line says.
    `rules`: all that change the whole by the day from now on. `debtor`: fields of a Person, all but
    the tax code."""

    version: int
    subject: str | None = None
    reason: str | None = None
    due: date | None = None
    days: Mapping[int, date] = field(default_factory=dict)
    ends: date | None = None
    hard_end: bool | None = None
    amount: Amount | None = None
    rules: tuple[Rule, ...] | None = None
    debtor: Mapping[str, str] = field(default_factory=dict)


def edit(
    tenant: str, position_id: str, wanted: Edit, now: datetime, by: str, also: Sequence[Op] = ()
) -> Position:
    """The position as it is then. One that is over can be paid again once its end is later, or hard
    no more. Rejected and Conflict as `preview`."""
    old, new, ops = _drawn(tenant, position_id, wanted, now)
    said = _said(wanted, new)
    return positions.commit(tenant, old, new, "edited", now, by, ops, also, **said)


def preview(tenant: str, position_id: str, wanted: Edit, now: datetime) -> Position:
    """What `edit` would make of it; nothing is written.

    Rejected `position_state`; `position_amount`, `position_reason` (of what it is made of neither
    can be changed), `position_rules` (instalments and digital stamps have one price),
    `position_tied` (an invoice or a registration counts on the amount), `position_held` (somebody
    takes money for it just now); `position_plan`, `position_unplanned`, `position_instalment`,
    `instalments_order`, `amount_rule_empty`; and as `pricing.lines_of`, `amounts.due_on`,
    `model.check_end`, `notices.Debtor`. Conflict when it is not `wanted.version` any more.
    """
    return _drawn(tenant, position_id, wanted, now)[1]


def _drawn(
    tenant: str, position_id: str, wanted: Edit, now: datetime
) -> tuple[Position, Position, list[Op]]:
    """The position as it was read, as it would be, and what else is written then."""
    old, today = positions.get(tenant, position_id), clock.rome_day(now)
    if old.version != wanted.version:
        raise Conflict()
    was = model.on(old, today)
    new = replace(old, state=states.after(was.state, "edit"))
    ops: list[Op] = []
    if wanted.subject is not None:
        new = replace(new, subject=wanted.subject)
    if wanted.amount is not None or wanted.rules is not None:
        ops += _unbound(tenant, old, now)
    if wanted.amount is not None:
        new = _priced(tenant, new, wanted.amount)
    if wanted.reason is not None:
        new = _explained(new, wanted.reason)
    new = _dated(new, wanted)
    if wanted.rules is not None:
        new = _ruled(new, wanted.rules, today)
    if wanted.ends is not None:
        new = replace(new, ends=wanted.ends)
    if wanted.hard_end is not None:
        new = replace(new, hard_end=wanted.hard_end)
    if new.hard_end and _moves(wanted):
        model.check_end(new.ends, [one.due for one in new.payments], today)
        ops += ending.asked(tenant, new.ends, "position", new.id)
    if wanted.debtor:
        new, more = _known(tenant, new, wanted.debtor, now)
        ops += more
    if was.state == "expired":
        new = _reopened(tenant, new, today)
    return old, new, ops


def _moves(wanted: Edit) -> bool:
    days = wanted.due, wanted.ends, wanted.hard_end
    return bool(wanted.days) or any(one is not None for one in days)


def _said(wanted: Edit, new: Position) -> dict[str, Any]:
    """What its timeline keeps: nothing that is about a person."""
    said: dict[str, Any] = {
        name: getattr(wanted, name)
        for name in ("due", "ends", "hard_end")
        if getattr(wanted, name) is not None
    }
    for name in ("subject", "reason"):
        if getattr(wanted, name) is not None:
            said[name] = True
    if wanted.amount is not None:
        said["cents"] = new.cents
    if wanted.rules is not None:
        said["rules"] = True
    if wanted.days:
        said["days"] = {str(number): day for number, day in sorted(wanted.days.items())}
    if wanted.debtor:
        said["debtor"] = sorted(wanted.debtor)
    return said


def _reopened(tenant: str, position: Position, today: date) -> Position:
    """One that was over: still so, or as new to whoever keeps it."""
    if position.hard_end and position.ends < today:
        return replace(position, state="expired")
    return replace(position, state=connections.get(tenant, position.creditor).first_state)


# ------------------------------------------------------------------ how much, for what
def _unbound(tenant: str, position: Position, now: datetime) -> list[Op]:
    """That nobody else goes by its amount, now and in the commit."""
    ties = [store.tie_key(tenant, position.id, name) for name in store.TIES]
    hold = holds.key_of(tenant, position.id)
    found = dynamo.batch_get([hold, *ties])
    if holds.is_held(found.get(hold), now):
        raise Rejected("position_held", "Somebody else is taking this payment.", status=409)
    if any(one in found for one in ties):
        raise Rejected(
            "position_tied", "An invoice or a registration counts on its amount.", status=409
        )
    return [
        holds.nobody(tenant, position.id, now),
        *(Check(one, when=dynamo.NEW, label="tie") for one in ties),
    ]


def _priced(tenant: str, position: Position, amount: Amount) -> Position:
    whole = position.whole
    spontaneous = position.origin == "spontaneous" and not position.has_stamp
    if not spontaneous or whole is None or position.instalments:
        raise Rejected(
            "position_amount", "Only the amount of a spontaneous one can be changed.", status=409
        )
    first = position.lines[0]
    # Where the money goes was decided when it was made.
    reason = first.reason if len(position.lines) == 1 else position.subject
    service = bodies.get_service(tenant, first.service)
    found = pricing.lines_of(service, reason, amount.chosen, amount.cents, amount.manual)
    lines = tuple(replace(first, reason=label, cents=cents) for label, cents in found)
    cents = sum(line.cents for line in lines)
    return replace(position, cents=cents, lines=lines, payments=(replace(whole, cents=cents),))


def _ruled(position: Position, rules: tuple[Rule, ...], today: date) -> Position:
    whole = position.whole
    if whole is None or position.has_stamp:
        raise Rejected(
            "position_rules", "Only what is paid at once, without a stamp, changes by the day.",
            status=409,
        )  # fmt: skip
    if not all(one.cents or one.rate or one.yearly_rate for one in rules):
        raise Rejected("amount_rule_empty", "Say how much more or less it is.")
    amounts.calendar(whole.cents, rules, today)  # no notice asks for more than it can
    return replace(position, rules=rules)


def _explained(position: Position, reason: str) -> Position:
    if position.origin != "spontaneous" or len(position.lines) > 1 or position.has_stamp:
        raise Rejected("position_reason", "Its lines say what they are for.", status=409)
    return replace(position, lines=(replace(position.lines[0], reason=reason),))


# ------------------------------------------------------------------ by when
def _dated(position: Position, wanted: Edit) -> Position:
    days = dict(wanted.days)
    if wanted.due is not None:
        if position.instalments:
            raise Rejected("position_plan", "Its instalments have their own days.", status=409)
        days = {0: wanted.due}
    elif days and not position.instalments:
        raise Rejected("position_unplanned", "It has no instalments.", status=409)
    if not days:
        return position
    if unknown := days.keys() - {one.number for one in position.payments}:
        raise Rejected(
            "position_instalment", "There is no such instalment.", numbers=sorted(unknown)
        )
    payments = tuple(replace(one, due=days.get(one.number, one.due)) for one in position.payments)
    plans.check_order([one.due for one in payments if one.number and one.due])
    rules = position.rules
    whole = position.whole
    if whole is not None and 0 in days:
        rules = tuple(
            replace(
                rule, first=_moved(rule.first, whole.due, days[0]),
                last=_moved(rule.last, whole.due, days[0]),
            )
            for rule in rules
        )  # fmt: skip
    return replace(position, payments=payments, rules=rules)


def _moved(day: date | None, before: date | None, after: date) -> date | None:
    """What begins, or ends, so long before or after the due date does so of the new one."""
    return day + (after - before) if day and before else day


# ------------------------------------------------------------------ by whom
def _known(
    tenant: str, position: Position, changed: Mapping[str, str], now: datetime
) -> tuple[Position, list[Op]]:
    """The position with whoever owes it as he is then.

    Whom the body knows is the same on all of his positions, so pagoPA hears of his name on each.
    Whom somebody else has named is changed for this position alone: what an operator writes must
    not be shown to whoever says the same words again.
    """
    item = dynamo.get(due_store.person_key(tenant, position.person))
    if item is None:
        raise NotFound("person")
    old = due_store.open_person(tenant, position.person, item)
    new = replace(old, **changed)
    notices.Debtor(new.tax_code, new.name, new.lines)  # what cannot be printed is refused here
    if new == old:
        return position, []
    alone = fields.blind(tenant, "person_of", position.id)
    if position.person == due_store.person_id(tenant, old.tax_code):
        put = due_store.put_person(tenant, position.person, new, item)
        renamed = new.name != old.name
        return position, [put, *(_others_told(tenant, position, now) if renamed else [])]
    if position.person == alone:
        return position, [due_store.put_person(tenant, alone, new, item)]
    moved = replace(position, person=alone)
    put = due_store.put_person(tenant, alone, new, None)
    return moved, [put, *store.of_another(tenant, moved)]


def _others_told(tenant: str, position: Position, now: datetime) -> list[Op]:
    """His other open positions, the newest EDIT_TOLD_POSITIONS, as they were read; what is older
    is told the new name with its next change."""
    connection = connections.get(tenant, position.creditor)
    if not connection.tells:
        return []
    listed = store.list_of_person(tenant, position.person)
    names = [name for _, name in islice(listed, limits.PAGE_ITEMS_MAX) if name != position.id]
    found = store.get_positions((tenant, name) for name in names)
    others = [one for one in found.values() if one.state in OPEN][: limits.EDIT_TOLD_POSITIONS]
    ops: list[Op] = []
    for one in others:
        if rows := telling.ops(tenant, connection, one, "edited", now):
            there = {"version": one.version}
            key = store.position_key(tenant, one.id)
            ops += [*rows, Check(key, when=(there,), label=f"position:{one.id}")]
    return ops
