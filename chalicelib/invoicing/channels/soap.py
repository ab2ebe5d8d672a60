"""SOAP 1.1 messages with one file in them, inline or as MTOM attachment.

Sources: SOAP 1.1 (W3C note of 2000), XOP and MTOM (W3C 2005), RFC 2387 multipart/related.
Bytes are handled as bytes throughout: text-minded MIME libraries change line ends in files.
"""

from __future__ import annotations

import binascii
import hashlib
import html
import quopri
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XOP = "http://www.w3.org/2004/08/xop/include"

_PARAMETER = re.compile(r';\s*([A-Za-z0-9_.-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"\s]*)')
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOT_ID = "message@sportello"


@dataclass(frozen=True)
class Fault:
    """A SOAP 1.1 fault: `code` without its prefix (Client, Server...)."""

    code: str
    text: str


@dataclass(frozen=True)
class Message:
    """A parsed envelope: `element` is the first child of Body.

    `namespace` and `name` are its own. `parts` are the attachments by Content-ID, decoded.
    `fault` is set when `element` is a Fault.
    """

    element: xml.Element = field(repr=False)
    namespace: str
    name: str
    parts: Mapping[str, bytes] = field(repr=False)
    fault: Fault | None = None

    def text(self, child: str) -> str:
        """The trimmed text of the child of that local name, "" when it is absent."""
        return xml.text(self.element, child)

    def data(self, child: str) -> bytes:
        """The bytes of a base64Binary child, inline or attached.

        Raises Rejected `soap_malformed` when it is absent, broken or refers to no part.
        """
        # By local name: senders differ in whether they qualify children.
        found = xml.find(self.element, child)
        if found is None:
            raise _malformed(f"There is no {child}.")
        include = next((e for e in found if e.tag == f"{{{XOP}}}Include"), None)
        if include is None:
            return _base64(xml.text(found).encode())
        reference = include.get("href", "") or ""
        part = self.parts.get(unquote(reference.removeprefix("cid:")))
        if part is None or not reference.startswith("cid:"):
            raise _malformed(f"The attachment of {child} is missing.")
        return part


def build(
    element: str, namespace: str, fields: Sequence[tuple[str, str | bytes]], *, mtom: bool = False
) -> tuple[str, bytes]:
    """Content-Type and body of a request with `element` in `namespace` and unqualified children.

    Text fields are escaped; bytes go as base64, or with `mtom` as attachments. The same input
    gives the same bytes. Raises ValueError for text that XML cannot hold.
    """
    attached: list[tuple[str, bytes]] = []
    children = []
    for name, value in fields:
        if isinstance(value, str):
            if _NOT_XML.search(value):
                raise ValueError(f"{name} has characters that XML cannot hold")
            inner = html.escape(value, quote=False).encode()
        elif mtom:
            attached.append((f"part{len(attached)}@sportello", value))
            reference = f'<xop:Include xmlns:xop="{XOP}" href="cid:{attached[-1][0]}"/>'
            inner = reference.encode()
        else:
            inner = binascii.b2a_base64(value, newline=False)
        children.append(b"<%b>%b</%b>" % (name.encode(), inner, name.encode()))
    body = (
        f'<m:{element} xmlns:m="{html.escape(namespace)}">'.encode()
        + b"".join(children)
        + f"</m:{element}>".encode()
    )
    root = _envelope(body)
    return _multipart(root, attached) if mtom else ("text/xml; charset=utf-8", root)


def fault(code: str, text: str) -> bytes:
    """The body (text/xml) of a fault; `code` is Client or Server (SOAP 1.1, 4.4.1)."""
    clean = html.escape(_NOT_XML.sub("?", text), quote=False)
    return _envelope(
        f"<s:Fault><faultcode>s:{code}</faultcode><faultstring>{clean}</faultstring>"
        "</s:Fault>".encode()
    )


def parse(content_type: str, body: bytes) -> Message:
    """Read an envelope sent as text/xml or as multipart/related (MTOM, or SOAP with attachments).

    `content_type` is the header as it came, "" is taken for text/xml. At most limits.SOAP_BYTES
    and limits.SOAP_PARTS. Raises Rejected `soap_malformed`.
    """
    if len(body) > limits.SOAP_BYTES:
        raise _malformed("The message is too large.")
    kind, parameters = _header(content_type)
    parts: dict[str, bytes] = {}
    root = body
    if kind.startswith("multipart/"):
        boundary = parameters.get("boundary", "")
        if not 0 < len(boundary) <= 200 or not boundary.isascii():
            raise _malformed("The boundary is missing or no boundary.")
        root, parts = _related(body, boundary.encode(), parameters.get("start", ""))
    try:
        envelope = xml.read(root, limit_bytes=limits.SOAP_BYTES)
    except Rejected as refusal:
        raise _malformed("The envelope is not readable XML.", reason=refusal.code) from refusal
    if envelope.tag != f"{{{ENVELOPE}}}Envelope":
        raise _malformed("This is not a SOAP 1.1 envelope.")
    inner = next((e for e in envelope if e.tag == f"{{{ENVELOPE}}}Body"), None)
    element = None if inner is None else next((e for e in inner if isinstance(e.tag, str)), None)
    if element is None:
        raise _malformed("The body of the envelope is empty.")
    namespace, _, name = element.tag.rpartition("}")
    namespace = namespace.removeprefix("{")
    failed = namespace == ENVELOPE and name == "Fault"
    return Message(element, namespace, name, parts, _fault(element) if failed else None)


