"""Items of the orders.

pk T#<tenant>#ORDERS  sk ORDER#<id>            an order (index list; while placed, index state of
                                               the house, which is the operator's list)
                      sk ACCOUNT               how many of his orders were confirmed
                      sk COUPON#<code>         a coupon given to him
                      sk LICENCE#<product>#<customer>
                      sk CHARGE#<id>           what was ever owed for a customer, once each
                      sk OPEN#<at>#<id>        the same while no order has settled it
pk T#_house#CATALOGUE sk <valid from>          a price list
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import ANY, NEW, Check, Delete, Item, Key, Op, Put, Update
from chalicelib.credits import catalogue as lists
from chalicelib.credits.catalogue import Catalogue, Payment
from chalicelib.credits.order import Coupon, Order
from chalicelib.credits.pricing import Charge, Line, Quote

_PLACED = keys.pk(keys.HOUSE, "ORDERS", "placed")


def _pk(tenant: str) -> str:
    return keys.pk(tenant, "ORDERS")


# ------------------------------------------------------------------ orders
def order_key(tenant: str, order: str) -> Key:
    return _pk(tenant), keys.sk("ORDER", order)


def put_order(tenant: str, order: Order) -> Put:
    """A new version; fails on label `order` when another one is there."""
    pk, sk = order_key(tenant, order.id)
    item: Item = {
        name: value
        for name, value in asdict(order).items()
        if value != "" and name not in ("quote", "payment")
    }
    item |= {
        "pk": pk,
        "sk": sk,
        "tenant": tenant,
        "payment": dict(vars(order.payment)),
        "vat_percent": str(order.quote.vat_percent),
        "charges": list(order.quote.charges),
        "lines": [_line(one) for one in order.quote.lines],
        "list_pk": keys.pk(tenant, "ORDERS", "ALL"),
        "list_sk": f"{order.placed_at}#{order.id}",
    }
    if order.state == "placed":
        item["state_pk"] = _PLACED
    when: dynamo.Condition = ({"version": order.version - 1},) if order.version > 1 else NEW
    return Put(item, when=when, label="order")


def _line(line: Line) -> dict[str, Any]:
    found = {name: value for name, value in vars(line).items() if value not in ("", None)}
    return found | ({"price": str(line.price)} if line.price is not None else {})


def read_order(item: Item) -> Order:
    lines = tuple(
        Line(**(one | ({"price": Decimal(one["price"])} if "price" in one else {})))
        for one in item["lines"]
    )
    known: dict[str, Any] = {
        name: item[name] for name in Order.__dataclass_fields__ if name in item
    }
    known["quote"] = Quote(lines, Decimal(item["vat_percent"]), tuple(item["charges"]))
    known["payment"] = Payment(**item["payment"])
    return Order(**known)


def get_order(tenant: str, order: str) -> Order | None:
    item = dynamo.get(order_key(tenant, order))
    return read_order(item) if item else None


def list_orders(tenant: str, before: str, limit: int) -> list[Order]:
    """The newest first; `before` is `<placed_at>#<id>` of the last one seen, "" to begin."""
    high = before or "9"
    found = dynamo.query(
        keys.pk(tenant, "ORDERS", "ALL"),
        index="list",
        between=("0", high),
        descending=True,
        limit=limit + 1,
    )
    return [read_order(item) for item in found if item["list_sk"] != before][:limit]


def list_placed(limit: int) -> list[tuple[str, Order]]:
    """(tenant, order) of all that wait for the operator, the oldest first."""
    found = dynamo.query(_PLACED, index="state", limit=limit)
    return [(item["tenant"], read_order(item)) for item in found]


# ------------------------------------------------------------------ what a reseller has
def count_confirmed(tenant: str) -> Update:
    return Update((_pk(tenant), "ACCOUNT"), add={"confirmed": 1}, when=ANY, label="account")


def confirmed_orders(tenant: str) -> int:
    item = dynamo.get((_pk(tenant), "ACCOUNT"))
    return int(item["confirmed"]) if item else 0


def put_coupon(tenant: str, coupon: Coupon) -> Put:
    """Fails on label `coupon` when it was given already."""
    pk, sk = coupon_key(tenant, coupon.code)
    return Put({"pk": pk, "sk": sk, "until": coupon.until, "used_by": ""}, label="coupon")


def coupon_key(tenant: str, code: str) -> Key:
    return _pk(tenant), keys.sk("COUPON", code)


def get_coupon(tenant: str, code: str) -> Coupon | None:
    item = dynamo.get(coupon_key(tenant, code))
    return Coupon(code, item["until"], item["used_by"]) if item else None


def use_coupon(tenant: str, code: str, order: str) -> Update:
    """Once: fails on label `coupon` when an order has used it."""
    return Update(
        coupon_key(tenant, code), put={"used_by": order}, when=({"used_by": ""},), label="coupon"
    )


def give_coupon_back(tenant: str, code: str, order: str) -> Update:
    return Update(
        coupon_key(tenant, code), put={"used_by": ""}, when=({"used_by": order},), label="coupon"
    )


def licence_key(tenant: str, product: str, customer: str) -> Key:
    return _pk(tenant), keys.sk("LICENCE", product, customer)


def put_licence(tenant: str, product: str, customer: str, order: str, at: str) -> Put:
    """A customer's own licence; fails on label `licence:…` when he has one."""
    pk, sk = licence_key(tenant, product, customer)
    item = {"pk": pk, "sk": sk, "order": order, "at": at}
    return Put(item, label=f"licence:{product}:{customer}")


