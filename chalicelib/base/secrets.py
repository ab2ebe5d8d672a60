"""Secrets: kept by Secrets Manager for the house, sealed by KMS for a tenant."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from chalicelib.base import aws, config


@cache
def channel() -> dict[str, Any]:
    """The house's own keys, read once per process.

    Shape: `signer_p12` (base64), `signer_password`, `sdi_certificate`, `sdi_key`, `sdi_ca` (PEM).
    """
    answer = aws.client("secretsmanager").get_secret_value(SecretId=config.get("CHANNEL_SECRET"))
    found: dict[str, Any] = json.loads(answer["SecretString"])
    return found


@cache
def edge() -> str:
    """What our own CloudFront shows to the API, read once per process."""
    answer = aws.client("secretsmanager").get_secret_value(SecretId=config.get("EDGE_SECRET"))
    return str(answer["SecretString"])


def forget() -> None:
    """Read them again when next asked."""
    channel.cache_clear()
    edge.cache_clear()


def seal(tenant: str, text: str) -> bytes:
    """Encrypt for one tenant; the tenant's name is bound into it (encryption context)."""
    answer = aws.client("kms").encrypt(
        KeyId=config.get("DATA_KEY"),
        Plaintext=text.encode(),
        EncryptionContext={"tenant": tenant},
    )
    blob: bytes = answer["CiphertextBlob"]
    return blob


def unseal(tenant: str, blob: bytes) -> str:
    """Decrypt what `seal` made for the same tenant."""
    answer = aws.client("kms").decrypt(
        KeyId=config.get("DATA_KEY"),
        CiphertextBlob=blob,
        EncryptionContext={"tenant": tenant},
    )
    plain: bytes = answer["Plaintext"]
    return plain.decode()
