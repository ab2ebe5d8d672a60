"""Bank statements of many banks: cells, columns, identities, the known layouts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounting import cells, layouts, remittance, statements
from chalicelib.accounting.statements import Mapping, Movement, Reading
from chalicelib.base import sheets
from chalicelib.base.errors import Rejected
from chalicelib.base.sheets import FORMULA, WRONG, Number, Row

ACCOUNT = "IT60X0542811101000000123456"
PLAIN = Mapping(day=0, amount=1, texts=(2,))
FLOW_ID = "2026-11-20ABI06090-CC0ISB2860405020"
PAGOPA = f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}"


class Held:
    """Bytes that are read piece by piece."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


def table(data: bytes | str, mapping: Mapping = PLAIN) -> sheets.Table:
    raw = data.encode() if isinstance(data, str) else data
    return sheets.read(Held(raw), sheet=mapping.sheet, delimiter=mapping.delimiter)


def read(data: bytes | str, mapping: Mapping = PLAIN) -> tuple[list[Movement], Reading]:
    reading = Reading(mapping, account=ACCOUNT)
    return list(reading.movements(table(data, mapping))), reading


def facts(movements: Sequence[Movement]) -> list[tuple[str, int, str]]:
    return [(one.day.isoformat(), one.cents, one.text) for one in movements]


# --- cells ----------------------------------------------------------------------------------------
@pytest.mark.feature("F001-120")
@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1.234,56", 123456), ("1,234.56", 123456), ("1234,56", 123456), ("1234.56", 123456),
        ("+12,5", 1250), ("-12,50", -1250), ("12,50-", -1250), ("(12,50)", -1250), ("0,00", 0),
        ("1 234,56 EUR", 123456), ("€ 1'234,56", 123456), ("−3,00", -300), ("12", 1200),
        ("1.234", 123400), ("1,234", 123400), ("1.234.567", 123456700), ("1.234.567,8", 123456780),
        ("", None), ("abc", None), ("1,23,4", None), ("1.23.456", None), ("12,345,6", None),
        ("--1", None), ("1e3", None), ("١٢", None), ("-", None), ("9" * 13, None), (",50", None),
    ],
)  # fmt: skip
def test_amounts(text: str, cents: int | None) -> None:
    assert cells.cents(text) == cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1200.5", 120050), ("1E3", 100000), ("1234.5600000000001", 123456), ("-0.1", -10),
        ("0.30000000000000004", 30), ("1.234", None), ("NaN", None), ("x", None), ("1E400", None),
    ],
)  # fmt: skip
def test_amounts_of_a_workbook(text: str, cents: int | None) -> None:
    assert cells.cents(Number(text)) == cents
    assert cells.cents(FORMULA) is None
    assert cells.cents(WRONG) is None


def test_a_known_mark_leaves_no_choice() -> None:
    assert cells.cents("1,5", ".") is None
    assert cells.cents("1.234", ",") == 123400
    assert cells.cents("1,234", ".") == 123400


@given(st.integers(-(10**13) + 1, 10**13 - 1), st.sampled_from([",", "."]), st.booleans())
def test_every_amount_is_read_back(cents: int, mark: str, grouped: bool) -> None:
    whole, fraction = divmod(abs(cents), 100)
    other = "." if mark == "," else ","
    text = f"{whole:,}".replace(",", other) if grouped else str(whole)
    written = f"{'-' if cents < 0 else ''}{text}{mark}{fraction:02d}"
    assert cells.cents(written) == cents
    assert cells.cents(Number(str(Decimal(cents) / 100))) == cents


@pytest.mark.feature("F001-119")
@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("21/07/2024", "2024-07-21"), ("1-7-24", "2024-07-01"), ("21.07.2024 10:00", "2024-07-21"),
        ("2024-07-21", "2024-07-21"), ("20240721", "2024-07-21"), ("2024/07/21T00", "2024-07-21"),
        ("31/02/2024", None), ("07/21/2024", None), ("Totale", None), ("", None),
        ("1/1/1899", None),
        (Number("45494"), "2024-07-21"), (Number("45494.75"), "2024-07-21"),
        (Number("20240721"), "2024-07-21"), (Number("-1"), None), (Number("1E99"), None),
    ],
)  # fmt: skip
def test_days(text: str, day: str | None) -> None:
    found = cells.day(text)
    assert (found and found.isoformat()) == day


