"""Two receipts for one notice at the same moment, and one receipt many times, on DynamoDB Local."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.base import aws, clock, fields
from chalicelib.base.dynamo import Key
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies, taxonomy
from chalicelib.payments.body import Account, Body, Segregation, Service
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import positions, store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.positions import Wanted
from chalicelib.payments.receipts import service as receipts
from infra.local.cloud import Cloud
from tests.engine.conftest import at_once, bad, good
from tests.payments.receipts import made
from tests.payments.taxonomy_csv import FEE, taxonomy_csv

pytestmark = [pytest.mark.feature("F001-006")]
TENANT, PARTNER = "ordine", "12345670017"
THREADS = 6


class Silent(Wakes):
    """What is asked here is only what stands in the table."""

    def add(self, queue: str, key: Key) -> None:
        del queue, key


@pytest.fixture
def position(cloud: Cloud) -> Position:
    del cloud
    # Made before the threads are: boto3 sessions are not made for that.
    for name in ("dynamodb", "sqs", "kms", "s3"):
        aws.client(name)
    accounts.create_reseller(TENANT, "Ordine", "x@example.org", kind="body")
    taxonomy.load(taxonomy_csv(), clock.now())
    segregation = Segregation("01", PARTNER, "Partner", (f"{PARTNER}_01",))
    account = Account(made.BANK, "Ordine")
    bodies.save(TENANT, Body("80012000826", "Ordine", (segregation,), "01", (account,)))
    bodies.save_service(TENANT, Service("quota", "Quota", FEE, made.BANK), clock.now())
    wanted = Wanted("quota", Person(made.MARIA.code, "Rossi Maria"), cents=1_000, manual=True)
    fields.seal(TENANT, "test", "x", "y", "the key is there")
    return positions.make(TENANT, wanted, clock.now(), "test", "key")


def _record(position: Position, **changed: Any) -> Any:
    receipt = made.of(position, **changed)
    return receipts.record(TENANT, receipt, made.RAW, clock.now(), Silent())


def test_of_two_receipts_at_once_one_is_the_double(position: Position) -> None:
    jobs = [partial(_record, position, id=f"r{number}") for number in range(THREADS)]
    for _ in range(10):
        answers = at_once(jobs)
        if not bad(answers):
            break  # who lost the race five times says so, and pagoPA tells it again
    assert not bad(answers)
    kept = receipts.of_position(TENANT, position.id)
    assert {one.id for one in kept} == {f"r{number}" for number in range(THREADS)}
    assert sorted(one.double for one in kept) == [False] + [True] * (THREADS - 1)
    now = store.get_position(TENANT, position.id)
    assert now is not None
    assert (now.state, now.version) == ("paid", 1 + THREADS)
    events = [one["event"] for one in store.list_events(TENANT, position.id)]
    assert sorted(events) == ["generated", *["paid_twice"] * (THREADS - 1), "pay"]


def test_one_receipt_many_times_at_once_is_one(position: Position) -> None:
    answers = at_once([partial(_record, position)] * THREADS)
    assert not bad(answers)
    assert len({(one.id, one.double, one.received_at) for one in good(answers)}) == 1
    (kept,) = receipts.of_position(TENANT, position.id)
    assert not kept.double


def test_of_a_receipt_and_a_cancellation_at_once_the_money_stays(position: Position) -> None:
    cancel = partial(positions.cancel, TENANT, position.id, clock.now(), "test")
    answers = at_once([partial(_record, position), cancel])
    refused = [one for one in bad(answers) if isinstance(one, Rejected)]
    assert all(one.code == "position_state" for one in refused)
    now = store.get_position(TENANT, position.id)
    assert now is not None
    assert (now.state, now.payments[0].state) == ("paid", "paid")
