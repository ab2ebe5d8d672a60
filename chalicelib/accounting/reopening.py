"""An operator asks anew for a payment that its PSP has revoked (pagopa.md section 7, rule 7).

Nothing does this by itself: a flow's line of outcome 3 only says that the money was taken back.
What was posted of it stays posted until an order is taken back by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from chalicelib.accounting import regrouping, store
from chalicelib.accounting.events_fpc import paying
from chalicelib.accounting.fdr.model import REVOKED
from chalicelib.accounting.groups import Held
from chalicelib.accounting.reconciling import codes_of
from chalicelib.accounting.store import Stored
from chalicelib.base import limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies
from chalicelib.payments.positions import positions, renewing
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Position

_TRIES: Final = 4


def reopen(
    tenant: str, position_id: str, note: str, now: datetime, by: str, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Position:  # fmt: skip
    """The position that asks anew for what was revoked of another and is not asked for anew yet;
    where all of it is, the one that does it since last.

    Rejected `reopen_note`, `reopen_not_revoked` (no line says so), `reopen_paid_otherwise` (money
    of another payment of it is there), `reopen_registration` (a training event's is made anew by
    its registration), and as `renewing.ops`; NotFound, Conflict.
    """
    if not note.strip() or len(note) > limits.LINK_NOTE_CHARS:
        raise Rejected("reopen_note", "Say why.", limit_chars=limits.LINK_NOTE_CHARS)
    for _ in range(_TRIES):
        old = positions.get(tenant, position_id)
        if paying.registrations(tenant, {old.id}):
            raise Rejected(
                "reopen_registration", "It is of a training event: register anew.", status=409
            )
        there = store.get_groups(tenant, [one.iuv for one in old.payments])
        revoked = _revoked(old, there)
        if not revoked:
            return _last(tenant, there)
        body = bodies.get(tenant)
        found, ops = renewing.ops(tenant, old, revoked, body, note.strip(), now, by)
        iuvs = [one.iuv for one in old.payments if one.number in found.numbers]
        marked, _ = regrouping.of_groups(
            tenant, dict.fromkeys(iuvs, _same), codes_of(body), now,
            {iuv: {"reopened": found.new.id} for iuv in iuvs}, position=old.id,
        )  # fmt: skip
        try:
            wakes.commit(regrouping.merged([*ops, *marked, *also]))
        except ConditionFailed:
            continue
        return found.new
    raise Conflict()


def _revoked(position: Position, there: Mapping[str, Stored]) -> set[int]:
    """Numbers of its payments that were revoked and are not asked for anew.

    Rejected `reopen_paid_otherwise` where that keeps it from each of them.
    """
    found: set[int] = set()
    otherwise: Rejected | None = None
    for one in position.payments:
        stored = there[one.iuv]
        try:
            if not stored.facts.get("reopened") and taken_back(stored.held):
                found.add(one.number)
        except Rejected as refused:
            otherwise = refused
    if otherwise is not None and not found:
        raise otherwise
    return found


def _last(tenant: str, there: Mapping[str, Stored]) -> Position:
    """The newest of those that ask anew. Rejected `reopen_not_revoked`."""
    names = {str(one.facts.get("reopened", "")) for one in there.values()} - {""}
    found = position_store.get_positions((tenant, name) for name in names).values()
    if not found:
        raise Rejected("reopen_not_revoked", "No flow says that it was revoked.", status=409)
    return max(found, key=lambda one: (one.created_at, one.id))


def taken_back(held: Held) -> bool:
    """Whether its payment was revoked, and no other money of it is there. Rejected
    `reopen_paid_otherwise`. Pure."""
    lines = {(one.line.iur, one.line.transfer or 1) for one in held.lines
             if one.line.outcome == REVOKED}  # fmt: skip
    if not lines:
        return False
    money = {(one.iur, one.transfer) for one in held.receipts if not one.stamp}
    if money - lines:
        raise Rejected("reopen_paid_otherwise", "Another payment of it is there.", status=409)
    return True


def _same(held: Held) -> Held:
    # What was looked at must be what is written on: a receipt may come in between.
    if not taken_back(held):
        raise Conflict()
    return held
