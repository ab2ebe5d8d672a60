"""Great flows go to pagoPA as files: some thousand positions in one call, their outcomes later.

Source: openapi v2 of pagopa-gpd-upload: a ZIP with one JSON `{"paymentPositions": […]}`, 202 with
the file's address, a status to ask for, a report when it is done. What a file did not bring in, or
what was there before (the same file twice), is told one by one afterwards and looked at there.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from chalicelib.base import clock, config, dynamo, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Delete, Op, Update
from chalicelib.base.errors import Rejected, Transient
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.pagopa import client, connections, gpd, telling, told
from chalicelib.payments.pagopa.client import Access, Refused, Throttled
from chalicelib.payments.pagopa.connection import Connection
from chalicelib.payments.pagopa.told import Told
from chalicelib.payments.pagopa.working import Remaining, known_there, put_off
from chalicelib.payments.positions import counts, model, store
from chalicelib.payments.positions.counts import Change
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.states import UNPAID

_MEMBER: Final = "positions.json"
_FILE_ID: Final = re.compile(r"/file/([A-Za-z0-9_.-]{1,100})(?:/status)?/?$")
_RUNNING: Final = "IN_PROGRESS"
# Of each position in a file: its id, the version that the file is made of, and the blind index of
# the debtor's name that the file tells, "" before it does.
_Listed = tuple[str, int, str]


def _place(tenant: str, flow: str, number: int) -> Place:
    key = f"{tenant}/flows/{flow}/pagopa/{number:04d}.json"
    return Place(config.get("DOCUMENTS_BUCKET"), key)


def plan(job: Work, wakes: Wakes, now: datetime, _: Remaining) -> None:
    """Divide a flow into files; each has a row of its own. Transient `pagopa_files_early` while the
    list of the flow, which follows the table, does not show all of it yet."""
    tenant, name = job.tenant, str(job.item["flow"])
    flow = store.get_flow(tenant, name)
    assert flow is not None, name
    found = [one for _, one in store.list_positions(tenant, flow=name, page=limits.PAGE_ITEMS_MAX)]
    if len(found) < flow.made:
        raise Transient("pagopa_files_early", "The list of the flow is not whole yet.")
    open_ones = [(one.id, one.version, "") for one in found if one.state in UNPAID]
    rows: list[Op] = []
    for number, start in enumerate(range(0, len(open_ones), limits.PAGOPA_BULK_POSITIONS)):
        part = open_ones[start : start + limits.PAGOPA_BULK_POSITIONS]
        _list(_place(tenant, name, number), part)
        rows.append(
            work.row(
                telling.QUEUE, store.flow_partition(tenant, name), f"pagopa-file-{number:04d}",
                now, label=f"file:{number}", when=dynamo.ANY, task="pagopa_file", flow=name,
                number=number, file="", done=0,
            )
        )  # fmt: skip
    wakes.commit([*rows, job.done()])


def carry(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """One file: sent, asked for, its outcomes taken over as far as the time goes.

    Where the file as a whole is refused its positions are told one by one, so that each shows why.
    """
    tenant = job.tenant
    connection = connections.own(tenant)
    listed = _listed(tenant, job)
    if not connection.tells:
        dynamo.commit([Delete(job.key, when=dynamo.ANY, label="work")])
        return
    if connection.paused_until > clock.stamp(now):
        put_off(job, clock.parse(connection.paused_until), job.key[1])
        return
    try:
        access = connections.access(tenant, connection, "positions")
        if not job.item["file"]:
            _send(tenant, job, connection, access, listed, now)
            return
        found: Outcomes | None = _outcomes(connection, access, str(job.item["file"]))
    except Throttled as throttled:
        until = now + timedelta(seconds=throttled.seconds)
        connections.pause(tenant, connection, until)
        put_off(job, until, job.key[1])
        return
    except Rejected:
        found = NOTHING
    if found is None:
        put_off(job, now + timedelta(seconds=limits.PAGOPA_BULK_POLL_S), job.key[1])
        return
    _take_over(tenant, job, connection, listed, found, wakes, now, remaining_ms)


def _list(place: Place, listed: Sequence[_Listed]) -> None:
    s3.put(place, json.dumps(listed).encode(), "application/json")


def _listed(tenant: str, job: Work) -> list[_Listed]:
    found = json.loads(s3.get(_place_of(tenant, job)))
    return [(name, version, debtor) for name, version, debtor in found]


def _place_of(tenant: str, job: Work) -> Place:
    return _place(tenant, str(job.item["flow"]), int(job.item["number"]))


# ------------------------------------------------------------------ sent
def _send(
    tenant: str, job: Work, connection: Connection, access: Access, listed: Sequence[_Listed],
    now: datetime,
) -> None:  # fmt: skip
    body, day = bodies.get(tenant), clock.rome_day(now)
    # What is over has no place there any more.
    positions = [one for one in _untold(tenant, listed) if not model.is_over(one, day)]
    persons = due_store.get_persons(tenant, {one.person for one in positions})
    models = [gpd.written(body, persons[one.person], one, day) for one in positions]
    names = {
        one.id: told.debtor_of(tenant, model["fullName"])
        for one, model in zip(positions, models, strict=True)
    }
    # Before the file goes: GPD does not show the name that it was told.
    _list(_place_of(tenant, job), [(one, at, names.get(one, "")) for one, at, _ in listed])
    file = _upload(connection, access, models) if models else "none"
    change = Update(
        job.key,
        put={
            "file": file,
            "waits": True,
            "due": clock.stamp(now + timedelta(seconds=limits.PAGOPA_BULK_POLL_S)),
        },
        when=({"file": ""},),
        label="work",
    )
    dynamo.commit([change])


def _untold(tenant: str, listed: Iterable[_Listed]) -> Iterable[Position]:
    """Those that are as they were listed and that nobody told by themselves."""
    wanted = {name: version for name, version, _ in listed}
    found = dynamo.batch_get(
        key
        for name in wanted
        for key in (store.position_key(tenant, name), told.key_of(tenant, name))
    )
    for name, version in wanted.items():
        item = found.get(store.position_key(tenant, name))
        if item and item["version"] == version and told.key_of(tenant, name) not in found:
            yield store.read_position(item)


def packed(models: Sequence[Mapping[str, Any]]) -> bytes:
    """The ZIP of these positions; the same positions make the same bytes."""
    text = json.dumps({"paymentPositions": models}, ensure_ascii=False).encode()
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(_MEMBER), text, zipfile.ZIP_DEFLATED)
    return found.getvalue()


def _upload(connection: Connection, access: Access, models: Sequence[Mapping[str, Any]]) -> str:
    """The file's id at pagoPA. Raises as `client.call`, and Refused."""
    data = packed(models)
    mark = f"sportello-{hashlib.sha256(data).hexdigest()}"
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="positions.zip"\r\n'
        "Content-Type: application/zip\r\n\r\n"
    )
    form = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
    kind = f"multipart/form-data; boundary={mark}"
    reply = client.call(access, "POST", connection.files, raw=(kind, form))
    if reply.status != 202:
        raise Refused("pagopa_refused", reply.status, client.said(reply))
    found = _FILE_ID.search(reply.headers.get("location", ""))
    if found is None:
        raise Transient("pagopa_unavailable", "pagoPA took the file and did not say its name.")
    return found[1]


