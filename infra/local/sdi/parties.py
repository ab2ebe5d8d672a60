"""Controls on who sells, who buys and where the file goes: the same for all three formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from infra.local.sdi.catalogue import Finding
from infra.local.sdi.xmlfiles import SIMPLIFIED_ROOT, text

SIMPLIFIED_FORMAT = "FSM10"
PA_FORMAT = "FPA12"
PRIVATE_FORMAT = "FPR12"
FOREIGN_CODE = "XXXXXXX"

_SDI_BOX = re.compile(r"sdi\d{2}@pec\.fatturapa\.it", re.IGNORECASE)

_DIFFERENT_PARTIES = frozenset(
    f"TD{n}" for n in ("01", "02", "03", "06", "07", "16", "17", "18", "19", "20", "24", "25")
) | {"TD28", "TD29"}
_SAME_PARTY = frozenset({"TD21", "TD27"})
_FOREIGN_SELLER = frozenset({"TD17", "TD18", "TD19", "TD28"})
_NON_EU_SELLER = frozenset({"TD17", "TD19"})
_BUYER_VAT_REQUIRED = frozenset(
    {"TD16", "TD17", "TD18", "TD19", "TD20", "TD22", "TD23", "TD28", "TD29"}
)


@dataclass(frozen=True)
class Party:
    """The fiscal identifiers of a party; '' for what is not given."""

    country: str
    vat_code: str
    tax_code: str

    @property
    def vat_id(self) -> str:
        """Country and code together, '' without a VAT number."""
        return self.country + self.vat_code

    def is_same_as(self, other: Party) -> bool:
        """VAT numbers when both have one, else tax codes."""
        if self.vat_id and other.vat_id:
            return self.vat_id == other.vat_id
        return bool(self.tax_code) and self.tax_code == other.tax_code


@dataclass(frozen=True)
class Header:
    """What the controls and the delivery need of FatturaElettronicaHeader.

    The identifier of `transmitter` is a tax code; `representatives` are the fiscal ones of the
    seller and of the buyer.
    """

    version: str
    format: str
    recipient: str
    pec: str
    transmitter: Party
    representatives: tuple[Party, ...]
    issuer_role: str
    seller: Party
    seller_regime: str
    buyer: Party
    buyer_name: str


def read_header(root: etree._Element) -> Header:
    """Read a document that is valid against its schema."""
    head = root.find("FatturaElettronicaHeader")
    simplified = root.tag == SIMPLIFIED_ROOT
    seller_path = "CedentePrestatore" if simplified else "CedentePrestatore/DatiAnagrafici"
    buyer_path = "CessionarioCommittente/" + (
        "IdentificativiFiscali" if simplified else "DatiAnagrafici"
    )
    naming = "CessionarioCommittente/" + (
        "AltriDatiIdentificativi" if simplified else "DatiAnagrafici/Anagrafica"
    )
    agent_paths = (
        (
            "CedentePrestatore/RappresentanteFiscale",
            "CessionarioCommittente/AltriDatiIdentificativi/RappresentanteFiscale",
        )
        if simplified
        else (
            "RappresentanteFiscale/DatiAnagrafici",
            "CessionarioCommittente/RappresentanteFiscale",
        )
    )
    person = f"{text(head, naming + '/Nome')} {text(head, naming + '/Cognome')}".strip()
    return Header(
        version=root.get("versione", ""),
        format=text(head, "DatiTrasmissione/FormatoTrasmissione"),
        recipient=text(head, "DatiTrasmissione/CodiceDestinatario"),
        pec=text(head, "DatiTrasmissione/PECDestinatario"),
        transmitter=Party(
            country=text(head, "DatiTrasmissione/IdTrasmittente/IdPaese"),
            vat_code="",
            tax_code=text(head, "DatiTrasmissione/IdTrasmittente/IdCodice"),
        ),
        representatives=tuple(
            _party(head, path) for path in agent_paths if head.find(path) is not None
        ),
        issuer_role=text(head, "SoggettoEmittente"),
        seller=_party(head, seller_path),
        seller_regime=text(head, f"{seller_path}/RegimeFiscale"),
        buyer=_party(head, buyer_path),
        buyer_name=text(head, f"{naming}/Denominazione") or person,
    )


def _party(head: etree._Element, path: str) -> Party:
    return Party(
        country=text(head, f"{path}/IdFiscaleIVA/IdPaese"),
        vat_code=text(head, f"{path}/IdFiscaleIVA/IdCodice"),
        tax_code=text(head, f"{path}/CodiceFiscale"),
    )


def check_header(header: Header) -> Iterator[Finding]:
    """Controls that do not look at any body."""
    if header.format != header.version:
        yield Finding("00428", f"{header.format} e {header.version}")
    expected_chars = 6 if header.format == PA_FORMAT else 7
    if len(header.recipient) != expected_chars:
        yield Finding("00427", header.recipient)
    if header.recipient == FOREIGN_CODE and header.buyer.country in {"", "IT"}:
        yield Finding("00313")
    if not header.buyer.vat_id and not header.buyer.tax_code:
        yield Finding("00417")
    if header.buyer.country and "IT" not in (header.buyer.country, header.seller.country):
        yield Finding("00476")
    if _SDI_BOX.fullmatch(header.pec):
        yield Finding("00330", header.pec)


def check_parties(header: Header, kind: str) -> Iterator[Finding]:
    """Controls that tie a TipoDocumento (`kind`) to the parties."""
    same = header.seller.is_same_as(header.buyer)
    if same and kind in _DIFFERENT_PARTIES:
        yield Finding("00471", kind)
    if not same and kind in _SAME_PARTY:
        yield Finding("00472", kind)
    country = header.seller.country
    if (
        (kind in _FOREIGN_SELLER and country == "IT")
        or (kind == "TD29" and country != "IT")
        or (country == "OO" and kind not in _NON_EU_SELLER)
    ):
        yield Finding("00473", f"{kind} con IdPaese {country}")
    if kind in _BUYER_VAT_REQUIRED and not header.buyer.vat_id:
        yield Finding("00475", kind)
