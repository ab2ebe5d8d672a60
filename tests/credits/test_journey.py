"""The document's journey pays: held at acceptance, captured at sending, given back, waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as account_store
from chalicelib.base import clock, dynamo, keys, limits, work
from chalicelib.base.errors import Rejected
from chalicelib.credits import expiry, monitor, service
from chalicelib.credits.ledger import Entry
from chalicelib.credits.lots import Lot
from chalicelib.invoicing import decisions
from chalicelib.invoicing.document import Document
from infra.local.subjects import SELLER, SUPPLIER
from tests.faults import Crash, Fault
from tests.sweep.journey import archive, documents, invoice, named
from tests.world import World

ALFA = "alfa"
# Telling is not the matter, and would be most of every test.
QUIET = frozenset({"OnTell"})


@pytest.fixture
def alfa(world: World) -> World:
    """A reseller without any credit, and two customers."""
    world.add_reseller(ALFA, credits=0)
    world.add_customer(ALFA, "C1", SELLER)
    world.add_customer(ALFA, "C2", SUPPLIER)
    world.held = QUIET
    return world


def buy(
    world: World, quantity: int, product: str = "xml_private", order: str = "o1", **more: Any
) -> Lot:
    lot = Lot(product, quantity, order, more.pop("on", clock.rome_day(world.clock.at)), 5_000)
    with work.waking() as wakes:
        wakes.commit(service.lot_ops(ALFA, lot, world.clock.at))
    return lot


def drop(world: World, *numbers: str, **more: Any) -> None:
    for number in numbers:
        world.pass_time(1)
        world.drop(f"{ALFA}/{number}.xml", invoice(number, **more))
        world.rest()


def of(number: str) -> str:
    return f"{number}.xml"


def product(name: str = "xml_private", world: World | None = None) -> monitor.ProductState:
    assert world is not None
    return next(one for one in monitor.balances(ALFA, world.clock.at) if one.product == name)


def counts(world: World, name: str = "xml_private") -> dict[str, int]:
    found = product(name, world).position
    return {
        bucket: getattr(found, bucket)
        for bucket in ("pool", "assigned", "held", "consumed", "expired", "refunded", "overdraft")
        if getattr(found, bucket)
    }


def book(world: World, document: Document | None = None) -> list[Entry]:
    wanted = monitor.Wanted(reference=document.id if document else "")
    found, _ = monitor.entries(ALFA, wanted, "", 200, world.clock.at)
    return found


def moves(found: list[Entry]) -> set[tuple[str, str]]:
    """Time stands still here: what is of one instant has no order."""
    return {(one.credit, one.debit) for one in found}


def whole(world: World) -> None:
    assert monitor.verify(ALFA, world.clock.at).faults == ()


def state(world: World, number: str) -> tuple[str, str]:
    found = named(world, of(number), ALFA)
    return found.state, found.held


# --- hold and capture -----------------------------------------------------------------------------
@pytest.mark.feature("F004-009")
def test_two_customers_draw_from_one_lot(alfa: World) -> None:
    buy(alfa, 10)
    drop(alfa, "1")
    drop(alfa, "2", seller=SUPPLIER)
    assert counts(alfa) == {"pool": 8, "consumed": 2}
    used = {one.customer: one.quantity for one in monitor.consumption(
        ALFA, clock.rome_day(alfa.clock.at), clock.rome_day(alfa.clock.at))}  # fmt: skip
    assert used == {"C1": 1, "C2": 1}
    whole(alfa)


def test_a_credit_is_held_at_acceptance_and_captured_at_sending(alfa: World) -> None:
    buy(alfa, 10)
    alfa.held = QUIET | {"OnSend"}
    drop(alfa, "1")
    assert state(alfa, "1") == ("ready", "")
    assert counts(alfa) == {"pool": 9, "held": 1}
    document = named(alfa, of("1"), ALFA)
    assert moves(book(alfa, document)) == {("POOL", "HELD#C1")}
    alfa.held = QUIET
    alfa.rest()
    assert counts(alfa) == {"pool": 9, "consumed": 1}
    assert moves(book(alfa, document)) == {("POOL", "HELD#C1"), ("HELD#C1", "CONSUMED")}
    whole(alfa)


@pytest.mark.feature("F004-038")
def test_each_format_draws_its_own_product(alfa: World) -> None:
    buy(alfa, 10, "xml_private")
    drop(alfa, "1")
    drop(alfa, "2", format="FPA12")
    assert state(alfa, "1")[0] == "sent"
    assert state(alfa, "2") == ("held", "no_credit")
    assert counts(alfa) == {"pool": 9, "consumed": 1}
    assert counts(alfa, "xml_pa") == {}


def test_rejected_by_sdi_and_sent_again_costs_once(alfa: World) -> None:
    """NS gives nothing back: the first sending was made; the resend is free."""
    buy(alfa, 10)
    alfa.sdi.stories = {"1/2026": ("NS:00400", "|", "RC")}
    drop(alfa, "1")
    alfa.sdi_answers()
    alfa.rest()
    assert state(alfa, "1")[0] == "rejected"
    assert counts(alfa) == {"pool": 9, "consumed": 1}
    document = named(alfa, of("1"), ALFA)
    token = f"sk_{ALFA}_{'ab' * 6}_{'ab' * 32}"
    alfa.request("POST", f"/v1/documents/{document.id}/resend", token)
    alfa.rest()
    assert state(alfa, "1")[0] == "sent"
    assert counts(alfa) == {"pool": 9, "consumed": 1}
    whole(alfa)


def test_what_sdi_answers_before_we_know_that_it_was_sent_is_consumed(alfa: World) -> None:
    buy(alfa, 10)
    alfa.sdi.misbehave = ["taken"]
    alfa.drop(f"{ALFA}/1.xml", invoice("1"))
    while alfa.step() != "OnSend":
        pass
    assert state(alfa, "1")[0] == "ready"
    alfa.sdi_answers()
    alfa.rest()
    assert state(alfa, "1")[0] == "delivered"
    assert counts(alfa) == {"pool": 9, "consumed": 1}
    whole(alfa)


def test_what_is_not_accepted_takes_nothing(alfa: World) -> None:
    """Invalid, a duplicate, of a stranger, no file at all: nothing until a person lets it go."""
    buy(alfa, 10)
    drop(alfa, "1")
    alfa.drop(f"{ALFA}/again.xml", invoice("1", progressive="00002"))
    alfa.drop(f"{ALFA}/invalid.xml", invoice("8").replace(b"<Divisa>EUR</Divisa>", b""))
    alfa.drop(f"{ALFA}/empty.xml", b"")
    alfa.rest()
    assert counts(alfa) == {"pool": 9, "consumed": 1}
    again = named(alfa, "again.xml", ALFA)
    assert (again.state, again.held, again.credits) == ("held", "duplicate", ())
    token = f"sk_{ALFA}_{'ab' * 6}_{'ab' * 32}"
    headers = {"Content-Type": "application/json"}
    path = f"/v1/documents/{again.id}/decision"
    alfa.request("POST", path, token, headers=headers, body=b'{"action": "send"}')
    alfa.rest()
    assert named(alfa, "again.xml", ALFA).state == "sent"
    assert counts(alfa) == {"pool": 8, "consumed": 2}
    whole(alfa)


def test_what_a_customer_sends_himself_takes_nothing(alfa: World) -> None:
    """The credit pays our sending: where there is none, there is nothing to pay."""
    old = accounts.get_customer(ALFA, "C1")
    accounts.save_customer(ALFA, replace(old, sending="own"), alfa.clock.at, new=False)
    drop(alfa, "1")
    assert state(alfa, "1") == ("own_sending", "")
    assert book(alfa) == []


def test_too_large_once_signed_gives_its_credit_back(
    alfa: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy(alfa, 10)
    alfa.held = QUIET | {"OnSend"}
    drop(alfa, "1")
    assert counts(alfa) == {"pool": 9, "held": 1}
    alfa.held = QUIET
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 1_000)
    alfa.rest()
    document = named(alfa, of("1"), ALFA)
    assert (document.state, document.credits) == ("invalid", ())
    assert counts(alfa) == {"pool": 10}
    assert moves(book(alfa, document)) == {("POOL", "HELD#C1"), ("HELD#C1", "POOL")}
    whole(alfa)


def test_an_archive_sets_credits_aside_and_gives_the_rest_back(alfa: World) -> None:
    buy(alfa, 100)
    buy(alfa, 50, "xml_pa")
    members = {f"{n}.xml": invoice(str(n)) for n in range(1, 13)}
    members |= {f"pa{n}.xml": invoice(str(100 + n), format="FPA12") for n in range(3)}
    members["again.xml"] = invoice("1", progressive="00002")
    alfa.drop(f"{ALFA}/batch.zip", archive(members))
    alfa.rest()
    assert counts(alfa) == {"pool": 88, "consumed": 12}
    assert counts(alfa, "xml_pa") == {"pool": 47, "consumed": 3}
    purses = [item for item in alfa.items() if item["sk"] == "PURSE"]
    assert purses == []
    assert not [row for row in alfa.work() if row["queue"] == "credits"]
    whole(alfa)


def test_files_that_come_together_draw_from_one_purse(alfa: World) -> None:
    buy(alfa, 9)
    for number in range(1, 8):
        alfa.drop(f"{ALFA}/{number}.xml", invoice(str(number)))
    assert alfa.step() == "OnIntake"
    aside = [one for one in book(alfa) if one.debit.startswith("HELD#@")]
    assert [one.quantity for one in aside] == [7]
    assert counts(alfa) == {"pool": 2, "held": 7}
    alfa.rest()
    assert counts(alfa) == {"pool": 2, "consumed": 7}
    assert not [item for item in alfa.items() if item["sk"] == "PURSE"]
    whole(alfa)


def test_every_batch_twice_and_in_any_order_draws_once(alfa: World) -> None:
    """SQS as it may be: at least once, in whatever order."""
    buy(alfa, 20)
    alfa.twice, alfa.order = True, Random(7)
    for number in range(1, 7):
        alfa.drop(f"{ALFA}/{number}.xml", invoice(str(number)))
    members = {f"z{n}.xml": invoice(str(n)) for n in range(11, 17)}
    alfa.drop(f"{ALFA}/batch.zip", archive(members))
    alfa.rest()
    assert counts(alfa) == {"pool": 8, "consumed": 12}
    whole(alfa)


def test_a_run_that_died_gives_back_what_it_had_set_aside(alfa: World) -> None:
    buy(alfa, 100)
    alfa.held = QUIET | {"OnSend"}
    members = {f"{n}.xml": invoice(str(n)) for n in range(1, 9)}
    alfa.drop(f"{ALFA}/batch.zip", archive(members))
    assert alfa.step() == "OnIntake"
    assert alfa.step() == "OnReceive"
    alfa.faults.fault = Fault("after", 25)
    with pytest.raises(Crash):
        alfa.step()
    (purse,) = [item for item in alfa.items() if item["sk"] == "PURSE"]
    drawn = len([one for one in documents(alfa, ALFA) if one.state == "ready"])
    assert 0 < drawn < 8
    assert counts(alfa) == {"pool": 92, "held": 8}
    assert purse["left"] == 8 - drawn
    whole(alfa)
    # Its work is forgotten for ever: the purse's own row brings the rest back.
    chunk = next(row for row in alfa.work() if row.get("task") == "chunk")
    dynamo.commit([dynamo.Delete((chunk["pk"], chunk["sk"]))])
    alfa.lose_messages()
    alfa.rest()
    assert counts(alfa) == {"pool": 100 - drawn, "held": drawn}
    assert not [item for item in alfa.items() if item["sk"] == "PURSE"]
    whole(alfa)


# --- waiting --------------------------------------------------------------------------------------
@pytest.mark.feature("F004-034", "F004-041")
def test_a_document_without_credit_waits_and_leaves_by_itself(alfa: World) -> None:
    alfa.held = frozenset()
    drop(alfa, "1", "2", "3")
    for number in ("1", "2", "3"):
        assert state(alfa, number) == ("held", "no_credit")
        assert named(alfa, of(number), ALFA).reason == "no_credit"
    assert any("crediti per questo formato" in mail.body for mail in alfa.mails())
    buy(alfa, 2)
    alfa.rest()
    # In order of arrival, as far as the credit goes.
    assert [state(alfa, number)[0] for number in ("1", "2", "3")] == ["sent", "sent", "held"]
    assert counts(alfa) == {"consumed": 2}
    buy(alfa, 5, order="o2")
    alfa.rest()
    assert state(alfa, "3")[0] == "sent"
    assert counts(alfa) == {"pool": 4, "consumed": 3}
    assert not [item for item in alfa.items() if "#WAITING" in item["pk"]]
    whole(alfa)


def test_many_that_wait_leave_in_order(alfa: World) -> None:
    members = {f"{n}.xml": invoice(str(n)) for n in range(1, 13)}
    alfa.drop(f"{ALFA}/batch.zip", archive(members))
    alfa.rest()
    assert {one.held for one in documents(alfa, ALFA) if one.kind != "zip"} == {"no_credit"}
    waits = [item["document"] for item in dynamo.query(keys.pk(ALFA, "CREDITS", "WAITING"))]
    buy(alfa, 8)
    alfa.rest()
    left = [item["document"] for item in dynamo.query(keys.pk(ALFA, "CREDITS", "WAITING"))]
    assert left == waits[8:]
    assert counts(alfa) == {"consumed": 8}
    whole(alfa)


@pytest.mark.parametrize("way", ["file", "archive", "archive that dies at its first checkpoint"])
def test_credit_that_comes_between_reading_and_waiting_is_not_missed(
    alfa: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The lot arrives, and its work looks for who waits, after the document has read an empty pool
    and before it is stored as waiting."""
    monkeypatch.setattr(limits, "CHECKPOINT_MEMBERS", 1)
    drop(alfa, "1")
    assert state(alfa, "1") == ("held", "no_credit")
    real = dynamo.commit
    bought: list[Lot] = []

    def commit(ops: Any) -> None:
        if not bought and any(op.label == "waiting" for op in ops):
            bought.append(buy(alfa, 2))
            for row in [row for row in alfa.work() if row.get("task") == "release"]:
                real([dynamo.Delete((row["pk"], row["sk"]))])
        real(ops)
        if "dies" in way and isinstance(ops[0], dynamo.Update) and "next" in ops[0].put:
            died.append(True)
            if len(died) == 1:
                raise Crash

    died: list[bool] = []
    monkeypatch.setattr(dynamo, "commit", commit)
    if way != "file":
        alfa.drop(f"{ALFA}/batch.zip", archive({"2.xml": invoice("2")}))
    else:
        alfa.drop(f"{ALFA}/2.xml", invoice("2"))
    alfa.rest()
    assert bought
    assert bool(died) == ("dies" in way)
    assert [state(alfa, number)[0] for number in ("1", "2")] == ["sent", "sent"]


