"""Every code with a breaking case and its passing neighbour."""

from __future__ import annotations

from infra.local.subjects import BUYER, PERSON, SELLER
from tests.invoicing.controls.mutations import (
    ALL,
    HOLDING,
    ORDINARY,
    Act,
    Mutation,
    after,
    discount,
    fund,
    general,
    ids,
    leave,
    line,
    linked,
    of,
    put,
    sale,
    send,
    summary,
)

SELL, BUY = "CedentePrestatore", "CessionarioCommittente"
BODY = "FatturaElettronicaBody/DatiGenerali/DatiGeneraliDocumento"
REGIME = f"FatturaElettronicaHeader/{SELL}/RegimeFiscale"
FPA, FPR, FSM = ("FPA12",), ("FPR12",), ("FSM10",)
GERMAN_BUYER = ids(BUY, "DE", "136695976")
PASS = of()

M = Mutation
CASES = (
    M("nothing", PASS, (leave,), ALL),
    # 00313: the code of foreigners wants a foreign VAT number
    M("XXXXXXX and an Italian buyer", of("00313"), (send(code="XXXXXXX"),), FPR + FSM),
    M("XXXXXXX, no VAT", of("00313"),
      (send(code="XXXXXXX"), ids(BUY, tax_code=BUYER.tax_code)), FPR + FSM),
    M("XXXXXXX and a German buyer", PASS, (send(code="XXXXXXX"), GERMAN_BUYER), FPR + FSM),
    # 00330
    M("SdI's box", of("00330"), (send(pec="sdi01@pec.fatturapa.it"),), ALL),
    M("SdI's box in capitals", of("00330"), (send(pec="SDI22@PEC.fatturapa.it"),), ALL),
    M("another box there", PASS, (send(pec="sdi001@pec.fatturapa.it"),), ALL),
    # 00400, 00401
    M("line at zero", of("00400"), (line("0.00"),)),
    M("line at zero with a Natura", PASS, (line("0.00", "N2.2"),)),
    M("line with both", of("00401"), (line("22.00", "N2.2"),)),
    M("line with both in TD16", PASS, (line("22.00", "N2.2"),), type="TD16"),
    M("sale at zero", of("00400"), (sale(rate="0.00"),), FSM),
    M("sale at zero with a Natura", PASS, (sale(rate="0.00", natura="N4"),), FSM),
    M("sale with tax alone", PASS, (sale(tax="0.00"),), FSM),
    M("sale with both", of("00401"), (sale(rate="22.00", natura="N4"),), FSM),
    M("sale with tax and a Natura", PASS, (sale(tax="0.00", natura="N4"),), FSM),
    # 00403
    M("tomorrow", of("00403"), (put(f"{BODY}/Data", "2026-11-22"),), ALL),
    M("today", PASS, (put(f"{BODY}/Data", "2026-11-21"),), ALL),
    M("today with a zone", PASS, (put(f"{BODY}/Data", "2026-11-21-11:00"),), ALL),
    # 00411, 00413, 00414, 00415
    M("withheld", of("00411"), (line(withheld=True),)),
    M("withheld and said", PASS, (line(withheld=True), HOLDING)),
    M("fund at zero", of("00413"), (fund("0.00"),)),
    M("fund at zero with a Natura", PASS, (fund("0.00", "N2.2"),)),
    M("fund with both", of("00414"), (fund("22.00", "N2.2"),)),
    M("fund with both in TD16", of("00414"), (fund("22.00", "N2.2"),), type="TD16"),
    M("fund withheld", of("00415"), (fund("22.00", withheld=True),)),
    M("fund withheld and said", PASS, (fund("22.00", withheld=True), HOLDING)),
    # 00417
    M("buyer without identifiers", of("00417"), (ids(BUY),), ALL),
    M("buyer with a tax code", PASS, (ids(BUY, tax_code=PERSON.tax_code),), ALL),
    # 00418
    M("note before its invoice", of("00418"), (linked("2026-11-21"),), ALL, "TD04", "TD08"),
    M("note of the same day", PASS, (linked("2026-11-20"),), ALL, "TD04", "TD08"),
    M("rectified TD07", of("00418"), (linked("2026-11-21"),), FSM),
    M("invoice before the linked one", PASS, (linked("2026-11-21"),)),
    # 00419, 00443, 00444
    M("rates without summaries", of("00419", "00443"), (line("5.00"), line("4.00"))),
    M("rate with its summary", PASS, (line("5.00"), summary("5.00"))),
    M("rate in two summaries", PASS, (line("5.00"), summary("5.00"), summary("5.00"))),
    M("rate only summed up", of("00443"), (summary("5.00"),)),
    M("rate of a fund", of("00419", "00443"), (fund("5.00"),)),
    M("rate of a fund summed up", PASS, (fund("5.00"), summary("5.00"))),
    M("Natura without summary", of("00444"), (line("0.00", "N4"),)),
    M("Natura only summed up", of("00444"), (summary("0.00", "N4"),)),
    M("Natura of a fund", of("00444"), (fund("0.00", "N4"),)),
    M("Natura summed up", PASS, (fund("0.00", "N4"), summary("0.00", "N4"))),
    # 00420
    M("split and reverse charge", of("00420"),
      (line("0.00", "N6.1"), summary("0.00", "N6.1", exigibility="S"))),
    M("reverse charge", PASS, (line("0.00", "N6.1"), summary("0.00", "N6.1", exigibility="I"))),
    M("split and another Natura", PASS,
      (line("0.00", "N4"), summary("0.00", "N4", exigibility="S"))),
    # 00421, 00422, 00423: the borders
    M("two cents of tax", of("00421"), (summary(tax="0.02"),)),
    M("a cent of tax", PASS, (summary(tax="0.01"),)),
    M("a cent of tax less", PASS, (summary(tax="-0.01"),)),
    M("two cents of tax less", of("00421"), (summary(tax="-0.02"),)),
    M("a euro of taxable", of("00422"), (summary(taxable="1.00", tax="0.22"),)),
    M("99 cents of taxable", PASS, (summary(taxable="0.99", tax="0.22"),)),
    M("a euro made up by rounding", PASS,
      (summary(taxable="1.00", tax="0.22", rounding="1.00"),)),
    M("two cents of a line", of("00423"), (line(price="10.00", total="10.02"),
                                            line(price="-10.00", total="-10.00"))),
    M("a cent of a line", PASS, (line(price="10.00", total="10.01"),
                                 line(price="-10.00", total="-10.00"))),
    M("a cent of a line less", PASS, (line(price="10.00", total="9.99"),
                                      line(price="-10.00", total="-10.00"))),
    # 00424
    M("line with a fraction", of("00424"), (line("0.22"), summary("0.22"))),
    M("fund with a fraction", of("00424"), (fund("0.22"), summary("0.22"))),
    M("one per cent", PASS, (line("1.00"), summary("1.00"))),
    M("sale with a fraction", of("00424"), (sale(rate="0.22"),), FSM),
    M("sale at one per cent", PASS, (sale(rate="1.00"),), FSM),
    # 00425
    M("number without digits", of("00425"), (put(f"{BODY}/Numero", "senza"),), ALL),
    M("number with one", PASS, (put(f"{BODY}/Numero", "n/1"),), ALL),
    # 00427, 00428
    M("seven characters", of("00427"), (send(code="ABC1234"),), FPA),
    M("six characters", of("00427"), (send(code="ABC123"),), FPR),
    M("other format than declared", of("00428"), (send("FPR12", "ABC1234"),), FPA),
    M("format other than declared", of("00428"), (send("FPA12", "ABC123"),), FPR),
    # 00429, 00430
    M("summary at zero", of("00429"), (summary("0.00"),)),
    M("summary at zero with a Natura", PASS, (summary("0.00", "N2.2"),)),
    M("summary with both", of("00430"), (summary("22.00", "N2.2"),)),
    M("summary with both in TD16", PASS, (summary("22.00", "N2.2"),), type="TD16"),
    # 00437, 00438
    M("empty discount", of("00437"), (general(discount()),)),
    M("discount of zero", PASS, (general(discount(percent="0.00")),)),
    M("empty discount of a line", of("00438"), (line(discounts=discount("MG")),)),
    M("discount of a line", PASS, (line(discounts=discount(amount="0.00")),)),
    # 00445
    M("N2 without sub-code", of("00445"), (line("0.00", "N2"), summary("0.00", "N2"))),
    M("N6 without sub-code in a fund", of("00445"), (fund("0.00", "N6"), summary("0.00", "N6"))),
    M("N3 without sub-code in a sale", of("00445"), (sale(rate="0.00", natura="N3"),), FSM),
    M("N2 in 2020", PASS, (line("0.00", "N2"), summary("0.00", "N2"),
                           put(f"{BODY}/Data", "2020-12-31"))),
    M("N2 on the first day", of("00445"), (line("0.00", "N2"), summary("0.00", "N2"),
                                           put(f"{BODY}/Data", "2021-01-01"))),
    M("N3 in 2020", PASS, (sale(rate="0.00", natura="N3"), put(f"{BODY}/Data", "2020-12-31")), FSM),
    M("N1 has no sub-codes", PASS, (line("0.00", "N1"), summary("0.00", "N1"))),
    # 00460
    M("above 400", of("00460"), (sale("400.00", "22.00"),), FSM),
    M("above 400, flat-rate", PASS,
      (sale("400.00", "22.00"), put(REGIME, "RF19")), FSM),
    M("above 400, cross-border", PASS,
      (sale("400.00", "22.00"), put(REGIME, "RF20")), FSM),
    M("above 400, rectification", PASS, (sale("400.00", "22.00"), linked("2026-11-20")), FSM),
    # 00471, 00472
    M("buyer is the seller", of("00471"), (ids(BUY, "IT", SELLER.vat),), ALL),
    M("same tax code, no VAT", of("00471"), (ids(BUY, tax_code=SELLER.tax_code),), ALL),
    M("other VAT, same tax code", PASS, (ids(BUY, "IT", BUYER.vat, SELLER.tax_code),), ALL),
    M("to oneself in TD26", PASS, (ids(BUY, "IT", SELLER.vat),), type="TD26"),
    M("own consumption of another", of("00472"), (ids(BUY, "IT", BUYER.vat),), type="TD27"),
    M("own consumption", PASS, (ids(BUY, "IT", SELLER.vat),), type="TD27"),
    M("own consumption by tax code", PASS, (ids(BUY, tax_code=SELLER.tax_code),), type="TD27"),
    M("plafond of another", of("00472"), (ids(BUY, "IT", BUYER.vat),), type="TD21"),
    # 00473
    M("TD17 from Italy", of("00473"), (ids(SELL, "IT", BUYER.vat),), type="TD17"),
    M("TD17 from outside the Union", PASS, (ids(SELL, "OO", "99999999999"),), type="TD17"),
    M("TD18 from outside the Union", of("00473"), (ids(SELL, "OO", "99999999999"),), type="TD18"),
    M("TD19 from Germany", PASS, (ids(SELL, "DE", "136695976"),), type="TD19"),
    M("TD28 from Italy", of("00473"), (ids(SELL, "IT", BUYER.vat),), type="TD28"),
    M("TD28 from Germany", PASS, (ids(SELL, "DE", "136695976"),), type="TD28"),
    M("TD29 from abroad", of("00473"), (ids(SELL, "DE", "136695976"),), type="TD29"),
    M("TD01 from outside the Union", of("00473"), (ids(SELL, "OO", "99999999999"),), FPR + FSM),
    M("TD01 from Germany", PASS, (ids(SELL, "DE", "136695976"),), FPR + FSM),
    # 00474
    M("plafond at zero", of("00474"), (line("0.00", "N4"), summary("0.00", "N4")), type="TD21"),
    M("plafond", PASS, (line("10.00"), summary("10.00")), type="TD21"),
    # 00475
    *(
        M(f"{type} without the buyer's VAT", of("00475"),
          (ids(BUY, tax_code=PERSON.tax_code),), ORDINARY, type)
        for type in ("TD16", "TD17", "TD18", "TD19", "TD20", "TD22", "TD23", "TD28", "TD29")
    ),
    M("TD24 without the buyer's VAT", PASS, (ids(BUY, tax_code=PERSON.tax_code),), type="TD24"),
    # 00476
    M("both foreign", of("00476"), (ids(SELL, "FR", "40303265045"), GERMAN_BUYER), FPR + FSM),
    M("foreign buyer", PASS, (GERMAN_BUYER,), FPR + FSM),
    M("foreign seller, buyer without VAT", PASS,
      (ids(SELL, "FR", "40303265045"), ids(BUY, tax_code=PERSON.tax_code)), FPR + FSM),
)  # fmt: skip

