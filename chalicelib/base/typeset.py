"""Text on paper: what it measures, how it is broken into lines, and how it is made to fit.

Lengths in millimetres, sizes in points. Text is only measured and cut, never interpreted. A
character that the face does not have is written as its code, "[U+4E2D]", so that the reader sees
that something is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Faces = Mapping[str, Mapping[str, float]]  # the advance of each character, for a size of 1 pt
Colour = tuple[int, int, int]

POINT_MM: Final = 25.4 / 72

# Where a word without blanks is best cut; else it is cut where the room ends.
_AFTER = frozenset("-/_.,;:@&?=+)")
_SLACK = 0.6  # a cut after one of these is taken when the line stays this full


@dataclass(frozen=True)
class Style:
    """How a line looks; `leading` is its height in mm."""

    face: str
    points: float
    leading: float
    colour: Colour = (0, 0, 0)


def read_face(path: Path) -> dict[str, float]:
    """The advance of every character of a font file, for a size of 1 pt."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped, unused-ignore]

    with TTFont(path, lazy=True) as font:
        units = font["head"].unitsPerEm
        advances = font["hmtx"].metrics
        glyphs = font.getBestCmap()
        return {chr(code): advances[name][0] / units for code, name in glyphs.items()}


def clean(text: str, faces: Faces, style: Style) -> str:
    """The text in characters that the face has."""
    known = faces[style.face]
    if known.keys() >= set(text):
        return text
    return "".join(sign if sign in known else f"[U+{ord(sign):04X}]" for sign in text)


def width(text: str, faces: Faces, style: Style) -> float:
    """Of a cleaned text, in mm."""
    known = faces[style.face]
    return sum([known[sign] for sign in text]) * style.points * POINT_MM


def cut(word: str, at: int, room: float, faces: Faces, style: Style) -> tuple[int, float]:
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
            end, size = cut(word, at, left, faces, style)
        while end < len(word):
            yield word[at:end], size
            at, left = end, room
            end, size = cut(word, at, left, faces, style)
        line, used = word[at:], size
    yield line, used


def fit(
    text: str, faces: Faces, tries: Sequence[tuple[Style, int]], room: float
) -> tuple[Style, list[str]]:
    """The first style in which the text takes no more than so many lines, and those lines.

    Where none is enough, all lines in the last style: nothing is ever left out.
    """
    for style, most in tries:
        lines = [line for line, _ in wrap(text, faces, style, room)]
        if len(lines) <= most:
            break
    return style, lines
