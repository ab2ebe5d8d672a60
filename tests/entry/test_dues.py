"""Dues come in: the template, the dry run, the commit, through the doors."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import openpyxl
import pytest
import requests

from chalicelib.base import dynamo, keys, limits
from chalicelib.entry import on_dues
from chalicelib.payments import bodies as payable
from chalicelib.payments.dues import store
from tests.entry import bodies
from tests.entry.api_world import Api, Context
from tests.entry.bodies import House
from tests.payments.dues import files
from tests.payments.dues.files import COMPANY, MARIA, row, text, xlsx

FILES = "/v1/body/dues/files"
IMPORTS = "/v1/body/dues/imports"


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


def hand_in(api: Api, house: House, data: bytes, key: str, **query: str) -> dict[str, Any]:
    """A file, its dry run done; the import as it is then."""
    answer = house.call(
        api, "POST", FILES, data, query={"name": "quote.xlsx"} | query,
        headers={"Idempotency-Key": key, "Content-Type": "application/octet-stream"},
    )  # fmt: skip
    assert answer.status == 202, answer.body
    api.run("dues", on_dues.handle)
    return dict(house.call(api, "GET", f"{IMPORTS}/{answer.json['id']}").json)


def commit(api: Api, house: House, name: str, **body: Any) -> dict[str, Any]:
    answer = house.call(api, "POST", f"{IMPORTS}/{name}/commit", body)
    assert answer.status == 202, answer.body
    while api.run("dues", on_dues.handle):
        pass
    return dict(house.call(api, "GET", f"{IMPORTS}/{name}").json)


def dues(api: Api, house: House, **query: Any) -> list[dict[str, Any]]:
    answer = house.call(api, "GET", "/v1/body/dues", query=query)
    assert answer.status == 200, answer.body
    return list(answer.json["dues"])


@pytest.mark.feature("F001-015", "F001-017", "F001-027", "F001-028")
def test_a_file_becomes_dues_in_two_steps(api: Api, house: House) -> None:
    late = row(source="m1", service="mora", reason="Mora 2025", year="2025", amount=12.5, due="")
    found = hand_in(api, house, xlsx([row(source="q1"), late]), "k1")
    assert (found["state"], found["rows"], found["good"], found["faulty"]) == ("checked", 2, 2, 0)
    assert found["cents"] == 15_000 + 1_250
    # A dry run makes nothing.
    assert dues(api, house) == []
    done = commit(api, house, found["id"])
    assert (done["state"], done["done"], done["counts"]["new"]) == ("imported", 2, 2)
    by_source = {one["source"]: one for one in dues(api, house, state="open")}
    assert by_source["q1"] | {"id": "", "created_at": ""} == {
        "id": "", "name": "Rossi Maria", "tax_code": MARIA, "category": "professional",
        "service": "quota", "reason": "Quota annuale 2026", "year": 2026, "chapter": "1.1",
        "provenance": "competenza", "cents": 15_000, "due": "2026-12-31", "source": "q1",
        "state": "open", "position": "", "batch": found["id"], "created_at": "", "stamp": False,
    }  # fmt: skip
    # What the file leaves out: the service's chapter, residual for a year that is over.
    other = by_source["m1"]
    assert (other["chapter"], other["provenance"], other["due"]) == ("1.2", "residui", None)
    assessed = store.get_assessment(house.tenant, other["id"])
    assert assessed is not None
    assert (assessed["chapter"], assessed["cents"], assessed["year"]) == ("1.2", 1_250, 2025)


@pytest.mark.feature("F001-018")
def test_the_template_says_what_is_asked_and_comes_back_filled(api: Api, house: House) -> None:
    link = house.operator.call(api, "GET", "/v1/body/dues/template").json
    assert link["file_name"].endswith(".xlsx")
    data = requests.get(link["url"], timeout=10).content
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["Quote", "Specifiche"]
    assert all(cell.data_type != "f" for sheet in book for line in sheet for cell in line)
    headers = [cell.value for cell in book["Quote"][1]]
    assert headers == list(files.HEADERS.values())
    said = [cell.value for cell in book["Specifiche"]["A"]]
    assert set(headers) < set(said)
    assert {"quota", "mora"} < set(said)
    # An empty one has the headers; the examples of the specification are good values.
    examples = [line[3].value for line in book["Specifiche"].iter_rows(2, len(headers) + 1)]
    for place, value in enumerate(examples, 1):
        book["Quote"].cell(2, place).value = value
    out = io.BytesIO()
    book.save(out)
    found = hand_in(api, house, out.getvalue(), "k1")
    assert (found["state"], found["good"], found["faulty"]) == ("checked", 1, 0), found


@pytest.mark.feature("F001-017", "F001-015")
def test_faults_are_told_by_row_and_column(api: Api, house: House) -> None:
    rows = [
        row(),
        row(tax_code="RSSMRA80A41H501X", amount="", reason=""),
        row(source="a", service="tassa", category="altro", year="26"),
        row(),
        row(source="b", amount="=1+1", mail="niente", due="31/02/2026"),
    ]
    found = hand_in(api, house, xlsx(rows), "k1")
    assert (found["state"], found["rows"], found["good"]) == ("checked", 5, 1)
    answer = house.operator.call(api, "GET", f"{IMPORTS}/{found['id']}/faults").json
    assert answer["faulty"] == 4
    told = [(one["row"], one["column"], one["field"], one["code"]) for one in answer["faults"]]
    assert told == [
        (3, "D", "tax_code", "tax_code"),
        (3, "L", "reason", "missing"),
        (3, "P", "amount", "missing"),
        (4, "B", "category", "unknown"),
        (4, "K", "service", "service_unknown"),
        (4, "M", "year", "year"),
        (5, "A", "source", "repeated"),
        (6, "I", "mail", "mail"),
        (6, "P", "amount", "formula"),
        (6, "Q", "due", "day"),
    ]
    assert answer["faults"][6]["other_row"] == 2
    # Nothing is made unless the good rows alone are wanted.
    refused = house.call(api, "POST", f"{IMPORTS}/{found['id']}/commit", {})
    assert (refused.status, refused.code) == (409, "import_faulty")
    assert commit(api, house, found["id"], skip_faulty=True)["counts"]["new"] == 1


@pytest.mark.feature("F001-037", "F001-021")
def test_another_layout_is_described_once_and_remembered(api: Api, house: House) -> None:
    columns = {"source": "NR", "tax_code": "Cod. Fisc.", "name": "Iscritto", "amount": "Dovuto",
               "year": "Anno rif."}  # fmt: skip
    constants = {"service": "quota", "category": "professionista", "reason": "Quota annuale"}
    layout = {"columns": columns, "constants": constants, "decimal": "."}
    answer = house.call(api, "PUT", "/v1/body/dues/mappings/albo", layout)
    assert answer.status == 200, answer.body
    listed = house.call(api, "GET", "/v1/body/dues/mappings").json["mappings"]
    assert [one["name"] for one in listed] == ["standard", "albo"]
    known = house.call(api, "GET", "/v1/body/dues/mappings").json["known"]
    assert {one["field"] for one in known if one["needed"]} >= {"tax_code", "amount"}
    assert len(known) == len(listed[0]["columns"])
    head = b"Elenco quote\r\n\r\nNR,COD FISC,Iscritto,Anno rif,Dovuto\r\n"
    body = f'7,{MARIA},Rossi Maria,2026,"1,150.50"\r\n8,{COMPANY},Studio Verdi,2024,99\r\n'
    found = hand_in(api, house, head + body.encode(), "k1", mapping="albo", name="a.csv")
    assert (found["state"], found["good"], found["cents"]) == ("checked", 2, 115_050 + 9_900)
    commit(api, house, found["id"])
    assert {(one["source"], one["reason"]) for one in dues(api, house)} == {
        ("7", "Quota annuale"), ("8", "Quota annuale"),
    }  # fmt: skip


@pytest.mark.feature("F001-015", "F001-037")
def test_a_strange_files_columns_are_shown_and_said_and_then_it_is_read(
    api: Api, house: House
) -> None:
    head = b"Elenco iscritti 2026;;\r\n\r\nMatricola;Cod. Fisc.;Nominativo;Importo dovuto;Zona\r\n"
    body = f"0012;{MARIA};Rossi Maria;150,50;Nord\r\n0013;{COMPANY};Studio;99;\r\n"
    failed = hand_in(api, house, head + body.encode(), "k1", name="iscritti.csv")
    assert (failed["state"], failed["code"].split(":")[0]) == ("failed", "dues_headers")
    path = f"{IMPORTS}/{failed['id']}"
    found = house.operator.call(api, "GET", f"{path}/columns").json
    assert found["row"] == 3
    assert [one["header"] for one in found["columns"]] == [
        "Matricola", "Cod. Fisc.", "Nominativo", "Importo dovuto", "Zona",
    ]  # fmt: skip
    assert found["columns"][1] == {
        "column": "B", "header": "Cod. Fisc.", "examples": [MARIA, COMPANY],
    }  # fmt: skip
    assert found["fields"] == {
        "source": "Matricola", "tax_code": "Cod. Fisc.", "name": "Nominativo",
        "amount": "Importo dovuto",
    }  # fmt: skip
    constants = {"service": "quota", "category": "professionista", "reason": "Quota",
                 "year": "2026"}  # fmt: skip
    layout = {"columns": found["fields"], "constants": constants}
    assert house.call(api, "PUT", "/v1/body/dues/mappings/iscritti", layout).status == 200
    unknown = house.call(api, "POST", f"{path}/check", query={"mapping": "nessuno"})
    assert unknown.status == 404
    checking = house.call(api, "POST", f"{path}/check", query={"mapping": "iscritti"})
    assert (checking.status, checking.json["mapping"]) == (202, "iscritti")
    api.run("dues", on_dues.handle)
    read = house.call(api, "GET", path).json
    assert (read["state"], read["good"], read["cents"]) == ("checked", 2, 15_050 + 9_900)
    other = bodies.ready(api)
    assert other.call(api, "GET", f"{path}/columns").status == 404


@pytest.mark.parametrize(
    ("layout", "code"),
    [
        ({"columns": {"iuv": "IUV"}}, "mapping_fields"),
        ({"columns": {"tax_code": "CF"}}, "mapping_missing"),
        ({"columns": {"service": "T"}, "constants": {"service": "quota"}}, "mapping_twice"),
    ],
)
def test_a_layout_that_cannot_work_is_refused(
    api: Api, house: House, layout: dict[str, Any], code: str
) -> None:
    answer = house.call(api, "PUT", "/v1/body/dues/mappings/albo", layout)
    assert (answer.status, answer.code) == (422, code)


@pytest.mark.feature("F001-004", "F001-019")
def test_the_same_file_again_makes_nothing_twice(api: Api, house: House) -> None:
    rows = [row(source="q1"), row(reason="Corso", tax_code=COMPANY, category="società")]
    first = hand_in(api, house, xlsx(rows), "k1")
    commit(api, house, first["id"])
    again = commit(api, house, hand_in(api, house, text(rows), "k2")["id"])
    assert again["counts"] == {"new": 0, "updated": 0, "unchanged": 2, "locked": 0}
    # What the source corrected is corrected; who moved has moved.
    changed = [row(source="q1", amount="160,00", address="Via Milano 2")]
    third = commit(api, house, hand_in(api, house, text(changed), "k3")["id"])
    assert third["counts"] == {"new": 0, "updated": 1, "unchanged": 0, "locked": 0}
    assert sorted(one["cents"] for one in dues(api, house)) == [15_000, 16_000]
    # The same request again is the same import.
    assert hand_in(api, house, xlsx(rows), "k1")["id"] == first["id"]


@pytest.mark.feature("F001-024", "F001-025", "F001-026", "F001-038", "F001-039", "F001-040")
@pytest.mark.feature("F001-041", "F001-042", "F001-044")
def test_dues_are_found_by_what_they_are(api: Api, house: House) -> None:
    rows = [
        row(source="a", amount=100),
        row(source="b", amount="100,01", category="praticante", year="2025", chapter="9"),
        row(source="c", amount=300, category="società", tax_code=COMPANY, service="mora", due=""),
    ]
    commit(api, house, hand_in(api, house, xlsx(rows), "k1")["id"])

    def sources(**query: Any) -> str:
        return "".join(sorted(one["source"] for one in dues(api, house, **query)))

    assert sources(least_cents=10_001) == "bc"
    assert sources(least_cents=10_000, most_cents=10_001) == "ab"
    assert sources(categories="professional") == "a"
    assert sources(categories="company,trainee") == "bc"
    assert sources(provenance="residui") == "b"
    assert sources(chapters="9,1.1") == "ab"
    assert sources(services="mora") == "c"
    assert sources(year=2026) == "ac"
    assert sources(due_from="2026-12-31", due_until="2026-12-31") == "ab"
    assert sources(due_from="2027-01-01") == ""
    today = api.now.date().isoformat()
    assert sources(assessed_from=today, assessed_until=today) == "abc"
    assert sources(assessed_until="2026-11-20") == ""
    answer = house.call(api, "GET", "/v1/body/dues", query={"categories": "altro"})
    assert (answer.status, answer.code) == (422, "category")


def test_pages_follow_each_other(api: Api, house: House) -> None:
    commit(api, house, hand_in(api, house, xlsx(files.many(7)), "k1")["id"])
    seen: list[str] = []
    cursor: Any = ""
    while cursor is not None:
        query = {"limit": 3, "cursor": cursor}
        page = house.call(api, "GET", "/v1/body/dues", query=query).json
        seen += [one["source"] for one in page["dues"]]
        cursor = page["cursor"]
    assert sorted(seen) == sorted(f"2026-{number}" for number in range(7))


def test_a_great_file_goes_on_where_it_was(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DUES_PART_ROWS", 10)
    monkeypatch.setattr(limits, "DUES_AT_ONCE", 5)
    found = hand_in(api, house, xlsx(files.many(32)), "k1")
    assert found["good"] == 32
    times = iter([300_000, 300_000, 300_000, 1_000])
    with monkeypatch.context() as short:
        short.setattr(Context, "get_remaining_time_in_millis", lambda _: next(times))
        house.call(api, "POST", f"{IMPORTS}/{found['id']}/commit", {})
        api.run("dues", on_dues.handle)
    half = house.call(api, "GET", f"{IMPORTS}/{found['id']}").json
    assert (half["state"], half["done"]) == ("importing", 20)
    done = commit(api, house, found["id"])
    assert (done["state"], done["counts"]["new"]) == ("imported", 32)
    assert len(dues(api, house, limit=100)) == 32


def in_haste(api: Api, house: House, short: pytest.MonkeyPatch, name: str) -> dict[str, Any]:
    """The import after one invocation that has no time for more than it must do."""
    times = chain([300_000], repeat(1_000))
    with short.context() as patch:
        patch.setattr(Context, "get_remaining_time_in_millis", lambda _: next(times))
        api.run("dues", on_dues.handle)
    return dict(house.call(api, "GET", f"{IMPORTS}/{name}").json)


@pytest.mark.feature("F001-017")
@pytest.mark.parametrize("write", [xlsx, text])
def test_a_great_dry_run_goes_on_where_it_was(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch, write: Callable[..., bytes]
) -> None:
    rows = list(files.many(23))
    rows[2] = row(amount="")
    rows[9] = rows[1]  # kept in a piece when it comes again
    rows[13] = rows[11]  # not yet in one
    rows[19] = row(year="26")
    monkeypatch.setattr(limits, "DUES_PART_ROWS", 4)
    whole = hand_in(api, house, write(rows), "k1")
    told = house.operator.call(api, "GET", f"{IMPORTS}/{whole['id']}/faults").json
    monkeypatch.setattr(limits, "DUES_CHECKED_ROWS", 6)
    started = house.call(api, "POST", f"{IMPORTS}/{whole['id']}/check").json
    assert (started["state"], started["done"]) == ("checking", 0)
    seen = []
    for _ in range(4):
        found = in_haste(api, house, monkeypatch, whole["id"])
        seen.append((found["state"], found["done"]))
    assert seen == [("checking", 6), ("checking", 12), ("checking", 18), ("checked", 0)]
    assert found == whole
    assert (found["rows"], found["good"], found["faulty"]) == (23, 19, 4)
    assert house.operator.call(api, "GET", f"{IMPORTS}/{whole['id']}/faults").json == told
    assert [(one["row"], one["other_row"]) for one in told["faults"]] == [
        (4, 0), (11, 3), (15, 13), (21, 0),
    ]  # fmt: skip
    assert commit(api, house, found["id"], skip_faulty=True)["counts"]["new"] == 19


def test_a_dry_run_begins_anew_when_what_it_reads_by_has_changed(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DUES_PART_ROWS", 4)
    monkeypatch.setattr(limits, "DUES_CHECKED_ROWS", 6)
    found = hand_in(api, house, xlsx(files.many(3)), "k1")
    api.upload(house.call(api, "POST", IMPORTS, {"file_name": "q.xlsx"}, headers={
        "Idempotency-Key": "k2"}).json, xlsx(files.many(20)))  # fmt: skip
    name = house.call(api, "GET", IMPORTS).json["imports"][0]["id"]
    assert name != found["id"]
    assert house.call(api, "POST", f"{IMPORTS}/{name}/check").status == 202
    assert in_haste(api, house, monkeypatch, name)["done"] == 6
    service = next(one for one in payable.list_services(house.tenant) if one.code == "quota")
    payable.save_service(house.tenant, replace(service, active=False), api.now)
    assert in_haste(api, house, monkeypatch, name)["done"] == 6
    while api.run("dues", on_dues.handle):
        pass
    found = house.call(api, "GET", f"{IMPORTS}/{name}").json
    # Not one row of the first run is among them.
    assert (found["state"], found["rows"], found["good"], found["cents"]) == ("checked", 20, 0, 0)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"uno;due\r\n1;2\r\n", "dues_headers:category,name,tax_code,service,reason,year,amount"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60), "sheet_old"),
        (b"PK\x03\x04" + bytes(60), "zip_corrupt"),
    ],
)
def test_a_file_of_something_else_fails_with_the_reason(
    api: Api, house: House, data: bytes, code: str
) -> None:
    found = hand_in(api, house, data, "k1")
    assert (found["state"], found["code"]) == ("failed", code)
    refused = house.call(api, "POST", f"{IMPORTS}/{found['id']}/commit", {})
    assert (refused.status, refused.code) == (409, "import_state")


def test_a_file_may_be_uploaded_by_form_and_replaced(api: Api, house: House) -> None:
    key = {"Idempotency-Key": "k1"}
    begun = house.call(api, "POST", IMPORTS, {"file_name": "quote.xlsx"}, headers=key).json
    path = f"{IMPORTS}/{begun['batch']['id']}"
    refused = house.call(api, "POST", f"{path}/check")
    assert (refused.status, refused.code) == (409, "dues_not_uploaded")
    for data, good in ((xlsx([row()]), 1), (xlsx(files.many(3)), 3)):
        api.upload(begun, data)
        assert house.call(api, "POST", f"{path}/check").status == 202
        api.run("dues", on_dues.handle)
        assert house.call(api, "GET", path).json["good"] == good
    assert house.call(api, "GET", IMPORTS).json["imports"][0]["id"] == begun["batch"]["id"]


def test_nobody_is_readable_in_the_table_or_in_kept_rows(api: Api, house: House) -> None:
    found = hand_in(api, house, xlsx([row()]), "k1")
    commit(api, house, found["id"])
    dump = repr([
        list(dynamo.query(partition, index=index))
        for index, partition in (
            ("list", keys.pk(house.tenant, "DUES")),
            ("list", keys.pk(house.tenant, "DUES", "IMPORTS")),
        )
    ])  # fmt: skip
    person = store.person_id(house.tenant, MARIA)
    dump += repr(dynamo.get(store.person_key(house.tenant, person)))
    kept = [key for key in api.objects("DOCUMENTS") if found["id"] in key]
    dump += repr([api.read("DOCUMENTS", key) for key in kept])
    assert kept
    for word in ("Rossi", MARIA, "maria.rossi", "Via Roma"):
        assert word not in dump


def test_another_bodys_import_is_as_if_it_were_not(api: Api, house: House) -> None:
    found = hand_in(api, house, xlsx([row()]), "k1")
    other = bodies.ready(api)
    for method, path in (("GET", ""), ("GET", "/faults"), ("POST", "/check"), ("POST", "/commit")):
        body = {} if path == "/commit" else None
        answer = other.call(api, method, f"{IMPORTS}/{found['id']}{path}", body)
        assert (answer.status, answer.code) == (404, "not_found")
    # The same key of somebody else is another import.
    assert hand_in(api, other, xlsx([row()]), "k1")["id"] != found["id"]
