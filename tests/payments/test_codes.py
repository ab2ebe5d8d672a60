"""What the codes say, and that a reader which is not ours reads exactly that."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segno import encoder

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import codes, datamatrix, qr
from chalicelib.payments.symbols import Symbol
from tests.payments.reading import codes_in, drawn

CREDITOR = "77777777777"
NUMBER = "301000000000004285"
NUMBERS = st.integers(0, 10**18 - 1).map("{:018d}".format)
CREDITORS = st.integers(0, 10**11 - 1).map("{:011d}".format)
CENTS = st.integers(1, limits.AMOUNT_CENTS)


def slip(**more: object) -> str:
    values: dict[str, object] = {
        "number": NUMBER,
        "account": "1234567",
        "cents": 15_000,
        "creditor": CREDITOR,
        "debtor": "RSSMRA30A01H501I",
        "debtor_name": "Rossi Mario",
        "subject": "Quota di iscrizione all’albo anno 2026",
    }
    return codes.slip_text(**(values | more))  # type: ignore[arg-type]


# --- what is said ------------------------------------------------------------------
@pytest.mark.feature("F001-161")
@pytest.mark.parametrize(
    ("cents", "said"),
    [(15_000, "15000"), (5, "05"), (1, "01"), (99, "99"), (100, "100"), (10**11 - 1, "9" * 11)],
)
def test_the_qr_text_is_the_guides(cents: int, said: str) -> None:
    assert codes.qr_text(NUMBER, CREDITOR, cents) == f"PAGOPA|002|{NUMBER}|77777777777|{said}"


@given(NUMBERS, CREDITORS, CENTS)
def test_every_qr_text_fits_the_version(number: str, creditor: str, cents: int) -> None:
    text = codes.qr_text(number, creditor, cents)
    assert len(text) <= qr.CHARS
    assert text.split("|") == ["PAGOPA", "002", number, creditor, text.rpartition("|")[2]]
    assert int(text.rpartition("|")[2]) == cents


@pytest.mark.feature("F001-161")
def test_the_slip_text_is_the_worked_one() -> None:
    """The string of pagopa.md section 3.5, whose account has 11 digits there."""
    found = slip(account="85120000123"[:11], subject="Quota di iscrizione all albo anno 2026")
    assert found == (
        "codfase=NBPA;18301000000000004285120851200001231000000150003896"
        "1P177777777777RSSMRA30A01H501IROSSI MARIO"
        + " " * 29
        + "QUOTA DI ISCRIZIONE ALL ALBO ANNO 2026"
        + " " * 72
        + " " * 12
        + "A"
    )


def test_the_slip_text_has_its_parts_in_their_places() -> None:
    found = slip()
    assert len(found) == codes.SLIP_CHARS
    assert found[:13] == "codfase=NBPA;"
    assert (found[13:15], found[15:33]) == ("18", NUMBER)
    assert (found[33:35], found[35:47]) == ("12", "000001234567")
    assert (found[47:49], found[49:59]) == ("10", "0000015000")
    assert (found[59], found[60:63], found[63], found[64:66]) == ("3", "896", "1", "P1")
    assert (found[66:77], found[77:93]) == (CREDITOR, "RSSMRA30A01H501I")
    assert found[93:133].rstrip() == "ROSSI MARIO"
    assert found[133:243].rstrip() == "QUOTA DI ISCRIZIONE ALL'ALBO ANNO 2026"
    assert found[243:] == " " * 12 + "A"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Žiga Čuček Štrukelj", "ZIGA CUCEK STRUKELJ"),
        ("Müßiggang Größe ÄÖÜ", "MUSSIGGANG GROSSE AOU"),
        ("D’Alò & Figli S.r.l.", "D'ALO & FIGLI S.R.L."),
        ("Łukasz Đorđević Œuvre", "LUKASZ DORDEVIC OEUVRE"),
        ("a/b\\c;d|e(f)", "A B C D E F"),
        ("中文", ""),
        ("x" * 60, "X" * 40),
    ],
)
def test_texts_are_capitals_of_ascii(text: str, said: str) -> None:
    assert codes.capitals(text, 40) == said


@given(st.text(max_size=90), st.text(max_size=120))
def test_a_slip_text_is_always_256_of_the_signs_that_are_read(name: str, subject: str) -> None:
    found = slip(debtor_name=name, subject=subject)
    assert len(found) == 256
    assert set(found[13:]) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ &',-.:_")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"number": "1"}, "notice_number_malformed"),
        ({"creditor": "7777777777"}, "creditor_code_malformed"),
        ({"cents": 0}, "amount_out_of_range"),
        ({"cents": limits.AMOUNT_POSTE_CENTS + 1}, "amount_over_poste"),
        ({"account": "1234567890123"}, "postal_account_malformed"),
        ({"account": ""}, "postal_account_malformed"),
        ({"debtor": "RSSMRA30A01H501IX"}, "debtor_code_malformed"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected, match=code):
        slip(**values)


def test_who_is_not_known_is_anonymous() -> None:
    found = slip(debtor="", debtor_name="—")
    assert found[77:93].rstrip() == "ANONIMO"
    assert slip(debtor="", debtor_name="")[93:133].rstrip() == "ANONIMO"


# --- QR ------------------------------------------------------------------
@pytest.mark.feature("F001-161")
@given(NUMBERS, CREDITORS, CENTS)
@settings(max_examples=60)
def test_a_qr_code_is_read_back(number: str, creditor: str, cents: int) -> None:
    text = codes.qr_text(number, creditor, cents)
    symbol = qr.encode(text)
    assert symbol.side == 33
    (found,) = codes_in(drawn(symbol))
    assert (found.kind, found.text) == ("QR Code", text)
    assert (found.version, found.correction) == ("4", "M")


def test_the_mask_is_the_best_by_segnos_own_reckoning() -> None:
    """Where segno finds another one better, it is by how it counts finders that overlap."""
    chance = random.Random(4)
    same = 0
    for _ in range(60):
        number, creditor = f"{chance.randrange(10**18):018d}", f"{chance.randrange(10**11):011d}"
        text = codes.qr_text(number, creditor, chance.randrange(1, 10**7))
        ours = score(list(qr.encode(text).rows))
        every = [score(qr._rows(text, mask)) for mask in range(8)]
        assert ours in every
        assert 0 <= ours - min(every) <= 80
        same += ours == min(every)
    assert same >= 54


def score(rows: list[int]) -> int:
    """The penalty as segno counts it."""
    matrix = [bytearray(int(bit) for bit in f"{row:033b}") for row in rows]
    return sum(encoder.mask_scores(matrix, 33, 33))


@given(st.lists(st.integers(0, 2**33 - 1), min_size=33, max_size=33))
@settings(max_examples=40)
def test_penalties_are_segnos(rows: list[int]) -> None:
    matrix = [bytearray(int(bit) for bit in f"{row:033b}") for row in rows]
    runs, blocks, _, uneven = encoder.mask_scores(matrix, 33, 33)
    flat = qr._flat(rows)
    turned = qr._turned(flat)
    assert qr._turned(turned) == flat
    assert qr._runs(flat) + qr._runs(turned) == runs
    assert qr._blocks(flat) == blocks
    finders = sum(finders_in(rows)) + sum(finders_in(columns(rows)))
    assert qr._finders(flat) + qr._finders(turned) == 40 * finders
    assert qr.penalty(flat, turned) == runs + blocks + 40 * finders + uneven


def columns(rows: list[int]) -> list[int]:
    return [int("".join(f"{row:033b}"[at] for row in rows), 2) for at in range(33)]


def finders_in(rows: list[int]) -> list[int]:
    """Plainly: 1011101 with four light modules, or the edge, on one side."""
    found = []
    for row in rows:
        wide = f"0000{row:033b}0000"
        found.append(
            sum(
                wide[at : at + 7] == "1011101"
                and (wide[at - 4 : at] == "0000" or wide[at + 7 : at + 11] == "0000")
                for at in range(4, 31)
            )
        )
    return found


@pytest.mark.parametrize("text", ["x" * 63, "è"])
def test_a_qr_code_holds_what_version_4_holds(text: str) -> None:
    with pytest.raises(ValueError, match="62"):
        qr.encode(text)


# --- Data Matrix ------------------------------------------------------------------
@pytest.mark.feature("F001-161")
@given(
    st.text("ABCDEFGHILMNOPQRSTUVZ àèìòùčšž'.-&", max_size=70),
    st.text("ABCDEFGHILMNOPQRSTUVZ àèìòù0123456789,.", max_size=90),
    st.integers(1, limits.AMOUNT_POSTE_CENTS),
)
@settings(max_examples=60)
def test_a_slips_matrix_is_read_back(name: str, subject: str, cents: int) -> None:
    text = slip(debtor_name=name, subject=subject, cents=cents)
    (found,) = codes_in(drawn(datamatrix.encode(text)))
    assert (found.kind, found.text) == ("Data Matrix", text)


@pytest.mark.feature("F001-161")
@pytest.mark.parametrize(
    ("subject", "side"),
    [
        ("Quota di iscrizione all’albo anno 2026", 48),
        ("A, B. C: D' - E, F. G", 48),
        ("parola " * 15, 48),
        (".,:-" * 8, 52),
        (".,:-" * 27, 64),
    ],
)
def test_usual_slips_have_the_size_of_pagopas_own(subject: str, side: int) -> None:
    assert datamatrix.encode(slip(subject=subject)).side == side


@given(st.text(st.characters(min_codepoint=9, max_codepoint=126), min_size=1, max_size=270))
@settings(max_examples=150)
def test_every_text_of_ascii_is_read_back(text: str) -> None:
    try:
        symbol = datamatrix.encode(text)
    except ValueError:
        assert len(text) > 200
        return
    (found,) = codes_in(drawn(symbol))
    assert found.text == text
    assert found.version == f"{symbol.side}x{symbol.side}"


@pytest.mark.parametrize("length", [1, 5, 9, 15, 22, 34, 42, 58, 70, 86, 120, 170, 226, 286, 346])
def test_every_size_is_read_back(length: int) -> None:
    text = ("0123456789" * 40)[:length]
    (found,) = codes_in(drawn(datamatrix.encode(text)))
    assert found.text == text


def test_codewords_are_the_standards() -> None:
    """The worked example of ISO/IEC 16022 (annex O), and the padding of annex B.1, which readers
    pass over: some find a symbol by it."""
    assert list(datamatrix.codewords("123456")) == [142, 164, 186]
    assert list(datamatrix.correction([142, 164, 186], 5)) == [114, 25, 5, 88, 102]
    assert datamatrix._padded(list(datamatrix.codewords("A")), 3) == [66, 129, 70]
    assert all(1 <= word <= 254 for word in datamatrix._padded([66], 280))


@pytest.mark.parametrize("damaged", [5, 15, 30])
def test_a_damaged_matrix_is_still_read(damaged: int) -> None:
    """48 x 48 has 68 words of correction: 34 wrong ones are made good again."""
    text = slip()
    symbol = datamatrix.encode(text)
    chance = random.Random(damaged)
    inner = [n for n in range(1, 47) if n not in (23, 24)]
    turned = {(chance.choice(inner), chance.choice(inner)) for _ in range(damaged)}
    (found,) = codes_in(drawn(symbol, turned))
    assert found.text == text


def test_a_matrix_holds_ascii_and_not_everything() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        datamatrix.encode("è")
    with pytest.raises(ValueError, match="too long"):
        datamatrix.encode("é".encode("unicode_escape").decode() * 100)


def test_runs_are_the_dark_modules() -> None:
    symbol = Symbol(5, (0b10110, 0, 0b11111, 0b00001, 0b10000))
    assert list(symbol.runs()) == [(0, 0, 1), (2, 0, 2), (0, 2, 5), (4, 3, 1), (0, 4, 1)]
