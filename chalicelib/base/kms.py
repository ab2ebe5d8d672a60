"""Signing keys that never leave AWS KMS: RSA with key usage SIGN_VERIFY."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.base import aws
from chalicelib.base.errors import Rejected, Transient

# What no repetition can help: the key is another one, disabled, or not ours to use.
_FINAL = {
    "AccessDeniedException",
    "DisabledException",
    "InvalidArnException",
    "InvalidKeyUsageException",
    "KMSInvalidStateException",
    "NotFoundException",
    "UnsupportedOperationException",
    "ValidationException",
}


def sign_digest(key: str, digest: bytes) -> bytes:
    """The PKCS#1 v1.5 signature of a SHA-256 `digest` (32 bytes) by the key (id, ARN or alias).

    Raises Rejected `signing_key_unusable` (no such key, disabled, not for RSA signatures, not
    ours) and Transient `kms_unavailable`. Permission: kms:Sign.
    """
    try:
        answer = aws.client("kms").sign(
            KeyId=key,
            Message=digest,
            MessageType="DIGEST",  # else KMS hashes it once more
            SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
        )
    except (ClientError, BotoCoreError) as error:
        raise _failure(error) from error
    signature: bytes = answer["Signature"]
    return signature


def public_key(key: str) -> bytes:
    """The DER SubjectPublicKeyInfo of the key. Raises as `sign_digest`. Needs kms:GetPublicKey."""
    try:
        answer = aws.client("kms").get_public_key(KeyId=key)
    except (ClientError, BotoCoreError) as error:
        raise _failure(error) from error
    found: bytes = answer["PublicKey"]
    return found


def _failure(error: ClientError | BotoCoreError) -> Rejected | Transient:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code in _FINAL:
        return Rejected("signing_key_unusable", "KMS will not sign by this key.", reason=code)
    reason = code or type(error).__name__
    return Transient("kms_unavailable", "KMS did not answer as it should.", reason=reason)
