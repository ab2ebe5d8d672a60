"""Open a cart at Checkout, and say what became of it when the payer comes back.

The cart is stored before Checkout is asked, under an id that Checkout hands on to the node
(idCart), so that a receipt names it. The same notices with the same amounts are the same cart for
an hour; one whose call died, or was not answered, is asked for again under the same id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.base import clock, config, dynamo, fields, limits
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.errors import NotFound, Rejected, Transient
from chalicelib.payments.checkout import client, model, store
from chalicelib.payments.checkout.model import Cart, CartState, Item, Label, Outcome
from chalicelib.payments.citizen import finding, handles, showing, tries
from chalicelib.payments.citizen.finding import Hit
from chalicelib.payments.citizen.showing import NoticeState
from chalicelib.payments.dues import values
from chalicelib.payments.dues.store import PORTAL
from chalicelib.payments.positions import model as positions
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Position


def open_cart(
    keys: Sequence[str], mail: str, language: str, source: str, token: str, now: datetime
) -> Cart:
    """A cart of what these keys stand for, with the page where it is paid. `token`: the id that a
    new one gets (nobody can guess it).

    Rejected as `handles.read`, `model.require_together`, `client.post`; `notice_not_payable` (409),
    `mail_malformed`, `too_many_tries`. Transient `checkout_unavailable`: the same request again is
    the same cart; `notice_not_yet`: pagoPA does not know it yet.
    """
    hits = [finding.again(handles.read(key, now), now) for key in keys]
    items = tuple(_item(hit, now) for hit in hits)
    model.require_together(items)
    address = _mail(mail)
    slot = _slot(items, address, language)
    cart = store.of_slot(slot, now)
    if cart is None:
        tries.by_source(source, "cart", limits.PORTAL_MADE, now)
        cart = _made(Cart(
            id=token, items=items, language=language, slot=slot, made_at=clock.stamp(now),
            expires_at=clock.stamp(now + timedelta(seconds=limits.CART_S)),
        ), now)  # fmt: skip
    if cart.redirect:
        return cart
    return _asked(cart, {_name(item): _label(hit) for item, hit in zip(items, hits, strict=True)},
                  address, now)  # fmt: skip


def _name(item: Item) -> tuple[str, str]:
    return item.creditor, item.notice


def _item(hit: Hit, now: datetime) -> Item:
    position, payment = positions.on(hit.position, clock.rome_day(now)), hit.payment
    state = showing.state_of(position, payment, now)
    if position.state == "draft":
        raise Transient(
            "notice_not_yet", "pagoPA is being told of this notice: try again in a moment.",
            retry_after_s=limits.PUBLISHING_S,
        )  # fmt: skip
    if state != "payable":
        raise Rejected(
            "notice_not_payable", "This notice cannot be paid.", status=409,
            notice=payment.notice, state=state,
        )  # fmt: skip
    cents = positions.asked(position, payment, clock.rome_day(now)).cents
    if not cents:
        raise Rejected(
            "notice_not_payable", "There is nothing to pay.", status=409, notice=payment.notice,
            state="closed",
        )  # fmt: skip
    return Item(
        tenant=hit.tenant, iuv=payment.iuv, notice=payment.notice, creditor=position.creditor,
        position=position.id, number=payment.number, cents=cents,
    )  # fmt: skip


def _label(hit: Hit) -> Label:
    """The reason only where the payer gave the whole key: it goes through other hands."""
    known = hit.person is not None
    return Label(hit.body.name, hit.position.subject if known else f"Avviso {hit.payment.notice}")


def _mail(mail: str) -> str:
    try:
        return values.mail(mail) if mail else ""
    except ValueError as problem:
        raise Rejected("mail_malformed", "This is no mail address.") from problem


def _slot(items: Sequence[Item], mail: str, language: str) -> str:
    """What the same request is known by; nobody can tell from it who asked."""
    asked = sorted((*_name(one), one.cents) for one in items)
    return fields.blind(PORTAL, "cart", json.dumps([asked, mail, language]))


def _made(cart: Cart, now: datetime) -> Cart:
    try:
        dynamo.commit(store.born(cart, now))
    except ConditionFailed:
        other = store.of_slot(cart.slot, now)
        if other is None:
            raise
        return other
    return cart


def _asked(cart: Cart, labels: Mapping[tuple[str, str], Label], mail: str, now: datetime) -> Cart:
    # All of the house call from few addresses: better a wait of ours than PagoPA's refusal.
    tries.count("checkout", "all", limits.CHECKOUT_CALLS, limits.CHECKOUT_WINDOW_S, now)
    # In the order of the cart, whichever order the keys of a repeat had.
    shown = [labels[_name(one)] for one in cart.items]
    try:
        redirect = client.post(model.request(cart, shown, mail, config.get("PUBLIC_URL")))
    except Rejected:
        _drop(cart)
        raise
    try:
        dynamo.commit([store.answered(cart, redirect)])
    except ConditionFailed:
        other = store.get(cart.id)  # the same request at the same time was answered first
        if other is not None and other.redirect:
            return other
        raise
    return replace(cart, redirect=redirect)


def _drop(cart: Cart) -> None:
    try:
        dynamo.commit(store.given_up(cart))
    except ConditionFailed:
        return


# ------------------------------------------------------------------ afterwards
def look(
    cart_id: str, outcome: Outcome | None, now: datetime
) -> tuple[Cart, CartState, list[NoticeState]]:
    """A cart, its state, and the states of its notices in its order. `outcome`: what the address
    said by which the payer came back; it is remembered and proves nothing. NotFound."""
    cart = store.get(cart_id)
    if cart is None:
        raise NotFound("cart")
    found = _states(cart, now)
    if outcome and cart.outcome not in ("ok", outcome) and set(found) != {"paid"}:
        try:
            dynamo.commit(store.returned(cart, outcome, now))
            cart = replace(cart, outcome=outcome, returned_at=clock.stamp(now))
        except ConditionFailed:
            cart = store.get(cart_id) or cart  # another page of the same payer was first
    return cart, model.state(cart, found, now), model.states(cart, found, now)


def _states(cart: Cart, now: datetime) -> list[NoticeState]:
    there = position_store.get_positions({(one.tenant, one.position) for one in cart.items})
    at = cart.returned_at if cart.outcome == "ok" else ""
    return [
        _state(there.get((one.tenant, one.position)), one.number, at, now) for one in cart.items
    ]


def _state(position: Position | None, number: int, at: str, now: datetime) -> NoticeState:
    for payment in position.payments if position else ():
        if position and payment.number == number:
            return showing.state_of(position, payment, now, at)
    return "not_payable"
