"""Credits under /v1/credits, and those of one customer: balances, the book, assignments, policy."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.accounts import service as accounts
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, work
from chalicelib.base.dynamo import Op
from chalicelib.credits import ledger, monitor, products, service
from chalicelib.credits.ledger import Entry, Position
from chalicelib.credits.monitor import LotState, ProductState, Wanted
from chalicelib.credits.policy import Policy
from chalicelib.credits.service import Assignment
from chalicelib.entry import acting
from chalicelib.entry import credits_shapes as shapes
from chalicelib.entry.web import Request, route

bp = Blueprint(__name__)


def _by(request: Request) -> str:
    return f"{request.actor.kind}:{request.actor.id}"


# ------------------------------------------------------------------ the reseller's
@route(
    bp, "GET", "/v1/credits", "credits:read", "Credits by product and lot", shapes.Balances
)  # fmt: skip
def credit_balances(request: Request) -> shapes.Balances:
    found = monitor.balances(request.caller.tenant, clock.now())
    return shapes.Balances(products=[_product(one) for one in found])


def _position(found: Position) -> dict[str, int]:
    numbers = {str(bucket): getattr(found, bucket) for bucket in ledger.BUCKETS}
    return {"purchased": found.quantity, **numbers}


def _product(found: ProductState) -> shapes.ProductBalance:
    return shapes.ProductBalance(
        **_position(found.position),
        product=found.product,
        available=found.available,
        lots=[_lot(one) for one in found.lots],
    )


def _lot(found: LotState) -> shapes.LotBalance:
    last = found.lot.expires_on
    return shapes.LotBalance(
        **_position(found.position),
        lot=found.lot.id,
        order=found.lot.order,
        ordered_on=found.lot.ordered_on.isoformat(),
        expires_on=last.isoformat() if last else None,
        usable=found.usable,
        price_cents=found.lot.price_cents,
    )


@route(
    bp, "GET", "/v1/credits/entries", "credits:read", "The book of credits, newest first",
    shapes.Entries, query=shapes.EntriesQuery,
)  # fmt: skip
def list_credit_entries(request: Request) -> shapes.Entries:
    query = request.query
    wanted = Wanted(
        customer=query.customer or "",
        product=query.product or "",
        lot=query.lot or "",
        reference=query.document or query.reference or "",
        account=query.account or "",
        since=query.since or "",
        until=query.until or "",
    )
    found, cursor = monitor.entries(
        request.caller.tenant, wanted, query.cursor, query.limit, clock.now()
    )
    return shapes.Entries(entries=[_entry(one) for one in found], cursor=cursor or None)


def _entry(found: Entry) -> shapes.Entry:
    return shapes.Entry(**{**vars(found), "customer": found.customer or None})


@route(
    bp, "GET", "/v1/credits/consumption", "credits:read",
    "What was consumed, by day, customer, product and lot", shapes.Consumption,
    query=shapes.ConsumptionQuery,
)  # fmt: skip
def credit_consumption(request: Request) -> shapes.Consumption:
    query, tenant = request.query, request.caller.tenant
    if query.customer:
        accounts.get_customer(tenant, query.customer)
    found = monitor.consumption(tenant, query.since, query.until, query.customer or "")
    return shapes.Consumption(
        consumed=[shapes.Used(**vars(one)) for one in found],
        total=sum(one.quantity for one in found),
    )


# ------------------------------------------------------------------ a customer's
@route(
    bp, "GET", "/v1/customers/{customer_id}/credits", "credits:read",
    "A customer's credits and how he may use them", shapes.CustomerCredits,
)  # fmt: skip
def customer_credits(request: Request) -> shapes.CustomerCredits:
    customer = request.path["customer_id"]
    policy, found = monitor.customer(request.caller.tenant, customer)
    return shapes.CustomerCredits(
        customer=customer,
        policy=_policy(policy),
        products=[shapes.CustomerProduct(**vars(one), residual=one.residual) for one in found],
    )


def _policy(found: Policy) -> shapes.Policy:
    return shapes.Policy(
        modes={product: found.mode(product) for product in products.POOLED},
        at_zero=found.at_zero,
        enablement=found.enablement,
        enabled=found.is_open,
    )


@route(
    bp, "POST", "/v1/customers/{customer_id}/credits/assignments", "credits:write",
    "Assign credits to a customer, or return them to the pool", shapes.Assignment,
    body=shapes.NewAssignment, status=201, idempotency_key=True,
)  # fmt: skip
def assign_credits(request: Request) -> shapes.Assignment:
    tenant, customer, wanted = request.caller.tenant, request.path["customer_id"], request.body

    def recorded(made: Assignment) -> list[Op]:
        facts: dict[str, Any] = {"product": made.product, "quantity": made.quantity}
        what = f"customer:{customer}"
        return [acting.entry(request, Action.CREDITS_ASSIGNED, what, made.id, **facts)]

    with work.waking() as wakes:
        made = service.assign(
            tenant,
            customer,
            wanted.product,
            wanted.quantity,
            wanted.note,
            _by(request),
            f"{_by(request)}:{request.idempotency_key}",
            clock.now(),
            wakes,
            recorded,
        )
    return _assignment(made)


def _assignment(made: Assignment) -> shapes.Assignment:
    parts = [shapes.Part(lot=part.lot, quantity=part.quantity) for part in made.lots]
    return shapes.Assignment(**{**vars(made), "lots": parts})


@route(
    bp, "GET", "/v1/customers/{customer_id}/credits/assignments", "credits:read",
    "Every assignment to a customer, newest first", shapes.Assignments,
    query=shapes.AssignmentsQuery,
)  # fmt: skip
def list_assignments(request: Request) -> shapes.Assignments:
    query = request.query
    found, cursor = service.list_assignments(
        request.caller.tenant, request.path["customer_id"], query.cursor, query.limit
    )
    return shapes.Assignments(
        assignments=[_assignment(one) for one in found], cursor=cursor or None
    )


@route(
    bp, "PUT", "/v1/customers/{customer_id}/credits/policy", "credits:write",
    "Say how a customer may use credits", shapes.Policy, body=shapes.NewPolicy,
)  # fmt: skip
def change_credits_policy(request: Request) -> shapes.Policy:
    customer, wanted = request.path["customer_id"], request.body
    record = acting.entry(request, Action.CREDITS_POLICY_CHANGED, f"customer:{customer}")
    with work.waking() as wakes:
        found = service.change_policy(
            request.caller.tenant,
            customer,
            dict(wanted.modes),
            wanted.at_zero,
            wanted.enablement,
            clock.now(),
            wakes,
            [record],
        )
    return _policy(found)


@route(
    bp, "POST", "/v1/customers/{customer_id}/credits/enable", "credits:write",
    "Let the documents of a customer go that wait for this", shapes.Policy,
)  # fmt: skip
def enable_customer(request: Request) -> shapes.Policy:
    customer = request.path["customer_id"]
    record = acting.entry(request, Action.CREDITS_ENABLED, f"customer:{customer}")
    with work.waking() as wakes:
        found = service.enable(request.caller.tenant, customer, clock.now(), wakes, [record])
    return _policy(found)
