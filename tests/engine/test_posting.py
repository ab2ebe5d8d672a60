"""Two who post at the same moment, on DynamoDB Local: numbers ascend, none is twice."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from chalicelib.accounting.posting import service, store, working
from chalicelib.accounting.posting.model import Setting
from chalicelib.accounting.posting.service import Wanted
from chalicelib.base import aws, clock, dynamo, work
from chalicelib.base.errors import Conflict, Transient
from chalicelib.payments import store as body_store
from infra.local.cloud import Cloud
from tests.accounting.posting.made import DAY, Match, payment
from tests.engine.conftest import at_once, bad
from tests.engine.test_positions import BODY, Silent

pytestmark = [pytest.mark.feature("F001-111")]
TENANT, PAYMENTS = "ordine", 40


@pytest.fixture(autouse=True)
def _ready(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    del cloud
    for name in ("dynamodb", "sqs", "kms", "s3"):
        aws.client(name)  # made before the threads are: boto3 sessions are not made for that
    match = Match(monkeypatch)
    dynamo.commit([body_store.put_body(TENANT, BODY)])
    dynamo.commit([store.put_setting(TENANT, Setting(late="last", counterpart="psp"))])
    for number in range(1, PAYMENTS + 1):
        day = DAY + timedelta(days=number % 3)
        match.offer(TENANT, payment(number, cents=number, bank_day=day))


def _work(run: str) -> None:
    for item in list(dynamo.query(store.run_partition(TENANT, run), prefix="W#")):
        job = work.Work((item["pk"], item["sk"]), item["queue"], 0, item, again=False)
        working.post(job, Silent(), clock.now(), lambda: 300_000)


def test_runs_at_once_number_every_payment_once(cloud: Cloud) -> None:
    del cloud
    runs = [
        service.begin(TENANT, Wanted("statement", "s1"), clock.now(), "test", key, Silent()).id
        for key in ("a", "b", "c")
    ]
    for _ in range(20):
        answers = at_once([partial(_work, run) for run in runs for _ in range(2)])
        assert not [one for one in bad(answers) if not isinstance(one, Conflict | Transient)]
        if all(service.get_run(TENANT, run).state == "posted" for run in runs):
            break
    found = [kept.order for kept in store.list_orders(TENANT, "2026-", "2026-~")]
    assert [one.number for one in found] == list(range(1, PAYMENTS + 1))
    days = [one.draft.day for one in found]
    assert days == sorted(days)
    posted = [line.payment for one in found for line in one.draft.lines]
    assert len(set(posted)) == len(posted) == PAYMENTS
    entries = list(store.entries(TENANT, 0))
    assert [one.seq for one in entries] == list(range(1, 2 * PAYMENTS + 1))
    whole = sum(range(PAYMENTS + 1))
    balance = service.balance(TENANT)
    assert (balance.came_cents, balance.posted_cents, balance.open_cents) == (whole, whole, 0)
    assert sum(service.get_run(TENANT, run).payments for run in runs) == PAYMENTS


def test_an_order_is_taken_back_once(cloud: Cloud) -> None:
    del cloud
    run = service.begin(TENANT, Wanted("statement", "s1"), clock.now(), "test", "a", Silent()).id
    _work(run)
    order = store.get_orders(TENANT, ["2026-0000001"])["2026-0000001"].order
    back = partial(service.reverse, TENANT, order.id, "x", clock.now(), "test")
    answers = at_once([back] * 4)
    assert not [one for one in bad(answers) if not isinstance(one, Conflict | Transient)]
    entries = [one for one in store.entries(TENANT, 0) if one.kind == "reversed"]
    assert [one.order for one in entries] == [order.id]
    assert service.balance(TENANT).open_cents == order.draft.cents


def test_an_entry_is_never_written_over(cloud: Cloud) -> None:
    del cloud
    run = service.begin(TENANT, Wanted("statement", "s1"), clock.now(), "test", "a", Silent()).id
    _work(run)
    first = next(store.entries(TENANT, 0, 1))
    with pytest.raises(Conflict):
        dynamo.commit([store.put_entry(TENANT, first)])
