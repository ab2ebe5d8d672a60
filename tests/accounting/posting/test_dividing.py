"""Money of a flow that came in several movements: divided by their provisional numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from chalicelib.accounting import dividing
from chalicelib.accounting.dividing import Came
from chalicelib.accounting.posting import opi, planning
from chalicelib.accounting.posting.model import Order, Payment, Setting
from tests.accounting.posting.made import payment, share
from tests.accounting.posting.test_opi import HEAD, KINDS, TREASURER, schema

DAY = date(2026, 11, 20)
CENTS = st.lists(st.integers(1, 500), min_size=1, max_size=12)


@st.composite
def _movements(draw: st.DrawFn, total: int) -> list[Came]:
    """The flow's money in up to five movements, some of one number, in any order of days; one may
    have been booked, taken back and booked again."""
    cuts = sorted(draw(st.sets(st.integers(1, total), max_size=4)) - {total})
    found = [
        Came(DAY + timedelta(days=draw(st.integers(0, 2))), f"m{at}", high - low,
             str(draw(st.integers(11, 14))))
        for at, (low, high) in enumerate(pairwise([0, *cuts, total]))
    ]  # fmt: skip
    if draw(st.booleans()):
        one = found[0]
        found += [one._replace(identity=f"x{sign}", cents=sign * one.cents, provisional="99")
                  for sign in (1, -1)]  # fmt: skip
    return draw(st.permutations(found))


def _payments(cents: list[int], came: list[Came]) -> list[Payment]:
    """As `postable` gives them."""
    sources, before, found = dividing.sources(came), 0, []
    for number, one in enumerate(cents, 1):
        taken = dividing.divide(sources, before, one)
        before += one
        # Two dues, so that a sospeso may end within either.
        parts = [part for part in (one // 3, one - one // 3) if part]
        lines = tuple(share(part, due=f"d{number}-{at}") for at, part in enumerate(parts))
        found.append(
            replace(
                payment(number, cents=one, lines=lines),
                provisional=",".join(dict.fromkeys(each.provisional for each in taken)),
                sospesi=tuple((each.provisional, each.cents) for each in taken)
                if len(taken) > 1 else (),
            )
        )  # fmt: skip
    return found


@pytest.mark.feature("F001-126")
@given(cents=CENTS, data=st.data(), per=st.sampled_from(["assessment", "chapter"]))
def test_what_orders_take_of_each_number_is_what_came_under_it(
    cents: list[int], data: st.DataObject, per: str
) -> None:
    came = data.draw(_movements(sum(cents)))
    drafts = planning.plan(_payments(cents, came), Setting(per=per)).drafts  # type: ignore[arg-type]
    wanted: Counter[str] = Counter()
    for one in came:
        wanted[one.provisional] += one.cents
    found: Counter[str] = Counter()
    for draft in drafts:
        named: set[str] = set()
        for line in draft.lines:
            parts = line.sospesi or ((draft.provisional, line.cents),)
            assert sum(part for _, part in parts) == line.cents
            assert len({number for number, _ in parts}) == len(parts)
            assert all(part > 0 for _, part in parts)
            named |= {number for number, _ in parts}
            found.update(dict(parts))
        assert set(draft.provisional.split(",")) == named
    assert found == +wanted  # to the cent
    # Whatever is posted first, a payment takes the same.
    again = planning.plan(_payments(cents, came)[::-1], Setting(per=per)).drafts  # type: ignore[arg-type]
    lines = [(line.payment, line.assessment, line.sospesi) for one in drafts for line in one.lines]
    assert sorted(lines) == sorted(
        (line.payment, line.assessment, line.sospesi) for one in again for line in one.lines
    )


@pytest.mark.feature("F001-126")
def test_an_order_names_each_of_its_sospesi_with_its_amount() -> None:
    came = [Came(DAY, "m1", 6_000, "11"), Came(DAY, "m2", 4_000, "12")]
    made = planning.plan(_payments([5_000, 5_000], came), Setting(per="chapter")).drafts
    orders = [Order(2026, at, draft, at, "b", "a") for at, draft in enumerate(made, 1)]
    assert [one.draft.provisional for one in orders] == ["11", "11,12"]
    assert opi.lacking(orders, KINDS) == {}
    data = opi.write(HEAD, TREASURER, [("INSERIMENTO", one) for one in orders], {}, KINDS)
    root = etree.fromstring(data)
    found = [
        (one.findtext("numero_provvisorio"), one.findtext("importo_provvisorio"))
        for one in root.iter("sospeso")
    ]
    # The first payment's shares are of one, of the second's the first one is of both.
    assert found == [
        ("11", "16.66"), ("11", "33.34"), ("11", "10.00"), ("12", "6.66"), ("12", "33.34"),
    ]  # fmt: skip
    # One movement without a number: the order waits until somebody says it.
    unnamed = _payments([5_000, 5_000], [came[0], came[1]._replace(provisional="")])
    lost = planning.plan(unnamed, Setting()).drafts
    names = [Order(2026, at, draft, at, "b", "a") for at, draft in enumerate(lost, 1)]
    assert opi.lacking(names, KINDS)["provisionals"]


def sum_of(found: list[tuple[str | None, str | None]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for number, text in found:
        sums[number or ""] += int((text or "").replace(".", ""))
    return dict(sums)


@pytest.mark.feature("F001-126")
def test_several_sospesi_are_valid_by_the_official_schema() -> None:
    flusso = schema("OPI_FLUSSO_ORDINATIVI_V_1_7_1.xsd")
    came = [Came(DAY, "m1", 6_000, "11"), Came(DAY, "m2", 4_000, "12")]
    made = planning.plan(_payments([10_000], came), Setting(per="chapter")).drafts
    order = Order(2026, 1, made[0], 1, "b", "a")
    root = etree.fromstring(opi.write(HEAD, TREASURER, [("INSERIMENTO", order)], {}, KINDS))
    assert sum_of([(one.findtext("numero_provvisorio"), one.findtext("importo_provvisorio"))
                   for one in root.iter("sospeso")]) == {"11": 6_000, "12": 4_000}  # fmt: skip
    assert not flusso.validate(root)
    # Only the signature is missing, as in any flow before it is signed.
    assert [one.message for one in flusso.error_log] == [
        "Element 'flusso_ordinativi': Missing child element(s). Expected is one of ( reversale, "
        "mandato )."
    ]
