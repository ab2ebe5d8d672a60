"""What a body wants of delivery: channels that are on by request, and mail after payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from chalicelib.base import dynamo
from chalicelib.base.dynamo import ConditionFailed, Op, Put
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.payments.delivery import registry, store

Leg = Literal["mail", "pec"]
LEGS: Final[tuple[Leg, ...]] = ("mail", "pec")


@dataclass(frozen=True)
class Wishes:
    """`enabled`: channels on request that were switched on (F001-075). `receipts`: the account by
    which a citizen gets his receipt after payment, by leg; without one he gets none."""

    enabled: tuple[str, ...] = ()
    receipts_mail: str = ""
    receipts_pec: str = ""
    version: int = 0


def get(tenant: str) -> Wishes:
    item = dynamo.get(store.wishes_key(tenant))
    if item is None:
        return Wishes()
    found = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return Wishes(**found | {"enabled": tuple(item["enabled"])})


def save(tenant: str, wanted: Wishes, also: Sequence[Op] = ()) -> Wishes:
    """Say who sends receipts, on the version that was read; what is enabled stays.

    Rejected as `accounts.require` for an account that is not there; Conflict. NotFound of a tenant
    that is no body.
    """
    from chalicelib.payments import bodies
    from chalicelib.payments.delivery.mail import accounts

    bodies.get(tenant)

    for leg, code in (("mail", wanted.receipts_mail), ("pec", wanted.receipts_pec)):
        if code:
            accounts.require(tenant, code, leg)
    return _save(tenant, replace(wanted, enabled=get(tenant).enabled), also)


def enable(tenant: str, channel: str, on: bool, also: Sequence[Op] = ()) -> Wishes:
    """Switch a channel on or off for a body, as it was agreed with it; `members:opi` is one
    profession of a channel. Rejected as `find`."""
    registry.find(channel.partition(":")[0])
    old = get(tenant)
    names = {*old.enabled, channel} if on else set(old.enabled) - {channel}
    return _save(tenant, replace(old, enabled=tuple(sorted(names))), also)


def require(tenant: str, name: str) -> None:
    """Rejected `channel_not_enabled` (409) where it was not switched on."""
    if name not in get(tenant).enabled:
        raise Rejected(
            "channel_not_enabled", "This channel is switched on when it is asked for.",
            status=409, channel=name,
        )  # fmt: skip


def _save(tenant: str, wanted: Wishes, also: Sequence[Op]) -> Wishes:
    pk, sk = store.wishes_key(tenant)
    item = asdict(wanted) | {
        "pk": pk, "sk": sk, "enabled": list(wanted.enabled), "version": wanted.version + 1,
    }  # fmt: skip
    when: dynamo.Condition = ({"version": wanted.version},) if wanted.version else dynamo.NEW
    try:
        dynamo.commit([Put(item, when=when, label="wishes"), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(wanted, version=wanted.version + 1)
