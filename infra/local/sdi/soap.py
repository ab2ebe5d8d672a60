"""SOAP 1.1 envelopes of SDICoop: RiceviFile coming in, TrasmissioneFatture going out.

The request may be plain `text/xml` with the file in base64, or MTOM (`multipart/related` with
`xop:Include`). Source: WSDL SdIRiceviFile 1.0, TrasmissioneFatture 1.1 and their types.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from urllib.parse import unquote

from lxml import etree

from infra.local.sdi.names import NAME_CHARS_MAX
from infra.local.sdi.store import Delivery

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TYPES = "http://www.fatturapa.gov.it/sdi/ws/trasmissione/v1.0/types"
XOP_INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
RECEIVE_ACTION = "http://www.fatturapa.it/SdIRiceviFile/RiceviFile"
TRANSMIT_ACTION = "http://www.fatturapa.it/TrasmissioneFatture/"

_ROOT_ID = "<messaggio@fatturapa.it>"
_FILE_ID = "<file@fatturapa.it>"


class SoapError(ValueError):
    """The request is not the RiceviFile that the WSDL describes; answered by a Fault."""


@dataclass(frozen=True)
class ReceivedRequest:
    """fileSdIAccoglienza: NomeFile and the decoded File."""

    name: str
    data: bytes


def read_request(content_type: str, action: str, body: bytes) -> ReceivedRequest:
    """Read a RiceviFile request. Raises SoapError."""
    if action.strip().strip('"') != RECEIVE_ACTION:
        raise SoapError(f"SOAPAction non prevista: {action}")
    header = Message()
    header["Content-Type"] = content_type
    parts: dict[str, bytes] = {}
    if header.get_content_type() == "multipart/related":
        body, parts = _split_parts(header, body)
    elif header.get_content_type() != "text/xml":
        raise SoapError(f"Content-Type non previsto: {content_type}")
    payload = _payload(body)
    if payload.tag != f"{{{TYPES}}}fileSdIAccoglienza":
        raise SoapError(f"elemento non previsto: {payload.tag}")
    if [child.tag for child in payload] != ["NomeFile", "File"]:
        raise SoapError("fileSdIAccoglienza deve contenere NomeFile e File")
    name = (payload[0].text or "").strip()
    if not name or len(name) > NAME_CHARS_MAX:
        raise SoapError("NomeFile assente o troppo lungo")
    return ReceivedRequest(name, _file_bytes(payload[1], parts))


def _payload(body: bytes) -> etree._Element:
    # Files of 5 MB and more arrive in one text node: libxml calls that huge, and the server has
    # already bounded the request.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False
    )
    try:
        envelope = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapError(f"XML non leggibile: {error}") from error
    if envelope.getroottree().docinfo.doctype or envelope.tag != f"{{{SOAP}}}Envelope":
        raise SoapError("non è una busta SOAP 1.1")
    soap_body = envelope.find(f"{{{SOAP}}}Body")
    children = [] if soap_body is None else [e for e in soap_body if isinstance(e.tag, str)]
    if len(children) != 1:
        raise SoapError("Body deve contenere un solo elemento")
    return children[0]


def _file_bytes(node: etree._Element, parts: dict[str, bytes]) -> bytes:
    include = node.find(XOP_INCLUDE)
    if include is not None:
        href = include.get("href", "")
        identifier = unquote(href.removeprefix("cid:"))
        if not href.startswith("cid:") or identifier not in parts:
            raise SoapError(f"parte MTOM assente: {href}")
        return parts[identifier]
    try:
        return base64.b64decode("".join((node.text or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SoapError("File non è base64") from error


def _split_parts(header: Message, body: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The root part and all parts by Content-ID, bytes untouched."""
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise SoapError("boundary assente")
    parts: dict[str, bytes] = {}
    first = ""
    # The leading line break makes the first delimiter look like the others.
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        if piece.startswith(b"--"):
            break
        head, separator, content = piece.partition(b"\r\n\r\n")
        if not separator:
            raise SoapError("parte MIME senza intestazione")
        identifier = _content_id(head)
        first = first or identifier
        parts[identifier] = content
    start = header.get_param("start")
    root = start.strip("<>") if isinstance(start, str) else first
    if root not in parts:
        raise SoapError("parte principale assente")
    return parts[root], parts


def _content_id(head: bytes) -> str:
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-id":
            return value.strip().strip("<>")
    return ""


def receipt_envelope(id_sdi: int, received_at: datetime, error: str = "") -> bytes:
    """rispostaSdIRiceviFile; `error` is EI01, EI02 or EI03."""
    envelope, answer = _envelope("rispostaSdIRiceviFile")
    etree.SubElement(answer, "IdentificativoSdI").text = str(id_sdi)
    moment = received_at.isoformat(timespec="milliseconds")
    etree.SubElement(answer, "DataOraRicezione").text = moment
    if error:
        etree.SubElement(answer, "Errore").text = error
    return _octets(envelope)


def fault_envelope(code: str, words: str) -> bytes:
    """A SOAP Fault; `code` is Client or Server."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    fault = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = f"soapenv:{code}"
    etree.SubElement(fault, "faultstring").text = "".join(c for c in words if c.isprintable())
    return _octets(envelope)


def delivery_request(delivery: Delivery, mtom: bool) -> tuple[dict[str, str], bytes]:
    """Headers and body that hand a message to TrasmissioneFatture."""
    element = delivery.operation[0].lower() + delivery.operation[1:]
    envelope, content = _envelope(element)
    etree.SubElement(content, "IdentificativoSdI").text = str(delivery.id_sdi)
    etree.SubElement(content, "NomeFile").text = delivery.file_name
    file = etree.SubElement(content, "File")
    headers = {"SOAPAction": f'"{TRANSMIT_ACTION}{delivery.operation}"'}
    if not mtom:
        file.text = base64.b64encode(delivery.content).decode()
        headers["Content-Type"] = "text/xml; charset=utf-8"
        return headers, _octets(envelope)
    etree.SubElement(file, XOP_INCLUDE, href=f"cid:{_FILE_ID.strip('<>')}")
    boundary = f"sdi_{delivery.id_sdi}_{len(delivery.content)}"
    while boundary.encode() in delivery.content:
        boundary += "_"
    headers["Content-Type"] = (
        f'multipart/related; type="application/xop+xml"; boundary="{boundary}";'
        f' start="{_ROOT_ID}"; start-info="text/xml"'
    )
    root_type = 'application/xop+xml; charset=UTF-8; type="text/xml"'
    return headers, b"".join(
        (
            _part(boundary, root_type, _ROOT_ID, _octets(envelope)),
            _part(boundary, "application/octet-stream", _FILE_ID, delivery.content),
            f"--{boundary}--\r\n".encode(),
        )
    )


def _part(boundary: str, content_type: str, identifier: str, content: bytes) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: {content_type}\r\n"
        f"Content-Transfer-Encoding: binary\r\nContent-ID: {identifier}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n"


def _envelope(element: str) -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "types": TYPES})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    return envelope, etree.SubElement(body, f"{{{TYPES}}}{element}")


def _octets(envelope: etree._Element) -> bytes:
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"))
