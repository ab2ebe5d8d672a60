"""Flows that came anew after they were posted, under /v1/body/reconciliation: see, decide."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.accounting.posting import revising
from chalicelib.accounting.posting.revising import Difference
from chalicelib.accounting.settled import Version
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.entry import acting
from chalicelib.entry import revision_shapes as shapes
from chalicelib.entry.web import Request, route

bp = Blueprint(__name__)
_PATH = "/v1/body/reconciliation/flows/{settlement_id}/revision"


def _version(one: Version) -> shapes.RevisionVersion:
    return shapes.RevisionVersion(
        id=one.id, created=clock.stamp(one.created), revision=one.revision, settled=one.settled,
        cents=one.cents, lines=one.lines, good=one.good,
    )  # fmt: skip


def _revision(found: Difference) -> shapes.FlowRevision:
    names = [name for name in shapes.RevisionChange.model_fields if name != "orders"]
    return shapes.FlowRevision(
        flow=found.flow.name, flow_id=found.flow.flow_id, counts=_version(found.flow.counts),
        waits=_version(found.to) if found.to else None, running=found.running,
        differing=found.differing,
        changes=[
            shapes.RevisionChange(
                **{name: getattr(one, name) for name in names}, orders=list(orders)
            )
            for one, orders in found.changes
        ],
        decisions=[shapes.RevisionDecision.model_validate(vars(one)) for one in found.decisions],
        cursor=found.cursor or None,
    )  # fmt: skip


@route(
    bp, "GET", _PATH, "body:read", "What a later version of a posted flow changes",
    shapes.FlowRevision, query=shapes.RevisionQuery,
)  # fmt: skip
def get_flow_revision(request: Request) -> shapes.FlowRevision:
    query, name = request.query, request.path["settlement_id"]
    return _revision(revising.look(request.caller.tenant, name, query.cursor, query.limit))


@route(
    bp, "POST", _PATH, "body:write", "Accept or refuse a later version of a posted flow",
    shapes.FlowRevision, body=shapes.NewRevisionDecision, status=202,
)  # fmt: skip
def decide_flow_revision(request: Request) -> shapes.FlowRevision:
    said, tenant, name = request.body, request.caller.tenant, request.path["settlement_id"]
    kind = "accepted" if said.accept else "refused"
    record = acting.entry(request, Action.FLOW_REVISED, f"flow:{name}", kind=kind)
    with work.waking() as wakes:
        revising.decide(
            tenant, name, said.version, accept=said.accept, post=said.post, note=said.note,
            by=f"{request.actor.kind}:{request.actor.id}", now=clock.now(), wakes=wakes,
            also=[record],
        )  # fmt: skip
    return _revision(revising.look(tenant, name, "", limits.PAGE_ITEMS))
