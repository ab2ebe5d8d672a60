"""The numbering report: gaps, backward dates and repeated numbers, by issuer, series and year.

Pure. Source: fatturapa.md section 8 (SdI compares numbers as written; a sezionale is the text
around the running integer; a rejected file does not consume its number).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_DIGITS = re.compile(r"\d+")
GAPS_SHOWN = 200


@dataclass(frozen=True)
class Used:
    """A number that a document used. `kind` I or C (credit notes repeat numbers lawfully);
    `released` when it was not issued after all; `day` where only a whole date makes a number
    unique (Art73)."""

    number: str
    date: str
    type: str
    kind: str
    document: str
    released: bool = False
    day: str = ""


@dataclass(frozen=True)
class Series:
    """One series of one issuer in one year.

    `gaps` are closed ranges of missing integers; `backward` pairs where a higher number has an
    earlier date; `duplicates` the documents that share a number.
    """

    series: str
    first: int
    last: int
    count: int
    gaps: tuple[tuple[int, int], ...] = ()
    released: tuple[str, ...] = ()
    backward: tuple[tuple[str, str], ...] = field(default=())
    duplicates: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())


def split(number: str, year: str) -> tuple[str, int]:
    """`"12/A/2026"` -> `("{n}/A/2026", 12)`: the text around, and the running integer.

    A group of digits that is the year is not the running one unless it is the only one.
    """
    return _readings(number, year)[0]


def _readings(number: str, year: str) -> list[tuple[str, int]]:
    """Every way to split a number, the likeliest by itself first."""
    groups = list(_DIGITS.finditer(number))
    if not groups:
        return [(number, 0)]
    years = {year, year[2:]}
    # Of several groups that are not the year the last one runs: 2026/A1/0007.
    running = [group for group in groups if group.group() not in years] or groups[:1]
    if len(groups) > 1 and not [g for g in groups if g.group() not in years]:
        running = [groups[0] if groups[-1].group() == year else groups[-1]]
    first = running[-1]
    return [
        (number[: one.start()] + "{n}" + number[one.end() :], int(one.group()))
        for one in [first, *(group for group in groups if group is not first)]
    ]


def _pattern(section: str, year: str) -> re.Pattern[str]:
    """A sezionale's pattern (`{n}/A/{yyyy}`) as an expression with the running number as group."""
    text = section.replace("{yyyy}", year).replace("{yy}", year[2:])
    before, _, after = text.partition("{n}")
    return re.compile(rf"{re.escape(before)}(\d+){re.escape(after)}")


def report(used: Iterable[Used], year: str, sections: Sequence[str] = ()) -> list[Series]:
    """The series of one issuer and year, in order of name.

    A number that fits one of the issuer's `sections` belongs to it; for the others the series is
    read out of the numbers themselves.
    """
    by_series: dict[str, list[tuple[int, Used]]] = {}
    patterns = [(section, _pattern(section, year)) for section in sections]
    found: list[Used] = []
    for one in used:
        fits = [(name, match) for name, each in patterns if (match := each.fullmatch(one.number))]
        if fits:
            name, match = fits[0]
            by_series.setdefault(name, []).append((int(match[1]), one))
        else:
            found.append(one)
    # "A1/26" alone says little; beside "A1/25" and "A1/27" it is the 26th of "A1/{n}".
    votes = Counter(
        series for number in {one.number for one in found} for series, _ in _readings(number, year)
    )
    for one in found:
        series, integer = max(_readings(one.number, year), key=lambda each: votes[each[0]])
        by_series.setdefault(series, []).append((integer, one))
    return [_series(name, by_series[name]) for name in sorted(by_series)]


def _series(name: str, found: list[tuple[int, Used]]) -> Series:
    live = sorted(
        ((n, one) for n, one in found if not one.released),
        key=lambda pair: (pair[0], pair[1].date, pair[1].number),
    )
    released = sorted({one.number for _, one in found if one.released})
    integers = sorted({n for n, _ in live})
    return Series(
        series=name,
        first=integers[0] if integers else 0,
        last=integers[-1] if integers else 0,
        count=len(live),
        # A rejected file does not consume its number: not issued, but not missing either.
        gaps=_gaps(sorted({n for n, _ in found})),
        released=tuple(released),
        backward=_backward(live),
        duplicates=_duplicates(live),
    )


def _gaps(integers: list[int]) -> tuple[tuple[int, int], ...]:
    """Holes between the first and the last; what stands before the first is not known to us."""
    holes = [(low + 1, high - 1) for low, high in itertools.pairwise(integers) if high - low > 1]
    return tuple(holes[:GAPS_SHOWN])


def _backward(live: list[tuple[int, Used]]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    latest: tuple[int, Used] | None = None
    for integer, one in live:
        if latest is not None and integer > latest[0] and one.date < latest[1].date:
            found.append((latest[1].number, one.number))
        if latest is None or one.date >= latest[1].date:
            latest = integer, one
    return tuple(found)


def _duplicates(live: list[tuple[int, Used]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    same: dict[tuple[int, str, str], list[Used]] = {}
    for integer, one in live:
        same.setdefault((integer, one.kind, one.day), []).append(one)
    return tuple(
        (found[0].number, tuple(sorted(one.document for one in found)))
        for found in same.values()
        if len(found) > 1
    )
