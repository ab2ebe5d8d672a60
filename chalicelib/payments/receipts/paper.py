"""Pages of a receipt: a mark and a title on each, sections of labels and values, remarks.

What receipts of payments (`receipts.pdf`) and of a body's own have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from chalicelib.base.pdf.canvas import PAGE_WIDTH, Canvas
from chalicelib.base.pdf.document import Kit
from chalicelib.base.typeset import Style
from chalicelib.payments.notice.sheet import (
    HEADING,
    HINT,
    LEFT,
    RIGHT,
    STRONG,
    TEXT,
    Sheet,
    band,
    broken,
    put,
    put_lines,
    put_logo,
    put_mark,
)

_VALUES: Final = 82.0  # where the right column begins
_END: Final = 284.0  # below it a page is full
_LOGO_SIDE: Final = 20.0
_TITLE: Final = Style(STRONG, 16, 7.0)
_SUM: Final = Style(STRONG, 20, 9.0)
_LABEL: Final = Style(TEXT, 8.5, 4.2)
_VALUE: Final = Style(STRONG, 8.5, 4.2)
SMALL: Final = Style(TEXT, 7.5, 3.5)
Rows = Sequence[tuple[str, str]]


@dataclass
class Paper:
    """Pages being filled from above; a page that is full is followed by another. `name`: whose
    `logo` stands on each (its width by its height, 0 for none); `copy` is beneath the title;
    `mark`: that of pagoPA stands before it, for a paper that says what pagoPA said."""

    kit: Kit
    name: str
    logo: float
    title: str
    copy: str
    mark: bool = True
    canvases: list[Canvas] = field(default_factory=list)
    top: float = 0.0

    @property
    def sheet(self) -> Sheet:
        return Sheet.of(self.canvases[-1], None)

    def begin(self) -> None:
        """Another page: mark, title, logo."""
        canvas = Canvas(self.kit.fonts)
        self.canvases.append(canvas)
        left = 30.0 if self.mark else LEFT
        if self.mark:
            put_mark(self.sheet)
        with canvas.part("H1" if len(self.canvases) == 1 else "P"):
            put(self.sheet, left, 9.4, self.title, _TITLE)
        put(self.sheet, left, 17.0, self.copy, HINT)
        if self.logo:
            put_logo(self.sheet, self.logo, _LOGO_SIDE, self.name)
        self.top = 34.0

    def need(self, height: float) -> None:
        if self.top + height > _END:
            self.begin()

    def section(self, title: str, rows: Rows) -> None:
        """A heading and what is under it; rows without a value are left out."""
        found = [(label, value) for label, value in rows if value]
        if not found:
            return
        self.need(22.0)
        band(self.sheet, 0.0, PAGE_WIDTH, self.top)
        with self.sheet.canvas.part("H2"):
            put(self.sheet, LEFT, self.top, title, HEADING)
        self.top += 8.2
        for label, value in found:
            self.row(label, value)
        self.top += 3.2

    def row(self, label: str, value: str) -> None:
        """A label and its value beside it, each broken into as many lines as it takes."""
        left = broken(self.sheet, label, _LABEL, _VALUES - LEFT - 4.0)
        right = broken(self.sheet, value, _VALUE, RIGHT - _VALUES)
        if len(right) <= 20:
            self.need(max(len(left), len(right)) * _LABEL.leading)
        top = self.top
        below = put_lines(self.sheet, LEFT, top, left, _LABEL)
        for line in right:
            # A value may be longer than a page: whoever wrote it did not keep to any limit.
            if self.top + _VALUE.leading > _END:
                self.begin()
                below = self.top
            put(self.sheet, _VALUES, self.top, line, _VALUE)
            self.top += _VALUE.leading
        self.top = max(self.top, below)

    def remark(self, text: str, style: Style = HINT) -> None:
        lines = broken(self.sheet, text, style, RIGHT - LEFT)
        self.need(len(lines) * style.leading)
        self.top = put_lines(self.sheet, LEFT, self.top, lines, style) + 1.5

    def total(self, label: str, amount: str, after: str) -> None:
        """What it is about, in large letters."""
        end = put(self.sheet, LEFT, self.top + 3.4, label, _LABEL)
        end = put(self.sheet, end + 3.0, self.top - 1.2, amount, _SUM)
        put(self.sheet, end + 3.0, self.top + 3.4, after, _LABEL)
        self.top += 14.0
