"""Flows of one id: a movement is of the one that day and amount tell, else of none by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounting import bank_store, operator, postable, store
from chalicelib.accounting.facts import FlowVersion, Receipt, Reported
from chalicelib.accounting.namesakes import NEAR, Namesake, meant
from chalicelib.accounting.remittance import Flows, Known, identify
from chalicelib.base import clock, work
from tests.accounting import facts_world as world
from tests.entry.api_world import Api, opened

DAY = date(2026, 11, 20)
BARE = "RIVERSATO0000000000000117"
TEXT = f"/PUR/LGPE-RIVERSAMENTO/URI/{BARE}"
LATER, LAST_YEAR = DAY + timedelta(days=3), DAY - timedelta(days=365)


@pytest.mark.feature("F001-125", "F001-172")
@pytest.mark.parametrize(
    ("flows", "cents", "further", "found"),
    [
        ((), 100, False, None),
        # One needs no more than its id: its money comes in several movements, or not to the cent.
        (((LAST_YEAR, 70),), 100, True, 0),
        # Settled together, the amount tells; and not where none or both have it.
        (((DAY, 70), (DAY, 100)), 100, False, 1),
        (((DAY, 100), (DAY, 70)), 100, False, 0),
        (((DAY, 100), (DAY, 100)), 100, False, None),
        (((DAY, 70), (DAY, 80)), 100, False, None),
        # The nearer by some days is not the one meant: banks book late.
        (((DAY, 100), (LATER, 70)), 100, False, 0),
        (((DAY, 70), (LATER, 100)), 100, False, 1),
        # What is taken back is taken from where it was brought.
        (((DAY, 70), (DAY, 100)), -100, False, 1),
        # A further transfer has an amount of its own, which only happens to be another flow's.
        (((DAY, 170), (DAY, 100)), 100, True, None),
        # The same id of last year: this year's, unless last year's alone has the amount.
        (((LAST_YEAR, 70), (DAY, 170)), 100, False, 1),
        (((LAST_YEAR, 100), (DAY, 170)), 100, True, 1),
        (((LAST_YEAR, 100), (DAY, 100)), 100, False, 1),
        (((LAST_YEAR, 100), (DAY, 170)), 100, False, None),
        # None is near: the amount alone, if one has it.
        (((LAST_YEAR, 70), (LAST_YEAR - NEAR, 100)), 100, False, 1),
        (((LAST_YEAR, 70), (LAST_YEAR - NEAR, 80)), 100, False, None),
        # An amount that is not known says nothing.
        (((DAY, None), (DAY, None)), 100, False, None),
    ],
)  # fmt: skip
def test_of_several_flows_of_one_id_the_movement_is_of_one(
    flows: tuple[tuple[date, int | None], ...], cents: int, further: bool, found: int | None
) -> None:
    assert meant([Namesake(*one) for one in flows], cents, DAY, further=further) == found


_SAME = st.lists(
    st.tuples(st.integers(-400, 400), st.sampled_from((70, 100, 130))), min_size=1, max_size=5
)


@given(_SAME, st.sampled_from((70, 100, 130, -70)), st.booleans(), st.randoms())
def test_which_of_them_does_not_depend_on_their_order(
    flows: list[tuple[int, int]], cents: int, further: bool, random: object
) -> None:
    same = [Namesake(DAY + timedelta(days=days), amount) for days, amount in flows]
    at = meant(same, cents, DAY, further=further)
    shuffled = list(same)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = meant(shuffled, cents, DAY, further=further)
    assert (at is None) == (other is None)
    if at is not None and other is not None:
        assert same[at] == shuffled[other]
        # No equal one stands beside it, and never one whose amount another near one has instead.
        assert same.count(same[at]) == 1
        assert abs(same[at].cents or 0) == abs(cents) or not any(
            abs(one.cents or 0) == abs(cents) for one in same
        ) or further  # fmt: skip


@pytest.mark.feature("F001-125")
@pytest.mark.parametrize("text", [TEXT, f"ACCREDITO {TEXT[:-2]}"])
def test_a_text_names_the_flow_of_its_amount_and_proposes_where_two_have_it(text: str) -> None:
    flows = Flows([Known(BARE, 7_000, DAY), Known(BARE, 10_000, DAY), Known(BARE, 7_000, LATER)])
    assert identify(text, flows, cents=10_000, day=DAY).confidence in ("exact", "prefix")
    for cents in (7_000, 9_999):
        found = identify(text, flows, cents=cents, day=DAY)
        assert (found.flow_id, found.confidence) == (BARE, "proposed")
        assert found.reason in ("ambiguous", "cut")


# ------------------------------------------------------------------ through the store
@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with opened() as found:
        yield found


def _flow(psp: str, iuv: str, cents: int) -> FlowVersion:
    line = Reported(1, iuv, f"iur-{psp}", 1, cents, "0")
    created = datetime(2026, 11, 20, 9, tzinfo=clock.ROME)
    return FlowVersion(psp, BARE, 2026, created, 0, DAY, cents, True, (line,))


def _psps(tenant: str) -> dict[str, tuple[int, bool]]:
    return {
        flow.key[0]: (flow.bank.cents, flow.postable) for _, flow in store.list_flows(tenant)
    }  # fmt: skip


@pytest.mark.feature("F001-099", "F001-125", "F001-172")
@pytest.mark.parametrize("late", [0, 1, 2], ids=["money first", "between", "money last"])
def test_money_of_two_psps_goes_to_the_flow_of_its_amount_whichever_comes_first(
    api: Api, late: int
) -> None:
    tenant = world.body()
    facts = [_flow("ABI06090", "01000000000004285", 7_000),
             _flow("BPPIITRRXXX", "01000000000004386", 10_000)]  # fmt: skip
    for one in facts:
        world.receive(tenant, Receipt(one.lines[0].iuv, one.lines[0].iur, 1, one.cents, DAY))
    move = world.movement(TEXT, 10_000, DAY)
    for number, one in enumerate((*facts, None)):
        if number == late:
            world.credit(tenant, move)
            world.work_off()
        if one is not None:
            world.settle(tenant, one)
            world.work_off()
    assert _psps(tenant) == {"ABI06090": (0, False), "BPPIITRRXXX": (10_000, True)}


@pytest.mark.feature("F001-125", "F001-172")
def test_what_either_may_be_is_proposed_and_posted_only_by_a_hand(api: Api) -> None:
    tenant = world.body()
    first, second = (_flow("ABI06090", "01000000000004285", 7_000),
                     _flow("BPPIITRRXXX", "01000000000004386", 7_000))  # fmt: skip
    for one in (first, second):
        world.receive(tenant, Receipt(one.lines[0].iuv, one.lines[0].iur, 1, 7_000, DAY))
    move = world.movement(TEXT, 7_000, DAY)
    world.settle(tenant, first)
    world.credit(tenant, move)
    world.work_off()
    # Nobody else has the id yet.
    assert _psps(tenant) == {"ABI06090": (7_000, True)}
    world.settle(tenant, second)
    # The other's coming is enough to take it back, before any row is done.
    assert {cents for cents, _ in _psps(tenant).values()} == {0}
    world.work_off()
    assert _psps(tenant) == {"ABI06090": (0, False), "BPPIITRRXXX": (0, False)}
    kept = bank_store.get(tenant, move.identity)
    assert kept is not None
    assert (kept.outcome, kept.labels, kept.found.flow_id) == ("proposed", ("TES_PROPOSED",), BARE)
    assert [one.identity for _, one in bank_store.list_movements(tenant, desk="open")] == [
        move.identity
    ]
    assert postable.list_postable(tenant) == []
    (theirs,) = (flow for _, flow in store.list_flows(tenant) if flow.key[0] == "BPPIITRRXXX")
    with work.waking() as wakes:
        operator.link(
            tenant, move.identity, operator.Said(flow=theirs.name), kept.version, "estratto conto",
            "test", clock.now(), wakes,
        )  # fmt: skip
    world.work_off()
    assert _psps(tenant) == {"ABI06090": (0, False), "BPPIITRRXXX": (7_000, True)}
