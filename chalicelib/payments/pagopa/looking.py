"""Receipts that pagoPA has and we do not: looked for at each access, fetched one by one.

    look       whoever opens a page asks for it; every PAGOPA_LOOK_PAUSE_S at most (F001-178).
               By night for those whose pages nobody opened
    search     what is new since the last look, by GPD's list
    fetch      one receipt that was found there
    missing    one that a settlement flow proves, to be had from Biz Events within its limits

T#<tenant>#BODY            LOOK#<creditor>   when it was looked last, and from which day on
T#<tenant>#BODY            BIZ#<creditor>    calls of Biz Events in the present hour
T#<tenant>#NOTICE#<iuv>    FETCHED           GPD's receipt of that notice is here
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.base import clock, dynamo, keys, limits, work
from chalicelib.base.dynamo import ConditionFailed, Delete, Key, Op, Put, Update
from chalicelib.base.errors import NotFound, Rejected, Transient
from chalicelib.base.net import Reply
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.pagopa import client, connections
from chalicelib.payments.pagopa.client import Throttled
from chalicelib.payments.pagopa.connection import BIZ, RECEIPTS, Connection, Product
from chalicelib.payments.pagopa.working import Remaining, put_off
from chalicelib.payments.receipts import service

_OVERLAP: Final = timedelta(days=1)  # a receipt may come into the list after later ones
_ROWS: Final = 25


@dataclass(frozen=True)
class Looked:
    """The last look: `at` "" for never; `code`: why it found nothing out, "" when it did."""

    at: str = ""
    code: str = ""


def _look_key(tenant: str, creditor: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("LOOK", creditor)


def looked(tenant: str, creditor: str) -> Looked:
    """When it was looked last and what came of it."""
    item = dynamo.get(_look_key(tenant, creditor)) or {}
    return Looked(item.get("at", ""), item.get("code", ""))


def look(tenant: str, now: datetime, wakes: Wakes) -> bool:
    """Look for new receipts in the background, unless that was done a moment ago or pagoPA brings
    them by itself; whether it was planned. For whoever opens a page: cheap, and never fails."""
    try:
        connection = connections.own(tenant)
    except NotFound:
        return False
    if not connection.looks:
        return False
    pk, sk = _look_key(tenant, connection.creditor)
    there = dynamo.get((pk, sk))
    if there is not None:
        pause = timedelta(seconds=limits.PAGOPA_LOOK_PAUSE_S)
        if now < clock.parse(there["at"]) + pause:
            return False
    item = {
        "pk": pk, "sk": sk, "at": clock.stamp(now), "code": there["code"] if there else "",
        "since": there["since"] if there else "",
    }  # fmt: skip
    same: dynamo.Condition = ({"at": there["at"]},) if there else dynamo.NEW
    row = work.row(
        connections.QUEUE, pk, f"look-{connection.creditor}", now, when=dynamo.ANY,
        task="pagopa_look", page=0,
    )  # fmt: skip
    try:
        wakes.commit([Put(item, when=same, label="look"), row])
    except ConditionFailed:
        return False  # somebody else opened a page at the same moment
    return True


def look_everywhere(now: datetime, wakes: Wakes) -> int:
    """The same for every body that has to look: on days on which nobody opens a page, too. Gives
    how many looks were planned; twice is the same."""
    return sum(look(tenant, now, wakes) for tenant in connections.that_look())


def search(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Plan the fetching of each receipt that is new, page by page as far as the time goes."""
    tenant = job.tenant
    connection = connections.own(tenant)
    there = dynamo.get(_look_key(tenant, connection.creditor))
    today = clock.rome_day(now)
    since = (there or {}).get("since") or str(today - timedelta(days=limits.PAGOPA_LOOK_DAYS))
    codes = frozenset(one.code for one in bodies.get(tenant).segregations)
    page = int(job.item["page"])
    while True:
        query = {
            "from": f"{since}T00:00:00", "to": f"{today}T23:59:59", "pageNum": str(page),
            "pageSize": str(limits.PAGOPA_RECEIPT_PAGE),
        }  # fmt: skip
        path = f"{RECEIPTS}/payments/{connection.creditor}/receipts"
        try:
            reply = _asked(job, connection, "receipts", path, now, query)
        except Rejected as refused:
            _end(job, connection, refused.code, {})
            return
        if reply is None:
            return
        found = {} if reply.status == 404 else client.needed(reply)
        _plan(tenant, _numbers(found, codes), wakes, now)
        page += 1
        if page >= int(found.get("totalPages") or 0):
            _end(job, connection, "", {"since": str(today - _OVERLAP)})
            return
        if remaining_ms() < limits.REMAINING_MS:
            dynamo.commit([Update(job.key, put={"page": page}, label="work")])
            wakes.add(job.queue, job.key)
            return


def _end(job: Work, connection: Connection, code: str, more: dict[str, Any]) -> None:
    change = Update(_look_key(job.tenant, connection.creditor), put={"code": code, **more})
    dynamo.commit([change, Delete(job.key, when=dynamo.ANY, label="work")])


def _numbers(found: dict[str, Any], codes: frozenset[str]) -> list[str]:
    """The IUVs of a page, of those that are ours to collect on."""
    listed = [str(one.get("iuv", "")) for one in found.get("results") or () if one]
    return list(dict.fromkeys(one for one in listed if one[:2] in codes))


def _plan(tenant: str, numbers: Sequence[str], wakes: Wakes, now: datetime) -> None:
    here = dynamo.batch_get(_fetched_key(tenant, one) for one in numbers)
    new = [one for one in numbers if _fetched_key(tenant, one) not in here]
    for start in range(0, len(new), _ROWS):
        rows = [
            work.row(
                connections.QUEUE, _fetched_key(tenant, one)[0], "receipt", now, label=one,
                when=dynamo.ANY, task="pagopa_receipt", iuv=one,
            )
            for one in new[start : start + _ROWS]
        ]  # fmt: skip
        wakes.commit(rows)