def test_a_person_sends_what_waits_before_its_turn(alfa: World) -> None:
    """There is credit, but its work has not come to this document yet."""
    drop(alfa, "1", "2")
    alfa.held = QUIET | {"OnCredits"}
    buy(alfa, 1)
    with work.waking() as wakes:
        document = named(alfa, of("2"), ALFA)
        decisions.decide(ALFA, document, "send", "", "key", wakes, alfa.clock.at)
    waits = list(dynamo.query(keys.pk(ALFA, "CREDITS", "WAITING")))
    assert [item["document"] for item in waits] == [named(alfa, of("1"), ALFA).id]
    alfa.held = QUIET
    alfa.rest()
    assert [state(alfa, number)[0] for number in ("1", "2")] == ["held", "sent"]
    whole(alfa)


def test_a_person_may_send_what_waits_only_when_there_is_credit(alfa: World) -> None:
    drop(alfa, "1")
    document = named(alfa, of("1"), ALFA)

    def decide(action: Any) -> Document:
        with work.waking() as wakes:
            return decisions.decide(
                ALFA, named(alfa, of("1"), ALFA), action, "", "key", wakes, alfa.clock.at
            )

    with pytest.raises(Rejected) as refused:
        decide("send")
    assert (refused.value.code, refused.value.status) == ("no_credit", 409)
    assert state(alfa, "1") == ("held", "no_credit")
    discarded = decide("discard")
    assert discarded.state == "discarded"
    assert not [item for item in alfa.items() if "#WAITING" in item["pk"]]
    buy(alfa, 1)
    alfa.rest()
    assert state(alfa, "1")[0] == "discarded"
    assert counts(alfa) == {"pool": 1}
    assert book(alfa, document) == []


