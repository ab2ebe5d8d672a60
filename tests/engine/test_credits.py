"""Many who draw at the same moment, on DynamoDB Local: no credit is drawn twice, none is lost.

The engine makes transactions on one item wait for each other where AWS would answer
TransactionConflict, so what is counted here is how often that would have been: transactions that
overlap in time and share an item.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import mock

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer
from chalicelib.base import aws, clock, dynamo, limits
from chalicelib.base.dynamo import Check, ConditionFailed, Key, Op
from chalicelib.base.errors import Conflict, Rejected, Transient
from chalicelib.base.work import Work
from chalicelib.credits import hold, holding, monitor, service, till, waiting
from chalicelib.credits.hold import Hold, Payer
from chalicelib.credits.holding import Waiting
from chalicelib.credits.lots import Lot
from chalicelib.credits.till import Asking, Drawn, Refused, Till
from infra.local.cloud import Cloud
from tests.engine.conftest import at_once, bad, good
from tests.engine.test_concurrency import SilentWakes

pytestmark = [pytest.mark.feature("F004-009", "F004-031")]
TENANT = "alfa"
PRODUCT = "xml_pa"
PAYER = Payer(TENANT, "c1")


@pytest.fixture(autouse=True)
def _reseller(cloud: Cloud) -> None:
    accounts.create_reseller(TENANT, "Alfa", "hub@alfa.example")
    for name, fiscal in (("c1", "IT12345670017"), ("c2", "IT07643520567")):
        accounts.save_customer(TENANT, Customer(name, name, (fiscal,)), clock.now(), new=True)
    for service_name in ("dynamodb", "sqs"):
        aws.client(service_name)


def buy(quantity: int, order: str = "o1") -> Lot:
    lot = Lot(PRODUCT, quantity, order, clock.rome_day(clock.now()), 5_000)
    SilentWakes().commit(service.lot_ops(TENANT, lot, clock.now()))
    return lot


def accept(found: Till, document: str, payer: Payer = PAYER) -> Drawn | Refused:
    """As intake does it: draw, commit, and again when somebody was faster."""
    asking = Asking(TENANT, document, clock.stamp(clock.now()))
    for _ in range(50):
        drawn = found.draw(payer, (PRODUCT,), asking, clock.now(), "intake")
        try:
            dynamo.commit(drawn.ops)
        except ConditionFailed as failed:
            if not found.missed(failed):
                raise
        else:
            return drawn
    raise AssertionError("never drawn")


def alone(document: str, payer: Payer = PAYER) -> Drawn | Refused:
    return accept(Till(SilentWakes()), document, payer)


def position() -> dict[str, int]:
    found = next(one for one in monitor.balances(TENANT, clock.now()) if one.product == PRODUCT)
    assert found.position.is_balanced
    names = ("pool", "assigned", "held", "consumed", "expired", "refunded", "overdraft")
    return {name: getattr(found.position, name) for name in names if getattr(found.position, name)}


def whole() -> None:
    assert monitor.verify(TENANT, clock.now()).faults == ()


# --- the last credit ------------------------------------------------------------------------------
def test_forty_that_want_ten_credits_get_ten(cloud: Cloud) -> None:
    buy(10)
    answers = at_once([partial(alone, f"d{n:02d}") for n in range(40)])
    assert bad(answers) == []
    assert Counter(type(one).__name__ for one in good(answers)) == {"Drawn": 10, "Refused": 30}
    assert position() == {"held": 10}
    waits = {one.document for one in holding.list_waiting(TENANT, PRODUCT)}
    assert len(waits) == 30
    whole()


def test_forty_that_want_ten_of_their_own_get_ten(cloud: Cloud) -> None:
    """Assigned credits are no pool: they run out for their customer, whatever else there is."""
    buy(20)
    service.assign(TENANT, "c2", PRODUCT, 10, "", "k", "k1", clock.now(), SilentWakes())
    service.change_policy(
        TENANT, "c2", {PRODUCT: "assigned"}, "stop", "automatic", clock.now(), SilentWakes()
    )
    payer = Payer(TENANT, "c2")
    answers = at_once([partial(alone, f"d{n:02d}", payer) for n in range(40)])
    assert bad(answers) == []
    assert Counter(type(one).__name__ for one in good(answers)) == {"Drawn": 10, "Refused": 30}
    assert position() == {"pool": 10, "held": 10}
    whole()


def test_the_overdraft_ends_for_all_at_once(cloud: Cloud) -> None:
    service.change_policy(
        TENANT, "c1", {PRODUCT: "unlimited"}, "stop", "automatic", clock.now(), SilentWakes()
    )
    with mock.patch.object(limits, "CREDIT_OVERDRAFT", 10):
        answers = at_once([partial(alone, f"d{n:02d}") for n in range(40)])
    assert bad(answers) == []
    assert Counter(type(one).__name__ for one in good(answers)) == {"Drawn": 10, "Refused": 30}
    assert position() == {"held": 10, "overdraft": -10}
    whole()


def test_of_two_that_want_the_last_credit_one_wins(cloud: Cloud) -> None:
    for round_ in range(5):
        buy(1, f"o{round_}")
        answers = at_once([partial(alone, f"d{round_}-{n}") for n in range(2)])
        assert bad(answers) == []
        assert sum(isinstance(one, Drawn) for one in good(answers)) == 1
        assert position() == {"held": round_ + 1}
    whole()


def test_assigning_and_drawing_the_same_credits(cloud: Cloud) -> None:
    """Over-assignment is refused however many ask at once; documents take what is left."""
    buy(10)

    def assign(n: int) -> Any:
        return service.assign(
            TENANT, "c2", PRODUCT, 3, "", "k", f"k{n}", clock.now(), SilentWakes()
        )

    jobs: list[Any] = [partial(assign, n) for n in range(6)]
    jobs += [partial(alone, f"d{n}") for n in range(6)]
    answers = at_once(jobs)
    assigned = [one for one in answers[:6] if not isinstance(one, BaseException)]
    drawn = [one for one in answers[6:] if isinstance(one, Drawn)]
    for error in bad(answers):
        assert isinstance(error, Rejected | Conflict), error
        assert error.code in ("credits_short", "conflict")
    found = position()
    assert found.get("assigned", 0) == 3 * len(assigned)
    assert found.get("held", 0) == len(drawn)
    assert found.get("pool", 0) == 10 - 3 * len(assigned) - len(drawn)
    whole()


def test_the_same_request_in_many_threads_assigns_once(cloud: Cloud) -> None:
    buy(10)
    answers = at_once(
        [
            partial(
                service.assign, TENANT, "c2", PRODUCT, 4, "", "k", "one", clock.now(), SilentWakes()
            )
            for _ in range(8)
        ]
    )
    assert bad(answers) == []
    assert len(set(good(answers))) == 1
    assert position() == {"pool": 6, "assigned": 4}
    whole()


def test_the_same_order_in_many_threads_is_one_lot(cloud: Cloud) -> None:
    answers = at_once([partial(buy, 10) for _ in range(8)])
    assert len(good(answers)) == 1
    assert all(isinstance(one, ConditionFailed) for one in bad(answers))
    assert position() == {"pool": 10}
    whole()


def test_a_document_leaves_once(cloud: Cloud) -> None:
    """Captured and given back at once, in many threads: one of them, once."""
    buy(10)
    drawn = alone("d1")
    assert isinstance(drawn, Drawn)

    def end(how: Any) -> None:
        _, ops = how(drawn.holds, "d1", clock.now(), "send")
        dynamo.commit(ops)

    answers = at_once([partial(end, hold.capture if n % 2 else hold.void) for n in range(8)])
    assert len(good(answers)) == 1
    found = position()
    assert found in ({"pool": 9, "consumed": 1}, {"pool": 10})
    whole()


# --- how often they meet --------------------------------------------------------------------------
@dataclass(frozen=True)
class Ran:
    """A transaction: when it began and ended, and the items that it wrote."""

    begun: float
    ended: float
    keys: frozenset[Key]


class Watch:
    """Sees every transaction of the product; counts those that met another on an item."""

    def __init__(self) -> None:
        self.ran: list[Ran] = []
        self._lock = threading.Lock()

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        real = dynamo.commit

        def commit(ops: Sequence[Op]) -> None:
            begun = time.monotonic()
            try:
                real(ops)
            finally:
                keys = frozenset(op.key for op in ops if not isinstance(op, Check))
                with self._lock:
                    self.ran.append(Ran(begun, time.monotonic(), keys))

        with mock.patch.object(dynamo, "commit", commit):
            yield self

    @property
    def met(self) -> int:
        """Transactions that overlapped with an earlier one and shared an item with it."""
        ordered = sorted(self.ran, key=lambda one: one.begun)
        found = 0
        for number, one in enumerate(ordered):
            found += any(
                other.ended > one.begun and one.keys & other.keys for other in ordered[:number]
            )
        return found


WORKERS = 8
MEMBERS = 50


def chunk(worker: int) -> list[Hold]:
    """A run over many documents with a purse of its own."""
    wakes = SilentWakes()
    run = till.long_run(f"chunk{worker}", MEMBERS)
    found = Till(wakes, run=run, expected=MEMBERS)
    holds: list[Hold] = []
    for n in range(MEMBERS):
        drawn = accept(found, f"w{worker}-{n}")
        assert isinstance(drawn, Drawn)
        holds += drawn.holds
    found.close(clock.now())
    return holds


def one_by_one(worker: int) -> int:
    return sum(isinstance(alone(f"w{worker}-{n}"), Drawn) for n in range(MEMBERS))


def test_runs_with_purses_hardly_meet(cloud: Cloud) -> None:
    """Eight workers over 400 documents of one lot: they meet at fillings only, not at documents."""
    buy(WORKERS * MEMBERS + 7)
    with Watch().watching() as watch:
        answers = at_once([partial(chunk, worker) for worker in range(WORKERS)])
    assert bad(answers) == []
    assert position() == {"pool": 7, "held": WORKERS * MEMBERS}
    whole()
    documents = WORKERS * MEMBERS
    # Two fillings and a closing for each worker, and as many tries more as they met there.
    assert len(watch.ran) <= documents + WORKERS * 3 + watch.met
    assert watch.met <= WORKERS * 3, watch.met
    print(f"purses: {documents} documents, {len(watch.ran)} transactions, {watch.met} met")


def test_without_purses_they_would_meet_all_the_time(cloud: Cloud) -> None:
    """The figure that purses are there for: nearly every transaction meets another one."""
    buy(WORKERS * MEMBERS)
    with Watch().watching() as watch:
        answers = at_once([partial(one_by_one, worker) for worker in range(WORKERS)])
    failed = bad(answers)
    assert all(isinstance(one, Conflict | Transient) for one in failed), failed
    documents = sum(good(answers))
    assert position()["held"] >= documents
    whole()
    assert watch.met > len(watch.ran) / 2, (watch.met, len(watch.ran))
    print(f"direct: {documents} documents, {len(watch.ran)} transactions, {watch.met} met")


def test_sending_at_once_is_counted_exactly(cloud: Cloud) -> None:
    """Five senders (as many as the template allows) capture 400 holds of one customer."""
    buy(WORKERS * MEMBERS)
    holds = [
        (f"w{worker}-{n}", one)
        for worker, found in enumerate(
            good(at_once([partial(chunk, worker) for worker in range(WORKERS)]))
        )
        for n, one in enumerate(found)
    ]
    assert len(holds) == WORKERS * MEMBERS
    senders = 5

    def send(part: list[tuple[str, Hold]]) -> None:
        for document, one in part:
            _, ops = hold.capture((one,), document, clock.now(), "send")
            dynamo.commit(ops)

    with Watch().watching() as watch:
        answers = at_once([partial(send, holds[n::senders]) for n in range(senders)])
    assert bad(answers) == []
    assert position() == {"consumed": WORKERS * MEMBERS}
    _, (state, *_) = monitor.customer(TENANT, "c1")
    assert (state.consumed, state.held) == (WORKERS * MEMBERS, 0)
    whole()
    # They do nothing but capture here; between two captures there is SdI's answer in truth.
    assert watch.met < len(watch.ran) / 3, watch.met
    print(f"captures: {len(watch.ran)} transactions, {watch.met} met")


class Documents:
    """Documents that are nothing but a row: what waiting.release asks for."""

    def load(self, found: Sequence[Waiting]) -> None:
        del found

    def wanted(self, one: Waiting) -> tuple[str, ...]:
        del one
        return (PRODUCT,)

    def going(self, one: Waiting, holds: tuple[Hold, ...]) -> list[Op]:
        del holds
        return [dynamo.Put({"pk": f"T#{TENANT}#GONE", "sk": one.document}, label="document")]


def test_workers_that_let_go_at_once_let_each_go_once(cloud: Cloud) -> None:
    for number in range(12):
        assert isinstance(alone(f"d{number:02d}"), Refused)
    buy(8)
    rows = [
        Work(op.key, "credits", 0, op.item, again=False)
        for n in range(4)
        for op in [hold.release(TENANT, PRODUCT, f"cause{n}", clock.now())]
        if isinstance(op, dynamo.Put)
    ]
    dynamo.commit([dynamo.Put(row.item) for row in rows])

    def release(row: Work) -> None:
        waiting.release(row, Documents(), SilentWakes(), clock.now(), lambda: 10**9)

    answers = at_once([partial(release, row) for row in rows])
    assert all(isinstance(one, Conflict) for one in bad(answers)), bad(answers)
    gone = [item["sk"] for item in dynamo.query(f"T#{TENANT}#GONE")]
    left = [one.document for one in holding.list_waiting(TENANT, PRODUCT)]
    assert len(gone) == 8
    assert sorted([*gone, *left]) == [f"d{number:02d}" for number in range(12)]
    assert position() == {"held": 8}
    whole()
