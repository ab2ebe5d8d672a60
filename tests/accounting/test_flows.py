"""Settlement flows: both forms, what they claim against what is in them, their versions."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounting import flow_door
from chalicelib.accounting.fdr import classic, rest
from chalicelib.accounting.fdr.model import Line, cents_of
from chalicelib.accounting.flows import Check, Flow, Origin, Version, arrive, owner_of
from chalicelib.accounting.labels import FLOW, NOTES
from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from tests.accounting.fdrs import BODY, FLOW_ID, ONE, TWO, Payment, head, page, xml

PAYMENTS = st.lists(
    st.tuples(
        st.from_regex(r"[0-9]{17}", fullmatch=True),
        st.from_regex(r"[0-9A-Za-z]{1,35}", fullmatch=True),
        st.sampled_from(["", "1", "2", "5"]),
        st.integers(1, 99_999_999_999).map(lambda n: f"{n // 100}.{n % 100:02d}"),
        st.sampled_from(["0", "4", "8", "9"]),
        st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(date.isoformat),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda one: one[1],
)


def read(
    data: bytes, *, body: str = "", psp: str = "", block: int = 1000
) -> tuple[list[Line], Flow]:
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    check = Check(classic.read(blocks, psp=psp), body=body)
    return list(check.lines()), check.flow()


# --- the two forms --------------------------------------------------------------------------------
@pytest.mark.feature("F001-099")
def test_a_flow_is_read() -> None:
    lines, flow = read(xml(), body=BODY, psp="ABI06090")
    assert lines == [
        Line(1, "01000000000004285", "iur1", 1, 1234, "0", "2026-11-19"),
        Line(2, "01000000000004386", "iur2", None, 10000, "0", "2026-11-19"),
    ]
    header = flow.header
    assert (header.flow_id, header.receiver, header.trn) == (FLOW_ID, BODY, "TRN 1")
    assert (header.sender_kind, header.sender, header.sender_name) == (
        "A",
        "06090",
        "Banca è Prova",
    )
    assert header.created == datetime(2026, 11, 20, 9, tzinfo=UTC)  # 10:00 in Rome
    assert (flow.state, flow.count, flow.cents, dict(flow.labels)) == ("accepted", 2, 11234, {})


@pytest.mark.parametrize(
    "data",
    [
        xml(prefix=""),
        xml(namespace="urn:older"),
        xml(declaration=""),
        b"\xef\xbb\xbf" + xml(),
        xml().replace(b"UTF-8", b"ISO-8859-15").decode().encode("iso-8859-15"),
        xml().replace(b"12.34", b"<!-- x -->12<!-- y -->.34"),
        xml().replace(b"><pay_i", b">\n <pay_i").replace(b"iur1", b" iur1\n"),
        xml().replace(b"iur1", b"<![CDATA[iur1]]>"),
    ],
)
@pytest.mark.parametrize("block", [1, 7, 100_000])
def test_writers_differ(data: bytes, block: int) -> None:
    lines, flow = read(data, block=block)
    assert [line[1:5] for line in lines] == [
        ("01000000000004285", "iur1", 1, 1234),
        ("01000000000004386", "iur2", None, 10000),
    ]
    assert flow.header.sender_name == "Banca è Prova"
    assert flow.state == "accepted"


@settings(max_examples=60, deadline=None)
@given(PAYMENTS)
def test_both_forms_say_the_same(payments: list[Payment]) -> None:
    payments = [(*one[:2], one[2] or "1", *one[3:]) for one in payments]
    total = sum(int(one[3].replace(".", "")) for one in payments)
    lines, flow = read(xml(payments))
    half = len(payments) // 2
    said = head(totPayments=len(payments), sumPayments=0).replace(
        b'"sumPayments": 0', f'"sumPayments": {total // 100}.{total % 100:02d}'.encode()
    )
    other = Check(rest.read(said, [page(payments[:half]), page(payments[half:], half + 1)]))
    # An instant of 23:30 UTC is the next day in Rome.
    later = [
        line._replace(day=(date.fromisoformat(line.day) + timedelta(days=1)).isoformat())
        for line in lines
    ]
    assert list(other.lines()) == later
    found = other.flow()
    assert (found.count, found.cents, found.outcomes) == (flow.count, flow.cents, flow.outcomes)
    assert found.state == flow.state == "accepted"
    assert (flow.count, flow.cents) == (len(payments), total)
    assert (found.header.psp, found.header.revision) == ("ABI06090", 2)


# --- lies -----------------------------------------------------------------------------------------
@pytest.mark.feature("F001-099")
@pytest.mark.feature("F001-172")
@pytest.mark.parametrize(
    ("data", "labels"),
    [
        # PagoPA's own tests get OK for these three.
        (xml((ONE,), count="64"), {"count_differs"}),
        (xml((ONE,), total="2204.00"), {"sum_differs"}),
        (xml((ONE, ONE)), {"duplicate"}),
        (xml(count=""), {"count_malformed"}),
        (xml(total="112,34"), {"sum_malformed"}),
        (xml((), count="0", total="0.00"), {"no_lines"}),
        (xml(flow_id="2026 11"), {"flow_id_malformed"}),
        (xml(created="yesterday"), {"flow_date_malformed"}),
        (xml(settled=""), {"settled_malformed"}),
        (xml(settled="2026-11-23"), {"day_differs"}),
        (xml(receiver="1"), {"receiver_differs"}),
        (xml(flow_id="2026-11-20OTHER-1"), {"psp_differs"}),
        (xml(flow_id="old"), set()),
        (xml(((*ONE[:3], "1.234", *ONE[4:]),), total="1.00"), {"amount_malformed", "sum_differs"}),
        (xml(((*ONE[:4], "7", ONE[5]),)), {"unknown_outcome"}),
        (xml(((*ONE[:4], "QUX", ONE[5]),)), {"unknown_outcome"}),
        (xml(((*ONE[:4], "9", ONE[5]), (*TWO[:4], "8", TWO[5]))), {"without_receipt"}),
        (xml(((ONE[0], "", *ONE[2:]),)), {"reference_missing"}),
        (xml(((*ONE[:5], "19/11/2026"),)), {"day_malformed"}),
        (xml(((*ONE[:3], "0.00", *ONE[4:]),)), {"amount_not_positive"}),
    ],
)
def test_what_is_claimed_is_counted(data: bytes, labels: set[str]) -> None:
    _, flow = read(data, body=BODY, psp="ABI06090")
    assert set(flow.labels) == labels
    assert flow.state == ("anomalous" if labels & set(FLOW) else "accepted")
    assert labels <= set(FLOW) | set(NOTES)


@pytest.mark.parametrize("amount", ["100.00", "-100.00"])
@pytest.mark.parametrize("total", ["12.34", "112.34", "-87.66"])
def test_revoked_ones_have_either_sign(amount: str, total: str) -> None:
    revoked = (*TWO[:3], amount, "3", TWO[5])
    _, flow = read(xml((ONE, revoked), total=total))
    assert flow.labels["revoked"] == 1
    right = {"100.00": ("112.34",), "-100.00": ("-87.66",)}[amount]
    signed = ("-87.66",) if amount == "100.00" else ("112.34",)
    assert (flow.state == "accepted") == (total in (*right, *signed, "12.34"))


def test_many_anomalies_are_counted_and_some_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FLOW_ANOMALIES", 3)
    many = [(ONE[0], f"i{n}", "1", "1.00", "7", ONE[5]) for n in range(10)]
    _, flow = read(xml(many, count="1"))
    assert flow.labels == {"unknown_outcome": 10, "count_differs": 1}
    assert [(one.label, one.place) for one in flow.anomalies] == [
        ("count_differs", 0), *(("unknown_outcome", n) for n in (1, 2, 3)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0.01", 1), ("999999999.99", 99999999999), ("-5.00", -500), ("1.15", 115), ("1", None),
        ("1.5", None), (".50", None), ("1,50", None), ("+1.00", None), ("١.٠٠", None), ("", None),
        ("1" * 13 + ".00", None), ("--1.00", None), ("1e2.00", None),
    ],
)  # fmt: skip
def test_amounts_are_exact(text: str, cents: int | None) -> None:
    assert cents_of(text) == cents


@pytest.mark.parametrize(
    ("iuv", "owner"),
    [
        ("01000000000004285", "ours"), ("02000000000004285", "other_partner"),
        ("340105455507221", "unknown"), ("RF18539007547034", "unknown"),
    ],
)  # fmt: skip
def test_lines_of_another_partner(iuv: str, owner: str) -> None:
    assert owner_of(iuv, {"01"}) == owner
    assert owner_of("03000000000004285", {"01"}, {"02"}) == "unknown"


# --- hostile --------------------------------------------------------------------------------------
BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml_empty"),
        (b" \n", "xml_empty"),
        (b"nonsense", "xml_encoding"),
        (xml().decode().encode("utf-16"), "xml_encoding"),
        (xml(declaration='<?xml version="1.0" encoding="UTF-7"?>'), "xml_encoding"),
        (xml()[:-5], "xml_malformed"),
        (xml() + b"<x/>", "xml_malformed"),
        (xml().replace(b"iur1", b"&a;"), "xml_malformed"),
        (xml().replace(b"iur1", b"\xff"), "xml_malformed"),
        (xml(declaration=BOMB.decode()).replace(b"iur1", b"&b;"), "xml_doctype"),
        (b"<a><datiSingoliPagamenti/></a>", "flow_not_a_flow"),
        (b"<datiSingoliPagamenti/>", "flow_not_a_flow"),
        (b"<FlussoRiversamento>" + b"<a>" * 3000, "xml_malformed"),
        (b"<FlussoRiversamento><a>" + b"<b/>" * 300_000 + b"</a>", "xml_too_large"),
    ],
)
@pytest.mark.parametrize("block", [5, 100_000])
def test_hostile_documents_are_refused(data: bytes, code: str, block: int) -> None:
    if len(data) > 100_000 and block < 100:
        block = 10_000
    with pytest.raises(Rejected) as refused:
        read(data, block=block)
    assert refused.value.code == code


@pytest.mark.parametrize("block", [1, 5, 100_000])
def test_a_declaration_is_refused_before_any_line(block: int) -> None:
    data = xml(declaration='<?xml version="1.0"?><!DOCTYPE r>')
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    with pytest.raises(Rejected, match="xml_doctype"):
        next(classic.read(blocks).lines)


def test_what_stands_between_the_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "XML_STREAM_OTHERS", 20)
    data = xml([(ONE[0], f"i{n}", "", "1.00", "0", ONE[5]) for n in range(40)])
    assert read(data)[1].state == "accepted"
    junk = data.replace(b"</pay_i:datiSingoliPagamenti>", b"</pay_i:datiSingoliPagamenti><x/>")
    with pytest.raises(Rejected, match="xml_too_large"):
        read(junk)
    monkeypatch.setattr(limits, "FLOW_BYTES", 1000)
    with pytest.raises(Rejected, match="xml_too_large"):
        read(data)


@pytest.mark.parametrize(
    "pages", [[b"{"], [b"[]"], [b"{}"], [b'{"data": 1}'], [b"[" * 100_000], [b"\xff"]]
)
def test_pages_that_are_none_are_refused(pages: list[bytes]) -> None:
    with pytest.raises(Rejected, match="flow_page_malformed"):
        list(Check(rest.read(head(), pages)).lines())


@pytest.mark.parametrize("pay", ["NaN", "1e400", "true", '"1.00"', "null", "1.001", "1e-3", "{}"])
def test_a_wrong_amount_of_a_page_loses_nothing(pay: str) -> None:
    wrong = page((ONE,)).replace(b'"pay": 12.34', f'"pay": {pay}'.encode())
    check = Check(rest.read(head(), [wrong, b'{"data": [3, null]}']))
    assert [line.cents for line in check.lines()] == [None, None, None]
    assert check.flow().labels["amount_malformed"] == 3


def _many(count: int) -> Iterator[bytes]:
    whole = xml(count=str(count), total=f"{count}.00")
    begin, _, _ = whole.partition(b"<pay_i:datiSingoliPagamenti>")
    yield begin
    one = xml([("0" * 17, "%032d", "1", "1.00", "0", "2026-11-19")])
    line = b"<pay_i:dati" + one.partition(b"<pay_i:dati")[2].partition(b"</pay_i:Flusso")[0]
    for start in range(0, count, 100):
        yield b"".join(line % number for number in range(start, start + 100))
    yield b"</pay_i:FlussoRiversamento>"


def test_memory_does_not_grow_with_the_lines() -> None:
    """Nothing but a number is kept of a line: 500,000 take some 40 MB (the bench has them all)."""
    list(Check(classic.read(_many(100))).lines())
    peaks = []
    for count in (2_000, 10_000):
        tracemalloc.start()
        check = Check(classic.read(_many(count)))
        assert sum(1 for _ in check.lines()) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert check.flow().state == "accepted"
    assert peaks[1] - peaks[0] < 8_000 * 150


# --- versions -------------------------------------------------------------------------------------
def test_flows_of_one_id_are_told_apart_by_what_is_known_of_them() -> None:
    day, next_day = date(2026, 11, 20), date(2026, 11, 21)
    xml_one = Origin("", "B:SELBIT2B", "TRN1", day, 2026)
    told = Origin("ABI06090", "G:12345678901", "TRN1", day, 2026)
    cases = [
        (told, replace(told, trn="TRN2", sender=""), True),  # both PSPs are known
        (told, replace(told, psp="ABI03069"), False),
        (told, replace(told, year=2027), False),
        (xml_one, told, True),  # by the transfer: codes of two kinds say nothing
        (xml_one, replace(told, trn="TRN2"), False),
        (xml_one, replace(told, settled=next_day), False),
        (xml_one, replace(told, sender="B:SELBIT2B", trn="TRN2", settled=next_day), True),
        (xml_one, replace(told, sender="B:BPPIITRR"), False),
        (replace(xml_one, trn=""), replace(told, trn=""), False),
    ]
    for one, other, same in cases:
        assert one.is_of(other) == other.is_of(one) == same, (one, other)


FIRST = Version("PSP", FLOW_ID, datetime(2026, 11, 20, 9, tzinfo=UTC), 1, 2, 11234)


@pytest.mark.parametrize(
    ("kept", "changes", "posted", "said"),
    [
        (False, {}, False, "first"),
        (True, {}, True, "same"),
        (True, {"revision": 0}, False, "same"),  # the same flow as XML
        (True, {"cents": 1}, False, "conflict"),
        (True, {"revision": 2, "cents": 1}, False, "newer"),
        (True, {"revision": 2}, True, "after_posting"),
        (True, {"created": FIRST.created - timedelta(hours=1)}, True, "older"),
        (True, {"created": FIRST.created + timedelta(hours=1), "revision": 0}, False, "newer"),
    ],
)
def test_versions(kept: bool, changes: dict[str, Any], posted: bool, said: str) -> None:
    assert arrive(FIRST if kept else None, replace(FIRST, **changes), posted=posted) == said


def test_the_same_id_in_another_year_is_another_flow() -> None:
    old = replace(FIRST, flow_id="0001")
    later = replace(old, created=old.created.replace(year=2027))
    assert old.key != later.key
    assert replace(FIRST, flow_id=FLOW_ID.lower()).key == FIRST.key


def test_versions_in_any_order_end_in_the_newest() -> None:
    hours = [FIRST.created + timedelta(hours=n) for n in range(3)]
    versions = [replace(FIRST, created=hour, cents=n) for n, hour in enumerate(hours)]
    for order in itertools.permutations([*versions, versions[1]]):
        kept: Version | None = None
        for one in order:
            kept = one if arrive(kept, one) in ("first", "newer") else kept
        assert kept == versions[2]


# --- the door -------------------------------------------------------------------------------------
@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "good.xml").write_bytes(xml())
    (tmp_path / "lying.xml").write_bytes(xml(count="3"))
    (tmp_path / "broken.xml").write_bytes(xml()[:-3])
    (tmp_path / "head.json").write_bytes(head())
    (tmp_path / "1.json").write_bytes(page((ONE,)))
    (tmp_path / "2.json").write_bytes(page((TWO,), 2))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[Any]]:
    status = flow_door.main(["--json", *map(str, arguments)])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_door_tells_each_flow(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = said(
        capsys, files / "good.xml", files / "head.json", files / "1.json", files / "2.json"
    )
    assert status == 0
    assert [one["state"] for one in found] == ["accepted", "accepted"]
    assert [one["checks"]["sum_cents"] for one in found] == [
        {"said": 11234, "found": 11234, "ok": True}
    ] * 2
    assert found[1]["header"]["psp"] == "ABI06090"
    assert found[0]["header"]["created"] == "2026-11-20T09:00:00.000Z"


def test_the_door_tells_lies(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = said(
        capsys, "--language", "en", files / "lying.xml", files / "broken.xml", files / "1.json"
    )
    assert status == 1
    assert [one["state"] for one in found] == ["anomalous", "unreadable", "unreadable"]
    assert found[0]["checks"]["count"] == {"said": 3, "found": 2, "ok": False}
    assert found[0]["anomalies"] == [
        {"label": "count_differs", "line": 0, "text": FLOW["count_differs"].en}
    ]
    assert [one["code"] for one in found[1:]] == ["xml_malformed", "flow_page_alone"]
    assert flow_door.main([str(files / "lying.xml")]) == 1
    shown = capsys.readouterr().out
    assert f"{FLOW_ID}: ANOMALO" in shown
    assert "112.34 (dichiarato: 112.34)" in shown


def test_the_door_wants_files(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], [str(files / "none")], [str(files)], ["--nonsense", "x"]):
        with pytest.raises(SystemExit) as ended:
            flow_door.main(arguments)
        assert ended.value.code == 2
    capsys.readouterr()
    done = subprocess.run(
        [sys.executable, "-m", "chalicelib.accounting.flows", str(files / "lying.xml")],
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"")