def test_a_duplicate_let_go_without_credit_waits_for_it(alfa: World) -> None:
    buy(alfa, 1)
    drop(alfa, "1")
    alfa.drop(f"{ALFA}/again.xml", invoice("1", progressive="00002"))
    alfa.rest()
    again = named(alfa, "again.xml", ALFA)
    token = f"sk_{ALFA}_{'ab' * 6}_{'ab' * 32}"
    headers = {"Content-Type": "application/json"}
    path = f"/v1/documents/{again.id}/decision"
    alfa.request("POST", path, token, headers=headers, body=b'{"action": "send"}')
    alfa.rest()
    again = named(alfa, "again.xml", ALFA)
    assert (again.state, again.held) == ("held", "no_credit")
    buy(alfa, 1, order="o2")
    alfa.rest()
    assert named(alfa, "again.xml", ALFA).state == "sent"
    whole(alfa)


# --- policies -------------------------------------------------------------------------------------
def change_policy(world: World, customer: str, **more: Any) -> None:
    wanted = {"modes": {}, "at_zero": "stop", "enablement": "automatic"} | more
    with work.waking() as wakes:
        service.change_policy(ALFA, customer, now=world.clock.at, wakes=wakes, **wanted)


def assign(world: World, customer: str, quantity: int, name: str = "xml_private") -> None:
    with work.waking() as wakes:
        service.assign(
            ALFA, customer, name, quantity, "", "k", f"a{world.clock.at}{quantity}",
            world.clock.at, wakes,
        )  # fmt: skip


