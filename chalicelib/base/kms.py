"""Keys of AWS KMS: RSA keys that sign and never leave it, and data keys that it wraps for us."""

from __future__ import annotations

from collections.abc import Mapping

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


def new_data_key(key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
    """(256 random bits, the same wrapped by `key`). The context must be said again to unwrap.

    Raises Transient `kms_unavailable`. Permission: kms:GenerateDataKey.
    """
    try:
        answer = aws.client("kms").generate_data_key(
            KeyId=key, KeySpec="AES_256", EncryptionContext=dict(context)
        )
    except (ClientError, BotoCoreError) as error:
        raise _unavailable(error) from error
    return answer["Plaintext"], answer["CiphertextBlob"]


def open_data_key(key: str, wrapped: bytes, context: Mapping[str, str]) -> bytes | None:
    """What `new_data_key` wrapped; None when it was changed, or wrapped for another context.

    Raises Transient `kms_unavailable`. Permission: kms:Decrypt.
    """
    try:
        answer = aws.client("kms").decrypt(
            KeyId=key, CiphertextBlob=wrapped, EncryptionContext=dict(context)
        )
    except (ClientError, BotoCoreError) as error:
        if _code(error) in ("InvalidCiphertextException", "IncorrectKeyException"):
            return None
        raise _unavailable(error) from error
    plain: bytes = answer["Plaintext"]
    return plain


def _code(error: ClientError | BotoCoreError) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else ""


def _unavailable(error: ClientError | BotoCoreError) -> Transient:
    # Also what only a person can put right (a key disabled, a permission gone): data is not lost
    # by it, so whoever waits for it goes on waiting.
    reason = _code(error) or type(error).__name__
    return Transient("kms_unavailable", "KMS did not answer as it should.", reason=reason)


def tags(key: str) -> dict[str, str]:
    """The tags of the key. Raises as `sign_digest`. Needs kms:DescribeKey, kms:ListResourceTags:
    what the operator may, and no function."""
    client = aws.client("kms")
    try:
        # Unlike the others this call takes no alias.
        own = client.describe_key(KeyId=key)["KeyMetadata"]["KeyId"]
        found = client.list_resource_tags(KeyId=own)["Tags"]
    except (ClientError, BotoCoreError) as error:
        raise _failure(error) from error
    return {each["TagKey"]: each["TagValue"] for each in found}


def _failure(error: ClientError | BotoCoreError) -> Rejected | Transient:
    code = _code(error)
    if code in _FINAL:
        return Rejected("signing_key_unusable", "KMS will not sign by this key.", reason=code)
    return _unavailable(error)
