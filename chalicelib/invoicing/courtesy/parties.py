"""Who is named in a file: the boxes of seller, buyer and whoever stands beside them.

Source: fatturapa.md sections 2 (1.1-1.6) and 4 (1.1-1.4).
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.invoicing.courtesy.labels import Language, meaning
from chalicelib.invoicing.courtesy.shapes import Box, Fact, Facts
from chalicelib.invoicing.courtesy.source import Source, many, one, value
from chalicelib.invoicing.courtesy.words import day, number, word


def coded(name: str, code: str, language: Language, on: str) -> str:
    """A code with its meaning, "RF19 · Regime forfettario"; the bare code when it has none."""
    return " · ".join(part for part in (code, meaning(name, code, language, on)) if part)


def named(source: Source, language: Language, *keys: str) -> list[Fact]:
    """The texts of child elements under the words of their names, without the empty ones."""
    found = [Fact(word(key, language), value(source, key)) for key in keys]
    return [fact for fact in found if fact.value]


def days(source: Source, language: Language, *keys: str) -> list[Fact]:
    """As `named`, of elements that hold a day."""
    return [Fact(f.label, day(f.value, language)) for f in named(source, language, *keys)]


def vat_id(source: Source) -> str:
    """IdFiscaleIVA: country and number together."""
    return value(source, "IdFiscaleIVA/IdPaese") + value(source, "IdFiscaleIVA/IdCodice")


def name(source: Source) -> str:
    """Titolo, then Denominazione, Nome and Cognome: both where a wrong file has both."""
    parts = [value(source, key) for key in ("Titolo", "Denominazione", "Nome", "Cognome")]
    return " ".join(part for part in parts if part)


def address(source: Source) -> list[str]:
    """An address on two lines: street and number, then postcode, town, province and country."""
    street = ", ".join(p for p in (value(source, k) for k in ("Indirizzo", "NumeroCivico")) if p)
    province = value(source, "Provincia")
    parts = [value(source, "CAP"), value(source, "Comune"), f"({province})" if province else ""]
    town = " ".join(part for part in parts if part)
    country = value(source, "Nazione")
    return [line for line in (street, " - ".join(p for p in (town, country) if p)) if line]


def _ids(source: Source, identity: Source, language: Language) -> list[Fact]:
    """Tax ids and what stands in DatiAnagrafici; `identity` holds the name."""
    facts = [Fact(word("vat_id", language), vat_id(source))]
    facts += named(source, language, "CodiceFiscale")
    facts += named(identity, language, "CodEORI")
    return [fact for fact in facts if fact.value]


def _register(source: Source, language: Language, on: str) -> list[Fact]:
    """The professional register and the tax regime."""
    facts = named(source, language, "AlboProfessionale", "ProvinciaAlbo", "NumeroIscrizioneAlbo")
    facts += days(source, language, "DataIscrizioneAlbo")
    regime = coded("RegimeFiscale", value(source, "RegimeFiscale"), language, on)
    return [*facts, Fact(word("RegimeFiscale", language), regime)] if regime else facts


def _rea(source: Source, language: Language) -> list[Fact]:
    """The register of companies."""
    rea = one(source, "IscrizioneREA")
    office = " ".join(p for p in (value(rea, "Ufficio"), value(rea, "NumeroREA")) if p)
    capital = value(rea, "CapitaleSociale")
    facts = [
        Fact(word("rea", language), office),
        Fact(word("CapitaleSociale", language), number(capital, language)),
    ]
    for key in ("SocioUnico", "StatoLiquidazione"):
        facts.append(Fact(word(key, language), coded(key, value(rea, key), language, "")))
    return [fact for fact in facts if fact.value]


def _seats(source: Source, language: Language) -> tuple[list[str], list[Fact]]:
    """The seat's lines, and the permanent establishment as a fact."""
    branch = ", ".join(address(one(source, "StabileOrganizzazione")))
    return address(one(source, "Sede")), (
        [Fact(word("branch", language), branch)] if branch else []
    )