@pytest.mark.feature("F004-033", "F004-034")
def test_an_assigned_customer_draws_his_own_and_then_stops(alfa: World) -> None:
    buy(alfa, 10)
    change_policy(alfa, "C1", modes={"xml_private": "assigned"})
    drop(alfa, "1")
    assert state(alfa, "1") == ("held", "no_credit")
    assign(alfa, "C1", 2)
    alfa.rest()
    drop(alfa, "2", "3")
    assert [state(alfa, number)[0] for number in ("1", "2", "3")] == ["sent", "sent", "held"]
    assert counts(alfa) == {"pool": 8, "consumed": 2}
    # The other one draws from the pool as before.
    drop(alfa, "4", seller=SUPPLIER)
    assert state(alfa, "4")[0] == "sent"
    # Taking up where it stopped: the pool, and beyond it.
    change_policy(alfa, "C1", modes={"xml_private": "assigned"}, at_zero="continue")
    alfa.rest()
    assert state(alfa, "3")[0] == "sent"
    assert counts(alfa) == {"pool": 6, "consumed": 4}
    whole(alfa)


@pytest.mark.feature("F004-033", "F004-034")
def test_an_unlimited_customer_goes_beyond_the_last_credit(alfa: World) -> None:
    change_policy(alfa, "C1", modes={"xml_private": "unlimited"})
    drop(alfa, "1", "2")
    drop(alfa, "3", seller=SUPPLIER)
    assert [state(alfa, number)[0] for number in ("1", "2", "3")] == ["sent", "sent", "held"]
    assert counts(alfa) == {"consumed": 2, "overdraft": -2}
    assert product(world=alfa).overdraft == 2
    # The next lot pays it first, then serves who waited.
    lot = buy(alfa, 3)
    alfa.rest()
    assert state(alfa, "3")[0] == "sent"
    assert counts(alfa) == {"consumed": 3}
    (found,) = product(world=alfa).lots
    assert found.lot == lot
    assert (found.position.settled, found.position.consumed) == (2, 1)
    whole(alfa)


