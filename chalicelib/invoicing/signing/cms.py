"""Reading and checking CMS signatures (RFC 5652) as they arrive from outside.

`open_cms` turns DER or BER into plain values, `verify` judges them with SdI's own codes
(fatturapa.md section 7). Neither asks who the authority is (00104) nor whether a certificate was
revoked (00101): both need lists from outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from asn1crypto import cms as asn1
from asn1crypto import tsp
from asn1crypto.core import Void
from asn1crypto.parser import emit, peek
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chalicelib.base import limits
from chalicelib.base.errors import Rejected

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}

# asn1crypto parses lazily, and damaged input makes it fail in whatever way the damage leads to.
BROKEN = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What is wrong with a signature. `code` is SdI's where it has one; `signer` counts from 0."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    signer: int = 0


@dataclass(frozen=True)
class SignerInfo:
    """One signer as the file states him; nothing here is verified yet.

    `certificate` is DER (b"" when it is not included), `subject` its subject for people.
    `signed` holds the possible encodings of the signed attributes (one as received, one in DER
    order), empty when the signature is directly over the content. `certificate_named` tells
    whether signing-certificate(-v2) names this certificate, None when the attribute is absent.
    `defects` says what could not be read.
    """

    subject: str = ""
    certificate: bytes = field(default=b"", repr=False)
    public_key: bytes = field(default=b"", repr=False)
    not_before: datetime | None = None
    not_after: datetime | None = None
    signing_time: datetime | None = None
    content_type: str = ""
    message_digest: bytes = b""
    digest_algorithm: str = ""
    scheme: str = ""
    scheme_hash: str = ""
    salt_bytes: int = 0
    certificate_named: bool | None = None
    signed: tuple[bytes, ...] = field(default=(), repr=False)
    signature: bytes = field(default=b"", repr=False)
    defects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cms:
    """A SignedData: the attached content and its signers; `size` in bytes without a tail.

    `certificates` are all that are included, DER: the signers' and perhaps those above them.
    """

    content: bytes = field(repr=False)
    content_type: str
    signers: tuple[SignerInfo, ...]
    size: int
    certificates: tuple[bytes, ...] = field(default=(), repr=False)


class _SignedData(asn1.SignedData):  # type: ignore[misc]  # the library ships no types
    # The library reads version 1 as PKCS#7 1.5, where the content may be anything. In the world
    # it is an OCTET STRING whatever the version says, also around another signature.
    _spec_callbacks = {"encap_content_info": lambda _: asn1.EncapsulatedContentInfo}  # noqa: RUF012


class _ContentInfo(asn1.ContentInfo):  # type: ignore[misc]
    _oid_specs = {"signed_data": _SignedData}  # noqa: RUF012


def open_cms(data: bytes) -> Cms:
    """Read a CMS SignedData in DER or BER, also with indefinite lengths and content in pieces.

    Raises Rejected `cms_unreadable` (not CMS, truncated, not SignedData, absurdly many members)
    and `cms_detached` (the content is somewhere else). A signer that cannot be read is not a
    refusal: he is returned with `defects`, so the content is still there to be looked at.
    """
    if next(islice(_values(data), limits.CMS_VALUES, None), None):
        raise Rejected("cms_unreadable", "The signed file is in too many pieces.")
    try:
        info = _ContentInfo.load(data)
        if info["content_type"].native != "signed_data":
            raise Rejected("cms_unreadable", "The file is CMS, but not a signature.")
        body = info["content"]
        encapsulated = body["encap_content_info"]
        content_type = str(encapsulated["content_type"].native)
        wrapped = encapsulated["content"]
        content = None if isinstance(wrapped, Void) else _octets(wrapped)
        certificates = [
            c.chosen
            for c in body["certificates"]
            if c.name == "certificate" and len(c.chosen.contents) <= limits.CMS_SIGNER_BYTES
        ]
        included = tuple(c.dump() for c in certificates)
        infos = list(body["signer_infos"])
        # Not the length of a dump: that writes everything anew when there is anything indefinite.
        size = peek(data)
    except BROKEN as error:
        raise Rejected("cms_unreadable", "The signed file cannot be read.") from error
    if content is None:
        raise Rejected("cms_detached", "The signature does not contain the signed document.")
    if len(infos) > limits.CMS_SIGNERS or len(certificates) > limits.CMS_CERTIFICATES:
        raise Rejected("cms_unreadable", "The signed file has too many signers or certificates.")
    signers = tuple(_signer(i, certificates) for i in infos)
    return Cms(content, content_type, signers, size, included)


def octet_runs(ber: bytes) -> Iterator[bytes]:
    """The primitive OCTET STRINGs in `ber`, in order, until the bytes end or make no sense.

    The last one may be cut short: this is also how the content of a truncated file is reached.
    """
    return (ber[start:end] for tag, start, end in _values(ber) if tag == 0x04)


def _values(ber: bytes) -> Iterator[tuple[int, int, int]]:
    """Tag, start and end of content of each value, a constructed one followed by its members.

    Flat on purpose: constructed values are entered and end marks passed without keeping count,
    so neither nesting nor truncation can hurt. The end may lie behind that of the bytes.
    """
    at, last = 0, len(ber)
    while at + 2 <= last:
        tag, size = ber[at], ber[at + 1]
        at += 2
        if tag & 0x1F == 0x1F:
            return  # tags of several bytes do not occur in SignedData
        if size > 0x80:
            count = size & 0x7F
            size = int.from_bytes(ber[at : at + count], "big")
            at += count
        elif size == 0x80:
            size = 0
        yield tag, at, at + size
        if not tag & 0x20:
            at += size


def verify(cms: Cms, received_at: datetime | None = None) -> tuple[Finding, ...]:
    """What SdI would say about the signatures, every signer on his own; empty when all is well.

    Errors: 00102 not intact, 00103 no signing time, 00100 certificate expired, 00107 not valid
    yet, and with `received_at` (aware) 00105 signed later than received. Warnings:
    `signature_unverifiable` (an algorithm that is not known here: SdI may accept it),
    `signing_certificate_absent` (a signature, but not CAdES-BES).
    """
    if not cms.signers:
        return (Finding("00102", "error", "The file is not signed by anybody."),)
    found: list[Finding] = []
    for index, signer in enumerate(cms.signers):
        for code, message in (*_integrity(cms, signer), *times(signer, received_at)):
            found.append(Finding(code, "error" if code.isdigit() else "warning", message, index))
    return tuple(found)


def _integrity(cms: Cms, signer: SignerInfo) -> Iterator[tuple[str, str]]:
    if signer.defects:
        yield "00102", f"The signature cannot be read: {', '.join(signer.defects)}."
        return
    if not signer.certificate:
        yield "00102", "The certificate of the signer is not included."
        return
    if signer.certificate_named is None:
        yield "signing_certificate_absent", "The signature does not name its certificate."
    elif not signer.certificate_named:
        yield "00102", "The signature names another certificate."
    if signer.digest_algorithm not in HASHES:
        yield "signature_unverifiable", f"Unknown digest: {signer.digest_algorithm}."
        return
    if signer.signed:
        if hashlib.new(signer.digest_algorithm, cms.content).digest() != signer.message_digest:
            yield "00102", "The document was changed after it was signed."
            return
        if signer.content_type != cms.content_type:
            yield "00102", "The signature is over another type of content."
            return
    try:
        intact = any(signature_holds(signer, s) for s in signer.signed or (cms.content,))
    except (UnsupportedAlgorithm, ValueError):
        yield "signature_unverifiable", f"The signature cannot be checked: {signer.scheme}."
        return
    if not intact:
        yield "00102", "The signature does not belong to the document or to its certificate."


def signature_holds(signer: SignerInfo, signed: bytes) -> bool:
    """Raises UnsupportedAlgorithm or ValueError where scheme, hash or key are unknown here."""
    digest = HASHES.get(signer.scheme_hash or signer.digest_algorithm)
    if digest is None or signer.scheme not in {"rsassa_pkcs1v15", "rsassa_pss", "ecdsa"}:
        raise UnsupportedAlgorithm(signer.scheme)
    key = load_der_public_key(signer.public_key)
    try:
        if signer.scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signer.signature, signed, ec.ECDSA(digest))
        elif signer.scheme == "rsassa_pss" and isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(digest), signer.salt_bytes)
            key.verify(signer.signature, signed, pss, digest)
        elif signer.scheme == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signer.signature, signed, padding.PKCS1v15(), digest)
        else:
            return False  # a scheme that the key cannot have been used with
    except InvalidSignature:
        return False
    return True


def times(signer: SignerInfo, received_at: datetime | None) -> Iterator[tuple[str, str]]:
    """Code and message of what is wrong with the signing time and the certificate's term."""
    if signer.defects:
        return
    if signer.signing_time is None:
        yield "00103", "The signature has no signing time."
    elif received_at is not None and signer.signing_time > received_at:
        yield "00105", "The signing time is later than the receipt."
    moments = [m for m in (signer.signing_time, received_at) if m is not None]
    if signer.not_after is not None and any(m > signer.not_after for m in moments):
        yield "00100", "The certificate of the signer had expired."
    if signer.not_before is not None and any(m < signer.not_before for m in moments):
        yield "00107", "The certificate of the signer was not valid yet."


