"""After payment: the citizen's mail with his receipt, and the webhook to the body's software."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest

from chalicelib.accounts import service as accounts
from chalicelib.base import limits
from chalicelib.base import work as rows_of
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt
from infra.local.authority import Authority
from infra.local.smtp import TAKE_AND_DROP, USER, MailServer
from tests.entry import bodies
from tests.entry.api_world import Api
from tests.entry.bodies import House
from tests.entry.test_delivery import LUCA, account, flow, work
from tests.entry.test_positions import positions
from tests.messages.test_webhook import SECRET, receiver
from tests.payments.dues.files import MARIA
from tests.payments.receipts import made

WISHES = "/v1/body/delivery"


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch, signing_authority: Authority, api: Api) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")
    monkeypatch.setenv("WEBHOOK_PRIVATE", "allow")
    monkeypatch.setenv("SSL_CERT_FILE", str(signing_authority.ca_path))


@pytest.fixture
def server(signing_authority: Authority) -> Iterator[MailServer]:
    with MailServer(signing_authority, "starttls") as found:
        yield found


@pytest.fixture
def house(api: Api, server: MailServer) -> House:
    """Its citizens get receipts by mail."""
    found = bodies.ready(api)
    account(api, found, server)
    answer = found.call(api, "PUT", WISHES, {"receipts_mail": "quote"})
    assert answer.status == 200, answer.body
    flow(api, found)
    return found


def pay(api: Api, house: House, tax_code: str, times: int = 1) -> Receipt:
    """What pagoPA says of a payment of somebody's notice; `times` it says so."""
    (found,) = [one for one in positions(api, house) if one["tax_code"] == tax_code]
    position = position_store.get_position(house.tenant, found["id"])
    assert position is not None
    receipt = made.of(position)
    for _ in range(times):
        with rows_of.waking() as wakes:
            kept = receipts.record(house.tenant, receipt, made.RAW, api.now, wakes)
    work(api)
    return kept


def told(api: Api, house: House, position: str) -> list[dict[str, Any]]:
    path = f"/v1/body/positions/{position}/deliveries"
    return list(house.operator.call(api, "GET", path).json["attempts"])


@pytest.mark.feature("F001-006", "F001-008")
def test_whoever_paid_gets_his_receipt_once(api: Api, house: House, server: MailServer) -> None:
    receipt = pay(api, house, MARIA, times=2)
    (mail,) = server.mails
    assert (mail.sender, mail.to) == (USER, "maria@example.org")
    assert "150,00" in mail.text
    assert "22/11/2026" in mail.text
    ((name, data),) = mail.files.items()
    assert name == f"ricevuta-{receipt.iuv}.pdf"
    text = pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
    assert receipt.id in "".join(text.split())
    (row,) = told(api, house, receipt.position)
    assert (row["channel"], row["state"], row["to"]) == ("receipt", "sent", "maria@example.org")
    assert mail.message["Message-ID"] == f"<{row['message']}@ordine.example>"
    pay(api, house, LUCA)
    assert "Dear Verdi Luca" in server.mails[-1].text


def test_nobody_is_written_to_where_the_body_does_not_want_it(
    api: Api, house: House, server: MailServer
) -> None:
    answer = house.call(api, "PUT", WISHES, {"receipts_mail": "", "version": 1})
    assert answer.json == {"receipts_mail": "", "receipts_pec": "", "version": 2}
    receipt = pay(api, house, MARIA)
    assert server.mails == []
    assert told(api, house, receipt.position) == []
    refused = house.call(api, "PUT", WISHES, {"receipts_pec": "quote", "version": 2})
    assert (refused.status, refused.code) == (422, "account_kind")
    refused = house.call(api, "PUT", WISHES, {"receipts_mail": "none", "version": 2})
    assert (refused.status, refused.code) == (422, "account_unknown")
    assert house.call(api, "PUT", WISHES, {"version": 1}).status == 409


def test_a_receipt_waits_for_a_server_and_its_pace(
    api: Api, house: House, server: MailServer
) -> None:
    account(api, house, server, version=1, per_minute=1)
    server.plan("rcpt", "450 4.2.0 greylisted", times=1)
    receipt = pay(api, house, MARIA)
    (row,) = told(api, house, receipt.position)
    assert (row["state"], row["words"]) == ("queued", "450 4.2.0 greylisted")
    pay(api, house, LUCA)
    assert server.mails == []
    for _ in range(4):
        api.tick(71)
        work(api)
    assert sorted(one.to for one in server.mails) == ["luca@example.org", "maria@example.org"]


