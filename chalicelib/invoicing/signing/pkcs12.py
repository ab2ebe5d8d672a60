"""The signing key that a customer hands over as a PKCS#12 file (RFC 7292).

Loading costs tens of milliseconds (the key is checked), signing less than one: keep the Signer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization import pkcs12 as format_

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.holder import DIGESTED, Identity, describe, may_sign


@dataclass(frozen=True)
class Signer(Identity):
    """A private key with its certificate.

    The key is kept out of repr and of comparison, so it can reach neither a log line nor an error
    message.
    """

    key: RSAPrivateKey = field(repr=False, compare=False)

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """PKCS#1 v1.5 signatures of SHA-256 digests, one for each and in their order."""
        return [self.key.sign(digest, padding.PKCS1v15(), DIGESTED) for digest in digests]


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
    if not may_sign(own):
        raise Rejected(
            "signing_certificate_usage", "The key usage of the certificate excludes signatures."
        )
    return Signer(**vars(describe(own, certificates)), key=key)


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
