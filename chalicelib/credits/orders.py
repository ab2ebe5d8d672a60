"""Ordering credits: quote, place, confirm, cancel (decision 15).

An order is placed with its prices frozen and waits for its transfer; the operator confirms it, and
the lots and licences exist from that moment on, in the same transaction. The day of the order
counts for their validity (D16). A house that invoices afterwards lets its price list say
`at_once`, and then both are one act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from chalicelib.accounts import letters
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Reseller
from chalicelib.base import clock, dynamo, ids, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.credits import order_store as store
from chalicelib.credits import pricing, service
from chalicelib.credits.catalogue import Catalogue
from chalicelib.credits.default_catalogue import DEFAULT
from chalicelib.credits.lots import Lot
from chalicelib.credits.order import Coupon, Order, written
from chalicelib.credits.pricing import Quote, Wanted

_TRIES: Final = 5


@dataclass(frozen=True)
class Priced:
    """A quote and the list that it was made by. `waived`: the coupon that it uses, "" for none."""

    quote: Quote
    catalogue: Catalogue
    waived: str = ""


# ------------------------------------------------------------------ before ordering
def catalogue(now: datetime) -> Catalogue:
    """The price list of today (Europe/Rome): the operator's, else the house's demonstration."""
    today = clock.rome_day(now)
    return store.catalogue_on(today) or DEFAULT


def open_charges(tenant: str) -> list[pricing.Charge]:
    """What the next orders will settle, the oldest first."""
    return store.open_charges(tenant, 2 * limits.ORDER_CHARGES)


def quote(tenant: str, wanted: Sequence[Wanted], coupon: str, now: datetime) -> Priced:
    """What an order would cost now; nothing is kept.

    Raises as `pricing.quote`; NotFound for another's customer; Rejected `coupon_unknown`,
    `coupon_expired`, `coupon_used`, `coupon_first_order`, `licence_owned`.
    """
    found = catalogue(now)
    for one in wanted:
        if one.customer:
            accounts.get_customer(tenant, one.customer)
    if coupon:
        _require_coupon(tenant, coupon, clock.rome_day(now))
    made = pricing.quote(found, wanted, open_charges(tenant), waives_setup=bool(coupon))
    owned = store.licences(
        tenant, [(one.product, one.customer) for one in made.lines if one.kind == "licence"]
    )
    if owned:
        raise Rejected(
            "licence_owned",
            "The customer has this licence already.",
            licences=[{"product": product, "customer": one} for product, one in sorted(owned)],
        )
    return Priced(made, found, coupon)


def _require_coupon(tenant: str, code: str, today: date) -> None:
    coupon = store.get_coupon(tenant, code)
    if coupon is None:
        raise Rejected("coupon_unknown", "There is no such coupon.")
    if coupon.used_by:
        raise Rejected("coupon_used", "This coupon was used already.")
    if not coupon.covers(today):
        raise Rejected("coupon_expired", "This coupon is not valid any more.", until=coupon.until)
    if not store.confirmed_orders(tenant):
        raise Rejected("coupon_first_order", "A coupon is for the second order and later ones.")


# ------------------------------------------------------------------ ordering
def order_id(tenant: str, token: str) -> str:
    """The id of the order that a request makes: the same again for the same token."""
    return ids.derive("order", tenant, token)


def place(
    tenant: str,
    order_id: str,
    wanted: Sequence[Wanted],
    coupon: str,
    by: str,
    now: datetime,
    wakes: Wakes,
    also: Sequence[Op] = (),
) -> Order:
    """Place an order; under the same id again it is the same order.

    Rejected `order_minimum` and as `quote`; Conflict `idempotency_key_reused` when the id came
    with another order.
    """
    reseller = accounts.get_reseller(tenant)
    request = ids.derive(coupon, *(repr(one) for one in wanted))
    for _ in range(_TRIES):
        there = store.get_order(tenant, order_id)
        if there is not None:
            return _same(there, request)
        priced = quote(tenant, wanted, coupon, now)
        _require_minimum(priced.quote)
        order = _order(order_id, priced, request, by, now)
        try:
            wakes.commit([*_placing(tenant, order, reseller, priced.catalogue, now), *also])
        except ConditionFailed as failed:
            if "coupon" in failed.found and "order" not in failed.found:
                raise Rejected("coupon_used", "This coupon was used already.") from failed
            continue  # the same request in another process, or a charge that another order took
        return order
    raise Conflict()


def _same(there: Order, request: str) -> Order:
    if there.request != request:
        raise Conflict(
            "idempotency_key_reused", "This Idempotency-Key was used with another request."
        )
    return there


def _require_minimum(found: Quote) -> None:
    if not found.meets_minimum:
        raise Rejected(
            "order_minimum",
            "An order has goods for 50.00 euros at least, without set-up fees and VAT.",
            goods_cents=found.goods_cents,
            minimum_cents=limits.ORDER_MINIMUM_CENTS,
        )


def _order(order_id: str, priced: Priced, request: str, by: str, now: datetime) -> Order:
    at = clock.stamp(now)
    at_once = priced.catalogue.confirmation == "at_once"
    return Order(
        id=order_id,
        state="confirmed" if at_once else "placed",
        placed_at=at,
        by=by,
        quote=priced.quote,
        catalogue=priced.catalogue.id,
        payment=priced.catalogue.payment,
        pec=priced.catalogue.pec,
        coupon=priced.waived,
        request=request,
        confirmed_at=at if at_once else "",
    )


def _placing(
    tenant: str, order: Order, reseller: Reseller, priced_by: Catalogue, now: datetime
) -> list[Op]:
    ops: list[Op] = [store.put_order(tenant, order)]
    if order.coupon:
        ops.append(store.use_coupon(tenant, order.coupon, order.id))
    ops += [store.settle_charge(tenant, one) for one in store.charges(tenant, order.quote.charges)]
    if order.state == "confirmed":
        ops += _delivery(tenant, order, reseller, priced_by, now)
    return ops


# ------------------------------------------------------------------ confirming
def confirm(
    tenant: str,
    order_id: str,
    now: datetime,
    wakes: Wakes,
    paid_on: str = "",
    also: Sequence[Op] = (),
) -> Order:
    """The order is paid (or trusted): its credits and licences are there. Again it is the same.

    `paid_on`: the day of the transfer. NotFound; Rejected `order_cancelled`, `licence_owned`.
    """
    reseller = accounts.get_reseller(tenant)
    for _ in range(_TRIES):
        old = get(tenant, order_id)
        if old.state == "confirmed":
            return old
        if old.state == "cancelled":
            raise Rejected("order_cancelled", "The order was cancelled.", status=409)
        new = replace(
            old,
            state="confirmed",
            confirmed_at=clock.stamp(now),
            paid_on=paid_on,
            version=old.version + 1,
        )
        ops: list[Op] = [store.put_order(tenant, new)]
        ops += _delivery(tenant, new, reseller, catalogue(now), now)
        try:
            wakes.commit([*ops, *also])
        except ConditionFailed as failed:
            if any(label.startswith("licence:") for label in failed.found):
                raise Rejected(
                    "licence_owned", "The customer has this licence already.", status=409
                ) from failed
            continue  # confirmed or cancelled by somebody else, or an overdraft grew meanwhile
        return new
    raise Conflict()


def _delivery(
    tenant: str, order: Order, reseller: Reseller, names: Catalogue, now: datetime
) -> list[Op]:
    """What a confirmed order brings, and the letter that says so."""
    ops: list[Op] = [store.count_confirmed(tenant)]
    for line in order.quote.lines:
        if line.kind == "goods":
            lot = Lot(line.product, line.quantity, order.id, order.ordered_on, line.cents)
            ops += service.lot_ops(tenant, lot, now, by=f"order:{order.id}")
        elif line.kind == "licence":
            at = clock.stamp(now)
            ops.append(store.put_licence(tenant, line.product, line.customer, order.id, at))
    values = {
        "order": order.reference,
        "practice": reseller.name,
        "total": written(order.quote.total_cents, reseller.language),
        "pec": order.pec,
        "at": order.placed_at,
        "lines": _lines(order, names, reseller.language),
    }
    ops.append(
        letters.row(
            tenant, "order_confirmed", reseller.mail, values, now, order.id, reseller.language
        )
    )
    return ops


def _lines(order: Order, names: Catalogue, language: str) -> str:
    """The order's lines for a letter, with what the total is made of; as many as a letter takes."""
    words = _WORDS["it" if language == "it" else "en"]
    named = {one.product: one.names.get(language, one.product) for one in names.offers}
    found: list[str] = []
    for line in order.quote.lines:
        product = named.get(line.product, line.product)
        whose = f" ({line.customer})" if line.customer else ""
        before = words.get(line.kind, f"{line.quantity} x")
        found.append(f"{before} {product}{whose}: {written(line.cents, language)}")
    sums = [
        f"{words['net']}: {written(order.quote.net_cents, language)}",
        f"{words['vat']} {order.quote.vat_percent} %: {written(order.quote.vat_cents, language)}",
    ]
    room = limits.LETTER_VALUE_CHARS - sum(len(one) + 1 for one in sums) - 2
    while sum(len(one) + 1 for one in found) > room:
        found[-2:] = ["…"]
    return "\n".join([*found, *sums])


