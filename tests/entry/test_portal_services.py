"""Spontaneous services on the portal: the position first, once, by the service's own rules."""

from __future__ import annotations

import io
import json
import os
from typing import Any

import pytest

from chalicelib.base import aws, limits, log
from chalicelib.payments.positions import positions
from chalicelib.payments.presets import PRESETS
from chalicelib.payments.receipts import service as receipts
from tests.entry import bodies, portal_world, visitors
from tests.entry.api_world import Answer, Api
from tests.entry.bodies import BANK
from tests.entry.node_world import MARIA
from tests.entry.portal_world import Portal, press
from tests.payments.taxonomy_csv import FEE

ANNA = {"name": "Neri Anna", "tax_code": "NRENNA80A41F205W", "email": "anna@example.org"}
PRICES: dict[str, dict[str, Any]] = {
    "segreteria": {
        "kind": "tariff",
        "items": [{"code": "cert", "label": "Certificato", "cents": 1_000},
                  {"code": "copia", "label": "Copia", "cents": 250}],
    },
    "corso": {"kind": "fixed", "cents": 5_000},
    "offerta": {"kind": "free", "least_cents": 500, "most_cents": 10_000},
}  # fmt: skip
FORM: list[dict[str, Any]] = [
    {"name": "titolo", "label": {"it": "Titolo", "en": "Title"}, "type": "text", "required": True,
     "most_chars": 20},
    {"name": "giorno", "label": {"it": "Giorno"}, "type": "date"},
    {"name": "sede", "label": {"it": "Sede"}, "type": "choice",
     "choices": [{"code": "pd", "label": {"it": "Padova"}}, {"code": "tv", "label": {"it": "TV"}}]},
    {"name": "ore", "label": {"it": "Ore"}, "type": "number"},
]  # fmt: skip


@pytest.fixture
def portal(api: Api) -> Portal:
    """A body that offers one service of each kind."""
    found = portal_world.portal(api)
    for code, price in PRICES.items():
        values = bodies.service(
            subject=code.title(), price=price, description={"it": f"Servizio {code}"},
            form=FORM if code == "corso" else [],
        )  # fmt: skip
        answer = found.station.house.call(api, "PUT", f"/v1/body/services/{code}", values)
        assert answer.status == 200, answer.body
    return found


def ask(portal: Portal, code: str, *, key: str = "", **said: Any) -> Answer:
    path = f"/v1/portal/bodies/{portal.station.creditor}/services/{code}"
    headers = {"Idempotency-Key": key} if key else {}
    return portal.call("POST", path, {"person": ANNA} | said, headers=headers)


@pytest.mark.feature("F001-140", "F001-143", "F001-144", "F001-145", "F001-146", "F001-149")
@pytest.mark.feature("F001-150", "F001-155")
def test_each_kind_of_price_makes_a_position_of_its_own(api: Api, portal: Portal) -> None:
    shown = portal.call("GET", f"/v1/portal/bodies/{portal.station.creditor}").json["services"]
    assert {one["code"]: one["price"]["kind"] for one in shown} == {
        "corso": "fixed", "offerta": "free", "segreteria": "tariffs",
    }  # fmt: skip
    assert shown[0]["description"]["it"] == "Servizio corso"
    assert [one["name"] for one in shown[0]["form"]["fields"]] == [
        "titolo",
        "giorno",
        "sede",
        "ore",
    ]
    asked: dict[str, dict[str, Any]] = {
        "segreteria": {"chosen": {"cert": 2, "copia": 1}},
        "corso": {"values": {"titolo": "Etica", "sede": "pd", "ore": "2,5"}},
        "offerta": {"cents": 750},
    }
    cents = {"segreteria": 2_250, "corso": 5_000, "offerta": 750}
    for code, said in asked.items():
        made = ask(portal, code, **said)
        assert made.status == 201, made.body
        assert made.json["cents"] == cents[code]
        # Found again by what is printed on it, and seen by the body's own people.
        found = portal.search(made.json["notice"], ANNA["tax_code"])
        assert (found.json["full"], found.json["debtor_name"]) == (True, ANNA["name"])
        listed = portal.station.house.operator.call(
            api, "GET", "/v1/body/positions", query={"iuv": made.json["notice"][1:]}
        ).json["positions"]
        assert [(one["origin"], one["name"], one["cents"]) for one in listed] == [
            ("spontaneous", ANNA["name"], cents[code])
        ]
    whole = portal.station.house.operator.call(
        api, "GET", f"/v1/body/positions/{listed[0]['id']}"
    ).json  # fmt: skip
    assert [one["by"] for one in whole["timeline"]] == ["citizen:portal"]
    # Printed as well as paid.
    paper = portal.call("POST", "/v1/portal/notice", {"key": made.json["key"]})
    assert paper.body.startswith(b"%PDF")


