"""A reseller's customers, through the API: their data, forms, notes, channels, search."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
import requests

from chalicelib.accounts import customer as model
from chalicelib.accounts import forms, service
from chalicelib.accounts.forms import FORMS, Form
from chalicelib.base import dynamo, fields, limits
from chalicelib.base.dynamo import from_wire
from chalicelib.base.errors import Rejected
from chalicelib.entry.web import Route
from chalicelib.invoicing import compose
from chalicelib.invoicing.waiting import WAITING
from infra.local.invoices import File, make
from infra.local.subjects import SUPPLIER, vat_number
from tests.accounts.profiles import CODE, IBAN, PERSON, VAT, full, minimal
from tests.entry import api_world
from tests.entry.api_world import Answer, Api, Person
from tests.entry.routes import invoice_values, routes
from tests.entry.test_openapi import conforms

api = api_world.api
alfa = api_world.alfa
beta = api_world.beta


@pytest.fixture
def fresh(api: Api) -> Person:
    """A reseller without any customer."""
    return api.add_reseller(f"gamma{next(api_world._names)}")


def create(api: Api, person: Person, code: str, **given: Any) -> Answer:
    return api.call("POST", "/v1/customers", person.token, {"id": code, **given})


def replace(api: Api, person: Person, code: str, **given: Any) -> Answer:
    return api.call("PUT", f"/v1/customers/{code}", person.token, given)


def get(api: Api, person: Person, code: str) -> Any:
    return api.call("GET", f"/v1/customers/{code}", person.token).json


# ------------------------------------------------------------------ data
@pytest.mark.feature("F004-001")
@pytest.mark.feature("F004-020")
@pytest.mark.feature("F004-021")
@pytest.mark.parametrize("form", FORMS)
def test_a_customer_is_made_of_what_his_form_asks_and_nothing_more(
    api: Api, fresh: Person, form: Form
) -> None:
    """Nobody's account comes of it: the reseller works for him."""
    before = _partitions(api)
    answer = create(api, fresh, "k", profile=minimal(form))
    assert answer.status == 201, answer.body
    made = answer.json
    assert made["form"] == made["profile"]["form"] == form
    assert made["fiscal_ids"]
    assert made["name"] in ("Bottega Serra", "Bruno Serra")
    assert made["advised"] == [
        one.name for one, need in forms.asked(form, issues=True).items() if need == "advised"
    ]
    assert get(api, fresh, "k") == made
    new = {one.split("#")[2] for one in _partitions(api) - before if one.count("#") > 1}
    assert new <= {"C", "AUDIT"}, "no user, session or grant"


def _partitions(api: Api) -> set[str]:
    return {item["pk"] for item in _items()}


def _items() -> list[dict[str, Any]]:
    import os

    from chalicelib.base import aws

    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=os.environ["TABLE"])
    return [
        {name: from_wire(value) for name, value in item.items()}
        for page in pages
        for item in page["Items"]
    ]


@pytest.mark.feature("F004-022")
def test_pages_get_the_table_that_judges(api: Api, fresh: Person) -> None:
    answer = api.call("GET", "/v1/customers/forms", fresh.token).json
    assert [one["form"] for one in answer["forms"]] == list(FORMS)
    for one in answer["forms"]:
        shown = {field["name"]: field for field in one["fields"]}
        given = full(one["form"])
        assert set(shown) == set(given) - {"form"}
        for name, field in shown.items():
            assert set(field["labels"]) == set(one["labels"]) == {"it", "en", "fr", "es"}
            values = [choice["value"] for choice in field["choices"]]
            assert given[name] in values if values else re.fullmatch(field["pattern"], given[name])
        needed = {name for name, field in shown.items() if field["need"] == "required"}
        assert needed == set(minimal(one["form"])) - {"form"}
    regime = next(f for f in answer["forms"][0]["fields"] if f["name"] == "regime")
    assert regime["choices"][0]["labels"]["es"] == "Regime ordinario"
    assert regime["choices"][0]["labels"]["en"] == "Ordinary regime"
    kept = api.call("GET", "/v1/customers/forms", fresh.token, query={"issues": "false"}).json
    body = next(one for one in kept["forms"] if one["form"] == "public_body")
    assert next(f for f in body["fields"] if f["name"] == "vat")["need"] == "optional"