def _agent(source: Source, key: str, language: Language) -> Iterator[Box]:
    """A tax representative: DatiAnagrafici below, or the same fields at once."""
    if source.node is None:
        return
    nested = one(source, "DatiAnagrafici")
    identity = nested if nested.node is not None else source
    names = one(identity, "Anagrafica") if nested.node is not None else source
    facts = _ids(identity, names, language)
    yield Box(word(key, language), name(names), (), tuple(facts))


def carrier(source: Source, language: Language) -> list[Fact]:
    """Who carries the goods, as facts of the transport (2.1.9.1)."""
    names = one(source, "Anagrafica")
    facts = [Fact(word("carrier", language), name(names)), *_ids(source, names, language)]
    facts += named(source, language, "NumeroLicenzaGuida")
    return [fact for fact in facts if fact.value]


def _ordinary(header: Source, language: Language, on: str) -> Iterator[Box]:
    seller, buyer = one(header, "CedentePrestatore"), one(header, "CessionarioCommittente")
    for side, key in ((seller, "seller"), (buyer, "buyer")):
        identity = one(side, "DatiAnagrafici")
        names = one(identity, "Anagrafica")
        lines, branch = _seats(side, language)
        facts = _ids(identity, names, language) + branch
        facts += _register(identity, language, on) + _rea(side, language)
        facts += named(one(side, "Contatti"), language, "Telefono", "Fax", "Email")
        facts += named(side, language, "RiferimentoAmministrazione")
        yield Box(word(key, language), name(names), tuple(lines), tuple(facts))
    yield from _agent(one(header, "RappresentanteFiscale"), "seller_agent", language)
    yield from _agent(one(buyer, "RappresentanteFiscale"), "buyer_agent", language)
    third = one(header, "TerzoIntermediarioOSoggettoEmittente")
    yield from _agent(third, "third", language)


def _simplified(header: Source, language: Language, on: str) -> Iterator[Box]:
    seller, buyer = one(header, "CedentePrestatore"), one(header, "CessionarioCommittente")
    lines, branch = _seats(seller, language)
    facts = _ids(seller, seller, language) + branch
    facts += _register(seller, language, on) + _rea(seller, language)
    yield Box(word("seller", language), name(seller), tuple(lines), tuple(facts))
    others = one(buyer, "AltriDatiIdentificativi")
    lines, branch = _seats(others, language)
    facts = _ids(one(buyer, "IdentificativiFiscali"), others, language) + branch
    yield Box(word("buyer", language), name(others), tuple(lines), tuple(facts))
    yield from _agent(one(seller, "RappresentanteFiscale"), "seller_agent", language)
    yield from _agent(one(others, "RappresentanteFiscale"), "buyer_agent", language)


def boxes(header: Source, simplified: bool, language: Language, on: str) -> tuple[Box, ...]:
    """Everybody in the header; `on` is the day of the document."""
    made = (_simplified if simplified else _ordinary)(header, language, on)
    return tuple(box for box in made if box.name or box.lines or box.facts)


def transmission(root: Source, header: Source, language: Language) -> Facts:
    """How the file was addressed (1.1), and who issued it (1.6)."""
    sending = one(header, "DatiTrasmissione")
    sender = one(sending, "IdTrasmittente")
    format = value(sending, "FormatoTrasmissione")
    facts = named(sending, language, "CodiceDestinatario", "PECDestinatario")
    facts.append(
        Fact(word("IdTrasmittente", language), value(sender, "IdPaese") + value(sender, "IdCodice"))
    )
    facts += named(sending, language, "ProgressivoInvio")
    label = coded("FormatoTrasmissione", format, language, "")
    facts.append(Fact(word("FormatoTrasmissione", language), label))
    for contacts in many(sending, "ContattiTrasmittente"):
        facts += named(contacts, language, "Telefono", "Email")
    emitter = coded("SoggettoEmittente", value(header, "SoggettoEmittente"), language, "")
    facts.append(Fact(word("SoggettoEmittente", language), emitter))
    if root.node is not None:
        version = (root.node.get("versione") or "").strip()
        if version != format:
            facts.append(Fact(word("versione", language), version))
        system = " ".join((root.node.get("SistemaEmittente") or "").split())
        facts.append(Fact(word("SistemaEmittente", language), system))
    return Facts(word("transmission", language), tuple(fact for fact in facts if fact.value))
