"""Lists: combined filters against a plain reading of the same documents, and stable cursors."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.base import clock, dynamo
from chalicelib.invoicing import hub, store
from chalicelib.invoicing.document import Document
from tests.entry import listing
from tests.entry.api_world import Api, Person


@pytest.fixture(scope="module")
def stored(api: Api) -> tuple[Person, list[Document]]:
    """150 documents, newest first."""
    person = api.add_reseller("lists")
    chance = random.Random(7)
    found = [listing.made(chance, n) for n in range(150)]
    for one in found:
        put(api, person, one)
    return person, sorted(found, key=lambda one: (one.received_at, one.id), reverse=True)


def put(api: Api, person: Person, one: Document) -> None:
    dynamo.commit(store.born(person.tenant, one, api.now, "test")[:1])


def walk(
    api: Api, token: str, path: str, query: dict[str, Any], limit: int = 50
) -> Iterator[dict[str, Any]]:
    """Every row of a list, page by page."""
    cursor = ""
    while True:
        more = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = api.call("GET", path, token, query=query | more)
        assert answer.status == 200, answer.body
        rows = answer.json[path.rpartition("/")[2]]
        assert len(rows) <= limit
        yield from rows
        cursor = answer.json["cursor"]
        if not cursor:
            return


# ------------------------------------------------------------------ filters
@pytest.mark.feature("F004-064", "F004-066", "F004-069", "F004-076")
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(wanted=listing.wanted_filters, limit=st.integers(60, 200))
@example(wanted={}, limit=70)
@example(wanted={"section": "sent", "customer": "c1", "channel": "upload"}, limit=60)
@example(wanted={"state": "held", "amount_min": Decimal(100), "type": "TD01"}, limit=60)
def test_all_given_filters_hold_together(
    api: Api, stored: tuple[Person, list[Document]], wanted: dict[str, Any], limit: int
) -> None:
    person, documents = stored
    kept = [one for one in documents if listing.expected(one, wanted)]
    query = {name: str(value) for name, value in wanted.items()}
    # Many more filters are tried on the hub itself (tests/invoicing/test_hub.py).
    flows = list(walk(api, person.token, "/v1/flows", query, limit))
    assert [one["id"] for one in flows] == [one.id for one in kept]
    listed = list(walk(api, person.token, "/v1/documents", query, limit))
    real = [one for one in kept if one.state not in listing.NOT_DOCUMENTS]
    assert [one["id"] for one in listed] == [one.id for one in real]
    for row, one in zip(listed, real, strict=True):
        assert (row["state"], row["channel"]) == (one.state, one.channel)


@pytest.mark.feature("F004-069")
def test_the_two_sections_share_nothing(api: Api, stored: tuple[Person, list[Document]]) -> None:
    person, documents = stored
    sections = {
        name: {one["id"] for one in walk(api, person.token, "/v1/documents", {"section": name})}
        for name in ("to_send", "sent")
    }
    assert not sections["to_send"] & sections["sent"]
    missing = {one.state for one in documents} - {
        one.state for one in documents if one.id in sections["to_send"] | sections["sent"]
    }
    assert missing == listing.NEVER_SENT | listing.NOT_DOCUMENTS


# ------------------------------------------------------------------ cursors
def test_what_arrives_meanwhile_disturbs_no_page(api: Api, alfa: Person) -> None:
    chance = random.Random(3)
    old = [listing.made(chance, n) for n in range(23)]
    for one in old:
        put(api, alfa, one)
    seen: list[str] = []
    for n, row in enumerate(walk(api, alfa.token, "/v1/flows", {}, limit=4)):
        seen.append(row["id"])
        if n % 4 == 3:
            # A new one at the top, and one that changes its state where it stands.
            put(api, alfa, replace(old[0], id=f"n{n}", received_at=clock.stamp(api.now)))
            changed = replace(old[n], state="delivered", version=2)
            pk, sk = store.key(alfa.tenant, changed.id)
            ops = store.changed(alfa.tenant, old[n], api.now, "t", state="delivered")[1]
            assert ops[0].key == (pk, sk)
            dynamo.commit(ops[:1])
    assert sorted(seen) == sorted(one.id for one in old)


def test_a_cursor_belongs_to_its_filters(api: Api, stored: tuple[Person, list[Document]]) -> None:
    person, _ = stored
    query = {"customer": "c1", "limit": 2}
    cursor = api.call("GET", "/v1/documents", person.token, query=query).json["cursor"]
    assert cursor
    for other in ({}, {"customer": "c2"}, {"customer": "c1", "channel": "api"}):
        answer = api.call("GET", "/v1/documents", person.token, query=other | {"cursor": cursor})
        assert (answer.status, answer.code) == (400, "cursor_invalid")
    again = query | {"cursor": cursor, "limit": 5}
    assert api.call("GET", "/v1/documents", person.token, query=again).status == 200


def test_anothers_cursor_opens_nothing_of_his(
    api: Api, alfa: Person, stored: tuple[Person, list[Document]]
) -> None:
    cursor = api.call("GET", "/v1/flows", stored[0].token, query={"limit": 1}).json["cursor"]
    answer = api.call("GET", "/v1/flows", alfa.token, query={"cursor": cursor})
    assert answer.json == {"flows": [], "cursor": None}


@pytest.mark.parametrize(
    "position", ["", "#", "x", "\ud800#a", "0" * 900, "2026#" + "a" * 99, None, 7, ["a"], {"a": 1}]
)
def test_no_forged_position_reaches_the_table(api: Api, alfa: Person, position: Any) -> None:
    text = json.dumps([position, hub.Filter().hash()])
    cursor = base64.urlsafe_b64encode(text.encode()).decode()[:1000]
    answer = api.call("GET", "/v1/flows", alfa.token, query={"cursor": cursor})
    assert (answer.status, answer.code) == (400, "cursor_invalid")


def test_a_filter_that_finds_little_answers_in_bounded_pages(
    api: Api, stored: tuple[Person, list[Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.base.limits.FILTER_READ_ITEMS", 40)
    person, documents = stored
    rare = {"number": "9/bis"}
    first = api.call("GET", "/v1/documents", person.token, query=rare).json
    assert first == {"documents": [], "cursor": first["cursor"]}
    assert first["cursor"]
    found = [one["id"] for one in walk(api, person.token, "/v1/documents", rare)]
    assert found == [one.id for one in documents if listing.expected(one, rare)]


# ------------------------------------------------------------------ customers
def test_customers_come_in_order_and_once(api: Api, beta: Person) -> None:
    for n in range(7):
        fields = {"id": f"k{n}", "name": "N", "fiscal_ids": [f"IT{n:011d}"]}
        assert api.call("POST", "/v1/customers", beta.token, fields).status == 201
    seen: list[str] = []
    after = ""
    while True:
        page = api.call("GET", "/v1/customers", beta.token, query={"after": after, "limit": 3})
        seen += [one["id"] for one in page.json["customers"]]
        after = page.json["cursor"]
        if not after:
            break
    assert seen == ["c1", *(f"k{n}" for n in range(7))]
    assert api.call("GET", "/v1/customers", beta.token, query={"after": "z" * 2000}).status == 400
