"""pagoPA's services for bodies on one machine, over HTTP on loopback: GPD, the archive of notices
(ACA), massive load, receipts, Biz Events.

    with Gpd(clock) as gpd:            PAGOPA_URL = gpd.url
        gpd.faults.plan("after", "create")
        gpd.archive.pay(creditor, notice, "token-1")

It shares no code with the product and takes nothing that the schema or the service would refuse
(gpd_rules); what it can do wrong is in gpd_faults, by the operation's name: create, update, get,
delete, publish, invalidate, paid, upload, status, report, receipts, receipt, biz. `limit`: so many
calls in so many seconds of its clock, then 429 with Retry-After. `requests`: what was asked, in
order, as (operation, path, status).

    python -m infra.local.pagopa.gpd          until the standard input ends
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from infra.local.pagopa.gpd_archive import Archive
from infra.local.pagopa.gpd_faults import Faults
from infra.local.pagopa.gpd_rules import Refused
from infra.local.web_server import WebServer

KEY = "chiave-di-prova"
_BODY_BYTES = 20_000_000
_FILE_BYTES = 5_000_000
_SERVICE = r"/(?P<product>gpd|aca)/debt-positions-service/v1/organizations/(?P<creditor>[0-9]{11})"
_UPLOAD = (
    r"/upload/(?P<product>gpd|aca)/debt-positions-service/v2/brokers/(?P<broker>[0-9]{11})"
    r"/organizations/(?P<creditor>[0-9]{11})/debtpositions/file"
)
_IUPD = r"/debtpositions/(?P<iupd>[^/]+)"
_RECEIPTS = r"/gpd/payments-receipts-service/v1/payments/(?P<creditor>[0-9]{11})/receipts"
ROUTES: dict[str, tuple[str, re.Pattern[str]]] = {
    "create": ("POST", re.compile(f"{_SERVICE}/debtpositions")),
    "get": ("GET", re.compile(f"{_SERVICE}{_IUPD}")),
    "update": ("PUT", re.compile(f"{_SERVICE}{_IUPD}")),
    "delete": ("DELETE", re.compile(f"{_SERVICE}{_IUPD}")),
    "publish": ("POST", re.compile(f"{_SERVICE}{_IUPD}/publish")),
    "invalidate": ("POST", re.compile(f"{_SERVICE}{_IUPD}/invalidate")),
    "paid": ("POST", re.compile(f"{_SERVICE}/paymentoptions/paids/(?P<nav>[0-9]{{18}})")),
    "upload": ("POST", re.compile(_UPLOAD)),
    "status": ("GET", re.compile(f"{_UPLOAD}/(?P<file>[^/]+)/status")),
    "report": ("GET", re.compile(f"{_UPLOAD}/(?P<file>[^/]+)/report")),
    "receipts": ("GET", re.compile(_RECEIPTS)),
    "receipt": ("GET", re.compile(f"{_RECEIPTS}/(?P<iuv>[^/]+)")),
    "biz": (
        "GET",
        re.compile(
            r"/bizevents/service/v1/organizations/(?P<creditor>[0-9]{11})/receipts/(?P<iur>[^/]+)"
        ),
    ),
}


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class _File:
    positions: list[Any]
    creditor: str
    product: str
    polls: int
    entries: list[dict[str, Any]] = field(default_factory=list)
    done: bool = False


@dataclass
class Gpd:
    """The services while they are open. `polls`: how often a file is still in progress."""

    clock: Callable[[], datetime]
    limit: tuple[int, int] = (0, 10)
    polls: int = 1
    faults: Faults = field(default_factory=Faults)
    requests: list[tuple[str, str, int]] = field(default_factory=list)
    # The bodies of what was asked with one, as they came.
    bodies: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.archives = {name: Archive(self.clock) for name in ("gpd", "aca")}
        self.files: dict[str, _File] = {}
        self._recent: list[datetime] = []
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.serve(self)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: what was asked is in `requests`."""

        self._server = WebServer(Handler, name="gpd")

    @property
    def archive(self) -> Archive:
        """GPD's own; that of the notices is `archives["aca"]`."""
        return self.archives["gpd"]

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Gpd:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.release()
        self._server.end()

    def forget(self) -> None:
        """Nothing is there, nothing is planned."""
        for archive in self.archives.values():
            for kept in (archive.positions, archive.receipts, archive.done, archive.segregations):
                kept.clear()
        self.files.clear()
        self.requests.clear()
        self.bodies.clear()
        self.faults.clear()
        self._recent.clear()
        self.limit = (0, 10)

    # --- the wire -----------------------------------------------------------------------------
    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One request from the socket to the socket."""
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(min(size, _BODY_BYTES))
        path = unquote(urlsplit(handler.path).path)
        query = {name: one[0] for name, one in parse_qs(urlsplit(handler.path).query).items()}
        operation, parts = _route(handler.command, path)
        fault = self.faults.take(operation)
        reply = Reply(500)
        if fault == "busy":
            wait = str(self.faults.retry_after_s)
            reply = Reply(429, _problem(429, "TOO MANY REQUESTS"), {"Retry-After": wait})
        elif fault == "refuse":
            reply = Reply(400, _problem(400, "BAD REQUEST", "planned"))
        elif fault not in ("error", "gone"):
            with self._lock:
                reply = self._answer(operation, parts, query, handler.headers, body)
        with self._lock:
            self.requests.append((operation, path, reply.status))
            if body:
                self.bodies.append((operation, body))
        if fault in ("gone", "drop"):
            handler.close_connection = True
            return
        if fault in ("after", "error"):
            reply = Reply(500, _problem(500, "INTERNAL SERVER ERROR"))
        if fault == "garbage":
            reply = Reply(200, b"<html>Servizio non disponibile</html>")
        if fault == "slow":
            self.faults.wait()
        _send(handler, reply)

    def _answer(
        self, operation: str, parts: dict[str, str], query: dict[str, str], headers: Any,
        body: bytes,
    ) -> Reply:  # fmt: skip
        if headers.get("Ocp-Apim-Subscription-Key") != KEY:
            return Reply(401, {"statusCode": 401, "message": "Access denied"})
        if wait := self._too_many():
            return Reply(429, _problem(429, "TOO MANY REQUESTS"), {"Retry-After": str(wait)})
        try:
            found: Reply = getattr(self, f"_{operation}")(parts, query, headers, body)
        except Refused as refused:
            return Reply(refused.status, _problem(refused.status, refused.title, refused.detail))
        return found

    def _too_many(self) -> int:
        most, seconds = self.limit
        now = self.clock()
        self._recent = [at for at in self._recent if at > now - timedelta(seconds=seconds)]
        if most and len(self._recent) >= most:
            return seconds
        self._recent.append(now)
        return 0

    def _unknown(self, *_: Any) -> Reply:
        raise Refused(404, "NOT FOUND", "no such address")

    # --- positions ----------------------------------------------------------------------------
    def _of(self, parts: dict[str, str]) -> Archive:
        return self.archives[parts["product"]]

    def _create(self, parts: Any, query: Any, _: Any, body: bytes) -> Reply:
        made = self._of(parts).create(parts["creditor"], _json(body), _publishes(query))
        return Reply(201, _model(made))

    def _update(self, parts: Any, query: Any, _: Any, body: bytes) -> Reply:
        value, publish = _json(body), _publishes(query)
        made = self._of(parts).update(parts["creditor"], parts["iupd"], value, publish)
        return Reply(200, _model(made))

    def _get(self, parts: Any, *_: Any) -> Reply:
        found = self._of(parts).get(parts["creditor"], parts["iupd"])
        # The debtor is not in what GPD answers.
        hidden = ("fiscalCode", "fullName", "switchToExpired", "payStandIn")
        return Reply(200, {name: one for name, one in found.items() if name not in hidden})

    def _delete(self, parts: Any, *_: Any) -> Reply:
        self._of(parts).delete(parts["creditor"], parts["iupd"])
        return Reply(200, "deleted")

    def _publish(self, parts: Any, *_: Any) -> Reply:
        return Reply(200, _model(self._of(parts).publish(parts["creditor"], parts["iupd"])))

    def _invalidate(self, parts: Any, *_: Any) -> Reply:
        return Reply(200, _model(self._of(parts).invalidate(parts["creditor"], parts["iupd"])))

    def _paid(self, parts: Any, _: Any, __: Any, body: bytes) -> Reply:
        said = _json(body)
        if not isinstance(said, dict) or set(said) - {"paymentDate"}:
            raise Refused(400, "BAD REQUEST", "paymentDate")
        return Reply(200, self._of(parts).pay_elsewhere(parts["creditor"], parts["nav"]))

    # --- files --------------------------------------------------------------------------------
    def _upload(self, parts: Any, _: Any, headers: Any, body: bytes) -> Reply:
        if len(body) > _FILE_BYTES:
            raise Refused(413, "PAYLOAD TOO LARGE", str(len(body)))
        positions = _unpacked(headers.get("Content-Type", ""), body)
        name = f"file-{len(self.files) + 1}"
        self.files[name] = _File(positions, parts["creditor"], parts["product"], self.polls)
        path = f"/brokers/{parts['broker']}/organizations/{parts['creditor']}/debtpositions/file"
        return Reply(202, None, {"Location": f"{path}/{name}/status"})

    def _file(self, parts: dict[str, str]) -> _File:
        found = self.files.get(parts["file"])
        if found is None or found.creditor != parts["creditor"]:
            raise Refused(404, "NOT FOUND", f"No file {parts['file']}")
        if found.polls > 0:
            found.polls -= 1
        elif not found.done:
            # One after the other as they came, also those that nobody asks about.
            for one in self.files.values():
                if not one.done:
                    self._process(one)
                if one is found:
                    break
        return found

    def _process(self, found: _File) -> None:
        found.done = True
        for one in found.positions:
            name = str(one.get("iupd", "")) if isinstance(one, dict) else ""
            try:
                self.archives[found.product].create(found.creditor, one, publish=True)
                entry: dict[str, Any] = {"statusCode": 201, "statusMessage": "Created"}
            except Refused as refused:
                entry = {"statusCode": refused.status, "statusMessage": refused.detail}
            found.entries.append(entry | {"iupds": [name]})

    def _status(self, parts: Any, *_: Any) -> Reply:
        found = self._file(parts)
        bad = any(one["statusCode"] != 201 for one in found.entries)
        state = "COMPLETED_WITH_WARNINGS" if bad else "COMPLETED"
        return Reply(200, {
            "fileId": parts["file"], "processedItem": len(found.entries),
            "submittedItem": len(found.positions),
            "operationStatus": state if found.done else "IN_PROGRESS",
        })  # fmt: skip

    def _report(self, parts: Any, *_: Any) -> Reply:
        found = self._file(parts)
        if not found.done:
            raise Refused(425, "TOO EARLY", "still working")
        return Reply(200, {"fileId": parts["file"], "responses": found.entries})

    # --- receipts -----------------------------------------------------------------------------
    def _receipts(self, parts: Any, query: Any, *_: Any) -> Reply:
        size, page = int(query.get("pageSize", 20)), int(query.get("pageNum", 0))
        if not 1 <= size <= 100 or page < 0:
            raise Refused(400, "BAD REQUEST", "pageSize, pageNum")
        low, high = query.get("from", ""), query.get("to", "9999")
        found = [
            one
            for one in self.archive.receipts.values()
            if one.creditor == parts["creditor"] and low <= one.at.isoformat()[:19] <= high
        ]
        if not found:
            raise Refused(404, "NOT FOUND", "No receipts found")
        shown = [
            {"organizationFiscalCode": one.creditor, "iuv": one.iuv, "debtor": "…",
             "paymentDateTime": one.at.isoformat(), "status": "PAID"}
            for one in found[page * size : (page + 1) * size]
        ]  # fmt: skip
        return Reply(200, {
            "currentPageNumber": page, "length": len(shown), "totalPages": -(-len(found) // size),
            "results": shown,
        })  # fmt: skip

    def _receipt(self, parts: Any, *_: Any) -> Reply:
        found = self.archive.receipts.get((parts["creditor"], parts["iuv"]))
        if found is None:
            raise Refused(404, "NOT FOUND", "No receipt found")
        return Reply(200, found.xml, {"Content-Type": "application/xml"})

    def _biz(self, parts: Any, *_: Any) -> Reply:
        for one in self.archive.receipts.values():
            if (one.creditor, one.id) == (parts["creditor"], parts["iur"]):
                return Reply(200, one.json)
        raise Refused(404, "NOT FOUND", "No receipt found")


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    for name, (verb, pattern) in ROUTES.items():
        found = pattern.fullmatch(path)
        if found and verb == method:
            return name, found.groupdict()
    return "unknown", {}


def _model(kept: dict[str, Any]) -> dict[str, Any]:
    """A position as it is answered to who changed it: as it was written, with its own status. Those
    of its payment options are told only to who asks for it."""
    options = [{name: one[name] for name in one if name != "status"}
               for one in kept["paymentOption"]]  # fmt: skip
    said = {name: one for name, one in kept.items() if name != "organizationFiscalCode"}
    return said | {"paymentOption": options}


def _problem(status: int, title: str, detail: str = "") -> dict[str, Any]:
    return {"title": title, "status": status, "detail": detail}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refused(400, "BAD REQUEST", "not JSON") from error


def _publishes(query: dict[str, str]) -> bool:
    said = query.get("toPublish", "false")
    if said not in ("true", "false"):
        raise Refused(400, "BAD REQUEST", "toPublish")
    return said == "true"


def _unpacked(kind: str, body: bytes) -> list[Any]:
    """The positions of a form with a ZIP with a JSON. Refused 400."""
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    try:
        (part,) = form.iter_parts()
        if part.get_param("name", header="content-disposition") != "file":
            raise ValueError("no file")
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (member,) = archive.namelist()
            found = json.loads(archive.read(member))["paymentPositions"]
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise Refused(400, "BAD REQUEST", f"no such file: {error}") from error
    return list(found)


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    headers = {"Content-Type": "application/json", **reply.headers}
    # The caller may have lost his patience: that is what some tests are about.
    with contextlib.suppress(OSError):
        handler.send_response(reply.status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


def main() -> None:
    """The services until the input ends."""
    import sys

    with Gpd(lambda: datetime.now(UTC)) as gpd:
        print(f"PAGOPA_URL={gpd.url}, key {KEY}")
        sys.stdin.read()


if __name__ == "__main__":
    main()
