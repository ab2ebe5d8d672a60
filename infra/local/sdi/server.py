"""A small HTTPS server with mutual TLS on a free port of 127.0.0.1."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from infra.local.web_server import WebServer

REQUEST_BYTES_MAX = 40_000_000
_SOCKET_TIMEOUT_S = 10


@dataclass(frozen=True)
class Request:
    """A POST: path, headers in lower case, body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """Status and XML body."""

    status: int
    body: bytes


Respond = Callable[[Request], Answer | None]
"""None closes the connection with no answer."""


class HttpsServer:
    """Answers each POST by `respond`, each connection in a thread of its own."""

    def __init__(self, context: ssl.SSLContext, respond: Respond) -> None:
        self._server = _Server(_handler(respond), tls=context, name="sdi-server")

    @property
    def port(self) -> int:
        """The port the system gave."""
        return self._server.port

    def start(self) -> None:
        """Serve until `stop`."""
        self._server.start()

    def stop(self) -> None:
        """Close the port, whether it was served or not, and wait for the answers under way."""
        self._server.end()


class _Server(WebServer):
    # Threads are joined at the end: an answer cut short would look like a misbehaviour.
    daemon_threads = False

    def get_request(self) -> tuple[socket.socket, Any]:
        taken, address = super().get_request()
        taken.settimeout(_SOCKET_TIMEOUT_S)
        return taken, address


def _handler(respond: Respond) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _SOCKET_TIMEOUT_S

        def do_POST(self) -> None:
            # One exchange a connection: an idle one would keep the server from stopping.
            self.close_connection = True
            length = self.headers.get("Content-Length", "")
            if not length.isdigit():
                self._send(Answer(411, b""))
                return
            if int(length) > REQUEST_BYTES_MAX:
                self._send(Answer(413, b""))
                return
            body = self.rfile.read(int(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = respond(Request(self.path, headers, body))
            if answer is not None:
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent: what matters is in the store."""

    return Handler
