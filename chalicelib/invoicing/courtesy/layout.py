"""From what a copy shows to its pages: title, boxes, facts, tables and totals, top to bottom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chalicelib.base.typeset import Faces, clean, width
from chalicelib.invoicing.courtesy.pages import (
    BOTTOM,
    DIVIDED_MM,
    LEFT,
    RIGHT,
    WIDTH,
    Ink,
    Page,
    Rule,
    Sheets,
    Strip,
    Trace,
    need,
    pour,
    rule,
    space,
    start,
)
from chalicelib.invoicing.courtesy.shapes import (
    Box,
    Boxes,
    Column,
    Copy,
    Document,
    Fact,
    Facts,
    Row,
    Table,
    Totals,
)
from chalicelib.invoicing.courtesy.typeset import (
    ACCENT,
    COLUMN,
    FIGURE,
    HAIR,
    HEADING,
    LABEL,
    MARK,
    NAME,
    PLAIN,
    QUIET,
    SMALL,
    SUBTITLE,
    SUM,
    TITLE,
    TITLE_LONG,
    Line,
    labelled,
    paragraph,
    pieces,
    shortened,
    widest,
)

_GAP: Final = 3.5  # between columns
_BLOCK_GAP: Final = 5.0  # above a heading
_FIGURE_WIDTH: Final = 62.0
_BOX_GAP: Final = 9.0
_FACT_COLUMNS: Final = 4
_FACT_WIDTH: Final = (WIDTH - (_FACT_COLUMNS - 1) * _GAP) / _FACT_COLUMNS
_TOTALS_WIDTH: Final = 84.0
_NARROW_MAX: Final = 44.0  # a narrow column that would be wider is broken into lines
_NARROW_MIN: Final = 12.0
_FIGURES_MIN: Final = 15.0  # figures under each other need air, however short they are
_WIDE_MIN: Final = 48.0  # what a description keeps, whatever the figures beside it need
_UNDER_HEADING: Final = 0.6
_FIRST_ROW_MM: Final = 12.0  # of a table must stand on the page of its heading
_ROW_PAD: Final = 1.3


def pages(copy: Copy, faces: Faces) -> tuple[Page, ...]:
    """The whole copy. Raises Rejected `copy_too_long` (limits.COURTESY_PAGES)."""
    sheets = Sheets()
    for document in copy.documents:
        _document(sheets, document, faces)
    count = len(sheets.pages)
    return tuple(
        Page(
            (
                *_head(copy, sheets, index, faces),
                *traces,
                *_foot(copy, index + 1, count, faces),
            ),
            sheets.opens.get(index, ""),
        )
        for index, traces in enumerate(sheets.pages)
    )


def _head(copy: Copy, sheets: Sheets, index: int, faces: Faces) -> list[Trace]:
    """The mark on every page; from a document's second page on, its name beside it."""
    traces: list[Trace] = [Ink(LEFT, 13.0, copy.mark, MARK)]
    if index not in sheets.opens:
        room = WIDTH - width(copy.mark, faces, MARK) - 8.0
        tail = f" ({copy.continued})"
        short = shortened(sheets.owners[index], faces, SMALL, room - width(tail, faces, SMALL))
        said = short + tail
        traces.append(Ink(RIGHT - width(said, faces, SMALL), 13.0, said, SMALL))
    traces.append(Rule(LEFT, 15.5, WIDTH, ACCENT, 0.35))
    return traces


def _foot(copy: Copy, number: int, count: int, faces: Faces) -> list[Trace]:
    said = copy.page.format(page=number, pages=count)
    return [
        Rule(LEFT, BOTTOM + 2.5, WIDTH, HAIR, 0.2),
        Ink(LEFT, BOTTOM + 6.5, f"{copy.mark}. {copy.origin}", SMALL),
        Ink(RIGHT - width(said, faces, SMALL), BOTTOM + 6.5, said, SMALL),
    ]


def _document(sheets: Sheets, document: Document, faces: Faces) -> None:
    start(sheets, document.short)
    _title(sheets, document, faces)
    for block in document.blocks:
        space(sheets, _BLOCK_GAP)
        if isinstance(block, Boxes):
            boxes(sheets, block, faces)
        elif isinstance(block, Facts):
            _facts(sheets, block, faces)
        elif isinstance(block, Table):
            table(sheets, block, faces)
        else:
            _totals(sheets, block, faces)


