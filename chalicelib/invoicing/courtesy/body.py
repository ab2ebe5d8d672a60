"""One body of an ordinary or simplified file, block by block.

Source: fatturapa.md sections 2 (2.1-2.5) and 4 (2.1-2.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chalicelib.invoicing.courtesy.labels import Language
from chalicelib.invoicing.courtesy.parties import address, carrier, coded, days, named
from chalicelib.invoicing.courtesy.shapes import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Piece,
    Row,
    Table,
    Totals,
)
from chalicelib.invoicing.courtesy.source import Source, many, one, rest, value, values
from chalicelib.invoicing.courtesy.words import day, money, number, per_cent, size, word
from chalicelib.invoicing.model import Body

_RELATED = ("DatiOrdineAcquisto", "DatiContratto", "DatiConvenzione", "DatiRicezione")


def cell(*texts: str) -> Cell:
    """A cell of ordinary paragraphs; empty ones are left out."""
    return tuple(Piece(text) for text in texts if text)


def details(facts: list[Fact]) -> Cell:
    """Facts as small lines."""
    return tuple(Piece(f"{fact.label}: {fact.value}", "small") for fact in facts)


def table(heading: str, columns: tuple[Column, ...], rows: list[Row]) -> Iterator[Table]:
    """A table without the columns that are empty throughout; nothing without rows."""
    if rows:
        kept = [i for i in range(len(columns)) if any(row[i] for row in rows)]
        yield Table(
            heading,
            tuple(columns[i] for i in kept),
            tuple(tuple(row[i] for i in kept) for row in rows),
        )


def plain(value_of: Decimal) -> str:
    """A sum as the file would write it."""
    return f"{value_of:f}"


def discount(source: Source, language: Language) -> str:
    """ScontoMaggiorazione: its sign, then rate or amount or both; an odd Tipo stays as it is."""
    kind = value(source, "Tipo")
    sign = {"SC": "-", "MG": "+"}.get(kind, f"{kind} ".lstrip())
    rate = per_cent(value(source, "Percentuale"), language)
    amount = value(source, "Importo")
    parts = [rate, number(amount, language) if amount else ""]
    return " / ".join(f"{sign}{part}" for part in parts if part) or kind


# --- general data -------------------------------------------------------------------------------
def _general(general: Source, currency: str, language: Language) -> Iterator[Block]:
    """What holds for the whole document: currency, reasons, marks, VAT by cash."""
    facts = [Fact(word("Divisa", language), currency)]
    if art73 := value(general, "Art73"):
        said = word("yes", language) if art73 == "SI" else art73
        facts.append(Fact(word("Art73", language), said))
    for stamp in (one(general, "DatiBollo"), general):
        if mark := value(stamp, "BolloVirtuale"):
            said = word("yes", language) if mark == "SI" else mark
            facts.append(Fact(word("stamp", language), said))
    stamped = value(general, "DatiBollo/ImportoBollo")
    facts.append(Fact(word("ImportoBollo", language), money(stamped, currency, language)))
    facts += [Fact(word("Causale", language), text) for text in values(general, "Causale")]
    yield Facts(word("general", language), tuple(fact for fact in facts if fact.value))


def _related(source: Source, kind: str, language: Language) -> Row:
    """DatiDocumentiCorrelati: order, contract, agreement, receipt, linked invoice."""
    codes = named(source, language, "CodiceCUP", "CodiceCIG", "NumItem")
    codes += named(source, language, "CodiceCommessaConvenzione")
    return (
        cell(word(kind, language)),
        cell(value(source, "IdDocumento")),
        cell(day(value(source, "Data"), language)),
        details(codes),
        cell(", ".join(values(source, "RiferimentoNumeroLinea"))),
    )


def _references(general: Source, language: Language) -> Iterator[Block]:
    rows: list[Row] = []
    for kind in (*_RELATED, "DatiFattureCollegate"):
        rows += [_related(source, kind, language) for source in many(general, kind)]
    for sal in many(general, "DatiSAL"):
        for phase in values(sal, "RiferimentoFase"):
            rows.append((cell(word("DatiSAL", language)), cell(phase), (), (), ()))
    for note in many(general, "DatiDDT"):
        lines = cell(", ".join(values(note, "RiferimentoNumeroLinea")))
        when = cell(day(value(note, "DataDDT"), language))
        numbered = cell(value(note, "NumeroDDT"))
        rows.append((cell(word("DatiDDT", language)), numbered, when, (), lines))
    for kind, id_key, day_key in (
        ("FatturaPrincipale", "NumeroFatturaPrincipale", "DataFatturaPrincipale"),
        ("DatiFatturaRettificata", "NumeroFR", "DataFR"),
    ):
        for other in many(general, kind):
            when = cell(day(value(other, day_key), language))
            said = details(named(other, language, "ElementiRettificati"))
            rows.append((cell(word(kind, language)), cell(value(other, id_key)), when, said, ()))
    columns = (
        Column(word("kind", language)),
        Column(word("object", language)),
        Column(word("Data", language)),
        Column(word("details", language), wide=True),
        Column(word("line_refs", language), wide=True),
    )
    yield from table(word("references", language), columns, rows)


def _transport(general: Source, language: Language) -> Iterator[Block]:
    for source in many(general, "DatiTrasporto"):
        facts = carrier(one(source, "DatiAnagraficiVettore"), language)
        facts += named(source, language, "MezzoTrasporto", "CausaleTrasporto", "NumeroColli")
        facts += named(source, language, "Descrizione", "UnitaMisuraPeso")
        for key in ("PesoLordo", "PesoNetto"):
            if weight := value(source, key):
                facts.append(Fact(word(key, language), number(weight, language)))
        facts += days(source, language, "DataOraRitiro", "DataInizioTrasporto", "DataOraConsegna")
        facts += named(source, language, "TipoResa")
        where = ", ".join(address(one(source, "IndirizzoResa")))
        facts.append(Fact(word("IndirizzoResa", language), where))
        found = tuple(fact for fact in facts if fact.value)
        if found:
            yield Facts(word("transport", language), found)


# --- social security, withholdings, discounts on the whole -------------------------------------
def _funds(general: Source, language: Language, on: str) -> Iterator[Block]:
    rows: list[Row] = []
    for fund in many(general, "DatiCassaPrevidenziale"):
        kind = coded("TipoCassa", value(fund, "TipoCassa"), language, on)
        held = value(fund, "Ritenuta")
        nature = value(fund, "Natura")
        more = named(fund, language, "RiferimentoAmministrazione")
        rows.append(
            (
                (*cell(kind), *details(more)),
                cell(per_cent(value(fund, "AlCassa"), language)),
                cell(number(value(fund, "ImponibileCassa"), language)),
                cell(per_cent(value(fund, "AliquotaIVA"), language), nature),
                cell(word("yes", language) if held == "SI" else held),
                cell(number(value(fund, "ImportoContributoCassa"), language)),
            )
        )
    columns = (
        Column(word("kind", language), wide=True),
        Column(word("AlCassa", language), right=True),
        Column(word("ImponibileCassa", language), right=True),
        Column(word("vat", language), right=True),
        Column(word("held", language), right=True),
        Column(word("ImportoContributoCassa", language), right=True),
    )
    yield from table(word("funds", language), columns, rows)


def _withholdings(general: Source, language: Language, on: str) -> Iterator[Block]:
    rows: list[Row] = []
    for kept in many(general, "DatiRitenuta"):
        reason = coded("CausalePagamento", value(kept, "CausalePagamento"), language, on)
        rows.append(
            (
                cell(coded("TipoRitenuta", value(kept, "TipoRitenuta"), language, on)),
                cell(reason),
                cell(per_cent(value(kept, "AliquotaRitenuta"), language)),
                cell(number(value(kept, "ImportoRitenuta"), language)),
            )
        )
    columns = (
        Column(word("kind", language), wide=True),
        Column(word("CausalePagamento", language), wide=True),
        Column(word("AliquotaIVA", language), right=True),
        Column(word("amount", language), right=True),
    )
    yield from table(word("withholdings", language), columns, rows)


def _adjustments(general: Source, language: Language) -> Iterator[Block]:
    found = [discount(source, language) for source in many(general, "ScontoMaggiorazione")]
    if found:
        label = word("discount", language)
        yield Facts(word("adjustments", language), tuple(Fact(label, text) for text in found))


# --- the end of a document ----------------------------------------------------------------------
def totals(
    general: Source, body: Body, currency: str, language: Language, readable: bool
) -> Iterator[Block]:
    """The sums of the summary, the rounding, and the total as the file has it.

    Without `readable` an amount of the file is no number: a sum that leaves it out would be wrong.
    """
    sums = (("taxable_sum", body.taxable), ("tax_sum", body.tax)) if readable else ()
    facts = [Fact(word(key, language), money(plain(n), currency, language)) for key, n in sums]
    if rounding := value(general, "Arrotondamento"):
        facts.append(Fact(word("Arrotondamento", language), money(rounding, currency, language)))
    facts.append(total(general, body, currency, language, readable))
    found = tuple(fact for fact in facts if fact.value)
    if found:
        yield Totals(word("totals", language), found)


def total(general: Source, body: Body, currency: str, language: Language, readable: bool) -> Fact:
    """ImportoTotaleDocumento as written, else the sum under a name that says so, or nothing."""
    if written := value(general, "ImportoTotaleDocumento"):
        return Fact(word("total", language), money(written, currency, language))
    computed = money(plain(body.amount), currency, language) if readable else ""
    return Fact(word("total_sum", language), computed)


def _attachments(source: Source, body: Body, language: Language) -> Iterator[Block]:
    rows: list[Row] = []
    for block, known in zip(many(source, "Allegati"), body.attachments, strict=True):
        rows.append(
            (
                cell(value(block, "NomeAttachment")),
                cell(value(block, "DescrizioneAttachment")),
                cell(value(block, "FormatoAttachment")),
                cell(value(block, "AlgoritmoCompressione")),
                cell(size(known.size, language)),
            )
        )
    columns = (
        Column(word("NomeAttachment", language), wide=True),
        Column(word("DescrizioneAttachment", language), wide=True),
        Column(word("FormatoAttachment", language)),
        Column(word("AlgoritmoCompressione", language)),
        Column(word("size", language), right=True),
    )
    yield from table(word("attachments", language), columns, rows)


def _vehicle(source: Source, language: Language) -> Iterator[Block]:
    for vehicle in many(source, "DatiVeicoli"):
        facts = days(vehicle, language, "Data") + named(vehicle, language, "TotalePercorso")
        if facts:
            yield Facts(word("vehicle", language), tuple(facts))


def others(source: Source, language: Language) -> Iterator[Block]:
    """What the file has and no block shows, under its own names."""
    facts = tuple(Fact(path, text) for path, text in rest(source))
    if facts:
        yield Facts(word("others", language), facts)


def before(source: Source, currency: str, language: Language) -> Iterator[Block]:
    """The blocks above the lines."""
    general = one(source, "DatiGenerali")
    yield from _general(one(general, "DatiGeneraliDocumento"), currency, language)
    yield from _references(general, language)
    yield from _transport(general, language)
    yield from _vehicle(source, language)


def between(source: Source, language: Language, on: str) -> Iterator[Block]:
    """The blocks between the lines and the summary."""
    general = one(source, "DatiGenerali/DatiGeneraliDocumento")
    yield from _adjustments(general, language)
    yield from _funds(general, language, on)
    yield from _withholdings(general, language, on)


def last(source: Source, body: Body, language: Language) -> Iterator[Block]:
    """Attachments, and all that nothing else has shown."""
    yield from _attachments(source, body, language)
    yield from others(source, language)