def _fetched_key(tenant: str, iuv: str) -> Key:
    return keys.pk(tenant, "NOTICE", iuv), keys.sk("FETCHED")


def _asked(
    job: Work, connection: Connection, product: Product, path: str, now: datetime,
    query: dict[str, str] | None = None, accept: str = "application/json",
) -> Reply | None:  # fmt: skip
    """A good answer or a 404; None when the row was put off. Rejected for whatever else."""
    tenant = job.tenant
    access = connections.access(tenant, connection, product)
    try:
        reply = client.call(
            access, "GET", path, query=query, accept=accept,
            most_bytes=limits.PAGOPA_RECEIPT_BYTES,
        )  # fmt: skip
    except Throttled as throttled:
        put_off(job, now + timedelta(seconds=throttled.seconds), path)
        return None
    # 422: it is known, and cannot be told yet.
    if reply.status in (200, 404):
        return reply
    if reply.status == 422:
        return Reply(404, reply.headers, reply.body)
    raise client.Refused("pagopa_refused", reply.status, client.said(reply))


# ------------------------------------------------------------------ one receipt
def fetch(job: Work, wakes: Wakes, now: datetime, _: Remaining) -> None:
    """One receipt of GPD, recorded; one that is not there after all is found by the next look."""
    from chalicelib.payments.pagopa import receipts

    tenant, iuv = job.tenant, str(job.item["iuv"])
    connection = connections.own(tenant)
    path = f"{RECEIPTS}/payments/{connection.creditor}/receipts/{iuv}"
    end = Delete(job.key, when=dynamo.ANY, label="work")
    try:
        reply = _asked(job, connection, "receipts", path, now, accept="application/xml")
        if reply is None:
            return
        if reply.status == 404:
            dynamo.commit([end])
            return
        receipt = receipts.from_gpd(reply.body, now)
        service.record(tenant, receipt, reply.body, now, wakes)
    except Rejected as refused:
        raise _for_a_person(refused) from refused
    pk, sk = _fetched_key(tenant, iuv)
    mark = {"pk": pk, "sk": sk, "receipt": receipt.id, "at": clock.stamp(now)}
    dynamo.commit([Put(mark, when=dynamo.ANY, label="fetched"), end])


def _for_a_person(refused: Rejected) -> Transient:
    """Parked, with an alarm: money came, and only a person can see what is wrong with its proof."""
    return Transient(refused.code, refused.message, park=True)


# ------------------------------------------------------------------ Biz Events
def missing(tenant: str, creditor: str, receipt_id: str, now: datetime) -> list[Op]:
    """The row that fetches a receipt which a settlement flow proves and nobody brought; nothing
    where the body has no key of Biz Events. Part of the commit that finds it missing."""
    if "biz" not in connections.get(tenant, creditor).keys:
        return []
    partition = keys.pk(tenant, "RECEIPT", receipt_id)
    return [
        work.row(
            connections.QUEUE, partition, f"biz-{creditor}", now, when=dynamo.ANY,
            label=f"biz:{receipt_id}", task="pagopa_biz", creditor=creditor, receipt=receipt_id,
        )
    ]  # fmt: skip


def recover(job: Work, wakes: Wakes, now: datetime, _: Remaining) -> None:
    """One receipt of Biz Events, if it is still missing and one of the hour's calls is left.

    Transient `pagopa_receipt_unknown` while Biz Events does not have it either: tried for some
    hours, then parked for a person.
    """
    from chalicelib.payments.pagopa import receipts

    tenant, creditor, name = job.tenant, str(job.item["creditor"]), str(job.item["receipt"])
    end = Delete(job.key, when=dynamo.ANY, label="work")
    try:
        service.get(tenant, name, creditor)
    except NotFound:
        pass
    else:
        dynamo.commit([end])
        return
    connection = connections.get(tenant, creditor)
    if (wait := take_slot(tenant, creditor, now)) is not None:
        put_off(job, wait, name)
        return
    path = f"{BIZ}/organizations/{creditor}/receipts/{name}"
    try:
        reply = _asked(job, connection, "biz", path, now)
        if reply is None:
            return
        if reply.status == 404:
            raise Transient("pagopa_receipt_unknown", "Biz Events does not have it yet.")
        service.record(tenant, receipts.from_biz(reply.body, now), reply.body, now, wakes)
    except Rejected as refused:
        raise _for_a_person(refused) from refused
    dynamo.commit([end])


def take_slot(tenant: str, creditor: str, now: datetime) -> datetime | None:
    """Take one of the hour's calls: None when there was one, else when there will be.

    Conflict when somebody took one at the same moment.
    """
    pk, sk = keys.pk(tenant, "BODY"), keys.sk("BIZ", creditor)
    there = dynamo.get((pk, sk))
    window = timedelta(seconds=limits.BIZ_WINDOW_S)
    if there is None or clock.parse(there["opened"]) + window <= now:
        item = {"pk": pk, "sk": sk, "opened": clock.stamp(now), "count": 1}
        same: dynamo.Condition = ({"opened": there["opened"]},) if there else dynamo.NEW
        dynamo.commit([Put(item, when=same, label="slot")])
        return None
    if there["count"] >= limits.BIZ_CALLS:
        return clock.parse(there["opened"]) + window
    same = ({"opened": there["opened"], "count": there["count"]},)
    dynamo.commit([Update((pk, sk), add={"count": 1}, when=same, label="slot")])
    return None
