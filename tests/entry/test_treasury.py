"""The treasurer through the doors: signed flows go out, his answers come back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from cryptography import x509
from lxml import etree

from chalicelib.base import aws, clock, limits, s3
from chalicelib.base.errors import Rejected
from chalicelib.base.ids import sha256
from chalicelib.base.s3 import Place
from chalicelib.entry import on_reconcile, on_send
from chalicelib.invoicing import authorities, mandates
from chalicelib.invoicing.signing import bundle, cades, pkcs12, xades, xades_verify
from chalicelib.invoicing.signing.holder import Signer
from chalicelib.invoicing.signing.signers import open_signer
from infra.local.authority import Authority
from infra.local.csc import SigningService
from infra.local.csc_vault import certified
from infra.local.revocation import RevocationService
from tests.accounting.posting.made import Match, payment
from tests.accounting.posting.test_opi import FAULT, message, outcome, schema
from tests.entry import bodies
from tests.entry.api_world import START, Answer, Api, Context
from tests.entry.bodies import House
from tests.entry.test_posting import ROOT, TREASURER, post, setting, work_off
from tests.invoicing import key
from tests.tables import due_rows

OUTCOMES = f"{ROOT}/opi-outcomes"
CERTIFICATES = f"{ROOT}/treasurer/certificates"
FLOWS = f"{ROOT}/opi-flows"


@dataclass(frozen=True)
class Books:
    """A body with three orders, known to its treasurer."""

    house: House
    creditor: str

    def message(self, *parts: str) -> bytes:
        return message(*parts, creditor=self.creditor)


@pytest.fixture
def books(api: Api, monkeypatch: pytest.MonkeyPatch) -> Books:
    found = Books(bodies.ready(api, fiscal_code=(code := bodies.fiscal_code())), code)
    house = found.house
    Match(monkeypatch).offer(house.tenant, *(payment(number) for number in (1, 2, 3)))
    post(api, house)
    house.call(api, "PUT", f"{ROOT}/treasurer", TREASURER)
    setting(api, house, classifications={"1.1": {"code": 1010, "siope": "1010101"}})
    return found


@pytest.fixture(scope="module")
def his(signing_authority: Authority) -> Signer:
    return pkcs12.load(signing_authority.signer_p12, signing_authority.password)


@pytest.fixture(scope="module")
def service(signing_authority: Authority) -> Iterator[SigningService]:
    """A remote signature service: the body's own key, and nobody's else."""
    credential = certified("c1", key("body"), signing_authority, START, pin="1234")
    with SigningService((credential,), lambda: START) as found:
        yield found


def config(service: SigningService, pin: str = "1234") -> dict[str, str]:
    return {
        "signer": "csc", "signer_url": service.url(2), "signer_user": "firma",
        "signer_password": "segreta", "signer_pin": pin,
    }  # fmt: skip


def hand_in(api: Api, house: House, data: bytes, name: str = "esito.xml") -> Answer:
    return house.call(
        api, "POST", OUTCOMES, data, query={"name": name},
        headers={"Content-Type": "application/xml"},
    )  # fmt: skip


def read(api: Api, house: House, data: bytes) -> dict[str, Any]:
    """A message handed in, and what became of it."""
    answer = hand_in(api, house, data)
    assert answer.status == 202, answer.body
    work_off(api)
    return dict(house.call(api, "GET", f"{OUTCOMES}/{answer.json['id']}").json)


def drop(api: Api, path: str, data: bytes) -> None:
    bucket = os.environ["INTAKE_BUCKET"]
    aws.client("s3").put_object(Bucket=bucket, Key=path, Body=data)
    found = s3.find(Place(bucket, path))
    assert found is not None
    place, size = found
    record = {"s3": {"bucket": {"name": bucket},
                     "object": {"key": path, "size": size, "versionId": place.version}},
              "eventTime": "2026-11-21T09:00:00.000Z"}  # fmt: skip
    event = {"Records": [{"messageId": "m", "body": json.dumps({"Records": [record]})}]}
    for _ in range(2):  # S3 tells at least once
        assert on_reconcile.handle(event, Context()) == {"batchItemFailures": []}


def order(api: Api, house: House, number: int) -> dict[str, Any]:
    return dict(house.call(api, "GET", f"{ROOT}/orders/2026-{number:07d}").json)


def trust(api: Api, house: House, *signers: Signer, version: int = 0) -> Answer:
    certificates = [x509.load_der_x509_certificate(one.certificate) for one in signers]
    said = {"pem": bundle.written(certificates).decode(), "version": version}
    return house.call(api, "PUT", CERTIFICATES, said)


# ------------------------------------------------------------------ what he is told
@pytest.mark.feature("F001-126")
def test_a_flow_leaves_signed_by_the_bodys_own_key(
    api: Api, books: Books, service: SigningService
) -> None:
    house = books.house
    mandates.bind(house.tenant, "", config(service), "operator", api.now)
    made = house.call(api, "POST", FLOWS, {"year": 2026}).json
    assert (made["signature"], made["signature_code"]) == ("waiting", "")
    path = f"{FLOWS}/2026/{made['number']}"
    assert house.call(api, "GET", path).json["signed"] is False
    assert api.run("send", on_send.handle) == 1
    (flow,) = house.call(api, "GET", FLOWS, query={"year": 2026}).json["flows"]
    assert (flow["signature"], bool(flow["signed_at"])) == ("signed", True)
    link = house.call(api, "GET", path).json
    assert (link["signed"], link["file_name"]) == (True, f"{made['id']}.xml")
    data = requests.get(link["url"], timeout=10).content
    assert xades_verify.verify(data, api.now) == ()
    (signature,) = xades_verify.open_xades(data)
    assert signature.signer.certificate == open_signer(config(service)).certificate
    flusso = schema("OPI_FLUSSO_ORDINATIVI_V_1_7_1.xsd")
    assert flusso.validate(etree.fromstring(data)), flusso.error_log
    # Asked once more, nothing is signed again.
    assert house.call(api, "POST", f"{path}/sign").json["signature"] == "signed"
    assert api.run("send", on_send.handle) == 0


@pytest.mark.feature("F001-126")
def test_a_body_without_a_key_gets_the_file_to_sign(
    api: Api, books: Books, service: SigningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = books.house
    made = house.call(api, "POST", FLOWS, {"year": 2026}).json
    assert made["signature"] == "none"
    assert api.run("send", on_send.handle) == 0
    path = f"{FLOWS}/2026/{made['number']}"
    link = house.call(api, "GET", path).json
    assert link["signed"] is False
    plain = requests.get(link["url"], timeout=10).content
    assert xades_verify.open_xades(plain) == ()
    refused = house.call(api, "POST", f"{path}/sign")
    assert (refused.status, refused.code) == (409, "signer_missing")
    # A key that does not work leaves it waiting, and says why; the right one signs the same file.
    mandates.bind(house.tenant, "", config(service), "operator", api.now)
    assert house.call(api, "POST", f"{path}/sign").json["signature"] == "waiting"
    with monkeypatch.context() as broken:
        broken.setattr(mandates, "signer_for", _expired)
        api.run("send", on_send.handle)
    (flow,) = house.call(api, "GET", FLOWS, query={"year": 2026}).json["flows"]
    assert (flow["signature"], flow["signature_code"]) == (
        "waiting", "signing_certificate_expired",
    )  # fmt: skip
    assert house.call(api, "GET", path).json["signed"] is False
    api.run("send", on_send.handle)
    (flow,) = house.call(api, "GET", FLOWS, query={"year": 2026}).json["flows"]
    assert (flow["signature"], flow["signature_code"]) == ("signed", "")
    signed = requests.get(house.call(api, "GET", path).json["url"], timeout=10).content
    assert signed.startswith(plain.removesuffix(b"</flusso_ordinativi>"))


def _expired(*_: str) -> Signer:
    raise Rejected("signing_certificate_expired", "The signing certificate has expired.")


# ------------------------------------------------------------------ what he answers
@pytest.mark.feature("F001-126")
def test_an_order_shows_how_it_stands_with_the_treasurer(api: Api, books: Books) -> None:
    house = books.house
    assert order(api, house, 1)["treasury"] is None
    late = outcome(1, "REGOLARIZZATO", "2026-11-25T08:00:00")
    bad = outcome(2, "NON ESEGUIBILE", faults=FAULT)
    nobodys = outcome(99, "ACQUISITO")
    found = read(api, house, books.message(late, bad, nobodys))
    assert (found["state"], found["signature"], found["signer"]) == ("kept", "not_verified", "")
    assert (found["outcomes"], found["orders"], found["unknown_total"]) == (3, 2, 1)
    (unknown,) = found["unknown"]
    assert (unknown["order"], unknown["word"], unknown["code"]) == (
        "2026-0000099", "ACQUISITO", "order_unknown",
    )  # fmt: skip
    # An older word comes late, with the zone that Rome has then: the latest counts.
    read(api, house, books.message(outcome(1, "ACQUISITO", "2026-11-25T06:59:59Z")))
    read(api, house, books.message(outcome(3, "ACQUISITO")))
    first = order(api, house, 1)
    assert first["treasury"] == {
        "state": "regularised", "word": "REGOLARIZZATO", "at": "2026-11-25T08:00:00",
        "reason": "", "verified": False,
    }  # fmt: skip
    assert first["outcome"] == "2026-11-25T08:00:00 REGOLARIZZATO"
    assert [one["word"] for one in first["outcomes"]] == ["ACQUISITO", "REGOLARIZZATO"]
    listed = house.call(api, "GET", f"{ROOT}/orders", query={"year": 2026}).json["orders"]
    assert [one["treasury"]["state"] for one in listed] == ["regularised", "refused", "accepted"]
    assert listed[1]["treasury"]["reason"] == "42 Provvisorio inesistente"
    (told,) = order(api, house, 2)["outcomes"]
    assert (told["good"], told["state"]) == (False, "refused")
    assert told["faults"][0]["text"] == "Provvisorio inesistente"


def test_the_same_outcome_twice_changes_nothing(api: Api, books: Books) -> None:
    house = books.house
    said = outcome(1, "RISCOSSO", "2026-11-25T08:00:00")
    data = books.message(said)
    found = read(api, house, data)
    before = order(api, house, 1)
    assert read(api, house, data) == found
    # The same bytes by the other door, and the same outcome in another message.
    drop(api, f"treasury/{house.tenant}/esiti/e.xml", data)
    work_off(api)
    assert read(api, house, books.message(said, outcome(77, "RISCOSSO")))["orders"] == 1
    assert order(api, house, 1) == before
    listed = house.call(api, "GET", OUTCOMES).json["messages"]
    assert sorted((one["carrier"], one["state"], one["same_as"]) for one in listed) == [
        ("drop", "repeated", found["id"]), ("upload", "kept", ""), ("upload", "kept", ""),
    ]  # fmt: skip
    assert next(one for one in listed if one["carrier"] == "drop")["file_name"] == "e.xml"


def test_what_nobody_can_take_is_kept_with_its_reason(api: Api, books: Books) -> None:
    house = books.house
    for data, code in (
        (message(outcome(1, "RISCOSSO")), "outcome_other_body"),
        (books.message(), "outcome_empty"),
        (b"<x/>", "outcome_malformed"),
        (b"\x00\x01", "unknown_content"),
    ):
        found = read(api, house, data)
        assert (found["state"], found["code"], found["orders"]) == ("refused", code, 0)
    drop(api, f"treasury/{house.tenant}/x.xml", b"<x/>")
    drop(api, "treasury/nobody-at-all/x.xml", b"<x/>")
    work_off(api)
    assert order(api, house, 1)["outcomes"] == []
    assert hand_in(api, house, b" ").code == "xml_empty"
    assert len(house.call(api, "GET", OUTCOMES).json["messages"]) == 5


def test_only_the_treasurers_signature_changes_orders_once_it_is_known(
    api: Api, books: Books, his: Signer, service: SigningService
) -> None:
    house, other = books.house, open_signer(config(service))
    data = books.message(outcome(1, "REGOLARIZZATO", "2026-11-20T08:00:00"))
    before_anybody = read(api, house, xades.sign(data, other, api.now))
    assert before_anybody["signature"] == "not_verified"
    assert before_anybody["signer"] == sha256(other.certificate)
    loaded = trust(api, house, his)
    assert loaded.status == 200, loaded.body
    (shown,) = loaded.json["certificates"]
    assert (shown["sha256"], "Maria Rossi" in shown["subject"]) == (sha256(his.certificate), True)
    assert trust(api, house, his).status == 409  # on the version that was read
    assert house.call(api, "GET", CERTIFICATES).json == loaded.json
    two = books.message(outcome(2, "RISCOSSO"))
    signed = xades.sign(two, his, api.now)
    for wrong, code in (
        (two, "outcome_unsigned"),
        (xades.sign(two, other, api.now), "outcome_signature_untrusted"),
        (signed.replace(b">RISCOSSO<", b">STORNATO<"), "outcome_signature_broken"),
    ):
        found = read(api, house, wrong)
        assert (found["state"], found["code"]) == ("refused", code)
        assert order(api, house, 2)["treasury"] is None
    found = read(api, house, signed)
    assert (found["state"], found["signature"]) == ("kept", "verified")
    assert order(api, house, 2)["treasury"]["verified"] is True
    assert order(api, house, 1)["treasury"]["verified"] is False
    # Once he is known, the same word of his makes a word of anybody's his.
    read(api, house, xades.sign(data, his, api.now))
    assert order(api, house, 1)["treasury"]["verified"] is True
    assert [one["verified"] for one in order(api, house, 1)["outcomes"]] == [True]
    # A successor's certificate is loaded, and the message that was refused is handed in again.
    refused = xades.sign(books.message(outcome(3, "RISCOSSO")), other, api.now)
    assert read(api, house, refused)["code"] == "outcome_signature_untrusted"
    assert trust(api, house, his, other, version=1).json["version"] == 2
    assert read(api, house, refused)["signature"] == "verified"
    assert order(api, house, 3)["treasury"]["state"] == "collected"


@pytest.fixture
def responder(
    api: Api, signing_authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RevocationService]:
    """Who tells about certificates of the only authority that the operator believes."""
    authorities.forget()
    monkeypatch.setenv("REVOCATION_PRIVATE", "allow")
    keys = signing_authority.ca_pem, signing_authority.ca_key_pem
    with RevocationService(*keys, lambda: api.now) as service:
        authorities.put("qualified", signing_authority.ca_pem, "test", api.now)
        yield service
        authorities.put("qualified", None, "test", api.now)
    authorities.forget()


@pytest.fixture
def asked_about(api: Api, signing_authority: Authority, responder: RevocationService) -> Signer:
    """The treasurer's man, whose certificate names the responder."""
    file = signing_authority.signer_that_is_asked_about(api.now, responder.url)
    return pkcs12.load(file, signing_authority.password)