@pytest.mark.feature("F004-021")
@pytest.mark.feature("F004-022")
def test_data_that_do_not_fit_the_form_are_refused_field_by_field(api: Api, fresh: Person) -> None:
    bad = create(api, fresh, "k", profile=minimal("company") | {"vat": "1", "first": "Ada"})
    assert (bad.status, bad.code) == (422, "customer_profile")
    assert bad.json["error"]["details"]["fields"] == [
        {"field": "first", "problem": "not_asked"},
        {"field": "vat", "problem": "form"},
    ]
    for unknown in ({"form": "ltd"}, {"name": "A"}, {"form": "company", "colour": "red"}):
        assert create(api, fresh, "k", profile=unknown).status == 400
    none = create(api, fresh, "k")
    assert (none.status, none.code) == (422, "customer_unnamed")
    assert api.call("GET", "/v1/customers", fresh.token).json["customers"] == []


def test_what_stands_in_an_address_of_ours_is_no_customers_id(api: Api, fresh: Person) -> None:
    assert create(api, fresh, "forms", profile=minimal("company")).code == "customer_id"


def test_a_name_and_more_fiscal_ids_may_be_given_beside(api: Api, fresh: Person) -> None:
    other = f"IT{vat_number(6600600)}"
    made = create(api, fresh, "k", name="Serra", fiscal_ids=[other, f"IT{VAT}"],
                  profile=minimal("company")).json  # fmt: skip
    assert made["name"] == "Serra"
    assert made["fiscal_ids"] == [f"IT{VAT}", other]


def test_replacing_replaces_all_of_it(api: Api, fresh: Person) -> None:
    create(api, fresh, "k", profile=full("professional"), portal="white_label", channels=["api"])
    changed = replace(api, fresh, "k", profile=full("company")).json
    assert changed["profile"]["name"] == "Bottega Serra"
    assert changed["profile"]["first"] == ""
    assert changed["fiscal_ids"] == [f"IT{VAT}", CODE]
    assert (changed["portal"], changed["channels"]) == ("none", list(model.CHANNELS))
    assert create(api, fresh, "other", fiscal_ids=[PERSON], name="N").status == 201, "given up"
    bare = replace(api, fresh, "k", name="N", fiscal_ids=[CODE]).json
    assert (bare["form"], bare["profile"]) == (None, None)
    assert not [item for item in _items() if item["sk"] == "PROFILE" and fresh.tenant in item["pk"]]


def test_personal_data_do_not_stand_in_the_table(api: Api, fresh: Person) -> None:
    secret = full("professional") | {"street": "Via Segretissima", "phone": "0119988776"}
    create(api, fresh, "k", profile=secret, mail="posta@serra.example")
    agent = full("company") | {"vat": vat_number(7700700), "tax_code": vat_number(7700700)}
    create(api, fresh, "firm", profile=agent | {"agent_last": "Riservatissimi"})
    api.call("POST", "/v1/customers/k/notes", fresh.token, {"text": "Paga tardi, e piange"},
             headers={"Idempotency-Key": "1"})  # fmt: skip
    dump = json.dumps([i for i in _items() if fresh.tenant in i["pk"]], default=repr)
    for word in ("Segretissima", "0119988776", "Riservatissimi", IBAN, "Paga tardi"):
        found = word in dump
        assert found is (word == IBAN), "of the firm, whose account is no person's"
    assert get(api, fresh, "k")["profile"]["street"] == "Via Segretissima"
    fields.delete_key(fresh.tenant)
    gone = api.call("GET", "/v1/customers/k", fresh.token)
    assert (gone.status, gone.code) == (410, "data_key_deleted")


