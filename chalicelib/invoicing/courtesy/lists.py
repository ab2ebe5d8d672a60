"""The code lists of FatturaPA (XSD 1.2.3 and VFSM10 1.0.2) in Italian and English, as data.

Source: fatturapa.md section 3 and fatturapa_lists.txt (the schemas' own texts, in plain words and
with their slips of the pen put right). A line is `code | italiano | English | since | until`; the
last two are days of the document, "" for no bound. Codes and laws are not translated.
"""

from __future__ import annotations

from typing import Final

LISTS: Final[dict[str, str]] = {
    "TipoDocumento": """
TD01 | Fattura | Invoice
TD02 | Acconto / anticipo su fattura | Advance payment on invoice
TD03 | Acconto / anticipo su parcella | Advance payment on fee note
TD04 | Nota di credito | Credit note
TD05 | Nota di debito | Debit note
TD06 | Parcella | Fee note
TD07 | Fattura semplificata | Simplified invoice
TD08 | Nota di credito semplificata | Simplified credit note
TD09 | Nota di debito semplificata | Simplified debit note
TD16 | Integrazione fattura reverse charge interno | Integration of a domestic reverse-charge \
invoice | 2020-10-01
TD17 | Integrazione/autofattura per acquisto servizi dall'estero | Integration/self-invoice for \
services bought from abroad | 2020-10-01
TD18 | Integrazione per acquisto di beni intracomunitari | Integration for intra-Community \
purchase of goods | 2020-10-01
TD19 | Integrazione/autofattura per acquisto di beni ex art. 17 c. 2 DPR 633/72 | \
Integration/self-invoice for purchase of goods under art. 17(2) DPR 633/72 | 2020-10-01
TD20 | Autofattura per regolarizzazione e integrazione delle fatture (ex art. 6 c. 9-bis D.Lgs. \
471/97 o art. 46 c. 5 D.L. 331/93) | Self-invoice for regularisation and integration of invoices \
(art. 6 c. 9-bis D.Lgs. 471/97 or art. 46 c. 5 D.L. 331/93) | 2025-04-01
TD20 | Autofattura per regolarizzazione e integrazione delle fatture | Self-invoice for \
regularisation and integration of invoices | 2020-10-01 | 2025-03-31
TD21 | Autofattura per splafonamento | Self-invoice for plafond overrun | 2020-10-01
TD22 | Estrazione beni da Deposito IVA | Withdrawal of goods from a VAT warehouse | 2020-10-01
TD23 | Estrazione beni da Deposito IVA con versamento dell'IVA | Withdrawal of goods from a VAT \
warehouse with VAT paid | 2020-10-01
TD24 | Fattura differita di cui all'art. 21, comma 4, terzo periodo lett. a) DPR 633/72 | \
Deferred invoice under art. 21(4), third period, letter a) DPR 633/72 | 2020-10-01
TD25 | Fattura differita di cui all'art. 21, comma 4, terzo periodo lett. b) DPR 633/72 | \
Deferred invoice under art. 21(4), third period, letter b) DPR 633/72 | 2020-10-01
TD26 | Cessione di beni ammortizzabili e per passaggi interni (ex art. 36 DPR 633/72) | Sale of \
depreciable assets and internal transfers (art. 36 DPR 633/72) | 2020-10-01
TD27 | Fattura per autoconsumo o per cessioni gratuite senza rivalsa | Invoice for own consumption \
or free supplies without recharge | 2020-10-01
TD28 | Acquisti da San Marino con IVA (fattura cartacea) | Purchases from San Marino with VAT \
(paper invoice)
TD29 | Comunicazione per omessa o irregolare fatturazione da parte del cedente/prestatore italiano \
(art. 6, comma 8, D.Lgs. 471/97) | Communication of omitted or irregular invoicing by the Italian \
supplier (art. 6(8) D.Lgs. 471/97) | 2025-04-01
""",
    "RegimeFiscale": """
RF01 | Regime ordinario | Ordinary regime
RF02 | Regime dei contribuenti minimi (art. 1, c. 96-117, L. 244/2007) | Small taxpayers (art. 1, \
c. 96-117, L. 244/2007)
RF04 | Agricoltura e attività connesse e pesca (artt. 34 e 34-bis, D.P.R. 633/1972) | Agriculture, \
related activities and fishing (arts. 34 and 34-bis, D.P.R. 633/1972)
RF05 | Vendita sali e tabacchi (art. 74, c. 1, D.P.R. 633/1972) | Sale of salt and tobacco (art. \
74(1), D.P.R. 633/1972)
RF06 | Commercio dei fiammiferi (art. 74, c. 1, D.P.R. 633/1972) | Trade in matches (art. 74(1), \
D.P.R. 633/1972)
RF07 | Editoria (art. 74, c. 1, D.P.R. 633/1972) | Publishing (art. 74(1), D.P.R. 633/1972)
RF08 | Gestione di servizi di telefonia pubblica (art. 74, c. 1, D.P.R. 633/1972) | Public \
telephone services (art. 74(1), D.P.R. 633/1972)
RF09 | Rivendita di documenti di trasporto pubblico e di sosta (art. 74, c. 1, D.P.R. 633/1972) | \
Resale of public transport and parking tickets (art. 74(1), D.P.R. 633/1972)
RF10 | Intrattenimenti, giochi e altre attività di cui alla tariffa allegata al D.P.R. 640/72 \
(art. 74, c. 6, D.P.R. 633/1972) | Entertainment, games and other activities of the tariff of \
D.P.R. 640/72 (art. 74(6), D.P.R. 633/1972)
RF11 | Agenzie di viaggi e turismo (art. 74-ter, D.P.R. 633/1972) | Travel and tourism agencies \
(art. 74-ter, D.P.R. 633/1972)
RF12 | Agriturismo (art. 5, c. 2, L. 413/1991) | Agritourism (art. 5(2), L. 413/1991)
RF13 | Vendite a domicilio (art. 25-bis, c. 6, D.P.R. 600/1973) | Door-to-door sales (art. \
25-bis(6), D.P.R. 600/1973)
RF14 | Rivendita di beni usati, di oggetti d'arte, d'antiquariato o da collezione (art. 36, D.L. \
41/1995) | Resale of second-hand goods, works of art, antiques, collectors' items (art. 36, D.L. \
41/1995)
RF15 | Agenzie di vendite all'asta di oggetti d'arte, antiquariato o da collezione (art. 40-bis, \
D.L. 41/1995) | Auctioneers of works of art, antiques or collectors' items (art. 40-bis, D.L. \
41/1995)
RF16 | IVA per cassa P.A. (art. 6, c. 5, D.P.R. 633/1972) | Cash VAT towards public bodies (art. \
6(5), D.P.R. 633/1972)
RF17 | IVA per cassa (art. 32-bis, D.L. 83/2012) | Cash VAT (art. 32-bis, D.L. 83/2012)
RF18 | Altro | Other
RF19 | Regime forfettario | Flat-rate regime
RF20 | Regime transfrontaliero di Franchigia IVA (Direttiva UE 2020/285) | Cross-border VAT \
exemption for small enterprises (Directive EU 2020/285) | 2025-04-01
""",
    "Natura": """
N1 | Escluse ex art. 15 del D.P.R. 633/1972 | Excluded under art. 15 D.P.R. 633/1972
N2 | Non soggette | Not subject to VAT | | 2020-12-31
N2.1 | Non soggette ad IVA ai sensi degli artt. da 7 a 7-septies del D.P.R. 633/72 | Not subject \
to VAT under arts. 7 to 7-septies D.P.R. 633/72
N2.2 | Non soggette - altri casi | Not subject to VAT - other cases
N3 | Non imponibili | Not taxable | | 2020-12-31
N3.1 | Non imponibili - esportazioni | Not taxable - exports
N3.2 | Non imponibili - cessioni intracomunitarie | Not taxable - intra-Community supplies
N3.3 | Non imponibili - cessioni verso San Marino | Not taxable - supplies to San Marino
N3.4 | Non imponibili - operazioni assimilate alle cessioni all'esportazione | Not taxable - \
operations treated as exports
N3.5 | Non imponibili - a seguito di dichiarazioni d'intento | Not taxable - following a \
declaration of intent
N3.6 | Non imponibili - altre operazioni che non concorrono alla formazione del plafond | Not \
taxable - other operations that do not form the plafond
N4 | Esenti | Exempt
N5 | Regime del margine / IVA non esposta in fattura | Margin scheme / VAT not shown on the invoice
N6 | Inversione contabile | Reverse charge | | 2020-12-31
N6.1 | Inversione contabile - cessione di rottami e altri materiali di recupero | Reverse charge - \
scrap and other recovered materials
N6.2 | Inversione contabile - cessione di oro e argento ai sensi della legge 7/2000 nonché di \
oreficeria usata ad OPO | Reverse charge - gold and silver under L. 7/2000 and used jewellery to \
professional gold dealers
N6.3 | Inversione contabile - subappalto nel settore edile | Reverse charge - subcontracting in \
building
N6.4 | Inversione contabile - cessione di fabbricati | Reverse charge - sale of buildings
N6.5 | Inversione contabile - cessione di telefoni cellulari | Reverse charge - mobile phones
N6.6 | Inversione contabile - cessione di prodotti elettronici | Reverse charge - electronic \
products
N6.7 | Inversione contabile - prestazioni comparto edile e settori connessi | Reverse charge - \
building and related services
N6.8 | Inversione contabile - operazioni settore energetico | Reverse charge - energy sector
N6.9 | Inversione contabile - altri casi | Reverse charge - other cases
N7 | IVA assolta in altro Stato UE (prestazione di servizi di telecomunicazioni, tele-\
radiodiffusione ed elettronici ex art. 7-octies lett. a, b, art. 74-sexies D.P.R. 633/72) | \
VAT paid in another EU State (telecommunication, broadcasting and electronic services, art. \
7-octies a, b, art. 74-sexies D.P.R. 633/72)
""",
    "TipoCassa": """
TC01 | Cassa nazionale previdenza e assistenza avvocati e procuratori legali | Fund of lawyers
TC02 | Cassa previdenza dottori commercialisti | Fund of chartered accountants
TC03 | Cassa previdenza e assistenza geometri | Fund of surveyors
TC04 | Cassa nazionale previdenza e assistenza ingegneri e architetti liberi professionisti | \
Fund of engineers and architects
TC05 | Cassa nazionale del notariato | Fund of notaries
TC06 | Cassa nazionale previdenza e assistenza ragionieri e periti commerciali | Fund of \
accountants
TC07 | Ente nazionale assistenza agenti e rappresentanti di commercio (ENASARCO) | Fund of \
commercial agents (ENASARCO)
TC08 | Ente nazionale previdenza e assistenza consulenti del lavoro (ENPACL) | Fund of labour \
consultants (ENPACL)
TC09 | Ente nazionale previdenza e assistenza medici (ENPAM) | Fund of physicians (ENPAM)
TC10 | Ente nazionale previdenza e assistenza farmacisti (ENPAF) | Fund of pharmacists (ENPAF)
TC11 | Ente nazionale previdenza e assistenza veterinari (ENPAV) | Fund of veterinarians (ENPAV)
TC12 | Ente nazionale previdenza e assistenza impiegati dell'agricoltura (ENPAIA) | Fund of \
agricultural employees (ENPAIA)
TC13 | Fondo previdenza impiegati imprese di spedizione e agenzie marittime | Fund of shipping and \
forwarding employees
TC14 | Istituto nazionale previdenza giornalisti italiani (INPGI) | Fund of journalists (INPGI)
TC15 | Opera nazionale assistenza orfani sanitari italiani (ONAOSI) | Fund for orphans of health \
workers (ONAOSI)
TC16 | Cassa autonoma assistenza integrativa giornalisti italiani (CASAGIT) | Health fund of \
journalists (CASAGIT)
TC17 | Ente previdenza periti industriali e periti industriali laureati (EPPI) | Fund of \
industrial experts (EPPI)
TC18 | Ente previdenza e assistenza pluricategoriale (EPAP) | Fund of several professions (EPAP)
TC19 | Ente nazionale previdenza e assistenza biologi (ENPAB) | Fund of biologists (ENPAB)
TC20 | Ente nazionale previdenza e assistenza professione infermieristica (ENPAPI) | Fund of \
nurses (ENPAPI)
TC21 | Ente nazionale previdenza e assistenza psicologi (ENPAP) | Fund of psychologists (ENPAP)
TC22 | INPS | INPS
""",
    "TipoRitenuta": """
RT01 | Ritenuta d'acconto persone fisiche | Withholding tax, natural persons
RT02 | Ritenuta d'acconto persone giuridiche | Withholding tax, legal persons
RT03 | Contributo INPS | INPS contribution | 2020-10-01
RT04 | Contributo ENASARCO | ENASARCO contribution | 2020-10-01
RT05 | Contributo ENPAM | ENPAM contribution | 2020-10-01
RT06 | Altro contributo previdenziale | Other social security contribution | 2020-10-01
""",
}
