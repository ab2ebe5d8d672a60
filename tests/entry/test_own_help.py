"""The page for who signs and sends by himself, and where one is led to it."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.invoicing import own_help
from infra.local.invoices import make
from infra.local.subjects import SUPPLIER
from tests.entry.api_world import Api, Person
from tests.entry.routes import label, routes
from tests.entry.test_documents import detail

pytestmark = pytest.mark.feature("F000-037")
CHANNELS = ["pec", "web", "sdicoop", "sdiftp"]


def page(api: Api, address: str = own_help.PATH, **query: str) -> dict[str, Any]:
    """As anybody reads it: no key."""
    answer = api.call("GET", address, query=query or None)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def test_every_channel_is_there_in_both_languages(api: Api) -> None:
    italian, english = page(api), page(api, language="en")
    assert italian == page(api, language="it")
    for found in (italian, english):
        assert [one["id"] for one in found["channels"]] == CHANNELS
        assert all(one[name] for one in found["channels"] for name in one)
        assert len(found["steps"]) == 6
    texts = [italian["title"], *italian["steps"]]
    assert not set(texts) & {english["title"], *english["steps"]}
    for ours, theirs in zip(italian["channels"], english["channels"], strict=True):
        assert ours["address"] == theirs["address"]
        assert (ours["how"], ours["needs"]) != (theirs["how"], theirs["needs"])


def test_what_the_steps_name_is_there(api: Api) -> None:
    offered = {
        label(route).replace("{document_id}", "{id}")
        for route in routes()
        if route.path.startswith("/v1/documents/")
    }
    for language in ("it", "en"):
        steps = " ".join(page(api, language=language)["steps"])
        for address in ("files", "signed", "sent", "receipts"):
            (named,) = {one for one in offered if one.endswith(f"/{address}")}
            assert named in steps
    assert api.call("GET", own_help.PATH, query={"language": "fr"}).status == 400


def test_his_documents_and_refusals_lead_to_it(api: Api, alfa: Person) -> None:
    api.add_customer(alfa.tenant, "own", SUPPLIER, sending="own")
    document = api.hand_in(alfa.token, "a.xml", make(seller=SUPPLIER))
    found = detail(api, alfa, document)
    assert (found["state"], found["actions"]) == ("own_sending", ["sign", "mark_sent"])
    assert page(api, found["help"])["title"]
    ordinary = api.hand_in(alfa.token, "b.xml", make())
    assert detail(api, alfa, ordinary)["help"] is None
    for path, body in (("sent", {"name": "IT01234567897_1.xml"}), ("signed", b"<x/>")):
        refused = api.call("POST", f"/v1/documents/{ordinary}/{path}", alfa.token, body)
        assert refused.status == 409
        assert page(api, refused.json["error"]["details"]["help"])["channels"]