# ------------------------------------------------------------------ taken over
class Outcomes(NamedTuple):
    """Ids of positions: those that a file brought in, and those that were there before."""

    good: frozenset[str]
    there: frozenset[str]


NOTHING: Final = Outcomes(frozenset(), frozenset())


def _outcomes(connection: Connection, access: Access, file: str) -> Outcomes | None:
    """What became of a file's positions; None while it is being worked on."""
    if file == "none":
        return NOTHING
    reply = client.call(access, "GET", f"{connection.files}/{file}/status")
    if reply.status != 200:
        raise Refused("pagopa_refused", reply.status, client.said(reply))
    if client.needed(reply).get("operationStatus", _RUNNING) == _RUNNING:
        return None
    reply = client.call(
        access, "GET", f"{connection.files}/{file}/report", most_bytes=limits.PAGOPA_REPORT_BYTES
    )
    if reply.status == 425:
        return None
    if reply.status != 200:
        raise Refused("pagopa_refused", reply.status, client.said(reply))
    return brought_in(client.needed(reply))


def brought_in(report: Mapping[str, Any]) -> Outcomes:
    """Our positions that a report says to be there now; whatever it is written like, what it does
    not say clearly is not among them."""
    good, there = set[str](), set[str]()
    for entry in report.get("responses") or ():
        # The documents call them by two names.
        names = entry.get("iupds") or entry.get("requestIDs") or ()
        if entry.get("statusCode") in (200, 201):
            good.update(map(str, names))
        elif entry.get("statusCode") == 409:
            there.update(map(str, names))
    return Outcomes(frozenset(map(gpd.position_id, good)), frozenset(map(gpd.position_id, there)))