_WORDS: Final = {
    "it": {
        "setup": "Set up:",
        "customer_setup": "Set up cliente:",
        "customer_refund": "Storno set up cliente:",
        "net": "Imponibile",
        "vat": "IVA",
    },
    "en": {
        "setup": "Set-up fee:",
        "customer_setup": "Set-up fee of a customer:",
        "customer_refund": "Refunded set-up fee of a customer:",
        "net": "Net amount",
        "vat": "VAT (IVA)",
    },
}


# ------------------------------------------------------------------ cancelling and looking
def cancel(
    tenant: str, order_id: str, now: datetime, wakes: Wakes, also: Sequence[Op] = ()
) -> Order:
    """Give up an order that is not confirmed: its coupon and the charges are free again.

    NotFound; Rejected `order_confirmed`.
    """
    for _ in range(_TRIES):
        old = get(tenant, order_id)
        if old.state == "cancelled":
            return old
        if old.state == "confirmed":
            raise Rejected("order_confirmed", "The order is confirmed already.", status=409)
        new = replace(
            old, state="cancelled", cancelled_at=clock.stamp(now), version=old.version + 1
        )
        ops: list[Op] = [store.put_order(tenant, new)]
        if old.coupon:
            ops.append(store.give_coupon_back(tenant, old.coupon, old.id))
        ops += [
            store.reopen_charge(tenant, one) for one in store.charges(tenant, old.quote.charges)
        ]
        try:
            wakes.commit([*ops, *also])
        except ConditionFailed:
            continue
        return new
    raise Conflict()


def get(tenant: str, order_id: str) -> Order:
    """NotFound when this reseller has no such order."""
    found = store.get_order(tenant, order_id)
    if found is None:
        raise NotFound("order")
    return found


list_orders = store.list_orders
list_placed = store.list_placed


# ------------------------------------------------------------------ the operator's part
def install(found: Catalogue) -> None:
    """A price list, in force from its day on."""
    dynamo.commit([store.put_catalogue(found)])


def give_coupon(tenant: str, coupon: Coupon) -> None:
    """A coupon for one order of this reseller. Rejected `coupon_code`; Conflict `coupon_there`."""
    accounts.get_reseller(tenant)
    if not ids.is_safe(coupon.code) or len(coupon.code) > limits.COUPON_CHARS:
        raise Rejected("coupon_code", "A coupon's code is letters, digits, _ . -, at most 40.")
    try:
        dynamo.commit([store.put_coupon(tenant, coupon)])
    except ConditionFailed as failed:
        raise Conflict("coupon_there", "This coupon was given already.") from failed
