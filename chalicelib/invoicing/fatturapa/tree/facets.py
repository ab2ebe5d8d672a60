"""What a leaf of the tree may hold: one small value for each way the schemas restrict text.

`fault_of` judges a lexical form as the official schemas do (XSD 1.0 part 2), so that a tree can be
checked, or filled, without the schema at hand. libxml2 differs from XSD in two places, where this
follows XSD: it refuses blanks around a day and passes over strange characters in base64.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Charset = Literal["basic", "latin", "any"]

_BASIC_MAX, _LATIN_MAX = 0x7F, 0xFF
# XML 1.0 production [2]: what a document may hold at all.
_CHARACTERS = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_BLANKS = re.compile(r"[ \t\n\r]+")
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?"
_DAY = re.compile(rf"(-?(?:[1-9]\d{{4,}}|\d{{4}}))-(\d\d)-(\d\d){_ZONE}", re.ASCII)
_MOMENT = re.compile(
    rf"(-?(?:[1-9]\d{{4,}}|\d{{4}}))-(\d\d)-(\d\d)T"
    rf"(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?){_ZONE}",
    re.ASCII,
)
# The bits of the last character that stand for no byte are zero (XSD part 2, 3.2.16).
_BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?"
)


@dataclass(frozen=True)
class Text:
    """A normalizedString of `low` to `high` characters, up to U+007F, U+00FF or any.

    `collapse`: blanks at the ends and repeated do not count (TitoloType).
    """

    name: str
    charset: Charset
    low: int
    high: int
    collapse: bool = False


@dataclass(frozen=True)
class Code:
    """A text of a fixed form; `high` is the most characters. Blanks count, as in xs:string."""

    name: str
    pattern: str
    low: int
    high: int


@dataclass(frozen=True)
class Choice:
    """One word of a closed list."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Number:
    """A decimal of at most `whole` digits before the point and `low` to `high` after it."""

    name: str
    whole: int
    low: int
    high: int
    negative: bool = False
    top: Decimal | None = None


@dataclass(frozen=True)
class Whole:
    """An integer between two bounds."""

    name: str
    low: int
    high: int


@dataclass(frozen=True)
class Day:
    """A calendar day, with a time zone or without; not before `first` (ISO)."""

    name: str
    first: str = ""


@dataclass(frozen=True)
class Moment:
    """A day and an hour, with a time zone or without."""

    name: str


@dataclass(frozen=True)
class Base64:
    """Bytes in base64, broken into lines or not, perhaps none."""

    name: str


Facet = Text | Code | Choice | Number | Whole | Day | Moment | Base64


def _collapsed(written: str) -> str:
    return _BLANKS.sub(" ", written).strip(" ")


def within(charset: Charset, text: str) -> bool:
    """Whether every character is one that the field may hold."""
    if charset == "any":
        return True
    top = _BASIC_MAX if charset == "basic" else _LATIN_MAX
    return all(ord(character) <= top for character in text)


def _is_day(match: re.Match[str] | None) -> bool:
    if match is None:
        return False
    year = int(match[1])
    try:
        # Years beyond Python's are the schema's business too: any leap year of the cycle will do.
        date(2000 + year % 400, int(match[2]), int(match[3]))
    except ValueError:
        return False
    return year != 0


def _number_fault(facet: Number, written: str) -> str:
    sign = "-?" if facet.negative else ""
    low, high = facet.low, facet.high
    if not re.fullmatch(rf"{sign}[0-9]{{1,{facet.whole}}}\.[0-9]{{{low},{high}}}", written):
        return "form"
    return "range" if facet.top is not None and Decimal(written) > facet.top else ""


def _whole_fault(facet: Whole, written: str) -> str:
    if not re.fullmatch(r"[+-]?[0-9]+", written):
        return "form"
    return "" if facet.low <= int(written) <= facet.high else "range"


def _day_fault(facet: Day, written: str) -> str:
    if not _is_day(_DAY.fullmatch(written)):
        return "form"
    return "range" if facet.first and written[:10] < facet.first else ""


def _text_fault(facet: Text, written: str) -> str:
    counted = _collapsed(written) if facet.collapse else written
    if not within(facet.charset, counted):
        return "characters"
    return "" if facet.low <= len(counted) <= facet.high else "length"


def _code_fault(facet: Code, written: str) -> str:
    if not facet.low <= len(written) <= facet.high:
        return "length"
    return "" if re.fullmatch(facet.pattern, written, re.DOTALL) else "form"


def fault_of(facet: Facet, written: str) -> str:
    """What is wrong with a lexical form: "characters", "length", "form", "range", "value" or ""."""
    if not _CHARACTERS.fullmatch(written):
        return "characters"
    match facet:
        case Text():
            return _text_fault(facet, written)
        case Code():
            # An e-mail address is an xs:token: its blanks are collapsed before it is judged.
            token = facet.name == "EmailType"
            return _code_fault(facet, _collapsed(written) if token else written)
        case Choice():
            return "" if written in facet.values else "value"
        case Number():
            return _number_fault(facet, _collapsed(written))
        case Whole():
            return _whole_fault(facet, _collapsed(written))
        case Day():
            return _day_fault(facet, _collapsed(written))
        case Moment():
            return "" if _is_day(_MOMENT.fullmatch(_collapsed(written))) else "form"
        case Base64():
            return "" if _BASE64.fullmatch(_BLANKS.sub("", written)) else "form"
