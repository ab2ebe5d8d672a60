"""HTTP in front of the Chalice app, as API Gateway would be: one listener for people and programs,
and if wanted a second one with mutual TLS, where SdI calls.
"""

from __future__ import annotations

import errno
import json
import logging
import re
import ssl
import uuid
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalChalice, LocalGateway

from infra.local.api_event import HttpRequest, NoSuchRoute, answer_body, event_of
from infra.local.functions import FunctionSettings
from infra.local.lambdas import LambdaContext
from infra.local.pages import Pages
from infra.local.web_server import WebServer

log = logging.getLogger("sportello.local.gateway")

DEFAULT_PORT = 8000
# API Gateway's limits, and how long it waits for the function.
REQUEST_SIZE_MAX = 10 * 1024 * 1024
ANSWER_SIZE_MAX = 6 * 1024 * 1024
FUNCTION_TIMEOUT_S = 29
IDLE_TIMEOUT_S = 30
CHUNK_LINE_SIZE_MAX = 1024

_CONTEXT = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")

# What API Gateway says by itself: status and message. The template may reword them.
OWN_ANSWERS = {
    "BAD_REQUEST_BODY": (400, "Invalid request body"),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long"),
    "API_CONFIGURATION_ERROR": (502, "Internal server error"),
}


class GatewayError(Exception):
    """The gateway cannot listen; the text says what to do."""


class TooLarge(Exception):
    """The request's body is over API Gateway's limit."""


class BadBody(Exception):
    """The request's body is not sent as HTTP wants it."""


