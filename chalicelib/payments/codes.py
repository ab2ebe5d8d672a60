"""What the codes of a notice say: the QR code of every payment, the Data Matrix of a Poste slip.

Source: pagopa.md sections 3.4 and 3.5. Pure; the symbols themselves are made in `qr` and
`datamatrix`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from chalicelib.base import limits
from chalicelib.base.errors import Rejected

SLIP_CHARS: Final = 256
DOCUMENT_TYPE: Final = "896"
PHASE: Final = "P1"  # printed beside the notice number as "Tipo"
ANONYMOUS: Final = "ANONIMO"
_NAME_CHARS: Final = 40
_SUBJECT_CHARS: Final = 110
_FILLER: Final = " " * 12
_ELEVEN = re.compile(r"[0-9]{11}", re.ASCII)
_EIGHTEEN = re.compile(r"[0-9]{18}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{1,12}", re.ASCII)
_DEBTOR = re.compile(r"[0-9A-Z]{2,16}", re.ASCII)
# Poste's manual, by the two implementations that keep to it; anything else becomes a blank.
_FOREIGN = re.compile(r"[^0-9A-Z &',\-.:_]")
# What has no decomposition into a letter and an accent.
_SPELT: Final = str.maketrans({
    "ß": "ss", "ẞ": "SS", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o",
    "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Ł": "L", "ł": "l", "Þ": "TH", "þ": "th", "ı": "i",
    "’": "'", "‘": "'", "–": "-", "—": "-",
})  # fmt: skip


def qr_text(number: str, creditor: str, cents: int) -> str:
    """`PAGOPA|002|<notice number>|<fiscal code>|<cents>`: what payment apps read.

    Raises Rejected `notice_number_malformed`, `creditor_code_malformed`, `amount_out_of_range`.
    """
    _check(number, creditor, cents, limits.AMOUNT_CENTS)
    return f"PAGOPA|002|{number}|{creditor}|{cents:02d}"


def slip_text(
    *,
    number: str,
    account: str,
    cents: int,
    creditor: str,
    debtor: str,
    debtor_name: str,
    subject: str,
) -> str:
    """The 256 characters of a Poste slip's Data Matrix.

    `account` is the postal account (up to 12 digits), `debtor` the fiscal code or VAT number of who
    pays, "" where it is not known. Texts are put in capitals of ASCII and cut. Raises Rejected as
    `qr_text`, `amount_over_poste`, `postal_account_malformed`, `debtor_code_malformed`.
    """
    _check(number, creditor, cents, limits.AMOUNT_CENTS)
    if cents > limits.AMOUNT_POSTE_CENTS:
        raise Rejected(
            "amount_over_poste",
            "A Poste slip asks for 99,999,999.99 euro at most.",
            most=limits.AMOUNT_POSTE_CENTS,
        )
    if not _ACCOUNT.fullmatch(account):
        raise Rejected("postal_account_malformed", "A postal account is up to 12 digits.")
    payer = debtor.upper() or ANONYMOUS
    if not _DEBTOR.fullmatch(payer):
        raise Rejected("debtor_code_malformed", "A fiscal code is 2 to 16 letters and digits.")
    line = f"18{number}12{account:0>12}10{cents:010d}3{DOCUMENT_TYPE}"
    name = capitals(debtor_name, _NAME_CHARS) or ANONYMOUS
    reason = capitals(subject, _SUBJECT_CHARS)
    found = (
        f"codfase=NBPA;{line}1{PHASE}{creditor}{payer:<16}{name:<{_NAME_CHARS}}"
        f"{reason:<{_SUBJECT_CHARS}}{_FILLER}A"
    )
    assert len(found) == SLIP_CHARS, len(found)
    return found


def capitals(text: str, chars: int) -> str:
    """A text as Poste's readers take it: capitals without accents, and few marks.

    Of the four implementations that are known one writes texts as they are; capitals are read by
    all.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_SPELT))
    ascii_only = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _FOREIGN.sub(" ", ascii_only.upper())[:chars].rstrip()


def _check(number: str, creditor: str, cents: int, most: int) -> None:
    if not _EIGHTEEN.fullmatch(number):
        raise Rejected("notice_number_malformed", "A notice number is 18 digits.")
    if not _ELEVEN.fullmatch(creditor):
        raise Rejected(
            "creditor_code_malformed", "The fiscal code of a creditor institution is 11 digits."
        )
    if not 1 <= cents <= most:
        raise Rejected(
            "amount_out_of_range", "A notice asks for 0.01 to 999,999,999.99 euro.", most=most
        )
