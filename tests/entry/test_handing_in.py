"""Handing in by request and by form: one effect for one act, every byte as it came."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.base import limits, s3
from chalicelib.base.errors import Transient
from chalicelib.invoicing.signing import cades
from infra.local.invoices import Line, make
from infra.local.subjects import SUPPLIER
from tests.entry.api_world import Answer, Api, Person
from tests.invoicing import signer

SIGNED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def send(api: Api, token: str, key: str, data: bytes, **changed: Any) -> Answer:
    kind = changed.pop("kind", "application/octet-stream")
    headers = {"Idempotency-Key": key, "Content-Type": kind}
    query = {"name": "a.xml"} | changed
    return api.call("POST", "/v1/documents", token, data, query=query, headers=headers)


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.xml", data)
    return packed.getvalue()


# ------------------------------------------------------------------ POST /v1/documents
@pytest.mark.feature("F004-057")
def test_the_same_act_again_is_the_same_answer_and_one_effect(api: Api, alfa: Person) -> None:
    data = make()
    answers = [send(api, alfa.token, "k", data) for _ in range(3)]
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body for answer in answers}) == 1
    api.take_in()
    assert send(api, alfa.token, "k", data).body == answers[0].body
    api.take_in()
    listed = api.call("GET", "/v1/flows", alfa.token).json["flows"]
    assert [one["id"] for one in listed] == [answers[0].json["id"]]
    assert listed[0]["state"] == "ready", "a repeat is no duplicate"
    keys = [key for key in api.objects("INTAKE") if f"/{alfa.tenant}/" in key]
    assert len(keys) == 1


@pytest.mark.feature("F004-057")
def test_a_key_used_for_something_else_is_refused(api: Api, alfa: Person) -> None:
    api.add_customer(alfa.tenant, "c2", SUPPLIER)
    first = send(api, alfa.token, "k", b"one")
    assert first.status == 202
    for changed in ({"data": b"two"}, {"name": "b.xml"}, {"customer": "c2"}):
        data = changed.pop("data", b"one")
        answer = send(api, alfa.token, "k", data, **changed)  # type: ignore[arg-type]
        assert (answer.status, answer.code) == (409, "idempotency_key_reused")
    assert send(api, alfa.token, "k", b"one").json == first.json
    other = api.key(alfa.tenant, "documents:write")
    apart = send(api, other, "k", b"one")
    assert apart.json["id"] != first.json["id"], "each API key has idempotency keys of its own"


def test_a_request_that_died_half_way_is_finished_by_its_repeat(
    api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bool:
        raise Transient("table_busy", "for a moment")

    with monkeypatch.context() as broken:
        broken.setattr(s3, "put_new", fails)
        assert send(api, alfa.token, "k", b"<x/>").status == 503
    found = send(api, alfa.token, "k", b"<x/>")
    assert found.status == 202
    assert any(found.json["id"] in key for key in api.objects("INTAKE"))


def _bodies() -> list[Any]:
    plain = make()
    latin = make(lines=(Line("Qualità è caffè"),), encoding="ISO-8859-1")
    signed = cades.sign(plain, signer(), SIGNED)
    return [
        pytest.param(plain, "application/xml", id="xml"),
        pytest.param(latin, "text/xml; charset=iso-8859-1", id="latin-1"),
        pytest.param(latin, "application/octet-stream", id="latin-1-octets"),
        pytest.param(signed, "application/pkcs7-mime", id="p7m"),
        pytest.param(base64.b64encode(signed), "application/octet-stream", id="armoured"),
        pytest.param(zipped(a=plain), "application/zip", id="zip"),
        pytest.param(b"%PDF-1.7\r\n\x00\xff", "application/pdf", id="pdf"),
        pytest.param(bytes(range(256)) * 3, "application/octet-stream", id="every-byte"),
        pytest.param(json.dumps({"è": 1}).encode(), "application/json", id="json"),
    ]


@pytest.mark.feature("F000-040", "F004-057")
@pytest.mark.parametrize(("data", "kind"), _bodies())
def test_every_byte_is_kept(api: Api, alfa: Person, data: bytes, kind: str) -> None:
    answer = send(api, alfa.token, "k", data, kind=kind, name="file.bin")
    assert answer.status == 202
    key = f"api/{alfa.tenant}/{answer.json['id']}/file.bin"
    assert api.read("INTAKE", key) == data
    api.take_in()
    flow = api.call("GET", answer.json["status_url"], alfa.token).json
    assert flow["size"] == len(data)
    assert flow["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.feature("F004-057")
def test_the_status_address_tells_from_the_first_moment_on(api: Api, alfa: Person) -> None:
    found = send(api, alfa.token, "k", make()).json
    awaited = api.call("GET", found["status_url"], alfa.token).json
    assert (awaited["state"], awaited["document_url"]) == ("awaited", None)
    assert awaited["file_name"] == "a.xml"
    api.take_in()
    flow = api.call("GET", found["status_url"], alfa.token).json
    assert (flow["state"], flow["channel"]) == ("ready", "api")
    assert api.call("GET", flow["document_url"], alfa.token).json["id"] == found["id"]


def test_what_is_no_document_stays_a_flow(api: Api, alfa: Person) -> None:
    found = send(api, alfa.token, "k", b"hello").json
    api.take_in()
    flow = api.call("GET", found["status_url"], alfa.token).json
    assert (flow["state"], flow["code"]) == ("refused_file", "unknown_content")
    assert flow["document_url"] is None
    assert api.call("GET", f"/v1/documents/{found['id']}", alfa.token).status == 404


def test_an_archive_is_followed_by_its_flow(api: Api, alfa: Person) -> None:
    data = zipped(a=make(number="1"), b=make(number="2"), c=b"nonsense")
    found = send(api, alfa.token, "k", data, name="many.zip").json
    api.take_in()
    flow = api.call("GET", found["status_url"], alfa.token).json
    assert (flow["kind"], flow["state"], flow["members"]) == ("archive", "unpacked", 3)
    assert (flow["documents"], flow["refusals"]) == (2, 1)
    query = {"archive": found["id"]}
    inside = api.call("GET", "/v1/flows", alfa.token, query=query).json["flows"]
    assert sorted(one["file_name"] for one in inside) == ["a.xml", "b.xml", "c.xml"]


# ------------------------------------------------------------------ formats of a customer
@pytest.mark.feature("F004-043")
@pytest.mark.parametrize("formats", [["xml"], ["p7m"], ["pdf"], ["xml", "pdf"]])
def test_a_customers_other_formats_are_refused(api: Api, alfa: Person, formats: list[str]) -> None:
    path = "/v1/customers/c1"
    old = api.call("GET", path, alfa.token).json
    fields = {"name": old["name"], "fiscal_ids": old["fiscal_ids"], "formats": formats}
    assert api.call("PUT", path, alfa.token, fields).json["formats"] == formats
    plain = make()
    files = {"xml": plain, "p7m": cades.sign(plain, signer(), SIGNED), "pdf": b"%PDF-1.4 x"}
    for kind, data in files.items():
        found = api.hand_in(alfa.token, f"one.{kind}", data, customer="c1")
        flow = api.call("GET", f"/v1/flows/{found}", alfa.token).json
        if kind in formats:
            assert flow["state"] != "refused_file", kind
        else:
            assert (flow["state"], flow["code"]) == ("refused_file", "format_not_enabled")


# ------------------------------------------------------------------ POST /v1/uploads
def places(api: Api, token: str, *names: str, key: str = "", **more: Any) -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    wanted = {"files": [{"name": name} for name in names], **more}
    return api.call("POST", "/v1/uploads", token, wanted, headers=headers)


@pytest.mark.feature("F004-052", "F004-077")
def test_many_files_by_form(api: Api, alfa: Person) -> None:
    names = [f"{n}.xml" for n in range(1, 6)]
    found = places(api, alfa.token, *names).json
    assert found["expires_in_s"] == limits.UPLOAD_LINK_S
    assert [one["file_name"] for one in found["uploads"]] == names
    assert len({one["id"] for one in found["uploads"]}) == len(names)
    for one in found["uploads"]:
        flow = api.call("GET", one["status_url"], alfa.token).json
        assert (flow["state"], flow["file_name"]) == ("awaited", one["file_name"])
        api.upload(one, make(number=one["file_name"][0]))
    api.take_in()
    for one in found["uploads"]:
        flow = api.call("GET", one["status_url"], alfa.token).json
        assert (flow["state"], flow["channel"]) == ("ready", "upload")
        assert (flow["file_name"], flow["customer"]) == (one["file_name"], "c1")


@pytest.mark.feature("F004-052")
@pytest.mark.parametrize(
    ("name", "largest"),
    [("a.xml", limits.DOCUMENT_RAW_BYTES), ("b.ZIP", limits.ARCHIVE_BYTES)],
)
def test_a_form_is_good_for_one_key_and_size_only(
    api: Api, alfa: Person, name: str, largest: int
) -> None:
    (one,) = places(api, alfa.token, name).json["uploads"]
    assert one["fields"]["key"] == f"upload/{alfa.tenant}/{one['id']}/{name}"
    policy = json.loads(base64.b64decode(one["fields"]["policy"]))
    conditions = policy["conditions"]
    assert ["content-length-range", 1, largest] in conditions
    assert {"key": one["fields"]["key"]} in conditions
    assert not any(isinstance(rule, list) and rule[0] == "starts-with" for rule in conditions)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(min_size=1, max_size=300))
@example("${filename}")
@example("a/${filename}")
@example("x${filename}")
@example("..")
@example("a/..")
@example("C:\\fatture\\uno.xml")
@example("\U0001f9fe" * 255)
@example("a\r\nb")
@example("\ud800")
def test_any_name_gives_an_exact_key_or_a_refusal(api: Api, alfa: Person, name: str) -> None:
    answer = places(api, alfa.token, name)
    if answer.status != 201:
        assert answer.status in (400, 422)
        return
    (one,) = answer.json["uploads"]
    policy = json.loads(base64.b64decode(one["fields"]["policy"]))
    key = one["fields"]["key"]
    assert {"key": key} in policy["conditions"]
    assert "${" not in key
    assert len(key.encode()) <= 1024, "what S3 takes"
    assert key.count("/") == 3
    assert key.rpartition("/")[2] not in ("", ".", "..")


@pytest.mark.feature("F004-052")
def test_a_second_upload_by_the_same_form_is_a_file_of_its_own(api: Api, alfa: Person) -> None:
    (one,) = places(api, alfa.token, "a.xml").json["uploads"]
    api.upload(one, make(number="1"))
    api.take_in()
    api.upload(one, make(number="2"))
    api.upload(one, make(number="1"))
    api.take_in()
    flows = api.call("GET", "/v1/flows", alfa.token).json["flows"]
    assert len(flows) == 3
    assert flows[-1]["id"] == one["id"]
    documents = api.call("GET", "/v1/documents", alfa.token).json["documents"]
    assert sorted(each["number"] for each in documents) == ["1", "1", "2"]
    assert [each["state"] for each in documents].count("ready") == 1, "the name is taken twice"


@pytest.mark.feature("F004-052")
def test_the_same_request_for_places_gives_the_same_places(api: Api, alfa: Person) -> None:
    api.add_customer(alfa.tenant, "c2", SUPPLIER)
    first = places(api, alfa.token, "a.xml", "b.xml", key="k").json["uploads"]
    again = places(api, alfa.token, "a.xml", "b.xml", key="k").json["uploads"]
    assert [one["id"] for one in again] == [one["id"] for one in first]
    others: list[dict[str, Any]] = [
        {"names": ("c.xml", "b.xml")},
        {"names": ("b.xml", "a.xml")},
        {"names": ("a.xml", "c.xml")},
        {"names": ("a.xml",)},
        {"names": ("a.xml", "b.xml", "c.xml")},
        {"names": ("a.xml", "b.xml"), "customer": "c2"},
    ]
    for other in others:
        answer = places(api, alfa.token, *other.pop("names"), key="k", **other)
        assert (answer.status, answer.code) == (409, "idempotency_key_reused")
    assert len(places(api, alfa.token, "a.xml").json["uploads"]) == 1


def test_a_hundred_files_and_no_more(api: Api, alfa: Person) -> None:
    names = [f"{n}.xml" for n in range(limits.UPLOAD_FILES)]
    assert len(places(api, alfa.token, *names).json["uploads"]) == limits.UPLOAD_FILES
    assert places(api, alfa.token, *names, "one.xml").status == 400
    assert places(api, alfa.token).status == 400
