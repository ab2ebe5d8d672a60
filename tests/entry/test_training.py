"""Training events: registered, paid, posted and documented, with the match's own facts."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pypdf
import pytest
import requests
from lxml import etree
from moto.ses.models import ses_backends

from chalicelib.accounting.facts import FlowVersion, Receipt, Reported
from chalicelib.accounts import service as accounts
from chalicelib.base import work
from chalicelib.entry import on_deliver, on_reconcile
from chalicelib.payments.citizen import handles
from chalicelib.payments.citizen.handles import Handle
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt as PaidReceipt
from infra.local.authority import Authority
from infra.local.engines import ACCOUNT, REGION
from infra.local.smtp import MailServer
from tests.accounting import facts_world
from tests.entry import bodies, node_world, portal_world
from tests.entry.api_world import Api
from tests.entry.bodies import House
from tests.entry.test_delivery import account
from tests.entry.test_posting import ROOT, balance, orders, setting, work_off
from tests.payments.receipts import made as made_of

EVENTS = "/v1/body/training/events"
FISCAL = {
    "practice": "invoice", "vat": "12345670017", "street": "Via Roma 1", "postcode": "35100",
    "city": "Padova", "province": "PD",
}  # fmt: skip
MARIA = {
    "name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y", "address": "Via Verdi 2",
    "postcode": "35100", "city": "Padova", "province": "PD",
}  # fmt: skip
TODAY = date(2026, 11, 21)
FLOW_ID = "2026-11-19ABCDIT21-1"


@pytest.fixture(scope="module")
def house(api: Api) -> House:
    found = bodies.ready(api, fiscal_code=facts_world.CREDITOR)
    setting(api, found, account=bodies.BANK)
    assert found.call(api, "PUT", "/v1/body/training/fiscal", FISCAL).status == 200
    return found


def offer(api: Api, house: House, name: str, **changed: Any) -> dict[str, Any]:
    said = {"title": "Corso di deontologia", "day": "2026-12-10", "service": "mora",
            "cents": 12_200} | changed  # fmt: skip
    answer = house.call(api, "PUT", f"{EVENTS}/{name}", said)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def register(api: Api, house: House, event: str, key: str = "r", **changed: Any) -> Any:
    return house.call(
        api, "POST", f"{EVENTS}/{event}/registrations", {"debtor": MARIA | changed},
        headers={"Idempotency-Key": key},
    )  # fmt: skip


def path_of(made: dict[str, Any]) -> str:
    return f"{EVENTS}/{made['event']}/registrations/{made['id']}"


def shown(api: Api, house: House, made: dict[str, Any]) -> dict[str, Any]:
    path = f"{EVENTS}/{made['event']}/registrations/{made['id']}"
    return dict(house.call(api, "GET", path).json)


def pay(house: House, made: dict[str, Any], receipt: str) -> None:
    facts_world.receive(
        house.tenant, Receipt(made["iuv"], receipt, 1, made["cents"], date(2026, 11, 19))
    )


def bank(house: House, flow: str, *paid: tuple[dict[str, Any], str]) -> None:
    """The flow that reports these payments, and its money on the account."""
    lines = tuple(
        Reported(place, made["iuv"], receipt, 1, made["cents"], "0")
        for place, (made, receipt) in enumerate(paid, 1)
    )
    cents = sum(made["cents"] for made, _ in paid)
    created = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    facts_world.settle(
        house.tenant,
        FlowVersion("ABCDIT21", flow, 2026, created, 1, date(2026, 11, 19), cents, True, lines),
    )
    text = f"/PUR/LGPE-RIVERSAMENTO/URI/{flow}"
    facts_world.credit(house.tenant, facts_world.movement(text, cents, date(2026, 11, 20)))


@pytest.mark.feature("F001-127", "F001-128", "F001-130", "F001-131", "F001-132", "F001-133")
@pytest.mark.feature("F001-134", "F001-135", "F001-179")
def test_a_registration_is_paid_posted_and_documented(api: Api, house: House) -> None:
    event = offer(api, house, "deontologia", seats=2)
    assert (event["cents"], event["registered"]) == (12_200, 0)
    made = register(api, house, "deontologia").json
    assert register(api, house, "deontologia").json["id"] == made["id"]
    assert (made["state"], made["document"], made["cents"]) == ("registered", "", 12_200)
    position = house.call(api, "GET", f"/v1/body/positions/{made['position']}").json
    assert (position["origin"], position["cents"], position["subject"]) == (
        "spontaneous", 12_200, "Corso di deontologia",
    )  # fmt: skip
    assert position["payments"][0]["iuv"] == made["iuv"]
    notice = house.call(api, "GET", f"/v1/body/positions/{made['position']}/notice").json
    assert requests.get(notice["url"], timeout=10).content.startswith(b"%PDF")
    (listed,) = house.call(api, "GET", f"{EVENTS}/deontologia/registrations").json["registrations"]
    assert (listed["iuv"], listed["name"]) == (made["iuv"], "Rossi Maria")
    # The receipt marks it paid and prepares its document, once.
    pay(house, made, "receipt-1")
    work_off(api)
    found = shown(api, house, made)
    assert (found["state"], found["receipt"]) == ("paid", "receipt-1")
    assert (found["document"], found["document_code"], found["document_state"]) == (
        "FPC/1/2026", "", "to_send",
    )  # fmt: skip
    assert found["orders"] == []
    # Its money is posted as soon as it is matched, though nobody asked for it.
    bank(house, FLOW_ID, (made, "receipt-1"))
    work_off(api)
    (order,) = orders(api, house)
    found = shown(api, house, made)
    assert found["orders"] == [order["id"]]
    (line,) = order["lines"]
    assert (line["iuv"], line["position"], line["made"]) == (made["iuv"], made["position"], True)
    assert (order["cents"], order["flow_id"], order["day"]) == (12_200, FLOW_ID, "2026-11-20")
    assessed = house.call(api, "GET", f"{ROOT}/assessments/{line['assessment']}").json
    assert assessed["collected"][0]["order"] == order["id"]
    # It is not there to be posted again.
    assert house.call(api, "GET", f"{ROOT}/open").json["payments"] == []
    assert balance(api, house)["posted_cents"] == 12_200
    # The document is an invoice that waits to be sent.
    path = f"{EVENTS}/deontologia/registrations/{made['id']}/document"
    data = requests.get(house.call(api, "GET", path).json["url"], timeout=10).content
    root = etree.fromstring(data)
    assert root.findtext(".//Numero") == "FPC/1/2026"
    assert root.findtext(".//ImportoTotaleDocumento") == "122.00"
    assert root.findtext(".//ModalitaPagamento") == "MP23"
    assert root.findtext(".//CessionarioCommittente//CodiceFiscale") == MARIA["tax_code"]
    before = len(api.objects("INTAKE"))
    sent = house.call(api, "POST", f"{path}/send").json
    assert (sent["document_state"], bool(sent["flow"])) == ("handed_over", True)
    assert house.call(api, "POST", f"{path}/send").json == sent
    (handed,) = [one for one in api.objects("INTAKE") if f"api/{house.tenant}/" in one]
    assert api.read("INTAKE", handed) == data
    assert len(api.objects("INTAKE")) == before + 1


@pytest.mark.feature("F001-133", "U-04")
def test_an_invoice_handed_over_is_in_the_bodys_own_hub(api: Api) -> None:
    home = bodies.ready(api)
    assert home.call(api, "PUT", "/v1/body/training/fiscal", FISCAL).status == 200
    offer(api, home, "corso")
    made = register(api, home, "corso").json
    _recorded(api, home, made)
    work_off(api)
    path = f"{path_of(made)}/document/send"
    assert home.operator.call(api, "POST", path).status == 403  # he looks, and sends nothing
    flow = home.call(api, "POST", path).json["flow"]
    assert shown(api, home, made)["flow_state"] == ""  # it is on its way
    api.take_in()
    assert shown(api, home, made)["flow_state"] == "ready"
    for person in (home.administrator, home.operator):
        for where, query in (("flows", {"channel": "internal"}),
                             ("documents", {"section": "to_send"})):  # fmt: skip
            answer = person.call(api, "GET", f"/v1/{where}", query=query)
            assert answer.status == 200, answer.body
            (one,) = answer.json[where]
            assert (one["id"], one["channel"], one["state"]) == (flow, "internal", "ready")
    assert home.call(api, "GET", "/v1/flows", query={"channel": "api"}).json["flows"] == []
    # The same change is told to the same address as any other document's.
    api.tell()
    (told,) = [one for one in _mails(home) if "FPC/1/2026" in one]
    assert "Subject" in told
    # What SdI answers is seen in both places, by the same states.
    api.change(home.tenant, flow, state="sent")
    assert home.call(api, "GET", "/v1/documents", query={"section": "to_send"}).json[
        "documents"] == []  # fmt: skip
    assert shown(api, home, made)["flow_state"] == "sent"
    other = bodies.ready(api)
    assert other.call(api, "GET", f"/v1/documents/{flow}").status == 404


@pytest.mark.feature("F001-111")
def test_taken_back_the_match_offers_it_again(api: Api, house: House) -> None:
    offer(api, house, "etica", cents=5_000)
    made = register(api, house, "etica").json
    pay(house, made, "receipt-2")
    bank(house, "2026-11-19ABCDIT21-2", (made, "receipt-2"))
    work_off(api)
    (name,) = shown(api, house, made)["orders"]
    path = f"{ROOT}/orders/{name}/reverse"
    assert house.call(api, "POST", path, {"note": "wrong"}).json["state"] == "reversed"
    work_off(api)
    # A person took it back: it waits for one, and is posted once more when he says so.
    (waiting,) = house.call(api, "GET", f"{ROOT}/open").json["payments"]
    assert waiting["iuv"] == made["iuv"]
    said = {"mode": "payments", "only": [waiting["key"]]}
    house.call(api, "POST", f"{ROOT}/runs", said, headers={"Idempotency-Key": "again"})
    work_off(api)
    assert len(shown(api, house, made)["orders"]) == 2
    assert house.call(api, "GET", f"{ROOT}/open").json["payments"] == []
    found = balance(api, house)
    assert found["came_cents"] == found["posted_cents"]


@pytest.mark.feature("F001-129", "F001-131")
def test_whoever_registers_is_sent_to_checkout(api: Api) -> None:
    at = node_world.station(api)
    offer(api, at.house, "online", service="quota")
    made = register(api, at.house, "online").json
    path = f"{EVENTS}/online/registrations/{made['id']}/pay"
    with portal_world.checkout(at) as page:
        answer = at.house.call(api, "POST", path)
        assert answer.status == 201, answer.body
        assert answer.json["redirect"].startswith(page.root)
        portal_world.press(answer.json["redirect"], "pay")
        work_off(api)
        found = shown(api, at.house, made)
        assert (found["state"], bool(found["receipt"])) == ("paid", True)
        again = at.house.call(api, "POST", path)
        assert (again.status, again.code) == (409, "notice_not_payable")


def test_seats_and_prices(api: Api, house: House) -> None:
    offer(api, house, "piccolo", seats=1)
    assert register(api, house, "piccolo", "a").status == 201
    full = register(api, house, "piccolo", "b")
    assert (full.status, full.code) == (409, "event_full")
    version = house.call(api, "GET", f"{EVENTS}/piccolo").json["version"]
    dearer = house.call(api, "PUT", f"{EVENTS}/piccolo", {
        "title": "x", "day": "2026-12-10", "service": "mora", "cents": 1, "version": version,
    })  # fmt: skip
    assert (dearer.status, dearer.code) == (409, "event_price")
    changed = offer(api, house, "piccolo", seats=1, open=False, version=version)
    assert (changed["registered"], changed["open"]) == (1, False)
    closed = register(api, house, "piccolo", "c")
    assert (closed.status, closed.code) == (409, "event_closed")
    assert register(api, house, "piccolo", "a").status == 201
    assert len(house.call(
        api, "GET", f"{EVENTS}/piccolo/registrations").json["registrations"]) == 1  # fmt: skip


@pytest.mark.feature("F001-132")
def test_the_body_says_what_is_issued(api: Api, house: House) -> None:
    version = house.call(api, "GET", "/v1/body/training/fiscal").json["version"]
    said = FISCAL | {"practice": "receipt", "version": version, "series": ""}
    same = house.call(api, "PUT", "/v1/body/training/fiscal", said | {"receipt_series": ""})
    assert (same.status, same.code) == (422, "fiscal_series")
    assert house.call(api, "PUT", "/v1/body/training/fiscal", said).status == 200
    offer(api, house, "ricevuta")
    made = register(api, house, "ricevuta").json
    pay(house, made, "receipt-3")
    api.run("reconcile", on_reconcile.handle)
    found = shown(api, house, made)
    # Receipts have a section of their own, whatever invoices the other tests have issued before.
    assert (found["document"], found["document_state"]) == ("RIC/1/2026", "issued")
    assert found["document_day"] == "2026-11-21"
    # Paid once more, or told once more: it stays what it is, and no number is taken.
    pay(house, made, "receipt-3-again")
    api.run("reconcile", on_reconcile.handle)
    assert shown(api, house, made) == found
    path = f"{EVENTS}/ricevuta/registrations/{made['id']}/document"
    assert house.call(api, "POST", f"{path}/send").code == "document_missing"
    # An invoice for whom the address is not known says what it lacks, and takes no number.
    said |= {"practice": "invoice", "version": version + 1}
    house.call(api, "PUT", "/v1/body/training/fiscal", said)
    offer(api, house, "senza")
    made = register(api, house, "senza", tax_code="12345670017", name="Studio", address="").json
    pay(house, made, "receipt-4")
    api.run("reconcile", on_reconcile.handle)
    found = shown(api, house, made)
    assert (found["state"], found["document"], found["document_code"]) == (
        "paid", "", "buyer_incomplete",
    )  # fmt: skip


def _mails(house: House) -> list[str]:
    """What the house has sent to the tenant's registered address."""
    to = accounts.get_reseller(house.tenant).mail
    found = ses_backends[ACCOUNT][REGION].sent_messages
    return [one.raw_data for one in found if to in one.destinations]