def test_members_of_one_vat_group_are_different_customers(api: Api, fresh: Person) -> None:
    first = minimal("vat_group")
    second = first | {"tax_code": vat_number(8800800)}
    assert create(api, fresh, "one", profile=first).status == 201
    assert create(api, fresh, "two", profile=second).status == 201
    taken = create(api, fresh, "three", profile=first)
    assert (taken.status, taken.code) == (409, "fiscal_id_taken")


@pytest.mark.feature("F004-004")
@pytest.mark.parametrize("form", FORMS)
def test_what_is_answered_of_a_customer_is_as_described(
    api: Api, fresh: Person, form: Form
) -> None:
    made = create(api, fresh, "k", profile=full(form), sections=["{n}/A"])
    conforms(named("create_customer"), made)
    asked: list[tuple[str, dict[str, str]]] = [
        ("get_customer", {}),
        ("customer_forms", {}),
        ("list_customers", {}),
        ("list_customers", {"counts": "true"}),
        ("get_delegation", {}),
    ]
    for name, query in asked:
        route = named(name)
        path = route.path.replace("{customer_id}", "k")
        answer = api.call("GET", path, fresh.token, query=query)
        assert answer.status == 200
        conforms(route, answer)


def named(name: str) -> Route:
    return next(route for route in routes() if route.name == name)


# ------------------------------------------------------------------ the invoice
@pytest.mark.feature("F004-003")
@pytest.mark.feature("F004-023")
@pytest.mark.parametrize("format", ["FPR12", "FPA12"])
@pytest.mark.parametrize("form", FORMS)
def test_an_invoice_is_composed_without_saying_again_who_issues_it(
    api: Api, fresh: Person, form: Form, format: str
) -> None:
    create(api, fresh, "k", profile=minimal(form))
    values = invoice_values() | {"format": format}
    del values["seller"]
    if format == "FPA12":
        values["recipient"] = "UFABCD"
    answer = api.call("POST", "/v1/invoices", fresh.token, values, query={"customer": "k"},
                      headers={"Idempotency-Key": "1"})  # fmt: skip
    assert answer.status == 202, answer.body
    api.take_in()
    made = api.call("GET", f"/v1/documents/{answer.json['id']}", fresh.token).json
    assert (made["state"], made["customer"], made["errors"]) == ("ready", "k", [])
    assert made["seller"]["id"] == f"IT{VAT}"
    assert made["format"] == format


def test_in_a_self_invoice_the_customer_is_the_buyer(api: Api, fresh: Person) -> None:
    create(api, fresh, "k", profile=minimal("company"))
    values = invoice_values()
    values["documents"][0]["kind"] = "TD17"
    values["seller"] = {
        "identity": {"country": "DE", "vat": "136695976", "name": "Nordlicht"},
        "place": {"street": "Hafenstrasse 4", "city": "Hamburg", "country": "DE"},
        "regime": "RF18",
    }
    del values["buyer"]

    def post(body: Any) -> Answer:
        return api.call("POST", "/v1/invoices", fresh.token, body, query={"customer": "k"},
                        headers={"Idempotency-Key": "1"})  # fmt: skip

    answer = post(values)
    assert answer.status == 202, answer.body
    api.take_in()
    made = api.call("GET", f"/v1/documents/{answer.json['id']}", fresh.token).json
    assert (made["state"], made["customer"]) == ("ready", "k")
    assert made["buyer"]["id"] == f"IT{VAT}"
    del values["seller"]
    missing = post(values)
    assert (missing.status, missing.code) == (422, "compose_missing")
    assert missing.json["error"]["details"] == {"field": "seller"}


def test_without_his_data_the_issuer_must_be_said(api: Api, alfa: Person) -> None:
    values = invoice_values()
    del values["seller"]
    for query in ({"customer": "c1"}, {}):
        answer = api.call("POST", "/v1/invoices", alfa.token, values, query=query,
                          headers={"Idempotency-Key": "1"})  # fmt: skip
        assert (answer.status, answer.code) == (422, "customer_profile_missing")
    buyer = invoice_values()
    del buyer["buyer"]
    answer = api.call("POST", "/v1/invoices", alfa.token, buyer, headers={"Idempotency-Key": "1"})
    assert (answer.status, answer.code) == (422, "compose_missing")


