"""From what a delegation says to its pages. Lengths in millimetres."""

from __future__ import annotations

from typing import Final

from chalicelib.base.typeset import Faces, width
from chalicelib.invoicing.courtesy.layout import boxes, heading, table
from chalicelib.invoicing.courtesy.pages import (
    BOTTOM,
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
from chalicelib.invoicing.courtesy.shapes import Boxes, Column, Piece, Table
from chalicelib.invoicing.courtesy.typeset import (
    ACCENT,
    HAIR,
    INK,
    LABEL,
    MARK,
    PLAIN,
    SMALL,
    SUBTITLE,
    TITLE_LONG,
    Line,
    paragraph,
    shortened,
)
from chalicelib.invoicing.delegation.content import LAWS, TITLE, Delegation

_MARK: Final = "Delega per la conservazione"
_GAP: Final = 5.0
_INDENT: Final = 7.0
_ITEM_GAP: Final = 1.2
_FIRST_LINES: Final = 9.0  # so much of a list stands under its heading
_HEADING_ROOM: Final = 5.6
_SIGN_ABOVE: Final = 2 * _GAP + 6.0
_UNDER_LINE: Final = 0.8
_SIGN_ROOM: Final = 15.0  # above the line: a hand, or the mark of a digital signature
_WHO: Final = "(nome e cognome di chi firma)"
_HALF: Final = (WIDTH - 12.0) / 2


def pages(found: Delegation, faces: Faces) -> tuple[Page, ...]:
    """The whole document, its version and its name on every page."""
    sheets = Sheets()
    start(sheets, found.name)
    pour(sheets, [Strip(LEFT, WIDTH, paragraph(TITLE, faces, TITLE_LONG, WIDTH))])
    pour(sheets, [Strip(LEFT, WIDTH, paragraph(LAWS, faces, SUBTITLE, WIDTH, 0.8))])
    space(sheets, _GAP)
    boxes(sheets, Boxes((found.delegator, found.delegate)), faces)
    _list(sheets, "Premesso che", found.premises, "abc", faces)
    _list(sheets, "Il delegante delega il delegato a", found.mandate, "123", faces)
    _documents(sheets, found, faces)
    # A signature alone on a page signs nothing: the terms go with it.
    need(sheets, _high(found, faces))
    _list(sheets, "Durata, responsabilità e dati personali", found.terms, "123", faces)
    _signatures(sheets, found, faces)
    count = len(sheets.pages)
    return tuple(
        Page(
            (*_head(), *traces, *_foot(found, index + 1, count, faces)),
            sheets.opens.get(index, ""),
        )
        for index, traces in enumerate(sheets.pages)
    )


def _head() -> list[Trace]:
    return [Ink(LEFT, 13.0, _MARK, MARK), Rule(LEFT, 15.5, WIDTH, ACCENT, 0.35)]


def _foot(found: Delegation, number: int, count: int, faces: Faces) -> list[Trace]:
    said = f"Versione {found.version} · Pagina {number} di {count}"
    own = width(said, faces, SMALL)
    name = shortened(found.name, faces, SMALL, WIDTH - own - 8.0)
    return [
        Rule(LEFT, BOTTOM + 2.5, WIDTH, HAIR, 0.2),
        Ink(LEFT, BOTTOM + 6.5, name, SMALL),
        Ink(RIGHT - own, BOTTOM + 6.5, said, SMALL),
    ]


def _list(sheets: Sheets, title: str, items: tuple[str, ...], marks: str, faces: Faces) -> None:
    space(sheets, _GAP)
    heading(sheets, title, faces, _FIRST_LINES)
    for index, text in enumerate(items):
        space(sheets, _ITEM_GAP if index else 0.0)
        mark = f"{chr(ord(marks[0]) + index)})"
        lines = paragraph(text, faces, PLAIN, WIDTH - _INDENT)
        pour(
            sheets,
            [
                Strip(LEFT, _INDENT, paragraph(mark, faces, PLAIN, _INDENT)),
                Strip(LEFT + _INDENT, WIDTH - _INDENT, lines),
            ],
        )


def _documents(sheets: Sheets, found: Delegation, faces: Faces) -> None:
    space(sheets, _GAP)
    heading(sheets, "Documenti", faces, _FIRST_LINES)
    pour(sheets, [Strip(LEFT, WIDTH, paragraph(found.documents, faces, PLAIN, WIDTH))])
    space(sheets, _GAP)
    rows = (
        ((Piece(str(number)),), (Piece(one.pattern, "strong"),), (Piece(one.written),))
        for number, one in enumerate(found.sections, 1)
    )
    columns = (
        Column("N."),
        Column("Sezionale", wide=True),
        Column("Come si scrive il numero", wide=True),
    )
    table(sheets, Table("Sezionali IVA", columns, tuple(rows)), faces)


def _signatures(sheets: Sheets, found: Delegation, faces: Faces) -> None:
    left = _signature("Il delegante", found.signer or _WHO, faces)
    right = _signature("Per accettazione, il delegato", _WHO, faces)
    space(sheets, _SIGN_ABOVE)
    rule(sheets, LEFT, _HALF, INK, 0.2)
    sheets.y += _UNDER_LINE
    pour(sheets, [Strip(LEFT, _HALF, paragraph("Luogo e data", faces, LABEL, _HALF))])
    sheets.y += _SIGN_ROOM
    rule(sheets, LEFT, _HALF, INK, 0.2)
    rule(sheets, RIGHT - _HALF, _HALF, INK, 0.2)
    sheets.y += _UNDER_LINE
    pour(sheets, [Strip(LEFT, _HALF, left), Strip(RIGHT - _HALF, _HALF, right)])


def _high(found: Delegation, faces: Faces) -> float:
    """What the terms and the signatures take together."""
    terms = [paragraph(text, faces, PLAIN, WIDTH - _INDENT) for text in found.terms]
    names = _signature("Il delegante", found.signer or _WHO, faces)
    lines = sum(line.height for part in (*terms, names) for line in part)
    gaps = _GAP + _HEADING_ROOM + _ITEM_GAP * (len(terms) - 1)
    signing = _SIGN_ABOVE + 2 * _UNDER_LINE + LABEL.leading + _SIGN_ROOM
    return lines + gaps + signing


def _signature(role: str, name: str, faces: Faces) -> list[Line]:
    return paragraph(role, faces, LABEL, _HALF) + paragraph(name, faces, PLAIN, _HALF)