@pytest.mark.feature("F001-140", "F001-141", "F001-177")
def test_what_is_asked_for_is_paid_and_the_body_sees_it(api: Api, portal: Portal) -> None:
    made = ask(portal, "offerta", cents=600).json
    with portal_world.checkout(portal.station):
        cart = portal.cart(made["key"]).json
        press(cart["redirect"], "pay")
    assert portal.look(cart["cart"], "ok").json["state"] == "paid"
    (listed,) = portal.station.house.operator.call(
        api, "GET", "/v1/body/positions", query={"state": "paid"}
    ).json["positions"]
    assert (listed["origin"], listed["cents"]) == ("spontaneous", 600)
    (receipt,) = receipts.of_position(portal.station.tenant, listed["id"])
    assert receipt.cents == 600


def test_the_same_request_is_the_same_position(api: Api, portal: Portal) -> None:
    said = {"values": {"titolo": "Etica"}}
    first = ask(portal, "corso", key="k1", **said).json
    assert ask(portal, "corso", key="k1", **said).json["notice"] == first["notice"]
    # Without a key, what was said and the day make it the same; another key another one.
    plain = ask(portal, "corso", **said).json
    assert ask(portal, "corso", **said).json["notice"] == plain["notice"] != first["notice"]
    assert ask(portal, "corso", key="k2", **said).json["notice"] not in (
        first["notice"], plain["notice"],
    )  # fmt: skip
    # A stranger with the same key is not given what is hers.
    other = ANNA | {"name": "Bruni Carla"}
    assert ask(portal, "corso", key="k1", person=other, **said).json["notice"] != first["notice"]
    assert ask(portal, "corso", key="k1", values={"titolo": "X"}).json["notice"] != first["notice"]
    listed = portal.station.house.operator.call(api, "GET", "/v1/body/positions").json["positions"]
    assert len(listed) == 5
    # What the body took away is not given again; the one in its place is.
    dead = next(one for one in listed if one["payments"][0]["notice"] == plain["notice"])
    assert (
        portal.station.house.call(api, "DELETE", f"/v1/body/positions/{dead['id']}").status == 200
    )
    fresh = ask(portal, "corso", **said).json
    assert fresh["notice"] != plain["notice"]
    assert ask(portal, "corso", **said).json["notice"] == fresh["notice"]
    api.tick(86_400)
    assert ask(portal, "corso", **said).json["notice"] not in (plain["notice"], fresh["notice"])


def test_nobody_learns_or_changes_by_it_what_the_body_knows(api: Api, portal: Portal) -> None:
    at = portal.station
    known = at.place()
    notice = known.payments[0].notice
    said = {"name": "Ladra Astuta", "tax_code": MARIA.tax_code, "email": "ladra@example.org"}
    made = ask(portal, "offerta", cents=500, person=said)
    assert made.status == 201
    shown = portal.search(made.json["notice"], MARIA.tax_code).json
    assert shown["debtor_name"] == "Ladra Astuta"
    paper = portal.call("POST", "/v1/portal/notice", {"key": made.json["key"]})
    assert paper.status == 200
    hers, _ = positions.show(at.tenant, known.id)
    assert hers.person == MARIA
    assert portal.search(notice, MARIA.tax_code).json["debtor_name"] == MARIA.name


