"""What pagoPA is told of positions and what it gives back: the doors, the worker, the real client,
and simulated services on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.base import clock, dynamo, limits, net
from chalicelib.entry import nightly, on_collect, on_reconcile
from chalicelib.payments.pagopa import connections, looking, telling
from chalicelib.payments.positions import counts
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa import fdr
from infra.local.pagopa.fdr import Flow
from infra.local.pagopa.gpd import KEY, ROUTES, Gpd
from tests.entry import bodies
from tests.entry.api_world import Answer, Api, opened
from tests.entry.bodies import House
from tests.entry.test_positions import (
    POSITIONS,
    bodies_again,
    bring,
    generate,
    listing,
    make,
    positions,
    whole,
)
from tests.payments.dues.files import many, row
from tests.payments.pagopa import contracts
from tests.payments.pagopa.contracts import Exchange
from tests.tables import due_rows

PAGOPA = "/v1/body/pagopa"
REFUSALS = f"{PAGOPA}/refusals"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Api, Gpd]]:
    """The doors, and pagoPA behind them by the same clock."""
    now = [clock.now]
    with Gpd(lambda: now[0]()) as gpd, opened(NET_PRIVATE="allow", PAGOPA_URL=gpd.url) as api:
        now[0] = lambda: api.now
        yield api, gpd


@pytest.fixture
def said() -> Iterator[list[Exchange]]:
    """What is said in a test; all of it is as pagoPA's own descriptions have it, but for pages of
    HTML, which are planned. Where the descriptions are not at hand only their test says so."""
    with contracts.listening() as found:
        yield found
    for one in found if contracts.here() else ():
        if not one.answer.startswith(b"<html>"):
            contracts.check(one)


@pytest.fixture
def gpd(served: tuple[Api, Gpd], said: list[Exchange]) -> Gpd:
    served[1].forget()
    return served[1]


@pytest.fixture
def api(served: tuple[Api, Gpd]) -> Api:
    # Rows of other tests that still wait would be done here.
    for item in due_rows("collect"):
        dynamo.commit([dynamo.Delete((item["pk"], item["sk"]))])
    return served[0]


def join(api: Api, house: House, mode: str = "gpd", **changed: Any) -> Answer:
    keys = {"positions": KEY, "receipts": KEY, "biz": KEY}
    return house.call(api, "PUT", PAGOPA, {"mode": mode, "keys": keys} | changed)


@pytest.fixture
def house(api: Api, gpd: Gpd) -> House:
    """A body whose positions pagoPA keeps."""
    made = bodies.ready(api)
    assert join(api, made).status == 200
    tell(api)
    return made


def tell(api: Api, times: int = 1) -> None:
    """Every row that is open, so many times."""
    for _ in range(times):
        api.run("collect", on_collect.handle)


def creditor(api: Api, house: House) -> str:
    return str(house.call(api, "GET", PAGOPA).json["creditor"])


def allow_outside(api: Api, house: House) -> None:
    """Payments past the node may be recorded."""
    body = house.call(api, "GET", "/v1/body").json
    body.pop("logo")
    body["outside_until"] = str(clock.rome_day(api.now) + timedelta(days=400))
    assert house.call(api, "PUT", "/v1/body", body).status == 200


def there(gpd: Gpd, position: dict[str, Any], product: str = "gpd") -> dict[str, Any] | None:
    """What pagoPA has of a position of ours."""
    for (_, iupd), found in gpd.archives[product].positions.items():
        if iupd.endswith(f"-{position['id']}"):
            return found
    return None


def operations(gpd: Gpd) -> list[str]:
    return [operation for operation, _, _ in gpd.requests]


# ------------------------------------------------------------------ the setting
def test_keys_are_written_and_never_shown(api: Api, house: House) -> None:
    found = house.call(api, "GET", PAGOPA).json
    assert (found["mode"], found["environment"]) == ("gpd", "production")
    assert found["keys"] == {"positions": True, "receipts": True, "biz": True}
    changed = join(api, house, version=found["version"], keys={"biz": ""})
    assert changed.json["keys"] == {"positions": True, "receipts": True, "biz": False}
    assert KEY not in str(changed.body)
    assert KEY not in str(found)
    stale = join(api, house, version=found["version"])
    assert stale.status == 409
    keyless = join(api, house, version=changed.json["version"], keys={"positions": ""})
    assert (keyless.status, keyless.code) == (422, "pagopa_key_missing")
    broker = join(api, house, version=changed.json["version"], broker="12345678901")
    assert (broker.status, broker.code) == (422, "pagopa_broker_malformed")
    (stored,) = dynamo.query(f"T#{house.tenant}#BODY", prefix="CONNECTION")
    assert KEY.encode() not in b"".join(stored["keys"].values())


def try_key(api: Api, house: House, product: str) -> tuple[bool, str, str]:
    found = house.call(api, "POST", f"{PAGOPA}/test", {"product": product}).json
    return found["works"], found["code"], found["words"]


@pytest.mark.feature("F001-012")
def test_a_key_is_tried_and_the_answer_is_pagopas(api: Api, gpd: Gpd, house: House) -> None:
    for product in ("positions", "receipts", "biz"):
        works, code, words = try_key(api, house, product)
        assert (works, code, words[:3]) == (True, "", "404"), product
    # Nothing was made, changed or read there.
    assert set(operations(gpd)) == {"get", "receipt", "biz"}
    assert gpd.archive.done == []
    join(api, house, version=1, keys={"positions": "of-somebody-else", "receipts": ""})
    works, code, words = try_key(api, house, "positions")
    assert (works, code, words[:3]) == (False, "pagopa_key_refused", "401")
    assert try_key(api, house, "receipts") == (False, "pagopa_key_missing", "")
    gpd.faults.plan("error", "biz", 1)
    assert try_key(api, house, "biz")[:2] == (False, "pagopa_unavailable")
    gpd.faults.plan("garbage", "get", 1)
    join(api, house, version=2)
    assert try_key(api, house, "positions")[:2] == (False, "pagopa_refused")
    # Biz Events is asked no oftener than it wants, tries included.
    for _ in range(limits.BIZ_CALLS - 2):
        assert try_key(api, house, "biz")[0]
    assert try_key(api, house, "biz") == (False, "pagopa_throttled", "")


def test_an_operator_of_another_body_sees_nothing(api: Api, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    other = bodies.ready(api)
    assert join(api, other).status == 200
    answer = other.call(api, "POST", f"{REFUSALS}/{made['id']}/retry")
    assert (answer.status, answer.code) == (404, "not_found")
    assert other.call(api, "GET", REFUSALS).json["refusals"] == []


# ------------------------------------------------------------------ told
@pytest.mark.feature("F001-057", "F001-012")
def test_each_position_is_there_once_whatever_is_repeated(api: Api, gpd: Gpd, house: House) -> None:
    bring(api, house, list(many(6)))
    generate(api, house, listing(api, house)["id"])
    assert {one["state"] for one in positions(api, house)} == {"draft"}
    # Done, and never heard of: each of these is repeated.
    for kind, times in (("after", 2), ("drop", 1), ("garbage", 1), ("error", 1)):
        gpd.faults.plan(kind, "create", times)
    tell(api, 4)
    found = positions(api, house)
    assert {one["state"] for one in found} == {"valid"}
    created = [iupd for what, iupd in gpd.archive.done if what == "create"]
    assert len(created) == len(set(created)) == 6
    assert {what for what, _ in gpd.archive.done} == {"create"}
    assert {one["status"] for one in gpd.archive.positions.values()} == {"VALID"}
    mine = whole(api, house, found[0]["id"])
    assert mine["pagopa"]["state"] == "told"
    assert mine["pagopa"]["status"] == "VALID"
    assert [one["event"] for one in mine["timeline"]] == ["generated", "published"]
    # Told again for no reason, nothing happens there.
    before = list(gpd.archive.done)
    join_again = house.call(api, "POST", f"{REFUSALS}/{mine['id']}/retry")
    assert (join_again.status, join_again.json["state"]) == (202, "waiting")
    tell(api)
    assert gpd.archive.done == before
    assert whole(api, house, mine["id"])["version"] == mine["version"]


@pytest.mark.feature("F001-057")
def test_what_is_told_is_what_is_asked_for(api: Api, gpd: Gpd, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=12_345, due="2026-12-20")
    tell(api)
    found = there(gpd, made)
    assert found is not None
    assert (found["fullName"], found["fiscalCode"], found["type"]) == (
        "Rossi Maria", made["tax_code"], "F",
    )  # fmt: skip
    (option,) = found["paymentOption"]
    assert (option["nav"], option["amount"], option["dueDate"]) == (
        made["payments"][0]["notice"], 12_345, "2026-12-20T22:59:59.000Z",
    )  # fmt: skip
    (transfer,) = option["transfer"]
    assert transfer["remittanceInformation"] == (f"/RFB/{option['iuv']}/123.45/TXT/Quota annuale")
    assert (transfer["iban"], transfer["postalIban"]) == (bodies.BANK, bodies.POSTE)


@pytest.mark.feature("F001-166", "F001-168")
def test_changes_are_told_as_what_the_position_is_now(api: Api, gpd: Gpd, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000, due="2026-12-20")
    path = f"{POSITIONS}/{made['id']}"
    # Edited before anybody was told: created once, as it is.
    house.call(api, "PATCH", path, {"version": 1, "subject": "Prima"})
    tell(api)
    assert gpd.archive.done == [("create", _iupd(gpd, made))]
    version = whole(api, house, made["id"])["version"]
    for subject in ("Seconda", "Terza"):
        edited = house.call(api, "PATCH", path, {"version": version, "subject": subject})
        version = edited.json["version"]
    assert edited.json["pagopa"]["state"] == "waiting"
    tell(api)
    found = there(gpd, made)
    assert found is not None
    assert found["paymentOption"][0]["description"] == "Terza"
    assert [what for what, _ in gpd.archive.done] == ["create", "update"]
    # Another amount and another day are told like words.
    edited = house.call(api, "PATCH", path, {
        "version": whole(api, house, made["id"])["version"], "due": "2027-01-20",
        "amount": {"cents": 1_250, "manual": True},
    })  # fmt: skip
    assert edited.status == 200, edited.body
    tell(api)
    option = (there(gpd, made) or {})["paymentOption"][0]
    assert (option["amount"], option["dueDate"][:10]) == (1_250, "2027-01-20")
    assert sum(one["amount"] for one in option["transfer"]) == 1_250
    assert [what for what, _ in gpd.archive.done] == ["create", "update", "update"]
    # Cancelled: nobody can pay it there.
    other = make(api, house, "m2", manual=True, cents=1_000)
    tell(api)
    house.call(api, "POST", f"{POSITIONS}/{other['id']}/cancel")
    gpd.faults.plan("drop", "invalidate")
    tell(api, 2)
    found = there(gpd, other)
    assert found is not None
    assert found["status"] == "INVALID"
    # Deleted: it is not there any more.
    house.call(api, "DELETE", path)
    gpd.faults.plan("after", "delete")
    tell(api, 2)
    assert there(gpd, made) is None
    assert whole(api, house, made["id"])["pagopa"]["state"] == "told"
    # Never told and cancelled: it never gets there.
    third = make(api, house, "m3", manual=True, cents=1_000)
    house.call(api, "POST", f"{POSITIONS}/{third['id']}/cancel")
    tell(api)
    assert there(gpd, third) is None


@pytest.mark.feature("F001-166")
def test_another_name_is_told_of_each_position_that_is_open_though_nothing_shows_it(
    api: Api, gpd: Gpd, house: House
) -> None:
    first, second, over = (make(api, house, f"n{n}", manual=True, cents=1_000) for n in range(3))
    house.call(api, "POST", f"{POSITIONS}/{over['id']}/cancel")
    tell(api)
    gpd.archive.done.clear()
    version = whole(api, house, first["id"])["version"]
    path = f"{POSITIONS}/{first['id']}"
    renamed = {"version": version, "debtor": {"name": "Rossi Maria Anna"}}
    # The answer to one of the calls is lost, and the rows are worked at twice.
    assert house.call(api, "PATCH", path, renamed).status == 200
    gpd.faults.plan("drop", "update")
    tell(api, 2)
    for one in (first, second):
        assert (there(gpd, one) or {})["fullName"] == "Rossi Maria Anna"
        assert whole(api, house, one["id"])["pagopa"]["state"] == "told"
    assert {name for _, name in gpd.archive.done} == {_iupd(gpd, first), _iupd(gpd, second)}
    # What it has is not told again.
    gpd.archive.done.clear()
    for address in ("Via Nuova 1", "Via Nuova 2"):
        version = whole(api, house, first["id"])["version"]
        said = {"version": version, "debtor": {"address": address}}
        assert house.call(api, "PATCH", path, said).status == 200
        tell(api)
    assert gpd.archive.done == []


def test_a_change_after_a_lost_answer_is_an_update(api: Api, gpd: Gpd, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    gpd.faults.plan("after", "create")
    tell(api)
    house.call(api, "PATCH", f"{POSITIONS}/{made['id']}", {"version": 1, "subject": "Altra"})
    tell(api)
    found = there(gpd, made)
    assert found is not None
    assert found["paymentOption"][0]["description"] == "Altra"
    assert [what for what, _ in gpd.archive.done] == ["create", "update"]
    assert whole(api, house, made["id"])["state"] == "valid"


@pytest.mark.parametrize("mode", ["gpd", "aca"])
def test_a_change_during_the_call_is_told_after_it(
    api: Api, gpd: Gpd, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    house = bodies.ready(api)
    assert join(api, house, mode).status == 200
    tell(api)
    made = make(api, house, "m1", manual=True, cents=1_000)
    real = net.request
    told_twice: list[str] = []

    def request(method: str, *given: Any, **more: Any) -> net.Reply:
        reply = real(method, *given, **more)
        if method == "POST" and not told_twice:
            told_twice.append(method)
            # Another process begins to tell it while this one is at it, and a person changes it.
            tell(api)
            change = {"version": 1, "subject": "Altra"}
            house.call(api, "PATCH", f"{POSITIONS}/{made['id']}", change)
        return reply

    monkeypatch.setattr(net, "request", request)
    tell(api)
    assert [what for what, _ in gpd.archives[mode].done] == ["create"]
    assert whole(api, house, made["id"])["pagopa"]["state"] == "waiting"
    tell(api)
    found = there(gpd, made, mode)
    assert found is not None
    assert found["paymentOption"][0]["description"] == "Altra"
    assert [what for what, _ in gpd.archives[mode].done] == ["create", "update"]
    mine = whole(api, house, made["id"])
    assert (mine["state"], mine["pagopa"]["state"]) == ("valid", "told")


def _iupd(gpd: Gpd, position: dict[str, Any]) -> str:
    found = there(gpd, position)
    assert found is not None
    return str(found["iupd"])


@pytest.mark.feature("F001-169", "F001-012")
def test_paid_outside_closes_it_there(api: Api, gpd: Gpd, house: House) -> None:
    allow_outside(api, house)
    made = make(api, house, "m1", manual=True, cents=1_000)
    tell(api)
    day = str(clock.rome_day(api.now))
    answer = house.call(api, "POST", f"{POSITIONS}/{made['id']}/paid-outside", {"day": day})
    assert answer.status == 200
    gpd.faults.plan("after", "paid")
    tell(api, 2)
    found = there(gpd, made)
    assert found is not None
    assert (found["status"], found["paymentOption"][0]["status"]) == ("PAID", "PO_PAID")
    assert [what for what, _ in gpd.archive.done].count("paid") == 1
    assert whole(api, house, made["id"])["state"] == "paid_outside"


def test_instalments_make_a_plan_and_paying_outside_closes_what_is_left(
    api: Api, gpd: Gpd, house: House
) -> None:
    allow_outside(api, house)
    bring(api, house, [row()])
    plan = {"count": 3, "first_due": "2027-01-31", "whole": True}
    generate(api, house, listing(api, house)["id"], plan=plan)
    tell(api)
    (made,) = positions(api, house)
    found = there(gpd, made)
    assert found is not None
    assert [(one["isPartialPayment"], one["amount"]) for one in found["paymentOption"]] == [
        (False, 15_000), (True, 5_000), (True, 5_000), (True, 5_000),
    ]  # fmt: skip
    rates = [one["notice"] for one in made["payments"] if one["number"]]
    gpd.archive.pay(creditor(api, house), rates[0], "receipt-rate-1")
    look(api, house)
    assert positions(api, house)[0]["state"] == "partially_paid"
    day = str(clock.rome_day(api.now))
    house.call(api, "POST", f"{POSITIONS}/{made['id']}/paid-outside", {"day": day})
    tell(api)
    found = there(gpd, made)
    assert found is not None
    assert found["status"] == "PAID"
    states = {one["nav"]: one["status"] for one in found["paymentOption"]}
    assert {states[notice] for notice in rates} == {"PO_PAID"}


@pytest.mark.feature("F001-057", "F001-166")
def test_a_late_fee_is_told_on_the_day_on_which_it_begins(api: Api, gpd: Gpd, house: House) -> None:
    bring(api, house, [row()])
    generate(api, house, listing(api, house)["id"], late_fee_cents=500, late_fee_days=10)
    tell(api)
    (made,) = positions(api, house)
    row_ = dynamo.get(telling.key_of(house.tenant, made["id"]))
    assert row_ is not None
    assert row_["planned"]
    assert clock.rome_day(clock.parse(row_["due"])).isoformat() == "2027-01-11"
    assert whole(api, house, made["id"])["pagopa"]["state"] == "told"
    before = api.now
    api.tick((clock.parse(row_["due"]) - api.now).total_seconds())
    tell(api)
    found = there(gpd, made)
    assert found is not None
    assert found["paymentOption"][0]["amount"] == 15_500
    assert dynamo.get(telling.key_of(house.tenant, made["id"])) is None
    api.now = before


@pytest.mark.feature("F001-166", "F001-168", "F001-169")
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_in_whatever_order_it_ends_there_as_it_is_here(
    api: Api, gpd: Gpd, house: House, seed: int
) -> None:
    chance = Random(seed)
    allow_outside(api, house)
    made = make(api, house, "m1", manual=True, cents=1_000)
    path = f"{POSITIONS}/{made['id']}"
    day = str(clock.rome_day(api.now))
    for number in range(12):
        what = chance.choice(["tell"] * 4 + ["edit"] * 4 + ["cancel", "delete", "outside"])
        if chance.random() < 0.6:
            kind = chance.choice(["after", "drop", "gone", "error", "garbage", "busy"])
            calls = ["create", "get", "update", "invalidate", "delete", "paid"]
            gpd.faults.plan(kind, chance.choice(calls))
        if what == "tell":
            api.tick(limits.PAGOPA_LEASE_S)
            tell(api)
        elif what == "edit":
            version = whole(api, house, made["id"])["version"]
            house.call(api, "PATCH", path, {"version": version, "subject": f"Testo {number}"})
        elif number > 6:
            verb, rest = ("DELETE", "") if what == "delete" else ("POST", f"/{what}")
            body = {"day": day} if what == "outside" else None
            house.call(api, verb, path + rest.replace("outside", "paid-outside"), body)
    gpd.faults.clear()
    api.tick(2 * limits.PAGOPA_LEASE_S)
    tell(api, 3)
    mine, found = whole(api, house, made["id"]), there(gpd, made)
    assert mine["pagopa"]["state"] == "told", mine["pagopa"]
    assert [what for what, _ in gpd.archive.done].count("create") <= 1
    if mine["state"] == "valid":
        assert found is not None
        assert found["status"] == "VALID"
        assert found["paymentOption"][0]["description"] == mine["subject"]
    elif mine["state"] == "invalid":
        assert found is None or found["status"] == "INVALID"
    else:
        assert mine["state"] == "paid_outside"
        assert found is None or found["status"] == "PAID"


# ------------------------------------------------------------------ failures
@pytest.mark.feature("F001-057")
def test_a_limit_is_obeyed_for_as_long_as_it_says(api: Api, gpd: Gpd, house: House) -> None:
    made = [make(api, house, f"m{number}", manual=True, cents=1_000) for number in range(3)]
    gpd.faults.retry_after_s = 120
    gpd.faults.plan("busy", "create")
    tell(api)
    # The first was told to wait; the others did not even ask.
    assert operations(gpd).count("create") == 1
    found = house.call(api, "GET", PAGOPA).json
    wait = clock.parse(found["paused_until"]) - api.now
    assert 100 < wait.total_seconds() <= 120
    tell(api)
    assert operations(gpd).count("create") == 1
    rows = [dynamo.get(telling.key_of(house.tenant, one["id"])) for one in made]
    for one in rows:
        assert one is not None
        assert one["due"] >= found["paused_until"]
        assert (one["attempts"], one["waits"]) == (0, True)
    api.tick(121)
    tell(api)
    assert {one["state"] for one in positions(api, house)} == {"valid"}
    assert len(gpd.archive.positions) == 3


def test_more_positions_than_the_services_limit_all_arrive(
    api: Api, gpd: Gpd, house: House, said: list[Exchange]
) -> None:
    """Nothing is planned: the service counts calls, and answers 429 to those beyond its limit."""
    gpd.limit = (4, 30)
    for number in range(11):
        make(api, house, f"m{number}", manual=True, cents=1_000)
    arrived = []
    for _ in range(3):
        tell(api, 2)
        arrived.append(len(gpd.archive.positions))
        api.tick(31)
    assert arrived == [4, 8, 11]
    # Of those beyond the limit one is told to wait: the others do not ask within the window.
    assert [one.status for one in said].count(429) == 2
    assert {one["state"] for one in positions(api, house)} == {"valid"}
    assert sorted(gpd.archive.done) == sorted({*gpd.archive.done})
    assert [one for one in gpd.archive.done if one[0] != "create"] == []
    # Waiting is no failure: nobody is shown anything.
    assert house.call(api, "GET", REFUSALS).json["refusals"] == []
    assert [row["sk"] for row in due_rows("collect") if "look" not in row["sk"]] == []


@pytest.mark.feature("F001-057")
def test_a_refusal_is_seen_by_people_and_tried_again(api: Api, gpd: Gpd, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    gpd.faults.plan("refuse", "create", 2)
    tell(api)
    (refusal,) = house.operator.call(api, "GET", REFUSALS).json["refusals"]
    assert (refusal["position"], refusal["code"], refusal["answered"]) == (
        made["id"], "pagopa_refused", 400,
    )  # fmt: skip
    assert refusal["said"] == "BAD REQUEST: planned"
    assert (refusal["name"], refusal["cents"]) == ("Rossi Maria", 1_000)
    found = whole(api, house, made["id"])
    assert (found["state"], found["pagopa"]["state"]) == ("draft", "refused")
    # Nobody tries it again by himself.
    tell(api)
    assert whole(api, house, made["id"])["pagopa"]["state"] == "refused"
    gpd.faults.clear()
    answer = house.call(api, "POST", f"{REFUSALS}/{made['id']}/retry")
    assert (answer.status, answer.json["state"]) == (202, "waiting")
    tell(api)
    assert whole(api, house, made["id"])["pagopa"]["state"] == "told"
    assert house.call(api, "GET", REFUSALS).json["refusals"] == []


@pytest.mark.feature("F001-057")
def test_a_wrong_key_loses_nothing(api: Api, gpd: Gpd, house: House) -> None:
    found = house.call(api, "GET", PAGOPA).json
    wrong = join(api, house, version=found["version"], keys={"positions": "another"})
    for number in range(3):
        make(api, house, f"m{number}", manual=True, cents=1_000)
    tell(api)
    first = house.call(api, "GET", REFUSALS, query={"limit": 2}).json
    second = house.call(api, "GET", REFUSALS, query={"cursor": first["cursor"]}).json
    refused = [*first["refusals"], *second["refusals"]]
    assert [one["code"] for one in refused] == ["pagopa_key_refused"] * 3
    assert len({one["position"] for one in refused}) == 3
    assert second["cursor"] is None
    right = join(api, house, version=wrong.json["version"], keys={"positions": KEY})
    assert right.status == 200
    key = {"Idempotency-Key": "r1"}
    assert house.call(api, "POST", f"{PAGOPA}/retry", headers=key).status == 202
    tell(api, 2)
    assert house.call(api, "GET", REFUSALS).json["refusals"] == []
    assert {one["state"] for one in positions(api, house)} == {"valid"}


def test_who_is_silent_for_hours_is_shown_to_people(api: Api, gpd: Gpd, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    gpd.faults.plan("error", "create", limits.WORK_ATTEMPTS)
    tell(api)
    found = whole(api, house, made["id"])["pagopa"]
    assert (found["state"], found["code"], found["attempts"]) == (
        "waiting", "pagopa_unavailable", 1,
    )  # fmt: skip
    tell(api, limits.WORK_ATTEMPTS - 1)
    (refusal,) = house.call(api, "GET", REFUSALS).json["refusals"]
    assert (refusal["position"], refusal["code"]) == (made["id"], "pagopa_unavailable")
    house.call(api, "POST", f"{REFUSALS}/{made['id']}/retry")
    tell(api)
    assert whole(api, house, made["id"])["pagopa"]["state"] == "told"


def test_anothers_segregation_code_is_refused(api: Api, gpd: Gpd, house: House) -> None:
    gpd.archive.segregations[creditor(api, house)] = frozenset({"47"})
    make(api, house, "m1", manual=True, cents=1_000)
    tell(api)
    (refusal,) = house.call(api, "GET", REFUSALS).json["refusals"]
    assert (refusal["code"], refusal["answered"]) == ("pagopa_forbidden", 403)


def test_an_answer_that_does_not_come_is_not_waited_for(
    api: Api, gpd: Gpd, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PAGOPA_TIMEOUT_S", 0.3)
    made = make(api, house, "m1", manual=True, cents=1_000)
    gpd.faults.plan("slow", "create")
    tell(api)
    assert whole(api, house, made["id"])["pagopa"]["code"] == "pagopa_unavailable"
    tell(api)
    assert whole(api, house, made["id"])["pagopa"]["state"] == "told"
    assert [what for what, _ in gpd.archive.done] == ["create"]


# ------------------------------------------------------------------ another way to be joined
@pytest.mark.feature("F001-057")
def test_the_archive_of_notices_is_told_of_a_body_that_answers_itself(api: Api, gpd: Gpd) -> None:
    house = bodies.ready(api)
    early = make(api, house, "m1", manual=True, cents=1_000)
    tell(api)
    assert gpd.requests == []
    # Joining tells what is open already.
    assert join(api, house, "aca").status == 200
    tell(api, 2)
    late = make(api, house, "m2", manual=True, cents=2_000)
    assert (early["state"], late["state"]) == ("valid", "valid")
    tell(api)
    for made in (early, late):
        found = there(gpd, made, "aca")
        assert found is not None
        assert found["status"] == "VALID"
    assert gpd.archive.positions == {}
    house.call(api, "POST", f"{POSITIONS}/{late['id']}/cancel")
    tell(api)
    found = there(gpd, late, "aca")
    assert found is not None
    assert found["status"] == "INVALID"


def test_who_answers_the_node_again_has_nothing_left_in_between(api: Api, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    assert made["state"] == "draft"
    version = house.call(api, "GET", PAGOPA).json["version"]
    assert join(api, house, "node", version=version).status == 200
    tell(api, 2)
    assert whole(api, house, made["id"])["state"] == "valid"
    answer = house.call(api, "POST", f"{REFUSALS}/{made['id']}/retry")
    assert (answer.status, answer.code) == (409, "pagopa_untold")


# ------------------------------------------------------------------ files
@pytest.mark.feature("F001-057")
@pytest.mark.parametrize("trouble", ["", "after", "busy", "refuse"])
def test_a_great_flow_goes_as_files(
    api: Api, gpd: Gpd, house: House, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(limits, "PAGOPA_BULK_FROM", 10)
    monkeypatch.setattr(limits, "PAGOPA_BULK_POSITIONS", 8)
    monkeypatch.setattr(limits, "PAGOPA_BULK_AT_ONCE", 3)
    bring(api, house, list(many(20)))
    generate(api, house, listing(api, house)["id"])
    drafts = positions(api, house)
    # One of them is cancelled and one is changed before the files are written.
    house.call(api, "POST", f"{POSITIONS}/{drafts[0]['id']}/cancel")
    change = {"version": 1, "subject": "Altra"}
    assert house.call(api, "PATCH", f"{POSITIONS}/{drafts[1]['id']}", change).status == 200
    if trouble:
        gpd.faults.plan(trouble, "upload")
    for _ in range(8):
        tell(api)
        api.tick(limits.PAGOPA_BULK_POLL_S)
    found = {one["id"]: one for one in positions(api, house)}
    assert found.pop(drafts[0]["id"])["state"] == "invalid"
    assert {one["state"] for one in found.values()} == {"valid"}
    created = [iupd for what, iupd in gpd.archive.done if what == "create"]
    assert len(created) == len(set(created)) == 19
    if not trouble:
        assert operations(gpd).count("upload") == 3
        assert operations(gpd).count("create") <= 1
    assert whole(api, house, drafts[2]["id"])["pagopa"]["state"] == "told"
    assert house.call(api, "GET", REFUSALS).json["refusals"] == []


# ------------------------------------------------------------------ receipts
def look(api: Api, house: House) -> None:
    """Somebody opens the page of positions, later than the last time."""
    api.tick(limits.PAGOPA_LOOK_PAUSE_S)
    positions(api, house)
    tell(api, 2)


@pytest.mark.feature("F001-178", "F001-012")
def test_opening_the_page_brings_new_receipts_once(api: Api, gpd: Gpd, house: House) -> None:
    made = [make(api, house, f"m{number}", manual=True, cents=1_000) for number in range(2)]
    tell(api)
    look(api, house)
    gpd.requests.clear()
    owner = creditor(api, house)
    gpd.archive.pay(owner, made[0]["payments"][0]["notice"], "token-1")
    # Within the pause nobody asks again, however often the page is opened.
    for _ in range(3):
        positions(api, house)
        tell(api)
    assert operations(gpd) == []
    gpd.faults.plan("drop", "receipt")
    look(api, house)
    tell(api)
    states = {one["id"]: one["state"] for one in positions(api, house)}
    assert states == {made[0]["id"]: "paid", made[1]["id"]: "valid"}
    (receipt,) = receipts.of_position(house.tenant, made[0]["id"])
    assert (receipt.id, receipt.source, receipt.cents, receipt.fee_cents) == (
        "token-1", "gpd", 1_000, 100,
    )  # fmt: skip
    assert (
        receipts.raw(house.tenant, "token-1")
        == gpd.archive.receipts[owner, made[0]["payments"][0]["iuv"]].xml
    )
    # What is here is not fetched again.
    gpd.requests.clear()
    look(api, house)
    assert operations(gpd) == ["receipts"]
    assert house.call(api, "GET", PAGOPA).json["look"]["code"] == ""


@pytest.mark.feature("F001-178")
def test_coming_in_looks_for_receipts_once_in_a_while(api: Api, gpd: Gpd, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    tell(api)
    gpd.archive.pay(creditor(api, house), made["payments"][0]["notice"], "token-home")
    api.tick(limits.PAGOPA_LOOK_PAUSE_S)
    gpd.requests.clear()
    # What the home page asks for, opened three times: one look.
    for _ in range(3):
        assert house.operator.call(api, "GET", "/v1/body/summary").status == 200
        tell(api, 2)
    assert operations(gpd) == ["receipts", "receipt"]
    assert house.call(api, "GET", "/v1/body/summary").json["paid"]["count"] == 1


@pytest.mark.feature("F001-012")
def test_receipts_come_by_night_where_nobody_opens_a_page(api: Api, gpd: Gpd, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    tell(api)
    gpd.archive.pay(creditor(api, house), made["payments"][0]["notice"], "token-night")
    api.tick(limits.PAGOPA_LOOK_PAUSE_S)
    nightly.nightly({}, None)
    tell(api, 2)
    assert whole(api, house, made["id"])["state"] == "paid"
    # Who answers the node himself gets his receipts from it.
    version = house.call(api, "GET", PAGOPA).json["version"]
    join(api, house, "aca", version=version)
    assert house.tenant not in set(connections.that_look())


def test_a_look_says_why_it_found_nothing_out(api: Api, gpd: Gpd, house: House) -> None:
    version = house.call(api, "GET", PAGOPA).json["version"]
    join(api, house, version=version, keys={"receipts": "another"})
    look(api, house)
    assert house.call(api, "GET", PAGOPA).json["look"]["code"] == "pagopa_key_refused"


def test_a_receipt_that_settlement_proves_comes_from_biz_events_within_its_limits(
    api: Api, gpd: Gpd, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BIZ_CALLS", 2)
    owner = creditor(api, house)
    made = [make(api, house, f"m{number}", manual=True, cents=1_015) for number in range(4)]
    tell(api)
    for number, one in enumerate(made):
        gpd.archive.pay(owner, one["payments"][0]["notice"], f"iur-{number}")
        dynamo.commit(looking.missing(house.tenant, owner, f"iur-{number}", api.now))
    for _ in range(3):
        tell(api)
    assert operations(gpd).count("biz") == 2
    paid = [one for one in positions(api, house) if one["state"] == "paid"]
    assert len(paid) == 2
    api.tick(limits.BIZ_WINDOW_S)
    tell(api, 2)
    assert operations(gpd).count("biz") == 4
    again = bodies_again(api, house)
    assert {one["state"] for one in positions(api, again)} == {"paid"}
    receipt = receipts.get(house.tenant, "iur-3")
    assert (receipt.source, receipt.cents) == ("biz", 1_015)
    assert receipt.paid_at
    # One that is here already costs no call.
    dynamo.commit(looking.missing(house.tenant, owner, "iur-3", api.now))
    tell(api)
    assert operations(gpd).count("biz") == 4


def test_what_was_revoked_is_asked_for_there_as_another_position(
    api: Api, gpd: Gpd, house: House
) -> None:
    bring(api, house, list(many(1)))
    generate(api, house, listing(api, house)["id"])
    tell(api)
    (old,) = positions(api, house)
    whole_of_it = whole(api, house, old["id"])
    (asked,), cents = whole_of_it["payments"], whole_of_it["cents"]
    owner = creditor(api, house)
    gpd.archive.pay(owner, asked["notice"], "token-r")
    look(api, house)
    tell(api)
    revoked = Flow(
        "2026-11-21ABI06090-0009", "ABI06090", [(asked["iuv"], "token-r", 1, cents, "3")],
        day="2026-11-21", created=api.now,
    )  # fmt: skip
    query = {"name": "f.xml"}
    path = "/v1/body/reconciliation/flows"
    assert house.call(api, "POST", path, fdr.xml(revoked, owner), query=query).status == 202
    while api.run("reconcile", on_reconcile.handle):
        pass
    said = {"note": "Revocato"}
    new = house.call(api, "POST", f"{POSITIONS}/{old['id']}/reopen", said)
    assert (new.status, new.json["state"]) == (200, "draft"), new.body
    tell(api, 2)
    # There what was paid stays paid; the new number is another position, and payable.
    assert (there(gpd, old) or {})["status"] == "PAID"
    fresh = there(gpd, new.json) or {}
    assert (fresh["status"], fresh["paymentOption"][0]["iuv"]) == (
        "VALID", new.json["payments"][0]["iuv"],
    )  # fmt: skip
    assert house.call(api, "GET", REFUSALS).json["refusals"] == []
    # The due is asked for by the new one, once.
    (due,) = house.call(api, "GET", "/v1/body/dues").json["dues"]
    assert (due["state"], due["position"]) == ("placed", new.json["id"])
    assert counts.recount(house.tenant).differences == {}


# ------------------------------------------------------------------ the descriptions
@pytest.mark.feature("F001-012", "F001-057", "F001-178")
def test_every_operation_is_as_pagopa_describes_it(
    api: Api, gpd: Gpd, house: House, said: list[Exchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests and answers of each, good and bad; what deviates is found when the test ends."""
    if not contracts.here():
        pytest.skip("the official descriptions are not at hand")
    monkeypatch.setattr(limits, "PAGOPA_BULK_FROM", 10)
    allow_outside(api, house)
    owner, day = creditor(api, house), str(clock.rome_day(api.now))
    first = make(api, house, "m0", manual=True, cents=1_000)
    gpd.faults.plan("after", "create")
    tell(api)
    kept = there(gpd, first)
    assert kept is not None
    kept["status"] = "DRAFT"
    made = [make(api, house, f"m{n}", manual=True, cents=1_000 + n) for n in range(1, 6)]
    tell(api, 2)
    edited, gone, deleted, outside = (f"{POSITIONS}/{one['id']}" for one in made[:4])
    house.call(api, "PATCH", edited, {"version": 2, "subject": "Altra"})
    house.call(api, "POST", f"{gone}/cancel")
    house.call(api, "DELETE", deleted)
    house.call(api, "POST", f"{outside}/paid-outside", {"day": day})
    tell(api, 2)
    look(api, house)
    gpd.archive.pay(owner, first["payments"][0]["notice"], "token-a")
    look(api, house)
    gpd.archive.pay(owner, made[4]["payments"][0]["notice"], "token-b")
    for name in ("token-b", "token-none"):
        dynamo.commit(looking.missing(house.tenant, owner, name, api.now))
    tell(api, 2)
    bring(api, house, list(many(10)))
    generate(api, house, listing(api, house)["id"])
    for _ in range(6):
        tell(api)
        api.tick(limits.PAGOPA_BULK_POLL_S)
    answered = {(operation, status) for operation, _, status in gpd.requests}
    good = {"create": 201, "upload": 202}
    assert {(name, good.get(name, 200)) for name in ROUTES} <= answered
    assert {("get", 404), ("biz", 404), ("receipts", 404)} <= answered
    assert len({contracts.check(one) for one in said}) == len(ROUTES)
