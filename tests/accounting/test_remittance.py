"""Flow ids and single payments in the descriptions of bank movements, whatever banks do to them."""

from __future__ import annotations

import codecs
import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.accounting import remittance, wording
from chalicelib.accounting.remittance import Flows, Found, Known, identify
from tests.accounting.texts import Case, cases

MOONEY = "2021-09-15ABI06090-CC0ISB2860405020"
POSTE = "2025-09-23BPPIITRRXXX-000038102790"
OLD = "0123456789abcdef" * 4
BOOKED = date(2024, 12, 17)


def flows(*ids: str) -> Flows:
    """Known ones, each of another total."""
    return Flows(Known(one, 1000 + number) for number, one in enumerate(ids))


# --- the forms of section 2 -----------------------------------------------------------------------
@pytest.mark.feature("F001-122")
@pytest.mark.parametrize(
    ("text", "flow_id"),
    [
        (f"/PUR/LGPE-RIVERSAMENTO/TXT/0/URI/{MOONEY}", MOONEY),
        (f"/PUR/LGPE-RIVERSAMENTO/URI/{MOONEY}", MOONEY),
        (f"/PUR//URI/{MOONEY}", MOONEY),
        (f"/pur/ /uri/{MOONEY.lower()}", MOONEY),
        (f"/PUR/LGPE-RIVERSAMENTO Integrativo 2 pagamenti del 20150101/URI/{MOONEY}", MOONEY),
        (f"/PUR/LGPE-INTEGRAZIONE/URI/{MOONEY}", MOONEY),
        ("LGPE- RIVERSAMENTO/URI/2021-09- 15ABI06090-CC0ISB2860405020", MOONEY),
        ("LGPE -RIVERSAMENTO URI 2021-09-1 5ABI06090-CC0ISB2860405020", MOONEY),
        ("L GPE-RIVERSAMENTO/U\nRI/2021-09-15ABI06090-CC0ISB28604\r\n05020", MOONEY),
        (f"URI NOT PROVIDED RIVERSAMENTO/URI/{MOONEY}- Mooney S.p.A.", MOONEY),
        (f"X :BI2:A :IB1:B :TID:C : R I 3 :/PUR/LGPE-RIVERSAMENTO/URI/{MOONEY} :SEC:D", MOONEY),
        (f"/ZZ2PSP/ZZ3ENTE /PUR/LGPE-RIVERSAMENTO/URI/{MOONEY}/ZZ4/E", MOONEY),
        (f"RI1/PUR/LGPE-RIVERSAMENTO/URI/{POSTE} ACCREDITO BOLLETTINO P.A.", POSTE),
        (f"ACCREDITO INCASSI DEBITORE 321/PUR/LGPE-RIVERSAMENTO/URI/{MOONEY}", MOONEY),
        (f"/PUR/LGPE-RIVERSAMENTO/URI/{MOONEY.replace('-', '–')}", MOONEY),
        (f"/PUR/LGPE-RIVERSAMENTO/URI/{OLD[:30]} {OLD[30:]}/BON.SEPA TRN 12", OLD),
    ],
)
def test_forms_and_damages(text: str, flow_id: str) -> None:
    found = identify(text, flows(MOONEY, POSTE, OLD, "2021-09-15ABI06090-CC0ISB2860405021"))
    assert (found.kind, found.confidence, found.flow_id) == ("flow", "exact", flow_id)
    # Without a list the same is read, if less surely.
    assert remittance.told(text, None)["flow_id"].upper() == flow_id.upper()


def test_a_blank_behind_the_day() -> None:
    text = "ACCREDITI VARI /PUR/LGPE-RIVERSAMENTO/URI/2023-01-01 ABC123"
    assert identify(text, flows("2023-01-01ABC123")).confidence == "exact"
    assert remittance.told(text, None)["flow_id"] == "2023-01-01ABC123"


@pytest.mark.parametrize(
    ("text", "supplement"),
    [
        ("/PUR/LGPE-RIVERSAMENTO/TXT/0/URI/", 0),
        ("/PUR/LGPE-RIVERSAMENTO/T XT/ 7/URI/", 7),
        ("/PUR/LGPE-RIVERSAMENTO/URI/", None),
        ("/PUR/LGPE-RIVERSAMENTO Integrativo 2 pagamenti del 20150101/URI/", 2),
        ("/PUR/LGPE-INTEGRAZIONE/URI/", 1),
    ],
)
def test_further_transfers_of_a_flow(text: str, supplement: int | None) -> None:
    assert identify(text + MOONEY, flows(MOONEY)).supplement == supplement


