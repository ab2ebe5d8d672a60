"""A small HTTPS server with mutual TLS on a free port of 127.0.0.1."""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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
        self._server = _Server(("127.0.0.1", 0), _handler(respond))
        self._server.context = context
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sdi-server", daemon=True
        )

    @property
    def port(self) -> int:
        """The port the system gave."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port, whether it was served or not, and wait for the answers under way."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    # Threads are joined at the end: an answer cut short would look like a misbehaviour.
    daemon_threads = False
    context: ssl.SSLContext

    def get_request(self) -> tuple[ssl.SSLSocket, Any]:
        """Accept; the handshake is left to the connection's thread, for it may never come."""
        raw, address = self.socket.accept()
        raw.settimeout(_SOCKET_TIMEOUT_S)
        wrapped = self.context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer with no certificate, or gone, is not news; anything else is our own fault."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


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
