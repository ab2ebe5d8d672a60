"""From the parties to FatturaElettronicaHeader, of the ordinary formats and of FSM10.

What is not said follows from the rest: the code of the recipient, the identifiers that stand for
a foreign party without any, who issues. Source: fatturapa.md sections 2, 3 and 5.
"""

from __future__ import annotations

import dataclasses

from chalicelib.invoicing.compose.fitting import refused
from chalicelib.invoicing.compose.parties import Buyer, Company, Identity, Place, Seller, Sending
from chalicelib.invoicing.compose.rules import FOREIGN_CODE, NO_CODE, NO_COUNTRY
from chalicelib.invoicing.compose.values import Invoice
from chalicelib.invoicing.fatturapa.tree import common, header, simplified
from chalicelib.invoicing.model import SELF_INVOICE_TYPES

_UNION_COUNTRIES = (
    "AT BE BG CY CZ DE DK EE EL ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
)
_UNION = frozenset(_UNION_COUNTRIES.split())
# What stands for the number of who has none (section 3, as Odoo does).
_UNION_FILLER, _WORLD_FILLER = "0000000", "99999999999"
_ABROAD = "00000"
_VAT_DIGITS = 11


# --- what follows from the rest -----------------------------------------------------------------
def _complete(who: Identity) -> Identity:
    """Without the country in front of an Italian number; with a filler for a foreigner's."""
    if who.country == "IT":
        bare = who.vat.removeprefix("IT")
        return dataclasses.replace(who, vat=bare) if len(bare) == _VAT_DIGITS else who
    if who.vat or who.tax_code:
        return who
    if who.country in _UNION:
        return dataclasses.replace(who, vat=_UNION_FILLER)
    return dataclasses.replace(who, country=NO_COUNTRY, vat=_WORLD_FILLER)


def completed(invoice: Invoice) -> Invoice:
    """The invoice with recipient, emitter and fiscal identifiers decided.

    Raises Rejected compose_missing for a public office without its code.
    """
    seller = dataclasses.replace(invoice.seller, identity=_complete(invoice.seller.identity))
    buyer = dataclasses.replace(invoice.buyer, identity=_complete(invoice.buyer.identity))
    recipient = invoice.sending.recipient
    if not recipient:
        if invoice.format == "FPA12":
            message = "A public office has a code of its own."
            raise refused("compose_missing", message, "sending.recipient")
        recipient = NO_CODE if buyer.identity.country == "IT" else FOREIGN_CODE
    emitter = invoice.emitter
    if emitter is None:
        own = all(document.kind in SELF_INVOICE_TYPES for document in invoice.documents)
        emitter = "TZ" if invoice.third else "CC" if own else ""
    if (emitter == "TZ") != (invoice.third is not None):
        message = "A third party is named exactly when it issues."
        raise refused("compose_emitter", message, "third")
    return dataclasses.replace(
        invoice,
        seller=seller,
        buyer=buyer,
        sending=dataclasses.replace(invoice.sending, recipient=recipient),
        emitter=emitter,
    )


# --- blocks of both formats ---------------------------------------------------------------------
def _vat(who: Identity) -> common.IdFiscaleType | None:
    return common.IdFiscaleType(IdPaese=who.country, IdCodice=who.vat) if who.vat else None


def _needed_vat(who: Identity, field: str) -> common.IdFiscaleType:
    made = _vat(who)
    if made is None:
        raise refused("compose_missing", "The VAT number is compulsory here.", f"{field}.vat")
    return made


def place_of(place: Place, field: str) -> common.IndirizzoType:
    """An address; the postcode is compulsory in Italy only."""
    italian = place.country == "IT"
    if italian and not place.postcode:
        raise refused("compose_missing", "The postcode is compulsory.", f"{field}.postcode")
    return common.IndirizzoType(
        Indirizzo=place.street,
        NumeroCivico=place.number or None,
        CAP=place.postcode if italian else _ABROAD,
        Comune=place.city,
        Provincia=(place.province or None) if italian else None,
        Nazione=place.country,
    )


