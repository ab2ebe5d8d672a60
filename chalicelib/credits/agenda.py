"""Work of the credits domain, and all tenants' lots by their last day (keys: store.py)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from chalicelib.base import dynamo, keys, work
from chalicelib.base.dynamo import ANY, Condition, Delete, Key, Put
from chalicelib.credits import lots

QUEUE: Final = "credits"
# What belongs to all tenants together.
_ALL: Final = "_credits"


def task(
    tenant: str,
    name: str,
    now: datetime,
    *,
    start_at: datetime | None = None,
    when: Condition = ANY,
    **payload: Any,
) -> Put:
    """Work of this domain. The same name again is the same work."""
    pk = keys.pk(tenant, "CREDITS", "WORK")
    return work.row(
        QUEUE, pk, name, now, start_at=start_at, when=when, label=f"work:{name}", **payload
    )


def expiring(tenant: str, product: str, lot: str) -> Key:
    """Where the nightly run finds a lot by its last day."""
    last = lots.expiry_of(lot)
    assert last is not None
    return keys.pk(_ALL, "EXPIRING"), keys.sk(f"{last:%Y%m%d}", tenant, product, lot)


def will_expire(tenant: str, product: str, lot: str) -> Put:
    pk, sk = expiring(tenant, product, lot)
    item = {"pk": pk, "sk": sk, "tenant": tenant, "product": product, "lot": lot}
    return Put(item, when=ANY, label=f"expiring:{product}:{lot}")


def has_expired(tenant: str, product: str, lot: str) -> Delete:
    return Delete(expiring(tenant, product, lot), when=ANY, label=f"expiring:{product}:{lot}")


def expired_before(today: date) -> list[tuple[str, str, str]]:
    """(tenant, product, lot) of lots whose last day is over, earliest first."""
    found = dynamo.query(keys.pk(_ALL, "EXPIRING"), between=("0", f"{today:%Y%m%d}"))
    return [(item["tenant"], item["product"], item["lot"]) for item in found]
