"""What a delegation says, out of the customer's own data. Pure; always in Italian, as its law is.

Sources: fatturapa.md section 14 (DM 17 June 2014, AgID guidelines, ten years); DPR 633/72 art. 39;
art. 2220 c.c.; D.Lgs. 82/2005 (CAD) artt. 43 and 44; Reg. (UE) 2016/679 art. 28. The wording is the
house's: a lawyer reads it before it is used (decision 16).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from chalicelib.accounts import forms
from chalicelib.accounts.customer import Customer
from chalicelib.accounts.model import Reseller
from chalicelib.accounts.profile import Profile
from chalicelib.base import ids
from chalicelib.invoicing.courtesy.shapes import Box, Fact

# Of the words below and of the layout: another number makes another version of every delegation.
EDITION: Final = "1"
_BLANK: Final = "_" * 34
TITLE: Final = "Delega per la conservazione digitale dei documenti"
LAWS: Final = (
    "D.M. 17 giugno 2014 · art. 39 D.P.R. 26 ottobre 1972, n. 633 · artt. 43 e 44 D.Lgs. 7 marzo "
    "2005, n. 82 (CAD) · Linee guida AgID sulla formazione, gestione e conservazione dei documenti "
    "informatici"
)
_PREMISES: Final = (
    "il delegante è titolare dei documenti informatici rilevanti ai fini tributari indicati in "
    "questa delega ed è tenuto a conservarli ai sensi dell'art. 39 del D.P.R. 26 ottobre 1972, "
    "n. 633 e, per dieci anni, dell'art. 2220 del codice civile;",
    "il D.M. 17 giugno 2014 vuole che la conservazione sia conclusa entro tre mesi dal termine di "
    "presentazione della dichiarazione dei redditi, nel rispetto del D.Lgs. 7 marzo 2005, n. 82 "
    "(CAD) e delle Linee guida AgID;",
    "il CAD e le Linee guida AgID permettono di affidare la conservazione, in tutto o in parte, ad "
    "altri soggetti che offrano idonee garanzie organizzative e tecnologiche.",
)
_MANDATE: Final = (
    "prendere in carico i documenti indicati, con le ricevute e le notifiche che li riguardano, e "
    "versarli in conservazione;",
    "formare i pacchetti di versamento e di archiviazione, con i relativi indici e metadati, e "
    "farli sottoscrivere e marcare temporalmente come previsto;",
    "avvalersi, per l'esecuzione del servizio, di un conservatore che abbia i requisiti richiesti "
    "dalle Linee guida AgID, conferendogli i necessari incarichi;",
    "esibire i documenti conservati e produrne copie e duplicati, a richiesta del delegante o "
    "dell'autorità competente.",
)
_TERMS: Final = (
    "La delega vale dalla data della firma e fino a revoca scritta. La revoca non riguarda quanto "
    "è già conservato, che resta a disposizione per tutto il periodo di legge.",
    "Il delegante resta responsabile del contenuto dei documenti, della loro correttezza e della "
    "loro consegna in tempo utile, e comunica al delegato ogni variazione dei propri dati e dei "
    "propri sezionali.",
    "Per i dati personali contenuti nei documenti il delegato opera come responsabile del "
    "trattamento ai sensi dell'art. 28 del Regolamento (UE) 2016/679.",
)
_ISSUED: Final = (
    "Fatture elettroniche emesse nei sezionali che seguono, con le ricevute e le notifiche del "
    "Sistema di Interscambio, e altri documenti informatici consegnati per la conservazione."
)
_KEPT: Final = (
    "Documenti informatici consegnati per la sola conservazione, nei sezionali che seguono per "
    "quanto sono fatture."
)
_ALL: Final = "Tutti i sezionali del delegante"


@dataclass(frozen=True)
class Section:
    """One sezionale: its pattern, and how its numbers are written."""

    pattern: str
    written: str


@dataclass(frozen=True)
class Delegation:
    """The whole document. `documents`: what it is about; `signer`: who signs for the delegator, ""
    when that must be written by hand."""

    delegator: Box
    delegate: Box
    premises: tuple[str, ...]
    mandate: tuple[str, ...]
    documents: str
    sections: tuple[Section, ...]
    terms: tuple[str, ...]
    name: str
    signer: str
    edition: str = EDITION

    @property
    def version(self) -> str:
        """The same for the same content, in every process."""
        return ids.derive("delegation", repr(asdict(self)), chars=12)


def build(reseller: Reseller, customer: Customer, profile: Profile) -> Delegation:
    """Of a customer whose profile is complete (`profile.checked`)."""
    return Delegation(
        delegator=_delegator(profile),
        delegate=Box(
            "Delegato (intermediario)",
            reseller.name,
            (),
            (
                Fact("Codice fiscale / partita IVA", _BLANK),
                Fact("Sede", _BLANK),
                Fact("E-mail", reseller.mail),
            ),
        ),
        premises=_PREMISES,
        mandate=_MANDATE,
        documents=_KEPT if customer.sending == "none" else _ISSUED,
        sections=_sections(customer),
        terms=_TERMS,
        name=profile.label,
        signer=_signer(profile),
    )


def _sections(customer: Customer) -> tuple[Section, ...]:
    found = tuple(Section(pattern, _written(pattern)) for pattern in customer.sections)
    return found or (Section(_ALL, "Qualunque"),)


def _written(pattern: str) -> str:
    """`{n}/A/{yyyy}` as a person reads it."""
    plain = pattern.replace("{n}", "‹numero›").replace("{yyyy}", "‹anno›")
    return plain.replace("{yy}", "‹anno, due cifre›")


def _signer(profile: Profile) -> str:
    if profile.person:
        return f"{profile.first} {profile.last}"
    return " ".join(part for part in (profile.agent_first, profile.agent_last) if part)


def _delegator(profile: Profile) -> Box:
    facts = [Fact("Forma giuridica", forms.labels()[profile.form]["it"])]
    if profile.name and profile.person:
        facts.append(Fact("Titolare", f"{profile.first} {profile.last}"))
    if profile.vat:
        facts.append(Fact("Partita IVA", f"IT{profile.vat}"))
    if profile.tax_code:
        facts.append(Fact("Codice fiscale", profile.tax_code))
    if profile.rea_number:
        facts.append(Fact("REA", f"{profile.rea_office} {profile.rea_number}"))
    if profile.register:
        number = f", n. {profile.register_number}" if profile.register_number else ""
        facts.append(Fact("Albo", profile.register + number))
    if profile.pec:
        facts.append(Fact("PEC", profile.pec))
    if not profile.person:
        facts.append(Fact("Legale rappresentante", _signer(profile) or _BLANK))
        facts.append(Fact("Codice fiscale del rappresentante", profile.agent_tax_code or _BLANK))
    return Box("Delegante (titolare dei documenti)", profile.label, _address(profile), tuple(facts))


def _address(profile: Profile) -> tuple[str, ...]:
    street = ", ".join(part for part in (profile.street, profile.number) if part)
    province = f" ({profile.province})" if profile.province else ""
    town = f"{profile.postcode} {profile.city}{province}".strip()
    country = (profile.country,) if profile.country else ()
    return (street, town, *country)