def _optional_place(place: Place | None, field: str) -> common.IndirizzoType | None:
    return place_of(place, field) if place else None


def _names(who: Identity) -> common.AnagraficaType:
    return common.AnagraficaType(
        Denominazione=who.name or None,
        Nome=who.first or None,
        Cognome=who.last or None,
        Titolo=who.title or None,
        CodEORI=who.eori or None,
    )


def _company(company: Company | None) -> common.IscrizioneREAType | None:
    if company is None:
        return None
    return common.IscrizioneREAType(
        Ufficio=company.office,
        NumeroREA=company.number,
        CapitaleSociale=company.capital,
        SocioUnico=company.members or None,
        StatoLiquidazione=company.liquidation,
    )


def _transmitter(sending: Sending) -> common.IdFiscaleType:
    return common.IdFiscaleType(IdPaese=sending.country, IdCodice=sending.tax_code)


# --- the ordinary formats -----------------------------------------------------------------------
def _sending(invoice: Invoice) -> header.DatiTrasmissioneType:
    sending = invoice.sending
    contacts = header.ContattiTrasmittenteType(
        Telefono=sending.phone or None, Email=sending.email or None
    )
    return header.DatiTrasmissioneType(
        IdTrasmittente=_transmitter(sending),
        ProgressivoInvio=sending.progressive,
        FormatoTrasmissione=invoice.format,
        CodiceDestinatario=sending.recipient,
        ContattiTrasmittente=contacts if sending.phone or sending.email else None,
        PECDestinatario=sending.pec or None,
    )


def _seller(seller: Seller) -> header.CedentePrestatoreType:
    who, work = seller.identity, seller.profession
    contacts = header.ContattiType(
        Telefono=seller.phone or None, Fax=seller.fax or None, Email=seller.email or None
    )
    return header.CedentePrestatoreType(
        DatiAnagrafici=header.DatiAnagraficiCedenteType(
            IdFiscaleIVA=_needed_vat(who, "seller.identity"),
            CodiceFiscale=who.tax_code or None,
            Anagrafica=_names(who),
            AlboProfessionale=work.register if work else None,
            ProvinciaAlbo=(work.province or None) if work else None,
            NumeroIscrizioneAlbo=(work.number or None) if work else None,
            DataIscrizioneAlbo=work.since.isoformat() if work and work.since else None,
            RegimeFiscale=seller.regime,
        ),
        Sede=place_of(seller.place, "seller.place"),
        StabileOrganizzazione=_optional_place(seller.branch, "seller.branch"),
        IscrizioneREA=_company(seller.company),
        Contatti=contacts if seller.phone or seller.fax or seller.email else None,
        RiferimentoAmministrazione=seller.reference or None,
    )


def _seller_representative(who: Identity | None) -> header.RappresentanteFiscaleType | None:
    if who is None:
        return None
    return header.RappresentanteFiscaleType(
        DatiAnagrafici=header.DatiAnagraficiRappresentanteType(
            IdFiscaleIVA=_needed_vat(who, "seller.representative"),
            CodiceFiscale=who.tax_code or None,
            Anagrafica=_names(who),
        )
    )


def _buyer_place(buyer: Buyer) -> common.IndirizzoType:
    if buyer.place is None:
        raise refused("compose_missing", "The buyer's address is compulsory.", "buyer.place")
    return place_of(buyer.place, "buyer.place")


def _buyer_representative(
    who: Identity | None,
) -> header.RappresentanteFiscaleCessionarioType | None:
    if who is None:
        return None
    return header.RappresentanteFiscaleCessionarioType(
        IdFiscaleIVA=_needed_vat(who, "buyer.representative"),
        Denominazione=who.name or None,
        Nome=who.first or None,
        Cognome=who.last or None,
    )


def _buyer(buyer: Buyer) -> header.CessionarioCommittenteType:
    who = buyer.identity
    return header.CessionarioCommittenteType(
        DatiAnagrafici=header.DatiAnagraficiCessionarioType(
            IdFiscaleIVA=_vat(who), CodiceFiscale=who.tax_code or None, Anagrafica=_names(who)
        ),
        Sede=_buyer_place(buyer),
        StabileOrganizzazione=_optional_place(buyer.branch, "buyer.branch"),
        RappresentanteFiscale=_buyer_representative(buyer.representative),
    )


