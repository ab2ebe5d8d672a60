"""A small public key infrastructure: an authority, one below it, a signer, lists and answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ObjectIdentifier

from chalicelib.invoicing.signing.revocation import Known, known
from chalicelib.invoicing.signing.trust import Anchors, Verdict, anchors, judge

from .. import SIGNED_AT, key, named, pem, usage

NOW = SIGNED_AT
LONG = timedelta(days=400)
QC = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
QC_DER = bytes.fromhex("300a3008060604008e460101")
LIST = "http://crl.example.com/1.crl"


def build(
    subject: str,
    issuer: str,
    *extensions: tuple[x509.ExtensionType, bool],
    signed_by: str = "",
    start: datetime = NOW - LONG,
    end: datetime = NOW + LONG,
    serial: int = 5,
) -> x509.Certificate:
    """A certificate for the key named `subject`, signed by the key named `signed_by`."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key(subject).public_key())
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key(signed_by or issuer), hashes.SHA256())


def as_authority(path_length: int | None = None) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (usage(sign=False, authority=True), True),
    ]


def as_signer() -> list[tuple[x509.ExtensionType, bool]]:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(LIST)], None, None, None)
    return [
        (usage(sign=True), True),
        (x509.UnrecognizedExtension(QC, QC_DER), False),
        (x509.CRLDistributionPoints([point]), False),
    ]


@cache
def root() -> x509.Certificate:
    return build("radice", "radice", *as_authority(1))


@cache
def middle() -> x509.Certificate:
    return build("mezzo", "radice", *as_authority(0), serial=6)


@cache
def leaf() -> x509.Certificate:
    return build("firmatario", "mezzo", *as_signer(), serial=7)


def der(*certificates: x509.Certificate) -> list[bytes]:
    return [each.public_bytes(Encoding.DER) for each in certificates]


@cache
def trusted() -> Anchors:
    return anchors(pem(root()))


def crl(
    issuer: str,
    revoked: dict[int, tuple[datetime, x509.ReasonFlags | None]] | None = None,
    *extensions: tuple[x509.ExtensionType, bool],
    signed_by: str = "",
    made: datetime = NOW - timedelta(hours=1),
    until: datetime = NOW + timedelta(hours=1),
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(named(issuer))
        .last_update(made)
        .next_update(until)
    )
    for serial, (when, reason) in (revoked or {}).items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key(signed_by or issuer), hashes.SHA256()).public_bytes(Encoding.DER)


@cache
def all_good() -> Known:
    return known([crl("mezzo"), crl("radice")])


def judged(
    certificate: x509.Certificate | None = None,
    lists: Known | None = None,
    others: list[bytes] | None = None,
    at: datetime = NOW,
    by: Anchors | None = None,
) -> Verdict:
    return judge(
        der(certificate or leaf())[0],
        der(middle()) if others is None else others,
        trusted() if by is None else by,
        at,
        all_good() if lists is None else lists,
    )


def codes(verdict: Verdict) -> list[str]:
    return [f.code for f in verdict.findings]


def answer(
    state: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    *,
    when: datetime | None = None,
    reason: x509.ReasonFlags | None = None,
    about: x509.Certificate | None = None,
    responder: x509.Certificate | None = None,
    signed_by: str = "mezzo",
    made: datetime = NOW - timedelta(hours=1),
    until: datetime | None = NOW + timedelta(hours=1),
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    by = responder or middle()
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=about or leaf(),
            issuer=middle(),
            algorithm=algorithm or hashes.SHA1(),
            cert_status=state,
            this_update=made,
            next_update=until,
            revocation_time=when,
            revocation_reason=reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, by)
    )
    if responder is not None:
        builder = builder.certificates([responder])
    return builder.sign(key(signed_by), hashes.SHA256()).public_bytes(Encoding.DER)
