"""From a document and its figures to FatturaElettronicaBody of FPA12 and FPR12."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterable

from chalicelib.invoicing.compose.amounts import Due, Summary, Sums
from chalicelib.invoicing.compose.fitting import refused
from chalicelib.invoicing.compose.payments import payments_of
from chalicelib.invoicing.compose.rows import Row
from chalicelib.invoicing.compose.values import (
    Change,
    Delivery,
    Document,
    File,
    Fund,
    Instalment,
    Payment,
    Reference,
    Withholding,
)
from chalicelib.invoicing.fatturapa.text import split
from chalicelib.invoicing.fatturapa.tree import body, common, general

CAUSE_CHARS = 200
YES = "SI"


def _yes(flag: bool) -> str | None:
    return YES if flag else None


def _day(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


def _changes(changes: Iterable[Change]) -> tuple[common.ScontoMaggiorazioneType, ...]:
    return tuple(
        common.ScontoMaggiorazioneType(
            Tipo=change.kind, Percentuale=change.percent, Importo=change.amount
        )
        for change in changes
    )


# --- 2.1 ----------------------------------------------------------------------------------------
def _withholding(held: Withholding, due: Due) -> general.DatiRitenutaType:
    return general.DatiRitenutaType(
        TipoRitenuta=held.kind,
        ImportoRitenuta=due.amount,
        AliquotaRitenuta=held.percent,
        CausalePagamento=held.reason,
    )


def _fund(fund: Fund, due: Due) -> general.DatiCassaPrevidenzialeType:
    return general.DatiCassaPrevidenzialeType(
        TipoCassa=fund.kind,
        AlCassa=fund.percent,
        ImportoContributoCassa=due.amount,
        ImponibileCassa=due.base,
        AliquotaIVA=fund.rate,
        Ritenuta=_yes(fund.withheld),
        Natura=fund.natura or None,
        RiferimentoAmministrazione=fund.reference or None,
    )


def _document(document: Document, sums: Sums) -> general.DatiGeneraliDocumentoType:
    totals = sums.totals
    stamp = general.DatiBolloType(BolloVirtuale=YES, ImportoBollo=totals.stamp)
    held = zip(document.withholdings, sums.withholdings, strict=True)
    funds = zip(document.funds, sums.funds, strict=True)
    return general.DatiGeneraliDocumentoType(
        TipoDocumento=document.kind,
        Divisa=document.currency,
        Data=document.day.isoformat(),
        Numero=document.number,
        DatiRitenuta=tuple(_withholding(*pair) for pair in held),
        DatiBollo=stamp if totals.stamp else None,
        DatiCassaPrevidenziale=tuple(_fund(*pair) for pair in funds),
        ImportoTotaleDocumento=totals.total,
        Arrotondamento=document.rounding or None,
        Causale=split(document.cause, CAUSE_CHARS),
        Art73=_yes(document.art73),
    )


def _numbers(lines: Iterable[int], rows: Iterable[Row], field: str) -> tuple[int, ...]:
    """NumeroLinea of lines of the document, which long descriptions move."""
    numbers = {row.place: number for number, row in enumerate(rows, start=1) if row.place}
    for line in lines:
        if line not in numbers:
            raise refused("compose_line", "The document has no such line.", field, line=line)
    return tuple(numbers[line] for line in lines)


def _reference(reference: Reference, sums: Sums, field: str) -> general.DatiDocumentiCorrelatiType:
    return general.DatiDocumentiCorrelatiType(
        RiferimentoNumeroLinea=_numbers(reference.lines, sums.rows, field),
        IdDocumento=reference.id,
        Data=_day(reference.day),
        NumItem=reference.item or None,
        CodiceCommessaConvenzione=reference.project or None,
        CodiceCUP=reference.cup or None,
        CodiceCIG=reference.cig or None,
    )


def _delivery(delivery: Delivery, sums: Sums, field: str) -> general.DatiDDTType:
    return general.DatiDDTType(
        NumeroDDT=delivery.number,
        DataDDT=delivery.day.isoformat(),
        RiferimentoNumeroLinea=_numbers(delivery.lines, sums.rows, field),
    )


def _general(document: Document, sums: Sums, field: str) -> general.DatiGeneraliType:
    linked: dict[str, list[general.DatiDocumentiCorrelatiType]] = {}
    for place, reference in enumerate(document.references):
        made = _reference(reference, sums, f"{field}.references[{place}].lines")
        linked.setdefault(reference.kind, []).append(made)
    deliveries = tuple(
        _delivery(delivery, sums, f"{field}.deliveries[{place}].lines")
        for place, delivery in enumerate(document.deliveries)
    )
    return general.DatiGeneraliType(
        DatiGeneraliDocumento=_document(document, sums),
        DatiOrdineAcquisto=tuple(linked.get("order", ())),
        DatiContratto=tuple(linked.get("contract", ())),
        DatiConvenzione=tuple(linked.get("agreement", ())),
        DatiRicezione=tuple(linked.get("reception", ())),
        DatiFattureCollegate=tuple(linked.get("invoice", ())),
        DatiSAL=tuple(general.DatiSALType(RiferimentoFase=stage) for stage in document.stages),
        DatiDDT=deliveries,
        DatiTrasporto=document.transport,
        FatturaPrincipale=document.main_invoice,
    )


# --- 2.2 ----------------------------------------------------------------------------------------
def _line(number: int, row: Row) -> body.DettaglioLineeType:
    line = row.line
    return body.DettaglioLineeType(
        NumeroLinea=number,
        TipoCessionePrestazione=line.kind or None,
        CodiceArticolo=tuple(
            body.CodiceArticoloType(CodiceTipo=code.kind, CodiceValore=code.value)
            for code in line.codes
        ),
        Descrizione=line.description,
        Quantita=line.quantity,
        UnitaMisura=line.unit or None,
        DataInizioPeriodo=_day(line.start),
        DataFinePeriodo=_day(line.end),
        PrezzoUnitario=line.price,
        ScontoMaggiorazione=_changes(line.changes),
        PrezzoTotale=row.total,
        AliquotaIVA=line.rate,
        Ritenuta=_yes(line.withheld),
        Natura=line.natura or None,
        RiferimentoAmministrazione=line.reference or None,
        AltriDatiGestionali=tuple(
            body.AltriDatiGestionaliType(
                TipoDato=datum.kind,
                RiferimentoTesto=datum.text or None,
                RiferimentoNumero=datum.number,
                RiferimentoData=_day(datum.day),
            )
            for datum in line.data
        ),
    )


def _summary(summary: Summary) -> body.DatiRiepilogoType:
    return body.DatiRiepilogoType(
        AliquotaIVA=summary.rate,
        Natura=summary.natura or None,
        Arrotondamento=summary.rounding or None,
        ImponibileImporto=summary.taxable,
        Imposta=summary.tax,
        EsigibilitaIVA=summary.exigibility or None,
        RiferimentoNormativo=summary.law or None,
    )


# --- 2.4 and 2.5 --------------------------------------------------------------------------------
def _instalment(part: Instalment) -> body.DettaglioPagamentoType:
    assert part.amount is not None, "payments_of fills it"
    return body.DettaglioPagamentoType(
        Beneficiario=part.beneficiary or None,
        ModalitaPagamento=part.method,
        DataRiferimentoTerminiPagamento=_day(part.from_day),
        GiorniTerminiPagamento=part.days,
        DataScadenzaPagamento=_day(part.due),
        ImportoPagamento=part.amount,
        CodUfficioPostale=part.post_office or None,
        CognomeQuietanzante=part.payee_last or None,
        NomeQuietanzante=part.payee_first or None,
        CFQuietanzante=part.payee_tax_code or None,
        TitoloQuietanzante=part.payee_title or None,
        IstitutoFinanziario=part.bank or None,
        IBAN=part.iban or None,
        ABI=part.abi or None,
        CAB=part.cab or None,
        BIC=part.bic or None,
        ScontoPagamentoAnticipato=part.early_discount,
        DataLimitePagamentoAnticipato=_day(part.early_day),
        PenalitaPagamentiRitardati=part.late_penalty,
        DataDecorrenzaPenale=_day(part.late_day),
        CodicePagamento=part.code or None,
    )


def _payment(payment: Payment) -> body.DatiPagamentoType:
    return body.DatiPagamentoType(
        CondizioniPagamento=payment.terms,
        DettaglioPagamento=tuple(_instalment(part) for part in payment.instalments),
    )


def attachments(files: Iterable[File], field: str) -> tuple[common.AllegatiType, ...]:
    """The attachments of a document of any format. Raises Rejected compose_missing."""
    made = []
    for place, file in enumerate(files):
        if not file.data:
            message = "The attachment is empty."
            raise refused("compose_missing", message, f"{field}.files[{place}].data")
        made.append(
            common.AllegatiType(
                NomeAttachment=file.name,
                AlgoritmoCompressione=file.compression or None,
                FormatoAttachment=file.format or None,
                DescrizioneAttachment=file.description or None,
                Attachment=base64.b64encode(file.data).decode("ascii"),
            )
        )
    return tuple(made)


def body_of(document: Document, sums: Sums, field: str) -> body.FatturaElettronicaBodyType:
    """One body; `field` is the path of the document.

    Raises Rejected: compose_line, compose_missing, and what `payments_of` raises.
    """
    if document.rectified is not None:
        message = "Only the simplified format has this block: use a reference to the invoice."
        raise refused("compose_simplified", message, f"{field}.rectified")
    payments = payments_of(document, sums.totals.payable, field)
    return body.FatturaElettronicaBodyType(
        DatiGenerali=_general(document, sums, field),
        DatiBeniServizi=body.DatiBeniServiziType(
            DettaglioLinee=tuple(_line(*pair) for pair in enumerate(sums.rows, start=1)),
            DatiRiepilogo=tuple(_summary(summary) for summary in sums.summaries),
        ),
        DatiVeicoli=document.vehicle,
        DatiPagamento=tuple(_payment(payment) for payment in payments),
        Allegati=attachments(document.files, field),
    )
