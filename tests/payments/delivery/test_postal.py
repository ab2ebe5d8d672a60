"""Orders of letters: the sample, the 25 days, the states, the list of recipients."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.payments.delivery import index, postal
from chalicelib.payments.delivery.postal import EVENTS, STATES, TABLE, Order, Recipient
from chalicelib.payments.dues.model import Person

DUE = date(2026, 12, 31)
AT = "2026-11-21T09:00:00.000Z"
MARIA = "RSSMRA80A41H501Y"


def order(**changed: Any) -> Order:
    known: dict[str, Any] = {
        "run": "r", "profile": "stampa", "state": "sampled", "created_at": AT,
        "ordered_by": "user:u1", "disclaimer": postal.DISCLAIMER_VERSION, "accepted_late": False,
        "recipients": 3, "cents": 45_000, "earliest": DUE.isoformat(), "sample": ("a.pdf",),
    }  # fmt: skip
    return Order(**known | changed)


def recipient(number: int, **changed: Any) -> Recipient:
    known: dict[str, Any] = {
        "tax_code": MARIA, "name": "Rossi Maria", "address": "Via Roma 1", "postcode": "00100",
        "city": "Roma", "province": "RM", "iuv": f"01{number:015d}",
        "notice_number": f"301{number:015d}", "cents": 15_000, "due": "2026-12-31",
        "file_name": f"{MARIA}_2026_01{number:015d}.pdf", "position": f"p{number}",
    }  # fmt: skip
    return Recipient(**known | changed)


@pytest.mark.feature("F001-087")
@pytest.mark.parametrize(("days", "late"), [(24, True), (25, False), (26, False), (-1, True)])
def test_letters_ship_25_days_before(days: int, late: bool) -> None:
    today = DUE - timedelta(days=days)
    assert postal.is_late(DUE, today) is late
    approved = order(state="approved")
    if not late:
        assert postal.moved(approved, "ship", AT, "user:u", today).state == "handing"
        return
    with pytest.raises(Rejected) as refused:
        postal.moved(approved, "ship", AT, "user:u", today)
    assert (refused.value.code, refused.value.details["days"]) == ("postal_too_late", days)
    # Unless whoever ordered has said so.
    accepted = replace(approved, accepted_late=True)
    assert postal.moved(accepted, "ship", AT, "user:u", today).state == "handing"
    assert not postal.is_late(None, today)


@pytest.mark.feature("F001-084", "F001-085")
@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_nothing_ships_unseen(events: list[Any]) -> None:
    found = order()
    for number, event in enumerate(events):
        by, today = f"user:{number}", date(2026, 11, 21)
        if event in TABLE[found.state]:
            found = postal.moved(found, event, AT, by, today)
            continue
        with pytest.raises(Rejected) as refused:
            postal.moved(found, event, AT, by, today)
        assert refused.value.code == "order_state"
    said = [step.event for step in found.steps]
    if found.state in ("handing", "handed", "printed", "enclosed", "posted"):
        assert "approve" in said[: said.index("ship")]
        # Who approved is written down.
        assert next(step for step in found.steps if step.event == "approve").by.startswith("user:")
    assert found.version == 1 + len(found.steps)


def test_every_state_is_decided() -> None:
    assert set(TABLE) == set(STATES) == set(get_args(postal.OrderState))
    for found in TABLE.values():
        assert set(found) <= set(EVENTS)
        assert set(found.values()) <= set(STATES)
    # A state that nothing leaves is an end that was meant.
    ends = {state for state, events in TABLE.items() if not events}
    assert ends == {"posted", "refused", "cancelled"}


@pytest.mark.feature("F001-085")
@given(st.integers(1, 300))
def test_a_sample_shows_what_can_go_wrong(count: int) -> None:
    found = [recipient(number) for number in range(count)]
    found[count // 2] = recipient(count // 2, name="N" * 70)
    found[count // 3] = replace(found[count // 3], cents=99_999_999)
    sample = postal.sample_of(found)
    assert len(sample) == len(set(sample)) == min(5, count)
    assert {found[0].file_name, found[-1].file_name} <= set(sample)
    assert found[count // 2].file_name in sample
    assert found[count // 3].file_name in sample
    assert sample == postal.sample_of(found)


@pytest.mark.feature("F001-083")
def test_the_list_is_read_back_by_other_programs() -> None:
    rows = [recipient(1), recipient(2, name='De "Luca"; Anna', address="=cmd|'/c calc'!A0", due="")]
    text = postal.csv_of(rows).decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [one["CodiceFiscale"] for one in read] == [MARIA, MARIA]
    assert read[0] == {
        "Nominativo": "Rossi Maria", "Indirizzo": "Via Roma 1", "CAP": "00100", "Comune": "Roma",
        "Provincia": "RM", "CodiceFiscale": MARIA, "IUV": rows[0].iuv,
        "CodiceAvviso": rows[0].notice_number, "Importo": "150,00", "Scadenza": "2026-12-31",
        "FilePDF": rows[0].file_name,
    }  # fmt: skip
    assert (read[1]["Nominativo"], read[1]["Scadenza"]) == ('De "Luca"; Anna', "")
    # No program takes it for a formula.
    assert read[1]["Indirizzo"].startswith("'=")
    book = openpyxl.load_workbook(io.BytesIO(postal.xlsx_of(rows)))
    cells = [[cell.value for cell in line] for line in book["Destinatari"].iter_rows()]
    assert cells[0] == list(postal.COLUMNS.values())
    assert cells[1][cells[0].index("Importo")] == 150
    assert cells[1][cells[0].index("IUV")] == rows[0].iuv
    assert {cell.data_type for line in book["Destinatari"].iter_rows() for cell in line} <= {
        "s", "n",
    }  # fmt: skip


def test_who_has_no_address_gets_no_letter() -> None:
    person = Person(MARIA, "Rossi Maria", "Via Roma 1", "00100", "Roma")
    assert postal.missing(person) == ""
    for name in ("address", "postcode", "city"):
        assert postal.missing(replace(person, **{name: " "})) == "address_missing"


@pytest.mark.feature("F001-088")
def test_the_disclaimer_reads_the_same_in_each_language() -> None:
    assert set(postal.DISCLAIMER) == {"it", "en", "fr", "es"}
    assert all("25" in text for text in postal.DISCLAIMER.values())


# ------------------------------------------------------------------ the index of a website
@pytest.mark.feature("F001-081")
@given(st.sets(st.integers(0, 10**6), max_size=40))
def test_the_index_names_each_file_once(numbers: set[int]) -> None:
    lines = [index.line(MARIA, f"{n:017d}", f"{MARIA}_2026_{n:017d}.pdf") for n in numbers]
    data = index.write([*lines, *lines])
    read = list(csv.DictReader(io.StringIO(data.decode("ascii"))))
    assert {(one["CF"], one["IUV"], one["file"]) for one in read} == {
        (MARIA, f"{n:017d}", f"{MARIA}_2026_{n:017d}.pdf") for n in numbers
    }
    assert len(read) == len(numbers)
    for bad in ("a,b", "a b", "à", 'a"b', "a\r\nb"):
        with pytest.raises(ValueError):  # noqa: PT011
            index.line(MARIA, "1", bad)
