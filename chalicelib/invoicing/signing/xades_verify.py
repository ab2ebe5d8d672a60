"""Checking enveloped XAdES signatures as they arrive, with SdI's own codes (fatturapa.md 7, 12).

As in cms.py neither the authority (00104) nor revocation (00101) is asked about here: see
trust.py. Nothing outside the bytes is consulted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from asn1crypto import x509 as asn1
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.base.xml import Element
from chalicelib.invoicing.signing.cms import (
    BROKEN,
    Finding,
    SignerInfo,
    certificate_facts,
    signature_holds,
    times,
)
from chalicelib.invoicing.signing.xades import DSIG, SHA256, XADES
from chalicelib.invoicing.signing.xades_parts import (
    SIGNATURE,
    Broken,
    Parts,
    decoded,
    document_octets,
    one,
    take_apart,
)

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_DIGESTS = {
    SHA256: "sha256",
    f"{_MORE}sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
# Which certificate is meant may be said by SHA-1, as in cms.py: it signs nothing.
_NAMING = {**_DIGESTS, f"{DSIG}sha1": "sha1"}
_HASHES = ("sha256", "sha384", "sha512")
_METHODS = {
    **{f"{_MORE}rsa-{name}": ("rsassa_pkcs1v15", name) for name in _HASHES},
    **{f"{_MORE}ecdsa-{name}": ("ecdsa", name) for name in _HASHES},
    **{
        f"http://www.w3.org/2007/05/xmldsig-more#{name}-rsa-MGF1": ("rsassa_pss", name)
        for name in _HASHES
    },
}
# The schema of invoices has room for one. Each costs a reading of the whole document.
_SIGNATURES_MAX = 3
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,12})?(?:Z|[+-][0-9:]{5})"
)


class _Unknown(Exception):
    """An algorithm that is not known here: SdI may accept it. Its message names it."""


@dataclass(frozen=True)
class Xades:
    """One signature of a document, checked.

    `signer` has what the signature states (certificate, term, signing time); `certificates` are
    all that KeyInfo includes, DER; `faults` are the codes and messages of what is not in order,
    the signer's times apart. `parts` is what it was taken apart into, None when it could not be.
    """

    signer: SignerInfo
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    faults: tuple[tuple[str, str], ...] = ()
    parts: Parts | None = field(default=None, repr=False)


def verify(document: bytes, received_at: datetime | None = None) -> tuple[Finding, ...]:
    """What SdI would say about the signatures, each on its own; empty when all is well.

    Errors: 00102 not intact (or not XAdES-BES in the shape that SdI asks for, or not signed at
    all), 00103 no signing time with a zone, 00100 certificate expired, 00107 not valid yet, and
    with `received_at` (aware) 00105 signed later than received. Warning:
    `signature_unverifiable`. Raises Rejected as xml.parse does.
    """
    return findings(open_xades(document), received_at)


def findings(
    signatures: tuple[Xades, ...], received_at: datetime | None = None
) -> tuple[Finding, ...]:
    """The findings on signatures that `open_xades` has read: see `verify`."""
    if not signatures:
        return (Finding("00102", "error", "The document has no signature where one belongs."),)
    return tuple(
        Finding(code, "error" if code.isdigit() else "warning", message, index)
        for index, each in enumerate(signatures)
        for code, message in (*each.faults, *_times(each, received_at))
    )


def open_xades(document: bytes, nested: str = "", *, first_too: bool = False) -> tuple[Xades, ...]:
    """Each ds:Signature at the end of the root, in document order, with its cryptography checked.

    An element of local name `nested` may itself end with a signature of its own (SdI's messages
    carry signed messages of others); anywhere else a further signature makes all of them fail.
    `first_too`: where none is at the end, one may be the first element (treasurers' messages).
    Raises Rejected as xml.parse does.
    """
    root = xml.read(document, limit_bytes=limits.DOCUMENT_RAW_BYTES)
    children = [child for child in root if isinstance(child.tag, str)]
    first = len(children)
    while first and children[first - 1].tag == SIGNATURE:
        first -= 1
    found, start = children[first:], first - len(children)
    if first_too and not found and children and children[0].tag == SIGNATURE:
        found, start = children[:1], -len(children)
    everywhere = list(islice(root.iter(SIGNATURE), limits.CMS_SIGNERS + 1))
    if len(everywhere) > limits.CMS_SIGNERS or len(found) > _SIGNATURES_MAX:
        return (_failed("it is one of too many"),) if found else ()
    if not all(_in_place(node, found, nested) for node in everywhere):
        # What a signature encloses is left out of what others cover, so it could hide content.
        return tuple(_failed("another one stands inside the document") for _ in found)
    return tuple(_open(document, root, node, start + i) for i, node in enumerate(found))


def _in_place(node: Element, accepted: list[Element], nested: str) -> bool:
    at: Element | None = node
    while at is not None:
        if any(at is one_ for one_ in accepted):
            return True  # it, or a counter-signature inside it
        at = at.getparent()
    holder = node.getparent()
    if not nested or holder is None or xml.local(holder) != nested:
        return False
    elements = [child for child in holder if isinstance(child.tag, str)]
    return elements[-1] is node


def _open(document: bytes, root: Element, node: Element, index: int) -> Xades:
    signer = SignerInfo()
    try:
        parts = take_apart(root, node)
        signer = SignerInfo(signing_time=_signing_time(parts))
        signer = _with_certificate(signer, parts, _named(parts))
        signer = _with_value(signer, parts)
        faults = tuple(_integrity(document, index, parts, signer))
    except Broken as broken:
        return Xades(signer, faults=(("00102", f"The signature is not in order: {broken}."),))
    except _Unknown as unknown:
        return Xades(
            signer,
            parts.certificates,
            (("signature_unverifiable", f"The signature cannot be checked: {unknown}."),),
            parts,
        )
    except Rejected as refusal:
        # The document was read: only a part without a canonical form can come to this.
        return Xades(signer, faults=(("00102", f"The signature is not in order: {refusal.code}."),))
    return Xades(signer, parts.certificates, faults, parts)


def _failed(reason: str) -> Xades:
    return Xades(SignerInfo(), faults=(("00102", f"The signature is not in order: {reason}."),))


def _integrity(
    document: bytes, index: int, parts: Parts, signer: SignerInfo
) -> Iterator[tuple[str, str]]:
    properties = parts.properties
    if properties.digest != _digest(
        properties.digest_algorithm, properties.form.octets(parts.properties_node)
    ):
        yield "00102", "The properties of the signature were changed after it was made."
        return
    key_info = parts.key_info
    if key_info is not None and key_info.digest != _digest(
        key_info.digest_algorithm, key_info.form.octets(parts.key_info_node)
    ):
        yield "00102", "The certificate was changed after the signature was made."
        return
    covered = document_octets(document, index, parts.document)
    if _digest(parts.document.digest_algorithm, covered) != parts.document.digest:
        yield "00102", "The document was changed after it was signed."
        return
    try:
        intact = signature_holds(signer, signer.signed[0])
    except (UnsupportedAlgorithm, ValueError):
        raise _Unknown("its key") from None
    if not intact:
        yield "00102", "The signature does not belong to the document or to its certificate."


def _with_value(signer: SignerInfo, parts: Parts) -> SignerInfo:
    """With the signature value and what it is of."""
    if parts.method not in _METHODS:
        raise _Unknown(parts.method[:80] or "no method")
    scheme, digest = _METHODS[parts.method]
    value = parts.value
    if scheme == "ecdsa":
        # r and s one after the other (XML Signature 1.1, 6.4.3), where the library wants DER.
        half = len(value) // 2
        r, s = (int.from_bytes(part, "big") for part in (value[:half], value[half:]))
        value = encode_dss_signature(r, s)
    return replace(
        signer,
        digest_algorithm=digest,
        scheme=scheme,
        scheme_hash=digest,
        salt_bytes=hashlib.new(digest).digest_size,  # RFC 6931, 2.3.10
        signed=(parts.form.octets(parts.signed_info, comments=parts.form.comments),),
        signature=value,
    )


def _signing_time(parts: Parts) -> datetime | None:
    node = one(parts.properties_node, XADES, "SignedSignatureProperties", "SigningTime")
    text = "" if node is None else xml.text(node)
    if not _DATE_TIME.fullmatch(text):
        return None  # without a zone it is no time reference
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _named(parts: Parts) -> tuple[str, bytes] | None:
    """Algorithm and digest by which the properties name the certificate; None when they do not."""
    for name in ("SigningCertificateV2", "SigningCertificate"):
        holder = one(parts.properties_node, XADES, "SignedSignatureProperties", name)
        if holder is None:
            continue
        # The first is the signer's, the others his authorities'.
        first = next(iter(holder.iterchildren(f"{{{XADES}}}Cert")), None)
        digest = None if first is None else one(first, XADES, "CertDigest")
        method = None if digest is None else one(digest, DSIG, "DigestMethod")
        if digest is None or method is None:
            raise Broken("it names no certificate")
        return method.get("Algorithm", "") or "", decoded(one(digest, DSIG, "DigestValue"))
    if parts.key_info is None:
        raise Broken("it does not cover the certificate of the signer")
    return None


def _with_certificate(
    signer: SignerInfo, parts: Parts, named: tuple[str, bytes] | None
) -> SignerInfo:
    """With the certificate that is named; of several that a covered KeyInfo has, the first."""
    for der in parts.certificates:
        if len(der) > limits.CMS_SIGNER_BYTES:
            raise Broken("a certificate is too large")
        if named is not None and _digest(named[0], der, _NAMING) != named[1]:
            continue
        try:
            return replace(signer, certificate_named=True, **_facts(der))
        except BROKEN as error:
            raise Broken("the certificate cannot be read") from error
    raise Broken("the certificate that it names is not included")


def _facts(der: bytes) -> dict[str, Any]:
    return certificate_facts(asn1.Certificate.load(der, strict=True))


def _digest(algorithm: str, octets: bytes, known: Mapping[str, str] = _DIGESTS) -> bytes:
    if algorithm not in known:
        raise _Unknown(algorithm[:80] or "no digest")
    return hashlib.new(known[algorithm], octets).digest()


def _times(signature: Xades, received_at: datetime | None) -> Iterator[tuple[str, str]]:
    """Not of a signature that could not be taken apart: it has no time that anybody signed."""
    return times(signature.signer, received_at) if signature.parts is not None else iter(())
