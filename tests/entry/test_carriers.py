"""Notices brought to a body's servers, to reserved areas, to a print service and to App IO."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pypdf
import pytest
import requests

from agent import folder
from chalicelib.base import clock, taxids, work
from chalicelib.entry import on_deliver
from chalicelib.payments.delivery import folders, index
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt
from infra import operate
from infra.local.pagopa.appio import AppIo, Citizen
from tests.entry import bodies
from tests.entry.api_world import Answer, Api
from tests.entry.bodies import House
from tests.entry.test_positions import DEBTOR, POSITIONS, bring, generate, listing
from tests.payments.delivery.reserved import FIELDS, TOKEN, ReservedArea
from tests.payments.delivery.servers import PASSWORD, USER, Server, ftps_server, sftp_server
from tests.payments.dues.files import COMPANY, MARIA, row

CARRIERS, DELIVERIES, ORDERS = (
    "/v1/body/carriers", "/v1/body/deliveries", "/v1/body/postal-orders",
)  # fmt: skip
DEBTOR_OF_NOBODY = "VRDLGU75B02F205A"
NAME = re.compile(r"[0-9A-Z]{11,16}_[0-9]{4}_[0-9]{17}\.pdf")


def person(number: int) -> str:
    """A tax code that holds, of somebody born in Rome."""
    stem = f"BNCNNA{50 + number:02d}A41H501"
    return next(stem + sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if _holds(stem + sign))


def _holds(code: str) -> bool:
    return taxids.is_person_code(code)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with sftp_server(tmp_path) as found:
        yield found


@pytest.fixture
def io_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppIo]:
    with AppIo() as found:
        monkeypatch.setenv("APPIO_URL", found.url)
        yield found


def flow(api: Api, house: House, *rows: dict[str, Any], key: str = "i1", **more: Any) -> str:
    """A flow whose positions are made; everything that this leads to is done."""
    bring(api, house, rows or [row(source="a")], key)
    found = generate(api, house, listing(api, house, f"f{key}")["id"], **more)
    assert found["state"] == "generated"
    run(api)
    return str(found["id"])


def run(api: Api) -> None:
    """The worker, until it has nothing to do, or only what it puts off."""
    for _ in range(12):
        if not api.run("deliver", on_deliver.handle):
            return


def save(
    api: Api, house: House, code: str, secrets: dict[str, str] | None = None, version: int = 0,
    **setting: Any,
) -> Answer:  # fmt: skip
    body = {"setting": setting, "secrets": secrets, "version": version}
    return house.call(api, "PUT", f"{CARRIERS}/{code}", body)


def saved(api: Api, house: House, code: str, *given: Any, **setting: Any) -> dict[str, Any]:
    answer = save(api, house, code, *given, **setting)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def sftp(server: Server, **changed: Any) -> dict[str, Any]:
    known = {
        "kind": "sftp", "host": server.host, "port": server.port, "user": USER,
        "fingerprint": server.fingerprint,
    }  # fmt: skip
    return known | changed


def begin(api: Api, house: House, channel: str, key: str = "d1", **wanted: Any) -> Answer:
    body = {"channel": channel} | wanted
    return house.call(api, "POST", DELIVERIES, body, headers={"Idempotency-Key": key})


def deliver(api: Api, house: House, channel: str, key: str = "d1", **wanted: Any) -> dict[str, Any]:
    """A delivery, as it is when the worker rests."""
    answer = begin(api, house, channel, key, **wanted)
    assert answer.status == 202, answer.body
    run(api)
    return dict(house.call(api, "GET", f"{DELIVERIES}/{answer.json['id']}").json)


def attempts(api: Api, house: House, delivery: str) -> list[dict[str, Any]]:
    answer = house.call(api, "GET", f"{DELIVERIES}/{delivery}/attempts")
    assert answer.status == 200, answer.body
    return list(answer.json["attempts"])


def positions(api: Api, house: House) -> list[dict[str, Any]]:
    return list(house.call(api, "GET", POSITIONS).json["positions"])


# ------------------------------------------------------------------ servers of the body
@pytest.mark.feature("F001-076", "F001-077", "F001-078", "F001-080", "F001-081")
def test_notices_come_to_two_areas_and_the_website_gets_an_index(
    api: Api, house: House, server: Server
) -> None:
    for name in ("own", "web"):
        (server.folder / name).mkdir()
    saved(api, house, "own", {"password": PASSWORD}, **sftp(server, folder="own"))
    saved(api, house, "web", {"password": PASSWORD},
          **sftp(server, folder="web", purpose="website"))  # fmt: skip
    people = [person(number) for number in range(3)]
    rows = [row(source=code, tax_code=code) for code in people]
    first = flow(api, house, *rows)
    for profile in ("own", "web"):
        found = deliver(api, house, "sftp", profile, flow=first, profile=profile)
        assert (found["state"], found["sent"], found["failed"]) == ("done", 3, 0)
    files = server.files()
    own = {path.removeprefix("own/") for path in files if path.startswith("own/")}
    assert {name.split("_")[0] for name in own} == set(people)
    assert all(NAME.fullmatch(name) for name in own)
    assert all(files[f"own/{name}"].startswith(b"%PDF-") for name in own)
    assert set(files) == {f"{at}/{name}" for at in ("own", "web") for name in own} | {
        "web/indice.csv"
    }

    def index() -> dict[str, str]:
        read = csv.DictReader(io.StringIO(server.files()["web/indice.csv"].decode()))
        return {one["file"]: f"{one['CF']}_2026_{one['IUV']}.pdf" for one in read}

    assert index() == {name: name for name in own}
    # Another flow is added to the index; what was there stays.
    second = flow(api, house, row(source="z", tax_code=person(9)), key="i2")
    deliver(api, house, "sftp", "again", flow=second, profile="web")
    assert len(index()) == 4
    assert set(own) < set(index())
    # The same flow again writes nothing.
    server.calls.clear()
    again = deliver(api, house, "sftp", "twice", flow=first, profile="own")
    assert again["sent"] == 3
    assert not [call for call in server.calls if call.startswith(("write", "rename"))]
    assert {one["words"] for one in attempts(api, house, again["id"])} == {"it was there already"}


@pytest.mark.feature("F001-081")
def test_an_index_that_another_run_overtook_is_written_again(
    api: Api, house: House, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(api, house, "web", {"password": PASSWORD}, **sftp(server, purpose="website"))
    wanted = flow(api, house)
    write, other = index.write, "BNCNNA80A41H501X,01000000000000999,altro.pdf"
    written: list[bytes] = []

    def overtaken(lines: Iterable[str]) -> bytes:
        data = write(lines)
        written.append(data)
        if len(written) == 1:
            # Read before, stored behind it: what the other run has written is about to be lost.
            folders.add_lines(house.tenant, "web", {"01000000000000999": other})
        return data

    monkeypatch.setattr(index, "write", overtaken)
    deliver(api, house, "sftp", flow=wanted, profile="web")
    assert other.encode() not in written[0]
    assert server.files()["indice.csv"] == written[1]
    assert other.encode() in written[1]


def test_what_an_ftps_server_gets(api: Api, house: House, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from infra.local.authority import Authority

    ca = Authority.load_or_create(tmp_path / "ca", datetime.now(UTC))
    (tmp_path / "area").mkdir()
    with ftps_server(tmp_path / "area", ca.server_path) as server:
        saved(api, house, "sito", {"password": PASSWORD}, kind="ftps", host=server.host,
              port=server.port, user=USER, authority=ca.ca_pem.decode())  # fmt: skip
        found = deliver(api, house, "ftps", flow=flow(api, house), profile="sito")
        assert (found["state"], found["sent"]) == ("done", 1)
        (name,) = server.files()
        assert name.startswith(MARIA)


@pytest.mark.feature("F001-080")
def test_a_profile_is_tried_and_answers_in_the_servers_words(
    api: Api, house: House, server: Server
) -> None:
    def tried() -> tuple[bool, str, str]:
        answer = house.call(api, "POST", f"{CARRIERS}/own/test")
        assert answer.status == 200, answer.body
        return answer.json["works"], answer.json["code"], answer.json["words"]

    # Without a fingerprint the answer says whose it would be.
    saved(api, house, "own", {"password": PASSWORD}, **sftp(server, fingerprint=""))
    assert tried() == (False, "area_host_key", server.fingerprint)
    saved(api, house, "own", {"password": "no"}, 1, **sftp(server))
    works, code, words = tried()
    assert (works, code) == (False, "area_login")
    assert words
    saved(api, house, "own", {"password": PASSWORD}, 2, **sftp(server, folder="none"))
    assert tried()[:2] == (False, "area_refused")
    saved(api, house, "own", None, 3, **sftp(server))
    assert tried() == (True, "", "0 files")
    assert server.files() == {}
    # What does not open halts a delivery before anything is tried, and says why.
    wanted = flow(api, house)
    saved(api, house, "own", {"password": "no"}, 4, **sftp(server))
    halted = deliver(api, house, "sftp", flow=wanted, profile="own")
    assert (halted["state"], halted["code"], halted["queued"]) == ("halted", "area_login", 1)
    saved(api, house, "own", {"password": PASSWORD}, 5, **sftp(server))
    assert house.call(api, "POST", f"{DELIVERIES}/{halted['id']}/resume").status == 200
    run(api)
    assert len(server.files()) == 1


def test_secrets_are_written_and_never_read(api: Api, house: House, server: Server) -> None:
    found = saved(api, house, "own", {"password": PASSWORD}, **sftp(server))
    assert found["secrets_set"]
    listed = house.operator.call(api, "GET", CARRIERS)
    assert PASSWORD.encode() not in listed.body
    assert listed.json["carriers"] == [found]
    # To another place they do not go unless whoever sends them there knows them.
    refused = save(api, house, "own", None, 1, **sftp(server, host="altrove.example"))
    assert (refused.status, refused.code) == (422, "carrier_secret_needed")
    assert saved(api, house, "own", None, 1, **sftp(server, folder="a"))["secrets_set"]
    late = save(api, house, "own", None, 1, **sftp(server))
    assert late.status == 409
    other = save(api, house, "own", {"key": "k" * 20}, 2, kind="appio")
    assert (other.status, other.code) == (422, "carrier_kind")
    assert not saved(api, house, "own", {}, 2, **sftp(server))["secrets_set"]
    empty = begin(api, house, "sftp", profile="own", positions=["none"])
    assert (empty.status, empty.code) == (422, "carrier_not_ready")
    unknown = begin(api, house, "ftps", profile="own", positions=["none"])
    assert (unknown.status, unknown.code) == (422, "carrier_unknown")
    assert house.call(api, "DELETE", f"{CARRIERS}/own").status == 200
    assert house.call(api, "DELETE", f"{CARRIERS}/own").status == 404


@pytest.mark.feature("F001-072")
def test_the_ways_of_delivery_are_listed(api: Api, house: House) -> None:
    found = house.operator.call(api, "GET", "/v1/body/delivery/channels").json["channels"]
    assert {one["name"]: one["enabled"] for one in found} == {
        "mail": True, "zip": True, "sftp": True, "ftps": True, "appio": True,
        "members": False, "postal": False,
    }  # fmt: skip


# ------------------------------------------------------------------ reserved areas
def switch(house: House, channel: str, *more: str) -> None:
    """The operator's act, when a body has asked for it."""
    line = ["--table", os.environ["TABLE"], "channel", "--body", house.tenant]
    assert operate.main([*line, "--channel", channel, *more]) == 0


