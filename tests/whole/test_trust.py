"""Whom the house believes, in the whole journey: arriving signatures are judged by the authorities
that the operator put there, and by what those answer about revocation, over real sockets."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from chalicelib.base import limits
from chalicelib.invoicing import authorities, dispatch
from chalicelib.invoicing.signing import cades, xades
from chalicelib.invoicing.signing import pkcs12 as files
from chalicelib.invoicing.signing.holder import Signer
from infra.local import demo, invoices
from infra.local.authority import Authority
from infra.local.house import House, Reseller
from tests.whole.client import Hub

OFFICE = {"format": "FPA12", "recipient": "UFEC01"}
OPEN = {"00101", "00104", "00107"}
_KEY = rsa.generate_private_key(65537, 2048)


def _signer(house: House, authority: Authority | None = None, **options: Any) -> Signer:
    """A signer of an authority: the house's own unless another is given."""
    by = authority or house.authority
    public = _KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    options = {"revocation_url": house.revocation.url, **options}
    own = x509.load_pem_x509_certificate(
        by.certify_signer(public, "Bruno Neri", house.cloud.clock.now(), **options)
    )
    chain = x509.load_pem_x509_certificates(by.ca_pem)
    plain = serialization.NoEncryption()
    return files.load(pkcs12.serialize_key_and_certificates(b"k", _KEY, own, chain, plain), "")