def test_days_of_a_workbook_of_1904() -> None:
    assert cells.day(Number("44032"), from_1904=True) == date(2024, 7, 21)


# --- files ----------------------------------------------------------------------------------------
ITALIAN = f"""Estratto conto;;;;
Intestatario: Ordine, Città;;;;
Data;Valuta;Descrizione;Dare;Avere
20/11/2026;20/11/2026;"BONIFICO
 {PAGOPA[:40]}
{PAGOPA[40:]}";;1.234,56
20/11/2026;20/11/2026;Commissioni;-2,50;
23/11/2026;;Saldo finale;;99.999,99
;;Totale;;1.234,56
"""


@pytest.mark.feature("F001-118")
@pytest.mark.feature("F001-121")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_debit_and_credit_columns(encoding: str, newline: str) -> None:
    mapping = Mapping(day=0, value_day=1, texts=(2,), debit=3, credit=4, first_row=4)
    data = ITALIAN.replace("\n", newline).encode(encoding)
    movements, reading = read(data, mapping)
    assert [(one.day, one.cents) for one in movements] == [
        (date(2026, 11, 20), 123456),
        (date(2026, 11, 20), -250),
    ]
    assert (
        remittance.identify(
            movements[0].text, remittance.Flows([remittance.Known(FLOW_ID)])
        ).flow_id
        == FLOW_ID
    )
    assert reading.counts == {"before_table": 3, "read": 2, "balance": 1, "no_day": 1}
    assert not reading.problems


@pytest.mark.feature("F001-118")
def test_an_english_export_with_commas_and_a_sign_column() -> None:
    data = "day,amount,sign,text 1,text 2\n2026-11-20,1234.56,+,A,B\n2026-11-20,2.50,-,C,\n"
    movements, _ = read(data, Mapping(day=0, amount=1, sign=2, texts=(3, 4)))
    assert facts(movements) == [("2026-11-20", 123456, "A B"), ("2026-11-20", -250, "C")]


@pytest.mark.feature("F001-118")
def test_a_workbook(tmp_path: object) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["DATA CONTABILE", "DATA VALUTA", "IMPORTO", "SEGNO", "DESCRIZIONE ESTESA"])
    sheet.append([date(2026, 11, 20), 45494, 1234.56, "+", PAGOPA])
    sheet.append([date(2026, 11, 20), 45494, "=1+1", "+", "formula"])
    sheet.append([date(2026, 11, 20), 45494, 0.1 + 0.2, "-", "noise"])
    held = io.BytesIO()
    book.save(held)
    rows = list(table(held.getvalue()).rows)
    mapping = layouts.suggest(rows)
    assert mapping is not None
    movements, reading = read(held.getvalue(), mapping)
    assert facts(movements) == [("2026-11-20", 123456, PAGOPA), ("2026-11-20", -30, "noise")]
    assert movements[0].value_day == date(2024, 7, 21)
    assert [(one.row, one.code) for one in reading.problems] == [(3, "formula")]


def test_a_description_over_several_rows() -> None:
    data = (
        f"20/11/2026;10,00;BONIFICO\n;;{PAGOPA[:30]}\n;;{PAGOPA[30:]}\n"
        "21/11/2026;1,00;X\n;;Totale\n\n;;far away\n"
    )
    movements, reading = read(data)
    assert facts(movements) == [
        ("2026-11-20", 1000, f"BONIFICO {PAGOPA[:30]} {PAGOPA[30:]}"), ("2026-11-21", 100, "X"),
    ]  # fmt: skip
    assert [one.row for one in movements] == [1, 4]
    assert reading.counts == {"read": 2, "continued": 2, "no_day": 2}


