"""What pagoPA answers: to keys that are tried, by limits and refusals, with receipts."""

from __future__ import annotations

import pytest

from chalicelib.base import clock, dynamo, limits
from chalicelib.entry import nightly, on_reconcile
from chalicelib.payments.pagopa import connections, looking, telling
from chalicelib.payments.positions import counts
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa import fdr
from infra.local.pagopa.fdr import Flow
from infra.local.pagopa.gpd import KEY, ROUTES, Gpd
from tests.entry import bodies, pagopa_world
from tests.entry.api_world import Api
from tests.entry.bodies import House
from tests.entry.pagopa_world import (
    PAGOPA,
    REFUSALS,
    allow_outside,
    creditor,
    join,
    look,
    operations,
    tell,
    there,
)
from tests.entry.test_positions import (
    POSITIONS,
    bring,
    generate,
    listing,
    make,
    positions,
    whole,
)
from tests.payments.dues.files import many
from tests.payments.pagopa import contracts
from tests.payments.pagopa.contracts import Exchange
from tests.tables import due_rows

served = pagopa_world.served
said = pagopa_world.said
gpd = pagopa_world.gpd
api = pagopa_world.api
house = pagopa_world.house


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


# ------------------------------------------------------------------ receipts
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
    again = bodies.again(api, house)
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