@pytest.fixture
def hub(house: House, reseller: Reseller) -> Hub:
    return Hub(house.gateway.url, reseller.token)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Another authority than the one that the house and SdI believe."""
    from datetime import UTC, datetime

    return Authority.load_or_create(tmp_path_factory.mktemp("stranger"), datetime.now(UTC))


def _invoice(house: House, number: str) -> bytes:
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    return invoices.make(number=number, date=day, seller=demo.customers()[0].subject, **OFFICE)


def _signed(house: House, number: str, signer: Signer, form: Any = cades) -> bytes:
    made: bytes = form.sign(_invoice(house, number), signer, house.cloud.clock.now())
    return made


def _drop(house: House, number: str, data: bytes) -> None:
    extension = ".xml" if data.lstrip().startswith(b"<") else ".xml.p7m"
    house.drop(f"demo/{number}{extension}", data)
    house.settle()


def _document(hub: Hub, number: str) -> dict[str, Any]:
    (found,) = [one for one in hub.all("documents") if one["number"] == number]
    return hub.get(f"/v1/documents/{found['id']}")


def _check(hub: Hub, data: bytes) -> dict[str, Any]:
    name = "IT01234567890_1.xml" if data.lstrip().startswith(b"<") else "IT01234567890_1.xml.p7m"
    status, found = hub.call(
        "POST", "/v1/check", data, content_type="application/octet-stream", name=name
    )
    assert status == 200, found
    return found


def _errors(found: dict[str, Any]) -> list[str]:
    return [one["code"] for one in found["errors"] if one.get("severity", "error") == "error"]


@pytest.mark.parametrize("form", [cades, xades], ids=["cades", "xades"])
def test_a_signature_that_is_good_in_every_way(house: House, hub: Hub, form: Any) -> None:
    data = _signed(house, "T-1", _signer(house), form)
    found = _check(hub, data)
    assert (found["accepted"], found["errors"]) == (True, [])
    assert not OPEN & set(found["not_evaluated"])
    assert house.revocation.asked == {"/ocsp": 1}
    _drop(house, "T-1", data)
    house.pass_time(timedelta(minutes=1))
    document = _document(hub, "T-1")
    assert (document["state"], document["warnings"]) == ("accepted", [])
    assert house.revocation.asked == {"/ocsp": 1}  # one answer serves an hour


@pytest.mark.parametrize(
    ("reason", "by_list"),
    [("key_compromise", False), ("key_compromise", True), ("certificate_hold", False)],
)
def test_a_certificate_that_was_revoked_or_suspended(
    house: House, hub: Hub, reason: str, by_list: bool
) -> None:
    signer = _signer(house)
    moment = house.cloud.clock.now() - timedelta(minutes=1)
    house.revocation.revoke(signer.certificate, x509.ReasonFlags[reason], moment)
    if by_list:
        house.revocation.closed.add("/ocsp")
    data = _signed(house, "T-1", signer)
    assert _errors(_check(hub, data)) == ["00101"]
    _drop(house, "T-1", data)
    document = _document(hub, "T-1")
    assert (document["state"], _errors(document)) == ("invalid", ["00101"])
    assert house.sdi.files() == []


def test_an_authority_that_is_not_believed(house: House, hub: Hub, stranger: Authority) -> None:
    data = _signed(house, "T-1", _signer(house, stranger))
    found = _check(hub, data)
    assert _errors(found) == ["00104"]
    assert "00101" in found["not_evaluated"]
    _drop(house, "T-1", data)
    assert _document(hub, "T-1")["state"] == "invalid"
    assert house.revocation.asked == {}  # nobody calls what a stranger's certificate names

    # Believed from now on, the same file passes; SdI, who does not, will say so himself.
    both = house.authority.ca_pem + stranger.ca_pem
    authorities.put("qualified", both, "test", house.cloud.clock.now())
    found = _check(hub, data)
    assert _errors(found) == []
    # The responder is the first authority's: what it answers about a stranger is not its to say.
    assert OPEN & set(found["not_evaluated"]) == {"00101"}


def test_a_certificate_that_is_not_qualified(house: House, hub: Hub) -> None:
    data = _signed(house, "T-1", _signer(house, qualified=False))
    assert _errors(_check(hub, data)) == ["00107"]
    _drop(house, "T-1", data)
    assert _errors(_document(hub, "T-1")) == ["00107"]


@pytest.mark.parametrize("fault", ["down", "silent", "garbage", "stale"])
def test_who_cannot_be_asked_is_said_and_stops_nobody(
    house: House, hub: Hub, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REVOCATION_TIMEOUT_S", 0.3)
    house.revocation.fault = fault
    signer = _signer(house)
    data = _signed(house, "T-1", signer)
    found = _check(hub, data)
    assert (found["accepted"], OPEN & set(found["not_evaluated"])) == (True, {"00101"})
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for number in range(2, 12):
                member = _signed(house, f"T-{number}", signer)
                archive.writestr(f"T-{number}.xml.p7m", member)
        house.drop("demo/firmate.zip", stream.getvalue())
    house.settle()
    documents = [one for one in house.documents("demo") if one.said]
    assert {one.state for one in documents} == {"sent"}
    assert {one.warnings for one in documents} == {("00101_not_evaluated",)}
    # Asked once, by answer and by list, and then left alone: not once for each file.
    assert house.revocation.asked == {"/ocsp": 1, "/ca.crl": 1}

    # It answers again, and after a while it is asked again.
    house.revocation.fault = ""
    house.cloud.clock.advance(limits.REVOCATION_PAUSE_S)
    assert not OPEN & set(_check(hub, data)["not_evaluated"])


def test_while_nobody_is_believed_the_question_stays_open(house: House, hub: Hub) -> None:
    authorities.put("qualified", None, "test", house.cloud.clock.now())
    data = _signed(house, "T-1", _signer(house))
    found = _check(hub, data)
    assert (found["accepted"], OPEN & set(found["not_evaluated"])) == (True, OPEN)
    _drop(house, "T-1", data)
    document = _document(hub, "T-1")
    assert (document["state"], document["warnings"]) == ("sent", [])


def test_a_customers_own_signature_is_judged_too(
    house: House, hub: Hub, stranger: Authority
) -> None:
    house.add_reseller("alfa")
    known = house.add_reseller("beta")
    house.add_customer("beta", "studio", demo.customers()[0].subject, signature="own")
    own = Hub(house.gateway.url, known.token)
    house.drop("beta/O-1.xml", _invoice(house, "O-1"))
    house.settle()
    (document,) = own.all("documents")
    path = f"/v1/documents/{document['id']}/signed"

    def bring(signer: Signer) -> tuple[int, dict[str, Any]]:
        data = cades.sign(_invoice(house, "O-1"), signer, house.cloud.clock.now())
        return own.call("POST", path, data, content_type="application/octet-stream")

    revoked = _signer(house)
    moment = house.cloud.clock.now() - timedelta(minutes=1)
    house.revocation.revoke(revoked.certificate, at=moment)
    for wrong, code in (
        (_signer(house, stranger), "00104"),
        (_signer(house, qualified=False), "00107"),
        (revoked, "00101"),
    ):
        status, refused = bring(wrong)
        assert (status, refused["error"]["code"]) == (422, code)
    status, taken = bring(_signer(house))
    assert (status, taken["state"]) == (200, "ready")


def test_a_held_document_is_judged_by_whom_is_believed_when_it_is_let_go(
    house: House, hub: Hub, stranger: Authority
) -> None:
    authorities.put("qualified", stranger.ca_pem, "test", house.cloud.clock.now())
    data = _signed(house, "T-1", _signer(house, stranger, revocation_url=""))
    house.drop("demo/elena-vitali/T-1.xml.p7m", data)
    house.settle()
    held = _document(hub, "T-1")
    assert held["state"] == "held"
    authorities.put("qualified", house.authority.ca_pem, "test", house.cloud.clock.now())
    path = f"/v1/documents/{held['id']}/decision"
    hub.call("POST", path, {"action": "send", "customer": "studio-aurora"})
    house.settle()
    document = _document(hub, "T-1")
    assert (document["state"], house.sdi.files()) == ("invalid", [])


def test_the_demos_own_signatures_are_evaluated(house: House, hub: Hub) -> None:
    """What `make run` shows: nothing about a signature is left open there."""
    now = house.cloud.clock.now()
    house.drop(
        "demo/fatture.zip", demo.build_zip(now, lambda d: cades.sign(d, dispatch.signer(), now))
    )
    house.settle()
    signed = [one for one in house.documents("demo") if one.arrived_signed]
    assert len(signed) >= 2
    for one in signed:
        assert not [word for word in one.warnings if word.endswith("not_evaluated")]
    assert house.revocation.asked["/ocsp"] == 1


# --- SdI's own seal ---------------------------------------------------------------------------
def _attested(house: House, hub: Hub, change: Callable[[bytes], bytes] | None = None) -> Any:
    """The messages of a document whose attestation came, changed on its way."""
    taken: list[tuple[str, bytes]] = []
    house.sdi.deliver_with(lambda one: taken.append((one.file_name, one.content)))
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    seller = demo.customers()[0].subject
    more = {"format": "FPA12", "recipient": "UFAT01"}
    house.drop("demo/A-1.xml", invoices.make(number="A-1", date=day, seller=seller, **more))
    house.settle()
    house.pass_time(timedelta(days=11), timedelta(days=1))
    assert [name.split("_")[2] for name, _ in taken] == ["MC", "AT"]
    for name, content in taken:
        if name.endswith(".zip") and change is not None:
            content = change(content)
        house.cloud.client("s3").put_object(
            Bucket=house.cloud.environment["SDI_BUCKET"], Key=f"incoming/{name}", Body=content
        )
    house.settle()
    document = _document(hub, "A-1")
    assert document["state"] == "undeliverable"
    return {one["type"]: one["seal"] for one in document["messages"]}


def _rezipped(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def act(data: bytes) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
            for info in old.infolist():
                content = old.read(info)
                is_attestation = "_AT_" in info.filename
                new.writestr(info.filename, change(content) if is_attestation else content)
        return stream.getvalue()

    return act


def _unsealed(content: bytes) -> bytes:
    start, end = content.index(b"<ds:Signature"), content.index(b"</ds:Signature>")
    return content[:start] + content[end + len(b"</ds:Signature>") :]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (None, "good"),
        (_rezipped(lambda data: data.replace(b"UFAT01", b"UFAT02")), "broken"),
        (_rezipped(_unsealed), "absent"),
    ],
    ids=["good", "changed", "without"],
)
def test_the_seal_of_an_attestation_stands_inside_its_archive(
    house: House, hub: Hub, change: Callable[[bytes], bytes] | None, state: str
) -> None:
    assert _attested(house, hub, change) == {"MC": "good", "AT": state}


def test_seals_of_nobody_believed_are_untrusted(house: House, hub: Hub) -> None:
    authorities.put("seal", None, "test", house.cloud.clock.now())
    assert _attested(house, hub) == {"MC": "untrusted", "AT": "untrusted"}


# --- the command ------------------------------------------------------------------------------
def test_the_check_command_asks_the_same_authorities(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    from chalicelib.invoicing import check

    file, pem = tmp_path / "IT01234567890_1.xml.p7m", tmp_path / "ca.pem"
    signer = _signer(house)
    file.write_bytes(_signed(house, "T-1", signer))
    pem.write_bytes(house.authority.ca_pem)

    def run(*more: str) -> tuple[int, dict[str, Any]]:
        status = check.main(["--json", str(file), *more])
        return status, json.loads(capsys.readouterr().out)

    status, found = run("--trust", str(pem))
    # It asks the public internet only: the local authority is not there.
    assert (status, OPEN & set(found["not_evaluated"])) == (0, {"00101"})
    assert house.revocation.asked == {}
    _, revoked = house.revocation.answer("/ca.crl", b"")
    (tmp_path / "ca.crl").write_bytes(revoked)
    status, found = run("--trust", str(pem), "--offline", "--crl", str(tmp_path / "ca.crl"))
    assert (status, OPEN & set(found["not_evaluated"])) == (0, set())
    house.revocation.revoke(signer.certificate, at=house.cloud.clock.now() - timedelta(minutes=1))
    (tmp_path / "ca.crl").write_bytes(house.revocation.answer("/ca.crl", b"")[1])
    status, found = run("--trust", str(pem), "--offline", "--crl", str(tmp_path / "ca.crl"))
    assert (status, _errors(found)) == (1, ["00101"])
