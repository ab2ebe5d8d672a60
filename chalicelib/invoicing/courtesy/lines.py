"""The lines of a document, its VAT summary and its payments.

Source: fatturapa.md sections 2 (2.2, 2.4) and 4 (2.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.invoicing.courtesy.body import cell, details, discount, table
from chalicelib.invoicing.courtesy.labels import Language, meaning
from chalicelib.invoicing.courtesy.parties import coded, days, named
from chalicelib.invoicing.courtesy.shapes import Block, Column, Fact, Piece, Row, Table
from chalicelib.invoicing.courtesy.source import Source, many, one, own, value
from chalicelib.invoicing.courtesy.words import day, number, per_cent, word

IBAN_GROUP_CHARS = 4  # as ISO 13616 prints it


def _with_key(found: Iterator[Table], natures: list[str], language: Language, on: str) -> Table:
    """The table with the meaning of each nature that it uses, in their order."""
    made = next(found)
    notes = []
    for code in sorted(set(natures)):
        if label := meaning("Natura", code, language, on):
            notes.append(f"{code} · {label}")
    return Table(made.heading, made.columns, made.rows, tuple(notes))


# --- the lines ----------------------------------------------------------------------------------
def _codes(line: Source) -> Iterator[str]:
    for code in many(line, "CodiceArticolo"):
        kind, said = value(code, "CodiceTipo"), value(code, "CodiceValore")
        if kind or said:
            yield " ".join(part for part in (kind, said) if part)


def _managed(line: Source, language: Language) -> Iterator[str]:
    """AltriDatiGestionali: the type of the datum, then text, number and day."""
    for datum in many(line, "AltriDatiGestionali"):
        told = value(datum, "RiferimentoNumero")
        parts = [
            value(datum, "RiferimentoTesto"),
            number(told, language) if told else "",
            day(value(datum, "RiferimentoData"), language),
        ]
        said = " · ".join(part for part in parts if part)
        kind = value(datum, "TipoDato")
        yield f"{kind}: {said}" if kind and said else kind or said


def _description(line: Source, language: Language, on: str) -> tuple[Piece, ...]:
    kind = value(line, "TipoCessionePrestazione")
    start, end = value(line, "DataInizioPeriodo"), value(line, "DataFinePeriodo")
    period = " – ".join(day(text, language) or "…" for text in (start, end))
    small = [coded("TipoCessionePrestazione", kind, language, on), *_codes(line)]
    if start or end:
        small.append(f"{word('period', language)}: {period}")
    said = cell(value(line, "Descrizione"))
    more = [Piece(text, "small") for text in small if text]
    more += details(named(line, language, "RiferimentoAmministrazione"))
    more += [Piece(text, "small") for text in _managed(line, language) if text]
    return (*said, *more)


def ordinary(source: Source, language: Language, on: str) -> Iterator[Block]:
    """DettaglioLinee (2.2.1)."""
    rows: list[Row] = []
    natures: list[str] = []
    for line in many(source, "DatiBeniServizi/DettaglioLinee"):
        nature, held = value(line, "Natura"), value(line, "Ritenuta")
        natures.append(nature)
        rows.append(
            (
                cell(value(line, "NumeroLinea")),
                _description(line, language, on),
                cell(number(value(line, "Quantita"), language, 0)),
                cell(value(line, "UnitaMisura")),
                cell(number(value(line, "PrezzoUnitario"), language)),
                cell(*(discount(each, language) for each in many(line, "ScontoMaggiorazione"))),
                cell(per_cent(value(line, "AliquotaIVA"), language), nature),
                cell(word("yes", language) if held == "SI" else held),
                cell(number(value(line, "PrezzoTotale"), language)),
            )
        )
    columns = (
        Column(word("line_no", language)),
        Column(word("Descrizione", language), wide=True),
        Column(word("Quantita", language), right=True),
        Column(word("UnitaMisura", language)),
        Column(word("price", language), right=True),
        Column(word("discount", language), right=True),
        Column(word("vat", language), right=True),
        Column(word("held", language), right=True),
        Column(word("amount", language), right=True),
    )
    if rows:
        found = table(word("lines", language), columns, rows)
        yield _with_key(found, natures, language, on)


def simplified(source: Source, language: Language, on: str) -> Iterator[Block]:
    """DatiBeniServizi of the simplified format, whose amounts include VAT."""
    rows: list[Row] = []
    natures: list[str] = []
    for line in many(source, "DatiBeniServizi"):
        nature = value(line, "Natura")
        natures.append(nature)
        law = details(named(line, language, "RiferimentoNormativo"))
        rows.append(
            (
                (*cell(value(line, "Descrizione")), *law),
                cell(per_cent(value(line, "DatiIVA/Aliquota"), language), nature),
                cell(number(value(line, "DatiIVA/Imposta"), language)),
                cell(number(value(line, "Importo"), language)),
            )
        )
    columns = (
        Column(word("Descrizione", language), wide=True),
        Column(word("vat", language), right=True),
        Column(word("Imposta", language), right=True),
        Column(word("gross", language), right=True),
    )
    if rows:
        found = table(word("lines", language), columns, rows)
        yield _with_key(found, natures, language, on)


# --- the summary --------------------------------------------------------------------------------
def summary(source: Source, language: Language, on: str) -> Iterator[Block]:
    """DatiRiepilogo (2.2.2)."""
    rows: list[Row] = []
    for part in many(source, "DatiBeniServizi/DatiRiepilogo"):
        nature = coded("Natura", value(part, "Natura"), language, on)
        due = coded("EsigibilitaIVA", value(part, "EsigibilitaIVA"), language, on)
        law = value(part, "RiferimentoNormativo")
        rows.append(
            (
                cell(per_cent(value(part, "AliquotaIVA"), language)),
                (*cell(nature, due), *((Piece(law, "small"),) if law else ())),
                cell(number(value(part, "SpeseAccessorie"), language)),
                cell(number(value(part, "Arrotondamento"), language)),
                cell(number(value(part, "ImponibileImporto"), language)),
                cell(number(value(part, "Imposta"), language)),
            )
        )
    columns = (
        Column(word("AliquotaIVA", language)),
        Column(f"{word('Natura', language)} / {word('EsigibilitaIVA', language)}", wide=True),
        Column(word("SpeseAccessorie", language), right=True),
        Column(word("Arrotondamento", language), right=True),
        Column(word("ImponibileImporto", language), right=True),
        Column(word("Imposta", language), right=True),
    )
    yield from table(word("summary", language), columns, rows)


# --- the payments -------------------------------------------------------------------------------
def _iban(text: str) -> str:
    parts = [text[i : i + IBAN_GROUP_CHARS] for i in range(0, len(text), IBAN_GROUP_CHARS)]
    return " ".join(parts)


def _payee(detail: Source, language: Language) -> list[Fact]:
    """Whoever takes the money, and the postal office where he does."""
    facts = named(detail, language, "Beneficiario", "CodUfficioPostale")
    keys = ("TitoloQuietanzante", "NomeQuietanzante", "CognomeQuietanzante")
    taker = " ".join(part for part in (value(detail, key) for key in keys) if part)
    facts.append(Fact(word("Quietanzante", language), taker))
    return facts + named(detail, language, "CFQuietanzante")


def _terms(detail: Source, language: Language) -> list[Fact]:
    """From when, within how many days, with what for early or late payment."""
    facts = days(detail, language, "DataRiferimentoTerminiPagamento")
    facts += named(detail, language, "GiorniTerminiPagamento")
    for amount, when in (
        ("ScontoPagamentoAnticipato", "DataLimitePagamentoAnticipato"),
        ("PenalitaPagamentiRitardati", "DataDecorrenzaPenale"),
    ):
        facts += [
            Fact(fact.label, number(fact.value, language))
            for fact in named(detail, language, amount)
        ]
        facts += days(detail, language, when)
    return facts


def _payment(detail: Source, language: Language, on: str) -> Row:
    bank = [Fact(f.label, _iban(f.value)) for f in named(detail, language, "IBAN")]
    bank += named(detail, language, "BIC", "IstitutoFinanziario", "ABI", "CAB", "CodicePagamento")
    facts = [*bank, *_payee(detail, language), *_terms(detail, language)]
    strong = tuple(Piece(f"{fact.label}: {fact.value}") for fact in bank[:1])
    return (
        cell(coded("ModalitaPagamento", value(detail, "ModalitaPagamento"), language, on)),
        (*strong, *details([fact for fact in facts[len(strong) :] if fact.value])),
        cell(day(value(detail, "DataScadenzaPagamento"), language)),
        cell(number(value(detail, "ImportoPagamento"), language)),
    )


def payments(source: Source, language: Language, on: str) -> Iterator[Block]:
    """DatiPagamento (2.4), one table for each set of conditions."""
    columns = (
        Column(word("ModalitaPagamento", language), wide=True),
        Column(word("details", language), wide=True),
        Column(word("DataScadenzaPagamento", language), right=True),
        Column(word("amount", language), right=True),
    )
    for terms in many(source, "DatiPagamento"):
        code = own(one(terms, "CondizioniPagamento"))
        said = coded("CondizioniPagamento", code, language, on)
        rows = [_payment(detail, language, on) for detail in many(terms, "DettaglioPagamento")]
        heading = word("payment", language) + (f" · {said}" if said else "")
        yield from table(heading, columns, rows or [(cell(said), (), (), ())])
