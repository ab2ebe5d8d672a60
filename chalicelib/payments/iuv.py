"""Notice numbers and what is inside them: IUV, segregation code, check digits. Pure.

Source: SACI 3.x as pagopa.md section 1 has it. The notice number (NAV, "codice avviso") is 18
digits: aux digit and 17 more. We make only aux 3: `3`, the two digits of the segregation code,
13 digits of our own, and two check digits, which are the 16 digits before them modulo 93. What
others made is read leniently: aux 0, 1 and 2 exist on paper, test environments use others and
wrong check digits, and a PSP is not obliged to look at them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from chalicelib.base.errors import Rejected

AUX: Final = "3"
BASE_MAX: Final = 10**13 - 1  # 13 digits
_MODULUS: Final = 93
_SEGREGATION = re.compile(r"[0-9]{2}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{18}", re.ASCII)
_IUV = re.compile(r"[0-9]{17}", re.ASCII)
# What people and forms put between the groups of four.
_BETWEEN = re.compile(r"[\s\u00a0.\-]+")
# ISO 11649: "RF", two check digits, 1 to 21 letters and digits.
_RF = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}", re.ASCII)
_REFERENCE = re.compile(r"[0-9A-Z]{1,21}", re.ASCII)


@dataclass(frozen=True)
class NoticeNumber:
    """A notice number taken apart.

    `application` is aux 0's application code, `segregation` aux 3's segregation code, "" where
    there is none; `checked` whether the check digits are right, None where the aux digit has none
    (1) or no rule that we know (4 to 9).
    """

    digits: str
    aux: str
    application: str
    segregation: str
    iuv: str
    checked: bool | None


def make(segregation: str, base: int) -> str:
    """The IUV (17 digits) of a number of ours, 0 to BASE_MAX, under a segregation code (2 digits).

    Raises Rejected `segregation_code_malformed`, `iuv_exhausted`.
    """
    if not _SEGREGATION.fullmatch(segregation):
        raise Rejected("segregation_code_malformed", "A segregation code is two digits.")
    if not 0 <= base <= BASE_MAX:
        raise Rejected("iuv_exhausted", "There is no IUV of that number.", greatest=BASE_MAX)
    body = f"{segregation}{base:013d}"
    return f"{body}{_check(AUX + body)}"


def notice_number(iuv: str) -> str:
    """The notice number of an IUV that we made. Raises as `verify`."""
    return verify(AUX + iuv)


def verify(number: str) -> str:
    """The number itself, if it could be one of ours: aux 3 and the right check digits.

    Raises Rejected `notice_number_malformed`, `notice_number_not_ours`, `notice_number_check`.
    """
    if not _NUMBER.fullmatch(number):
        raise _malformed()
    if number[0] != AUX:
        raise Rejected("notice_number_not_ours", "We make notice numbers that begin with 3.")
    if number[16:] != _check(number[:16]):
        raise Rejected("notice_number_check", "The check digits of the notice number are wrong.")
    return number


def parse(text: str) -> NoticeNumber:
    """A notice number as somebody typed it or as another system has it; blanks, points and hyphens
    between its digits are nothing. Wrong check digits are told, not refused.

    Raises Rejected `notice_number_malformed` for anything but 18 digits.
    """
    digits = _BETWEEN.sub("", text)
    if not _NUMBER.fullmatch(digits):
        raise _malformed()
    aux = digits[0]
    checked = digits[16:] == _check(digits[:16]) if aux in "023" else None
    return NoticeNumber(
        digits=digits,
        aux=aux,
        application=digits[1:3] if aux == "0" else "",
        segregation=digits[1:3] if aux == "3" else "",
        iuv=digits[3:] if aux == "0" else digits[1:],
        checked=checked,
    )


def iuv_of(number: str) -> str:
    """The IUV of a notice number. Raises as `parse`."""
    return parse(number).iuv


def is_ours(iuv: str) -> bool:
    """Whether a text is an IUV that `make` could have made."""
    return _IUV.fullmatch(iuv) is not None and iuv[15:] == _check(AUX + iuv[:15])


def grouped(number: str) -> str:
    """As the notice prints it: 4-4-4-4-2, 22 characters for a notice number."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _check(sixteen: str) -> str:
    return f"{int(sixteen) % _MODULUS:02d}"


def _malformed() -> Rejected:
    return Rejected("notice_number_malformed", "A notice number is 18 digits.")


# ------------------------------------------------------------------ RF creditor reference
def make_rf(reference: str) -> str:
    """The RF creditor reference (ISO 11649) of 1 to 21 letters and digits; case is nothing.

    Raises Rejected `rf_reference_malformed`.
    """
    text = reference.upper()
    if not _REFERENCE.fullmatch(text):
        raise Rejected("rf_reference_malformed", "A reference is 1 to 21 letters and digits.")
    return f"RF{98 - _numeric(text + 'RF00') % 97:02d}{text}"


def is_rf(text: str) -> bool:
    """Whether it is an RF reference with the right check digits, however it is grouped.

    To show a doubt by, not to refuse by: PagoPA's own documentation prints one that is wrong.
    """
    whole = "".join(text.split()).upper()
    return _RF.fullmatch(whole) is not None and _numeric(whole[4:] + whole[:4]) % 97 == 1


def _numeric(text: str) -> int:
    """Letters as two digits, A = 10 to Z = 35."""
    return int("".join(str(int(sign, 36)) for sign in text))