def _recorded(api: Api, house: House, registration: dict[str, Any]) -> PaidReceipt:
    """What pagoPA says of the payment of a registration."""
    position = position_store.get_position(house.tenant, registration["position"])
    assert position is not None
    with work.waking() as wakes:
        return receipts.record(house.tenant, made_of.of(position), made_of.RAW, api.now, wakes)


@pytest.mark.feature("F001-132")
def test_a_receipt_is_written_sent_and_found_again(
    api: Api, signing_authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")
    monkeypatch.setenv("SSL_CERT_FILE", str(signing_authority.ca_path))
    home = bodies.ready(api)
    said = FISCAL | {"practice": "receipt"}
    assert home.call(api, "PUT", "/v1/body/training/fiscal", said).status == 200
    with MailServer(signing_authority, "starttls") as server:
        account(api, home, server)
        wishes = home.call(api, "PUT", "/v1/body/delivery", {"receipts_mail": "quote"})
        assert wishes.status == 200, wishes.body
        offer(api, home, "corso", place="Sala A, Padova")
        people = ({"mail": "maria@example.org", "language": "fr"},
                  {"name": "Studio Verdi", "tax_code": "12345670017"})  # fmt: skip
        made = [register(api, home, "corso", f"r{n}", **one).json
                for n, one in enumerate(people)]  # fmt: skip
        came = [_recorded(api, home, one) for one in made]
        work_off(api)
        missing = home.call(api, "GET", f"{path_of(made[0])}/document")
        assert (missing.status, missing.code) == (409, "document_missing")
        for _ in range(3):  # what is done once is not done again
            api.run("deliver", on_deliver.handle)
    documents = [shown(api, home, one)["document"] for one in made]
    # Rows of work come in any order, numbers without a gap.
    assert sorted(documents) == ["RIC/1/2026", "RIC/2/2026"]
    number = documents[0]
    _, mail = sorted(server.mails, key=lambda one: number in one.message["Subject"])
    assert (mail.to, len(server.mails)) == ("maria@example.org", 2)  # and pagoPA's own receipt
    link = home.call(api, "GET", f"{path_of(made[0])}/document").json
    assert link["file_name"] == number.replace("/", "-") + ".pdf"
    data = requests.get(link["url"], timeout=10).content
    assert mail.files == {link["file_name"]: data}
    text = " ".join(pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text().split())
    for wanted in (number, "21/11/2026", "122,00", "Rossi Maria", MARIA["tax_code"],
                   "Corso di deontologia", "Sala A, Padova", came[0].id,
                   "Via Roma 1, 35100 Padova PD", "Montant payé"):  # fmt: skip
        assert wanted in text, wanted
    # Each attempt is a row that a person can read.
    attempts = home.call(api, "GET", f"/v1/body/positions/{made[0]['position']}/deliveries").json
    assert sorted((one["channel"], one["state"]) for one in attempts["attempts"]) == [
        ("receipt", "sent"), ("training", "sent"),
    ]  # fmt: skip
    # The portal offers it beside pagoPA's own receipt, where there is one.
    asked = {"notice": f"3{made[0]['iuv']}", "tax_code": MARIA["tax_code"],
             "body": home.call(api, "GET", "/v1/body").json["fiscal_code"]}  # fmt: skip
    offered = api.call("POST", "/v1/portal/receipts", "", asked).json
    assert len(offered["items"]) == 1
    answer = api.call("POST", "/v1/portal/training-receipt", "", {"key": offered["training"]},
                      headers={"Accept": "application/pdf"})  # fmt: skip
    assert answer.body == data
    # Whoever takes part finds it by the notice and his tax code, and nobody else does.
    for full, status in ((True, 200), (False, 403)):
        key, _ = handles.write(Handle(home.tenant, made[0]["iuv"], full), api.now)
        answer = api.call("POST", "/v1/portal/training-receipt", "", {"key": key},
                          headers={"Accept": "application/pdf"})  # fmt: skip
        assert answer.status == status
        assert (answer.body == data) is full


def test_another_bodys_events_are_as_if_they_were_not(api: Api, house: House) -> None:
    offer(api, house, "mio")
    made = register(api, house, "mio").json
    other = bodies.ready(api)
    path = f"{EVENTS}/mio/registrations/{made['id']}"
    for method, where, body in (
        ("GET", f"{EVENTS}/mio", None), ("GET", f"{EVENTS}/mio/registrations", None),
        ("POST", f"{EVENTS}/mio/registrations", {"debtor": MARIA}), ("GET", path, None),
        ("GET", f"{path}/document", None), ("POST", f"{path}/document/send", None),
    ):  # fmt: skip
        answer = other.call(api, method, where, body, headers={"Idempotency-Key": "x"})
        assert (answer.status, answer.code) == (404, "not_found"), where
