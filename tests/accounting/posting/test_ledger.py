"""Money in = open + anomalous + posted, to the cent and at every moment, whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chalicelib.accounting.posting import ledger
from chalicelib.accounting.posting.ledger import Entry, Leg, State
from tests.accounting.posting.made import DAY

KEYS = st.sampled_from("abcd")
CENTS = st.integers(1, 10**11)


class Books(RuleBasedStateMachine):
    """Payments become postable, are taken back, change, are posted and taken back again."""

    def __init__(self) -> None:
        super().__init__()
        # As a person would keep it on paper: where each payment's money is.
        self.paper: dict[str, tuple[str, int]] = {}
        self.held: dict[str, tuple[State, int]] = {}
        self.sums: dict[str, int] = {}
        self.seq = 0

    def enter(self, kind: ledger.Kind, legs: tuple[Leg, ...]) -> None:
        self.seq += 1
        entry = Entry(self.seq, kind, DAY, legs, "at", "by")
        for account, cents in ledger.total(entry.legs).items():
            self.sums[account] = self.sums.get(account, 0) + cents

    @rule(key=KEYS, cents=st.none() | CENTS)
    def notice(self, key: str, cents: int | None) -> None:
        state, held = self.held.get(key, ("", 0))
        new, legs = ledger.noticed(state, held, cents)
        if legs:
            self.enter("arrived" if new == "open" else "questioned", legs)
            self.held[key] = (new, held if cents is None else cents)
        where, had = self.paper.get(key, ("", 0))
        if where.startswith("posted") or (cents is None and not where):
            return
        self.paper[key] = ("anomalous", had) if cents is None else ("open", cents)

    @rule(key=KEYS, parts=st.integers(1, 3), year=st.sampled_from([2025, 2026]))
    def post(self, key: str, parts: int, year: int) -> None:
        state, cents = self.held.get(key, ("", 0))
        if state != "open" or cents < parts:
            return
        for at in range(parts):
            share = cents - (parts - 1) if at == 0 else 1
            self.enter("posted", ledger.post(year, f"{at}", share))
        self.held[key] = ("posted", cents)
        self.paper[key] = (f"posted:{year}:{parts}", cents)

    @rule(key=KEYS)
    def reverse(self, key: str) -> None:
        where, cents = self.paper.get(key, ("", 0))
        if not where.startswith("posted"):
            return
        _, year, parts = where.split(":")
        for at in range(int(parts)):
            share = cents - (int(parts) - 1) if at == 0 else 1
            self.enter("reversed", ledger.reverse(int(year), f"{at}", share))
        self.held[key] = ("open", cents)
        self.paper[key] = ("open", cents)

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        found = ledger.balance(self.sums)
        assert found.came_cents == found.open_cents + found.anomalous_cents + found.posted_cents
        by_place = {"open": 0, "anomalous": 0, "posted": 0}
        for where, cents in self.paper.values():
            by_place[where.partition(":")[0]] += cents
        assert found.open_cents == by_place["open"]
        assert found.anomalous_cents == by_place["anomalous"]
        assert found.posted_cents == by_place["posted"]
        assert all(cents >= 0 for cents in found.chapters.values())


Books.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestBooks = Books.TestCase


def test_an_entry_that_does_not_balance_cannot_be() -> None:
    with pytest.raises(AssertionError):
        Entry(1, "posted", DAY, (Leg("open", -1), Leg("posted:2026:1", 2)), "at", "by")
