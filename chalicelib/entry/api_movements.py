"""Movements of the bank under /v1/body/reconciliation: what they are of, links by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalice.app import Blueprint

from chalicelib.accounting import bank_store, operator
from chalicelib.accounting.bank_store import Banked, Link
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, cursors, ids, limits, work
from chalicelib.entry import acting
from chalicelib.entry import reconciliation_shapes as shapes
from chalicelib.entry.web import Request, route

bp = Blueprint(__name__)
_ROOT = "/v1/body/reconciliation"


def _by(request: Request) -> str:
    return f"{request.actor.kind}:{request.actor.id}"


def _link(found: Link | dict[str, Any] | None) -> shapes.MovementLink | None:
    if found is None:
        return None
    return shapes.MovementLink.model_validate(found if isinstance(found, dict) else vars(found))


def _line(one: Banked) -> shapes.BankLine:
    kind, name, _ = one.target
    return shapes.BankLine(
        id=one.identity, day=one.day, value_day=one.value_day, cents=one.cents, text=one.text,
        account=one.account, statement=one.statement, row=one.row, provisional=one.provisional,
        outcome=one.outcome, confidence=one.found.confidence, reason=one.found.reason,
        flow_id=name if kind == "flow" else one.found.flow_id or one.found.read_id,
        iuv=name if kind == "iuv" else one.found.iuv, labels=list(one.labels),
        link=_link(one.link), version=one.version,
    )  # fmt: skip


def _movement(one: Banked, notes: Iterable[dict[str, Any]]) -> shapes.Movement:
    said = [shapes.MovementNote(**each | {"link": _link(each["link"])}) for each in notes]
    return shapes.Movement(**dict(_line(one)), notes=said)


@route(
    bp, "GET", f"{_ROOT}/movements", "body:read", "Movements of the bank that speak of pagoPA",
    shapes.Movements, query=shapes.MovementsQuery,
)  # fmt: skip
def list_movements(request: Request) -> shapes.Movements:
    query, tenant = request.query, request.caller.tenant
    asked = ids.derive("movements", query.statement or "", str(query.open))
    listed = bank_store.list_movements(
        tenant, statement=query.statement or "", desk="open" if query.open else "",
        last=cursors.read(query.cursor, asked) or "~", page=query.limit,
    )  # fmt: skip
    found, cursor = list[Banked](), ""
    for read, (place, one) in enumerate(listed, 1):
        if one.labels or not query.open:
            found.append(one)
        if len(found) == query.limit or read == limits.FILTER_READ_ITEMS:
            cursor = cursors.write(place, asked)
            break
    if found:
        acting.read(request, Action.POSITION_READ, "movements", count=len(found))
    return shapes.Movements(movements=[_line(one) for one in found], cursor=cursor or None)


@route(
    bp, "GET", f"{_ROOT}/movements/{{movement_id}}", "body:read", "A movement of the bank",
    shapes.Movement,
)  # fmt: skip
def get_movement(request: Request) -> shapes.Movement:
    name = request.path["movement_id"]
    one, notes = operator.get(request.caller.tenant, name)
    acting.read(request, Action.POSITION_READ, f"movement:{name}")
    return _movement(one, notes)


@route(
    bp, "POST", f"{_ROOT}/movements/{{movement_id}}/link", "body:write",
    "Link a movement by hand to a flow, a payment or nothing", shapes.Movement,
    body=shapes.NewLink,
)  # fmt: skip
def link_movement(request: Request) -> shapes.Movement:
    name, said, tenant = request.path["movement_id"], request.body, request.caller.tenant
    kind = "flow" if said.flow else "payment" if said.iuv else "none"
    record = acting.entry(request, Action.MOVEMENT_LINKED, f"movement:{name}", kind=kind)
    with work.waking() as wakes:
        operator.link(
            tenant, name, operator.Said(said.flow, said.iuv), said.version, said.note,
            _by(request), clock.now(), wakes, [record],
        )  # fmt: skip
    return _movement(*operator.get(tenant, name))


@route(
    bp, "POST", f"{_ROOT}/movements/{{movement_id}}/unlink", "body:write",
    "Take a link made by hand back", shapes.Movement, body=shapes.Unlink,
)  # fmt: skip
def unlink_movement(request: Request) -> shapes.Movement:
    name, said, tenant = request.path["movement_id"], request.body, request.caller.tenant
    record = acting.entry(request, Action.MOVEMENT_LINKED, f"movement:{name}", kind="unlink")
    with work.waking() as wakes:
        operator.unlink(
            tenant, name, said.version, said.note, _by(request), clock.now(), wakes, [record]
        )
    return _movement(*operator.get(tenant, name))
