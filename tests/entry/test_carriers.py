"""Notices brought to a body's servers, to reserved areas, to a print service and into a folder."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
import requests

from agent import folder
from chalicelib.base import clock
from chalicelib.payments.delivery import folders, index
from tests.entry import bodies
from tests.entry.api_world import Api
from tests.entry.bodies import House
from tests.entry.carriers_world import (
    CARRIERS,
    DELIVERIES,
    ORDERS,
    attempts,
    begin,
    deliver,
    disclaimer,
    flow,
    person,
    postal_house,
    run,
    save,
    saved,
    sftp,
    step,
    switch,
)
from tests.payments.delivery.reserved import FIELDS, TOKEN, ReservedArea
from tests.payments.delivery.servers import PASSWORD, USER, Server, ftps_server, sftp_server
from tests.payments.dues.files import MARIA, row

NAME = re.compile(r"[0-9A-Z]{11,16}_[0-9]{4}_[0-9]{17}\.pdf")


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
    shown = requests.get(sample[0]["shown"], timeout=10)
    assert (shown.content, shown.headers["content-disposition"]) == (seen, "inline")
    assert shown.headers["content-type"] == "application/pdf"
    assert {one["name"].rpartition(".")[2] for one in sample if not one["shown"]} == {"csv", "xlsx"}
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
