"""The numbering report: series, holes, days that go back, numbers twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.invoicing import numbering
from chalicelib.invoicing.numbering import Series, Used

pytestmark = pytest.mark.feature("F004-026")


def used(number: str, day: str = "2026-01-01", **more: object) -> Used:
    known = Used(number, day, "TD01", "I", f"doc-{number}")
    return replace(known, **more)  # type: ignore[arg-type]


def series(*numbers: str, year: str = "2026") -> dict[str, list[int]]:
    """First and last of each series."""
    return {one.series: [one.first, one.last] for one in numbering.report(map(used, numbers), year)}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("12", ("{n}", 12)),
        ("0012", ("{n}", 12)),
        ("12/2026", ("{n}/2026", 12)),
        ("2026/12", ("2026/{n}", 12)),
        ("12/26", ("{n}/26", 12)),
        ("26-12", ("26-{n}", 12)),
        ("12/A", ("{n}/A", 12)),
        ("12/A/2026", ("{n}/A/2026", 12)),
        ("FPR 12/26", ("FPR {n}/26", 12)),
        ("2026/A1/0007", ("2026/A1/{n}", 7)),
        ("FT2026-000012", ("FT2026-{n}", 12)),
        ("2026", ("{n}", 2026)),
        ("26", ("{n}", 26)),
        ("FT26", ("FT{n}", 26)),
        ("26/2026", ("{n}/2026", 26)),
        ("2026/2026", ("{n}/2026", 2026)),
        ("2026/26", ("2026/{n}", 26)),
        ("A", ("A", 0)),
        ("", ("", 0)),
    ],
)
def test_one_number_by_itself(number: str, expected: tuple[str, int]) -> None:
    assert numbering.split(number, "2026") == expected


SHAPES = (
    "{n}", "{n}/2026", "2026/{n}", "{n}/26", "26-{n}", "{n}/A", "A{n}", "{n}/A1", "A1/{n}",
    "{n}/2026/PA", "PA-2026-{n}", "{n}/B/26", "2026/A1/{n}",
)  # fmt: skip


@given(
    st.sampled_from(SHAPES), st.integers(0, 6), st.integers(30, 60), st.sampled_from(("", "04d"))
)
def test_a_series_in_any_shape_is_one_series(shape: str, low: int, count: int, pad: str) -> None:
    """Also where the running number comes to look like the year (26, 2026)."""
    numbers = [shape.replace("{n}", format(n, pad)) for n in range(low + 1, low + 1 + count)]
    (found,) = numbering.report(map(used, numbers), "2026")
    assert (found.series, found.gaps) == (shape, ())
    assert (found.first, found.last, found.count) == (low + 1, low + count, count)


def test_numbers_near_the_year_stay_in_their_series() -> None:
    numbers = [f"{n}/2026" for n in range(2020, 2031)]
    assert series(*numbers) == {"{n}/2026": [2020, 2030]}
    assert series(*(f"A1/{n}" for n in (25, 26, 27))) == {"A1/{n}": [25, 27]}
    assert series(*(f"{n}/A1" for n in range(1, 5))) == {"{n}/A1": [1, 4]}


def test_series_are_apart_and_in_order() -> None:
    assert series("1/A", "1/B", "2/A", "1") == {"{n}": [1, 1], "{n}/A": [1, 2], "{n}/B": [1, 1]}
    names = [one.series for one in numbering.report(map(used, ["1/B", "1", "1/A"]), "2026")]
    assert names == sorted(names)


@given(st.sets(st.integers(1, 120), min_size=1))
def test_gaps_are_what_is_missing_between_first_and_last(found: set[int]) -> None:
    (one,) = numbering.report((used(f"{n}/2026") for n in found), "2026")
    if found == {2026}:
        return
    missing = {n for first, last in one.gaps for n in range(first, last + 1)}
    assert missing == set(range(min(found), max(found))) - found
    assert all(first <= last for first, last in one.gaps)
    assert one.gaps == tuple(sorted(one.gaps))


days = st.dates().map(lambda day: f"2026-{day.month:02d}-{day.day:02d}")


@given(st.dictionaries(st.integers(1, 30), days, min_size=1))
def test_a_day_goes_back_exactly_where_a_lower_number_is_later(found: dict[int, str]) -> None:
    (one,) = numbering.report((used(f"A{n}", day) for n, day in found.items()), "2026")
    behind = {
        f"A{n}"
        for n, day in found.items()
        if any(low < n and earlier > day for low, earlier in found.items())
    }
    assert {then for _, then in one.backward} == behind
    for number, then in one.backward:
        assert int(number[1:]) < int(then[1:])
        assert found[int(number[1:])] > found[int(then[1:])]


def test_what_was_given_back_is_neither_a_gap_nor_a_duplicate() -> None:
    given_back = used("3", released=True, document="x")
    (one,) = numbering.report([used("1"), used("2"), used("4"), given_back], "2026")
    assert (one.gaps, one.released, one.count) == ((), ("3",), 3)
    (one,) = numbering.report([used("3"), given_back], "2026")
    assert (one.duplicates, one.count) == ((), 1)
    (one,) = numbering.report([given_back], "2026")
    assert one == Series("{n}", 0, 0, 0, released=("3",))


def test_duplicates_are_by_kind_and_with_art73_by_day() -> None:
    twice = [used("1", document="b"), used("01", document="a")]
    (one,) = numbering.report(twice, "2026")
    assert one.duplicates == (("01", ("a", "b")),)
    (one,) = numbering.report([used("1"), used("1", kind="C", type="TD04")], "2026")
    assert one.duplicates == (), "a credit note may repeat an invoice's number"
    daily = [replace(used("1", day), day=day) for day in ("2026-01-01", "2026-01-02")]
    (one,) = numbering.report(daily, "2026")
    assert one.duplicates == ()
    (one,) = numbering.report([*daily, replace(daily[0], document="z")], "2026")
    assert len(one.duplicates) == 1


def test_nothing_is_no_series() -> None:
    assert numbering.report([], "2026") == []


@given(st.lists(st.text(max_size=12), max_size=12))
def test_every_number_is_in_one_series(numbers: list[str]) -> None:
    found = numbering.report(map(used, numbers), "2026")
    assert sum(one.count for one in found) == len(numbers)


def test_holes_are_listed_up_to_a_limit() -> None:
    (one,) = numbering.report((used(f"A{n}") for n in range(0, 1_000, 2)), "2026")
    assert len(one.gaps) == numbering.GAPS_SHOWN


def test_a_section_takes_the_numbers_that_fit_its_pattern() -> None:
    numbers = ["1/A/2026", "2/A/2026", "4/A/2026", "26/1", "26/3", "X7"]
    found = numbering.report([used(number, document=number) for number in numbers], "2026",
                   ("{n}/A/{yyyy}", "{yy}/{n}"))  # fmt: skip
    assert {one.series: (one.count, one.gaps) for one in found} == {
        "X{n}": (1, ()),
        "{n}/A/{yyyy}": (3, ((3, 3),)),
        "{yy}/{n}": (2, ((2, 2),)),
    }
