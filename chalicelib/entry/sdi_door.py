"""Where SdI calls: the TrasmissioneFatture operations, over mutual TLS.

The message is kept as an object in the SdI bucket before the answer; from there on it is the same
as a message dropped as a file. The key comes out of the content, so a repeat is the same object.
"""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.base import config, ids, log, s3
from chalicelib.base.errors import Failure
from chalicelib.base.s3 import Place
from chalicelib.invoicing.channels import sdicoop, soap

bp = Blueprint(__name__)

_TYPES = ["text/xml", "multipart/related", "application/xop+xml", "application/soap+xml"]


@bp.route("/sdi/TrasmissioneFatture", methods=["POST"], content_types=_TYPES)
def trasmissione_fatture() -> Response:
    """One-way: 202 when kept; a SOAP fault makes SdI try again."""
    request: Any = bp.current_request
    certificate = (request.context.get("identity") or {}).get("clientCert") or {}
    if not certificate.get("clientCertPem"):
        # Without the mutual-TLS name in front, this address does not exist.
        return _fault("forbidden", 403)
    try:
        delivery = sdicoop.read_delivery(
            request.headers.get("soapaction", ""),
            request.headers.get("content-type", ""),
            request.raw_body or b"",
        )
    except Failure as failure:
        return _fault(failure.code, 500)
    key = f"incoming/{ids.sha256(delivery.content)}/{delivery.file_name}"
    s3.put(Place(config.get("SDI_BUCKET"), key), delivery.content, "application/xml")
    log.write(log.Event.SDI_MESSAGE, delivery="soap", message_type=delivery.message_type)
    # Plain, because a binary type would need the matching Accept header from SdI.
    return Response("", {"Content-Type": "text/plain"}, 202)


def _fault(code: str, status: int) -> Response:
    return Response(soap.fault("Client", code), {"Content-Type": "text/xml"}, status)
