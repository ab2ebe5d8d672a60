"""Buying credits under /v1/credits, and the products that are switched on for one customer."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.accounts.customer import Customer
from chalicelib.base import clock, limits, work
from chalicelib.credits import activation, lots, orders, pricing
from chalicelib.credits.catalogue import Offer
from chalicelib.credits.catalogue import Payment as Account
from chalicelib.credits.order import Order
from chalicelib.credits.pricing import Wanted
from chalicelib.entry import acting
from chalicelib.entry import order_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.invoicing.waiting import is_served

bp = Blueprint(__name__)


# ------------------------------------------------------------------ before ordering
@route(
    bp, "GET", "/v1/credits/catalogue", "credits:read",
    "What can be bought, the caveats first", shapes.Catalogue,
)  # fmt: skip
def get_catalogue(request: Request) -> shapes.Catalogue:
    found = orders.catalogue(clock.now())
    return shapes.Catalogue(
        caveats=[dict(one) for one in found.caveats],
        id=found.id,
        valid_from=found.valid_from.isoformat(),
        demonstration=found.demonstration,
        minimum_cents=limits.ORDER_MINIMUM_CENTS,
        vat_percent=found.vat_percent,
        confirmation=found.confirmation,
        payment=_payment(found.payment),
        pec=found.pec,
        products=[_offer(one) for one in found.offers],
        charges=[_charge(one) for one in orders.open_charges(request.caller.tenant)],
    )


def _payment(found: Account) -> shapes.Payment:
    return shapes.Payment(
        payee=found.payee or None, iban=found.iban or None, bank=found.bank or None
    )


def _offer(one: Offer) -> shapes.Offer:
    return shapes.Offer(
        product=one.product,
        names=dict(one.names),
        licensed=one.licensed,
        tiers=[shapes.Tier(since=tier.since, price=tier.price) for tier in one.tiers],
        setup_cents=one.setup_cents,
        customer_setup_cents=one.customer_setup_cents,
    )


def _charge(one: pricing.Charge) -> shapes.Charge:
    return shapes.Charge(
        kind=one.kind, customer=one.customer, product=one.product, cents=one.cents, since=one.at
    )


def _wanted(body: shapes.NewOrder) -> list[Wanted]:
    return [Wanted(one.product, one.quantity, one.customer or "") for one in body.lines]


@route(
    bp, "POST", "/v1/credits/quotes", "credits:read",
    "What an order would cost; nothing is kept", shapes.Quote, body=shapes.NewOrder,
)  # fmt: skip
def quote_order(request: Request) -> shapes.Quote:
    priced = orders.quote(
        request.caller.tenant, _wanted(request.body), request.body.coupon, clock.now()
    )
    return shapes.Quote(**_figures(priced.quote, priced.catalogue.id))


def _figures(found: pricing.Quote, catalogue: str) -> dict[str, Any]:
    return {
        "lines": [
            shapes.Line(
                kind=one.kind,
                product=one.product,
                customer=one.customer or None,
                quantity=one.quantity,
                price=one.price,
                cents=one.cents,
                waived_cents=one.waived_cents,
            )
            for one in found.lines
        ],
        "goods_cents": found.goods_cents,
        "setup_cents": found.setup_cents,
        "net_cents": found.net_cents,
        "vat_percent": found.vat_percent,
        "vat_cents": found.vat_cents,
        "total_cents": found.total_cents,
        "minimum_cents": limits.ORDER_MINIMUM_CENTS,
        "meets_minimum": found.meets_minimum,
        "catalogue": catalogue,
    }


# ------------------------------------------------------------------ orders
@route(
    bp, "POST", "/v1/credits/orders", "credits:write", "Order credits and licences", shapes.Order,
    body=shapes.NewOrder, status=201, idempotency_key=True,
)  # fmt: skip
def place_order(request: Request) -> shapes.Order:
    caller = request.caller
    order_id = orders.order_id(caller.tenant, f"{caller.key_id}:{request.idempotency_key}")
    with work.waking() as wakes:
        placed = orders.place(
            caller.tenant,
            order_id,
            _wanted(request.body),
            request.body.coupon,
            f"key:{caller.key_id}",
            clock.now(),
            wakes,
            [acting.entry(request, Action.ORDER_PLACED, f"order:{order_id}", order_id)],
        )
    return _order(placed)


@route(
    bp, "GET", "/v1/credits/orders", "credits:read", "Orders, newest first", shapes.Orders,
    query=shapes.OrdersQuery,
)  # fmt: skip
def list_orders(request: Request) -> shapes.Orders:
    query = request.query
    found = orders.list_orders(request.caller.tenant, query.after, query.limit)
    last = found[-1] if len(found) == query.limit else None
    return shapes.Orders(
        orders=[_order(one) for one in found],
        cursor=f"{last.placed_at}#{last.id}" if last else None,
    )


@route(
    bp, "GET", "/v1/credits/orders/{order_id}", "credits:read", "One order", shapes.Order
)  # fmt: skip
def get_order(request: Request) -> shapes.Order:
    return _order(orders.get(request.caller.tenant, request.path["order_id"]))


@route(
    bp, "POST", "/v1/credits/orders/{order_id}/cancellation", "credits:write",
    "Give up an order that is not confirmed", shapes.Order,
)  # fmt: skip
def cancel_order(request: Request) -> shapes.Order:
    order_id = request.path["order_id"]
    with work.waking() as wakes:
        cancelled = orders.cancel(
            request.caller.tenant,
            order_id,
            clock.now(),
            wakes,
            [acting.entry(request, Action.ORDER_CANCELLED, f"order:{order_id}", order_id)],
        )
    return _order(cancelled)


def _order(found: Order) -> shapes.Order:
    last_day = lots.expiry(found.ordered_on)
    return shapes.Order(
        **_figures(found.quote, found.catalogue),
        id=found.id,
        reference=found.reference,
        state=found.state,
        placed_at=found.placed_at,
        confirmed_at=found.confirmed_at or None,
        cancelled_at=found.cancelled_at or None,
        expires_on=last_day.isoformat() if last_day else None,
        coupon=found.coupon or None,
        payment=_payment(found.payment),
        pec=found.pec,
    )


# ------------------------------------------------------------------ for one customer
@route(
    bp, "PUT", "/v1/customers/{customer_id}/products/{product}", "credits:write",
    "Switch a product on for a customer", shapes.Activated,
)  # fmt: skip
def activate_product(request: Request) -> shapes.Activated:
    tenant, customer = request.caller.tenant, request.path["customer_id"]
    product = request.path["product"]
    switched = activation.activate(
        tenant,
        customer,
        product,
        clock.now(),
        served=is_served(tenant, customer),
        also=[
            acting.entry(
                request, Action.CUSTOMER_CHANGED, f"customer:{customer}", product=product,
                state="activated",
            )
        ],
    )  # fmt: skip
    return _activated(tenant, switched)


@route(
    bp, "DELETE", "/v1/customers/{customer_id}/products/{product}", "credits:write",
    "Switch a product off for a customer", shapes.Activated,
)  # fmt: skip
def deactivate_product(request: Request) -> shapes.Activated:
    tenant, customer = request.caller.tenant, request.path["customer_id"]
    product = request.path["product"]
    switched = activation.deactivate(
        tenant,
        customer,
        product,
        [
            acting.entry(
                request, Action.CUSTOMER_CHANGED, f"customer:{customer}", product=product,
                state="deactivated",
            )
        ],
    )  # fmt: skip
    return _activated(tenant, switched)


def _activated(tenant: str, customer: Customer) -> shapes.Activated:
    owed = [one for one in orders.open_charges(tenant) if one.customer == customer.id]
    return shapes.Activated(
        customer=customer.id,
        products=list(customer.activated),
        charges=[_charge(one) for one in owed],
    )
