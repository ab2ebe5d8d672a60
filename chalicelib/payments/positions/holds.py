"""A position that somebody is taking money for past the node, just now.

Whoever does so (a card terminal of the body's own, a clerk with cash) holds it for some minutes, so
that nobody pays it at a PSP meanwhile: the node is told that the payment is in progress. The hold
ends by itself, because whoever took it may be gone.

T#<tenant>#POSITION#<id>   HOLD   by whom, until when
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.base import clock, dynamo, keys, limits
from chalicelib.base.dynamo import Check, ConditionFailed, Delete, Item, Key, Put
from chalicelib.base.errors import Rejected
from chalicelib.payments.positions import store


def key_of(tenant: str, position_id: str) -> Key:
    return store.position_key(tenant, position_id)[0], keys.sk("HOLD")


def is_held(item: Item | None, now: datetime) -> bool:
    """Whether the item of `key_of` still holds."""
    return item is not None and bool(item["until"] > clock.stamp(now))


def nobody(tenant: str, position_id: str, now: datetime) -> Check:
    """That nobody holds it in this commit. Its label is `held:<id>`."""
    free: dynamo.Condition = ({"pk": dynamo.ABSENT}, {"until": dynamo.at_most(clock.stamp(now))})
    return Check(key_of(tenant, position_id), when=free, label=f"held:{position_id}")


def hold(tenant: str, position_id: str, by: str, now: datetime) -> None:
    """Hold it for POSITION_HOLD_S; by the same holder again, from now on.

    Rejected `position_held` (409) while somebody else does.
    """
    pk, sk = key_of(tenant, position_id)
    until = clock.stamp(now + timedelta(seconds=limits.POSITION_HOLD_S))
    free: dynamo.Condition = (
        {"pk": dynamo.ABSENT}, {"by": by}, {"until": dynamo.at_most(clock.stamp(now))},
    )  # fmt: skip
    try:
        dynamo.commit([Put({"pk": pk, "sk": sk, "by": by, "until": until}, when=free)])
    except ConditionFailed as failed:
        raise Rejected(
            "position_held", "Somebody else is taking this payment.", status=409
        ) from failed


def release(tenant: str, position_id: str, by: str) -> None:
    """Give it back; what somebody else holds stays his."""
    mine: dynamo.Condition = ({"pk": dynamo.ABSENT}, {"by": by})
    try:
        dynamo.commit([Delete(key_of(tenant, position_id), when=mine)])
    except ConditionFailed:
        return
