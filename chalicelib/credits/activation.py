"""Products that are switched on for one customer: licences of his own, preservation with its fee.

A licensed product needs the customer's own licence (F004-012). Preservation is a service of its own
(F004-040): switching it on owes one set-up fee for each customer, once for ever (F004-014), which
is given back in the same moment when the house serves him already (F004-015). What is owed stands
open until the next order settles it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from chalicelib.accounts import service as accounts
from chalicelib.accounts.customer import Customer
from chalicelib.base import clock, dynamo
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.credits import order_store as store
from chalicelib.credits import orders, products
from chalicelib.credits.pricing import Charge

# What is switched on for one customer; credits for sending serve all of them.
ACTIVATED: Final = (products.PRESERVATION, *products.LICENSED)
_TRIES: Final = 5


def activate(
    tenant: str,
    customer_id: str,
    product: str,
    now: datetime,
    *,
    served: bool = False,
    also: Sequence[Op] = (),
) -> Customer:
    """Switch a product on; again it is the same. `served`: the house sends his documents already.

    NotFound; Rejected `product_not_activated`, `licence_missing`.
    """
    for _ in range(_TRIES):
        customer = accounts.get_customer(tenant, customer_id)
        _require(product)
        if product in customer.activated:
            return customer
        activated = (*customer.activated, product)
        ops: list[Op] = [accounts.set_activated(tenant, customer, activated)]
        if product in products.LICENSED:
            ops.append(store.licence_there(tenant, product, customer_id))
        ops += _owed(tenant, customer_id, product, served, now)
        try:
            dynamo.commit([*ops, *also])
        except ConditionFailed as failed:
            if "licence" in failed.found:
                raise Rejected(
                    "licence_missing",
                    "This product is licensed for each customer: order his licence first.",
                    product=product,
                ) from failed
            continue
        return replace(customer, activated=activated, version=customer.version + 1)
    raise Conflict()


def _require(product: str) -> None:
    if product not in ACTIVATED:
        raise Rejected(
            "product_not_activated",
            "This product needs no activation.",
            product=product[:40],
            known=list(ACTIVATED),
        )


def _owed(tenant: str, customer: str, product: str, served: bool, now: datetime) -> list[Op]:
    """The fee, and its storno, unless he was activated before."""
    sold = [one for one in orders.catalogue(now).offers if one.product == product]
    cents = sold[0].customer_setup_cents if sold else 0
    if not cents:
        return []
    fee = Charge("customer_setup", customer, product, cents, clock.stamp(now))
    if store.charges(tenant, [fee.id]):
        return []
    ops = store.put_charge(tenant, fee)
    if served:
        ops += store.put_charge(tenant, replace(fee, kind="customer_refund"))
    return ops


def deactivate(tenant: str, customer_id: str, product: str, also: Sequence[Op] = ()) -> Customer:
    """Switch it off; what was owed stays, and switching it on again owes nothing more."""
    for _ in range(_TRIES):
        customer = accounts.get_customer(tenant, customer_id)
        _require(product)
        if product not in customer.activated:
            return customer
        activated = tuple(one for one in customer.activated if one != product)
        try:
            dynamo.commit([accounts.set_activated(tenant, customer, activated), *also])
        except ConditionFailed:
            continue
        return replace(customer, activated=activated, version=customer.version + 1)
    raise Conflict()


def refund(tenant: str, customer_id: str, product: str, now: datetime) -> Charge:
    """The storno of a customer's set-up that the operator grants: who else serves him, only the
    operator may know. Again it is the same. Rejected `setup_not_owed`."""
    accounts.get_customer(tenant, customer_id)
    name = Charge("customer_setup", customer_id, product, 0, "").id
    back = Charge("customer_refund", customer_id, product, 0, "").id
    found = {one.id: one for one in store.charges(tenant, [name, back])}
    if back in found:
        return found[back]
    if name not in found:
        raise Rejected("setup_not_owed", "No set-up is owed for this customer.")
    granted = replace(found[name], kind="customer_refund", at=clock.stamp(now))
    try:
        dynamo.commit(store.put_charge(tenant, granted))
    except ConditionFailed as failed:
        raise Conflict() from failed
    return granted
