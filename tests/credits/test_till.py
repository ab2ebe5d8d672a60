"""One run draws: several products, purses that grow, what it reads and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer
from chalicelib.base import clock, dynamo, limits
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.work import Wakes
from chalicelib.credits import holding, monitor, purse, service, till
from chalicelib.credits.hold import Payer
from chalicelib.credits.lots import Lot
from chalicelib.credits.till import Asking, Drawn, Refused, Till
from tests.credits import memory
from tests.credits.memory import Table

TENANT = "alfa"
PAYER = Payer(TENANT, "c1")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def table() -> Iterator[Table]:
    with memory.table() as found:
        accounts.create_reseller(TENANT, "Alfa", "hub@alfa.example")
        customer = Customer("c1", "c1", ("IT12345670017",))
        accounts.save_customer(TENANT, customer, NOW, new=True)
        yield found


def buy(product: str, quantity: int, order: str = "o1") -> None:
    lot = Lot(product, quantity, order, clock.rome_day(NOW), 100)
    Wakes().commit(service.lot_ops(TENANT, lot, NOW))


def asking(name: str) -> Asking:
    return Asking(TENANT, name, clock.stamp(NOW))


def draw(found: Till, name: str, *products: str, now: datetime = NOW) -> Drawn | Refused:
    drawn = found.draw(PAYER, products or ("xml_pa",), asking(name), now, "intake")
    Wakes().commit(drawn.ops)
    return drawn


def left(product: str = "xml_pa") -> int:
    return next(one.available for one in monitor.balances(TENANT, NOW) if one.product == product)


@pytest.mark.feature("F004-038")
@pytest.mark.parametrize("run", ["", "run"])
def test_a_document_of_two_products_takes_both_or_none(table: Table, run: str) -> None:
    buy("xml_pa", 10)
    both = ("xml_pa", "preservation")
    found = Till(Wakes(), run=run, expected=6)
    refused = draw(found, "d1", *both)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.product) == ("no_credit", "preservation")
    found.close(NOW)
    assert left() == 10
    assert [one.document for one in holding.list_waiting(TENANT, "preservation")] == ["d1"]
    buy("preservation", 1)
    again = Till(Wakes(), run=run, expected=6)
    drawn = draw(again, "d1", *both, now=NOW + timedelta(seconds=1))
    assert isinstance(drawn, Drawn)
    assert [one.product for one in drawn.holds] == list(both)
    again.close(NOW + timedelta(seconds=1))
    assert (left(), left("preservation")) == (9, 0)
    assert monitor.verify(TENANT, NOW).faults == ()


def test_a_document_alone_reads_twice_and_commits_nothing_of_its_own(table: Table) -> None:
    """Its customer's policy and bags, and the pool: the two calls that a credit may cost."""
    buy("xml_pa", 10)
    before = table.reads, table.commits
    drawn = Till(Wakes()).draw(PAYER, ("xml_pa",), asking("d1"), NOW, "intake")
    assert (table.reads - before[0], table.commits - before[1]) == (2, 0)
    assert isinstance(drawn, Drawn)
    assert len(drawn.ops) == 4


def test_a_long_run_asks_little(table: Table) -> None:
    """250 documents of one customer: a few fillings, and nothing but their own transactions."""
    members = limits.CHUNK_MEMBERS
    buy("xml_pa", 1_000)
    found = Till(Wakes(), run=till.long_run("run", members), expected=members)
    before = table.reads, table.commits
    for number in range(members):
        assert isinstance(draw(found, f"d{number}"), Drawn)
    found.close(NOW)
    reads, commits = table.reads - before[0], table.commits - before[1] - members
    assert (reads, commits) == (2, 6)  # five fillings and the end
    assert left() == 1_000 - members
    assert monitor.verify(TENANT, NOW).faults == ()


