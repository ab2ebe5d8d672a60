"""A page being set: the faces and styles of the guide, and texts that are made to fit.

Lengths in millimetres from the upper left corner. `top` is where the measured notices have the top
of a text's box (pagopa.md section 3.3), so that their figures can be written here as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.base.pdf.canvas import PAGE_WIDTH, Canvas
from chalicelib.base.typeset import POINT_MM, Colour, Faces, Style, clean, fit, width, wrap
from chalicelib.payments.notice.words import WORDS, Words

LEFT: Final = 10.0
RIGHT: Final = 200.0
COLUMN: Final = 114.0  # where the right half begins
COLUMN_LEFT_END: Final = 100.0

# The two pictures, by the names that pages use for them.
MARK: Final = "Pagopa"
LOGO: Final = "Logo"

# The four faces, likewise.
TEXT: Final = "T"
STRONG: Final = "S"
CODE: Final = "M"
FIGURES: Final = "F"
FILES: Final = {
    TEXT: "TitilliumWeb-Regular.ttf",
    STRONG: "TitilliumWeb-Bold.ttf",
    CODE: "RobotoMono-Regular.ttf",
    FIGURES: "RobotoMono-Bold.ttf",
}
# From the top of the measured boxes to the baseline, for a size of 1: of Roboto Mono what its file
# says; of Titillium what sets its capitals in the middle of the box, as they are.
_ASCENT: Final = {TEXT: 0.924, STRONG: 0.924, CODE: 1.048, FIGURES: 1.048}

BLACK: Final[Colour] = (0, 0, 0)
GREY: Final[Colour] = (124, 124, 123)  # #7C7C7B, the second language
BAND: Final[Colour] = (236, 236, 236)  # #ECECEC, behind headings
FAINT: Final[Colour] = (77, 77, 77)  # 70 % of black, Poste's authorisation
RULE: Final[Colour] = (135, 135, 135)

TITLE: Final = Style(STRONG, 10, 4.9)
HEADING: Final = Style(STRONG, 10, 4.9)
SUBHEADING: Final = Style(STRONG, 10, 4.9)
LABEL: Final = Style(TEXT, 8, 3.8)
LABEL_STRONG: Final = Style(STRONG, 8, 3.8)
VALUE: Final = Style(STRONG, 8, 3.6)
CODED: Final = Style(FIGURES, 10, 4.6)
FISCAL: Final = Style(CODE, 8, 3.7)
EURO: Final = Style(TEXT, 10, 4.9)
AMOUNT: Final = Style(FIGURES, 12, 5.6)
HINT: Final = Style(TEXT, 8, 3.8)
HINT_SMALL: Final = Style(TEXT, 7, 3.1)


def smaller(style: Style, points: float, leading: float) -> Style:
    """The same face in another size."""
    return Style(style.face, points, leading, style.colour)


def grey(style: Style) -> Style:
    """For the second language: lighter, never bold."""
    face = TEXT if style.face == STRONG else style.face
    return Style(face, style.points, style.leading, GREY)


@dataclass(frozen=True)
class Sheet:
    """One page, its faces, Italian, and the second language where there is one."""

    canvas: Canvas
    faces: Faces
    first: Words
    second: Words | None

    @staticmethod
    def of(canvas: Canvas, second: str | None) -> Sheet:
        """A sheet over an empty canvas."""
        faces = {name: font.advances for name, font in canvas.fonts.items()}
        other = next((words for name, words in WORDS.items() if name == second), None)
        return Sheet(canvas, faces, WORDS["it"], other)


# ------------------------------------------------------------------ one line
def put(sheet: Sheet, left: float, top: float, text: str, style: Style) -> float:
    """A text on one line; gives where it ends."""
    whole = clean(text, sheet.faces, style)
    _put(sheet, left, top, whole, style)
    return left + width(whole, sheet.faces, style)


def put_right(sheet: Sheet, right: float, top: float, text: str, style: Style) -> float:
    """A text that ends at `right`; gives where it begins."""
    whole = clean(text, sheet.faces, style)
    left = right - width(whole, sheet.faces, style)
    _put(sheet, left, top, whole, style)
    return left


def put_right_spaced(
    sheet: Sheet, right: float, top: float, text: str, style: Style, spacing: float
) -> float:
    """As `put_right`, with some space more, or less, between the characters."""
    natural = width(text, sheet.faces, style)
    left = right - natural - spacing * (len(text) - 1)
    _put(sheet, left, top, text, style, spacing)
    return left


def _put(
    sheet: Sheet, left: float, top: float, whole: str, style: Style, spacing: float = 0.0
) -> None:
    baseline = top + _ASCENT[style.face] * style.points * POINT_MM
    sheet.canvas.text(left, baseline, whole, style.face, style.points, style.colour, spacing)


def put_both(
    sheet: Sheet, left: float, top: float, name: str, style: Style, room: float = 90.0
) -> float:
    """A fixed text in Italian and, in grey behind it, in the second language; gives the end.

    Where both do not fit into the room the second is made smaller.
    """
    end = put(sheet, left, top, getattr(sheet.first, name), style)
    if sheet.second is None:
        return end
    text = getattr(sheet.second, name)
    if text == getattr(sheet.first, name):
        return end
    beside = grey(style)
    gap = 0.18 * style.points * POINT_MM + 0.6
    left_over = room - (end - left) - gap
    natural = width(clean(text, sheet.faces, beside), sheet.faces, beside)
    if natural > left_over:
        points = max(5.0, style.points * left_over / natural)
        # On the same baseline as the first.
        top += _ASCENT[beside.face] * (style.points - points) * POINT_MM
        beside = smaller(beside, points, style.leading)
    return put(sheet, end + gap, top, text, beside)


# ------------------------------------------------------------------ several lines
def broken(sheet: Sheet, text: str, style: Style, room: float) -> list[str]:
    """The lines that a text takes."""
    return [line for line, _ in wrap(text, sheet.faces, style, room)]


def put_lines(sheet: Sheet, left: float, top: float, lines: Sequence[str], style: Style) -> float:
    """Lines of one paragraph under each other; gives the top of the line after the last."""
    with sheet.canvas.part("P"):
        for line in lines:
            _put(sheet, left, top, line, style)
            top += style.leading
    return top


def put_fitted(
    sheet: Sheet,
    left: float,
    top: float,
    text: str,
    tries: Sequence[tuple[Style, int]],
    room: float,
) -> float:
    """A paragraph in the first style in which it takes few enough lines; gives what is below."""
    style, lines = fit(text, sheet.faces, tries, room)
    return put_lines(sheet, left, top, lines, style)


def steps(
    style: Style, most: int, *sizes: tuple[float, float, int]
) -> tuple[tuple[Style, int], ...]:
    """A style and how many lines it may take, then smaller ones: points, leading, lines."""
    also = ((smaller(style, points, leading), lines) for points, leading, lines in sizes)
    return ((style, most), *also)


def height_of(sheet: Sheet, paragraphs: Sequence[tuple[str, Style]], room: float) -> float:
    """What paragraphs take when they are broken into lines."""
    return sum(len(broken(sheet, text, style, room)) * style.leading for text, style in paragraphs)


# ------------------------------------------------------------------ graphics
def put_mark(sheet: Sheet) -> None:
    """pagoPA's, in the upper left corner."""
    sheet.canvas.picture(MARK, LEFT, LEFT, 16.0, 10.8, "pagoPA")


