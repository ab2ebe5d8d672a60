"""Whether an Italian fiscal identifier can exist at all: form, check digit, date of birth.

Written from the descriptions of DM 23 December 1976 (codice fiscale, omocodia) and of the Partita
IVA (facts §7), step by step as they stand there, and apart from the product's own arithmetic.
"""

from __future__ import annotations

from calendar import monthrange

# The decree's table for the characters in odd places (the first, the third, ...).
# fmt: off
_ODD_PLACES = {
    "0": 1, "1": 0, "2": 5, "3": 7, "4": 9, "5": 13, "6": 15, "7": 17, "8": 19, "9": 21,
    "A": 1, "B": 0, "C": 5, "D": 7, "E": 9, "F": 13, "G": 15, "H": 17, "I": 19, "J": 21, "K": 2,
    "L": 4, "M": 18, "N": 20, "O": 11, "P": 3, "Q": 6, "R": 8, "S": 12, "T": 14, "U": 16, "V": 10,
    "W": 22, "X": 25, "Y": 24, "Z": 23,
}
# fmt: on
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"
# What stands for 0 to 9 when two people would have the same code.
_REPLACEMENTS = "LMNPQRSTUV"
_MONTHS = "ABCDEHLMPRST"
_FEMALE_DAYS = 40
# Where a person's code has digits, counted from 0.
_DIGIT_PLACES = (6, 7, 9, 10, 12, 13, 14)
# Two digits of a year do not tell the century: a leap year of either will do.
_CENTURIES = (1900, 2000)


def is_vat_number(code: str) -> bool:
    """Whether `code` has eleven digits of which the last is the check digit of the others."""
    if len(code) != 11 or any(sign not in _DIGITS for sign in code) or not int(code):
        return False
    odd = [int(sign) for sign in code[0:10:2]]
    even = [int(sign) for sign in code[1:10:2]]
    total = sum(odd) + 2 * sum(even) + sum(1 for digit in even if digit >= 5)
    return int(code[10]) == (10 - total % 10) % 10


def is_person_code(code: str) -> bool:
    """Whether `code` is a person's: sixteen capitals and digits, a day that was, its control
    letter."""
    if len(code) != 16 or any(sign not in _LETTERS + _DIGITS for sign in code):
        return False
    plain = list(code)
    for place in _DIGIT_PLACES:
        if code[place] in _REPLACEMENTS:
            plain[place] = str(_REPLACEMENTS.index(code[place]))
        if plain[place] not in _DIGITS:
            return False
    letters = [code[place] for place in range(16) if place not in _DIGIT_PLACES]
    if any(sign not in _LETTERS for sign in letters):
        return False
    if not _was_a_day("".join(plain[6:8]), code[8], "".join(plain[9:11])):
        return False
    return code[15] == _control_letter(code[:15])


def is_tax_code(code: str) -> bool:
    """A person's, or eleven digits: of a company, an office, or a person's provisional one."""
    return is_person_code(code) or is_vat_number(code)


def _was_a_day(year: str, month: str, day: str) -> bool:
    """Whether the date of birth in a code is one of the calendar; women's days begin at 41."""
    if month not in _MONTHS:
        return False
    of_month = int(day) - _FEMALE_DAYS if int(day) > _FEMALE_DAYS else int(day)
    longest = max(
        monthrange(century + int(year), _MONTHS.index(month) + 1)[1] for century in _CENTURIES
    )
    return 1 <= of_month <= longest


def _control_letter(code: str) -> str:
    """The letter that closes the fifteen characters of `code`."""
    total = 0
    for place, sign in enumerate(code, start=1):
        if place % 2:
            total += _ODD_PLACES[sign]
        else:
            total += int(sign) if sign in _DIGITS else _LETTERS.index(sign)
    return _LETTERS[total % 26]
