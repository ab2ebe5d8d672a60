"""Ordering at the same moment, on the real engine: one coupon, one lot, one settling of a fee."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer
from chalicelib.base import aws, clock, dynamo
from chalicelib.base.dynamo import Key
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Wakes
from chalicelib.credits import activation, order_store, orders, store
from chalicelib.credits.order import Coupon, Order
from chalicelib.credits.orders import Wanted
from infra.local.cloud import Cloud
from infra.local.subjects import SELLER
from tests.engine.conftest import at_once, bad, good

pytestmark = [pytest.mark.feature("F004-013")]
TENANT = "alfa"
THREADS = 8
PDF = [Wanted("pdf_conversion", 100)]


class SilentWakes(Wakes):
    """What is asked here is only what stands in the table."""

    def add(self, queue: str, key: Key) -> None:
        del queue, key


@pytest.fixture(autouse=True)
def _reseller(cloud: Cloud) -> None:
    accounts.create_reseller(TENANT, "Alfa", "hub@alfa.example")
    customer = Customer("C1", SELLER.label, (f"IT{SELLER.vat}",))
    accounts.save_customer(TENANT, customer, clock.now(), new=True)
    # Made before the threads are: boto3 sessions are not made for that.
    for service in ("dynamodb", "sqs", "kms"):
        aws.client(service)
    place("first")
    confirm("first")


def place(name: str, coupon: str = "") -> Order:
    return orders.place(TENANT, name, PDF, coupon, "test", clock.now(), SilentWakes())


def confirm(name: str) -> Order:
    return orders.confirm(TENANT, name, clock.now(), SilentWakes())


def codes(answers: list[Order | BaseException]) -> set[str]:
    return {getattr(one, "code", repr(one)) for one in bad(answers)}


def test_a_coupon_is_used_by_one_of_many_orders(cloud: Cloud) -> None:
    orders.give_coupon(TENANT, Coupon("C"))
    answers = at_once([partial(place, f"order-{n}", "C") for n in range(THREADS)])
    assert len(good(answers)) == 1
    assert codes(answers) == {"coupon_used"}
    used = order_store.get_coupon(TENANT, "C")
    assert used is not None
    assert used.used_by == good(answers)[0].id


def test_the_same_request_many_times_is_one_order(cloud: Cloud) -> None:
    answers = at_once([partial(place, "same") for _ in range(THREADS)])
    assert bad(answers) == []
    assert len(set(good(answers))) == 1
    assert len(orders.list_orders(TENANT, "", 50)) == 2


def test_confirmed_many_times_there_is_one_lot(cloud: Cloud) -> None:
    place("one")
    answers = at_once([partial(confirm, "one") for _ in range(THREADS)])
    assert bad(answers) == []
    assert {one.state for one in good(answers)} == {"confirmed"}
    lots = [(lot.order, left) for lot, left in store.list_lots(TENANT)]
    assert sorted(lots) == [("first", 100), ("one", 100)]
    assert order_store.confirmed_orders(TENANT) == 2
    letters = dynamo.query(dynamo_letters("one"))
    assert len(list(letters)) == 1


def dynamo_letters(order: str) -> str:
    from chalicelib.accounts import letters
    from chalicelib.base import ids

    return letters.partition(TENANT, ids.derive("letter", TENANT, "order_confirmed", order))


@pytest.mark.parametrize("round", range(3))
def test_confirmed_and_cancelled_at_once_is_one_of_both(cloud: Cloud, round: int) -> None:
    place("one")
    jobs: list[Callable[[], Order]] = [
        partial(confirm, "one"),
        partial(orders.cancel, TENANT, "one", clock.now(), SilentWakes()),
    ]
    answers = at_once(jobs * 3)
    state = orders.get(TENANT, "one").state
    assert {one.state for one in good(answers)} == {state}
    assert codes(answers) == {"order_cancelled" if state == "cancelled" else "order_confirmed"}
    brought = [lot for lot, _ in store.list_lots(TENANT) if lot.order == "one"]
    assert len(brought) == (state == "confirmed")


@pytest.mark.feature("F004-014")
def test_a_fee_is_owed_once_and_settled_by_one_order(cloud: Cloud) -> None:
    switch = partial(activation.activate, TENANT, "C1", "preservation", clock.now())
    answers = at_once([switch for _ in range(THREADS)])
    assert bad(answers) == []
    assert len(orders.open_charges(TENANT)) == 1
    placed = at_once([partial(place, f"order-{n}") for n in range(THREADS)])
    assert bad(placed) == []
    settled = [one.id for one in good(placed) if one.quote.charges]
    assert len(settled) == 1
    assert orders.open_charges(TENANT) == []


@pytest.mark.feature("F004-012")
def test_a_licence_is_delivered_once(cloud: Cloud) -> None:
    licence = [Wanted("indigita", 1, "C1")]
    for n in range(4):
        orders.place(TENANT, f"l{n}", licence, "", "test", clock.now(), SilentWakes())
    answers = at_once([partial(confirm, f"l{n}") for n in range(4)])
    assert len(good(answers)) == 1
    assert codes(answers) == {"licence_owned"}
    assert all(isinstance(one, Rejected) for one in bad(answers))
