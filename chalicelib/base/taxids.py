"""Check digits of Italian tax identifiers, and the look of foreign ones.

Sources: fatturapa.md section 7 (Partita IVA; codice fiscale with omocodia, DM 23 December 1976).
A right check digit does not make an identifier exist: only the registry knows that.
"""

from __future__ import annotations

import re

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Letters that stand for the digits 0-9 when two people would have the same code.
_OMOCODIA = "LMNPQRSTUV"
_DIGIT = "[0-9LMNPQRSTUV]"
_PERSON = re.compile(
    rf"[A-Z]{{6}}({_DIGIT}{{2}})([ABCDEHLMPRST])({_DIGIT}{{2}})[A-Z]{_DIGIT}{{3}}[A-Z]"
)
# The last day of each month by its letter; February has 29 in the leap years of either century.
_LAST_DAY = dict(zip("ABCDEHLMPRST", (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))
_TO_DIGIT = str.maketrans(_OMOCODIA, "0123456789")
# The weight of each letter in an odd place, by its place in the alphabet; a digit weighs as the
# letter of that place (0 as A, 1 as B).
_ODD_WEIGHTS = (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
)  # fmt: skip
_EVEN = {sign: place for place, sign in enumerate(_ALPHABET)} | {str(n): n for n in range(10)}
_ODD = {sign: _ODD_WEIGHTS[place] for sign, place in _EVEN.items()}
# From the byte of a digit to what it weighs in an odd and in an even place of a Partita IVA.
_ONCE = bytes.maketrans(b"0123456789", bytes(range(10)))
_TWICE = bytes.maketrans(b"0123456789", bytes(n * 2 - 9 * (n > 4) for n in range(10)))
_ELEVEN = re.compile(r"[0-9]{11}")

# fmt: off
_UNION = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
})
# fmt: on
_FOREIGN = re.compile(r"[0-9A-Z+*]{2,13}")


def is_vat_number(code: str) -> bool:
    """Whether an Italian Partita IVA (11 digits, no country) has its right check digit."""
    if not _ELEVEN.fullmatch(code) or code == "00000000000":
        return False
    digits = code.encode()
    return (sum(digits[::2].translate(_ONCE)) + sum(digits[1::2].translate(_TWICE))) % 10 == 0


def is_person_code(code: str) -> bool:
    """Whether a codice fiscale of a person (16 characters, capitals) can be one: its form, a day
    of birth that was, its control letter."""
    found = _PERSON.fullmatch(code)
    if found is None:
        return False
    year, month, day = found[1].translate(_TO_DIGIT), found[2], int(found[3].translate(_TO_DIGIT))
    leap = month == "B" and int(year) % 4 == 0
    # A woman's day has forty more.
    if not 1 <= day - 40 * (day > 40) <= _LAST_DAY[month] + leap:
        return False
    total = sum(_ODD[sign] for sign in code[:15:2]) + sum(_EVEN[sign] for sign in code[1:15:2])
    return _ALPHABET[total % 26] == code[15]


def is_tax_code(code: str) -> bool:
    """A codice fiscale of either kind: of a person, or eleven digits as a Partita IVA."""
    return is_vat_number(code) if len(code) == 11 else is_person_code(code)


def is_foreign_plausible(country: str, code: str) -> bool:
    """Whether a foreign IdCodice looks like one; lenient, since each country has its own rule.

    In the Union it has 2 to 13 letters and digits and does not repeat the country before them
    (the usual slip). Seven zeros are the usual filler for a person without a VAT number.
    """
    if country not in _UNION:
        return True
    if not _FOREIGN.fullmatch(code.upper()):
        return False
    # A French key of two letters may be FR by chance: there only the length tells.
    longest = 11 if country == "FR" else 9
    return not (code.upper().startswith(country) and len(code) > longest)
