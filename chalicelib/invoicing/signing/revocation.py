"""Whether a certificate was revoked, by CRLs and OCSP answers that are given as data.

Sources: RFC 5280 sections 5 and 6.3, RFC 6960. Nothing is fetched here (see fetch.py). Whatever
is stale, of other scope, or not signed by who may sign it, is left aside: it never counts as good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

# What parsing and checking of damaged data raises in this library.
UNREADABLE = (
    ValueError, TypeError, UnsupportedAlgorithm, OverflowError,
    x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType,
)  # fmt: skip

_SKEW = timedelta(minutes=5)  # between the clocks of the authority and of whoever judges
_UNBOUNDED = timedelta(days=1)  # how long an answer without nextUpdate counts
_KNOWN_CRL_EXTENSIONS = {
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.CRL_NUMBER,
    ExtensionOID.ISSUING_DISTRIBUTION_POINT,
    ExtensionOID.FRESHEST_CRL,
}

State = Literal["good", "revoked", "suspended", "unknown"]


@dataclass(frozen=True)
class Known:
    """What is at hand about revocation, read; what could not be read is only counted."""

    crls: tuple[x509.CertificateRevocationList, ...] = field(default=(), repr=False)
    answers: tuple[ocsp.OCSPResponse, ...] = field(default=(), repr=False)
    unreadable: int = 0


@dataclass(frozen=True)
class Status:
    """`unknown` says nothing about the certificate; `since` is when it was revoked."""

    state: State
    since: datetime | None = None


_UNKNOWN, _GOOD = Status("unknown"), Status("good")


def known(crls: Iterable[bytes] = (), answers: Iterable[bytes] = ()) -> Known:
    """Read CRLs (DER or PEM) and OCSP responses (DER)."""
    lists: list[x509.CertificateRevocationList] = []
    responses: list[ocsp.OCSPResponse] = []
    unreadable = 0
    for data in crls:
        try:
            armoured = data.lstrip().startswith(b"-----")
            read = x509.load_pem_x509_crl if armoured else x509.load_der_x509_crl
            lists.append(read(data))
        except UNREADABLE:
            unreadable += 1
    for data in answers:
        try:
            responses.append(ocsp.load_der_ocsp_response(data))
        except UNREADABLE:
            unreadable += 1
    return Known(tuple(lists), tuple(responses), unreadable)


def status(
    certificate: x509.Certificate, issuer: x509.Certificate, found: Known, at: datetime
) -> Status:
    """What is known about `certificate`, issued by `issuer`, at the instant `at` (aware).

    A revocation after `at` does not count; one before it does, by any source.
    """
    said = [_by_ocsp(certificate, issuer, each, at) for each in found.answers]
    said += [_by_crl(certificate, issuer, each, at) for each in found.crls]
    for state in ("revoked", "suspended", "good"):
        for one in said:
            if one.state == state:
                return one
    return _UNKNOWN


def _by_crl(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    crl: x509.CertificateRevocationList,
    at: datetime,
) -> Status:
    try:
        if crl.issuer != certificate.issuer or not _may_sign_lists(issuer):
            return _UNKNOWN
        if not _covers(crl, certificate) or not crl.is_signature_valid(
            issuer.public_key()  # type: ignore[arg-type]
        ):
            return _UNKNOWN
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        fresh = _fresh(crl.last_update_utc, crl.next_update_utc, at)
        if entry is None:
            # A list made after the certificate's end need not name it any more.
            gone = crl.last_update_utc > certificate.not_valid_after_utc
            return _GOOD if fresh and not gone else _UNKNOWN
        since = entry.revocation_date_utc
        if since > at:
            return _GOOD if fresh else _UNKNOWN
        return _ended(since, _reason(entry), fresh)
    except UNREADABLE:
        return _UNKNOWN


def _ended(since: datetime, reason: x509.ReasonFlags | None, fresh: bool) -> Status:
    if reason is not x509.ReasonFlags.certificate_hold:
        return Status("revoked", since)  # for good, so an old list says it as well as a new one
    return Status("suspended", since) if fresh else _UNKNOWN


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return None


def _covers(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """Whether the list is complete for this certificate: not partial, not of other partitions."""
    for extension in crl.extensions:
        known_here = extension.oid in _KNOWN_CRL_EXTENSIONS
        if extension.oid == ExtensionOID.DELTA_CRL_INDICATOR or (
            extension.critical and not known_here
        ):
            return False
    try:
        point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    if (
        point.indirect_crl
        or point.only_some_reasons
        or point.only_contains_attribute_certs
        or point.relative_name
        or (point.only_contains_ca_certs and not _is_authority(certificate))
        or (point.only_contains_user_certs and _is_authority(certificate))
    ):
        return False
    return not point.full_name or bool({*point.full_name} & {*_points(certificate)})


def _points(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in found:
        yield from point.full_name or ()


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _by_ocsp(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    answer: ocsp.OCSPResponse,
    at: datetime,
) -> Status:
    try:
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return _UNKNOWN
        responder = _responder(answer, issuer)
        if responder is None or not _signed_by(answer, responder):
            return _UNKNOWN
        for single in answer.responses:
            if _is_about(single, certificate, issuer):
                return _said(single, at)
    except UNREADABLE:
        pass  # as if it were not there
    return _UNKNOWN


def _said(single: ocsp.OCSPSingleResponse, at: datetime) -> Status:
    fresh = _fresh(single.this_update_utc, single.next_update_utc, at)
    if single.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return _GOOD if fresh else _UNKNOWN
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        since = single.revocation_time_utc
        if since is not None and since <= at:
            return _ended(since, single.revocation_reason, fresh)
        return _GOOD if fresh else _UNKNOWN
    return _UNKNOWN


def _is_about(
    single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    name = hashlib.new(single.hash_algorithm.name, issuer.subject.public_bytes()).digest()
    return (
        single.serial_number == certificate.serial_number
        and single.issuer_name_hash == name
        and single.issuer_key_hash == _key_hash(issuer, single.hash_algorithm.name)
    )


def _key_hash(certificate: x509.Certificate, algorithm: str) -> bytes:
    """Of the key's bits without their wrapping (RFC 6960, 4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        bits = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        bits = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    else:
        raise UnsupportedAlgorithm("key")
    return hashlib.new(algorithm, bits).digest()


