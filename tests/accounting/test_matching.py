"""The three-way match: every order of the facts ends in one state, and no cent is lost."""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounting import labels, matching, payment_match
from chalicelib.accounting.facts import (
    Booked,
    Cancelled,
    Fact,
    FlowVersion,
    Payment,
    Receipt,
    Reported,
)
from chalicelib.accounting.matching import Match, match, of_movement
from chalicelib.accounting.remittance import Flows, Known
from chalicelib.accounting.statements import Movement

DAY = date(2026, 11, 20)  # a Friday
FLOW_ID = "2026-11-20ABI06090-CC0ISB2860405020"
IUV, OTHER = "01000000000004285", "01000000000004386"
FOREIGN = "02000000000004285"
CREATED = datetime(2026, 11, 20, 9, tzinfo=UTC)

RECEIPT = Receipt(IUV, "iur1", 1, 1000, DAY)
LINE = Reported(1, IUV, "iur1", 1, 1000, "0")


def flow(
    *lines: Reported,
    hours: int = 0,
    good: bool = True,
    flow_id: str = FLOW_ID,
    psp: str = "ABI06090",
) -> FlowVersion:
    created = CREATED + timedelta(hours=hours)
    total = sum(line.cents for line in lines)
    return FlowVersion(psp, flow_id, 2026, created, 0, DAY, total, good, lines)


def bank(cents: int, name: str = "b1", flow_id: str = FLOW_ID, iuv: str = "") -> Booked:
    return Booked(name, DAY, cents, "exact" if flow_id else "single", flow_id, iuv)


def run(*facts: Fact, today: date = DAY, segregations: Iterable[str] = ("01",)) -> Match:
    return match(facts, today=today, segregations=frozenset(segregations))


def one(found: Match) -> Payment:
    (payment,) = found.payments
    return payment


# --- states and labels of section 7 ---------------------------------------------------------------
@pytest.mark.feature("F001-172")
@pytest.mark.parametrize(
    ("facts", "state", "told"),
    [
        ((RECEIPT,), "paid", ("RT_NO_IUF",)),
        ((RECEIPT, flow(LINE)), "reported", ("RT_IUF",)),
        ((RECEIPT, flow(LINE), bank(1000)), "cashed", ("RT_IUF_TES",)),
        ((RECEIPT, flow(LINE), bank(999)), "reported", ("RT_IUF",)),
        ((RECEIPT, bank(1000, flow_id="", iuv=IUV)), "cashed", ("RT_TES",)),
        ((RECEIPT, bank(999, flow_id="", iuv=IUV)), "paid", ("RT_NO_IUF",)),
        ((flow(LINE),), "reported_only", ("IUV_NO_RT",)),
        ((flow(LINE._replace(outcome="9")),), "reported_only", ("IUV_NO_RT", "NO_RECEIPT_YET")),
        ((flow(LINE._replace(outcome="77")),), "reported_only", ("IUV_NO_RT",)),
        ((RECEIPT, flow(LINE._replace(cents=999)), bank(999)), "paid",
         ("RT_NO_IUF", "AMOUNT_DIFFERS")),
        ((RECEIPT, flow(LINE._replace(transfer=None))), "reported", ("RT_IUF",)),
        ((RECEIPT, flow(LINE._replace(iur="other", outcome="9"))), "reported", ("RT_IUF",)),
        ((RECEIPT._replace(stamp=True),), "paid", ("STAMP",)),
        ((flow(LINE._replace(iuv=FOREIGN)),), "elsewhere", ("ELSEWHERE",)),
        ((flow(LINE._replace(outcome="3")),), "revoked", ("REVOKED",)),
        ((RECEIPT, Cancelled(IUV)), "paid", ("CANCELLED_PAID", "RT_NO_IUF")),
    ],
)  # fmt: skip
def test_labels_of_a_payment(facts: Sequence[Fact], state: str, told: tuple[str, ...]) -> None:
    payment = one(run(*facts))
    assert (payment.state, payment.labels) == (state, told)


@pytest.mark.parametrize(
    ("facts", "state", "told"),
    [
        ((flow(LINE),), "waiting", ("IUF_NO_TES",)),
        ((flow(LINE), bank(1000)), "cashed", ()),
        ((flow(LINE), bank(1001)), "differs", ("IUF_TES_DIV_IMP",)),
        ((flow(LINE, good=False), bank(1000)), "anomalous", ("FLOW_ANOMALOUS",)),
        # Further transfers are summed first; a movement that is taken back is no money.
        ((flow(LINE), bank(600), bank(400, "b2")), "cashed", ()),
        ((flow(LINE), bank(1000), bank(-1000, "b2")), "waiting", ("IUF_NO_TES",)),
        ((flow(LINE), bank(1000), bank(1000)), "cashed", ()),
        ((flow(LINE), bank(1000)._replace(confidence="proposed")), "waiting", ("IUF_NO_TES",)),
        ((flow(LINE), flow(LINE._replace(cents=5), hours=1), bank(5)), "cashed", ()),
        ((flow(LINE), flow(LINE._replace(cents=5))), "anomalous",
         ("VERSION_CONFLICT", "IUF_NO_TES")),
        ((flow(LINE), flow(LINE, flow_id=FLOW_ID.lower())), "waiting", ("IUF_NO_TES",)),
    ],
)  # fmt: skip
def test_labels_of_a_flow(facts: Sequence[Fact], state: str, told: tuple[str, ...]) -> None:
    (found,) = run(*facts).flows
    assert (found.state, found.labels) == (state, told)


