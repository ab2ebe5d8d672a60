"""Positions with a hard end: asked for, kept, told, turned by night and right without it."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import requests

from chalicelib.base import clock, dynamo, limits
from chalicelib.entry import nightly, on_collect, on_dues
from chalicelib.payments.positions import counts, ending, holds, store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa.gpd import Gpd
from infra.local.pagopa.node_messages import Refused
from tests.entry import bodies, node_world, portal_world
from tests.entry.api_world import START, Answer, Api, Context, opened
from tests.entry.bodies import House
from tests.entry.node_world import MARIA, Station
from tests.entry.pagopa_world import join, there
from tests.entry.portal_world import Portal
from tests.entry.test_positions import (
    FLOWS,
    POSITIONS,
    bring,
    generate,
    listing,
    make,
    positions,
    whole,
)  # fmt: skip
from tests.payments.dues.files import many, row
from tests.tables import due_rows

END = date(2026, 12, 10)
SUMMARY, EXPORTS = "/v1/body/summary", "/v1/body/exports"
_keys = itertools.count(1)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Api, Gpd]]:
    """The doors, and pagoPA behind them by the same clock."""
    now = [clock.now]
    with Gpd(lambda: now[0]()) as gpd, opened(NET_PRIVATE="allow", PAGOPA_URL=gpd.url) as api:
        now[0] = lambda: api.now
        yield api, gpd


@pytest.fixture
def api(served: tuple[Api, Gpd]) -> Api:
    """The same doors on the first day, with nothing left to do."""
    for item in due_rows("collect"):
        dynamo.commit([dynamo.Delete((item["pk"], item["sk"]))])
    served[0].now = max(served[0].now, START) if served[0].now.date() < END else START
    return served[0]


@pytest.fixture
def gpd(served: tuple[Api, Gpd]) -> Gpd:
    served[1].forget()
    return served[1]


@pytest.fixture
def at(api: Api) -> Station:
    return node_world.station(api)


@pytest.fixture
def house(at: Station) -> House:
    return at.house


def rome(day: date, hour: int = 0, minute: int = 30) -> datetime:
    return datetime.combine(day, time(hour, minute), clock.ROME).astimezone(UTC)


def night(api: Api) -> None:
    """The nightly plan, and all that is to be done then."""
    nightly.nightly({}, Context())
    # Not until nothing is left: what is planned for a later day would be done today.
    for _ in range(2):
        api.run("collect", on_collect.handle)


def on_day(api: Api, house: House, day: date) -> House:
    """Half past midnight of a day in Rome, in sessions that hold."""
    api.now = rome(day)
    return bodies.again(api, house)


def hard(api: Api, house: House, **given: Any) -> Position:
    """A position by hand with a hard end."""
    said = {"manual": True, "cents": 1_000, "ends": str(END), "hard_end": True} | given
    made = make(api, house, f"h{next(_keys)}", **said)
    found = store.get_position(house.tenant, made["id"])
    assert found is not None
    return found


def refusal(at: Station, position: Position) -> str:
    """What the node is told, "" for an amount: the same at verification and activation."""
    notice, codes = position.payments[0].notice, set()
    for act in (at.node.verify, at.node.activate):
        try:
            act(notice, at.creditor)
            codes.add("")
        except Refused as refused:
            codes.add(refused.code)
    (code,) = codes
    return code


def searched(citizen: Portal, one: Position) -> dict[str, Any]:
    """What the portal shows to whoever has the whole key."""
    notice = one.payments[0].notice
    return dict(citizen.search(notice, MARIA.tax_code, body=one.creditor).json)


def states(api: Api, house: House) -> dict[str, int]:
    found = house.call(api, "GET", SUMMARY).json["states"]
    return {state: one["count"] for state, one in found.items() if one["count"]}


def written(house: House) -> dict[str, int]:
    """What the table says, whatever day it is."""
    found: dict[str, int] = {}
    for _, one in store.list_positions(house.tenant):
        found[one.state] = found.get(one.state, 0) + 1
    return found


def listed(api: Api, house: House, state: str) -> set[str]:
    """By the filter, page by page of two."""
    found: set[str] = set()
    query: dict[str, Any] = {"state": state, "limit": 2}
    while True:
        page = house.call(api, "GET", POSITIONS, query=query).json
        assert {one["state"] for one in page["positions"]} <= {state}
        found |= {one["id"] for one in page["positions"]}
        if not page["cursor"]:
            return found
        query["cursor"] = page["cursor"]


def exported(api: Api, house: House, **wanted: Any) -> dict[str, str]:
    key = {"Idempotency-Key": f"e{next(_keys)}"}
    said = {"format": "csv"} | wanted
    export = house.call(api, "POST", EXPORTS, said, headers=key).json["id"]
    while api.run("dues", on_dues.handle):
        pass
    url = house.call(api, "GET", f"{EXPORTS}/{export}/file").json["url"]
    text = requests.get(url, timeout=10).content.decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text), delimiter=";")
    return {one["Posizione"]: one["Stato"] for one in rows}


# ------------------------------------------------------------------ the days around the end
@pytest.mark.feature("F001-048", "F001-163", "F001-164", "F001-009")
def test_the_day_after_everything_that_is_read_says_so_before_any_night(
    api: Api, at: Station, house: House
) -> None:
    bring(api, house, [row(source="a", due=END), row(source="b", due=END - timedelta(days=9))])
    done = generate(api, house, listing(api, house)["id"], ends=str(END), hard_end=True)
    assert (done["state"], done["parameters"]["hard_end"]) == ("generated", True)
    soft = make(api, house, "soft", manual=True, cents=500, ends=str(END))
    mine = [store.get_position(house.tenant, one["id"]) for one in positions(api, house)]
    ended = {one.id for one in mine if one and one.hard_end}
    one = next(each for each in mine if each and each.hard_end)
    citizen = portal_world.portal(api, at)
    # The whole last day, in Rome.
    for moment in (rome(END), rome(END, 23, 59)):
        api.now = moment
        house = bodies.again(api, house)
        assert refusal(at, one) == ""
        assert searched(citizen, one)["state"] == "payable"
        assert states(api, house) == {"valid": 3}
        assert listed(api, house, "expired") == set()
    before = house.call(api, "GET", SUMMARY).json
    house = on_day(api, house, END + timedelta(days=1))
    assert written(house) == {"valid": 3}  # nobody has written anything
    assert refusal(at, one) == "PAA_PAGAMENTO_SCADUTO"
    found = searched(citizen, one)
    assert found["state"] == "not_payable"
    cart = citizen.cart(found["key"])
    assert (cart.status, cart.code) == (409, "notice_not_payable")
    paper = house.call(api, "GET", f"{POSITIONS}/{one.id}/notice")
    assert (paper.status, paper.code) == (409, "position_state")

    def look() -> tuple[Any, ...]:
        return (
            states(api, house), listed(api, house, "expired"), listed(api, house, "valid"),
            exported(api, house), exported(api, house, state="expired"),
            {name: house.call(api, "GET", SUMMARY).json[name] for name in ("due", "paid", "open")},
            whole(api, house, one.id)["state"], refusal(at, one),
        )  # fmt: skip

    seen = look()
    assert seen[0] == {"valid": 1, "expired": 2}
    assert (seen[1], seen[2]) == (ended, {soft["id"]})
    assert seen[3] == dict.fromkeys(ended, "expired") | {soft["id"]: "valid"}
    assert seen[4] == dict.fromkeys(ended, "expired")
    assert seen[5] == {name: before[name] for name in ("due", "paid", "open")}
    # The night writes it down, once however often it runs, and nothing looks different.
    night(api)
    assert written(house) == {"valid": 1, "expired": 2}
    assert look() == seen
    events = at.events(one)
    assert events == ["generated", "expire"]
    assert not ending.waits(house.tenant, END + timedelta(days=2))
    night(api)
    assert at.events(one) == events
    found_again = counts.recount(house.tenant)
    assert found_again.quiet
    assert not found_again.differences


def test_an_end_that_contradicts_its_due_day_is_refused_everywhere(api: Api, house: House) -> None:
    def code(answer: Answer) -> str:
        assert answer.status == 422, answer.body
        return answer.code

    after, past = str(END + timedelta(days=1)), str(START.date() - timedelta(days=1))
    asked = {
        "service": "quota", "debtor": {"name": "Rossi Maria", "tax_code": MARIA.tax_code},
        "manual": True, "cents": 100, "hard_end": True,
    }  # fmt: skip
    for given, wanted in (
        ({"ends": str(END), "due": after}, "ends_before_due"), ({"ends": past}, "ends_past"),
    ):  # fmt: skip
        key = {"Idempotency-Key": f"r{next(_keys)}"}
        assert code(house.call(api, "POST", POSITIONS, asked | given, headers=key)) == wanted
    mine = hard(api, house, due=str(END))
    path = f"{POSITIONS}/{mine.id}"
    for given, wanted in (
        ({"due": after}, "ends_before_due"), ({"ends": past}, "ends_past"),
    ):  # fmt: skip
        assert code(house.call(api, "PATCH", path, {"version": 1} | given)) == wanted
    bring(api, house, [row(source="late", due=END + timedelta(days=1))])
    flow = listing(api, house)["id"]
    given = {"description": "x", "ends": str(END), "hard_end": True}
    for more, wanted in (
        ({"due": after}, "ends_before_due"), ({"ends": past}, "ends_past"),
        ({"plan": {"count": 2, "first_due": str(END)}}, "ends_before_due"),
    ):  # fmt: skip
        assert code(house.call(api, "POST", f"{FLOWS}/{flow}/generate", given | more)) == wanted
    # What only the dues themselves say is found before anything is made.
    done = generate(api, house, flow, ends=str(END), hard_end=True)
    assert (done["state"], done["code"], done["made"]) == ("failed", "ends_before_due", 0)


@pytest.mark.feature("F001-166")
def test_an_end_is_hardened_moved_and_taken_back_while_nothing_is_paid(
    api: Api, at: Station, house: House
) -> None:
    made = make(api, house, "soft", manual=True, cents=500)
    one = store.get_position(house.tenant, made["id"])
    assert one is not None

    def edit(**given: Any) -> dict[str, Any]:
        version = at.now(one).version
        answer = house.call(api, "PATCH", f"{POSITIONS}/{one.id}", {"version": version} | given)
        assert answer.status == 200, answer.body
        return dict(answer.json)

    assert (made["hard_end"], edit(hard_end=True, ends=str(END))["hard_end"]) == (False, True)
    house = on_day(api, house, END + timedelta(days=1))
    assert refusal(at, one) == "PAA_PAGAMENTO_SCADUTO"
    # Another word on it opens nothing; a later end does, before the night and after it.
    assert edit(subject="Altra")["state"] == "expired"
    assert edit(ends=str(END + timedelta(days=3)))["state"] == "valid"
    assert refusal(at, one) == ""
    night(api)
    assert at.now(one).state == "valid"
    house = on_day(api, house, END + timedelta(days=4))
    night(api)
    assert at.now(one).state == "expired"
    assert edit(hard_end=False)["state"] == "valid"
    house = on_day(api, house, END + timedelta(days=90))
    night(api)
    assert (refusal(at, one), at.now(one).state) == ("", "valid")
    assert not counts.recount(house.tenant).differences


# ------------------------------------------------------------------ whatever comes when
ORDERS = list(itertools.permutations(("receipt", "cancel", "night")))


@pytest.mark.feature("F001-006")
def test_receipt_cancellation_and_night_end_in_one_state_through_the_doors(
    api: Api, at: Station, house: House
) -> None:
    found = [hard(api, house, cents=1_000 + n) for n in range(len(ORDERS))]
    paid = {one.id: at.node.activate(one.payments[0].notice, at.creditor) for one in found}
    house = on_day(api, house, END + timedelta(days=1))
    # All of them at once, each in its order; a night is everybody's, so others' are put aside.
    waiting = dict(zip((one.id for one in found), map(list, ORDERS), strict=True))
    by_id = {one.id: one for one in found}
    while any(waiting.values()):
        for name, events in waiting.items():
            while events and events[0] != "night":
                event = events.pop(0)
                if event == "receipt":
                    assert at.node.tell(at.node.receipt(paid[name])) == "OK"
                else:
                    house.call(api, "POST", f"{POSITIONS}/{name}/cancel")
        night(api)
        for events in waiting.values():
            if events:
                events.pop(0)
    assert {at.now(one).state for one in found} == {"paid"}
    kept = [receipts.of_position(at.tenant, name) for name in by_id]
    assert [[each.double for each in some] for some in kept] == [[False]] * len(ORDERS)
    came = {one.id: at.now(one).payments[0].paid_cents for one in found}
    assert came == {one.id: one.cents for one in found}
    assert states(api, house) == {"paid": len(ORDERS)}
    assert not counts.recount(house.tenant).differences


@pytest.mark.feature("F001-006")
def test_money_after_the_end_is_taken_and_said_to_be_late(
    api: Api, at: Station, house: House
) -> None:
    late, begun = hard(api, house), hard(api, house)
    activated = [at.node.activate(one.payments[0].notice, at.creditor) for one in (late, begun)]
    api.now = rome(END, 23, 59)
    on_the_last_day = at.node.receipt(activated[1])
    house = on_day(api, house, END + timedelta(days=1))
    night(api)
    assert at.node.tell(at.node.receipt(activated[0])) == "OK"
    assert at.node.tell(on_the_last_day) == "OK"
    for one, said in ((late, True), (begun, None)):
        shown = whole(api, house, one.id)
        assert (shown["state"], [each["event"] for each in shown["timeline"]]) == (
            "paid", ["generated", "expire", "pay"],
        )  # fmt: skip
        assert shown["timeline"][-1]["facts"].get("late") is said


def test_a_plan_that_was_begun_is_paid_to_its_end(api: Api, at: Station, house: House) -> None:
    plan = {"count": 2, "first_due": str(END - timedelta(days=9)), "every_months": 1}
    bring(api, house, [row(source=str(n), due=END) for n in range(2)])
    ends = END + timedelta(days=22)  # the second instalment is due on the first of January
    flow = listing(api, house)["id"]
    generate(api, house, flow, ends=str(ends), hard_end=True, plan=plan)
    first, second = (
        store.get_position(house.tenant, one["id"]) for one in positions(api, house, flow=flow)
    )
    assert first
    assert second
    assert at.node.pay(first.payments[1].notice, at.creditor).answer == "OK"
    house = on_day(api, house, ends + timedelta(days=1))
    night(api)
    assert (at.now(first).state, at.now(second).state) == ("partially_paid", "expired")
    assert at.node.pay(first.payments[2].notice, at.creditor).answer == "OK"
    assert at.now(first).state == "paid"


def test_what_somebody_takes_money_for_is_left_until_he_has(
    api: Api, at: Station, house: House
) -> None:
    one, other = hard(api, house), hard(api, house)
    house = on_day(api, house, END + timedelta(days=1))
    holds.hold(at.tenant, one.id, "pos-1", api.now)
    night(api)
    assert (at.now(one).state, at.now(other).state) == ("valid", "expired")
    api.tick(limits.POSITION_HOLD_S + 1)
    api.run("collect", on_collect.handle)
    assert at.now(one).state == "expired"
    assert not ending.waits(at.tenant, END + timedelta(days=1))


def test_whoever_paid_at_midnight_is_not_told_that_he_cannot(
    api: Api, at: Station, house: House
) -> None:
    one = hard(api, house, debtor={"name": "Rossi Maria", "tax_code": MARIA.tax_code})
    citizen = portal_world.portal(api, at)
    api.now = rome(END, 23, 58)
    with portal_world.checkout(at):
        cart = citizen.cart(citizen.key(one)).json
    # He has paid and comes back; the receipt is on its way.
    citizen.look(cart["cart"], "ok")
    api.now = rome(END + timedelta(days=1), 0, 1)
    assert citizen.look(cart["cart"]).json["state"] == "verifying"
    assert searched(citizen, one)["state"] == "verifying"
    api.tick(limits.VERIFYING_S)
    assert searched(citizen, one)["state"] == "not_payable"


# ------------------------------------------------------------------ many, and a night that dies
def test_a_great_flow_is_turned_by_pieces_and_by_nobody_twice(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(api, house, [one | {"due": END} for one in many(30)])
    flow = listing(api, house)["id"]
    generate(api, house, flow, ends=str(END), hard_end=True)
    house = on_day(api, house, END + timedelta(days=1))
    nightly.nightly({}, Context())
    with monkeypatch.context() as short:
        # There is no time left once a piece is written.
        left = lambda _: 1_000 if "expired" in written(house) else 300_000  # noqa: E731
        short.setattr(Context, "get_remaining_time_in_millis", left)
        (mine,) = (one for one in due_rows("collect") if f"#{house.tenant}#" in one["pk"])
        body = json.dumps({"pk": mine["pk"], "sk": mine["sk"]})
        on_collect.handle({"Records": [{"messageId": "m", "body": body}]}, Context())
    assert written(house) == {"expired": limits.ENDING_AT_ONCE, "valid": 30 - limits.ENDING_AT_ONCE}
    assert states(api, house) == {"expired": 30}
    assert len(listed(api, house, "expired")) == 30
    night(api)
    assert written(house) == {"expired": 30}
    partition = [store.list_events(house.tenant, one["id"]) for one in positions(api, house)]
    assert {tuple(each["event"] for each in some) for some in partition} == {
        ("generated", "expire")
    }
    assert not counts.recount(house.tenant).differences


# ------------------------------------------------------------------ pagoPA
@pytest.mark.feature("F001-057", "F001-012")
def test_pagopa_is_told_of_the_end_and_ends_it_too(
    api: Api, gpd: Gpd, at: Station, house: House
) -> None:
    assert join(api, house).status == 200
    night(api)
    one = hard(api, house, due=str(END - timedelta(days=5)))
    api.run("collect", on_collect.handle)
    mine = {"id": one.id}
    found = there(gpd, mine)
    assert found
    (option,) = found["paymentOption"]
    # Until it is due the notice's own day is told: an end now would be one on that day.
    assert (found["switchToExpired"], option["dueDate"][:10], option["retentionDate"][:10]) == (
        False, "2026-12-05", "2026-12-10",
    )  # fmt: skip
    api.now = rome(END - timedelta(days=4), 0, 5)
    api.run("collect", on_collect.handle)
    found = there(gpd, mine)
    assert found
    (option,) = found["paymentOption"]
    assert (found["switchToExpired"], found["status"], option["dueDate"][:10]) == (
        True, "VALID", "2026-12-10",
    )  # fmt: skip
    house = on_day(api, house, END + timedelta(days=1))
    with pytest.raises(Exception, match="EXPIRED"):
        gpd.archive.pay(at.creditor, one.payments[0].notice, "token-late")
    night(api)
    shown = whole(api, house, one.id)
    assert (shown["state"], shown["pagopa"]["state"], shown["pagopa"]["status"]) == (
        "expired", "told", "EXPIRED",
    )  # fmt: skip
    # Opened again, it is told again, and payable when pagoPA says so.
    later = {"version": shown["version"], "ends": str(END + timedelta(days=9))}
    opened_again = house.call(api, "PATCH", f"{POSITIONS}/{one.id}", later).json
    assert opened_again["state"] == "draft"
    api.run("collect", on_collect.handle)
    assert whole(api, house, one.id)["state"] == "valid"
    assert there(gpd, mine)["status"] == "VALID"  # type: ignore[index]
    assert gpd.archive.pay(at.creditor, one.payments[0].notice, "token-1").id == "token-1"


@pytest.mark.feature("F001-057")
def test_what_pagopa_did_not_hear_in_time_is_put_right_and_nothing_is_made_there(
    api: Api, gpd: Gpd, at: Station, house: House
) -> None:
    assert join(api, house).status == 200
    night(api)
    told = hard(api, house, hard_end=False)
    night(api)
    edit = {"version": at.now(told).version, "hard_end": True}
    assert house.call(api, "PATCH", f"{POSITIONS}/{told.id}", edit).json["hard_end"] is True
    untold = hard(api, house)
    # Nobody reaches pagoPA until the end is past.
    house = on_day(api, house, END + timedelta(days=1))
    night(api)
    assert (at.now(told).state, at.now(untold).state) == ("expired", "expired")
    assert [what for what, _ in gpd.archive.done] == ["create", "update"]
    assert there(gpd, {"id": untold.id}) is None
    house = on_day(api, house, END + timedelta(days=2))
    with pytest.raises(Exception, match="EXPIRED"):
        gpd.archive.pay(at.creditor, told.payments[0].notice, "token-late")
