"""A signing key in AWS KMS: the certificate is ours to keep, the key never leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.base import kms
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.holder import Identity, checked, identify, public_key


@dataclass(frozen=True)
class KmsSigner(Identity):
    """`key` is the id, ARN or alias of an RSA key with usage SIGN_VERIFY."""

    key: str

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """One call each: KMS knows no batches. Raises as kms.sign_digest, and
        Rejected `signing_key_mismatch` when the certificate is not of this key."""
        signatures = [kms.sign_digest(self.key, digest) for digest in digests]
        return checked(self, digests, signatures)


def open_kms(key: str, certificates: Sequence[x509.Certificate]) -> KmsSigner:
    """A signer by the KMS key whose certificate is the first one.

    Raises Rejected as `holder.identify`, `signing_key_mismatch`, and as kms.public_key does.
    """
    who = identify(certificates)
    own = public_key(certificates[0])
    if own.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != kms.public_key(key):
        raise Rejected("signing_key_mismatch", "The certificate is not of the key in KMS.")
    return KmsSigner(**vars(who), key=key)