def test_every_field_of_the_seller_comes_out_of_his_data() -> None:
    """What the composer can write of a seller and a profile cannot say is meant to be so."""
    from chalicelib.invoicing import sellers

    unsaid = {"branch", "representative", "fax", "reference"}
    whole: dict[str, Any] = {}
    for form in FORMS:
        made = sellers.seller_of(service.customers.profiles.Profile(**full(form)))
        whole |= {name: value for name, value in vars(made).items() if value}
    assert set(compose.Seller.__dataclass_fields__) - set(whole) == unsaid


# ------------------------------------------------------------------ channels, formats, portal
@pytest.mark.feature("F004-032")
def test_a_document_by_a_channel_that_is_not_open_is_refused(api: Api, alfa: Person) -> None:
    shut = {"name": "N", "fiscal_ids": [f"IT{api_world.SELLER.vat}"], "channels": ["upload"]}
    assert replace(api, alfa, "c1", **shut).json["channels"] == ["upload"]
    api.drop(f"{alfa.tenant}/one.xml", make(number="1/2026"))
    api.drop(f"{alfa.tenant}/c1/two.xml", make(number="2/2026"))
    document = api.hand_in(alfa.token, "three.xml", make(number="3/2026"))
    flows = api.call("GET", "/v1/flows", alfa.token).json["flows"]
    assert {one["code"] for one in flows} == {"channel_disabled"}
    assert {one["state"] for one in flows} == {"refused_file"}
    assert len(flows) == 3
    assert document in {one["id"] for one in flows}
    query, headers = {"name": "a", "customer": "c1"}, {"Idempotency-Key": "1"}
    named = api.call("POST", "/v1/documents", alfa.token, b"x", query=query, headers=headers)
    assert (named.status, named.code) == (422, "channel_disabled")
    assert named.json["error"]["details"] == {"channel": "api", "channels": ["upload"]}
    composed = api.call("POST", "/v1/invoices", alfa.token, invoice_values(),
                        query={"customer": "c1"}, headers={"Idempotency-Key": "1"})  # fmt: skip
    assert composed.code == "channel_disabled"
    wanted = {"files": [{"name": "four.xml"}], "customer": "c1"}
    place = api.call("POST", "/v1/uploads", alfa.token, wanted).json["uploads"][0]
    api.upload(place, make(number="4/2026"))
    api.take_in()
    assert api.call("GET", place["status_url"], alfa.token).json["state"] == "ready"


@pytest.mark.feature("F004-032")
def test_a_decision_opens_no_channel(api: Api, alfa: Person) -> None:
    """Of nobody's customer when it came; the customer who is named then may not send so."""
    held = api.hand_in(alfa.token, "x.xml", make("TD01", seller=SUPPLIER))
    create(api, alfa, "s", name="S", fiscal_ids=[f"IT{SUPPLIER.vat}"], channels=["bucket"])
    decided = api.call("POST", f"/v1/documents/{held}/decision", alfa.token,
                       {"action": "send", "customer": "s"})  # fmt: skip
    assert (decided.status, decided.code) == (422, "channel_disabled")


@pytest.mark.feature("F004-043")
def test_other_formats_than_his_are_refused(api: Api, alfa: Person) -> None:
    only = {"name": "N", "fiscal_ids": [f"IT{api_world.SELLER.vat}"], "formats": ["p7m"]}
    replace(api, alfa, "c1", **only)
    document = api.hand_in(alfa.token, "one.xml", make(number="1/2026"))
    flow = api.call("GET", f"/v1/flows/{document}", alfa.token).json
    assert (flow["state"], flow["code"]) == ("refused_file", "format_not_enabled")


