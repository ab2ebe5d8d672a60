"""The audit trail through the door: what acts leave there, who may look, and how it is searched."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import audit_store
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.model import SCOPES, Caller
from chalicelib.base import dynamo
from chalicelib.entry import acting, on_audit
from infra.local.invoices import make
from tests.entry.api_world import Api, Person

pytestmark = pytest.mark.feature("U-10")
SECRET = "a-secret-of-the-webhook-0123456789"


def search(api: Api, person: Person, **query: Any) -> Any:
    answer = api.call("GET", "/v1/audit", person.token, query=query)
    assert answer.status == 200, answer.body
    return answer.json


def chain(api: Api) -> None:
    api.run("audit", on_audit.handle)


def found(api: Api, person: Person, **query: Any) -> list[Any]:
    """Entries that are chained, without those about looking at the trail."""
    chain(api)
    entries = search(api, person, **query)["entries"]
    return [one for one in entries if one["action"] != "audit_read"]


def document(api: Api, person: Person, number: str = "1/2026") -> str:
    return api.hand_in(person.token, "1.xml", make(number=number))


# ------------------------------------------------------------------ what leaves an entry
def test_who_reads_a_documents_files_or_copy_is_in_the_trail(api: Api, alfa: Person) -> None:
    """Who, what, when, from where (U-10)."""
    doc = document(api, alfa)
    headers = {"User-Agent": "Mozilla/5.0 (Anna's)", "X-Forwarded-For": "203.0.113.9"}
    files = api.call("GET", f"/v1/documents/{doc}/files", alfa.token, headers=headers)
    at = api.now
    api.call("GET", f"/v1/documents/{doc}/copy", alfa.token, query={"language": "en"})
    copy, read = found(api, alfa)
    assert read["what"] == copy["what"] == f"document:{doc}"
    assert (read["action"], copy["action"]) == ("files_read", "copy_read")
    assert read["facts"] == {"files": len(files.json["files"])}
    assert copy["facts"] == {"language": "en"}
    assert read["at"][:19] == at.isoformat()[:19]
    actor = read["actor"]
    assert (actor["kind"], actor["id"]) == ("key", alfa.token.split("_")[2])
    assert actor["source"] == "192.0.2.7", "a header is what the caller wants it to be"
    assert actor["agent"]
    assert copy["actor"]["agent"] is None
    assert actor["agent"] not in headers["User-Agent"]


def test_what_could_not_be_read_leaves_none(api: Api, alfa: Person, beta: Person) -> None:
    doc = document(api, alfa)
    for path in ("files", "copy"):
        assert api.call("GET", f"/v1/documents/{doc}/{path}", beta.token).status == 404
    pdf = api.hand_in(alfa.token, "a.pdf", b"%PDF-1.4 no invoice")
    assert api.call("GET", f"/v1/documents/{pdf}/copy", alfa.token).status == 422
    assert found(api, alfa) == found(api, beta) == []


def test_nothing_is_shown_that_could_not_be_recorded(
    api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.accounts import audit
    from chalicelib.base.errors import Transient

    doc = document(api, alfa)

    def busy(*_: Any) -> None:
        raise Transient("table_busy", "The table is busy; try again.")

    monkeypatch.setattr(audit, "record", busy)
    for path in (f"/v1/documents/{doc}/files", f"/v1/documents/{doc}/copy", "/v1/audit"):
        answer = api.call("GET", path, alfa.token)
        assert (answer.status, answer.code) == (503, "table_busy")


def test_settings_and_keys_leave_entries_without_what_they_were_set_to(
    api: Api, alfa: Person
) -> None:
    hook = {"url": "https://hooks.example.com/a", "secret": SECRET}
    api.call("PATCH", "/v1/settings", alfa.token, {"name": "Nuovo nome", "webhook": hook})
    wanted = {"name": "Chiave di Anna", "scopes": ["flows:read"], "customer": "c1"}
    issued = api.call("POST", "/v1/keys", alfa.token, wanted).json
    for _ in range(2):
        api.call("DELETE", f"/v1/keys/{issued['id']}", alfa.token)
    api.call("DELETE", "/v1/keys/nobodys", alfa.token)
    entries = found(api, alfa)
    assert [(one["action"], one["what"]) for one in entries] == [
        ("key_revoked", f"key:{issued['id']}"),
        ("key_issued", f"key:{issued['id']}"),
        ("settings_changed", "settings"),
    ]
    assert entries[1]["facts"] == {"scopes": ["flows:read"], "customer": "c1"}
    assert entries[2]["facts"] == {"changed": ["name", "webhook"]}
    kept = [*dynamo.query(f"T#{alfa.tenant}#TRAIL"), *dynamo.query(f"T#{alfa.tenant}#AUDIT")]
    dump = json.dumps(kept, default=str)
    for secret in (
        SECRET,
        issued["token"],
        issued["token"][-20:],
        "Anna",
        "Nuovo",
        "hooks.example",
    ):
        assert secret not in dump


def test_a_refused_change_leaves_none(api: Api, alfa: Person) -> None:
    api.call("PATCH", "/v1/settings", alfa.token, {"mail": "nobody"})
    api.call("POST", "/v1/keys", alfa.token, {"name": "k", "scopes": ["no:such"]})
    assert found(api, alfa) == []


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (Caller("t", "k1", frozenset()), Actor("key", "k1", "", "", "2001:db8::1", "")),
        (
            Caller("t", "u1", frozenset(), user="u1", grant="g1", role="secretary"),
            Actor("user", "u1", "secretary", "g1", "2001:db8::1", ""),
        ),
        (
            Caller("t", "u1", frozenset(), user="u1", grant="g1", role="support"),
            Actor("support", "u1", "support", "g1", "2001:db8::1", ""),
        ),
        (Caller("", "", frozenset()), Actor("system", "nobody", "", "", "2001:db8::1", "")),
    ],
)
def test_who_acts_is_told_apart(caller: Caller, expected: Actor) -> None:
    context = {"identity": {"sourceIp": "2001:DB8:0::1%eth0"}}
    assert acting.actor(caller, context, {}) == expected


@pytest.mark.parametrize("source", [None, "", "unknown", "a, b", "1.2.3.4, 5.6.7.8"])
def test_what_is_no_address_is_none(source: Any) -> None:
    context = {"identity": {"sourceIp": source}}
    assert acting.actor(Caller("t", "k1", frozenset()), context, {}).source == ""


# ------------------------------------------------------------------ who may look
def test_a_key_without_the_scope_sees_nothing(api: Api, alfa: Person) -> None:
    others = api.key(alfa.tenant, *(set(SCOPES) - {"audit:read"}))
    answer = api.call("GET", "/v1/audit", others)
    assert (answer.status, answer.code) == (403, "forbidden")


def test_a_tenant_sees_his_own_trail_only(api: Api, alfa: Person, beta: Person) -> None:
    for person in (alfa, beta):
        api.call("PATCH", "/v1/settings", person.token, {"digest": "daily"})
    chain(api)
    for person, other in ((alfa, beta), (beta, alfa)):
        page = search(api, person)
        keys = {one["actor"]["id"] for one in [*page["entries"], *page["waiting"]]}
        assert keys == {person.token.split("_")[2]}
        theirs = search(api, person, actor=other.token.split("_")[2])
        assert (theirs["entries"], theirs["waiting"]) == ([], [])


# ------------------------------------------------------------------ searching
def test_what_is_not_chained_yet_is_shown_as_waiting(api: Api, alfa: Person) -> None:
    api.call("PATCH", "/v1/settings", alfa.token, {"digest": "daily"})
    page = search(api, alfa)
    assert page["entries"] == []
    assert [one["action"] for one in page["waiting"]] == ["audit_read", "settings_changed"]
    assert "hash" not in page["waiting"][0]
    assert page["head"] == {"n": 0, "hash": "0" * 64}
    chain(api)
    page = search(api, alfa)
    assert [one["action"] for one in page["waiting"]] == ["audit_read"]
    assert [one["n"] for one in page["entries"]] == [2, 1]
    assert page["head"] == {"n": 2, "hash": page["entries"][0]["hash"]}
    assert page["entries"][0]["previous"] == page["entries"][1]["hash"]


def test_looking_at_the_trail_is_in_it_once_for_all_pages(api: Api, alfa: Person) -> None:
    for _ in range(5):
        api.call("PATCH", "/v1/settings", alfa.token, {"digest": "daily"})
    chain(api)
    seen, cursor = [], ""
    while True:
        page = search(api, alfa, limit=2, cursor=cursor)
        seen += [one["n"] for one in page["entries"]]
        assert bool(page["waiting"]) is (not cursor)
        cursor = page["cursor"]
        if not cursor:
            break
    assert seen == [5, 4, 3, 2, 1]
    assert len(audit_store.waiting(alfa.tenant, 10)) == 1


def test_filters_are_combined(api: Api, alfa: Person) -> None:
    other = Person(alfa.tenant, api.key(alfa.tenant, *SCOPES))
    api.call("PATCH", "/v1/settings", alfa.token, {"digest": "daily"})
    issued = api.call("POST", "/v1/keys", other.token, {"name": "k", "scopes": ["flows:read"]})
    api.tick(86_400)
    api.call("PATCH", "/v1/settings", other.token, {"digest": ""})
    mine, his = (one.token.split("_")[2] for one in (alfa, other))
    key = issued.json["id"]

    def acts(**query: Any) -> list[str]:
        return [one["action"] for one in found(api, alfa, **query)]

    settings, keys = Action.SETTINGS_CHANGED.value, Action.KEY_ISSUED.value
    assert acts() == [settings, keys, settings]
    assert acts(actor=his) == [settings, keys]
    assert acts(actor=mine) == [settings]
    assert acts(action=keys) == [keys]
    assert acts(what="key") == acts(what=f"key:{key}") == [keys]
    assert acts(what="key:other") == acts(what="ke", actor=his) == []
    assert acts(actor=his, action=settings) == [settings]
    assert acts(actor=mine, action=keys) == []
    day = api.now.date().isoformat()
    assert acts(since=day) == [settings]
    assert acts(until=day) == [settings, keys, settings]
    before = (api.now.replace(hour=0, minute=0, second=0)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert acts(until=before) == [keys, settings]
    assert acts(since=before, until=before) == []


def test_days_are_those_of_italy(api: Api, alfa: Person) -> None:
    """23:30 UTC in winter is half past midnight of the next day in Rome."""
    api.now = api.now.replace(hour=23, minute=30, second=0)
    day = api.now.date()
    api.call("PATCH", "/v1/settings", alfa.token, {"digest": "daily"})
    following = (day + timedelta(days=1)).isoformat()
    assert len(found(api, alfa, since=following, until=following)) == 1
    assert found(api, alfa, until=day.isoformat()) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"since": "2026-02-30"}, "invalid_request"),
        ({"since": "yesterday"}, "invalid_request"),
        ({"until": "2999-12-31T25:00:00Z"}, "invalid_request"),
        ({"action": "no_such"}, "invalid_request"),
        ({"what": "Mario Rossi"}, "invalid_request"),
        ({"limit": "0"}, "invalid_request"),
        ({"cursor": "x"}, "cursor_invalid"),
        ({"cursor": "WyIyMDI2IzEiLCAieCJd"}, "cursor_invalid"),
    ],
)
def test_what_cannot_be_asked(api: Api, alfa: Person, query: dict[str, str], code: str) -> None:
    answer = api.call("GET", "/v1/audit", alfa.token, query=query)
    assert (answer.status, answer.code) == (400, code)


def test_a_cursor_is_of_its_own_filters(api: Api, alfa: Person) -> None:
    for _ in range(3):
        api.call("PATCH", "/v1/settings", alfa.token, {"digest": "daily"})
    chain(api)
    cursor = search(api, alfa, limit=1)["cursor"]
    answer = api.call("GET", "/v1/audit", alfa.token, query={"cursor": cursor, "what": "key"})
    assert (answer.status, answer.code) == (400, "cursor_invalid")


def test_what_people_decide_on_documents_is_in_the_trail(api: Api, alfa: Person) -> None:
    first = document(api, alfa)
    held = api.hand_in(alfa.token, "2.xml", make(number="1/2026", progressive="00002"))
    other = api.hand_in(alfa.token, "3.xml", make(number="1/2026", progressive="00003"))
    path = "/v1/documents/{}/decision"
    for _ in range(2):  # decided once, asked twice
        sent = api.call("POST", path.format(held), alfa.token, {"action": "send"})
        assert sent.status == 200, sent.body
    api.call("POST", path.format(other), alfa.token, {"action": "discard"})
    fourth = document(api, alfa, "4/2026")
    rejected = api.change(alfa.tenant, fourth, state="rejected")
    assert api.call("POST", f"/v1/documents/{rejected.id}/resend", alfa.token).status == 200
    acts = [(one["action"], one["what"]) for one in found(api, alfa)]
    assert acts == [
        ("document_resent", f"document:{rejected.id}"),
        ("document_discarded", f"document:{other}"),
        ("document_released", f"document:{held}"),
    ]
    versions = [one["facts"]["version"] for one in found(api, alfa)]
    assert versions[0] == rejected.version
    assert first not in str(acts)
    assert all(isinstance(one, int) for one in versions)


def test_a_decision_that_is_refused_leaves_none(api: Api, alfa: Person) -> None:
    doc = document(api, alfa)
    for path, body in (("resend", None), ("sent", {"name": "IT01234567897_00001.xml"})):
        answer = api.call("POST", f"/v1/documents/{doc}/{path}", alfa.token, body)
        assert answer.status == 409
    assert api.call("POST", f"/v1/documents/{doc}/receipts", alfa.token, b"<x/>",
                    query={"name": "IT01234567897_00001_RC_001.xml"}).status == 409  # fmt: skip
    assert found(api, alfa) == []
