"""CAdES-BES signatures written directly as DER (ETSI EN 319 122-1, RFC 5652, RFC 5035).

A general ASN.1 library takes ten to fifty times as long as the RSA operation itself, and the
structure is fixed: so it is written here, byte by byte. Nothing in it is random (PKCS#1 v1.5),
so the same inputs give the same bytes, which a redelivered event relies on.

The key sees a digest only, so it may be elsewhere (KMS, a remote signer): see holder.py.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.holder import Signer, complete

_INTEGER, _OCTETS, _NULL, _OID = 0x02, 0x04, 0x05, 0x06
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_SEQUENCE, _SET = 0x30, 0x31
_CONTEXT_0, _CONTEXT_4 = 0xA0, 0xA4


@dataclass(frozen=True)
class Parts:
    """A CMS without its signature; `signed` comes from `attributes`."""

    content: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    chain: tuple[bytes, ...] = field(repr=False)
    signed: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the signed attributes, which is what is signed (RFC 5652, 5.4)."""
        return hashlib.sha256(self.signed).digest()

    def finish(self, signature: bytes) -> bytes:
        """The DER of the SignedData."""
        return assemble(self.content, self.certificate, self.chain, self.signed, signature)


def sign(content: bytes, signer: Signer, signing_time: datetime) -> bytes:
    """The DER of a CMS SignedData with `content` attached, signed by RSA and SHA-256.

    `signing_time` is aware and counts in whole seconds. The same three inputs give the same
    bytes. Raises Rejected as `valid_at` and `sign_digests` of the signer do, and
    `document_too_large`.
    """
    (made,) = complete(signer, [prepare(content, signer, signing_time)])
    return made


def prepare(content: bytes, signer: Signer, signing_time: datetime) -> Parts:
    """The same up to the signature value, for `holder.complete` to sign many together."""
    if len(content) > limits.DOCUMENT_BYTES:
        raise Rejected("document_too_large", "The document is too large to be signed and sent.")
    signer.valid_at(signing_time)
    signed = attributes(hashlib.sha256(content).digest(), signer.certificate, signing_time)
    return Parts(content, signer.certificate, signer.chain, signed)


def attributes(digest: bytes, certificate: bytes, signing_time: datetime) -> bytes:
    """The bytes that are signed: the DER `SET OF` the four signed attributes of CAdES-BES.

    `digest` is the SHA-256 of the content, `certificate` DER, `signing_time` aware.
    """
    return _set_of(
        _CONTENT_IS_DATA,
        _DIGEST_IS + digest,
        _signed_at(signing_time),
        _signing_certificate(certificate),
    )


def assemble(
    content: bytes,
    certificate: bytes,
    chain: tuple[bytes, ...],
    signed: bytes,
    signature: bytes,
) -> bytes:
    """Put the CMS together: `signed` from `attributes`, `signature` its PKCS#1 v1.5 signature."""
    signer_info = _tlv(
        _SEQUENCE,
        _version_and_signer(certificate),
        _SHA256,
        # The same bytes under the implicit tag [0]: only the first byte differs (RFC 5652, 5.4).
        _IMPLICIT_0,
        signed[1:],
        _RSA,
        _tlv(_OCTETS, signature),
    )
    tail = _certificates(certificate, chain) + _tlv(_SET, signer_info)
    # EncapsulatedContentInfo, SignedData, ContentInfo: what stands in each before the content.
    head = _before(len(content), (_OCTETS, b""), (_CONTEXT_0, b""), (_SEQUENCE, _ID_DATA))
    head = _before(
        len(content) + len(tail),
        (_SEQUENCE, _VERSION_AND_DIGESTS + head),
        (_CONTEXT_0, b""),
        (_SEQUENCE, _SIGNED_DATA),
    )
    return b"".join((head, content, tail))


def _before(size: int, *layers: tuple[int, bytes]) -> bytes:
    """What precedes `size` bytes inside of DER values, given as tags and what comes first in each,
    from the innermost outwards. Content of megabytes is thus copied once, not once for each."""
    head = b""
    for tag, first in layers:
        head = first + head
        head = _opening(tag, len(head) + size) + head
    return head


def _tlv(tag: int, *parts: bytes) -> bytes:
    """One DER value: tag, length in the shortest form, the parts one after another."""
    return b"".join((_opening(tag, sum(map(len, parts))), *parts))


def _opening(tag: int, size: int) -> bytes:
    """Tag and length of a value of `size` bytes."""
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length


