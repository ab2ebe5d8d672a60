"""A cart, what Checkout is asked for it, and what can be said of it afterwards. Pure.

Source: payment-requests-api v2 (CartRequest), pagopa.md section 8. Version 2, because version 1
sends a payer whose payment is still being worked on to the address of failures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode

from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.citizen.showing import NoticeState

Outcome = Literal["ok", "ko", "cancel"]
CartState = Literal["open", "verifying", "paid", "failed", "cancelled"]
PAGE: Final = "portal/return.html"
_CHARS: Final = 140


@dataclass(frozen=True)
class Item:
    """A notice in a cart: whose it is, and what it asked for when the cart was made."""

    tenant: str
    iuv: str
    notice: str
    creditor: str
    position: str
    number: int
    cents: int


@dataclass(frozen=True)
class Cart:
    """`slot`: what the same request is known by. `redirect` "" until Checkout has answered.
    `outcome` and `returned_at`: by which address the payer came back, and when."""

    id: str
    items: tuple[Item, ...]
    language: str
    slot: str
    made_at: str
    expires_at: str
    redirect: str = ""
    outcome: str = ""
    returned_at: str = ""


@dataclass(frozen=True)
class Label:
    """What Checkout shows of a notice."""

    company: str
    description: str


def require_together(items: Sequence[Item]) -> None:
    """Rejected `cart_size`, `cart_repeated` (a notice twice), `cart_overlap` (the whole of a
    position and an instalment of it: paying one closes the other)."""
    if not 1 <= len(items) <= limits.CART_NOTICES:
        raise Rejected("cart_size", "A cart has one to five notices.", most=limits.CART_NOTICES)
    if len({(one.creditor, one.notice) for one in items}) < len(items):
        raise Rejected("cart_repeated", "A notice is in the cart twice.")
    wholes = {(one.tenant, one.position) for one in items if one.number == 0}
    if any((one.tenant, one.position) in wholes for one in items if one.number):
        raise Rejected("cart_overlap", "Pay the whole or its instalments, not both.")


def request(cart: Cart, labels: Sequence[Label], mail: str, origin: str) -> dict[str, Any]:
    """The CartRequest. `mail` "" for none; `origin`: where the portal is (https://host)."""
    asked: dict[str, Any] = {
        "paymentNotices": [
            {
                "noticeNumber": one.notice,
                "fiscalCode": one.creditor,
                "amount": one.cents,
                "companyName": label.company[:_CHARS],
                "description": label.description[:_CHARS],
            }
            for one, label in zip(cart.items, labels, strict=True)
        ],
        "returnUrls": {
            "returnOkUrl": back(origin, cart.id, "ok"),
            "returnCancelUrl": back(origin, cart.id, "cancel"),
            "returnErrorUrl": back(origin, cart.id, "ko"),
            # Still being worked on: as after an "ok", only our own receipt will tell.
            "returnWaitingUrl": back(origin, cart.id, "ok"),
        },
        "idCart": cart.id,
    }
    return asked | ({"emailNotice": mail} if mail else {})


def back(origin: str, cart: str, outcome: Outcome) -> str:
    """The page that the payer comes back to."""
    return f"{origin.rstrip('/')}/{PAGE}?{urlencode({'cart': cart, 'outcome': outcome})}"


def state(cart: Cart, found: Sequence[NoticeState], now: datetime) -> CartState:
    """`found`: of its notices. Paid is what all our receipts say, whatever a return address said;
    where some have come, the others are on their way."""
    if found and all(one == "paid" for one in found):
        return "paid"
    if any(one == "paid" for one in found) or cart.outcome == "ok":
        return "verifying"
    if cart.outcome == "ko":
        return "failed"
    over = cart.expires_at <= clock.stamp(now)
    return "cancelled" if cart.outcome == "cancel" or over else "open"


def states(cart: Cart, found: Sequence[NoticeState], now: datetime) -> list[NoticeState]:
    """What can still be paid is being verified while the cart is."""
    waits = state(cart, found, now) == "verifying"
    return ["verifying" if waits and one == "payable" else one for one in found]
