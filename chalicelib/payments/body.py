"""A body that collects by pagoPA ("ente creditore"): its codes, partners, accounts, services. Pure.

Each value checks itself, so that a setting that is stored can number, print and collect. Sources:
pagopa.md sections 1.1 (segregation codes), 1.3 (stations, CBILL), 3.2 (what a notice has room for).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.iban import is_iban
from chalicelib.base.taxids import is_vat_number
from chalicelib.payments import forms
from chalicelib.payments.forms import Form, Texts
from chalicelib.payments.notice import model as notice
from chalicelib.payments.notice.model import Creditor, Postal
from chalicelib.payments.prices import Price

POSTE_ABI: Final = "07601"
# How dues come in (F001-014): by a file, from the register ISI, from another one, from the
# accounting software by its own key.
Mode = Literal["file", "register_isi", "register_external", "accounting"]
MODES: Final[tuple[Mode, ...]] = Mode.__args__  # type: ignore[attr-defined]
_SEGREGATION = re.compile(r"[0-9]{2}", re.ASCII)
_STATION = re.compile(r"[0-9]{11}_[0-9]{2}", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", re.ASCII)
_ITALIAN = re.compile(r"IT[0-9]{2}[A-Z][0-9]{10}[0-9A-Z]{12}", re.ASCII)
_IPA = re.compile(r"[0-9A-Za-z_-]{2,20}", re.ASCII)
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_CHAPTER = re.compile(r"[0-9A-Za-z./-]{1,20}", re.ASCII)
_TAXONOMY = re.compile(r"9/[0-9A-Z]{7}[A-Z]{2}/", re.ASCII)


def _refused(code: str, message: str, **details: Any) -> Rejected:
    return Rejected(code, message, **details)


@dataclass(frozen=True)
class Segregation:
    """A generation point of IUVs: the code that PagoPA gave to a body with one partner.

    `partner` is his fiscal code (the body's own when it has none), `stations` his stations for it.
    When a body changes partner its old notices stay under the old code (pagopa.md section 1.1).
    """

    code: str
    partner: str
    name: str
    stations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _SEGREGATION.fullmatch(self.code):
            raise _refused("segregation_code_malformed", "A segregation code is two digits.")
        if not is_vat_number(self.partner):
            raise _refused(
                "partner_code_malformed",
                "The partner's fiscal code is not right.",
                segregation=self.code,
            )
        for station in self.stations:
            if not _STATION.fullmatch(station) or not station.startswith(self.partner):
                raise _refused(
                    "station_malformed",
                    "A station is the partner's fiscal code, _ and two digits.",
                    station=station,
                )


@dataclass(frozen=True)
class Account:
    """Where money comes in; `iban` in capitals without blanks."""

    iban: str
    holder: str

    def __post_init__(self) -> None:
        italian = self.iban.startswith("IT")
        if not (_ITALIAN if italian else _IBAN).fullmatch(self.iban):
            raise _refused("iban_malformed", "This is no IBAN.", iban=self.iban)
        if not is_iban(self.iban):
            raise _refused("iban_check", "The check digits of the IBAN are wrong.", iban=self.iban)

    @property
    def postal_number(self) -> str:
        """The number of an account at Poste, without leading zeros; "" at a bank."""
        is_poste = self.iban.startswith("IT") and self.iban[5:10] == POSTE_ABI
        return self.iban[15:].lstrip("0") if is_poste else ""


@dataclass(frozen=True)
class Contacts:
    """How people reach the body; the first five are printed on notices in this order, "" for what
    it has not. The others are where its accessibility statement and privacy notice stand."""

    office: str = ""
    phone: str = ""
    mail: str = ""
    pec: str = ""
    website: str = ""
    accessibility_url: str = ""
    privacy_url: str = ""

    @property
    def line(self) -> str:
        """As the notice prints them, with the guide's separator."""
        found = (self.office, self.phone, self.mail, self.pec, self.website)
        return " · ".join(one for one in found if one)


@dataclass(frozen=True)
class Body:
    """The setting of a creditor institution.

    `segregation` is the code under which new IUVs are made, one of `segregations`. `postal` prints
    Poste slips. `site`: its own site takes payments; `counter`: where else it does. `logo` is the
    SHA-256 of the picture, "" for none. `outside_until`: the last day on which a payment outside
    the node may be recorded, None for never (F001-169). `modes`: how its dues may come in.
    `version` 0 before it is stored.
    """

    fiscal_code: str
    name: str
    segregations: tuple[Segregation, ...]
    segregation: str
    accounts: tuple[Account, ...]
    sector: str = ""
    ipa: str = ""
    cbill: str = ""
    postal: Postal | None = None
    contacts: Contacts = Contacts()
    site: bool = False
    counter: str = ""
    outside_until: date | None = None
    logo: str = ""
    modes: tuple[Mode, ...] = MODES
    version: int = 0

    def __post_init__(self) -> None:
        if not is_vat_number(self.fiscal_code):
            raise _refused("creditor_code_malformed", "The body's fiscal code is not right.")
        if self.ipa and not _IPA.fullmatch(self.ipa):
            raise _refused("ipa_malformed", "An IPA code is letters and digits.")
        codes = [one.code for one in self.segregations]
        if len(set(codes)) < len(codes):
            raise _refused("segregation_code_repeated", "A segregation code stands there twice.")
        if self.segregation not in codes:
            raise _refused(
                "segregation_code_unknown", "New notices need one of the segregation codes."
            )
        ibans = [one.iban for one in self.accounts]
        if not ibans or len(set(ibans)) < len(ibans):
            raise _refused("iban_repeated", "Name one or more IBANs, each once.")
        if self.postal and self.postal.account.lstrip("0") not in self.postal_numbers:
            raise _refused(
                "postal_iban_missing", "The postal account is not among the IBANs at Poste."
            )
        self.creditor()

    @property
    def postal_numbers(self) -> frozenset[str]:
        """The accounts at Poste among the IBANs."""
        return frozenset(one.postal_number for one in self.accounts if one.postal_number)

    def account(self, iban: str) -> Account:
        """One of its accounts. Rejected `iban_unknown`."""
        found = next((one for one in self.accounts if one.iban == iban), None)
        if found is None:
            raise _refused("iban_unknown", "The body has no such IBAN.", iban=iban)
        return found

    def creditor(self, logo: bytes = b"") -> Creditor:
        """As a notice prints it. Raises Rejected as `notice.model` for what does not fit."""
        return Creditor(
            code=self.fiscal_code,
            name=self.name,
            sector=self.sector,
            info=self.contacts.line,
            cbill=self.cbill,
            site=self.site,
            counter=self.counter,
            postal=self.postal,
            logo=logo,
        )


@dataclass(frozen=True)
class Service:
    """What money is asked for: a type of dues (F001-016), a spontaneous service, or both.

    `subject` is printed when a due brings no reason of its own; `chapter` is where the money is
    entered by default. `price` None: only for dues, which bring their amount. `iban` may be that of
    other services too (F001-150). `stamp`: a digital stamp is bought with it, for a document of
    the payer's; then `price` None is the stamp and nothing else. `description` and `form` are what
    the portal says and asks of whoever pays spontaneously. `version` 0 before it is stored.
    """

    code: str
    subject: str
    taxonomy: str
    iban: str
    chapter: str = ""
    price: Price | None = None
    active: bool = True
    description: Texts = forms.NOTHING
    form: Form = ()
    version: int = 0
    stamp: bool = False

    def __post_init__(self) -> None:
        forms.check(self.form)
        if self.description.longest_chars > limits.SERVICE_TEXT_CHARS:
            raise _refused(
                "service_description", "The description is too long.",
                limit_chars=limits.SERVICE_TEXT_CHARS,
            )  # fmt: skip
        if not _CODE.fullmatch(self.code):
            raise _refused("service_code_malformed", "A code is small letters, digits, - and _.")
        if not self.subject.strip() or len(self.subject) > notice.SUBJECT_CHARS:
            raise _refused(
                "service_subject",
                "A service has a subject that a notice has room for.",
                limit_chars=notice.SUBJECT_CHARS,
            )
        if not is_taxonomy(self.taxonomy):
            raise _refused("taxonomy_malformed", "A taxonomy code is written 9/0101002IM/.")
        if self.chapter and not is_chapter(self.chapter):
            raise _refused("chapter_malformed", "A chapter is letters, digits, points and strokes.")

    @property
    def is_spontaneous(self) -> bool:
        """Whether somebody can pay it without a due: it says itself what it costs."""
        return self.price is not None or self.stamp


def is_taxonomy(text: str) -> bool:
    """Whether it is written as a code of pagoPA's taxonomy, `9/` and final stroke included."""
    return _TAXONOMY.fullmatch(text) is not None


def is_chapter(text: str) -> bool:
    """Whether it can be a chapter of a budget."""
    return _CHAPTER.fullmatch(text) is not None


def checklist(body: Body | None, services: int, taxonomy: bool) -> dict[str, bool]:
    """What pagoPA's enrolment asks for, and whether it is there (F001-198)."""
    return {
        "creditor": body is not None,
        "ipa": bool(body and body.ipa),
        "cbill": bool(body and body.cbill),
        "stations": bool(body and all(one.stations for one in body.segregations)),
        "accounts": body is not None,
        "postal": bool(body and (not body.postal_numbers or body.postal)),
        "contacts": bool(body and (body.contacts.mail or body.contacts.pec)),
        "logo": bool(body and body.logo),
        "taxonomy": taxonomy,
        "services": services > 0,
    }


assert limits.BODY_SEGREGATIONS < limits.TRANSACTION_ITEMS // 4
