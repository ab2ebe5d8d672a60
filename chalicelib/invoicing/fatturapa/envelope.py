"""What an incoming file really is, whatever its name says (fatturapa.md section 15).

Peels base64, PEM armour and CMS signatures off until the document itself is reached. The signed
bytes are never rewritten: they are what goes on to SdI (section 13).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from chalicelib.base import limits
from chalicelib.base import xml as markup
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.cms import Cms, Finding, octet_runs, open_cms

if TYPE_CHECKING:
    from chalicelib.invoicing.signing.trust import TrustSource

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
_XMLDSIG = XMLDSIG.encode()

_Shape = Literal["cms", "pdf", "zip", "xml", "text"]

# 1.2.840.113549.1.7, the arc of all CMS content types, as it stands in the first bytes.
_CMS_ARC = bytes.fromhex("2a864886f70d0107")
_BLANKS = b" \t\r\n"
_LEAD = _BLANKS + b"\xef\xbb\xbf"  # and byte order marks: some senders write several
_PEM = re.compile(rb"-----BEGIN [A-Z0-9 #]{1,40}-----(.*?)(?:-----END|\Z)", re.DOTALL)
_DECLARATION = re.compile(rb"<\?xml\s[^<>]{1,200}\?>")
_INVOICE_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,60}:)?FatturaElettronica(?:Semplificata)?[\s>]")
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]{0,120})[\s>]")


class Unwrapped(NamedTuple):
    """A document taken out of its wrappings.

    `content` is the innermost document, `xml` the same when `kind` is "xml", else b"".
    `signed` is what to forward byte for byte: the outermost CMS (DER or BER) of a CAdES file,
    the XML itself of a XAdES file, None when unsigned or when the signature was lost.
    `layers` counts CMS layers, `cms` holds those that could be opened, outermost first.
    `repairs`: `base64` (was armoured), `trailing` (bytes after the CMS), `cut_out` (the CMS is
    broken and the XML was cut out of it: the signature is lost).
    """

    kind: Literal["xml", "pdf", "zip"]
    content: bytes
    signed: bytes | None
    signature: Literal["", "cades", "xades"]
    layers: int
    repairs: tuple[str, ...]
    cms: tuple[Cms, ...]

    def __repr__(self) -> str:
        """Without what the document says."""
        return f"Unwrapped({self.kind!r}, {self.signature!r}, {self.layers}, {self.repairs})"

    @property
    def xml(self) -> bytes:
        return self.content if self.kind == "xml" else b""


def unwrap(data: bytes) -> Unwrapped:
    """Take the document out of `data`, at most limits.DOCUMENT_RAW_BYTES.

    Raises Rejected `document_too_large`, `00106` (empty), `cms_detached`, `cms_too_deep`,
    `unknown_content`, and what base.xml says of XML that carries a signature but is unreadable.
    """
    if len(data) > limits.DOCUMENT_RAW_BYTES:
        raise Rejected("document_too_large", "The file is larger than any document may be.")
    if not data:
        raise Rejected("00106", "The file is empty.")
    opened: list[Cms] = []
    repairs: list[str] = []
    signed: bytes | None = None
    layers = armours = 0
    at = data
    while True:
        shape = _shape(at)
        if shape == "text":
            armours += 1
            at = _disarm(at, armours)
            repairs.append("base64")
        elif shape == "cms":
            layers += 1
            if layers > limits.CMS_LAYERS:
                raise Rejected("cms_too_deep", "The document is inside too many signatures.")
            cms = _open(at)
            if cms is None:
                shape, at, signed = "xml", _cut_out(at), None
                repairs.append("cut_out")
                break
            if cms.size < len(at):
                repairs.append("trailing")
            signed = at if signed is None else signed
            opened.append(cms)
            at = cms.content
        else:
            break
    signature: Literal["", "cades", "xades"] = "cades" if layers else ""
    if shape == "xml" and not layers and _is_xades(at):
        signature, signed = "xades", at
    return Unwrapped(
        shape, at, signed, signature, layers, tuple(dict.fromkeys(repairs)), tuple(opened)
    )


class Checked(NamedTuple):
    """`findings` on every signature of a file; `open` are SdI's codes that nobody could decide."""

    findings: tuple[Finding, ...] = ()
    open: frozenset[str] = frozenset()


_UNSIGNED = Checked()
# What takes a list of authorities, and somebody to ask about revocation.
BY_TRUST = frozenset({"00101", "00104", "00107"})


