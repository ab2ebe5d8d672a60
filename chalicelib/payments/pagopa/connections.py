"""How a body is joined to pagoPA, in the table; its subscription keys sealed and never shown.

T#<tenant>#BODY     CONNECTION#<creditor>
T#_house#PAGOPA     COLLECTS#<tenant>      who has to look for receipts, because pagoPA answers
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.base import clock, dynamo, fields, keys, limits, work
from chalicelib.base.dynamo import ConditionFailed, Delete, Item, Key, Op, Put, Update
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies
from chalicelib.payments.pagopa import client
from chalicelib.payments.pagopa.client import Access
from chalicelib.payments.pagopa.connection import (
    PRODUCTS,
    Connection,
    Environment,
    Mode,
    Product,
    is_broker,
)  # fmt: skip

QUEUE = "collect"


def _key(tenant: str, creditor: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("CONNECTION", creditor)


def get(tenant: str, creditor: str) -> Connection:
    """The setting; a body that said nothing answers the node and tells nothing."""
    item = dynamo.get(_key(tenant, creditor))
    return Connection(creditor) if item is None else _read(item)


def _read(item: Item) -> Connection:
    return Connection(**{name: value for name, value in item.items() if name not in ("pk", "sk")})


def own(tenant: str) -> Connection:
    """The setting of the tenant's body. NotFound where there is no body yet."""
    return get(tenant, bodies.get(tenant).fiscal_code)


def save(
    tenant: str, mode: Mode, environment: Environment, broker: str,
    given: Mapping[str, str | None], version: int, now: datetime, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Connection:  # fmt: skip
    """Say the setting on the `version` that was read. Of `given` keys None stays and "" goes.

    Where positions are told at another place afterwards, all that is open is told there, in the
    background. Rejected `pagopa_key_missing`, `pagopa_key_malformed`, `pagopa_broker_malformed`;
    Conflict. `also` joins the commit.
    """
    old = own(tenant)
    if version != old.version:
        raise Conflict()
    if not is_broker(broker):
        raise Rejected("pagopa_broker_malformed", "The broker's fiscal code is not right.")
    sealed = dict(old.keys)
    for product in PRODUCTS:
        text = given.get(product)
        if text is None:
            continue
        sealed.pop(product, None)
        if text:
            sealed[product] = fields.seal(tenant, "connection", old.creditor, product, _sound(text))
    new = replace(
        old, mode=mode, environment=environment, broker=broker, keys=sealed, paused_until="",
        version=old.version + 1,
    )  # fmt: skip
    if new.tells and "positions" not in sealed:
        raise Rejected("pagopa_key_missing", "pagoPA wants a subscription key.")
    ops: list[Op] = [_put(tenant, new, old.version), _looks(tenant, new), *also]
    if new.place != old.place:
        ops.append(retell(tenant, "open", str(new.version), now))
    try:
        wakes.commit(ops)
    except ConditionFailed as failed:
        raise Conflict() from failed
    return new


def _sound(text: str) -> str:
    if len(text) > limits.PAGOPA_KEY_CHARS or not (text.isascii() and text.isprintable()):
        raise Rejected("pagopa_key_malformed", "A subscription key is letters and digits.")
    return text


def _put(tenant: str, connection: Connection, old: int) -> Put:
    pk, sk = _key(tenant, connection.creditor)
    item = {name: getattr(connection, name) for name in connection.__dataclass_fields__}
    when: dynamo.Condition = ({"version": old},) if old else dynamo.NEW
    return Put(item | {"pk": pk, "sk": sk}, when=when, label="connection")


def _looks(tenant: str, connection: Connection) -> Op:
    pk, sk = keys.pk(keys.HOUSE, "PAGOPA"), keys.sk("COLLECTS", tenant)
    if connection.looks:
        return Put({"pk": pk, "sk": sk, "tenant": tenant}, when=dynamo.ANY, label="looks")
    return Delete((pk, sk), when=dynamo.ANY, label="looks")


def that_look() -> Iterator[str]:
    """The tenants that have to look for receipts themselves."""
    found = dynamo.query(keys.pk(keys.HOUSE, "PAGOPA"), prefix=keys.sk("COLLECTS", ""))
    return (str(item["tenant"]) for item in found)


def retell(tenant: str, what: str, name: str, now: datetime) -> Put:
    """The row that tells again whatever is "open", or was "refused"."""
    return work.row(
        QUEUE, keys.pk(tenant, "BODY"), f"retell-{what}-{name}", now, when=dynamo.ANY,
        task="pagopa_retell", what=what, after="",
    )  # fmt: skip


def pause(tenant: str, connection: Connection, until: datetime) -> None:
    """Nobody calls for this body before then; where two say so the later one holds."""
    text = clock.stamp(until)
    if text <= connection.paused_until:
        return
    change = Update(
        _key(tenant, connection.creditor), put={"paused_until": text},
        when=({"paused_until": dynamo.below(text)},), label="connection",
    )  # fmt: skip
    try:
        dynamo.commit([change])
    except ConditionFailed:
        return


def access(tenant: str, connection: Connection, product: Product) -> Access:
    """What opens one of pagoPA's products. Rejected `pagopa_key_missing`."""
    sealed = connection.keys.get(product)
    if sealed is None:
        raise Rejected("pagopa_key_missing", "There is no subscription key for it.")
    key = fields.unseal(tenant, "connection", connection.creditor, product, sealed)
    return client.access(connection, key)
