"""Sellers and buyers for made documents, with identifiers whose check digits are right.

Sources: fatturapa.md section 7 (Partita IVA, codice fiscale: DM 23 December 1976) and section 5
(who stands where in each document type). None of them exists: names are invented, and the
numbers of the Italian ones come from seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_MONTHS = "ABCDEHLMPRST"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The value of each digit and letter in an odd place; digits share the values of A-J.
_ODD_LETTERS = (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
)  # fmt: skip
_ODD = dict(zip(_ALPHABET, _ODD_LETTERS[:10] + _ODD_LETTERS, strict=True))


def vat_number(seed: int, office: int = 15) -> str:
    """A Partita IVA with a right check digit: seven digits of seed, three of tax office, one."""
    body = f"{seed % 10**7:07d}{office:03d}"
    total = 0
    for place, digit in enumerate(map(int, body)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return f"{body}{-total % 10}"


def _three(name: str, first: bool) -> str:
    """The three letters of a surname or, with `first`, of a first name."""
    letters = [letter for letter in name.upper() if "A" <= letter <= "Z"]
    consonants = [letter for letter in letters if letter not in "AEIOU"]
    if first and len(consonants) > 3:
        consonants.pop(1)
    vowels = [letter for letter in letters if letter in "AEIOU"]
    return "".join([*consonants, *vowels, "X", "X", "X"][:3])


def tax_code(last: str, first: str, born: date, female: bool = False, place: str = "F205") -> str:
    """The codice fiscale of a person; `place` is the cadastral code of the birthplace (Milan)."""
    day = born.day + (40 if female else 0)
    year_month = f"{born.year % 100:02d}{_MONTHS[born.month - 1]}"
    body = f"{_three(last, False)}{_three(first, True)}{year_month}{day:02d}{place}"
    total = 0
    for index, sign in enumerate(body):
        even = int(sign) if sign.isdigit() else ord(sign) - ord("A")
        total += even if index % 2 else _ODD[sign]
    return body + chr(ord("A") + total % 26)


@dataclass(frozen=True)
class Subject:
    """A seller or buyer. A person has `first` and `last`, anybody else `name`.

    `vat` without the country, "" for who has none; `postcode` is 00000 abroad.
    """

    name: str = ""
    first: str = ""
    last: str = ""
    country: str = "IT"
    vat: str = ""
    tax_code: str = ""
    regime: str = "RF01"
    street: str = "Via Roma 12"
    postcode: str = "20121"
    city: str = "Milano"
    province: str = "MI"

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or f"{self.first} {self.last}"


def _company(name: str, seed: int, city: str, postcode: str, province: str) -> Subject:
    vat = vat_number(seed)
    return Subject(
        name=name, vat=vat, tax_code=vat, city=city, postcode=postcode, province=province
    )


def _abroad(name: str, country: str, vat: str, street: str, city: str) -> Subject:
    return Subject(
        name=name, country=country, vat=vat, regime="RF18", street=street, city=city,
        postcode="00000", province="",
    )  # fmt: skip


SELLER = _company("Officina Bassi S.r.l.", 1100100, "Bologna", "40121", "BO")
BUYER = _company("Ferramenta Colombo S.n.c.", 2200200, "Torino", "10121", "TO")
SUPPLIER = _company("Edil Marchetti S.p.A.", 3300300, "Verona", "37121", "VR")
PERSON = Subject(
    first="Giulia", last="Ferri", tax_code=tax_code("Ferri", "Giulia", date(1984, 3, 9), True),
    street="Corso Garibaldi 7", postcode="80142", city="Napoli", province="NA",
)  # fmt: skip
OFFICE = Subject(
    name="Comune di Valdoro", tax_code=vat_number(8000123, 58), street="Piazza del Municipio 1",
    postcode="00185", city="Roma", province="RM",
)  # fmt: skip
GERMAN = _abroad("Nordlicht Software GmbH", "DE", "136695976", "Hafenstrasse 4", "Hamburg")
FRENCH = _abroad("Atelier Dumont SARL", "FR", "40303265045", "Rue Neuve 18", "Lyon")
SAMMARINO = _abroad("Titano Forniture S.r.l.", "SM", "24165", "Via Tre Settembre 99", "Dogana")

_COUNTERPARTS = {
    "TD16": SUPPLIER,
    "TD17": GERMAN,
    "TD18": GERMAN,
    "TD19": FRENCH,
    "TD20": SUPPLIER,
    "TD22": SUPPLIER,
    "TD23": SUPPLIER,
    "TD28": SAMMARINO,
    "TD29": SUPPLIER,
}


def parties(
    type: str, me: Subject = SELLER, other: Subject | None = None
) -> tuple[Subject, Subject]:
    """Seller and buyer as the document type wants them (section 5), when `me` issues it.

    `other` replaces the usual counterpart. TD21 and TD27 have no counterpart.
    """
    if type in ("TD21", "TD27"):
        return me, me
    if type in _COUNTERPARTS:
        return other or _COUNTERPARTS[type], me
    return me, other or BUYER
