"""Who signs for whom: the house, or a key that the operator has bound to a reseller or a customer.

A practice or a body may have one bound to it just as a reseller; for a body's books the house's own
key never stands in.

    pk T#<tenant>#SIGNER  sk FOR#<customer>   kind, open, sealed, version, by, at ("" all customers)

The customer's own key comes before the reseller's, and that before the house's. Only the operator
binds, because whoever binds a key lets it be used in its holder's name. What is secret (a PIN, a
password) is sealed for the tenant; certificates and addresses are not. Bound again, the workers
follow within limits.SIGNER_AGE_S.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.base import clock, dynamo, keys, limits, secrets
from chalicelib.base.dynamo import ConditionFailed, Delete, Item, Key, Put
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.invoicing.signing import signers
from chalicelib.invoicing.signing.holder import Signer

# A PKCS#12 file is larger than what KMS seals directly, and the house has a place for one.
KINDS = ("kms", "csc")


@dataclass(frozen=True)
class Mandate:
    """`customer` "" is for all of the reseller's who have none of their own. `open` is the part
    of the configuration (signing.signers.open_signer) that is no secret."""

    tenant: str
    customer: str
    kind: str
    open: Mapping[str, str] = field(repr=False)
    sealed: bytes = field(repr=False)
    version: int
    by: str
    at: str


def _partition(tenant: str) -> str:
    return keys.pk(tenant, "SIGNER")


def _key(tenant: str, customer: str) -> Key:
    return _partition(tenant), keys.sk("FOR", customer)


# --- what the operator does ---------------------------------------------------------------------
def bind(
    tenant: str,
    customer: str,
    config: Mapping[str, str],
    by: str,
    now: datetime,
    trail: Sequence[Put] = (),
) -> Mandate:
    """Let a signer sign for a reseller, or for one of his customers, in the place of any other.

    It is opened first: what does not work is not bound. `trail` is written with it, or not at
    all. Raises NotFound, Rejected `signer_config`
    (`reason` names what is missing, unknown or too long) and as signers.open_signer, and Conflict
    when somebody else was faster.
    """
    accounts.get_reseller(tenant)
    if customer:
        accounts.get_customer(tenant, customer)
    kind = _checked(config)
    signers.open_signer(config).valid_at(now)
    secret = {name: config[name] for name in sorted(signers.SECRET[kind]) if name in config}
    old = dynamo.get(_key(tenant, customer))
    mandate = Mandate(
        tenant=tenant,
        customer=customer,
        kind=kind,
        open={name: config[name] for name in sorted(signers.OPEN[kind]) if name in config},
        sealed=secrets.seal(tenant, json.dumps(secret)) if secret else b"",
        version=old["version"] + 1 if old else 1,
        by=by,
        at=clock.stamp(now),
    )
    when = ({"version": old["version"]},) if old else dynamo.NEW
    _commit([Put(_item(mandate), when=when, label="signer"), *trail])
    return mandate


def release(tenant: str, customer: str, trail: Sequence[Put] = ()) -> None:
    """The next one signs again: the reseller's for a customer, the house. NotFound when none is
    bound."""
    old = dynamo.get(_key(tenant, customer))
    if old is None:
        raise NotFound("signer")
    same = ({"version": old["version"]},)
    _commit([Delete(_key(tenant, customer), when=same, label="signer"), *trail])


def listed(tenant: str) -> list[Mandate]:
    """All of a reseller's, his own first."""
    found = dynamo.query(_partition(tenant), limit=limits.SIGNERS_OF_RESELLER)
    return [_read(tenant, item) for item in found]


def _commit(ops: Sequence[Put | Delete]) -> None:
    try:
        dynamo.commit(ops)
    except ConditionFailed as failed:
        raise Conflict(
            "signer_changed", "Somebody else changed it meanwhile: look again."
        ) from failed
    forget()


def _checked(config: Mapping[str, str]) -> str:
    kind = config.get("signer", "")
    if kind not in KINDS:
        raise _bad("signer")
    known = {"signer", *signers.OPEN[kind], *signers.SECRET[kind]}
    for name, value in config.items():
        if name not in known or not isinstance(value, str):
            raise _bad(name)
    for part, limit_bytes in (
        (signers.OPEN[kind], limits.SIGNER_PUBLIC_BYTES),
        (signers.SECRET[kind], limits.SIGNER_SECRET_BYTES),
    ):
        size = len(json.dumps({name: config[name] for name in part if name in config}))
        if size > limit_bytes:
            raise _bad("too long")
    return kind


def _bad(reason: str) -> Rejected:
    return Rejected("signer_config", "The configuration of the signer is not whole.", reason=reason)


def _item(mandate: Mandate) -> Item:
    pk, sk = _key(mandate.tenant, mandate.customer)
    item: dict[str, Any] = {**vars(mandate), "open": dict(mandate.open)}
    del item["tenant"]
    return {**item, "pk": pk, "sk": sk}


def _read(tenant: str, item: Item) -> Mandate:
    names = [name for name in Mandate.__dataclass_fields__ if name != "tenant"]
    return Mandate(tenant=tenant, **{name: item[name] for name in names})


# --- what the worker does -----------------------------------------------------------------------
@dataclass
class _Kept:
    """What was found for a customer, and when."""

    looked_at: datetime
    mandate: Mandate | None


_found: dict[tuple[str, str], _Kept] = {}
_opened: dict[tuple[str, str], tuple[int, str, Signer]] = {}
_lock = threading.Lock()


def signer_for(tenant: str, customer: str) -> Signer | None:
    """The signer bound to a customer or else to his reseller; None: the house signs.

    Kept open until it is bound anew. Raises as signers.open_signer.
    """
    with _lock:
        mandate = _mandate(tenant, customer)
        if mandate is None:
            return None
        key = tenant, mandate.customer
        kept = _opened.get(key)
        # The instant as well: a mandate may have been ended and made again as the first version.
        if kept and kept[:2] == (mandate.version, mandate.at):
            return kept[2]
        signer = signers.open_signer(_config(mandate))
        _opened[key] = mandate.version, mandate.at, signer
        return signer


def is_bound(tenant: str, customer: str = "") -> bool:
    """Whether `signer_for` would find one; it is not opened, which may cost calls."""
    with _lock:
        return _mandate(tenant, customer) is not None


def forget() -> None:
    """Look again when next asked."""
    _found.clear()
    _opened.clear()


def _mandate(tenant: str, customer: str) -> Mandate | None:
    now = clock.now()
    kept = _found.get((tenant, customer))
    # A clock that was set back must not make it last for ever.
    if kept and abs(now - kept.looked_at) < timedelta(seconds=limits.SIGNER_AGE_S):
        return kept.mandate
    wanted = [_key(tenant, each) for each in dict.fromkeys((customer, ""))]
    there = dynamo.batch_get(wanted)
    item = next((there[key] for key in wanted if key in there), None)
    mandate = _read(tenant, item) if item else None
    if len(_found) >= limits.SIGNERS_OF_RESELLER:
        _found.clear()  # a worker that lives long sees many customers
    _found[tenant, customer] = _Kept(now, mandate)
    return mandate


def _config(mandate: Mandate) -> dict[str, str]:
    config = {"signer": mandate.kind, **mandate.open}
    if mandate.sealed:
        config |= json.loads(secrets.unseal(mandate.tenant, mandate.sealed))
    return config
