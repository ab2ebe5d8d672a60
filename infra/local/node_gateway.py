"""The HTTP API in front of the node's function, on one machine: one route, mutual TLS, payload
format 2.0 (API Gateway developer guide, "AWS Lambda proxy integrations for HTTP APIs").

    with NodeGateway(handler, authority.server_context()) as door:
        Node(door.url, tls=authority.client_context("pagopa"), …)
"""

from __future__ import annotations

import base64
import logging
import ssl
import uuid
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

from infra.local.api_event import client_certificate
from infra.local.engines import ACCOUNT
from infra.local.functions import FunctionSettings, Handler
from infra.local.lambdas import LambdaContext
from infra.local.web_server import WebServer

log = logging.getLogger("sportello.local.node")

FUNCTION = "Node"
REQUEST_SIZE_MAX = 10 * 1024 * 1024
IDLE_TIMEOUT_S = 30


class NodeGateway:
    """See the module. `port` 0 takes any that is free; `tls` must demand a client certificate."""

    def __init__(
        self, handler: Handler, tls: ssl.SSLContext, *, port: int = 0,
        settings: FunctionSettings | None = None,
    ) -> None:  # fmt: skip
        if tls.verify_mode is not ssl.CERT_REQUIRED:
            raise ValueError("the node is only recognised by its certificate")
        self.handler = handler
        self.settings = settings or FunctionSettings(FUNCTION, timeout_s=15)
        self._server = WebServer(partial(_Request, self), port=port, tls=tls, name="node")

    @property
    def url(self) -> str:
        """`https://localhost:…`, since a certificate is for a name."""
        return f"{self._server.url}/"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()

    def answer(self, event: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body, as the HTTP API would send them."""
        try:
            found = self.handler(event, LambdaContext(self.settings))
        except Exception as error:  # API Gateway makes a 500 of whatever a function raises
            log.exception("the function failed: %s", type(error).__name__)
            return 500, {}, b'{"message":"Internal Server Error"}'
        body = str(found.get("body", ""))
        data = base64.b64decode(body) if found.get("isBase64Encoded") else body.encode()
        return int(found["statusCode"]), dict(found.get("headers") or {}), data


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_TIMEOUT_S

    def __init__(self, gateway: NodeGateway, *arguments: Any) -> None:
        self.gateway = gateway
        super().__init__(*arguments)

    def handle(self) -> None:
        try:
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.do_handshake()
            super().handle()
        except (ssl.SSLError, ConnectionError, TimeoutError) as error:
            log.info("%s: connection refused or lost: %s", self.client_address[0], error)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > REQUEST_SIZE_MAX:
            self.close_connection = True
            self._send(413, {}, b'{"message":"Request Entity Too Large"}')
            return
        body = self.rfile.read(length)
        if self.path.partition("?")[0] != "/":
            self._send(404, {}, b'{"message":"Not Found"}')
            return
        self._send(*self.gateway.answer(self._event(body)))

    def do_GET(self) -> None:
        # The API has one route, and that is none of it.
        self._send(404, {}, b'{"message":"Not Found"}')

    do_PUT = do_DELETE = do_GET

    def _event(self, body: bytes) -> dict[str, Any]:
        assert isinstance(self.connection, ssl.SSLSocket)
        certificate = self.connection.getpeercert(binary_form=True)
        assert certificate is not None
        return {
            "version": "2.0",
            "routeKey": "POST /",
            "rawPath": "/",
            "rawQueryString": "",
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "node",
                "authentication": {"clientCert": client_certificate(certificate)},
                "http": {
                    "method": "POST",
                    "path": "/",
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.client_address[0],
                    "userAgent": self.headers.get("User-Agent", ""),
                },
                "requestId": str(uuid.uuid4()),
                "routeKey": "POST /",
                "stage": "$default",
            },
            "body": body.decode("utf-8", "replace"),
            "isBase64Encoded": False,
        }

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        log.info("%s %s", self.client_address[0], format % args)
