"""What pagoPA is told of positions: the doors, the worker, the real client, and simulated services
on a real socket."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from chalicelib.base import clock, dynamo, limits, net
from chalicelib.entry import on_collect
from chalicelib.payments.pagopa import telling
from infra.local.pagopa.gpd import Gpd
from tests.entry import bodies, pagopa_world
from tests.entry.api_world import Api, Context
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
from tests.payments.dues.files import many, row
from tests.tables import due_rows

served = pagopa_world.served
said = pagopa_world.said
gpd = pagopa_world.gpd
api = pagopa_world.api
house = pagopa_world.house


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
    if trouble == "after":
        # The file went twice: what the second found there is looked at, not sent a third time.
        assert operations(gpd).count("create") <= 1
    # A file tells the names too, though nothing shows them: told once more, it is only looked at.
    tell(api)
    before, calls = list(gpd.archive.done), operations(gpd)
    house.call(api, "POST", f"{REFUSALS}/{drafts[2]['id']}/retry")
    tell(api)
    assert (gpd.archive.done, operations(gpd)) == (before, [*calls, "get"])


def test_what_a_run_died_over_is_looked_at_before_it_is_sent_again(
    api: Api, gpd: Gpd, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = dynamo.commit
    for number, wanted in enumerate((["create", "get"], ["create", "create"])):
        made = make(api, house, f"d{number}", manual=True, cents=1_000)
        gpd.forget()
        if number:
            # Nobody died: what failed is said again at once.
            gpd.faults.plan("error", "create")
        else:

            def die(ops: Any) -> None:
                if any(op.label.startswith("told:") for op in ops):
                    raise MemoryError
                real(ops)

            with monkeypatch.context() as dying:
                dying.setattr(dynamo, "commit", die)
                (work,) = due_rows("collect")
                event = {"Records": [{"messageId": "m", "body": json.dumps(work_key(work))}]}
                assert on_collect.handle(event, Context())["batchItemFailures"]
            api.tick(limits.PAGOPA_LEASE_S + 1)
        tell(api, 2)
        assert operations(gpd) == wanted
        assert whole(api, house, made["id"])["pagopa"]["state"] == "told"


def work_key(row: dict[str, Any]) -> dict[str, str]:
    return {"pk": row["pk"], "sk": row["sk"]}
