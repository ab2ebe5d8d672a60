"""Until when a lot may be used, and which is drawn first (pure)."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import clock
from chalicelib.credits import lots
from chalicelib.credits.lots import OVERDRAFT, Bag, Lot

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def lot(ordered_on: date, order: str = "o1", quantity: int = 10) -> Lot:
    return Lot("xml_pa", quantity, order, ordered_on, 5_000)


@pytest.mark.feature("F004-016")
@pytest.mark.parametrize(
    ("ordered", "last"),
    [
        ("2025-01-31", "2027-01-31"),
        ("2024-02-29", "2026-02-28"),
        ("2024-02-28", "2026-02-28"),
        ("2026-02-28", "2028-02-28"),
        ("2026-12-31", "2028-12-31"),
        ("2017-01-01", "2019-01-01"),
    ],
)
def test_a_lot_may_be_used_through_its_last_day(ordered: str, last: str) -> None:
    found = lot(date.fromisoformat(ordered))
    day = date.fromisoformat(last)
    assert found.expires_on == day
    assert lots.is_usable(found.id, day)
    assert not lots.is_usable(found.id, day + timedelta(days=1))


@pytest.mark.feature("F004-017")
@pytest.mark.parametrize("ordered", ["2016-12-31", "2010-06-15"])
def test_what_was_ordered_before_2017_never_expires(ordered: str) -> None:
    found = lot(date.fromisoformat(ordered))
    assert found.expires_on is None
    assert lots.expiry_of(found.id) is None
    assert lots.is_usable(found.id, date(2099, 12, 31))


@pytest.mark.feature("F004-016")
def test_the_day_is_that_of_rome() -> None:
    """On 31 January at 23:30 UTC it is February in Rome."""
    found = lot(date(2025, 1, 31))
    late = datetime(2027, 1, 31, 22, 30, tzinfo=UTC)
    assert lots.is_usable(found.id, clock.rome_day(late))
    assert not lots.is_usable(found.id, clock.rome_day(late + timedelta(hours=1)))


@given(DAYS)
def test_months_are_counted_as_the_calendar_counts_them(day: date) -> None:
    found = lots.expiry(day)
    if day < date(2017, 1, 1):
        assert found is None
    else:
        assert found == day + relativedelta(months=24)


@given(DAYS)
def test_the_name_of_a_lot_tells_its_last_day(day: date) -> None:
    found = lot(day)
    assert lots.expiry_of(found.id) == found.expires_on
    assert lots.expiry_of(OVERDRAFT) is None


@given(DAYS, DAYS)
def test_lots_are_drawn_by_earliest_expiry_then_order(one: date, other: date) -> None:
    """The order of their names is the order of drawing."""
    first, second = lot(one), lot(other)

    def rank(found: Lot) -> tuple[date, date]:
        return found.expires_on or date.max, found.ordered_on

    assert (first.id < second.id) == (rank(first) < rank(second))


BAGS = st.lists(
    st.builds(
        Bag,
        st.one_of(st.builds(lambda day, n: lot(day, f"o{n}").id, DAYS, st.integers(0, 3)),
                  st.just(OVERDRAFT)),
        st.integers(-5, 20),
    ),
    unique_by=lambda bag: bag.lot,
)  # fmt: skip


@given(BAGS, st.integers(1, 60), DAYS)
def test_what_is_drawn(bags: list[Bag], quantity: int, today: date) -> None:
    """As much as there is, out of usable lots only, each emptied before the next is touched."""
    parts = lots.drawn(bags, quantity, today)
    usable = sorted(
        (bag for bag in bags if bag.left > 0 and lots.is_usable(bag.lot, today)),
        key=lambda bag: bag.lot,
    )
    assert lots.total(parts) == min(quantity, sum(bag.left for bag in usable))
    assert [part.lot for part in parts] == [bag.lot for bag in usable[: len(parts)]]
    assert all(part.quantity > 0 for part in parts)
    for part, bag in itertools.islice(zip(parts, usable, strict=False), max(len(parts) - 1, 0)):
        assert part.quantity == bag.left
