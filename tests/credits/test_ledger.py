"""The book: two legs, no way back, and what must always hold (pure)."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.credits import ledger
from chalicelib.credits.ledger import BUCKETS, Entry, Position

ACCOUNTS = [
    ledger.purchased("order"), ledger.POOL, ledger.assigned("c1"), ledger.assigned("c2"),
    ledger.held("c1"), ledger.purse("p"), ledger.CONSUMED, ledger.EXPIRED, ledger.REFUNDED,
    ledger.OVERDRAFT, ledger.SETTLED,
]  # fmt: skip


def entry(credit: str, debit: str, quantity: int = 1, lot: str = "l1") -> Entry:
    return Entry(
        "e", "2026-11-21T09:00:00.000Z", credit, debit, "xml_pa", lot, quantity, "k", "ref"
    )


ENTRIES = st.lists(
    st.builds(
        lambda legs, quantity, lot: entry(legs[0], legs[1], quantity, lot),
        st.permutations(ACCOUNTS),
        st.integers(1, 50),
        st.sampled_from(["l1", "l2"]),
    )
)


@given(ENTRIES)
def test_every_entry_has_two_legs_so_each_lot_stays_balanced(entries: list[Entry]) -> None:
    balances = ledger.balances(entries)
    assert sum(balances.values()) == 0
    for position in ledger.positions(balances).values():
        assert position.is_balanced
        moved = {name: getattr(position, name) + 1 for name in BUCKETS[:1]}
        assert not dataclasses.replace(position, **moved).is_balanced
    together = ledger.summed("xml_pa", ledger.positions(balances).values())
    assert together.is_balanced


@given(ENTRIES)
def test_a_correction_is_an_entry_the_other_way(entries: list[Entry]) -> None:
    back = [dataclasses.replace(one, credit=one.debit, debit=one.credit) for one in entries]
    assert ledger.balances([*entries, *back]) == {}


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_movement_of_nothing_or_backwards_is_none(quantity: int) -> None:
    with pytest.raises(AssertionError):
        entry(ledger.POOL, ledger.CONSUMED, quantity)


@pytest.mark.parametrize(
    ("credit", "debit"),
    [
        (ledger.POOL, ledger.POOL),
        ("SOMEWHERE", ledger.POOL),
        ("CUST", ledger.POOL),
        ("POOL#c", ledger.CONSUMED),
    ],
)
def test_legs_are_accounts(credit: str, debit: str) -> None:
    with pytest.raises(AssertionError):
        entry(credit, debit)


def test_an_entry_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry(ledger.POOL, ledger.CONSUMED).quantity = 2  # type: ignore[misc]


def test_where_an_account_counts() -> None:
    assert ledger.bucket_of(ledger.purchased("order")) is None
    counted = {ledger.bucket_of(account) for account in ACCOUNTS} - {None}
    assert counted == set(BUCKETS)


def stored(entries: list[Entry]) -> dict[tuple[str, str, str], int]:
    found = ledger.balances(entries)
    return {key: number for key, number in found.items() if ledger.bucket_of(key[0])}


BOOK = [
    entry(ledger.purchased("order"), ledger.POOL, 10),
    entry(ledger.POOL, ledger.held("c1"), 3),
    entry(ledger.held("c1"), ledger.CONSUMED, 2),
]


def test_a_recount_that_agrees_has_no_faults() -> None:
    assert ledger.faults(BOOK, stored(BOOK)) == []


@pytest.mark.parametrize("missing", range(len(BOOK)))
def test_a_recount_finds_an_entry_that_is_missing(missing: int) -> None:
    left = BOOK[:missing] + BOOK[missing + 1 :]
    assert ledger.faults(left, stored(BOOK))


@given(st.sampled_from(sorted(stored(BOOK))), st.integers(-5, 5).filter(bool))
def test_a_recount_finds_a_balance_that_is_off(key: tuple[str, str, str], off: int) -> None:
    found = stored(BOOK)
    found[key] += off
    faults = ledger.faults(BOOK, found)
    assert [fault.booked - fault.stored for fault in faults] == [-off]


def test_nobody_owes_credits_but_the_overdraft() -> None:
    """An account below zero is a fault even where book and balance agree."""
    book = [entry(ledger.POOL, ledger.CONSUMED, 5)]
    assert [fault.where for fault in ledger.faults(book, stored(book))] == [
        "POOL xml_pa l1 below zero"
    ]
    over = [entry(ledger.OVERDRAFT, ledger.held("c1"), 5)]
    assert ledger.faults(over, stored(over)) == []


def test_a_position_sums() -> None:
    one = Position("xml_pa", "l1", quantity=10, pool=10)
    other = Position("xml_pa", "l2", quantity=5, consumed=5)
    assert ledger.summed("xml_pa", [one, other]) == Position(
        "xml_pa", "", quantity=15, pool=10, consumed=5
    )
