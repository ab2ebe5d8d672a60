"""What a row of a spreadsheet is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.base.errors import Rejected


class Number(str):
    """A cell that the workbook keeps as a number, as it is written there: `1200.5`, `1E3`. A day
    is one too: days since the workbook's first."""

    __slots__ = ()


class _Mark(str):
    __slots__ = ()


# Known by identity: a text that reads the same is a text.
FORMULA: Final = _Mark("#FORMULA")
WRONG: Final = _Mark("#ERROR")


@dataclass(frozen=True, slots=True)
class Row:
    """`number` as the program shows it, from 1; `cells` from column A on, "" where empty."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """`rows` can be gone through once; empty ones are left out. `from_1904`: what day 0 is."""

    rows: Iterator[Row]
    kind: str
    from_1904: bool = False


def column_name(index: int) -> str:
    """A, B … Z, AA …, from 0."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def refused(code: str, **details: Any) -> Rejected:
    """The file as a whole cannot be read."""
    return Rejected(code, "The spreadsheet cannot be read.", **details)
