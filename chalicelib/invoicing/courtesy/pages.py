"""The sheets of a copy: what stands where, and the turning of pages. Lengths in millimetres.

Strips (columns of lines side by side) are poured down the page. One that does not fit is moved to
the next page when it is short, and divided between lines when it is long, so nothing is ever cut
off and nothing stands on anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.typeset import Colour, Style
from chalicelib.invoicing.courtesy.typeset import HAIR, Line

PAGE_WIDTH: Final = 210.0
PAGE_HEIGHT: Final = 297.0
LEFT: Final = 16.0
RIGHT: Final = PAGE_WIDTH - LEFT
WIDTH: Final = RIGHT - LEFT
TOP: Final = 21.0  # below the mark
BOTTOM: Final = 281.0  # above the foot
ROOM: Final = BOTTOM - TOP
DIVIDED_MM: Final = ROOM * 0.4  # what is higher is divided, since moving it would leave a hole
_WIDOW_MM: Final = 9.0  # two lines: less of a divided strip is not worth beginning
_BASELINE: Final = 0.74  # of the leading, from its top


@dataclass(frozen=True)
class Ink:
    """A text; (x, y) is the left end of its baseline, from the upper left corner."""

    x: float
    y: float
    text: str
    style: Style


@dataclass(frozen=True)
class Rule:
    """A horizontal line."""

    x: float
    y: float
    width: float
    colour: Colour
    weight: float


Trace = Ink | Rule


@dataclass(frozen=True)
class Page:
    """What is drawn, in reading order; `opens` names the document that begins here, or ""."""

    traces: tuple[Trace, ...]
    opens: str = ""


@dataclass(frozen=True)
class Strip:
    """Lines under each other; `right` sets them against the right edge."""

    x: float
    width: float
    lines: list[Line]
    right: bool = False

    @property
    def height(self) -> float:
        return sum(line.height for line in self.lines)


@dataclass
class Sheets:
    """The pages so far, and how far down the last one is written: the one thing that changes."""

    pages: list[list[Trace]] = field(default_factory=list)
    opens: dict[int, str] = field(default_factory=dict)
    owners: list[str] = field(default_factory=list)
    owner: str = ""
    y: float = TOP

    @property
    def room(self) -> float:
        return BOTTOM - self.y

    @property
    def fresh(self) -> bool:
        return self.y <= TOP


def turn(sheets: Sheets) -> None:
    """Begin a page. Raises Rejected `copy_too_long` above COURTESY_PAGES."""
    if len(sheets.pages) >= limits.COURTESY_PAGES:
        raise Rejected(
            "copy_too_long",
            "The document is too long for a courtesy copy.",
            limit_pages=limits.COURTESY_PAGES,
        )
    sheets.pages.append([])
    sheets.owners.append(sheets.owner)
    sheets.y = TOP


def start(sheets: Sheets, name: str) -> None:
    """Begin a document: always on a page of its own."""
    sheets.owner = name
    turn(sheets)
    sheets.opens[len(sheets.pages) - 1] = name


def need(sheets: Sheets, height: float) -> None:
    """Turn the page unless so much room is left, as far as a page has it."""
    if sheets.room < min(height, ROOM) and not sheets.fresh:
        turn(sheets)


def space(sheets: Sheets, height: float) -> None:
    """Leave room, but not at the head of a page."""
    if not sheets.fresh:
        sheets.y += height


def rule(
    sheets: Sheets, x: float, width: float, colour: Colour = HAIR, weight: float = 0.2
) -> None:
    """A line across at the present height."""
    sheets.pages[-1].append(Rule(x, sheets.y, width, colour, weight))


def place(line: Line, x: float, y: float, width: float, right: bool) -> list[Ink]:
    """The runs of a line whose foot is `line.height` below `y`, all on one baseline."""
    leading = max((run.style.leading for run in line.runs), default=0.0)
    foot = y + line.height - leading * (1 - _BASELINE)
    return [
        Ink(x + width - run.width if right else x + run.indent, foot, run.text, run.style)
        for run in line.runs
    ]


def _fitting(lines: list[Line], room: float) -> int:
    used, count = 0.0, 0
    for line in lines:
        used += line.height
        if used > room:
            break
        count += 1
    return count


def pour(sheets: Sheets, strips: list[Strip], again: Callable[[], None] | None = None) -> None:
    """Write strips side by side; `again` is called at the head of each page that is turned to."""
    left = [list(strip.lines) for strip in strips]
    whole = max((strip.height for strip in strips), default=0.0)
    moved = whole <= DIVIDED_MM or sheets.room < _WIDOW_MM
    if whole > sheets.room and moved and not sheets.fresh:
        turn(sheets)
        if again:
            again()
    while True:
        deepest = 0.0
        for strip, lines in zip(strips, left, strict=True):
            count = _fitting(lines, sheets.room)
            y = sheets.y
            for line in lines[:count]:
                sheets.pages[-1].extend(place(line, strip.x, y, strip.width, strip.right))
                y += line.height
            deepest = max(deepest, y - sheets.y)
            del lines[:count]
        sheets.y += deepest
        if not any(left):
            return
        turn(sheets)
        if again:
            again()