@pytest.mark.feature("F004-028")
def test_the_level_of_a_portal_changes_what_it_shows(api: Api, fresh: Person) -> None:
    seen = {}
    for level in ("none", "white_label", "white_label_plus"):
        made = create(api, fresh, level, name="N", fiscal_ids=[f"IT{level.upper()[:9]}"],
                      portal=level)  # fmt: skip
        assert made.status == 422 or made.json["portal"] == level
        seen[level] = set(model.Customer("i", "n", ("IT12",), portal=level).features)  # type: ignore[arg-type]
    assert seen["none"] == set()
    assert seen["none"] < seen["white_label"] < seen["white_label_plus"]
    made = create(api, fresh, "p", profile=minimal("company"), portal="white_label_plus").json
    assert set(made["features"]) == seen["white_label_plus"]


# ------------------------------------------------------------------ notes
def note(api: Api, person: Person, text: str, key: str, code: str = "c1") -> Answer:
    return api.call("POST", f"/v1/customers/{code}/notes", person.token, {"text": text},
                    headers={"Idempotency-Key": key})  # fmt: skip


@pytest.mark.feature("F004-039")
def test_a_note_has_author_and_date_and_stays(api: Api, alfa: Person) -> None:
    first = note(api, alfa, "Preferisce la posta.", "1")
    assert first.status == 201
    assert first.json["by"] == f"key:{alfa.token.split('_')[2]}"
    assert first.json["at"].startswith("2026-11-2")
    second = note(api, alfa, "  Non più.\n", "2").json
    assert second["text"] == "Non più."
    listed = api.call("GET", "/v1/customers/c1/notes", alfa.token).json
    assert listed["notes"] == [second, first.json]
    assert get(api, alfa, "c1")["name"], "the customer himself is as he was"
    found = {(r.method, r.path) for r in routes() if "/notes" in r.path}
    assert {method for method, _ in found} == {"GET", "POST"}, "nothing changes or drops a note"


@pytest.mark.feature("F004-039")
def test_the_same_request_writes_one_note(api: Api, alfa: Person) -> None:
    first = note(api, alfa, "Una volta.", "1")
    again = note(api, alfa, "Una volta.", "1")
    assert (again.status, again.json) == (first.status, first.json)
    other = note(api, alfa, "Altro.", "1")
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    assert len(api.call("GET", "/v1/customers/c1/notes", alfa.token).json["notes"]) == 1