def licence_there(tenant: str, product: str, customer: str) -> Check:
    """Holds while the customer has a licence of his own; label `licence`."""
    return Check(licence_key(tenant, product, customer), dynamo.THERE, label="licence")


def licences(tenant: str, wanted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (product, customer) have a licence."""
    found = {licence_key(tenant, *one): one for one in wanted}
    return {found[key] for key in dynamo.batch_get(found)}


# ------------------------------------------------------------------ charges
def _open_key(tenant: str, charge: Charge) -> Key:
    return _pk(tenant), keys.sk("OPEN", charge.at, charge.id)


def _charge_item(key: Key, charge: Charge) -> Item:
    return {"pk": key[0], "sk": key[1], **{k: v for k, v in vars(charge).items() if k != "order"}}


def put_charge(tenant: str, charge: Charge) -> list[Op]:
    """Owed once for ever: fails on label `charge:<id>` when it was owed before."""
    own = _pk(tenant), keys.sk("CHARGE", charge.id)
    return [
        Put(_charge_item(own, charge), label=f"charge:{charge.id}"),
        reopen_charge(tenant, charge),
    ]


def reopen_charge(tenant: str, charge: Charge) -> Put:
    """As open as it was: the order that had it was cancelled."""
    return Put(_charge_item(_open_key(tenant, charge), charge), label=f"open:{charge.id}")


def settle_charge(tenant: str, charge: Charge) -> Delete:
    """Fails on label `open:<id>` when another order has settled it."""
    return Delete(_open_key(tenant, charge), label=f"open:{charge.id}")


def open_charges(tenant: str, limit: int) -> list[Charge]:
    """The oldest first."""
    return [_charge(item) for item in dynamo.query(_pk(tenant), prefix="OPEN#", limit=limit)]


def charges(tenant: str, wanted: Iterable[str]) -> list[Charge]:
    """By their ids, settled ones too; what was never owed is left out."""
    found = {(_pk(tenant), keys.sk("CHARGE", one)): one for one in wanted}
    return [_charge(item) for item in dynamo.batch_get(found).values()]


def _charge(item: Item) -> Charge:
    names = ("kind", "customer", "product", "cents", "at")
    return Charge(**{name: item[name] for name in names})


# ------------------------------------------------------------------ price lists
def put_catalogue(catalogue: Catalogue) -> Put:
    """Another one of the same day is replaced: it was a slip."""
    pk = keys.pk(keys.HOUSE, "CATALOGUE")
    item = {"pk": pk, "sk": catalogue.valid_from.isoformat(), "list": lists.to_json(catalogue)}
    return Put(item, when=ANY, label="catalogue")


def catalogue_on(day: date) -> Catalogue | None:
    """The operator's list of that day; None when he has not given one that has begun."""
    found = dynamo.query(
        keys.pk(keys.HOUSE, "CATALOGUE"),
        between=("0", day.isoformat()),
        descending=True,
        limit=1,
    )
    item = next(iter(found), None)
    return lists.from_json(item["list"]) if item else None