class Gateway:
    """Listens from `start` (or the beginning of the `with` block) to `stop`.

    Args:
        port: 0 takes any that is free.
        mutual_tls: the context of the second listener; it must demand a client certificate.
        responses: `RestAPI.Properties.GatewayResponses` of the template (`stack.gateway_responses`)
        pages: the portal, which CloudFront puts in front of the API

    Raises:
        GatewayError: a port is taken.
    """

    def __init__(
        self,
        app: Chalice,
        *,
        port: int = DEFAULT_PORT,
        mutual_tls: ssl.SSLContext | None = None,
        mutual_tls_port: int = 0,
        responses: Mapping[str, Mapping[str, Any]] | None = None,
        pages: Pages | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        if mutual_tls is not None and mutual_tls.verify_mode is not ssl.CERT_REQUIRED:
            raise GatewayError("mutual TLS needs a context that demands a client certificate")
        if any(entry.authorizer for methods in app.routes.values() for entry in methods.values()):
            # Sessions are the app's own business: silently leaving one out would open a route.
            raise GatewayError("a route has an authorizer, which this gateway does not play")
        self.app = per_thread_requests(app)
        self.responses = responses or {}
        self.pages = pages
        # Chalice knows how `chalice package` would have API Gateway answer preflights.
        self.chalice = LocalGateway(app, Config.create())
        handler = partial(_Handler, self)
        self._servers = [_listen(host, port, handler)]
        if mutual_tls is not None:
            try:
                self._servers.append(_listen(host, mutual_tls_port, handler, mutual_tls))
            except GatewayError:
                self._servers[0].end()
                raise

    @property
    def url(self) -> str:
        return self._servers[0].url

    @property
    def mutual_tls_url(self) -> str:
        """`https://localhost:…`, since a certificate is for a name."""
        if len(self._servers) == 1:
            raise GatewayError("there is no listener with mutual TLS")
        return self._servers[1].url

    def start(self) -> None:
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        for server in self._servers:
            server.end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- one request --------------------------------------------------------------------------

    def answer(self, request: HttpRequest) -> tuple[int, dict[str, list[str]], bytes]:
        """Status, headers and body, as API Gateway would send them, or CloudFront for pages."""
        if self.pages is not None and request.client_certificate is None:
            page = self.pages.answer(request.method, request.target, request.headers)
            if page is not None:
                return page
        try:
            event = event_of(request, self.app)
        except NoSuchRoute:
            return self.own_answer("MISSING_AUTHENTICATION_TOKEN")
        if request.method == "OPTIONS" and "OPTIONS" not in self.app.routes[event["resource"]]:
            return 200, _listed(self.chalice._autogen_options_headers(event)), b""
        try:
            answer = self.app(event, LambdaContext(_api_settings()))
        except Exception as error:  # API Gateway makes a 502 of whatever a function raises
            log.exception("%s %s: %s", request.method, request.target, type(error).__name__)
            return self.own_answer("API_CONFIGURATION_ERROR")
        accept = request.headers.get("Accept", "")
        body = answer_body(answer, accept, self.app.api.binary_types)
        if len(body) > ANSWER_SIZE_MAX:
            log.error("%s answers %d bytes: too many for Lambda", request.target, len(body))
            return self.own_answer("API_CONFIGURATION_ERROR")
        headers = _listed(answer.get("headers") or {})
        headers.update(_listed(answer.get("multiValueHeaders") or {}))
        return int(answer["statusCode"]), headers, body

    def own_answer(self, kind: str) -> tuple[int, dict[str, list[str]], bytes]:
        status, message = OWN_ANSWERS[kind]
        chosen = self.responses.get(kind, {})
        status = int(chosen.get("StatusCode", status))
        general = self.responses.get("DEFAULT_5XX" if status >= 500 else "DEFAULT_4XX", {})
        templates = chosen.get("ResponseTemplates") or general.get("ResponseTemplates") or {}
        template = templates.get("application/json", '{"message":$context.error.messageString}')
        request_id = str(uuid.uuid4())
        context = {
            "error.messageString": json.dumps(message),
            "error.message": message,
            "error.responseType": kind,
            "requestId": request_id,
        }
        text = _CONTEXT.sub(lambda match: context.get(match[1], ""), template)
        headers = {
            "Content-Type": ["application/json"],
            "x-amzn-ErrorType": [kind],
            "x-amzn-RequestId": [request_id],
        }
        return status, headers, text.encode()


def per_thread_requests(app: Chalice) -> Chalice:
    """Chalice keeps the current request on the app: with threads, each must have its own."""
    if not isinstance(app, LocalChalice):
        app.__class__ = type("ThreadedChalice", (LocalChalice, type(app)), {})
    return app


def _listed(headers: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        name: [str(each) for each in value] if isinstance(value, list) else [str(value)]
        for name, value in headers.items()
    }


def _api_settings() -> FunctionSettings:
    return FunctionSettings("APIHandler", timeout_s=FUNCTION_TIMEOUT_S)


def _listen(host: str, port: int, handler: Any, tls: ssl.SSLContext | None = None) -> WebServer:
    try:
        return WebServer(handler, host=host, port=port, tls=tls, name="gateway")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise GatewayError(
            f"port {port} is taken: end what uses it, or choose another port"
        ) from error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "local"
    sys_version = ""
    timeout = IDLE_TIMEOUT_S

    def __init__(self, gateway: Gateway, *arguments: Any) -> None:
        self.gateway = gateway
        super().__init__(*arguments)

    def handle(self) -> None:
        try:
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.do_handshake()
            super().handle()
        except (ssl.SSLError, ConnectionError, TimeoutError) as error:
            log.info("%s: connection refused or lost: %s", self.client_address[0], error)

    def _any(self) -> None:
        try:
            body = self._read_body()
        except TooLarge:
            self.close_connection = True  # what was not read would be taken for a request
            self._send(*self.gateway.own_answer("REQUEST_TOO_LARGE"))
            return
        except BadBody:
            self.close_connection = True
            self._send(*self.gateway.own_answer("BAD_REQUEST_BODY"))
            return
        certificate = None
        if isinstance(self.connection, ssl.SSLSocket):
            certificate = self.connection.getpeercert(binary_form=True)
        address = self.client_address[0]
        request = HttpRequest(self.command, self.path, self.headers, body, address, certificate)
        self._send(*self.gateway.answer(request))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            raise BadBody
        if int(length) > REQUEST_SIZE_MAX:
            raise TooLarge
        return self.rfile.read(int(length))

    def _read_chunks(self) -> bytes:
        body = b""
        while True:
            try:
                size = int(self.rfile.readline(CHUNK_LINE_SIZE_MAX).split(b";")[0], 16)
            except ValueError as error:
                raise BadBody from error
            if size < 0:
                raise BadBody
            if len(body) + size > REQUEST_SIZE_MAX:
                raise TooLarge
            body += self.rfile.read(size)
            self.rfile.readline(CHUNK_LINE_SIZE_MAX)
            if size == 0:
                return body

    def _send(self, status: int, headers: dict[str, list[str]], body: bytes) -> None:
        self.send_response(status)
        if "content-type" not in {name.lower() for name in headers}:
            headers = {**headers, "Content-Type": ["application/json"]}
        for name, values in headers.items():
            if name.lower() != "content-length":
                for value in values:
                    self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        log.info("%s %s", self.client_address[0], format % args)