@pytest.mark.parametrize(
    ("text", "iuv", "cents"),
    [
        ("/RFB/01000000000004285/120.00/TXT/Quota", "01000000000004285", 12000),
        ("/RFB/0100000000 0004285/TXT/Quota", "01000000000004285", None),
        ("RFB 340105455507221 12", "340105455507221", None),
        ("/RFS/RF18 5390 0754 7034/3,50/TXT/X", "RF18539007547034", 350),
        # The specification's own example, whose check digits are wrong.
        ("/RFS/RF23 5674 8393 7849 4505 5087 5/1.10", "RF23567483937849450550875", 110),
        ("/RFS/RF60 2026 001 SALDO QUOTA", "RF602026001", None),
    ],
)
def test_single_payments(text: str, iuv: str, cents: int | None) -> None:
    assert identify(text) == Found("single", "single", iuv=iuv, cents=cents)


@pytest.mark.feature("F001-110")
@pytest.mark.feature("F001-125")
@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "BONIFICO DA MARIO ROSSI AUGURI 2024-12-25", "RIVERSAMENTO IVA",
        "COMMISSIONI SU BONIFICO", "DEPURATORE COMUNALE/2024", "VERSAMENTO CONTANTI",
        "SICURIA ASSICURAZIONI POLIZZA 12345678901234567", "PERFB 01000000000004285X",
    ],
)  # fmt: skip
def test_other_movements_are_not_pagopa(text: str) -> None:
    assert identify(text, flows(MOONEY)) == Found("none", "none", reason="not_pagopa")


# --- how sure -------------------------------------------------------------------------------------
KEY = "/PUR/LGPE-RIVERSAMENTO/URI/"


def test_what_the_bank_cut_counts_where_one_flow_begins_so() -> None:
    cut = KEY + MOONEY[:-3]
    assert identify(cut, flows(MOONEY, POSTE)).confidence == "prefix"
    two = flows(MOONEY, MOONEY[:-1] + "1")
    assert identify(cut, two) == Found("flow", "none", read_id=MOONEY[:-3], reason="ambiguous")
    assert identify(cut, two, cents=1001).confidence == "proposed"
    # Its amount speaks against it, unless it is a further transfer.
    assert identify(cut, flows(MOONEY), cents=5).confidence == "proposed"
    more = cut.replace("/URI/", "/TXT/1/URI/")
    assert identify(more, flows(MOONEY), cents=5).confidence == "prefix"
    # What follows may belong to a flow that is not here yet.
    assert identify(KEY + MOONEY[:25] + " 7" + MOONEY[26:30], flows(MOONEY)).confidence != "prefix"


def test_little_of_an_id_is_only_proposed_by_amount_and_day() -> None:
    near = Known("2024-12-13ABI06090-1", 1000, date(2024, 12, 16))
    known = Flows([near, Known(MOONEY, 1000, date(2021, 9, 16)), Known(POSTE, 2000, BOOKED)])
    for text in (KEY + "2", KEY, KEY + "2024-12- BANCA"):
        found = identify(text, known, cents=1000, day=BOOKED)
        assert (found.confidence, found.flow_id) == ("proposed", near.flow_id), text
        assert identify(text, known).confidence == "none"
    assert identify(KEY + "2", known, cents=1000, day=date(2025, 1, 7)).confidence == "none"
    # It names another flow, which is not here yet.
    other = identify(KEY + "2024-12-13ABI06090-2", known, cents=1000, day=BOOKED)
    assert (other.confidence, other.reason) == ("none", "unknown_flow")
    two = Flows([near, Known("2024-12-13UNCRITMM-1", 1000, date(2024, 12, 16))])
    assert identify(KEY + "2", two, cents=1000, day=BOOKED).confidence == "none"


def test_an_id_that_begins_another_needs_the_amount() -> None:
    short, long = "2024-12-15ABI06090-1", "2024-12-15ABI06090-12"
    known = flows(short, long)
    assert identify(KEY + long, known).flow_id == long
    assert identify(KEY + short, known).confidence == "none"
    assert identify(KEY + short, known, cents=1000) == Found("flow", "exact", short, read_id=short)
    assert identify(KEY + short, known, cents=1001).confidence == "proposed"
    assert identify(KEY + short + " 2", known).confidence == "none"
    # The longer one is not here yet: a blank may be in the middle of it.
    assert identify(KEY + short + " 2", flows(short)).confidence == "proposed"
    assert identify(KEY + short + " BANCA", flows(short)).confidence == "exact"


def test_two_flows_in_one_text_are_none() -> None:
    found = identify(f"{KEY}{MOONEY} {KEY}{POSTE}", flows(MOONEY, POSTE))
    assert (found.confidence, found.reason) == ("none", "ambiguous")


def test_ids_that_differ_in_case_only_are_two() -> None:
    known = flows(MOONEY, MOONEY.lower())
    assert identify(KEY + MOONEY, known).reason == "ambiguous"