@pytest.mark.parametrize(
    ("facts", "state", "told"),
    [
        ((flow(LINE), bank(1000)), "matched", ("RT_IUF_TES",)),
        ((flow(LINE), bank(1)), "anomalous", ("IUF_TES_DIV_IMP",)),
        ((bank(1000),), "anomalous", ("TES_NO_IUF_OR_IUV",)),
        ((bank(1000, flow_id="", iuv=IUV),), "anomalous", ("TES_NO_IUF_OR_IUV",)),
        ((RECEIPT, bank(1000, flow_id="", iuv=IUV)), "matched", ("RT_TES",)),
        ((RECEIPT, bank(999, flow_id="", iuv=IUV)), "anomalous", ("RT_TES_DIV_IMP",)),
        ((RECEIPT, flow(LINE), bank(1000, flow_id="", iuv=IUV)), "anomalous",
         ("TES_NO_IUF_OR_IUV",)),
        ((bank(1000, flow_id="")._replace(confidence="none"),), "anomalous", ("TES_NO_MATCH",)),
        ((bank(-1000, flow_id="")._replace(confidence="none"),), "ignored", ()),
        ((bank(1000)._replace(confidence="proposed"), flow(LINE)), "proposed", ("TES_PROPOSED",)),
    ],
)  # fmt: skip
def test_labels_of_a_movement(facts: Sequence[Fact], state: str, told: tuple[str, ...]) -> None:
    (found,) = run(*facts).bank
    assert (found.state, found.labels) == (state, told)


def test_every_label_has_its_text_and_its_advice() -> None:
    used = {
        node.value
        for module in (matching, payment_match)
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isupper()
    }
    assert used == set(labels.MATCH)
    for label in (labels.MATCH | labels.FLOW | labels.NOTES).values():
        for language in ("it", "en"):
            assert label.text(language).endswith(".")  # type: ignore[arg-type]
            assert label.advice(language).endswith(".")  # type: ignore[arg-type]


def test_a_payment_that_came_twice() -> None:
    twice = flow(LINE, LINE._replace(place=2, iur="iur2"))
    found = run(RECEIPT, twice, bank(2000))
    assert [(each.iur, each.state, each.labels) for each in found.payments] == [
        ("iur1", "cashed", ("RT_IUF_TES",)), ("iur2", "reported_only", ("DOPPI",)),
    ]  # fmt: skip
    assert not found.flows[0].postable
    same = flow(LINE, LINE._replace(place=2))
    assert run(RECEIPT, same).payments[1].labels == ("DUPLICATE",)
    told = [(each.place, each.labels) for each in run(same).payments]
    assert sorted(told) == [
        (1, ("IUV_NO_RT",)), (2, ("DUPLICATE",)),
    ]  # fmt: skip


def test_several_transfers_of_one_payment() -> None:
    second = RECEIPT._replace(transfer=2, cents=300)
    untold = (LINE._replace(transfer=None, cents=300), LINE._replace(place=2, transfer=None))
    found = run(RECEIPT, second, flow(*untold), bank(1300))
    assert [(each.transfer, each.place, each.state) for each in found.payments] == [
        (1, 2, "cashed"), (2, 1, "cashed"),
    ]  # fmt: skip
    assert found.flows[0].postable


def test_shares_of_a_flow() -> None:
    whole = flow(
        LINE,
        LINE._replace(place=2, iuv=FOREIGN, cents=20),
        LINE._replace(place=3, iuv=OTHER, iur="x", cents=3, outcome="9"),
        LINE._replace(place=4, outcome="3", cents=-100),
    )
    (found,) = run(RECEIPT, whole, bank(923)).flows
    assert found.state == "cashed"
    assert (found.matched_cents, found.elsewhere_cents) == (1000, 20)
    assert (found.unreceipted_cents, found.anomalous_cents) == (3, -100)
    assert not found.postable
    assert "REVOKED" in run(RECEIPT, whole).payments[0].labels


@pytest.mark.parametrize(
    ("today", "receipt", "waits"),
    [("2026-11-25", False, True), ("2026-11-26", True, True), ("2026-11-24", False, False)],
)
def test_who_waits_too_long(today: str, receipt: bool, waits: bool) -> None:
    """Three working days for a receipt, two for a flow; a weekend is in between."""
    day = date.fromisoformat(today)
    assert one(run(RECEIPT, today=day)).overdue is receipt
    assert run(flow(LINE), today=day).flows[0].overdue is waits
    assert not one(run(RECEIPT._replace(stamp=True), today=date(2027, 1, 1))).overdue
    assert not run(flow(LINE), bank(1), today=date(2027, 1, 1)).flows[0].overdue


