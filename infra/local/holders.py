"""Keys that are kept elsewhere, bound to resellers and customers of the local house.

As the operator does it (`infra.operate signer`): the key is made where it stays, the authority
certifies it, and the house is told who signs for whom.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.invoicing import mandates
from infra.local.csc_vault import Credential, certified
from infra.local.house import House
from infra.signing import SIGNING_TAG

KMS_NAME, REMOTE_NAME = "Chiave in KMS", "Anna Bianchi"
USER, PASSWORD, PIN = "firma", "segreta", "1234"
_BY = "the local house"


def bind_kms(house: House, tenant: str, customer: str = "") -> str:
    """A key of the local KMS signs from now on; gives its id."""
    kms = house.cloud.client("kms")
    key: str = kms.create_key(
        KeySpec="RSA_2048",
        KeyUsage="SIGN_VERIFY",
        Tags=[{"TagKey": SIGNING_TAG, "TagValue": house.cloud.name}],
    )["KeyMetadata"]["KeyId"]
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    now = house.cloud.clock.now()
    own = house.authority.certify_signer(pem, KMS_NAME, now, revocation_url=house.revocation.url)
    config = {
        "signer": "kms",
        "signer_key": key,
        "signer_certificate": (own + house.authority.ca_pem).decode(),
    }
    mandates.bind(tenant, customer, config, _BY, now)
    return key


def bind_remote(
    house: House, tenant: str, customer: str = "", *, version: int = 2, **options: Any
) -> Credential:
    """A credential of the local signing service signs from now on, by that version of the API.

    `options` are fields of csc_vault.Credential.
    """
    now = house.cloud.clock.now()
    name = f"firma-{len(house.remote_signing.vault.credentials) + 1}"
    key = rsa.generate_private_key(65537, 2048)
    credential = certified(
        name,
        key,
        house.authority,
        now,
        revocation_url=house.revocation.url,
        **{"pin": PIN, **options},
    )
    house.remote_signing.vault.credentials[name] = credential
    mandates.bind(tenant, customer, remote_config(house, name, version), _BY, now)
    return credential


def remote_config(house: House, credential: str, version: int = 2) -> dict[str, str]:
    """How one gets at a credential of the local signing service."""
    return {
        "signer": "csc",
        "signer_url": house.remote_signing.url(version),
        "signer_ca": house.authority.ca_pem.decode(),
        "signer_credential": credential,
        "signer_timeout_s": "2",
        "signer_user": USER,
        "signer_password": PASSWORD,
        "signer_pin": PIN,
    }
