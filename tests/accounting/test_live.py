"""Facts through the store: every order of them ends in the state that the pure match tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.accounting import bank_store, postable, store, summing
from chalicelib.accounting.facts import Cancelled, Fact, FlowVersion, Receipt, Reported
from chalicelib.accounting.matching import match, of_movement
from chalicelib.accounting.remittance import Flows, Known
from chalicelib.accounting.statements import Movement
from chalicelib.base import aws, clock, dynamo, limits
from chalicelib.payments.positions import counts
from tests.accounting import facts_world as world
from tests.entry.api_world import Api, Context, opened
from tests.sweep.test_crash import thinned

DAY = date(2026, 11, 20)
TODAY = date(2026, 11, 21)
CREATED = datetime(2026, 11, 20, 9, tzinfo=clock.ROME)
IUVS = ("01000000000004285", "01000000000004386", "02000000000004285")
IDS = ("2026-11-20ABI06090-0001", "2026-11-20ABI06090-0002", "2026-11-19BPPIITRRXXX-7")
BARE = "RIVERSATO0000000000000117"  # an id that names neither day nor PSP: of several of them


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with opened() as found:
        yield found


_LINES = st.lists(
    st.tuples(
        st.sampled_from(IUVS), st.sampled_from(("iur1", "iur2")),
        st.sampled_from((None, 1, 2)), st.sampled_from((1000, 2500)),
        st.sampled_from(("0", "0", "0", "3", "9", "8")),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@st.composite
def _flows(draw: st.DrawFn) -> FlowVersion:
    flow_id = draw(st.sampled_from((*IDS, BARE, BARE)))
    psp = flow_id[10:].partition("-")[0]
    settled = DAY
    if flow_id == BARE:
        psp = draw(st.sampled_from(("ABI06090", "BPPIITRRXXX")))
    else:
        settled = date.fromisoformat(flow_id[:10])
    lines = tuple(Reported(place, *one) for place, one in enumerate(draw(_LINES), 1))
    hours, revision = draw(st.integers(0, 1)), draw(st.integers(0, 2))
    return FlowVersion(
        psp, flow_id.upper(), 2026, CREATED + timedelta(hours=hours), revision,
        settled, sum(line.cents for line in lines),
        draw(st.sampled_from((True, True, False))), lines,
    )  # fmt: skip


_RECEIPTS = st.builds(
    Receipt, st.sampled_from(IUVS), st.sampled_from(("iur1", "iur2")), st.just(1),
    st.sampled_from((1000, 2500)), st.sampled_from((DAY, DAY - timedelta(days=7))),
    st.sampled_from((False, False, True)),
)  # fmt: skip
_TEXTS = st.sampled_from(
    (
        *(f"/PUR/LGPE-RIVERSAMENTO/URI/{one}" for one in (*IDS, BARE)),
        f"/PUR/LGPE-RIVERSAMENTO/TXT/1/URI/{BARE}",
        f"ACCREDITO /PUR/LGPE-RIVERSAMENTO/URI/{IDS[0][:22]}",
        f"/PUR/LGPE-RIVERSAMENTO/TXT/0/URI/{IDS[0]}",
        f"/PUR/LGPE-RIVERSAMENTO/TXT/2/URI/{IDS[0]}",
        f"/PUR/LGPE-INTEGRAZIONE/URI/{IDS[1]}",
        f"/PUR/LGPE-RIVERSAMENTO/TXT/1/URI/{IDS[0][:22]}",
        "/PUR/LGPE-RIVERSAMENTO/URI/2",
        f"/RFB/{IUVS[0]}/10.00",
    )
)
_MOVES = st.builds(
    world.movement, _TEXTS, st.sampled_from((1000, 2000, 2500, 3500, -1000)), st.just(DAY),
    st.integers(1, 2),
)  # fmt: skip


def _apply(tenant: str, fact: object) -> None:
    if isinstance(fact, Receipt):
        world.receive(tenant, fact)
    elif isinstance(fact, FlowVersion):
        world.settle(tenant, fact)
    elif isinstance(fact, Movement):
        world.credit(tenant, fact)
    elif isinstance(fact, Cancelled):
        world.cancel(tenant, fact.iuv)


def _told(facts: list[object]) -> list[Fact]:
    """The facts as the pure match takes them: movements identified among the flows that count."""
    plain: list[Fact] = [one for one in facts if not isinstance(one, Movement)]  # type: ignore[misc]
    newest: dict[tuple[str, str, int], FlowVersion] = {}
    for one in plain:
        if isinstance(one, FlowVersion):
            key = one.psp, one.flow_id, one.year
            kept = newest.get(key)
            if kept is None or _age(one) > _age(kept):
                newest[key] = one
    flows = Flows(Known(one.flow_id, one.cents, one.settled) for one in newest.values())
    return plain + [of_movement(one, flows) for one in facts if isinstance(one, Movement)]


def _age(one: FlowVersion) -> tuple[object, ...]:
    return one.created, one.revision, one.cents, one.good, one.settled


def _sound(facts: list[object]) -> bool:
    """No two receipts of one id, no two versions that only their digests order."""
    receipts: dict[str, Receipt] = {}
    versions: dict[tuple[object, ...], FlowVersion] = {}
    for one in facts:
        if isinstance(one, Receipt) and receipts.setdefault(one.iur, one) != one:
            return False
        if isinstance(one, FlowVersion):
            key = one.psp, one.flow_id, *_age(one)
            if versions.setdefault(key, one) != one:
                return False
    return True


@pytest.mark.feature("F001-010", "F001-099", "F001-172", "F001-175")
@settings(
    max_examples=20, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)  # fmt: skip
@given(
    facts=st.lists(
        st.one_of(_RECEIPTS, _flows(), _MOVES, st.builds(Cancelled, st.sampled_from(IUVS))),
        min_size=1, max_size=7,
    ).filter(_sound),  # type: ignore[arg-type]
    seed=st.integers(0, 2**16),
    between=st.booleans(),
)  # fmt: skip
def test_whatever_comes_in_whatever_order_the_store_says_what_the_match_says(
    api: Api, facts: list[object], seed: int, between: bool
) -> None:
    random = Random(seed)
    wanted = match(_told(facts), today=TODAY, segregations=frozenset({"01"}))
    tenant = world.body()
    order = list(facts) + random.sample(facts, 1)  # one of them comes twice
    random.shuffle(order)
    for fact in order:
        _apply(tenant, fact)
        if between:
            world.work_off(random)
    world.work_off(random)
    names = [one.identity for one in facts if isinstance(one, Movement)]
    told = world.found(tenant, TODAY, IUVS, names)
    assert told.flows == wanted.flows
    assert sorted(told.payments) == sorted(wanted.payments)
    assert [_upper(one) for one in told.bank] == [_upper(one) for one in wanted.bank]


# One payment with all that can happen to it: its flow comes, and comes anew with a line less, the
# money in two movements, and the position is given up. Of 720 orders `make test` takes some twenty.
ONE: tuple[object, ...] = (
    Receipt(IUVS[0], "iur1", 1, 1000, DAY),
    FlowVersion(
        "ABI06090", IDS[0], 2026, CREATED, 0, DAY, 3500, True,
        (Reported(1, IUVS[0], "iur1", 1, 1000, "0"), Reported(2, IUVS[1], "iur2", 1, 2500, "0")),
    ),
    FlowVersion(
        "ABI06090", IDS[0], 2026, CREATED + timedelta(hours=1), 0, DAY, 1000, True,
        (Reported(1, IUVS[0], "iur1", 1, 1000, "0"),),
    ),
    world.movement(f"/PUR/LGPE-RIVERSAMENTO/TXT/0/URI/{IDS[0]}", 600, DAY),
    world.movement(f"/PUR/LGPE-RIVERSAMENTO/TXT/1/URI/{IDS[0]}", 400, DAY + timedelta(days=1)),
    Cancelled(IUVS[0]),
)  # fmt: skip


@pytest.mark.feature("F001-010", "F001-099", "F001-125", "F001-172")
def test_all_orders_of_the_facts_of_a_payment_end_in_one_state(api: Api) -> None:
    wanted = match(_told(list(ONE)), today=TODAY, segregations=frozenset({"01"}))
    (flow,), (payment,) = wanted.flows, wanted.payments
    assert (flow.state, flow.banked_cents, payment.state) == ("cashed", 1000, "cashed")
    assert "CANCELLED_PAID" in payment.labels
    orders = list(permutations(ONE))
    for number, order in list(enumerate(orders))[:: thinned(37)]:
        tenant, random = world.body(), Random(number)
        for fact in order:
            _apply(tenant, fact)
            if number % 2:
                world.work_off(random)
        world.work_off(random)
        names = [one.identity for one in ONE if isinstance(one, Movement)]
        told = world.found(tenant, TODAY, IUVS, names)
        assert (told.flows, told.payments) == (wanted.flows, wanted.payments), order
        assert [_upper(one) for one in told.bank] == [_upper(one) for one in wanted.bank], order
        assert len(postable.list_postable(tenant)) == 1, order


def _upper(one: object) -> tuple[object, ...]:
    return tuple(each.upper() if isinstance(each, str) else each for each in one)  # type: ignore[attr-defined]


@pytest.mark.feature("F001-010", "F001-172")
@settings(
    max_examples=10, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)  # fmt: skip
@given(
    facts=st.lists(st.one_of(_RECEIPTS, _flows(), _MOVES), min_size=4, max_size=9).filter(_sound),  # type: ignore[arg-type]
    seed=st.integers(0, 2**16),
)  # fmt: skip
def test_money_in_is_posted_and_open_and_anomalous_at_every_moment(
    api: Api, facts: list[object], seed: int
) -> None:
    random, tenant = Random(seed), world.body()
    moved: dict[str, Movement] = {}
    posted = 0
    for number, fact in enumerate(facts):
        _apply(tenant, fact)
        if isinstance(fact, Movement):
            moved[fact.identity] = fact
        for _ in range(random.randrange(3)):
            world.work_off(random, most=random.randrange(1, 4))
            _balanced(tenant, moved, posted)
        for one in postable.list_postable(tenant):
            if random.random() < 0.7:
                dynamo.commit(postable.merged(postable.posted(tenant, [one], f"2026-{number}")))
                posted += one.cents
                _balanced(tenant, moved, posted)
    world.work_off(random)
    _balanced(tenant, moved, posted)


def _balanced(tenant: str, moved: dict[str, Movement], posted: int) -> None:
    found = summing.money(tenant)
    kept = bank_store.get_many(tenant, moved)
    came = sum(one.cents for one in kept.values() if one.target[0] or one.cents > 0)
    assert found.came == found.posted + found.open + found.anomalous == came
    assert found.posted == posted


def test_a_group_of_another_partner_is_in_no_list_until_its_receipt_comes(api: Api) -> None:
    tenant = world.body()
    line = Reported(1, IUVS[2], "iur1", 1, 1000, "0")
    flow = FlowVersion("ABI06090", IDS[0], 2026, CREATED, 0, DAY, 1000, True, (line,))
    world.settle(tenant, flow)
    world.work_off()
    assert list(store.list_groups(tenant)) == []
    world.receive(tenant, Receipt(IUVS[2], "iur1", 1, 1000, DAY))
    world.work_off()
    ((_, stored),) = store.list_groups(tenant)
    assert [one.labels for one in stored.parts] == [("RT_IUF",)]


@pytest.mark.feature("F001-099")
def test_a_flow_goes_on_where_its_run_was_and_is_overtaken_at_any_point(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of three lines, two lines at once, a worker that stops after each, and a version that
    comes while another is on its way."""
    monkeypatch.setattr(limits, "FLOW_PIECE_LINES", 3)
    monkeypatch.setattr(limits, "FLOW_LINES_AT_ONCE", 2)
    monkeypatch.setattr(limits, "REMAINING_MS", 300_001)
    for stop in range(5):
        tenant = world.body()
        first = _many(8, cents=100, hours=0)
        world.settle(tenant, first)
        with monkeypatch.context() as patch:
            left = iter([300_002] * stop + [0] * 50)
            patch.setattr(Context, "get_remaining_time_in_millis", lambda _: next(left))  # noqa: B023
            world.work_off(Random(1), most=4, stops=True)
        second = _many(5, cents=200, hours=1)
        monkeypatch.setattr(limits, "REMAINING_MS", 1)
        world.settle(tenant, second)
        world.work_off(Random(2))
        monkeypatch.setattr(limits, "REMAINING_MS", 300_001)
        ((_, flow),) = store.list_flows(tenant)
        assert (flow.applied, flow.touched) == (flow.counting, (flow.counting,))
        assert flow.sums.cents == (0, 0, 1_000, 0)
        gone = store.get_groups(tenant, [one.iuv for one in first.lines[5:]])
        assert not any(one.parts for one in gone.values())