def test_wrong_rows_are_told_and_not_guessed() -> None:
    data = "20/11/2026;1,2,3;a\n20/11/2026;;no amount\n20/11/2026;5,00;SALDO FATTURA 12\n"
    movements, reading = read(data)
    assert facts(movements) == [("2026-11-20", 500, "SALDO FATTURA 12")]
    assert [(one.row, one.code) for one in reading.problems] == [(1, "amount")]
    assert reading.counts == {"problem": 1, "no_amount": 1, "read": 1}
    both = Mapping(day=0, debit=1, credit=2, texts=(3,))
    movements, reading = read("20/11/2026;1,00;2,00;x\n20/11/2026;0,00;2,00;y\n", both)
    assert facts(movements) == [("2026-11-20", 200, "y")]
    assert [one.code for one in reading.problems] == ["both_sides"]


def test_a_file_without_movements_is_refused() -> None:
    with pytest.raises(Rejected, match="statement_no_movements"):
        read("a;b;c\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"texts": ()}, {"day": -1}, {"amount": None}, {"debit": 3}, {"mark": ";"},
        {"first_row": 0}, {"day": 1000},
    ],
)  # fmt: skip
def test_columns_that_cannot_be(changes: dict[str, object]) -> None:
    with pytest.raises(Rejected, match="statement_columns"):
        statements.of_stored({**statements.stored(PLAIN), **changes})


@pytest.mark.feature("F001-124")
def test_columns_are_remembered_and_shown() -> None:
    mapping = Mapping(day=0, value_day=1, texts=(2, 5), debit=3, credit=4, first_row=4, mark=",")
    assert statements.of_stored(statements.stored(mapping)) == mapping
    shown = statements.preview(table("Data;Importo;Testo\n20/11/2026;1,00;X\n;;Y\n"), PLAIN)
    assert [(one.row, one.cents, one.reason) for one in shown] == [
        (1, None, "no_day"), (2, 100, ""), (3, None, "continued"),
    ]  # fmt: skip
    with pytest.raises(Rejected, match="statement_columns"):
        statements.of_stored({"day": 1})


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_delimiters_are_found_below_titles(sign: str) -> None:
    lines = ["Estratto conto n. 5, novembre", ""]
    lines += [sign.join(["20/11/2026", '"1.000,50"', '"a;b,c|d"']) for _ in range(5)]
    assert statements.delimiter_of(lines) == sign


# --- identities -----------------------------------------------------------------------------------
_ROWS = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(-3, 3).filter(bool), st.sampled_from(["A", "B b", PAGOPA])
    ),
    min_size=1,
    max_size=30,
)


def _csv(rows: Sequence[tuple[int, int, str]], blank: str) -> str:
    first = date(2026, 11, 20)
    return "".join(
        f"{(first + timedelta(days=day)).isoformat()};{cents},00;{text.replace(' ', blank)}\n"
        for day, cents, text in sorted(rows, key=lambda one: one[0])
    )


@pytest.mark.feature("F001-118")
@settings(max_examples=100, deadline=None)
@given(_ROWS, st.integers(0, 5), st.integers(0, 5), st.sampled_from([" ", "  "]))
def test_overlapping_periods_give_each_movement_once(
    rows: list[tuple[int, int, str]], one: int, other: int, blank: str
) -> None:
    whole, _ = read(_csv(rows, " "))
    assert len({movement.identity for movement in whole}) == len(whole) == len(rows)
    known: dict[str, int] = {}
    for first, last in ((0, one), (min(one, other), other), (0, 5), (one, 5)):
        part = [row for row in rows if first <= row[0] <= last]
        if part:
            # Another export of whole days, with other blanks.
            movements, _ = read(_csv(part, blank))
            known |= {movement.identity: movement.cents for movement in movements}
    assert known == {movement.identity: movement.cents for movement in whole}
    assert sum(known.values()) == sum(cents * 100 for _, cents, _ in rows)


def test_another_account_has_other_identities() -> None:
    data = "20/11/2026;1,00;X\n"
    (mine,), _ = read(data)
    (yours,) = Reading(PLAIN, account="other").movements(table(data))
    assert mine.identity != yours.identity


