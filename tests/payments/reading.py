"""A reader of codes that is not ours: ZXing, on pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import zxingcpp
from PIL import Image

from chalicelib.payments.symbols import Symbol

_FORMATS = [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix]


@dataclass(frozen=True)
class Found:
    """A code in a picture: `left`, `top` and `side` in pixels."""

    kind: str
    text: str
    version: str
    correction: str
    left: float
    top: float
    side: float


def codes_in(picture: Image.Image) -> list[Found]:
    """Every code of a picture, from its upper left to its lower right."""
    found = []
    for code in zxingcpp.read_barcodes(picture, formats=_FORMATS):
        extra: Any = code.extra
        place = code.position
        found.append(
            Found(
                str(code.format),
                code.bytes.decode("latin-1"),  # as encoded: `text` spells out control characters
                extra.get("Version", ""),
                extra.get("ECLevel", ""),
                place.top_left.x,
                place.top_left.y,
                (place.bottom_right.x - place.top_left.x + 1),
            )
        )
    return sorted(found, key=lambda one: (one.top, one.left))


def drawn(symbol: Symbol, turned: Iterable[tuple[int, int]] = (), scale: int = 5) -> Image.Image:
    """A picture of a symbol, with some modules (column, row) of the wrong colour."""
    picture = Image.new("L", (symbol.side + 8, symbol.side + 8), 255)
    for column, row, length in symbol.runs():
        picture.paste(0, (column + 4, row + 4, column + 4 + length, row + 5))
    for column, row in turned:
        place = (column + 4, row + 4)
        picture.putpixel(place, 255 - int(picture.getpixel(place)))  # type: ignore[arg-type]
    size = (picture.width * scale, picture.height * scale)
    return picture.resize(size, Image.Resampling.NEAREST)