def _set_of(*values: bytes) -> bytes:
    """DER wants the members of a SET OF in the order of their bytes (X.690, 11.6)."""
    return _tlv(_SET, *sorted(values))


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    encoded = bytearray()
    for number in (first * 40 + second, *rest):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        encoded += bytes(reversed(groups))
    return _tlv(_OID, bytes(encoded))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return _tlv(_SEQUENCE, kind, _tlv(_SET, value))


def _signed_at(when: datetime) -> bytes:
    """signing-time: UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5652, 11.3)."""
    if when.tzinfo is None:
        raise ValueError("the signing time has no time zone")
    utc = when.astimezone(UTC)
    if 1950 <= utc.year < 2050:
        year, *rest = utc.timetuple()[:6]
        return _UTC_TIME_IS + b"%02d%02d%02d%02d%02d%02dZ" % (year % 100, *rest)
    time = _tlv(_GENERALIZED_TIME, utc.strftime("%Y%m%d%H%M%SZ").encode())
    return _attribute(_SIGNING_TIME, time)


# What depends on the certificates alone is kept: one certificate signs thousands of files.
@lru_cache(maxsize=64)
def _version_and_signer(certificate: bytes) -> bytes:
    """The beginning of a SignerInfo (RFC 5652, 5.3)."""
    issuer, serial = _issuer_and_serial(certificate)
    return _VERSION_1 + _tlv(_SEQUENCE, issuer, serial)


@lru_cache(maxsize=64)
def _certificates(certificate: bytes, chain: tuple[bytes, ...]) -> bytes:
    """All certificates, under the implicit tag [0] (RFC 5652, 5.1)."""
    return _IMPLICIT_0 + _set_of(certificate, *chain)[1:]


@lru_cache(maxsize=64)
def _signing_certificate(certificate: bytes) -> bytes:
    """signing-certificate-v2: SHA-256 is the default and DER leaves defaults out (RFC 5035, 3)."""
    digest = _tlv(_OCTETS, hashlib.sha256(certificate).digest())
    reference = _tlv(_SEQUENCE, digest, issuer_serial(certificate))
    return _attribute(_SIGNING_CERTIFICATE_V2, _tlv(_SEQUENCE, _tlv(_SEQUENCE, reference)))


def issuer_serial(certificate: bytes) -> bytes:
    """The DER IssuerSerial of a DER certificate (RFC 5035, 5)."""
    issuer, serial = _issuer_and_serial(certificate)
    return _tlv(_SEQUENCE, _tlv(_SEQUENCE, _tlv(_CONTEXT_4, issuer)), serial)


@lru_cache(maxsize=64)
def _issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """Both as they stand in the certificate: encoding the name anew could change its bytes."""
    at = _inside(certificate, _inside(certificate, 0))  # Certificate, TBSCertificate
    if certificate[at] == _CONTEXT_0:  # version, left out in v1
        at = _after(certificate, at)
    algorithm = _after(certificate, at)
    issuer = _after(certificate, algorithm)
    return certificate[issuer : _after(certificate, issuer)], certificate[at:algorithm]


def _inside(der: bytes, at: int) -> int:
    """Where the content of the value at `at` begins."""
    return at + 2 + (der[at + 1] & 0x7F if der[at + 1] & 0x80 else 0)


def _after(der: bytes, at: int) -> int:
    """Where the value at `at` ends."""
    start = _inside(der, at)
    size = der[at + 1] if start == at + 2 else int.from_bytes(der[at + 2 : start], "big")
    return start + size


_IMPLICIT_0 = bytes((_CONTEXT_0,))
_VERSION_1 = _tlv(_INTEGER, b"\x01")
_ID_DATA = _oid("1.2.840.113549.1.7.1")
_SIGNED_DATA = _oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = _oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = _oid("1.2.840.113549.1.9.4")
_SIGNING_TIME = _oid("1.2.840.113549.1.9.5")
_SIGNING_CERTIFICATE_V2 = _oid("1.2.840.113549.1.9.16.2.47")
_SHA256 = _tlv(_SEQUENCE, _oid("2.16.840.1.101.3.4.2.1"))  # no parameters (RFC 5754, 2)
_RSA = _tlv(_SEQUENCE, _oid("1.2.840.113549.1.1.1"), _tlv(_NULL))
_VERSION_AND_DIGESTS = _VERSION_1 + _tlv(_SET, _SHA256)
_CONTENT_IS_DATA = _attribute(_CONTENT_TYPE, _ID_DATA)
# Both but for what stands at their end: a SHA-256, and a time as YYMMDDhhmmssZ.
_DIGEST_IS = _attribute(_MESSAGE_DIGEST, _tlv(_OCTETS, bytes(32)))[:-32]
_UTC_TIME_IS = _attribute(_SIGNING_TIME, _tlv(_UTC_TIME, bytes(13)))[:-13]
