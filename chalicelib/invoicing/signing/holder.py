"""What CAdES and XAdES have in common: a document ready up to its signature, and who signs it.

Both forms build all they sign first. Whoever holds the key (a PKCS#12 file in memory, AWS KMS, a
remote signing service) sees nothing but SHA-256 digests, many in one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from chalicelib.base import limits
from chalicelib.base.errors import Rejected

DIGESTED = Prehashed(hashes.SHA256())


class Signer(Protocol):
    """A certificate and access to its RSA key.

    `certificate` and `chain` are DER; `chain` runs from the issuer upwards.
    """

    @property
    def certificate(self) -> bytes: ...
    @property
    def chain(self) -> tuple[bytes, ...]: ...

    def valid_at(self, when: datetime) -> None:
        """Raises Rejected when the certificate is not valid at `when` (see Identity)."""

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """PKCS#1 v1.5 signatures of SHA-256 digests, one for each and in their order."""


class Prepared(Protocol):
    """A document with everything but the signature value."""

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the bytes that are signed."""

    def finish(self, signature: bytes) -> bytes:
        """The signed file."""


@dataclass(frozen=True)
class Identity:
    """The public half of a signer. `subject` is for people, the dates are the certificate's."""

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


def complete(signer: Signer, prepared: Sequence[Prepared]) -> list[bytes]:
    """The signed files of all that is prepared, by one call of the key's holder."""
    signatures = signer.sign_digests([one.digest for one in prepared])
    return [one.finish(value) for one, value in zip(prepared, signatures, strict=True)]


def identify(certificates: Sequence[x509.Certificate]) -> Identity:
    """Who signs, from his certificate and, in any order after it, those above it.

    For a key that is kept elsewhere: nothing here tells whether it is there. Raises Rejected
    `signing_certificate_missing`, `signing_certificate_usage` (its key usage does not allow
    signatures), `signing_key_unreadable` (not RSA of 2048 bits or more).
    """
    if not certificates:
        raise Rejected("signing_certificate_missing", "There is no certificate of the signer.")
    own, *others = certificates
    public_key(own)
    if not may_sign(own):
        raise Rejected(
            "signing_certificate_usage", "The key usage of the certificate excludes signatures."
        )
    return describe(own, others)


def describe(own: x509.Certificate, others: Sequence[x509.Certificate]) -> Identity:
    """The same without judging anything."""
    return Identity(
        certificate=own.public_bytes(Encoding.DER),
        chain=tuple(c.public_bytes(Encoding.DER) for c in _chain(own, others)),
        subject=own.subject.rfc4514_string(),
        not_before=own.not_valid_before_utc,
        not_after=own.not_valid_after_utc,
    )


def checked(
    identity: Identity, digests: Sequence[bytes], signatures: Sequence[bytes]
) -> list[bytes]:
    """What a key elsewhere answered, proved: a file signed wrongly would cost an SdI rejection.

    Raises Rejected `signing_key_mismatch`: a signature does not verify by the certificate (it was
    renewed, the key is another one, or the service signed something else).
    """
    key = public_key(x509.load_der_x509_certificate(identity.certificate))
    for digest, signature in zip(digests, signatures, strict=True):
        try:
            key.verify(signature, digest, padding.PKCS1v15(), DIGESTED)
        except InvalidSignature as error:
            raise Rejected(
                "signing_key_mismatch", "The key that signed is not that of the certificate."
            ) from error
    return list(signatures)


def public_key(certificate: x509.Certificate) -> RSAPublicKey:
    """Its RSA key of 2048 bits or more. Raises Rejected `signing_key_unreadable`."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        pass  # an exotic or damaged key is as little RSA as a sound one of another kind
    else:
        if isinstance(key, RSAPublicKey) and key.key_size >= limits.SIGNING_KEY_BITS:
            return key
    raise Rejected(
        "signing_key_unreadable",
        f"The certificate is not for an RSA key of {limits.SIGNING_KEY_BITS} bits or more.",
    )


def may_sign(certificate: x509.Certificate) -> bool:
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


def _chain(
    own: x509.Certificate, certificates: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """The path upwards from `own`, each once; strangers are left out."""
    path: list[x509.Certificate] = []
    at, rest = own, [c for c in certificates if c != own]
    while issuer := next((c for c in rest if c.subject == at.issuer), None):
        path.append(issuer)
        rest.remove(issuer)
        at = issuer
    return path