def _many(count: int, *, cents: int, hours: int) -> FlowVersion:
    lines = tuple(
        Reported(n, f"010000000000{n:05d}", f"iur{n}", 1, cents, "0") for n in range(1, count + 1)
    )
    created = CREATED + timedelta(hours=hours)
    return FlowVersion("ABI06090", IDS[0], 2026, created, 0, DAY, count * cents, True, lines)


@pytest.mark.feature("F001-010")
def test_a_matched_payment_costs_two_calls_of_the_table_at_most(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, count = world.body(), 120
    flow = _many(count, cents=100, hours=0)
    calls: Counter[str] = Counter()
    world.place(tenant, [line.iuv for line in flow.lines], 100)
    for line in flow.lines:
        world.receive(tenant, Receipt(line.iuv, line.iur, 1, 100, DAY))
    client = aws.client("dynamodb")
    client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.update([model.name]), unique_id="calls"
    )
    world.work_off(together=10)
    world.settle(tenant, flow)
    world.credit(tenant, world.movement(f"/PUR/LGPE-RIVERSAMENTO/URI/{IDS[0]}", count * 100, DAY))
    world.work_off(together=10)
    client.meta.events.unregister("before-call.dynamodb", unique_id="calls")
    assert len(postable.list_postable(tenant)) == count
    # That their positions learn of it is part of these.
    assert counts.recount(tenant) == counts.Recount(count, Counter(), True)
    assert counts.summary(tenant, clock.now()).states["reported"].count == count
    assert sum(calls.values()) / count < 1.2, calls
