"""The crash sweep once more, for a reseller whose documents are signed by a key in KMS: asking who
signs, proving the key, each signature, every call may be the last or fail."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization

from chalicelib.invoicing import mandates
from chalicelib.invoicing.signing import cms
from infra.local.authority import Authority
from tests.faults import CRASHES
from tests.sweep import journey
from tests.sweep.journey import ALFA, TELL, Act
from tests.sweep.test_crash import failures, undisturbed
from tests.world import START, World

NAME = "signed in KMS"


@pytest.fixture
def config(opened_world: World, signing_authority: Authority) -> dict[str, str]:
    kms = opened_world.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    own = signing_authority.certify_signer(pem, "Chiave in KMS", START)
    return {"signer": "kms", "signer_key": key, "signer_certificate": own.decode()}


def test_a_signature_by_a_key_elsewhere_is_one_whatever_dies(
    world: World, config: dict[str, str]
) -> None:
    def begin(house: World) -> None:
        mandates.bind(ALFA, "", config, "test", house.clock.at)
        house.drop(f"{ALFA}/kms.xml", journey.invoice("20"))

    steps, wanted = undisturbed(world, NAME, {NAME: Act(begin, TELL)})
    calls = [call for step in steps for call in step.calls]
    assert calls.count("kms.Sign") == calls.count("kms.GetPublicKey") == 1
    (name,) = [key for key in world.objects() if "signed-1" in key]
    (signer,) = cms.open_cms(world.objects()[name]).signers
    assert "Chiave in KMS" in signer.subject
    assert failures(world, NAME, [*CRASHES, "broken"], wanted, steps) == []
