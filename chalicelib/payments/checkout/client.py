"""Checkout's carts API: one POST, its answer by status and Location.

Source: payment-requests-api v2; pagopa.md section 8. It is called from the server: a browser may
not read the redirection to another origin. There is no key; PagoPA counts calls by address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.base import config, limits, net
from chalicelib.base.errors import Failure, Rejected, Transient

_LOCATION_CHARS: Final = 2_000


def post(request: Mapping[str, Any]) -> str:
    """The address of the page where the cart is paid.

    Rejected `cart_not_payable` (409: a notice is paid, being paid, or not known to the node),
    `checkout_refused` (502: Checkout cannot read it); Transient `checkout_unavailable`.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        reply = net.request(
            "POST",
            config.get("CHECKOUT_URL"),
            json.dumps(request).encode(),
            headers,
            timeout_s=limits.CHECKOUT_TIMEOUT_S,
        )
    except Transient as failure:
        raise _unavailable(failure.code) from failure
    if reply.status == 302:
        return _place(reply.headers.get("location", ""))
    if reply.status == 422:
        raise Rejected(
            "cart_not_payable",
            "One of these notices is paid already, or a payment of it is on its way.",
            status=409,
        )
    if reply.status in (429, 500, 502, 503, 504):
        raise _unavailable(str(reply.status))
    # Never passed on: what it says may repeat what it was sent.
    raise Rejected(
        "checkout_refused", "Checkout does not take this cart.", status=502, answer=reply.status
    )


def _place(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError as error:
        raise _unavailable("location") from error
    ours = urlsplit(config.get("CHECKOUT_URL")).scheme
    if not parts.hostname or parts.scheme != ours or len(location) > _LOCATION_CHARS:
        raise _unavailable("location")
    return location


def _unavailable(reason: str) -> Failure:
    return Transient(
        "checkout_unavailable",
        "Checkout does not answer: try again, or print the notice.",
        reason=reason,
        retry_after_s=limits.CHECKOUT_WINDOW_S,
    )
