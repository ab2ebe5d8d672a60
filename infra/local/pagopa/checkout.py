"""pagoPA's Checkout on one machine: the carts API and the page where a cart is paid.

It shares no code with the product and is strict in what it takes (payment-requests-api v2). A cart
is stored and answered by a redirection; on the page behind it one pays, cancels or fails, and is
sent back to one of the cart's return addresses. What paying does is the node's: `pay` is given
the cart; `through(node)` tells the creditor institutions by infra/local/pagopa/node.py. It can
misbehave by `plan`, for calls and payments to come:

    busy       carts: 429
    error      carts: 500, nothing stored
    gateway    carts: 502, nothing stored
    lost       carts: the socket is closed before anything is stored
    silent     carts: the cart is stored, then the socket is closed
    nowhere    carts: 302 without a Location
    garbage    carts: 200 with HTML
    refused    carts: 422, as when a payment of one of the notices is on its way
    late       pay: the payer is back before the node is told; `deliver` tells it
    twice      pay: the node is told twice
    never      pay: the payer comes back by the good address, and nobody is told

    python -m infra.local.pagopa.checkout      paying tells nobody, until the standard input ends
"""

from __future__ import annotations

import html
import json
import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from infra.local.pagopa.node import Node
from infra.local.pagopa.node_messages import Refused, Unanswered
from infra.local.web_server import WebServer

