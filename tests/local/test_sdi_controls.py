"""Each family of SdI's controls, with what must pass and what must not."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import etree

from infra.local.authority import Authority
from infra.local.sdi.names import message_name, parse_name
from infra.local.sdi.seal import Sealer
from tests.local.sdi_world import (
    INVOICE,
    NOW,
    Clock,
    Signer,
    World,
    assert_genuine,
    cades,
    edited,
    opened,
    pa_invoice,
    schema_folder,
    shared_authority,
    world,
)

NAME = "IT01234567890_00001.xml"
Changes = list[tuple[str, str]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return shared_authority(tmp_path_factory)


@pytest.fixture
def sdi(tmp_path: Path, authority: Authority) -> Iterator[World]:
    with world(tmp_path / "sdi", authority, schema_folder()) as made:
        yield made


# Names and sizes


@pytest.mark.parametrize(
    "name",
    [
        "IT01234567890_1.xml",
        "ITRSSMRA80A01H501U_aZ9.xml.p7m",
        "FRXX_00001.zip",
        "DE1234567890123456789012345678_00001.xml",
    ],
)
def test_good_names(name: str) -> None:
    assert parse_name(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "IT0123456789_1.xml",
        "it01234567890_1.xml",
        "IT01234567890_.xml",
        "IT01234567890_123456.xml",
        "IT01234567890-1.xml",
        "IT01234567890_1.xml.p7m.p7m",
        "IT01234567890_1.pdf",
        "IT01234567890_1.XML",
        "../IT01234567890_1.xml",
        "IT01234567890_1.xml\n",
    ],
)
def test_bad_names(sdi: World, name: str) -> None:
    assert sdi.take(name, INVOICE.encode()).codes == ("00001",)
    sdi.run()
    assert_genuine(sdi.delivered[0].content, sdi.authority)
    assert set(sdi.delivered[0].file_name) & set("/-\n ") == set()


def test_message_names_fit_the_web_service() -> None:
    assert message_name("IT01234567890_1.xml.p7m", "RC", 7) == "IT01234567890_1_RC_007.xml"
    assert len(message_name("A" * 50, "AT", 1, "zip")) == 50


def test_a_name_is_spent_whatever_its_fate(sdi: World) -> None:
    assert sdi.take(NAME, b"<a/>").codes == ("00200",)
    assert sdi.take(NAME, INVOICE.encode()).codes == ("00002",)
    assert sdi.take("IT01234567890_00001.xml.p7m", INVOICE.encode()).codes == ("00002",)
    assert sdi.take("IT01234567890_00002.xml", INVOICE.encode()).accepted


def test_size(sdi: World) -> None:
    padding = "<!--" + "x" * (5_000_000 - len(INVOICE.encode()) - 7) + "-->"
    largest = (INVOICE + padding).encode()
    assert len(largest) == 5_000_000
    assert sdi.take("IT01234567890_1.xml", largest + b"\n").codes == ("00003",)
    assert sdi.take("IT01234567890_2.xml", largest).accepted


# Signatures


def test_signed_or_not(sdi: World) -> None:
    assert sdi.take("IT01234567890_1.xml", pa_invoice()).codes == ("00102",)
    assert sdi.take("IT01234567890_2.xml.p7m", cades(sdi.signer, pa_invoice())).accepted
    assert sdi.take("IT01234567890_3.xml", edited(INVOICE, ("1/2026", "2")).encode()).accepted


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"signed_at": None}, "00103"),
        ({"signed_at": NOW + timedelta(seconds=1)}, "00105"),
        ({"signed_at": NOW - timedelta(days=300)}, "00107"),
        ({"certificate_v2": False}, "00102"),
        ({"attached": False}, "00102"),
    ],
)
def test_wrong_cades(sdi: World, wrong: dict[str, object], code: str) -> None:
    signer = replace(sdi.signer, **wrong)  # type: ignore[arg-type]
    file = sdi.take("IT01234567890_1.xml.p7m", cades(signer, INVOICE.encode()))
    assert file.codes == (code,)


def test_wrong_signers_and_broken_bytes(sdi: World, tmp_path: Path) -> None:
    authority = sdi.authority
    expired = Signer(authority.expired_signer_p12, authority.password)
    past = replace(expired, signed_at=NOW - timedelta(days=60))
    other = Authority.load_or_create(tmp_path / "other", NOW)
    stranger = Signer(other.signer_p12, other.password)
    good = cades(sdi.signer, INVOICE.encode())
    cases = [
        (cades(expired, INVOICE.encode()), "00100"),
        (cades(past, INVOICE.encode()), "00100"),
        (cades(stranger, INVOICE.encode()), "00104"),
        (good.replace(b"Studio Uno", b"Studio Due"), "00102"),
        (good[:-1] + bytes([good[-1] ^ 1]), "00102"),
        (good[: len(good) // 2], "00102"),
        (INVOICE.encode(), "00102"),
        (b"\x30\x03\x02\x01\x00", "00102"),
    ]
    for number, (data, code) in enumerate(cases):
        assert sdi.take(f"IT01234567890_{number}.xml.p7m", data).codes == (code,), number
    text = base64.encodebytes(good)
    assert sdi.take("IT01234567890_ok.xml.p7m", text).accepted


@pytest.fixture
def today_sdi(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """By the machine's clock, for signers who will not be told the time."""
    now = datetime.now(UTC)
    made = Authority.load_or_create(tmp_path_factory.getbasetemp() / "sdi-authority-today", now)
    with world(tmp_path / "sdi", made, schema_folder(), Clock(now + timedelta(minutes=1))) as sdi:
        yield sdi


