"""A two-dimensional code as rows of modules, whatever it is drawn with. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DARK = re.compile("1+")


@dataclass(frozen=True)
class Symbol:
    """A square of modules; each row is an integer whose highest bit is its leftmost module."""

    side: int
    rows: tuple[int, ...]

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """(column, row, length) of each run of dark modules, row by row."""
        for number, row in enumerate(self.rows):
            for run in _DARK.finditer(f"{row:0{self.side}b}"):
                begin, end = run.span()
                yield begin, number, end - begin
