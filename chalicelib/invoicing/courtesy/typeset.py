"""Faces, styles and the breaking of paragraphs into lines. Lengths in millimetres, sizes in points.

Text is only measured and cut, never interpreted. A character that the face does not have is
written as its code, "[U+4E2D]", so that the copy shows that something is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.invoicing.courtesy.shapes import Fact, Manner, Piece

Face = Literal["regular", "strong"]
Faces = Mapping[Face, Mapping[str, float]]  # the advance of each character, for a size of 1 pt
Colour = tuple[int, int, int]

POINT_MM: Final = 25.4 / 72
INK: Final[Colour] = (31, 41, 51)
MUTED: Final[Colour] = (84, 96, 106)  # 6.3:1 on white: small text must stay readable
ACCENT: Final[Colour] = (18, 82, 98)
HAIR: Final[Colour] = (221, 226, 230)

# Where a word without blanks is best cut; else it is cut where the room ends.
_AFTER = frozenset("-/_.,;:@&?=+)")
_SLACK = 0.6  # a cut after one of these is taken when the line stays this full


@dataclass(frozen=True)
class Style:
    """How a line looks; `leading` is its height in mm."""

    face: Face
    points: float
    leading: float
    colour: Colour = INK


TITLE: Final = Style("strong", 19.0, 7.6, ACCENT)
TITLE_LONG: Final = Style("strong", 13.0, 5.6, ACCENT)
SUBTITLE: Final = Style("regular", 10.5, 5.0, MUTED)
FIGURE: Final = Style("strong", 16.0, 7.0)
HEADING: Final = Style("strong", 10.0, 5.0, ACCENT)
NAME: Final = Style("strong", 10.5, 4.7)
LABEL: Final = Style("regular", 7.4, 3.3, MUTED)
COLUMN: Final = Style("strong", 7.4, 3.3, MUTED)
PLAIN: Final = Style("regular", 8.8, 3.9)
STRONG: Final = Style("strong", 8.8, 3.9)
QUIET: Final = Style("regular", 8.8, 3.9, MUTED)
SMALL: Final = Style("regular", 7.6, 3.4, MUTED)
SUM: Final = Style("strong", 10.5, 5.0)
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


def clean(text: str, faces: Faces, style: Style) -> str:
    """The text in characters that the face has."""
    known = faces[style.face]
    if all(sign in known for sign in text):
        return text
    return "".join(sign if sign in known else f"[U+{ord(sign):04X}]" for sign in text)


def width(text: str, faces: Faces, style: Style) -> float:
    """Of a cleaned text, in mm."""
    known = faces[style.face]
    return sum(known[sign] for sign in text) * style.points * POINT_MM


def _cut(word: str, at: int, room: float, faces: Faces, style: Style) -> tuple[int, float]:
    """(end, width) of what of a word goes into the room, from `at` on: one character at least."""
    known, unit = faces[style.face], style.points * POINT_MM
    used, best = 0.0, (at, 0.0)
    good: tuple[int, float] | None = None
    for place in range(at, len(word)):
        more = used + known[word[place]] * unit
        if more > room and place > at:
            return good or best
        used, best = more, (place + 1, more)
        if word[place] in _AFTER and used >= room * _SLACK:
            good = best
    return best


def wrap(
    text: str, faces: Faces, style: Style, room: float, first: float | None = None
) -> Iterator[tuple[str, float]]:
    """(line, its width) of a paragraph; `first` is the room of the first line where it differs."""
    blank = width(" ", faces, style)
    left = room if first is None else first
    line, used = "", 0.0
    for word in clean(text, faces, style).split(" "):
        measure = width(word, faces, style)
        if line and used + blank + measure <= left:
            line, used = f"{line} {word}", used + blank + measure
            continue
        if line or (measure > left and left < room):
            # Beside a label there is less room: the next line may take the word whole.
            yield line, used
            left = room
        # Cut by places, not by slices: a word may be millions of characters long.
        at, end, size = 0, len(word), measure
        if measure > left:
            end, size = _cut(word, at, left, faces, style)
        while end < len(word):
            yield word[at:end], size
            at, left = end, room
            end, size = _cut(word, at, left, faces, style)
        line, used = word[at:], size
    yield line, used


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
    if ahead > room * _SLACK:
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
    end, _ = _cut(whole, 0, room - width("…", faces, style), faces, style)
    return whole[:end].rstrip() + "…"
