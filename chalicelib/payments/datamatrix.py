"""Data Matrix ECC 200, square symbols of 10 to 64 modules. Pure.

Source: ISO/IEC 16022:2006, sections 5 to 7 and annexes E (error correction) and F (placement).

Our own, because the one encoder in pure Python (ppf-datamatrix) writes the Poste slip's 256
characters in one scheme only and gets 52 x 52 modules; with digits in pairs and capitals in C40
they fit the 48 x 48 of PagoPA's own slips, whose modules are a tenth larger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from chalicelib.payments.symbols import Symbol


@dataclass(frozen=True)
class _Size:
    """Modules of a side, regions of a side, codewords of data and of correction, their blocks."""

    side: int
    regions: int
    data: int
    correction: int
    blocks: int

    @property
    def inner(self) -> int:
        """Modules of a side without the finder and clock tracks of the regions."""
        return self.side - 2 * self.regions


# Table 7 of the standard, as far as a slip could ever need.
_SIZES: Final = tuple(
    _Size(*numbers)
    for numbers in (
        (10, 1, 3, 5, 1), (12, 1, 5, 7, 1), (14, 1, 8, 10, 1), (16, 1, 12, 12, 1),
        (18, 1, 18, 14, 1), (20, 1, 22, 18, 1), (22, 1, 30, 20, 1), (24, 1, 36, 24, 1),
        (26, 1, 44, 28, 1), (32, 2, 62, 36, 1), (36, 2, 86, 42, 1), (40, 2, 114, 48, 1),
        (44, 2, 144, 56, 1), (48, 2, 174, 68, 1), (52, 2, 204, 84, 2), (64, 4, 280, 112, 2),
    )
)  # fmt: skip

_PAD: Final = 129
_DIGIT_PAIR: Final = 130
_LATCH_C40: Final = 230
_UNLATCH: Final = 254
_SHIFT_2: Final = 1
# Long digits, two in a codeword; what C40 has without leaving its two sets, three in two; the rest.
_SPANS = re.compile(r"([0-9]{14,})|((?:(?![0-9]{14})[ -_])+)|(.)", re.DOTALL)
_C40_LEAST: Final = 8  # below this the two latches cost more than C40 saves


def encode(text: str) -> Symbol:
    """The smallest symbol that holds a text of ASCII. ValueError for other text, or too much."""
    if not text.isascii():
        raise ValueError("a Data Matrix of ours holds ASCII only")
    words = list(codewords(text))
    for size in _SIZES:
        if len(words) <= size.data:
            return _drawn(_with_correction(_padded(words, size.data), size), size)
    raise ValueError("the text is too long for a Data Matrix of 64 modules")


# ------------------------------------------------------------------ codewords
def codewords(text: str) -> Iterator[int]:
    """The data codewords of a text of ASCII, without padding (section 5.2)."""
    for found in _SPANS.finditer(text):
        span = found[0]
        if found[2] is not None and len(span) >= _C40_LEAST:
            values: list[int] = []
            ends = []
            for sign in span:
                values += _C40[sign]
                ends.append(len(values))
            # Three values make two codewords: what is left over is written in ASCII.
            whole = len(ends)
            while whole and ends[whole - 1] % 3:
                whole -= 1
            if whole >= _C40_LEAST:
                yield _LATCH_C40
                for at in range(0, ends[whole - 1], 3):
                    high, low = divmod(
                        1600 * values[at] + 40 * values[at + 1] + values[at + 2] + 1, 256
                    )
                    yield high
                    yield low
                yield _UNLATCH
                span = span[whole:]
        yield from _ascii(span)


def _ascii(text: str) -> Iterator[int]:
    at = 0
    while at < len(text):
        if text[at : at + 2].isdigit() and at + 1 < len(text):
            yield _DIGIT_PAIR + int(text[at : at + 2])
            at += 2
        else:
            yield ord(text[at]) + 1
            at += 1


def _c40_values() -> dict[str, tuple[int, ...]]:
    """Table 5: blank, digits and capitals are one value, the marks a shift and one."""
    found: dict[str, tuple[int, ...]] = {" ": (3,)}
    found |= {str(n): (4 + n,) for n in range(10)}
    found |= {chr(65 + n): (14 + n,) for n in range(26)}
    marks = [*range(33, 48), *range(58, 65), *range(91, 96)]
    found |= {chr(code): (_SHIFT_2, place) for place, code in enumerate(marks)}
    return found


_C40: Final = _c40_values()


def _padded(words: list[int], room: int) -> list[int]:
    """Padding that does not repeat itself (annex B.1)."""
    found = list(words)
    while len(found) < room:
        if len(found) == len(words):
            found.append(_PAD)
            continue
        place = len(found) + 1
        value = _PAD + (149 * place) % 253 + 1
        found.append(value if value <= 254 else value - 254)
    return found


# ------------------------------------------------------------------ error correction (annex E)
_POLYNOMIAL: Final = 0b1_0010_1101  # x^8 + x^5 + x^3 + x^2 + 1


@cache
def _powers() -> tuple[tuple[int, ...], dict[int, int]]:
    """Powers of 2 in the field of 256 elements, and which power each element is."""
    powers, element = [], 1
    for _ in range(255):
        powers.append(element)
        element <<= 1
        if element > 255:
            element ^= _POLYNOMIAL
    return tuple(powers), {element: power for power, element in enumerate(powers)}


def _product(one: int, other: int) -> int:
    powers, logarithms = _powers()
    if not one or not other:
        return 0
    return powers[(logarithms[one] + logarithms[other]) % 255]


@cache
def _multiples(count: int) -> tuple[int, ...]:
    """The generator polynomial of `count` correction words times each element, as one integer."""
    generator = [1]
    for power in range(1, count + 1):
        root = _powers()[0][power % 255]
        shifted = [*generator, 0]
        scaled = [0, *(_product(factor, root) for factor in generator)]
        generator = [one ^ other for one, other in zip(shifted, scaled, strict=True)]
    return tuple(
        int.from_bytes(bytes(_product(element, factor) for factor in generator[1:]), "big")
        for element in range(256)
    )


def correction(words: list[int], count: int) -> bytes:
    """The Reed-Solomon words of a block: the remainder of a division, eight bits at a time."""
    multiples = _multiples(count)
    top = 8 * (count - 1)
    below = (1 << top) - 1
    remainder = 0
    for word in words:
        lead = word ^ (remainder >> top)
        remainder = ((remainder & below) << 8) ^ multiples[lead]
    return remainder.to_bytes(count, "big")


def _with_correction(words: list[int], size: _Size) -> list[int]:
    """Data, then the correction words of the blocks, one of each in turn."""
    each = size.correction // size.blocks
    blocks = [correction(words[first :: size.blocks], each) for first in range(size.blocks)]
    return words + [block[at] for at in range(each) for block in blocks]


# ------------------------------------------------------------------ placement (annex F)
@cache
def _places(side: int) -> tuple[tuple[int, int], ...]:
    """(row, column) of bit 8 to 1 of each codeword in turn, in a mapping matrix of that side."""
    taken: dict[tuple[int, int], tuple[int, int]] = {}
    count = 0

    def put(row: int, column: int, bit: int) -> None:
        if row < 0:
            row, column = row + side, column + 4 - (side + 4) % 8
        if column < 0:
            row, column = row + 4 - (side + 4) % 8, column + side
        taken[row, column] = (count, bit)

    def shape(cells: tuple[tuple[int, int], ...]) -> None:
        nonlocal count
        for bit, (row, column) in enumerate(cells):
            put(row, column, bit)
        count += 1

    def utah(row: int, column: int) -> None:
        if 0 <= row < side and 0 <= column < side and (row, column) not in taken:
            offsets = ((2, 2), (2, 1), (1, 2), (1, 1), (1, 0), (0, 2), (0, 1), (0, 0))
            shape(tuple((row - up, column - left) for up, left in offsets))

    last = side - 1
    row, column = 4, 0
    while row < side or column < side:
        if (row, column) == (side, 0):
            shape(((last, 0), (last, 1), (last, 2), (0, last - 1), (0, last), (1, last), (2, last),
                   (3, last)))  # fmt: skip
        if (row, column) == (side - 2, 0) and side % 4:
            shape(((last - 2, 0), (last - 1, 0), (last, 0), (0, last - 3), (0, last - 2),
                   (0, last - 1), (0, last), (1, last)))  # fmt: skip
        if (row, column) == (side - 2, 0) and side % 8 == 4:
            shape(((last - 2, 0), (last - 1, 0), (last, 0), (0, last - 1), (0, last), (1, last),
                   (2, last), (3, last)))  # fmt: skip
        if (row, column) == (side + 4, 2) and not side % 8:
            shape(((last, 0), (last, last), (0, last - 2), (0, last - 1), (0, last), (1, last - 2),
                   (1, last - 1), (1, last)))  # fmt: skip
        while row >= 0 and column < side:
            utah(row, column)
            row, column = row - 2, column + 2
        row, column = row + 1, column + 3
        while row < side and column >= 0:
            utah(row, column)
            row, column = row + 2, column - 2
        row, column = row + 3, column + 1
    return tuple(cell for cell, _ in sorted(taken.items(), key=lambda item: item[1]))


@cache
def _frame(size: _Size) -> tuple[list[int], tuple[tuple[int, int], ...]]:
    """The rows with only finder, clock and fixed modules; and (row, dark bit) of each data bit."""
    rows = [0] * size.side
    region = size.side // size.regions
    for row in range(size.side):
        for column in range(size.side):
            down, across = row % region, column % region
            solid = across == 0 or down == region - 1
            clock = (down == 0 and across % 2 == 0) or (across == region - 1 and down % 2 == 1)
            if solid or clock:
                rows[row] |= 1 << (size.side - 1 - column)

    def outer(row: int, column: int) -> tuple[int, int]:
        wide = region - 2
        place = column + 2 * (column // wide) + 1
        return row + 2 * (row // wide) + 1, 1 << (size.side - 1 - place)

    cells = _places(size.inner)
    if (size.inner - 1, size.inner - 1) not in cells:
        # Four modules are left over in some sizes: two of them are dark.
        for at in (1, 2):
            row, bit = outer(size.inner - at, size.inner - at)
            rows[row] |= bit
    return rows, tuple(outer(row, column) for row, column in cells)


def _drawn(words: list[int], size: _Size) -> Symbol:
    frame, places = _frame(size)
    rows = list(frame)
    bits = "".join(f"{word:08b}" for word in words)
    for bit, (row, dark) in zip(bits, places, strict=True):
        if bit == "1":
            rows[row] |= dark
    return Symbol(size.side, tuple(rows))