def test_the_overdraft_has_an_end(alfa: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CREDIT_OVERDRAFT", 2)
    change_policy(alfa, "C1", at_zero="continue")
    drop(alfa, "1", "2", "3")
    assert [state(alfa, number)[0] for number in ("1", "2", "3")] == ["sent", "sent", "held"]
    assert counts(alfa) == {"consumed": 2, "overdraft": -2}
    whole(alfa)


@pytest.mark.feature("F004-042")
def test_where_the_reseller_enables_by_hand_nothing_goes_before(alfa: World) -> None:
    buy(alfa, 1)
    change_policy(alfa, "C1", enablement="manual")
    drop(alfa, "1", "2")
    assert state(alfa, "1") == ("held", "not_enabled")
    with work.waking() as wakes:
        service.enable(ALFA, "C1", alfa.clock.at, wakes)
    alfa.rest()
    assert [state(alfa, number)[0] for number in ("1", "2")] == ["sent", "held"]
    drop(alfa, "3")
    assert state(alfa, "3") == ("held", "no_credit")
    # The credits have ended: new ones alone move nothing.
    buy(alfa, 5, order="o2")
    alfa.rest()
    assert [state(alfa, number)[0] for number in ("2", "3")] == ["held", "held"]
    drop(alfa, "4")
    assert state(alfa, "4") == ("held", "not_enabled")
    with work.waking() as wakes:
        service.enable(ALFA, "C1", alfa.clock.at, wakes)
    alfa.rest()
    assert [state(alfa, number)[0] for number in ("2", "3", "4")] == ["sent"] * 3
    whole(alfa)


@pytest.mark.feature("U-02")
def test_a_practice_that_is_a_customer_debits_its_resellers_pool(alfa: World) -> None:
    buy(alfa, 5)
    accounts.create_reseller(
        "studio", "Studio", "studio@studio.example", kind="practice",
        registered_at=clock.stamp(alfa.clock.at), paid_at=clock.stamp(alfa.clock.at),
        payer=(ALFA, "C2"),
    )  # fmt: skip
    alfa.add_customer("studio", "me", SELLER)
    alfa.drop("studio/1.xml", invoice("1"))
    alfa.rest()
    assert named(alfa, "1.xml", "studio").state == "sent"
    assert counts(alfa) == {"pool": 4, "consumed": 1}
    assert monitor.balances("studio", alfa.clock.at)[0].position.quantity == 0
    today = clock.rome_day(alfa.clock.at)
    (used,) = monitor.consumption(ALFA, today, today)
    assert (used.customer, used.quantity) == ("C2", 1)
    # Without credit it waits, and its reseller's next lot lets it go.
    with work.waking() as wakes:
        service.refund(ALFA, "xml_private", product(world=alfa).lots[0].lot.id, 4, "", "k",
                       alfa.clock.at, "n1")  # fmt: skip
        wakes.flush()
    alfa.drop("studio/2.xml", invoice("2"))
    alfa.rest()
    waits = named(alfa, "2.xml", "studio")
    assert (waits.state, waits.held) == ("held", "no_credit")
    buy(alfa, 1, order="o2")
    alfa.rest()
    assert named(alfa, "2.xml", "studio").state == "sent"
    alfa.drop("studio/4.xml", invoice("4"))
    alfa.rest()
    assert named(alfa, "4.xml", "studio").held == "no_credit"
    # A practice that pays by its plan needs no credits: not even for what waited for them.
    home = accounts.get_reseller("studio")
    free = replace(home, payer=("", ""))
    dynamo.commit([account_store.put_reseller("studio", free, home.version)])
    alfa.drop("studio/3.xml", invoice("3"))
    alfa.rest()
    assert named(alfa, "3.xml", "studio").state == "sent"
    assert counts(alfa) == {"consumed": 2, "refunded": 4}
    buy(alfa, 1, order="o3")
    alfa.rest()
    assert named(alfa, "4.xml", "studio").state == "sent"
    assert counts(alfa) == {"pool": 1, "consumed": 2, "refunded": 4}
    whole(alfa)


# --- expiry ---------------------------------------------------------------------------------------
@pytest.mark.feature("F004-016")
def test_a_lot_ends_by_its_date_and_in_the_night(alfa: World) -> None:
    """Ordered 2025-01-31: usable on 2027-01-31, not on 2027-02-01."""
    alfa.clock.set(clock.parse("2025-01-31T09:00:00.000Z"))
    lot = buy(alfa, 10, on=date(2025, 1, 31))
    assign(alfa, "C1", 4)
    alfa.clock.set(clock.parse("2027-01-31T20:00:00.000Z"))
    change_policy(alfa, "C1", modes={"xml_private": "assigned"})
    alfa.held = QUIET | {"OnSend"}
    drop(alfa, "1")
    drop(alfa, "2", seller=SUPPLIER)
    assert counts(alfa) == {"pool": 5, "assigned": 3, "held": 2}
    # Still the 31st in UTC, the 1st in Rome. No night has run: the date alone decides.
    alfa.clock.set(clock.parse("2027-01-31T23:05:00.000Z"))
    drop(alfa, "3")
    drop(alfa, "4", seller=SUPPLIER)
    assert state(alfa, "3") == ("held", "no_credit")
    assert state(alfa, "4") == ("held", "no_credit")
    for _ in range(2):
        alfa.pump.invoke("nightly", {})
        alfa.rest()
    # What is held keeps its lot; the rest is expired, that of the customer too (D17).
    assert counts(alfa) == {"held": 2, "expired": 8}
    moved = [one for one in book(alfa) if one.debit == "EXPIRED"]
    assert sorted((one.credit, one.quantity) for one in moved) == [("CUST#C1", 3), ("POOL", 5)]
    _, (states, *_) = (
        monitor.customer(ALFA, "C1")[0],
        [one for one in monitor.customer(ALFA, "C1")[1] if one.product == "xml_private"],
    )
    assert (states.assigned, states.expired, states.left, states.residual) == (4, 3, 0, 1)
    alfa.held = QUIET
    alfa.rest()
    assert counts(alfa) == {"consumed": 2, "expired": 8}
    assert not [item for item in alfa.items() if "EXPIRING" in item["pk"]]
    assert lot.expires_on == date(2027, 1, 31)
    whole(alfa)


@pytest.mark.feature("F004-016")
def test_what_is_given_back_after_the_last_day_is_expired(
    alfa: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alfa.clock.set(clock.parse("2025-01-31T09:00:00.000Z"))
    buy(alfa, 1, on=date(2025, 1, 31))
    alfa.clock.set(clock.parse("2027-01-31T20:00:00.000Z"))
    alfa.held = QUIET | {"OnSend"}
    drop(alfa, "1")
    alfa.clock.set(clock.parse("2027-02-01T20:00:00.000Z"))
    alfa.held = QUIET
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 1_000)
    alfa.rest()
    assert counts(alfa) == {"expired": 1}
    whole(alfa)


@pytest.mark.feature("F004-017")
def test_a_lot_of_2016_is_used_in_2040(alfa: World) -> None:
    buy(alfa, 1, on=date(2016, 12, 31))
    alfa.clock.set(clock.parse("2040-06-01T09:00:00.000Z"))
    alfa.held = QUIET | {"OnSend"}  # the certificates of the tests are not valid for so long
    with work.waking() as wakes:
        assert expiry.plan(alfa.clock.at, wakes) == 0
    drop(alfa, "1")
    assert state(alfa, "1")[0] == "ready"
    assert counts(alfa) == {"held": 1}


def test_what_expires_first_is_drawn_first(alfa: World) -> None:
    today = clock.rome_day(alfa.clock.at)
    late = buy(alfa, 1, order="late", on=today)
    early = buy(alfa, 1, order="early", on=today - timedelta(days=300))
    never = buy(alfa, 1, order="never", on=date(2016, 1, 1))
    drop(alfa, "1", "2", "3")
    drawn = [named(alfa, of(n), ALFA).credits[0].lot for n in ("1", "2", "3")]
    assert drawn == [early.id, late.id, never.id]


# --- low ------------------------------------------------------------------------------------------
def low_letters(world: World) -> list[str]:
    return [mail.to for mail in world.mails() if "credit" in mail.subject.lower()
            and "FatturaPA" not in mail.subject and ".xml" not in mail.body]  # fmt: skip


def test_the_reseller_is_told_once_when_the_pool_is_low(alfa: World) -> None:
    alfa.held = frozenset()
    buy(alfa, 10)
    drop(alfa, *map(str, range(1, 8)))
    assert low_letters(alfa) == []
    drop(alfa, "8")
    assert low_letters(alfa) == ["hub@alfa.example"]
    drop(alfa, "9")
    assert len(low_letters(alfa)) == 1
    drop(alfa, "10")
    assert len(low_letters(alfa)) == 2
    drop(alfa, "11", "12")
    assert len(low_letters(alfa)) == 2
    # New credits, and it may be told again.
    buy(alfa, 5, order="o2")
    alfa.rest()
    drop(alfa, "13", "14")
    assert counts(alfa) == {"pool": 1, "consumed": 14}
    assert len(low_letters(alfa)) == 3
    assert set(low_letters(alfa)) == {"hub@alfa.example"}


def test_what_a_run_sets_aside_and_gives_back_is_not_told(alfa: World) -> None:
    """For a moment the pool is empty; nobody is frightened by that."""
    alfa.held = frozenset()
    buy(alfa, 10)
    members = {f"{n}.xml": invoice(str(n)) for n in range(1, 4)}
    members |= {f"pa{n}.xml": b"no invoice" for n in range(10)}
    alfa.drop(f"{ALFA}/batch.zip", archive(members))
    alfa.rest()
    assert counts(alfa) == {"pool": 7, "consumed": 3}
    assert low_letters(alfa) == []
    drop(alfa, "21", "22", "23", "24", "25")
    assert len(low_letters(alfa)) == 1
