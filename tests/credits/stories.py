"""Any story of a reseller's credits, told to the product and to a model side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer
from chalicelib.base import clock, dynamo, limits, work
from chalicelib.base.dynamo import ConditionFailed, Item
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.work import Wakes, Work
from chalicelib.credits import expiry, hold, holding, lots, monitor, service, tasks, waiting
from chalicelib.credits.hold import Hold, Payer
from chalicelib.credits.holding import Waiting
from chalicelib.credits.lots import Lot
from chalicelib.credits.till import Asking, Drawn, Refused, Till, long_run
from tests.credits.model import Document, Model

TENANT = "alfa"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CUSTOMERS = ("c1", "c2", "c3")
PRODUCTS = ("xml_pa", "xml_private")
FISCAL = ("IT12345670017", "IT07643520567", "IT00743110157")
PK = f"T#{TENANT}#CREDITS#WORK"
customers = st.sampled_from(CUSTOMERS)
product_names = st.sampled_from(PRODUCTS)
few = st.integers(1, 12)


class Desk:
    """The documents, as waiting.release asks for them."""

    def __init__(self, story: Story) -> None:
        self.story = story

    def load(self, found: Sequence[Waiting]) -> None:
        del found

    def wanted(self, one: Waiting) -> tuple[str, ...] | None:
        document = self.story.model.documents[one.document]
        return (one.product,) if document.state == "waiting" else None

    def going(self, one: Waiting, holds: tuple[Hold, ...]) -> list[dynamo.Op]:
        self.story.let_go(one, holds)
        return []


class Story(RuleBasedStateMachine):
    """The product's own functions on whatever table is behind base.dynamo."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.model = Model(limits.CREDIT_OVERDRAFT)
        self.number = 0
        self.holds: dict[str, tuple[Hold, ...]] = {}
        self.runs: dict[str, Till] = {}
        self.letters: list[Item] = []
        accounts.create_reseller(TENANT, "Alfa", "hub@alfa.example")
        for name, fiscal in zip(CUSTOMERS, FISCAL, strict=True):
            accounts.save_customer(TENANT, Customer(name, name, (fiscal,)), self.now, new=True)

    # --- helpers ------------------------------------------------------------------------------
    @property
    def today(self) -> date:
        return clock.rome_day(self.now)

    def next(self, what: str) -> str:
        self.number += 1
        self.now += timedelta(seconds=1)
        return f"{what}{self.number:05d}"

    def purses(self) -> list[holding.Purse]:
        names = {
            entry.debit.split("@", 1)[1]
            for entry in self.book()
            if entry.debit.startswith("HELD#@")
        }
        found = [holding.get_purse(TENANT, name) for name in sorted(names)]
        return [purse for purse in found if purse is not None]

    def book(self) -> list[Any]:
        kept: list[Any] = []
        monitor._stored(TENANT, kept, self.now)
        return kept

    def aside(self) -> Counter[tuple[str, str, str]]:
        found: Counter[tuple[str, str, str]] = Counter()
        if self.runs:
            for purse in self.purses():
                found[purse.product, purse.lot, purse.customer] += purse.left
        return found

    def rows(self) -> list[Item]:
        return list(dynamo.query(PK, prefix="W#credits#"))

    def accept(self, till: Till, customer: str, product: str) -> tuple[Document, Drawn | Refused]:
        name = self.next("d")
        document = Document(name, customer, product, self.number)
        self.model.documents[name] = document
        asking = Asking(TENANT, name, clock.stamp(self.now))
        payer = Payer(TENANT, customer)
        for _ in range(5):
            drawn = till.draw(payer, (product,), asking, self.now, "intake")
            try:
                with work.waking() as wakes:
                    wakes.commit(drawn.ops)
            except ConditionFailed as failed:
                if not till.missed(failed):
                    raise
                continue
            if isinstance(drawn, Drawn):
                self.holds[name] = drawn.holds
            return document, drawn
        raise AssertionError("never drawn")

    def let_go(self, one: Waiting, holds: tuple[Hold, ...]) -> None:
        self.holds[one.document] = holds

    def expect(self, document: Document, expected: tuple[str, str] | None) -> None:
        """What the model says must have happened to a document that asked."""
        rules = self.model.ruled(document.customer)
        holds = self.holds.get(document.name)
        if rules.enablement == "manual" and not rules.enabled:
            assert holds is None
        elif expected is None:
            assert holds is None, (document, holds)
            if rules.enablement == "manual":
                rules.enabled = False
        else:
            assert holds is not None, (document, expected)
            assert (holds[0].source, holds[0].lot) == expected
            self.model.hold(document, *expected)

    # --- what happens -------------------------------------------------------------------------
    @initialize(
        lots=st.lists(st.tuples(product_names, few, st.integers(0, 735)), max_size=4),
        assigned=st.lists(st.tuples(product_names, st.integers(1, 6)), max_size=2),
        manual=st.sampled_from(["", "open", "closed"]),
    )
    def begins(
        self, lots: list[tuple[str, int, int]], assigned: list[tuple[str, int]], manual: str
    ) -> None:
        """Most stories begin with credits, one customer who has his own and one enabled by hand."""
        for product, quantity, days_ago in lots:
            self.buy(product, quantity, days_ago, False)
        for product, quantity in assigned:
            self.assign("c2", product, quantity)
            self.change_policy("c2", "assigned", "stop", "automatic", product)
        if manual:
            self.change_policy("c3", "metered", "stop", "manual", PRODUCTS[0])
        if manual == "open":
            self.enable("c3")

    @rule(product=product_names, quantity=few, days_ago=st.integers(0, 900), old=st.booleans())
    def buy(self, product: str, quantity: int, days_ago: int, old: bool) -> None:
        order = self.next("o")
        day = date(2016, 12, 31) if old and days_ago > 800 else self.today - timedelta(days_ago)
        lot = Lot(product, quantity, order, day, 100 * quantity)
        aside = self.aside()[product, lots.OVERDRAFT, ""]
        with work.waking() as wakes:
            wakes.commit(service.lot_ops(TENANT, lot, self.now))
            before = self.fingerprint()
            with pytest.raises(ConditionFailed) as failed:
                wakes.commit(service.lot_ops(TENANT, lot, self.now))
            assert f"lot:{product}" in failed.value.found
            assert self.fingerprint() == before
        self.model.buy(lot.id, product, order, day, quantity, self.today, aside)

    @rule(customer=customers, product=product_names, quantity=st.integers(-8, 8).filter(bool))
    def assign(self, customer: str, product: str, quantity: int) -> None:
        key = self.next("a")
        done = self.model.assign(customer, product, quantity, self.today, self.aside())

        def ask(number: int) -> Any:
            return service.assign(
                TENANT, customer, product, number, "note", "k", key, self.now, Wakes()
            )

        if not done:
            before = self.fingerprint()
            with pytest.raises(Rejected) as refused:
                ask(quantity)
            assert refused.value.code == "credits_short"
            assert self.fingerprint() == before
            return
        first = ask(quantity)
        before = self.fingerprint()
        assert ask(quantity) == first
        with pytest.raises(Conflict) as other:
            ask(quantity + 1 or 2)
        assert other.value.code == "idempotency_key_reused"
        assert self.fingerprint() == before

    @rule(
        customer=customers,
        mode=st.sampled_from(["metered", "assigned", "unlimited"]),
        at_zero=st.sampled_from(["stop", "continue"]),
        enablement=st.sampled_from(["automatic", "automatic", "manual"]),
        product=product_names,
    )
    def change_policy(
        self, customer: str, mode: Any, at_zero: Any, enablement: Any, product: str
    ) -> None:
        self.next("p")
        service.change_policy(
            TENANT, customer, {product: mode}, at_zero, enablement, self.now, Wakes()
        )
        rules = self.model.ruled(customer)
        kept = rules.enabled and rules.enablement == "manual"
        rules.modes, rules.at_zero = {product: mode}, at_zero
        rules.enablement = enablement
        rules.enabled = kept if enablement == "manual" else True

    @rule(customer=customers)
    def enable(self, customer: str) -> None:
        self.next("e")
        rules = self.model.ruled(customer)
        if rules.enablement == "manual":
            service.enable(TENANT, customer, self.now, Wakes())
            rules.enabled = True
            return
        with pytest.raises(Rejected) as refused:
            service.enable(TENANT, customer, self.now, Wakes())
        assert refused.value.code == "enablement_automatic"

    @rule(customer=customers, product=product_names, count=st.integers(1, 4))
    def documents_one_by_one(self, customer: str, product: str, count: int) -> None:
        for _ in range(count):
            expected = self.model.pick(customer, product, self.today, self.aside())
            till = Till(Wakes())
            document, _ = self.accept(till, customer, product)
            self.expect(document, expected)
            till.look_again(self.now)

    @rule(
        who=st.lists(st.tuples(customers, product_names), min_size=1, max_size=12),
        dies_after=st.integers(0, 12),
        lease=st.booleans(),
    )
    def run_of_documents(self, who: list[tuple[str, str]], dies_after: int, lease: bool) -> None:
        """One run over many documents, which may die and be repeated; sequentially it must come to
        the same as document after document."""
        name = self.next("r")
        run = long_run(name, len(who))
        till = Till(Wakes(), run=run, expected=len(who))
        before = self.aside()
        for number, (customer, product) in enumerate(who):
            if number == dies_after:
                till = Till(Wakes(), run=run, expected=len(who) - number)
                if lease:
                    self.end_purses(of=[name])
            expected = self.model.pick(customer, product, self.today, before)
            document, _ = self.accept(till, customer, product)
            self.expect(document, expected)
        till.look_again(self.now)
        till.close(self.now)
        # One that died before it was repeated: nobody knows its purses but their rows.
        self.end_purses(of=[name])

    @rule(customer=customers, product=product_names, count=st.integers(5, 9))
    def open_run(self, customer: str, product: str, count: int) -> None:
        """A run that takes one document and goes on for a while."""
        if len(self.runs) >= 2:
            return
        name = self.next("r")
        till = Till(Wakes(), run=name, expected=count)
        expected = self.model.pick(customer, product, self.today, self.aside())
        document, _ = self.accept(till, customer, product)
        self.expect(document, expected)
        self.runs[name] = till

    @precondition(lambda self: self.runs)
    @rule(customer=customers, product=product_names)
    def goes_on(self, customer: str, product: str) -> None:
        """It may go by what it read when it began: the policy of then, its own purse first."""
        till = next(iter(self.runs.values()))
        before = self.purses()
        document, drawn = self.accept(till, customer, product)
        kept = {(purse.name, purse.lot) for purse in self.purses()}
        for purse in before:
            # Its lot ended while the run was under way.
            if (purse.name, purse.lot) not in kept and purse.left:
                self.model.come_back(
                    purse.product, purse.lot, purse.customer, purse.left, self.today
                )
        if isinstance(drawn, Drawn):
            (made,) = drawn.holds
            assert lots.is_usable(made.lot, self.today)
            self.model.hold(document, made.source, made.lot)
        elif any(op.label == "credit:policy" for op in drawn.ops):
            self.model.ruled(customer).enabled = False

    @precondition(lambda self: self.runs)
    @rule(dies=st.booleans())
    def run_ends(self, dies: bool) -> None:
        name, till = next(iter(self.runs.items()))
        for purse in self.purses():
            if purse.name in {one for _, one in till._purses}:
                self.model.come_back(
                    purse.product, purse.lot, purse.customer, purse.left, self.today
                )
        if dies:
            self.end_purses(of=[name], till=till)
        else:
            till.close(self.now)
        del self.runs[name]

    def end_purses(self, of: list[str], till: Till | None = None) -> None:
        """The rows that give back what a dead run had set aside."""
        known = {name for _, name in till._purses} if till else None
        for row in self.rows():
            if row["task"] != "purse":
                continue
            open_ones = {name for run in self.runs.values() for _, name in run._purses}
            mine = row["purse"] in known if known is not None else row["purse"] not in open_ones
            if mine:
                self.do(row)

    @rule(data=st.data(), count=st.integers(1, 6))
    def leave(self, data: st.DataObject, count: int) -> None:
        """Documents that hold are sent; the second time changes nothing."""
        for _ in range(count):
            held = [one for one in self.model.documents.values() if one.state == "held"]
            if not held:
                return
            document = data.draw(st.sampled_from(held))
            self.now += timedelta(seconds=1)
            holds, ops = hold.capture(self.holds[document.name], document.name, self.now, "send")
            Wakes().commit(ops)
            self.holds[document.name] = holds
            self.model.capture(document)
        assert hold.capture(holds, document.name, self.now, "send") == (holds, [])
        assert hold.void(holds, document.name, self.now, "send") == (holds, [])
        before = self.fingerprint()
        with pytest.raises(ConditionFailed):
            Wakes().commit(ops)
        assert self.fingerprint() == before

    @rule(data=st.data())
    def never_leaves(self, data: st.DataObject) -> None:
        held = [one for one in self.model.documents.values() if one.state == "held"]
        if not held:
            return
        document = data.draw(st.sampled_from(held))
        self.now += timedelta(seconds=1)
        _, ops = hold.void(self.holds.pop(document.name), document.name, self.now, "send")
        Wakes().commit(ops)
        before = self.fingerprint()
        with pytest.raises(ConditionFailed):
            Wakes().commit(ops)
        assert self.fingerprint() == before
        self.model.void(document, self.today)

    @rule(data=st.data(), quantity=few)
    def refund(self, data: st.DataObject, quantity: int) -> None:
        if not self.model.lots:
            return
        product, name = data.draw(st.sampled_from(sorted(self.model.lots)))
        lot = self.model.lots[product, name]
        key = self.next("x")
        left = lot.pool - self.aside()[product, name, ""]

        def ask() -> None:
            service.refund(TENANT, product, name, quantity, "", "k", self.now, key)

        if quantity > left:
            with pytest.raises(Rejected) as refused:
                ask()
            assert refused.value.code == "credits_short"
            return
        ask()
        before = self.fingerprint()
        ask()
        assert self.fingerprint() == before
        lot.pool -= quantity
        lot.refunded += quantity

    @rule(days=st.integers(1, 400))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def night(self) -> None:
        """The nightly run and its work, twice."""
        self.model.expire(self.today, self.aside())
        for _ in range(2):
            with work.waking() as wakes:
                expiry.plan(self.now, wakes)
            for row in self.rows():
                if row["task"] == "expire":
                    self.do(row)

    @rule()
    def work_is_done(self) -> None:
        """Every row that is due; a release lets go in order of arrival."""
        for row in sorted(self.rows(), key=lambda one: one["sk"]):
            if row["task"] == "release":
                self._release(row)
            elif row["task"] == "low":
                self.do(row)

    def _release(self, row: Item) -> None:
        waits = sorted(
            (one for one in self.model.documents.values() if one.state == "waiting"),
            key=lambda one: one.number,
        )
        aside = self.aside()
        dry: set[str] = set()
        self.do(row)
        for document in waits:
            if document.product != row["product"] or row["customer"] not in ("", document.customer):
                continue
            rules = self.model.ruled(document.customer)
            is_open = rules.enablement == "automatic" or rules.enabled
            if document.customer in dry or not is_open:
                assert document.name not in self.holds
                continue
            expected = self.model.pick(document.customer, document.product, self.today, aside)
            if expected is None:
                dry.add(document.customer)
                assert document.name not in self.holds
                continue
            (made,) = self.holds[document.name]
            assert (made.source, made.lot) == expected
            self.model.hold(document, *expected)

    def do(self, row: Item) -> None:
        job = Work((row["pk"], row["sk"]), row["queue"], 0, row, again=False)
        with work.waking() as wakes:
            if row["task"] == "release":
                waiting.release(job, Desk(self), wakes, self.now, lambda: 10**9)
            else:
                tasks.do(job, wakes, self.now)

    # --- what must hold -----------------------------------------------------------------------
    def fingerprint(self) -> Any:
        """Everything that a repeat must not change."""
        return sorted(map(str, self.book())), [
            (one.product, one.position) for one in monitor.balances(TENANT, self.now)
        ]

    @invariant()
    def every_lot_is_balanced_and_as_the_model_says(self) -> None:
        aside: Counter[tuple[str, str, str]] = Counter()
        own_aside: Counter[tuple[str, str]] = Counter()
        for purse in self.purses() if self.runs else ():
            if purse.customer:
                own_aside[purse.product, purse.lot] += purse.left
            else:
                aside[purse.product, purse.lot, ""] += purse.left
        for product in monitor.balances(TENANT, self.now):
            assert product.position.is_balanced, product
            if product.product not in PRODUCTS:
                continue
            over = self.model.overdraft(product.product)
            beyond = aside[product.product, lots.OVERDRAFT, ""]
            assert product.overdraft == max(0, over["drawn"] + beyond)
            for state in product.lots:
                found = state.position
                assert found.is_balanced, found
                lot = self.model.lots[product.product, found.lot]
                kept = aside[product.product, lot.id, ""]
                own_kept = own_aside[product.product, lot.id]
                assert (
                    found.pool, found.assigned, found.held, found.consumed, found.expired,
                    found.refunded, found.settled,
                ) == (
                    lot.pool - kept, sum(lot.own.values()) - own_kept, lot.held + kept + own_kept,
                    lot.consumed, lot.expired, lot.refunded, lot.settled,
                )  # fmt: skip

    @invariant()
    def who_waits_is_known(self) -> None:
        waits = {one.name for one in self.model.documents.values() if one.state == "waiting"}
        found = {
            one.document for product in PRODUCTS for one in holding.list_waiting(TENANT, product)
        }
        assert waits <= found

    def teardown(self) -> None:
        while self.runs:
            self.run_ends(dies=False)
        self.every_lot_is_balanced_and_as_the_model_says()
        found = monitor.verify(TENANT, self.now)
        assert found.faults == (), found.faults
        for customer in CUSTOMERS:
            _, states = monitor.customer(TENANT, customer)
            for state in states:
                mine = [
                    one
                    for one in self.model.documents.values()
                    if (one.customer, one.product) == (customer, state.product)
                ]
                assert state.consumed == sum(one.state == "consumed" for one in mine)
                assert state.held == sum(one.state == "held" for one in mine)
                assert state.residual == state.left + state.own_held