# --- known layouts --------------------------------------------------------------------------------
@pytest.mark.feature("F001-109")
def test_the_postal_statement() -> None:
    data = (
        f"CONTO;{ACCOUNT};;;;;;;\n"
        f"20/11/2026;20/11/2026;BONIFICO;;;;1.234,56;;RI1{PAGOPA} ACCREDITO BOLLETTINO P.A.\n"
        "20/11/2026;20/11/2026;COMMISSIONI;;;2,50;;;X\n"
    )
    mapping = layouts.suggest(list(table(data).rows))
    assert mapping == layouts.POSTE
    movements, _ = read(data, layouts.POSTE)
    assert [one.cents for one in movements] == [123456, -250]
    assert remittance.told(movements[0].text, None)["flow_id"] == FLOW_ID


@pytest.mark.feature("F001-126")
def test_the_treasurers_provisional_entries() -> None:
    data = (
        "ESERCIZIO,N. PROVV.,DATA ESEC.,ANAGRAFICA CLIENTE,DESCRIZIONE CAUSALE,"
        "IMPORTO PROVVISORIO,VALUTA ENTE\n"
        f'2026,123,20/11/2026,BANCA,{PAGOPA},"1.234,56",20/11/2026\n'
    )
    mapping = layouts.suggest(list(table(data).rows))
    assert mapping == Mapping(day=2, texts=(4,), amount=5, provisional=1, value_day=6, first_row=2)
    (one,), _ = read(data, mapping)
    assert (one.cents, one.provisional, one.text) == (123456, "123", PAGOPA)


def test_headings_below_titles() -> None:
    mapping = layouts.suggest(list(table(ITALIAN).rows))
    assert mapping == Mapping(day=0, value_day=1, texts=(2,), debit=3, credit=4, first_row=4)
    assert layouts.suggest([Row(1, ["Data", "Testo"])]) is None
    assert layouts.suggest([]) is None


def journal(*movements: tuple[str, str, str, str, str]) -> bytes:
    inner = "".join(
        f"<movimento_conto_evidenza><tipo_movimento>{way}</tipo_movimento>"
        f"<tipo_documento>{kind}</tipo_documento><tipo_operazione>{operation}</tipo_operazione>"
        f"<numero_documento>{number}</numero_documento>"
        "<progressivo_documento>1</progressivo_documento>"
        f"<importo>{amount}</importo><data_movimento>2026-11-20</data_movimento>"
        f"<causale>{PAGOPA}</causale></movimento_conto_evidenza>"
        for way, kind, operation, number, amount in movements
    )
    return (
        "<flusso_giornale_di_cassa><esercizio>2026</esercizio><informazioni_conto_evidenza>"
        f"<conto_evidenza>1</conto_evidenza>{inner}</informazioni_conto_evidenza>"
        "</flusso_giornale_di_cassa>"
    ).encode()


@pytest.mark.feature("F001-126")
def test_the_cash_journal() -> None:
    data = journal(
        ("ENTRATA", "SOSPESO ENTRATA", "ESEGUITO", "77", "1234.56"),
        ("ENTRATA", "REVERSALE", "ESEGUITO", "5", "10.00"),
        ("USCITA", "SOSPESO USCITA", "ESEGUITO", "78", "10.00"),
        ("ENTRATA", "SOSPESO ENTRATA", "REGOLARIZZATO", "77", "1234.56"),
        ("ENTRATA", "SOSPESO ENTRATA", "STORNATO", "77", "1234.56"),
    )
    assert layouts.is_cash_journal(data[:500])
    booked, cancelled = layouts.cash_journal(data, account=ACCOUNT)
    assert (booked.cents, booked.provisional, booked.row, booked.text) == (123456, "77", 1, PAGOPA)
    assert (cancelled.cents, cancelled.cancelled) == (-123456, True)
    assert booked.identity != cancelled.identity
    # The same entry in the journal of the next day.
    again = list(layouts.cash_journal(data, account=ACCOUNT))
    assert [one.identity for one in again] == [booked.identity, cancelled.identity]
    with pytest.raises(Rejected, match="cash_journal_malformed"):
        list(layouts.cash_journal(data.replace(b"1234.56", b"x"), account=ACCOUNT))
    with pytest.raises(Rejected, match="cash_journal_malformed"):
        list(layouts.cash_journal(b"<a/>", account=ACCOUNT))
