"""Facts through the store: every order of them ends in the state that the pure match tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.accounting.facts import Cancelled, Fact, FlowVersion, Receipt, Reported
from chalicelib.accounting.matching import match, of_movement
from chalicelib.accounting.remittance import Flows, Known
from chalicelib.accounting.statements import Movement
from chalicelib.base import clock
from tests.accounting import facts_world as world
from tests.entry.api_world import Api, opened

DAY = date(2026, 11, 20)
TODAY = date(2026, 11, 21)
CREATED = datetime(2026, 11, 20, 9, tzinfo=clock.ROME)
IUVS = ("01000000000004285", "01000000000004386", "02000000000004285")
IDS = ("2026-11-20ABI06090-0001", "2026-11-20ABI06090-0002", "2026-11-19BPPIITRRXXX-7")


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
    flow_id = draw(st.sampled_from(IDS))
    psp = flow_id[10:].partition("-")[0]
    lines = tuple(Reported(place, *one) for place, one in enumerate(draw(_LINES), 1))
    hours, revision = draw(st.integers(0, 1)), draw(st.integers(0, 2))
    return FlowVersion(
        psp, flow_id.upper(), 2026, CREATED + timedelta(hours=hours), revision,
        date.fromisoformat(flow_id[:10]), sum(line.cents for line in lines),
        draw(st.sampled_from((True, True, False))), lines,
    )  # fmt: skip


_RECEIPTS = st.builds(
    Receipt, st.sampled_from(IUVS), st.sampled_from(("iur1", "iur2")), st.just(1),
    st.sampled_from((1000, 2500)), st.sampled_from((DAY, DAY - timedelta(days=7))),
    st.sampled_from((False, False, True)),
)  # fmt: skip
_TEXTS = st.sampled_from(
    (
        *(f"/PUR/LGPE-RIVERSAMENTO/URI/{one}" for one in IDS),
        f"ACCREDITO /PUR/LGPE-RIVERSAMENTO/URI/{IDS[0][:22]}",
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
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)  # fmt: skip
@given(
    facts=st.lists(
        st.one_of(_RECEIPTS, _flows(), _MOVES, st.builds(Cancelled, st.sampled_from(IUVS))),
        min_size=1, max_size=7,
    ).filter(_sound),
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


def _upper(one: object) -> tuple[object, ...]:
    return tuple(each.upper() if isinstance(each, str) else each for each in one)  # type: ignore[attr-defined]
