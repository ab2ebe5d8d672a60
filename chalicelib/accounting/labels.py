"""What is told of flows and payments that do not agree: a stable label, its text, what to do.

Labels in capitals are those of pagoPA's own reconciliation (pagopa.md section 7), the others ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["it", "en"]


@dataclass(frozen=True)
class Label:
    """A label in two languages: what it means and what to do about it."""

    code: str
    it: str
    en: str
    do_it: str = ""
    do_en: str = ""

    def text(self, language: Language) -> str:
        """What it means."""
        return self.it if language == "it" else self.en

    def advice(self, language: Language) -> str:
        """What to do; "" where there is nothing to be done."""
        return self.do_it if language == "it" else self.do_en


_ASK_PSP = (
    "Chiedere al PSP un flusso corretto; finché non arriva il flusso non si contabilizza da solo.",
    "Ask the PSP for a right flow; until it comes the flow is not posted by itself.",
)
_LOOK = (
    "Controllare la riga e, se serve, contabilizzarla a mano con una nota.",
    "Look at the line and, if need be, post it by hand with a note.",
)

_REOPEN = (
    "Riaprire a mano la posizione: si chiede di nuovo, con un altro avviso.",
    "Reopen the position by hand: it is asked for anew, by another notice.",
)


# --- of a whole flow: it is kept as anomalous
FLOW: Final = {
    one.code: one
    for one in (
        Label("flow_id_malformed", "L'identificativo del flusso manca o non è valido.",
              "The id of the flow is missing or malformed.", *_ASK_PSP),
        Label("flow_date_malformed", "La data e ora del flusso manca o non è valida.",
              "The date and time of the flow is missing or malformed.", *_ASK_PSP),
        Label("settled_malformed", "La data di regolamento manca o non è valida.",
              "The day of settlement is missing or malformed.", *_ASK_PSP),
        Label("count_malformed", "Il numero totale dei pagamenti manca o non è valido.",
              "The total number of payments is missing or malformed.", *_ASK_PSP),
        Label("sum_malformed", "L'importo totale manca o non è valido.",
              "The total amount is missing or malformed.", *_ASK_PSP),
        Label("count_differs", "Il numero dei pagamenti dichiarato non è quello delle righe.",
              "The declared number of payments is not that of the lines.", *_ASK_PSP),
        Label("sum_differs", "L'importo totale dichiarato non è la somma delle righe.",
              "The declared total is not the sum of the lines.", *_ASK_PSP),
        Label("no_lines", "Il flusso non contiene pagamenti.",
              "There are no payments in the flow.", *_ASK_PSP),
        Label("amount_malformed", "L'importo di una riga manca o non è valido.",
              "The amount of a line is missing or malformed.", *_ASK_PSP),
        Label("receiver_differs", "Il flusso è destinato a un altro ente.",
              "The flow is for another body.",
              "Non contabilizzare; segnalare al partner tecnologico.",
              "Do not post; tell the technology partner."),
        Label("revised_after_posting",
              "È arrivata una nuova versione di un flusso già contabilizzato.",
              "Another version has come of a flow that is posted already.",
              "Confrontare le versioni; rettificare con nuove scritture.",
              "Compare the versions; correct by new entries."),
        Label("version_conflict", "Due contenuti diversi hanno la stessa versione del flusso.",
              "Two different contents have the same version of the flow.", *_ASK_PSP),
    )
}  # fmt: skip

# --- of a flow or of a line, which stay good: somebody should look
NOTES: Final = {
    one.code: one
    for one in (
        Label("day_differs", "La data nell'identificativo non è la data di regolamento.",
              "The day in the id is not the day of settlement.", *_LOOK),
        Label("psp_differs", "Il PSP nell'identificativo non è il mittente.",
              "The PSP in the id is not the sender.", *_LOOK),
        Label("unknown_outcome", "Codice esito sconosciuto.", "Unknown outcome code.", *_LOOK),
        Label("reference_missing", "Mancano lo IUV o lo IUR.", "IUV or IUR is missing.", *_LOOK),
        Label("amount_not_positive", "Importo nullo o negativo di un pagamento eseguito.",
              "Amount of an executed payment is zero or negative.", *_LOOK),
        Label("day_malformed", "La data dell'esito manca o non è valida.",
              "The day of the outcome is missing or malformed.", *_LOOK),
        Label("duplicate", "La stessa riga compare più volte nel flusso.",
              "The same line is more than once in the flow.", *_LOOK),
        Label("revoked", "Pagamento revocato.", "Revoked payment.",
              *_REOPEN),
        Label("without_receipt", "Pagamento eseguito senza ricevuta.",
              "Payment executed without a receipt.",
              "La ricevuta viene cercata; se non c'è, fa fede il flusso dopo alcuni giorni.",
              "The receipt is looked for; failing that the flow stands for it after some days."),
    )
}  # fmt: skip

# --- of the three-way match -----------------------------------------------------------------------
_LINK = (
    "Collegare a mano con una nota, se il movimento è di un flusso o di un pagamento noto.",
    "Link it by hand with a note, if it belongs to a known flow or payment.",
)
_NOTHING = ("Niente da fare.", "Nothing to be done.")
MATCH: Final = {
    one.code: one
    for one in (
        Label("RT_NO_IUF", "Ricevuta senza rendicontazione.",
              "Receipt that no flow reports yet.",
              "Attendere il flusso; dopo tre giorni lavorativi chiedere al PSP.",
              "Wait for the flow; after three working days ask the PSP."),
        Label("RT_IUF", "Ricevuta rendicontata, incasso non ancora sul conto.",
              "Receipt reported by a flow, money not on the account yet.",
              "Attendere il riversamento.", "Wait for the transfer."),
        Label("RT_IUF_TES", "Ricevuta, rendicontazione e incasso concordano.",
              "Receipt, flow and bank agree.", *_NOTHING),
        Label("RT_TES", "Ricevuta e bonifico singolo concordano.",
              "Receipt and a single transfer agree.", *_NOTHING),
        Label("RT_TES_DIV_IMP",
              "Il bonifico singolo non è dell'importo della ricevuta o della sua causale.",
              "The single transfer is not of the receipt's amount, or not of that in its text.",
              "Chiedere al PSP; se in tutto è arrivato l'importo della ricevuta, "
              "collegare a mano con una nota.",
              "Ask the PSP; if the receipt's amount came in all, link it by hand with a note."),
        Label("IUV_NO_RT", "Pagamento rendicontato senza ricevuta.",
              "Payment reported without a receipt.",
              "Cercare la ricevuta; controllare che la posizione sia dell'ente.",
              "Look for the receipt; check that the position is the body's."),
        Label("NO_RECEIPT_YET", "Il PSP ha dichiarato il pagamento senza ricevuta (esito 8 o 9).",
              "The PSP declared the payment without a receipt (outcome 8 or 9).",
              "La ricevuta viene cercata; se non c'è, fa fede il flusso dopo alcuni giorni.",
              "The receipt is looked for; failing that the flow stands for it after some days."),
        Label("DOPPI", "Lo stesso pagamento è rendicontato più volte con IUR diversi.",
              "The same payment is reported several times under different IURs.",
              "Verificare con il PSP; un doppio incasso va rimborsato.",
              "Check with the PSP; money that came twice is to be given back."),
        Label("DUPLICATE", "La stessa riga è rendicontata più volte.",
              "The same line is reported more than once.",
              "Verificare con il PSP quale flusso è giusto.",
              "Check with the PSP which flow is right."),
        Label("AMOUNT_DIFFERS", "L'importo rendicontato non è quello della ricevuta.",
              "The reported amount is not that of the receipt.",
              "Verificare con il PSP; la differenza resta aperta.",
              "Check with the PSP; the difference stays open."),
        Label("REVOKED", "Il PSP ha revocato il pagamento.", "The PSP has revoked the payment.",
              *_REOPEN),
        Label("CANCELLED_PAID", "Pagamento di una posizione annullata.",
              "Payment of a cancelled position.",
              "Rimborsare, o ripristinare la posizione.",
              "Give it back, or restore the position."),
        Label("STAMP", "Marca da bollo digitale: non è rendicontata né riversata all'ente.",
              "Digital stamp: it is neither reported nor credited to the body.", *_NOTHING),
        Label("ELSEWHERE", "Riga di un altro partner tecnologico dell'ente.",
              "Line of another technology partner of the body.", *_NOTHING),
        Label("FLOW_ANOMALOUS", "I totali del flusso non tornano.",
              "The totals of the flow are wrong.", *_ASK_PSP),
        Label("VERSION_CONFLICT", "Due contenuti diversi hanno la stessa versione del flusso.",
              "Two different contents have the same version of the flow.", *_ASK_PSP),
        Label("IUF_NO_TES", "Flusso non ancora sul conto.",
              "The money of the flow is not on the account yet.",
              "Attendere; dopo due giorni lavorativi chiedere al PSP o alla banca.",
              "Wait; after two working days ask the PSP or the bank."),
        Label("IUF_TES_DIV_IMP", "L'importo accreditato non è quello del flusso.",
              "The credited amount is not that of the flow.",
              "Attendere un'integrazione o chiedere al PSP; la differenza resta aperta.",
              "Wait for another transfer or ask the PSP; the difference stays open."),
        Label("TES_NO_IUF_OR_IUV", "Movimento pagoPA di un flusso o pagamento sconosciuto.",
              "pagoPA movement of an unknown flow or payment.",
              "Attendere il flusso, o collegare a mano con una nota.",
              "Wait for the flow, or link it by hand with a note."),
        Label("TES_NO_MATCH", "Nella causale non si legge nessun flusso.",
              "No flow can be read in the description.", *_LINK),
        Label("TES_PROPOSED", "Il flusso è solo proposto, per importo e data o testo incompleto.",
              "The flow is only proposed, by amount and day or by an incomplete text.",
              "Confermare o rifiutare la proposta.", "Confirm or refuse the proposal."),
        Label("TES_CANCELLED", "Movimento stornato dalla banca.",
              "Movement that the bank has taken back.", *_NOTHING),
    )
}  # fmt: skip
