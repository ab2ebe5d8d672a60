"""Items of the messages domain: the legs of a work row, and the digest's entries.

pk T#<t>#D#<id>          sk W#tell#<version>   legs {leg: {state, at}}, one change
pk T#<t>#DIGEST#<slot>   sk W#tell#digest      the same for a digest, with `entries`
                         sk E#<id>#<version>   a change waiting for that digest
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chalicelib.base import clock, dynamo, keys, work
from chalicelib.base.dynamo import ANY, Delete, Item, Key, Op, Put, Update
from chalicelib.base.work import Work

Legs = dict[str, dict[str, str]]


def digest_partition(tenant: str, slot: str) -> str:
    return keys.pk(tenant, "DIGEST", slot)


def entry(tenant: str, slot: str, document: str, version: int) -> Put:
    item = {
        "pk": digest_partition(tenant, slot),
        "sk": keys.sk("E", document, f"{version:06d}"),
        "document": document,
        "version": version,
    }
    return Put(item, when=ANY, label="entry")


def entries(tenant: str, slot: str, limit: int) -> list[Item]:
    return list(dynamo.query(digest_partition(tenant, slot), prefix="E#", limit=limit))


def plan_digest(tenant: str, slot: str, ends: datetime, now: datetime) -> Update:
    """Make the digest's work if it is not there; count the entry either way."""
    planned = work.row(
        "tell", digest_partition(tenant, slot), "digest", now, start_at=ends, slot=slot
    )
    fields = {name: value for name, value in planned.item.items() if name not in ("pk", "sk")}
    return Update(planned.key, default=fields, add={"added": 1}, when=ANY, label="digest")


def drop_entries(tenant: str, slot: str, sks: Iterable[str]) -> list[Op]:
    pk = digest_partition(tenant, slot)
    return [Delete((pk, one), when=ANY) for one in sks]


def save_legs(job: Work, old: Legs, legs: Legs, **more: Any) -> Update:
    """Write the legs back, only if nobody else did since they were read."""
    when: dynamo.Condition = (
        ({"legs": old},) if old else ({"legs": dynamo.ABSENT, "pk": dynamo.PRESENT},)
    )
    return Update(job.key, put={"legs": legs, **more}, when=when, label="legs")


def seen(key: Key, leg: str, at: datetime) -> Update:
    """SES says that the mail of this leg went out."""
    return Update(key, put={f"seen_{leg}": clock.stamp(at)}, label="seen")
