"""Flows under /v1/body/flows: lists of open dues, and the generation of debt positions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.base import clock, work
from chalicelib.entry import acting, api_dues
from chalicelib.entry import generation_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments.amounts import Turn
from chalicelib.payments.dues.filters import Filter
from chalicelib.payments.positions import flows
from chalicelib.payments.positions.grouping import Change, Parameters
from chalicelib.payments.positions.plans import Plan
from chalicelib.payments.positions.store import Flow

bp = Blueprint(__name__)


def _flow(found: Flow) -> shapes.Flow:
    return shapes.Flow.model_validate(asdict(found) | {"excluded": len(found.excluded)})


@route(
    bp, "POST", "/v1/body/flows", "body:write", "List the open dues that are to be asked for",
    shapes.Flow, body=shapes.NewFlow, status=202, idempotency_key=True,
)  # fmt: skip
def begin_flow(request: Request) -> shapes.Flow:
    said = request.body.model_dump()
    for name in ("categories", "chapters", "services"):
        said[name] = tuple(said[name])
    wanted = Filter(**said | {"batch": said["batch"] or ""})
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    with work.waking() as wakes:
        return _flow(flows.begin(request.caller.tenant, wanted, clock.now(), key, wakes))


@route(bp, "GET", "/v1/body/flows", "body:read", "Flows, newest first", shapes.Flows)
def list_position_flows(request: Request) -> shapes.Flows:
    return shapes.Flows(flows=[_flow(one) for one in flows.list_flows(request.caller.tenant)])


@route(
    bp,
    "GET",
    "/v1/body/flows/{generation_id}",
    "body:read",
    "How far a flow is",
    shapes.Flow,
)
def get_position_flow(request: Request) -> shapes.Flow:
    return _flow(flows.get(request.caller.tenant, request.path["generation_id"]))


@route(
    bp, "GET", "/v1/body/flows/{generation_id}/dues", "body:read", "The list of a flow",
    shapes.Listed, query=shapes.PageQuery,
)  # fmt: skip
def flow_dues(request: Request) -> shapes.Listed:
    query: shapes.PageQuery = request.query
    name = request.path["generation_id"]
    found = flows.page(request.caller.tenant, name, query.offset, query.limit)
    if found:
        acting.read(request, Action.DUES_READ, f"flow:{name}", count=len(found))
    return shapes.Listed(dues=[api_dues.due_answer(one) for one in found])


@route(
    bp, "POST", "/v1/body/flows/{generation_id}/exclude", "body:write", "Take dues off the list",
    shapes.Flow, body=shapes.Exclusion,
)  # fmt: skip
def exclude_dues(request: Request) -> shapes.Flow:
    return _flow(
        flows.exclude(request.caller.tenant, request.path["generation_id"], request.body.dues)
    )


def changes_of(wanted: list[shapes.Change]) -> tuple[Change, ...]:
    """What is asked more or less by the day, as it was said."""
    return tuple(
        Change(
            kind=one.kind,
            reason=one.reason,
            days=one.days,
            cents=one.cents,
            rate=one.percent / 100,
            yearly_rate=one.yearly_percent / 100,
        )
        for one in wanted
    )


def amounts_of(found: Iterable[Turn]) -> list[shapes.AmountFrom]:
    """What is asked by the day, as it is answered."""
    return [
        shapes.AmountFrom(
            day=one.day,
            cents=one.due.cents,
            parts=[shapes.AmountPart(**vars(part)) for part in one.due.parts],
            daily=one.daily,
        )
        for one in found
    ]


@route(
    bp, "POST", "/v1/body/flows/{generation_id}/preview", "body:read",
    "What a due of the list would ask for by the day; nothing is written", shapes.Preview,
    body=shapes.NewPreview,
)  # fmt: skip
def preview_amounts(request: Request) -> shapes.Preview:
    wanted: shapes.NewPreview = request.body
    fee = wanted.late_fee_cents, wanted.late_fee_days
    found = flows.preview(
        request.caller.tenant, request.path["generation_id"], wanted.due, fee,
        changes_of(wanted.changes), clock.rome_day(clock.now()),
    )  # fmt: skip
    return shapes.Preview(cents=found.cents, due=found.due, amounts=amounts_of(found.turns))


@route(
    bp, "POST", "/v1/body/flows/{generation_id}/generate", "body:write",
    "Make debt positions of the list", shapes.Flow, body=shapes.Parameters, status=202,
)  # fmt: skip
def generate_positions(request: Request) -> shapes.Flow:
    name, wanted, now = request.path["generation_id"], request.body, clock.now()
    given = Parameters(
        description=wanted.description,
        ends=wanted.ends or flows.default_end(now),
        due=wanted.due,
        grouped=wanted.grouped,
        subject=wanted.subject,
        plan=Plan(**wanted.plan.model_dump()) if wanted.plan else None,
        late_fee_cents=wanted.late_fee_cents,
        late_fee_days=wanted.late_fee_days,
        changes=changes_of(wanted.changes),
        hard_end=wanted.hard_end,
    )
    record = acting.entry(request, Action.POSITIONS_GENERATED, f"flow:{name}")
    with work.waking() as wakes:
        return _flow(flows.generate(request.caller.tenant, name, given, now, wakes, [record]))
