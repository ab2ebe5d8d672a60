"""The command with authorities: who signed is judged, and what cannot be asked stays open."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.invoicing import check
from chalicelib.invoicing.signing import cades, pkcs12, xades
from infra.local.authority import Authority
from infra.local.invoices import make
from infra.local.revocation import RevocationService
from tests.world import START

from . import pem
from .official import schemas
from .signing.authorities import leaf, root

DAY = START.date().isoformat()
OPEN = {"00101", "00104", "00107"}
# With --today a file is received at the end of that day: a list has to reach so far.
END_OF_DAY = START.replace(hour=23)


@pytest.fixture
def signed(tmp_path: Path, signing_authority: Authority) -> list[Path]:
    own = pkcs12.load(signing_authority.signer_p12, signing_authority.password)
    data = make(date=(START - timedelta(days=1)).date().isoformat())
    files = [tmp_path / "IT11001000154_00001.xml.p7m", tmp_path / "IT11001000154_00002.xml"]
    files[0].write_bytes(cades.sign(data, own, START))
    other = data.replace(b"<Numero>", b"<Numero>9", 1)
    files[1].write_bytes(xades.sign(other, own, START))
    return files


@pytest.fixture
def ca(tmp_path: Path, signing_authority: Authority) -> Path:
    (tmp_path / "trust").mkdir()
    file = tmp_path / "trust" / "ca.pem"
    file.write_bytes(signing_authority.ca_pem)
    return file


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, list[dict[str, Any]]]:
    given = ["--json", "--schemas", str(schemas()), "--today", DAY, *map(str, arguments)]
    status = check.main(given)
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def codes(found: dict[str, Any]) -> list[str]:
    return [one["code"] for one in found["errors"] if one["severity"] == "error"]


def test_without_authorities_all_three_stay_open(
    signed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, *signed)
    assert status == 0
    for one in found:
        assert OPEN & set(one["not_evaluated"]) == OPEN


def test_the_signers_own_authority(
    signed: list[Path], ca: Path, signing_authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, *signed, "--trust", ca)
    assert status == 0
    for one in found:
        # The certificate names nobody who could be asked.
        assert OPEN & set(one["not_evaluated"]) == {"00101"}
    own = pkcs12.load(signing_authority.signer_p12, signing_authority.password)
    crl = ca.with_name("ca.crl")
    keys = signing_authority.ca_pem, signing_authority.ca_key_pem
    with RevocationService(*keys, lambda: END_OF_DAY) as service:
        for revoked in (False, True):
            if revoked:
                service.revoke(own.certificate, at=START - timedelta(days=1))
            crl.write_bytes(service.answer("/ca.crl", b"")[1])
            status, found = run(capsys, *signed, "--trust", ca, "--crl", crl, "--offline")
            assert status == int(revoked)
            for one in found:
                assert codes(one) == (["00101"] if revoked else [])
                assert not OPEN & set(one["not_evaluated"])


def test_another_authority(
    signed: list[Path], ca: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = ca.with_name("stranger.pem")
    stranger.write_bytes(pem(root()))
    status, found = run(capsys, *signed, "--trust", stranger)
    assert status == 1
    assert [codes(one) for one in found] == [["00104"], ["00104"]]
    assert run(capsys, *signed, "--trust", stranger, ca)[0] == 0
    assert run(capsys, *signed, "--trust", stranger, "--trust", ca)[0] == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.pem", None, "gone.pem cannot be read"),
        ("empty.pem", b"", "no certificate"),
        ("leaf.pem", pem(leaf()), leaf().subject.rfc4514_string()),
        ("der.pem", root().public_bytes(Encoding.DER), "no certificate"),
    ],
)
def test_authorities_that_are_none_are_wrong_arguments(
    signed: list[Path],
    tmp_path: Path,
    name: str,
    content: bytes | None,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        run(capsys, *signed, "--trust", tmp_path / name)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_list_that_is_none(
    signed: list[Path], ca: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(capsys, *signed, "--trust", ca, "--crl", ca)
    assert ended.value.code == 2
    assert "revoked certificates" in capsys.readouterr().err
