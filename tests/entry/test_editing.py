"""What may still be changed of a position through the door, what not, and what follows from it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.base import clock
from chalicelib.payments.positions import counts, holds, store
from tests.entry import bodies, node_world, portal_world
from tests.entry.api_world import Answer, Api
from tests.entry.node_world import Station
from tests.entry.test_positions import (
    POSITIONS,
    bring,
    generate,
    listing,
    make,
    positions,
    whole,
)
from tests.payments.dues.files import MARIA, row

LUCA = "VRDLCU85B02F205S"
ITEMS = [{"code": "cert", "label": "Certificato", "cents": 1_000},
         {"code": "copia", "label": "Copia", "cents": 250}]  # fmt: skip


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    """A body with a station, a service with a tariff list and one with a free price."""
    found = node_world.station(api)
    free = {"kind": "free", "least_cents": 500, "most_cents": 10_000}
    for code, price in {"segreteria": {"kind": "tariff", "items": ITEMS}, "offerta": free}.items():
        values = bodies.service(price=price, subject=code.title())
        assert found.house.call(api, "PUT", f"/v1/body/services/{code}", values).status == 200
    return found


def patch(api: Api, at: Station, position: dict[str, Any], **said: Any) -> Answer:
    version = whole(api, at.house, position["id"])["version"]
    path = f"{POSITIONS}/{position['id']}"
    return at.house.call(api, "PATCH", path, {"version": version} | said)


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


# ------------------------------------------------------------------ how much
@pytest.mark.feature("F001-166")
def test_the_amount_of_a_spontaneous_position_is_changed_and_asked_at_the_node(
    api: Api, at: Station
) -> None:
    made = make(api, at.house, "t1", service="segreteria", chosen={"cert": 2})
    notice = made["payments"][0]["notice"]
    more = {"chosen": {"cert": 1, "copia": 6}}
    new = patch(api, at, made, amount=more, subject="Certificato e copie").json
    assert (new["cents"], new["payments"][0]["cents"]) == (2_500, 2_500)
    lines = [(one["reason"], one["cents"]) for one in new["lines"]]
    assert lines == [("Certificato", 1_000), ("Copia", 1_500)]
    # Where it goes and by which number it is paid stays.
    old_lines, new_lines = made["lines"], new["lines"]
    for name in ("service", "taxonomy", "iban", "chapter", "year"):
        assert {one[name] for one in new_lines} == {old_lines[0][name]}
    assert new["payments"][0]["notice"] == notice
    assert at.node.verify(notice, at.creditor).cents == 2_500
    # Typed, whatever the price is; a line of its own words.
    typed = patch(api, at, made, amount={"cents": 1_234, "manual": True}, reason="Diritti").json
    assert [(one["reason"], one["cents"]) for one in typed["lines"]] == [("Diritti", 1_234)]
    assert typed["subject"] == "Certificato e copie"
    assert [one["facts"] for one in typed["timeline"][1:]] == [
        {"cents": 2_500, "subject": True}, {"cents": 1_234, "reason": True},
    ]  # fmt: skip
    assert at.node.activate(notice, at.creditor).transfers[0].cents == 1_234
    found = counts.recount(at.tenant)
    assert found.quiet
    assert not found.differences


@pytest.mark.feature("F001-166")
@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"amount": {"cents": 499}}, 422, "price_out_of_limits"),
        ({"amount": {"chosen": {"cert": 1}}}, 422, "price_choice_unknown"),
        ({"amount": {"cents": 0, "manual": True}}, 400, "invalid_request"),
        ({"instalments": [{"number": 1, "due": "2027-01-31"}]}, 409, "position_unplanned"),
        ({"debtor": {"name": ""}}, 400, "invalid_request"),
        ({"debtor": {"tax_code": LUCA}}, 400, "invalid_request"),
        ({"debtor": {"mail": "nobody"}}, 422, "debtor_malformed"),
        ({"debtor": {"address": "v" * 139, "city": "Roma"}}, 422, "notice_field_too_long"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    api: Api, at: Station, said: dict[str, Any], status: int, code: str
) -> None:
    made = make(api, at.house, "r1", service="offerta", cents=700)
    assert refusal(patch(api, at, made, **said)) == (status, code)
    assert whole(api, at.house, made["id"])["version"] == made["version"]


@pytest.mark.feature("F001-166")
def test_what_dues_ask_for_and_what_is_planned_keeps_its_amount(api: Api, at: Station) -> None:
    bring(api, at.house, [row(source="amount")])
    plan = {"count": 2, "first_due": "2026-12-31", "every_months": 6}
    generate(api, at.house, listing(api, at.house, "fa")["id"], plan=plan)
    (due,) = positions(api, at.house, origin="dues")
    typed = {"amount": {"cents": 1, "manual": True}}
    assert refusal(patch(api, at, due, **typed)) == (409, "position_amount")
    assert refusal(patch(api, at, due, reason="x")) == (409, "position_reason")
    # A tariff's lines say themselves what they are for.
    lines = make(api, at.house, "t2", service="segreteria", chosen={"cert": 1, "copia": 1})
    assert refusal(patch(api, at, lines, reason="x")) == (409, "position_reason")


@pytest.mark.feature("F001-166")
def test_nobody_else_may_go_by_the_amount_that_is_changed(api: Api, at: Station) -> None:
    made = make(api, at.house, "h1", manual=True, cents=1_000)
    typed = {"amount": {"cents": 900, "manual": True}}
    holds.hold(at.tenant, made["id"], "desk", api.now)
    assert refusal(patch(api, at, made, **typed)) == (409, "position_held")
    assert patch(api, at, made, subject="Altro").status == 200
    holds.release(at.tenant, made["id"], "desk")
    assert patch(api, at, made, **typed).json["cents"] == 900
    # A registration counts on what it costs.
    event = {"title": "Corso", "service": "quota", "day": "2026-12-01", "cents": 5_000}
    path = "/v1/body/training/events"
    assert at.house.call(api, "PUT", f"{path}/corso", event).status in (200, 201)
    debtor = {"name": "Rossi Maria", "tax_code": MARIA}
    registered = at.house.call(
        api, "POST", f"{path}/corso/registrations", {"debtor": debtor},
        headers={"Idempotency-Key": "g1"},
    )  # fmt: skip
    assert registered.status == 201, registered.body
    course = {"id": registered.json["position"]}
    assert refusal(patch(api, at, course, **typed)) == (409, "position_tied")


# ------------------------------------------------------------------ paid
@pytest.mark.feature("F001-166")
def test_what_is_paid_is_locked_whatever_is_to_be_changed(api: Api, at: Station) -> None:
    made = make(api, at.house, "p1", manual=True, cents=1_000)
    assert at.node.pay(made["payments"][0]["notice"], at.creditor).answer == "OK"
    paid = whole(api, at.house, made["id"])
    for said in (
        {"subject": "x"}, {"reason": "x"}, {"due": "2027-01-31"}, {"ends": "2027-01-31"},
        {"amount": {"cents": 1, "manual": True}}, {"debtor": {"name": "Bianchi"}},
        {"instalments": [{"number": 1, "due": "2027-01-31"}]},
    ):  # fmt: skip
        assert refusal(patch(api, at, made, **said)) == (409, "position_state"), said
    assert whole(api, at.house, made["id"]) == paid
    # Of a plan one rate is enough.
    planned = at.place(20_000, instalments=2)
    assert at.node.pay(planned.payments[1].notice, at.creditor).answer == "OK"
    later = {"instalments": [{"number": 2, "due": "2027-12-31"}]}
    assert refusal(patch(api, at, {"id": planned.id}, **later)) == (409, "position_state")


# ------------------------------------------------------------------ more or less by the day
FEE = {"kind": "late_fee", "reason": "Mora", "first": "2026-11-01", "cents": 500}
EARLY = {"kind": "reduction", "reason": "Sconto", "last": "2026-12-21", "percent": "10"}


@pytest.mark.feature("F001-166")
def test_rules_of_a_position_are_seen_changed_and_asked_at_the_node(api: Api, at: Station) -> None:
    position = {"id": at.place(10_000).id}
    notice = whole(api, at.house, position["id"])["payments"][0]["notice"]
    path = f"{POSITIONS}/{position['id']}"
    said = {"version": 1, "rules": [FEE, EARLY]}
    seen = at.house.operator.call(api, "POST", f"{path}/preview", said).json
    days = [(one["day"], one["cents"]) for one in seen["amounts"]]
    assert days == [("2026-11-21", 9_500), ("2026-12-22", 10_500)]
    assert at.node.verify(notice, at.creditor).cents == 10_000  # nothing was written
    new = patch(api, at, position, rules=[FEE, EARLY]).json
    assert new["amounts"] == seen["amounts"]
    assert [(one["first"], one["last"]) for one in new["rules"]] == [
        ("2026-11-01", None), (None, "2026-12-21"),
    ]  # fmt: skip
    assert new["timeline"][-1]["facts"] == {"rules": True}
    assert (new["cents"], at.node.verify(notice, at.creditor).cents) == (10_000, 9_500)
    # Rules go with the day from which they were counted; what is read may be said again.
    moved = patch(api, at, position, due="2027-01-10").json
    assert [(one["first"], one["last"]) for one in moved["rules"]] == [
        ("2026-11-11", None), (None, "2026-12-31"),
    ]  # fmt: skip
    assert patch(api, at, position, rules=moved["rules"]).json["rules"] == moved["rules"]
    assert patch(api, at, position, rules=[]).json["amounts"] == []
    assert at.node.pay(notice, at.creditor).answer == "OK"
    assert refusal(patch(api, at, position, rules=[FEE])) == (409, "position_state")


@pytest.mark.feature("F001-166")
@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ({"cents": 0}, 422, "amount_rule_empty"),
        ({"first": None, "yearly_percent": "2"}, 422, "amount_rule_open"),
        ({"last": "2026-10-31"}, 422, "amount_rule_days"),
        ({"kind": "reduction", "percent": "101"}, 422, "amount_rule_reduction"),
        ({"cents": 99_999_999_999}, 422, "amount_out_of_range"),
        ({"cents": -1}, 400, "invalid_request"),
        ({"reason": ""}, 400, "invalid_request"),
    ],
)
def test_a_rule_that_cannot_be_changes_nothing(
    api: Api, at: Station, rule: dict[str, Any], status: int, code: str
) -> None:
    made = make(api, at.house, "rules", service="offerta", cents=700)
    assert refusal(patch(api, at, made, rules=[FEE | rule])) == (status, code)
    assert whole(api, at.house, made["id"])["version"] == made["version"]


@pytest.mark.feature("F001-166")
def test_only_what_is_paid_at_once_and_by_nobody_just_now_gets_rules(api: Api, at: Station) -> None:
    plan = {"count": 2, "first_due": "2026-12-31", "whole": False}
    wanted = {"service": "offerta", "cents": 700}
    rates = make(api, at.house, "rates", **wanted, plan=plan)
    assert refusal(patch(api, at, rates, rules=[FEE])) == (409, "position_rules")
    both = make(api, at.house, "both", **wanted, plan=plan | {"whole": True})
    assert patch(api, at, both, rules=[FEE]).json["payments"][0]["asked_cents"] == 1_200
    holds.hold(at.tenant, both["id"], "pos:1", api.now)
    assert refusal(patch(api, at, both, rules=[])) == (409, "position_held")
    stale = at.house.call(
        api, "PATCH", f"{POSITIONS}/{both['id']}", {"version": 1, "rules": []}
    )  # fmt: skip
    assert refusal(stale) == (409, "conflict")


# ------------------------------------------------------------------ by when
@pytest.mark.feature("F001-166")
def test_an_instalment_gets_another_day_while_none_is_paid(api: Api, at: Station) -> None:
    position = {"id": at.place(30_000, instalments=3).id}
    before = [one["due"] for one in whole(api, at.house, position["id"])["payments"]]
    days = [{"number": 2, "due": "2027-02-15"}, {"number": 3, "due": "2027-03-20"}]
    new = patch(api, at, position, instalments=days).json
    assert [one["due"] for one in new["payments"]] == [*before[:2], "2027-02-15", "2027-03-20"]
    assert new["timeline"][-1]["facts"] == {"days": {"2": "2027-02-15", "3": "2027-03-20"}}
    notice = new["payments"][2]["notice"]
    assert at.node.verify(notice, at.creditor).due == "2027-02-15"
    for said, status, code in (
        ({"due": "2027-01-31"}, 409, "position_plan"),
        ({"instalments": [{"number": 4, "due": "2027-05-01"}]}, 422, "position_instalment"),
        ({"instalments": [{"number": 2, "due": "2027-04-01"}]}, 422, "instalments_order"),
    ):
        assert refusal(patch(api, at, position, **said)) == (status, code)


@pytest.mark.feature("F001-049")
def test_what_is_past_its_end_is_still_verified_activated_and_paid(
    api: Api, at: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end says when the body would like the money: on 2 January it is taken all the same."""
    bring(api, at.house, [row(source="late")], "late")
    flow = listing(api, at.house, "late")["id"]
    generate(api, at.house, flow)
    (due,) = positions(api, at.house, flow=flow)
    earlier = make(api, at.house, "late", manual=True, cents=1_000, due="2026-12-15")
    # Generation's own end, and one that an operator typed.
    assert patch(api, at, earlier, ends="2026-12-20").json["ends"] == "2026-12-20"
    assert due["ends"] == "2026-12-31"
    monkeypatch.setattr(api, "now", clock.parse("2027-01-02T09:00:00.000Z"))
    for one in (due, earlier):
        notice, cents = one["payments"][0]["notice"], one["cents"]
        assert at.node.verify(notice, at.creditor).cents == cents
        assert at.node.activate(notice, at.creditor).cents == cents
        assert at.node.pay(notice, at.creditor).answer == "OK"
        found = store.get_position(at.tenant, one["id"])
        assert found is not None
        assert found.state == "paid"
        assert found.payments[0].paid_on == date(2027, 1, 2)


