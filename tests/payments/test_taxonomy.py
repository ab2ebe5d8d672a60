"""The official list as it is read; loaded and asked through the doors in tests/entry."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import taxonomy
from tests.payments.taxonomy_csv import ENDED, FEE, ROWS, taxonomy_csv


def test_codes_come_with_their_days() -> None:
    found = {entry.code: entry for entry in taxonomy.read(taxonomy_csv())}
    assert len(found) == len(ROWS)
    assert found[FEE].service == "Quota annuale"
    assert found[FEE].description == "Quota annuale d’iscrizione"
    ended = found[ENDED]
    # The list writes months first.
    assert (ended.first, ended.last) == (date(2020, 1, 1), date(2026, 11, 20))
    assert ended.holds(date(2026, 11, 20))
    assert not ended.holds(date(2026, 11, 21))
    assert not ended.holds(date(2019, 12, 31))


def test_windows_encoding_is_read_too() -> None:
    old = taxonomy_csv().decode("utf-8-sig").encode("cp1252")
    assert taxonomy.read(old)[0].description == "Quota annuale d’iscrizione"


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b"", 0, "no rows"),
        (taxonomy_csv("a;b;c"), 5, "columns"),
        (taxonomy_csv(ROWS[0].replace("9/1201001AP/", "1201001AP")), 5, "code"),
        (taxonomy_csv(ROWS[0].replace("12/31/2099", "31/12/2099")), 5, "day"),
        (b"x" * (limits.TAXONOMY_BYTES + 1), 0, "too large"),
    ],
)
def test_another_file_is_refused_by_line(data: bytes, line: int, problem: str) -> None:
    with pytest.raises(Rejected) as refused:
        taxonomy.read(data)
    assert refused.value.code == "taxonomy_file"
    assert refused.value.details == {"line": line, "problem": problem}