def again(api: Api) -> None:
    """The sweeper comes when it is time to ask again."""
    (row,) = due_rows("reconcile")
    assert (row["waits"], row["due"] > clock.stamp(api.now)) == (True, True)
    api.tick(limits.OPI_REVOCATION_EVERY_S + 1)
    assert row["due"] <= clock.stamp(api.now)
    api.run("reconcile", on_reconcile.handle)


def once(api: Api, house: House, data: bytes) -> dict[str, Any]:
    """A message handed in and looked at once: a row that waits is not to be waited for."""
    answer = hand_in(api, house, data)
    assert answer.status == 202, answer.body
    assert api.run("reconcile", on_reconcile.handle) == 1
    return dict(house.call(api, "GET", f"{OUTCOMES}/{answer.json['id']}").json)


def test_a_revoked_certificate_signs_nothing(
    api: Api, books: Books, his: Signer, asked_about: Signer, responder: RevocationService
) -> None:
    house = books.house
    trust(api, house, his, asked_about)
    good = once(api, house, xades.sign(books.message(outcome(1, "RISCOSSO")), asked_about, api.now))
    assert (good["state"], good["signature"], good["revocation"]) == ("kept", "verified", "good")
    # What was answered counts for a while: a second message asks nobody.
    asked = dict(responder.asked)
    once(api, house, cades.sign(books.message(outcome(2, "ACQUISITO")), asked_about, api.now))
    assert responder.asked == asked
    # Of a certificate that names nobody there is nothing to ask.
    plain = once(api, house, xades.sign(books.message(outcome(3, "ACQUISITO")), his, api.now))
    assert (plain["signature"], plain["revocation"]) == ("verified", "unasked")
    responder.revoke(asked_about.certificate, at=api.now)
    authorities.forget()
    api.tick(60)
    for sign in (xades.sign, cades.sign):
        data = sign(books.message(outcome(2, "REGOLARIZZATO")), asked_about, api.now)
        found = once(api, house, data)
        assert (found["state"], found["code"]) == ("refused", "outcome_certificate_revoked")
    assert order(api, house, 2)["treasury"]["word"] == "ACQUISITO"


