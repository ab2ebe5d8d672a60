"""Many acts and many workers at once, on the real engine: one chain, each act in it once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial

import pytest

from chalicelib.accounts import audit, audit_store
from chalicelib.accounts.audit import Action, Actor
from chalicelib.base import aws, clock, dynamo
from chalicelib.base.errors import Transient
from infra.local.cloud import Cloud
from tests.engine.conftest import at_once, bad, good

pytestmark = [pytest.mark.feature("U-10")]
TENANT = "alfa"
ANNA = Actor("user", "u1", "principal")
THREADS, EACH = 8, 12


@pytest.fixture(autouse=True)
def _clients(cloud: Cloud) -> None:
    aws.client("dynamodb")


def record(thread: int, now: datetime) -> None:
    for number in range(EACH):
        key = f"{thread}-{number}"
        thing = dynamo.Put({"pk": "T#alfa#X", "sk": key})
        dynamo.commit(
            [thing, audit.entry(TENANT, ANNA, Action.KEY_ISSUED, "key:k", now, name=key, key=key)]
        )


def chain() -> int:
    """As its queue has it done: a worker that gives up comes again."""
    for _ in range(20):
        try:
            return audit_store.chain(TENANT, clock.now())
        except Transient:
            continue
    raise AssertionError("it never came through")


def names() -> list[str]:
    return [one.said["facts"]["key"] for one in audit_store.entries(TENANT)]


def test_each_act_is_in_the_chain_once(cloud: Cloud) -> None:
    """Written while they are chained, by workers that all want to."""
    now = clock.now()
    writers = [partial(record, thread, now) for thread in range(THREADS)]
    answers = at_once([*writers, *[chain] * THREADS])
    assert bad(answers) == []
    chain()
    assert audit_store.verify(TENANT) is None
    expected = [f"{thread}-{number}" for thread in range(THREADS) for number in range(EACH)]
    assert sorted(names()) == sorted(expected)
    assert audit_store.waiting(TENANT, 10) == []
    assert audit_store.head(TENANT).n == len(expected)


def test_only_one_of_many_workers_appends(cloud: Cloud) -> None:
    record(0, clock.now())
    answers = at_once([chain] * THREADS)
    assert bad(answers) == []
    assert sum(good(answers)) == EACH
    assert max(Counter(names()).values()) == 1
