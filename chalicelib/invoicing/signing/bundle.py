"""A bundle of authorities as an operator gives it: read, judged and put in order.

Refused as a whole for one certificate that is none, so that nobody is trusted, or left out, by a
mistake in a file. Source: RFC 5280, 4.2.1.3 and 4.2.1.9; fatturapa.md section 7 (00104).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.holder import may_sign
from chalicelib.invoicing.signing.revocation import UNREADABLE

_CURVE_BITS = 256
_NAMED = 20  # in one refusal
_BEGIN = b"-----BEGIN CERTIFICATE-----"


def authorities(pem: bytes, now: datetime) -> list[x509.Certificate]:
    """The certificates of a PEM bundle, each once, in an order of their own.

    Raises Rejected, `certificates` naming the first of them by subject where there is one:
    `trust_too_large`, `trust_bundle` (nothing in it, or `number` is the first that cannot be
    read), `trust_not_authority` (may not issue certificates), `trust_key` (RSA below 2048 bits,
    curves below 256, other kinds), `trust_expired`, `trust_not_yet_valid`.
    """
    if len(pem) > limits.TRUST_BYTES or pem.count(_BEGIN) > limits.TRUST_CERTIFICATES:
        raise Rejected("trust_too_large", "That is more than all authorities of Europe.")
    found = {each.fingerprint(hashes.SHA256()): each for each in _read(pem)}
    every = [found[key] for key in sorted(found)]
    _refuse(
        "trust_not_authority",
        "Not every certificate is of an authority that may issue certificates.",
        (each for each in every if not _is_authority(each)),
    )
    _refuse(
        "trust_key",
        "Not every key is RSA of 2048 bits or an elliptic curve of 256, or more.",
        (each for each in every if not _has_good_key(each)),
    )
    _refuse(
        "trust_expired",
        "Not every certificate is still valid: leave out what has expired.",
        (each for each in every if each.not_valid_after_utc < now),
    )
    _refuse(
        "trust_not_yet_valid",
        "Not every certificate is valid already.",
        (each for each in every if each.not_valid_before_utc > now),
    )
    return every


def signers(pem: bytes, now: datetime) -> list[x509.Certificate]:
    """The certificates of single signers in a PEM bundle, each once, in an order of their own.

    Raises Rejected as `authorities`, but `trust_authority` for one that may issue others, and
    `trust_usage` for one whose key is not for signatures.
    """
    if len(pem) > limits.TRUSTED_SIGNERS_BYTES or pem.count(_BEGIN) > limits.TRUSTED_SIGNERS:
        raise Rejected("trust_too_large", "So many signers nobody has.")
    found = {each.fingerprint(hashes.SHA256()): each for each in _read(pem)}
    every = [found[key] for key in sorted(found)]
    _refuse(
        "trust_authority",
        "An authority's certificate would let all of its customers sign.",
        (each for each in every if _is_authority(each)),
    )
    _refuse(
        "trust_key",
        "Not every key is RSA of 2048 bits or an elliptic curve of 256, or more.",
        (each for each in every if not _has_good_key(each)),
    )
    _refuse(
        "trust_usage",
        "Not every key is for signatures.",
        (each for each in every if not may_sign(each)),
    )
    _refuse(
        "trust_expired",
        "Not every certificate is still valid: leave out what has expired.",
        (each for each in every if each.not_valid_after_utc < now),
    )
    return every


def written(certificates: Iterable[x509.Certificate]) -> bytes:
    """The same bundle again, and the same bytes for the same certificates in this order."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


@dataclass(frozen=True)
class Described:
    """A certificate for people; names as RFC 4514 writes them."""

    sha256: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime


def describe(pem: bytes) -> Described:
    """One certificate that `written` wrote."""
    found = x509.load_pem_x509_certificate(pem)
    return Described(
        fingerprint(found), name(found), found.issuer.rfc4514_string(), found.not_valid_before_utc,
        found.not_valid_after_utc,
    )  # fmt: skip


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def name(certificate: x509.Certificate) -> str:
    """The subject for people."""
    return certificate.subject.rfc4514_string()


def _read(pem: bytes) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for number, part in enumerate(pem.split(_BEGIN)[1:], 1):
        try:
            (one,) = x509.load_pem_x509_certificates(_BEGIN + part)
            # Read lazily: what is asked for later must be readable now.
            _ = one.extensions, one.public_key(), name(one), one.not_valid_after_utc
        except UNREADABLE as error:
            raise Rejected(
                "trust_bundle", f"Certificate {number} of the bundle cannot be read.", number=number
            ) from error
        found.append(one)
    if not found:
        raise Rejected("trust_bundle", "There is no certificate (PEM) in it.")
    return found


def _refuse(code: str, message: str, wrong: Iterable[x509.Certificate]) -> None:
    if named := [name(each) for each in wrong]:
        raise Rejected(code, message, count=len(named), certificates=named[:_NAMED])


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return basic.ca and usage.key_cert_sign


def _has_good_key(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= limits.SIGNING_KEY_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= _CURVE_BITS
