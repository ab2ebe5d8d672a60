"""The hub's lists over an index in memory: many filters, any page size, any moment of arrival."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing import hub, store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.hub import Filter
from tests.entry import listing

quick = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


class Index:
    """What `store.listed` reads, without a table."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.read = 0

    def listed(
        self, index: str, partition: str, low: str, high: str, page: int
    ) -> Iterator[Document]:
        assert page > 0
        field, _, value = partition.removeprefix("T#alfa#").partition("#")
        wanted = {"ALL": lambda one: True,
                  "OF": lambda one: one.customer == value,
                  "IN": lambda one: one.state == value}[field]  # fmt: skip
        assert index == {"ALL": "list", "OF": "customer", "IN": "state"}[field]
        rows = {f"{one.received_at}#{one.id}": one for one in self.documents if wanted(one)}
        for position in sorted(rows, reverse=True):
            if low <= position <= high:
                self.read += 1
                yield rows[position]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Index:
    found = Index()
    chance = random.Random(11)
    found.documents = [listing.made(chance, n) for n in range(150)]
    monkeypatch.setattr(store, "listed", found.listed)
    return found


def walk(wanted: Filter, limit: int, *, flows: bool) -> Iterator[Document]:
    cursor = ""
    while True:
        page = hub.page("alfa", wanted, cursor, limit, flows=flows)
        assert len(page.documents) <= limit
        yield from page.documents
        cursor = page.cursor
        if not cursor:
            return


@pytest.mark.feature("F004-076")
@quick
@given(wanted=listing.wanted_filters, limit=st.integers(1, 60), flows=st.booleans())
def test_filters_and_pages_of_any_size(
    index: Index, wanted: dict[str, Any], limit: int, flows: bool
) -> None:
    newest = sorted(index.documents, key=lambda one: (one.received_at, one.id), reverse=True)
    expected = [
        one.id
        for one in newest
        if listing.expected(one, wanted) and (flows or one.state not in listing.NOT_DOCUMENTS)
    ]
    assert [one.id for one in walk(Filter(**wanted), limit, flows=flows)] == expected


@settings(quick, max_examples=40)
@given(st.data())
def test_each_old_one_is_seen_once_whatever_arrives(index: Index, data: st.DataObject) -> None:
    before = list(index.documents)
    limit = data.draw(st.integers(1, 40))
    seen: list[str] = []
    cursor = ""
    chance = random.Random(data.draw(st.integers(0, 99)))
    while True:
        page = hub.page("alfa", Filter(), cursor, limit, flows=True)
        seen += [one.id for one in page.documents]
        cursor = page.cursor
        if not cursor:
            break
        index.documents += [listing.made(chance, n) for n in range(data.draw(st.integers(0, 3)))]
    old = {one.id for one in before}
    assert sorted(one for one in seen if one in old) == sorted(old)
    assert len(seen) == len(set(seen))
    index.documents[:] = before


def test_a_page_reads_a_bounded_number(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILTER_READ_ITEMS", 20)
    page = hub.page("alfa", Filter(number="nothing"), "", 50, flows=True)
    assert (page.documents, index.read) == ((), 20)
    assert page.cursor


@pytest.mark.parametrize(
    "cursor", ["x", "!!", "bnVsbA", "W10", "WzEsMl0", "é", "e30", "WyIiLCIiXQ", "Ww" * 300]
)
def test_no_cursor_but_ours(index: Index, cursor: str) -> None:
    with pytest.raises(Rejected) as refused:
        hub.page("alfa", Filter(), cursor, 5, flows=True)
    assert (refused.value.code, refused.value.status) == ("cursor_invalid", 400)


def test_filters_that_differ_have_different_cursors() -> None:
    some = [
        Filter(), Filter(customer="a"), Filter(state="a"), Filter(amount_min=Decimal(1)),
        Filter(amount_max=Decimal(1)), Filter(number="a"), Filter(section="sent"),
    ]  # fmt: skip
    assert len({one.hash() for one in some}) == len(some)


@pytest.mark.parametrize(
    ("sk", "expected"),
    [
        ("I#12", ("I", "")),
        ("C#12", ("C", "")),
        ("I#12#2026-01-02", ("I", "2026-01-02")),
        ("I%2312#also#abc", ("I", "")),
        ("C%2312%232026-01-02#also#abc", ("C", "2026-01-02")),
        ("I#a%23b", ("I", "")),
        ("I%23a%2523b#also#abc", ("I", "")),
    ],
)
def test_the_kind_of_a_number_out_of_its_key(sk: str, expected: tuple[str, str]) -> None:
    assert hub._kind_and_day(sk) == expected
