"""What a notice says. Each value checks itself, so a notice that exists can be printed.

Source: pagopa.md section 3.2 (fields and limits). Amounts are cents, days are Europe/Rome's.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts
from chalicelib.payments.notice.words import WORDS, Second

SUBJECT_CHARS: Final = 90
NAME_CHARS: Final = 50
INFO_CHARS: Final = 100
LINK_CHARS: Final = 100
DEBTOR_NAME_CHARS: Final = 70
ADDRESS_CHARS: Final = 140
ADDRESS_LINES: Final = 4
AUTHORISATION_CHARS: Final = 60

_CREDITOR = re.compile(r"[0-9]{11}", re.ASCII)
_DEBTOR = re.compile(r"[0-9A-Z]{2,16}", re.ASCII)
_CBILL = re.compile(r"[0-9A-Z]{5,7}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{18}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{1,12}", re.ASCII)
_LINK = re.compile(r"https://[!-~]+", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)
_IUV = re.compile(r"[0-9A-Z]{1,35}", re.ASCII)


def _plain(text: str, field: str, most: int, *, needed: bool = True) -> None:
    if needed and not text.strip():
        raise Rejected("notice_field_empty", "Something is missing on the notice.", field=field)
    if len(text) > most:
        raise Rejected(
            "notice_field_too_long",
            "A text is too long for the notice.",
            field=field,
            limit_chars=most,
        )
    if any(unicodedata.category(sign).startswith("C") for sign in text):
        raise Rejected(
            "notice_field_characters", "A text has characters that cannot be printed.", field=field
        )


def _formed(text: str, pattern: re.Pattern[str], code: str, message: str) -> None:
    if not pattern.fullmatch(text):
        raise Rejected(code, message)


@dataclass(frozen=True)
class Postal:
    """The postal account of a creditor institution, and Poste's leave to print slips for it."""

    account: str  # up to 12 digits
    holder: str
    authorisation: str  # "AUT. DB/xxxx/xxx xxxxx DEL xx/xx/xxxx"

    def __post_init__(self) -> None:
        _formed(
            self.account,
            _ACCOUNT,
            "postal_account_malformed",
            "A postal account is up to 12 digits.",
        )
        _plain(self.holder, "holder", NAME_CHARS)
        _plain(self.authorisation, "authorisation", AUTHORISATION_CHARS)


@dataclass(frozen=True)
class Creditor:
    """Who asks. `site`: whether its own site takes payments; `counter`: where else it does.

    `info` is how people reach it; `logo` the bytes of a PNG or SVG, b"" for none.
    """

    code: str
    name: str
    sector: str = ""
    info: str = ""
    cbill: str = ""
    site: bool = False
    counter: str = ""
    postal: Postal | None = None
    logo: bytes = b""

    def __post_init__(self) -> None:
        _formed(
            self.code,
            _CREDITOR,
            "creditor_code_malformed",
            "The fiscal code of a creditor institution is 11 digits.",
        )
        _plain(self.name, "creditor_name", NAME_CHARS)
        _plain(self.sector, "sector", NAME_CHARS, needed=False)
        _plain(self.info, "info", INFO_CHARS, needed=False)
        _plain(self.counter, "counter", NAME_CHARS, needed=False)
        if self.cbill:
            _formed(self.cbill, _CBILL, "cbill_malformed", "A CBILL code is 5 capitals and digits.")


@dataclass(frozen=True)
class Debtor:
    """Who is asked. `code` is the codice fiscale or VAT number, `address` its lines as posted."""

    code: str
    name: str
    address: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _formed(
            self.code,
            _DEBTOR,
            "debtor_code_malformed",
            "A fiscal code is 2 to 16 capitals and digits.",
        )
        _plain(self.name, "debtor_name", DEBTOR_NAME_CHARS)
        for line in self.address:
            _plain(line, "address", ADDRESS_CHARS)
        _plain(" ".join(self.address), "address", ADDRESS_CHARS, needed=False)
        if len(self.address) > ADDRESS_LINES:
            raise Rejected(
                "notice_field_too_long",
                "An address has four lines at most.",
                field="address",
                limit_lines=ADDRESS_LINES,
            )


@dataclass(frozen=True)
class Payment:
    """One notice number: what it asks for, and by when (None: no due date). `rate`: which
    instalment of its plan it is; 0 for the whole, and for instalments that are counted as they
    stand."""

    number: str
    cents: int
    due: date | None = None
    rate: int = 0

    def __post_init__(self) -> None:
        _formed(self.number, _NUMBER, "notice_number_malformed", "A notice number is 18 digits.")
        amounts.check(self.cents)


@dataclass(frozen=True)
class Notice:
    """A whole notice: payable at once (`whole`), in `instalments`, or either way.

    `varying`: whether the amount may be another one when it is paid (the guide then wants a
    sentence). `second` sets a second language beside Italian. `link` is where the debtor finds the
    position on the portal.
    """

    creditor: Creditor
    debtor: Debtor
    subject: str
    whole: Payment | None = None
    instalments: tuple[Payment, ...] = ()
    varying: bool = True
    second: Second | None = None
    link: str = ""

    def __post_init__(self) -> None:
        _plain(self.subject, "subject", SUBJECT_CHARS)
        if self.second is not None and (self.second not in WORDS):
            raise Rejected("notice_language", "There are no fixed texts in that language.")
        if self.link:
            _plain(self.link, "link", LINK_CHARS)
            _formed(self.link, _LINK, "notice_link", "A link begins with https:// and is ASCII.")
        count = len(self.instalments)
        if count == 1 or count > limits.INSTALMENTS:
            raise Rejected(
                "instalments_count", "So many instalments cannot be made.", most=limits.INSTALMENTS
            )
        if not self.payments:
            raise Rejected("notice_without_payment", "The notice asks for nothing.")
        if len({payment.number for payment in self.payments}) < len(self.payments):
            raise Rejected("notice_number_repeated", "A notice number stands on it twice.")
        most = limits.AMOUNT_POSTE_CENTS
        if self.creditor.postal and any(payment.cents > most for payment in self.payments):
            raise Rejected(
                "amount_over_poste", "A Poste slip asks for 99,999,999.99 euro at most.", most=most
            )

    @property
    def payments(self) -> tuple[Payment, ...]:
        """All that can be paid, the whole first."""
        return (*((self.whole,) if self.whole else ()), *self.instalments)

    @property
    def asked_cents(self) -> int:
        """What the notice comes to."""
        return self.whole.cents if self.whole else sum(one.cents for one in self.instalments)


def file_name(debtor: str, year: str, iuv: str) -> str:
    """`CodiceFiscale_Anno_IUV.pdf`, as the bodies' programs read it: ASCII, no blanks (F001-077).

    Raises Rejected `debtor_code_malformed`, `notice_year_malformed`, `iuv_malformed`.
    """
    _formed(
        debtor, _DEBTOR, "debtor_code_malformed", "A fiscal code is 2 to 16 capitals and digits."
    )
    _formed(year, _YEAR, "notice_year_malformed", "A year is four digits.")
    _formed(iuv, _IUV, "iuv_malformed", "An IUV is up to 35 capitals and digits.")
    return f"{debtor}_{year}_{iuv}.pdf"


def euros(cents: int) -> str:
    """As Italian writes it: 1.020,99."""
    whole, part = divmod(cents, 100)
    return f"{whole:,}".replace(",", ".") + f",{part:02d}"


def day(due: date) -> str:
    """dd/mm/yyyy."""
    return f"{due:%d/%m/%Y}"