def test_notes_come_in_pages(api: Api, alfa: Person) -> None:
    for number in range(5):
        note(api, alfa, f"N. {number}", str(number))
    found, cursor = [], ""
    while True:
        query = {"limit": 2} | ({"after": cursor} if cursor else {})
        page = api.call("GET", "/v1/customers/c1/notes", alfa.token, query=query).json
        found += [one["text"] for one in page["notes"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert found == [f"N. {number}" for number in (4, 3, 2, 1, 0)]
    assert note(api, alfa, "x" * (limits.NOTE_CHARS + 1), "long").status == 400


# ------------------------------------------------------------------ searching
@pytest.mark.feature("F004-002")
def test_customers_are_found_by_any_part_of_what_names_them(api: Api, fresh: Person) -> None:
    create(api, fresh, "rossi-mario", name="Studio Rossi & Figli", fiscal_ids=["IT00000000001"])
    create(api, fresh, "bianchi", name="Pasticceria BIANCHI", fiscal_ids=["RSSMRA80A01H501U"])
    create(api, fresh, "verdi", name="Verdi S.r.l.", fiscal_ids=["IT12345670017"])

    def search(text: str, **more: Any) -> list[str]:
        query = {"q": text, **more}
        page = api.call("GET", "/v1/customers", fresh.token, query=query).json
        return [one["id"] for one in page["customers"]]

    assert search("rossi") == ["rossi-mario"]
    assert search("ROSS FIGL") == ["rossi-mario"]
    assert search("bianchi") == ["bianchi"]
    assert search("rssmra") == ["bianchi"]
    assert search("1234567") == ["verdi"]
    assert search("s.r.l.") == ["verdi"]
    assert search("rossi verdi") == []
    assert search("") == ["bianchi", "rossi-mario", "verdi"]
    found, after = [], ""
    while True:
        query = {"limit": 1, "q": "i"} | ({"after": after} if after else {})
        page = api.call("GET", "/v1/customers", fresh.token, query=query).json
        found += [one["id"] for one in page["customers"]]
        if not page["cursor"]:
            break
        after = page["cursor"]
    assert found == ["bianchi", "rossi-mario", "verdi"]


def test_one_request_reads_a_bounded_number(
    api: Api, fresh: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        create(api, fresh, f"k{number}", name=f"N{number}", fiscal_ids=[f"IT0000000000{number}"])
    monkeypatch.setattr(limits, "FILTER_READ_ITEMS", 2)
    query = {"q": "n4"}
    pages = []
    while True:
        page = api.call("GET", "/v1/customers", fresh.token, query=query).json
        pages.append([one["id"] for one in page["customers"]])
        if not page["cursor"]:
            break
        query["after"] = page["cursor"]
    assert pages == [[], [], ["k4"]]


@pytest.mark.feature("F004-002")
def test_counters_say_what_waits_for_whom(
    api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(api, alfa, "c2", name="Due", fiscal_ids=["IT12345670017"])
    for number, (customer, state) in enumerate(
        [("c1", "held"), ("c1", "held"), ("c1", "rejected"), ("c2", "held"), ("", "held"),
         ("c2", "delivered"), ("c2", "sent")]
    ):  # fmt: skip
        api.put(alfa.tenant, id=f"d{number}", customer=customer, state=state)

    def counts(**query: str) -> Any:
        return api.call("GET", "/v1/customers", alfa.token, query=query).json

    page = counts(counts="true")
    assert {one["id"]: one["documents"] for one in page["customers"]} == {
        "c1": {"held": 2, "rejected": 1},
        "c2": {"held": 1},
    }
    assert page["counted"] == "all"
    assert [one["id"] for one in counts(state="rejected")["customers"]] == ["c1"]
    assert [one["id"] for one in counts(state="held", q="due")["customers"]] == ["c2"]
    plain = counts()
    assert plain["counted"] == "none"
    assert {one["documents"] for one in plain["customers"]} == {None}
    monkeypatch.setattr(limits, "FILTER_READ_ITEMS", 3)
    assert counts(counts="true")["counted"] == "part"
    assert counts(state="sent").get("error"), "what is done is not counted here"
    assert "delivered" not in WAITING


def test_a_search_of_the_service_takes_any_condition(api: Api, alfa: Person) -> None:
    found = service.search_customers(alfa.tenant, "", "", 50, lambda one: one.id != "c1")
    assert (found.customers, found.after) == ((), "")
    with pytest.raises(Rejected):
        service.require_channel(model.Customer("i", "n", ("IT12",), channels=()), "pec")


# ------------------------------------------------------------------ sections, keys, attachments
@pytest.mark.feature("F004-024")
def test_sections_are_kept_each_with_its_pattern(api: Api, fresh: Person) -> None:
    patterns = ["{n}/A/{yyyy}", "FE-{n}-{yy}", "{n}"]
    made = create(api, fresh, "k", profile=minimal("company"), sections=[*patterns, "{n}"]).json
    assert made["sections"] == patterns, "in their order, each once"
    for bad in ("A/{yyyy}", "{n}{n}", "{n}\n"):
        answer = replace(api, fresh, "k", profile=minimal("company"), sections=[bad])
        assert (answer.status, answer.code) == (422, "section"), bad
    too_many = [f"{n}-{{n}}" for n in range(limits.CUSTOMER_SECTIONS + 1)]
    assert replace(api, fresh, "k", name="N", fiscal_ids=[CODE], sections=too_many).status == 400
    for number in ("1/A/2026", "3/A/2026", "FE-7-26", "9"):
        values = invoice_values()
        del values["seller"]
        values["documents"][0]["number"] = number
        answer = api.call("POST", "/v1/invoices", fresh.token, values, query={"customer": "k"},
                          headers={"Idempotency-Key": number})  # fmt: skip
        assert answer.status == 202, answer.body
    api.take_in()
    query = {"issuer": f"IT{VAT}", "year": "2026"}
    report = api.call("GET", "/v1/numbering", fresh.token, query=query).json["series"]
    gaps = {one["series"]: one["gaps"] for one in report}
    assert gaps == {"{n}": [], "{n}/A/{yyyy}": [{"first": 2, "last": 2}], "FE-{n}-{yy}": []}


@pytest.mark.feature("F004-006")
def test_a_program_of_the_resellers_works_with_a_key_of_his(
    api: Api, fresh: Person, beta: Person
) -> None:
    wanted = {"name": "gestionale", "scopes": ["documents:write", "documents:read"]}
    key = api.call("POST", "/v1/keys", fresh.token, wanted).json["token"]
    program = Person(fresh.tenant, key)
    create(api, fresh, "k", profile=minimal("company"))
    values = invoice_values()
    del values["seller"]
    answer = api.call("POST", "/v1/invoices", key, values, query={"customer": "k"},
                      headers={"Idempotency-Key": "1"})  # fmt: skip
    api.take_in()
    path = f"/v1/documents/{answer.json['id']}"
    assert api.call("GET", path, program.token).status == 200
    assert api.call("GET", path, beta.token).status == 404
    assert api.call("GET", "/v1/customers", key).status == 403


@pytest.mark.feature("F004-045")
def test_an_invoice_that_is_composed_is_valid_and_on_its_way(api: Api, fresh: Person) -> None:
    create(api, fresh, "k", profile=full("professional"))
    values = invoice_values()
    del values["seller"]
    answer = api.call("POST", "/v1/invoices", fresh.token, values, query={"customer": "k"},
                      headers={"Idempotency-Key": "1"})  # fmt: skip
    assert answer.json["totals"][0]["total"] == "122.12"
    api.take_in()
    made = api.call("GET", f"/v1/documents/{answer.json['id']}", fresh.token).json
    assert (made["state"], made["errors"], made["channel"]) == ("ready", [], "api")
    waiting = [row for shard in range(4) for row in dynamo.query(f"due#{shard}", index="due")]
    queued = [row for row in waiting if made["id"] in row["pk"] and row["queue"] == "send"]
    assert len(queued) == 1


@pytest.mark.feature("F004-046")
def test_attachments_come_by_every_channel_that_is_open(api: Api, alfa: Person) -> None:
    def bill(number: str) -> bytes:
        return make(number=number, attachments=(File("pianta.pdf", "PDF", b"%PDF-1.4 pianta"),))

    api.drop(f"{alfa.tenant}/c1/one.xml", bill("1/2026"))
    wanted = {"files": [{"name": "two.xml"}], "customer": "c1"}
    place = api.call("POST", "/v1/uploads", alfa.token, wanted).json["uploads"][0]
    api.upload(place, bill("2/2026"))
    api.hand_in(alfa.token, "three.xml", bill("3/2026"), customer="c1")
    values = invoice_values()
    attached = {"name": "pianta.pdf", "data": base64.b64encode(b"%PDF-1.4 pianta").decode()}
    values["documents"][0]["files"] = [attached]
    api.call("POST", "/v1/invoices", alfa.token, values, headers={"Idempotency-Key": "1"})
    api.take_in()
    found = api.call("GET", "/v1/documents", alfa.token).json["documents"]
    assert sorted(one["channel"] for one in found) == ["api", "api", "bucket", "upload"]
    for one in found:
        shown = api.call("GET", f"/v1/documents/{one['id']}", alfa.token).json
        assert [each["name"] for each in shown["attachments"]] == ["pianta.pdf"]
        assert shown["attachments"][0]["size"] == len(b"%PDF-1.4 pianta")
        files = api.call("GET", f"/v1/documents/{one['id']}/files", alfa.token).json["files"]
        raw = next(each["url"] for each in files if each["kind"] == "raw")
        sent = requests.get(raw, timeout=10).content
        assert base64.b64encode(b"%PDF-1.4 pianta") in sent