def signer_pem(sdi: World) -> tuple[bytes, bytes]:
    key, certificate = opened(sdi.authority.signer_p12, sdi.authority.password)
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return certificate.public_bytes(pem), key.private_bytes(pem, *plain)


@pytest.mark.parametrize("extra", [[], ["-stream"], ["-keyid"]], ids=["der", "ber", "keyid"])
def test_openssls_cades(today_sdi: World, tmp_path: Path, extra: list[str]) -> None:
    certificate, key = signer_pem(today_sdi)
    (tmp_path / "signer.pem").write_bytes(certificate + key)
    (tmp_path / "in.xml").write_bytes(pa_invoice())
    command = ["openssl", "cms", "-sign", "-cades", "-nodetach", "-binary", "-md", "sha256"]
    paths = ["-in", "in.xml", "-signer", "signer.pem", "-outform", "DER", "-out", "out.p7m"]
    subprocess.run([*command, *paths, *extra], cwd=tmp_path, check=True)
    file = today_sdi.take("IT01234567890_1.xml.p7m", (tmp_path / "out.p7m").read_bytes())
    assert file.accepted, file.codes


def test_signxmls_xades(today_sdi: World) -> None:
    xades = pytest.importorskip("signxml.xades")
    signxml = pytest.importorskip("signxml")
    certificate, key = signer_pem(today_sdi)
    signer = xades.XAdESSigner(
        signature_algorithm=signxml.SignatureMethod.RSA_SHA256,
        digest_algorithm=signxml.DigestAlgorithm.SHA256,
        c14n_algorithm=signxml.CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    signed = signer.sign(etree.fromstring(pa_invoice()), key=key, cert=certificate.decode())
    data: bytes = etree.tostring(signed)
    file = today_sdi.take("IT01234567890_1.xml", data)
    assert file.accepted, file.codes
    for number, (old, new) in enumerate(
        [
            (b"Studio Uno", b"Studio Due"),
            (b"SigningTime>2", b"SigningTime>1"),
            (b"SignatureValue>", b"SignatureValue>AAAA"),
        ]
    ):
        assert old in data
        broken = today_sdi.take(f"IT01234567890_x{number}.xml", data.replace(old, new, 1))
        assert broken.codes == ("00102",)


def test_xades_in_the_shape_of_sdis_own(sdi: World) -> None:
    """XPath filter 2, and the certificate bound by a signed KeyInfo."""
    certificate, key = signer_pem(sdi)
    sealer = Sealer.load(certificate, key)
    root = etree.fromstring(pa_invoice())
    signed = sealer.seal(root, NOW)
    assert sdi.take("IT01234567890_1.xml", signed).accepted
    unbound = signed.replace(b'Id="KeyInfoId"', b'Id="other"')
    assert sdi.take("IT01234567890_2.xml", unbound).codes == ("00102",)
    later = sealer.seal(etree.fromstring(pa_invoice()), NOW + timedelta(hours=1))
    assert sdi.take("IT01234567890_3.xml", later).codes == ("00105",)


# Format


def test_format_errors(sdi: World) -> None:
    few = edited(INVOICE, ("<CAP>10100", "<CAP>101"), ("EUR", "euro")).encode()
    assert sdi.take("IT01234567890_1.xml", few).codes == ("00200",)
    line = INVOICE[INVOICE.index("<DettaglioLinee>") : INVOICE.index("<DatiRiepilogo>")]
    bad = line.replace("<NumeroLinea>1<", "<NumeroLinea>x<")
    many = edited(INVOICE, ("<DatiRiepilogo>", bad * 51 + "<DatiRiepilogo>")).encode()
    assert sdi.take("IT01234567890_2.xml", many).codes == ("00200", "00201")
    doctype = edited(INVOICE, ("<p:Fatt", "<!DOCTYPE x><p:Fatt")).encode()
    assert sdi.take("IT01234567890_3.xml", doctype).codes == ("00200",)
    sdi.run()
    errors = [m.content.count(b"<Errore>") for m in sdi.delivered]
    assert errors == [2, 51, 1]
    assert b"facet 'pattern'" in sdi.delivered[0].content
    for message in sdi.delivered:
        assert_genuine(message.content, sdi.authority)
