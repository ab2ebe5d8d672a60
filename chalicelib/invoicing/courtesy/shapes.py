"""What a courtesy copy shows, as plain values: no place, no font, no colour.

A text is one paragraph; it is never markup. The order of blocks, rows, cells and pieces is the
order in which they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chalicelib.invoicing.courtesy.labels import Language

Manner = Literal["plain", "strong", "small"]


@dataclass(frozen=True)
class Piece:
    """One paragraph and how loud it is."""

    text: str
    manner: Manner = "plain"


Cell = tuple[Piece, ...]
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Fact:
    """A value under its label."""

    label: str
    value: str


@dataclass(frozen=True)
class Facts:
    """Short values, several on a line."""

    heading: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Box:
    """Somebody: who he is, where he sits, and what else is known of him."""

    heading: str
    name: str
    lines: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Boxes:
    """Boxes side by side, two at most on a line."""

    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Column:
    """`wide` columns share the room that the others leave."""

    title: str
    right: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """Rows have one cell for each column; notes stand below."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Totals:
    """Amounts under each other at the right; the last one is what the document comes to."""

    heading: str
    facts: tuple[Fact, ...]


Block = Facts | Boxes | Table | Totals


@dataclass(frozen=True)
class Document:
    """One body of the file. `short` names it on each of its pages."""

    title: str
    subtitle: str
    short: str
    total: Fact
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Copy:
    """A whole file. `mark` and `origin` stand on every page; `page` has {page} and {pages}.

    `day` is the ISO day of the first document as written, "" when the file has none.
    """

    language: Language
    title: str
    day: str
    mark: str
    origin: str
    page: str
    continued: str
    documents: tuple[Document, ...]