# ------------------------------------------------------------------ by whom
@pytest.mark.feature("F001-166")
def test_a_debtors_data_are_corrected_on_all_of_his_positions(api: Api, at: Station) -> None:
    who = {"name": "Verdi Luca", "tax_code": LUCA, "mail": "vecchia@example.org"}
    first, second = (
        make(api, at.house, key, manual=True, cents=1_000, debtor=who) for key in ("d1", "d2")
    )
    known = {"name": "Verdi Luca Maria", "address": "Via Nuova 2", "postcode": "35100",
             "city": "Padova", "province": "PD", "mail": ""}  # fmt: skip
    new = patch(api, at, first, debtor=known).json
    assert new["timeline"][-1]["facts"] == {"debtor": sorted(known)}
    assert "Nuova" not in str(new["timeline"])
    for one in (first, second):
        assert whole(api, at.house, one["id"])["name"] == "Verdi Luca Maria"
        asked = at.node.activate(one["payments"][0]["notice"], at.creditor)
        assert (asked.debtor.name, asked.debtor.mail) == ("Verdi Luca Maria", "")
    text = _notice_text(api, at, first)
    assert "Via Nuova 2" in text
    assert "35100 Padova (PD)" in text
    found = positions(api, at.house, tax_code=LUCA)
    assert {one["id"] for one in found} == {first["id"], second["id"]}


