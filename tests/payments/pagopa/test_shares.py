"""Where the money of a payment goes, to the cent."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.payments import amounts
from chalicelib.payments.amounts import Rule
from chalicelib.payments.pagopa.shares import shares
from chalicelib.payments.positions import model
from tests.payments.pagopa.positions import TODAY, position

LINES = st.lists(st.integers(1, 5_000_000), min_size=1, max_size=5)
RULE = st.builds(
    Rule,
    kind=st.sampled_from(["late_fee", "reduction"]),
    reason=st.just("x"),
    first=st.just(date(2026, 1, 1)),
    cents=st.integers(0, 3_000_000),
    rate=st.decimals(0, 1, places=2),
)


@given(LINES, st.lists(RULE, max_size=2))
def test_the_shares_of_the_whole_make_what_is_asked(cents: list[int], rules: list[Rule]) -> None:
    one = position(*cents, rules=tuple(rules))
    whole = one.payments[0]
    wanted = model.asked(one, whole, TODAY).cents
    found = shares(one, whole, TODAY)
    assert sum(each.cents for each in found) == (wanted if found else 0)
    assert bool(found) == bool(wanted)
    assert all(each.cents > 0 for each in found)
    assert len(found) <= len(cents)


@given(LINES, st.integers(2, 24))
def test_instalments_pay_each_account_exactly_what_it_gets(cents: list[int], count: int) -> None:
    total = sum(cents)
    if total < count:
        return
    rates = amounts.spread(total, count)
    one = position(*cents, rates=rates)
    paid: Counter[str] = Counter()
    for rate in one.instalments:
        found = shares(one, rate, TODAY)
        assert sum(each.cents for each in found) == rate.cents
        assert all(each.cents > 0 for each in found)
        for each in found:
            paid[each.taxonomy] += each.cents
    assert paid == {each.taxonomy: each.cents for each in model.transfers(one.lines)}


def test_a_fee_goes_to_the_first_account_and_a_reduction_comes_off_the_last() -> None:
    fee = Rule("late_fee", "Mora", first=TODAY, cents=50)
    one = position(100, 200, rules=(fee,))
    assert [each.cents for each in shares(one, one.payments[0], TODAY)] == [150, 200]
    half = Rule("reduction", "Sconto", rate=Decimal("0.50"))
    one = position(100, 200, rules=(half,))
    assert [each.cents for each in shares(one, one.payments[0], TODAY)] == [100, 50]
