"""A web server on loopback: what every simulator and gateway here stands on.

It answers each connection in a thread of its own, over TLS where it has a context, and ends at
once when it is told to. Whoever hangs up in the middle is not news: some tests are about that.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any, Self

# Nobody waits for it: `end` wakes the server. So an idle one costs next to nothing.
POLL_S = 5.0
WAKE_EVERY_S = 0.005


class WebServer(ThreadingHTTPServer):
    """`handler`: a BaseHTTPRequestHandler, or what makes one. `port` 0 takes any that is free.

    Raises:
        OSError: the port is taken.
    """

    daemon_threads = True
    # Otherwise a second start would quietly share the port with the first.
    allow_reuse_port = False

    def __init__(
        self,
        handler: Callable[..., Any],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        name: str = "web",
    ) -> None:
        super().__init__((host, port), handler)
        self.tls = tls
        self._thread = threading.Thread(
            target=self.serve_forever, args=(POLL_S,), name=name, daemon=True
        )

    @property
    def port(self) -> int:
        """The one that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Without a `/` at its end; over TLS `localhost`, since a certificate is for a name."""
        place = "https://localhost" if self.tls else f"http://{self.server_address[0]!s}"
        return f"{place}:{self.port}"

    def start(self) -> None:
        """Serve until `end`."""
        self._thread.start()

    def end(self) -> None:
        """Close the port, whether it was served or not."""
        if self._thread.is_alive():
            ending = threading.Thread(target=self.shutdown)
            ending.start()
            while ending.is_alive():
                self._wake()
                ending.join(WAKE_EVERY_S)
            self._thread.join()
        self.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def get_request(self) -> tuple[socket.socket, Any]:
        """The handshake is left to the connection's thread, for it may never come."""
        taken, address = super().get_request()
        if self.tls is None:
            return taken, address
        wrapped = self.tls.wrap_socket(taken, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Anything but a lost connection, or one that never was, is our own fault."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            socket.create_connection((str(self.server_address[0]), self.port), timeout=1).close()
