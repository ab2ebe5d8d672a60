"""A register's reserved area on loopback, as some vendor may have built it: JSON by PUT or POST."""

from __future__ import annotations

import base64
import json
import ssl
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from infra.local.web_server import WebServer

TOKEN = "gettone-dell-albo"


@dataclass
class ReservedArea:
    """`members`: tax codes that have an area; `shown`: what stands in it by tax code and IUV;
    `answers`: statuses to give before doing anything, in order."""

    members: set[str]
    certificate: Path | None = None
    shown: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        area = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                area.serve(self)

            do_POST = do_PUT = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
        self._server = WebServer(Handler, tls=context)

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> ReservedArea:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.asked.append((handler.command, handler.path))
        status, words = self._judge(handler, body)
        data = json.dumps({"messaggio": words}).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _judge(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, str]:
        if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, "gettone non valido"
        if self.answers:
            return self.answers.pop(0), "non ora"
        if handler.command == "GET":
            return 200, "albo di prova"
        asked = json.loads(body)
        code, iuv = asked["iscritto"]["cf"], asked["iuv"]
        if code not in self.members:
            return 404, "iscritto sconosciuto"
        if not base64.b64decode(asked["documento"]["file"]).startswith(b"%PDF-"):
            return 422, "il documento non è un PDF"
        known = (code, iuv) in self.shown
        self.shown[code, iuv] = asked
        self.keys.append(str(handler.headers.get("Idempotency-Key")))
        return (409, "già presente") if known else (201, "pubblicato")


FIELDS = {
    "tax_code": "iscritto.cf",
    "name": "iscritto.nominativo",
    "iuv": "iuv",
    "notice_number": "codiceAvviso",
    "year": "anno",
    "amount": "importo",
    "due": "scadenza",
    "file_name": "documento.nome",
    "content": "documento.file",
    "sha256": "documento.impronta",
}
