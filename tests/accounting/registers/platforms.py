"""Registers of other people on loopback, over a real socket; they misbehave when told to."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from infra.local.web_server import WebServer

# What a platform answers instead of doing it: a status, or to break off after it did.
Trouble = int | str
TOKEN = "albo-token"


@dataclass
class Platform:
    """`dues`: what GET gives; `told`: what it was told, by Idempotency-Key, each once; `calls`:
    all of them; `trouble`: how the next ones go wrong."""

    url: str = ""
    dues: bytes = b"[]"
    kind: str = "application/json"
    told: dict[str, tuple[str, str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    trouble: list[Trouble] = field(default_factory=list)

    def of(self, path: str) -> list[Any]:
        """What was told at an address."""
        return [said for _, where, said in self.told.values() if where == path]


@contextmanager
def platform() -> Iterator[Platform]:
    """A platform with a bearer token."""
    made = Platform()

    class Door(BaseHTTPRequestHandler):
        def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _take(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.calls.append(f"{self.command} {self.path}")
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._answer(401, b'{"errore":"token non valido"}')
                return
            trouble = made.trouble.pop(0) if made.trouble else 0
            if isinstance(trouble, int) and trouble:
                self._answer(trouble, json.dumps({"errore": f"codice {trouble}"}).encode())
                return
            if self.command == "GET":
                self._answer(200, made.dues, made.kind)
                return
            key = self.headers["Idempotency-Key"]
            made.told.setdefault(key, (self.command, self.path, json.loads(data)))
            if trouble:
                self.connection.shutdown(socket.SHUT_RDWR)  # it was done, and nobody learns it
                self.connection.close()
                return
            self._answer(200, b"{}")

        do_GET = do_POST = do_PATCH = do_PUT = _take

        def log_message(self, *_: Any) -> None:
            """Nothing is written."""

    with WebServer(Door) as server:
        made.url = server.url
        yield made