def _envelope(body: bytes) -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<s:Envelope xmlns:s="%b"><s:Body>%b</s:Body></s:Envelope>' % (ENVELOPE.encode(), body)
    )


def _multipart(root: bytes, attached: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    # Out of the content, so that the same message is the same bytes and no file can have
    # foreseen the boundary that it is sent with.
    digest = hashlib.sha256(root)
    for _, data in attached:
        digest.update(data)
    boundary = f"sportello-{digest.hexdigest()[:40]}"
    root_type = 'application/xop+xml; charset=UTF-8; type="text/xml"'
    pieces = [_part(boundary, _ROOT_ID, root_type, root)]
    pieces += [_part(boundary, cid, "application/octet-stream", data) for cid, data in attached]
    content_type = (
        f'multipart/related; type="application/xop+xml"; start="<{_ROOT_ID}>"; '
        f'start-info="text/xml"; boundary="{boundary}"'
    )
    return content_type, b"".join(pieces) + f"--{boundary}--\r\n".encode()


def _part(boundary: str, content_id: str, content_type: str, data: bytes) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{content_id}>\r\n\r\n"
    )
    return head.encode() + data + b"\r\n"


def _header(value: str) -> tuple[str, dict[str, str]]:
    """A media type in lower case and its parameters, quoted or not; the first of a name counts."""
    kind, semicolon, rest = value.partition(";")
    parameters: dict[str, str] = {}
    for name, text in _PARAMETER.findall(semicolon + rest):
        plain = re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
        parameters.setdefault(name.lower(), plain)
    return kind.strip().lower(), parameters


def _related(body: bytes, boundary: bytes, start: str) -> tuple[bytes, dict[str, bytes]]:
    """The root part and the others by Content-ID; without `start` the first part is the root."""
    parts: dict[str, bytes] = {}
    for index, raw in enumerate(_split(body, boundary)):
        headers, data = raw
        name = headers.get("content-id", "").strip().strip("<>") or f" {index}"
        if name in parts or index >= limits.SOAP_PARTS:
            raise _malformed("The parts are too many or not distinct.")
        parts[name] = _decode(headers.get("content-transfer-encoding", ""), data)
    if not parts:
        raise _malformed("There is no part in the message.")
    root = start.strip().strip("<>") or next(iter(parts))
    if root not in parts:
        raise _malformed("The part that the message starts with is missing.")
    return parts.pop(root), parts


def _split(body: bytes, boundary: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Headers and content of each part; what precedes the first delimiter is ignored."""
    first = re.search(rb"(?:\A|\n)--" + re.escape(boundary) + rb"[ \t]*(\r?\n)", body)
    if first is None:
        raise _malformed("The first boundary is not there.")
    # Taken from the first delimiter: were both accepted everywhere, a binary part that ends in CR
    # would lose it.
    newline = first[1]
    delimiter = re.compile(
        newline + b"--" + re.escape(boundary) + rb"(--)?[ \t]*(?=" + newline + rb"|\Z)"
    )
    at = first.end() - len(newline)
    while True:
        end = delimiter.search(body, at)
        if end is None:
            raise _malformed("The last boundary is not there.")
        yield _open_part(body[at : end.start()], newline)
        if end[1]:
            return
        at = end.end()


def _open_part(raw: bytes, newline: bytes) -> tuple[dict[str, str], bytes]:
    """`raw` begins with the line end of its delimiter."""
    if raw.startswith(newline * 2):
        return {}, raw[2 * len(newline) :]
    head, _, data = raw.partition(newline * 2)
    unfolded = re.sub(r"\r?\n[ \t]+", " ", head.decode("latin-1"))
    pairs = (line.partition(":") for line in unfolded.splitlines() if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, data


def _decode(encoding: str, data: bytes) -> bytes:
    match encoding.lower():
        case "" | "binary" | "8bit" | "7bit":
            return data
        case "base64":
            return _base64(data)
        case "quoted-printable":
            return quopri.decodestring(data)
    raise _malformed("The encoding of a part is not known.")


def _base64(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text.translate(None, b" \t\r\n"), strict_mode=True)
    except binascii.Error as error:
        raise _malformed("The base64 of a file is broken.") from error


def _fault(element: xml.Element) -> Fault:
    code = xml.text(element, "faultcode").rpartition(":")[2]
    return Fault(code, xml.text(element, "faultstring"))


def _malformed(message: str, reason: str = "") -> Rejected:
    details = {"reason": reason} if reason else {}
    return Rejected("soap_malformed", message, status=400, **details)
