"""Dues as positions: nothing lost, nothing split, never more than a notice holds."""

from __future__ import annotations

from base64 import b64encode
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.body import Service
from chalicelib.payments.dues.model import Due
from chalicelib.payments.positions import grouping, model, plans
from chalicelib.payments.positions.grouping import Parameters
from chalicelib.payments.positions.plans import Plan
from chalicelib.payments.stamps import Stamp

SERVICES = {
    f"s{number}": Service(f"s{number}", "x", f"9/120100{number}AP/", "iban") for number in range(8)
}
ENDS = date(2026, 12, 31)
TODAY = date(2026, 11, 21)


def due(name: str, person: str = "a", **more: object) -> Due:
    fields: dict[str, object] = {
        "id": name, "person": person, "category": "professional", "service": "s0",
        "reason": "Quota annuale", "year": 2026, "chapter": "1", "provenance": "competenza",
        "cents": 10_000, "due": ENDS, "batch": "b", "created_at": "2026-11-21T09:00:00.000Z",
    }  # fmt: skip
    return Due(**fields | more)  # type: ignore[arg-type]


DUES = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(sorted(SERVICES)), st.integers(2020, 2026),
        st.integers(1, limits.AMOUNT_CENTS),
    ),
    min_size=1, max_size=60,
)  # fmt: skip


@pytest.mark.feature("F001-052", "F001-053", "F001-054")
@given(DUES)
def test_a_persons_dues_go_together_within_what_a_notice_holds(
    parts: list[tuple[str, str, int, int]],
) -> None:
    dues = {
        str(number): due(str(number), person, service=service, year=year, cents=cents)
        for number, (person, service, year, cents) in enumerate(parts)
    }
    groups = grouping.group(dues.values(), SERVICES, grouped=True, today=TODAY)
    assert sorted(name for one in groups for name in one) == sorted(dues)
    given_ = Parameters("Quote", ENDS, grouped=True, subject="Quote e sanzioni")
    for one in groups:
        assert len({dues[name].person for name in one}) == 1
        draft = grouping.draft([dues[name] for name in one], SERVICES, given_, TODAY)
        assert 1 <= len(model.transfers(draft.lines)) <= 5
        assert draft.cents == sum(dues[name].cents for name in one) <= limits.AMOUNT_CENTS
        assert len(one) <= limits.LINES
        assert draft.subject == "Quote e sanzioni"


def test_three_years_are_one_position_and_alone_they_are_three() -> None:
    dues = [due(str(year), year=year) for year in (2026, 2024, 2025)]
    assert grouping.group(dues, SERVICES, grouped=True, today=TODAY) == [("2024", "2025", "2026")]
    alone = grouping.group(dues, SERVICES, grouped=False, today=TODAY)
    assert alone == [("2026",), ("2024",), ("2025",)]


def test_a_stamp_is_a_transfer_of_its_own_and_one_document_is_stamped_once_in_a_notice() -> None:
    papers = [Stamp(b64encode(bytes([number] * 32)).decode(), "RM") for number in range(5)]
    dues = {str(n): due(str(n), stamp=papers[n % 5], year=2020 + n) for n in range(6)}
    groups = grouping.group(dues.values(), SERVICES, grouped=True, today=TODAY)
    # One account and four stamps are five transfers; the sixth stamps the first one's document.
    assert groups == [("0", "1", "2", "3"), ("4", "5")]
    given_ = Parameters("Quote", ENDS, grouped=True, subject="Quote")
    draft = grouping.draft([dues[name] for name in groups[0]], SERVICES, given_, TODAY)
    assert [(one.iban, one.cents, one.stamp) for one in model.transfers(draft.lines)] == [
        ("iban", 40_000, None), *(("", 1_600, one) for one in papers[:4]),
    ]  # fmt: skip
    assert draft.cents == 46_400
    same = [due("a", stamp=papers[0]), due("b", stamp=papers[0])]
    assert len(grouping.group(same, SERVICES, grouped=True, today=TODAY)) == 2
    later = Parameters("Quote", ENDS, late_fee_cents=100)
    rates = Parameters("Quote", ENDS, plan=Plan(2, ENDS))
    for asked, code in ((later, "position_rules"), (rates, "instalments_stamp")):
        with pytest.raises(Rejected) as refused:
            grouping.draft(same, SERVICES, asked, TODAY)
        assert refused.value.code == code


@pytest.mark.feature("F001-050")
def test_the_day_is_asked_only_where_a_due_has_none() -> None:
    own, none = due("a", due=date(2026, 6, 30)), due("b", due=None)
    asked = Parameters("Quote", ENDS, due=date(2026, 9, 30), grouped=True, subject="Quote")
    assert grouping.draft([own], SERVICES, asked, TODAY).asked[0].due == date(2026, 6, 30)
    assert grouping.draft([none], SERVICES, asked, TODAY).asked[0].due == date(2026, 9, 30)
    assert grouping.draft([none, own], SERVICES, asked, TODAY).asked[0].due == date(2026, 6, 30)
    with pytest.raises(Rejected) as refused:
        grouping.draft([none], SERVICES, Parameters("Quote", ENDS), TODAY)
    assert refused.value.code == "flow_due_missing"


@pytest.mark.feature("F001-055", "F001-051")
@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"description": " "}, "flow_description"),
        ({"description": "Quote", "grouped": True}, "flow_subject"),
        ({"description": "Quote", "subject": "x" * 91}, "flow_subject"),
        ({"description": "Quote", "plan": Plan(limits.FLOW_INSTALMENTS + 1, ENDS)},
         "instalments_count"),
    ],
)  # fmt: skip
def test_what_a_notice_needs_is_asked(given_: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        Parameters(ends=ENDS, **given_)  # type: ignore[arg-type]
    assert refused.value.code == code


@given(st.integers(1_000, 10**8), st.integers(2, 34), st.booleans(), st.integers(1, 24))
@example(10**6, 61, True, 1)
def test_instalments_come_to_the_whole(cents: int, count: int, whole: bool, every: int) -> None:
    plan = Plan(count, ENDS, every, whole=whole)
    found = plans.payments(cents, ENDS, plan)
    assert len(found) == Parameters("Quote", ENDS, plan=plan).numbers
    assert sum(one.cents for one in found if one.number) == cents
    assert [one.cents for one in found if not one.number] == [cents] * whole
    # What one transaction has room for: the flow's own 4, 3 of the position, and the body's sums in
    # all, of the year in which it is made and of each in which something is due.
    years = {one.due.year for one in found if one.due} | {2026}
    assert 4 + 3 + len(found) + limits.LINES + 1 + len(years) <= limits.TRANSACTION_ITEMS
