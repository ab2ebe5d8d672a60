"""What happens at the same moment, on DynamoDB Local: moto knows no conflicts (facts B.2)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer
from chalicelib.base import aws, clock, dynamo, ids, work
from chalicelib.base.dynamo import ANY, ConditionFailed, Put, Update
from chalicelib.base.errors import Conflict
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes
from chalicelib.invoicing import decisions, intake, store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.intake import Arrival, Session
from infra.local import invoices
from infra.local.cloud import Cloud
from infra.local.seeds import give_credits
from infra.local.subjects import SELLER
from tests.engine.conftest import at_once, bad, good

pytestmark = [pytest.mark.feature("F004-070")]
THREADS = 8
TENANT = "alfa"
TABLE_KEY = ("T#alfa#X", "ONE")


class SilentWakes(Wakes):
    """What is asked here is only what stands in the table."""

    def add(self, queue: str, key: dynamo.Key) -> None:
        del queue, key


@pytest.fixture(autouse=True)
def _reseller(cloud: Cloud) -> None:
    accounts.create_reseller(TENANT, "Alfa", "hub@alfa.example")
    give_credits(TENANT, clock.now())
    customer = Customer("C1", SELLER.label, (f"IT{SELLER.vat}",))
    accounts.save_customer(TENANT, customer, clock.now(), new=True)
    # Made before the threads are: boto3 sessions are not made for that.
    for service in ("dynamodb", "s3", "sqs"):
        aws.client(service)


def receive(key: str, name: str, data: bytes) -> Document:
    """One file, as its own worker takes it in."""
    place = Place("intake", key)
    arrival = Arrival(
        tenant=TENANT,
        id=ids.derive(key),
        file_name=name,
        channel="bucket",
        sender=TENANT,
        received_at=clock.now(),
        raw=place,
        size=len(data),
    )
    return intake.receive(arrival, data, Session(SilentWakes(), 1), clock.now())


def invoice(number: str, **more: Any) -> bytes:
    return invoices.make(number=f"{number}/2026", **more)


SAME = {
    "bytes": lambda n: (f"file-{n}.xml", invoice("1")),
    "number": lambda n: (f"file-{n}.xml", invoice("1", progressive=f"{n:05d}")),
    "name": lambda n: ("same.xml", invoice(str(n + 1))),
    "name, one signed": lambda n: (
        "same.xml" if n % 2 else "SAME.XML",
        invoice(str(n + 1)),
    ),
}


@pytest.mark.parametrize("same", SAME)
def test_of_files_that_come_together_one_goes_on(cloud: Cloud, same: str) -> None:
    """The others are held with a link to the first, whatever it is that they share."""
    files = [SAME[same](n) for n in range(THREADS)]
    answers = at_once(
        [partial(receive, f"key-{n}", name, data) for n, (name, data) in enumerate(files)]
    )
    assert bad(answers) == []
    # What a worker answers and what stands in the table is the same.
    stored = [store.get(TENANT, document.id) for document in good(answers)]
    assert stored == good(answers)
    assert Counter(document.state for document in good(answers)) == {
        "ready": 1,
        "held": THREADS - 1,
    }
    (first,) = [document for document in good(answers) if document.state == "ready"]
    for other in good(answers):
        if other.id != first.id:
            assert (other.held, other.first, other.clash) == (
                "duplicate",
                first.id,
                same.split(",")[0],
            )
            assert other.name == ""
    names = [item for item in _scan(cloud) if item["sk"] == "NAME"]
    assert [item["document"] for item in names] == [first.id]


def test_the_same_event_in_many_workers_makes_one_document(cloud: Cloud) -> None:
    data = invoice("1")
    answers = at_once([partial(receive, "one", "one.xml", data) for _ in range(THREADS)])
    assert bad(answers) == []
    assert len(set(good(answers))) == 1
    assert good(answers)[0].state == "ready"
    items = Counter(item["sk"].split("#")[0] for item in _scan(cloud) if "#D#" in item["pk"])
    assert items == {"DOC": 1, "H": 1, "CLAIMS": 1, "W": 2}


def test_different_files_do_not_hinder_each_other(cloud: Cloud) -> None:
    files = [(f"key-{n}", f"file-{n}.xml", invoice(str(n + 1))) for n in range(THREADS)]
    answers = at_once([partial(receive, *file) for file in files])
    assert bad(answers) == []
    assert {document.state for document in good(answers)} == {"ready"}
    names = {document.name for document in good(answers)}
    assert len(names) == THREADS


def test_a_number_given_back_is_taken_by_one(cloud: Cloud) -> None:
    """The first was rejected by SdI; of those that repeat its number one goes on."""
    first = receive("first", "first.xml", invoice("1"))
    claims = store.claims_of(TENANT, first.id)
    intake.give_back(claims, first.id)
    answers = at_once(
        [
            partial(receive, f"key-{n}", f"file-{n}.xml", invoice("1", progressive=f"{n:05d}"))
            for n in range(THREADS)
        ]
    )
    assert Counter(document.state for document in good(answers)) == {
        "ready": 1,
        "held": THREADS - 1,
    }


def test_numbers_taken_at_once_are_all_different(cloud: Cloud) -> None:
    taken = good(at_once([partial(_take_many, 20) for _ in range(THREADS)]))
    every = [number for block in taken for number in block]
    assert sorted(every) == list(range(1, len(every) + 1))
    assert len(every) == THREADS * 20 * 3


def _take_many(times: int) -> list[int]:
    found: list[int] = []
    for _ in range(times):
        first = store.take_names("IT01234567890", 3)
        found += range(first, first + 3)
    return found


def held_document(cloud: Cloud) -> Document:
    receive("first", "first.xml", invoice("1"))
    data = invoice("1", progressive="00002")
    cloud.client("s3").put_object(
        Bucket=cloud.environment["INTAKE_BUCKET"], Key="drop/second", Body=data
    )
    place = Place(cloud.environment["INTAKE_BUCKET"], "drop/second")
    arrival = Arrival(
        TENANT, ids.derive("second"), "second.xml", "bucket", TENANT, clock.now(), place, len(data)
    )
    held = intake.receive(arrival, data, Session(SilentWakes(), 1), clock.now())
    assert held.state == "held"
    return held


def decide(held: Document, action: Any, now: datetime, key: str = "") -> Document:
    return decisions.decide(TENANT, held, action, "", "key", SilentWakes(), now, key)


@pytest.mark.parametrize("other", ["send", "discard"])
def test_one_decision_on_a_held_document_wins(cloud: Cloud, other: str) -> None:
    """People who decide at once: one change, one name at SdI, one sending; or none."""
    held = held_document(cloud)
    actions = ["send" if n % 2 else other for n in range(THREADS)]
    answers = at_once([partial(decide, held, action, clock.now()) for action in actions])
    assert len(good(answers)) == 1
    assert all(isinstance(error, Conflict) for error in bad(answers)), bad(answers)
    found = store.get(TENANT, held.id)
    assert found == good(answers)[0]
    items = [item for item in _scan(cloud) if item["pk"].endswith(held.id)]
    sent = int(found.state == "ready")
    assert len([item for item in items if item["sk"].startswith("W#send#")]) == sent
    assert len([item for item in items if item["sk"].startswith("H#")]) == 2
    names = [item for item in _scan(cloud) if item["sk"] == "NAME"]
    assert len([item for item in names if item["document"] == held.id]) == sent


@pytest.mark.parametrize("action", ["send", "discard"])
def test_the_same_request_at_once_is_one_decision_and_one_answer(cloud: Cloud, action: str) -> None:
    held = held_document(cloud)
    jobs = [partial(decide, held, action, clock.now(), "again") for _ in range(THREADS)]
    answers = at_once(jobs)
    assert bad(answers) == []
    (first,) = set(good(answers))
    assert store.get(TENANT, held.id) == first
    items = Counter(item["sk"].split("#")[0] for item in _scan(cloud) if held.id in item["pk"])
    assert (items["H"], items["A"]) == (2, 1)


def test_no_sum_is_lost_by_transactions_that_meet(cloud: Cloud) -> None:
    """The engine makes them wait for each other: it never answers TransactionConflict.

    That answer is injected in tests/base/test_dynamo.py.
    """
    dynamo.commit([Put({"pk": TABLE_KEY[0], "sk": TABLE_KEY[1]})])
    for number in range(5):
        answers = at_once([partial(_add, thread, number) for thread in range(THREADS)])
        assert bad(answers) == []
    assert dynamo.get(TABLE_KEY) == {"pk": TABLE_KEY[0], "sk": TABLE_KEY[1], "sum": 5 * THREADS}


def _add(thread: int, number: int) -> None:
    beside = {"pk": TABLE_KEY[0], "sk": f"{thread}-{number}"}
    dynamo.commit([Update(TABLE_KEY, add={"sum": 1}), Put(beside)])


def test_of_writers_on_one_version_one_wins(cloud: Cloud) -> None:
    item = {"pk": TABLE_KEY[0], "sk": TABLE_KEY[1]}
    dynamo.commit([Put({**item, "version": 1})])

    def write(thread: int) -> None:
        when: dynamo.Condition = ({"version": 1},)
        dynamo.commit([Put({**item, "version": 2, "by": thread}, when=when, label="item")])

    answers = at_once([partial(write, thread) for thread in range(THREADS)])
    assert len(good(answers)) == 1
    losers = bad(answers)
    assert all(isinstance(error, ConditionFailed) for error in losers), losers
    winner = dynamo.get(TABLE_KEY)
    assert winner is not None
    assert winner["by"] == answers.index(None)


def test_sweepers_at_once_wake_each_row_once(cloud: Cloud) -> None:
    rows = [work.row("send", f"T#alfa#D#{n}", "1", clock.now()) for n in range(20)]
    dynamo.commit(rows)
    cloud.clock.advance(work.GRACE_S)
    answers = at_once([partial(work.sweep, clock.now()) for _ in range(4)])
    assert bad(answers) == []
    assert sum(good(answers)) == len(rows)
    assert cloud.pump.waiting()["SendQueue"] == len(rows)


def test_one_customer_for_each_fiscal_id(cloud: Cloud) -> None:
    def save(code: str) -> None:
        customer = Customer(code, "Same", ("IT00743110157",))
        accounts.save_customer(TENANT, customer, clock.now(), new=True)

    answers = at_once([partial(save, f"S{n}") for n in range(THREADS)])
    assert len(good(answers)) == 1
    assert {getattr(error, "code", "") for error in bad(answers)} == {"fiscal_id_taken"}


def test_any_condition_is_no_condition(cloud: Cloud) -> None:
    """The engine accepts what moto accepts: a write without one."""
    dynamo.commit([Put({"pk": TABLE_KEY[0], "sk": TABLE_KEY[1], "n": 1}, when=ANY)])
    dynamo.commit([Put({"pk": TABLE_KEY[0], "sk": TABLE_KEY[1], "n": 2}, when=ANY)])
    assert dynamo.get(TABLE_KEY) == {"pk": TABLE_KEY[0], "sk": TABLE_KEY[1], "n": 2}


def _scan(cloud: Cloud) -> list[dict[str, Any]]:
    pages = cloud.client("dynamodb").get_paginator("scan")
    return [
        {name: dynamo.from_wire(value) for name, value in item.items()}
        for page in pages.paginate(TableName=cloud.environment["TABLE"])
        for item in page["Items"]
    ]
