"""What the parts of an IUV add to their flows: shares, and what is said of lines that are odd."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounting.groups import ODD, Part, Sums, moved
from chalicelib.accounting.payment_match import ANOMALOUS, MATCHED, UNRECEIPTED

_LABELS = st.lists(st.sampled_from((*ODD, "RT_IUF")), max_size=3, unique=True).map(tuple)
_PARTS = st.lists(
    st.builds(
        Part, st.just("r"), st.integers(1, 2), st.just(5), st.just("reported"), _LABELS,
        st.sampled_from(("", "f", "g")), st.integers(0, 3), st.integers(0, 3), st.integers(0, 90),
    ),
    max_size=5,
)  # fmt: skip


@pytest.mark.feature("F001-105", "F001-172")
@settings(max_examples=60, deadline=None)
@given(_PARTS, _PARTS)
def test_what_moves_is_what_is_there_afterwards_less_what_was_there(
    before: list[Part], after: list[Part]
) -> None:
    sums: dict[str, Sums] = defaultdict(Sums)
    for change in (moved((), before), moved(before, after)):
        for flow, one in change.items():
            sums[flow] = sums[flow].plus(one)
    there = moved((), after)
    assert {flow: one for flow, one in sums.items() if one != Sums()} == there
    for flow, one in there.items():
        mine = [part for part in after if part.flow == flow]
        odd = [part for part in mine if part.share in (UNRECEIPTED, ANOMALOUS)]
        assert one.lines[MATCHED] == sum(part.share == MATCHED for part in mine)
        assert dict(zip(ODD, one.odd, strict=True)) == {
            label: sum(label in part.labels for part in odd) for label in ODD
        }