# --- any order ------------------------------------------------------------------------------------
MOVEMENTS = (
    Movement("b1", DAY, 600, f"/PUR/LGPE-RIVERSAMENTO/TXT/0/URI/{FLOW_ID[:20]} {FLOW_ID[20:]}", 1),
    Movement("b2", DAY, 500, f"/PUR/LGPE-RIVERSAMENTO/TXT/1/URI/{FLOW_ID}", 2),
    Movement("b3", DAY, -100, f"STORNO /PUR/LGPE-RIVERSAMENTO/TXT/1/URI/{FLOW_ID}", 3),
)


def _settle(facts: Sequence[Fact | Movement]) -> Match:
    """As the run does it: movements are identified by the flows that are there."""
    known = Flows(
        {Known(fact.flow_id, None, fact.settled) for fact in facts if isinstance(fact, FlowVersion)}
    )
    return run(
        *(of_movement(fact, known) if isinstance(fact, Movement) else fact for fact in facts)
    )


@pytest.mark.feature("F001-010")
def test_all_orders_of_the_facts_end_in_one_state() -> None:
    """Receipt, flow, the flow that replaces it, three movements, a cancellation: 5,040 orders."""
    facts: list[Fact | Movement] = [
        RECEIPT, flow(LINE._replace(cents=900)), flow(LINE, hours=2), *MOVEMENTS, Cancelled(IUV),
    ]  # fmt: skip
    ends = {_settle(order) for order in itertools.permutations(facts)}
    (end,) = ends
    assert one(end).labels == ("CANCELLED_PAID", "RT_IUF_TES")
    assert end.flows[0].banked_cents == 1000
    # Whatever comes twice changes nothing, and on the way nothing is said that is not so yet.
    assert _settle([*facts, *facts]) == end
    for count in range(len(facts)):
        for part in itertools.combinations(facts, count):
            for payment in _settle(part).payments:
                assert payment.state != "cashed" or {*facts[2:6], RECEIPT} <= set(part)


IUVS = (IUV, OTHER, FOREIGN)
LINES = st.builds(
    Reported,
    place=st.integers(1, 3),
    iuv=st.sampled_from(IUVS),
    iur=st.sampled_from(["iur1", "iur2"]),
    transfer=st.sampled_from([None, 1, 2]),
    cents=st.sampled_from([500, 1000, -500]),
    outcome=st.sampled_from(["0", "3", "9", "5"]),
)
FACTS = st.lists(
    st.one_of(
        st.builds(
            Receipt, st.sampled_from(IUVS), st.sampled_from(["iur1", "iur2"]), st.integers(1, 2),
            st.sampled_from([500, 1000]), st.just(DAY), st.booleans(),
        ),
        st.builds(
            lambda lines, hours, good, name: flow(*lines, hours=hours, good=good, flow_id=name),
            st.lists(LINES, min_size=1, max_size=4), st.integers(0, 1), st.booleans(),
            st.sampled_from(["A", "B"]),
        ),
        st.builds(
            Booked, st.sampled_from(["b1", "b2", "b3"]), st.just(DAY),
            st.sampled_from([500, 1000, 1500, -500]),
            st.sampled_from(["exact", "prefix", "proposed", "none"]),
            st.sampled_from(["A", "B", "C", ""]), st.sampled_from(["", IUV]),
        ),
        st.builds(Cancelled, st.sampled_from(IUVS)),
    ),
    max_size=10,
    unique_by=lambda fact: (fact.identity if isinstance(fact, Booked) else fact),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(FACTS, st.randoms(use_true_random=False))
def test_no_order_matters_and_no_cent_is_lost(facts: list[Fact], random: object) -> None:
    found = run(*facts)
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert run(*shuffled, *facts) == found
    # Each cent of the bank is in one state, each cent of a flow in one share.
    money = sum(fact.cents for fact in facts if isinstance(fact, Booked))
    assert sum(each.cents for each in found.bank) == money
    by_state = {
        state: sum(each.cents for each in found.bank if each.state == state)
        for state in ("matched", "proposed", "anomalous", "ignored")
    }
    assert sum(by_state.values()) == money
    cashed = sum(each.cents for each in found.flows if each.state == "cashed")
    alone = sum(each.cents for each in found.payments if "RT_TES" in each.labels)
    assert by_state["matched"] == cashed + alone
    for each in found.flows:
        assert each.cents == (
            each.matched_cents + each.elsewhere_cents + each.unreceipted_cents
            + each.anomalous_cents
        )  # fmt: skip
    # Every receipt is told once.
    receipts = {fact for fact in facts if isinstance(fact, Receipt)}
    lone = [
        each
        for each in found.payments
        if each.state not in ("reported_only", "elsewhere", "revoked")
    ]
    assert len(lone) == len(receipts)
