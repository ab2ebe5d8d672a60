"""The marks on one page, as the operators of a content stream, and what they are to a reader.

Lengths are millimetres from the upper left corner of an A4 page, sizes points. Every mark belongs
to a part of the document's structure or is an artifact (ISO 32000-1, section 14.8), so that a
screen reader says each text once, in order, and no decoration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from chalicelib.base.pdf.fonts import Font
from chalicelib.base.typeset import POINT_MM, Colour

PAGE_WIDTH: Final = 210.0
PAGE_HEIGHT: Final = 297.0
_PER_MM: Final = 1 / POINT_MM
_BLACK: Final[Colour] = (0, 0, 0)
# A quarter of a circle as a Bézier curve.
_ARC: Final = 0.5523


@dataclass(frozen=True)
class Part:
    """A piece of structure: its role ("H1", "P", "Figure"), and what stands for a figure."""

    role: str
    alternative: str = ""


@dataclass(frozen=True)
class Link:
    """A place of the page that opens an address; `part` is the piece of structure it belongs to."""

    left: float
    top: float
    width: float
    height: float
    address: str
    part: int


@dataclass
class Canvas:
    """One page being written. `fonts` by the name that styles use for them."""

    fonts: Mapping[str, Font]
    operators: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    _colour: Colour = _BLACK
    _open: bool = False

    @contextmanager
    def part(self, role: str, alternative: str = "") -> Iterator[None]:
        """What is written inside is one piece of structure."""
        assert not self._open, "pieces do not hold pieces"
        self.operators.append(f"/{role}<</MCID {len(self.parts)}>>BDC")
        self.parts.append(Part(role, alternative))
        self._open = True
        yield
        self._open = False
        self.operators.append("EMC")

    @contextmanager
    def _artifact(self) -> Iterator[None]:
        if self._open:
            yield
            return
        self.operators.append("/Artifact BMC")
        yield
        self.operators.append("EMC")

    def text(
        self,
        left: float,
        baseline: float,
        text: str,
        face: str,
        points: float,
        colour: Colour,
        spacing: float = 0.0,
    ) -> None:
        """A text on one line, its characters all known to the face. Outside a part it is a "P".

        `spacing` is added after each character.
        """
        if not text:
            return
        if not self._open:
            with self.part("P"):
                self.text(left, baseline, text, face, points, colour, spacing)
            return
        codes = self.fonts[face].codes
        self._paint(colour)
        glyphs = "".join([codes[sign] for sign in text])
        # The spacing would outlast the text.
        spaced = (f" {spacing * _PER_MM:.3f} Tc", "0 Tc ") if spacing else ("", "")
        self.operators.append(
            f"BT/{face} {points:g} Tf{spaced[0]} {_x(left)} {_y(baseline)} Td"
            f"<{glyphs}>Tj {spaced[1]}ET"
        )

    def box(self, left: float, top: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle."""
        with self._artifact():
            self._paint(colour)
            self.operators.append(
                f"{_x(left)} {_y(top + height)} {width * _PER_MM:.2f} {height * _PER_MM:.2f} re f"
            )

    def stroke(
        self, lines: Iterable[Iterable[tuple[float, float]]], weight: float, colour: Colour = _BLACK
    ) -> None:
        """Lines through points, with round ends."""
        with self._artifact():
            self.operators.append(f"q {_rgb(colour).upper()} {weight * _PER_MM:.2f} w 1 J 1 j")
            for line in lines:
                words = [f"{_x(left)} {_y(top)}" for left, top in line]
                self.operators.append(f"{words[0]} m {' l '.join(words[1:])} l")
            self.operators.append("S Q")

    def circle(self, left: float, top: float, radius: float, weight: float) -> None:
        """The line of a circle around a point."""
        around, pull = radius * _PER_MM, radius * _PER_MM * _ARC
        x, y = left * _PER_MM, (PAGE_HEIGHT - top) * _PER_MM
        with self._artifact():
            self.operators.append(
                f"q {weight * _PER_MM:.2f} w {x + around:.2f} {y:.2f} m "
                f"{x + around:.2f} {y + pull:.2f} {x + pull:.2f} {y + around:.2f} "
                f"{x:.2f} {y + around:.2f} c "
                f"{x - pull:.2f} {y + around:.2f} {x - around:.2f} {y + pull:.2f} "
                f"{x - around:.2f} {y:.2f} c "
                f"{x - around:.2f} {y - pull:.2f} {x - pull:.2f} {y - around:.2f} "
                f"{x:.2f} {y - around:.2f} c "
                f"{x + pull:.2f} {y - around:.2f} {x + around:.2f} {y - pull:.2f} "
                f"{x + around:.2f} {y:.2f} c S Q"
            )

    def modules(
        self,
        left: float,
        top: float,
        side: float,
        count: int,
        runs: Iterable[tuple[int, int, int]],
        alternative: str,
    ) -> None:
        """A code of `count` modules a side, its dark runs as (column, row, length).

        One path, filled at once: so no reader leaves a hair of light between two modules.
        """
        unit = side * _PER_MM / count
        with self.part("Figure", alternative):
            self._paint(_BLACK)
            self.operators.append(
                f"q {unit:.5f} 0 0 -{unit:.5f} {_x(left)} {_y(top)} cm "
                + "".join([f"{column} {row} {length} 1 re " for column, row, length in runs])
                + "f Q"
            )

    def picture(
        self, name: str, left: float, top: float, width: float, height: float, alternative: str
    ) -> None:
        """A picture that the document knows by this name."""
        self.pictures.add(name)
        with self.part("Figure", alternative):
            self.operators.append(
                f"q {width * _PER_MM:.2f} 0 0 {height * _PER_MM:.2f} {_x(left)} "
                f"{_y(top + height)} cm/{name} Do Q"
            )

    def link(self, left: float, top: float, width: float, height: float, address: str) -> None:
        """The piece of structure written last opens an address."""
        self.links.append(Link(left, top, width, height, address, len(self.parts) - 1))

    def _paint(self, colour: Colour) -> None:
        if colour != self._colour:
            self.operators.append(_rgb(colour))
            self._colour = colour


def rectangle(link: Link) -> str:
    """Where it stands, as an annotation says it."""
    return (
        f"{_x(link.left)} {_y(link.top + link.height)} {_x(link.left + link.width)} {_y(link.top)}"
    )


def _rgb(colour: Colour) -> str:
    red, green, blue = colour
    if red == green == blue:
        return f"{red / 255:.3g} g"  # printed with black alone
    return f"{red / 255:.3g} {green / 255:.3g} {blue / 255:.3g} rg"


def _x(left: float) -> str:
    return f"{left * _PER_MM:.2f}"


def _y(top: float) -> str:
    return f"{(PAGE_HEIGHT - top) * _PER_MM:.2f}"