def put_logo(sheet: Sheet, logo: float, side: float, name: str) -> None:
    """Of whom this is, in the upper right corner; `logo`: its width by its height. One that is no
    square lies in that corner of a square of this side, as the guide wants it."""
    wide, high = side * min(1.0, logo), side / max(1.0, logo)
    sheet.canvas.picture(LOGO, RIGHT - wide, LEFT, wide, high, name)


def band(sheet: Sheet, left: float, right: float, top_of_heading: float) -> None:
    """The grey behind a heading, 7 mm high, to the edge of the paper."""
    sheet.canvas.box(left, top_of_heading + 2.05 - 3.5, right - left, 7.0, BAND)


def cut_line(sheet: Sheet, top: float) -> None:
    """Where a slip is cut off: a line from edge to edge, and scissors above it."""
    canvas = sheet.canvas
    canvas.stroke([[(0.0, top), (PAGE_WIDTH, top)]], 0.25, RULE)
    at, top = 194.0, top - 2.3
    canvas.stroke([_arrow(at, top, 1.15), _arrow(at, top, -1.15)], 0.3)
    for side in (1.3, -1.3):
        canvas.circle(at - 2.0, top + side, 0.75, 0.3)


def _arrow(at: float, top: float, side: float) -> list[tuple[float, float]]:
    return [(at - 1.4, top + side * 0.75), (at + 3.0, top - side)]


def info_sign(sheet: Sheet, left: float, top: float) -> None:
    """The circle with an i that stands before a remark."""
    canvas, middle = sheet.canvas, (left + 1.9, top + 1.75)
    canvas.circle(*middle, 1.8, 0.25)
    x, y = middle
    canvas.stroke([[(x, y - 0.15), (x, y + 0.95)]], 0.35)
    canvas.stroke([[(x, y - 0.9), (x, y - 0.89)]], 0.5)


def rounded(left: float, top: float, w: float, h: float, r: float) -> Iterator[tuple[float, float]]:
    """The corners of a box, cut off."""
    yield from (
        (left + r, top), (left + w - r, top), (left + w, top + r), (left + w, top + h - r),
        (left + w - r, top + h), (left + r, top + h), (left, top + h - r), (left, top + r),
        (left + r, top),
    )  # fmt: skip


def phone_sign(sheet: Sheet, left: float, top: float) -> None:
    """What the app runs on."""
    sheet.canvas.stroke([rounded(left, top, 5.4, 9.6, 0.9)], 0.3)
    sheet.canvas.stroke([[(left, top + 7.6), (left + 5.4, top + 7.6)]], 0.3)
    sheet.canvas.stroke([[(left + 2.2, top + 8.6), (left + 3.2, top + 8.6)]], 0.3)


def shop_sign(sheet: Sheet, left: float, top: float) -> None:
    """A counter in town."""
    roof = [(left + 1.2, top), (left + 8.0, top), (left + 9.2, top + 3.0), (left, top + 3.0)]
    walls = [(left + 1.0, top + 3.0), (left + 1.0, top + 9.0), (left + 8.2, top + 9.0),
             (left + 8.2, top + 3.0)]  # fmt: skip
    door = [(left + 3.4, top + 9.0), (left + 3.4, top + 5.2), (left + 5.8, top + 5.2),
            (left + 5.8, top + 9.0)]  # fmt: skip
    sheet.canvas.stroke([[*roof, roof[0]], walls, door], 0.3)