@pytest.mark.feature("F001-073", "F001-074", "F001-075")
def test_members_find_notices_in_their_area_where_it_was_asked_for(api: Api, house: House) -> None:
    unknown, known = person(1), person(2)
    wanted = flow(api, house, row(source="1", tax_code=unknown), row(source="2", tax_code=known))
    with ReservedArea({known}) as area:
        setting = {
            "kind": "members", "url": f"{area.url}/{{tax_code}}", "profession": "opi",
            "fields": FIELDS, "probe": f"{area.url}/stato",
        }  # fmt: skip
        saved(api, house, "albo", {"key": TOKEN}, **setting)
        off = begin(api, house, "members", profile="albo", flow=wanted)
        assert (off.status, off.code) == (409, "channel_not_enabled")
        # Switched on for another profession.
        switch(house, "members", "--profession", "psicologi")
        off = begin(api, house, "members", profile="albo", flow=wanted)
        assert (off.status, off.code) == (409, "channel_not_enabled")
        assert area.asked == []
        switch(house, "members", "--profession", "opi")
        found = deliver(api, house, "members", profile="albo", flow=wanted)
        assert (found["state"], found["sent"], found["skipped"]) == ("done", 1, 1)
        (((code, _), shown),) = area.shown.items()
        assert (code, shown["importo"], shown["scadenza"]) == (known, "150.00", "2026-12-31")
        by_code = {one["tax_code"]: one for one in attempts(api, house, found["id"])}
        assert by_code[unknown]["code"] == "members_unknown"
        assert by_code[known]["words"].startswith("HTTP 201")
        switch(house, "members", "--profession", "opi", "--off")
        off = begin(api, house, "members", "d2", profile="albo", flow=wanted)
        assert (off.status, off.code) == (409, "channel_not_enabled")


