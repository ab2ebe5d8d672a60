"""Citizens are asked, told and thanked on App IO."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pypdf
import pytest

from chalicelib.base import work
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa.appio import AppIo, Citizen
from tests.entry import bodies
from tests.entry.api_world import Answer, Api
from tests.entry.bodies import House
from tests.entry.carriers_world import (
    attempts,
    begin,
    deliver,
    flow,
    person,
    positions,
    receipt_of,
    run,
    saved,
    with_appio,
)
from tests.entry.test_positions import DEBTOR, POSITIONS
from tests.payments.dues.files import COMPANY, MARIA, row

DEBTOR_OF_NOBODY = "VRDLGU75B02F205A"


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


@pytest.fixture
def io_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppIo]:
    with AppIo() as found:
        monkeypatch.setenv("APPIO_URL", found.url)
        yield found


def events_of(api: Api, house: House, position: str) -> dict[str, str]:
    """What was told of a position on IO: leg to state."""
    found = house.call(api, "GET", f"{POSITIONS}/{position}/deliveries").json["attempts"]
    return {
        one["leg"].partition("-")[0]: one["state"] for one in found if one["channel"] == "appio"
    }


@pytest.mark.feature("F001-089", "F001-090", "F001-091", "F001-182")
def test_citizens_on_io_are_asked_there(api: Api, house: House, io_app: AppIo) -> None:
    there, closed, away = person(1), person(2), person(3)
    io_app.enrol([there])
    io_app.enrol([closed], Citizen(allows=False))
    rows = [row(source=code, tax_code=code) for code in (there, closed, away)]
    company = row(source="c", tax_code=COMPANY, category="società", name="Studio")
    sanction = row(source="m", tax_code=there, service="mora", reason="Mora", amount=10)
    wanted = flow(api, house, *rows, company, sanction)
    with_appio(api, house, io_app, enabled=False)
    off = begin(api, house, "appio", profile="io", flow=wanted)
    assert (off.status, off.code) == (409, "appio_off")
    assert io_app.asked == []
    saved(api, house, "io", None, 1, kind="appio", enabled=True)
    late = bodies.service(subject="Mora", chapter="1.2", active=False, version=1)
    taxonomy = house.call(api, "GET", "/v1/body/services/mora").json["taxonomy"]
    changed = house.call(api, "PUT", "/v1/body/services/mora", late | {"taxonomy": taxonomy})
    assert changed.status == 200, changed.body
    found = deliver(api, house, "appio", profile="io", flow=wanted)
    assert (found["state"], found["sent"], found["skipped"]) == ("done", 1, 4)
    codes = {one["code"] for one in attempts(api, house, found["id"])}
    assert codes == {
        "", "appio_not_allowed", "appio_not_enrolled", "appio_company", "service_inactive",
    }  # fmt: skip
    (message,) = io_app.messages
    content = message["content"]
    assert message["fiscal_code"] == there
    (position,) = [
        one for one in positions(api, house) if one["tax_code"] == there and one["cents"] == 15_000
    ]
    assert content["payment_data"]["notice_number"] == position["payments"][0]["notice"]
    assert content["payment_data"]["amount"] == 15_000
    assert content["due_date"] == "2026-12-31T22:59:59Z"


@pytest.mark.feature("F001-183", "F001-184", "F001-186")
def test_what_is_made_and_cancelled_is_told_by_itself(
    api: Api, house: House, io_app: AppIo
) -> None:
    io_app.enrol([MARIA])
    with_appio(api, house, io_app, automatic=["spontaneous", "dues"])
    body = {"service": "quota", "debtor": DEBTOR, "cents": 5_000, "manual": True}
    made = house.call(api, "POST", POSITIONS, body, headers={"Idempotency-Key": "p1"})
    assert made.status == 201, made.body
    run(api)
    assert [one["content"]["payment_data"]["amount"] for one in io_app.messages] == [5_000]
    flow(api, house)
    assert [one["content"]["payment_data"]["amount"] for one in io_app.messages] == [5_000, 15_000]
    name = made.json["id"]
    assert house.call(api, "POST", f"{POSITIONS}/{name}/cancel").status == 200
    run(api)
    assert "annullat" in io_app.messages[-1]["content"]["subject"]
    assert "payment_data" not in io_app.messages[-1]["content"]
    assert events_of(api, house, name) == {"": "sent", "revoked": "sent"}
    # Repeating it tells nobody again.
    house.call(api, "POST", f"{POSITIONS}/{name}/cancel")
    run(api)
    assert len(io_app.messages) == 3
    # Off is off.
    saved(api, house, "io", None, 1, kind="appio", enabled=False)
    house.call(api, "POST", POSITIONS, body, headers={"Idempotency-Key": "p2"})
    run(api)
    assert len(io_app.messages) == 3


@pytest.mark.feature("F001-090")
def test_a_service_that_misbehaves(api: Api, house: House, io_app: AppIo) -> None:
    io_app.enrol([MARIA])
    with_appio(api, house, io_app)
    wanted = flow(api, house)
    faults = {
        "busy": ("queued", 0), "error": ("queued", 0), "silent": ("uncertain", 1),
        "lost": ("uncertain", 0), "forbidden": ("failed", 0),
    }  # fmt: skip
    for fault, (state, taken) in faults.items():
        io_app.messages.clear()
        io_app.plan(fault)
        answer = begin(api, house, "appio", fault, profile="io", flow=wanted)
        run(api)
        (one,) = attempts(api, house, answer.json["id"])
        assert (one["state"], len(io_app.messages)) == (state, taken), fault
        api.tick(300)
        run(api)
        # What surely was not taken went later; what may have been is left to a person.
        assert len(io_app.messages) == (1 if state == "queued" else taken), fault


@pytest.mark.feature("F001-180", "F001-181", "F001-185")
def test_help_is_served_in_each_language(api: Api, house: House) -> None:
    for language in ("it", "en", "fr", "es"):
        found = house.operator.call(
            api, "GET", "/v1/body/delivery/texts", query={"language": language}
        ).json
        topics = {one["topic"]: one["text"] for one in found["appio"]}
        assert set(topics) == {"devices", "access", "psp", "messages"}
        assert "SPID" in topics["access"]
    assert (found["index_file"], found["index_columns"]) == ("indice.csv", ["CF", "IUV", "file"])


# ------------------------------------------------------------------ after payment
def _kept(api: Api, said: dict[str, str], tax_code: str) -> Answer:
    """As the page asks that the link opens, when somebody types his tax code."""
    return api.call("POST", "/v1/portal/receipts", "", said | {"tax_code": tax_code})


@pytest.mark.feature("F001-186", "F001-187")
def test_a_payment_is_told_once_with_where_the_receipt_is(
    api: Api, house: House, io_app: AppIo, monkeypatch: pytest.MonkeyPatch
) -> None:
    io_app.enrol([MARIA])
    with_appio(api, house, io_app)
    flow(api, house)
    (position,) = positions(api, house)
    payment = position["payments"][0]
    receipt = receipt_of(api, house, position, "IUR1")
    io_app.plan("busy")
    monkeypatch.setenv("PUBLIC_URL", "https://paga.ordine.example/")
    for _ in range(2):
        with work.waking() as wakes:
            receipts.record(house.tenant, receipt, b"<receipt/>", api.now, wakes)
        run(api)
    api.tick(3_600)
    run(api)
    (message,) = io_app.messages
    content = message["content"]
    assert "150,00" in content["markdown"]
    assert "payment_data" not in content
    page = "https://paga.ordine.example/portal/?page=receipts&body={}&notice={}".format(
        receipt.creditor, payment["notice"]
    )
    assert f'"iohandledlink://{page}"' in content["markdown"]
    again = bodies.again(api, house)
    # The page it leads to asks for the tax code, and gives the receipt to whoever has it.
    (link,) = set(re.findall(r'"iohandledlink://([^"]+)"', content["markdown"]))
    said = {name: one for name, (one,) in parse_qs(urlsplit(link).query).items()}
    assert said.pop("page") == "receipts"
    (kept,) = _kept(api, said, MARIA).json["items"]
    assert (kept["id"], kept["cents"]) == ("IUR1", 15_000)
    assert _kept(api, said, MARIA).json["training"] == ""  # no course
    paper = api.call("POST", "/v1/portal/receipt", "", {"key": kept["key"], "form": "pdf"})
    assert paper.status == 200, paper.body
    text = pypdf.PdfReader(io.BytesIO(paper.body)).pages[0].extract_text()
    assert "IUR1" in text
    assert "150,00" in text
    raw = api.call("POST", "/v1/portal/receipt", "", {"key": kept["key"], "form": "xml"})
    assert raw.body == b"<receipt/>"
    assert _kept(api, said, DEBTOR_OF_NOBODY).status == 404
    assert events_of(api, again, position["id"]) == {"paid": "sent"}


def pays(api: Api, house: House, position: dict[str, Any], number: int) -> None:
    """Somebody pays one of its payments, by its place, and all that this leads to is done."""
    api.tick(60)
    receipt = receipt_of(api, house, position, f"IUR-{number}", number)
    with work.waking() as wakes:
        receipts.record(house.tenant, receipt, b"<receipt/>", api.now, wakes)
    run(api)


def asks(messages: Iterable[Any]) -> list[tuple[str, int, str]]:
    """Of messages that ask for something: notice, cents, day."""
    found = [one["content"] for one in messages if "payment_data" in one["content"]]
    return [
        (one["payment_data"]["notice_number"], one["payment_data"]["amount"], one["due_date"][:10])
        for one in found
    ]


@pytest.mark.feature("F001-091", "F001-183", "F001-186")
@pytest.mark.parametrize("whole", [True, False])
def test_an_instalment_that_is_paid_is_followed_by_the_next_one(
    api: Api, house: House, io_app: AppIo, whole: bool
) -> None:
    io_app.enrol([MARIA])
    with_appio(api, house, io_app, automatic=["dues"])
    plan = {"count": 3, "first_due": "2026-12-31", "whole": whole}
    flow(api, house, plan=plan)
    (position,) = positions(api, house)
    rates = [one for one in position["payments"] if one["number"]]
    notices = [(one["notice"], one["cents"], one["due"]) for one in position["payments"]]
    days = ["2026-12-31", "2027-01-31", "2027-02-28"]
    assert [one["due"] for one in rates] == days
    # The whole is asked for where it may be paid, else the first instalment.
    assert asks(io_app.messages) == notices[:1]
    pays(api, house, position, int(whole))
    paid, *more = io_app.messages[1:]
    assert "50,00" in paid["content"]["markdown"]
    assert asks(more) == [(rates[1]["notice"], 5_000, "2027-01-31")]
    if whole:
        # Who has a message for the whole is told not to pay it any more.
        closed = more[-1]["content"]
        assert closed["subject"].endswith("avviso da non pagare più")
        assert position["payments"][0]["notice"][:4] in closed["markdown"]
    assert len(more) == 1 + whole
    # Out of order: what is asked for already is not asked for again.
    before = len(io_app.messages)
    pays(api, house, position, int(whole) + 2)
    assert [asks([one]) for one in io_app.messages[before:]] == [[]]
    pays(api, house, position, int(whole) + 1)
    assert [asks([one]) for one in io_app.messages[before + 1 :]] == [[]]
    (position,) = positions(api, house)
    assert position["state"] == "paid"


@pytest.mark.feature("F001-186")
def test_what_a_message_asks_for_is_revoked_when_it_was_paid_otherwise(
    api: Api, house: House, io_app: AppIo
) -> None:
    io_app.enrol([MARIA])
    with_appio(api, house, io_app, automatic=["dues"])
    flow(api, house, plan={"count": 3, "first_due": "2026-12-31", "whole": False})
    (position,) = positions(api, house)
    pays(api, house, position, 0)
    before = len(io_app.messages)
    setting = house.call(api, "GET", "/v1/body").json
    setting.pop("logo")
    until = setting | {"outside_until": "2026-12-31"}
    assert house.call(api, "PUT", "/v1/body", until).status == 200
    path = f"{POSITIONS}/{position['id']}/paid-outside"
    for _ in range(2):
        answer = house.call(api, "POST", path, {"day": "2026-11-20"})
        assert answer.status == 200, answer.body
        run(api)
    (closed,) = io_app.messages[before:]
    assert closed["content"]["subject"].endswith("avviso da non pagare più")
    second = position["payments"][1]["notice"]
    assert " ".join([second[:4], second[4:8]]) in closed["content"]["markdown"].replace("\xa0", " ")
    # Whom nobody asked here hears of nothing but of his money.
    saved(api, house, "io", None, 1, kind="appio", enabled=True, automatic=[])
    flow(api, house, row(source="z"), key="i2", plan={"count": 2, "first_due": "2026-12-31"})
    other = next(one for one in positions(api, house) if one["id"] != position["id"])
    before = len(io_app.messages)
    pays(api, house, other, 1)
    (only,) = io_app.messages[before:]
    assert "pagamento ricevuto" in only["content"]["subject"]
