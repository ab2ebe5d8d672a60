"""Versions of a flow are told apart by what each says of an IUV, in whatever order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounting import revisions
from chalicelib.accounting.facts import Reported
from chalicelib.accounting.groups import Kept

# Few values, so that lines meet; some that look like two others when they are joined.
_SAID = st.tuples(
    st.sampled_from(("1", "2", "3")), st.sampled_from(("a", "a, 1", "a', '1")),
    st.sampled_from((None, 1, 2)), st.sampled_from((1, 12)), st.sampled_from(("0", "9", "20")),
)  # fmt: skip
_LINES = st.lists(_SAID, max_size=12)
Said = tuple[str, str, int | None, int, str]


def _kept(said: Sequence[Said]) -> Iterator[Kept]:
    for place, (iuv, iur, transfer, cents, outcome) in enumerate(said):
        line = Reported(place, iuv, iur, transfer, cents, outcome)
        yield Kept(("PSP", "ID", 2026), "v", line)


def _by_iuv(said: Sequence[Said]) -> dict[str, Counter[tuple[object, ...]]]:
    found: dict[str, Counter[tuple[object, ...]]] = defaultdict(Counter)
    for iuv, *rest in said:
        found[iuv][tuple(rest)] += 1
    return found


@pytest.mark.feature("F001-099")
@settings(max_examples=80, deadline=None)
@given(_LINES, _LINES, st.randoms())
def test_what_differs_are_the_iuvs_of_which_not_the_same_is_said(
    common: list[Said], other: list[Said], random: Random
) -> None:
    shuffled = list(common)
    random.shuffle(shuffled)
    assert revisions.differing_lines(_kept(common), _kept(shuffled)) == []
    before, after = common[1:], [*shuffled[:-1], *other]
    mine, theirs = _by_iuv(before), _by_iuv(after)
    wanted = sorted(iuv for iuv in mine.keys() | theirs.keys() if mine[iuv] != theirs[iuv])
    assert revisions.differing_lines(_kept(before), _kept(after)) == wanted


def test_facts_that_look_alike_when_they_are_joined_are_two() -> None:
    before, after = [("1", "a", 1, 12, "0")], [("1", "a", 1, 1, "20")]
    assert revisions.differing_lines(_kept(before), _kept(after)) == ["1"]