def _third(who: Identity | None) -> header.TerzoIntermediarioSoggettoEmittenteType | None:
    if who is None:
        return None
    return header.TerzoIntermediarioSoggettoEmittenteType(
        DatiAnagrafici=header.DatiAnagraficiTerzoIntermediarioType(
            IdFiscaleIVA=_vat(who), CodiceFiscale=who.tax_code or None, Anagrafica=_names(who)
        )
    )


def heading(invoice: Invoice) -> header.FatturaElettronicaHeaderType:
    """The header of FPA12 and FPR12, of a `completed` invoice."""
    return header.FatturaElettronicaHeaderType(
        DatiTrasmissione=_sending(invoice),
        CedentePrestatore=_seller(invoice.seller),
        RappresentanteFiscale=_seller_representative(invoice.seller.representative),
        CessionarioCommittente=_buyer(invoice.buyer),
        TerzoIntermediarioOSoggettoEmittente=_third(invoice.third),
        SoggettoEmittente=invoice.emitter or None,
    )


# --- the simplified format ----------------------------------------------------------------------
def _short_representative(
    who: Identity | None, field: str
) -> simplified.RappresentanteFiscaleType | None:
    if who is None:
        return None
    return simplified.RappresentanteFiscaleType(
        IdFiscaleIVA=_needed_vat(who, field),
        Denominazione=who.name or None,
        Nome=who.first or None,
        Cognome=who.last or None,
    )


def _short_seller(seller: Seller) -> simplified.CedentePrestatoreType:
    who = seller.identity
    return simplified.CedentePrestatoreType(
        IdFiscaleIVA=_needed_vat(who, "seller.identity"),
        CodiceFiscale=who.tax_code or None,
        Denominazione=who.name or None,
        Nome=who.first or None,
        Cognome=who.last or None,
        Sede=place_of(seller.place, "seller.place"),
        StabileOrganizzazione=_optional_place(seller.branch, "seller.branch"),
        RappresentanteFiscale=_short_representative(seller.representative, "seller.representative"),
        IscrizioneREA=_company(seller.company),
        RegimeFiscale=seller.regime,
    )


def _short_buyer(buyer: Buyer) -> simplified.CessionarioCommittenteType:
    who = buyer.identity
    others = None
    if who.name or who.last:
        others = simplified.AltriDatiIdentificativiType(
            Denominazione=who.name or None,
            Nome=who.first or None,
            Cognome=who.last or None,
            Sede=_buyer_place(buyer),
            StabileOrganizzazione=_optional_place(buyer.branch, "buyer.branch"),
            RappresentanteFiscale=_short_representative(
                buyer.representative, "buyer.representative"
            ),
        )
    return simplified.CessionarioCommittenteType(
        IdentificativiFiscali=simplified.IdentificativiFiscaliType(
            IdFiscaleIVA=_vat(who), CodiceFiscale=who.tax_code or None
        ),
        AltriDatiIdentificativi=others,
    )


def short_heading(invoice: Invoice) -> simplified.FatturaElettronicaHeaderType:
    """The header of FSM10, of a `completed` invoice.

    A seller's profile serves all formats: what this one has no place for (contacts, register of
    the profession, title, EORI) is left out.
    """
    sending = invoice.sending
    if invoice.third is not None:
        message = "The simplified format does not name who issues."
        raise refused("compose_simplified", message, "third")
    return simplified.FatturaElettronicaHeaderType(
        DatiTrasmissione=simplified.DatiTrasmissioneType(
            IdTrasmittente=_transmitter(sending),
            ProgressivoInvio=sending.progressive,
            FormatoTrasmissione=invoice.format,
            CodiceDestinatario=sending.recipient,
            PECDestinatario=sending.pec or None,
        ),
        CedentePrestatore=_short_seller(invoice.seller),
        CessionarioCommittente=_short_buyer(invoice.buyer),
        SoggettoEmittente=invoice.emitter or None,
    )
