"""Reconciliation under /v1/body/reconciliation: collections, the inbox, flows.

Movements are in api_movements, statements in api_statements. Whoever opens a list makes new
receipts and flows be looked for, at most every few minutes (F001-178).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from chalice.app import Blueprint

from chalicelib.accounting import (
    fetching,
    flow_intake,
    inbox,
    labels,
    reports,
    settled,
    store,
    summing,
)
from chalicelib.accounting.inbox import Entry
from chalicelib.accounting.reports import Row, Wanted
from chalicelib.accounting.settled import Settled
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, cursors, ids, limits, s3, work
from chalicelib.base.errors import NotFound
from chalicelib.entry import acting
from chalicelib.entry import reconciliation_shapes as shapes
from chalicelib.entry.dues_shapes import Link
from chalicelib.entry.web import Request, route
from chalicelib.payments.pagopa import looking

bp = Blueprint(__name__)
_ROOT = "/v1/body/reconciliation"
_TEXTS = {**labels.NOTES, **labels.FLOW, **labels.MATCH}
_DAYS = timedelta(days=90)


def _today() -> date:
    return clock.rome_day(clock.now())


def _texts(found: Iterable[str]) -> list[shapes.LabelText]:
    return [
        shapes.LabelText.model_validate(vars(_TEXTS[name]))
        for name in sorted(set(found))
        if name in _TEXTS
    ]


def _look(tenant: str) -> bool:
    with work.waking() as wakes:
        looking.look(tenant, clock.now(), wakes)
        return fetching.look(tenant, clock.now(), wakes)


# ------------------------------------------------------------------ the setting
def _setting(tenant: str, found: fetching.Setting) -> shapes.ReconciliationSetting:
    looked = fetching.looked(tenant)
    return shapes.ReconciliationSetting(
        way=found.way, broker=found.broker, station=found.station, key="key" in found.secrets,
        password="password" in found.secrets, letters=found.letters,
        recipients=list(fetching.recipients(tenant, found)),
        stand_in_days=found.stand_in_days, looked_at=looked.at, look_code=looked.code,
        version=found.version,
    )  # fmt: skip


@route(
    bp, "GET", f"{_ROOT}/setting", "body:read", "How settlement flows are asked for",
    shapes.ReconciliationSetting,
)  # fmt: skip
def get_reconciliation_setting(request: Request) -> shapes.ReconciliationSetting:
    tenant = request.caller.tenant
    return _setting(tenant, fetching.get_setting(tenant))


@route(
    bp, "PUT", f"{_ROOT}/setting", "body:write", "Say how settlement flows are asked for",
    shapes.ReconciliationSetting, body=shapes.NewReconciliationSetting,
)  # fmt: skip
def save_reconciliation_setting(request: Request) -> shapes.ReconciliationSetting:
    said, tenant = request.body.model_dump(), request.caller.tenant
    given = {name: said.pop(name) for name in fetching.SECRETS}
    record = acting.entry(request, Action.BODY_CHANGED, "body:reconciliation", mode=said["way"])
    named = said.pop("recipients")
    new = fetching.save_setting(tenant, fetching.Setting(**said), given, named, [record])
    return _setting(tenant, new)


@route(
    bp, "POST", f"{_ROOT}/look", "body:write", "Look for new flows and receipts now",
    shapes.Looking, status=202,
)  # fmt: skip
def look_for_flows(request: Request) -> shapes.Looking:
    return shapes.Looking(begun=_look(request.caller.tenant))


# ------------------------------------------------------------------ collections
def _wanted(query: Any) -> Wanted:
    return Wanted(
        query.paid_from, query.paid_until, query.banked_from, query.banked_until,
        query.tax_code.upper(), query.iuv, query.flow, query.label,
    )  # fmt: skip


def _collection(row: Row) -> shapes.Collection:
    one = row.payment
    return shapes.Collection(
        iuv=one.iuv, iur=one.iur, transfer=one.transfer, cents=one.cents, state=one.state,
        labels=list(one.labels), overdue=one.overdue, name=row.name, tax_code=row.tax_code,
        paid_day=row.paid_day, bank_day=row.bank_day, fee_cents=row.fee_cents,
        channel=row.channel, method=row.method, psp=row.psp, flow_id=one.flow_id,
        flow=row.flow.name if row.flow else "", position=row.position, origin=row.origin,
        reopened=row.reopened,
    )  # fmt: skip


@route(
    bp, "GET", f"{_ROOT}/collections", "body:read", "Collections, reported and not",
    shapes.Collections, query=shapes.CollectionsQuery,
)  # fmt: skip
def list_collections(request: Request) -> shapes.Collections:
    query, tenant = request.query, request.caller.tenant
    _look(tenant)
    found, cursor = reports.list_payments(
        tenant, _wanted(query), query.cursor, query.limit, _today()
    )
    if found:
        acting.read(request, Action.POSITION_READ, "collections", count=len(found))
    return shapes.Collections(
        collections=[_collection(one) for one in found],
        labels=_texts(label for one in found for label in one.payment.labels),
        cursor=cursor or None,
    )


def _entry(one: Entry) -> shapes.InboxEntry:
    flow = one.flow or (one.row.flow if one.row else None)
    named = one.movement.found.flow_id or one.movement.found.read_id if one.movement else ""
    return shapes.InboxEntry(
        kind=one.kind, id=one.id, day=one.day, cents=one.cents, labels=list(one.labels),
        overdue=one.overdue, flow_id=flow.flow_id if flow else named,
        flow=flow.name if flow else "", position=one.row.position if one.row else "",
        text=one.movement.text if one.movement else "", name=one.row.name if one.row else "",
        tax_code=one.row.tax_code if one.row else "",
    )  # fmt: skip


@route(
    bp, "GET", f"{_ROOT}/inbox", "body:read", "What needs somebody to look at it", shapes.Inbox,
    query=shapes.InboxQuery,
)  # fmt: skip
def reconciliation_inbox(request: Request) -> shapes.Inbox:
    query, tenant = request.query, request.caller.tenant
    _look(tenant)
    found, cursor = inbox.look_through(
        tenant, _wanted(query), query.kind, query.cursor, query.limit, _today()
    )
    if found:
        acting.read(request, Action.POSITION_READ, "inbox", count=len(found))
    return shapes.Inbox(
        entries=[_entry(one) for one in found],
        labels=_texts(label for one in found for label in one.labels),
        cursor=cursor or None,
    )


@route(
    bp, "GET", f"{_ROOT}/summary", "body:read", "How much is matched, posted, open, anomalous",
    shapes.ReconciliationSummary, query=shapes.PeriodQuery,
)  # fmt: skip
def reconciliation_summary(request: Request) -> shapes.ReconciliationSummary:
    query, tenant, today = request.query, request.caller.tenant, _today()
    _look(tenant)
    until = query.until or today
    found = summing.summary(tenant, query.since or until - _DAYS, until, today)
    return shapes.ReconciliationSummary.model_validate(vars(found) | {"money": vars(found.money)})


# ------------------------------------------------------------------ flows
def _flow(flow: Settled) -> dict[str, Any]:
    stands, sums = settled.standing(flow), flow.sums.cents
    return {
        "id": flow.name, "flow_id": flow.flow_id, "psp": flow.psp, "year": flow.key[2],
        "state": stands.state, "desk": stands.desk, "postable": stands.postable,
        "overdue": settled.is_late(flow, _today()), "labels": list(stands.labels),
        "settled": flow.counts.settled, "cents": flow.counts.cents, "lines": flow.counts.lines,
        "bank_cents": flow.bank.cents, "bank_day": flow.bank.day,
        "movements": list(flow.bank.movements),
        "difference_cents": flow.bank.cents - flow.counts.cents if flow.bank.cents else 0,
        "matched_cents": sums[0], "elsewhere_cents": sums[1], "unreceipted_cents": sums[2],
        "anomalous_cents": sums[3], "posted_lines": flow.posted_lines,
        "posted_cents": flow.posted_cents, "complete": flow.applied == flow.counting,
    }  # fmt: skip


def _fits(query: shapes.SettlementsQuery, flow: Settled) -> bool:
    """What no index answers."""
    banked = reports.within(flow.bank.day, query.banked_from, query.banked_until)
    settles = reports.within(flow.counts.settled, query.since, query.until)
    mine = query.desk in (None, settled.standing(flow).desk)
    return banked and settles and mine and flow.psp.startswith(query.psp.upper())


@route(
    bp, "GET", f"{_ROOT}/flows", "body:read", "Settlement flows, latest first",
    shapes.SettlementFlows, query=shapes.SettlementsQuery,
)  # fmt: skip
def list_settlement_flows(request: Request) -> shapes.SettlementFlows:
    query, tenant = request.query, request.caller.tenant
    _look(tenant)
    asked = ids.derive("settlements", repr(query.model_copy(update={"cursor": "", "limit": 1})))
    after = cursors.read(query.cursor, asked)
    cursor = ""
    if query.flow_id:
        found = [one for one in reports.find_flows(tenant, query.flow_id) if _fits(query, one)]
    else:
        first = query.since.isoformat() if query.since else "0"
        last = after or (f"{query.until.isoformat()}~" if query.until else "~")
        found = []
        listed = store.list_flows(
            tenant, desk=query.desk or "", first=first, last=last, page=query.limit
        )
        for read, (place, one) in enumerate(listed, 1):
            if _fits(query, one):
                found.append(one)
            if len(found) == query.limit or read == limits.FILTER_READ_ITEMS:
                cursor = cursors.write(place, asked)
                break
    flows = [shapes.SettlementFlow.model_validate(_flow(one)) for one in found]
    return shapes.SettlementFlows(
        flows=flows, labels=_texts(label for one in flows for label in one.labels),
        cursor=cursor or None,
    )  # fmt: skip


@route(
    bp, "GET", f"{_ROOT}/flows/{{settlement_id}}", "body:read", "A settlement flow, its versions",
    shapes.SettlementDetail,
)  # fmt: skip
def get_settlement_flow(request: Request) -> shapes.SettlementDetail:
    flow = store.get_flow(request.caller.tenant, request.path["settlement_id"])
    if flow is None:
        raise NotFound("flow")
    versions = []
    for one in sorted(flow.versions, key=lambda each: (each.created, each.revision)):
        facts = flow.facts[one.id]
        said = {name: facts.get(name) for name in ("said_count", "said_cents", "trn", "sender")}
        versions.append(
            {
                "id": one.id, "created": clock.stamp(one.created), "revision": one.revision,
                "settled": one.settled, "cents": one.cents, "lines": one.lines, "good": one.good,
                "counts": one.id == flow.counting, "carrier": facts.get("carrier", ""),
                "labels": facts.get("labels", {}), **said,
            }
        )  # fmt: skip
    found = _flow(flow)
    names = [*found["labels"], *(label for one in versions for label in one["labels"])]
    return shapes.SettlementDetail.model_validate(
        found | {"versions": versions, "texts": [vars(one) for one in _texts(names)]}
    )


@route(
    bp, "GET", f"{_ROOT}/flows/{{settlement_id}}/versions/{{version_id}}/files", "body:read",
    "The files that brought a version of a flow, unchanged", shapes.FlowFiles,
)  # fmt: skip
def settlement_flow_files(request: Request) -> shapes.FlowFiles:
    tenant, name = request.caller.tenant, request.path["settlement_id"]
    flow = store.get_flow(tenant, name)
    if flow is None:
        raise NotFound("flow")
    found = flow_intake.files(tenant, flow, request.path["version_id"])
    acting.read(request, Action.POSITION_READ, f"flow:{name}", count=flow.counts.lines)
    seconds = limits.DOWNLOAD_LINK_S
    return shapes.FlowFiles(
        files=[
            Link(url=s3.download_link(place, name, seconds), file_name=name, expires_in_s=seconds)
            for place, name in found
        ]
    )


def _source(found: flow_intake.Source) -> shapes.FlowSource:
    names = shapes.FlowSource.model_fields
    return shapes.FlowSource(**{name: getattr(found, name) for name in names})


@route(
    bp, "POST", f"{_ROOT}/flows", "body:write", "Hand in a settlement flow (XML or FdR-3 JSON)",
    shapes.FlowSource, query=shapes.FileQuery, body=bytes, status=202,
)  # fmt: skip
def hand_in_flow(request: Request) -> shapes.FlowSource:
    record = acting.entry(request, Action.FLOW_HANDED_IN, "flow")
    with work.waking() as wakes:
        found = flow_intake.hand_in(
            request.caller.tenant, request.query.name, request.raw, clock.now(), wakes, [record]
        )
    return _source(found)


@route(
    bp, "GET", f"{_ROOT}/sources", "body:read", "What brought flows, refused files too",
    shapes.FlowSources,
)  # fmt: skip
def list_flow_sources(request: Request) -> shapes.FlowSources:
    found = flow_intake.list_sources(request.caller.tenant, 100)
    return shapes.FlowSources(sources=[_source(one) for one in found])
