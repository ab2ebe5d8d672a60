"""What a certification authority answers about revocation, over a real socket: a list and OCSP.

It shares no code with the product. The authority's own key signs both. What it can do wrong is a
`fault`: "" nothing, "down" (503), "silent" (no answer until it is closed), "garbage", "stale"
(everything is long out of date).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from infra.local.web_server import WebServer

Fault = Literal["", "down", "silent", "garbage", "stale"]

_TYPES = {"/ca.crl": "application/pkix-crl", "/ocsp": "application/ocsp-response"}
_LIFE = timedelta(hours=1)
_LONG_AGO = timedelta(days=60)
_BODY_BYTES = 10_000
_PATIENCE_S = 60


class RevocationService:
    """Open while it is a context. `url` is what certificates name (authority.certify_signer).

    `asked` counts by path; paths in `closed` are not answered. `clock` gives aware datetimes.
    """

    def __init__(self, ca_pem: bytes, ca_key_pem: bytes, clock: Callable[[], datetime]) -> None:
        self._issuer = x509.load_pem_x509_certificate(ca_pem)
        key = serialization.load_pem_private_key(ca_key_pem, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        self._clock = clock
        self._revoked: dict[int, tuple[datetime, x509.ReasonFlags]] = {}
        self.fault: Fault = ""
        self.asked: Counter[str] = Counter()
        self.closed: set[str] = set()
        self._closing = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(min(size, _BODY_BYTES))
                status, answer = service.answer(self.path, body)
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", _TYPES.get(self.path, "text/plain"))
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    pass  # the caller lost his patience

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: what was asked is in `asked`."""

        self._server = WebServer(Handler, name="revocation")

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.end()

    def revoke(
        self,
        certificate: bytes,
        reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise,
        at: datetime | None = None,
    ) -> None:
        """From now (or `at`) on the DER certificate is revoked; certificate_hold suspends it."""
        serial = x509.load_der_x509_certificate(certificate).serial_number
        self._revoked[serial] = (at or self._clock()).replace(microsecond=0), reason

    def restore(self, certificate: bytes) -> None:
        """End a suspension."""
        del self._revoked[x509.load_der_x509_certificate(certificate).serial_number]

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body for one question."""
        self.asked[path] += 1
        if path in self.closed:
            return 404, b""
        if self.fault == "silent":
            self._closing.wait(_PATIENCE_S)
        if self.fault in ("down", "silent"):
            return 503, b""
        if self.fault == "garbage":
            return 200, b"<html>Servizio non disponibile</html>"
        made = self._clock().replace(microsecond=0)
        if self.fault == "stale":
            made -= _LONG_AGO
        if path == "/ca.crl":
            return 200, self._list(made)
        if path == "/ocsp":
            return 200, self._ocsp(body, made)
        return 404, b""

    def _list(self, made: datetime) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._issuer.subject)
            .last_update(made)
            .next_update(made + _LIFE)
        )
        for serial, (at, reason) in sorted(self._revoked.items()):
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(at)
                .add_extension(x509.CRLReason(reason), critical=False)
            )
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _ocsp(self, body: bytes, made: datetime) -> bytes:
        try:
            asked = ocsp.load_der_ocsp_request(body)
        except ValueError:
            status = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
            refused = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
            return refused.public_bytes(Encoding.DER)
        revoked = self._revoked.get(asked.serial_number)
        # By the hashes of the question: the responder has no register of what was issued.
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=made,
            next_update=made + _LIFE,
            revocation_time=revoked[0] if revoked else None,
            revocation_reason=revoked[1] if revoked else None,
        )
        by = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self._issuer)
        return by.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)
