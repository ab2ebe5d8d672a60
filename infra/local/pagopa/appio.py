"""App IO on one machine: profiles and messages of its API for services, over HTTP on loopback.

It shares no code with the product and is strict in what it takes (the API's description, 4.0.0).
Who is on IO is said by the test; a message for somebody else is refused as IO does. It can
misbehave by `plan`:

    busy      429
    error     500, nothing taken
    gateway   502, the message was taken
    lost      the socket is closed before the message is taken
    silent    the message is taken, then the socket is closed
    garbage   200 with HTML
    forbidden 403

    python -m infra.local.pagopa.appio        with one citizen, until the standard input ends
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from infra.local.web_server import WebServer

KINDS = ("busy", "error", "gateway", "lost", "silent", "garbage", "forbidden")
_BODY_BYTES = 200_000
_TAX_CODE = re.compile(
    r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]"
)
_NOTICE = re.compile(r"[0123][0-9]{17}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


@dataclass(frozen=True)
class Citizen:
    """Somebody on IO; `allows`: he lets this service write to him."""

    allows: bool = True
    languages: tuple[str, ...] = ("it_IT",)


class Refusal(Exception):
    """A problem as the API words it."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail


@dataclass
class AppIo:
    """The API while it is open (a context manager). `messages`: those taken, in order;
    `asked`: the calls in order, as (path, body). Safe to use from several threads."""

    key: str = "chiave-di-prova"
    citizens: dict[str, Citizen] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: Counter[tuple[str, str]] = Counter()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.serve(self)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: what was asked is in `asked`."""

        self._server = WebServer(Handler, name="appio")

    @property
    def url(self) -> str:
        """As APPIO_URL wants it."""
        return f"{self._server.url}/api/v1"

    def __enter__(self) -> AppIo:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()

    def enrol(self, tax_codes: Iterable[str], citizen: Citizen = Citizen()) -> None:
        """These people are on IO."""
        self.citizens.update(dict.fromkeys(tax_codes, citizen))

    def plan(self, kind: str, path: str = "/messages", times: int = 1) -> None:
        """The next `times` calls of `path` go wrong in this way. KeyError for no such kind."""
        if kind not in KINDS:
            raise KeyError(kind)
        with self._lock:
            self._planned[kind, path] += times

    def _take(self, path: str) -> str:
        with self._lock:
            for kind in KINDS:
                if self._planned[kind, path]:
                    self._planned[kind, path] -= 1
                    return kind
        return ""

    # --- one request --------------------------------------------------------------------------
    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """From the socket to the socket."""
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(min(size, _BODY_BYTES))
        path = handler.path.removeprefix("/api/v1")
        fault = self._take(path)
        if fault == "lost":
            handler.close_connection = True
            return
        try:
            status, answer = self._judge(path, body, handler.headers, fault)
        except Refusal as refusal:
            status = refusal.status
            answer = {"status": status, "title": refusal.title, "detail": refusal.detail}
        if fault == "silent":
            handler.close_connection = True
            return
        data = b"<html>IO</html>" if fault == "garbage" else json.dumps(answer).encode()
        handler.send_response(502 if fault == "gateway" else 200 if fault == "garbage" else status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        if status == 201 and not fault:
            place = f"{self.url}/messages/{asked_of(body)}/{answer['id']}"
            handler.send_header("Location", place)
        handler.end_headers()
        handler.wfile.write(data)

    def _judge(self, path: str, body: bytes, headers: Any, fault: str) -> tuple[int, Any]:
        if headers.get("Ocp-Apim-Subscription-Key") != self.key:
            raise Refusal(401, "Access denied due to invalid subscription key")
        if fault == "busy":
            raise Refusal(429, "Too many requests", "Rate limit is exceeded.")
        if fault == "error":
            raise Refusal(500, "Internal server error")
        if fault == "forbidden":
            raise Refusal(403, "Recipient forbidden", "You are not allowed to write to him.")
        try:
            asked = json.loads(body)
        except ValueError:
            raise Refusal(400, "Bad request", "no JSON") from None
        with self._lock:
            self.asked.append((path, asked))
        if path == "/profiles":
            return 200, self._profile(asked)
        if path == "/messages":
            return 201, self._message(asked)
        raise Refusal(404, "Not found")

    def _profile(self, asked: Any) -> dict[str, Any]:
        code = asked.get("fiscal_code")
        if not isinstance(code, str) or not _TAX_CODE.fullmatch(code):
            raise Refusal(400, "Invalid FiscalCode", "fiscal_code")
        found = self.citizens.get(code)
        if found is None:
            raise Refusal(404, "Profile not found")
        return {"sender_allowed": found.allows, "preferred_languages": list(found.languages)}

    def _message(self, asked: dict[str, Any]) -> dict[str, str]:
        check_message(asked)
        found = self.citizens.get(asked["fiscal_code"])
        if found is None or not found.allows:
            raise Refusal(403, "Recipient forbidden", "The recipient does not allow it.")
        with self._lock:
            self.messages.append(asked)
            return {"id": f"01IO{len(self.messages):022d}"}


def asked_of(body: bytes) -> str:
    """Whom a message that was taken is for."""
    return str(json.loads(body)["fiscal_code"])


def check_message(asked: dict[str, Any]) -> None:
    """Raises Refusal (400) for what the API's description does not allow of a NewMessage."""

    def need(sound: bool, what: str) -> None:
        if not sound:
            raise Refusal(400, "Invalid NewMessage", what)

    need(isinstance(asked, dict), "no object")
    known = {"fiscal_code", "content", "feature_level_type", "time_to_live", "default_addresses"}
    need(set(asked) <= known, "unknown fields")
    need(_TAX_CODE.fullmatch(str(asked.get("fiscal_code"))) is not None, "fiscal_code")
    need(asked.get("feature_level_type", "STANDARD") in ("STANDARD", "ADVANCED"), "feature level")
    content = asked.get("content")
    need(isinstance(content, dict), "content")
    assert isinstance(content, dict)
    need(10 <= len(content.get("subject", "")) <= 120, "subject")
    need(80 <= len(content.get("markdown", "")) <= 10_000, "markdown")
    if "due_date" in content:
        need(_INSTANT.fullmatch(str(content["due_date"])) is not None, "due_date")
    payment = content.get("payment_data")
    if payment is None:
        return
    need(isinstance(payment, dict), "payment_data")
    amount = payment.get("amount")
    need(type(amount) is int and 1 <= amount <= 9_999_999_999, "amount")
    need(_NOTICE.fullmatch(str(payment.get("notice_number"))) is not None, "notice_number")
    need(type(payment.get("invalid_after_due_date", False)) is bool, "invalid_after_due_date")
    payee = payment.get("payee", {"fiscal_code": "0" * 11})
    need(re.fullmatch(r"[0-9]{11}", str(payee.get("fiscal_code"))) is not None, "payee")


def main() -> None:
    """The API with one citizen, until the input ends."""
    import sys

    with AppIo() as io:
        io.enrol(["RSSMRA80A41H501Y"])
        print(f"APPIO_URL={io.url} key {io.key}, citizen RSSMRA80A41H501Y")
        sys.stdin.read()


if __name__ == "__main__":
    main()