def _title(sheets: Sheets, document: Document, faces: Faces) -> None:
    room = WIDTH - _FIGURE_WIDTH - _BOX_GAP
    left = paragraph(document.title, faces, TITLE, room)
    if len(left) > 1:
        left = paragraph(document.title, faces, TITLE_LONG, room)
    left += paragraph(document.subtitle, faces, SUBTITLE, room, 0.8)
    strips = [Strip(LEFT, room, left)]
    if document.total.value:
        figure = paragraph(document.total.label, faces, LABEL, _FIGURE_WIDTH, 1.4)
        value = document.total.value
        fits = width(clean(value, faces, FIGURE), faces, FIGURE) <= _FIGURE_WIDTH
        figure += paragraph(value, faces, FIGURE if fits else SUM, _FIGURE_WIDTH, 0.4)
        strips.append(Strip(RIGHT - _FIGURE_WIDTH, _FIGURE_WIDTH, figure, right=True))
    pour(sheets, strips)
    sheets.y += 1.0


# --- headings -----------------------------------------------------------------------------------
def heading(sheets: Sheets, text: str, faces: Faces, below: float) -> None:
    """A heading, on a page where so much of what follows fits as well."""
    lines = paragraph(text, faces, HEADING, WIDTH)
    need(sheets, sum(line.height for line in lines) + _UNDER_HEADING + below)
    pour(sheets, [Strip(LEFT, WIDTH, lines)])
    sheets.y += _UNDER_HEADING


# --- boxes --------------------------------------------------------------------------------------
def _box(box: Box, faces: Faces, room: float) -> list[Line]:
    lines = paragraph(box.heading, faces, HEADING, room)
    if box.name:
        lines += paragraph(box.name, faces, NAME, room, 0.6)
    for text in box.lines:
        lines += paragraph(text, faces, PLAIN, room)
    for index, fact in enumerate(box.facts):
        lines += labelled(fact, faces, room, 1.2 if index == 0 else 0.0)
    return lines


def boxes(sheets: Sheets, block: Boxes, faces: Faces) -> None:
    room = (WIDTH - _BOX_GAP) / 2
    for index in range(0, len(block.boxes), 2):
        pair = block.boxes[index : index + 2]
        space(sheets, _BLOCK_GAP if index else 0.0)
        strips = [
            Strip(LEFT + place * (room + _BOX_GAP), room, _box(box, faces, room))
            for place, box in enumerate(pair)
        ]
        need(sheets, min(max(strip.height for strip in strips), 40.0))
        pour(sheets, strips)


# --- facts --------------------------------------------------------------------------------------
def _span(fact: Fact, faces: Faces) -> int:
    """How many columns a fact takes: one, two or all."""
    value = width(clean(fact.value, faces, PLAIN), faces, PLAIN)
    label = width(clean(fact.label, faces, LABEL), faces, LABEL)
    for columns in (1, 2):
        if max(value, label) <= columns * _FACT_WIDTH + (columns - 1) * _GAP:
            return columns
    return _FACT_COLUMNS


def _fact_rows(block: Facts, faces: Faces) -> Iterator[list[Strip]]:
    """Row by row, so that a block of endless facts is refused before it is all set."""
    row: list[Strip] = []
    taken = 0
    for fact in block.facts:
        columns = _span(fact, faces)
        if taken + columns > _FACT_COLUMNS:
            yield row
            row, taken = [], 0
        room = columns * _FACT_WIDTH + (columns - 1) * _GAP
        lines = paragraph(fact.label, faces, LABEL, room)
        lines += paragraph(fact.value, faces, PLAIN, room)
        row.append(Strip(LEFT + taken * (_FACT_WIDTH + _GAP), room, lines))
        taken += columns
    yield row


def _facts(sheets: Sheets, block: Facts, faces: Faces) -> None:
    for index, row in enumerate(_fact_rows(block, faces)):
        if index:
            sheets.y += 1.0
        else:
            heading(sheets, block.heading, faces, _begun(row))
        pour(sheets, row)


def _begun(strips: list[Strip]) -> float:
    """How much of a first row must stand below its heading: all of it, unless it is divided."""
    high = max(strip.height for strip in strips)
    return high if high <= DIVIDED_MM else _FIRST_ROW_MM


# --- tables -------------------------------------------------------------------------------------
def _naturals(block: Table, faces: Faces) -> list[float]:
    """What each column takes unbroken; a title may break, but not inside a word."""
    found = []
    for index, column in enumerate(block.columns):
        title = max(width(part, faces, COLUMN) for part in column.title.split(" "))
        cells = max((widest(row[index], faces) for row in block.rows), default=0.0)
        found.append(max(title, cells))
    return found