def evaluate(
    unwrapped: Unwrapped, received_at: datetime, trust: TrustSource | None = None
) -> Checked:
    """Every signature judged, CMS layers and XAdES alike; 00102 for one that was lost.

    `trust` is asked for only when there is a signature, for most files come without and do not
    pay for what judges them. Without it, or while it trusts nobody, 00101, 00104 and 00107 stay
    open.
    """
    lost = "cut_out" in unwrapped.repairs
    found = [Finding("00102", "error", "The signed file is damaged.")] if lost else []
    if not unwrapped.cms and unwrapped.signature != "xades":
        return Checked(tuple(found), BY_TRUST) if lost else _UNSIGNED
    from chalicelib.invoicing.signing.assess import assess
    from chalicelib.invoicing.signing.trust import NO_TRUST

    given = trust() if trust else NO_TRUST
    assessed = assess(
        unwrapped.cms,
        unwrapped.signed if unwrapped.signature == "xades" else None,
        received_at,
        given.anchors,
        given.lists,
        qualified_required=bool(given.anchors),
    )
    open_codes = assessed.open if given.anchors and not lost else BY_TRUST
    return Checked((*found, *assessed.findings), open_codes)


def _shape(data: bytes) -> _Shape:
    if data[:1] == b"<":
        return "xml"
    if data[:1] == b"\x30" and _CMS_ARC in data[:32]:
        return "cms"
    head = data[:1024].lstrip(_LEAD)
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith((b"<", b"\xff\xfe<\0", b"\xfe\xff\0<", b"\0<")):
        return "xml"
    return "text"  # or nothing known: trying to take the armour off will tell


def _disarm(data: bytes, armours: int) -> bytes:
    """Strip one layer of base64, with or without PEM lines, blanks and padding."""
    pem = _PEM.search(data)
    text = (pem[1] if pem else data.lstrip(_LEAD)).translate(None, _BLANKS)
    text = text.rstrip(b"=")
    if len(text) % 4 == 1:
        text = text[:-1]  # a file cut short in the middle: what is left may still hold the XML
    if armours > limits.ARMOUR_LAYERS or not text:
        raise _unknown()
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error:
        raise _unknown() from None


def _unknown() -> Rejected:
    return Rejected("unknown_content", "The file is neither XML, a signed file, a PDF nor a ZIP.")


def _open(data: bytes) -> Cms | None:
    try:
        return open_cms(data)
    except Rejected as refusal:
        if refusal.code == "cms_detached":
            raise
        return None


def _cut_out(data: bytes) -> bytes:
    """The XML inside a CMS that cannot be read, when all of it is there.

    First out of the joined pieces of content (the pieces' own headers would stand in the middle
    of the text), then out of the bytes as they are, for when those headers are damaged.
    """
    for candidate, repair in ((b"".join(octet_runs(data)), True), (data, False)):
        for text in _texts(candidate):
            try:
                found = markup.parse(text, limit_bytes=limits.DOCUMENT_BYTES, recover=repair)
            except Rejected:
                continue
            # A guessed structure would be an invoice that nobody wrote.
            if markup.RECOVERED not in found.repairs:
                return text
    raise _unknown()


def _texts(data: bytes) -> Iterator[bytes]:
    """From the declaration, or from an invoice's root, up to the last end tag of that root."""
    for start in (_DECLARATION.search(data), _INVOICE_ROOT.search(data)):
        root = _ROOT.search(data, start.start()) if start else None
        if start is None or root is None:
            continue
        last = data.rfind(b"</" + root[1])
        end = data.find(b">", last)
        if root.start() < last < end:
            yield data[start.start() : end + 1]


def _is_xades(data: bytes) -> bool:
    """True when ds:Signature is the last child of the root, which is where SdI wants it."""
    # Most files are unsigned, and this look spares them a parse; many name the namespace alone.
    named = _XMLDSIG in data and b"Signature" in data
    if not named and b"\0" in data:  # as UTF-16 has them
        named = any(XMLDSIG.encode(c) in data for c in ("utf-16-le", "utf-16-be"))
    if not named:
        return False
    root = markup.read(data, limit_bytes=limits.DOCUMENT_BYTES, recover=True)
    children = [child for child in root if isinstance(child.tag, str)]
    return bool(children) and children[-1].tag == f"{{{XMLDSIG}}}Signature"
