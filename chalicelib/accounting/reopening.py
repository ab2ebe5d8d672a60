"""An operator asks anew for a payment that its PSP has revoked (pagopa.md section 7, rule 7).

Nothing does this by itself: a flow's line of outcome 3 only says that the money was taken back.
What was posted of it stays posted until an order is taken back by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chalicelib.accounting import regrouping, store
from chalicelib.accounting.events_fpc import paying
from chalicelib.accounting.fdr.model import REVOKED
from chalicelib.accounting.groups import Held
from chalicelib.accounting.reconciling import codes_of
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
    """The position that takes the place of one whose payment was revoked; the same again gives the
    same.

    Rejected `reopen_note`, `reopen_not_revoked` (no line says so), `reopen_paid_otherwise` (money
    of another payment of it is there), `reopen_registration` (a training event's is made anew by
    its registration), and as `renewing.ops`; NotFound, Conflict.
    """
    if not note.strip() or len(note) > limits.LINK_NOTE_CHARS:
        raise Rejected("reopen_note", "Say why.", limit_chars=limits.LINK_NOTE_CHARS)
    for _ in range(_TRIES):
        old = positions.get(tenant, position_id)
        there = position_store.get_position(tenant, renewing.next_id(tenant, old.id))
        if there is not None:
            return there
        if paying.registrations(tenant, {old.id}):
            raise Rejected(
                "reopen_registration", "It is of a training event: register anew.", status=409
            )
        body = bodies.get(tenant)
        iuvs = [one.iuv for one in old.payments]
        revoked = {
            iuv: found for iuv, found in store.get_groups(tenant, iuvs).items()
            if taken_back(found.held)
        }  # fmt: skip
        if not revoked:
            raise Rejected("reopen_not_revoked", "No flow says that it was revoked.", status=409)
        new, ops = renewing.ops(tenant, old, body, note.strip(), now, by)
        marked, _ = regrouping.of_groups(
            tenant, dict.fromkeys(revoked, _same), codes_of(body), now,
            {iuv: {"reopened": new.id} for iuv in revoked}, position=old.id,
        )  # fmt: skip
        try:
            wakes.commit(regrouping.merged([*ops, *marked, *also]))
        except ConditionFailed:
            continue
        return new
    raise Conflict()


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