@pytest.mark.feature("F001-154", "F001-146")
def test_a_form_is_checked_and_prices_are_kept_to(portal: Portal) -> None:
    wrong: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({}, [("titolo", "missing")]),
        ({"titolo": "x" * 21}, [("titolo", "too_long")]),
        ({"titolo": "a\u202eb"}, [("titolo", "characters")]),
        ({"titolo": ["x"]}, [("titolo", "not_text")]),
        ({"titolo": "x", "giorno": "31/12/2026"}, [("giorno", "day")]),
        ({"titolo": "x", "sede": "vr", "ore": "due"}, [("sede", "choice"), ("ore", "number")]),
        ({"titolo": "x", "altro": "y"}, [("altro", "unknown")]),
    ]
    for values, problems in wrong:
        refused = ask(portal, "corso", values=values)
        assert (refused.status, refused.code) == (422, "form_values"), values
        told = refused.json["error"]["details"]["problems"]
        assert [(one["field"], one["problem"]) for one in told] == problems
    prices: list[tuple[str, dict[str, Any], str]] = [
        ("offerta", {"cents": 499}, "price_out_of_limits"),
        ("offerta", {"cents": 10_001}, "price_out_of_limits"),
        ("offerta", {}, "price_amount_missing"),
        ("corso", {"values": {"titolo": "x"}, "cents": 1}, "price_amount_not_asked"),
        ("segreteria", {}, "price_choice_missing"),
        ("segreteria", {"chosen": {"cert": 0}}, "price_quantity"),
        ("segreteria", {"chosen": {"altro": 1}}, "price_choice_unknown"),
    ]
    for code, said, problem in prices:
        refused = ask(portal, code, **said)
        assert (refused.status, refused.code) == (422, problem), (code, said)
    for code in ("quota", "niente"):  # what only dues are asked for, and nothing at all
        assert ask(portal, code).status == 404
    for person in ({"tax_code": "XXX"}, {"email": "x"}):
        refused = ask(portal, "offerta", cents=500, person=ANNA | person)
        assert (refused.status, refused.code) == (422, "payer_malformed")


@pytest.mark.feature("F001-154")
def test_one_address_makes_only_so_many(portal: Portal) -> None:
    answers = [ask(portal, "offerta", cents=500 + number)
               for number in range(limits.PORTAL_MADE + 1)]  # fmt: skip
    assert [one.status for one in answers] == [201] * limits.PORTAL_MADE + [429]
    # What is there already is no new one.
    assert ask(portal, "offerta", cents=500).json["notice"] == answers[0].json["notice"]


def test_what_is_written_stays_sealed_and_is_the_bodys_to_read(api: Api, portal: Portal) -> None:
    lines = io.StringIO()
    log.use(lines)
    values = {"titolo": "Segretissimo", "sede": "pd", "ore": "2,5"}
    try:
        made = ask(portal, "corso", values=values).json
    finally:
        log.use(None)
    for word in ("Neri", "Segretissimo", "anna@"):
        assert word not in lines.getvalue()
    scan = aws.client("dynamodb").get_paginator("scan")
    whole = json.dumps([page["Items"] for page in scan.paginate(TableName=os.environ["TABLE"])],
                       default=str)  # fmt: skip
    for word in ("Segretissimo", "Neri Anna", ANNA["tax_code"], ANNA["email"]):
        assert word not in whole
    house = portal.station.house
    (listed,) = house.operator.call(
        api, "GET", "/v1/body/positions", query={"iuv": made["notice"][1:]}
    ).json["positions"]
    found = house.operator.call(api, "GET", f"/v1/body/positions/{listed['id']}/form").json
    assert [(one["label"], one["value"]) for one in found["fields"]] == [
        ("Titolo", "Segretissimo"), ("Sede", "Padova"), ("Ore", "2.5"),
    ]  # fmt: skip
    plain = portal.station.place()
    assert house.operator.call(api, "GET", f"/v1/body/positions/{plain.id}/form").json == {
        "fields": []
    }


