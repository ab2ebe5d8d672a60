"""Items of the audit trail, the worker that chains them, and the search.

pk T#<tenant>#AUDIT   sk W#audit#<name>   an act that waits to be chained (audit.entry)
pk T#<tenant>#TRAIL   sk E#<n>            entry n of the chain; in the index `list` by time
                      sk N#<name>         that the act of this name is in the chain; for
                                          AUDIT_NAME_DAYS, so that a repeat is recognised
                      sk HEAD             number and hash of the last entry

Of all functions only on_audit may write a TRAIL partition (.chalice/policies/).
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from chalicelib.accounts import audit, audit_check
from chalicelib.accounts.audit_check import Broken, Entry, Head
from chalicelib.base import clock, cursors, dynamo, keys, limits
from chalicelib.base.dynamo import ANY, ConditionFailed, Delete, Item, Key, Op, Put
from chalicelib.base.errors import Transient

_ENTRY, _ROW, _HEAD = "entry:", "row:", "head"
_NAME = "name:"


def trail(tenant: str) -> str:
    """The partition of the chain."""
    return keys.pk(tenant, "TRAIL")


def _key(tenant: str, *parts: str) -> Key:
    return trail(tenant), keys.sk(*parts)


# ------------------------------------------------------------------ the chain
def head(tenant: str) -> Head:
    item = dynamo.get(_key(tenant, "HEAD"))
    return Head(item["n"], item["hash"]) if item else Head()


def entries(tenant: str) -> Iterator[Entry]:
    """The whole chain, oldest first."""
    for item in dynamo.query(trail(tenant), prefix="E#"):
        yield _read(tenant, item)


def waiting(tenant: str, limit: int) -> list[Item]:
    """Acts that are not in the chain yet, oldest first."""
    found = dynamo.query(audit.partition(tenant), prefix=f"W#{audit.QUEUE}#", limit=limit)
    return sorted(found, key=lambda item: (item["at"], item["sk"]))


def verify(tenant: str, anchors: dict[int, str] | None = None) -> Broken | None:
    """The first broken entry of the stored chain, None when it is whole."""
    # The head first: what is chained meanwhile is then only too much, and is looked at again.
    known = head(tenant)
    found = audit_check.verify(tenant, itertools.islice(entries(tenant), known.n), known, anchors)
    if found is not None:
        return found
    after = next(iter(dynamo.query(trail(tenant), between=_after(known.n))), None)
    if after is not None and head(tenant).n == known.n:
        return Broken(known.n + 1, "added")
    return None


def _after(n: int) -> tuple[str, str]:
    return _place(n + 1), "E$"


def _place(n: int) -> str:
    return keys.sk("E", f"{n:012d}")


def _read(tenant: str, item: Item) -> Entry:
    return Entry(
        tenant=tenant,
        n=item["n"],
        at=item["at"],
        name=item["name"],
        said=item["said"],
        previous=item["previous"],
        hash=item["hash"],
        place=int(item["sk"].removeprefix("E#")),
        listed=item.get("list_sk", "") if item.get("list_pk") == item["pk"] else "",
    )


def chain(tenant: str, now: datetime) -> int:
    """Put every waiting act of the tenant into the chain, oldest first; gives how many it put.

    Any number of workers may do it at once, and each may die anywhere: an entry, the end of its
    row and the new head are one transaction on the head that was read. Transient
    `audit_busy`; `audit_head` parks the row for a person: the head is not that of the chain.
    """
    done = 0
    for _ in range(limits.AUDIT_ROUNDS):
        rows = waiting(tenant, limits.AUDIT_WAITING_READ)
        if not rows:
            return done
        done += _chain_all(tenant, rows, now)
    raise Transient("audit_busy", "Others write this trail, or more comes than is chained.")


def _chain_all(tenant: str, rows: Sequence[Item], now: datetime) -> int:
    """Until the first refusal: then what was read is old."""
    last, done = head(tenant), 0
    for start in range(0, len(rows), limits.AUDIT_CHAINED_AT_ONCE):
        part = rows[start : start + limits.AUDIT_CHAINED_AT_ONCE]
        new = list(_links(tenant, last, part))
        try:
            dynamo.commit(_appending(tenant, last, new, part, now))
        except ConditionFailed as failed:
            _recover(tenant, failed.found, part)
            return done
        done += len(part)
        last = Head(new[-1].n, new[-1].hash)
    return done


def _links(tenant: str, last: Head, rows: Iterable[Item]) -> Iterator[Entry]:
    for row in rows:
        entry = audit_check.link(tenant, last, row["at"], _name_of(row), row["said"])
        last = Head(entry.n, entry.hash)
        yield entry


def _name_of(row: Item) -> str:
    name: str = row["sk"].removeprefix(f"W#{audit.QUEUE}#")
    return name


def _appending(
    tenant: str, last: Head, new: Sequence[Entry], rows: Sequence[Item], now: datetime
) -> list[Op]:
    expires = int(now.timestamp()) + limits.AUDIT_NAME_DAYS * 86_400
    when: dynamo.Condition = ({"n": last.n, "hash": last.hash},) if last.n else dynamo.NEW
    end = {"n": new[-1].n, "hash": new[-1].hash, "at": clock.stamp(now)}
    ops: list[Op] = [Put(_item(_key(tenant, "HEAD"), **end), when=when, label=_HEAD)]
    for entry, row in zip(new, rows, strict=True):
        name = _item(_key(tenant, "N", entry.name), n=entry.n, expires=expires)
        ops += [
            put_entry(tenant, entry),
            Put(name, label=_NAME + entry.name),
            Delete((row["pk"], row["sk"]), label=_ROW + entry.name),
        ]
    return ops


def put_entry(tenant: str, entry: Entry) -> Put:
    pk = trail(tenant)
    item = _item(
        (pk, _place(entry.n)),
        n=entry.n,
        at=entry.at,
        name=entry.name,
        said=dict(entry.said),
        previous=entry.previous,
        hash=entry.hash,
        list_pk=pk,
        list_sk=entry.listed,
    )
    return Put(item, label=_ENTRY + entry.name)


def _item(key: Key, **values: Any) -> Item:
    return {"pk": key[0], "sk": key[1], **values}


def _recover(tenant: str, found: dict[str, Item | None], rows: Sequence[Item]) -> None:
    """What a refusal tells: acts that are in the chain already lose their rows; an entry where the
    head says that there is none is nothing that we did."""
    if any(label.startswith(_ENTRY) for label in found) and _HEAD not in found:
        raise Transient("audit_head", "The head is not that of the chain.", park=True)
    known = {label.removeprefix(_NAME) for label in found if label.startswith(_NAME)}
    repeated = [row for row in rows if _name_of(row) in known]
    if repeated and _HEAD not in found:
        dynamo.commit([Delete((row["pk"], row["sk"]), when=ANY) for row in repeated])


# ------------------------------------------------------------------ search
@dataclass(frozen=True)
class Wanted:
    """All given ones must hold. `since` and `until` are stamps, `until` not included; `what` is
    `<entity>:<id>` or an entity alone."""

    since: str = ""
    until: str = ""
    actor: str = ""
    action: str = ""
    what: str = ""

    def hash(self) -> str:
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Page:
    """`waiting`: acts that are not in the chain yet, on the first page only. `cursor` "" at the
    end; a page may be short, even empty, and still have one."""

    entries: tuple[Entry, ...]
    waiting: tuple[Item, ...]
    cursor: str


def search(tenant: str, wanted: Wanted, cursor: str, limit: int) -> Page:
    """Newest first. Rejected `cursor_invalid`."""
    after = cursors.read(cursor, wanted.hash())
    rows = () if after else _waiting(tenant, wanted)
    found: list[Entry] = []
    for seen, entry in enumerate(_candidates(tenant, wanted, after, limit), 1):
        if _matches(wanted, entry.at, entry.said):
            found.append(entry)
        if len(found) == limit or seen == limits.FILTER_READ_ITEMS:
            return Page(tuple(found), rows, cursors.write(entry.listed, wanted.hash()))
    return Page(tuple(found), rows, "")


def _waiting(tenant: str, wanted: Wanted) -> tuple[Item, ...]:
    rows = waiting(tenant, limits.AUDIT_WAITING_READ)
    return tuple(row for row in reversed(rows) if _matches(wanted, row["at"], row["said"]))


def _candidates(tenant: str, wanted: Wanted, after: str, limit: int) -> Iterator[Entry]:
    low, high = wanted.since or "0", wanted.until or "9"
    if after:
        high = min(high, after)
    if low > high:
        return
    found = dynamo.query(
        trail(tenant),
        between=(low, high),
        index="list",
        descending=True,
        page=max(limit, 25),
    )
    for item in found:
        if item["list_sk"] != after:
            yield _read(tenant, item)


def _matches(wanted: Wanted, at: str, said: Mapping[str, Any]) -> bool:
    what = said["what"]
    return (
        (not wanted.since or at >= wanted.since)
        and (not wanted.until or at < wanted.until)
        and (not wanted.actor or said["actor"]["id"] == wanted.actor)
        and (not wanted.action or said["action"] == wanted.action)
        and (not wanted.what or wanted.what in (what, what.partition(":")[0]))
    )
