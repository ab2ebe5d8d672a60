"""Registers through the doors: dues in by preview and commit, notices and payments out, once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.accounting.posting.model import Share
from chalicelib.base import dynamo, work
from chalicelib.base.s3 import Place
from chalicelib.entry import hourly, on_dues, on_reconcile
from chalicelib.payments.dues import store as due_store
from tests import tables
from tests.accounting.posting.made import Match, payment
from tests.accounting.registers import custom, made
from tests.accounting.registers.made import MARIA
from tests.accounting.registers.platforms import TOKEN, Platform, platform
from tests.entry import bodies
from tests.entry.api_world import Api, opened
from tests.entry.bodies import House
from tests.entry.test_posting import post, work_off
from tests.payments.delivery.servers import PASSWORD, USER, Server, sftp_server

ROOT = "/v1/body/registers"
FETCHES = "/v1/body/register-fetches"
REPORTS = "/v1/body/register-reports"
ALWAYS = {"service": "quota", "reason": "Quota {year}"}


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    variables = {
        "NET_PRIVATE": "allow", "REGISTER_CONNECTORS": f"notai={custom.__name__}:NOTAI",
    }  # fmt: skip
    with opened(**variables) as found:
        yield found


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


@pytest.fixture
def match(monkeypatch: pytest.MonkeyPatch) -> Match:
    return Match(monkeypatch)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with sftp_server(tmp_path) as found:
        yield found


@pytest.fixture
def albo() -> Iterator[Platform]:
    with platform() as found:
        yield found


def save(api: Api, house: House, code: str, **said: Any) -> None:
    answer = house.call(api, "PUT", f"{ROOT}/{code}", {"constants": ALWAYS} | said)
    assert answer.status == 200, answer.body
    assert TOKEN not in repr(answer.json)


def save_carrier(api: Api, house: House, server: Server) -> None:
    setting = {
        "kind": "sftp", "host": server.host, "port": server.port, "user": USER,
        "fingerprint": server.fingerprint,
    }  # fmt: skip
    said = {"setting": setting, "secrets": {"password": PASSWORD}}
    answer = house.call(api, "PUT", "/v1/body/carriers/albo", said)
    assert answer.status == 200, answer.body


def save_isi(api: Api, house: House, server: Server) -> None:
    save_carrier(api, house, server)
    save(api, house, "isi", kind="isi", way="sftp", format="csv", carrier="albo")


def save_https(
    api: Api, house: House, code: str, kind: str, albo: Platform, form: str, report: str
) -> None:
    url = f"{albo.url}/quote?anno={{year}}"
    save(
        api, house, code, kind=kind, way="https", format=form, url=url,
        report_url=f"{albo.url}{report}", secret=TOKEN,
    )  # fmt: skip


def fetch(api: Api, house: House, code: str, key: str = "f") -> dict[str, Any]:
    answer = house.call(
        api, "POST", f"{ROOT}/{code}/fetches", {"year": 2026}, headers={"Idempotency-Key": key}
    )
    assert answer.status == 202, answer.body
    work_off(api)
    while api.run("dues", on_dues.handle):
        pass
    return dict(house.call(api, "GET", f"{FETCHES}/{answer.json['id']}").json)


def bring(api: Api, house: House, code: str, key: str = "f") -> dict[str, Any]:
    """Fetched, looked at, committed; the import as it is then."""
    found = fetch(api, house, code, key)
    assert found["state"] == "handed", found
    path = f"/v1/body/dues/imports/{found['batch']}"
    seen = house.call(api, "GET", path).json
    assert (seen["state"], seen["good"]) == ("checked", found["count"]), seen
    house.call(api, "POST", f"{path}/commit", {})
    while api.run("dues", on_dues.handle):
        pass
    return dict(house.call(api, "GET", path).json)


def dues(api: Api, house: House) -> dict[str, dict[str, Any]]:
    found = house.call(api, "GET", "/v1/body/dues").json["dues"]
    return {one["source"]: one for one in found}


def paid(match: Match, house: House, number: int, *wanted: dict[str, Any], **changed: Any) -> None:
    """The money of these dues is there and may be posted."""
    lines = tuple(
        Share(due["id"], "quota", due["reason"], due["chapter"], due["provenance"], 2026,
              changed.get("cents", due["cents"]))
        for due in wanted
    )  # fmt: skip
    cents = sum(line.cents for line in lines)
    match.offer(house.tenant, payment(number, cents=cents, lines=lines))


def reports(api: Api, house: House, **query: str) -> list[dict[str, Any]]:
    return list(house.call(api, "GET", REPORTS, query=query or None).json["reports"])


# ------------------------------------------------------------------ dues in
@pytest.mark.feature("F001-019", "F001-021", "F001-022", "F001-023", "F001-027", "F001-028")
@pytest.mark.feature("F001-032", "F001-033", "F001-003", "F001-020")
def test_dues_of_isi_come_by_preview_and_commit(api: Api, house: House, server: Server) -> None:
    save_isi(api, house, server)
    (server.folder / "quote.csv").write_bytes(made.ISI_1)
    found = fetch(api, house, "isi")
    assert (found["state"], found["count"]) == ("handed", 2)
    # A preview makes nothing.
    assert dues(api, house) == {}
    done = bring(api, house, "isi")
    assert (done["counts"]["new"], done["state"]) == (2, "imported")
    first = dues(api, house)["isi/1001"]
    assert (first["tax_code"], first["cents"], first["batch"]) == (MARIA, 15_000, done["id"])
    assessed = due_store.get_assessment(house.tenant, first["id"])
    assert assessed is not None
    assert (assessed["chapter"], assessed["cents"]) == ("1.1", 15_000)
    assert house.call(api, "GET", "/v1/body/positions").json["positions"] == []
    # The next version of the program, the same dues: what changed is changed, nothing is twice.
    (server.folder / "quote.csv").write_bytes(made.ISI_3)
    assert (found["release"], fetch(api, house, "isi", "f2")["release"]) == ("", "3.2")
    counts = bring(api, house, "isi", "f2")["counts"]
    assert (counts["new"], counts["updated"], counts["unchanged"]) == (1, 2, 0)
    assert bring(api, house, "isi", "f3")["counts"]["unchanged"] == 3
    now = dues(api, house)
    assert len(now) == 3
    assert now["isi/1001"]["cents"] == 115_000
    # A member is one record, however many dues he has.
    persons = {due_store.person_id(house.tenant, one["tax_code"]) for one in now.values()}
    assert len(due_store.get_persons(house.tenant, persons)) == 2
    # Positions refer to dues that are there.
    flow = house.call(api, "POST", "/v1/body/flows", {}, headers={"Idempotency-Key": "g"}).json
    while api.run("dues", on_dues.handle):
        pass
    house.call(api, "POST", f"/v1/body/flows/{flow['id']}/generate", {"description": "Quota 2026"})
    while api.run("dues", on_dues.handle):
        pass
    made_of = house.call(api, "GET", "/v1/body/positions").json["positions"]
    assert {one["id"] for one in made_of} == {one["position"] for one in dues(api, house).values()}
    assert len(made_of) == 3
    # Its notices are published to the register, once however often that is asked for.
    for _ in range(2):
        answer = house.call(api, "POST", f"{ROOT}/isi/publish", {"flow": flow["id"]})
        assert answer.status == 202, answer.body
        work_off(api)
    (told,) = reports(api, house)
    assert (told["kind"], told["state"], len(told["lines"])) == ("notices", "done", 3)
    (name,) = [one for one in server.files() if one.endswith("avvisi.csv")]
    lines = server.files()[name].decode().splitlines()
    assert len(lines) == 4
    assert all(one["payments"][0]["notice"] in "\n".join(lines) for one in made_of)


@pytest.mark.feature("F001-031")
def test_a_register_without_dues_is_refused_clearly(api: Api, house: House, albo: Platform) -> None:
    save_https(api, house, "opi", "opi", albo, "json", "/quote/{id}")
    albo.dues = b'{"quote": []}'
    found = fetch(api, house, "opi")
    assert (found["state"], found["code"]) == ("failed", "register_empty")
    assert "generate them there first" in found["words"]
    assert dues(api, house) == {}
    albo.dues = b"<html>login</html>"
    assert fetch(api, house, "opi", "f2")["code"] == "register_layout"
    albo.trouble = [403]
    found = fetch(api, house, "opi", "f3")
    assert (found["code"], "codice 403" in found["words"]) == ("register_refused", True)
    # What may pass is tried again by itself.
    albo.dues, albo.trouble = made.opi(), [503, 429]
    assert fetch(api, house, "opi", "f4")["state"] == "handed"
    listed = house.call(api, "GET", FETCHES).json["fetches"]
    assert [one["state"] for one in listed] == ["handed", "failed", "failed", "failed"]


# ------------------------------------------------------------------ payments out
@pytest.mark.feature("F001-003", "F001-029", "F001-034", "F001-117", "F001-136", "F001-137")
@pytest.mark.feature("F001-138", "F001-139")
def test_posting_tells_albo_unico_of_each_due_once(
    api: Api, house: House, match: Match, albo: Platform
) -> None:
    save_https(api, house, "opi", "opi", albo, "json", "/quote/{id}")
    albo.dues = made.opi({}, {"idQuota": 78}, {"idQuota": 79})
    bring(api, house, "opi")
    found = dues(api, house)
    albo.calls.clear()
    # Nothing is told before it is posted; the reversale is there when it is.
    assert reports(api, house) == []
    paid(match, house, 1, found["opi/77"], found["opi/78"])
    # The platform stumbles: one answer is an error, one is lost after it was done.
    albo.trouble = [500, "lost"]
    run = post(api, house)
    assert (run["orders"], run["state"]) == (2, "posted")
    (told,) = reports(api, house)
    assert (told["state"], {one["state"] for one in told["lines"]}) == ("done", {"done"})
    assert [one["number"] for one in told["lines"]] == ["2026-0000001", "2026-0000002"]
    assert told["tries"] == 2
    (said,) = albo.of("/quote/77")
    assert (said["stato"], said["importo"]) == ("PAGATA", "120.50")
    assert said["reversale"] == "2026-0000001"
    assert len(albo.of("/quote/78")) == 1
    assert albo.of("/quote/79") == []
    # Nothing that is repeated tells it again.
    calls = len(albo.calls)
    post(api, house, "k2")
    work_off(api)
    assert len(albo.calls) == calls
    # An instalment is told as what it is.
    paid(match, house, 2, found["opi/79"], cents=5_000)
    post(api, house, "k3")
    assert albo.of("/quote/79")[0]["stato"] == "PAGATA_IN_PARTE"
    # Taken back, it is to be paid again; both dues, because they were posted together.
    path = "/v1/body/posting/orders/2026-0000001/reverse"
    assert house.call(api, "POST", path, {"note": "wrong"}).status == 200
    work_off(api)
    for name in ("77", "78"):
        words = [one["stato"] for one in albo.of(f"/quote/{name}")]
        assert words == ["PAGATA", "DA_PAGARE"]
    assert reports(api, house)[0]["kind"] == "reversed"


@pytest.mark.feature("F001-139", "F001-034")
def test_a_refusal_is_seen_in_the_platforms_own_words_and_told_again(
    api: Api, house: House, match: Match, albo: Platform
) -> None:
    save_https(api, house, "opi", "opi", albo, "json", "/quote/{id}")
    albo.dues = made.opi({}, {"idQuota": 78})
    bring(api, house, "opi")
    found = dues(api, house)
    paid(match, house, 1, found["opi/77"], found["opi/78"])
    albo.trouble = [422]
    post(api, house)
    (told,) = reports(api, house, state="failed")
    assert (told["code"], told["words"]) == (
        "register_refused",
        'HTTP 422 {"errore": "codice 422"}',
    )
    assert [one["state"] for one in told["lines"]] == ["failed", "done"]
    again = house.call(api, "POST", f"{REPORTS}/{told['id']}/retry")
    assert again.status == 202
    work_off(api)
    told = house.call(api, "GET", f"{REPORTS}/{told['id']}").json
    assert (told["state"], [one["state"] for one in told["lines"]]) == ("done", ["done", "done"])
    # What it took the first time it was not told twice.
    assert [one for one in albo.calls if one == "PATCH /quote/78"] == ["PATCH /quote/78"]
    refused = house.call(api, "POST", f"{REPORTS}/{told['id']}/retry")
    assert (refused.status, refused.code) == (409, "report_state")


@pytest.mark.feature("F001-030", "F001-034")
def test_sferabit_takes_paid_dues_off_its_list(
    api: Api, house: House, match: Match, albo: Platform
) -> None:
    save_https(api, house, "avv", "sferabit", albo, "xlsx", "/incassi")
    albo.dues = made.sferabit(
        ("P-1", MARIA, "Rossi Maria", "Avvocati", 2026, "Contributo 2026", 200.35, 46387)
    )
    bring(api, house, "avv")
    paid(match, house, 1, dues(api, house)["avv/P-1"])
    post(api, house)
    (said,) = albo.of("/incassi")
    (line,) = said["incassi"]
    assert (line["pendenza"], line["esito"], line["importo"]) == ("P-1", "RIMOSSA", "200,35")


# What each writes of a due, and what it then reads of it: paid, and taken back.
_FILES: dict[str, tuple[tuple[str, ...], str, tuple[str, str]]] = {
    "isi": (("ID_QUOTA", "COD_FISC", "DENOMINAZIONE", "ANNO", "IMPORTO"), "1001;",
            (";P\r\n", ";S\r\n")),
    "opi": (("idQuota", "codiceFiscale", "denominazione", "anno", "importo"),
            '"idQuota": "1001"', ('"stato": "PAGATA"', '"stato": "DA_PAGARE"')),
    "sferabit": (("Id pendenza", "Codice fiscale", "Nominativo", "Anno", "Importo"),
                 '"pendenza": "1001"', ('"esito": "RIMOSSA"', '"esito": "RIPRISTINATA"')),
}  # fmt: skip


@pytest.mark.feature("F001-029", "F001-030", "F001-034")
@pytest.mark.parametrize(
    ("kind", "way", "form"),
    [
        ("isi", "sftp", "json"), ("isi", "s3", "xlsx"),
        ("opi", "sftp", "csv"), ("opi", "s3", "xlsx"),
        ("sferabit", "sftp", "csv"), ("sferabit", "s3", "json"),
    ],
)  # fmt: skip
def test_each_register_is_read_and_told_by_files_too(
    api: Api, house: House, match: Match, server: Server, kind: str, way: str, form: str
) -> None:
    head, who, words = _FILES[kind]
    data = made.table(form, head, ("1001", MARIA, "Rossi Maria", 2026, 200.35),
                      ("1002", MARIA, "Rossi Maria", 2026, 10))  # fmt: skip
    if way == "sftp":
        save_carrier(api, house, server)
        (server.folder / f"quote-2026.{form}").write_bytes(data)
    else:
        name = f"registers/{house.tenant}/albo/in/quote-2026.{form}"
        api.write(Place(os.environ["INTAKE_BUCKET"], name), data)
    save(api, house, "albo", kind=kind, way=way, format=form, file=f"quote-{{year}}.{form}",
         carrier="albo" if way == "sftp" else "")  # fmt: skip
    bring(api, house, "albo")
    found = dues(api, house)
    assert (found["albo/1001"]["cents"], found["albo/1002"]["cents"]) == (20_035, 1_000)
    paid(match, house, 1, found["albo/1001"], found["albo/1002"])
    post(api, house)
    path = "/v1/body/posting/orders/2026-0000001/reverse"
    assert house.call(api, "POST", path, {"note": "wrong"}).status == 200
    work_off(api)
    assert [(one["kind"], one["state"]) for one in reports(api, house)] == [
        ("reversed", "done"), ("paid", "done"),
    ]  # fmt: skip
    # One file for the posting and one for the storno, each of both dues, under names of its own.
    files = told(api, house, server, way)
    assert [sorted(text.count(word) for text in files) for word in words] == [[0, 2]] * 2
    assert all(who in text for text in files)


def told(api: Api, house: House, server: Server, way: str) -> list[str]:
    """What the register finds in its folder."""
    if way == "sftp":
        return [data.decode() for name, data in server.files().items() if "incassi" in name]
    out = f"registers/{house.tenant}/albo/out/"
    return [api.read("INTAKE", name).decode() for name in api.objects("INTAKE") if out in name]


@pytest.mark.feature("F001-036")
def test_a_custom_register_needs_no_change_of_the_core(
    api: Api, house: House, match: Match
) -> None:
    save(api, house, "not", kind="notai", way="s3", format="csv", file="{year}.txt",
         constants={"service": "quota"})  # fmt: skip
    known = house.call(api, "GET", ROOT).json["connectors"]
    assert [one["name"] for one in known] == ["isi", "notai", "opi", "sferabit"]
    missing = fetch(api, house, "not")
    assert (missing["state"], missing["code"]) == ("failed", "register_no_file")
    place = Place(os.environ["INTAKE_BUCKET"], f"registers/{house.tenant}/not/in/2026.txt")
    api.write(place, made.notai(("N1", MARIA, "Rossi Maria", 2026, 9_900)))
    bring(api, house, "not", "f2")
    paid(match, house, 1, dues(api, house)["not/N1"])
    post(api, house)
    (name,) = [one for one in api.objects("INTAKE") if f"registers/{house.tenant}/not/out/" in one]
    assert api.read("INTAKE", name) == b"N1      PAGATA00009900\n"


# ------------------------------------------------------------------ settings
def test_a_secret_goes_nowhere_else_and_is_never_shown(
    api: Api, house: House, albo: Platform
) -> None:
    save_https(api, house, "opi", "opi", albo, "json", "/quote/{id}")
    items = list(dynamo.query(f"T#{house.tenant}#BODY", prefix="REGISTER#"))
    assert TOKEN not in repr(items)
    said = {"kind": "opi", "way": "https", "format": "json", "version": 1,
            "url": "https://evil.example/", "report_url": f"{albo.url}/quote/{{id}}"}  # fmt: skip
    refused = house.call(api, "PUT", f"{ROOT}/opi", said)
    assert (refused.status, refused.code) == (422, "register_secret_needed")
    for changed, code in (
        ({"kind": "none"}, "register_kind"),
        ({"kind": "notai"}, "register_format"),
        ({"way": "sftp", "carrier": "none", "url": "", "report_url": ""}, "carrier_unknown"),
    ):
        refused = house.call(api, "PUT", f"{ROOT}/opi", said | changed)
        assert (refused.status, refused.code) == (422, code)
    assert house.call(api, "DELETE", f"{ROOT}/opi").status == 200
    assert house.call(api, "GET", ROOT).json["registers"] == []


def test_another_bodys_registers_are_as_if_they_were_not(
    api: Api, house: House, albo: Platform
) -> None:
    save_https(api, house, "opi", "opi", albo, "json", "/quote/{id}")
    albo.dues = made.opi()
    found = fetch(api, house, "opi")
    other = bodies.ready(api)
    for method, path, body in (
        ("GET", f"{FETCHES}/{found['id']}", None),
        ("POST", f"{ROOT}/opi/fetches", {"year": 2026}),
        ("POST", f"{ROOT}/opi/publish", {"flow": "x"}),
        ("DELETE", f"{ROOT}/opi", None),
        ("GET", f"{REPORTS}/{found['id']}", None),
        ("POST", f"{REPORTS}/{found['id']}/retry", None),
    ):
        answer = other.call(api, method, path, body, headers={"Idempotency-Key": "x"})
        assert (answer.status, answer.code) == (404, "not_found"), path


def test_a_register_that_was_forgotten_is_told_nothing(
    api: Api, house: House, match: Match, albo: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_https(api, house, "opi", "opi", albo, "json", "/quote/{id}")
    albo.dues = made.opi()
    bring(api, house, "opi")
    paid(match, house, 1, dues(api, house)["opi/77"])
    calls = len(albo.calls)
    with monkeypatch.context() as held:
        held.setitem(on_reconcile.TASKS, "write_back", lambda *_: None)  # type: ignore[arg-type]
        api_run_once(api, house)
    house.call(api, "DELETE", f"{ROOT}/opi")
    work_off(api)
    (told,) = reports(api, house)
    assert (told["state"], told["code"]) == ("failed", "register_gone")
    assert len(albo.calls) == calls


def api_run_once(api: Api, house: House) -> None:
    """The run alone: what it plans stays planned."""
    answer = house.call(
        api, "POST", "/v1/body/posting/runs", {"mode": "statement", "name": "s1"},
        headers={"Idempotency-Key": "once"},
    )  # fmt: skip
    assert answer.status == 202
    api.run("reconcile", on_reconcile.handle)


def test_what_is_taken_back_before_it_was_told_is_not_told_as_paid(
    api: Api, house: House, match: Match, albo: Platform
) -> None:
    save_https(api, house, "opi", "opi", albo, "json", "/quote/{id}")
    albo.dues = made.opi()
    bring(api, house, "opi")
    paid(match, house, 1, dues(api, house)["opi/77"])
    # The run, its report, and then the platform is down once.
    api_run_once(api, house)
    albo.trouble = [503]
    api.run("reconcile", on_reconcile.handle)
    (waiting,) = reports(api, house)
    assert (waiting["state"], waiting["tries"]) == ("waiting", 1)
    path = "/v1/body/posting/orders/2026-0000001/reverse"
    assert house.call(api, "POST", path, {"note": "wrong"}).status == 200
    work_off(api)
    assert [one["stato"] for one in albo.of("/quote/77")] == ["DA_PAGARE"]
    assert {one["state"] for one in reports(api, house)} == {"done"}


# ------------------------------------------------------------------ by schedule
@pytest.mark.feature("F001-019", "F001-027")
def test_a_register_is_fetched_every_morning_and_committed_by_nobody(
    api: Api, albo: Platform
) -> None:
    items, now = tables.opened().keep(), api.now
    house = bodies.ready(api)
    save_https(api, house, "opi", "opi", albo, "json", "/quote/{id}")
    albo.dues = made.opi()

    def hour(count: int = 1) -> int:
        """The schedule, and what it plans; how often the register was asked."""
        before = len(albo.calls)
        for _ in range(count):
            hourly.hourly({}, None)
            work.sweep(api.now)
            work_off(api)
            while api.run("dues", on_dues.handle):
                pass
            api.tick(3_600)
        return len(albo.calls) - before

    assert hour() == 0  # it is fetched only where the body says so
    house = bodies.again(api, house)
    (said,) = house.call(api, "GET", ROOT).json["registers"]
    said.pop("code")
    path, wanted = f"{ROOT}/opi", said | {"secret": TOKEN, "fetch": "daily"}
    assert house.call(api, "PUT", path, wanted).json["fetch"] == "daily"
    api.now = datetime(2026, 12, 31, 3, 59, tzinfo=UTC)  # 4:59 in Rome
    assert [hour(), hour(3)] == [0, 1]
    assert albo.calls == ["GET /quote?anno=2026"]
    # The day is Rome's, and so is its year.
    api.now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert hour(12) == 1
    assert albo.calls[1:] == ["GET /quote?anno=2027"]
    # A register that does not answer is asked again by its own row, not by the schedule beside it;
    # a morning that was left out is made up for later in the day.
    api.now = datetime(2027, 1, 3, 17, 0, tzinfo=UTC)
    albo.trouble = [503, 503]
    assert hour(4) == 3
    again = bodies.again(api, house)
    found = again.call(api, "GET", FETCHES).json["fetches"]
    assert [(one["year"], one["state"], one["planned"]) for one in found] == [
        (2027, "handed", True), (2027, "handed", True), (2026, "handed", True),
    ]  # fmt: skip
    # The same dues are the same dry run, which waits for a person.
    assert found[0]["batch"] == found[1]["batch"] != found[2]["batch"]
    batch = again.call(api, "GET", f"/v1/body/dues/imports/{found[0]['batch']}").json
    assert (batch["state"], batch["good"]) == ("checked", found[0]["count"])
    assert dues(api, again) == {}
    tables.opened().put_back(items)
    api.now = now
