"""Where the fields of a due are in a file: the standard layout, or another one of the body. Pure.

A mapping is data: which header each field stands under, what stands in no column at all, how
numbers are written. It is kept by name, so that next year's file needs none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from chalicelib.base.errors import Rejected
from chalicelib.payments.dues.columns import COLUMNS, FIELDS, NEEDED
from chalicelib.payments.dues.values import folded

STANDARD: Final = "standard"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True)
class Mapping:
    """`columns`: the header of each field; `constants`: what every row has in common. `sheet` "":
    the first that is shown; `delimiter` "": found out; `decimal`: the mark of amounts as text."""

    name: str
    columns: Mapped[str, str]
    constants: Mapped[str, str] = field(default_factory=dict)
    sheet: str = ""
    delimiter: str = ""
    decimal: Literal[",", "."] = ","
    version: int = 0

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Rejected("mapping_name", "A name is small letters, digits, - and _.")
        unknown = sorted((self.columns.keys() | self.constants.keys()) - set(FIELDS))
        if unknown:
            raise Rejected("mapping_fields", "There are no such fields.", fields=unknown)
        both = sorted(self.columns.keys() & self.constants.keys())
        if both:
            raise Rejected("mapping_twice", "A field has a column or a constant.", fields=both)
        missing = [name for name in NEEDED if name not in {**self.columns, **self.constants}]
        if missing:
            raise Rejected("mapping_missing", "These fields have to come.", fields=missing)
        empty = sorted(name for name, header in self.columns.items() if not folded(header))
        if empty:
            raise Rejected("mapping_header", "A header has letters or digits.", fields=empty)


def standard() -> Mapping:
    """The layout of the template."""
    return Mapping(STANDARD, {column.field: column.header for column in COLUMNS})


def locate(mapping: Mapping, cells: Sequence[str]) -> dict[str, int]:
    """The place of each field's column in a row of headers, from 0; what is not there is left out.

    Case, accents, blanks and marks of a header are nothing; of two that are the same the first.
    """
    places: dict[str, int] = {}
    for index, cell in enumerate(cells):
        places.setdefault(folded(cell), index)
    return {
        name: places[folded(header)]
        for name, header in mapping.columns.items()
        if folded(header) in places
    }


def lacking(mapping: Mapping, places: Mapped[str, int]) -> list[str]:
    """The fields that a file cannot do without and has no column for."""
    return [name for name in NEEDED if name in mapping.columns and name not in places]
