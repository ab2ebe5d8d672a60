"""Enveloped XAdES-BES signatures (ETSI EN 319 132-1, XML Signature 1.1) put into the file's bytes.

SignedProperties and SignedInfo are signed in exclusive canonical form, which does not depend on
the document around them: so they are written canonical in the first place, and the document is
neither rebuilt nor written anew. Nothing is random: the same inputs give the same bytes, which a
redelivered event relies on.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from chalicelib.base import limits, xml
from chalicelib.base.c14n import canonical
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.cades import issuer_serial
from chalicelib.invoicing.signing.holder import Signer, complete

DSIG = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = DSIG + "enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

_DS = f' xmlns:ds="{DSIG}"'
_XADES = f' xmlns:xades="{XADES}"'

# Both templates are their own exclusive canonical form: no blanks between elements, each namespace
# declared where it is first used, attributes in order, no empty-element tags.
_PROPERTIES = (
    f'<xades:SignedProperties{_XADES} Id="SignedProperties1"><xades:SignedSignatureProperties>'
    "<xades:SigningTime>{time}</xades:SigningTime>"
    "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
    f'<ds:DigestMethod{_DS} Algorithm="{SHA256}"></ds:DigestMethod>'
    f"<ds:DigestValue{_DS}>{{digest}}</ds:DigestValue>"
    "</xades:CertDigest><xades:IssuerSerialV2>{serial}</xades:IssuerSerialV2></xades:Cert>"
    "</xades:SigningCertificateV2></xades:SignedSignatureProperties>"
    '<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#Reference1">'
    "<xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat>"
    "</xades:SignedDataObjectProperties></xades:SignedProperties>"
)
_SIGNED_INFO = (
    f"<ds:SignedInfo{_DS}>"
    f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
    f'<ds:SignatureMethod Algorithm="{RSA_SHA256}"></ds:SignatureMethod>'
    '<ds:Reference Id="Reference1" URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{ENVELOPED}"></ds:Transform>'
    f'<ds:Transform Algorithm="{C14N}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod>'
    "<ds:DigestValue>{document}</ds:DigestValue></ds:Reference>"
    f'<ds:Reference Type="{SIGNED_PROPERTIES}" URI="#SignedProperties1"><ds:Transforms>'
    f'<ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod>'
    "<ds:DigestValue>{properties}</ds:DigestValue></ds:Reference>"
    "</ds:SignedInfo>"
)
_SIGNATURE = (
    f'<ds:Signature{_DS} Id="Signature1">{{signed_info}}'
    "<ds:SignatureValue>{value}</ds:SignatureValue>"
    "<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>"
    f'<ds:Object><xades:QualifyingProperties{_XADES} Target="#Signature1">{{properties}}'
    "</xades:QualifyingProperties></ds:Object></ds:Signature>"
)


@dataclass(frozen=True)
class Parts:
    """A document and its signature without the value. `before` and `after` are the file's bytes
    up to the end tag of its root, and from there; `encoding` is what they are in."""

    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    encoding: str
    certificates: tuple[bytes, ...] = field(repr=False)
    properties: str = field(repr=False)
    signed_info: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the canonical SignedInfo, which is what is signed."""
        return hashlib.sha256(self.signed_info.encode()).digest()

    def finish(self, signature: bytes) -> bytes:
        """The signed document: the same bytes with ds:Signature before the root's end tag."""
        made = _SIGNATURE.format(
            signed_info=self.signed_info,
            value=_b64(signature),
            certificates="".join(
                f"<ds:X509Certificate>{_b64(der)}</ds:X509Certificate>" for der in self.certificates
            ),
            properties=self.properties,
        )
        return self.before + made.encode(self.encoding) + self.after


def sign(document: bytes, signer: Signer, signing_time: datetime) -> bytes:
    """The document with an enveloped XAdES-BES signature, RSA and SHA-256, and otherwise as it was.

    `signing_time` is aware and counts in whole seconds. The same three inputs give the same
    bytes. Raises Rejected as `valid_at` and `sign_digests` of the signer do, `document_too_large`,
    `xades_signed_already`, `xades_unfit` (an empty root, or anything but blanks after it), and as
    xml.parse does.
    """
    (made,) = complete(signer, [prepare(document, signer, signing_time)])
    return made


def prepare(document: bytes, signer: Signer, signing_time: datetime) -> Parts:
    """The same up to the signature value, for `holder.complete` to sign many together."""
    if signing_time.tzinfo is None:
        raise ValueError("the signing time has no time zone")
    if len(document) > limits.DOCUMENT_BYTES:
        raise Rejected("document_too_large", "The document is too large to be signed and sent.")
    signer.valid_at(signing_time)
    parsed = xml.parse(document, limit_bytes=limits.DOCUMENT_BYTES)
    if any(True for _ in parsed.root.iter(f"{{{DSIG}}}Signature")):
        raise Rejected("xades_signed_already", "The document is signed already.")
    before, after = _split(document, parsed)
    # Taking the signature out again leaves the document as it is now, so it is hashed without.
    octets = canonical(parsed.root, exclusive=False, whole=True)
    properties = _PROPERTIES.format(
        time=signing_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **_certificate_fields(signer.certificate),
    )
    signed_info = _SIGNED_INFO.format(
        document=_sha256(octets), properties=_sha256(properties.encode())
    )
    certificates = (signer.certificate, *signer.chain)
    return Parts(before, after, parsed.encoding, certificates, properties, signed_info)


def _split(document: bytes, parsed: xml.Parsed) -> tuple[bytes, bytes]:
    """The bytes up to the root's end tag, and from there.

    With nothing but blanks after the root, the last end tag of the file is the root's. A comment
    after it could hold anything that looks like one, so that is not accepted.
    """
    code = parsed.encoding
    at = document.rfind("</".encode(code))
    ends = parsed.root.xpath("following-sibling::node()")
    empty = len(parsed.root) == 0 and not parsed.root.text
    # In wide characters a match across two of them would be an accident.
    if ends or empty or at < 0 or at % len("<".encode(code)):
        raise Rejected("xades_unfit", "The document has no place for an enveloped signature.")
    return document[:at], document[at:]


@lru_cache(maxsize=64)
def _certificate_fields(certificate: bytes) -> dict[str, str]:
    return {"digest": _sha256(certificate), "serial": _b64(issuer_serial(certificate))}


def _sha256(data: bytes) -> str:
    return _b64(hashlib.sha256(data).digest())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
