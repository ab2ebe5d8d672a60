"""How a body is joined to pagoPA under /v1/body/pagopa, and what pagoPA would not take."""

from __future__ import annotations

from dataclasses import asdict

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.base import clock, work
from chalicelib.entry import acting
from chalicelib.entry import pagopa_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments.pagopa import connections, looking, told, trying, working
from chalicelib.payments.pagopa.connection import PRODUCTS, Connection
from chalicelib.payments.pagopa.told import Told
from chalicelib.payments.positions import positions

bp = Blueprint(__name__)


def _connection(tenant: str, found: Connection) -> shapes.Connection:
    keys = {product: product in found.keys for product in PRODUCTS}
    return shapes.Connection(
        creditor=found.creditor,
        mode=found.mode,
        environment=found.environment,
        broker=found.broker,
        keys=shapes.Keys(**keys),
        paused_until=found.paused_until,
        look=shapes.Look(**vars(looking.looked(tenant, found.creditor))),
        version=found.version,
    )


@route(
    bp, "GET", "/v1/body/pagopa", "body:read", "How the body is joined to pagoPA",
    shapes.Connection,
)  # fmt: skip
def get_connection(request: Request) -> shapes.Connection:
    tenant = request.caller.tenant
    return _connection(tenant, connections.own(tenant))


@route(
    bp, "PUT", "/v1/body/pagopa", "body:write", "Say how the body is joined to pagoPA",
    shapes.Connection, body=shapes.NewConnection,
)  # fmt: skip
def save_connection(request: Request) -> shapes.Connection:
    wanted: shapes.NewConnection = request.body
    tenant = request.caller.tenant
    record = acting.entry(
        request, Action.BODY_CHANGED, "body:pagopa", mode=wanted.mode, version=wanted.version + 1
    )
    with work.waking() as wakes:
        new = connections.save(
            tenant, wanted.mode, wanted.environment, wanted.broker, wanted.keys.model_dump(),
            wanted.version, clock.now(), wakes, [record],
        )  # fmt: skip
    return _connection(tenant, new)


@route(
    bp, "POST", "/v1/body/pagopa/test", "body:write",
    "Try one of the keys; what pagoPA says is the answer", shapes.Trial, body=shapes.NewTrial,
)  # fmt: skip
def try_connection(request: Request) -> shapes.Trial:
    wanted: shapes.NewTrial = request.body
    acting.read(request, Action.PAGOPA_TRIED, "body:pagopa", product=wanted.product)
    found = trying.attempt(request.caller.tenant, wanted.product, clock.now())
    return shapes.Trial.model_validate(asdict(found))


# ------------------------------------------------------------------ what was refused
def telling(found: Told) -> shapes.Telling:
    """How a position stands with pagoPA, as it is said."""
    return shapes.Telling.model_validate(asdict(found))


@route(
    bp, "GET", "/v1/body/pagopa/refusals", "body:read", "Positions that pagoPA would not take",
    shapes.Refusals, query=shapes.RefusalsQuery,
)  # fmt: skip
def list_refusals(request: Request) -> shapes.Refusals:
    query: shapes.RefusalsQuery = request.query
    found, cursor = told.page(request.caller.tenant, query.cursor, query.limit)
    if found:
        acting.read(request, Action.POSITION_READ, "refusals", count=len(found))
    return shapes.Refusals(
        refusals=_refusals(request.caller.tenant, found),
        cursor=cursor or None,
    )


def _refusals(tenant: str, found: list[Told]) -> list[shapes.Refusal]:
    """With whose they are; what was erased meanwhile is left out."""
    there = {
        one.position.id: one for one in positions.some(tenant, [one.position for one in found])
    }
    return [
        shapes.Refusal.model_validate(
            asdict(one)
            | {
                "name": there[one.position].person.name,
                "subject": there[one.position].position.subject,
                "cents": there[one.position].position.cents,
            }
        )
        for one in found
        if one.position in there
    ]


@route(
    bp, "POST", "/v1/body/pagopa/refusals/{position_id}/retry", "body:write",
    "Tell pagoPA of a position once more", shapes.Telling, status=202,
)  # fmt: skip
def retry_refusal(request: Request) -> shapes.Telling:
    name = request.path["position_id"]
    record = acting.entry(request, Action.POSITION_CHANGED, f"position:{name}", state="retold")
    with work.waking() as wakes:
        found = working.retry(request.caller.tenant, name, clock.now(), wakes, [record])
    return telling(found)


@route(
    bp, "POST", "/v1/body/pagopa/retry", "body:write", "Tell everything again that was refused",
    shapes.Planned, status=202, idempotency_key=True,
)  # fmt: skip
def retry_refusals(request: Request) -> shapes.Planned:
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    record = acting.entry(request, Action.POSITION_CHANGED, "refusals", state="retold")
    with work.waking() as wakes:
        working.retry_all(request.caller.tenant, key, clock.now(), wakes, [record])
    return shapes.Planned(planned=True)