def _responder(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate | None:
    """The issuer itself, or one whom it has delegated directly (RFC 6960, 4.2.2.2)."""
    for each in (issuer, *answer.certificates):
        by_name = answer.responder_name is not None and each.subject == answer.responder_name
        by_key = answer.responder_key_hash is not None and answer.responder_key_hash == _key_hash(
            each, "sha1"
        )
        if (by_name or by_key) and (each == issuer or _is_delegate(each, issuer, answer)):
            return each
    return None


def _is_delegate(
    each: x509.Certificate, issuer: x509.Certificate, answer: ocsp.OCSPResponse
) -> bool:
    """Only such as need not be asked about themselves: that question would have no end."""
    try:
        each.verify_directly_issued_by(issuer)
        each.extensions.get_extension_for_class(x509.OCSPNoCheck)
        usage = each.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (InvalidSignature, x509.ExtensionNotFound):
        return False
    in_term = each.not_valid_before_utc <= answer.produced_at_utc <= each.not_valid_after_utc
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage and in_term


def _signed_by(answer: ocsp.OCSPResponse, responder: x509.Certificate) -> bool:
    key, digest = responder.public_key(), answer.signature_hash_algorithm
    if digest is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(digest))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _fresh(made: datetime, until: datetime | None, at: datetime) -> bool:
    return made >= at or at <= (until or made + _UNBOUNDED) + _SKEW


def _may_sign_lists(issuer: x509.Certificate) -> bool:
    """By key usage; without the extension nothing is restricted (RFC 5280, 4.2.1.3)."""
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True
