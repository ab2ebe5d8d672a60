"""The styles of the courtesy copy, and its paragraphs, facts and cells as lines.

Measuring and breaking are `base/typeset.py`'s. Lengths in millimetres, sizes in points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.base.typeset import Colour, Faces, Style, clean, cut, width, wrap
from chalicelib.invoicing.courtesy.shapes import Fact, Manner, Piece

INK: Final[Colour] = (31, 41, 51)
MUTED: Final[Colour] = (84, 96, 106)  # 6.3:1 on white: small text must stay readable
ACCENT: Final[Colour] = (18, 82, 98)
HAIR: Final[Colour] = (221, 226, 230)

_LABEL_SHARE: Final = 0.6  # of a line; a longer label stands above its value

TITLE: Final = Style("strong", 19.0, 7.6, ACCENT)
TITLE_LONG: Final = Style("strong", 13.0, 5.6, ACCENT)
SUBTITLE: Final = Style("regular", 10.5, 5.0, MUTED)
FIGURE: Final = Style("strong", 16.0, 7.0, INK)
HEADING: Final = Style("strong", 10.0, 5.0, ACCENT)
NAME: Final = Style("strong", 10.5, 4.7, INK)
LABEL: Final = Style("regular", 7.4, 3.3, MUTED)
COLUMN: Final = Style("strong", 7.4, 3.3, MUTED)
PLAIN: Final = Style("regular", 8.8, 3.9, INK)
STRONG: Final = Style("strong", 8.8, 3.9, INK)
QUIET: Final = Style("regular", 8.8, 3.9, MUTED)
SMALL: Final = Style("regular", 7.6, 3.4, MUTED)
SUM: Final = Style("strong", 10.5, 5.0, INK)
MARK: Final = Style("strong", 8.4, 3.6, ACCENT)
MANNERS: Final[Mapping[Manner, Style]] = {"plain": PLAIN, "strong": STRONG, "small": SMALL}


@dataclass(frozen=True)
class Run:
    """A text in a line; `indent` is from the line's left edge."""

    text: str
    style: Style
    indent: float
    width: float


@dataclass(frozen=True)
class Line:
    """One line: its runs from left to right, and its height with the space above it."""

    runs: tuple[Run, ...]
    height: float


def paragraph(text: str, faces: Faces, style: Style, room: float, above: float = 0.0) -> list[Line]:
    """A paragraph as lines, the first one with space above it."""
    found = [
        Line((Run(line, style, 0.0, used),), style.leading)
        for line, used in wrap(text, faces, style, room)
    ]
    return [Line(found[0].runs, found[0].height + above), *found[1:]]


def labelled(fact: Fact, faces: Faces, room: float, above: float = 0.0) -> list[Line]:
    """A fact in one paragraph: its label, muted, and the value behind it."""
    label = clean(fact.label, faces, LABEL)
    ahead = width(label, faces, LABEL) + 1.6
    if ahead > room * _LABEL_SHARE:
        return paragraph(fact.label, faces, LABEL, room, above) + paragraph(
            fact.value, faces, PLAIN, room
        )
    lines: list[Line] = []
    for text, used in wrap(fact.value, faces, PLAIN, room, room - ahead):
        runs = (Run(text, PLAIN, 0.0 if lines else ahead, used),) if text else ()
        if not lines:
            runs = (Run(label, LABEL, 0.0, ahead), *runs)
        lines.append(Line(runs, PLAIN.leading + (0.0 if lines else above)))
    return lines


def pieces(cell: tuple[Piece, ...], faces: Faces, room: float) -> list[Line]:
    """The paragraphs of a cell as lines; the first is as high as in the cells beside it."""
    lines: list[Line] = []
    for piece in cell:
        style = MANNERS[piece.manner]
        above = 0.0 if lines else PLAIN.leading - style.leading
        lines += paragraph(piece.text, faces, style, room, above)
    return lines


def widest(cell: tuple[Piece, ...], faces: Faces) -> float:
    """The room that a cell takes when no line of it is broken."""
    return max(
        (
            width(clean(piece.text, faces, style), faces, style)
            for piece in cell
            for style in (MANNERS[piece.manner],)
        ),
        default=0.0,
    )


def shortened(text: str, faces: Faces, style: Style, room: float) -> str:
    """The text, or its beginning and an ellipsis: for what stands in full elsewhere."""
    whole = clean(text, faces, style)
    if width(whole, faces, style) <= room:
        return whole
    end, _ = cut(whole, 0, room - width("…", faces, style), faces, style)
    return whole[:end].rstrip() + "…"
