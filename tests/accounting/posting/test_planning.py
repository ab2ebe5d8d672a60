"""What is posted as what: shares to the cent, orders by assessment and by chapter, their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounting.posting import numbering, planning
from chalicelib.accounting.posting.model import Payment, Said, Setting, Share
from chalicelib.accounting.posting.numbering import Head
from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from tests.accounting.posting.made import DAY, payment, share

LINES = st.lists(st.integers(1, 10_000), min_size=1, max_size=8)


@given(LINES, st.integers(1, 100_000))
def test_every_cent_of_a_payment_is_for_something(asked: list[int], cents: int) -> None:
    lines = tuple(share(one, due=f"d{at}") for at, one in enumerate(asked))
    found = planning.shares(payment(cents=cents, lines=lines), Setting(fee_chapter="9.9"))
    assert sum(one.cents for one in found) == cents
    assert all(one.cents > 0 for one in found)
    paid = {one.due: one.cents for one in found if one.due}
    assert set(paid) <= {line.due for line in lines}
    # Nobody gets more than he asked for; what is beyond it is a line of its own.
    assert all(paid.get(line.due, 0) <= line.cents for line in lines)
    over = [one for one in found if not one.due]
    assert sum(one.cents for one in over) == max(0, cents - sum(asked))
    assert all(one.chapter == "9.9" for one in over)


@given(LINES, st.integers(1, 100_000))
def test_an_instalment_is_shared_in_proportion(asked: list[int], cents: int) -> None:
    whole = sum(asked)
    cents = min(cents, whole)
    lines = tuple(share(one, due=f"d{at}") for at, one in enumerate(asked))
    paid = {one.due: one.cents for one in planning.shares(payment(cents=cents, lines=lines),
                                                         Setting())}  # fmt: skip
    for line in lines:
        assert abs(paid.get(line.due, 0) * whole - line.cents * cents) < whole


def orders(payments: list[Payment], setting: Setting, **more: object) -> list[tuple[str, int]]:
    made = planning.plan(payments, setting, **more)  # type: ignore[arg-type]
    return [(draft.chapter, draft.cents) for draft in made.drafts]


@pytest.mark.feature("F001-111", "F001-134")
def test_one_order_for_each_assessment_or_for_each_chapter() -> None:
    two = (share(6_000, due="a"), share(4_000, due="b", chapter="1.2"))
    payments = [payment(1, lines=two), payment(2), payment(3, lines=two)]
    by_assessment = planning.plan(payments, Setting(per="assessment"))
    assert [len(bundle.drafts) for bundle in by_assessment.bundles] == [2, 1, 2]
    assert all(len(draft.lines) == 1 for draft in by_assessment.drafts)
    assert orders(payments, Setting(per="chapter")) == [("1.1", 22_000), ("1.2", 8_000)]
    # What another movement brought, or on another day, is another order.
    payments[2] = replace(payments[2], bank="m2", bank_day=DAY + timedelta(days=1))
    assert orders(payments, Setting(per="chapter")) == [
        ("1.1", 16_000), ("1.2", 4_000), ("1.1", 6_000), ("1.2", 4_000),
    ]  # fmt: skip


def test_an_order_by_chapter_is_as_large_as_a_transaction() -> None:
    payments = [payment(number) for number in range(1, 60)]
    made = planning.plan(payments, Setting(per="chapter"))
    assert len(made.bundles) > 1
    assert all(bundle.cost <= limits.POSTING_OPS for bundle in made.bundles)
    assert [one for bundle in made.bundles for one in bundle.payments] == payments


def test_what_is_residual_is_never_with_what_is_not() -> None:
    old = share(10_000, due="r", provenance="residui", year=2024)
    found = planning.plan([payment(1), payment(2, lines=(old,))], Setting(per="chapter")).drafts
    assert sorted((one.provenance, one.year) for one in found) == [
        ("competenza", 2026), ("residui", 2024),
    ]  # fmt: skip


@pytest.mark.feature("F001-113", "F001-114", "F001-115", "F001-116")
def test_what_an_operator_says_wins_and_the_setting_fills_the_rest() -> None:
    setting = Setting(account="IT60X0542811101000000123456", counterpart="psp", chapter="0.1")
    (draft,) = planning.plan([payment()], setting).drafts
    assert (draft.day, draft.counterpart, draft.account) == (DAY, "PSP", setting.account)
    said = Said(date(2026, 11, 25), "Banca Alfa", "conto 2")
    mine = {payment(2).key: Said(day=date(2026, 11, 24))}
    found = planning.plan([payment(1), payment(2)], setting, said, mine).drafts
    assert [(one.day.day, one.counterpart, one.account) for one in found] == [
        (24, "Banca Alfa", "conto 2"), (25, "Banca Alfa", "conto 2"),
    ]  # fmt: skip
    fixed = replace(setting, counterpart="fixed", counterpart_name="Iscritti diversi")
    assert planning.plan([payment()], fixed).drafts[0].counterpart == "Iscritti diversi"
    assert planning.plan([payment()], Setting()).drafts[0].counterpart == ""


def test_what_cannot_be_posted_says_why() -> None:
    nowhere = (share(10_000, chapter=""),)
    found = planning.plan(
        [payment(1, lines=nowhere), payment(2, bank_day=None), payment(3, cents=0)], Setting()
    )
    assert [(one.key[-3], one.code) for one in found.problems] == [
        ("1", "chapter_missing"), ("2", "day_missing"), ("3", "amount"),
    ]  # fmt: skip
    assert found.bundles == ()
    assert orders([payment(1, lines=nowhere)], Setting(chapter="5")) == [("5", 10_000)]
    assert orders([payment(1, lines=())], Setting(chapter="5")) == [("5", 10_000)]


def test_a_spontaneous_payment_brings_its_assessment() -> None:
    line = Share("", "corso", "Corso", "2.1", "competenza", 2026, 10_000)
    (bundle,) = planning.plan([payment(lines=(line,))], Setting()).bundles
    (made,) = bundle.drafts[0].lines
    assert made.made
    again = planning.plan([payment(lines=(line,))], Setting()).drafts[0].lines[0]
    assert made.assessment == again.assessment != ""


# ------------------------------------------------------------------ numbers
@pytest.mark.feature("F001-111")
@given(st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=30))
def test_numbers_ascend_with_the_days_and_leave_none_out(days: list[tuple[int, bool]]) -> None:
    head, given_numbers = Head(), []
    for offset, moved in days:
        day = date(2026, 6, 1) + timedelta(days=offset)
        draft = planning.plan([payment(bank_day=day)], Setting()).drafts[0]
        last = head.years.get(day.year)
        if last is not None and day < last.day and not moved:
            with pytest.raises(Rejected, match="posting_date_past"):
                numbering.number(head, [draft], "refuse")
            continue
        head, numbered = numbering.number(head, [draft], "last" if moved else "refuse")
        given_numbers += numbered
    by_year: dict[int, list[tuple[int, date]]] = {}
    for number, draft in given_numbers:
        by_year.setdefault(draft.day.year, []).append((number, draft.day))
    for found in by_year.values():
        assert [number for number, _ in found] == list(range(1, len(found) + 1))
        assert [day for _, day in found] == sorted(day for _, day in found)


def test_a_closed_period_takes_nothing_more() -> None:
    head = numbering.close(Head(), date(2026, 6, 30), date(2026, 7, 1))
    assert numbering.allowed(head, date(2026, 7, 1), "refuse") == date(2026, 7, 1)
    with pytest.raises(Rejected, match="period_closed"):
        numbering.allowed(head, date(2026, 6, 30), "last")
    with pytest.raises(Rejected, match="period_closed"):
        numbering.close(head, date(2026, 6, 29), date(2026, 7, 1))
    with pytest.raises(Rejected, match="period_open_end"):
        numbering.close(head, date(2026, 7, 1), date(2026, 7, 1))