def _octets(value: Any) -> bytes:
    """The bytes of an OCTET STRING in one or many pieces.

    The library joins the pieces one by one, which is quadratic: a hostile file could use that.
    """
    return b"".join(octet_runs(value.contents)) if value.method else bytes(value.contents)


def _signer(info: Any, certificates: list[Any]) -> SignerInfo:
    try:
        named = (info["sid"].chosen, info["signed_attrs"])
        if any(len(v.contents or b"") > limits.CMS_SIGNER_BYTES for v in named):
            return SignerInfo(defects=("too large",))
        values = _attributes(info)
        certificate = _own_certificate(info["sid"], certificates)
        scheme, scheme_hash, salt_bytes = _scheme(info["signature_algorithm"])
        signature = _octets(info["signature"])
        digest_algorithm = str(info["digest_algorithm"]["algorithm"].native)
        digest = values.get("message_digest")
        content_type = values.get("content_type")
        facts: dict[str, Any] = {}
        if certificate is not None:
            facts = certificate_facts(certificate)
            facts["certificate_named"] = _certificate_named(values, facts["certificate"])
        return SignerInfo(
            signing_time=_signing_time(values),
            content_type="" if content_type is None else str(content_type.native),
            message_digest=b"" if digest is None else _octets(digest),
            digest_algorithm=digest_algorithm,
            scheme=scheme,
            scheme_hash=scheme_hash,
            salt_bytes=salt_bytes,
            signed=_encodings(info["signed_attrs"]),
            signature=signature,
            **facts,
        )
    except BROKEN:
        return SignerInfo(defects=("unreadable",))


