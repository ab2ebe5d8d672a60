"""One document, three holders of keys (a file, KMS, a remote service), and judges from outside."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.kms.utils import RSAPrivateKey

from chalicelib.base import aws
from chalicelib.base.errors import Rejected, Transient
from chalicelib.invoicing.signing import cades, cms, holder, xades, xades_verify
from chalicelib.invoicing.signing.holder import Signer
from chalicelib.invoicing.signing.kms import KmsSigner, open_kms
from chalicelib.invoicing.signing.signers import Form, open_signer, sign_all
from infra.local import moto_server
from infra.local.authority import Authority
from infra.local.csc import SigningService
from infra.local.csc_vault import certified
from infra.local.sdi.xades import check_xades
from infra.local.sdi.xmlfiles import parse_xml
from tests.world import START

from .. import PASSWORD, certify, key, needs_openssl, openssl, p12, pem
from . import INVOICE

proves_signed_file = pytest.mark.feature("F004-068")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Any]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AWS_DEFAULT_REGION", "eu-south-1")
    patch.setenv("AWS_ACCESS_KEY_ID", "test")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS"):
        patch.delenv(name, raising=False)
    with moto.mock_aws():
        aws.forget()
        for owner, name in ((KmsResponse, "_get_param"), (KmsBackend, "sign"),
                            (RSAPrivateKey, "sign"), (RSAPrivateKey, "verify")):  # fmt: skip
            patch.setattr(owner, name, getattr(owner, name))  # put back at the end
        moto_server.sign_as_kms_does()
        yield boto3.client("kms")
        patch.undo()
        aws.forget()


def new_key(cloud: Any, spec: str = "RSA_2048", use: str = "SIGN_VERIFY") -> str:
    made: str = cloud.create_key(KeySpec=spec, KeyUsage=use)["KeyMetadata"]["KeyId"]
    return made


def certificate_of(cloud: Any, name: str, authority: Authority) -> bytes:
    der = cloud.get_public_key(KeyId=name)["PublicKey"]
    body = base64.encodebytes(der)
    public = b"-----BEGIN PUBLIC KEY-----\n" + body + b"-----END PUBLIC KEY-----\n"
    return authority.certify_signer(public, "Anna Bianchi", START)


@pytest.fixture(scope="module")
def in_kms(cloud: Any, signing_authority: Authority) -> Signer:
    name = new_key(cloud)
    chain = certificate_of(cloud, name, signing_authority) + signing_authority.ca_pem
    config = {"signer": "kms", "signer_key": name, "signer_certificate": chain.decode()}
    return open_signer(config)


@pytest.fixture(scope="module")
def remote(signing_authority: Authority) -> Iterator[SigningService]:
    credential = certified("c1", key("remote"), signing_authority, START, pin="1234")
    with SigningService((credential,), lambda: START) as service:
        yield service


def config_of(service: SigningService, version: int = 1) -> dict[str, str]:
    return {
        "signer": "csc",
        "signer_url": service.url(version),
        "signer_user": "firma",
        "signer_password": "segreta",
        "signer_pin": "1234",
    }


@pytest.fixture(scope="module", params=["pkcs12", "kms", "csc 1", "csc 2"])
def signer(request: pytest.FixtureRequest, signing_authority: Authority) -> Signer:
    if request.param == "kms":
        found: Signer = request.getfixturevalue("in_kms")
        return found
    if request.param.startswith("csc"):
        service = request.getfixturevalue("remote")
        return open_signer(config_of(service, int(request.param[-1])))
    blob = base64.b64encode(signing_authority.signer_p12).decode()
    return open_signer({"signer_p12": blob, "signer_password": signing_authority.password})


@proves_signed_file
@pytest.mark.parametrize("form", ["cades", "xades"])
def test_many_documents_by_any_holder(
    signer: Signer, form: Form, signing_authority: Authority
) -> None:
    contents = [INVOICE.replace(b"100.00", f"{n}.00".encode()) for n in range(7)]
    made = sign_all(signer, form, contents, START)
    assert made == sign_all(signer, form, contents, START)
    root = x509.load_pem_x509_certificate(signing_authority.ca_pem)
    for content, one in zip(contents, made, strict=True):
        if form == "cades":
            opened = cms.open_cms(one)
            assert cms.verify(opened, START) == ()
            assert opened.content == content
            assert opened.certificates[0] in (signer.certificate, *signer.chain)
        else:
            assert xades_verify.verify(one, START) == ()
            check_xades(parse_xml(one), START, root)
    assert sign_all(signer, form, [], START) == []
    single = (cades if form == "cades" else xades).sign(contents[3], signer, START)
    assert single == made[3]


@proves_signed_file
def test_pyhanko_accepts_what_the_holders_signed(
    tmp_path: Path, in_kms: Signer, remote: SigningService, signing_authority: Authority
) -> None:
    (tmp_path / "kms").write_bytes(cades.sign(INVOICE, in_kms, START))
    (tmp_path / "csc").write_bytes(cades.sign(INVOICE, open_signer(config_of(remote)), START))
    program = textwrap.dedent(
        """
        import asyncio, datetime, sys
        from asn1crypto import cms, pem, x509
        from pyhanko.sign.validation import async_validate_cms_signature
        from pyhanko_certvalidator import ValidationContext
        root = x509.Certificate.load(pem.unarmor(open(sys.argv[1], "rb").read())[2])
        when = datetime.datetime.fromisoformat(sys.argv[2])
        for path in sys.argv[3:]:
            context = ValidationContext(trust_roots=[root], moment=when, allow_fetching=False)
            signed_data = cms.ContentInfo.load(open(path, "rb").read())["content"]
            status = asyncio.run(
                async_validate_cms_signature(signed_data, validation_context=context)
            )
            print(status.intact, status.valid, status.trusted)
        """
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, signing_authority.ca_path,
         START.isoformat(), tmp_path / "kms", tmp_path / "csc"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip("pyHanko is not installed here")
    assert done.stdout.splitlines() == ["True True True"] * 2, done.stderr


@proves_signed_file
@needs_openssl
def test_openssl_accepts_what_the_holders_signed(
    tmp_path: Path, signer: Signer, signing_authority: Authority
) -> None:
    (tmp_path / "ours.p7m").write_bytes(cades.sign(INVOICE, signer, START))
    done = openssl(
        "cms", "-verify", "-cades", "-inform", "DER", "-in", tmp_path / "ours.p7m", "-binary",
        "-CAfile", signing_authority.ca_path, "-purpose", "any", "-out", tmp_path / "out.xml",
        "-attime", str(int(START.timestamp())),
    )  # fmt: skip
    assert b"CAdES Verification successful" in done.stderr
    assert (tmp_path / "out.xml").read_bytes() == INVOICE


def test_the_holder_sees_nothing_but_digests(remote: SigningService) -> None:
    remote.requests.clear()
    one = open_signer(config_of(remote))
    parts = [cades.prepare(INVOICE, one, START), xades.prepare(INVOICE, one, START)]
    before = len(remote.requests)
    holder.complete(one, parts)
    assert [method for method, _ in remote.requests[before:]] == [
        "auth/login", "credentials/authorize", "signatures/signHash",
    ]  # fmt: skip
    sent = remote.requests[-1][1]["hash"]
    assert sent == [base64.b64encode(each.digest).decode() for each in parts]
    assert parts[0].digest == hashlib.sha256(parts[0].signed).digest()


def test_one_document_that_cannot_be_signed_spends_no_signature(remote: SigningService) -> None:
    one = open_signer(config_of(remote))
    before = len(remote.requests)
    with pytest.raises(Rejected) as refused:
        sign_all(one, "xades", [INVOICE, b"<a/>"], START)
    assert refused.value.code == "xades_unfit"
    assert len(remote.requests) == before


# --- KMS


def test_kms_refusals(cloud: Any, signing_authority: Authority) -> None:
    name = new_key(cloud)
    own = certificate_of(cloud, name, signing_authority)
    stranger = x509.load_pem_x509_certificate(pem(certify(key("altra").public_key())))
    elliptic = certify(ec.generate_private_key(ec.SECP256R1()).public_key())
    for certificates, code in (
        ([], "signing_certificate_missing"),
        ([stranger], "signing_key_mismatch"),
        ([elliptic], "signing_key_unreadable"),
        ([certify(key("altra").public_key(), sign=False)], "signing_certificate_usage"),
    ):
        with pytest.raises(Rejected) as refused:
            open_kms(name, certificates)
        assert refused.value.code == code
    missing = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(Rejected) as refused:
        open_kms(missing, x509.load_pem_x509_certificates(own))
    assert refused.value.code == "signing_key_unusable"


def test_kms_here_tells_a_digest_from_a_document(cloud: Any, in_kms: Signer) -> None:
    """What moto does not (infra/local/moto_server.py), judged by its own Verify too."""
    assert isinstance(in_kms, KmsSigner)
    digest = hashlib.sha256(INVOICE).digest()
    algorithm = {"KeyId": in_kms.key, "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    raw = cloud.sign(Message=INVOICE[:4096], MessageType="RAW", **algorithm)["Signature"]
    short = hashlib.sha256(INVOICE[:4096]).digest()
    assert raw == cloud.sign(Message=short, MessageType="DIGEST", **algorithm)["Signature"]
    made = in_kms.sign_digests([digest])[0]
    for message, kind in ((digest, "DIGEST"), (short, "DIGEST"), (digest, "RAW")):
        found = cloud.verify(Message=message, MessageType=kind, Signature=made, **algorithm)
        assert found["SignatureValid"] is (message == digest and kind == "DIGEST")
    with pytest.raises(ClientError, match="invalid length"):
        cloud.sign(Message=b"short", MessageType="DIGEST", **algorithm)


def test_a_disabled_key_is_refused(cloud: Any, signing_authority: Authority) -> None:
    name = new_key(cloud)
    own = x509.load_pem_x509_certificates(certificate_of(cloud, name, signing_authority))
    signer = open_kms(name, own)
    cloud.disable_key(KeyId=name)
    with pytest.raises(Rejected) as refused:
        cades.sign(INVOICE, signer, START)
    assert refused.value.code == "signing_key_unusable"
    assert refused.value.details["reason"] == "DisabledException"


def test_kms_that_signs_something_else_is_found_out(
    cloud: Any, in_kms: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sign(self: RSAPrivateKey, message: bytes, signing_algorithm: str) -> bytes:
        made: bytes = self.private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return made

    monkeypatch.setattr(RSAPrivateKey, "sign", sign)
    with pytest.raises(Rejected) as refused:
        cades.sign(INVOICE, in_kms, START)
    assert refused.value.code == "signing_key_mismatch"


def test_kms_out_of_reach_is_transient(in_kms: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        def sign(self, **_: object) -> None:
            from botocore.exceptions import EndpointConnectionError

            raise EndpointConnectionError(endpoint_url="https://kms")

    monkeypatch.setattr(aws, "client", lambda _: Down())
    with pytest.raises(Transient) as failed:
        cades.sign(INVOICE, in_kms, START)
    assert failed.value.code == "kms_unavailable"
    assert isinstance(in_kms, KmsSigner)


# --- the configuration


@pytest.mark.parametrize(
    ("config", "code", "reason"),
    [
        ({}, "signer_config", "signer_p12"),
        ({"signer": "scheda"}, "signer_config", "signer"),
        ({"signer": "pkcs12", "signer_p12": "è"}, "signer_config", "signer_p12"),
        ({"signer_p12": base64.b64encode(b"no").decode()}, "signing_key_unreadable", ""),
        ({"signer": "kms"}, "signer_config", "signer_key"),
        ({"signer": "kms", "signer_key": "k"}, "signer_config", "signer_certificate"),
        (
            {"signer": "kms", "signer_key": "k", "signer_certificate": "x"},
            "signer_config",
            "signer_certificate",
        ),
        ({"signer": "csc"}, "signer_config", "signer_token"),
        ({"signer": "csc", "signer_token": "t"}, "signer_config", "signer_url"),
        ({"signer": "csc", "signer_token": "t", "signer_url": "http://example.com/csc/v1"},
         "csc_address", ""),
        ({"signer": "csc", "signer_token": "t", "signer_url": "ftp://127.0.0.1"},
         "csc_address", ""),
        ({"signer": "csc", "signer_token": "t", "signer_url": "https://[::1"},
         "csc_address", ""),
        ({"signer": "csc", "signer_token": "t", "signer_url": "https://x/csc/v1",
          "signer_ca": "x"}, "csc_authority", ""),
    ],
)  # fmt: skip
def test_configurations_that_do_not_work(config: dict[str, str], code: str, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        open_signer(config)
    assert refused.value.code == code
    assert refused.value.details.get("reason", "") == reason


def test_the_house_keeps_no_secret_in_what_it_shows(remote: SigningService) -> None:
    shown = repr(open_signer(config_of(remote)))
    assert "segreta" not in shown
    assert "1234" not in shown
    file = open_signer(
        {"signer_p12": base64.b64encode(p12()).decode(), "signer_password": PASSWORD}
    )
    assert "key" not in repr(file).lower()
    public = key("signer").public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert base64.b64encode(public[20:40]).decode() not in repr(file)
