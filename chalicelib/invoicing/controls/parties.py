"""Controls on the header: identifiers, recipient, and what each document type asks of the parties.

Source: fatturapa.md section 7, 00300 to 00330, 00417, 00427, 00428, 00471 to 00476, and section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.base import taxids, xml
from chalicelib.base.xml import Element
from chalicelib.invoicing.controls.catalogue import finding
from chalicelib.invoicing.controls.finding import Finding
from chalicelib.invoicing.controls.values import HEADER, stripped
from chalicelib.invoicing.fatturapa.reader import Reading
from chalicelib.invoicing.model import Party

FOREIGN_CODE = "XXXXXXX"
NO_CODE = "0000000"
_ITALY, _SAN_MARINO, _OUTSIDE_UNION = "IT", "SM", "OO"
_SDI_BOX = re.compile(r"sdi[0-9]{2}@pec\.fatturapa\.it", re.IGNORECASE)

_TWO_SUBJECTS = frozenset(
    {"TD01", "TD02", "TD03", "TD06", "TD07", "TD16", "TD17", "TD18", "TD19", "TD20"}
    | {"TD24", "TD25", "TD28", "TD29"}
)
_ONE_SUBJECT = frozenset({"TD21", "TD27"})
_NOT_FROM_ITALY = frozenset({"TD17", "TD18", "TD19", "TD28"})
_FROM_OUTSIDE_UNION = frozenset({"TD17", "TD19"})
_BUYER_HAS_VAT = frozenset({"TD16", "TD17", "TD18", "TD19", "TD20", "TD22", "TD23", "TD28", "TD29"})


_SENDING = f"{HEADER}/DatiTrasmissione"
# Where seller, buyer and their tax representatives have their identifiers.
_Places = tuple[str, str, tuple[str, ...]]
_PLACES: _Places = (
    "CedentePrestatore/DatiAnagrafici",
    "CessionarioCommittente/DatiAnagrafici",
    ("RappresentanteFiscale/DatiAnagrafici", "CessionarioCommittente/RappresentanteFiscale"),
)
_SIMPLIFIED_PLACES: _Places = (
    "CedentePrestatore",
    "CessionarioCommittente/IdentificativiFiscali",
    (
        "CedentePrestatore/RappresentanteFiscale",
        "CessionarioCommittente/AltriDatiIdentificativi/RappresentanteFiscale",
    ),
)


class Subject(NamedTuple):
    """Identifiers of a party ("" where left out) and the path of the block that holds them."""

    path: str
    country: str
    vat: str
    tax_code: str

    @property
    def vat_id(self) -> str:
        return self.country + self.vat

    def is_same(self, other: Subject) -> bool:
        """By VAT id when both have one, else by tax code."""
        if self.vat_id and other.vat_id:
            return self.vat_id == other.vat_id
        return bool(self.tax_code) and self.tax_code == other.tax_code


class Head(NamedTuple):
    """The header as the controls look at it. `agents` are the parties' tax representatives."""

    version: str
    simplified: bool
    format: str
    recipient: str
    pec: str
    emitter: str
    regime: str
    transmitter: Subject
    seller: Subject
    buyer: Subject
    agents: tuple[Subject, ...]


def _party(who: Party, path: str) -> Subject:
    return Subject(path, who.country, who.vat, who.tax_code)


def _agent(header: Element, path: str) -> Subject | None:
    block = xml.find(header, path)
    if block is None:
        return None
    return Subject(
        path,
        xml.text(block, "IdFiscaleIVA/IdPaese"),
        xml.text(block, "IdFiscaleIVA/IdCodice"),
        xml.text(block, "CodiceFiscale"),
    )


