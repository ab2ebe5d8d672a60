"""QR codes of the notice: version 4 (33 x 33), error correction M, bytes. Pure.

Source: ISO/IEC 18004:2015; pagopa.md section 3.4. segno makes the symbol. Choosing the mask by its
penalty is seven eighths of segno's time, so it is done here: two masks of one version differ in
the same modules whatever the content, so segno is asked for one, and the other seven are that one
with a pattern laid over it, which segno drew once.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from chalicelib.payments.symbols import Symbol

VERSION: Final = 4
SIDE: Final = 33
CHARS: Final = 62  # what version 4-M holds in bytes
_MASKS: Final = range(8)
# A row of the flattened symbol: its modules, and one light bit so that rows do not touch.
_STRIDE: Final = SIDE + 1


def encode(text: str) -> Symbol:
    """The symbol of an ASCII text of at most CHARS characters. ValueError for another."""
    if not text.isascii() or len(text) > CHARS:
        raise ValueError("a QR code of ours holds 62 characters of ASCII")
    flat = _flat(_rows(text, 0))
    turned = _turned(flat)
    best = min(
        ((flat ^ over, turned ^ over_turned) for over, over_turned in _overlays()),
        key=lambda both: penalty(*both),
    )[0]
    row = (1 << SIDE) - 1
    return Symbol(SIDE, tuple(best >> (at * _STRIDE) & row for at in reversed(range(SIDE))))


def _rows(text: str, mask: int) -> list[int]:
    import segno

    made = segno.make(
        text.encode(), version=VERSION, error="m", mode="byte", mask=mask, boost_error=False
    )
    return [int(bytes(row).translate(_DIGITS), 2) for row in made.matrix]


_DIGITS: Final = bytes.maketrans(b"\x00\x01", b"01")


def _flat(rows: list[int]) -> int:
    found = 0
    for row in rows:
        found = found << _STRIDE | row
    return found


def _turned(flat: int) -> int:
    """Rows and columns exchanged."""
    bits = f"{flat:0{_STRIDE * SIDE}b}"
    columns = (bits[1 + column :: _STRIDE] for column in range(SIDE))
    return _flat([int(column, 2) for column in columns])


@cache
def _overlays() -> tuple[tuple[int, int], ...]:
    """What turns mask 0 into each of the masks, as it is and turned."""
    first = _flat(_rows("0", 0))
    overlays = [first ^ _flat(_rows("0", mask)) for mask in _MASKS]
    return tuple((overlay, _turned(overlay)) for overlay in overlays)


# ------------------------------------------------------------------ penalty (section 7.8.3)
_EACH_ROW: Final = sum(1 << (at * _STRIDE) for at in range(SIDE))


def _columns(count: int) -> int:
    """A flattened mask of the rightmost `count` columns."""
    return ((1 << count) - 1) * _EACH_ROW


_ALL: Final = _columns(SIDE)
_PAIRS: Final = _columns(SIDE - 1)
_FINDERS: Final = _columns(SIDE - 6)
# The four modules on either side of a finder's likeness; what is outside the symbol is light.
_LEFT: Final = tuple((steps, _columns(SIDE - steps)) for steps in range(7, 11))
_RIGHT: Final = tuple((steps, _ALL & ~_columns(steps)) for steps in range(1, 5))


def penalty(flat: int, turned: int) -> int:
    """The sum of the four penalties of a symbol; the mask with the least is taken."""
    dark = flat.bit_count()
    uneven = abs(dark * 20 - SIDE * SIDE * 10) // (SIDE * SIDE)  # steps of 5 % away from a half
    runs = _runs(flat) + _runs(turned)
    return runs + _blocks(flat) + _finders(flat) + _finders(turned) + 10 * uneven


def _runs(flat: int) -> int:
    """N1: a run of five or more of one colour is its length less two."""
    same = ~(flat ^ flat >> 1) & _PAIRS
    long = same & same >> 1
    long &= long >> 2
    begun = long & ~(long << 1)
    return long.bit_count() + 2 * begun.bit_count()


def _blocks(flat: int) -> int:
    """N2: each square of four modules of one colour is three."""
    across = ~(flat ^ flat >> 1) & _PAIRS
    down = ~(flat ^ flat >> _STRIDE)
    both = across & across >> _STRIDE & down & (_PAIRS >> _STRIDE)
    return 3 * both.bit_count()


def _finders(flat: int) -> int:
    """N3: dark and light as 1:1:3:1:1, with four light modules before or after, is forty."""
    light = ~flat & _ALL
    core = flat & light >> 1 & flat >> 2 & flat >> 3 & flat >> 4 & light >> 5 & flat >> 6 & _FINDERS
    dark_left = dark_right = 0
    for steps, inside in _LEFT:
        dark_left |= flat >> steps & inside
    for steps, inside in _RIGHT:
        dark_right |= flat << steps & inside
    return 40 * (core & ~(dark_left & dark_right)).bit_count()