def test_while_nobody_answers_about_the_certificate_its_message_waits(
    api: Api, books: Books, asked_about: Signer, responder: RevocationService
) -> None:
    house = books.house
    trust(api, house, asked_about)
    responder.fault = "down"
    data = xades.sign(books.message(outcome(1, "RISCOSSO")), asked_about, api.now)
    found = once(api, house, data)
    assert (found["state"], found["code"]) == ("asking", "outcome_revocation_unanswered")
    assert (found["signature"], found["signer"]) == (
        "not_verified", sha256(asked_about.certificate),
    )  # fmt: skip
    assert order(api, house, 1)["treasury"] is None
    # Handed in once more it is the same message, and no second row asks.
    assert hand_in(api, house, data).json["state"] == "asking"
    again(api)
    assert order(api, house, 1)["treasury"] is None
    responder.fault = ""
    again(api)
    now = house.call(api, "GET", f"{OUTCOMES}/{found['id']}").json
    assert (now["state"], now["code"], now["revocation"]) == ("kept", "", "good")
    assert order(api, house, 1)["treasury"]["verified"] is True
    # Revoked since it came, it is still his word; what comes from now on is not.
    responder.fault = "down"
    late = xades.sign(books.message(outcome(2, "RISCOSSO")), asked_about, api.now)
    authorities.forget()
    assert once(api, house, late)["state"] == "asking"
    api.tick(60)
    responder.revoke(asked_about.certificate, at=api.now)
    responder.fault = ""
    again(api)
    assert order(api, house, 2)["treasury"]["verified"] is True