def widths(columns: tuple[Column, ...], naturals: list[float]) -> list[float]:
    """The width of each column: narrow ones as they need, wide ones share what is left.

    Where figures are so long that a wide column would be squeezed, the widest narrow ones give
    way and are broken into lines.
    """
    wide = [index for index, column in enumerate(columns) if column.wide]
    found = [min(natural, _NARROW_MAX) + 0.2 for natural in naturals]
    narrow = [index for index in range(len(columns)) if index not in wide]
    room = WIDTH - _GAP * (len(columns) - 1)
    airy = [
        max(size, _FIGURES_MIN if column.right else 0.0)
        for column, size in zip(columns, found, strict=True)
    ]
    if room - sum(airy[i] for i in narrow) >= _WIDE_MIN * len(wide):
        found = airy
    while narrow and room - sum(found[i] for i in narrow) < _WIDE_MIN * len(wide):
        largest = max(narrow, key=lambda index: found[index])
        if found[largest] <= _NARROW_MIN:
            break
        found[largest] = max(found[largest] * 0.92, _NARROW_MIN)
    left = room - sum(found[i] for i in narrow)
    # Shared by need, each one sure of its least: a short text must not starve beside a long one.
    least = min(_WIDE_MIN, left / max(len(wide), 1))
    wants = {index: min(max(naturals[index], least), left) for index in wide}
    spare = left - least * len(wide)
    over = sum(want - least for want in wants.values())
    for index, want in wants.items():
        share = (want - least) / over if over > 0 else 1 / len(wide)
        found[index] = least + spare * share
    return found


def _strips(row: Row, columns: tuple[Column, ...], room: list[float], faces: Faces) -> list[Strip]:
    x, found = LEFT, []
    for cell, column, size in zip(row, columns, room, strict=True):
        found.append(Strip(x, size, pieces(cell, faces, size), column.right))
        x += size + _GAP
    return found


def table(sheets: Sheets, block: Table, faces: Faces) -> None:
    room = widths(block.columns, _naturals(block, faces))
    titles, x = [], LEFT
    for column, size in zip(block.columns, room, strict=True):
        lines = paragraph(column.title, faces, COLUMN, size)
        titles.append(Strip(x, size, lines, column.right))
        x += size + _GAP
    titles = _at_foot(titles)

    def head() -> None:
        pour(sheets, titles)
        sheets.y += 0.9
        rule(sheets, LEFT, WIDTH, ACCENT, 0.25)
        sheets.y += _ROW_PAD

    high = max(strip.height for strip in titles)
    first = _strips(block.rows[0], block.columns, room, faces)
    heading(sheets, block.heading, faces, high + _begun(first) + 2 * _ROW_PAD)
    head()
    for index, row in enumerate(block.rows):
        if index:
            sheets.y += _ROW_PAD
            if sheets.room > 0:
                rule(sheets, LEFT, WIDTH)
            sheets.y += _ROW_PAD
        pour(sheets, _strips(row, block.columns, room, faces), head)
    for index, note in enumerate(block.notes):
        sheets.y += 0.0 if index else _ROW_PAD + 0.6
        pour(sheets, [Strip(LEFT, WIDTH, paragraph(note, faces, SMALL, WIDTH))])


def _at_foot(strips: list[Strip]) -> list[Strip]:
    """Titles of one line stand level with the last line of those of two."""
    high = max(strip.height for strip in strips)
    return [
        Strip(
            strip.x,
            strip.width,
            [
                Line(strip.lines[0].runs, strip.lines[0].height + high - strip.height),
                *strip.lines[1:],
            ],
            strip.right,
        )
        for strip in strips
    ]


# --- totals -------------------------------------------------------------------------------------
def _totals(sheets: Sheets, block: Totals, faces: Faces) -> None:
    """Kept whole: a total on another page than its parts would be read alone."""
    x, half = RIGHT - _TOTALS_WIDTH, (_TOTALS_WIDTH - _GAP) / 2
    rows = []
    for index, fact in enumerate(block.facts):
        final = index == len(block.facts) - 1
        label = paragraph(fact.label, faces, SUM if final else QUIET, half)
        value = paragraph(fact.value, faces, SUM if final else PLAIN, half)
        rows.append([Strip(x, half, label), Strip(x + half + _GAP, half, value, right=True)])
    need(sheets, sum(max(strip.height for strip in row) for row in rows) + 3.0)
    for index, row in enumerate(rows):
        if index == len(rows) - 1:
            sheets.y += 0.8
            rule(sheets, x, _TOTALS_WIDTH, ACCENT, 0.35)
            sheets.y += 1.0
        pour(sheets, row)
