"""What cells say: amounts, days, years, codes. Pure; each gives a problem as ValueError(code).

Nothing is guessed: an amount or a day that could be two things is refused.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Final

from chalicelib.base import limits
from chalicelib.base.sheets import FORMULA, WRONG, Number
from chalicelib.base.taxids import is_person_code, is_vat_number
from chalicelib.payments.stamps import is_digest

_ITALIAN = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,([0-9]{1,2}))?", re.ASCII)
_ENGLISH = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{1,2}))?", re.ASCII)
# A point that groups stands before three digits: before one or two it can only be the decimal one.
_POINT = re.compile(r"[0-9]+\.[0-9]{1,2}", re.ASCII)
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00:00(?:\.0+)?)?", re.ASCII)
_MAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]+\.[^\s@<>,;.]{2,}")
_HEX_CHARS: Final = 64
_HEX = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
# What a computation in binary leaves of a cent; a tenth of a cent is somebody's mistake.
_NOISE: Final = Decimal("0.000001")
_FIRST_DAY: Final = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
# Excel counts a 29 February 1900: what lies before 1 March 1900 is nobody's due date.
_SERIALS: Final = range(61, 2_958_466)
_YEARS: Final = range(1950, 2101)
_DIGITS: Final = Context(prec=15)


def digest(cell: str) -> str:
    """A SHA-256 in base64, written so or as 64 hexadecimal digits. ValueError: stamp_document, and
    as `text`."""
    found = text(cell, _HEX_CHARS)
    if _HEX.fullmatch(found):
        found = b64encode(bytes.fromhex(found)).decode()
    if not is_digest(found):
        raise ValueError("stamp_document")
    return found


def text(cell: str, most: int) -> str:
    """A cell as text: blanks joined, composed as NFC.

    ValueError: formula, error_cell, characters, too_long.
    """
    if cell is FORMULA:
        raise ValueError("formula")
    if cell is WRONG:
        raise ValueError("error_cell")
    found = cell if cell.isascii() else unicodedata.normalize("NFC", cell)
    found = " ".join(found.split())
    if not found.isprintable():
        raise ValueError("characters")
    if isinstance(cell, Number):
        found = _whole(found)
    if len(found) > most:
        raise ValueError("too_long")
    return found


def _whole(number: str) -> str:
    """`2026.0`, `1E3` and `1.1000000000000001` as the workbook shows them: 15 digits are all it
    has."""
    if number.isdecimal():
        return number
    try:
        value = _DIGITS.create_decimal(number)
    except InvalidOperation:
        return number
    return f"{value.normalize():f}" if value.is_finite() and abs(value) < 10**15 else number


def cents(cell: str, decimal: str = ",") -> int:
    """An amount in cents. `decimal` is the mark that texts are written with; numbers of a workbook
    have a point. ValueError: amount, amount_range, and as `text`."""
    said = text(cell, 40)
    value = _number(cell) if isinstance(cell, Number) else _written(said, decimal)
    scaled = value * 100
    found = scaled.to_integral_value()
    if abs(scaled - found) > _NOISE * 100:
        raise ValueError("amount")
    if not 1 <= found <= limits.AMOUNT_CENTS:
        raise ValueError("amount_range")
    return int(found)


def _number(cell: str) -> Decimal:
    try:
        value = Decimal(cell)
    except InvalidOperation as error:
        raise ValueError("amount") from error
    if not value.is_finite() or abs(value) > 10**12:
        raise ValueError("amount_range")
    return value


def _written(said: str, decimal: str) -> Decimal:
    plain = said.removeprefix("€").removesuffix("€").removesuffix("EUR").strip()
    if decimal == ",":
        if _ITALIAN.fullmatch(plain):
            return Decimal(plain.replace(".", "").replace(",", "."))
        if _POINT.fullmatch(plain):
            return Decimal(plain)
    elif _ENGLISH.fullmatch(plain):
        return Decimal(plain.replace(",", ""))
    raise ValueError("amount")


def day(cell: str, from_1904: bool = False) -> date:
    """A day: a workbook's number, dd/mm/yyyy or yyyy-mm-dd. ValueError: day, and as `text`."""
    said = text(cell, 40)
    try:
        if isinstance(cell, Number):
            number = Decimal(cell)
            if not number.is_finite() or int(number) not in _SERIALS:
                raise ValueError("day")
            # A time of day behind the point changes nothing.
            found = _FIRST_DAY[from_1904] + timedelta(days=int(number))
        elif written := _DAY.fullmatch(said):
            found = date(int(written[3]), int(written[2]), int(written[1]))
        elif written := _ISO.fullmatch(said):
            found = date(int(written[1]), int(written[2]), int(written[3]))
        else:
            raise ValueError("day")
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise ValueError("day") from error
    if found.year not in _YEARS:
        raise ValueError("day")
    return found


def year(cell: str) -> int:
    """ValueError: year."""
    said = text(cell, 40)
    if len(said) != 4 or not said.isdecimal() or int(said) not in _YEARS:
        raise ValueError("year")
    return int(said)


def tax_code(cell: str) -> str:
    """A codice fiscale or partita IVA, in capitals. ValueError: tax_code.

    A workbook that took eleven digits for a number has dropped the zeros before them.
    """
    said = text(cell, 40).replace(" ", "").upper()
    if isinstance(cell, Number) and said.isdecimal() and len(said) < 11:
        said = said.zfill(11)
    said = said.removeprefix("IT") if len(said) == 13 else said
    if not (is_vat_number(said) or is_person_code(said)):
        raise ValueError("tax_code")
    return said


def mail(cell: str) -> str:
    """An address, as it is written. ValueError: mail."""
    said = text(cell, 254)
    if not _MAIL.fullmatch(said):
        raise ValueError("mail")
    return said


def word(cell: str, known: dict[str, str]) -> str:
    """One of a list, whatever its case and accents. ValueError: unknown."""
    said = folded(text(cell, 60))
    for name, found in known.items():
        if said == folded(name):
            return found
    raise ValueError("unknown")


def folded(said: str) -> str:
    """What is the same however it is written: case, accents, blanks, marks."""
    plain = unicodedata.normalize("NFKD", said.casefold())
    return "".join(sign for sign in plain if sign.isalnum())
