"""The shorter code lists of FatturaPA, written as in `lists`. Source: the same."""

from __future__ import annotations

from typing import Final

LISTS: Final[dict[str, str]] = {
    # The letters of the withholding agents' yearly form, in short.
    "CausalePagamento": """
A | Lavoro autonomo professionale | Professional self-employment
B | Utilizzazione economica di opere dell'ingegno da parte dell'autore o inventore | Use of \
intellectual property by its author or inventor
C | Utili da associazione in partecipazione con apporto di solo lavoro | Profit share for work only
D | Utili ai soci promotori e fondatori | Profits of promoters and founders
E | Levata di protesti cambiari | Protest of bills
G | Indennità per cessazione di attività sportiva professionale | End of professional sport
H | Indennità per cessazione di rapporti di agenzia | End of agency relationship
I | Indennità per cessazione da funzioni notarili | End of notarial functions
L | Utilizzazione di opere dell'ingegno da parte di eredi o legatari | Use of intellectual \
property by heirs
L1 | Utilizzazione di opere dell'ingegno da parte di chi ne ha acquistato i diritti | Use of \
intellectual property by buyers of the rights
M | Lavoro autonomo non esercitato abitualmente | Occasional self-employment
M1 | Assunzione di obblighi di fare, non fare o permettere | Duties to do, not to do or to permit
M2 | Lavoro autonomo occasionale con cassa propria | Occasional self-employment with an own fund
N | Indennità, rimborsi e premi per attività sportive dilettantistiche | Amateur sport: \
indemnities, refunds and prizes
O | Lavoro autonomo occasionale senza obbligo di gestione separata INPS | Occasional \
self-employment outside the INPS separate scheme
O1 | Obblighi di fare, non fare o permettere senza obbligo di gestione separata INPS | Duties to \
do, not to do or to permit outside the INPS separate scheme
P | Canoni a non residenti | Royalties to non-residents
Q | Provvigioni ad agente o rappresentante monomandatario | Commissions, single-firm agent
R | Provvigioni ad agente o rappresentante plurimandatario | Commissions, multi-firm agent
S | Provvigioni a commissionario | Commissions, commission agent
T | Provvigioni a mediatore | Commissions, mediator
U | Provvigioni a procacciatore di affari | Commissions, business finder
V | Provvigioni a incaricato per le vendite a domicilio | Commissions, door-to-door sales
V1 | Attività commerciali non esercitate abitualmente | Occasional commercial activity
W | Corrispettivi per appalti verso condomìni | Works to condominiums
X | Canoni a società o stabili organizzazioni di Stati UE | Royalties to companies of EU States
Y | Canoni a società di Stati UE (periodi precedenti) | Royalties to companies of EU States \
(earlier periods)
Z | Titolo diverso dai precedenti | Other
ZO | Titolo diverso dai precedenti | Other
""",
    "ModalitaPagamento": """
MP01 | Contanti | Cash
MP02 | Assegno | Cheque
MP03 | Assegno circolare | Banker's draft
MP04 | Contanti presso Tesoreria | Cash at the Treasury
MP05 | Bonifico | Bank transfer
MP06 | Vaglia cambiario | Promissory bill
MP07 | Bollettino bancario | Bank payment slip
MP08 | Carta di pagamento | Payment card
MP09 | RID | RID direct debit
MP10 | RID utenze | RID direct debit, utilities
MP11 | RID veloce | Fast RID direct debit
MP12 | RIBA | RIBA collection order
MP13 | MAV | MAV payment slip
MP14 | Quietanza erario | Treasury receipt
MP15 | Giroconto su conti di contabilità speciale | Transfer between special accounts
MP16 | Domiciliazione bancaria | Bank direct debit
MP17 | Domiciliazione postale | Postal direct debit
MP18 | Bollettino di c/c postale | Postal payment slip
MP19 | SEPA Direct Debit | SEPA Direct Debit
MP20 | SEPA Direct Debit CORE | SEPA Direct Debit CORE
MP21 | SEPA Direct Debit B2B | SEPA Direct Debit B2B
MP22 | Trattenuta su somme già riscosse | Deduction from sums already collected
MP23 | PagoPA | PagoPA | 2020-10-01
""",
    "CondizioniPagamento": """
TP01 | Pagamento a rate | Payment in instalments
TP02 | Pagamento completo | Full payment
TP03 | Anticipo | Advance
""",
    "EsigibilitaIVA": """
I | IVA a esigibilità immediata | VAT due immediately
D | IVA a esigibilità differita | VAT due on payment
S | Scissione dei pagamenti | Split payment: VAT is paid by the buyer
""",
    "TipoCessionePrestazione": """
SC | Sconto | Discount
PR | Premio | Premium
AB | Abbuono | Rebate
AC | Spesa accessoria | Ancillary expense
""",
    "Sconto": """
SC | Sconto | Discount
MG | Maggiorazione | Surcharge
""",
    "SocioUnico": """
SU | Socio unico | Sole shareholder
SM | Più soci | Several shareholders
""",
    "StatoLiquidazione": """
LS | In liquidazione | In liquidation
LN | Non in liquidazione | Not in liquidation
""",
    "SoggettoEmittente": """
CC | Cessionario / committente | Buyer
TZ | Terzo | Third party
""",
    "FormatoTrasmissione": """
FPA12 | Fattura verso PA | Invoice to a public body
FPR12 | Fattura verso privati | Invoice to a private party
FSM10 | Fattura semplificata verso privati | Simplified invoice to a private party
""",
    # The house's states of a document (invoicing.states), not SdI's.
    "State": """
to_convert | Da convertire | To be converted
held | In attesa | On hold
invalid | Non valida | Not valid
awaiting_signature | In attesa della firma dell'emittente | Awaiting the issuer's signature
own_sending | Invio a cura dell'emittente | To be sent by the issuer
kept | Custodita, senza invio | Kept, not to be sent
ready | Pronta per l'invio | Ready to be sent
sent | Inviata al Sistema di Interscambio | Sent to the Exchange System
rejected | Scartata dal Sistema di Interscambio | Rejected by the Exchange System
delivered | Consegnata | Delivered
made_available | Messa a disposizione del destinatario | Made available to the recipient
not_delivered | Non ancora consegnata | Not delivered yet
accepted | Accettata dal destinatario | Accepted by the recipient
refused | Rifiutata dal destinatario | Refused by the recipient
expired | Decorrenza dei termini | Terms expired
undeliverable | Non recapitabile | Undeliverable
discarded | Annullata prima dell'invio | Discarded before sending
""",
}