def test_a_receipt_that_may_have_arrived_is_not_sent_again(
    api: Api, house: House, server: MailServer
) -> None:
    server.plan("data", TAKE_AND_DROP, times=1)
    receipt = pay(api, house, MARIA)
    api.tick(limits.DELIVERY_LEASE_S)
    work(api)
    assert len(server.mails) == 1
    (row,) = told(api, house, receipt.position)
    assert (row["state"], row["code"]) == ("uncertain", "smtp_unanswered")


def test_a_receipt_that_is_refused_says_why(api: Api, house: House, server: MailServer) -> None:
    server.plan("rcpt", "550 5.1.1 unknown", times=1)
    receipt = pay(api, house, MARIA)
    (row,) = told(api, house, receipt.position)
    assert (row["state"], row["words"]) == ("failed", "550 5.1.1 unknown")


@pytest.mark.feature("F001-008", "F001-013")
def test_the_bodys_software_is_told_of_each_receipt(
    api: Api, house: House, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver(500) as listening:
        place = {"url": f"{listening.url}/pagamenti", "secret": SECRET}
        monkeypatch.setattr(accounts, "_is_webhook", lambda url: True)
        accounts.change_settings(house.tenant, {}, place)
        receipt = pay(api, house, MARIA)
        listening.status = 204
        row = next(one for one in told(api, house, receipt.position) if one["channel"] == "webhook")
        assert (row["state"], row["code"]) == ("queued", "webhook_answered")
        api.tick(limits.WORK_RETRY_S * 2)
        work(api)
    first, second = listening.came
    message = json.loads(second[3])
    assert json.loads(first[3])["id"] == message["id"]
    assert message["type"] == "receipt.recorded"
    assert (message["receipt"]["iuv"], message["receipt"]["cents"]) == (receipt.iuv, 15_000)
    assert message["receipt"]["position"] == receipt.position
    assert MARIA.encode() not in second[3]
    headers = second[2]
    signed = f"{message['id']}.{headers['Sportello-Timestamp']}.".encode() + second[3]
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Sportello-Signature"] == f"v1={digest}"
    states = {one["channel"]: one["state"] for one in told(api, house, receipt.position)}
    assert states == {"webhook": "sent", "receipt": "sent"}
    assert len(server.mails) == 1


@pytest.mark.feature("F001-008")
def test_the_webhook_is_tried_and_what_became_of_it_is_said(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/v1/settings/webhook/test"
    missing = house.call(api, "POST", path)
    assert (missing.status, missing.code) == (409, "webhook_missing")
    with receiver(500) as listening:
        monkeypatch.setattr(accounts, "_is_webhook", lambda url: True)
        accounts.change_settings(house.tenant, {}, {"url": listening.url, "secret": SECRET})
        failed = house.call(api, "POST", path).json
        listening.status = 200
        good = house.call(api, "POST", path).json
        assert house.operator.call(api, "POST", path).status == 403
    assert (failed["works"], failed["code"]) == (False, "webhook_answered")
    assert "500" in failed["words"]
    assert good == {"works": True, "code": "", "words": ""}
    first, second = ([*one[2:]] for one in listening.came)
    message = json.loads(second[1])
    assert message.keys() == {"id", "type", "at"}
    assert message["type"] == "test"
    assert json.loads(first[1])["id"] != message["id"]
    signed = f"{message['id']}.{second[0]['Sportello-Timestamp']}.".encode() + second[1]
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert second[0]["Sportello-Signature"] == f"v1={digest}"


def test_a_webhook_that_never_answers_is_given_up(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WEBHOOK_ATTEMPTS", 2)
    with receiver(503) as listening:
        monkeypatch.setattr(accounts, "_is_webhook", lambda url: True)
        accounts.change_settings(house.tenant, {}, {"url": listening.url, "secret": SECRET})
        receipt = pay(api, house, MARIA)
        api.tick(limits.WORK_RETRY_S * 2)
        work(api)
        assert len(listening.came) == 2
    states = {one["channel"]: one["state"] for one in told(api, house, receipt.position)}
    assert states["webhook"] == "failed"