AGENT = (
    "<RappresentanteFiscale><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>{vat}"
    "</IdCodice></IdFiscaleIVA><CodiceFiscale>{code}</CodiceFiscale><Anagrafica><Denominazione>R"
    "</Denominazione></Anagrafica></DatiAnagrafici></RappresentanteFiscale>"
)
SIMPLE_AGENT = (
    "<RappresentanteFiscale><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>{vat}</IdCodice>"
    "</IdFiscaleIVA><Denominazione>R</Denominazione></RappresentanteFiscale>"
)
HEAD = "FatturaElettronicaHeader"
SENDER = f"{HEAD}/DatiTrasmissione/IdTrasmittente"
WRONG = SELLER.vat[:-1] + str((int(SELLER.vat[-1]) + 1) % 10)


def agent(vat: str, code: str) -> Act:
    return after(f"{HEAD}/{SELL}", AGENT.format(vat=vat, code=code))


def simple_agent(vat: str) -> Act:
    return after(f"{HEAD}/{SELL}/Sede", SIMPLE_AGENT.format(vat=vat))


def buyer_agent(vat: str) -> Act:
    return after(f"{HEAD}/{BUY}/Sede", SIMPLE_AGENT.format(vat=vat))


# The check digits: all that can be said of an identifier without the tax registry.
IDENTIFIERS = (
    M("transmitter", of("00300"), (put(f"{SENDER}/IdCodice", WRONG),), ALL),
    M("transmitter of odd length", of("00300"), (put(f"{SENDER}/IdCodice", "12345"),), ALL),
    M("transmitter, a person", PASS, (put(f"{SENDER}/IdCodice", PERSON.tax_code),), ALL),
    M("transmitter abroad", PASS,
      (put(f"{SENDER}/IdPaese", "DE"), put(f"{SENDER}/IdCodice", "12345")), ALL),
    M("seller's VAT", of("00301"), (ids(SELL, "IT", WRONG),), ALL),
    M("seller's VAT of zeros", of("00301"), (ids(SELL, "IT", "00000000000"),), ALL),
    M("seller's VAT of ten digits", of("00301"), (ids(SELL, "IT", SELLER.vat[:10]),), ALL),
    M("seller's tax code", of("00302"), (ids(SELL, "IT", SELLER.vat, WRONG),), ALL),
    M("seller's tax code of a person", PASS, (ids(SELL, "IT", SELLER.vat, PERSON.tax_code),), ALL),
    M("agent's VAT", of("00303"), (agent(WRONG, SELLER.vat),)),
    M("agent's tax code", of("00304"), (agent(SELLER.vat, WRONG),)),
    M("agent", PASS, (agent(SELLER.vat, SELLER.vat),)),
    M("agent of FSM10", of("00303"), (simple_agent(WRONG),), FSM),
    M("good agent of FSM10", PASS, (simple_agent(SELLER.vat),), FSM),
    M("buyer's agent", of("00303"), (buyer_agent(WRONG),)),
    M("buyer's good agent", PASS, (buyer_agent(SELLER.vat),)),
    M("buyer's VAT", of("00305"), (ids(BUY, "IT", WRONG),), ALL),
    M("buyer's VAT abroad", PASS, (ids(BUY, "DE", "DE136695976"),), FPR + FSM),
    M("buyer's tax code", of("00306"), (ids(BUY, tax_code=PERSON.tax_code[:-1] + "0"),), ALL),
    M("buyer's tax code of a day that never was", of("00306"),
      (ids(BUY, tax_code="RSSMRA80B30H501X"),), ALL),
    M("buyer's tax code of a leap day", PASS, (ids(BUY, tax_code="RSSMRA80B29H501Q"),), ALL),
    M("buyer's tax code with omocodia", PASS, (ids(BUY, tax_code="RSSMRA80AL1H501F"),), ALL),
)  # fmt: skip
