"""Two who do the same to dues at the same moment, on DynamoDB Local."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import partial

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.base import aws, clock, dynamo
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies, iuv, taxonomy
from chalicelib.payments.body import Account, Body, Segregation, Service
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.filters import Filter
from chalicelib.payments.dues.model import Due, Person
from chalicelib.payments.positions import counts, flows, positions, store, working
from chalicelib.payments.positions.grouping import Parameters
from chalicelib.payments.positions.positions import Wanted
from infra.local.cloud import Cloud
from tests.engine.conftest import at_once, bad, good
from tests.payments.taxonomy_csv import FEE, taxonomy_csv

pytestmark = [pytest.mark.feature("F001-056")]
IBAN, PARTNER, MARIA = "IT60X0542811101000000123456", "12345670017", "RSSMRA80A41H501Y"
BODY = Body(
    "80012000826", "Ordine", (Segregation("01", PARTNER, "Partner"),), "01",
    (Account(IBAN, "Ordine"),),
)  # fmt: skip
ENDS = date(2026, 12, 31)
THREADS = 6
DUES = 12


class Silent(Wakes):
    """What is asked here is only what stands in the table."""

    def add(self, queue: str, key: dynamo.Key) -> None:
        del queue, key


def _open(tenant: str) -> None:
    accounts.create_reseller(tenant, tenant.title(), "x@example.org", kind="body")


@pytest.fixture(autouse=True)
def _ready(cloud: Cloud) -> None:
    del cloud
    # Made before the threads are: boto3 sessions are not made for that.
    for service in ("dynamodb", "sqs", "kms", "s3"):
        aws.client(service)


def _body(tenant: str) -> None:
    _open(tenant)
    taxonomy.load(taxonomy_csv(), clock.now())
    bodies.save(tenant, BODY)
    bodies.save_service(tenant, Service("quota", "Quota", FEE, IBAN, "1.1"), clock.now())


def _due(number: int) -> Due:
    return Due(
        id=f"d{number}", person="p", category="professional", service="quota", reason="Quota",
        year=2026, chapter="1.1", provenance="competenza", cents=1_000 + number, due=ENDS,
        batch="b", created_at=clock.stamp(clock.now()),
    )  # fmt: skip


def test_one_of_many_bodies_gets_a_code(cloud: Cloud) -> None:
    del cloud
    tenants = [f"ordine{number}" for number in range(THREADS)]
    for tenant in tenants:
        _open(tenant)
    answers = at_once([partial(bodies.save, tenant, BODY) for tenant in tenants])
    assert len(good(answers)) == 1
    assert {getattr(one, "code", repr(one)) for one in bad(answers)} == {"segregation_code_taken"}


def test_flows_and_workers_at_once_place_each_due_once(cloud: Cloud) -> None:
    del cloud
    _body("ordine")
    dynamo.commit([due_store.put_due("ordine", _due(number), 0) for number in range(DUES)])
    names = []
    for key in ("a", "b", "c"):
        flow = flows.begin("ordine", Filter(), clock.now(), key, Silent())
        _work("ordine", flow.id)
        given = Parameters("Quota", ENDS)
        flows.generate("ordine", flow.id, given, clock.now(), Silent())
        names.append(flow.id)
    # Each flow by two workers at once, over the same dues; who lost comes again.
    for _ in range(40):
        at_once([partial(_work, "ordine", name) for name in names for _ in range(2)])
        if all(flows.get("ordine", name).state == "generated" for name in names):
            break
    assert sum(flows.get("ordine", name).made for name in names) == DUES
    found = [position for _, position in store.list_positions("ordine")]
    placed = Counter(line.due for position in found for line in position.lines)
    assert placed == Counter({f"d{number}": 1 for number in range(DUES)})
    numbers = {one.iuv for position in found for one in position.payments}
    assert len(numbers) == DUES
    assert all(map(iuv.is_ours, numbers))
    # The sums that each worker's commits added to are what all positions come to.
    assert counts.summary("ordine", clock.now()).due.count == DUES
    assert not counts.recount("ordine").differences


def _work(tenant: str, flow: str) -> None:
    from chalicelib.base import work

    partition = store.flow_partition(tenant, flow)
    for item in list(dynamo.query(partition, prefix="W#")):
        key = item["pk"], item["sk"]
        job = work.Work(key, item["queue"], item["attempts"], item, again=False)
        working.do(job, Silent(), clock.now(), lambda: 300_000)


def test_a_position_made_twice_at_once_is_one(cloud: Cloud) -> None:
    del cloud
    _body("ordine")
    wanted = Wanted("quota", Person(MARIA, "Rossi Maria"), cents=1_000, manual=True)
    make = partial(positions.make, "ordine", wanted, clock.now(), "test", "key")
    answers = at_once([make] * THREADS)
    # Who loses the race for the person's own row comes again; nobody makes a second one.
    assert not [one for one in bad(answers) if isinstance(one, Rejected)]
    assert len({one.id for one in good(answers)}) == 1
    assert len(list(store.list_positions("ordine"))) == 1
    assert counts.summary("ordine", clock.now()).due == counts.Sum(1, 1_000)
