"""Where pagoPA's node calls (paForNode), over mutual TLS: a small function with an HTTP API of its
own, because its answers are waited for and nothing heavy may stand in their way.

Without the mutual-TLS name in front the address does not exist: the default one is switched off in
infra/resources.yaml, and what comes without a client certificate is not looked at.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.base import clock, limits, log, work
from chalicelib.payments.node import service, soap

bp = Blueprint(__name__)

_TYPE: Final = "text/xml; charset=utf-8"


@bp.lambda_function(name="node")
def node(event: Any, context: Any) -> dict[str, Any]:
    """One call, as an HTTP API hands it over (payload format 2.0)."""
    request = event.get("requestContext") or {}
    certificate = (request.get("authentication") or {}).get("clientCert") or {}
    if not certificate.get("clientCertPem"):
        return _answered(404, b"", "text/plain")
    if (request.get("http") or {}).get("method") != "POST":
        return _answered(405, b"", "text/plain")
    begun = monotonic()
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    try:
        with work.waking() as wakes:
            found = service.answer(headers.get("soapaction", ""), _body(event), clock.now(), wakes)
    except Exception as error:  # no answer at all, so that the node sends its receipt again
        log.write(log.Event.NODE_ANSWERED, status=503, error=type(error).__name__,
                  request_id=getattr(context, "aws_request_id", ""))  # fmt: skip
        return _answered(503, soap.fault("Server", "PAA_SYSTEM_ERROR"), _TYPE)
    log.write(
        log.Event.NODE_ANSWERED, kind=found.operation, code=found.code, status=found.status,
        seconds=round(monotonic() - begun, 3),
    )  # fmt: skip
    if found.code and (not found.operation or found.operation in service.RECEIPTS):
        # Money of which we know only that it was told: somebody must look.
        log.metric("NodeRefused", 1)
    return _answered(found.status, found.body, _TYPE)


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return b64decode(text)[: limits.NODE_BYTES + 1]
    except (binascii.Error, ValueError):
        return b""


def _answered(status: int, body: bytes, kind: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": kind, "cache-control": "no-store"},
        "body": body.decode(),
        "isBase64Encoded": False,
    }
