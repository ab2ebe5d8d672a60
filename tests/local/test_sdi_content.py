"""SdI's content controls and duplicates, each code from both sides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.authority import Authority
from tests.local.sdi_world import (
    DAY_S,
    INVOICE,
    SIMPLIFIED,
    Clock,
    World,
    assert_genuine,
    cades,
    edited,
    pa_invoice,
    schema_folder,
    shared_authority,
    world,
)

Changes = list[tuple[str, str]]

BUYER_VAT = "<IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>09876543217</IdCodice></IdFiscaleIVA>"
BUYER_CODE = "<CodiceFiscale>09876543217</CodiceFiscale>"
SELLER = "<CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>"
SELLER_FOREIGN = (f"{SELLER}IT", f"{SELLER}FR")
SELLER_NON_EU = (f"{SELLER}IT", f"{SELLER}OO")
BUYER_FOREIGN = (BUYER_VAT, BUYER_VAT.replace(">IT<", ">DE<"))
SAME = ("09876543217", "01234567897")
LINE1_RATE = "100.00</PrezzoTotale><AliquotaIVA>22.00</AliquotaIVA>"
LINE2_RATE = "10.00</PrezzoTotale><AliquotaIVA>0.00</AliquotaIVA><Natura>N1</Natura>"
FUND_RATE = "</ImportoContributoCassa><AliquotaIVA>22.00</AliquotaIVA>"
SUMMARY1 = "<DatiRiepilogo><AliquotaIVA>22.00</AliquotaIVA>"
SUMMARY2 = "<DatiRiepilogo><AliquotaIVA>0.00</AliquotaIVA>\n<Natura>N1</Natura>"
NUMBER = "<Numero>1/2026</Numero>"
GENERAL_END = "</DatiGeneraliDocumento>"
TOTAL1 = "<PrezzoTotale>100.00"
HOLDING = (
    NUMBER,
    NUMBER + "<DatiRitenuta><TipoRitenuta>RT01</TipoRitenuta><ImportoRitenuta>20.00"
    "</ImportoRitenuta><AliquotaRitenuta>20.00</AliquotaRitenuta><CausalePagamento>A"
    "</CausalePagamento></DatiRitenuta>",
)
DISCOUNT = (
    "<ScontoMaggiorazione><Tipo>SC</Tipo><Percentuale>10.00</Percentuale></ScontoMaggiorazione>"
)
EXTRA = (
    "<ScontoMaggiorazione><Tipo>MG</Tipo><Percentuale>50.00</Percentuale><Importo>5.00</Importo>"
    "</ScontoMaggiorazione>"
)
EMPTY_DISCOUNT = "<ScontoMaggiorazione><Tipo>SC</Tipo></ScontoMaggiorazione>"
LINKED = (
    GENERAL_END,
    GENERAL_END + "<DatiFattureCollegate><IdDocumento>9</IdDocumento><Data>2026-03-11</Data>"
    "</DatiFattureCollegate>",
)


def kind(code: str) -> tuple[str, str]:
    return "TD01", code


def after(anchor: str, addition: str) -> tuple[str, str]:
    return anchor, anchor + addition


def without_summary2() -> tuple[str, str]:
    start = INVOICE.index(SUMMARY2)
    return INVOICE[start : INVOICE.index("</DatiBeniServizi>")], ""


PASSING: list[tuple[str, Changes]] = [
    ("as it is", []),
    ("a cent of tax", [("22.88", "22.89")]),
    ("99 cents of taxable", [("104.00", "104.99"), ("22.88", "23.10")]),
    ("a cent of line", [(TOTAL1, "<PrezzoTotale>100.01")]),
    ("cascade of discounts, Importo wins", [(TOTAL1, DISCOUNT + EXTRA + TOTAL1)]),
    (
        "rounding made up",
        [
            (
                "<ImponibileImporto>104.00",
                "<Arrotondamento>5.00</Arrotondamento><ImponibileImporto>109.00",
            ),
            ("22.88", "23.98"),
        ],
    ),
    ("withholding declared", [HOLDING, after(LINE1_RATE, "<Ritenuta>SI</Ritenuta>")]),
    ("fund withheld", [HOLDING, after(FUND_RATE, "<Ritenuta>SI</Ritenuta>")]),
    ("linked invoice after, but no credit note", [LINKED]),
    ("credit note of the same day", [kind("TD04"), (LINKED[0], LINKED[1].replace("-11", "-10"))]),
    (
        "rate and nature in TD16",
        [
            kind("TD16"),
            after(LINE1_RATE, "<Natura>N6.1</Natura>"),
            after(SUMMARY1, "<Natura>N6.1</Natura>"),
        ],
    ),
    ("coarse nature of 2020", [("N1", "N2"), ("N1", "N2"), ("2026-03-10", "2020-12-31")]),
    ("foreign buyer", [BUYER_FOREIGN, ("ABC1234", "XXXXXXX")]),
    ("foreign seller", [SELLER_FOREIGN, kind("TD17")]),
    ("seller outside the EU", [SELLER_NON_EU, kind("TD19")]),
    ("own consumption", [kind("TD27"), SAME]),
    ("buyer with tax code only", [(BUYER_VAT, BUYER_CODE)]),
    ("numbers with one digit", [(NUMBER, "<Numero>A-1</Numero>")]),
]

FAILING: list[tuple[set[str], Changes]] = [
    ({"00313"}, [("ABC1234", "XXXXXXX")]),
    (
        {"00330"},
        [
            after(
                "</CodiceDestinatario>", "<PECDestinatario>SDI01@pec.fatturapa.it</PECDestinatario>"
            )
        ],
    ),
    ({"00400", "00444"}, [(LINE2_RATE, LINE2_RATE.replace("<Natura>N1</Natura>", ""))]),
    ({"00401"}, [after(LINE1_RATE, "<Natura>N1</Natura>")]),
    ({"00403"}, [("2026-03-10", "2026-03-11")]),
    ({"00411"}, [after(LINE1_RATE, "<Ritenuta>SI</Ritenuta>")]),
    ({"00413", "00422"}, [(FUND_RATE, FUND_RATE.replace("22.00", "0.00"))]),
    ({"00414"}, [after(FUND_RATE, "<Natura>N1</Natura>")]),
    ({"00415"}, [after(FUND_RATE, "<Ritenuta>SI</Ritenuta>")]),
    ({"00417"}, [(BUYER_VAT, "")]),
    ({"00418"}, [kind("TD04"), LINKED]),
    ({"00419", "00443", "00444"}, [without_summary2()]),
    (
        {"00420"},
        [
            ("N1", "N6.1"),
            ("N1", "N6.1"),
            after("<Imposta>0.00</Imposta>", "<EsigibilitaIVA>S</EsigibilitaIVA>"),
        ],
    ),
    ({"00421"}, [("22.88", "22.90")]),
    ({"00422"}, [("104.00", "105.00"), ("22.88", "23.10")]),
    ({"00423"}, [(TOTAL1, "<PrezzoTotale>100.02")]),
    ({"00423"}, [(TOTAL1, EXTRA + TOTAL1)]),
    (
        {"00424"},
        [(r, r.replace("22.00", "0.22")) for r in (FUND_RATE, LINE1_RATE, SUMMARY1)]
        + [("22.88", "0.23")],
    ),
    ({"00425"}, [(NUMBER, "<Numero>senza</Numero>")]),
    ({"00427"}, [("ABC1234", "ABC123")]),
    ({"00428"}, [(">FPR12<", ">FPA12<"), ("ABC1234", "ABC123")]),
    ({"00429", "00444"}, [(SUMMARY2, SUMMARY2.replace("<Natura>N1</Natura>", ""))]),
    ({"00430"}, [after(SUMMARY1, "<Natura>N1</Natura>")]),
    ({"00437"}, [(GENERAL_END, EMPTY_DISCOUNT + GENERAL_END)]),
    ({"00438"}, [(TOTAL1, EMPTY_DISCOUNT + TOTAL1)]),
    (
        {"00443", "00444", "00422"},
        [(LINE2_RATE, "10.00</PrezzoTotale><AliquotaIVA>10.00</AliquotaIVA>")],
    ),
    ({"00444"}, [(LINE2_RATE, LINE2_RATE.replace("N1", "N2.2"))]),
    ({"00445"}, [("N1", "N2"), ("N1", "N2")]),
    ({"00471"}, [SAME]),
    ({"00472"}, [kind("TD27")]),
    ({"00473"}, [kind("TD17")]),
    ({"00473"}, [kind("TD29"), SELLER_FOREIGN]),
    ({"00473"}, [SELLER_NON_EU]),
    ({"00474"}, [kind("TD21"), SAME]),
    ({"00475"}, [kind("TD20"), (BUYER_VAT, BUYER_CODE)]),
    ({"00476"}, [SELLER_FOREIGN, BUYER_FOREIGN]),
    (
        {"00403", "00425", "00421"},
        [("2026-03-10", "2027-01-01"), (NUMBER, "<Numero>n</Numero>"), ("22.88", "0.00")],
    ),
]

RECTIFIED = after(
    GENERAL_END,
    "<DatiFatturaRettificata><NumeroFR>1</NumeroFR><DataFR>2026-03-09</DataFR>"
    "<ElementiRettificati>importo</ElementiRettificati></DatiFatturaRettificata>",
)
RATE = "<Aliquota>22.00</Aliquota>"
SIMPLIFIED_CASES: list[tuple[set[str], Changes]] = [
    (set(), []),
    (set(), [("122.00", "400.00")]),
    ({"00460"}, [("122.00", "400.01")]),
    (set(), [("122.00", "400.01"), ("RF01", "RF19")]),
    (set(), [("122.00", "400.01"), ("TD07", "TD08"), RECTIFIED]),
    ({"00418"}, [("TD07", "TD08"), (RECTIFIED[0], RECTIFIED[1].replace("-09", "-11"))]),
    ({"00400"}, [(RATE, "<Aliquota>0.00</Aliquota>")]),
    ({"00401"}, [("</DatiIVA>", "</DatiIVA><Natura>N4</Natura>")]),
    ({"00424"}, [(RATE, "<Aliquota>0.22</Aliquota>")]),
    ({"00425"}, [("S1", "S")]),
    ({"00313"}, [("ABC1234", "XXXXXXX")]),
    ({"00471"}, [(BUYER_CODE, BUYER_VAT.replace(*SAME))]),
    ({"00417"}, [(BUYER_CODE, "")]),
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return shared_authority(tmp_path_factory)


@pytest.fixture
def sdi(tmp_path: Path, authority: Authority) -> Iterator[World]:
    with world(tmp_path / "sdi", authority, schema_folder()) as made:
        yield made


def test_what_passes(sdi: World) -> None:
    for number, (title, changes) in enumerate(PASSING):
        # A number of its own, for these are all the same invoice.
        document = edited(INVOICE, *changes).replace(">1/2026<", f">{number}/2026<")
        file = sdi.take(f"IT01234567890_{number}.xml", document.encode())
        assert file.codes == (), title
    sdi.run()
    assert {d.operation for d in sdi.delivered} == {"RicevutaConsegna", "NotificaMancataConsegna"}


def test_what_does_not_pass(sdi: World) -> None:
    for number, (codes, changes) in enumerate(FAILING):
        document = edited(INVOICE, *changes).encode()
        file = sdi.take(f"IT01234567890_{number}.xml", document)
        assert set(file.codes) == codes, (number, file.codes)
    sdi.run()
    assert {d.operation for d in sdi.delivered} == {"NotificaScarto"}
    for message in sdi.delivered:
        assert_genuine(message.content, sdi.authority)


def test_simplified(sdi: World) -> None:
    for number, (codes, changes) in enumerate(SIMPLIFIED_CASES):
        document = edited(SIMPLIFIED, *changes).replace(">S1<", f">S{number}<")
        file = sdi.take(f"IT01234567890_{number}.xml", document.encode())
        assert set(file.codes) == codes, (number, file.codes)


def test_today_is_italys_day(tmp_path: Path, authority: Authority) -> None:
    late = Clock(datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    with world(tmp_path, authority, schema_folder(), late) as sdi:
        tomorrow = edited(INVOICE, ("2026-03-10", "2026-03-11")).encode()
        assert sdi.take("IT01234567890_1.xml", tomorrow).accepted


def test_at_most_two_hundred_errors(sdi: World) -> None:
    line = INVOICE[INVOICE.index("<DettaglioLinee>") : INVOICE.index("<DatiRiepilogo>")]
    many = line.replace("<PrezzoTotale>", "<PrezzoTotale>9") * 150
    document = edited(INVOICE, ("<DatiRiepilogo>", many + "<DatiRiepilogo>")).encode()
    assert sdi.take("IT01234567890_1.xml", document).codes[0] == "00423"
    sdi.run()
    assert sdi.delivered[0].content.count(b"<Errore>") == 200
    assert_genuine(sdi.delivered[0].content, sdi.authority)


# Duplicates


def send(sdi: World, *changes: tuple[str, str]) -> tuple[str, ...]:
    number = len(sdi.simulator.files())
    return sdi.take(f"IT01234567890_{number}.xml", edited(INVOICE, *changes).encode()).codes


def test_one_number_a_year_for_each_issuer(sdi: World) -> None:
    art73 = (GENERAL_END, "<Art73>SI</Art73>" + GENERAL_END)
    other_day = ("2026-03-10", "2026-03-09")
    assert send(sdi, ("22.88", "0.00")) == ("00421",)
    assert send(sdi) == (), "a rejected file does not take the number"
    assert send(sdi) == ("00404",)
    assert send(sdi, other_day) == ("00404",)
    assert send(sdi, ("2026-03-10", "2025-03-10")) == ()
    assert send(sdi, kind("TD04")) == (), "credit notes have their own series"
    assert send(sdi, kind("TD04")) == ("00404",)
    assert send(sdi, kind("TD05")) == ("00404",)
    assert send(sdi, art73) == (), "by day under art. 73"
    assert send(sdi, art73) == ("00404",)
    assert send(sdi, art73, other_day) == ()
    assert send(sdi, SELLER_FOREIGN) == (), "another issuer"


def test_self_invoices_count_for_the_buyer(sdi: World) -> None:
    issued_by_buyer = (
        "</CessionarioCommittente>",
        "</CessionarioCommittente><SoggettoEmittente>CC</SoggettoEmittente>",
    )
    assert send(sdi, kind("TD17"), SELLER_FOREIGN) == ()
    assert send(sdi, kind("TD17"), SELLER_NON_EU) == ("00404",)
    assert send(sdi, issued_by_buyer) == ("00404",)
    assert send(sdi) == ()


def test_inside_a_lot(sdi: World) -> None:
    start = INVOICE.index("<FatturaElettronicaBody>")
    body = INVOICE[start : INVOICE.index("</p:FatturaElettronica>")]
    end = "</p:FatturaElettronica>"
    assert send(sdi, (end, body + end)) == ("00409",)
    assert send(sdi, (end, body.replace("1/2026", "2/2026") + end)) == ()
    assert send(sdi, ("1/2026", "2/2026")) == ("00404",), "each body holds its number"


def test_a_refusal_frees_the_number(sdi: World) -> None:
    signed = [cades(sdi.signer, pa_invoice("UFEC02")), cades(sdi.signer, pa_invoice("UFABCD"))]
    assert sdi.take("IT01234567890_A1.xml.p7m", signed[0]).accepted
    assert sdi.take("IT01234567890_A2.xml.p7m", signed[1]).codes == ("00404",)
    sdi.run(DAY_S)
    assert sdi.take("IT01234567890_A3.xml.p7m", signed[1]).accepted
    assert sdi.take("IT01234567890_A4.xml.p7m", signed[0]).codes == ("00404",)