def certificate_facts(certificate: Any) -> dict[str, Any]:
    """The fields of a SignerInfo that an asn1crypto certificate gives. Raises as in BROKEN."""
    tbs = certificate["tbs_certificate"]
    return {
        "certificate": certificate.dump(),
        "public_key": tbs["subject_public_key_info"].dump(),
        "not_before": tbs["validity"]["not_before"].native,
        "not_after": tbs["validity"]["not_after"].native,
        "subject": _subject(tbs),
    }


def _attributes(info: Any) -> dict[str, Any]:
    """The signed attributes by type. Each may come once, with one value (RFC 5652, 5.3, 11)."""
    values: dict[str, Any] = {}
    if isinstance(info["signed_attrs"], Void):
        return values
    for attribute in info["signed_attrs"]:
        kind = str(attribute["type"].native)
        if kind in values or len(attribute["values"]) != 1:
            raise ValueError(f"attribute {kind} is ambiguous")
        values[kind] = attribute["values"][0]
    return values


def _encodings(attributes: Any) -> tuple[bytes, ...]:
    """What the signature may be over: the SET OF in the order received, and in that of DER.

    Signers must use DER, some do not, and verifiers differ in which of the two they take.
    """
    if isinstance(attributes, Void):
        return ()
    members = [a.dump() for a in attributes]
    orders = (members, sorted(members))
    return tuple(dict.fromkeys(emit(0, 1, 17, b"".join(order)) for order in orders))


def _own_certificate(sid: Any, certificates: list[Any]) -> Any:
    if sid.name == "subject_key_identifier":
        return next((c for c in certificates if c.key_identifier == sid.chosen.native), None)
    serial, issuer = sid.chosen["serial_number"].native, sid.chosen["issuer"]
    same = [c for c in certificates if c["tbs_certificate"]["serial_number"].native == serial]
    exact = [c for c in same if c["tbs_certificate"]["issuer"].dump() == issuer.dump()]
    # Some signers write the issuer's name in another string type; a signature that then verifies
    # by the only certificate with that serial leaves no doubt.
    return (exact or same or [None])[0]


def _scheme(algorithm: Any) -> tuple[str, str, int]:
    """Scheme, its hash ("" where the digest algorithm decides) and the salt of PSS in bytes."""
    name = str(algorithm["algorithm"].native)
    try:
        scheme = str(algorithm.signature_algo)
    except ValueError:
        return name, "", 0
    if scheme == "rsassa_pss":
        parameters = algorithm["parameters"]
        digest = str(parameters["hash_algorithm"]["algorithm"].native)
        mask = str(parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native)
        if mask != digest:
            return f"rsassa_pss with {mask} as mask", digest, 0
        return scheme, digest, int(parameters["salt_length"].native)
    hashed = name in {"rsassa_pkcs1v15", "ed25519", "ed448"}
    return scheme, "" if hashed else str(algorithm.hash_algo), 0


def _signing_time(values: dict[str, Any]) -> datetime | None:
    if "signing_time" not in values:
        return None
    when = values["signing_time"].native
    # Without a zone it is no time reference.
    return when if isinstance(when, datetime) and when.tzinfo is not None else None


def _certificate_named(values: dict[str, Any], certificate: bytes) -> bool | None:
    """By signing-certificate-v2 (RFC 5035), or its SHA-1 predecessor (RFC 2634)."""
    if "signing_certificate_v2" in values:
        first = tsp.SigningCertificateV2.load(values["signing_certificate_v2"].dump())["certs"][0]
        algorithm = str(first["hash_algorithm"]["algorithm"].native)
    elif "signing_certificate" in values:
        first = tsp.SigningCertificate.load(values["signing_certificate"].dump())["certs"][0]
        algorithm = "sha1"
    else:
        return None
    if algorithm not in {*HASHES, "sha1"}:
        return None
    return bool(hashlib.new(algorithm, certificate).digest() == first["cert_hash"].native)


def _subject(tbs: Any) -> str:
    try:
        return str(tbs["subject"].human_friendly)
    except BROKEN:
        return ""  # only for people: a strange name is no reason to refuse
