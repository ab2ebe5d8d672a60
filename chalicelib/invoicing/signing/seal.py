"""SdI's own seal on its messages (fatturapa.md section 12), and the tax agency's on invoices.

Its shape is fixed: the document by XPath Filter 2.0, `#SignedProperties_1` and `#KeyInfoId`,
SignedInfo in exclusive form. The authority is private and its certificates are renewed every
three years, so it is the issuer that is pinned, by key, and the subject that is asked for.
A bad seal only marks a message: genuine ones come without any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.cms import Finding
from chalicelib.invoicing.signing.xades_parts import INCLUSIVE, Parts
from chalicelib.invoicing.signing.xades_verify import Xades, findings, open_xades

ISSUER_NAME = "CA Agenzia delle Entrate"
_SUBJECT = {
    NameOID.COMMON_NAME: "Sistema Interscambio Fattura PA",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "Servizi Telematici",
    NameOID.ORGANIZATION_NAME: "Agenzia delle Entrate",
    NameOID.COUNTRY_NAME: "IT",
}
_RECIPIENT_ANSWER = "EsitoCommittente"  # a signed message of the buyer, carried by an NE

State = Literal["good", "absent", "broken", "untrusted"]


@dataclass(frozen=True)
class SealTrust:
    """The certificates of the authority that seals are made under; empty where not at hand."""

    issuers: tuple[x509.Certificate, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class SealVerdict:
    """What a seal is worth.

    `good`: intact and SdI's. `absent`: there is none. `broken`: there is one that does not hold,
    or not in SdI's shape. `untrusted`: intact, but not shown to be SdI's. `reason` is for people.
    """

    state: State
    reason: str = ""
    subject: str = ""
    sealed_at: datetime | None = None


def seal_trust(pem_bundle: bytes) -> SealTrust:
    """The trust out of one or more PEM certificates; b"" trusts nobody.

    Raises Rejected `seal_authority` when the bundle cannot be read, or holds a certificate of
    another authority than that of the tax agency.
    """
    try:
        issuers = x509.load_pem_x509_certificates(pem_bundle) if pem_bundle.strip() else []
    except ValueError as error:
        raise Rejected("seal_authority", "The certificates cannot be read.") from error
    if any(_one(c.subject, NameOID.COMMON_NAME) != ISSUER_NAME for c in issuers):
        raise Rejected("seal_authority", f"Not every certificate is of {ISSUER_NAME}.")
    return SealTrust(tuple(issuers))


def verify_sdi_seal(message: bytes, trust: SealTrust) -> SealVerdict:
    """Judge the seal of a message (its XML). Raises Rejected as xml.parse does, nothing else."""
    found = open_xades(message, nested=_RECIPIENT_ANSWER)
    if not found:
        return SealVerdict("absent", "The message has no seal.")
    if len(found) > 1:
        return SealVerdict("broken", "The message has more than one seal.")
    (seal,) = found
    faults: tuple[Finding, ...] = tuple(f for f in findings(found) if f.code in _INTEGRITY)
    signer = seal.signer
    if faults or seal.parts is None:
        return SealVerdict("broken", faults[0].message if faults else "", signer.subject)
    if not _in_shape(seal.parts):
        return SealVerdict("broken", "It is not in the shape of SdI's seals.", signer.subject)
    reason = _distrust(seal, trust)
    state: State = "untrusted" if reason else "good"
    return SealVerdict(state, reason, signer.subject, signer.signing_time)


_INTEGRITY = {"00102", "00103", "signature_unverifiable"}


def _in_shape(parts: Parts) -> bool:
    key_info = parts.key_info
    return (
        key_info is not None
        and (parts.document.uri, parts.properties.uri, key_info.uri)
        == ("", "#SignedProperties_1", "#KeyInfoId")
        and parts.document.filtered
        and parts.document.form == parts.properties.form == key_info.form == INCLUSIVE
        and parts.form.exclusive
    )


def _distrust(seal: Xades, trust: SealTrust) -> str:
    """Why the seal is not SdI's; "" when it is."""
    try:
        own = x509.load_der_x509_certificate(seal.signer.certificate)
        if any(_one(own.subject, kind) != value for kind, value in _SUBJECT.items()):
            return "The certificate is not that of Sistema di Interscambio."
    except (ValueError, UnsupportedAlgorithm):
        return "The certificate cannot be read."
    if not any(_issued(own, issuer) for issuer in trust.issuers):
        return f"The certificate is not known to be of {ISSUER_NAME}."
    when = seal.signer.signing_time
    if when is None or not own.not_valid_before_utc <= when <= own.not_valid_after_utc:
        return "The seal was not made in the term of its certificate."
    return ""


def _issued(own: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        own.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _one(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    """The only value of that kind in a name; "" when there is none, or a choice."""
    found = name.get_attributes_for_oid(kind)
    value = found[0].value if len(found) == 1 else ""
    return value if isinstance(value, str) else ""
