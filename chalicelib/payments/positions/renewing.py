"""A position whose money was taken back is asked for anew: the operations of that.

An IUV is of one payment for ever (pagopa.md section 1.1), the node refuses a notice that was paid,
and what GPD has as paid or reported it neither updates nor invalidates (section 5.1). So another
position asks for what was revoked, under numbers of its own, with the lines that it had paid and
the same debtor; pagoPA is told of that one as of any new position, and of the old one nothing. The
old one ends, or keeps those instalments whose money is there (`parting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.base import clock, fields, ids
from chalicelib.base.dynamo import Op
from chalicelib.payments import invoices, numbers
from chalicelib.payments import store as body_store
from chalicelib.payments.body import Body
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.pagopa import connections, telling
from chalicelib.payments.positions import counts, ending, happened, parting, store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.parting import Parting


def next_id(tenant: str, position_id: str, iuvs: Iterable[str]) -> str:
    """The id of the position that asks anew for what was paid under these IUVs of another: the same
    whenever it is asked."""
    return ids.derive("position", tenant, "reopened", position_id, *sorted(iuvs))


def ops(
    tenant: str, old: Position, revoked: Set[int], body: Body, note: str, now: datetime, by: str
) -> tuple[Parting, list[Op]]:
    """What asks anew for the payments of `old` with these numbers, and all that is written for it.
    Takes numbers: what is not committed then is a gap, which does no harm.

    Rejected as `parting.wanted`, and `iban_unknown` where an account of it is the body's no more.
    """
    mine = parting.wanted(old, revoked)
    connection = connections.get(tenant, old.creditor)
    name = next_id(tenant, old.id, (one.iuv for one in mine))
    found = parting.part(old, mine, name, connection.first_state, now)
    for line in found.new.lines:
        if line.iban:
            body.account(line.iban)
    iuvs = numbers.take(tenant, old.creditor, body.segregation, len(found.new.payments))
    asked = tuple(replace(one, iuv=iuv) for one, iuv in zip(found.new.payments, iuvs, strict=True))
    found = replace(found, new=replace(found.new, payments=asked))
    told = telling.ops(tenant, connection, found.new, "generated", now)
    claim = body_store.holds_claim(tenant, old.creditor, body.segregation)
    return found, [claim, *told, *_written(tenant, old, found, note, now, by)]


def _written(
    tenant: str, old: Position, found: Parting, note: str, now: datetime, by: str
) -> list[Op]:
    new, over = found.new, found.over
    at = clock.stamp(now)
    # Sealed under the name that notes of a position's timeline are read by.
    said: dict[str, Any] = {"note": fields.seal(tenant, "position", old.id, "outside", note)}
    tied: list[Op] = []
    if over.state != "invalid":
        said["numbers"] = list(found.numbers)
    else:
        document, tied = invoices.following(tenant, old, new)
        said |= {"invoice": document} if document else {}
    ops: list[Op] = [
        *tied,
        *store.changed(tenant, over, "reopened", at, by, into=new.id, **said),
        *store.born(tenant, new, by),
        *counts.ops(tenant, [(old, over), (None, new)], old.id),
        happened.row(tenant, new, "made", now),
    ]
    if new.hard_end:
        ops += ending.asked(tenant, new.ends, "position", new.id)
    return [*ops, *_moved(tenant, old, new)]


def _moved(tenant: str, old: Position, new: Position) -> list[Op]:
    """The dues that only the new one asks for: what is asked for in parts stays where it was, so
    that it is not set free by a part of it that is cancelled."""
    asked = {line.due: line.cents for line in new.lines if line.due}
    return [
        due_store.put_due(
            tenant, replace(due, position=new.id, version=due.version + 1), due.version
        )
        for due in due_store.get_dues(tenant, list(asked)).values()
        if due.position == old.id and due.cents == asked[due.id]
    ]