@pytest.mark.feature("F001-147", "F001-148")
def test_ready_made_services_are_taken_over(api: Api) -> None:
    portal = portal_world.portal(api)
    house = portal.station.house
    listed = house.operator.call(api, "GET", "/v1/body/presets").json["presets"]
    assert {one["code"] for one in listed} == set(PRESETS)
    assert {"segreteria", "certificati", "corso", "prima-iscrizione", "trasferimento",
            "parcelle"} == set(PRESETS)  # fmt: skip
    for preset in listed:
        wanted = {"taxonomy": FEE, "iban": BANK}
        made = house.call(api, "POST", f"/v1/body/presets/{preset['code']}", wanted)
        assert made.status == 201, made.body
        assert (made.json["subject"], made.json["version"]) == (preset["subject"], 1)
        for text in (made.json["description"], *(one["label"] for one in made.json["form"])):
            assert all(text[language] for language in ("it", "en", "fr", "es")), text
    again = house.call(api, "POST", "/v1/body/presets/corso", wanted)
    assert again.status == 409
    assert house.call(api, "POST", "/v1/body/presets/none", wanted).status == 404
    shown = portal.call("GET", f"/v1/portal/bodies/{portal.station.creditor}").json["services"]
    assert {one["code"] for one in shown} == set(PRESETS)
    # A preset is the body's own from then on.
    own = house.call(api, "GET", "/v1/body/services/corso").json
    changed = {name: value for name, value in own.items() if name != "code"} | {"active": False}
    assert house.call(api, "PUT", "/v1/body/services/corso", changed).status == 200
    shown = portal.call("GET", f"/v1/portal/bodies/{portal.station.creditor}").json["services"]
    assert "corso" not in {one["code"] for one in shown}
    priced = portal_world.portal(api).station.house.call(
        api, "POST", "/v1/body/presets/corso", wanted | {"cents": 123}
    )
    assert priced.json["price"] == {"kind": "fixed", "cents": 123}


@pytest.mark.feature("F001-162", "F001-159")
def test_taking_payments_at_a_terminal_is_switched_on_for_a_person(api: Api) -> None:
    house = bodies.found(api)
    operator = house.operator
    path = f"/v1/grants/{operator.grant.id}"
    assert "pos:use" not in operator.call(api, "GET", "/v1/session").json["scopes"]
    assert operator.call(api, "PUT", path, {"pos": True}).status == 403
    given = house.call(api, "PUT", path, {"pos": True})
    assert (given.status, given.json["pos"]) == (200, True)
    assert given.json["user"] == operator.grant.user
    # From the next request on, and only then.
    assert "pos:use" in operator.call(api, "GET", "/v1/session").json["scopes"]
    assert house.call(api, "PUT", path, {}).json["pos"] is True
    assert "pos:use" not in house.call(api, "GET", "/v1/session").json["scopes"]
    assert house.call(api, "PUT", path, {"pos": False}).json["pos"] is False
    assert "pos:use" not in operator.call(api, "GET", "/v1/session").json["scopes"]
    new = {"mail": "cassa@ordine.example", "role": "operator", "pos": True}
    assert house.call(api, "POST", "/v1/grants", new).json["pos"] is True
    practice = visitors.tenant(api, "practice")
    head = visitors.enter(api, practice, "practice", "principal")
    wrong = {"mail": "altro@studio.example", "role": "secretary", "cabinets": ["c"], "pos": True}
    refused = head.call(api, "POST", "/v1/grants", wrong)
    assert (refused.status, refused.code) == (422, "grant_pos")