# ------------------------------------------------------------------ letters
def postal_house(api: Api, house: House, server: Server | None = None) -> None:
    switch(house, "postal")
    area = ""
    if server is not None:
        area = "stampatore"
        saved(api, house, area, {"password": PASSWORD}, **sftp(server, purpose="postal"))
    saved(api, house, "stampa", None, kind="postal", provider="Stampa e Posta S.r.l.", area=area)


def disclaimer(api: Api, house: House) -> str:
    texts = house.call(api, "GET", "/v1/body/delivery/texts", query={"language": "fr"}).json
    assert "25 jours" in texts["disclaimer"]
    return str(texts["disclaimer_version"])


def step(api: Api, house: House, order: str, event: str, note: str = "") -> Answer:
    return house.call(api, "POST", f"{ORDERS}/{order}/steps", {"event": event, "note": note})


@pytest.mark.feature("F001-082", "F001-083", "F001-084", "F001-085", "F001-086", "F001-088")
def test_letters_ship_when_the_body_has_seen_a_sample(
    api: Api, house: House, server: Server
) -> None:
    wanted = flow(
        api, house, row(source="1"), row(source="2", tax_code=person(2), address=""),
        row(source="3", tax_code=person(3), name="Bianchi Anna"),
    )  # fmt: skip
    off = begin(api, house, "postal", profile="stampa", flow=wanted)
    assert (off.status, off.code) == (409, "channel_not_enabled")
    postal_house(api, house, server)
    letter = house.call(
        api, "PUT", "/v1/body/enclosures/lettera", b"%PDF-1.7 gentile collega",
        query={"name": "Lettera.pdf"},
    )  # fmt: skip
    assert letter.status == 200, letter.body
    options: dict[str, Any] = {"attachments": ["lettera"]}
    unread = begin(api, house, "postal", profile="stampa", flow=wanted, options=options)
    assert (unread.status, unread.code) == (422, "postal_disclaimer")
    options["disclaimer"] = disclaimer(api, house)
    found = deliver(api, house, "postal", profile="stampa", flow=wanted, options=options)
    counts = found["state"], found["sent"], found["skipped"]
    assert counts == ("done", 2, 1), found
    order = found["id"]
    assert {one["code"] for one in attempts(api, house, order)} == {"", "address_missing"}
    made = house.call(api, "GET", f"{ORDERS}/{order}").json
    assert (made["state"], made["recipients"], made["cents"]) == ("sampled", 2, 30_000)
    assert (made["disclaimer"], made["attachments"]) == (options["disclaimer"], 1)
    assert made["ordered_by"] == f"user:{house.administrator.user}"
    # Nothing ships unseen.
    early = step(api, house, order, "ship")
    assert (early.status, early.code) == (409, "order_state")
    sample = house.call(api, "GET", f"{ORDERS}/{order}/sample").json["files"]
    names = [one["name"] for one in sample]
    assert names[-3:] == ["destinatari.csv", "destinatari.xlsx", "allegato-1.pdf"]
    assert set(names[:-3]) == set(made["sample"])
    seen = requests.get(sample[0]["url"], timeout=10).content
    assert len(pypdf.PdfReader(io.BytesIO(seen)).pages) >= 1
    approved = step(api, house, order, "approve", "visto")
    assert approved.json["state"] == "approved"
    assert approved.json["steps"][-1] | {"at": ""} == {
        "event": "approve", "at": "", "by": f"user:{house.administrator.user}", "note": "visto",
    }  # fmt: skip
    assert server.files() == {}
    assert step(api, house, order, "ship").json["state"] == "handing"
    run(api)
    shipped = server.files()
    letters = {name for name in shipped if NAME.search(name)}
    assert len(letters) == 2
    assert set(shipped) - letters == {
        f"{order}_{name}" for name in ("allegato-1.pdf", "destinatari.csv", "destinatari.xlsx")
    }
    # Whoever sees the list finds all the rest.
    assert server.calls[-1].endswith("destinatari.xlsx")
    text = shipped[f"{order}_destinatari.csv"].decode("utf-8-sig")
    listed = {one["FilePDF"] for one in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert {f"{order}_{name}" for name in listed} == letters
    for event, state in (("print", "printed"), ("enclose", "enclosed"), ("post", "posted")):
        assert step(api, house, order, event).json["state"] == state
    assert step(api, house, order, "cancel").status == 409
    (one,) = house.call(api, "GET", ORDERS).json["orders"]
    assert [each["event"] for each in one["steps"]] == [
        "approve", "ship", "hand", "print", "enclose", "post",
    ]  # fmt: skip


@pytest.mark.feature("F001-087")
def test_letters_that_would_come_too_late(api: Api, house: House) -> None:
    today = clock.rome_day(api.now)
    due = [clock.rome_day(api.now).fromordinal(today.toordinal() + days) for days in (24, 25)]
    wanted = flow(
        api, house, *(row(source=str(day), tax_code=person(day.day), due=day) for day in due)
    )
    postal_house(api, house)
    options: dict[str, Any] = {"disclaimer": disclaimer(api, house)}
    asked = {"channel": "postal", "profile": "stampa", "flow": wanted, "options": options}
    before = house.call(api, "POST", f"{DELIVERIES}/preview", asked).json
    assert (before["going"], before["reasons"]) == (1, [{"code": "postal_too_late", "count": 1}])
    found = deliver(api, house, "postal", profile="stampa", flow=wanted, options=options)
    assert (found["sent"], found["failed"]) == (1, 1)
    (late,) = [one for one in attempts(api, house, found["id"]) if one["state"] == "failed"]
    assert (late["code"], late["tax_code"]) == ("postal_too_late", person(due[0].day))
    made = house.call(api, "GET", f"{ORDERS}/{found['id']}").json
    assert (made["ship_by"], made["late"]) == (str(today), False)
    # A day later the one that was in time is late as well, approved or not.
    assert step(api, house, found["id"], "approve").status == 200
    api.tick(86_400)
    house = bodies.again(api, house)
    refused = step(api, house, found["id"], "ship")
    assert (refused.status, refused.code) == (409, "postal_too_late")
    assert house.call(api, "GET", f"{ORDERS}/{found['id']}").json["late"]
    accepted = options | {"accept_late": True}
    again = deliver(api, house, "postal", "d2", profile="stampa", flow=wanted, options=accepted)
    assert again["sent"] == 2
    step(api, house, again["id"], "approve")
    # Nobody's area: a person takes the package by its links.
    assert step(api, house, again["id"], "ship").json["state"] == "handed"
    link = house.call(api, "GET", f"{DELIVERIES}/{again['id']}/archive").json["url"]
    with zipfile.ZipFile(io.BytesIO(requests.get(link, timeout=10).content)) as archive:
        assert all(NAME.fullmatch(name) for name in archive.namelist())
        assert len(archive.namelist()) == 2


def test_a_print_service_that_refuses_is_told_of(api: Api, house: House, server: Server) -> None:
    wanted = flow(api, house)
    postal_house(api, house, server)
    options = {"disclaimer": disclaimer(api, house)}
    order = deliver(api, house, "postal", profile="stampa", flow=wanted, options=options)["id"]
    step(api, house, order, "approve")
    saved(api, house, "stampatore", {"password": "no"}, 1, **sftp(server, purpose="postal"))
    step(api, house, order, "ship")
    run(api)
    failed = house.call(api, "GET", f"{ORDERS}/{order}").json
    assert (failed["state"], failed["steps"][-1]["event"]) == ("approved", "fail")
    assert failed["steps"][-1]["note"].startswith("area_login:")
    saved(api, house, "stampatore", {"password": PASSWORD}, 2, **sftp(server, purpose="postal"))
    step(api, house, order, "ship")
    run(api)
    assert house.call(api, "GET", f"{ORDERS}/{order}").json["state"] == "handed"
    assert len(server.files()) == 3


# ------------------------------------------------------------------ App IO
def with_appio(api: Api, house: House, io_app: AppIo, **setting: Any) -> None:
    saved(api, house, "io", {"key": io_app.key}, kind="appio", **{"enabled": True} | setting)


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


# ------------------------------------------------------------------ a network folder
@pytest.mark.feature("F001-079")
def test_the_agent_puts_notices_into_a_folder(api: Api, house: House, tmp_path: Path) -> None:
    codes = [person(number) for number in range(1, 4)]
    wanted = flow(api, house, *(row(source=code, tax_code=code) for code in codes))
    deliver(api, house, "zip", flow=wanted)
    token = api.key(house.tenant, "body:read")
    asked: list[str] = []

    def fetch(url: str, headers: dict[str, str]) -> tuple[int, bytes]:
        asked.append(url)
        if url.startswith("https://sportello.example/"):
            found = api.call("GET", url.removeprefix("https://sportello.example"), headers=headers)
            return found.status, found.body
        assert "Authorization" not in headers
        if len(asked) == 4:
            raise ConnectionResetError
        answer = requests.get(url, timeout=10)
        return answer.status_code, answer.content

    def once() -> int:
        agent = folder.Api("https://sportello.example", token, fetch, lambda seconds: None)
        return folder.bring(agent, folder.Folder(tmp_path), lambda text: None)

    # The second file breaks off for good: the first one is there, whole, and stays.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "TRIES", 1)
        with pytest.raises(folder.Failed):
            once()
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert len(files) == 1
    before = files[0].stat().st_mtime_ns
    assert once() == 2
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert {name.split("_")[0] for name in found} == set(codes)
    assert all(NAME.fullmatch(name) for name in found)
    assert all(data.startswith(b"%PDF-") for data in found.values())
    assert files[0].stat().st_mtime_ns == before
    asked.clear()
    assert once() == 0
    assert asked == ["https://sportello.example/v1/body/deliveries"]
    # Another channel makes no files.
    server = begin(api, house, "appio", "none", profile="x", flow=wanted)
    assert server.status == 422


# ------------------------------------------------------------------ after payment
def receipt_of(
    api: Api, house: House, position: dict[str, Any], name: str, number: int = 0
) -> Receipt:
    """One of its payments, by its place, paid as it was asked."""
    payment = position["payments"][number]
    creditor = house.call(api, "GET", "/v1/body").json["fiscal_code"]
    return Receipt(
        id=name, iuv=payment["iuv"], creditor=creditor, cents=payment["cents"], fee_cents=None,
        paid_at="", day="2026-11-21", method="CP", channel="app", psp_id="P", psp_name="Banca",
        description="Quota", company="Ordine", transfers=(), source="node",
        notice=payment["notice"],
    )  # fmt: skip


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