CARTS: Final = "/checkout/ec/v2/carts"
KINDS: Final = (
    "busy", "error", "gateway", "lost", "silent", "nowhere", "garbage", "refused",
    "late", "twice", "never",
)  # fmt: skip
_BODY_BYTES = 100_000
_NOTICE = re.compile(r"[0-9]{18}")
_CODE = re.compile(r"[0-9A-Za-z]{11}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_RETURNS = ("returnOkUrl", "returnCancelUrl", "returnErrorUrl", "returnWaitingUrl")
_CLOSED: Final = 0  # the socket is closed without an answer

Pay = Callable[[Mapping[str, Any]], None]


def _nobody(cart: Mapping[str, Any]) -> None:
    """Whoever pays here alone tells no creditor."""


class Changed(Exception):
    """The creditor asks for another amount than the cart says: the payer is told, nothing paid."""


def through(node: Node, times: int = 1) -> Pay:
    """Paying as the node does it: all notices of a cart are activated, then all are paid, and each
    receipt is told so many times."""

    def pay(cart: Mapping[str, Any]) -> None:
        note = str(cart.get("idCart", ""))
        asked = cart["paymentNotices"]
        found = [node.activate(one["noticeNumber"], one["fiscalCode"], note=note) for one in asked]
        if [one.cents for one in found] != [one["amount"] for one in asked]:
            raise Changed
        told = [node.receipt(one, note=note) for one in found]
        for _ in range(times):
            for one in told:
                node.tell(one)

    return pay


class Refusal(Exception):
    """A problem as the API words it."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail


def check(asked: Any) -> dict[str, Any]:
    """The CartRequest, if it is one. Raises Refusal (400, 422)."""
    if not isinstance(asked, dict):
        raise Refusal(400, "Request validation error", "not an object")
    known = {"emailNotice", "paymentNotices", "returnUrls", "idCart", "allCCP"}
    if unknown := asked.keys() - known:
        raise Refusal(400, "Request validation error", f"{sorted(unknown)}")
    notices, places = asked.get("paymentNotices"), asked.get("returnUrls")
    if not isinstance(notices, list) or not notices or not isinstance(places, dict):
        raise Refusal(400, "Request validation error", "paymentNotices and returnUrls")
    if len(notices) > 5:
        raise Refusal(422, "Multiple payment notices not processable")
    for notice in notices:
        _notice(notice)
    named = {(one["fiscalCode"], one["noticeNumber"]) for one in notices}
    if len(named) < len(notices):
        raise Refusal(422, "Invalid payment info", "duplicate notices")
    for name in _RETURNS:
        if urlsplit(str(places.get(name, ""))).scheme not in ("http", "https"):
            raise Refusal(400, "Request validation error", name)
    if "emailNotice" in asked and not _MAIL.fullmatch(str(asked["emailNotice"])):
        raise Refusal(400, "Request validation error", "emailNotice")
    return asked


def _notice(one: Any) -> None:
    wanted = {"noticeNumber", "fiscalCode", "amount", "companyName", "description"}
    if not isinstance(one, dict) or one.keys() != wanted:
        raise Refusal(400, "Request validation error", "paymentNotices")
    amount = one["amount"]
    sound = (
        _NOTICE.fullmatch(str(one["noticeNumber"]))
        and _CODE.fullmatch(str(one["fiscalCode"]))
        and isinstance(amount, int)
        and not isinstance(amount, bool)
        and amount >= 1
        and all(0 < len(str(one[name])) <= 140 for name in ("companyName", "description"))
    )
    if not sound:
        raise Refusal(400, "Request validation error", "paymentNotices")


@dataclass
class Checkout:
    """The service while it is open (a context manager). `asked`: what was asked of the carts API;
    `carts` by their ids. Safe to use from several threads."""

    pay: Pay = _nobody
    port: int = 0
    asked: list[Any] = field(default_factory=list)
    carts: dict[str, dict[str, Any]] = field(default_factory=dict)
    paid: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: Counter[str] = Counter()
        self._waiting: list[dict[str, Any]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.serve(self)

            def do_GET(self) -> None:
                service.serve(self)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: what was asked is in `asked`."""

        self._server = WebServer(Handler, port=self.port, name="checkout")

    @property
    def root(self) -> str:
        return self._server.url

    @property
    def url(self) -> str:
        """The carts API, as CHECKOUT_URL wants it."""
        return self.root + CARTS

    def plan(self, kind: str, times: int = 1) -> None:
        """The next `times` go wrong in this way. KeyError for no such kind."""
        if kind not in KINDS:
            raise KeyError(kind)
        with self._lock:
            self._planned[kind] += times

    def _takes(self, kind: str) -> bool:
        with self._lock:
            if self._planned[kind] <= 0:
                return False
            self._planned[kind] -= 1
            return True

    def __enter__(self) -> Checkout:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()

    # --- from the socket to the socket -----------------------------------------------------
    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(min(size, _BODY_BYTES))
        path = urlsplit(handler.path).path
        try:
            status, headers, answer = self._answer(handler.command, path, body)
        except Refusal as refusal:
            status, headers = refusal.status, {"Content-Type": "application/json"}
            problem = {"title": refusal.title, "status": status, "detail": refusal.detail}
            answer = json.dumps(problem).encode()
        if status == _CLOSED:
            handler.close_connection = True
            return
        try:
            handler.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(answer)
        except OSError:
            pass  # whoever asked has lost his patience

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if method == "POST" and path == CARTS:
            return self._open(body)
        name, _, end = path.removeprefix("/c/").partition("/")
        cart = self.carts.get(name) if path.startswith("/c/") and not end else None
        if cart is None:
            raise Refusal(404, "Not found")
        if method == "GET":
            return 200, {"Content-Type": "text/html; charset=utf-8"}, page(name, cart)
        action = parse_qs(body.decode("utf-8", "replace")).get("action", [""])[0]
        return 303, {"Location": self.act(name, action)}, b""

    def _open(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            self.asked.append(_json(body))
        for kind, status in (("busy", 429), ("error", 500), ("gateway", 502)):
            if self._takes(kind):
                raise Refusal(status, "planned")
        if self._takes("refused"):
            raise Refusal(422, "Invalid payment info", "planned")
        if self._takes("garbage"):
            return 200, {"Content-Type": "text/html"}, b"<html>Servizio non disponibile</html>"
        if self._takes("lost"):
            return _CLOSED, {}, b""
        cart = check(_json(body))
        name = str(uuid.uuid4())
        with self._lock:
            self.carts[name] = cart
        if self._takes("silent"):
            return _CLOSED, {}, b""
        place = {} if self._takes("nowhere") else {"Location": f"{self.root}/c/{name}"}
        return 302, place, b""

    # --- what a payer does ------------------------------------------------------------------
    def act(self, name: str, action: str) -> str:
        """Pay a cart, cancel it or fail at it; gives the address that the payer is sent back to.

        A cart is paid once: whoever comes again is only sent back.
        """
        cart = self.carts[name]
        back = cart["returnUrls"]
        if action == "cancel":
            return str(back["returnCancelUrl"])
        if action != "pay":
            return str(back["returnErrorUrl"])
        with self._lock:
            again = name in self.paid
            self.paid.append(name)
        if again or self._takes("never"):
            return str(back["returnOkUrl"])
        if self._takes("late"):
            with self._lock:
                self._waiting.append(cart)
            return str(back["returnWaitingUrl"])
        for _ in range(2 if self._takes("twice") else 1):
            try:
                self.pay(cart)
            except (Changed, Refused, Unanswered):  # the payer learns only that it failed
                return str(back["returnErrorUrl"])
        return str(back["returnOkUrl"])

    def deliver(self) -> int:
        """The node is told of what was paid late; gives how many carts."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for cart in waiting:
            self.pay(cart)
        return len(waiting)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Refusal(400, "Request validation error", "not JSON") from None


def page(name: str, cart: Mapping[str, Any]) -> bytes:
    """The page where it is paid: a form without any script."""
    rows = "".join(
        f"<li>{html.escape(one['companyName'])}: {html.escape(one['description'])}, "
        f"{one['noticeNumber']}, <b>{one['amount'] / 100:.2f} €</b></li>"
        for one in cart["paymentNotices"]
    )
    buttons = "".join(
        f'<button name="action" value="{value}">{text}</button> '
        for value, text in (("pay", "Paga"), ("cancel", "Annulla"), ("fail", "Fallisci"))
    )
    return (
        '<!doctype html><html lang="it"><meta charset="utf-8"><title>Checkout di prova</title>'
        f"<h1>Checkout di prova</h1><ul>{rows}</ul>"
        f'<form method="post" action="/c/{name}">{buttons}</form></html>'
    ).encode()


def main() -> None:
    """Checkout until the input ends; paying tells nobody."""
    import sys

    with Checkout() as service:
        print(service.url)
        sys.stdin.read()


if __name__ == "__main__":
    main()
