"""Who sells, who buys, who sends: the values of the header."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from chalicelib.invoicing.fatturapa.tree import kinds


@dataclass(frozen=True, kw_only=True)
class Place:
    """An address. Abroad the postcode becomes 00000 and the province is left out."""

    street: kinds.String60LatinType
    number: kinds.NumeroCivicoType = ""
    postcode: kinds.CAPType = ""
    city: kinds.String60LatinType
    province: kinds.ProvinciaType = ""
    country: kinds.NazioneType = "IT"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Tax identifiers and name. `name` for an organisation, `first` and `last` for a person.

    `vat` is the number without the country, "" for who has none.
    """

    country: kinds.NazioneType = "IT"
    vat: kinds.CodiceType = ""
    tax_code: kinds.CodiceFiscaleType = ""
    name: kinds.String80LatinType = ""
    first: kinds.String60LatinType = ""
    last: kinds.String60LatinType = ""
    title: kinds.TitoloType = ""
    eori: kinds.CodEORIType = ""


@dataclass(frozen=True, kw_only=True)
class Company:
    """The entry in the register of companies (REA)."""

    office: kinds.ProvinciaType
    number: kinds.String20Type
    capital: kinds.Amount2DecimalType | None = None
    members: kinds.SocioUnicoType = ""
    liquidation: kinds.StatoLiquidazioneType = "LN"


@dataclass(frozen=True, kw_only=True)
class Profession:
    """The entry in a professional register (albo)."""

    register: kinds.String60LatinType
    province: kinds.ProvinciaType = ""
    number: kinds.String60Type = ""
    since: datetime.date | None = None


@dataclass(frozen=True, kw_only=True)
class Seller:
    """CedentePrestatore: in self-invoices the supplier, not who issues."""

    identity: Identity
    place: Place
    regime: kinds.RegimeFiscaleType = "RF01"
    branch: Place | None = None
    representative: Identity | None = None
    company: Company | None = None
    profession: Profession | None = None
    phone: kinds.TelFaxType = ""
    fax: kinds.TelFaxType = ""
    email: kinds.EmailContattiType = ""
    reference: kinds.String20Type = ""


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """CessionarioCommittente. FSM10 needs neither name nor place, only an identifier."""

    identity: Identity
    place: Place | None = None
    branch: Place | None = None
    representative: Identity | None = None


@dataclass(frozen=True, kw_only=True)
class Sending:
    """DatiTrasmissione: whose channel sends the file, and to which code.

    `recipient` "" follows from the buyer: XXXXXXX abroad, else 0000000; a public office must be
    named. `tax_code` is that of the transmitter.
    """

    country: kinds.NazioneType = "IT"
    tax_code: kinds.CodiceType
    progressive: kinds.String10Type
    recipient: kinds.CodiceDestinatarioType = ""
    pec: kinds.EmailType = ""
    phone: kinds.TelFaxType = ""
    email: kinds.EmailContattiType = ""