def _take_over(
    tenant: str, job: Work, connection: Connection, listed: Sequence[_Listed],
    outcomes: Outcomes, wakes: Wakes, now: datetime, remaining_ms: Remaining,
) -> None:  # fmt: skip
    names = {name: debtor for name, _, debtor in listed}
    for start in range(int(job.item["done"]), len(listed), limits.PAGOPA_BULK_AT_ONCE):
        if remaining_ms() < limits.REMAINING_MS:
            dynamo.commit([Update(job.key, put={"done": start}, label="work")])
            wakes.add(job.queue, job.key)
            return
        some = list(_untold(tenant, listed[start : start + limits.PAGOPA_BULK_AT_ONCE]))
        found = [
            _outcome(tenant, connection, one, names[one.id], now)
            if one.id in outcomes.good
            else _one_by_one(tenant, one, one.id in outcomes.there, now)
            for one in some
        ]
        try:
            if found:
                wakes.commit(_together(tenant, job, found))
        except ConditionFailed:
            # One of them was changed meanwhile: its own row tells it; the others one by one.
            for one in found:
                _commit_one(wakes, _together(tenant, job, [one]))
    dynamo.commit([Delete(job.key, when=dynamo.ANY, label="work")])


def _together(tenant: str, job: Work, found: Sequence[tuple[list[Op], list[Change]]]) -> list[Op]:
    changes = [change for _, some in found for change in some]
    ops = [op for group, _ in found for op in group]
    return [*ops, *counts.ops(tenant, changes, job.key[0])]


def _commit_one(wakes: Wakes, ops: Sequence[Op]) -> None:
    try:
        wakes.commit(ops)
    except ConditionFailed:
        return


def _one_by_one(
    tenant: str, position: Position, there: bool, now: datetime
) -> tuple[list[Op], list[Change]]:
    return [telling.again(tenant, position, now, look=there)], []


def _outcome(
    tenant: str, connection: Connection, position: Position, debtor: str, now: datetime
) -> tuple[list[Op], list[Change]]:
    outcome = Told(
        position.id, "told", connection.place, "VALID", position.version, clock.stamp(now),
        debtor=debtor,
    )  # fmt: skip
    ops: list[Op] = [told.put(tenant, outcome, "")]
    new = known_there(position, connection, "VALID")
    changes: list[Change] = []
    if new is not position:
        ops += store.changed(tenant, new, "published", clock.stamp(now), "pagopa", status="valid")
        changes.append((position, new))
    if (day := gpd.changes_on(new, clock.rome_day(now))) is not None:
        ops.append(telling.on_day(tenant, new, day, now, dynamo.NEW))
    return ops, changes


# And one that counts: their states are all that changes.
assert limits.PAGOPA_BULK_AT_ONCE * 4 + 1 <= limits.TRANSACTION_ITEMS
