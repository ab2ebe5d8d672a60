"""Carts in the table. Nobody's name and no address is in one.

T#_portal#CART#<id>         CART       a cart, until it expires
T#_portal#CARTOF#<blind>    CARTOF     which cart the same request is, for a while
T#<tenant>#NOTICE#<iuv>     RETURNED   a payer of the notice came back and said that he had paid
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from chalicelib.base import clock, dynamo, keys, limits
from chalicelib.base.dynamo import Delete, Item, Key, Op, Put, Update
from chalicelib.payments.checkout.model import Cart, Outcome
from chalicelib.payments.checkout.model import Item as Entry
from chalicelib.payments.citizen import finding
from chalicelib.payments.dues.store import PORTAL


def _cart_key(cart: str) -> Key:
    return keys.pk(PORTAL, "CART", cart), keys.sk("CART")


def _slot_key(slot: str) -> Key:
    return keys.pk(PORTAL, "CARTOF", slot), keys.sk("CARTOF")


def born(cart: Cart, now: datetime) -> list[Op]:
    """A new cart, which takes the slot of its request from one that is over."""
    pk, sk = _cart_key(cart.id)
    until = int(now.timestamp()) + limits.CART_KEPT_S
    items = [asdict(one) for one in cart.items]
    slot_pk, slot_sk = _slot_key(cart.slot)
    slot = {
        "pk": slot_pk, "sk": slot_sk, "cart": cart.id, "until": cart.expires_at, "expires": until,
    }  # fmt: skip
    over: dynamo.Condition = (
        {"pk": dynamo.ABSENT},
        {"until": dynamo.at_most(clock.stamp(now))},
    )
    return [
        Put(asdict(cart) | {"pk": pk, "sk": sk, "items": items, "expires": until}, label="cart"),
        Put(slot, when=over, label="slot"),
    ]


def get(cart: str) -> Cart | None:
    item = dynamo.get(_cart_key(cart))
    return None if item is None else _read(item)


def _read(item: Item) -> Cart:
    said = {name: value for name, value in item.items() if name not in ("pk", "sk", "expires")}
    return Cart(**said | {"items": tuple(Entry(**one) for one in item["items"])})


def of_slot(slot: str, now: datetime) -> Cart | None:
    """The cart of the same request, while it is not over."""
    item = dynamo.get(_slot_key(slot))
    if item is None or item["until"] <= clock.stamp(now):
        return None
    return get(item["cart"])


def answered(cart: Cart, redirect: str) -> Op:
    """Checkout has it; the first answer stays."""
    return Update(
        _cart_key(cart.id), put={"redirect": redirect}, when=({"redirect": ""},), label="cart"
    )


def given_up(cart: Cart) -> list[Op]:
    """Checkout will not have it: the same request is another cart."""
    return [Delete(_slot_key(cart.slot), when=({"cart": cart.id},), label="slot")]


def returned(cart: Cart, outcome: Outcome, now: datetime) -> list[Op]:
    """The payer is back: the first time counts, but that he has paid may be said later too."""
    at = clock.stamp(now)
    before: dynamo.Condition = ({"outcome": cart.outcome},)
    ops: list[Op] = [
        Update(
            _cart_key(cart.id), put={"outcome": outcome, "returned_at": at}, when=before,
            label="cart",
        )
    ]  # fmt: skip
    if outcome == "ok":
        for one in cart.items:
            pk, sk = finding.returned_key(one.tenant, one.iuv)
            until = int(now.timestamp()) + limits.CART_KEPT_S
            row = {"pk": pk, "sk": sk, "at": at, "expires": until}
            ops.append(Put(row, when=dynamo.ANY, label=f"returned:{one.iuv}:{one.tenant}"))
    return ops
