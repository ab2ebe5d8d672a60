"""The signing key that a customer hands over as a PKCS#12 file (RFC 7292).

Loading costs tens of milliseconds (the key is checked), signing less than one: keep the Signer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization import pkcs12 as format_
from cryptography.x509.oid import ExtensionOID

from chalicelib.base import limits
from chalicelib.base.errors import Rejected


@dataclass(frozen=True)
class Signer:
    """A private key with its certificate.

    `certificate` and `chain` are DER; `chain` runs from the issuer upwards. The key is kept out
    of repr and of comparison, so it can reach neither a log line nor an error message.
    """

    key: RSAPrivateKey = field(repr=False, compare=False)
    certificate: bytes = field(repr=False)
    chain: tuple[bytes, ...] = field(repr=False)
    subject: str
    not_before: datetime
    not_after: datetime

    def valid_at(self, when: datetime) -> None:
        """Refuse a certificate that is not valid at `when` (aware); SdI would answer 00100.

        Raises Rejected `signing_certificate_not_yet_valid`, `signing_certificate_expired`.
        """
        if when < self.not_before:
            raise Rejected(
                "signing_certificate_not_yet_valid",
                "The signing certificate is not valid yet.",
                not_before=self.not_before.isoformat(),
            )
        if when > self.not_after:
            raise Rejected(
                "signing_certificate_expired",
                "The signing certificate has expired.",
                not_after=self.not_after.isoformat(),
            )


def load(p12: bytes, password: str) -> Signer:
    """Read a PKCS#12 file; `password` "" also opens a file without one.

    Raises Rejected `signing_key_unreadable` (not PKCS#12, no key, not RSA of 2048 bits or more),
    `signing_key_password`, `signing_certificate_missing` (none belongs to the key),
    `signing_certificate_usage` (its key usage does not allow signatures).
    """
    key, certificates = _open(p12, password)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    # By key and not by friendly name or local id: exporters set those carelessly.
    own = next((c for c in certificates if _public_key(c) == public), None)
    if own is None:
        raise Rejected(
            "signing_certificate_missing", "The file has no certificate that belongs to its key."
        )
    if not _may_sign(own):
        raise Rejected(
            "signing_certificate_usage", "The key usage of the certificate excludes signatures."
        )
    return Signer(
        key=key,
        certificate=own.public_bytes(Encoding.DER),
        chain=tuple(c.public_bytes(Encoding.DER) for c in _chain(own, certificates)),
        subject=own.subject.rfc4514_string(),
        not_before=own.not_valid_before_utc,
        not_after=own.not_valid_after_utc,
    )


def _open(p12: bytes, password: str) -> tuple[RSAPrivateKey, list[x509.Certificate]]:
    if len(p12) > limits.PKCS12_BYTES:
        raise Rejected("signing_key_unreadable", "The file is too large for a PKCS#12 file.")
    try:
        found = format_.load_pkcs12(p12, password.encode() or None)
    except UnsupportedAlgorithm as error:
        raise Rejected(
            "signing_key_unreadable", "The file is encrypted in a way that is not supported."
        ) from error
    except ValueError as error:
        # The library has one exception type and says only in words which of the two it was.
        if "password" in str(error).lower():
            raise Rejected("signing_key_password", "The password is wrong.") from None
        raise Rejected("signing_key_unreadable", "This is not a PKCS#12 file.") from None
    key = found.key
    if not isinstance(key, RSAPrivateKey) or key.key_size < limits.SIGNING_KEY_BITS:
        raise Rejected(
            "signing_key_unreadable",
            f"The file has no RSA key of {limits.SIGNING_KEY_BITS} bits or more.",
        )
    certificates = [found.cert.certificate] if found.cert else []
    certificates += [c.certificate for c in found.additional_certs]
    return key, certificates


def _public_key(certificate: x509.Certificate) -> bytes:
    try:
        return certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    except (ValueError, UnsupportedAlgorithm):
        return b""  # a stranger in the chain with an exotic key is not ours, and no reason to stop


def _may_sign(certificate: x509.Certificate) -> bool:
    """True without the extension too (RFC 5280, 4.2.1.3: then nothing is restricted)."""
    try:
        usage = certificate.extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False  # extensions that cannot be read allow nothing
    if not isinstance(usage, x509.KeyUsage):
        return False
    return usage.content_commitment or usage.digital_signature


def _chain(own: x509.Certificate, certificates: list[x509.Certificate]) -> list[x509.Certificate]:
    """The path upwards from `own`, each once; strangers in the file are left out."""
    path: list[x509.Certificate] = []
    at, rest = own, [c for c in certificates if c != own]
    while issuer := next((c for c in rest if c.subject == at.issuer), None):
        path.append(issuer)
        rest.remove(issuer)
        at = issuer
    return path
