"""A position whose money was taken back is asked for anew: the operations of that.

An IUV is of one payment for ever (pagopa.md section 1.1), the node refuses a notice that was paid,
and what GPD has as paid or reported it neither updates nor invalidates (section 5.1). So the old
position ends and another one takes its place, with the same lines, plan and debtor under numbers of
its own; pagoPA is told of that one as of any new position, and of the old one nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.base import clock, fields, ids
from chalicelib.base.dynamo import Op
from chalicelib.base.errors import Rejected
from chalicelib.payments import numbers
from chalicelib.payments import store as body_store
from chalicelib.payments.body import Body
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.pagopa import connections, telling
from chalicelib.payments.positions import counts, ending, happened, states, store
from chalicelib.payments.positions.flows import default_end
from chalicelib.payments.positions.model import Payment, Position


def next_id(tenant: str, position_id: str) -> str:
    """The id of the position that takes the place of another: the same whenever it is asked."""
    return ids.derive("position", tenant, "reopened", position_id)


def ended(old: Position) -> Position:
    """The old one: nothing is asked by it, and nothing came for it. What had happened stays in its
    timeline. Pure. Rejected `position_state`, `reopen_others_paid` (instalments: the money of the
    others is there)."""
    state = states.after(old.state, "reopen")
    if sum(one.state == "paid" for one in old.payments) > 1:
        raise Rejected("reopen_others_paid", "Other instalments of it are paid.", status=409)
    return replace(
        old, state=state, version=old.version + 1,
        payments=tuple(
            replace(one, state="closed", paid_on=None, paid_cents=0, reported=False, stood_in=None)
            for one in old.payments
        ),
    )  # fmt: skip


def renewed(old: Position, name: str, first: states.State, iuvs: numbers.Block,
            now: datetime) -> Position:  # fmt: skip
    """The one in its place, born in the state `first` under these numbers. Pure."""
    return replace(
        old, id=name, state=first, created_at=clock.stamp(now), version=1,
        ends=max(old.ends, default_end(now)),
        payments=tuple(
            Payment(one.number, iuvs[place], one.cents, one.due)
            for place, one in enumerate(old.payments)
        ),
    )  # fmt: skip


def ops(
    tenant: str, old: Position, body: Body, note: str, now: datetime, by: str
) -> tuple[Position, list[Op]]:
    """The position in the place of `old`, and all that is written for it. Takes numbers: what is
    not committed then is a gap, which does no harm.

    Rejected as `ended`, and `iban_unknown` where an account of it is the body's no more.
    """
    over = ended(old)
    for line in old.lines:
        if line.iban:
            body.account(line.iban)
    connection = connections.get(tenant, old.creditor)
    iuvs = numbers.take(tenant, old.creditor, body.segregation, len(old.payments))
    new = renewed(old, next_id(tenant, old.id), connection.first_state, iuvs, now)
    at = clock.stamp(now)
    # Sealed under the name that notes of a position's timeline are read by.
    said: dict[str, Any] = {"note": fields.seal(tenant, "position", old.id, "outside", note)}
    dues = due_store.get_dues(tenant, [line.due for line in old.lines if line.due])
    found: list[Op] = [
        body_store.holds_claim(tenant, old.creditor, body.segregation),
        *store.changed(tenant, over, "reopened", at, by, into=new.id, **said),
        *store.born(tenant, new, by),
        *counts.ops(tenant, [(old, over), (None, new)], old.id),
        *telling.ops(tenant, connection, new, "generated", now),
        happened.row(tenant, new, "made", now),
    ]
    if new.hard_end:
        found += ending.asked(tenant, new.ends, "position", new.id)
    found += [
        due_store.put_due(
            tenant, replace(due, position=new.id, version=due.version + 1), due.version
        )
        for due in dues.values()
        if due.position == old.id
    ]
    return new, found
