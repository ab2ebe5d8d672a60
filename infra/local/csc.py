"""A remote signing service on one machine: the Cloud Signature Consortium's API, 1.0.4 and 2.

It shares no code with the product and is strict in what it takes: a parameter of the other version
is refused, signature activation data (SAD) works once, for the hashes that it was given for, and
until it expires. What it can do wrong is in csc_faults.py.

    python -m infra.local.csc                  one credential, until the standard input ends
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import rsa

from infra.local.csc_faults import Faults
from infra.local.csc_vault import ApiError, Credential, Vault
from infra.local.web_server import WebServer

_BODY_BYTES = 1_000_000
_USER, _PASSWORD = "firma", "segreta"
_CLIENT, _SECRET = "sportello", "molto-segreta"


@dataclass
class SigningService:
    """The service, listening on a port of its own while it is open (a context manager).

    `requests` holds method and body of what was asked, in order. `clock` gives aware datetimes.
    """

    credentials: tuple[Credential, ...]
    clock: Callable[[], datetime]
    tls: ssl.SSLContext | None = None
    specs: dict[int, str] = field(default_factory=lambda: {1: "1.0.4.0", 2: "2.0.0.2"})
    faults: Faults = field(default_factory=Faults)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.vault = Vault({c.id: c for c in self.credentials}, self.clock, self.faults)
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.serve(self)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: what was asked is in `requests`."""

        self._server = WebServer(Handler, tls=self.tls, name="csc")

    @property
    def root(self) -> str:
        """The address without a version, as pyHanko's client wants it."""
        return self._server.url

    def url(self, version: int) -> str:
        """The address of the API in version 1 or 2."""
        return f"{self.root}/csc/v{version}"

    def __enter__(self) -> SigningService:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.release()
        self._server.end()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One request from the socket to the socket."""
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(min(size, _BODY_BYTES))
        authorization = handler.headers.get("Authorization", "")
        try:
            status, answer = 200, self.answer(handler.path, body, authorization)
        except ApiError as error:
            status = error.status
            answer = json.dumps({"error": error.code, "error_description": error.text}).encode()
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(answer)))
            handler.end_headers()
            handler.wfile.write(answer)
        except OSError:
            pass  # the caller lost his patience: that is what some tests are about

    def answer(self, path: str, body: bytes, authorization: str) -> bytes:
        """The JSON for one call; raises ApiError."""
        if path == "/oauth2/token":
            return json.dumps(self._client_token(body)).encode()
        _, start, name, method = (*path.split("/", 3), "", "", "")[:4]
        if start != "csc" or name not in ("v1", "v2"):
            raise ApiError("invalid_request", "no such address", 404)
        version = int(name[1])
        try:
            asked = json.loads(body)
        except ValueError:
            raise ApiError("invalid_request", "not JSON") from None
        if not isinstance(asked, dict):
            raise ApiError("invalid_request", "not an object")
        self.requests.append((method, asked))
        if fault := self.faults.strike(method):
            return fault
        return json.dumps(self._call(version, method, asked, authorization)).encode()

    def _call(
        self, version: int, method: str, asked: dict[str, Any], authorization: str
    ) -> dict[str, Any]:
        if method == "info":
            return {
                "specs": self.specs[version],
                "name": "Firma remota di prova",
                "region": "IT",
                "lang": "it-IT",
                "authType": ["basic", "oauth2client"],
                "oauth2": self.root,
                "methods": list(self.vault.methods(version)),
            }
        if method == "auth/login":
            return self._basic_token(authorization)
        self.vault.check_token(authorization)
        return self.vault.call(version, method, asked)

    def _basic_token(self, authorization: str) -> dict[str, Any]:
        wanted = base64.b64encode(f"{_USER}:{_PASSWORD}".encode()).decode()
        if authorization != f"Basic {wanted}":
            raise ApiError("authentication_error", "wrong user or password", 401)
        return {"access_token": self.vault.new_token(), "expires_in": 3600}

    def _client_token(self, body: bytes) -> dict[str, Any]:
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if asked.get("grant_type") != "client_credentials":
            raise ApiError("unsupported_grant_type", "only client_credentials")
        if (asked.get("client_id"), asked.get("client_secret")) != (_CLIENT, _SECRET):
            raise ApiError("invalid_client", "unknown client", 401)
        return {"access_token": self.vault.new_token(), "token_type": "Bearer", "expires_in": 3600}


def main() -> None:
    """A service with a credential of an authority made for it, until the input ends."""
    import sys
    import tempfile
    from pathlib import Path

    from infra.local.authority import Authority
    from infra.local.csc_vault import certified

    def now() -> datetime:
        return datetime.now(UTC)

    with tempfile.TemporaryDirectory() as folder:
        authority = Authority.load_or_create(Path(folder), now())
        key = rsa.generate_private_key(65537, 2048)
        credential = certified("firma-1", key, authority, now())
        with SigningService((credential,), now) as service:
            print(f"{service.url(1)} and {service.url(2)}: user {_USER}, password {_PASSWORD}")
            sys.stdin.read()


if __name__ == "__main__":
    main()
