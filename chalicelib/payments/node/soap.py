"""The SOAP 1.1 envelope of paForNode, in and out; what is in it is not looked at here.

Source: SOAP 1.1 (W3C note of 2000), paForNode.wsdl: document/literal, one element in the body.
"""

from __future__ import annotations

import html
import re
from typing import Final

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.payments.node.faults import NodeFault

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
PA: Final = "http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(data: bytes) -> xml.Element:
    """The one element in the body of an envelope. Raises NodeFault PAA_SINTASSI_EXTRAXSD."""
    try:
        root = xml.read(data, limit_bytes=limits.NODE_BYTES)
    except Rejected as refused:
        raise NodeFault("PAA_SINTASSI_EXTRAXSD", refused.code) from refused
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise NodeFault("PAA_SINTASSI_EXTRAXSD", "no SOAP 1.1 envelope")
    for header in root.iterchildren(f"{{{ENVELOPE}}}Header"):
        if any(one.get(f"{{{ENVELOPE}}}mustUnderstand") in ("1", "true") for one in header):
            raise NodeFault("PAA_SINTASSI_EXTRAXSD", "a header that must be understood is not")
    found = [
        child
        for body in root.iterchildren(f"{{{ENVELOPE}}}Body")
        for child in body
        if isinstance(child.tag, str)
    ]
    if len(found) != 1:
        raise NodeFault("PAA_SINTASSI_EXTRAXSD", "a body has one element")
    return found[0]


def leaf(name: str, value: str) -> str:
    """An element with a text; what XML cannot hold becomes a question mark."""
    return f"<{name}>{html.escape(_NOT_XML.sub('?', value), quote=False)}</{name}>"


def optional(name: str, value: str) -> str:
    """The same, or nothing for an empty text."""
    return leaf(name, value) if value else ""


def group(name: str, *children: str) -> str:
    """An element with elements, already written."""
    return f"<{name}>{''.join(children)}</{name}>"


def message(name: str, *children: str) -> bytes:
    """An envelope around an element of the node's namespace with unqualified children."""
    return _envelope(f'<pafn:{name} xmlns:pafn="{PA}">{"".join(children)}</pafn:{name}>')


def fault(code: str, text: str) -> bytes:
    """A SOAP fault; `code` is Client or Server (SOAP 1.1, 4.4.1)."""
    said = leaf("faultcode", f"soapenv:{code}") + leaf("faultstring", text)
    return _envelope(group("soapenv:Fault", said))


def _envelope(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}"><soapenv:Body>{body}</soapenv:Body>'
        "</soapenv:Envelope>"
    ).encode()