def read_head(reading: Reading) -> Head:
    """What the reader has found is not looked for again; agents stand in other places in the
    simplified format."""
    invoice, header = reading.invoice, reading.header
    if header is None:
        raise KeyError(HEADER)
    seller, buyer, agents = _SIMPLIFIED_PLACES if reading.simplified else _PLACES
    if not reading.represented:
        agents = ()  # as nearly always: no searches then
    sender = invoice.transmitter  # a country of two letters, as the schema wants, and the code
    return Head(
        version=invoice.version,
        simplified=reading.simplified,
        format=stripped(reading.sending, "FormatoTrasmissione"),
        recipient=invoice.recipient_code,
        pec=invoice.recipient_pec,
        emitter=invoice.emitter,
        regime=stripped(reading.seller, "RegimeFiscale"),
        transmitter=Subject("DatiTrasmissione/IdTrasmittente", sender[:2], "", sender[2:]),
        seller=_party(invoice.seller, seller),
        buyer=_party(invoice.buyer, buyer),
        agents=tuple([found for path in agents if (found := _agent(header, path))]),
    )


def check_head(head: Head) -> Iterator[Finding]:
    """The controls that look at no document."""
    yield from _identifiers(head)
    seller, buyer = head.seller, head.buyer
    if head.recipient == FOREIGN_CODE and buyer.country in ("", _ITALY):
        yield finding("00313", f"{_SENDING}/CodiceDestinatario", found=buyer.country)
    if head.pec and _SDI_BOX.fullmatch(head.pec):
        yield finding("00330", f"{_SENDING}/PECDestinatario", found=head.pec)
    if not buyer.vat_id and not buyer.tax_code:
        yield finding("00417", f"{HEADER}/{buyer.path}")
    length = 6 if head.format == "FPA12" else 7
    if len(head.recipient) != length:
        where = f"{_SENDING}/CodiceDestinatario"
        yield finding("00427", where, found=head.recipient, expected=str(length))
    if head.format != head.version:
        where = f"{_SENDING}/FormatoTrasmissione"
        yield finding("00428", where, found=head.format, expected=head.version)
    if buyer.country and _ITALY not in (seller.country, buyer.country):
        where = f"{HEADER}/{seller.path}/IdFiscaleIVA/IdPaese"
        yield finding("00476", where, found=f"{seller.country} {buyer.country}")


def _identifiers(head: Head) -> Iterator[Finding]:
    """00300 to 00306, as far as check digits go."""
    sender = head.transmitter
    if sender.country == _ITALY and not taxids.is_tax_code(sender.tax_code):
        yield finding("00300", f"{HEADER}/{sender.path}/IdCodice", found=sender.tax_code)
    for vat, tax_code, who in (
        ("00301", "00302", head.seller),
        *(("00303", "00304", agent) for agent in head.agents),
        ("00305", "00306", head.buyer),
    ):
        where = f"{HEADER}/{who.path}"
        sound = ""
        if who.country == _ITALY:
            if taxids.is_vat_number(who.vat):
                sound = who.vat  # and mostly a company's tax code as well
            else:
                yield finding(vat, f"{where}/IdFiscaleIVA/IdCodice", found=who.vat)
        elif vat != "00303" and not taxids.is_foreign_plausible(who.country, who.vat):
            # Each country has its own rule, and SdI's is not published: never an error.
            place = f"{where}/IdFiscaleIVA/IdCodice"
            yield finding(vat, place, severity="warning", found=who.vat_id)
        if who.tax_code not in ("", sound) and not taxids.is_tax_code(who.tax_code):
            yield finding(tax_code, f"{where}/CodiceFiscale", found=who.tax_code)


def check_type(head: Head, type: str, where: str, body: int) -> Iterator[Finding]:
    """What a TipoDocumento asks of the parties; `where` is its own path."""
    same = head.seller.is_same(head.buyer)
    country = head.seller.country
    if type in _TWO_SUBJECTS and same:
        yield finding("00471", where, body, found=type)
    if type in _ONE_SUBJECT and not same:
        yield finding("00472", where, body, found=type)
    if (
        (type in _NOT_FROM_ITALY and country == _ITALY)
        or (type == "TD29" and country != _ITALY)
        or (country == _OUTSIDE_UNION and type not in _FROM_OUTSIDE_UNION)
    ):
        yield finding("00473", where, body, found=f"{type} {country}")
    elif type == "TD28" and country != _SAN_MARINO:
        yield finding("00473", where, body, severity="warning", found=f"{type} {country}")
    if type in _BUYER_HAS_VAT and not head.buyer.vat_id:
        yield finding("00475", where, body, found=type)