@given(st.integers(1, limits.CHUNK_MEMBERS))
def test_a_purse_takes_what_is_expected_in_few_fillings(expected: int) -> None:
    one = purse.empty("p", "xml_pa", "pool", "c1")
    fillings = 0
    while one.taken < expected:
        wanted = purse.wanted(one, expected - one.taken)
        assert 1 <= wanted <= expected - one.taken
        one = replace(one, taken=one.taken + wanted)
        fillings += 1
    assert fillings <= 5


@pytest.mark.parametrize(("members", "run"), [(1, ""), (4, ""), (5, "r"), (250, "r")])
def test_only_longer_runs_set_credits_aside(members: int, run: str) -> None:
    assert till.long_run("r", members) == run


def test_who_waits_in_one_run_is_looked_for_once(table: Table) -> None:
    """A chunk without credit does not read the pool again for each of its documents."""
    found = Till(Wakes(), run="run", expected=50)
    for number in range(50):
        assert isinstance(draw(found, f"d{number}"), Refused)
    assert table.reads <= 8
    reads = table.reads
    found.look_again(NOW)
    assert table.reads - reads <= 2
    assert not [row for row in table.items if row[1].startswith("W#credits#release")]


def test_credit_that_came_meanwhile_is_found_by_looking_again(table: Table) -> None:
    found = Till(Wakes())
    assert isinstance(draw(found, "d1"), Refused)
    buy("xml_pa", 1)
    for key in [key for key in table.items if key[1].startswith("W#credits#release")]:
        del table.items[key]
    found.look_again(NOW)
    (row,) = [item for key, item in table.items.items() if "W#credits#release" in key[1]]
    assert (row["product"], row["customer"]) == ("xml_pa", "c1")


def test_what_was_read_long_ago_is_no_reason_for_a_no(table: Table) -> None:
    """A run that emptied the pool by its own reading looks again before it holds a document."""
    buy("xml_pa", 1)
    found = Till(Wakes())
    assert isinstance(draw(found, "d1"), Drawn)
    buy("xml_pa", 1, "o2")
    assert isinstance(draw(found, "d2"), Drawn)


def test_a_lot_that_ends_during_a_run(table: Table) -> None:
    lot = Lot("xml_pa", 10, "o1", clock.rome_day(NOW - timedelta(days=731)), 100)
    assert lot.expires_on is not None
    Wakes().commit(service.lot_ops(TENANT, lot, NOW - timedelta(days=30)))
    buy("xml_pa", 3, "o2")
    before = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert clock.rome_day(before) == lot.expires_on
    found = Till(Wakes(), run="run", expected=8)
    first = draw(found, "d1", now=before)
    assert isinstance(first, Drawn)
    assert first.holds[0].lot == lot.id
    second = draw(found, "d2", now=before + timedelta(days=1))
    assert isinstance(second, Drawn)
    assert second.holds[0].lot != lot.id
    found.close(before + timedelta(days=1))
    position = next(
        one.position
        for product in monitor.balances(TENANT, NOW)
        for one in product.lots
        if one.lot.id == lot.id
    )
    # What was set aside of it is expired; what the document holds is not.
    assert (position.held, position.expired, position.pool) == (1, 7, 2)
    assert monitor.verify(TENANT, NOW).faults == ()


def test_a_till_that_was_overtaken_draws_from_the_next_lot(table: Table) -> None:
    buy("xml_pa", 1, "o1")
    buy("xml_pa", 1, "o2")
    slow, fast = Till(Wakes()), Till(Wakes())
    drawn = slow.draw(PAYER, ("xml_pa",), asking("d1"), NOW, "intake")
    draw(fast, "d2")
    with pytest.raises(ConditionFailed) as failed:
        dynamo.commit(drawn.ops)
    assert slow.missed(failed.value)
    again = draw(slow, "d1")
    assert isinstance(again, Drawn)
    assert left() == 0


def test_what_fails_for_another_reason_is_not_the_tills(table: Table) -> None:
    other: dict[str, Any] = {"document": None}
    assert not Till(Wakes()).missed(ConditionFailed(other))