# --- the grammar ----------------------------------------------------------------------------------
def _known(case: Case, *, meant: bool) -> tuple[Flows, int]:
    ids = [*case.others, *([case.meant] if meant else [])]
    return Flows(Known(one, 100 + number) for number, one in enumerate(ids)), 99 + len(ids)


@pytest.mark.feature("F001-122")
@settings(max_examples=200, deadline=None)
@given(cases())
def test_nothing_is_read_as_another_flow(case: Case) -> None:
    known, cents = _known(case, meant=True)
    found = identify(case.text, known)
    if found.confidence in ("exact", "prefix"):
        assert found.flow_id == case.meant
    found = identify(case.text, known, cents=cents)
    assert found.flow_id in ("", case.meant)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_a_flow_that_is_not_here_yet_is_not_read_as_another(case: Case) -> None:
    if case.left in case.others:
        return  # what is left is another's id, to the letter: only the amounts tell
    known, cents = _known(case, meant=False)
    assert identify(case.text, known, cents=cents + 1).confidence in ("none", "proposed")


@settings(max_examples=200, deadline=None)
@given(cases(cut=False, open_end=False, same_length=True))
def test_what_is_only_broken_is_read(case: Case) -> None:
    found = identify(case.text, _known(case, meant=True)[0])
    assert (found.kind, found.confidence, found.flow_id) == ("flow", "exact", case.meant)


@settings(deadline=None)
@given(st.text(max_size=200))
@example("/RFB/" + "1" * 200)
@example("URI/" * 60)
@example("ß" * 100 + KEY + MOONEY)
def test_any_text_is_read(text: str) -> None:
    found = identify(text, flows(MOONEY, POSTE), cents=1000, day=BOOKED)
    assert found.confidence in ("exact", "proposed", "single", "none")
    wording.read(text)


# --- the door -------------------------------------------------------------------------------------
def door(*arguments: str, given: bytes) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "chalicelib.accounting.remittance", *arguments],
        input=given, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode()


def test_the_door_says_five_facts_a_line() -> None:
    lines = f"{KEY}{MOONEY}\r\n\n/RFB/01000000000004285/1.00\n".encode() + b"citt\xe0 \xff\n"
    status, out = door("--json", given=lines)
    assert status == 0
    said = [json.loads(line) for line in out.splitlines()]
    assert said[0] == {
        "text": KEY + MOONEY, "kind": "flow", "flow_id": MOONEY, "iuv": "", "confidence": "exact",
    }  # fmt: skip
    assert [one["kind"] for one in said] == ["flow", "none", "single", "none"]
    assert said[2]["iuv"] == "01000000000004285"
    assert said[3]["text"] == "città ÿ"


WRITTEN = {
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
}  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [*WRITTEN.items(), ("utf-16-le", b""), ("utf-16-be", b""), ("utf-8", b""), ("cp1252", b"")],
)
def test_the_door_reads_a_file_however_it_is_written(
    encoding: str, mark: bytes, ends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    # Ċ ends in the byte of a line feed; cp1252 has none.
    town = "città à" if encoding == "cp1252" else "città Ċ"
    texts = [f"{KEY}{MOONEY}", "", town, f"{KEY}{POSTE}"]
    bare = encoding.removesuffix("-sig")
    data = mark + ends.join([*texts, ""]).encode(bare)
    (tmp_path / "ids").write_bytes(mark + f"{MOONEY}{ends}{POSTE}".encode(bare))
    for known in ([], ["--known", str(tmp_path / "ids")]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert remittance.main(["--json", *known]) == 0
        said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [one["text"] for one in said] == texts
        assert [one["flow_id"] for one in said] == [MOONEY, "", "", POSTE]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mark)))
    assert (remittance.main(["--json"]), capsys.readouterr().out) == (0, "")


def test_the_door_with_a_list_of_flows(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text(f"{MOONEY}\n")
    status, out = door(
        "--known", str(tmp_path / "ids"), given=f"{KEY}{MOONEY[:28]}\n{KEY}{POSTE}".encode()
    )
    assert status == 0
    first, second = out.splitlines()
    assert first.split()[:3] == ["prefix", "flow", MOONEY]
    assert second.split()[:3] == ["none", "flow", "-"]


def test_wrong_arguments_end_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--nonsense"], ["--known", "/nowhere"]):
        with pytest.raises(SystemExit) as ended:
            remittance.main(arguments)
        assert ended.value.code == 2
    assert capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "many").write_bytes(b"x\n" * 100_000)
    with (
        (tmp_path / "many").open("rb") as many,
        subprocess.Popen(
            [sys.executable, "-m", "chalicelib.accounting.remittance"],
            stdin=many, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as running,
    ):  # fmt: skip
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == b""
