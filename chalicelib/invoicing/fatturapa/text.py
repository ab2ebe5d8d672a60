"""Any text in the characters that a FatturaPA field may hold.

Source: fatturapa.md section 1 (text types). The fields of the format take Basic Latin (U+0000 to
U+007F) or that and the Latin-1 Supplement (up to U+00FF): no euro sign, no curly quotes, no dashes.
Texts come from keyboards, word processors and registries of all Europe, so what can be written
otherwise is: the sense of a text is kept, its typography is not.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from chalicelib.invoicing.fatturapa.tree.facets import Charset, within

# What no decomposition of Unicode gives. Left: characters; right: what is written for each.
_WORDS = {
    "‘’‚‛′‵ʹʻʼˈ`´": "'",
    "“”„‟″〝〞": '"',
    "‐‑‒–—―−﹘﹣－⁃": "-",
    "•‣◦∙⋅●▪■◆": "-",
    "‹›": "'",
    "⁄∕": "/",
    "∼˜～": "~",
    "≤": "<=",
    "≥": ">=",
    "≠": "<>",
    "≈": "~",
    "→⇒➔": "->",
    "←⇐": "<-",
    "∞": "infinito",
    "√": "radice ",
    "‰": " per mille",
    "€": "EUR",
    "₤": "GBP",
    "₣": "FRF",
    "₽": "RUB",
    "₺": "TRY",
    "₴": "UAH",
    "₹": "INR",
    "₿": "BTC",
    "œ": "oe",
    "Œ": "OE",
    "ĳ": "ij",
    "Ĳ": "IJ",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ħ": "h",
    "Ħ": "H",
    "ı": "i",
    "ŋ": "ng",
    "Ŋ": "NG",
    "ŧ": "t",
    "Ŧ": "T",
    "ſ": "s",
    "ẞ": "SS",
    "ə": "e",
    "Ə": "E",
    "ƒ": "f",
    "✓✔☑": "x",
    "☐": "o",
}
# Latin-1 characters where only Basic Latin may stand.
_BASIC_WORDS = {
    "¡": "!",
    "¢": "c",
    "£": "GBP",
    "¤": "",
    "¥": "JPY",
    "¦": "|",
    "§": "par.",
    "©": "(C)",
    "«»": '"',
    "¬": "-",
    "®": "(R)",
    "°": "o",
    "±": "+/-",
    "¶": "",
    "·": ".",
    "¿": "?",
    "×": "x",
    "÷": "/",
    "Æ": "AE",
    "æ": "ae",
    "Ð": "D",
    "ð": "d",
    "Ø": "O",
    "ø": "o",
    "Þ": "Th",
    "þ": "th",
    "ß": "ss",
    "µ": "u",
    "¯": "-",
    "¨": '"',
    "¸": ",",
}
# ISO 9 without diacritics, and ELOT 743: names of people and places must at least be readable.
_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґђјљњћџ"
_CYRILLIC_WORDS = (
    "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch ' y ' e iu ia "
    "ie i i g dj j lj nj c dz"
)
_GREEK = "αβγδεζηθικλμνξοπρσςτυφχψω"
_GREEK_WORDS = "a v g d e z i th i k l m n x o p r s s t y f ch ps o"


def _table() -> dict[str, str]:
    made = {sign: word for signs, word in _WORDS.items() for sign in signs}
    letters = zip(_CYRILLIC + _GREEK, f"{_CYRILLIC_WORDS} {_GREEK_WORDS}".split(), strict=True)
    for small, word in letters:
        made[small] = word
        made.setdefault(small.upper(), word.capitalize())
    return made


_TABLE = _table()
_BASIC_TABLE = {sign: word for signs, word in _BASIC_WORDS.items() for sign in signs}
# Nobody writes C1 controls: they are windows-1252 that somebody read as ISO-8859-1.
_C1 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
# Letters and numbers carry sense; symbols, marks and invisible characters may go.
_SENSE = frozenset("LN")
_BLANK = " "
_EXTENSION_CHARS = 5


@dataclass(frozen=True)
class Fitted:
    """A text that fits, and the letters that have no equivalent and are not in it."""

    text: str
    lost: str


@lru_cache(maxsize=4096)
def _written(sign: str, charset: Charset) -> str | None:
    """What is written for one character; None when nothing can be."""
    if sign.isspace() or unicodedata.category(sign) == "Zs":
        return _BLANK
    if sign < " " or sign in "\x7f\xad":
        return ""
    if within(charset, sign):
        return sign
    table = _BASIC_TABLE | _TABLE if charset == "basic" else _TABLE
    if sign in table:
        return table[sign]
    parts = unicodedata.normalize("NFKD", sign)
    if parts != sign:
        words = [_written(part, charset) for part in parts if not unicodedata.combining(part)]
        if words and None not in words:
            return "".join(word or "" for word in words)
    return None if unicodedata.category(sign)[0] in _SENSE else ""


def fit(text: str, charset: Charset) -> Fitted:
    """A text in the characters of a field, on one line, without blanks at its ends or doubled.

    "basic" and "latin" are those of the format; "any" only loses what no XML may hold.
    """
    plain = unicodedata.normalize("NFC", text.translate(_C1))
    words, lost = [], []
    for sign in plain:
        if 0xD800 <= ord(sign) <= 0xDFFF or ord(sign) & 0xFFFE == 0xFFFE:
            continue
        word = _written(sign, charset)
        if word is None:
            lost.append(sign)
        else:
            words.append(word)
    return Fitted(" ".join("".join(words).split()), "".join(lost))


def split(text: str, chars: int) -> tuple[str, ...]:
    """A fitted text in pieces of at most `chars`, broken at blanks where there are any."""
    pieces = []
    while len(text) > chars:
        # A piece may end just before a blank, hence the one character more.
        cut = text.rfind(_BLANK, 1, chars + 1)
        cut = cut if cut > 0 else chars
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return (*pieces, text) if text else tuple(pieces)


def shorten(text: str, chars: int) -> str:
    """The beginning of a text; a file name keeps its extension."""
    if len(text) <= chars:
        return text
    stem, dot, end = text.rpartition(".")
    if stem and dot and len(end) <= _EXTENSION_CHARS and end.isalnum() and end[0].isalpha():
        return stem[: chars - len(end) - 1].rstrip() + dot + end
    return text[:chars].rstrip()
