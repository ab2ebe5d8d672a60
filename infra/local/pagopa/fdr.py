"""pagoPA's settlement flows on one machine, over HTTP on loopback: FdR-3 by REST, the node by SOAP.

    with Fdr(clock) as fdr:            PAGOPA_URL = fdr.url
        fdr.publish(creditor, Flow("2026-11-20ABI06090-1", "ABI06090", [("01…", "iur", 1, 1000)]))
        fdr.faults.plan("busy", "payments")

It shares no code with the product. Operations that can go wrong by name (gpd_faults): list, head,
payments, soap_list, soap_flow. A flow may be published again as another revision, or twice as it
is (`twice`: the list shows it on two pages). `page_items`: the greatest page, 1000 as the service.
`requests`: what was asked, in order, as (operation, path, status).
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from infra.local.pagopa.gpd_faults import Faults
from infra.local.web_server import WebServer

KEY = "chiave-di-prova"
PASSWORD = "Prova-2026"
PAGE_ITEMS = 1_000
KEPT = timedelta(days=30)
_ROOT = "/fdr-org/service/v1/organizations/([0-9]{11})/fdrs"
_LIST = re.compile(_ROOT)
_HEAD = re.compile(f"{_ROOT}/([^/]+)/revisions/([0-9]+)/psps/([^/]+)")
_PAYMENTS = re.compile(f"{_HEAD.pattern}/payments")
_NODE = "/nodo-auth/nodo-per-pa/v1"
_WORDS = {"0": "EXECUTED", "3": "REVOKED", "4": "STAND_IN", "8": "STAND_IN_NO_RPT", "9": "NO_RPT"}
_NAMESPACE = "http://www.digitpa.gov.it/schemas/2011/Pagamenti/"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_PPT = "http://ws.pagamenti.telematici.gov/"

# iuv, iur, transfer, cents, outcome
Line = tuple[str, str, int, int, str]


@dataclass(frozen=True)
class Flow:
    """A flow. `said_cents` and `said_count`: the totals that it claims where they are lies."""

    id: str
    psp: str
    lines: Sequence[Line]
    day: str = ""
    created: datetime | None = None
    revision: int = 1
    said_cents: int | None = None
    said_count: int | None = None
    published: datetime | None = None

    @property
    def cents(self) -> int:
        return sum(line[3] for line in self.lines)


@dataclass
class Fdr:
    """The service while it is open."""

    clock: Callable[[], datetime]
    page_items: int = PAGE_ITEMS
    twice: bool = False
    faults: Faults = field(default_factory=Faults)
    requests: list[tuple[str, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.flows: dict[str, list[Flow]] = {}
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.serve(self)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: what was asked is in `requests`."""

        self._server = WebServer(Handler, name="fdr")

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Fdr:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.release()
        self._server.end()

    def publish(self, creditor: str, flow: Flow) -> Flow:
        """Publish a flow; an id that is there already becomes its next revision."""
        now = self.clock()
        with self._lock:
            mine = self.flows.setdefault(creditor, [])
            before = [one for one in mine if (one.id, one.psp) == (flow.id, flow.psp)]
            made = replace(
                flow, revision=len(before) + 1, created=flow.created or now,
                day=flow.day or flow.id[:10], published=now,
            )  # fmt: skip
            mine.append(made)
        return made

    # --- the wire -----------------------------------------------------------------------------
    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One request from the socket to the socket."""
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(min(size, 1_000_000))
        parts = urlsplit(handler.path)
        path = unquote(parts.path)
        query = {name: one[0] for name, one in parse_qs(parts.query).items()}
        operation = _operation(handler.command, path, body)
        fault = self.faults.take(operation)
        status, kind, data = 500, "application/json", b'{"httpStatusCode":500}'
        headers = {}
        if fault == "busy":
            status, headers = 429, {"Retry-After": str(self.faults.retry_after_s)}
        elif fault not in ("error", "gone"):
            with self._lock:
                status, kind, data = self._answer(operation, path, query, handler.headers, body)
        with self._lock:
            self.requests.append((operation, path, status))
        if fault in ("gone", "drop"):
            handler.close_connection = True
            return
        if fault in ("after", "error"):
            status = 500
        if fault == "garbage":
            status, data = 200, b"<html>Servizio non disponibile</html>"
        if fault == "slow":
            self.faults.wait()
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data))}.items():
            handler.send_header(name, value)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def _answer(
        self, operation: str, path: str, query: dict[str, str], headers: Any, body: bytes
    ) -> tuple[int, str, bytes]:
        if operation.startswith("soap"):
            return 200, "text/xml", self._soap(operation, body)
        if headers.get("Ocp-Apim-Subscription-Key") != KEY:
            return 401, "application/json", b'{"message":"Access denied"}'
        found = getattr(self, f"_{operation}", lambda *_: None)(path, query)
        if found is None:
            return 404, "application/json", _json({"httpStatusCode": 404, "errors": []})
        return 200, "application/json", _json(found)

    def _list(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        found = _LIST.fullmatch(path)
        assert found is not None
        since = datetime.fromisoformat(query["publishedGt"]) if "publishedGt" in query else None
        now = self.clock()
        last: dict[tuple[str, str], Flow] = {}
        for one in self.flows.get(found[1], []):
            assert one.published is not None
            if one.published > (since or now - KEPT):
                # The service shows the last revision of each.
                last[one.id, one.psp] = one
        mine = list(last.values())
        if self.twice:
            mine += mine
        page, pages, shown = self._page(mine, query)
        data = [
            {
                "fdr": one.id, "pspId": one.psp, "revision": one.revision,
                "published": _instant(one.published), "flowDate": _instant(one.created),
            }
            for one in shown
        ]  # fmt: skip
        return {"metadata": _metadata(self.page_items, page, pages), "count": len(data),
                "data": data}  # fmt: skip

    def _page(self, items: Sequence[Any], query: dict[str, str]) -> tuple[int, int, Sequence[Any]]:
        size = min(int(query.get("size", self.page_items)), self.page_items)
        page = int(query.get("page", 1))
        pages = max(1, -(-len(items) // size))
        return page, pages, items[(page - 1) * size : page * size]

    def _one(self, found: re.Match[str] | None) -> Flow | None:
        assert found is not None
        return next(
            (
                one
                for one in self.flows.get(found[1], [])
                if (one.id, str(one.revision), one.psp) == (found[2], found[3], found[4])
            ),
            None,
        )

    def _head(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        match = _HEAD.fullmatch(path)
        one = self._one(match)
        if one is None or match is None:
            return None
        count = len(one.lines) if one.said_count is None else one.said_count
        cents = one.cents if one.said_cents is None else one.said_cents
        return {
            "status": "PUBLISHED", "revision": one.revision, "fdr": one.id,
            "fdrDate": _instant(one.created), "published": _instant(one.published),
            "regulation": f"TRN{one.id}"[:35], "regulationDate": one.day,
            "bicCodePouringBank": "UNCRITMMXXX",
            "sender": {"type": "BIC_CODE", "id": "SELBIT2B", "pspId": one.psp,
                       "pspName": "Banca di Prova", "pspBrokerId": "88888888888",
                       "channelId": "88888888888_01"},
            "receiver": {"id": match[1], "organizationId": match[1], "organizationName": "Ente"},
            "computedTotPayments": len(one.lines), "computedSumPayments": _euro(one.cents),
            "totPayments": count, "sumPayments": _euro(cents),
        }  # fmt: skip

    def _payments(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        one = self._one(_PAYMENTS.fullmatch(path))
        if one is None:
            return None
        page, pages, shown = self._page(list(enumerate(one.lines, 1)), query)
        data = [
            {
                "index": index, "iuv": iuv, "iur": iur, "idTransfer": transfer,
                "pay": _euro(cents), "payStatus": _WORDS.get(outcome, outcome),
                "payDate": f"{one.day}T12:00:00Z",
            }
            for index, (iuv, iur, transfer, cents, outcome) in shown
        ]  # fmt: skip
        return {"metadata": _metadata(self.page_items, page, pages), "count": len(data),
                "data": data}  # fmt: skip

    # --- the node -----------------------------------------------------------------------------
    def _soap(self, operation: str, body: bytes) -> bytes:
        text = body.decode()

        def said(name: str) -> str:
            found = re.search(f"<{name}>([^<]*)</{name}>", text)
            return html.unescape(found[1]) if found else ""

        name = re.search(r"<\w+:(nodoChiedi\w+)", text)
        answer = f"{name[1] if name else 'nodo'}Risposta"
        if said("password") != PASSWORD:
            return _answered(answer, _fault("PPT_AUTENTICAZIONE"))
        mine = self.flows.get(said("identificativoDominio"), [])
        if operation == "soap_list":
            rows = "".join(
                f"<idRendicontazione><identificativoFlusso>{one.id}</identificativoFlusso>"
                f"<dataOraFlusso>{_local(one.created)}</dataOraFlusso></idRendicontazione>"
                for one in mine
            )
            total = f"<totRestituiti>{len(mine)}</totRestituiti>"
            inner = f"<elencoFlussiRendicontazione>{total}{rows}</elencoFlussiRendicontazione>"
            return _answered(answer, inner)
        wanted = [one for one in mine if one.id == said("identificativoFlusso")]
        if not wanted:
            return _answered(answer, _fault("PPT_ID_FLUSSO_SCONOSCIUTO"))
        data = base64.b64encode(xml(wanted[-1], said("identificativoDominio"))).decode()
        return _answered(answer, f"<xmlRendicontazione>{data}</xmlRendicontazione>")


def xml(flow: Flow, creditor: str) -> bytes:
    """A flow as FlussoRiversamento 1.0.4."""
    count = len(flow.lines) if flow.said_count is None else flow.said_count
    cents = flow.cents if flow.said_cents is None else flow.said_cents

    def leaf(name: str, text: str) -> str:
        return f"<pay_i:{name}>{html.escape(text, quote=False)}</pay_i:{name}>"

    def group(name: str, *inner: str) -> str:
        return f"<pay_i:{name}>{''.join(inner)}</pay_i:{name}>"

    def party(name: str, kind: str, code: str, called: str) -> str:
        identity = group(
            f"identificativoUnivoco{name}", leaf("tipoIdentificativoUnivoco", kind),
            leaf("codiceIdentificativoUnivoco", code),
        )  # fmt: skip
        return group(f"istituto{name}", identity, leaf(f"denominazione{name}", called))

    lines = [
        group(
            "datiSingoliPagamenti", leaf("identificativoUnivocoVersamento", iuv),
            leaf("identificativoUnivocoRiscossione", iur),
            leaf("indiceDatiSingoloPagamento", str(transfer)),
            leaf("singoloImportoPagato", _euro_text(amount)),
            leaf("codiceEsitoSingoloPagamento", outcome),
            leaf("dataEsitoSingoloPagamento", flow.day),
        )
        for iuv, iur, transfer, amount, outcome in flow.lines
    ]  # fmt: skip
    inner = "".join([
        leaf("versioneOggetto", "1.0"), leaf("identificativoFlusso", flow.id),
        leaf("dataOraFlusso", _local(flow.created)),
        leaf("identificativoUnivocoRegolamento", f"TRN{flow.id}"[:35]),
        leaf("dataRegolamento", flow.day), party("Mittente", "B", "SELBIT2B", "Banca di Prova"),
        leaf("codiceBicBancaDiRiversamento", "UNCRITMMXXX"),
        party("Ricevente", "G", creditor, "Ente"), leaf("numeroTotalePagamenti", str(count)),
        leaf("importoTotalePagamenti", _euro_text(cents)), *lines,
    ])  # fmt: skip
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<pay_i:FlussoRiversamento xmlns:pay_i="{_NAMESPACE}">{inner}'
        "</pay_i:FlussoRiversamento>"
    ).encode()


def _operation(method: str, path: str, body: bytes) -> str:
    if method == "POST" and path == _NODE:
        return "soap_list" if b"nodoChiediElencoFlussi" in body else "soap_flow"
    for name, form in (("list", _LIST), ("head", _HEAD), ("payments", _PAYMENTS)):
        if method == "GET" and form.fullmatch(path):
            return name
    return "unknown"


def _answered(name: str, inner: str) -> bytes:
    return (
        f'<soapenv:Envelope xmlns:soapenv="{_SOAP}"><soapenv:Body><ppt:{name} xmlns:ppt="{_PPT}">'
        f"{inner}</ppt:{name}></soapenv:Body></soapenv:Envelope>"
    ).encode()


def _fault(code: str) -> str:
    return (
        f"<fault><faultCode>{code}</faultCode><faultString>{code}</faultString><id>N</id></fault>"
    )


def _metadata(size: int, page: int, pages: int) -> dict[str, int]:
    return {"pageSize": size, "pageNumber": page, "totPage": pages}


def _instant(at: datetime | None) -> str:
    assert at is not None
    return at.isoformat().replace("+00:00", "Z")


def _local(at: datetime | None) -> str:
    """As SOAP has it: with its own offset."""
    assert at is not None
    return at.isoformat(timespec="seconds")


def _euro(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _euro_text(cents: int) -> str:
    return f"{_euro(cents):.2f}"


class _Exact(json.JSONEncoder):
    """Amounts as numbers with all their digits."""

    def default(self, value: Any) -> Any:
        return float(value) if isinstance(value, Decimal) else super().default(value)


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=_Exact).encode()