@pytest.mark.feature("F001-166")
def test_whom_a_stranger_named_is_corrected_for_that_position_alone(api: Api, at: Station) -> None:
    portal = portal_world.portal(api, at)
    person = {"name": "Verdi Ligi", "tax_code": "VRDLGU75B02F205A"}
    path = f"/v1/portal/bodies/{at.creditor}/services/offerta"

    def asked(cents: int) -> dict[str, Any]:
        answer = portal.call("POST", path, {"person": person, "cents": cents})
        assert answer.status == 201, answer.body
        (found,) = positions(api, at.house, iuv=answer.json["notice"][1:])
        return found

    mine = asked(700)
    known = {"name": "Verdi Luigi", "address": "Via Segreta 9", "city": "Padova"}
    for debtor in (known, {"postcode": "35100"}):
        assert patch(api, at, mine, debtor=debtor).status == 200
    assert "Via Segreta 9" in _notice_text(api, at, mine)
    # Who says the same words again is told nothing of what the office wrote.
    again = asked(800)
    assert again["name"] == "Verdi Ligi"
    assert "Segreta" not in _notice_text(api, at, again)
    both = positions(api, at.house, tax_code=person["tax_code"])
    assert {one["id"]: one["name"] for one in both} == {
        mine["id"]: "Verdi Luigi", again["id"]: "Verdi Ligi",
    }  # fmt: skip
    notice = mine["payments"][0]["notice"]
    assert at.node.activate(notice, at.creditor).debtor.name == "Verdi Luigi"
    found = portal.search(notice, person["tax_code"])
    assert (found.status, found.json["debtor_name"]) == (200, "Verdi Luigi")


def _notice_text(api: Api, at: Station, position: dict[str, Any]) -> str:
    import requests

    from tests.entry.test_part_paid import text_of

    link = at.house.call(api, "GET", f"{POSITIONS}/{position['id']}/notice")
    assert link.status == 200, link.body
    return text_of(requests.get(link.json["url"], timeout=10).content)