def test_what_nobody_answers_for_days_is_refused_and_may_be_handed_in_again(
    api: Api, books: Books, asked_about: Signer, responder: RevocationService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    house = books.house
    # A session ends long before three days do.
    monkeypatch.setattr(limits, "OPI_REVOCATION_EVERY_S", 120)
    monkeypatch.setattr(limits, "OPI_REVOCATION_FOR_S", 300)
    trust(api, house, asked_about)
    responder.fault = "garbage"
    data = xades.sign(books.message(outcome(1, "RISCOSSO")), asked_about, api.now)
    assert once(api, house, data)["state"] == "asking"
    again(api)
    again(api)
    (found,) = house.call(api, "GET", OUTCOMES).json["messages"]
    assert found["state"] == "asking"
    again(api)
    (found,) = house.call(api, "GET", OUTCOMES).json["messages"]
    assert (found["state"], found["code"]) == ("refused", "outcome_revocation_unanswered")
    assert due_rows("reconcile") == []
    responder.fault = ""
    authorities.forget()
    assert once(api, house, data)["signature"] == "verified"


def test_a_bodys_messages_are_nobody_elses(api: Api, books: Books) -> None:
    found = read(api, books.house, books.message(outcome(1, "RISCOSSO")))
    other = bodies.ready(api)
    for method, path in (("GET", f"{OUTCOMES}/{found['id']}"), ("POST", f"{FLOWS}/2026/1/sign")):
        answer = other.call(api, method, path)
        assert (answer.status, answer.code) == (404, "not_found")
    assert other.call(api, "GET", OUTCOMES).json == {"messages": []}
    assert other.call(api, "GET", CERTIFICATES).json == {"certificates": [], "version": 0}
